/**
 * Hostile inputs for every surface of the program: no exception, no stack trace, no input without an end, no file that
 * was not named.
 *
 * `DREGS_FUZZ_INPUTS` and `DREGS_FUZZ_SEED` lengthen and repeat a run; `deno task fuzz` says more.
 *
 * @module
 */
import { OWN_FAULT } from "../repl/repl.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { keptInputs } from "./fuzz/kept.ts";
import { checkOutput, runCommand } from "./fuzz/program.ts";
import { fuzz, type Outcome } from "./fuzz/runs.ts";
import { SURFACES } from "./fuzz/surfaces.ts";

const INPUTS = Number(Deno.env.get("DREGS_FUZZ_INPUTS") ?? 20_000);
const SEED = Number(Deno.env.get("DREGS_FUZZ_SEED") ?? 2026);

/** An input that takes so long has no end, however busy the machine is. */
const PATIENCE_MS = 120_000;

const MEMORY_MAX = 2 ** 31;

/** Surfaces that are tried at a time: each has a thread. */
const AT_A_TIME = 2;

/** Runs jobs, some at a time. */
async function all(jobs: (() => Promise<void>)[]): Promise<void> {
  const next = jobs.values();
  const worker = async () => {
    for (const job of next) await job();
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

Deno.test(`${INPUTS} hostile inputs for each surface`, async (t) => {
  const outcomes = new Map<string, Outcome>();
  await all(
    Object.keys(SURFACES).map((name) => async () => {
      const outcome = await fuzz(name, {
        inputs: INPUTS,
        seed: SEED,
        patience: PATIENCE_MS,
        memory: MEMORY_MAX,
        corpus: await keptInputs(name),
      });
      outcomes.set(name, outcome);
    }),
  );
  for (const [name, { missing, given, failures }] of outcomes) {
    await t.step({
      name: missing === undefined ? name : `${name} (skipped: ${missing})`,
      ignore: missing !== undefined,
      fn: () => {
        assertEquals(failures, []);
        assert(given >= INPUTS);
      },
    });
  }
});

Deno.test("a file of kept inputs belongs to a surface", async () => {
  const folder = new URL("fuzz/corpus/", import.meta.url);
  const names = (await Array.fromAsync(Deno.readDir(folder))).map((one) =>
    one.name.replace(/\.json$/, "")
  );
  assert(names.length > 0);
  for (const name of names) {
    assert(Object.hasOwn(SURFACES, name), name);
    assert((await keptInputs(name)).length > 0, name);
  }
});

Deno.test("an output that shows a fault of the program is a failure", () => {
  checkOutput("a.dregs:1:1: error[word]: `tests` is not a statement", "tests");
  for (
    const text of [
      "TypeError: x",
      "    at main (file:///a.ts:1:2)",
      `${OWN_FAULT}: x`,
      "Cannot read properties of null",
      "expected [object Object]",
    ]
  ) {
    let hasFailed = false;
    try {
      checkOutput(text, "");
    } catch {
      hasFailed = true;
    }
    assert(hasFailed, text);
    // An answer may repeat what was given.
    checkOutput(text, text);
  }
});

Deno.test("a file that was not named is a failure", async () => {
  const files = { "a.dregs": "run" };
  await runCommand(["fmt", "a.dregs"], files, ["a.dregs"]);
  await assertRejects(
    () => runCommand(["fmt", "a.dregs"], { "a.dregs": "run  \n" }),
    Error,
    "a.dregs was written",
  );
});

Deno.test("a run that is stopped has what it found until then", async () => {
  let done = 0;
  const { given, failures } = await fuzz("language", {
    inputs: 1_000_000,
    seed: SEED,
    patience: PATIENCE_MS,
    memory: MEMORY_MAX,
    corpus: [],
    onProgress: (count) => done = count,
    isStopped: () => done > 0,
  });
  assertEquals([given, failures], [250, []]);
});
