/**
 * The quirks of the 2008 kernel, one by one, with what later kernels do. Rules x86:B, table x86:B/7.
 *
 * @module
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
  writeBit,
  X86Machine,
} from "./x86_machine.ts";

const V = 0x8_0000n;
const START = 0x11_0000n;
const DE = writeBit("cr4", 8, true);
const { ENABLE, SINGLESTEP, USE_HW_BP } = DEBUG;

/** What one program gives under the 2008 kernel and under a later one. */
function compare(
  name: string,
  later: string,
  vendor: string,
  outcome: (m: X86Machine) => unknown,
  want: readonly [in2008: unknown, later: unknown],
): void {
  Deno.test(`${name} (${vendor}, ${later})`, () => {
    const got = ["kiszka-2008", later].map((profile) =>
      outcome(new X86Machine(profile, { vendor }))
    );
    assertEquals(got, [...want]);
  });
}

/** Vectors and rips of the exceptions of a program. */
function exceptionsOf(...steps: readonly Step[]): (m: X86Machine) => string[] {
  return (m) => {
    m.does(...steps);
    return m.exceptions().map(({ vector, rip }) =>
      `${vector}@${hex(rip - START)}`
    );
  };
}

compare("x86:Q1 DR4 and DR5 read as 0", "linux-4.4", "vmx", (m) => {
  m.does(read("dr4", "a"), read("dr5", "b"), DE, read("dr4", "c"));
  return [m.got("a"), m.got("b"), m.got("c")];
}, [["0x0", "0x0", "0x0"], ["0xffff0ff0", "0x400", "undef"]]);

compare("x86:Q2 a write of DR4 is ignored", "linux-4.4", "vmx", (m) => {
  m.does(write("dr4", 0xfn), read("dr6", "x"));
  return m.got("x");
}, ["0xffff0ff0", "0xffff0fff"]);

compare(
  "x86:Q3 the #UD of DR4 has the next rip",
  "linux-4.4",
  "vmx",
  exceptionsOf(DE, write("dr4", 0n), nop(), nop()),
  [["6@0x6"], ["6@0x3"]],
);

compare(
  "x86:Q4 the #GP of high bits has the next rip",
  "linux-4.4",
  "vmx",
  exceptionsOf(write("dr7", 1n << 32n), nop(), nop()),
  [["13@0x3"], ["13@0x0"]],
);

compare(
  "x86:Q4 the #GP of high bits has no error code",
  "linux-4.4",
  "vmx",
  (m) => {
    m.does(write("dr6", 1n << 32n), nop(), nop());
    return m.events().flatMap((event) =>
      event.kind === "exception" ? [event.values.error] : []
    );
  },
  [[undefined], [0n]],
);

compare(
  "x86:Q5 general detect comes before #UD",
  "linux-4.4",
  "vmx",
  (m) => {
    m.does(DE, write("dr7", 0x2400n), read("dr4", "x"), nop());
    return m.exceptions()[0].vector;
  },
  [1, 6],
);

compare(
  "x86:Q6 no look at the privilege level",
  "linux-4.4",
  "vmx",
  exceptionsOf(read("dr6", "x", 3), nop()),
  [[], ["13@0x0"]],
);

compare(
  "x86:Q7 general detect to the debugger without BD",
  "linux-6.1",
  "vmx",
  (m) => {
    m.debug(ENABLE | USE_HW_BP, { dr7: 0x2400n });
    return hex(m.does(read("dr0", "x")).values.dr6);
  },
  ["0xffff0ff0", "0xffff2ff0"],
);

compare("x86:Q8 general detect leaves B0 to B3", "linux-4.4", "vmx", (m) => {
  m.does(write("dr6", 3n), write("dr7", 0x2400n), read("dr0", "x"));
  return m.dbs();
}, [["0xffff2ff3"], ["0xffff2ff0"]]);

compare(
  "x86:Q9 a #DB by hardware leaves GD in what the guest reads",
  "linux-4.4",
  "vmx",
  (m) => {
    m.does(
      write("dr0", V),
      write("dr7", 0x000d_2402n),
      memory("store", V),
      read("dr7", "x"),
    );
    return [m.got("x"), m.kvm("vmcs_dr7")];
  },
  [["0xd2402", "0xd0402"], ["0xd0402", "0xd0402"]],
);

Deno.test("x86:B23, x86:Q10 a queued #DB overwrites DR6 only where it exits, which in 2008 is while userspace debugs", () => {
  const m = new X86Machine("kiszka-2008");
  m.does(write("dr6", 0x4000n), write("dr0", V), write("dr7", 0x000d_0402n));
  m.does(memory("store", V), nop());
  assertEquals(m.dbs(), ["0xffff4ff1"]);
  assertEquals(m.count("inject"), 0); // x86:B22
});

compare(
  "x86:Q11 the task switch clears the wrong bits",
  "linux-4.4",
  "vmx",
  (m) => {
    m.does(write("dr7", 0x4ffn), plain("taskswitch"), nop());
    return m.kvm("vmcs_dr7");
  },
  ["0x4c8", "0x4aa"],
);

compare(
  "x86:Q12 after a task switch the guest reads the old bits",
  "linux-4.4",
  "vmx",
  (m) => {
    m.does(write("dr7", 0x4ffn), plain("taskswitch"), read("dr7", "x"));
    return m.got("x");
  },
  ["0x4ff", "0x4aa"],
);

compare(
  "x86:Q12 the task switch clobbers the debugger's DR7",
  "linux-4.4",
  "vmx",
  (m) => {
    m.debug(ENABLE | USE_HW_BP, { dr7: 0x455n });
    m.does(plain("taskswitch"), nop());
    return m.kvm("vmcs_dr7");
  },
  ["0x440", "0x455"],
);

compare(
  "x86:Q14 a write of DR6 is not intercepted and so not lost",
  "linux-6.1",
  "svm",
  (m) => {
    m.does(write("dr6", 0x4002n), read("dr6", "x"));
    return [m.got("x"), m.kvm("dr6")];
  },
  [["0xffff4ff2", "0xffff0ff0"], ["0xffff4ff2", "0xffff4ff2"]],
);

compare(
  "x86:Q15 under the debugger the guest reads the host's DR7",
  "linux-4.4",
  "svm",
  (m) => {
    m.does(write("dr7", 0x402n));
    m.debug(ENABLE | USE_HW_BP, { dr7: 0x55d_0455n });
    m.does(read("dr7", "x"));
    return m.got("x");
  },
  ["0x55d0455", "0x402"],
);

Deno.test("x86:Q16 the exceptions of DR accesses are never injected on SVM: the guest exits for ever", () => {
  const m = new X86Machine("kiszka-2008", { vendor: "svm" });
  const { exit } = m.does(write("dr7", 1n << 32n), nop());
  assertEquals(exit, "preempted");
  assertEquals(m.exceptions(), []);
  const last = m.events().filter((event) => event.kind === "warn").at(-1);
  assertEquals(last?.rule, "x86:B21");
});

compare(
  "x86:Q17 the debug exit of SVM has neither dr6 nor dr7",
  "linux-6.1",
  "svm",
  (m) => {
    m.debug(ENABLE | USE_HW_BP, { dr0: V, dr7: 0x000d_0402n });
    const { values } = m.does(memory("store", V), nop());
    return [hex(values.exception), hex(values.dr6), hex(values.dr7)];
  },
  [["0x1", "0x0", "0x0"], ["0x1", "0xffff0ff1", "0xd0402"]],
);

compare(
  "x86:Q18 after a reset, DR7 armed without DR0 hits the old address",
  "linux-4.4",
  "vmx",
  (m) => {
    m.does(write("dr0", 0x5000n), write("dr7", 0x402n));
    m.machine.userInit(0);
    m.does(write("dr7", 0x402n), nop(0x5000n));
    // The handler finds 0 in DR0 and sets no RF: it is the same fault again and again.
    return [m.view("hw", "dr0"), m.dbs().length];
  },
  [["0x5000", 24], ["0x0", 0]],
);

compare(
  "x86:Q19 a reset drops the debugger's DR7 and the switch",
  "linux-4.4",
  "vmx",
  (m) => {
    m.debug(ENABLE | USE_HW_BP, { dr0: 0x5000n, dr7: 0x402n });
    m.machine.userInit(0);
    return [m.kvm("vmcs_dr7"), m.does(nop(0x5000n)).exit];
  },
  [["0x400", "idle"], ["0x402", "debug"]],
);

compare("x86:Q21 DR7.RTM cannot be stored", "linux-4.4", "vmx", (m) => {
  m.does(write("dr7", 0xf800n & ~0x2000n), read("dr7", "x"));
  return m.got("x");
}, ["0x400", "0xc00"]);

Deno.test("x86:Q22, x86:B7 the host's registers are put back after every exit, in 2008 by KVM's own copies", () => {
  for (const profile of ["kiszka-2008", "linux-4.4", "linux-6.1"]) {
    for (const vendor of ["vmx", "svm"]) {
      const m = new X86Machine(profile, { vendor });
      for (let n = 0; n < 2; n++) {
        m.machine.hostDebug(0, {
          action: "watch",
          address: 0x7000n + BigInt(8 * n),
          sizeBytes: 8,
          on: "store",
        });
      }
      m.does(
        ...[0, 1, 2, 3].map((n) => write(`dr${n}`, V + BigInt(n))),
        write("dr7", 0xdddd_0455n),
        nop(),
      );
      assertEquals(
        ["dr0", "dr1", "dr7"].map((name) => m.view("cpu", name)),
        ["0x7000", "0x7008", "0x99060a"],
        `${profile} ${vendor}`,
      );
      assertEquals(m.count("host-lost"), 0);
    }
  }
});

compare(
  "x86:F25 stepping over CPUID: its #DB comes one instruction late",
  "linux-6.1",
  "vmx",
  (m) => {
    m.does(popf(true), plain("cpuid"), nop(), popf(false), nop());
    return m.exceptions().map(({ rip }) => hex(rip - START));
  },
  [["0x4", "0x5"], ["0x3", "0x4", "0x5"]],
);

compare(
  "x86:B28 stepping sets TF and RF, and hides both",
  "linux-4.4",
  "vmx",
  (m) => {
    m.debug(ENABLE | SINGLESTEP);
    return [m.kvm("rflags"), m.view("user", "rflags")];
  },
  [["0x10102", "0x2"], ["0x102", "0x2"]],
);

compare(
  "x86:D34 there was no KVM_GET_DEBUGREGS",
  "linux-4.4",
  "vmx",
  (m) => [m.view("user", "dr6"), m.set("dr6", 0n)],
  [["none", -22], [
    "0xffff0ff0",
    0,
  ]],
);

Deno.test("x86:F12 SET_DEBUGREGS with high bits: accepted until 2016, and the host is warned of", () => {
  const outcome = (profile: string): unknown[] => {
    const m = new X86Machine(profile);
    const result = m.set("dr6", 1n << 32n);
    m.does(read("dr6", "x"));
    const warnings = m.events().flatMap((event) =>
      event.kind === "warn" ? [`${event.message} ${event.rule}`] : []
    );
    return [result, ...new Set(warnings)];
  };
  assertEquals(outcome("linux-4.4"), [
    0,
    "bits 63:32 of DR6 reach the CPU: #GP in the host x86:F12",
  ]);
  assertEquals(outcome("linux-4.9"), [-22]);
});

Deno.test("x86:E10 DR6 after a run: the guest's leaks on VMX until 5.15", () => {
  const outcome = (profile: string): string => {
    const m = new X86Machine(profile);
    m.does(write("dr6", 0x4002n), nop());
    return m.view("cpu", "dr6");
  };
  assertEquals(outcome("kiszka-2008"), "0xffff0ff0");
  assertEquals(outcome("linux-4.4"), "0xffff4ff2");
  assertEquals(outcome("linux-6.1"), "0xffff0ff0");
});
