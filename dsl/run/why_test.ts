import { assert, assertArrayIncludes, assertEquals } from "@std/assert";
import { architecture, rule } from "../../engine/mod.ts";
import { textOf } from "../source.ts";
import { answer, links, type Why } from "../testing_why.ts";

/** A script, and the links that its answer has, newest first. */
const CHAINS: readonly [name: string, script: string, links: string[]][] = [
  [
    "arm64:D15 a linked number is converted on its way",
    `set brps=4 ctx=2
     guest write dbgbcr0 lbn=2
     run
     why hw dbgbcr0.lbn`,
    [
      "arm64:D28 guest DBGBCR0_EL1: guest write dbgbcr0 lbn=2",
      "arm64:D15 program DBGBCR0_EL1: guest write dbgbcr0 lbn=2",
      "arm64:A/14 trap: run",
      "arm64:D4 kvm mdcr_el2: run",
      "arm64:D3 vm emulate: run",
    ],
  ],
  [
    "arm64:D9 a context-aware breakpoint goes to its own number",
    `set brps=4 ctx=2
     guest write dbgbvr2 0x1234
     run
     why hw dbgbvr4`,
    [
      "arm64:D9 guest DBGBVR4_EL1: guest write dbgbvr2 0x1234",
      "arm64:A/14 trap: run",
      "arm64:D4 kvm mdcr_el2: run",
      "arm64:D3 vm emulate: run",
    ],
  ],
  [
    "arm64:D23 values that userspace gave before the first run",
    `set brps=4 ctx=2
     user set dbgbvr2 0x77
     run
     why hw dbgbvr4`,
    [
      "arm64:D23 guest DBGBVR4_EL1: run",
      "arm64:D3 vm emulate: run",
      "arm64:E/1.26 guest DBGBVR2_EL1: user set dbgbvr2 0x77",
    ],
  ],
  [
    "arm64:B10 a native write is saved at the exit",
    `kernel bennee-v3
     guest write mdscr_el1 mde=1
     guest write dbgbvr0 0x1000
     run
     why user dbgbvr0`,
    [
      "arm64:B10 guest DBGBVR0_EL1: run",
      "arm64:A/1 cpu DBGBVR0_EL1: guest write dbgbvr0 0x1000",
    ],
  ],
  [
    "arm64:E/1.8 the same where mainline switches",
    `kernel linux-6.1
     guest write mdscr_el1 mde=1
     guest write dbgbvr0 0x1000
     run
     why user dbgbvr0`,
    [
      "arm64:E/1.8 guest DBGBVR0_EL1: run",
      "arm64:A/1 cpu DBGBVR0_EL1: guest write dbgbvr0 0x1000",
    ],
  ],
  [
    "arm64:B3 userspace's set, and its wish",
    `user debug break 0x40080010
     run
     why hw dbgbvr0`,
    [
      "arm64:B3 external DBGBVR0_EL1: user debug break 0x40080010",
      "arm64:B3 kvm guest_debug: user debug break 0x40080010",
    ],
  ],
  [
    "arm64:E/1.4 MDSCR_EL1 is kept, forced and given back",
    `kernel linux-6.1
     guest write mdscr_el1 tdcc=1
     run
     user debug step
     guest isb
     run
     why guest mdscr_el1.tdcc`,
    [
      "arm64:E/1.10 guest MDSCR_EL1: guest write mdscr_el1 tdcc=1",
      "arm64:A/14 trap: run",
      "arm64:E/1.3 kvm mdcr_el2: run",
    ],
  ],
  [
    "arm64:C2 bennee-v2 moves the guest's values away",
    `kernel bennee-v2
     guest write dbgbvr0 0x1000
     run
     user debug break 0x2000
     guest isb
     run stop=guest
     why kvm shadow_dbgbvr0`,
    [
      "arm64:C2 shadow DBGBVR0_EL1: run stop=guest",
      "arm64:C8 guest DBGBVR0_EL1: guest write dbgbvr0 0x1000",
      "arm64:A/14 trap: run",
      "arm64:B8 kvm mdcr_el2: run",
    ],
  ],
  [
    "arm64:V7 a refusal",
    `run
     set brps=4
     expect error EBUSY
     why refused`,
    ["arm64:V7 refused: set brps=4"],
  ],
  [
    "arm64:B15 a debug exit",
    `user debug break 0x40080000
     guest isb
     run
     why exit`,
    [
      "arm64:B15 user-exit: run",
      "arm64:B15 exit: run",
      "arm64:A/9 hit: guest isb",
      "arm64:E/1.8 cpu DBGBVR0_EL1: run",
      "arm64:E/1.8 cpu DBGBCR0_EL1: run",
      "arm64:E/1.29 cpu MDSCR_EL1: run",
      "arm64:E/1.5 guest MDSCR_EL1: run",
      "arm64:B3 external DBGBVR0_EL1: user debug break 0x40080000",
      "arm64:B3 external DBGBCR0_EL1: user debug break 0x40080000",
      "arm64:B3 kvm guest_debug: user debug break 0x40080000",
    ],
  ],
  [
    "x86:C9 what the guest wrote natively is synced",
    `arch x86
     kernel linux-4.4
     guest write dr0 0x1000
     guest write dr7 g0=1
     run
     why kvm eff_db0`,
    [
      "x86:C9 kvm eff_db0: run",
      "x86:C17 guest DR0: run",
      "x86:A/1 cpu DR0: guest write dr0 0x1000",
    ],
  ],
  [
    "x86:D29 userspace's breakpoint",
    `arch x86
     user debug break 0x1000
     run
     why hw dr0`,
    ["x86:D29 kvm eff_db0: user debug break 0x1000"],
  ],
  [
    "x86:C4 the missed breakpoint: what the guest and what the CPU has",
    `arch x86
     kernel linux-4.4
     set vcpus=2
     for v in 0..1 { guest@v exec 0x400000; run@v }
     guest@0 write dr0 0x401000
     guest@0 write dr7 0x602
     run@0 steps=2 stop=guest
     interrupt@0
     put@0
     guest@1 write dr0 0x401001
     guest@1 write dr7 0x602
     run@1 steps=2 stop=guest
     interrupt@1
     put@1
     guest@0 exec 0x401000
     run@0
     why miss`,
    [
      "x86:C/4 missed: run@0",
      "x86:A/1 cpu DR0: guest@1 write dr0 0x401001",
      "x86:C17 guest DR0: interrupt@0",
      "x86:A/1 cpu DR0: guest@0 write dr0 0x401000",
    ],
  ],
];

for (const [name, script, want] of CHAINS) {
  Deno.test(`why: ${name}`, () => {
    assertEquals(links(answer(script)), want);
  });
}

/** Kernels whose debug exit for #DB has neither DR6 nor DR7. Quirk x86:Q17. */
const UNFILLED: ReadonlySet<string> = new Set([
  "kiszka-2008 svm",
  "linux-4.4 svm",
  "reload-2016 svm",
  "linux-4.9 svm",
]);

for (const kernel of UNFILLED) {
  Deno.test(`why exit dr6: x86:Q17 no exit has filled it, ${kernel}`, () => {
    const { value } = answer(`
      arch x86
      kernel ${kernel}
      user debug break 0x5000
      guest exec 0x5000
      run
      why exit dr6`);
    assertEquals(value, "0x0: no exit has filled it yet");
  });
}

/** Every listed kernel of an architecture, for each vendor that it has. */
function kernelsOf(arch: "arm64" | "x86"): readonly string[] {
  return architecture(arch)!.profiles.flatMap(({ name, vendors }) =>
    vendors.length === 0 ? [name] : vendors.map((vendor) => `${name} ${vendor}`)
  );
}

/** The guest's instructions and the ioctls that a chain goes back to. */
function origins({ chain }: Why): string[] {
  return chain.flatMap(({ instruction, statement }) => {
    const by = instruction ?? statement;
    return by === undefined ? [] : [textOf(by)];
  });
}

/** A question, and what its chain must go back to under every kernel. */
const FIELDS: readonly [
  arch: "arm64" | "x86",
  question: string,
  script: string,
  origins: string[],
][] = [
  ...["guest dr6.b0", "exception dr6", "exception dr6.b0", "exception"].map((
    question,
  ): typeof FIELDS[number] => [
    "x86",
    question,
    `
    guest write dr0 0x5000
    guest write dr1 0x6000
    guest write dr7 g0=1 g1=1
    guest exec 0x5000
    run`,
    ["guest write dr0 0x5000", "guest write dr7 g0=1 g1=1"],
  ]),
  ...["exit dr6", "exit dr7", "exit"].map((
    question,
  ): typeof FIELDS[number] => [
    "x86",
    question,
    `
    user debug break 0x5000
    guest exec 0x5000
    run`,
    ["user debug break 0x5000"],
  ]),
  [
    "x86",
    "exception dr6.bs",
    `
    guest popf tf=1
    guest exec 0x5000
    run`,
    ["guest popf tf=1"],
  ],
  [
    "x86",
    "exception dr6.bs",
    `
    guest popf tf=1
    guest popf tf=0
    run`,
    ["guest popf tf=1"],
  ],
  [
    "x86",
    "exception dr6.bs",
    `
    guest sti
    guest iret tf=1
    guest exec 0x5000
    run`,
    ["guest iret tf=1"],
  ],
  [
    "x86",
    "exception dr6.bd",
    `
    guest write dr7 gd=1
    guest read dr0
    run`,
    ["guest write dr7 gd=1"],
  ],
  ...["exception esr", "exception elr", "exception"].map((
    question,
  ): typeof FIELDS[number] => [
    "arm64",
    question,
    `
    guest write dbgbvr0 0x40090000
    guest write dbgbcr0 bas=0xf pmc=el1 e=1
    guest write mdscr mde=1 kde=1
    guest write pstate d=0
    guest exec 0x40090000
    run`,
    [
      "guest write dbgbvr0 0x40090000",
      "guest write dbgbcr0 bas=0xf pmc=el1 e=1",
      "guest write mdscr mde=1 kde=1",
      "guest write pstate d=0",
    ],
  ]),
  ...["exit far", "exit hsr", "exit"].map((
    question,
  ): typeof FIELDS[number] => [
    "arm64",
    question,
    `
    user debug watch 0x40100000 size=4
    guest store 0x40100000 size=4
    run`,
    ["user debug watch 0x40100000 size=4"],
  ]),
];

for (const [arch, question, script, want] of FIELDS) {
  for (const kernel of kernelsOf(arch)) {
    // kvm-amd fills neither register until 5.6.
    const isFilled = !(/^exit dr/.test(question) && UNFILLED.has(kernel));
    if (!isFilled) continue;
    Deno.test(`why ${question}: back to the writes, ${kernel}`, () => {
      const found = origins(
        answer(`arch ${arch}\nkernel ${kernel}\n${script}\nwhy ${question}`),
      );
      assertEquals(want.filter((one) => !found.includes(one)), []);
    });
  }
}

Deno.test("why exit FIELD: what an exit did not fill is of an earlier one", () => {
  const { value, chain } = answer(`
    user debug watch 0x40100000 size=4
    guest store 0x40100000 size=4
    run
    user debug off
    user debug step
    run
    why exit far`);
  assertEquals(value, "0x40100000: an earlier exit left it");
  assert(chain.some(({ event }) => event.kind === "hit"));
});

Deno.test("why exit dr6.b1: the slots that DR6 does not name are left out", () => {
  const { value, chain } = answer(`
    arch x86
    user debug break 0x5000
    guest exec 0x5000
    run
    why exit dr6.b1`);
  assertEquals(value, "0");
  assert(!chain.some(({ event }) => event.kind === "hit"));
});

Deno.test("why: every link has its rule's sentence, confidence and source", () => {
  for (const [, script] of CHAINS) {
    for (const link of answer(script).chain) {
      const { event, sentence, confidence, source } = link;
      const entry = rule(event.rule);
      assert(entry, event.rule);
      assertEquals(
        { sentence, confidence, source },
        {
          sentence: entry.sentence,
          confidence: entry.confidence,
          source: entry.source,
        },
      );
    }
  }
});

Deno.test("why: the value is what the view shows", () => {
  assertEquals(answer("why hw dbgbcr0").value, "– (the vCPU has not run yet)");
  assertEquals(answer("run; why hw dbgbcr0").value, "0x0");
  assertEquals(answer("why guest dbgbcr9").value, "undef");
  assertEquals(
    answer("guest write dbgbcr0 bt=linked-address; run; why guest dbgbcr0.bt")
      .value,
    "0x1 (linked-address)",
  );
});

Deno.test("why: what has not happened is said", () => {
  for (const what of ["trap", "exit", "exception", "miss", "refused"]) {
    const { isThere, chain } = answer(`why ${what}`);
    assertEquals([isThere, chain], [false, []]);
  }
});

Deno.test("why: a register that nothing happened to has no chain", () => {
  assertEquals(answer("run; why guest dbgbvr3").chain, []);
});

/** Exceptions that KVM queues because of what a register holds: the write of that is in the chain. */
const FOUND_BY_KVM: readonly [script: string, link: string][] = [
  [
    "arch x86; kernel linux-7.2 vmx; guest write cr4 de=1; guest read dr5; run; why exception rip",
    "x86:A/1 guest CR4: guest write cr4 de=1",
  ],
  [
    "kernel watanabe-v7; host brps=6 ctx=2; set brps=5 ctx=1; guest read dbgbvr5; run; why exception esr",
    "arm64:V8 vm ID_AA64DFR0_EL1: set brps=5 ctx=1",
  ],
  [
    "kernel watanabe-v7; host wrps=4; set wrps=2; guest write dbgwcr3 e=1; run; why exception elr",
    "arm64:V8 vm ID_AA64DFR0_EL1: set wrps=2",
  ],
];

for (const [script, link] of FOUND_BY_KVM) {
  Deno.test(`why exception: what KVM found in a register: ${script}`, () => {
    assertArrayIncludes(links(answer(script)), [link]);
  });
}

for (
  const [kernel, register] of [
    ["arch x86; kernel linux-7.2 vmx", "dr0"],
    ["arch x86; kernel linux-7.2 svm", "dr0"],
    ["arch x86; kernel linux-4.4", "dr0"],
    ["arch x86; kernel bare", "dr0"],
    ["kernel linux-7.2; guest write mdscr mde=1", "dbgbvr0"],
    ["kernel linux-6.1", "dbgbvr0"],
    ["kernel watanabe-v7", "dbgbvr0"],
    ["kernel bare", "dbgbvr0"],
  ]
) {
  for (const view of ["guest", "bare"]) {
    Deno.test(`why ${view} ${register}: of several writes in a row the last (${kernel})`, () => {
      const { chain } = answer(
        `${kernel}; guest write ${register} 0x1000; guest write ${register} 0x2000; ` +
          `guest write ${register} 0x3000; run; why ${view} ${register}`,
      );
      const written = chain.flatMap(({ instruction }) =>
        instruction === undefined ? [] : [textOf(instruction)]
      );
      assertEquals(written, [`guest write ${register} 0x3000`]);
    });
  }
}

/** Debug exits that are of no breakpoint or step of userspace's: `why not exit` must not deny them. */
const OTHER_EXITS: readonly [script: string, subject: string, rule: string][] =
  [
    [
      "arch x86; kernel linux-7.2; user debug break 0x7000; guest popf tf=1 at=0x4fff; guest cpuid at=0x5000; " +
      "guest popf tf=0 at=0x5002; run",
      "KVM_RUN returned with a debug exit at 0x5002",
      "x86:D/12a",
    ],
    [
      "arch x86; user debug swbreak; guest int3 at=0x5000; run",
      "KVM_RUN returned with a debug exit at 0x5000",
      "x86:D/10",
    ],
    [
      "kernel linux-7.2; user debug swbreak; guest brk 0 at=0x40080100; run",
      "KVM_RUN returned with a debug exit at 0x40080100",
      "arm64:B15",
    ],
  ];

for (const [script, subject, rule] of OTHER_EXITS) {
  Deno.test(`why not exit: a debug exit for something else (${rule})`, () => {
    const { subject: told, value } = answer(`${script}; why not exit`);
    assertEquals(told, subject);
    assert(value.includes(`(${rule})`), value);
  });
}

Deno.test("why not exit: after the last run, not an earlier one", () => {
  const { subject } = answer(
    "arch x86; user debug swbreak; guest int3 at=0x5000; run; user debug off; user set pc 0x6000; " +
      "guest exec 0x6000; run; why not exit",
  );
  assert(subject.includes("did not return"), subject);
});
