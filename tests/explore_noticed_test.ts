/**
 * What a guest notices: the six failures that happen on real kernels, found by this property alone, and what is
 * allowed.
 *
 * @module
 */
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { foundNames } from "../dsl/explore/found_failures.ts";
import { verdictOn } from "./explore_command.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** A failure: its block, and by kernel the kind and the most steps of a schedule; nothing under the others. */
interface Failure {
  readonly name: string;
  readonly block: string;
  readonly kind: string;
  readonly stepsMax: number;
  readonly on: readonly string[];
  /** Kernels that have nothing of it; where `harmless` is given, of that. */
  readonly notOn: readonly string[];
  /** The block without what makes the difference, where every kernel of the model has the failure. */
  readonly harmless?: string;
}

/** The guest's part alone: without userspace's debugger every kernel is like the bare machine. */
function withoutDebugger(guest: string): string {
  return `explore {
  ${guest}
  never noticed
}`;
}

const INT3 = "vcpu 0 { exec 0x1000; int3; exec 0x2000; exec 0x3000 }";
const OWN_TF = "vcpu 0 { popf tf=1; exec 0x2000; exec 0x3000 }";

const CURRENT = ["linux-4.4", "linux-4.9", "linux-6.1", "linux-7.2 svm"];

const FAILURES: readonly Failure[] = [
  {
    name: "the breakpoint that 4.4 misses",
    block: `host cpus=1
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000; exec 0x2000 }
  vcpu 1 { write dr0 0x2000; write dr7 g0=1; exec 0x2000 }
  never noticed
}`,
    kind: "missed",
    // As `missed` finds it.
    stepsMax: 15,
    on: ["linux-4.4"],
    notOn: ["linux-4.9", "linux-6.1", "linux-7.2", "linux-7.2 svm", "bare"],
  },
  {
    name: "userspace's DR0 in a guest whose accesses were let through",
    block: `host cpus=2
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000; read dr0 }
  user 0 { debug break 0x4000; debug off }
  never noticed
}`,
    kind: "stale",
    // As `stale` finds it.
    stepsMax: 7,
    on: CURRENT,
    notOn: ["kiszka-2008"],
  },
  {
    name: "a debugger's TF in the frame of an exception",
    block: `explore {
  ${INT3}
  user 0 { debug step; debug off }
  never noticed
}`,
    kind: "stray",
    stepsMax: 14,
    on: [...CURRENT, "kiszka-2008"],
    notOn: [...CURRENT, "kiszka-2008", "bare", "bare svm"],
    harmless: withoutDebugger(INT3),
  },
  {
    name: "the guest's own TF, lost",
    block: `explore {
  ${OWN_TF}
  user 0 { debug step; debug off }
  never noticed
}`,
    kind: "missed",
    stepsMax: 8,
    on: [...CURRENT, "kiszka-2008"],
    notOn: [...CURRENT, "kiszka-2008", "bare", "bare svm"],
    harmless: withoutDebugger(OWN_TF),
  },
  {
    name: "a watchpoint on a store that KVM emulates",
    block: `explore {
  vcpu 0 {
    write dr0 0xc00000
    write dr7 g0=1 rw0=write len0=bytes4
    store 0xc00000 size=4
    exec 0x3000
  }
  never noticed
}`,
    kind: "missed",
    stepsMax: 7,
    on: CURRENT,
    notOn: ["bare", "bare svm"],
  },
  {
    name: "an I/O breakpoint on an OUT that exits",
    block: `explore {
  vcpu 0 {
    write cr4 de=1
    write dr0 0x80
    write dr7 g0=1 rw0=io
    out 0x80 size=1
    exec 0x3000
  }
  never noticed
}`,
    kind: "missed",
    stepsMax: 12,
    on: CURRENT,
    notOn: ["bare", "bare svm"],
  },
];

for (const { name, block, kind, stepsMax, on, notOn, harmless } of FAILURES) {
  Deno.test(`noticed: ${name}`, async () => {
    for (const kernel of on) {
      const text = `arch x86\nkernel ${kernel}\n${block}\n`;
      const found = await verdictOn(text);
      assertEquals([found.broken, found.noticed], [["noticed"], kind], kernel);
      const steps = found.schedule.length;
      assert(steps <= stepsMax, `${steps} steps on ${kernel}`);
      const io = new MemoryIo({ files: { "found.dregs": found.scenario! } });
      assertEquals(await main(["run", "found.dregs"], io), 1, kernel);
    }
    assert(notOn.length > 0);
    for (const kernel of notOn) {
      const text = `arch x86\nkernel ${kernel}\n${harmless ?? block}\n`;
      const { outcome } = await verdictOn(text);
      assertEquals(outcome, "holds", kernel);
    }
  });
}

/** The step over OSLSR_EL1 is over when KVM_RUN returns, so userspace's step cannot come between. Rule arm64:E/5.5. */
Deno.test("noticed: the step of an arm64 guest over an emulated access, without commit-pc", async () => {
  const block = `explore {
  vcpu 0 { write mdscr ss=1 kde=1; write pstate d=0 ss=1; read oslsr; exec 0x3000; exec 0x3004 }
  user 0 { debug step; debug off }
  never noticed
}`;
  const on = (kernel: string) => `arch arm64\nkernel ${kernel}\n${block}\n`;
  assertEquals((await verdictOn(on("linux-7.2"))).outcome, "holds");
  const lost = await verdictOn(on("linux-7.2 without commit-pc"));
  assertEquals([lost.broken, lost.noticed], [["noticed"], "missed"]);
});

/** What is allowed: nothing is noticed, unless `never` names the allowance. */
const ALLOWED: readonly [name: string, kind: string, text: string][] = [
  [
    "debugged",
    "missed",
    `arch x86
kernel linux-7.2
explore {
  vcpu 0 { popf tf=1; exec 0x2000 }
  user 0 { debug step }
  never`,
  ],
  [
    "debugged",
    "missed",
    `arch arm64
kernel linux-7.2
explore {
  vcpu 0 {
    write pstate d=0
    write dbgbvr0 0x40090000
    write dbgbcr0 e=1 pmc=3 bas=0xf
    write mdscr mde=1 kde=1
    exec 0x40090000
  }
  user 0 { debug break 0x40091000 }
  preempt none
  never`,
  ],
  [
    "step-flag",
    "frame",
    `arch x86
kernel linux-7.2
explore {
  vcpu 0 { int3 }
  user 0 { debug step }
  never`,
  ],
  [
    "external-debug",
    "stale",
    `arch arm64
kernel linux-7.2
explore {
  vcpu 0 { read dbgclaimset }
  never`,
  ],
  [
    "step-syndrome",
    "frame",
    `arch arm64
kernel linux-7.2
explore {
  vcpu 0 {
    write pstate d=0
    write mdscr ss=1 kde=1
    write oslar 0
    exec 0x40090000
  }
  never`,
  ],
];

for (const [name, kind, text] of ALLOWED) {
  Deno.test(`noticed allows ${name}, and \`never ${name}\` does not (${text.slice(5, 8)}…)`, async () => {
    const allowed = await verdictOn(`${text} noticed\n}\n`);
    assertEquals([allowed.outcome, allowed.broken], ["holds", []]);
    const asked = await verdictOn(`${text} noticed, ${name}\n}\n`);
    assertEquals([asked.broken, asked.noticed], [[name], kind]);
  });
}

// KVM_SET_GUEST_DEBUG leaves alone what is queued: kvm_arch_vcpu_ioctl_set_guest_debug(), x86.c.
for (
  const [kernel, guests] of [
    ["linux-4.9", ["int1", "int1; icebp"]],
    ["linux-6.1 svm", ["int1"]],
    ["linux-7.3", ["int1", "int1; icebp"]],
    ["linux-7.3 svm", ["int1"]],
  ] as const
) {
  Deno.test(`noticed: a handler gets the #DB of general detect that was queued before userspace's breakpoints (${kernel})`, async () => {
    for (const int1 of guests) {
      const text = `arch x86
kernel ${kernel}
explore {
  vcpu 0 { write dr7 gd=1; ${int1} }
  user 0 { debug break 0x9000 }
  never noticed
}
`;
      const found = await verdictOn(text, "--except", foundNames().join(","));
      const { outcome, schedule } = found;
      assertEquals(outcome, "holds", `${int1}: ${JSON.stringify(schedule)}`);
    }
  });
}

Deno.test("explore --help properties lists each property, and what noticed allows", async () => {
  const io = new MemoryIo();
  assertEquals(await main(["explore", "--help", "properties"], io), 0);
  for (const name of ["missed", "noticed", "debugged", "step-syndrome"]) {
    assertStringIncludes(io.stdout, `\n  ${name}\n`);
  }
});

Deno.test("noticed: what comes before a choice has the address of either way", async () => {
  for (const kernel of ["linux-4.9 svm", "linux-7.2", "linux-7.2 svm"]) {
    const { outcome } = await verdictOn(`arch x86
kernel ${kernel}
explore {
  vcpu 0 { popf tf=1; exec 0x3000; either { exec 0x3001 } or { exec 0x4000 } }
  never noticed
}
`);
    assertEquals(outcome, "holds", kernel);
  }
});
