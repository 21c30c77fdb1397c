/**
 * Schedules of random blocks in which breakpoints are missed or hit without one, saved: each scenario fails where it was
 * found, and holds on every kernel on which its block holds.
 *
 * @module
 */
import { assert } from "@std/assert";
import * as fc from "fast-check";
import type { Document } from "../cli/explore/verdict.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { run } from "./explore_command.ts";

/** More blocks: `DREGS_BLOCKS=900 deno task test tests/explore_saved_random_test.ts`; `DREGS_SEED` draws others. */
const numRuns = Number(Deno.env.get("DREGS_BLOCKS") ?? 60);
const seed = Number(Deno.env.get("DREGS_SEED") ?? 2026);

/** Kernels without and with the two changes of 2016, each vendor. */
const KERNELS = ["linux-4.4", "linux-4.4 svm", "linux-4.9", "linux-7.2 svm"];

/** What comes after a watchpoint on stores to 0x1000. */
const GUEST = [
  "store 0x1000 size=4",
  "store 0x1000 size=4",
  "store 0x2000 size=4",
  "store 0x2000 size=4",
  "rmw 0x1000 size=4",
  "exec 0x1000",
  "exec 0x2000",
  "write dr1 0x2000",
  "write dr7 g0=1",
  "write dr7 g0=1 g1=1 rw1=access len1=bytes4",
  "read dr0",
];

const HOST = [
  "break 0x1000",
  "break 0x2000",
  "break 0x2000",
  "break 0x9000",
  "watch 0x2000 size=4 on=store",
  "off",
];

const USER = [
  "debug step",
  "debug off",
  "debug break 0x2000",
  "set dr0 0x2000",
];

const WATCH = "write dr7 g0=1 rw0=write len0=bytes4";

/** The guest's breakpoints: addresses by the program, or before the block. */
const STARTS = [
  { before: "", first: ["write dr0 0x1000", WATCH] },
  { before: "user set dr0 0x5000\n", first: [WATCH] },
  // One of another kind beside it.
  {
    before: "",
    first: [
      "write dr0 0x1000",
      "write dr1 0x2000",
      "write dr7 g0=1 g1=1 rw1=write len1=bytes4",
    ],
  },
  // The guest steps itself.
  { before: "", first: ["write dr0 0x1000", WATCH, "popf tf=1"] },
];

function program(
  name: string,
  words: readonly string[],
  lengths: { readonly minLength: number; readonly maxLength: number },
): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...words), lengths).map((lines) =>
    lines.length === 0 ? "" : `  ${name} {\n    ${lines.join("\n    ")}\n  }\n`
  );
}

/** A vCPU's program is short where userspace steps through it. */
const PROGRAMS = fc.oneof(
  fc.tuple(
    program("vcpu 0", GUEST, { minLength: 2, maxLength: 5 }),
    program("host 0", HOST, { minLength: 1, maxLength: 2 }),
    program("user 0", USER, { minLength: 0, maxLength: 2 }),
  ),
  fc.tuple(
    program("vcpu 0", GUEST, { minLength: 1, maxLength: 3 }),
    program("host 0", HOST, { minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      "  user 0 { debug step }\n",
      "  user 0 { debug step; debug off; debug step }\n",
    ),
  ),
);

const BLOCKS = fc.tuple(
  PROGRAMS,
  fc.constantFrom("missed", "stray", "missed, stray"),
  fc.constantFrom(...STARTS),
  fc.constantFrom("any", "none"),
).map(([[vcpu, host, user], never, { before, first }, preempt]) =>
  `arch x86
kernel linux-4.4
${before}explore {
${
    vcpu.replace(
      "{\n",
      `{\n    ${first.join("\n    ")}\n`,
    )
  }${host}${user}  preempt ${preempt}
  never ${never}
}
`
);

Deno.test(`explore --save: ${numRuns} random blocks fail where they were found, and hold where the block holds (seed ${seed})`, async () => {
  const counts = { failed: 0, held: 0, onCpu: 0 };
  const wrong: string[] = [];
  for (const text of fc.sample(BLOCKS, { numRuns, seed })) {
    const io = new MemoryIo({ files: { "a.dregs": text } });
    const kernels = KERNELS.flatMap((kernel) => ["--kernel", kernel]);
    const args = [...kernels, "--workers", "1", "--format", "json", "a.dregs"];
    const { verdicts } = JSON.parse(await run(io, ...args)) as Document;
    const broken = verdicts.filter(({ outcome }) => outcome === "broken");
    for (const found of broken) {
      const scenario = found.scenario!;
      if (scenario.includes("\nexpect cpu")) counts.onCpu++;
      for (const { kernel, vendor, outcome } of verdicts) {
        const isFound = kernel === found.kernel && vendor === found.vendor;
        if (!isFound && outcome !== "holds") continue;
        const there = new MemoryIo({ files: { "found.dregs": scenario } });
        const name = `${kernel} ${vendor}`;
        const args = ["run", "--kernel", name, "found.dregs"];
        const status = await main(args, there);
        counts[isFound ? "failed" : "held"]++;
        if (status !== (isFound ? 1 : 0)) {
          wrong.push(
            `${name}: ${status}\n${text}\n${scenario}\n${there.stdout}${there.stderr}`,
          );
        }
      }
    }
  }
  assert(
    wrong.length === 0,
    `${wrong.length} are wrong:\n${wrong.join("\n----\n")}`,
  );
  const { failed, held, onCpu } = counts;
  assert(failed > 10 && held > 20 && onCpu > 5, JSON.stringify(counts));
});
