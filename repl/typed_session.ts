/**
 * A session of the line editor in memory, for tests: keys in, what a terminal would be sent out.
 *
 * @module
 */
import { PassThrough, Writable } from "node:stream";
import { memoryHistory } from "./history.ts";
import { memoryWorld } from "./memory_world.ts";
import { Repl } from "./repl.ts";
import { runTerminal } from "./terminal.ts";

/**
 * Types keys, a chunk after the other, and gives what came out once the session has ended.
 *
 * @param keys of which each is what one read of the terminal gives
 */
export async function typedSession(
  keys: readonly (string | Uint8Array)[],
  { history = memoryHistory(), rows = 24 } = {},
): Promise<{ readonly text: string; readonly repl: Repl }> {
  const input = new PassThrough();
  let text = "";
  const output = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  Object.assign(output, { columns: 80, rows: 24 });
  const repl = new Repl({ ...memoryWorld(), history }, { echoes: true });
  const over = runTerminal({
    input,
    output,
    history,
    repl: Promise.resolve(repl),
    greeting: "hello",
    isDumb: false,
    rows: () => rows,
  });
  for (const chunk of keys) input.write(chunk);
  input.end();
  await over;
  return { text, repl };
}
