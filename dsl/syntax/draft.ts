/**
 * The syntax tree of a text that may have errors: the same tree, with a place for lines that are not
 * understood. The checks work on it; once there is no diagnostic there is no such line, and it is a `File`.
 *
 * @module
 */
import type {
  Block,
  ForStatement,
  IncludeStatement,
  ScenarioStatement,
  Statement,
} from "./nodes.ts";
import type {
  EitherStatement,
  ExploreStatement,
  ProgramStatement,
  RepeatStatement,
} from "./explore_nodes.ts";
import type { Span } from "../source.ts";

/** A line that has a diagnostic. What it may have meant keeps the checks from blaming good lines for it. */
export interface BrokenLine {
  /** What it is. */
  readonly kind: "broken";
  /** Its first word. */
  readonly head: string;
  /** All its words: it may have been meant to define any of them. */
  readonly names: ReadonlySet<string>;
  /** The block that follows it, if one does. */
  readonly body: Block<Line> | undefined;
  /** Where it is. */
  readonly span: Span;
}

/** A statement, or a line that is none. */
export type Line =
  | Exclude<
    Statement,
    | ScenarioStatement
    | ForStatement
    | IncludeStatement
    | ExploreStatement
    | ProgramStatement
    | RepeatStatement
    | EitherStatement
  >
  | ExploreStatement<Line>
  | ProgramStatement<Line>
  | RepeatStatement<Line>
  | EitherStatement<Line>
  | ScenarioStatement<Line>
  | ForStatement<Line>
  | IncludeStatement<Line>
  | BrokenLine;
