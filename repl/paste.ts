/**
 * Bracketed paste: tells what is pasted from what is typed.
 *
 * @module
 */

const BEGIN = "\x1b[200~";
const END = "\x1b[201~";

/** Written to a terminal: it marks pastes from now on. */
export const PASTE_ON = "\x1b[?2004h";
/** Written to a terminal: it marks them no more. */
export const PASTE_OFF = "\x1b[?2004l";

/** A run of input. */
export interface Input {
  readonly kind: "typed" | "pasted";
  readonly text: string;
}

/** The longest end of a text with which a marker may begin. An escape alone does nothing until another key comes. */
function heldBack(text: string, marker: string): number {
  for (let length = marker.length - 1; length > 0; length--) {
    if (text.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}

/** Characters that do something to a terminal, out of a paste. */
function harmless(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(/\t/g, "  ").replace(
    // deno-lint-ignore no-control-regex -- they are what is taken out
    /[\x00-\x09\x0b-\x1f\x7f-\x9f]/g,
    "",
  );
}

/** Takes input apart as it comes. */
export class PasteFilter {
  #held = "";
  /** What was pasted so far, within a paste. */
  #pasted: string | undefined;

  /** The runs that are complete. */
  take(chunk: string): Input[] {
    const found: Input[] = [];
    let text = this.#held + chunk;
    this.#held = "";
    while (text !== "") {
      const marker = this.#pasted === undefined ? BEGIN : END;
      const at = text.indexOf(marker);
      const length = at < 0 ? heldBack(text, marker) : 0;
      const part = at < 0 ? text.slice(0, text.length - length) : text.slice(
        0,
        at,
      );
      if (this.#pasted === undefined) {
        if (part !== "") found.push({ kind: "typed", text: part });
        if (at >= 0) this.#pasted = "";
      } else {
        this.#pasted += part;
        // Ctrl-C and Ctrl-D get out of a paste that never ends.
        // deno-lint-ignore no-control-regex -- these two keys
        const escape = /[\x03\x04]/.exec(this.#pasted);
        if (escape) {
          const rest = this.#pasted.slice(escape.index);
          this.#pasted = undefined;
          found.push({ kind: "typed", text: rest });
        } else if (at >= 0) {
          found.push({ kind: "pasted", text: harmless(this.#pasted) });
          this.#pasted = undefined;
        }
      }
      if (at < 0) {
        this.#held = text.slice(text.length - length);
        break;
      }
      text = text.slice(at + marker.length);
    }
    return found;
  }
}
