/**
 * `known "NAME" KIND, … [by "RULE", …] [on KERNEL, …]`
 *
 * @module
 */
import { nearestRules, rule, type RuleId } from "../../engine/mod.ts";
import type { KernelTerm } from "../action_parts.ts";
import { onText, spaced } from "../print/parts.ts";
import { fail } from "../problem.ts";
import type { Context } from "../resolve/context.ts";
import { resolveKernels } from "../resolve/kernel_terms.ts";
import { failureKinds } from "../resolve/vocabulary.ts";
import { listed } from "../resolve/words.ts";
import type {
  KernelTermNode,
  Name,
  Node,
  StringLiteral,
} from "../syntax/nodes.ts";
import { Comma, keywordType as kw, StringToken } from "../syntax/tokens.ts";
import { optional, tokens } from "../syntax/tree/cst.ts";
import { type Form, onlyExplored } from "./form.ts";

/** `known "NAME" KIND, … [by "RULE", …] [on KERNEL, …]`: a failure that does not end the search. */
export interface KnownLine extends Node<"known"> {
  /** What it is called in the verdict. */
  readonly name: StringLiteral;
  /** Its kinds. */
  readonly kinds: readonly Name[];
  /** Rules of its explanation; any if empty. */
  readonly rules: readonly StringLiteral[];
  /** Kernels that have it; every one if empty. */
  readonly on: readonly KernelTermNode[];
}

/** A failure that does not end the search. */
export interface KnownAction {
  readonly kind: "known";
  readonly name: string;
  readonly kinds: readonly string[];
  readonly rules: readonly RuleId[];
  readonly on: readonly KernelTerm[];
}

function resolveRule(c: Context, { value, span }: StringLiteral): RuleId {
  const id = value.trim() as RuleId;
  const entry = rule(id) ?? rule(`${c.arch.name}:${id}`);
  if (entry?.id.startsWith(`${c.arch.name}:`)) return entry.id;
  const near = nearestRules(value).filter(({ id }) =>
    id.startsWith(`${c.arch.name}:`)
  );
  return fail({
    code: "unknown-word",
    span,
    message: `\`${value}\` is not a rule of ${c.arch.name}`,
    hint: near.length > 0
      ? `the nearest is \`${near[0].id}\``
      : "`dregs rules` lists them",
  });
}

function resolveKnown(
  c: Context,
  { name, kinds, rules, on }: KnownLine,
): KnownAction {
  if (name.value.trim() === "") {
    fail({
      code: "unexpected",
      span: name.span,
      message: "a known failure needs a name",
    });
  }
  const words = failureKinds();
  return {
    kind: "known",
    name: name.value,
    kinds: kinds.flatMap((kind) =>
      c.attempt(() => listed(kind, "a kind of failure", words)) ?? []
    ),
    rules: rules.flatMap((one) => c.attempt(() => resolveRule(c, one)) ?? []),
    on: resolveKernels(c, on),
  };
}

/** The form. */
export const knownForm: Form<KnownLine, KnownAction> = {
  isExplored: true,
  begins: ["known"],
  grammar: {
    known: (g) => {
      g.CONSUME(kw("known"));
      g.CONSUME(StringToken);
      g.SUBRULE(g.names);
      g.OPTION(() => {
        g.CONSUME(kw("by"));
        g.SUBRULE(g.rules.ruleNames);
      });
      g.OPTION2(() => {
        g.CONSUME(kw("on"));
        g.SUBRULE(g.kernels);
      });
    },
    ruleNames: (g) => {
      g.CONSUME(StringToken);
      g.MANY(() => {
        g.CONSUME(Comma);
        g.CONSUME2(StringToken);
      });
    },
  },
  build: (parts, node, span) => {
    const rules = optional(node, "ruleNames");
    return {
      kind: "known",
      name: parts.string(tokens(node, "StringToken")[0]),
      kinds: parts.names(node),
      rules: rules
        ? tokens(rules, "StringToken").map((token) => parts.string(token))
        : [],
      on: parts.kernels(node),
      span,
    };
  },
  resolve: { known: resolveKnown },
  perform: { known: onlyExplored },
  write: {
    known: ({ name, kinds, rules, on }) =>
      spaced(
        "known",
        JSON.stringify(name),
        kinds.join(", "),
        rules.length === 0
          ? ""
          : `by ${rules.map((id) => JSON.stringify(id)).join(", ")}`,
        onText(on),
      ),
  },
  named: { known: { what: "a kind of failure" } },
  complete: { "known names": () => failureKinds() },
};
