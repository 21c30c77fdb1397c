/**
 * What kernels between the listed ones do, where no row alone says it: port accesses, the emulator's breakpoints, the
 * queue of exceptions.
 */
import { assertEquals } from "@std/assert";
import {
  DEBUG,
  hex,
  memory,
  nop,
  plain,
  popf,
  read,
  type Step,
  write,
  X86Machine,
} from "./x86_machine.ts";

const START = 0x11_0000n;
const DEVICE = 0xc0_0000n;
/** Where the modelled guest's handler is. */
const HANDLER = 0x8000n;
const { ENABLE, SINGLESTEP, USE_SW_BP, USE_HW_BP, INJECT_DB } = DEBUG;

/** IN or OUT of one byte. */
function port(op: "in" | "out", number = 0x77): Step {
  return { op, lo: number, sizeBytes: 1, lengthBytes: 2 };
}

function svmOnTcg(profile: string): X86Machine {
  return new X86Machine(profile, { vendor: "svm", model: "tcg" });
}

/** How a run ended, and where rip or the debug exit's pc is, from the start. */
function stop(m: X86Machine): string {
  const { exit, values } = m.run();
  return `${exit} +${values.pc - START}`;
}

/** What userspace sees that steps over a port access and goes on. */
function stepsOver(profile: string, vendor: string, op: "in" | "out") {
  const m = new X86Machine(profile, { vendor });
  m.program(0, port(op), nop(), nop(), nop());
  m.debug(ENABLE | SINGLESTEP);
  return [stop(m), stop(m), stop(m)];
}

const PORT_STEPS: readonly [
  kernel: string,
  vendor: string,
  op: "in" | "out",
  stops: readonly string[],
][] = [
  // Emulated, handle_io() and io_interception() of 4.9: the old RIP, and a debug exit with the RIP where the step was
  // asked for. Then TF is lost.
  ["linux-4.9", "vmx", "in", ["io +0", "debug +0", "idle +5"]],
  ["linux-4.9", "svm", "in", ["io +0", "debug +0", "idle +5"]],
  // Skipped before the exit without a look at TF: it is still set, and the next instruction steps.
  ["linux-4.9", "vmx", "out", ["io +2", "debug +3", "debug +4"]],
  ["linux-4.10", "svm", "in", ["io +2", "debug +3", "debug +4"]],
  // kvm_skip_emulated_instruction() asks for a debug exit, which KVM_EXIT_IO overwrites.
  ["linux-4.10", "vmx", "out", ["io +2", "debug +3", "debug +4"]],
  ["linux-5.0", "vmx", "in", ["io +2", "debug +3", "debug +4"]],
  // Since 5.1 the skip, and with it the step, comes when userspace has done the access.
  ["linux-5.1", "vmx", "in", ["io +0", "debug +0", "debug +3"]],
  ["linux-5.7", "vmx", "in", ["io +0", "debug +2", "debug +3"]],
  ["linux-7.2", "svm", "out", ["io +0", "debug +2", "debug +3"]],
];
for (const [kernel, vendor, op, stops] of PORT_STEPS) {
  Deno.test(`x86:D41 ${kernel} ${vendor}: userspace steps over ${op}`, () => {
    assertEquals(stepsOver(kernel, vendor, op), stops);
  });
}

/** The guest steps itself over a port access: where its #DBs are, before and after userspace has done it. */
function ownSteps(profile: string, vendor: string, op: "in" | "out") {
  const m = new X86Machine(profile, { vendor });
  m.program(0, popf(true), port(op), nop(), nop(), popf(false));
  const rips = () => m.exceptions().map(({ rip }) => Number(rip - START));
  m.run();
  const before = rips();
  m.run();
  return [before, rips()];
}

Deno.test("x86:D41 a guest that steps itself over a port access", () => {
  // Emulated: #DB right after it, and TF is not in the flags that it pushes, so that stepping ends.
  assertEquals(ownSteps("linux-4.9", "vmx", "in"), [[], [3]]);
  assertEquals(ownSteps("linux-4.9", "svm", "in"), [[], [3]]);
  // Skipped without a look at TF: one late.
  assertEquals(ownSteps("linux-4.9", "vmx", "out"), [[], [4, 5, 6]]);
  assertEquals(ownSteps("linux-4.12", "svm", "in"), [[], [4, 5, 6]]);
  // Skipped with one, in the first run: #DB is queued, and comes with the next entry.
  assertEquals(ownSteps("linux-4.13", "svm", "in"), [[], [3, 4, 5, 6]]);
  assertEquals(ownSteps("linux-4.10", "vmx", "in"), [[], [3, 4, 5, 6]]);
  assertEquals(ownSteps("linux-7.2", "vmx", "out"), [[], [3, 4, 5, 6]]);
});

Deno.test("x86:D42 rip that userspace moves after KVM_EXIT_IO: since 5.1 there is no skip then, and no step", () => {
  const stops = (profile: string, moves: boolean): string[] => {
    const m = new X86Machine(profile);
    m.program(0, port("in"), nop(), nop());
    m.debug(ENABLE | SINGLESTEP);
    const first = stop(m);
    if (moves) m.machine.userSetPc(0, START + 2n);
    return [first, stop(m)];
  };
  assertEquals(stops("linux-5.7", false), ["io +0", "debug +2"]);
  assertEquals(stops("linux-5.7", true), ["io +0", "idle +4"]);
  // The emulator goes on with what it has decoded, and steps.
  assertEquals(stops("linux-4.12", true), ["io +0", "debug +0"]);
});

Deno.test("x86:D42 OUT to port 0x7e moves rip before the exit in every kernel", () => {
  for (const kernel of ["linux-4.4", "linux-5.0", "linux-5.1", "linux-7.2"]) {
    const { exit, values } = new X86Machine(kernel).does(port("out", 0x7e));
    assertEquals([exit, values.pc - START], ["io", 2n], kernel);
  }
  const { values } = new X86Machine("linux-7.2").does(port("in", 0x7e));
  assertEquals(values.pc - START, 0n);
});

Deno.test("x86:D27 TF in the flags that #DB of an emulated step pushes: none until 4.9", () => {
  const flags = (profile: string): string[] => {
    const m = new X86Machine(profile);
    m.does(popf(true), memory("load", DEVICE, 4, true), nop(), popf(false));
    m.run();
    return m.events().flatMap((event) =>
      event.kind === "exception" ? [hex(event.values.rflags)] : []
    );
  };
  assertEquals(flags("linux-4.9"), ["0x2"]);
  assertEquals(flags("linux-4.4.155"), ["0x2"]);
  // The last is after the POPF that clears TF.
  assertEquals(flags("linux-4.10"), ["0x102", "0x102", "0x2"]);
});

Deno.test("x86:A10 PUSHF stores RF as 0, and TF as the debugger left it", () => {
  const m = new X86Machine("linux-6.1");
  // The handler of an execute breakpoint returns with RF.
  m.does(
    write("dr0", 0x5000n),
    write("dr7", 0x402n),
    { ...read("rflags", "flags"), at: 0x5000n },
  );
  assertEquals(m.dbs(), ["0xffff0ff1"]);
  assertEquals(m.got("flags"), "0x2");
  const stepped = new X86Machine("linux-6.1");
  stepped.program(0, read("rflags", "flags"), nop());
  stepped.debug(ENABLE | SINGLESTEP);
  stepped.run();
  assertEquals(stepped.got("flags"), "0x102");
});

/** Userspace debugs; the guest's own breakpoint is at an emulated read of DR1. */
function ownBreakpoint(profile: string, control: number) {
  const m = svmOnTcg(profile);
  m.debug(control, { dr0: 0x7000n, dr7: 0x402n });
  m.program(0, write("dr0", 0x5000n), write("dr7", 0x402n));
  m.program(0, { ...read("dr1", "x"), at: 0x5000n }, nop());
  const { exit, values } = m.run();
  return [exit, hex(values.dr6 ?? 0n), m.dbs().join()];
}

Deno.test("x86:D/12a the guest's breakpoint at an emulated instruction under USE_HW_BP", () => {
  const control = ENABLE | USE_HW_BP;
  assertEquals(ownBreakpoint("linux-7.1", control), [
    "idle",
    "0x0",
    "0xffff0ff1",
  ]);
  assertEquals(ownBreakpoint("linux-7.2", control), ["idle", "0x0", ""]);
});

Deno.test("x86:D25 the debugger's breakpoint at an emulated instruction: RF does not hold it back", () => {
  for (const kernel of ["linux-6.1", "linux-7.1", "linux-7.2"]) {
    const m = svmOnTcg(kernel);
    m.debug(ENABLE | USE_HW_BP, { dr0: START, dr7: 0x402n });
    m.program(0, read("dr1", "x"), nop());
    assertEquals(stop(m), "debug +0");
    // The CPU honours RF; KVM's look does not.
    m.machine.userSet(0, 8, 0x1_0002n, "RFLAGS");
    assertEquals(stop(m), "debug +0", kernel);
  }
});

Deno.test("x86:D25 5.12 to 5.18: a breakpoint at an emulated instruction is taken for a failure", () => {
  const outcome = (profile: string, level: number) => {
    const m = svmOnTcg(profile);
    m.debug(ENABLE | USE_HW_BP, { dr0: 0x7000n, dr7: 0x402n });
    m.program(0, write("dr0", 0x5000n), write("dr7", 0x402n));
    // CR4 is emulated too.
    m.program(0, { ...read("dr1", "x", level), at: 0x5000n }, nop());
    const { exit } = m.run();
    return [exit, m.exceptions().map(({ vector }) => vector).join()];
  };
  assertEquals(outcome("linux-5.11", 0), ["idle", "1"]);
  assertEquals(outcome("linux-5.12", 0), ["error", ""]);
  assertEquals(outcome("linux-5.18", 0), ["error", ""]);
  assertEquals(outcome("linux-5.18.2", 0), ["idle", "1"]);
});

Deno.test("x86:D25 5.12 to 5.18: the debugger's breakpoint there is CVE-2022-1852", () => {
  const outcome = (profile: string) => {
    const m = svmOnTcg(profile);
    m.debug(ENABLE | USE_HW_BP, { dr0: START, dr7: 0x402n });
    m.program(0, read("dr1", "x"), nop());
    m.run();
    m.machine.userSet(0, 8, 0x1_0002n, "RFLAGS");
    return [m.run().exit, m.count("warn")];
  };
  assertEquals(outcome("linux-5.11"), ["debug", 0]);
  assertEquals(outcome("linux-5.15.16"), ["error", 1]);
  assertEquals(outcome("linux-5.15.89"), ["debug", 0]);
});

/** A #DB of the guest's own breakpoint is queued, and userspace looks before the entry. */
function queued(profile: string): X86Machine {
  const m = new X86Machine(profile);
  m.does(write("dr0", 0x5000n), write("dr7", 0x402n));
  m.program(0, nop(0x5000n), nop(0x6000n));
  m.run(0, { steps: 1, stop: "exit" });
  return m;
}

Deno.test("x86:D24 KVM_GET_DEBUGREGS delivers the cause of a queued #DB", () => {
  for (const kernel of ["linux-7.0", "linux-7.1"]) {
    const m = queued(kernel);
    assertEquals(
      m.kvm("dr6"),
      kernel === "linux-7.0" ? "0xffff0ff1" : "0xffff0ff0",
    );
    assertEquals(m.machine.userGet(0, 6, "DR6").value, 0xffff_0ff1n, kernel);
    assertEquals(m.kvm("dr6"), "0xffff0ff1");
    // The #DB is still there, and its cause is not lost by KVM_SET_REGS any more.
    m.machine.userSetPc(0, 0x6000n);
    assertEquals(m.view("user", "dr6"), "0xffff0ff1");
    m.run();
    assertEquals(m.dbs(), []);
  }
});

Deno.test("x86:D18 a queued #DB gets its cause when it is injected", () => {
  const m = queued("linux-7.1");
  m.run();
  assertEquals(m.dbs(), ["0xffff0ff1"]);
});

Deno.test("x86:D39 KVM_SET_REGS drops a queued #DB: since 7.1 DR6 is as before", () => {
  const dr6 = (profile: string): string => {
    const m = queued(profile);
    m.machine.userSetPc(0, 0x6000n);
    return m.view("user", "dr6");
  };
  assertEquals(dr6("linux-7.0"), "0xffff0ff1");
  assertEquals(dr6("linux-7.1"), "0xffff0ff0");
});

Deno.test("x86:D44 a #DB that KVM queues raises RTM alone until 5.11, and then all that is active low", () => {
  const dr6 = (profile: string): string => {
    const m = new X86Machine(profile);
    m.debug(ENABLE | USE_SW_BP);
    m.machine.userSet(0, 6, 0n, "DR6");
    m.does(popf(true), plain("cpuid"), popf(false));
    return m.dbs()[0];
  };
  // 5.6 merges the cause without a payload, and says the same.
  for (const kernel of ["linux-5.6", "linux-5.7", "linux-5.11"]) {
    assertEquals(dr6(kernel), "0x14000", kernel);
  }
  assertEquals(dr6("linux-5.12"), "0xffff4ff0");
});

Deno.test("x86:D40 an entry that failed leaves an injected exception, which is no pending one", () => {
  const failedEntry = (profile: string): X86Machine => {
    const m = new X86Machine(profile);
    m.program(
      0,
      popf(true),
      {
        op: "movss",
        lo: Number(DEVICE),
        sizeBytes: 2,
        lengthBytes: 2,
        mmio: true,
      },
      nop(),
    );
    assertEquals(m.run().exit, "mmio");
    assertEquals(m.run().exit, "error");
    return m;
  };
  const old = failedEntry("linux-7.0");
  assertEquals(old.debug(ENABLE | INJECT_DB), 0);
  // What was queued then is pending.
  assertEquals(old.debug(ENABLE | INJECT_DB), -16);
  const since71 = failedEntry("linux-7.1");
  assertEquals(since71.debug(ENABLE | INJECT_DB), -16);
  // The entry is tried again with the same exception.
  assertEquals(since71.run().exit, "error");
});

Deno.test("x86:D20 until 6.0 SINGLESTEP exits for a step after general detect in the emulator", () => {
  const outcome = (profile: string) => {
    const m = svmOnTcg(profile);
    m.debug(ENABLE | USE_SW_BP);
    m.does(write("dr7", 0x2400n));
    m.debug(ENABLE | SINGLESTEP);
    m.program(0, read("dr0", "x"), nop());
    return [stop(m), m.exceptions().length];
  };
  // At the MOV itself; the #DB of general detect is queued.
  assertEquals(outcome("linux-6.0"), ["debug +3", 0]);
  // In the guest's handler, whose read of DR6 is emulated.
  assertEquals(outcome("linux-6.1"), [`debug +${HANDLER - START}`, 0]);
});

Deno.test("x86:E10 vcpu_put clears the physical DR6 from 4.16 to 5.14, and only there", () => {
  const dr6 = (profile: string): string => {
    const m = new X86Machine(profile);
    m.does(write("dr6", 0x4000n));
    return m.view("cpu", "dr6");
  };
  const kernels = ["linux-4.13", "linux-4.16", "linux-5.14", "linux-5.15"];
  assertEquals(kernels.map(dr6), [
    "0xffff4ff0",
    "0xffff0ff0",
    "0xffff0ff0",
    "0xffff0ff0", // by the sync
  ]);
});

Deno.test("x86:D/10 general detect for the debugger: BD since 5.7, also in a folded kernel with one row", () => {
  const dr6 = (profile: string): string => {
    const m = new X86Machine(profile);
    m.debug(ENABLE | USE_HW_BP, { dr7: 0x2400n });
    return hex(m.does(read("dr0", "x")).values.dr6);
  };
  assertEquals(dr6("linux-5.6"), "0xffff0ff0");
  assertEquals(dr6("linux-5.6 with gd-exit-dr6"), "0xffff2ff0");
  assertEquals(dr6("linux-5.7 without gd-exit-dr6"), "0xffff0ff0");
});

Deno.test("x86:F25 SVM steps over CPUID since 4.10 and over MOV DR since 4.13", () => {
  const late = (profile: string, insn: Step): bigint => {
    const m = new X86Machine(profile, { vendor: "svm" });
    m.debug(ENABLE | USE_SW_BP);
    m.does(popf(true), insn, nop(), popf(false));
    return m.exceptions()[0].rip - START - 1n;
  };
  const [cpuid, dr] = [plain("cpuid"), read("dr0", "x")];
  assertEquals(late("linux-4.9", cpuid), 3n);
  assertEquals(late("linux-4.10", cpuid), 2n);
  assertEquals(late("linux-4.12", dr), 4n);
  assertEquals(late("linux-4.13", dr), 3n);
});

Deno.test("x86:D36-D38 what KVM_CHECK_EXTENSION says of guest debug", () => {
  const asked = ["set_guest_debug", "exception_payload", "set_guest_debug2"];
  const said = (profile: string): string[] => {
    const { machine } = new X86Machine(profile);
    return asked.map((name) => hex(machine.vm.checkExtension(name).value!));
  };
  const kernels: readonly (readonly [string, readonly string[]])[] = [
    ["linux-4.19", ["0x0", "0x0", "0x0"]],
    ["linux-4.20", ["0x0", "0x1", "0x0"]],
    ["linux-5.6", ["0x0", "0x1", "0x0"]],
    ["linux-5.7", ["0x1", "0x1", "0x0"]],
    ["linux-5.13", ["0x1", "0x1", "0xf0003"]],
    ["linux-5.15", ["0x1", "0x1", "0x1f0003"]],
  ];
  for (const [kernel, answers] of kernels) {
    assertEquals(said(kernel), answers, kernel);
  }
});

Deno.test("x86:D43 the re-entry after WRMSR: VMX since 5.8, SVM since 6.12", () => {
  // An entry from outside the inner loop loads DR0-3, for the guest has a breakpoint.
  const loads = (profile: string, vendor: string): number => {
    const m = new X86Machine(profile, { vendor });
    m.does(write("dr0", 0x7000n), write("dr7", 0x402n));
    m.program(0, { op: "wrmsr", lengthBytes: 2 }, nop());
    m.run();
    return m.count("load");
  };
  assertEquals(loads("linux-5.7", "vmx"), 2);
  assertEquals(loads("linux-5.8", "vmx"), 1);
  assertEquals(loads("linux-6.11", "svm"), 2);
  assertEquals(loads("linux-6.12", "svm"), 1);
});

Deno.test("x86:D/4 rip is past a WRMSR at the program's end, wherever KVM handles it", () => {
  const at = 0x2_ffff_fffen;
  const rip = (profile: string, vendor: string): string => {
    const m = new X86Machine(profile, { vendor });
    m.does({ op: "wrmsr", lengthBytes: 2, at });
    return m.kvm("rip");
  };
  assertEquals(rip("linux-5.7", "vmx"), "0x300000000");
  assertEquals(rip("linux-5.8", "vmx"), "0x300000000");
  assertEquals(rip("linux-6.12", "svm"), "0x300000000");
});
