/**
 * What `dregs explore` tells of what it has tried, beside a verdict that holds.
 *
 * @module
 */
import type { Document } from "../cli/explore/verdict.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { withOutputs } from "../tools/docs/console.ts";
import { run, verdictOn } from "./explore_command.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** One vCPU that is not preempted: a pair for each of its steps. */
const ALONE = `arch x86
kernel linux-6.1
host cpus=1
explore {
  vcpu 0 {
    write dr0 0x1000
    write dr7 g0=1
    exec 0x1000
    exec 0x2000
  }
  preempt none
  never missed
}
`;

Deno.test("coverage: the lines of a program, and how often each came to what", async () => {
  const { coverage, warnings } = await verdictOn(ALONE, "--without", "all");
  assertEquals(warnings, []);
  const lines = coverage!.lines.map((
    { line, column, text, actor, index, done, refused, stopped, matched },
  ) => [
    `${line}:${column} ${text}`,
    actor,
    index,
    done,
    refused,
    stopped,
    matched,
  ]);
  // The first MOV DR traps, and is executed at its second try; the breakpoint comes before its instruction once.
  assertEquals(lines, [
    ["6:5 write dr0 0x1000", "guest", 0, 1, 0, 0, 1],
    ["7:5 write dr7 g0=1", "guest", 0, 1, 0, 0, 1],
    ["8:5 exec 0x1000", "guest", 0, 1, 0, 1, null],
    ["9:5 exec 0x2000", "guest", 0, 1, 0, 0, null],
  ]);
  assertEquals(
    coverage!.lines.map(({ tried }) => tried),
    [2, 1, 2, 1],
  );
  assertEquals(
    coverage!.properties.map(({ name, missing }) => [name, missing]),
    [
      ["missed", null],
    ],
  );
});

Deno.test("coverage: a string instruction accesses what it repeats over, and REP STOS no second address", async () => {
  const matched = async (address: string) => {
    const { coverage } = await verdictOn(`arch x86
kernel linux-6.1
host cpus=1
explore {
  vcpu 0 { rep stos 0x3000 count=2 }
  host 0 { watch ${address} }
  preempt none
  never missed
}
`);
    const watch = coverage!.lines.find(({ actor }) => actor === "host");
    return watch!.matched! > 0;
  };
  assertEquals(await matched("0x3004"), true);
  assertEquals(await matched("0x3008"), false);
  assertEquals(await matched("0x0"), false);
});

Deno.test("coverage: a rejected request has its errno, and is none of the accepted", async () => {
  const { coverage } = await verdictOn(`arch x86
kernel linux-6.1
host cpus=1
explore {
  vcpu 0 { exec 0x1000 }
  user 0 { set dr7 0x100000000; debug step }
  preempt none
  never warn
}
`);
  assertEquals(
    coverage!.lines.filter(({ actor }) => actor === "user").map((one) => [
      one.text,
      one.done > 0,
      one.refused > 0,
      one.errno,
    ]),
    [["set dr7 0x100000000", false, true, "EINVAL"], [
      "debug step",
      true,
      false,
      null,
    ]],
  );
});

Deno.test("coverage: each way and each value has its own count", async () => {
  const { coverage, warnings } = await verdictOn(`arch x86
kernel linux-6.1
explore {
  vcpu 0 {
    either { exec 0x1000 } or { exec 0x2000 }
    choose a in 1..2
    write dr0 a
  }
  never stale
}
`);
  assertEquals(warnings, []);
  assertEquals(
    coverage!.ways.map(({ text, chosen, tried }) => [text, chosen, tried > 0]),
    [
      ["either", null, true],
      ["or", null, true],
      ["choose a in 1..2", "a = 1", true],
      ["choose a in 1..2", "a = 2", true],
    ],
  );
  assertEquals(coverage!.lines.map(({ text }) => text), [
    "exec 0x1000",
    "exec 0x2000",
    "write dr0 a",
  ]);
});

/** With n = 0 the breakpoint is not enabled; the address of the other is never used. */
const CHOICES = `arch x86
kernel linux-4.9
host cpus=1
explore {
  choose n in 0..1
  vcpu 0 { write dr0 0x1000; write dr7 g0=n; exec 0x1000 }
  vcpu 1 { write dr1 0x3000; write dr7 g1=1; exec 0x2000 }
  never missed
}
`;

const OTHER = [["never-matched", "write dr1 0x3000"]];

/** Searches a text, and gives the document and the status. */
async function searched(
  text: string,
  ...args: readonly string[]
): Promise<{ document: Document; json: string; status: number }> {
  const io = new MemoryIo({ files: { "a.dregs": text } });
  const status = await main(
    ["explore", "--format", "json", ...args, "a.dregs"],
    io,
  );
  return { document: JSON.parse(io.stdout), json: io.stdout, status };
}

function told({ verdicts: [{ warnings }] }: Document): string[][] {
  return warnings.map(({ code, text }) => [code, text]);
}

Deno.test("coverage: what one choice of values has is no warning, and parts add up to the whole", async () => {
  const whole = await searched(CHOICES);
  assertEquals(told(whole.document), OTHER);
  const parts = await Promise.all(
    ["1/2", "2/2"].map((part) => searched(CHOICES, "--shard", part)),
  );
  // The part in which it is not enabled.
  assertEquals(told(parts[0].document).length > OTHER.length, true);
  const files = { "1.json": parts[0].json, "2.json": parts[1].json };
  const io = new MemoryIo({ files });
  const args = ["explore", "--merge", "1.json", "2.json"];
  assertEquals(await main([...args, "--format", "json"], io), 0);
  const [merged] = (JSON.parse(io.stdout) as Document).verdicts;
  const [{ coverage, warnings }] = whole.document.verdicts;
  assertEquals(merged.coverage, coverage);
  assertEquals(merged.warnings, warnings);
  const text = new MemoryIo({ files });
  assertEquals(await main([...args, "--strict"], text), 2);
  assertStringIncludes(text.stderr, "a.dregs:7:12: warning[never-matched]: ");
  assertStringIncludes(
    text.stdout,
    "holds: no schedule breaks it, with 1 warning",
  );
  // A part alone claims nothing.
  const alone = new MemoryIo({ files });
  await main(["explore", "--merge", "1.json"], alone);
  assertEquals(alone.stderr, "");
});

Deno.test("coverage: a choice that is cut off keeps what others have from being a warning", async () => {
  const text = `arch x86
kernel linux-4.9
host cpus=1
explore {
  choose n in 1, 30
  vcpu 0 { write dr1 0x3000; write dr7 g1=1; repeat n { exec 0x1000 } }
  bound states=20
  preempt none
  never noticed
}
`;
  const outcomeOf = async (choice: string) => {
    const chosen = text.replace("1, 30", choice);
    const { document: { verdicts } } = await searched(
      chosen,
      "--without",
      "all",
    );
    return [verdicts[0].outcome, verdicts[0].warnings.length];
  };
  assertEquals(await outcomeOf("1"), ["holds", 1]);
  assertEquals(await outcomeOf("1, 30"), ["unfinished", 0]);
});

Deno.test("coverage: --strict makes a warning an error, and only a warning", async () => {
  assertEquals((await searched(CHOICES)).status, 0);
  assertEquals((await searched(CHOICES, "--strict")).status, 2);
  assertEquals((await searched(ALONE, "--strict")).status, 0);
  const broken = ALONE.replace("never missed", "always expect guest dr0 == 0");
  assertEquals((await searched(broken, "--strict")).status, 1);
});

Deno.test("coverage: none where something is broken; no warning where not everything was looked at", async () => {
  const typed = ALONE.replace("g0=1", "g1=1");
  assertEquals(told((await searched(typed)).document).length > 0, true);
  const bounded = await verdictOn(
    typed.replace("preempt", "bound depth=3\n  preempt"),
    "--without",
    "all",
  );
  assertEquals([bounded.outcome, bounded.warnings], ["unfinished", []]);
  assert(bounded.coverage!.lines.some(({ tried }) => tried === 0));
  const walked = await verdictOn(typed, "--simulate", "5");
  assertEquals([walked.outcome, walked.warnings], ["unfinished", []]);
  assert(walked.coverage!.lines.every(({ tried }) => tried > 0));
  const broken = await verdictOn(
    ALONE.replace("never missed", "always expect guest dr0 == 0"),
  );
  assertEquals([broken.outcome, broken.coverage], ["broken", null]);
});

Deno.test("coverage: of instructions that are never executed the first has a warning, with how many follow", async () => {
  const io = new MemoryIo({
    files: {
      "a.dregs": `arch x86
guest handler stop
explore {
  vcpu 0 { int3; exec 0x1000; exec 0x2000; exec 0x3000 }
  never missed
}
`,
    },
  });
  await run(io, "a.dregs");
  const heads = io.stderr.split("\n").filter((line) =>
    line.includes("executed")
  );
  assertEquals(heads, [
    "a.dregs:4:18: warning[never-executed]: vCPU 0 never comes to this, nor to 2 more after it",
  ]);
});

Deno.test("docs/explore.md: what is said of a spoilt block is what is printed", async () => {
  const text = await Deno.readTextFile("docs/explore.md");
  const [, section] = /^(## What was tried.*?)^## /ms.exec(text)!;
  assertStringIncludes(section, "warning[never-matched]");
  assertEquals(await withOutputs(section), section);
});
