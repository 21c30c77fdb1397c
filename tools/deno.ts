/**
 * Runs deno, for the tools.
 *
 * @module
 */

/** Runs deno; ends this program with its exit status unless that is 0. */
export async function deno(
  args: readonly string[],
  execPath: string = Deno.execPath(),
): Promise<void> {
  const { code } = await new Deno.Command(execPath, { args: [...args] })
    .spawn().status;
  if (code !== 0) Deno.exit(code);
}

/**
 * What deno prints; ends this program with its exit status unless that is expected.
 *
 * @param expected exit statuses
 */
export async function printed(
  args: readonly string[],
  expected: readonly number[] = [0],
): Promise<string> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    stderr: "inherit",
  }).output();
  if (!expected.includes(code)) {
    console.error(`deno ${args.join(" ")}: exit status ${code}`);
    Deno.exit(code);
  }
  return new TextDecoder().decode(stdout).trimEnd();
}
