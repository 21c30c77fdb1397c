import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { Document, Verdict } from "../cli/explore/verdict.ts";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { denoRun } from "./child_deno.ts";
import { FOLDER, run, verdictOn } from "./explore_command.ts";

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

  // A missing part is named.
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

/** The JSON document of one of two parts of a search, by its file. */
async function partOf(
  part: number,
  text: string,
): Promise<Record<string, string>> {
  const io = new MemoryIo({ files: { "a.dregs": text } });
  const shard = ["--shard", `${part}/2`];
  const json = await run(io, "--format", "json", ...shard, "a.dregs");
  return { [`${part}.json`]: json };
}

Deno.test("explore --merge: parts of different texts are refused", async () => {
  const first = await partOf(1, CHOICES);
  const changed = CHOICES.replace("g0=1", "l1=1");
  const io = new MemoryIo({
    files: { ...first, ...await partOf(2, changed) },
  });
  assertEquals(await main(["explore", "--merge", "1.json", "2.json"], io), 2);
  assertStringIncludes(io.stderr, "differs between 1.json and 2.json");
  assertEquals(io.stdout, "");
});

Deno.test("explore: what stands before the block is in its digest; comments and spaces are not", async () => {
  const digestOf = async (text: string, more: Record<string, string> = {}) => {
    const io = new MemoryIo({ files: { "a.dregs": text, ...more } });
    const json = await run(io, "--format", "json", "a.dregs");
    return (JSON.parse(json) as Document).verdicts[0].digest;
  };
  const plain = await digestOf(CHOICES);
  const same = CHOICES.replace("0x1000\n", "4096 # the first\n\n");
  assert(same !== CHOICES);
  assertEquals(await digestOf(same), plain);
  const machine = CHOICES.replace("explore", "set rtm=1\nexplore");
  assert(await digestOf(machine) !== plain);
  const included = (set: string) =>
    digestOf(`include "set.dregs"\n${CHOICES}`, { "set.dregs": set });
  assert(await included("let x = 3\n") !== await included("let x = 2\n"));
});

Deno.test("explore --merge: a part without a digest is a warning", async () => {
  const files = { ...await partOf(1, CHOICES), ...await partOf(2, CHOICES) };
  const old = JSON.parse(files["2.json"]);
  for (const one of old.verdicts) delete one.digest;
  files["2.json"] = JSON.stringify(old);
  const io = new MemoryIo({ files });
  const args = ["explore", "--merge", "--format", "json", "1.json", "2.json"];
  assertEquals(await main(args, io), 1);
  assertStringIncludes(io.stderr, "without a digest in 2.json");
  assertEquals(
    (JSON.parse(io.stdout) as Document).verdicts[0].digest,
    null,
  );
});

/** What is refused, with what is said of it. */
const REFUSED: readonly [args: string[], said: string][] = [
  [
    ["--save", "a.dregs", "a.dregs"],
    "a.dregs: would replace a.dregs, which is read",
  ],
  [["--seed", "3", "a.dregs"], "`--seed` needs `--simulate`"],
  // The next whole number is not the next number: schedules would repeat.
  [
    ["--simulate", "3", "--seed", "9007199254740990", "a.dregs"],
    "expected at most 9007199254740989 with `--simulate 3`",
  ],
  [
    ["--simulate", "1", "--seed", "9007199254740993", "a.dregs"],
    "expected at most 9007199254740991\n",
  ],
  [
    ["--simulate", "2000000001", "a.dregs"],
    "expected a number from 1 to 2000000000",
  ],
  [
    ["--limit", "9007199254740993", "a.dregs"],
    "expected a whole number up to 9007199254740991",
  ],
  [
    ["--memory", "9007199254740993", "a.dregs"],
    "expected at most 9007199254740991 bytes",
  ],
  [
    ["--memory", "8388608G", "a.dregs"],
    "expected at most 9007199254740991 bytes",
  ],
  [
    ["--shard", "1/9007199254740993", "a.dregs"],
    "expected N up to 9007199254740991",
  ],
  [
    ["--merge", "--save", "x.dregs", "1.json"],
    "`--save` is not allowed with `--merge`",
  ],
  [["--merge", "1.json"], "not a document of dregs.explore/2: verdicts/0: "],
  [["--merge", "2.json"], "not a document"],
  [["--merge", "3.json"], "not a document"],
  [["--merge", "4.json"], 'the name "\\ud800" is no text of Unicode'],
  [["--merge", "5.json"], "matrixx: there is no such property"],
  [
    ["--kernel", "bennee-v2", "a.dregs"],
    "is for x86; bennee-v2 is a kernel of another",
  ],
  [["--without", "pairs,slotz", "a.dregs"], "did you mean `slots`?"],
];

for (const [args, said] of REFUSED) {
  Deno.test(`explore ${args.join(" ")}: ${said}`, async () => {
    const io = new MemoryIo({
      files: {
        "a.dregs": CHOICES,
        "1.json":
          '{"schema":"dregs.explore/2","shard":null,"verdicts":[{}],"skipped":[],"except":[],"matrix":[]}',
        "2.json":
          '{"schema":"dregs.explore/2","shard":"1/0","verdicts":[],"skipped":[]}',
        "3.json": "null",
        "4.json": '{"schema":"dregs.explore/2","verdicts":[{"\\ud800":1}]}',
        "5.json":
          '{"schema":"dregs.explore/2","shard":null,"verdicts":[],"skipped":[],"except":[],"matrix":[],"matrixx":1}',
      },
    });
    assertEquals(await main(["explore", ...args], io), 2);
    assertStringIncludes(io.stderr, said);
  });
}

Deno.test("explore --simulate: the last seed that is taken is the largest whole number", async () => {
  const { method } = await verdictOn(
    CHOICES,
    ...["--simulate", "3", "--seed", "9007199254740989"],
  );
  assertEquals(method, "random");
});

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
    "dregs: bare/a.dregs: there is no `explore` block in it",
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
