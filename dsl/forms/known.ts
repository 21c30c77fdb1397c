/**
 * `known "NAME" { … }`, and its lines: `kind KIND, …`, `rule "RULE", …` and `on KERNEL, …`.
 *
 * What the lines say together is one failure: `resolve/known_failure.ts` puts them together.
 *
 * @module
 */
import {
  allRules,
  findRules,
  nearestRules,
  type RuleEntry,
  type RuleId,
} from "../../engine/mod.ts";
import type { KernelTerm } from "../action_parts.ts";
import { onText } from "../print/parts.ts";
import { fail } from "../problem.ts";
import type { Context } from "../resolve/context.ts";
import { resolveKernels } from "../resolve/kernel_terms.ts";
import { failureKinds } from "../resolve/vocabulary.ts";
import { listed } from "../resolve/words.ts";
import type { Header } from "../syntax/headers.ts";
import type {
  KernelTermNode,
  Name,
  Node,
  StringLiteral,
} from "../syntax/nodes.ts";
import { Comma, keywordType as kw, StringToken } from "../syntax/tokens.ts";
import { tokens } from "../syntax/tree/cst.ts";
import { type Form, onlyExplored } from "./form.ts";

/** `kind KIND, …`: what a known failure breaks. */
export interface KindLine extends Node<"kind"> {
  /** Its kinds. */
  readonly kinds: readonly Name[];
}

/** `rule "RULE", …`: rules of a known failure's explanation. */
export interface RuleLine extends Node<"rule"> {
  /** Its rules. */
  readonly rules: readonly StringLiteral[];
}

/** `on KERNEL, …`: kernels that have a known failure. */
export interface OnLine extends Node<"on"> {
  /** One of them must fit. */
  readonly on: readonly KernelTermNode[];
}

/** What a known failure breaks. */
export interface KindAction {
  readonly kind: "kind";
  readonly kinds: readonly string[];
}

/** Rules that a known failure's explanation has. */
export interface RuleAction {
  readonly kind: "rule";
  readonly rules: readonly RuleId[];
}

/** Kernels that have a known failure. */
export interface OnAction {
  readonly kind: "on";
  readonly on: readonly KernelTerm[];
}

/** `known "NAME" { … }` */
export const knownForm: Form<never, never, Header> = {
  isExplored: true,
  begins: ["known"],
  grammar: {
    known: (g) => {
      g.CONSUME(kw("known"));
      g.CONSUME(StringToken);
    },
  },
  build: (parts, node, span) => ({
    kind: "known",
    name: parts.string(tokens(node, "StringToken")[0]),
    span,
  }),
  resolve: {},
  perform: {},
  write: {},
};

/** `kind KIND, …` */
export const kindForm: Form<KindLine, KindAction> = {
  isExplored: true,
  begins: ["kind"],
  grammar: {
    kind: (g) => {
      g.CONSUME(kw("kind"));
      g.SUBRULE(g.names);
    },
  },
  build: (parts, node, span) => ({
    kind: "kind",
    kinds: parts.names(node),
    span,
  }),
  resolve: {
    kind: (c, { kinds }) => {
      const words = failureKinds();
      return {
        kind: "kind",
        kinds: kinds.flatMap((one) =>
          c.attempt(() => listed(one, "a kind of failure", words)) ?? []
        ),
      };
    },
  },
  perform: { kind: onlyExplored },
  write: { kind: ({ kinds }) => `kind ${kinds.join(", ")}` },
  named: { kind: { what: "a kind of failure" } },
  complete: { "kind names": () => failureKinds() },
};

function resolveRule(c: Context, { value, span }: StringLiteral): RuleId {
  const { name } = c.arch;
  const isOwn = ({ id }: RuleEntry) => id.startsWith(`${name}:`);
  const entries = findRules(value.trim());
  const entry = entries.find(isOwn);
  if (entry) return entry.id;
  if (entries.length > 0) {
    const [other] = entries[0].id.split(":");
    fail({
      code: "wrong-arch",
      span,
      message: `\`${value}\` is a rule of ${other}; this is ${name}`,
    });
  }
  const near = nearestRules(value).find(isOwn);
  return fail({
    code: "unknown-word",
    span,
    message: `\`${value}\` is not a rule of ${name}`,
    hint: near ? `the nearest is \`${near.id}\`` : "`dregs rules` lists them",
  });
}

/** `rule "RULE", …` */
export const ruleForm: Form<RuleLine, RuleAction> = {
  isExplored: true,
  begins: ["rule"],
  grammar: {
    rule: (g) => {
      g.CONSUME(kw("rule"));
      g.CONSUME(StringToken);
      g.MANY(() => {
        g.CONSUME(Comma);
        g.CONSUME2(StringToken);
      });
    },
  },
  build: (parts, node, span) => ({
    kind: "rule",
    rules: tokens(node, "StringToken").map((token) => parts.string(token)),
    span,
  }),
  resolve: {
    rule: (c, { rules }) => ({
      kind: "rule",
      rules: rules.flatMap((one) => c.attempt(() => resolveRule(c, one)) ?? []),
    }),
  },
  perform: { rule: onlyExplored },
  write: {
    rule: ({ rules }) =>
      `rule ${rules.map((id) => JSON.stringify(id)).join(", ")}`,
  },
  complete: {
    "rule text": ({ context: { arch } }) =>
      allRules(arch.name).flatMap(({ id }) => [
        id,
        id.slice(arch.name.length + 1),
      ]),
  },
};

/** `on KERNEL, …` */
export const onForm: Form<OnLine, OnAction> = {
  isExplored: true,
  begins: ["on"],
  grammar: {
    on: (g) => {
      g.CONSUME(kw("on"));
      g.SUBRULE(g.kernels);
    },
  },
  build: (parts, node, span) => ({ kind: "on", on: parts.kernels(node), span }),
  resolve: { on: (c, { on }) => ({ kind: "on", on: resolveKernels(c, on) }) },
  perform: { on: onlyExplored },
  write: { on: ({ on }) => onText(on) },
};
