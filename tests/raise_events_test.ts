/** What the trace says raised an exception: the instruction, or what held at it, and the rule. */
import { assertEquals } from "@std/assert";
import type { Event } from "../engine/events.ts";
import { architecture, createMachine, type InsnParts } from "../engine/mod.ts";
import { registerId } from "./arm64_random_program.ts";
import {
  plain,
  read,
  reg,
  type Step,
  write,
  X86Machine,
} from "./x86_machine.ts";

/** The causes of exceptions among events. */
function raised(events: readonly Event[]): string[] {
  return events.flatMap((event) =>
    event.kind === "raise"
      ? [`${event.exception}: ${event.what} (${event.rule})`]
      : []
  );
}

/** CPL 3, or EL0. */
const USER = { x86: 3, arm64: 0 } as const;

/** Instructions that raise an exception with VMX, SVM or both, as the SDM and the APM have it for each. */
const X86: readonly (readonly [
  title: string,
  vendors: readonly ("vmx" | "svm")[],
  steps: readonly Step[],
  causes: readonly string[],
])[] = [
  ["SYSRET above CPL 0", ["vmx", "svm"], [
    { op: "sysret", level: USER.x86, lengthBytes: 3 },
  ], ["gp: SYSRET needs CPL 0 (x86:A/10.3)"]],
  ["STI above IOPL", ["vmx", "svm"], [
    { op: "sti", level: USER.x86, lengthBytes: 1 },
  ], ["gp: STI above IOPL (x86:A11)"]],
  ["CLI above IOPL", ["vmx", "svm"], [
    { op: "cli", level: USER.x86, lengthBytes: 1 },
  ], ["gp: CLI above IOPL (x86:A11)"]],
  ["MOV to CR4 above CPL 0", ["vmx", "svm"], [
    { op: "write", register: reg("cr4"), level: USER.x86, lengthBytes: 3 },
  ], ["gp: MOV CR4 needs CPL 0 (x86:A/1)"]],
  ["INT with a gate of CPL 0", ["vmx", "svm"], [
    { op: "int", lo: 0x80, level: USER.x86, lengthBytes: 2 },
  ], ["gp: the gate of INT 128 needs CPL 0 (x86:A/5)"]],
  // INT 3 has a gate for every level.
  ["INT 3 above CPL 0", ["vmx", "svm"], [
    { op: "int", lo: 3, level: USER.x86, lengthBytes: 2 },
  ], ["bp: INT 3 (x86:A/5)"]],
  ["INT3", ["vmx", "svm"], [plain("int3")], ["bp: INT3 (x86:A/5)"]],
  ["INT1, opcode F1", ["vmx", "svm"], [plain("icebp")], [
    "db: INT1, opcode F1 (x86:A/5)",
  ]],
  ["UD2", ["vmx", "svm"], [{ op: "ud2", lengthBytes: 2 }], [
    "ud: UD2 (x86:A9)",
  ]],
];

for (const [title, vendors, steps, causes] of X86) {
  for (const vendor of vendors) {
    Deno.test(`raise events of x86, ${vendor}: ${title}`, () => {
      const m = new X86Machine("linux-6.1", { vendor });
      m.does(...steps);
      assertEquals(raised(m.events()), causes);
    });
  }
}

Deno.test("raise events of x86: general detect and an undefined alias", () => {
  const m = new X86Machine("linux-6.1", { vendor: "vmx" });
  // The first access to a debug register exits, and KVM lets the rest through.
  m.does(read("dr7", "first"), write("dr7", 0x2400n), read("dr0", "dr0"));
  assertEquals(raised(m.events()), [
    "db: a debug register is accessed with DR7.GD (x86:A5)",
  ]);
});

/** Instructions of arm64 that raise an exception, at the first run of a vCPU whose debug registers are loaded. */
const ARM64: readonly (readonly [
  title: string,
  insn: InsnParts,
  cause: string,
])[] = [
  ["SVC", { op: "svc" }, "svc: SVC (arm64:A/8.1)"],
  ["BRK", { op: "brk" }, "brk: BRK (arm64:A/7)"],
  [
    "HVC at EL0",
    { op: "hvc", level: USER.arm64 },
    "undef: HVC at EL0 (arm64:A/8.1)",
  ],
  [
    "SMC at EL0",
    { op: "smc", level: USER.arm64 },
    "undef: SMC at EL0 (arm64:A/8.1)",
  ],
  [
    "ERET at EL0",
    { op: "eret", level: USER.arm64 },
    "undef: ERET at EL0 (arm64:A/8.1)",
  ],
  [
    "a register that the CPU does not have",
    { op: "read", register: registerId("dbgbvr15") },
    "undef: the access is UNDEFINED (arm64:A/1)",
  ],
  [
    "a debug register at EL0",
    { op: "read", register: registerId("dbgbvr0"), level: USER.arm64 },
    "undef: the access is UNDEFINED (arm64:A/1)",
  ],
  // MSR DAIFSet with SCTLR_EL1.UMA clear: a trap to EL1.
  [
    "PSTATE.D at EL0",
    {
      op: "write",
      register: registerId("pstate"),
      lo: 0x200,
      maskLo: 0x200,
      maskHi: 0,
      level: USER.arm64,
    },
    "undef: EL0 may not access it (arm64:A/1)",
  ],
];

for (const [title, insn, cause] of ARM64) {
  Deno.test(`raise events of arm64: ${title}`, () => {
    const machine = createMachine(
      architecture("arm64")!,
      { profile: "linux-6.1", vendor: undefined, options: {} },
      { counts: {}, model: "cortex-a57", unpredictable: undefined },
    );
    // The first access traps, and the registers are the guest's from then on.
    machine.append(0, { op: "write", register: registerId("dbgbvr0"), lo: 0 });
    machine.append(0, insn);
    machine.run(0);
    assertEquals(raised(machine.journal.sinceRun()), [cause]);
  });
}
