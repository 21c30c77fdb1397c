/** RIP as KVM of x86 keeps it, in several places: both of its words count. */
import { assertEquals } from "@std/assert";
import { makeInsn } from "../engine/program.ts";
import { BEGUN } from "../engine/rules.ts";
import { get64, set64 } from "../engine/word64.ts";
import {
  COMPLETION,
  EVENTS,
  EXIT,
  NO_ERROR,
  VCPU,
  VECTOR,
  VM,
} from "../engine/x86/blocks.ts";
import { enterHandler } from "../engine/x86/hardware/exceptions.ts";
import { GUESTDBG } from "../engine/x86/kvm/guest_debug_flags.ts";
import { completeIret, iretExit } from "../engine/x86/kvm/interrupts.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import { addCsBase } from "../engine/x86/kvm/linear.ts";
import { singleStep } from "../engine/x86/kvm/step.ts";
import {
  debugExit,
  type ExitPc,
  exitValues,
} from "../engine/x86/kvm/user_exits.ts";
import { beginRun } from "../engine/x86/kvm/vcpu_run.ts";
import {
  eventsOf,
  frameOf,
  type Setup,
  setVcpu,
  vcpuWord,
  type VcpuWords,
} from "./x86_frame.ts";
import { nop, plain, X86Machine } from "./x86_machine.ts";

/** Its high word is no number that is beside it in the vCPU's block. */
const RIP = 0x5_0000_1000n;
const NEXT = 0x3_0000_1002n;
/** The same low word. */
const OTHER = 0x1_0000_1000n;

/** A vCPU with 64-bit values, by the words that they begin at, and others. */
function guest(
  values: Partial<Record<keyof typeof VCPU, bigint>>,
  words: VcpuWords = {},
  setup: Setup = {},
): KvmFrame {
  const { f } = frameOf(setup);
  for (const [name, value] of Object.entries(values)) {
    set64(f.w, f.vcpu + VCPU[name as keyof typeof VCPU], value);
  }
  setVcpu(f, words);
  return f;
}

function pair({ w, vcpu }: KvmFrame, name: keyof typeof VCPU): bigint {
  return get64(w, vcpu + VCPU[name]);
}

Deno.test("a second exception in the guest's handler keeps where the first is to return to, and its flags", () => {
  const f = guest({ handlerRip: RIP, pc: OTHER }, {
    ...{ inHandler: 7, handlerVector: VECTOR.BP, handlerError: 5 },
    ...{ handlerFlags: 0x246, handlerHit: 1 },
  });
  enterHandler(f, VECTOR.NMI, NO_ERROR, "x86:A/5");
  assertEquals([pair(f, "outerRip"), pair(f, "handlerRip")], [RIP, OTHER]);
  const outer = [
    "outerVector",
    "outerError",
    "outerFlags",
    "outerHit",
  ] as const;
  assertEquals(outer.map((name) => vcpuWord(f, name)), [
    VECTOR.BP,
    5,
    0x246,
    1,
  ]);
});

const STEPS = { guestDebug: GUESTDBG.ENABLE | GUESTDBG.SINGLESTEP };

Deno.test("x86:D27 pc of the exit for a step that KVM finishes, and of its event: until 5.6 where it was asked for", () => {
  const pcs = (profile: string) => {
    const f = guest({ pc: RIP, singlestepRip: NEXT }, STEPS, { profile });
    const [, event] = eventsOf(f, () => assertEquals(singleStep(f), true));
    assertEquals(event.kind, "user-exit");
    return [
      exitValues(f).pc,
      event.kind === "user-exit" ? event.values.pc : undefined,
      event.rule,
    ];
  };
  assertEquals(pcs("linux-4.19"), [NEXT, NEXT, "x86:D27"]);
  assertEquals(pcs("linux-5.10"), [RIP, RIP, "x86:D27"]);
  assertEquals(pcs("linux-7.2"), [RIP, RIP, "x86:D/12a"]);
});

Deno.test("x86:D27 steps over two CPUIDs of 4.19: the exit and what is printed of it have the same pc", () => {
  const m = new X86Machine("linux-4.19");
  m.debug(STEPS.guestDebug);
  m.program(0, { ...plain("cpuid"), at: RIP }, plain("cpuid"), nop());
  // The address at which the vCPU was when the step was asked for.
  const asked = 0x11_0000n;
  for (let n = 0; n < 2; n++) {
    const { values } = m.run();
    const printed = m.events().flatMap((event) =>
      event.kind === "user-exit" ? [event.values.pc] : []
    );
    assertEquals([values.pc, printed], [asked, [asked]]);
  }
});

Deno.test("x86:D27 KVM_RUN goes on after an access, unless userspace has moved RIP by any of its bits", () => {
  const goes = (pc: bigint, completion: number) => {
    const f = guest({ pc, completionFrom: RIP, completionRip: NEXT }, {
      completion,
    });
    return [beginRun(f), pair(f, "pc")];
  };
  const { skip, emulate } = COMPLETION;
  assertEquals(goes(RIP, skip), [BEGUN.completed, NEXT]);
  assertEquals(goes(OTHER, skip), [BEGUN.fresh, OTHER]);
  assertEquals(goes(RIP + 1n, skip), [BEGUN.fresh, RIP + 1n]);
  // The emulator writes RIP, wherever it is.
  assertEquals(goes(OTHER, emulate), [BEGUN.completed, NEXT]);
});

Deno.test("x86:D54 SVM: NMIs stay blocked until RIP is another than that of the IRET, by any of its bits", () => {
  const { nmiBlocked, iretIntercept, iretSeen } = EVENTS;
  const after = (pc: bigint) => {
    const f = guest({ pc: RIP }, { events: nmiBlocked | iretIntercept }, {
      vendor: "svm",
    });
    iretExit(f);
    assertEquals(pair(f, "iretRip"), RIP);
    assertEquals(vcpuWord(f, "events"), nmiBlocked | iretSeen);
    set64(f.w, f.vcpu + VCPU.pc, pc);
    completeIret(f);
    return [vcpuWord(f, "events"), pair(f, "iretRip")];
  };
  assertEquals(after(RIP), [nmiBlocked | iretSeen, RIP]);
  assertEquals(after(OTHER), [0, 0n]);
  assertEquals(after(RIP + 2n), [0, 0n]);
});

Deno.test("x86:D47 SVM: what an exit has told of the next instruction's address, and of one of the handler nothing", () => {
  const known = (
    exitReason: number,
    setup: Setup = { vendor: "svm" },
    inHandler = 0,
  ) => {
    const { rules, f } = frameOf(setup);
    rules.enter(f);
    set64(f.w, f.vcpu + VCPU.pc, RIP);
    setVcpu(f, { exitReason, inHandler });
    f.nextLo = Number(NEXT & 0xffff_ffffn);
    f.nextHi = Number(NEXT >> 32n);
    const insn = makeInsn({ op: "cpuid", addressLo: 0x1000, addressHi: 2 });
    rules.exit(f, insn);
    return [vcpuWord(f, "nextRipKnown"), pair(f, "nextRip")];
  };
  const stock: Setup = { vendor: "svm", model: "tcg-stock" };
  assertEquals(known(EXIT.cpuid), [1, NEXT]);
  assertEquals(known(EXIT.cpuid, stock), [0, 0n]);
  // An interrupt is not of an instruction.
  assertEquals(known(EXIT.none), [0, 0n]);
  assertEquals(known(EXIT.cpuid, { vendor: "svm" }, 7), [0, 0n]);
  assertEquals(known(EXIT.cpuid, { vendor: "vmx" }), [0, 0n]);
});

/** Which kernels add the base of CS to the RIP of 64-bit code, and which take RIP for the linear address. */
Deno.test("x86:D/17.2 pc of the exit for an exception that the CPU raised, and for one that KVM did", () => {
  const pc = (profile: string, from: ExitPc, code32: 0 | 1 = 0) => {
    const f = guest({ pc: RIP }, { code32 }, { profile });
    f.w[f.vm + VM.csBase] = 0xffff_f000 | 0;
    debugExit(f, VECTOR.DB, 0, 0, "x86:D/10", from);
    return exitValues(f).pc;
  };
  assertEquals(pc("linux-4.4", "cpu"), 0x6_0000_0000n);
  assertEquals(pc("linux-7.2", "cpu"), RIP);
  for (const profile of ["linux-4.4", "linux-7.2"]) {
    assertEquals(pc(profile, "linear"), RIP);
    // 32-bit code has no high word of its own.
    assertEquals(pc(profile, "linear", 1), 0x5_0000_0000n);
  }
});

Deno.test("x86:D/17.2 the base of CS is added to all of RIP", () => {
  const sum = (rip: bigint, base: number) => {
    const { f } = frameOf();
    f.w[f.vm + VM.csBase] = base | 0;
    set64(f.w, f.vcpu + VCPU.runPc, rip);
    addCsBase(f, f.vcpu + VCPU.runPc);
    return pair(f, "runPc");
  };
  assertEquals(sum(RIP, 0), RIP);
  assertEquals(sum(0x2_0000_0000n, 0x5000), 0x2_0000_5000n);
  assertEquals(sum(0x2_0000_1000n, 0x5000), 0x2_0000_6000n);
  assertEquals(sum(0x2_ffff_f000n, 0x1000), 0x3_0000_0000n);
  assertEquals(sum(0x2_ffff_f000n, 0xffff_f000), 0x3_ffff_e000n);
  assertEquals(sum(0x2_0000_1000n, 0xffff_e000), 0x2_ffff_f000n);
  assertEquals(sum(0xffff_ffff_ffff_f000n, 0x2000), 0x1000n);
});
