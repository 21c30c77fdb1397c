/**
 * The program on a pseudo-terminal, as its users have it.
 *
 * @module
 */
import { programCommand } from "../child_deno.ts";
import {
  PseudoTerminal,
  pseudoTerminalLacks,
  type PseudoTerminalOptions,
} from "./pseudo_terminal.ts";

const LACKS = pseudoTerminalLacks();

/** The options of a test that needs a pseudo-terminal; without one it is ignored, and its name says why. */
export function onTerminal(
  name: string,
): { readonly name: string; readonly ignore: boolean } {
  return {
    name: LACKS === undefined ? name : `${name} (skipped: ${LACKS})`,
    ignore: LACKS !== undefined,
  };
}

/** A session of the program, with a state folder of its own. */
export class ProgramSession extends PseudoTerminal {
  #marks = 0;

  /**
   * Starts it.
   *
   * @param folder where it runs and keeps its history
   */
  constructor(
    folder: string,
    { args = [], ...options }: PseudoTerminalOptions & {
      readonly args?: readonly string[];
    } = {},
  ) {
    super(programCommand(args), {
      cwd: folder,
      ...options,
      env: {
        HOME: folder,
        DENO_DIR: Deno.env.get("DENO_DIR") ??
          `${Deno.env.get("HOME")}/.cache/deno`,
        ...options.env,
      },
    });
  }

  /** Waits until all that was typed before has had its answer; what came since the last wait. */
  async settled(): Promise<string> {
    const mark = `mark${this.#marks++}`;
    await this.type(`help ${mark}\r`);
    const text = await this.until(`there is no help on \`${mark}`);
    return text.split("\n").slice(0, -2).join("\n");
  }

  /** Types a line; what came of it. */
  async line(text: string): Promise<string> {
    await this.type(`${text}\r`);
    return await this.settled();
  }
}
