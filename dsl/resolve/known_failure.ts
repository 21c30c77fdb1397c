/**
 * The lines of `known "NAME" { … }` as one failure, and what is wrong with the block as a whole.
 *
 * @module
 */
import type { RuleId } from "../../engine/mod.ts";
import type { KernelTerm } from "../action_parts.ts";
import type { Action } from "../actions.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { fail } from "../problem.ts";
import type { Span } from "../source.ts";
import type { Line, OpenerOf, PlainLine } from "../syntax/lines.ts";

/** A failure that a block describes. */
export interface DescribedFailure {
  /** What it is called in the verdict. */
  readonly name: string;
  /** What it breaks. */
  readonly kinds: readonly string[];
  /** Rules of its explanation; any if empty. */
  readonly rules: readonly RuleId[];
  /** Kernels that have it; every one if empty. */
  readonly on: readonly KernelTerm[];
  /** The block. */
  readonly span: Span;
}

/** A known failure needs a name. @throws {Problem} if it has none */
export function refuseNameless({ name }: OpenerOf<"known">): void {
  if (name.value.trim() !== "") return;
  fail({
    code: "unexpected",
    span: name.span,
    message: "a known failure needs a name",
  });
}

/**
 * The failure that a block without mistakes describes.
 *
 * @param act the action of a line
 */
export function describedFailure(
  { name, body, span }: OpenerOf<"known">,
  act: (line: PlainLine) => Action,
): DescribedFailure {
  let failure: DescribedFailure = {
    name: name.value,
    kinds: [],
    rules: [],
    on: [],
    span,
  };
  for (const line of body.lines) {
    if (!isPart(line)) throw new RangeError(`${line.kind} is not part of it`);
    const { kind: _, ...said } = act(line) as Extract<
      Action,
      { readonly kind: typeof line.kind }
    >;
    failure = { ...failure, ...said };
  }
  return failure;
}

/** A line of such a block. */
type Part = Extract<PlainLine, { readonly kind: "kind" | "rule" | "on" }>;

function isPart(line: Line): line is Part {
  return line.kind === "kind" || line.kind === "rule" || line.kind === "on";
}

/** What is wrong with a block as a whole. */
export function* knownProblems(
  block: OpenerOf<"known">,
): Generator<{ readonly line: Line; readonly diagnostic: Diagnostic }> {
  const given = new Map<Line["kind"], Line>();
  for (const line of block.body.lines) {
    const first = given.get(line.kind);
    if (!first) given.set(line.kind, line);
    if (!first || !isPart(line)) continue;
    const diagnostic: Diagnostic = {
      code: "duplicate-option",
      span: line.span,
      message: `\`${line.kind}\` is given twice`,
      notes: [{ span: first.span, message: "the first one" }],
      hint: "write all on one line, with commas",
    };
    yield { line, diagnostic };
  }
  // A line with a mistake may have been meant to say it.
  if (given.has("kind") || !block.body.lines.every(isPart)) return;
  const diagnostic: Diagnostic = {
    code: "missing-block",
    span: block.span,
    message: "this known failure has no `kind`",
    expected: ["kind KIND, …"],
  };
  yield { line: block, diagnostic };
}
