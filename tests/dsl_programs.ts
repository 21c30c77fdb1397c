/**
 * Generated programs, good ones and ones that are spoiled in known places.
 *
 * @module
 */
import * as fc from "fast-check";
import { BAD_STATEMENTS, GOOD_STATEMENTS } from "../dsl/testing.ts";

/** A line of a generated program. `$d` defines a name, `$n` uses one, `$i` a loop variable. */
export type Plan =
  | { readonly kind: "statement"; readonly text: string; readonly bad?: Bad }
  | {
    readonly kind: "for";
    readonly body: readonly Plan[];
    readonly inline: boolean;
    readonly bad?: Bad;
  };

/** How a line is spoiled: a text instead of it, `$0` being the good one. */
export interface Bad {
  readonly text: string;
}

/** A generated program: one list of lines, or a list for each scenario. */
export interface Program {
  readonly preamble: readonly Plan[];
  readonly scenarios: readonly (readonly Plan[])[];
  /** Without it, there are no scenario blocks and the lists follow each other. */
  readonly blocks: boolean;
}

/** Ways to spoil the shape of any statement. `$0` is the statement. */
export const SPOILS: readonly string[] = [
  "zz $0",
  "$0 )",
  "$0 = 3",
  "$0 12ab",
  "$0 ?",
  "@ $0",
  "= $0",
  "guest wirte dbgbcr0",
  "guest",
  "expect",
  "user debug",
  "let = 1",
  "set",
  "exepct ok",
  "run run run",
  "expect hw dbgbcr0 = 1",
  "guest write",
  "guest write dbgbvr0 (1 + 2",
  "guest write dbgbvr0 4-1",
  "guest write dbgbvr[0 1",
  'let s = "unclosed',
];

/** Ways to spoil the header of a loop; it keeps its brace. */
const HEADER_SPOILS: readonly string[] = [
  "fro $i in 0..3",
  "for $i in 0..",
  "for $i 0..3",
  "for $i in 0..3 4",
  "for $i in 3..0",
  "run",
  "",
];

const statement: fc.Arbitrary<Plan> = fc.constantFrom(...GOOD_STATEMENTS).map(
  (text) => ({ kind: "statement", text }),
);

const { plans } = fc.letrec<{ plan: Plan; plans: Plan[] }>((tie) => ({
  plan: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 6, arbitrary: statement },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("for" as const),
        body: tie("plans"),
        inline: fc.boolean(),
      }),
    },
  ),
  plans: fc.array(tie("plan"), { maxLength: 6 }),
}));

const preamble: fc.Arbitrary<Plan[]> = fc.subarray([
  "arch arm64",
  "kernel watanabe-v7",
  "host brps=5 ctx=2 wrps=4",
  "set brps=4 ctx=2",
  "let $d = 0x10",
]).map((texts) => texts.map((text) => ({ kind: "statement", text })));

/** Programs without a mistake. */
export const programs: fc.Arbitrary<Program> = fc.record({
  preamble,
  scenarios: fc.array(plans, { minLength: 1, maxLength: 4 }),
  blocks: fc.boolean(),
});

/** A statement's spoiled form. */
const badStatement: fc.Arbitrary<Bad> = fc.constantFrom(
  ...SPOILS,
  ...BAD_STATEMENTS,
).map((text) => ({ text }));

const badHeader: fc.Arbitrary<Bad> = fc.constantFrom(...HEADER_SPOILS).map(
  (text) => ({ text }),
);

/** What is around a plan that may be spoiled. */
interface Around {
  /** On the line of a loop's header: nothing may swallow the rest of the line. */
  readonly inline: boolean;
  /** A header's variable cannot be read any more: any name may have been it. */
  readonly lost: boolean;
}

/** Spoils some lines of a program; `pick` says which and how. */
export function spoiled(program: Program, pick: () => Spoil): Program {
  const spoilPlan = (plan: Plan, { inline, lost }: Around): Plan => {
    const { chosen, statement, header } = pick();
    if (plan.kind === "statement") {
      const unfit = inline && statement.text.includes('"unclosed') ||
        lost && statement.text.includes("undefined_name");
      const bad = unfit ? { text: "guest" } : statement;
      return chosen ? { ...plan, bad } : plan;
    }
    const within = {
      inline: inline || plan.inline,
      lost: lost || chosen && !header.text.includes("$i"),
    };
    return {
      ...plan,
      body: plan.body.map((one) => spoilPlan(one, within)),
      ...(chosen ? { bad: header } : {}),
    };
  };
  const around = { inline: false, lost: false };
  return {
    ...program,
    preamble: program.preamble.map((plan) => spoilPlan(plan, around)),
    scenarios: program.scenarios.map((list) =>
      list.map((plan) => spoilPlan(plan, around))
    ),
  };
}

/** Whether and how a line is spoiled. */
export interface Spoil {
  readonly chosen: boolean;
  readonly statement: Bad;
  readonly header: Bad;
}

/** Decisions of `spoiled()`. */
export const spoil: fc.Arbitrary<Spoil> = fc.record({
  chosen: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  statement: badStatement,
  header: badHeader,
});

/** A program's text, and the numbers of its spoiled lines, a number for each spoiled statement. */
export function written(
  program: Program,
): { readonly text: string; readonly badLines: readonly number[] } {
  const writer = new Writer();
  writer.list(program.preamble, { indent: 0, loop: undefined });
  program.scenarios.forEach((list, index) => {
    if (!program.blocks) {
      writer.list(list, { indent: 0, loop: undefined });
      return;
    }
    writer.open(`scenario "s${index}"`, 0);
    writer.scoped(() => writer.list(list, { indent: 1, loop: undefined }));
    writer.close(0);
  });
  return { text: writer.text(), badLines: writer.badLines };
}

/** Where lines are written. */
interface Where {
  readonly indent: number;
  readonly loop: string | undefined;
}

class Writer {
  readonly badLines: number[] = [];
  readonly #lines: string[] = [];
  #names: string[] = [];
  #next = 0;

  text(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  scoped(body: () => void): void {
    const before = this.#names;
    this.#names = [...before];
    body();
    this.#names = before;
  }

  open(header: string, indent: number): void {
    this.#put(`${header} {`, indent);
  }

  close(indent: number): void {
    this.#put("}", indent);
  }

  list(plans: readonly Plan[], where: Where): void {
    for (const plan of plans) this.#plan(plan, where);
  }

  #put(text: string, indent: number): void {
    this.#lines.push("  ".repeat(indent) + text);
  }

  #plan(plan: Plan, where: Where): void {
    if (plan.kind === "statement") {
      this.#put(this.#statement(plan, where), where.indent);
      if (plan.bad) this.badLines.push(this.#lines.length);
      return;
    }
    const variable = `i${this.#next++}`;
    const header = (plan.bad?.text ?? "for $i in 0..3").replaceAll(
      "$i",
      variable,
    );
    const loop = variable;
    if (plan.inline) {
      const bad: number[] = [];
      const line = this.#inline(plan, { header, loop }, bad);
      this.#put(line, where.indent);
      for (const _ of bad) this.badLines.push(this.#lines.length);
      return;
    }
    this.open(header, where.indent);
    if (plan.bad) this.badLines.push(this.#lines.length);
    this.scoped(() => this.list(plan.body, { indent: where.indent + 1, loop }));
    this.close(where.indent);
  }

  /** A loop on one line; `bad` gets an entry for each spoiled statement. */
  #inline(
    plan: Extract<Plan, { readonly kind: "for" }>,
    { header, loop }: { readonly header: string; readonly loop: string },
    bad: number[],
  ): string {
    if (plan.bad) bad.push(0);
    const parts: string[] = [];
    this.scoped(() => {
      for (const part of plan.body) {
        if (part.kind === "statement") {
          parts.push(this.#statement(part, { indent: 0, loop }));
          if (part.bad) bad.push(0);
          continue;
        }
        const variable = `i${this.#next++}`;
        const inner = (part.bad?.text ?? "for $i in 0..3").replaceAll(
          "$i",
          variable,
        );
        parts.push(this.#inline(part, { header: inner, loop: variable }, bad));
      }
    });
    return `${header} { ${parts.join("; ")} }`;
  }

  #statement(
    plan: Extract<Plan, { readonly kind: "statement" }>,
    { loop }: Where,
  ): string {
    // What stands instead of a statement does not define its name.
    if (plan.bad && !plan.bad.text.includes("$0")) return plan.bad.text;
    const use = this.#names.at(-1) ?? "7";
    let text = plan.text.replaceAll("$i", loop ?? "1").replaceAll("$n", use);
    if (text.includes("$d")) {
      const name = `n${this.#next++}`;
      text = text.replaceAll("$d", name);
      this.#names.push(name);
    }
    return plan.bad ? plan.bad.text.replaceAll("$0", text) : text;
  }
}
