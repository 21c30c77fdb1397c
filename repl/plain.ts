/**
 * The interactive view without a terminal: lines come from a pipe, and are repeated in the output after the prompt.
 *
 * @module
 */
import { PROMPT, PROMPT_MORE } from "./prompt.ts";
import type { Repl } from "./repl.ts";

/**
 * Takes lines until they end, or one ends the session.
 *
 * @param lines without their ends
 * @param write takes the transcript
 */
export async function runLines(
  repl: Repl,
  lines: AsyncIterable<string> | Iterable<string>,
  write: (text: string) => void,
): Promise<void> {
  let open = "";
  for await (const line of lines) {
    write(`${open === "" ? PROMPT : PROMPT_MORE}${line}\n`);
    open += `${line}\n`;
    if (repl.needsMore(open)) continue;
    const { lines: said, ends } = repl.submit(open);
    open = "";
    if (said.length > 0) write(said.join("\n") + "\n");
    if (ends) return;
  }
  if (open === "") return;
  // The input ended inside a block: what is wrong is printed.
  const { lines: said } = repl.submit(open);
  if (said.length > 0) write(said.join("\n") + "\n");
}
