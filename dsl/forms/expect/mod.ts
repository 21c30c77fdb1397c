/**
 * `expect … [on KERNEL, …]`
 *
 * @module
 */
import { fieldWords, subject } from "../../completion/line.ts";
import type { Expected, KernelTerm } from "../../action_parts.ts";
import { kernelsText } from "../../kernels_text.ts";
import { onText, spaced } from "../../print/parts.ts";
import type { Context } from "../../resolve/context.ts";
import { covers, resolveKernels } from "../../resolve/kernel_terms.ts";
import { COUNTERS, ERRNOS, EXITS } from "../../resolve/vocabulary.ts";
import type { Failure } from "../../result.ts";
import { checkExpectation } from "../../run/expectations.ts";
import type { Performance } from "../../run/performance.ts";
import type {
  ExpectationNode,
  KernelTermNode,
  Node,
} from "../../syntax/nodes.ts";
import type { Form } from "../form.ts";
import { EXPECT_RULES } from "./grammar.ts";
import { resolveExpected } from "./resolve.ts";
import { expectedText } from "./text.ts";
import { buildExpect } from "./tree.ts";

/** `expect … [on KERNEL, …]`. */
export interface ExpectLine extends Node<"expect"> {
  /** What is expected. */
  readonly expectation: ExpectationNode;
  /** Only these kernels; every one if empty. */
  readonly on: readonly KernelTermNode[];
}

/** Something must be true. */
export interface ExpectAction {
  readonly kind: "expect";
  readonly expected: Expected;
  /** Only these kernels; every one if empty. */
  readonly on: readonly KernelTerm[];
}

function resolveExpect(
  c: Context,
  { expectation, on }: ExpectLine,
): ExpectAction | undefined {
  const expected = c.attempt(() => resolveExpected(c, expectation));
  const kernels = resolveKernels(c, on);
  return expected && { kind: "expect", expected, on: kernels };
}

/** A failure of an expectation that is only for some kernels, with a note that says which. */
function forKernels(failure: Failure, on: readonly KernelTerm[]): Failure {
  const { diagnostic } = failure;
  const message = `expected of these kernels only: ${kernelsText(on)}`;
  return {
    ...failure,
    diagnostic: {
      ...diagnostic,
      notes: [...diagnostic.notes ?? [], { span: diagnostic.span, message }],
    },
  };
}

function performExpect(
  { session, span, failures }: Performance,
  { expected, on }: ExpectAction,
): void {
  if (!covers(on, session.heldTo)) return session.passOverExpectation(on);
  session.countExpectation(on.length > 0 ? { span, on } : undefined);
  const found = checkExpectation(session, expected, span);
  if (found === undefined) return;
  const { saw: _, ...unmet } = found;
  const failure = { ...unmet, order: session.order };
  failures.push(on.length > 0 ? forKernels(failure, on) : failure);
}

/** The form. */
export const expectForm: Form<ExpectLine, ExpectAction> = {
  begins: ["expect"],
  grammar: EXPECT_RULES,
  build: (parts, node, span) => ({
    kind: "expect",
    ...buildExpect(parts, node, span),
    span,
  }),
  resolve: { expect: resolveExpect },
  perform: { expect: performExpect },
  write: {
    expect: ({ expected, on }, arch) =>
      spaced("expect", expectedText(arch, expected), onText(on)),
  },
  named: {
    exit: { what: "an exit reason", words: EXITS },
    exception: { what: "an exception" },
    exceptions: { what: "an exception" },
    error: { what: "an errno" },
    cost: { what: "a counter", words: COUNTERS },
  },
  mayBeName: true,
  complete: {
    "expectExceptions names": ({ context: { arch } }) => arch.exceptions,
    expectExit: () => EXITS,
    expectException: ({ context: { arch } }) => arch.exceptions,
    expectError: () => ERRNOS,
    expectCost: () => COUNTERS,
    "expectSeen operand": ({ line, context: { arch, names } }) => {
      const field = line.last("expectSeen", "seen")?.image;
      const values = line.has(".") && field !== undefined
        ? fieldWords(subject(line, arch)).get(field.toLowerCase())
        : undefined;
      return [...values ?? [], "undef", ...names];
    },
  },
  completeOptions: {
    expectExit: ({ context: { arch } }) =>
      arch.exitFields.map((name) => [name, []]),
    expectException: ({ context: { arch } }) =>
      arch.exceptionFields.map((name) => [name, []]),
  },
};
