/** Which breakpoints an x86 instruction matches: of all slots and accesses, no more and no fewer. */
import { assertEquals } from "@std/assert";
import { type InsnParts, makeInsn } from "../engine/program.ts";
import { set64 } from "../engine/word64.ts";
import { CPU, VM } from "../engine/x86/blocks.ts";
import {
  codeMatches,
  dataMatches,
  enabledSlots,
  executeSlotInPage,
} from "../engine/x86/hardware/match.ts";
import {
  accessesAt,
  slotMatches,
} from "../engine/x86/hardware/slot_matches.ts";
import { frameOf, setVcpu, type VcpuWords } from "./x86_frame.ts";

/** Four slots at the same address, and what would be a fifth, at word 1. */
function alike(address: bigint): Int32Array {
  const w = new Int32Array(20);
  for (let n = 0; n < 5; n++) set64(w, 1 + 2 * n, address);
  return w;
}

Deno.test("x86 slots: there are four", () => {
  const w = alike(0x1_0000_1000n);
  // Each executes; then each watches four bytes.
  assertEquals(codeMatches(w, 1, 0, 0x1000, 1, false), 0xf);
  const watches = 0xffff_0000 | 0;
  const data = (lo: number, hi: number) =>
    dataMatches(w, 1, watches | 0xff, lo, hi, 1, 2, false);
  assertEquals([data(0x1003, 1), data(0x1004, 1), data(0x1003, 0)], [
    ...[0xf, 0, 0],
  ]);
  assertEquals(enabledSlots(-1), 0xf);
  for (let n = 0; n < 4; n++) {
    assertEquals([enabledSlots(1 << 2 * n), enabledSlots(2 << 2 * n)], [
      ...[1 << n, 1 << n],
    ]);
    // The others are elsewhere.
    const own = new Int32Array(20);
    set64(own, 1 + 2 * n, 0x1_0000_1000n);
    assertEquals(codeMatches(own, 1, 0, 0x1000, 1, false), 1 << n);
    assertEquals(
      dataMatches(own, 1, watches | 0xff, 0x1001, 1, 2, 1, false),
      1 << n,
    );
    // Slot n alone executes: RWn of the others is 1.
    const executes = 0x1111_0000 & ~(1 << 16 + 4 * n);
    const page = (lo: number, hi: number, dr7 = executes) =>
      executeSlotInPage(own, 1, dr7, lo, hi);
    assertEquals(
      [page(0x1fff, 1), page(0x1000, 1), page(0x2000, 1), page(0xfff, 1)],
      [true, true, false, false],
    );
    assertEquals([page(0x1000, 0), page(0x1000, 1, 0x1111_0000)], [
      ...[false, false],
    ]);
  }
  const fifth = new Int32Array(20);
  set64(fifth, 9, 0x1_0000_1000n);
  assertEquals(codeMatches(fifth, 1, 0, 0x1000, 1, false), 0);
  assertEquals(executeSlotInPage(fifth, 1, 0, 0x1000, 1), false);
});

/** Slots that an instruction matches, of those in the CPU. */
function matched(
  parts: InsnParts,
  { dr7, words = {}, withEmulated, rtm = 0 }: {
    readonly dr7: number;
    readonly words?: VcpuWords;
    readonly withEmulated?: boolean;
    readonly rtm?: number;
  },
): number {
  const { f } = frameOf();
  f.w[f.vm + VM.rtm] = rtm;
  setVcpu(f, words);
  for (let n = 0; n < 4; n++) {
    set64(f.w, f.cpu + CPU.dr + 2 * n, 0x6000n + 8n * BigInt(n));
  }
  const insn = makeInsn({ addressLo: 0x1000, ...parts });
  return slotMatches(f, insn, f.cpu + CPU.dr, dr7, withEmulated);
}

/** DR7 with all slots enabled, RWn and LENn alike in all. */
function all(rw: number, len = 0): number {
  return 0xff | (0x1111_0000 * (len << 2 | rw) | 0);
}

const [EXECUTE, WRITE, IO, ACCESS] = [0, 1, 2, 3];
const V = { lo: 0x6008, sizeBytes: 4 } as const;

Deno.test("x86 slots: an instruction matches by each of its accesses, of an enabled slot", () => {
  const kinds = [EXECUTE, WRITE, IO, ACCESS];
  const by = (parts: InsnParts, words: VcpuWords = {}) =>
    kinds.map((rw) => matched(parts, { dr7: all(rw), words }));
  assertEquals(by({ op: "load", ...V }), [0, 0, 0, 2]);
  assertEquals(by({ op: "store", ...V }), [0, 2, 0, 2]);
  assertEquals(by({ op: "rmw", ...V }), [0, 2, 0, 2]);
  assertEquals(by({ op: "lock", ...V }), [0, 2, 0, 2]);
  assertEquals(by({ op: "movss", ...V, sizeBytes: 2 }), [0, 0, 0, 2]);
  // From a register.
  assertEquals(by({ op: "movss", lo: 0x6008, sizeBytes: 0 }), [0, 0, 0, 0]);
  assertEquals(by({ op: "exec", addressLo: 0x6010 }), [4, 0, 0, 0]);
  assertEquals(by({ op: "load", ...V, addressLo: 0x6010 }), [4, 0, 0, 2]);
  const rf = { rflags: 0x1_0002 };
  assertEquals(by({ op: "load", ...V, addressLo: 0x6010 }, rf), [0, 0, 0, 2]);
  assertEquals(by({ op: "cpuid", ...V, sizeBytes: 0 }), [0, 0, 0, 0]);
  // G1 is 0.
  assertEquals(matched({ op: "load", ...V }, { dr7: all(ACCESS) & ~0xc }), 0);
  assertEquals(matched({ op: "exec", addressLo: 0x6008 }, { dr7: 0x33 }), 0);
});

Deno.test("x86 slots: a port with CR4.DE, where it is asked for what KVM and userspace emulate", () => {
  const out = (cr4: number, withEmulated?: boolean) =>
    matched({ op: "out", lo: 0x6008, sizeBytes: 1, addressLo: 0x6018 }, {
      dr7: 0xff | 0x2_0000 << 4,
      words: { cr4 },
      withEmulated,
    });
  // Slot 3 executes.
  assertEquals(out(8, true), 0xa);
  assertEquals(out(8), 8);
  // TSD, PVI and VME, and PSE are other bits.
  assertEquals(out(0x17, true), 8);
  assertEquals(
    matched({ op: "in", lo: 0x6008, sizeBytes: 1 }, {
      dr7: all(IO),
      words: { cr4: 8 },
      withEmulated: true,
    }),
    2,
  );
});

Deno.test("x86 slots: an access where nothing answers has no effect in the CPU", () => {
  const store = (withEmulated: boolean) =>
    matched({ op: "store", ...V, mmio: true, addressLo: 0x6010 }, {
      dr7: 0xff | 0x1_0000 << 4,
      withEmulated,
    });
  assertEquals([store(false), store(true)], [4, 6]);
});

const STOS = { op: "stos", lo: 0x6000, sizeBytes: 4, count: 3 } as const;

Deno.test("x86 slots: REP matches by its next iteration, and by none where RCX is 0", () => {
  const stos = (words: VcpuWords) => matched(STOS, { dr7: all(WRITE), words });
  assertEquals(stos({}), 1);
  assertEquals(stos({ repeating: 1, rcx: 3 }), 1);
  // 0x6004 to 0x6007, and 0x6008 to 0x600b.
  assertEquals(stos({ repeating: 1, rcx: 2 }), 0);
  assertEquals(stos({ repeating: 1, rcx: 1 }), 2);
  assertEquals(stos({ repeating: 1, rcx: 0 }), 0);
  // RCX of an earlier one.
  assertEquals(stos({ repeating: 0, rcx: 1 }), 1);
  const { f } = frameOf();
  setVcpu(f, { repeating: 1, rcx: 0 });
  assertEquals(accessesAt(f, makeInsn(STOS)), []);
});

Deno.test("x86 slots: REP MOVS where one side is a device has neither access done", () => {
  const movs = { ...STOS, op: "movs", otherLo: 0x6010 } as const;
  const both = (parts: InsnParts) => matched(parts, { dr7: all(ACCESS) });
  assertEquals(both(movs), 5);
  assertEquals(both({ ...movs, otherMmio: true }), 0);
  assertEquals(both({ ...movs, mmio: true }), 0);
});

Deno.test("x86 slots: a transaction matches by every instruction that it comes to, where there is RTM", () => {
  const at = (op: InsnParts["op"], addressLo: number, more = {}) =>
    makeInsn({ op, addressLo, ...more });
  const members = [
    at("xbegin", 0x1000),
    at("exec", 0x6000),
    at("store", 0x1007, { lo: 0x6008, sizeBytes: 1 }),
    at("cpuid", 0x6010),
    at("exec", 0x6018),
  ];
  const dr7 = 0xff | 1 << 20;
  const xbegin = { op: "xbegin", members } as const;
  // CPUID aborts it: what follows is not come to.
  assertEquals(matched(xbegin, { dr7, rtm: 1 }), 7);
  assertEquals(matched(xbegin, { dr7: dr7 & ~0xc, rtm: 1 }), 5);
  assertEquals(matched(xbegin, { dr7, rtm: 0 }), 0);
  // RF ends with XBEGIN.
  const words = { rflags: 0x1_0002 };
  assertEquals(matched(xbegin, { dr7, rtm: 1, words }), 7);
  const alone = { ...xbegin, addressLo: 0x6018, members: members.slice(0, 1) };
  assertEquals(
    [matched(alone, { dr7, rtm: 1 }), matched(alone, { dr7, rtm: 1, words })],
    [8, 0],
  );
});
