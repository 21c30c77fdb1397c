/** Exceptions of an x86 guest: the frame that the handler gets, what it reads and logs, and how it returns. */
import { assertEquals } from "@std/assert";
import type { Event } from "../engine/events.ts";
import { type Insn, type InsnParts, makeInsn } from "../engine/program.ts";
import { HANDLER, OUTCOME } from "../engine/rules.ts";
import { set64 } from "../engine/word64.ts";
import { CPU, EXIT, STOPPED, VCPU, VECTOR, VM } from "../engine/x86/blocks.ts";
import { GIVE_UP_PORT, handlerStep } from "../engine/x86/guest/handler.ts";
import { deliver, EXCEPTIONS_MAX } from "../engine/x86/hardware/exceptions.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import {
  cpuWord,
  eventsOf,
  guestFrame as guest,
  NOP,
  setCpu,
  setVcpu,
  vcpuWord,
} from "./x86_frame.ts";

/** Has the handler go on until it has returned, or something else comes. */
function handle(f: KvmFrame, insn: Insn | null = NOP): readonly Event[] {
  return eventsOf(f, () => {
    while (vcpuWord(f, "inHandler") !== 0 && vcpuWord(f, "stopped") === 0) {
      if (handlerStep(f, insn) === OUTCOME.exits) return;
    }
  });
}

/** All words of the vCPU. */
function words({ w, vcpu }: KvmFrame): number[] {
  return [...w.slice(vcpu, vcpu + VCPU.words)];
}

function pc({ w, vcpu }: KvmFrame): readonly number[] {
  return [w[vcpu + VCPU.pc], w[vcpu + VCPU.pc + 1]];
}

Deno.test("x86 handler: it begins at its own address, with TF, IF, NT, RF and VM clear, and the frame has the flags", () => {
  // Bit 31 is as userspace gave it.
  const f = guest({ rflags: 0x8003_43d7 });
  deliver(f, VECTOR.GP, 0x1a, "x86:A16");
  assertEquals(pc(f), [0x8000, 0]);
  assertEquals(vcpuWord(f, "rflags") >>> 0, 0x8000_00d7);
  const [event] = handle(f).filter(({ kind }) => kind === "exception");
  assertEquals(event.kind === "exception" && event.values, {
    vector: 13n,
    rip: 0x2_0000_1000n,
    error: 0x1an,
    rflags: 0x8003_43d7n,
  });
});

Deno.test("x86 handler: two vCPUs have handlers of their own", () => {
  const f = guest({ index: 1 });
  deliver(f, VECTOR.BP, -1, "x86:A/5");
  assertEquals(pc(f), [0x10_8000, 0]);
});

for (const vector of [VECTOR.BP, VECTOR.NMI, VECTOR.DB, 0x40]) {
  Deno.test(`x86 handler: after it has returned from ${vector} nothing of it is left`, () => {
    const f = guest();
    // Its own breakpoint, after which it sets RF.
    setCpu(f, { dr6: 0xffff_0ff1 | 0, dr7: 0x402 });
    set64(f.w, f.cpu + CPU.dr, 0x2_0000_1000n);
    const before = words(f);
    deliver(f, vector, 3, "x86:A/5");
    handle(f);
    const rf = vector === VECTOR.DB ? 0x1_0000 : 0;
    assertEquals(vcpuWord(f, "rflags"), 0x302 | rf);
    setVcpu(f, { rflags: 0x302 });
    // It counts the exceptions of a program.
    assertEquals(vcpuWord(f, "exceptions"), 1);
    setVcpu(f, { exceptions: 0 });
    assertEquals(words(f), before);
  });
}

Deno.test("x86 handler: one that was interrupted goes on where it was, and nothing of the other is left", () => {
  const f = guest();
  deliver(f, VECTOR.DB, -1, "x86:A/5");
  handlerStep(f, NOP);
  const before = words(f);
  set64(f.w, f.vcpu + VCPU.pc, 0x1_0000_8010n);
  const events = eventsOf(f, () => {
    deliver(f, 0x41, 7, "x86:A15");
    assertEquals(vcpuWord(f, "outerStep"), 2);
    while (vcpuWord(f, "outerStep") !== 0) handlerStep(f, NOP);
  });
  const [inner] = events.filter(({ kind }) => kind === "exception");
  assertEquals(inner.kind === "exception" && inner.values, {
    vector: 0x41n,
    rip: 0x1_0000_8010n,
    error: 7n,
    rflags: 0x2n,
  });
  setVcpu(f, { exceptions: 1 });
  assertEquals(words(f), before);
});

Deno.test("x86 handler: one that was interrupted after it has read its breakpoint's address still sets RF", () => {
  for (const address of [0x2_0000_1000n, 0x2_0000_9000n]) {
    const f = guest();
    setCpu(f, { dr6: 1, dr7: 1 });
    set64(f.w, f.cpu + CPU.dr, address);
    deliver(f, VECTOR.DB, -1, "x86:A/5");
    while (vcpuWord(f, "inHandler") !== 7) handlerStep(f, NOP);
    deliver(f, VECTOR.NMI, -1, "x86:A15");
    handle(f);
    const rf = address === 0x2_0000_1000n ? 0x1_0000 : 0;
    assertEquals(vcpuWord(f, "rflags"), 0x302 | rf);
  }
});

Deno.test("x86 handler: the frame of one that was interrupted is kept, with its error code and flags", () => {
  const f = guest();
  deliver(f, VECTOR.GP, 0x1a, "x86:A16");
  deliver(f, VECTOR.NMI, -1, "x86:A15");
  const logged = handle(f).flatMap((event) =>
    event.kind === "exception" ? [event.values] : []
  );
  assertEquals(logged, [
    { vector: 2n, rip: 0x8000n, rflags: 0x2n },
    { vector: 13n, rip: 0x2_0000_1000n, error: 0x1an, rflags: 0x302n },
  ]);
  // IRET has loaded the flags of the program.
  assertEquals(vcpuWord(f, "rflags"), 0x302);
});

Deno.test("x86 handler: a third exception stops the guest", () => {
  const f = guest();
  for (const vector of [VECTOR.GP, VECTOR.NMI]) {
    deliver(f, vector, -1, "x86:A/5");
  }
  assertEquals(vcpuWord(f, "stopped"), STOPPED.no);
  const events = eventsOf(f, () => deliver(f, VECTOR.BP, -1, "x86:A/5"));
  assertEquals(vcpuWord(f, "stopped"), STOPPED.idle);
  assertEquals(events.map(({ kind }) => kind), ["stopped"]);
});

Deno.test("x86 handler: after 24 exceptions it gives up", () => {
  const f = guest({ exceptions: EXCEPTIONS_MAX - 1 });
  assertEquals(EXCEPTIONS_MAX, 24);
  deliver(f, VECTOR.BP, -1, "x86:A/5");
  handle(f);
  assertEquals(vcpuWord(f, "stopped"), STOPPED.no);
  deliver(f, VECTOR.BP, -1, "x86:A/5");
  assertEquals(vcpuWord(f, "stopped"), STOPPED.atOut);
});

Deno.test("x86 handler: PUSH and POP of the flags are events where TF changes", () => {
  const told = (rflags: number) => {
    const f = guest({ rflags });
    const events = [
      ...eventsOf(f, () => deliver(f, VECTOR.BP, -1, "x86:A/5")),
      ...handle(f),
    ];
    return events.flatMap((event) =>
      event.kind === "set"
        ? [`${event.cause} ${event.to.name} ${event.old} ${event.new}`]
        : []
    );
  };
  assertEquals(told(0x302), [
    "save pushed_RFLAGS 0 770",
    "force RFLAGS 770 2",
    "restore RFLAGS 2 770",
  ]);
  assertEquals(told(0x202), []);
});

/** TF and the count of steps, as they are in the frame and once the handler has returned. */
const COUNTED: readonly (readonly [
  before: readonly [tf: boolean, left: number],
  after: readonly [tf: boolean, left: number],
])[] = [
  [[true, 0], [true, 0]],
  [[true, 1], [false, 0]],
  [[true, 2], [true, 1]],
  [[false, 1], [false, 1]],
  [[false, 0], [false, 0]],
];

for (const [[tf, left], after] of COUNTED) {
  Deno.test(`x86 handler: TF ${tf} with ${left} steps left`, () => {
    const f = guest({ rflags: tf ? 0x102 : 2, stepsLeft: left });
    deliver(f, VECTOR.DB, -1, "x86:A/5");
    handle(f);
    const isSet = (vcpuWord(f, "rflags") & 0x100) !== 0;
    assertEquals([isSet, vcpuWord(f, "stepsLeft")], after);
  });
}

Deno.test("x86 handler: no other exception counts as a step", () => {
  const f = guest({ rflags: 0x102, stepsLeft: 1 });
  deliver(f, VECTOR.BP, -1, "x86:A/5");
  handle(f);
  assertEquals([vcpuWord(f, "rflags"), vcpuWord(f, "stepsLeft")], [0x102, 1]);
});

/** The debug registers that a handler of #DB reads, by DR6 and DR7. */
const READ: readonly (readonly [dr6: number, dr7: number, slots: number[]])[] =
  [
    [0x0, 0xff, []],
    [0xf, 0x00, []],
    [0xf, 0xff, [0, 1, 2, 3]],
    [0x9, 0xff, [0, 3]],
    [0xf, 0x28, [1, 2]],
    // Of a watchpoint there is nothing to look at.
    [0x3, 0x1_000a, [1]],
    [0x4000, 0xff, []],
  ];

for (const [dr6, dr7, slots] of READ) {
  Deno.test(`x86 handler: what it reads with DR6 ${dr6.toString(16)} and DR7 ${dr7.toString(16)}`, () => {
    const f = guest();
    setCpu(f, { dr6, dr7 });
    deliver(f, VECTOR.DB, -1, "x86:A/5");
    const steps: number[] = [];
    for (;;) {
      const step = vcpuWord(f, "inHandler");
      if (step === 7) break;
      steps.push(step);
      handlerStep(f, NOP);
    }
    assertEquals(steps, [1, 2, ...slots.map((slot) => slot + 3)]);
  });
}

Deno.test("x86 handler: it returns with RF where a breakpoint is at the saved RIP, by all 64 bits, or where it masks", () => {
  const rf = (address: bigint, handler: number = HANDLER.skip) => {
    const f = guest({ rflags: 0x102, handler });
    setCpu(f, { dr6: 1, dr7: 1 });
    set64(f.w, f.cpu + CPU.dr, address);
    deliver(f, VECTOR.DB, -1, "x86:A/5");
    handle(f);
    return vcpuWord(f, "rflags");
  };
  assertEquals(rf(0x2_0000_1000n), 0x1_0102);
  assertEquals(rf(0x2_0000_1001n), 0x102);
  assertEquals(rf(0x1_0000_1000n), 0x102);
  assertEquals(rf(0n, HANDLER.mask), 0x1_0002);
});

Deno.test("x86 handler: the exception says where DR6 and DR7 were read: in the CPU, or from KVM", () => {
  const from = (vmDrAccesses: number) => {
    const f = guest({ vmDrAccesses, inHandler: 7, handlerVector: VECTOR.DB });
    const [event] = handle(f).filter(({ kind }) => kind === "exception");
    return event.kind === "exception"
      ? [event.from?.dr6?.space, event.from?.dr7?.space]
      : [];
  };
  assertEquals(from(0), ["cpu", "cpu"]);
  assertEquals(from(0x40), ["guest", "cpu"]);
  assertEquals(from(0x80), ["cpu", "guest"]);
  // Writes of DR6 and DR7.
  assertEquals(from(0xc0_0000), ["cpu", "cpu"]);
});

Deno.test("x86 handler: a debugger's step over its IRET comes before anything else, at the next instruction", () => {
  const exits = (vector: number, insn: Insn) => {
    const f = guest({ vmExceptions: 2 });
    deliver(f, vector, 0, "x86:A16");
    setVcpu(f, { rflags: 0x102, inHandler: 7 });
    f.nextLo = 0x1001;
    f.nextHi = 2;
    const outcome = handlerStep(f, insn);
    return [
      outcome,
      vcpuWord(f, "exitReason"),
      vcpuWord(f, "exitData"),
      vcpuWord(f, "exitDone"),
      pc(f)[0],
    ];
  };
  const ud2 = makeInsn({ op: "ud2", addressLo: 0x1000, addressHi: 2 });
  const BS = 0x4000;
  assertEquals(exits(VECTOR.BP, NOP), [
    ...[OUTCOME.exits, EXIT.db, BS, 0, 0x1000],
  ]);
  // It goes on after what has raised #UD.
  assertEquals(exits(VECTOR.UD, ud2), [
    ...[OUTCOME.exits, EXIT.db, BS, 1, 0x1001],
  ]);
});

Deno.test("x86 handler: without an intercept the step over its IRET is a #DB of the guest", () => {
  const f = guest({
    inHandler: 7,
    handlerVector: VECTOR.UD,
    vmExceptions: 0,
    handlerRip: 0x1000,
  });
  f.w[f.vcpu + VCPU.handlerRip + 1] = 2;
  setVcpu(f, { rflags: 0x102 });
  f.nextLo = 0x1001;
  f.nextHi = 2;
  const ud2 = makeInsn({ op: "ud2", addressLo: 0x1000, addressHi: 2 });
  assertEquals(handlerStep(f, ud2), OUTCOME.skipped);
  assertEquals([vcpuWord(f, "handlerVector"), vcpuWord(f, "handlerRip")], [
    ...[VECTOR.DB, 0x1001],
  ]);
  assertEquals(cpuWord(f, "dr6") & 0x4000, 0x4000);
});

Deno.test("x86 handler: the saved RIP is a linear address in 32-bit code, unless it is of a handler", () => {
  const rf = (isNested: boolean) => {
    const f = guest({ code32: 1 });
    set64(f.w, f.vcpu + VCPU.pc, 0x1000n);
    f.w[f.vm + VM.csBase] = 0x5000;
    setCpu(f, { dr6: 3, dr7: 0xf });
    set64(f.w, f.cpu + CPU.dr, 0x6000n);
    set64(f.w, f.cpu + CPU.dr + 2, 0x8000n);
    if (isNested) deliver(f, VECTOR.BP, -1, "x86:A/5");
    deliver(f, VECTOR.DB, -1, "x86:A/5");
    handlerStep(f, NOP);
    handlerStep(f, NOP);
    return [0, 1].map(() => {
      handlerStep(f, NOP);
      return vcpuWord(f, "handlerHit");
    });
  };
  assertEquals(rf(false), [1, 1]);
  assertEquals(rf(true), [0, 1]);
});

/** An access of the program that faults: what is reported, and where the guest goes on. */
function faulted(parts: InsnParts, vector: number, isThere = true): unknown[] {
  const f = guest({ pc: isThere ? 0x1000 : 0x1001 });
  f.nextLo = 0x1003;
  f.nextHi = 2;
  const insn = makeInsn({ addressLo: 0x1000, addressHi: 2, ...parts });
  deliver(f, vector, 0, "x86:A5");
  let outcome: number = OUTCOME.stay;
  const events = eventsOf(f, () => outcome = handlerStep(f, insn));
  return [
    outcome === OUTCOME.skipped,
    pc(f)[0],
    ...events.flatMap((event) =>
      event.kind === "access"
        ? [event.access, event.register, event.value, event.pc, event.by]
        : []
    ),
  ];
}

Deno.test("x86 handler: after #UD or #GP it goes on past the instruction, and tells of its access", () => {
  const at = 0x2_0000_1000n;
  const { UD, GP, BP } = VECTOR;
  const read = { op: "read", register: REG.DR4 } as const;
  const write = { op: "write", register: REG.DR7, lo: 5 } as const;
  assertEquals(faulted(read, UD), [
    ...[true, 0x1003, "read", "DR4", 0n, at, "undef"],
  ]);
  assertEquals(faulted(write, GP), [
    ...[true, 0x1003, "write", "DR7", 0n, at, "fault"],
  ]);
  assertEquals(faulted({ op: "ud2" }, UD), [true, 0x1003]);
  assertEquals(faulted({ op: "int3" }, BP), [false, 0x1000]);
  // It is not at the instruction.
  assertEquals(faulted(read, UD, false), [false, 0x1001]);
});

Deno.test("x86 handler: a transaction that was rolled back is over after its #DB", () => {
  const after = (dr6: number, op: "xbegin" | "exec") => {
    const f = guest({
      inHandler: 7,
      handlerVector: VECTOR.DB,
      handlerDr6: dr6,
      rflags: 2,
    });
    f.w.set([0x1000, 2], f.vcpu + VCPU.handlerRip);
    f.nextLo = 0x1003;
    f.nextHi = 2;
    const insn = makeInsn({ op, addressLo: 0x1000, addressHi: 2 });
    return [handlerStep(f, insn) === OUTCOME.skipped, pc(f)];
  };
  // DR6.RTM is 0 in a transaction.
  assertEquals(after(0xfffe_0ff1, "xbegin"), [true, [0x1003, 2]]);
  assertEquals(after(0xffff_0ff1, "xbegin"), [false, [0x1000, 2]]);
  assertEquals(after(0xfffe_0ff1, "exec"), [false, [0x1000, 2]]);
});

Deno.test("x86 handler: it stops the guest where it is to stop, and gives up at port 0xe2", () => {
  const f = guest({ handler: HANDLER.stop });
  deliver(f, VECTOR.BP, -1, "x86:A/5");
  assertEquals(handle(f).filter(({ kind }) => kind === "exception").length, 1);
  assertEquals(vcpuWord(f, "stopped"), STOPPED.idle);
  assertEquals(GIVE_UP_PORT, 0xe2);
});

Deno.test("x86 handler: an exception has the rule of its kind", () => {
  const rule = (handlerVector: number) => {
    const f = guest({ inHandler: 7, handlerVector, handlerError: -1 });
    const [event] = handle(f).filter(({ kind }) => kind === "exception");
    return event.kind === "exception" ? event.rule : "";
  };
  assertEquals([1, 3, 2, 6, 13, 31, 32, 255].map(rule), [
    ...["x86:A/5", "x86:A/5", "x86:A15", "x86:A5", "x86:A5"],
    ...["x86:A13", "x86:A15", "x86:A15"],
  ]);
});
