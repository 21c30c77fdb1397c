/**
 * Makes the program one executable file, dist/dregs.
 *
 * `deno compile` puts a runtime in front of the bundle, which it fetches from
 * dl.deno.land and which npm does not have. DENORT_BIN names one that is on this
 * machine, DENO_FOR_COMPILE a deno whose version is the runtime's. Where there
 * is neither that server nor a runtime, the file is the bundle with two lines
 * before it that start it with the deno on PATH, or else with npm's.
 *
 * Arguments: the flags that offline/flags.ts printed, then any number of
 * `--target PLATFORM`, or `--target all`; each makes a file dist/dregs-PLATFORM.
 * Without one it is dist/dregs, for this machine. `--script` makes the script,
 * runtime or not.
 *
 * @module
 */

import { ask } from "../offline/probe.ts";
import { BUNDLE, bundle } from "./bundle.ts";
import { platformOf } from "./executable.ts";
import { PERMISSIONS, RUN_FLAGS, V8_FLAGS } from "./permissions.ts";

/** The platforms that `deno compile` knows. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

/** Where the executable is, from the root of the working copy, and its name without what Windows adds. */
const FOLDER = "dist";
const NAME = "dregs";

/** The arguments taken apart. */
interface Wanted {
  readonly flags: readonly string[];
  /** Platforms; none is this machine. */
  readonly targets: readonly string[];
  readonly script: boolean;
  /** The folder that it is written to. */
  readonly folder: string;
}

/** What the arguments may be. */
const USAGE =
  `deno task compile [--target PLATFORM|all]… [--outdir FOLDER] [--script]
platforms: ${TARGETS.join(", ")}`;

/** Flags of deno's that offline/flags.ts prints. */
const DENO_FLAG = /^--(import-map|lock|frozen)(=|$)/;

/** Says what is wrong with the arguments and ends. */
function usage(message: string): never {
  console.error(`compile: ${message}\n${USAGE}`);
  Deno.exit(2);
}

/** Says what cannot be done and ends. */
function fail(message: string): never {
  console.error(`dregs: ${message}`);
  Deno.exit(1);
}

/** Takes the arguments apart: `--target` with its value, and what is for deno. */
function takeApart(args: readonly string[]): Wanted {
  const flags: string[] = [];
  const targets: string[] = [];
  let script = false;
  let folder = FOLDER;
  for (let i = 0; i < args.length; i++) {
    const [name, joined] = args[i].split(/=(.*)/s, 2);
    if (args[i] === "--script") {
      script = true;
      continue;
    }
    if (name === "--help" || name === "-h") {
      console.log(USAGE);
      Deno.exit(0);
    }
    if (DENO_FLAG.test(args[i])) {
      flags.push(args[i]);
      continue;
    }
    if (name === "--outdir") {
      folder = joined ?? args[++i] ?? "";
      if (folder === "" || folder.startsWith("--")) {
        usage("--outdir needs a value");
      }
      continue;
    }
    if (name !== "--target") usage(`${name} is not an argument`);
    const target = joined ?? args[++i] ?? usage("--target needs a value");
    if (target === "all") targets.push(...TARGETS);
    else if ((TARGETS as readonly string[]).includes(target)) {
      targets.push(target);
    } else usage(`there is no target ${JSON.stringify(target)}`);
  }
  if (script && targets.length > 0) usage("--script is for every platform");
  return { flags, targets: [...new Set(targets)], script, folder };
}

/** The deno that compiles: it must be of the runtime's version. */
function compiler(): string {
  return Deno.env.get("DENO_FOR_COMPILE") || Deno.execPath();
}

/** Ends with a message unless a file that was named as the runtime is one for a platform. */
async function checkRuntime(path: string, target: string): Promise<void> {
  let platform: string | undefined;
  try {
    platform = await platformOf(path);
  } catch {
    fail(`DENORT_BIN: ${path} cannot be read`);
  }
  if (platform === target) return;
  const what = platform ? `a program for ${platform}` : "no program";
  fail(`DENORT_BIN: ${path} is ${what}, and no runtime for ${target}`);
}

/** Whether `deno compile` has its runtime for a platform already or can get it; one that was named fits. */
async function hasRuntime(target: string): Promise<boolean> {
  if (Deno.env.get("DENORT_BIN")) return true;
  const path = `release/v${Deno.version.deno}/denort-${target}.zip`;
  const info = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config"],
  }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
  try {
    await Deno.stat(`${denoDir}/dl/${path}`);
    return true;
  } catch {
    return await ask(new URL(path, "https://dl.deno.land/")) === "answers";
  }
}

/** Puts a runtime in front of the bundle. */
async function compile(
  target: string | undefined,
  folder: string,
): Promise<void> {
  const platform = target === undefined ? [] : ["--target", target];
  const output = target === undefined
    ? `${folder}/${NAME}`
    : `${folder}/${NAME}-${target}`;
  const isOurs = (target ?? Deno.build.target) === Deno.build.target;
  const suffix = (target ?? Deno.build.target).includes("windows")
    ? ".exe"
    : "";
  // What is there stays until there is another that starts.
  const made = await Deno.makeTempDir({ dir: folder });
  const path = `${made}/${NAME}${suffix}`;
  const problem = await compileTo(path, platform, isOurs);
  if (problem === undefined) {
    await Deno.remove(output + suffix).catch(() => {});
    await Deno.rename(path, output + suffix);
  }
  await Deno.remove(made, { recursive: true });
  if (problem !== undefined) fail(`${output} is not made: ${problem}`);
}

/**
 * Makes an executable.
 *
 * @param isOurs it is for this machine, and can be started to see whether it does
 * @returns why there is none that works; undefined if there is
 */
async function compileTo(
  path: string,
  platform: readonly string[],
  isOurs: boolean,
): Promise<string | undefined> {
  const args = [
    "compile",
    "--quiet",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--cached-only",
    V8_FLAGS,
    ...PERMISSIONS,
    ...platform,
    "-o",
    path,
    BUNDLE,
  ];
  const wanted = compiler();
  try {
    const { code } = await new Deno.Command(wanted, { args }).spawn().status;
    if (code !== 0) return `${wanted} compile has exit status ${code}`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return `there is no ${wanted}`;
  }
  return isOurs && !await starts(path)
    ? "it did not start: the runtime must be of the version of the deno that compiles, which DENO_FOR_COMPILE names"
    : undefined;
}

/** Whether an executable for this machine starts: with a runtime of another version it does not. */
async function starts(path: string): Promise<boolean> {
  const { success, stdout } = await new Deno.Command(
    await Deno.realPath(path),
    {
      args: ["--version"],
    },
  ).output();
  return success && new TextDecoder().decode(stdout).startsWith("dregs ");
}

/**
 * Two lines that a shell runs and that JavaScript skips: to it the first is a
 * comment, the second a string and a comment.
 */
function launcher(): string {
  const run = `run ${RUN_FLAGS.join(" ")} --ext=js "$0" "$@"`;
  return "#!/bin/sh\n" +
    `":" //; command -v deno >/dev/null 2>&1 && exec deno ${run}; ` +
    `exec npx -y deno@${Deno.version.deno} ${run}\n`;
}

/** Writes the script that stands in for the executable. */
async function writeScript(folder: string): Promise<void> {
  const program = await Deno.readTextFile(BUNDLE);
  const output = `${folder}/${NAME}`;
  // Not over the old file: it may be an executable that is running.
  await Deno.remove(output).catch(() => {});
  await Deno.writeTextFile(output, launcher() + program, { mode: 0o755 });
  console.error(`dregs: ${output} is a script that needs deno or npx on PATH`);
}

if (import.meta.main) {
  const { flags, targets, script, folder } = takeApart(Deno.args);
  // What cannot be made is said before anything is.
  const named = Deno.env.get("DENORT_BIN");
  if (named && !script) {
    const wanted = targets.length === 0 ? [Deno.build.target] : targets;
    for (const target of wanted) await checkRuntime(named, target);
  }
  await bundle(flags);
  await Deno.mkdir(folder, { recursive: true });
  if (targets.length === 0) {
    if (script) await writeScript(folder);
    else if (await hasRuntime(Deno.build.target)) {
      await compile(undefined, folder);
    } else {
      console.error(
        "dregs: dl.deno.land does not answer, and DENORT_BIN names no runtime",
      );
      await writeScript(folder);
    }
  }
  for (const target of targets) {
    if (!await hasRuntime(target)) fail(`there is no runtime for ${target}`);
    await compile(target, folder);
  }
}
