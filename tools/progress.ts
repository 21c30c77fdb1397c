/**
 * A progress bar on standard error; a line now and then where that is no terminal.
 *
 * @module
 */

const WIDTH = 30;
const LINE_MS = 30_000;

/** Makes the function that shows progress, and one that removes the bar. */
export function progressBar(
  title: string,
  total: number,
): { show(done: number, of?: number): void; end(): void } {
  const encoder = new TextEncoder();
  const write = (text: string): void => {
    Deno.stderr.writeSync(encoder.encode(text));
  };
  const isTerminal = Deno.stderr.isTerminal();
  const begun = Date.now();
  let lastLine = begun;
  return {
    show(done, of = total) {
      const seconds = Math.round((Date.now() - begun) / 1000);
      if (isTerminal) {
        const filled = Math.round(WIDTH * done / Math.max(of, 1));
        const bar = "#".repeat(filled).padEnd(WIDTH, ".");
        write(`\r${title} [${bar}] ${done}/${of} ${seconds} s `);
      } else if (Date.now() - lastLine > LINE_MS) {
        lastLine = Date.now();
        write(`${title}: ${done} of ${of}, ${seconds} s\n`);
      }
    },
    end() {
      if (isTerminal) write("\r\x1b[K");
    },
  };
}
