/**
 * Mistakes that only show when a statement is carried out.
 *
 * @module
 */
import type { Diagnostic, DiagnosticCode } from "./diagnostics.ts";
import type { Span } from "./source.ts";

/** Carries a diagnostic out of the depth of a statement; never leaves `Session.execute`. */
export class Problem extends Error {
  /** @param diagnostic what to tell the author */
  constructor(readonly diagnostic: Diagnostic) {
    super(diagnostic.message);
  }
}

/** Stops the statement that is being carried out. */
export function fail(
  code: DiagnosticCode,
  span: Span,
  message: string,
  extras: Partial<Omit<Diagnostic, "code" | "span" | "message">> = {},
): never {
  throw new Problem({ code, span, message, ...extras });
}
