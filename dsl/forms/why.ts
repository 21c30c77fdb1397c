/**
 * `why VIEW R[.field]`, `why trap` …: the chain of events that led to a value, or to the last of a kind; and
 * `why not …`: the first condition that was not met.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import type { UnmetSubject } from "../../engine/mod.ts";
import type { FieldAsked, Seen, UnmetAsked } from "../action_parts.ts";
import { fieldWords, optionWords } from "../completion/line.ts";
import { hex } from "../notation.ts";
import { at, seenText, spaced } from "../print/parts.ts";
import { fail } from "../problem.ts";
import type { Context } from "../resolve/context.ts";
import { Options } from "../resolve/options.ts";
import { seenOf } from "../resolve/registers.ts";
import { failUnknown, fieldNamed } from "../resolve/words.ts";
import { explainHappening, explainValue } from "../run/why.ts";
import { explainUnmet } from "../run/why_not.ts";
import type { Span } from "../source.ts";
import { statementOptions } from "../statements.ts";
import type {
  FieldRef,
  Happening,
  Name as NameNode,
  Node,
  SeenRef,
  UnmetNode,
} from "../syntax/nodes.ts";
import { Dot, keywordType as kw, Name } from "../syntax/tokens.ts";
import { firstKey, optional, sub, tokens } from "../syntax/tree/cst.ts";
import type { Parts } from "../syntax/tree/parts.ts";
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
  /** Of an exit or an exception, the field that is asked about. */
  readonly field: FieldRef | undefined;
}

/** `why not breakpoint N` …: the first condition that was not met. */
export interface WhyNotLine extends Node<"why-not"> {
  /** What did not happen. */
  readonly unmet: UnmetNode;
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
  /** Of an exit or an exception, the field that is asked about. */
  readonly field: FieldAsked | undefined;
}

/** Something that did not happen is explained. */
export interface WhyNotAction extends UnmetAsked {
  readonly kind: "why-not";
}

function fieldOf(parts: Parts, node: CstNode): FieldRef | undefined {
  const field = optional(node, "whyField");
  if (!field) return undefined;
  const [name, part] = tokens(field, "Name").map((token) => parts.name(token));
  return { name, part };
}

function buildWhyNot(parts: Parts, node: CstNode, span: Span): WhyNotLine {
  const view = optional(node, "view");
  const unmet = sub(node, "unmet");
  const number = optional(unmet, "expression");
  return {
    kind: "why-not",
    unmet: {
      owner: view && parts.view(view),
      subject: firstKey(unmet).replace("Keyword_", "") as UnmetSubject,
      number: number && parts.expression(number),
      args: parts.args(node),
    },
    span,
  };
}

/** `why trap`, `why exit [FIELD]` … */
function resolveHappened(
  c: Context,
  { what, field }: WhyHappenedLine,
): WhyHappenedAction {
  if (field === undefined) return { kind: "why-happened", what, field };
  const { exitFields, exceptionFields } = c.arch;
  const known = what === "exit" ? exitFields : exceptionFields;
  const name = field.name.text.toLowerCase();
  if (!known.includes(name)) {
    failUnknown(field.name, {
      code: "unknown-field",
      message: `an ${what} has no field \`${field.name.text}\``,
      words: known,
    });
  }
  return {
    kind: "why-happened",
    what,
    field: { name, part: part(c, what, name, field.part) },
  };
}

/** The field of a register that a field of an exit is. */
function part(
  c: Context,
  what: string,
  name: string,
  wanted: NameNode | undefined,
): FieldAsked["part"] {
  if (wanted === undefined) return undefined;
  const register = c.arch.registers.find(name);
  if (register === undefined) {
    fail({
      code: "unknown-field",
      span: wanted.span,
      message: `\`${name}\` is no register with fields`,
      hint: `write \`why ${what} ${name}\``,
    });
  }
  return fieldNamed(wanted, register).field.name;
}

/** How many breakpoints and watchpoints an architecture has room for. */
const NUMBERS = { arm64: 16n, x86: 4n } as const;

/** `why not [guest@v|user@v] breakpoint N|… [at=ADDRESS]` */
function resolveNot(c: Context, { unmet }: WhyNotLine): WhyNotAction {
  const { owner, subject, number, args } = unmet;
  const vcpu = owner === undefined ? 0 : c.attempt(() => c.vcpu(owner.at)) ?? 0;
  const asked = c.attempt(() => ownerOf(unmet)) ?? "guest";
  const numbered = number &&
    c.attempt(() =>
      c.within(number, {
        what: `a ${subject}'s number`,
        max: NUMBERS[c.arch.name] - 1n,
      })
    );
  const options = new Options(c, args, statementOptions("why"), "why not");
  return {
    kind: "why-not",
    question: {
      vcpu,
      subject,
      owner: asked,
      number: number === undefined ? -1 : Number(numbered ?? 0n),
    },
    isOwnerGiven: owner !== undefined,
    address: options.value("at"),
  };
}

/** Whose it is that did not happen, where there is a choice. */
const OWNERS: Readonly<
  Record<UnmetSubject, readonly ("guest" | "user")[]>
> = {
  breakpoint: ["guest", "user"],
  watchpoint: ["guest", "user"],
  step: ["guest", "user"],
  exit: ["user"],
  trap: ["guest"],
};

function ownerOf({ owner, subject }: UnmetNode): "guest" | "user" {
  const owners = OWNERS[subject];
  if (owner === undefined) return owners[0];
  const found = owners.find((one) => one === owner.name);
  if (found !== undefined) return found;
  fail({
    code: "unexpected",
    span: owner.span,
    message: `\`why not ${subject}\` cannot be of \`${owner.name}\``,
    expected: owners,
  });
}

/** `dr6.B0` */
function fieldAskedText(field: FieldAsked | undefined): string {
  if (field === undefined) return "";
  return field.part === undefined ? field.name : `${field.name}.${field.part}`;
}

/** The form. */
export const whyForm: Form<
  WhyLine | WhyHappenedLine | WhyNotLine,
  WhyAction | WhyHappenedAction | WhyNotAction
> = {
  begins: ["why"],
  grammar: {
    why: (g) => {
      g.CONSUME(kw("why"));
      g.OR([
        { ALT: () => g.SUBRULE(g.seen) },
        { ALT: () => g.SUBRULE(g.rules.whyNot) },
        { ALT: () => g.SUBRULE(g.rules.whyHappened) },
      ]);
    },
    /** Something that did not happen: `not [guest@v|user@v] breakpoint N [at=ADDRESS]`. */
    whyNot: (g) => {
      g.CONSUME(kw("not"));
      g.OPTION(() => g.SUBRULE(g.view));
      g.SUBRULE(g.rules.unmet);
      g.SUBRULE(g.arguments);
    },
    unmet: (g) => {
      g.OR([
        {
          ALT: () => {
            g.CONSUME(kw("breakpoint"));
            g.SUBRULE(g.expression);
          },
        },
        {
          ALT: () => {
            g.CONSUME(kw("watchpoint"));
            g.SUBRULE2(g.expression);
          },
        },
        { ALT: () => g.CONSUME(kw("step")) },
        { ALT: () => g.CONSUME(kw("exit")) },
        { ALT: () => g.CONSUME(kw("trap")) },
      ]);
    },
    /** A field of an exit or an exception, or of a register that is one: `dr6.b0`. */
    whyField: (g) => {
      g.CONSUME(Name);
      g.OPTION(() => {
        g.CONSUME(Dot);
        g.CONSUME2(Name);
      });
    },
    /** Something that happened: the last of its kind is meant. */
    whyHappened: (g) => {
      g.OR([
        { ALT: () => g.CONSUME(kw("trap")) },
        {
          ALT: () => {
            g.CONSUME(kw("exit"));
            g.OPTION(() => g.SUBRULE(g.rules.whyField));
          },
        },
        {
          ALT: () => {
            g.CONSUME(kw("exception"));
            g.OPTION2(() => g.SUBRULE2(g.rules.whyField));
          },
        },
        { ALT: () => g.CONSUME(kw("miss")) },
        { ALT: () => g.CONSUME(kw("refused")) },
      ]);
    },
  },
  build(parts, node, span) {
    const seen = optional(node, "seen");
    if (seen) return { kind: "why", seen: parts.seen(seen), span };
    const not = optional(node, "whyNot");
    if (not) return buildWhyNot(parts, not, span);
    const happened = sub(node, "whyHappened");
    return {
      kind: "why-happened",
      what: firstKey(happened).replace("Keyword_", "") as Happening,
      field: fieldOf(parts, happened),
      span,
    };
  },
  resolve: {
    why: (c, { seen }) => ({ kind: "why", seen: seenOf(c, seen) }),
    "why-happened": resolveHappened,
    "why-not": resolveNot,
  },
  perform: {
    why({ session, span, outputs }, { seen }) {
      outputs.push(explainValue(session, seen, span));
    },
    "why-happened"({ session, span, outputs }, action) {
      outputs.push(explainHappening(session, action, span));
    },
    "why-not"({ session, span, outputs }, action) {
      outputs.push(explainUnmet(session, action, span));
    },
  },
  write: {
    why: ({ seen }, arch) => `why ${seenText(arch, seen)}`,
    "why-happened": ({ what, field }) =>
      spaced("why", what, fieldAskedText(field)),
    "why-not": ({ question, isOwnerGiven, address }) => {
      const { owner, vcpu, subject, number } = question;
      return spaced(
        "why not",
        isOwnerGiven || vcpu > 0 ? `${owner}${at(vcpu)}` : "",
        subject,
        number < 0 ? "" : `${number}`,
        address === undefined ? "" : `at=${hex(address)}`,
      );
    },
  },
  complete: {
    whyField: ({ line, context: { arch } }) => {
      const field = line.first("whyField")?.image;
      if (field !== undefined) {
        return [...fieldWords(arch.registers.find(field)).keys()];
      }
      return line.has("exit") ? arch.exitFields : arch.exceptionFields;
    },
  },
  completeOptions: {
    whyNot: ({ context: { arch } }) =>
      optionWords(statementOptions("why"), arch.name),
  },
};
