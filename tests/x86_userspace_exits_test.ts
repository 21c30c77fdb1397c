/** What userspace of x86 is asked for, gets and gives: string instructions, the loop of a handler that gave up, protected guests, and what a save carries over. */
import { assertEquals } from "@std/assert";
import { type InsnParts, makeInsn } from "../engine/program.ts";
import { BEGUN, HANDLED } from "../engine/rules.ts";
import { set64 } from "../engine/word64.ts";
import {
  COMPLETION,
  EVENTS,
  EXIT,
  SHADOW,
  STOPPED,
  VCPU,
  VECTOR,
  VM,
} from "../engine/x86/blocks.ts";
import { X86_SAVING } from "../engine/x86/kvm/saving.ts";
import {
  goOnRepeating,
  stringDeviceExit,
  stringPortExit,
} from "../engine/x86/kvm/strings.ts";
import { exitValues } from "../engine/x86/kvm/user_exits.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import { frameOf, setVcpu, vcpuWord, type VcpuWords } from "./x86_frame.ts";

/** How many items one exit of REP INS or OUTS is about, and how many are left then. */
function ports(
  parts: InsnParts,
  left: number,
  profile = "linux-7.2",
): readonly (bigint | number)[] {
  const { f } = frameOf({ profile });
  set64(f.w, f.vcpu + VCPU.pc, 0x1_0000_1000n);
  setVcpu(f, { repeating: 1, rcx: left, shadow: SHADOW.sti });
  f.nextLo = 0x1002;
  f.nextHi = 1;
  const insn = makeInsn({ lo: 0x77, count: left, ...parts });
  const handled = stringPortExit(f, insn);
  const { port, size, is_write, count, pc } = exitValues(f);
  const isWrite = parts.op === "outs" ? 1n : 0n;
  assertEquals([port, size, is_write], [
    ...[0x77n, BigInt(insn.sizeBytes), isWrite],
  ]);
  // RIP moves with the last of 2008; RF is set for the iterations to come.
  const isOver = handled === HANDLED.userDone;
  assertEquals(pc, isOver ? 0x1_0000_1002n : 0x1_0000_1000n);
  assertEquals(vcpuWord(f, "repeating"), isOver ? 0 : 1);
  const writesBack = profile !== "kiszka-2008" && isWrite === 1n;
  assertEquals(vcpuWord(f, "rflags"), writesBack ? 0x1_0002 : 2);
  assertEquals(vcpuWord(f, "shadow"), writesBack ? 0 : SHADOW.sti);
  return [count, vcpuWord(f, "rcx"), handled];
}

const { userPending, userDone } = HANDLED;

/** Of each: where the memory is, bytes of an item, items that are left, and items of the exit. */
const READ_AHEAD: readonly (readonly [number, number, number, bigint])[] = [
  [0x1000, 4, 3, 3n],
  // The buffer has 1,024 bytes.
  [0x1000, 1, 2000, 1024n],
  [0x1000, 4, 2000, 256n],
  // min3(bytes in the page, sizeof(rc->data) / size, count): pio_in_emulated(), emulate.c.
  [0x1fff, 1, 9, 1n],
  [0x1ffe, 2, 9, 2n],
  [0x1ffd, 1, 9, 3n],
  [0x2000, 1, 9, 9n],
];

Deno.test("x86:D/15.1 REP INS asks for a batch: the page of its destination, the buffer, or all that is left", () => {
  for (const [otherLo, sizeBytes, left, count] of READ_AHEAD) {
    const insn = { op: "ins", otherLo, sizeBytes } as const;
    assertEquals(ports(insn, left), [count, left, userPending]);
  }
});

Deno.test("x86:D/15.2 REP OUTS gives its items one by one", () => {
  const insn = { op: "outs", otherLo: 0x1000, sizeBytes: 4 } as const;
  assertEquals(ports(insn, 3), [1n, 2, userPending]);
});

/** (PAGE_SIZE - offset_in_page(address)) / size, at least 1: kvm_emulate_pio_string(), x86.c, 2.6.30. */
const IN_2008: readonly (readonly [number, number, number, bigint])[] = [
  [0x1000, 4, 3, 3n],
  [0x1ff0, 4, 9, 4n],
  [0x1ffa, 4, 9, 1n],
  [0x1ffe, 4, 9, 1n],
  [0x1fff, 1, 9, 1n],
  [0x1ff8, 2, 9, 4n],
  [0x1ff8, 2, 4, 4n],
];

for (const op of ["ins", "outs"] as const) {
  Deno.test(`x86:B30 2008: REP ${op.toUpperCase()} is done by pages, and is over with the last`, () => {
    for (const [otherLo, sizeBytes, left, count] of IN_2008) {
      const rest = left - Number(count);
      assertEquals(ports({ op, otherLo, sizeBytes }, left, "kiszka-2008"), [
        ...[count, rest, rest === 0 ? userDone : userPending],
      ]);
    }
  });
}

Deno.test("x86:D/15.3 REP MOVS between devices stores to the whole address that it had, then loads the next item", () => {
  const { f } = frameOf();
  set64(f.w, f.vcpu + VCPU.pc, 0x1000n);
  setVcpu(f, { repeating: 1, rcx: 2 });
  const movs = makeInsn({
    op: "movs",
    lo: 0xc0_0000,
    hi: 1,
    otherLo: 0xc0_1000,
    otherHi: 3,
    sizeBytes: 4,
    count: 2,
    mmio: true,
    otherMmio: true,
  });
  const access = () => {
    const { addr, is_write, len } = exitValues(f);
    return [addr, is_write, len];
  };
  assertEquals(stringDeviceExit(f, movs), userPending);
  assertEquals(access(), [0x1_00c0_0000n, 0n, 4n]);
  const completion = vcpuWord(f, "completion");
  assertEquals(completion, COMPLETION.emulateCopyOut);
  assertEquals(goOnRepeating(f, completion), BEGUN.toUser);
  assertEquals(access(), [0x3_00c0_1000n, 1n, 4n]);
  assertEquals(vcpuWord(f, "rcx"), 1);
});

Deno.test("x86:D/15.3 REP MOVS from a device goes on with the next item, across 4 GiB, until RCX is a multiple of 1,024", () => {
  const next = (address: bigint, rcx: number) => {
    const { f } = frameOf();
    setVcpu(f, { rcx, ioSize: 4 });
    set64(f.w, f.vcpu + VCPU.ioAddress, address);
    const begun = goOnRepeating(f, COMPLETION.emulateCopy);
    return [begun, exitValues(f).addr, vcpuWord(f, "rcx")];
  };
  const toUser = BEGUN.toUser;
  assertEquals(next(0xc0_0000n, 7), [toUser, 0xc0_0004n, 6]);
  assertEquals(next(0xffff_fff8n, 7), [toUser, 0xffff_fffcn, 6]);
  assertEquals(next(0xffff_fffcn, 7), [toUser, 0x1_0000_0000n, 6]);
  assertEquals(next(0xc0_0000n, 1)[0], BEGUN.fresh);
  assertEquals(next(0xc0_0000n, 1025)[0], BEGUN.fresh);
  assertEquals(next(0xc0_0000n, 1026)[0], toUser);
});

Deno.test("x86:D/15.1 a batch that userspace has read is done, and REP with RCX 0 is over", () => {
  const { f } = frameOf();
  set64(f.w, f.vcpu + VCPU.completionFrom, 0x1_0000_1000n);
  setVcpu(f, { rcx: 9, ioCount: 4, shadow: SHADOW.sti });
  assertEquals(goOnRepeating(f, COMPLETION.emulateBatch), BEGUN.fresh);
  assertEquals(
    [vcpuWord(f, "rcx"), vcpuWord(f, "shadow"), vcpuWord(f, "rflags")],
    [5, 0, 0x1_0002],
  );
  assertEquals(exitValues(f).pc, 0x1_0000_1000n);
  setVcpu(f, { rcx: 0, repeating: 1 });
  f.nextLo = 0x1002;
  f.nextHi = 1;
  const ins = makeInsn({ op: "ins", lo: 0x77, sizeBytes: 1, count: 9 });
  assertEquals(stringPortExit(f, ins), HANDLED.done);
  assertEquals(exitValues(f).pc, 0x1_0000_1002n);
  assertEquals(vcpuWord(f, "repeating"), 0);
});

Deno.test("x86:D41 a handler that gave up writes one byte to port 0xe2, for ever", () => {
  for (
    const [profile, stopped, completion] of [
      // RIP moves before the exit.
      ["linux-4.4", STOPPED.atJump, COMPLETION.none],
      ["linux-7.2", STOPPED.atOut, COMPLETION.loop],
    ] as const
  ) {
    const { rules, f } = frameOf({ profile });
    rules.enter(f);
    setVcpu(f, { exitReason: EXIT.gaveUp, stopped: STOPPED.atOut });
    assertEquals(rules.exit(f, null), userPending);
    const { port, size, count, is_write } = exitValues(f);
    assertEquals([port, size, count, is_write], [0xe2n, 1n, 1n, 1n]);
    assertEquals([vcpuWord(f, "stopped"), vcpuWord(f, "completion")], [
      ...[stopped, completion],
    ]);
  }
});

Deno.test("x86:D81 userspace sets a protected guest's registers: refused, or in earlier kernels only in KVM's copy", () => {
  const sets = (profile: string, register: number) => {
    const { rules, f } = frameOf({ profile, vendor: "svm" });
    f.w[f.vm + VM.protected] = 1;
    f.lo = 0x302;
    f.hi = 0;
    const result = rules.userSet(f, register);
    return [
      result,
      vcpuWord(f, "db"),
      vcpuWord(f, "rflags"),
      vcpuWord(f, "cr4"),
    ];
  };
  for (const register of [REG.DR0, REG.RFLAGS, REG.CR4]) {
    assertEquals(sets("linux-7.2", register), [-22, 0, 2, 0]);
  }
  assertEquals(sets("linux-6.1", REG.DR0), [0, 0x302, 2, 0]);
  for (const register of [REG.RFLAGS, REG.CR4]) {
    assertEquals(sets("linux-6.1", register), [0, 0, 2, 0]);
  }
});

Deno.test("a debugger that has asked for nothing has DR7 0; a breakpoint has bit 10, Gn and its address", () => {
  const { rules, f } = frameOf();
  const state = () => {
    const { control, registers } = rules.debuggerState(f);
    return [control, ...registers.map(({ value }) => value)];
  };
  assertEquals(state(), [0, 0n, 0n, 0n, 0n, 0n]);
  rules.debugger(f, { action: "break", address: 0x1_0000_1000n });
  rules.debugger(f, {
    action: "watch",
    address: 0x2000n,
    sizeBytes: 8,
    on: "store",
  });
  // LEN1 is 8 bytes, RW1 write.
  assertEquals(state(), [
    ...[0x2_0001, 0x1_0000_1000n, 0x2000n, 0n, 0n, 0x90_040an],
  ]);
});

/** What is carried over of a vCPU with these words, and with the high ones of RIP and of the last event's. Without what is 0. */
function carried(
  words: VcpuWords,
  vendor: "vmx" | "svm" = "vmx",
  [pcHigh, eventHigh]: readonly [number, number] = [0, 0],
): Record<string, bigint> {
  const { f } = frameOf({ vendor });
  setVcpu(f, words);
  f.w[f.vcpu + VCPU.pc + 1] = pcHigh;
  f.w[f.vcpu + VCPU.eventRip + 1] = eventHigh;
  return Object.fromEntries(
    X86_SAVING.carried(f).filter(({ value }) => value !== 0n)
      .map(({ what, value }) => [what, value]),
  );
}

const RESET = { DR6: 0xffff_0ff0n, DR7: 0x400n, RFLAGS: 2n };

Deno.test("saving: what a guest goes on with", () => {
  assertEquals(carried({}), RESET);
  const events = EVENTS.nmiBlocked | 2 * EVENTS.oneNmi | 0x31;
  assertEquals(carried({ events, pendingDb: 0x4000 }), {
    ...RESET,
    "held debug traps": 0x4000n,
    "pending interrupt": 0x31n,
    "pending NMIs": 2n,
    "blocking of NMIs": 1n,
  });
  for (
    const [shadow, vmx, svm] of [[SHADOW.movSs, 1n, 1n], [
      SHADOW.sti,
      2n,
      1n,
    ]] as const
  ) {
    assertEquals(carried({ shadow })["interrupt shadow"], vmx);
    assertEquals(carried({ shadow }, "svm")["interrupt shadow"], svm);
  }
  // What KVM shows without a sign.
  assertEquals(carried({ vmDebugctl: 0x8000_4005 }), {
    ...RESET,
    DEBUGCTL: 0x8000_4005n - 0x4000n,
  });
  assertEquals(carried({ rflags: 0x8000_0302 }).RFLAGS, 0x8000_0302n);
});

Deno.test("saving: an exception that comes next is its vector and 1, but for a #BP that its INT3 raises again", () => {
  const next = (words: VcpuWords, high: readonly [number, number] = [0, 0]) =>
    carried(words, "vmx", high).exception;
  assertEquals(next({ pendingException: VECTOR.GP + 1 }), 14n);
  assertEquals(next({ injectedException: VECTOR.UD + 1 }), 7n);
  const bp = { pendingException: VECTOR.BP + 1, pc: 0x1000, eventRip: 0x1000 };
  assertEquals(next({ ...bp, eventLength: 1 }), undefined);
  assertEquals(next({ ...bp, eventLength: 0 }), 4n);
  assertEquals(next({ ...bp, eventLength: 1, pc: 0x1001 }), 4n);
  // RIP has 64 bits.
  const int3 = { ...bp, eventLength: 1 };
  assertEquals(next(int3, [1, 1]), undefined);
  assertEquals(next(int3, [0, 1]), 4n);
  assertEquals(next(int3, [1, 0]), 4n);
  const db = { ...bp, pendingException: VECTOR.DB + 1, eventLength: 1 };
  assertEquals(next(db), 2n);
});
