/** Exceptions of an x86 guest: the frame that the handler gets, what it reads and logs, and how it returns. */
import { assertEquals } from "@std/assert";
import type { Event } from "../engine/events.ts";
import { type Insn, makeInsn } from "../engine/program.ts";
import { HANDLER, OUTCOME } from "../engine/rules.ts";
import { set64 } from "../engine/word64.ts";
import {
  CPU,
  EVENTS,
  EXIT,
  SHADOW,
  STOPPED,
  VCPU,
  VECTOR,
} from "../engine/x86/blocks.ts";
import { handlerStep } from "../engine/x86/guest/handler.ts";
import { guestStep } from "../engine/x86/guest/step.ts";
import {
  boundaryDropsLatent,
  deliver,
  EXCEPTIONS_MAX,
} from "../engine/x86/hardware/exceptions.ts";
import { endNmi } from "../engine/x86/hardware/interrupts.ts";
import { injectEvent } from "../engine/x86/hardware/world_switch.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import {
  cpuWord,
  eventsOf,
  frameOf,
  setCpu,
  type Setup,
  setVcpu,
  vcpuWord,
  type VcpuWords,
} from "./x86_frame.ts";

/** A guest in its program, at an address above 4 GiB, whose accesses of debug registers do not exit. */
function guest(words: VcpuWords = {}, setup: Setup = {}): KvmFrame {
  const { f } = frameOf(setup);
  set64(f.w, f.vcpu + VCPU.pc, 0x2_0000_1000n);
  setVcpu(f, { vmDrAccesses: 0, rflags: 0x302, ...words });
  return f;
}

const NOP = makeInsn({ op: "exec", addressLo: 0x1000, addressHi: 2 });

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
  const f = guest({ rflags: 0x3_43d7 });
  deliver(f, VECTOR.GP, 0x1a, "x86:A16");
  assertEquals(pc(f), [0x8000, 0]);
  assertEquals(vcpuWord(f, "rflags"), 0xd7);
  const [event] = handle(f).filter(({ kind }) => kind === "exception");
  assertEquals(event.kind === "exception" && event.values, {
    vector: 13n,
    rip: 0x2_0000_1000n,
    error: 0x1an,
    rflags: 0x3_43d7n,
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
    setCpu(f, { dr6: 0xffff_0ff1 | 0, dr7: 0x402 });
    set64(f.w, f.cpu + CPU.dr, 0x2_0000_9000n);
    const before = words(f);
    deliver(f, vector, 3, "x86:A/5");
    handle(f);
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

Deno.test("x86 handler: PUSH and POP of the flags are told where TF changes", () => {
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

Deno.test("x86 IRET: VMX's blocking of NMIs ends, and a bare machine's, and not that which KVM keeps with SVM", () => {
  const blocked = (vendor: "vmx" | "svm", isBare: boolean) => {
    const { f } = frameOf({ vendor });
    const bare = {
      isStepwise: false,
      answersCalls: false,
      debugged: false,
      hidesGeneralDetect: false,
    };
    const g = isBare ? { ...f, bare } : f;
    setVcpu(g, { events: EVENTS.nmiBlocked | 0x40 });
    endNmi(g);
    return (vcpuWord(g, "events") & EVENTS.nmiBlocked) !== 0;
  };
  assertEquals(
    [blocked("vmx", false), blocked("vmx", true), blocked("svm", true)],
    [false, false, false],
  );
  assertEquals(blocked("svm", false), true);
});

Deno.test("x86 injection: a software exception's RIP is past its instruction, across 4 GiB", () => {
  const rip = (lo: number, length: number) => {
    const f = guest({
      pc: lo,
      pendingDb: 0x4000,
      latentDb: 1,
      shadow: SHADOW.movSs,
    });
    injectEvent(f, VECTOR.BP, -1, length);
    assertEquals(
      (["pendingDb", "latentDb", "shadow"] as const).map((name) =>
        vcpuWord(f, name)
      ),
      [0, 0, 0],
    );
    return [
      vcpuWord(f, "handlerRip") >>> 0,
      f.w[f.vcpu + VCPU.handlerRip + 1],
    ];
  };
  assertEquals(rip(0x1000, 0), [0x1000, 2]);
  assertEquals(rip(0x1000, 1), [0x1001, 2]);
  assertEquals(rip(-0x8000_0000, 2), [0x8000_0002, 2]);
  assertEquals(rip(-1, 0), [0xffff_ffff, 2]);
  assertEquals(rip(-2, 1), [0xffff_ffff, 2]);
  assertEquals(rip(-1, 1), [0, 3]);
  assertEquals(rip(-1, 3), [2, 3]);
});

Deno.test("bochs: matches that are not enabled go at a boundary with TF, or with an execute slot in RIP's page", () => {
  const latent = (rflags: number, dr7: number, dr1: bigint) => {
    const f = guest({ rflags, latentDb: 5 }, { model: "bochs" });
    setCpu(f, { dr7 });
    for (let n = 0; n < 4; n++) set64(f.w, f.cpu + CPU.dr + 2 * n, 0x77_0000n);
    set64(f.w, f.cpu + CPU.dr + 2, dr1);
    boundaryDropsLatent(f);
    return vcpuWord(f, "latentDb");
  };
  const [NONE, SLOT_1] = [0x1111_0000, 0x1101_0000];
  assertEquals(latent(0x2, NONE, 0x2_0000_1000n), 5);
  assertEquals(latent(0x102, NONE, 0n), 0);
  assertEquals(latent(0x2, SLOT_1, 0x2_0000_1fffn), 0);
  assertEquals(latent(0x2, SLOT_1, 0x2_0000_2000n), 5);
  assertEquals(latent(0x2, SLOT_1, 0x1_0000_1000n), 5);
});

Deno.test("x86 guest: an exception that a bare machine has raised comes before its next instruction", () => {
  const f = guest();
  const bare = {
    isStepwise: true,
    answersCalls: false,
    debugged: false,
    hidesGeneralDetect: false,
  };
  const g = { ...f, bare };
  deliver(g, VECTOR.GP, 2, "x86:A16");
  assertEquals(vcpuWord(g, "inHandler"), 0);
  assertEquals(guestStep(g, NOP), OUTCOME.stay);
  assertEquals(
    ([
      "pendingException",
      "handlerVector",
      "handlerError",
      "inHandler",
    ] as const)
      .map((name) => vcpuWord(g, name)),
    [0, VECTOR.GP, 2, 7],
  );
  // Under KVM it is the next entry that injects.
  setVcpu(f, { inHandler: 0, pendingException: VECTOR.GP + 1 });
  guestStep(f, NOP);
  assertEquals(vcpuWord(f, "inHandler"), 0);
});
