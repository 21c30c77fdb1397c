/**
 * `require …`: what a scenario needs. Where it does not hold, the rest is skipped.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import { type Architecture, BARE, kernelWithVendor } from "../../engine/mod.ts";
import type { Expected, KernelTerm } from "../action_parts.ts";
import { termsText } from "../print/parts.ts";
import type { Context } from "../resolve/context.ts";
import {
  coversBare,
  isBesideRanges,
  resolveKernels,
} from "../resolve/kernel_terms.ts";
import { capabilityNamed } from "../resolve/words.ts";
import type { Skip } from "../result.ts";
import { checkExpectation } from "../run/expectations.ts";
import type { Performance } from "../run/performance.ts";
import { type Span, textOf } from "../source.ts";
import type { Grammar } from "../syntax/grammar/grammar.ts";
import type {
  ExpectationNode,
  KernelTermNode,
  Name as NameNode,
  Node,
} from "../syntax/nodes.ts";
import { keywordType as kw, Name } from "../syntax/tokens.ts";
import { optional } from "../syntax/tree/cst.ts";
import type { Parts } from "../syntax/tree/parts.ts";
import { isWordOfForm } from "./expect/grammar.ts";
import { resolveExpression, resolveView } from "./expect/resolve.ts";
import { expectedText } from "./expect/text.ts";
import { buildExpression, buildSeen } from "./expect/tree.ts";
import type { Form } from "./form.ts";

/** What a scenario needs, as it is written. */
export type RequirementNode =
  | {
    readonly kind: "kernel";
    /** One of them must fit. */
    readonly on: readonly KernelTermNode[];
  }
  | { readonly kind: "capability"; readonly capability: NameNode }
  /** A test as `expect` has it. */
  | Extract<ExpectationNode, { readonly kind: "view" | "expression" }>;

/** `require …`: what the scenario needs. */
export interface RequireLine extends Node<"require"> {
  /** What is needed. */
  readonly requirement: RequirementNode;
}

/** What a scenario needs. */
export type Required =
  /** One of them must fit. */
  | { readonly kind: "kernel"; readonly on: readonly KernelTerm[] }
  | { readonly kind: "capability"; readonly capability: string }
  /** A test as `expect` has it. */
  | Extract<Expected, { readonly kind: "view" | "number" | "read" }>;

/** The rest of the scenario needs something. */
export interface RequireAction {
  readonly kind: "require";
  readonly required: Required;
}

function grammar(g: Grammar): void {
  g.CONSUME(kw("require"));
  const GATE = () => isWordOfForm(g);
  g.OR([
    // A comparison may follow, of releases.
    { ALT: () => g.SUBRULE(g.rules.requireKernel) },
    { GATE, ALT: () => g.SUBRULE(g.rules.requireCapability) },
    { GATE, ALT: () => g.SUBRULE(g.rules.expectSeen) },
    {
      IGNORE_AMBIGUITIES: true,
      ALT: () => g.SUBRULE(g.rules.expectExpression),
    },
  ]);
}

function buildRequirement(
  parts: Parts,
  node: CstNode,
  span: Span,
): RequirementNode {
  const kernel = optional(node, "requireKernel");
  if (kernel) return { kind: "kernel", on: parts.kernels(kernel) };
  const capability = optional(node, "requireCapability");
  if (capability) {
    return { kind: "capability", capability: parts.nameIn(capability) };
  }
  return optional(node, "expectSeen")
    ? buildSeen(parts, node, span)
    : buildExpression(parts, node, span);
}

function resolveRequired(c: Context, node: RequirementNode): Required {
  switch (node.kind) {
    case "kernel":
      return { kind: "kernel", on: resolveKernels(c, node.on) };
    case "capability":
      return {
        kind: "capability",
        capability: capabilityNamed(c, node.capability),
      };
    case "view":
      return resolveView(c, node);
    case "expression":
      return resolveExpression(c, node, "require");
    default:
      return node satisfies never;
  }
}

/** What is needed, without `require`. */
function requiredText(arch: Architecture, required: Required): string {
  switch (required.kind) {
    case "kernel":
      return `kernel ${termsText(required.on)}`;
    case "capability":
      return `capability ${required.capability}`;
    default:
      return expectedText(arch, required);
  }
}

/**
 * Tests a requirement. KVM_CHECK_EXTENSION is not remembered as a user operation: `expect error` is about the one
 * before it.
 *
 * @returns why the rest is skipped; undefined if the requirement holds
 */
function unmetRequirement(
  { session, span }: Performance,
  required: Required,
): Skip | undefined {
  // An expression is as it was written: its value would say nothing.
  const text = required.kind === "number"
    ? textOf(span).replace(/^require\s+/, "")
    : requiredText(session.arch, required);
  const needs = `requires ${text}`;
  const skip = (reason: string, summary = reason): Skip => ({
    cause: "require",
    reason,
    summary,
    span,
  });
  const { profile, vendor } = session.kernelChoice;
  const kernel = kernelWithVendor(profile, vendor);
  switch (required.kind) {
    case "kernel": {
      if (session.isRequired(required.on)) return undefined;
      if (profile === BARE && !coversBare(required.on)) {
        return skip(
          `requires a hypervisor: without one there is no kernel, which \`require ${text}\` asks for`,
        );
      }
      if (!isBesideRanges(required.on, session.heldTo)) {
        return skip(`${needs}; the kernel is ${kernel}`, needs);
      }
      const instead = "write `require kernel with CHANGE`";
      return skip(
        `${needs}; a range is of mainline releases, and the kernel is ${kernel}: ${instead}`,
        `${needs}; a range is of mainline releases: ${instead}`,
      );
    }
    case "capability": {
      const { value } = session.machine.vm.checkExtension(required.capability);
      if (value !== undefined && value > 0n) return undefined;
      const found = `${needs}; KVM_CHECK_EXTENSION returns 0`;
      return skip(`${found} on ${kernel}`, found);
    }
    default: {
      const unmet = checkExpectation(session, required, span);
      return unmet && skip(`${needs}; ${unmet.saw}`);
    }
  }
}

/** The form. */
export const requireForm: Form<RequireLine, RequireAction> = {
  begins: ["require"],
  grammar: {
    require: grammar,
    requireKernel: (g) => {
      g.CONSUME(kw("kernel"));
      g.SUBRULE(g.kernels);
    },
    requireCapability: (g) => {
      g.CONSUME(kw("capability"));
      g.CONSUME(Name);
    },
  },
  build: (parts, node, span) => ({
    kind: "require",
    requirement: buildRequirement(parts, node, span),
    span,
  }),
  resolve: {
    require: (c, { requirement }) => ({
      kind: "require",
      required: resolveRequired(c, requirement),
    }),
  },
  perform: {
    require: (performance, { required }) => {
      performance.skip = unmetRequirement(performance, required);
    },
  },
  write: {
    require: ({ required }, arch) => `require ${requiredText(arch, required)}`,
  },
  named: { capability: { what: "a capability" } },
  mayBeName: true,
  complete: {
    requireCapability: ({ context: { arch } }) => arch.capabilities,
  },
};
