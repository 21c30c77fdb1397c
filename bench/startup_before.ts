/**
 * The start of this checkout's bundle beside that of another checkout, each as its own launchers start it, and both
 * with the flags of this one.
 *
 * Run: `DREGS_BEFORE=DIR deno task bench startup-before`, after `deno task bundle` in DIR. Starts are made in turn, and
 * of the ratios of pairs the median counts: of processor time, which other work disturbs less, and of time.
 *
 * @module
 */
import { dependencyFlags } from "../tests/child_deno.ts";
import { bundle, PROGRAM } from "../tools/bundle.ts";
import { RUN_FLAGS } from "../tools/permissions.ts";
import { median } from "./median.ts";
import { SCRIPT } from "./startup.ts";

const ROUNDS = Number(Deno.env.get("DREGS_ROUNDS") ?? 30);

/** Starts of a round: bash gives times in milliseconds. */
const STARTS = 4;

const SCRIPTS = {
  arm64: SCRIPT,
  x86: "arch x86; guest write dr0 0x1000; run",
} as const;

/** Runs what follows it some times, and prints its seconds: elapsed, in user mode, in the kernel. */
const TIMED =
  `export TIMEFORMAT='%R %U %S'; n=$1; shift; time for ((i = 0; i < n; i++)); do "$@" < /dev/null > /dev/null 2>&1 || exit; done`;

interface Cost {
  /** Seconds of a round. */
  readonly elapsed: number;
  readonly processor: number;
}

async function cost(command: readonly string[]): Promise<Cost> {
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-c", TIMED, "bash", `${STARTS}`, ...command],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${command.join(" ")} failed`);
  const [elapsed, user, system] = new TextDecoder().decode(stderr).trim()
    .split(" ").map(Number);
  return { elapsed, processor: user + system };
}

/** How the launchers of a checkout start its bundle. */
async function flagsOf(checkout: string): Promise<string[]> {
  const { href } = new URL(`file://${checkout}/tools/permissions.ts`);
  const code =
    `import { RUN_FLAGS } from "${href}"; console.log(JSON.stringify(RUN_FLAGS));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", code],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Runs the benchmark. */
export async function bench(): Promise<void> {
  const before = Deno.env.get("DREGS_BEFORE");
  if (before === undefined) {
    console.log("skipped: DREGS_BEFORE names no checkout to compare with");
    return;
  }
  await bundle(dependencyFlags());
  const itsFlags = await flagsOf(await Deno.realPath(before));
  const folder = await Deno.makeTempDir();
  /** A copy each: deno keeps one compiled code for a path, and V8 refuses it under other flags. */
  const copy = async (name: string, from: string, flags: readonly string[]) => {
    const path = `${folder}/${name}.js`;
    await Deno.copyFile(from, path);
    return [Deno.execPath(), "run", ...flags, path];
  };
  const theirs = `${before}/dist/dregs.js`;
  const commands = [
    ["before, as it was started", await copy("before", theirs, itsFlags)],
    ["before, with today's flags", await copy("flags", theirs, RUN_FLAGS)],
    ["today", await copy("today", PROGRAM, RUN_FLAGS)],
  ] as const;
  for (const [name, script] of Object.entries(SCRIPTS)) {
    const costs = commands.map((): Cost[] => []);
    for (let round = -1; round < ROUNDS; round++) {
      for (const [n, [, command]] of commands.entries()) {
        const one = await cost([...command, "run", "-e", script]);
        if (round >= 0) costs[n].push(one);
      }
    }
    console.log(`${name}: ${script}`);
    for (const [n, [label]] of commands.entries()) {
      const ratio = (field: keyof Cost) =>
        median(costs[n].map((one, i) => one[field] / costs[0][i][field]))
          .toFixed(3);
      console.log(
        `  ${label.padEnd(28)}${ratio("processor")} of the processor time, ${
          ratio("elapsed")
        } of the time`,
      );
    }
  }
  await Deno.remove(folder, { recursive: true });
}
