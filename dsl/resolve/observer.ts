/**
 * What a tool that shows a text learns while its lines are resolved.
 *
 * @module
 */
import type { Architecture } from "../../engine/mod.ts";
import type { Line } from "../syntax/lines.ts";
import type { Spanned } from "../syntax/nodes.ts";
import type { Definition, Scope } from "./scope.ts";

/** What is known before a line. */
export interface KnownBefore {
  /** Undefined if the line that says it was not understood. */
  readonly arch: Architecture | undefined;
  /** The machine has been given a kernel. */
  readonly hasKernel: boolean;
  /** The names; they change with the lines that follow. */
  readonly scope: Scope;
}

/** Told what is found while lines are resolved. */
export interface Observer {
  /** A line is resolved next. Those of a loop come once for each iteration. */
  line?: (line: Line, known: KnownBefore) => void;
  /** A name in an expression, and its definition. */
  use?: (name: Spanned, definition: Definition) => void;
}
