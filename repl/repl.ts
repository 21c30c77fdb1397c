/**
 * The interactive view without a terminal: text in, lines out. Whatever comes in, it goes on.
 *
 * @module
 */
import { isOpen } from "../dsl/load.ts";
import { command, type Reply } from "./commands.ts";
import { completeLine, type Offer } from "./completion.ts";
import { opened, typed } from "./input.ts";
import { partsOf } from "./parts.ts";
import type { ChosenKernel, Timeline } from "./timeline.ts";
import { View } from "./view.ts";
import type { World } from "./world.ts";

export type { Reply } from "./commands.ts";
export type { Offer } from "./completion.ts";

/** What begins an answer to text that the program itself could not deal with. Tests look for it. */
export const OWN_FAULT = "a bug in dregs";

/** The interactive view. */
export class Repl {
  readonly #view: View;

  /**
   * Begins with nothing typed.
   *
   * @param world files, history and the page
   * @param echoes what is typed stands on the screen after the prompt
   * @param kernel in place of the one that statements name, for a file that is opened
   * @param compared what `diff` alone compares with
   */
  constructor(
    world: World,
    { echoes = false, kernel, compared }: {
      readonly echoes?: boolean;
      readonly kernel?: ChosenKernel;
      readonly compared?: readonly ChosenKernel[];
    } = {},
  ) {
    this.#view = new View(world, echoes, kernel, compared);
  }

  /** What was carried out so far, and the machine. */
  get timeline(): Timeline {
    return this.#view.timeline;
  }

  /** Whether the continuation prompt comes: the text has a block that is still open. */
  needsMore(text: string): boolean {
    return isOpen(text);
  }

  /** Takes what was typed or pasted: statements, words of this view, or both. */
  submit(text: string): Reply {
    try {
      return this.#submit(text);
    } catch (error) {
      // A mistake of ours must not cost the session.
      this.timeline.settle();
      const what = error instanceof Error ? error.message : String(error);
      const { theme } = this.#view.world.page();
      return { lines: [theme.bad(`${OWN_FAULT}: ${what}`)], ends: false };
    }
  }

  #submit(text: string): Reply {
    const lines: string[] = [];
    const parts = partsOf(text);
    let isPaged = false;
    const isAlone = parts.length === 1 && !text.trimEnd().includes("\n");
    for (const part of parts) {
      if (part.kind === "statements") {
        lines.push(...typed(this.#view, part.text, isAlone));
        continue;
      }
      const reply = command(this.#view, part.word, part.rest);
      lines.push(...reply.lines);
      isPaged ||= reply.isPaged ?? false;
      if (reply.ends) return { lines, ends: true };
    }
    return { lines, ends: false, isPaged };
  }

  /**
   * Runs a file, and goes on from where it ends.
   *
   * @param text what is in it
   */
  open(path: string, text: string, filter?: string): Reply {
    const { lines, fails } = opened(this.#view, { name: path, text }, filter);
    return { lines, ends: fails };
  }

  /** Completes a line at its end. */
  complete(line: string): Offer {
    return completeLine(this.#view, line);
  }
}
