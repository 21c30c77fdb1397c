/**
 * `deno task fuzz`: hostile inputs for every surface of the program.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { wholeNumber } from "../../cli/arguments.ts";
import { UsageError } from "../../cli/command.ts";
import { denoIo } from "../../cli/io.ts";
import { progressBar } from "../../tools/progress.ts";
import { refuseOption, runTask } from "../../tools/task.ts";
import { keptInputs } from "./kept.ts";
import { fuzz, type Outcome } from "./runs.ts";
import { SURFACES } from "./surfaces.ts";

const USAGE = `usage: deno task fuzz [OPTION…] [SURFACE…]

Gives hostile inputs to surfaces of the program: ${
  Object.keys(SURFACES).join(", ")
}; all if none is named.
An input fails if the program throws, shows a stack trace, does not end, or touches a file that was not named.
Failures are made small and printed. Ctrl-C ends a run after the batch that is going on, with what was found.

  --inputs N    of each surface; 20000 if left out
  --seed S      of the first batch of 250; the next has S + 1; 1 if left out
  --hang MS     longest time for one input; 1000 if left out
  --memory MB   most memory of the process; 2000 if left out
  --json        print the figures as JSON

Exit status: 0 nothing failed; 1 something did; 2 wrong options.
`;

const io = denoIo();

function print(line: string): void {
  io.out(`${line}\n`);
}

function number(name: string, value: string | undefined, initial: number) {
  return value === undefined ? initial : wholeNumber(name, value);
}

function show(outcome: Outcome): void {
  const { surface, missing, given, failures, slowest, memory } = outcome;
  if (missing !== undefined) {
    print(`${surface}: skipped: ${missing}`);
    return;
  }
  print(
    `${surface}: ${given} inputs, ${failures.length} failed, the slowest took ${
      slowest.toFixed(0)
    } ms, ${(memory / 2 ** 20).toFixed(0)} MB`,
  );
  for (const { input, why } of failures) {
    print(`  ${JSON.stringify(input)}`);
    for (const line of why.split("\n").slice(0, 30)) print(`    ${line}`);
  }
}

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    string: ["inputs", "seed", "hang", "memory"],
    boolean: ["json", "help"],
    unknown: refuseOption,
  });
  if (args.help) {
    print(USAGE.trimEnd());
    return 0;
  }
  const names = args._.length > 0 ? args._.map(String) : Object.keys(SURFACES);
  const unknown = names.find((name) => !Object.hasOwn(SURFACES, name));
  if (unknown !== undefined) {
    throw new UsageError(
      `there is no surface ${unknown}: expected ${
        Object.keys(SURFACES).join(", ")
      }`,
    );
  }
  const inputs = number("inputs", args.inputs, 20_000);
  const hang = number("hang", args.hang, 1000);
  let hasFailed = false;
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
  };
  Deno.addSignalListener("SIGINT", stop);
  for (const name of names) {
    if (isStopped) break;
    const bar = progressBar(name, inputs);
    const begun = performance.now();
    const outcome = await fuzz(name, {
      inputs,
      seed: number("seed", args.seed, 1),
      // An input that only shares the machine with others is no hang: it is stopped late, and judged by its time.
      patience: Math.max(10 * hang, 10_000),
      memory: number("memory", args.memory, 2000) * 2 ** 20,
      corpus: await keptInputs(name),
      onProgress: (given) => bar.show(given),
      isStopped: () => isStopped,
    });
    bar.end();
    const { slowest, slow, failures } = outcome;
    const judged = slowest > hang
      ? {
        ...outcome,
        failures: [...failures, {
          input: slow,
          why: `it took ${slowest.toFixed(0)} ms`,
        }],
      }
      : outcome;
    const seconds = (performance.now() - begun) / 1000;
    if (args.json) print(JSON.stringify({ ...judged, seconds }));
    else show(judged);
    hasFailed ||= judged.failures.length > 0;
  }
  Deno.removeSignalListener("SIGINT", stop);
  return hasFailed ? 1 : 0;
}

await runTask("fuzz", main);
