/**
 * What an explore block says as a whole, beside its lines: that something acts, each thing once, and every `either`
 * with another way.
 *
 * @module
 */
import type { Diagnostic } from "../diagnostics.ts";
import type { Line } from "../syntax/draft.ts";

/** A mistake, and the line that it is of. */
export interface BlockProblem {
  readonly line: Line;
  readonly diagnostic: Diagnostic;
}

/** Lines of which a block has one. */
const ONCE = ["preempt", "migrate", "bound"] as const;

/** Each `either` without an `or` behind it, in a program and what is inside it. */
function* loneEithers(lines: readonly Line[]): Generator<BlockProblem> {
  for (const [at, line] of lines.entries()) {
    if (line.kind !== "repeat" && line.kind !== "either") continue;
    yield* loneEithers(line.body.statements);
    if (line.kind !== "either" || !line.isFirst) continue;
    // An `or` that stands further on has a mistake of its own.
    const next = lines.slice(at + 1).find(({ kind }) =>
      kind === "either" || kind === "broken"
    );
    if (next && !(next.kind === "either" && next.isFirst)) continue;
    const { span } = line;
    const diagnostic: Diagnostic = {
      code: "missing-block",
      span,
      message: "either needs another way",
      expected: ["or { … } behind it"],
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
        message: `${kind} is given twice`,
        notes: [{ span: first.span, message: "the first one" }],
      };
      yield { line, diagnostic };
    }
  }
}

/** The mistakes of a block. */
export function* blockProblems(
  block: Extract<Line, { readonly kind: "explore" }>,
): Generator<BlockProblem> {
  const lines = block.body.statements;
  if (!lines.some(({ kind }) => kind === "program" || kind === "broken")) {
    const diagnostic: Diagnostic = {
      code: "missing-block",
      span: block.span,
      message: "Nobody acts in this explore block",
      expected: ["vcpu N { … }", "user N { … }", "host N { … }"],
    };
    yield { line: block, diagnostic };
  }
  yield* repeated(lines);
  for (const line of lines) {
    if (line.kind === "program") yield* loneEithers(line.body.statements);
  }
}
