/**
 * What an explore block says as a whole, besides its lines: that something acts, each mode once, and every `either`
 * with another way.
 *
 * @module
 */
import type { Diagnostic } from "../diagnostics.ts";
import type { Line, OpenerOf } from "../syntax/lines.ts";

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

/** Programs of which there is one already. */
function* secondPrograms(lines: readonly Line[]): Generator<BlockProblem> {
  const given = new Map<string, Line>();
  for (const line of lines) {
    if (line.kind !== "program" || line.index.kind !== "number") continue;
    const name = `${line.of} ${line.index.value}`;
    const first = given.get(name);
    if (!first) {
      given.set(name, line);
      continue;
    }
    const diagnostic: Diagnostic = {
      code: "already-defined",
      span: line.span,
      message: `\`${name}\` has a program already`,
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
  yield* secondPrograms(lines);
  for (const line of lines) {
    if (line.kind === "program") yield* loneEithers(line.body.lines);
  }
}
