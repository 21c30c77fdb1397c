/**
 * `set brps=4 …`: what userspace gives the guest. In `user N { … }`, `set R VALUE` is a line of its program.
 *
 * @module
 */
import { fieldWords, shorts, subject } from "../completion/line.ts";
import { options, spaced } from "../print/parts.ts";
import { fail } from "../problem.ts";
import type { Context } from "../resolve/context.ts";
import { countsOf } from "../resolve/counts.ts";
import { guestCounts } from "../resolve/vocabulary.ts";
import type { Argument, Node } from "../syntax/nodes.ts";
import {
  keywordType as kw,
  LeftBracket,
  LeftParen,
  Name,
  NumberToken,
} from "../syntax/tokens.ts";
import { optional } from "../syntax/tree/cst.ts";
import type { Form } from "./form.ts";
import { buildUserSet, type UserProgramLine } from "./user.ts";

/** `set brps=4 ctx=2 …`: what userspace gives the guest. One statement is one write of the ID register. */
export interface SetLine extends Node<"set"> {
  /** In the order of the text. */
  readonly args: readonly Argument[];
}

/** What userspace gives the guest. */
export interface SetAction {
  readonly kind: "set";
  readonly counts: Readonly<Record<string, number>>;
}

/** `set brps=4 … vcpus=2` */
function resolveSet(
  c: Context,
  { args, span }: SetLine,
): SetAction {
  const counts = countsOf(c, args, guestCounts);
  const have = c.situation.vcpus;
  const { vcpus } = counts;
  const isKnown = c.isComplete && vcpus !== undefined;
  if (isKnown && have !== undefined && vcpus < have) {
    fail({
      code: "out-of-range",
      span,
      message: `vcpus=${vcpus} is less than the ${have} vCPUs that exist`,
      hint: "vCPUs can only be added",
    });
  }
  return { kind: "set", counts };
}

/** What a value begins with. */
const VALUE = [NumberToken, Name, LeftParen, LeftBracket];

/** The form. */
export const setForm: Form<SetLine, SetAction, UserProgramLine> = {
  begins: ["set"],
  grammar: {
    set: (g) => {
      g.CONSUME(kw("set"));
      g.OR([
        {
          // After the word that comes next stands nothing that a value begins with.
          GATE: () => !VALUE.some((type) => g.isAt(2, type)),
          IGNORE_AMBIGUITIES: true,
          ALT: () => g.SUBRULE(g.settings),
        },
        // In a user program of an explore block.
        {
          ALT: () => {
            g.SUBRULE(g.register);
            g.SUBRULE(g.value);
          },
        },
      ]);
    },
  },
  build(parts, node, span) {
    if (optional(node, "register")) {
      const operation = buildUserSet(parts, node, span);
      return { kind: "user-line", operation, span };
    }
    return { kind: "set", args: parts.args(node, "settings"), span };
  },
  resolve: { set: resolveSet },
  perform: {
    set: (performance, { counts }) =>
      performance.operate((machine) => machine.set(counts)),
  },
  write: {
    set: ({ counts }, { guestCounts }) =>
      spaced(
        "set",
        options(
          Object.fromEntries(
            Object.entries(counts).map(([name, count]) => {
              const { names = {} } = guestCounts.find((one) =>
                one.name === name
              ) ?? {};
              const word = Object.keys(names).find((key) =>
                names[key] === count
              );
              return [name, word ?? count];
            }),
          ),
        ),
      ),
  },
  complete: {
    "set register": ({ context: { arch } }) => shorts(arch, { userToo: true }),
  },
  completeOptions: {
    set: ({ rules, line, context: { arch } }) =>
      rules.includes("settings")
        ? guestCounts(arch).map(({ name, names = {} }) =>
          [name, Object.keys(names)] as const
        )
        : fieldWords(subject(line, arch)),
  },
};
