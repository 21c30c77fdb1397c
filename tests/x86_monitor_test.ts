/** What the search follows of an x86 guest's registers, and what it finds wrong in the CPU. */
import { assertEquals } from "@std/assert";
import { DEBUGGING } from "../engine/explore/breakpoints.ts";
import { makeInsn } from "../engine/program.ts";
import { highWord, lowWord, set64 } from "../engine/word64.ts";
import { CPU, VECTOR } from "../engine/x86/blocks.ts";
import { X86_MONITOR } from "../engine/x86/explore/monitor.ts";
import { GUESTDBG } from "../engine/x86/kvm/guest_debug_flags.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import { frameOf, setCpu, setVcpu, vcpuWord } from "./x86_frame.ts";

const { breakpoints } = X86_MONITOR;

/** Ids of all registers: DR0 to DR7, RFLAGS, CR4, DEBUGREGS, VCPU_EVENTS, DEBUGCTL. */
const IDS = Object.values(REG);

/** Registers for which something holds. */
function those(test: (register: number) => unknown): number[] {
  return IDS.filter(test);
}

function accept(
  { f, at }: ReturnType<typeof frameOf>,
  register: number,
  value: bigint,
): void {
  X86_MONITOR.accept(f, at, register, lowWord(value), highWord(value));
}

Deno.test("x86 monitor: DR0 to DR3, DR7 by both names and DEBUGCTL are followed, and the first are addresses", () => {
  const { DR5, DR7, DEBUGCTL } = REG;
  assertEquals(those((register) => X86_MONITOR.follows(register)), [
    ...[0, 1, 2, 3],
    ...[DR5, DR7, DEBUGCTL],
  ]);
  assertEquals(those((register) => X86_MONITOR.isAddress(register)), [
    ...[0, 1, 2, 3],
  ]);
});

Deno.test("x86 monitor: what is stored of a value: of DR7 what no #DB changes and no CPU forces", () => {
  const value = 0xffff_ffffn;
  // Without GD and the reserved bits 12, 14 and 15; bit 10 is 1.
  const dr7 = 0xffff_0fffn;
  const stored = (register: number) => X86_MONITOR.stored(register, value);
  assertEquals([REG.DR0, REG.DR3, REG.DEBUGCTL].map(stored), [
    value,
    value,
    value,
  ]);
  assertEquals([REG.DR5, REG.DR7].map(stored), [dr7, dr7]);
  assertEquals(X86_MONITOR.stored(REG.DR7, 0n), 0x400n);
});

Deno.test("x86 monitor: what was written last is the guest's own, and matches what it reads", () => {
  const pair = frameOf();
  const { f, at } = pair;
  const written: readonly (readonly [number, bigint, bigint])[] = [
    [REG.DR0, 0xffff_8000_0000_1000n, 0xffff_8000_0000_1000n],
    [REG.DR1, 0x1_0000_2000n, 0x1_0000_2000n],
    [REG.DR3, 0x4000n, 0x4000n],
    [REG.DR7, 0x8000_2002n, 0x8000_0402n],
    [REG.DEBUGCTL, 0xffff_fffcn, 0xffff_fffcn],
  ];
  for (const [register, value] of written) accept(pair, register, value);
  const matches = (register: number, value: bigint) =>
    X86_MONITOR.matches(f, at, register, lowWord(value), highWord(value));
  for (const [register, , own] of written) {
    assertEquals(X86_MONITOR.own(f, at, register), own);
    assertEquals(matches(register, own), true);
    assertEquals(matches(register, own ^ 4n), false);
    // DEBUGCTL has 32 bits.
    if (register === REG.DEBUGCTL) continue;
    assertEquals(matches(register, own ^ 1n << 33n), false);
  }
  // A #DB clears BTF and LBR.
  assertEquals(matches(REG.DEBUGCTL, 0xffff_ffffn), true);
  accept(pair, REG.DR5, 0x8n);
  assertEquals(X86_MONITOR.own(f, at, REG.DR7), 0x408n);
  const same = (register: number, own: bigint, seen: bigint) =>
    X86_MONITOR.isSame(f, register, own, seen);
  assertEquals(same(REG.DR7, 0x402n, 0x2402n), true);
  assertEquals(same(REG.DR5, 0x402n, 0x2402n), true);
  assertEquals(same(REG.DR7, 0x402n, 0x2408n), false);
  assertEquals(same(REG.DR0, 0x402n, 0x2402n), false);
});

Deno.test("x86 monitor: an instruction writes what it names, a task switch clears the local enables, a fault nothing", () => {
  const pair = frameOf();
  const { f, at } = pair;
  const own = (register: number) => X86_MONITOR.own(f, at, register);
  const does = (parts: Parameters<typeof makeInsn>[0]) =>
    X86_MONITOR.executed(f, at, makeInsn(parts));
  const dr7 = { op: "write", register: REG.DR7, lo: 0x3ff } as const;
  assertEquals(does(dr7), true);
  assertEquals(own(REG.DR7), 0x7ffn);
  assertEquals(does({ op: "read", register: REG.DR7, lo: 1 }), true);
  assertEquals(own(REG.DR7), 0x7ffn);
  assertEquals(does({ op: "taskswitch" }), true);
  // L0 to L3 and LE. Intel SDM vol. 3B 17.2.4.
  assertEquals(own(REG.DR7), 0x6aan);
  does({ op: "wrmsr", register: REG.DEBUGCTL, lo: 2 });
  assertEquals(own(REG.DEBUGCTL), 2n);
  for (const vector of [VECTOR.UD, VECTOR.GP]) {
    setVcpu(f, { pendingException: vector + 1 });
    assertEquals(does({ ...dr7, lo: 0 }), false);
    assertEquals(own(REG.DR7), 0x6aan);
  }
  setVcpu(f, { pendingException: VECTOR.DB + 1 });
  assertEquals(does({ ...dr7, lo: 0 }), true);
  assertEquals(own(REG.DR7), 0x400n);
});

/** An execute breakpoint of the guest's own in each slot, at 0x1000, 0x2000, 0x3000 and 0x4000. */
function armed(): ReturnType<typeof frameOf> {
  const pair = frameOf();
  for (let n = 0; n < 4; n++) accept(pair, n, BigInt(n + 1) * 0x1000n);
  accept(pair, REG.DR7, 0xaan);
  for (let n = 0; n < 4; n++) {
    set64(pair.f.w, pair.f.cpu + CPU.dr + 2 * n, BigInt(n + 1) * 0x1000n);
  }
  setCpu(pair.f, { dr7: 0x4aa });
  return pair;
}

const at = (addressLo: number) => makeInsn({ op: "exec", addressLo });

Deno.test("x86 monitor: a breakpoint is missed or stray by the register that differs", () => {
  for (let n = 0; n < 4; n++) {
    const pair = armed();
    const { f } = pair;
    const found = () => {
      const hits = X86_MONITOR.hits(f, pair.at, at(0x1000 * (n + 1)))!;
      return [hits, X86_MONITOR.mismatch!(f, pair.at, hits)];
    };
    const bit = 1 << n;
    const none = { missed: undefined, stray: undefined };
    assertEquals(found(), [
      { own: bit, physical: bit },
      { ...none, isHidden: true },
    ]);
    // Another vCPU's address.
    set64(f.w, f.cpu + CPU.dr + 2 * n, 0x1_0000_9000n);
    assertEquals(found(), [
      { own: bit, physical: 0 },
      {
        ...none,
        missed: { register: n, seen: 0x1_0000_9000n },
        isHidden: false,
      },
    ]);
    // And its DR7.
    setCpu(f, { dr7: 0x8000_0400 });
    assertEquals(found()[1], {
      ...none,
      missed: { register: REG.DR7, seen: 0x8000_0400n },
      isHidden: false,
    });
    setCpu(f, { dr7: 0x4aa | 3 << 16 + 4 * n });
    assertEquals(found()[1], {
      ...none,
      missed: {
        register: REG.DR7,
        seen: BigInt(0x4aa | 3 << 16 + 4 * n) & 0xffff_ffffn,
      },
      isHidden: false,
    });
    setCpu(f, { dr7: 0x4aa });
    set64(f.w, f.cpu + CPU.dr + 2 * n, 0x1000n * BigInt(n + 1));
    accept(pair, n, 0x9000n);
    assertEquals(found(), [
      { own: 0, physical: bit },
      {
        ...none,
        stray: { register: n, seen: 0x1000n * BigInt(n + 1) },
        isHidden: false,
      },
    ]);
    setVcpu(f, { rflags: 0x102 });
    assertEquals(found()[1], {
      ...none,
      stray: { register: n, seen: 0x1000n * BigInt(n + 1) },
      isHidden: true,
    });
  }
});

Deno.test("x86 monitor: a watchpoint is missed by its address where DR7 has it alike", () => {
  for (let n = 0; n < 4; n++) {
    const pair = armed();
    const { f } = pair;
    const dr7 = 0x4aa | 0xd << 16 + 4 * n;
    accept(pair, REG.DR7, BigInt(dr7 >>> 0));
    setCpu(f, { dr7 });
    set64(f.w, f.cpu + CPU.dr + 2 * n, 0x9000n);
    const lo = 0x1000 * (n + 1);
    const store = makeInsn({ op: "store", lo, sizeBytes: 4 });
    const hits = X86_MONITOR.hits(f, pair.at, store)!;
    assertEquals(X86_MONITOR.mismatch!(f, pair.at, hits).missed, {
      register: n,
      seen: 0x9000n,
    });
  }
});

Deno.test("x86 monitor: a mismatch is hidden while userspace steps", () => {
  const { f, at: block } = armed();
  setVcpu(f, { guestDebug: GUESTDBG.ENABLE | GUESTDBG.SINGLESTEP });
  const hits = { own: 0, physical: 1 };
  assertEquals(X86_MONITOR.mismatch!(f, block, hits).isHidden, true);
});

Deno.test("x86 monitor: no breakpoint is compared in a handler, after the guest's stop, with a trap due, or under userspace's", () => {
  for (
    const words of [
      { inHandler: 1 },
      { stopped: 1 },
      { pendingDb: 0x4000 },
      { guestDebug: GUESTDBG.ENABLE | GUESTDBG.USE_HW_BP },
    ]
  ) {
    const pair = armed();
    setVcpu(pair.f, words);
    assertEquals(X86_MONITOR.hits(pair.f, pair.at, at(0x1000)), undefined);
  }
});

Deno.test("x86 monitor: DEBUGCTL of the CPU leaks by what changes the guest's instructions", () => {
  const pair = frameOf();
  const { f } = pair;
  const leaked = (
    held: number,
    own: bigint,
    register: number = REG.DEBUGCTL,
  ) => {
    setCpu(f, { debugctl: held });
    accept(pair, REG.DEBUGCTL, own);
    return X86_MONITOR.leaked!(f, pair.at, register);
  };
  assertEquals(leaked(0x2, 0n), 0x2n);
  assertEquals(leaked(0x4004, 0n), 0x4004n);
  assertEquals(leaked(0x8000_0002, 0n), 0x8000_0002n);
  assertEquals(leaked(0x2, 0x2n), undefined);
  // LBR and FREEZE_IN_SMM change none of them.
  assertEquals(leaked(0x4001, 0n), undefined);
  assertEquals(leaked(0x2, 0n, REG.DR7), undefined);
});

Deno.test("x86 monitor: what the host has lost: DEBUGCTL, an address, or its DR7", () => {
  const { f } = frameOf();
  assertEquals([X86_MONITOR.hostHas(f), X86_MONITOR.hostLost(f)], [
    false,
    undefined,
  ]);
  for (let n = 0; n < 4; n++) {
    // Gn, and GE, as Linux sets it.
    const enable = 2 << 2 * n | 0x200;
    setCpu(f, { hostDr7: enable, dr7: enable | 0x400 });
    f.w.fill(0, f.cpu + CPU.dr, f.cpu + CPU.dr + 8);
    f.w.fill(0, f.cpu + CPU.hostDr, f.cpu + CPU.hostDr + 8);
    set64(f.w, f.cpu + CPU.hostDr + 2 * n, 0x1_0000_5000n);
    set64(f.w, f.cpu + CPU.dr + 2 * n, 0x1_0000_5000n);
    assertEquals(breakpoints.hostAddresses(f), [0x1_0000_5000n]);
    assertEquals([X86_MONITOR.hostHas(f), X86_MONITOR.hostLost(f)], [
      true,
      undefined,
    ]);
    for (const other of [0x1_0000_5001n, 0x2_0000_5000n]) {
      set64(f.w, f.cpu + CPU.dr + 2 * n, other);
      assertEquals(X86_MONITOR.hostLost(f), {
        register: n,
        wanted: 0x1_0000_5000n,
      });
    }
    set64(f.w, f.cpu + CPU.dr + 2 * n, 0x1_0000_5000n);
    setCpu(f, { dr7: 0x400 });
    assertEquals(X86_MONITOR.hostLost(f), {
      register: REG.DR7,
      wanted: BigInt(enable | 0x400),
    });
  }
  // Of two that are lost the first is named.
  setCpu(f, { hostDr7: 0xa, dr7: 0x400 });
  assertEquals(X86_MONITOR.hostLost(f)?.register, REG.DR7);
  set64(f.w, f.cpu + CPU.hostDr, 0x7000n);
  assertEquals(X86_MONITOR.hostLost(f), { register: 0, wanted: 0x7000n });
  setCpu(f, { hostDr7: 0, hostDebugctl: 0x8000_0002 });
  assertEquals([X86_MONITOR.hostHas(f), X86_MONITOR.hostLost(f)], [
    true,
    { register: REG.DEBUGCTL, wanted: 0x8000_0002n },
  ]);
});

Deno.test("x86 monitor: what the handler does next", () => {
  const { f } = frameOf();
  const next = (inHandler: number, handlerVector: number) => {
    setVcpu(f, { inHandler, handlerVector });
    return X86_MONITOR.handlerStep(f);
  };
  assertEquals(next(0, 1), undefined);
  assertEquals([1, 2, 3, 4, 5, 6, 7].map((step) => next(step, 1)), [
    "#DB handler reads DR6",
    "#DB handler reads DR7",
    ...[0, 1, 2, 3].map((n) => `#DB handler reads DR${n}`),
    "#DB handler returns",
  ]);
  assertEquals(next(7, VECTOR.UD), "#UD handler returns");
  assertEquals(X86_MONITOR.handlerAddress(2), 0x20_8000n);
  // A search has no program that it would give up.
  setVcpu(f, { exceptions: 7 });
  X86_MONITOR.forgetExceptions(f);
  assertEquals(vcpuWord(f, "exceptions"), 0);
});

Deno.test("x86 coverage: which writes enable a slot, and whether they are in force", () => {
  const of = (register: number, lo: number) =>
    breakpoints.slotsOf(register, lo);
  assertEquals([0, 1, 2, 3].map((n) => of(n, 0)), [1, 2, 4, 8]);
  for (const register of [REG.DR5, REG.DR7]) {
    assertEquals([0x400, 0x401, 0x408, 0x4f0].map((lo) => of(register, lo)), [
      ...[0, 1, 2, 0xc],
    ]);
  }
  assertEquals([REG.DR4, REG.DR6, REG.CR4].map((one) => of(one, 0xff)), [
    ...[0, 0, 0],
  ]);
  assertEquals(breakpoints.isWide(REG.DR7, -1), false);
  assertEquals(breakpoints.writersOf(REG.DR7), [REG.DR7, REG.DR5]);
  assertEquals(breakpoints.writersOf(REG.DR2), [REG.DR2]);
  const pair = frameOf();
  for (let n = 0; n < 4; n++) accept(pair, n, 0x2_0000_1000n + BigInt(n));
  accept(pair, REG.DR7, 0x000d_2602n);
  const inForce = (register: number, value: bigint, mask = -1n) =>
    breakpoints.isInForce(pair.f, pair.at, register, {
      lo: lowWord(value),
      hi: highWord(value),
      maskLo: lowWord(mask),
      maskHi: highWord(mask),
    });
  for (let n = 0; n < 4; n++) {
    const own = 0x2_0000_1000n + BigInt(n);
    assertEquals(
      [own, own ^ 1n << 40n, own ^ 0x8n].map((value) => inForce(n, value)),
      [true, false, false],
    );
    assertEquals(inForce(n, own ^ 1n << 40n, 0xffff_ffffn), true);
    assertEquals(inForce(n, own ^ 0x8n, ~0xffn), true);
  }
  // Neither GD nor a fixed bit counts.
  assertEquals(
    [0x000d_0602n, 0x000d_2202n, 0x000d_0603n, 0x0001_0602n].map((value) =>
      inForce(REG.DR7, value)
    ),
    [true, true, false, false],
  );
  assertEquals(inForce(REG.DR7, 0x0001_0602n, 0xffffn), true);
});

Deno.test("x86 coverage: the guest's and userspace's breakpoints that an instruction matches, and general detect", () => {
  const pair = armed();
  const { f } = pair;
  const matches = (insn = at(0x2000)) => breakpoints.matches(f, pair.at, insn);
  const own = { own: 2, user: 0, isDetected: false };
  assertEquals(matches(), own);
  assertEquals(
    matches(makeInsn({ op: "read", register: 0 }))?.isDetected,
    false,
  );
  // KVM emulates the store.
  accept(pair, REG.DR7, 0x1_00aan);
  const device = { lo: 0x1000, sizeBytes: 4, mmio: true } as const;
  assertEquals(matches(makeInsn({ op: "store", ...device }))?.own, 1);
  accept(pair, REG.DR7, 0xaan);
  setCpu(f, { dr7: 0x2408 });
  const read = (register: number) =>
    matches(makeInsn({ op: "read", register }))?.isDetected;
  assertEquals(those(read), [0, 1, 2, 3, 4, 5, 6, 7]);
  assertEquals(matches(), own);
  assertEquals(
    matches(makeInsn({ op: "pushf", register: REG.DR0 }))?.isDetected,
    false,
  );
  setVcpu(f, { guestDebug: GUESTDBG.ENABLE | GUESTDBG.USE_HW_BP });
  assertEquals(matches(), { own: 2, user: 2, isDetected: false });
  assertEquals(breakpoints.userAddress(f, 3), 0x4000n);
  assertEquals(breakpoints.debugging(f), DEBUGGING.on);
  setVcpu(f, { guestDebug: GUESTDBG.ENABLE | GUESTDBG.SINGLESTEP });
  assertEquals(breakpoints.debugging(f), DEBUGGING.on | DEBUGGING.steps);
  setVcpu(f, { guestDebug: GUESTDBG.ENABLE | GUESTDBG.USE_SW_BP });
  assertEquals(breakpoints.debugging(f), 0);
  for (const name of ["inHandler", "stopped", "pendingDb"] as const) {
    setVcpu(f, { [name]: 1 });
    assertEquals(matches(), undefined);
    assertEquals(breakpoints.nearness(f, pair.at, at(0x9000), 0), 0);
    setVcpu(f, { [name]: 0 });
  }
});
