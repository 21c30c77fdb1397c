/**
 * What an explore block says as a whole, besides its lines: that something acts, each mode once, every `either` with
 * another way, and each known failure once.
 *
 * @module
 */
import type { Diagnostic } from "../diagnostics.ts";
import type { Line, OpenerOf } from "../syntax/lines.ts";
import { knownProblems } from "./known_failure.ts";

/** A mistake, and the line that it is of. */
export interface BlockProblem {
  readonly line: Line;
  readonly diagnostic: Diagnostic;
}

/** Lines of which a block has one. */
const ONCE = ["preempt", "migrate", "signals", "bound"] as const;

/** Each `either` without an `or` after it, in a program and what is inside it. */
function* loneEithers(lines: readonly Line[]): Generator<BlockProblem> {
  for (const [at, line] of lines.entries()) {
    if (line.kind !== "repeat" && line.kind !== "either") continue;
    yield* loneEithers(line.body.lines);
    if (line.kind !== "either" || !line.isFirst) continue;
    // An `or` that stands further on has a mistake of its own.
    const next = lines.slice(at + 1).find(({ kind }) =>
      kind === "either" || kind === "broken"
    );
    if (next && !(next.kind === "either" && next.isFirst)) continue;
    const diagnostic: Diagnostic = {
      code: "missing-block",
      span: line.span,
      message: "`either { … }` must be followed by `or { … }`",
    };
    yield { line, diagnostic };
  }
}

/** What is said a second time. */
function* repeated(lines: readonly Line[]): Generator<BlockProblem> {
  for (const kind of ONCE) {
    const [first, ...others] = lines.filter((line) => line.kind === kind);
    for (const line of others) {
      const diagnostic: Diagnostic = {
        code: "duplicate-option",
        span: line.span,
        message: `\`${kind}\` is given twice`,
        notes: [{ span: first.span, message: "the first one" }],
      };
      yield { line, diagnostic };
    }
  }
}

/** What a line is the only one of in its block, and the message for a second; undefined if there may be many. */
function onlyOne(
  line: Line,
): { readonly name: string; readonly message: string } | undefined {
  if (line.kind === "program" && line.index.kind === "number") {
    const name = `${line.of} ${line.index.value}`;
    return { name, message: `\`${name}\` has a program already` };
  }
  if (line.kind === "known") {
    const { value } = line.name;
    return {
      name: `known ${value}`,
      message: `there is a known failure \`${value}\` already`,
    };
  }
  return undefined;
}

/** Programs and known failures of which there is one already. */
function* secondOnes(lines: readonly Line[]): Generator<BlockProblem> {
  const given = new Map<string, Line>();
  for (const line of lines) {
    const one = onlyOne(line);
    if (!one) continue;
    const first = given.get(one.name);
    if (!first) {
      given.set(one.name, line);
      continue;
    }
    const diagnostic: Diagnostic = {
      code: "already-defined",
      span: line.span,
      message: one.message,
      notes: [{ span: first.span, message: "the first one" }],
    };
    yield { line, diagnostic };
  }
}

/** The mistakes of a block. */
export function* blockProblems(
  block: OpenerOf<"explore">,
): Generator<BlockProblem> {
  const { lines } = block.body;
  if (!lines.some(({ kind }) => kind === "program" || kind === "broken")) {
    const diagnostic: Diagnostic = {
      code: "missing-block",
      span: block.span,
      message: "this explore block has no programs",
      expected: ["vcpu N { … }", "user N { … }", "host N { … }"],
    };
    yield { line: block, diagnostic };
  }
  yield* repeated(lines);
  yield* secondOnes(lines);
  for (const line of lines) {
    if (line.kind === "program") yield* loneEithers(line.body.lines);
    if (line.kind === "known") yield* knownProblems(line);
  }
}
