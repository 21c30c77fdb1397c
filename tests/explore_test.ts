import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import type { Document, Verdict } from "../cli/explore/verdict.ts";
import { denoRun } from "./child_deno.ts";

const FOLDER = "scenarios/explore";

async function explored(
  ...args: readonly string[]
): Promise<{ status: number; verdicts: readonly Verdict[] }> {
  const io = new MemoryIo({ under: denoIo() });
  const status = await main(["explore", "--format", "json", ...args], io);
  const { verdicts } = JSON.parse(io.stdout) as Document;
  return { status, verdicts };
}

/** What each block of the catalogue comes to: what is broken, by kernel; nothing is under the others. */
const CATALOGUE: readonly [
  file: string,
  broken: Readonly<Record<string, readonly string[]>>,
][] = [
  ["missed_breakpoint", { "linux-4.4": ["missed"] }],
  ["host_breakpoint", {
    "linux-4.4": ["missed"],
    "reload-2016": ["missed"],
  }],
  ["userspace_steps", {
    "linux-4.4": ["stale"],
    "reload-2016": ["stale"],
    "linux-4.9": ["stale"],
    "linux-6.1": ["stale"],
    "linux-7.2": ["stale"],
  }],
  ["guest_debug_arm64", { "bennee-v2": ["stale"] }],
  ["two_conversions", {}],
  ["w4_first_run_fails", { "watanabe-v7": ["stale"] }],
];

for (const [file, broken] of CATALOGUE) {
  Deno.test(`explore ${file}: the verdict under every kernel`, async () => {
    const { status, verdicts } = await explored(
      "--kernel",
      "all",
      `${FOLDER}/${file}.dregs`,
    );
    assert(verdicts.length > 0);
    const found = Object.fromEntries(
      verdicts.filter(({ outcome }) => outcome === "broken").map((one) => [
        one.kernel,
        one.broken,
      ]),
    );
    assertEquals(found, broken);
    for (const { outcome } of verdicts) assert(outcome !== "unfinished");
    assertEquals(status, Object.keys(broken).length > 0 ? 1 : 0);
  });

  Deno.test(`explore ${file}: the saved scenarios fail where they were found, and nowhere else`, async () => {
    const { verdicts } = await explored(
      "--kernel",
      "all",
      `${FOLDER}/${file}.dregs`,
    );
    for (const { scenario, kernel } of verdicts) {
      if (scenario === null) continue;
      for (const other of verdicts) {
        const io = new MemoryIo({ files: { "found.dregs": scenario } });
        const args = ["run", "--kernel", other.kernel, "found.dregs"];
        const status = await main(args, io);
        const fails = other.outcome === "broken";
        assertEquals(
          status,
          fails ? 1 : 0,
          `found on ${kernel}, run on ${other.kernel}:\n${io.stdout}`,
        );
      }
    }
  });
}

Deno.test("explore: without reductions every block of the catalogue comes to the same, in as few steps", async () => {
  for (const [file] of CATALOGUE) {
    const args = ["--kernel", "all", `${FOLDER}/${file}.dregs`];
    const reduced = await explored(...args);
    const full = await explored("--without", "all", ...args);
    const told = ({ verdicts }: typeof full) =>
      verdicts.map(({ kernel, outcome, schedule }) => [
        kernel,
        outcome,
        schedule.length,
      ]);
    assertEquals(told(reduced), told(full), file);
    for (const { reduced } of full.verdicts) assertEquals(reduced, []);
  }
});

Deno.test("every block of the catalogue is in the table", () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) =>
    name.replace(/\.dregs$/, "")
  );
  assertEquals(files.sort(), CATALOGUE.map(([file]) => file).sort());
});

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

Deno.test("explore: two guests that choose between two breakpoints, each slot and each guest as good", async () => {
  const guest = (v: number) =>
    `  vcpu ${v} {
    repeat 2 {
      choose n in 0..1
      write dr[n] ${0x1000 * (v + 1)}
      write dr7 1 << (2 * n)
    }
    exec ${0x1000 * (v + 1)}
  }
`;
  const script = `arch x86\nkernel linux-4.9\nexplore {\n${guest(0)}${
    guest(1)
  }}\n`;
  const io = new MemoryIo({ files: { "a.dregs": script } });
  const verdictOf = async (...without: readonly string[]) => {
    const args = without.flatMap((name) => ["--without", name]);
    const text = await run(io, ...args, "--format", "json", "a.dregs");
    return (JSON.parse(text) as Document).verdicts[0];
  };
  const both = await verdictOf("pairs");
  const guests = await verdictOf("pairs", "slots");
  const slots = await verdictOf("pairs", "symmetry");
  const none = await verdictOf("pairs", "symmetry", "slots");
  for (const { outcome } of [both, guests, slots, none]) {
    assertEquals(outcome, "holds");
  }
  assert(guests.states < 0.52 * none.states);
  assert(slots.states < 0.52 * none.states);
  assert(both.states < 0.26 * none.states);
  assert(
    both.reduced.includes("4 symmetries of vCPUs and CPUs, breakpoint slots"),
  );
  assert(slots.reduced.includes("2 symmetries of breakpoint slots"));
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

/** Two guests whose first value is chosen, so that there is something to share out. */
const CHOICES = `arch x86
kernel linux-4.4
explore {
  choose a in 0x1000, 0x2000, 0x3000
  vcpu 0 {
    write dr0 a
    write dr7 g0=1
    exec 0x1000
  }
  vcpu 1 {
    write dr0 0x2000
    exec 0x2000
  }
  never missed
}
`;

Deno.test("explore --shard and --merge: the parts come to what the whole comes to", async () => {
  const io = new MemoryIo({ files: { "a.dregs": CHOICES } });
  const whole = await run(io, "--format", "json", "a.dregs");
  const files: Record<string, string> = {};
  for (const part of [1, 2]) {
    const text = await run(
      io,
      "--format",
      "json",
      "--shard",
      `${part}/2`,
      "a.dregs",
    );
    files[`${part}.json`] = text;
  }
  const merged = await run(
    new MemoryIo({ files }),
    "--merge",
    "--format",
    "json",
    "1.json",
    "2.json",
  );
  const [a] = (JSON.parse(whole) as Document).verdicts;
  const [b] = (JSON.parse(merged) as Document).verdicts;
  for (
    const key of ["outcome", "states", "transitions", "broken", "choicesDone"]
  ) {
    assertEquals(b[key as keyof Verdict], a[key as keyof Verdict], key);
  }
  assertEquals(a.choicesDone, 3);
  assertEquals(a.choice, { a: "4096" });

  // A part that is missing is told.
  const half = await run(
    new MemoryIo({ files }),
    "--merge",
    "--format",
    "json",
    "2.json",
  );
  const [c] = (JSON.parse(half) as Document).verdicts;
  assertEquals([c.outcome, c.choicesDone], ["unfinished", 1]);
  // One that is there twice counts once.
  const twice = await run(
    new MemoryIo({ files }),
    "--merge",
    "--format",
    "json",
    "2.json",
    "2.json",
    "2.json",
  );
  const [d] = (JSON.parse(twice) as Document).verdicts;
  assertEquals(
    [d.outcome, d.choicesDone, d.states],
    ["unfinished", 1, c.states],
  );
  const part = await run(io, "--shard", "2/2", "a.dregs");
  assertStringIncludes(part, "nothing found in this part of the choices");
});

/** What is refused, with what is said of it. */
const REFUSED: readonly [args: string[], said: string][] = [
  [["--save", "a.dregs", "a.dregs"], "would replace what is searched"],
  [["--seed", "3", "a.dregs"], "--seed is for --simulate"],
  [["--merge", "--save", "x.dregs", "1.json"], "--save has no effect"],
  [["--merge", "1.json"], "verdict 0 has no name"],
  [["--merge", "2.json"], "is not a document"],
  [["--merge", "3.json"], "is not a document"],
  [["--kernel", "bennee-v2", "a.dregs"], "is for x86, and bennee-v2 is not"],
  [["--without", "pairs,slotz", "a.dregs"], "did you mean `slots`?"],
];

for (const [args, said] of REFUSED) {
  Deno.test(`explore ${args.join(" ")}: ${said}`, async () => {
    const io = new MemoryIo({
      files: {
        "a.dregs": CHOICES,
        "1.json": '{"schema":"dregs.explore/1","shard":null,"verdicts":[{}]}',
        "2.json": '{"schema":"dregs.explore/1","shard":"1/0","verdicts":[]}',
        "3.json": "null",
      },
    });
    assertEquals(await main(["explore", ...args], io), 2);
    assertStringIncludes(io.stderr, said);
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

Deno.test("explore: a leak is stale; what a debugger makes up is no leak", async () => {
  const broken = async (read: string) => {
    const text = `arch x86
kernel linux-6.1
explore {
  vcpu 0 { read ${read} }
  user 0 { debug break 0x4000 }
  never leak, stale
}
`;
    const io = new MemoryIo({ files: { "a.dregs": text } });
    const json = await run(io, "--format", "json", "a.dregs");
    return (JSON.parse(json) as Document).verdicts[0].broken;
  };
  assertEquals(await broken("dr0"), ["stale"]);
  assertEquals(await broken("dr7"), ["stale"]);
});

async function run(io: MemoryIo, ...args: string[]): Promise<string> {
  const before = io.stdout.length;
  await main(["explore", ...args], io);
  return io.stdout.slice(before);
}

Deno.test("explore --simulate: a seed that finds something finds it again", async () => {
  const io = new MemoryIo({ under: denoIo() });
  const file = `${FOLDER}/missed_breakpoint.dregs`;
  const text = await run(
    io,
    "--simulate",
    "3000",
    "--format",
    "json",
    file,
  );
  const [first] = (JSON.parse(text) as Document).verdicts;
  assertEquals(first.outcome, "broken");
  const again = await run(
    io,
    "--simulate",
    "1",
    "--seed",
    `${first.seed}`,
    "--format",
    "json",
    file,
  );
  const [second] = (JSON.parse(again) as Document).verdicts;
  assertEquals(second.schedule, first.schedule);
});

Deno.test("explore: bounds are part of the verdict", async () => {
  const bounded = CHOICES.replace(
    "never missed",
    "bound depth=3\n  never missed",
  )
    .replace("linux-4.4", "linux-4.9");
  const io = new MemoryIo({ files: { "a.dregs": bounded } });
  const text = await run(
    io,
    "--without",
    "all",
    "--format",
    "json",
    "a.dregs",
  );
  const [verdict] = (JSON.parse(text) as Document).verdicts;
  assertEquals([verdict.outcome, verdict.bound], ["unfinished", "depth"]);
  // Nothing is broken with any choice.
  assertEquals(verdict.choice, {});
});

Deno.test("explore: what is asked of a vCPU's view is asked at each of its steps", async () => {
  const script = (line: string) =>
    `arch x86
explore {
  vcpu 0 {
    write dr0 0x1000
    exec 0x1000
  }
  ${line}
}
`;
  const verdictOf = async (line: string) => {
    const io = new MemoryIo({ files: { "a.dregs": script(line) } });
    const text = await run(io, "--format", "json", "a.dregs");
    return (JSON.parse(text) as Document).verdicts[0];
  };
  const holds = await verdictOf("always expect guest dr0 <= 0x1000");
  assertEquals(holds.outcome, "holds");
  const broken = await verdictOf("always expect guest dr0 == 0x0");
  assertEquals(broken.broken, ["always expect guest dr0 == 0x0"]);
  const end = await verdictOf("finally expect user dr0 == 0x1000");
  assertEquals(end.outcome, "holds");
  const wrong = await verdictOf("finally expect user dr0 == 0");
  assertEquals(wrong.broken, ["finally expect user dr0 == 0x0"]);
});

/** A folder with one block, which holds, and one without any. */
const FILES = {
  "folder/a.dregs": "run\n",
  "folder/b.dregs": CHOICES.replace("linux-4.4", "linux-4.9"),
  "folder/c/d.dregs": "expect guest dbgbcr0 == 0\n",
  "bare/a.dregs": "run\n",
};

Deno.test("explore of a folder: its blocks; what has none is searched by nobody, and no mistake", async () => {
  const io = new MemoryIo({ files: FILES });
  assertEquals(await main(["explore", "folder"], io), 0);
  assertMatch(io.stdout, /^\S+ on linux-[\d.]+.*: holds/);
  assertEquals(io.stderr, "");
});

Deno.test("explore of a folder without a block: nothing was searched", async () => {
  const io = new MemoryIo({ files: FILES });
  assertEquals(await main(["explore", "bare"], io), 2);
  assertEquals(
    [io.stdout, io.stderr],
    ["", "dregs explore: nothing was searched\n"],
  );
});

Deno.test("explore: a file that cannot be searched does not hide the next", async () => {
  const io = new MemoryIo({ files: FILES });
  const operands = ["nowhere.dregs", "bare/a.dregs", "folder/b.dregs"];
  assertEquals(await main(["explore", ...operands], io), 2);
  assertMatch(io.stdout, /^\S+ on linux-[\d.]+.*: holds/);
  assertEquals(io.stderr.split("\n"), [
    "dregs: nowhere.dregs: no such file or folder",
    "dregs: bare/a.dregs: there is no explore block in it",
    "",
  ]);
});

Deno.test("explore builtin: takes what the catalogue has", async () => {
  const path = "explore/w4_first_run_fails";
  const verdict = async (operand: string): Promise<string> => {
    const io = new MemoryIo({ under: denoIo() });
    const args = ["explore", "--workers", "1", "--format", "json", operand];
    assertEquals(await main(args, io), 1, io.stderr);
    const { verdicts } = JSON.parse(io.stdout) as Document;
    return JSON.stringify(verdicts.map((one) => [one.name, one.schedule]));
  };
  assertEquals(
    await verdict(`builtin:${path}`),
    await verdict(`scenarios/${path}.dregs`),
  );
});

/** More states than are searched before somebody interrupts. */
const LARGE = `arch x86
host cpus=2
set vcpus=2
explore {
  vcpu 0 { repeat 5000 { write dr0 0x1000; write dr0 0x2000 } }
  vcpu 1 { repeat 5000 { write dr1 0x1000; write dr1 0x2000 } }
  preempt any
  never missed
}
`;

for (const args of [["--simulate", "100000000"], ["--without", "all"]]) {
  Deno.test(`explore ${args[0]}, interrupted: the status says so, and no other kernel is searched`, async () => {
    const kernels = ["--kernel", "linux-6.1", "--kernel", "linux-7.2"];
    const { code, stdout, stderr } = await denoRun([
      "-A",
      "tests/explore_interrupted.ts",
      ...["--workers", "1", ...kernels, ...args, "-"],
    ], { stdin: LARGE });
    assertEquals([code, stderr], [2, ""]);
    assertEquals(stdout.match(/^\S+ on /gm)?.length, 1, stdout);
    assertStringIncludes(stdout, "stopped");
  });
}
