/**
 * Where in the text the actions of a block's programs come from.
 *
 * @module
 */
import type { Line, OpenerOf } from "../syntax/lines.ts";

/** One way of an `either`, or one value of a `choose`. */
export interface Way {
  /** The `either`, the `or` or the `choose`. */
  readonly line: Line;
  /** What is chosen, by name. */
  readonly chosen?: { readonly name: string; readonly value: bigint };
  /** The actions in it; none if it does nothing. */
  readonly actions: ReadonlySet<unknown>;
}

/** A program with its vCPU or CPU. */
export interface ProgramOrigin {
  /** Its header. */
  readonly line: OpenerOf<"program">;
  /** Index of the vCPU, or of the host's CPU. */
  readonly index: number;
}

/** Collects the origins while a block is compiled. */
export class Origins {
  /** By action, as the model has it. */
  readonly lines: Map<unknown, Line> = new Map();
  /** The ways, in the order of the text. */
  readonly ways: Way[] = [];
  /** The programs, in the order of the text. */
  programs: readonly ProgramOrigin[] = [];

  /** An action is of a line. */
  act(action: unknown, line: Line): void {
    this.lines.set(action, line);
  }

  /** An action has become another, of the same line. */
  replace(before: unknown, action: unknown): void {
    this.lines.set(action, this.lines.get(before)!);
    this.lines.delete(before);
  }

  /** A way begins at a line, and has these actions. */
  way(
    line: Line,
    actions: readonly unknown[],
    chosen?: Way["chosen"],
  ): void {
    this.ways.push({ line, chosen, actions: new Set(actions) });
  }
}
