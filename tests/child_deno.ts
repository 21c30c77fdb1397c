/**
 * A deno started by a test: it finds @std where the test itself found it, and
 * so waits for JSR no more than the test did.
 *
 * @module
 */

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
