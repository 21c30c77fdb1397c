/** What KVM's part of x86 says of what it does: the places and bits of a warning or a hit, the rule, and the order. */
import { assertEquals } from "@std/assert";
import type { Event } from "../engine/events.ts";
import { makeInsn } from "../engine/program.ts";
import { BEGUN } from "../engine/rules.ts";
import { set64 } from "../engine/word64.ts";
import {
  COMPLETION,
  CPU,
  EVENTS,
  EXIT,
  SHADOW,
  STOPPED,
  USER_EXIT,
  VCPU,
  VECTOR,
} from "../engine/x86/blocks.ts";
import { afterExit } from "../engine/x86/kvm/after_exit.ts";
import { loadEffectiveDr7 } from "../engine/x86/kvm/dr_registers.ts";
import { codeBreakpointCheck } from "../engine/x86/kvm/emulator.ts";
import { GUESTDBG } from "../engine/x86/kvm/guest_debug_flags.ts";
import { restoreHost } from "../engine/x86/kvm/host_breakpoints.ts";
import { nmiStepTrapped, prepareEvent } from "../engine/x86/kvm/interrupts.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import { vendorFlags } from "../engine/x86/kvm/state.ts";
import { exitValues, ioExit, mmioExit } from "../engine/x86/kvm/user_exits.ts";
import { setEvents } from "../engine/x86/kvm/vcpu_events.ts";
import { observe } from "../engine/x86/observe.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import { VCPU_EVENTS } from "../engine/x86/registers/vcpu_events.ts";
import {
  eventsOf,
  frameOf,
  partsOf,
  setCpu,
  setVcpu,
  vcpuWord,
  type VcpuWords,
} from "./x86_frame.ts";

/** Each changed place with what it was and is. */
function moves(events: readonly Event[]): string[] {
  return events.flatMap((event) =>
    event.kind === "set"
      ? [`${event.to.name} ${event.old.toString(16)} ${event.new.toString(16)}`]
      : []
  );
}

function warnings(events: readonly Event[]): [string, string[]][] {
  return events.flatMap((event) =>
    event.kind === "warn" ? [[event.message, partsOf(event.needed)]] : []
  );
}

const HIGH = "0xffffffff00000000";

Deno.test("x86:F12 warnings: bits 63:32 of DR7 are the guest's, or userspace's while that debugs", () => {
  const { f } = frameOf();
  f.w[f.vcpu + VCPU.dr7 + 1] = 1;
  f.w[f.vcpu + VCPU.guestDebugDr7 + 1] = 1;
  const told = () => warnings(eventsOf(f, () => loadEffectiveDr7(f)));
  const message = "bits 63:32 of DR7 are set: no entry will succeed";
  assertEquals(told(), [[message, [`guest DR7 ${HIGH}`]]]);
  setVcpu(f, { guestDebug: GUESTDBG.ENABLE | GUESTDBG.USE_HW_BP });
  assertEquals(told(), [[message, [`kvm guest_debug_dr7 ${HIGH}`]]]);
});

Deno.test("warnings: why an entry fails, with the bits of the register", () => {
  const fails = (words: VcpuWords, dr7High = 0) => {
    const { rules, f } = frameOf();
    setVcpu(f, words);
    f.w[f.vcpu + VCPU.vmDr7 + 1] = dr7High;
    const events = eventsOf(f, () => rules.enter(f));
    assertEquals(vcpuWord(f, "exitReason"), EXIT.entryFailed);
    return warnings(events);
  };
  assertEquals(fails({}, 1), [
    ["the VM entry fails: bits 63:32 of DR7 are set", [`vmcs DR7 ${HIGH}`]],
  ]);
  // IF is set.
  assertEquals(fails({ rflags: 0x302, shadow: SHADOW.sti }), [
    [
      "the VM entry fails: TF in the shadow of STI, no step pending",
      ["guest RFLAGS 0x100"],
    ],
  ]);
});

Deno.test("x86:D10 warnings: accesses were let through, with userspace's flag first, then KVM's and what the CPU does", () => {
  const { f } = frameOf({ profile: "linux-4.4" });
  const guestDebug = GUESTDBG.ENABLE | GUESTDBG.USE_HW_BP;
  // KVM_DEBUGREG_WONT_EXIT
  setVcpu(f, { guestDebug, switchDbRegs: 2 });
  assertEquals(warnings(eventsOf(f, () => afterExit(f))), [[
    "WARN_ON: DR accesses were let through while userspace uses the hardware breakpoints",
    [
      "kvm guest_debug 0x20000",
      "kvm switch_db_regs 0x2",
      "kvm dr_intercept 0x1",
    ],
  ]]);
});

for (const profile of ["kiszka-2008", "linux-4.4", "linux-7.2"]) {
  Deno.test(`KVM_SET_GUEST_DEBUG queues what it is asked for, #DB before #BP, or nothing: ${profile}`, () => {
    const queued = (flags: number) => {
      const { rules, f } = frameOf({ profile });
      const control = GUESTDBG.ENABLE | flags;
      const more = { inject: undefined, blockirq: false, registers: [] };
      assertEquals(rules.setGuestDebug(f, { control, ...more }), 0);
      return vcpuWord(f, "pendingException") - 1;
    };
    const { INJECT_DB, INJECT_BP, SINGLESTEP } = GUESTDBG;
    assertEquals(
      [0, SINGLESTEP, INJECT_DB, INJECT_BP, INJECT_DB | INJECT_BP].map(queued),
      [-1, -1, VECTOR.DB, VECTOR.BP, VECTOR.DB],
    );
  });
}

Deno.test("x86:E4 hw_breakpoint_restore(): DR0 to DR3, then DR6, and DR7 last", () => {
  const { f } = frameOf();
  for (let n = 0; n < 4; n++) {
    set64(f.w, f.cpu + CPU.hostDr + 2 * n, 0x5000n + BigInt(n));
  }
  setCpu(f, { hostDr7: 0x2, dr6: 0xffff_0ff1 | 0, dr7: 0x400 });
  // arch/x86/kernel/hw_breakpoint.c
  assertEquals(moves(eventsOf(f, () => restoreHost(f))), [
    ...["DR0 0 5000", "DR1 0 5001", "DR2 0 5002", "DR3 0 5003"],
    ...["DR6 ffff0ff1 ffff0ff0", "DR7 400 402"],
  ]);
});

/** The places that change, in order. */
function places(events: readonly Event[]): string[] {
  return events.flatMap((event) =>
    event.kind === "set" ? [`${event.to.space} ${event.to.name}`] : []
  );
}

Deno.test("the order of what is set: as the kernel's functions have it", () => {
  const { rules, f } = frameOf();
  const address = 0x5000n;
  // arch_install_hw_breakpoint(), arch/x86/kernel/hw_breakpoint.c.
  const installs = () => rules.hostDebug(f, { action: "break", address });
  assertEquals(places(eventsOf(f, installs)), [
    ...["cpu DR0", "host DR0", "host DR7", "cpu DR7"],
  ]);
  const removes = () => rules.hostDebug(f, { action: "off" });
  assertEquals(places(eventsOf(f, removes)), [
    ...["cpu DR7", "host DR7", "host DR0"],
  ]);
  const register = REG.DEBUGCTL;
  const writes = () =>
    rules.hostDebug(f, { action: "wrmsr", register, value: 2n });
  assertEquals(places(eventsOf(f, writes)), ["host DEBUGCTL", "cpu DEBUGCTL"]);
  // kvm_arch_vcpu_ioctl_set_guest_debug(), x86.c.
  for (const profile of ["kiszka-2008", "linux-7.2"]) {
    const other = frameOf({ profile });
    const registers = [
      { register: REG.DR0, value: address },
      { register: REG.DR7, value: 0x402n },
    ];
    const control = GUESTDBG.ENABLE | GUESTDBG.USE_HW_BP;
    const request = { control, inject: undefined, blockirq: false, registers };
    const asks = () => other.rules.setGuestDebug(other.f, request);
    assertEquals(places(eventsOf(other.f, asks)).slice(0, 3), [
      ...["kvm guest_debug", "kvm eff_db0", "kvm guest_debug_dr7"],
    ]);
  }
  // What the reset leaves of the guest comes before what is made effective of it.
  for (const profile of ["kiszka-2008", "linux-7.2"]) {
    const other = frameOf({ profile });
    setVcpu(other.f, { dr6: 1, dr7: 1, vmDr7: 1, vmDrAccesses: 0 });
    const resets = () => other.rules.userInit(other.f);
    assertEquals(places(eventsOf(other.f, resets)), [
      ...["kvm dr_intercept", "guest DR6", "guest DR7", "vmcs DR7"],
    ]);
  }
});

const INSN = makeInsn({ op: "cpuid", addressLo: 0x1000, lengthBytes: 2 });
const ALL = "0xffffffffffffffff";

/** The hits that KVM's emulator finds at an instruction, by slot. */
function hits(profile: string, guestDebug: number): unknown[] {
  const { f } = frameOf({ profile });
  set64(f.w, f.vcpu + VCPU.pc, 0x1000n);
  set64(f.w, f.vcpu + VCPU.db + 2, 0x1000n);
  set64(f.w, f.vcpu + VCPU.effDb + 4, 0x1000n);
  // The guest's own in slot 1, which since 7.2 is only looked at where it is effective; userspace's in slot 2.
  if (guestDebug === 0) set64(f.w, f.vcpu + VCPU.effDb + 2, 0x1000n);
  setVcpu(f, { guestDebug, dr7: 0x408, guestDebugDr7: 0x420 });
  return eventsOf(f, () => codeBreakpointCheck(f, INSN)).flatMap((event) =>
    event.kind === "hit"
      ? [[event.register, event.owner, ...partsOf(event.needed)]]
      : []
  );
}

for (const profile of ["linux-6.1", "linux-7.2"]) {
  Deno.test(`x86:D25 hits: the emulator's, with the registers that it compared (${profile})`, () => {
    // G1 with RW1 and LEN1, G2 with RW2 and LEN2.
    assertEquals(hits(profile, 0), [
      ["DR1", "guest", `guest DR1 ${ALL}`, "guest DR7 0xf0000c"],
    ]);
    assertEquals(hits(profile, GUESTDBG.ENABLE | GUESTDBG.USE_HW_BP), [
      [
        ...["DR2", "userspace"],
        ...[`kvm eff_db2 ${ALL}`, "kvm guest_debug_dr7 0xf000030"],
      ],
    ]);
  });
}

Deno.test("x86:D52 events: an NMI comes before an interrupt, one of them at an entry, and each is reported once", () => {
  const { f } = frameOf();
  setVcpu(f, { rflags: 0x202, events: EVENTS.oneNmi | 0x40 });
  const told = () => {
    let vector = 0;
    const events = eventsOf(f, () => vector = prepareEvent(f, false));
    return [
      vector,
      ...events.flatMap((event) =>
        event.kind === "inject" ? [event.exception] : []
      ),
    ];
  };
  assertEquals(told(), [VECTOR.NMI, "nmi"]);
  assertEquals(told(), [0x40, "interrupt"]);
  assertEquals(told().length, 1);
  // IF is 0.
  setVcpu(f, { rflags: 0x2, events: 0x40 });
  assertEquals(told().length, 1);
});

Deno.test("x86:D52 events: an NMI interrupts the program where it goes on, and else where the guest is", () => {
  const rip = (words: VcpuWords) => {
    const { rules, f } = frameOf();
    set64(f.w, f.vcpu + VCPU.pc, 0x8000n);
    setVcpu(f, { events: EVENTS.oneNmi, ...words });
    f.nextLo = 0x5000;
    f.nextHi = 1;
    rules.enter(f);
    assertEquals(vcpuWord(f, "handlerVector"), VECTOR.NMI);
    return [vcpuWord(f, "handlerRip"), f.w[f.vcpu + VCPU.handlerRip + 1]];
  };
  assertEquals(rip({}), [0x5000, 1]);
  assertEquals(rip({ inHandler: 7 }), [0x8000, 0]);
  assertEquals(rip({ stopped: STOPPED.atJump }), [0x8000, 0]);
});

Deno.test("x86:D54 events: SVM steps the guest for an NMI that waits, and the step ends", () => {
  const { f } = frameOf({ vendor: "svm" });
  setVcpu(f, { events: EVENTS.oneNmi, shadow: SHADOW.sti });
  const begins = eventsOf(f, () => prepareEvent(f, false));
  assertEquals(moves(begins), ["nmi_singlestep 0 1", "RFLAGS 2 10102"]);
  let isAll = false;
  const ends = eventsOf(f, () => isAll = nmiStepTrapped(f));
  assertEquals([isAll, ...moves(ends)], [
    ...[true, "nmi_singlestep 1 0", "RFLAGS 10102 2"],
  ]);
});

Deno.test("x86:D55 events: of the flags that SVM steps with only TF and RF are KVM's, and the guest's own since 4.13", () => {
  const seen = (profile: string, rflags: number) => {
    const { f } = frameOf({ profile, vendor: "svm" });
    setVcpu(f, { rflags, events: EVENTS.oneNmi, shadow: SHADOW.sti });
    prepareEvent(f, false);
    const during = vendorFlags(f);
    nmiStepTrapped(f);
    return [during, vcpuWord(f, "rflags")];
  };
  // IF and CF, with neither TF nor RF, with one of them, with both.
  for (const own of [0x203, 0x303, 0x1_0203, 0x1_0303]) {
    assertEquals(seen("linux-4.14", own), [own, own]);
    assertEquals(seen("linux-4.9", own), [0x1_0303, 0x203]);
  }
});

Deno.test("2008: bits 63:32 of DR6 and DR7 are #GP by the rule of each, and DR4 and DR5 #UD", () => {
  const { f } = frameOf({ profile: "kiszka-2008" });
  setVcpu(f, { cr4: 8 });
  const rule = (dr: number) => {
    f.lo = 0;
    f.hi = 1;
    return eventsOf(f, () => f.kernel.setDr(f, dr)).flatMap((event) =>
      event.kind === "inject" ? [event.exception, event.rule] : []
    );
  };
  assertEquals([4, 5, 6, 7].map(rule), [
    ["ud", "x86:B11"],
    ["ud", "x86:B11"],
    ["gp", "x86:B12"],
    ["gp", "x86:B13"],
  ]);
});

/** Accesses to debug registers that exit after a reset: reads of DR0 to DR7, and writes. */
function exiting(profile: string, vendor: "vmx" | "svm"): number[][] {
  const { f } = frameOf({ profile, vendor });
  const bits = vcpuWord(f, "vmDrAccesses");
  const those = (shift: number) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((n) => (bits >>> shift + n & 1) !== 0);
  return [those(0), those(16)];
}

Deno.test("x86:B21 which accesses exit: in 2008 SVM leaves out DR4, DR6 and reads of DR5 and DR7", () => {
  const ALL = [0, 1, 2, 3, 4, 5, 6, 7];
  assertEquals(exiting("kiszka-2008", "svm"), [
    ...[[0, 1, 2, 3], [0, 1, 2, 3, 5, 7]],
  ]);
  for (const profile of ["linux-4.4", "linux-7.2"]) {
    for (const vendor of ["vmx", "svm"] as const) {
      assertEquals(exiting(profile, vendor), [ALL, ALL]);
    }
  }
  assertEquals(exiting("kiszka-2008", "vmx"), [ALL, ALL]);
});

Deno.test("exits: what hardware gives as the reason of a failed entry", () => {
  const reason = (vendor: "vmx" | "svm") => {
    const { f } = frameOf({ vendor });
    setVcpu(f, { userExit: USER_EXIT.failEntry });
    return exitValues(f).reason;
  };
  // Basic reason 33 and bit 31: Intel SDM vol. 3D C. VMEXIT_INVALID is -1 in 32 bits: struct kvm_run has it unsigned.
  assertEquals([reason("vmx"), reason("svm")], [0x8000_0021n, 0xffff_ffffn]);
});

Deno.test("exits: a port has no high word, and an access of a device all of its address", () => {
  const { f } = frameOf();
  mmioExit(f, 0xc0_0004, 3, 8, true);
  const pc = exitValues(f).pc;
  assertEquals(exitValues(f), {
    ...{ addr: 0x3_00c0_0004n, len: 8n, is_write: 1n, pc },
  });
  ioExit(f, 0x77, 2, false, 5);
  assertEquals(exitValues(f), {
    ...{ port: 0x77n, size: 2n, count: 5n, is_write: 0n, pc },
  });
  ioExit(f, 0x78, 1, true);
  assertEquals(exitValues(f), {
    ...{ port: 0x78n, size: 1n, count: 1n, is_write: 1n, pc },
  });
});

Deno.test("exits: after one nothing of its reason is left", () => {
  const { rules, f } = frameOf();
  rules.enter(f);
  setVcpu(f, { exitReason: EXIT.interrupt, exitData: 3, exitDone: 1 });
  rules.exit(f, null);
  assertEquals(
    (["exitReason", "exitData", "exitDone"] as const).map((name) =>
      vcpuWord(f, name)
    ),
    [0, 0, 0],
  );
});

Deno.test("KVM_RUN with immediate_exit completes an access, and does nothing where there is none", () => {
  const { rules, f } = frameOf();
  set64(f.w, f.vcpu + VCPU.pc, 0x1000n);
  set64(f.w, f.vcpu + VCPU.completionFrom, 0x1000n);
  set64(f.w, f.vcpu + VCPU.completionRip, 0x1002n);
  setVcpu(f, { userExit: USER_EXIT.hlt });
  assertEquals(rules.completeAccess(f), BEGUN.fresh);
  assertEquals(vcpuWord(f, "userExit"), USER_EXIT.hlt);
  setVcpu(f, { completion: COMPLETION.skip, userExit: USER_EXIT.io });
  assertEquals(rules.completeAccess(f), BEGUN.completed);
  assertEquals([vcpuWord(f, "pc"), vcpuWord(f, "completion")], [0x1002, 0]);
});

Deno.test("x86:D107 KVM_SET_VCPU_EVENTS: why a flag is refused", () => {
  const why = (
    fields: Parameters<typeof VCPU_EVENTS.with>[1],
    profile = "linux-7.2",
  ) => {
    const { f } = frameOf({ profile });
    const value = VCPU_EVENTS.with(0n, fields);
    f.lo = Number(BigInt.asIntN(32, value));
    f.hi = Number(value >> 32n);
    const [event] = eventsOf(f, () => setEvents(f));
    return event?.kind === "refused" ? [event.errno, event.why] : [];
  };
  assertEquals(why({ VALID_TRIPLE_FAULT: 1n }), [
    ...["EINVAL", "a flag needs a capability that the VM does not have"],
  ]);
  assertEquals(why({ VALID_PAYLOAD: 1n }, "linux-4.19"), [
    ...["EINVAL", "this kernel does not know a flag"],
  ]);
  assertEquals(why({ VALID_PAYLOAD: 1n }), [
    ...["EINVAL", "KVM_CAP_EXCEPTION_PAYLOAD is not enabled"],
  ]);
  assertEquals(why({ EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 2n }), [
    ...["EINVAL", "2 is the vector of no exception"],
  ]);
  assertEquals(why({ EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 32n }), [
    ...["EINVAL", "32 is the vector of no exception"],
  ]);
  assertEquals(why({ VALID_SMM: 1n, VALID_SIPI_VECTOR: 1n }), []);
});

/** What an observer sees at an instruction, with the registers of the guest and of the CPU. */
function observed(
  arm: (f: KvmFrame) => void,
): unknown[] {
  const { f } = frameOf();
  setVcpu(f, { dr7: 0x4aa, vmDrAccesses: -1 });
  setCpu(f, { dr7: 0x4aa });
  arm(f);
  return eventsOf(f, () => observe(f, INSN)).flatMap((event) =>
    event.kind === "missed" || event.kind === "stray" ||
      event.kind === "host-hit"
      ? [[event.kind, event.register, event.what]]
      : []
  );
}

Deno.test("x86:C/4 observed: a breakpoint that is missed or stray, with what the CPU holds in that slot", () => {
  for (let n = 0; n < 4; n++) {
    const own = (f: KvmFrame) => set64(f.w, f.vcpu + VCPU.db + 2 * n, 0x1000n);
    const held = (f: KvmFrame, value = 0x1000n) =>
      set64(f.w, f.cpu + CPU.dr + 2 * n, value);
    const missed = `the guest's breakpoint ${n} matches, but the CPU's`;
    assertEquals(observed((f) => [own(f), held(f)]), []);
    assertEquals(observed((f) => [own(f), held(f, 0x2_0000_9000n)]), [
      ["missed", `DR${n}`, `${missed} DR${n} holds 0x200009000`],
    ]);
    assertEquals(
      observed((f) => [own(f), held(f), setCpu(f, { dr7: -0x7fff_fc00 })]),
      [["missed", `DR${n}`, `${missed} DR7 is 0x80000400`]],
    );
    assertEquals(observed((f) => held(f)), [
      [
        ...["stray", `DR${n}`],
        `DR${n} hits with 0x1000, which is not this guest's`,
      ],
    ]);
    const hosts = (f: KvmFrame) => {
      held(f);
      set64(f.w, f.cpu + CPU.hostDr + 2 * n, 0x1000n);
      setCpu(f, { hostDr7: 2 << 2 * n });
    };
    assertEquals(observed(hosts), [
      [
        ...["host-hit", `DR${n}`],
        `the host's address in DR${n} hits in the guest`,
      ],
    ]);
    // Its accesses are let through: what the CPU has is its own.
    assertEquals(
      observed((f) => [held(f), setVcpu(f, { vmDrAccesses: 0 })]),
      [],
    );
    const guestDebug = GUESTDBG.ENABLE | GUESTDBG.USE_HW_BP;
    assertEquals(observed((f) => [own(f), setVcpu(f, { guestDebug })]), []);
  }
});

Deno.test("x86:D70 rules: an access of DEBUGCTL that KVM does, and one that the CPU does", () => {
  const { rules, f } = frameOf();
  rules.enter(f);
  const rdmsr = makeInsn({
    op: "rdmsr",
    register: REG.DEBUGCTL,
    lengthBytes: 2,
  });
  const done = eventsOf(f, () => {
    rules.instruction(f, rdmsr);
    rules.exit(f, rdmsr);
  });
  const rulesOf = (events: readonly Event[]) =>
    events.flatMap((event) => event.kind === "access" ? [event.rule] : []);
  assertEquals(rulesOf(done), ["x86:D70"]);
});
