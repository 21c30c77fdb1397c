/**
 * `why VIEW R[.field]`, `why trap` …: the chain of events that led to a value, or to the last of a kind
 *
 * @module
 */
import type { Seen } from "../action_parts.ts";
import { seenText } from "../print/parts.ts";
import { seenOf } from "../resolve/registers.ts";
import { explainHappening, explainValue } from "../run/why.ts";
import type { Happening, Node, SeenRef } from "../syntax/nodes.ts";
import { keywordType as kw } from "../syntax/tokens.ts";
import { firstKey, optional, sub } from "../syntax/tree/cst.ts";
import type { Form } from "./form.ts";

/** `why VIEW R[.field]`: the chain of events that led to a value. */
export interface WhyLine extends Node<"why"> {
  /** What is asked about. */
  readonly seen: SeenRef;
}

/** `why trap`, `why exit` …: the chain of events that led to the last one. */
export interface WhyHappenedLine extends Node<"why-happened"> {
  /** What happened. */
  readonly what: Happening;
}

/** A value is explained. */
export interface WhyAction {
  readonly kind: "why";
  readonly seen: Seen;
}

/** Something that happened is explained. */
export interface WhyHappenedAction {
  readonly kind: "why-happened";
  readonly what: Happening;
}

/** The form. */
export const whyForm: Form<
  WhyLine | WhyHappenedLine,
  WhyAction | WhyHappenedAction
> = {
  begins: ["why"],
  grammar: {
    why: (g) => {
      g.CONSUME(kw("why"));
      g.OR([
        { ALT: () => g.SUBRULE(g.seen) },
        { ALT: () => g.SUBRULE(g.rules.whyHappened) },
      ]);
    },
    /** Something that happened: the last of its kind is meant. */
    whyHappened: (g) => {
      g.OR([
        { ALT: () => g.CONSUME(kw("trap")) },
        { ALT: () => g.CONSUME(kw("exit")) },
        { ALT: () => g.CONSUME(kw("exception")) },
        { ALT: () => g.CONSUME(kw("miss")) },
        { ALT: () => g.CONSUME(kw("refused")) },
      ]);
    },
  },
  build(parts, node, span) {
    const seen = optional(node, "seen");
    if (seen) return { kind: "why", seen: parts.seen(seen), span };
    const word = firstKey(sub(node, "whyHappened")).replace("Keyword_", "");
    return { kind: "why-happened", what: word as Happening, span };
  },
  resolve: {
    why: (c, { seen }) => ({ kind: "why", seen: seenOf(c, seen) }),
    "why-happened": (_, { what }) => ({ kind: "why-happened", what }),
  },
  perform: {
    why({ session, span, outputs }, { seen }) {
      outputs.push(explainValue(session, seen, span));
    },
    "why-happened"({ session, span, outputs }, { what }) {
      outputs.push(explainHappening(session, what, span));
    },
  },
  write: {
    why: ({ seen }, arch) => `why ${seenText(arch, seen)}`,
    "why-happened": ({ what }) => `why ${what}`,
  },
};
