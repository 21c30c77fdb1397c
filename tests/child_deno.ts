/**
 * A deno started by a test: it finds @std where the test itself found it, and
 * so waits for JSR no more than the test did.
 *
 * @module
 */

import { PERMISSIONS } from "../tools/permissions.ts";

const ROOT = new URL("../", import.meta.url);

/** What a child is given, beside its arguments. */
export interface ChildOptions {
  /** Its standard input; empty if left out. */
  readonly stdin?: string;
  /** Set in its environment, over what this process has. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a child left behind. */
export interface ChildResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The flags of the switch, as this process was started with them. */
export function dependencyFlags(): string[] {
  const isStandIn = import.meta.resolve("@std/assert").includes("/offline/");
  return isStandIn
    ? [
      "--import-map=offline/import_map.json",
      "--lock=offline/deno.lock",
      "--frozen",
    ]
    : ["--lock=deno.lock", "--frozen=false"];
}

/**
 * The command line of the program with the permissions of its task, in whatever folder.
 *
 * @param options of deno, besides
 */
export function programCommand(
  args: readonly string[],
  options: readonly string[] = [],
): string[] {
  const root = decodeURIComponent(ROOT.pathname);
  return [
    Deno.execPath(),
    "run",
    "-q",
    `--config=${root}deno.json`,
    ...dependencyFlags().map((flag) =>
      flag.replace(/=(?=offline\/|deno\.lock)/, `=${root}`)
    ),
    ...PERMISSIONS,
    ...options,
    `${root}cli/program.ts`,
    ...args,
  ];
}

/**
 * Runs `deno run` in the root of the working copy and waits for its end.
 *
 * @param args permissions, the module and the module's arguments
 */
export async function denoRun(
  args: readonly string[],
  { stdin = "", env = {} }: ChildOptions = {},
): Promise<ChildResult> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", ...dependencyFlags(), ...args],
    cwd: ROOT,
    env: { ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [output] = await Promise.all([
    child.output(),
    // A child that ends without reading all of it closes the pipe.
    new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {}),
  ]);
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** Runs a program that needs nothing beside it, as its file stands. */
export async function plainRun(args: readonly string[]): Promise<ChildResult> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-qA", "--no-config", "--no-lock", ...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/**
 * The names of the functions that V8 compiles while a program runs, though deno keeps the code that was compiled with
 * it: those that each start compiles anew.
 *
 * @param args what comes after `deno run`, the program's file first
 */
export async function compiledAnew(
  [path, ...args]: readonly [path: string, ...args: string[]],
): Promise<string[]> {
  const log = await Deno.makeTempFile();
  try {
    const flags = [
      "--log-function-events",
      `--logfile=${log}`,
      "--no-logfile-per-isolate",
    ];
    // The first keeps the code.
    for (let start = 0; start < 2; start++) {
      await plainRun([`--v8-flags=${flags.join(",")}`, path, ...args]);
    }
    const rows = (await Deno.readTextFile(log)).split("\n").map((line) =>
      line.split(",")
    );
    const script = rows.find(([event, , url]) =>
      event === "script-details" && url?.endsWith(encodeURI(path))
    )?.[1];
    if (script === undefined) throw new Error(`${path} did not run`);
    return rows.filter(([kind, event, id]) =>
      kind === "function" && event === "interpreter" && id === script
    ).map((row) => row[7]);
  } finally {
    await Deno.remove(log);
  }
}
