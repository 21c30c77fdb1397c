/**
 * What git says of a checkout.
 *
 * @module
 */
import { UsageError } from "../cli/command.ts";

/**
 * Runs git.
 *
 * @param root the checkout, or a folder of it
 * @returns what it printed
 * @throws {UsageError} it failed
 */
export async function git(
  root: string,
  ...args: readonly string[]
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["-C", root, ...args],
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new UsageError(new TextDecoder().decode(stderr).trim());
}
