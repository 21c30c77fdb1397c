/**
 * How long a start takes: a one-line script run by the bundle, beside other programs' starts and a bare deno's, and
 * what the time is spent on.
 *
 * Run: `deno task bench startup`. Each is started in turn, so that a busy machine slows them alike.
 *
 * @module
 */
import { bundle, bundleProgram, PROGRAM } from "../tools/bundle.ts";
import { dependencyFlags } from "../tests/child_deno.ts";
import { RUN_FLAGS } from "../tools/permissions.ts";
import { executable } from "./executable.ts";
import { median } from "./median.ts";
import { realPython } from "./python.ts";

const ROUNDS = 25;

/** The first rounds fill caches: deno keeps compiled code. */
const ROUNDS_BEFORE = 3;

/** The one-line example. */
export const SCRIPT = "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run";

/** How often it should be slower than a bare deno, at most. */
const RATIO_MAX = 3;

interface Times {
  readonly name: string;
  readonly ms: number[];
}

/** The least: what the machine's other work did not slow. */
function least({ ms }: Times): number {
  return Math.min(...ms);
}

/** Starts a program; undefined if there is none by that name. */
async function start(command: string, args: readonly string[]) {
  try {
    const began = performance.now();
    const { success, stdout } = await new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stderr: "null",
    }).output();
    const ms = performance.now() - began;
    if (!success) throw new Error(`${command} ${args.join(" ")} failed`);
    return { ms, stdout: new TextDecoder().decode(stdout) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Starts each in turn, many times. */
async function race(
  contestants: Readonly<Record<string, readonly string[]>>,
): Promise<Times[]> {
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS_BEFORE + ROUNDS; round++) {
    for (const [name, [command, ...args]] of Object.entries(contestants)) {
      const ms = (await start(command, args))?.ms;
      if (ms === undefined || round < ROUNDS_BEFORE) continue;
      times.set(name, [...times.get(name) ?? [], ms]);
    }
  }
  return [...times].map(([name, ms]) => ({ name, ms }));
}

function row(name: string, ...values: (number | string)[]): void {
  const cells = values.map((value) =>
    (typeof value === "number" ? value.toFixed(1) : value).padStart(8)
  );
  console.log(`${name.padEnd(56)}${cells.join("")}`);
}

/** The steps within, by the probe. */
async function breakdown(folder: string, flags: readonly string[]) {
  const probe = `${folder}/probe.js`;
  await bundleProgram(probe, "bench/startup_probe.ts", [[]], [], flags);
  const steps = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS_BEFORE + ROUNDS; round++) {
    const run = await start(Deno.execPath(), ["run", ...RUN_FLAGS, probe]);
    if (round < ROUNDS_BEFORE) continue;
    const list: [string, number][] = JSON.parse(run!.stdout);
    for (const [step, ms] of list) {
      steps.set(step, [...steps.get(step) ?? [], ms]);
    }
  }
  return [...steps].map(([name, ms]) => ({ name, ms }));
}

/** Runs the benchmark. */
export async function bench(): Promise<void> {
  const flags = dependencyFlags();
  const folder = await Deno.makeTempDir();
  const compiled = await executable(folder);
  await bundle(flags);
  const empty = `${folder}/empty.js`;
  await Deno.writeTextFile(empty, "");
  const run = [Deno.execPath(), "run", ...RUN_FLAGS];
  const program = [...run, PROGRAM];
  const bare = "deno run of an empty file";
  const ours = "dregs run -e '…', from the bundle";
  const contestants: Record<string, readonly string[]> = {
    [bare]: [Deno.execPath(), "run", "--quiet", "--no-config", empty],
    "dregs --version, from the bundle": [...program, "--version"],
    [ours]: [...program, "run", "-e", SCRIPT],
    ...(compiled.length > 0 && {
      "dregs run -e '…', the executable": [...compiled, "run", "-e", SCRIPT],
    }),
    "python3 -c pass": [await realPython(), "-c", "pass"],
    "node -e 0": ["node", "-e", "0"],
    "gdb -batch": ["gdb", "-batch"],
  };
  const times = await race(contestants);
  if (compiled.length === 0) {
    console.log("the executable: skipped, there is no runtime to make it with");
  }
  const base = times.find(({ name }) => name === bare)!;
  row("start", "least ms", "median", "ratio");
  for (const one of times) {
    row(one.name, least(one), median(one.ms), least(one) / least(base));
  }
  const ratio = least(times.find(({ name }) => name === ours)!) / least(base);
  console.log(
    `${ratio.toFixed(2)} times a bare deno (the aim: at most ${RATIO_MAX})`,
  );
  console.log();
  row("within a start", "least ms", "median");
  for (const one of await breakdown(folder, flags)) {
    row(one.name, least(one), median(one.ms));
  }
  await Deno.remove(folder, { recursive: true });
}
