/**
 * Userspace debugs the guest: the kernel's own selftest as scenarios, and what follows from the rules. Rules
 * x86:G/1, x86:G/3, x86:D/9 to x86:D/11.
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
  write,
  X86Machine,
} from "./x86_machine.ts";

const V = 0x8_0000n;
const START = 0x11_0000n;
const { ENABLE, SINGLESTEP, USE_SW_BP, USE_HW_BP, INJECT_DB, INJECT_BP } =
  DEBUG;

const MACHINES = ["linux-6.1", "linux-7.2"].flatMap((profile) =>
  ["vmx", "svm"].map((vendor) => ({ profile, vendor }))
);

function each(
  name: string,
  test: (m: X86Machine, vendor: string) => void,
): void {
  for (const { profile, vendor } of MACHINES) {
    Deno.test(`${name} (${profile} ${vendor})`, () =>
      test(new X86Machine(profile, { vendor }), vendor));
  }
}

each("x86:G/1 S1: INT3 exits at the INT3, and goes on behind it", (m) => {
  m.debug(ENABLE | USE_SW_BP);
  const { exit, values } = m.does(plain("int3"), read("dr0", "x"));
  assertEquals([exit, values.exception, values.pc], ["debug", 3n, START]);
  m.machine.userSetPc(0, START + 1n);
  assertEquals(m.run().exit, "idle");
  assertEquals(m.got("x"), "0x0");
  assertEquals(m.exceptions(), []);
});

each("x86:D29: an injection is for its own KVM_SET_GUEST_DEBUG alone", (m) => {
  for (const inject of [INJECT_DB, INJECT_BP]) {
    m.debug(ENABLE | inject);
    m.does(nop());
    assertEquals(m.exceptions().length, 1);
    m.machine.debugger(0, { action: "step" });
    m.does(nop());
    assertEquals(m.exceptions(), []);
    m.machine.debugger(0, { action: "off" });
    m.run();
  }
});

each("x86:G/1 S2: each slot's execute breakpoint", (m) => {
  for (let i = 0; i < 4; i++) {
    const at = 0x5000n + BigInt(0x100 * i);
    m.debug(ENABLE | USE_HW_BP, {
      [`dr${i}`]: at,
      dr7: 0x400n | 1n << BigInt(2 * i + 1),
    });
    const { exit, values } = m.does(nop(at));
    assertEquals([exit, values.exception, values.pc], ["debug", 1n, at]);
    assertEquals(hex(values.dr6), hex(0xffff_0ff0n | 1n << BigInt(i)));
    m.debug(0);
    m.run();
  }
});

each(
  "x86:G/1 S3: each slot's watchpoint, after the store; rewound, once more",
  (m) => {
    for (let i = 0; i < 4; i++) {
      m.debug(ENABLE | USE_HW_BP, {
        [`dr${i}`]: V,
        dr7: 0x400n | 2n << BigInt(2 * i) | 0xdn << BigInt(16 + 4 * i),
      });
      const at = 0x5000n + BigInt(0x100 * i);
      const first = m.does({ ...memory("store", V), at });
      assertEquals([first.exit, first.values.pc], ["debug", at + 7n]);
      assertEquals(hex(first.values.dr6), hex(0xffff_0ff0n | 1n << BigInt(i)));
      m.machine.userSetPc(0, at);
      assertEquals(m.run().values.pc, at + 7n);
    }
  },
);

each("x86:G/1 S4: stepping, also over what KVM finishes", (m) => {
  m.debug(ENABLE | SINGLESTEP);
  m.program(0, nop(), plain("cpuid"), nop(), read("dr6", "x"), nop());
  const stops: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { exit, values } = m.run();
    assertEquals([exit, hex(values.dr6)], ["debug", "0xffff4ff0"]);
    stops.push(hex(values.pc - START));
  }
  assertEquals(stops, ["0x1", "0x3", "0x4", "0x7", "0x8"]);
  assertEquals(m.got("x"), "0xffff0ff0"); // x86:D33
});

Deno.test("x86:G/1 S5: general detect in the debugger's DR7 (vmx)", () => {
  for (const profile of ["linux-6.1", "linux-7.2"]) {
    const m = new X86Machine(profile);
    m.debug(ENABLE | USE_HW_BP, { dr7: 0x2400n });
    const { exit, values } = m.does(read("dr0", "x"));
    assertEquals([exit, values.pc], ["debug", START]);
    assertEquals(hex(values.dr6), "0xffff2ff0");
    assertEquals(hex(values.dr7), "0x2400");
  }
});

each("x86:G/1 S6: control 0 lets the guest run to the end", (m) => {
  m.debug(ENABLE | USE_HW_BP, { dr0: 0x5000n, dr7: 0x402n });
  m.debug(0);
  assertEquals(m.does(nop(0x5000n), nop()).exit, "idle");
});

each(
  "x86:B29 faked registers: read back, without function, then effective",
  (m) => {
    m.debug(ENABLE | USE_HW_BP, { dr0: 0x7000n, dr7: 0x402n });
    m.does(
      write("dr0", V),
      write("dr7", 0x000d_0402n),
      read("dr0", "dr0"),
      read("dr7", "dr7"),
      memory("store", V),
      nop(),
    );
    assertEquals([m.got("dr0"), m.got("dr7")], [hex(V), "0xd0402"]);
    assertEquals(m.exceptions(), []);
    assertEquals(m.view("hw", "dr0"), "0x7000");
    assertEquals(m.view("user", "dr0"), hex(V));
    m.debug(0);
    m.does(memory("store", V), nop());
    assertEquals(m.dbs(), ["0xffff0ff1"]);
  },
);

each(
  "x86:D29 INJECT_DB twice without a run: EBUSY, nothing else changes",
  (m) => {
    assertEquals(m.debug(ENABLE | INJECT_DB), 0);
    assertEquals(m.debug(ENABLE | INJECT_DB | USE_HW_BP), -16);
    assertEquals(m.kvm("guest_debug"), hex(BigInt(ENABLE | INJECT_DB)));
    m.does(nop());
    // x86:D21: no payload.
    assertEquals(m.dbs(), ["0xffff0ff0"]);
  },
);

each("x86:D29 both injections: #DB wins", (m) => {
  m.debug(ENABLE | INJECT_DB | INJECT_BP);
  m.does(nop());
  assertEquals(m.exceptions().map(({ vector }) => vector), [1]);
});

each("x86:D30 stepping, then userspace moves rip: the guest runs free", (m) => {
  m.program(0, nop(), nop(), nop());
  m.debug(ENABLE | SINGLESTEP);
  m.machine.userSetPc(0, START + 1n);
  assertEquals(m.run().exit, "idle");
});

each(
  "x86:D30 what userspace moves rip to counts, not what is before it: an instruction there is executed",
  (m) => {
    const at = 0x2_0000_5000n;
    m.machine.userSetPc(0, at + 3n);
    m.program(0, { ...write("dr0", 0x77n), at });
    assertEquals(m.run().exit, "idle");
    assertEquals([m.view("guest", "dr0"), m.kvm("rip")], [
      "0x77",
      hex(at + 3n),
    ]);
  },
);

each("x86:D30 userspace does not see its own TF", (m) => {
  m.debug(ENABLE | SINGLESTEP);
  m.does(nop(), nop());
  assertEquals(m.view("user", "rflags"), "0x2");
  assertEquals(m.kvm("rflags"), "0x102");
});

each("x86:D33 the guest's own step goes to userspace", (m) => {
  m.debug(ENABLE | USE_HW_BP, { dr7: 0x400n });
  const { exit, values } = m.does(popf(true), nop(), nop());
  assertEquals([exit, hex(values.dr6)], ["debug", "0xffff4ff0"]);
  assertEquals(m.view("user", "dr6"), "0xffff0ff0");
});

each(
  "x86:D35 SET_DEBUGREGS: stored unmasked; high bits and flags are refused",
  (m) => {
    assertEquals(m.set("dr6", 0n), 0);
    assertEquals(m.set("dr7", 0xffff_d000n), 0);
    assertEquals([m.view("user", "dr6"), m.view("user", "dr7")], [
      "0x0",
      "0xffffd000",
    ]);
    assertEquals(m.set("dr6", 1n << 32n), -22);
    assertEquals(m.set("dr7", 1n << 32n), -22);
    assertEquals(m.set("debugregs", 1n), -22);
    assertEquals(m.set("dr4", 0n), -2);
  },
);

Deno.test("x86:D30 an emulated instruction loses the step (SVM without decode assists)", () => {
  const m = new X86Machine("linux-6.1", { vendor: "svm", model: "tcg" });
  m.debug(ENABLE | SINGLESTEP);
  m.program(0, read("dr6", "x"), nop(), nop());
  assertEquals(m.run().exit, "debug");
  assertEquals(m.run().exit, "idle");
});

Deno.test("x86:D/12a the guest's own general detect while userspace debugs (SVM without decode assists)", () => {
  const outcome = (profile: string): string[] => {
    const m = new X86Machine(profile, { vendor: "svm", model: "tcg" });
    m.debug(ENABLE | USE_HW_BP, { dr0: 0x7000n, dr7: 0x402n });
    m.does(write("dr7", 0x2400n), read("dr0", "x"), nop());
    return [...m.dbs(), m.view("user", "dr7")];
  };
  assertEquals(outcome("linux-6.1"), ["0xffff2ff0", "0x400"]);
  assertEquals(outcome("linux-7.2"), ["0x2400"]);
});

Deno.test("x86:D/12a general detect in the debugger's DR7 (SVM without decode assists)", () => {
  const outcome = (profile: string): string[] => {
    const m = new X86Machine(profile, { vendor: "svm", model: "tcg" });
    m.debug(ENABLE | USE_HW_BP, { dr7: 0x2400n });
    m.program(0, read("dr0", "x"), nop());
    const first = m.run();
    const second = m.run();
    return [first, second].map(({ exit, values }) =>
      `${exit} ${hex(values.dr6 ?? 0n)} ${hex(values.dr7 ?? 0n)}`
    );
  };
  assertEquals(outcome("linux-6.1"), ["idle 0x0 0x0", "idle 0x0 0x0"]);
  assertEquals(outcome("linux-7.2"), [
    "debug 0xffff2ff0 0x0",
    "debug 0xffff2ff0 0x0",
  ]);
});

Deno.test("x86:D6 DR5 with high bits on the emulator path is ignored since 5.18, #GP in 4.4", () => {
  const outcome = (profile: string): number[] => {
    const m = new X86Machine(profile, { vendor: "svm", model: "tcg" });
    m.debug(ENABLE | USE_SW_BP);
    m.does(write("dr5", 1n << 32n | 0x402n), nop());
    return m.exceptions().map(({ vector }) => vector);
  };
  assertEquals(outcome("linux-6.1"), []);
  assertEquals(outcome("linux-4.4"), [13]);
});

Deno.test("x86:D9 of a debugger's step, and hits of DR0 and DR1, each exit has its own causes, but 4.4 on SVM keeps BS", () => {
  const outcome = (profile: string): string[] => {
    const m = new X86Machine(profile, { vendor: "svm" });
    m.program(0, nop(), memory("store", V), memory("store", V + 8n), nop());
    const shown = ({ values }: ReturnType<typeof m.run>) =>
      `${hex(values.dr6)} ${m.kvm("vmcb_dr6")}`;
    m.debug(ENABLE | SINGLESTEP);
    const step = shown(m.run());
    m.debug(ENABLE | USE_HW_BP, {
      dr0: V,
      dr1: V + 8n,
      dr7: 0x00dd_040an,
    });
    return [step, shown(m.run()), shown(m.run())];
  };
  assertEquals(outcome("linux-6.1"), [
    "0xffff4ff0 0xffff4ff0",
    "0xffff0ff1 0xffff0ff1",
    "0xffff0ff2 0xffff0ff2",
  ]);
  // x86:Q17: the exit's dr6 is not filled.
  assertEquals(outcome("linux-4.4"), [
    "0x0 0xffff4ff0",
    "0x0 0xffff4ff1",
    "0x0 0xffff4ff2",
  ]);
});

Deno.test("x86:D10 debugging turned on between a DR exit and the re-entry: the guest reads userspace's address, and the kernel warns", () => {
  for (const profile of ["linux-4.4", "linux-4.9", "linux-6.1"]) {
    const m = new X86Machine(profile);
    m.program(0, read("dr0", "x"), nop());
    // The access exits, and KVM lets it through; then a signal, before it is executed again.
    m.run(0, { steps: 1, stop: "exit" });
    m.debug(ENABLE | USE_HW_BP, { dr0: 0x1234n, dr7: 0x402n });
    m.run();
    assertEquals(m.got("x"), "0x1234", profile);
    const warnings = m.events().filter((event) => event.kind === "warn");
    assertEquals(warnings.map(({ rule }) => rule), ["x86:D10"]);
  }
});
