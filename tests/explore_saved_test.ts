import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Document } from "../cli/explore/verdict.ts";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { run } from "./explore_command.ts";

Deno.test("explore: a warning alone is saved as an expectation", async () => {
  const script = `arch arm64
kernel watanabe-v7
host brps=6 ctx=2 wrps=4
explore {
  vcpu 0 {
    write dbgbcr0 lbn=6
    exec 0x1000
  }
  never warn
}
`;
  const io = new MemoryIo({ files: { "a.dregs": script } });
  const text = await run(io, "--kernel", "all", "--format", "json", "a.dregs");
  const { verdicts } = JSON.parse(text) as Document;
  const broken = verdicts.filter(({ outcome }) => outcome === "broken");
  assertEquals(broken.map(({ kernel }) => kernel), ["watanabe-v7"]);
  const [{ scenario }] = broken;
  assert(scenario!.endsWith("expect no warning\n"), scenario!);
  for (const { kernel } of verdicts) {
    const there = new MemoryIo({ files: { "found.dregs": scenario! } });
    const args = ["run", "--kernel", kernel, "found.dregs"];
    const status = await main(args, there);
    assertEquals(status, kernel === "watanabe-v7" ? 1 : 0, there.stdout);
  }
});

Deno.test("explore: what the kernel refuses is answered in the saved scenario", async () => {
  const script = `arch x86
kernel linux-4.9
host break 0x9000
host break 0x9100
host break 0x9200
host break 0x9300
host break 0x9400
expect error EBUSY
explore {
  vcpu 0 {
    exec 0x1000
  }
  user 0 {
    debug watch 0x1001 size=2
  }
  host 0 {
    break 0x3000
  }
  finally expect cpu dr0 == 0
}
`;
  const io = new MemoryIo({ files: { "a.dregs": script } });
  const text = await run(io, "--format", "json", "a.dregs");
  const [{ scenario }] = (JSON.parse(text) as Document).verdicts;
  const there = new MemoryIo({ files: { "found.dregs": scenario! } });
  assertEquals(await main(["run", "found.dregs"], there), 1);
  assert(there.stdout.includes("cpu@0 DR0 is 0x9000"), there.stdout);
});

for (
  const [what, lines] of [
    ["stray", "write dr7 g0=1 rw0=write len0=bytes4"],
    ["missed", "write dr0 0x1000\nwrite dr7 g0=1 rw0=write len0=bytes4"],
  ]
) {
  Deno.test(`explore: a data breakpoint that is ${what} fires after its instruction in the saved scenario`, async () => {
    const host = what === "stray" ? "0x1000" : "0x9000";
    const script = `arch x86
kernel linux-4.4
explore {
  vcpu 0 {
    ${lines}
    store 0x1000 size=4
  }
  host 0 {
    break ${host}
  }
  preempt any
  never ${what}
}
`;
    const io = new MemoryIo({ files: { "a.dregs": script } });
    const args = ["--kernel", "all", "--format", "json", "a.dregs"];
    const { verdicts } = JSON.parse(await run(io, ...args)) as Document;
    const statuses = [];
    const { scenario } = verdicts.find(({ kernel }) => kernel === "linux-4.4")!;
    for (const { kernel, outcome } of verdicts) {
      const there = new MemoryIo({ files: { "found.dregs": scenario! } });
      const status = await main(
        ["run", "--kernel", kernel, "found.dregs"],
        there,
      );
      statuses.push(status);
      assertEquals(
        status,
        outcome === "broken" ? 1 : 0,
        `${kernel}:\n${there.stdout}`,
      );
    }
    assert(statuses.includes(0) && statuses.includes(1));
  });
}

Deno.test("explore --save: a try of an instruction that is still to be chosen is one of them", async () => {
  const text = `arch x86
kernel linux-6.1
explore {
  vcpu 0 { either { write dr0 0x1000 } or { write dr0 0x2000 } }
  user 0 { debug break 0x4000 }
  never stale
}
`;
  const io = new MemoryIo({ files: { "a.dregs": text } });
  const said = await run(io, "--save", "found.dregs", "a.dregs");
  assertStringIncludes(said, "guest: write dr0 0x1000");
  assertEquals(await main(["run", "found.dregs"], io), 1, io.stdout);
});

Deno.test("explore --save: a store that exits is expected in its own run where there is no hypervisor", async () => {
  const text = `arch x86
kernel linux-7.2
explore {
  vcpu 0 {
    write dr0 0xc00000
    write dr7 g0=1 rw0=write len0=bytes4
    store 0xc00000 size=4
    exec 0x3000
  }
  never noticed
}
`;
  const io = new MemoryIo({ files: { "a.dregs": text } });
  await run(io, "--save", "found.dregs", "a.dregs");
  const on = (kernel: string): Promise<number> =>
    main(["run", "--kernel", kernel, "found.dregs"], io);
  assertEquals([await on("linux-7.2"), await on("bare")], [1, 0], io.stdout);
});

Deno.test("explore --save: of several kernels each different schedule is a scenario, under the newest kernel that has it", async () => {
  const io = new MemoryIo({ under: denoIo() });
  const search = [
    "--kernel",
    "4.4..4.6",
    "--kernel",
    "kiszka-2008 svm",
    "builtin:explore/missed_breakpoint",
    "builtin:explore/userspace_steps",
  ];
  await run(io, "--save", "found.dregs", ...search);
  assertStringIncludes(
    io.stderr,
    "wrote found.dregs, 3 counterexamples: missed_breakpoint on linux-4.4 vmx and one kernel more; " +
      "userspace_steps on linux-4.6 vmx and 5 kernels more; userspace_steps on kiszka-2008 svm\n",
  );
  const text = io.readFile("found.dregs");
  const kernels = [...text.matchAll(/^ {2}kernel (.*)$/gm)];
  assertEquals(kernels.map(([, kernel]) => kernel), [
    "linux-4.4 vmx",
    "linux-4.6 vmx",
    "kiszka-2008 svm",
  ]);
  assertEquals(await main(["fmt", "--check", "found.dregs"], io), 0, text);
  assertEquals(await main(["run", "found.dregs"], io), 1);
  assertStringIncludes(io.stdout, "0 passed, 3 failed");
  // A program has one, which the first cannot be; the others are named.
  await run(io, "--save", "found.c", ...search);
  assertStringIncludes(
    io.stderr,
    "wrote found.c, the counterexample of userspace_steps on linux-4.6 vmx and 5 kernels more\n",
  );
  assertStringIncludes(
    io.stderr,
    "`--save found.dregs` writes these too: missed_breakpoint on linux-4.4 vmx and one kernel more; ",
  );
});

Deno.test("explore: a schedule to an end has no steps that only end other programs", async () => {
  const text = `arch x86
kernel linux-4.9
explore {
  vcpu 0 { write dr0 0x1000; exec 0x2000 }
  vcpu 1 { write dr1 0x2000; exec 0x3000; read dr1 }
  host 0 { break 0x9000; off }
  user 1 { debug step; debug off }
  finally expect user@0 dr0 == 0
}
`;
  const io = new MemoryIo({ files: { "a.dregs": text } });
  const args = ["--format", "json", "a.dregs"];
  const { verdicts } = JSON.parse(await run(io, ...args)) as Document;
  const [{ schedule, leftOut, scenario, explanation, depth }] = verdicts;
  assertEquals([...new Set(schedule.map(({ who }) => who))], [
    "vCPU 0 on CPU 0",
  ]);
  assertEquals([schedule.length, leftOut, depth], [7, 12, 19]);
  assertEquals(explanation.map((one) => one.step), [3, 7]);
  const there = new MemoryIo({ files: { "found.dregs": scenario! } });
  assertEquals(await main(["run", "found.dregs"], there), 1);
  assertStringIncludes(there.stdout, "user@0 DR0 is 0x1000");
  assertStringIncludes(
    await run(io, "a.dregs"),
    "shortened by 12 steps: what the failure does not need is left out",
  );
});

Deno.test("explore: a schedule to an end keeps what another actor has done to it", async () => {
  const text = (cpu: string): string =>
    `arch x86
kernel linux-4.9
host cpus=1
explore {
  vcpu 0 { write dr0 0x1000; exec 0x2000 }
  vcpu 1 { exec 0x3000 }
  host 0 { break 0x9000 }
  finally expect cpu dr0 == ${cpu}
}
`;
  const io = new MemoryIo({
    files: { "a.dregs": text("0"), "b.dregs": text("0x9000") },
  });
  const of = async (name: string) => {
    const json = await run(io, "--format", "json", name);
    return (JSON.parse(json) as Document).verdicts[0];
  };
  const host = await of("a.dregs");
  assertEquals(host.schedule.map(({ who }) => who), ["host on CPU 0"]);
  const guest = await of("b.dregs");
  assertEquals(guest.outcome, "holds");
});

/** A schedule of a block is saved: its scenario, and the statuses of runs under kernels. */
async function savedOf(
  text: string,
  ...kernels: readonly string[]
): Promise<{
  readonly text: string;
  readonly statuses: readonly number[];
  /** Notes on the last step. */
  readonly notes: readonly string[];
}> {
  const io = new MemoryIo({ files: { "a.dregs": text } });
  const json = await run(io, "--format", "json", "a.dregs");
  const [{ scenario, outcome, schedule }] =
    (JSON.parse(json) as Document).verdicts;
  assertEquals(outcome, "broken");
  const statuses: number[] = [];
  for (const kernel of kernels) {
    const there = new MemoryIo({ files: { "found.dregs": scenario! } });
    statuses.push(
      await main(["run", "--kernel", kernel, "found.dregs"], there),
    );
  }
  return { text: scenario!, statuses, notes: schedule.at(-1)!.notes };
}

Deno.test("explore --save: an exception with other flags is recorded before it is expected", async () => {
  const { text, statuses } = await savedOf(
    `arch x86
kernel kiszka-2008
explore {
  vcpu 0 { exec 0x1000; read dr0; ud2 }
  never noticed
}
`,
    "kiszka-2008",
    "linux-7.2",
    "bare",
  );
  assertEquals(statuses, [1, 0, 0], text);
  assertStringIncludes(text, "run\nexpect exception ud rflags=0x10002\n");
});

Deno.test("explore --save: a KVM_RUN that returns at HLT is a run of its own", async () => {
  const { text, statuses } = await savedOf(
    `arch x86
kernel linux-4.4 svm
explore {
  vcpu 0 { hlt; write dr7 0; write dr7 g0=1 }
  user 0 { debug break 0x1000 }
  never stale
}
`,
    "linux-4.4 svm",
  );
  assertEquals(statuses, [1], text);
  assertStringIncludes(text, "run cpu=0 steps=1\n");
});

/** The guest takes the exception that it missed after its instruction, one of the same kind. */
const TAKEN_LATE: readonly [
  what: string,
  block: string,
  ...kernels: readonly string[],
][] = [
  [
    "a step of arm64",
    `arch arm64
kernel linux-7.2 without commit-pc
explore {
  vcpu 0 { write mdscr ss=1 kde=1; write pstate d=0 ss=1; read oslsr; exec 0x3000; exec 0x3004 }
  user 0 { debug step; debug off }
  never noticed
}
`,
    "linux-7.2 without commit-pc",
    "linux-7.2",
  ],
  [
    "a breakpoint of an x86 guest that steps itself",
    `arch x86
kernel linux-4.4 vmx
host cpus=1
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; popf tf=1; exec 0x1000; exec 0x2000 }
  vcpu 1 { exec 0x3000 }
  never noticed
}
`,
    "linux-4.4 vmx",
    "linux-4.9 vmx",
    "bare",
  ],
];

for (const [what, block, ...kernels] of TAKEN_LATE) {
  Deno.test(`explore --save: an exception after the instruction is not the one that was missed before it, ${what}`, async () => {
    const { text, statuses } = await savedOf(block, ...kernels);
    assertEquals(statuses, kernels.map((_, at) => at === 0 ? 1 : 0), text);
  });
}

/** What a guest of arm64 misses at a load of 0x50000000 at 0x40090000, and the exception that it must take. */
const AT_A_LOAD: readonly [
  what: string,
  lines: readonly string[],
  exception: string,
][] = [
  ["a breakpoint", [
    "write dbgbvr0 0x40090000",
    "write dbgbcr0 bas=0xf pmc=el1 e=1",
  ], "breakpoint"],
  ["a watchpoint", [
    "write dbgwvr0 0x50000000",
    "write dbgwcr0 bas=0xf lsc=load pac=el1 e=1",
  ], "watchpoint"],
  ["both, of which the breakpoint is first", [
    "write dbgbvr0 0x40090000",
    "write dbgbcr0 bas=0xf pmc=el1 e=1",
    "write dbgwvr0 0x50000000",
    "write dbgwcr0 bas=0xf lsc=load pac=el1 e=1",
  ], "breakpoint"],
  ["a watchpoint that is linked to a breakpoint", [
    "write dbgbcr5 bt=linked-context bas=0xf pmc=el1 e=1",
    "write dbgwvr0 0x50000000",
    "write dbgwcr0 lbn=5 wt=1 bas=0xf lsc=load pac=el1 e=1",
  ], "watchpoint"],
  ["a breakpoint elsewhere beside a watchpoint", [
    "write dbgbvr0 0x40090010",
    "write dbgbcr0 bas=0xf pmc=el1 e=1",
    "write dbgwvr0 0x50000000",
    "write dbgwcr0 bas=0xf lsc=load pac=el1 e=1",
  ], "watchpoint"],
];

for (const [what, lines, exception] of AT_A_LOAD) {
  Deno.test(`explore --save: at a load of arm64 is missed ${what}`, async () => {
    const { text, statuses, notes } = await savedOf(
      `arch arm64
kernel linux-5.0
explore {
  vcpu 0 {
    ${lines.join("\n    ")}
    write mdscr kde=1 mde=1
    write pstate d=0
    load 0x50000000 at=0x40090000
  }
  never missed
}
`,
      "linux-5.0",
      "linux-6.1",
      "bare",
    );
    assert(text.endsWith(`expect exception ${exception}\n`), text);
    assertEquals(notes, [
      `missed: the guest's registers match, but no ${exception} is taken`,
    ]);
    assertEquals(statuses, [1, 0, 0], text);
  });
}
