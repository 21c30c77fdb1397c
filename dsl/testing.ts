/**
 * What the tests of this folder share: marked texts, trees without places, generated programs.
 *
 * @module
 */
import * as fc from "fast-check";
import { load, type Loaded, type Reader } from "./load.ts";
import type { Limits } from "./limits.ts";
import { FIXTURE } from "./vocabulary_fixture.ts";

/** Loads a text against the fixture. */
export function loadText(
  text: string,
  { reader, limits, name = "test.dregs" }: {
    readonly reader?: Reader;
    readonly limits?: Limits;
    readonly name?: string;
  } = {},
): Loaded {
  return load({ name, text }, { vocabulary: FIXTURE, reader, limits });
}

/** A text with one place marked, as in `bas=<|0xff|>`. */
export function marked(
  text: string,
): { readonly text: string; readonly start: number; readonly end: number } {
  const start = text.indexOf("<|");
  const end = text.indexOf("|>");
  if (start < 0 || end < start) throw new RangeError(`No mark in ${text}`);
  const plain = text.slice(0, start) + text.slice(start + 2, end) +
    text.slice(end + 2);
  return { text: plain, start, end: end - 2 };
}

/** A tree without its places, for comparing. */
export function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== "object" || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) {
    if (key === "source") continue;
    if (key === "span") continue;
    if (part !== undefined) out[key] = withoutSpans(part);
  }
  return out;
}

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

/** Statements that are right wherever a machine may be used. */
export const GOOD_STATEMENTS: readonly string[] = [
  "guest write dbgbcr0 lbn=2 bt=linked-address e=1",
  "guest write dbgbcr[$i] 0x1e7 e=0",
  "guest write dbgbvr[$i] 0x1000 + $i * 4",
  "guest write DBGWCR1_EL1 lsc=both pac=el0 bas=0xff e=1 at=0x2000",
  "guest write pstate d=0",
  "guest read dbgbcr0 as $d",
  "guest read mdscr",
  "guest exec 0x1000 el=0",
  "guest load 0x2000 size=8",
  "guest store (0x2000 + 8) size=4",
  "guest rmw 0x2000",
  "guest brk 5",
  "guest brk",
  "guest svc",
  "guest isb at=0x4000",
  "guest handler mask",
  "run",
  "run @0 steps=2 stop=exit",
  "run steps=1 stop=guest fail=vgic cpu=0",
  "interrupt",
  "put @0",
  "user get dbgbcr0 as $d",
  "user@0 set dbgbcr0 0x0 lbn=1",
  "user set pc 0x1000",
  "user init",
  "user check SET_GUEST_DEBUG as $d",
  "user debug break 0x1000",
  "user debug watch 0x2000 size=4 on=access",
  "user debug step",
  "user debug off",
  "user debug raw control=0x10001 dbgbcr0=0x1e7 dbgbvr[1]=0x1000",
  "host@0 break 0x3000",
  "host watch 0x3000 size=8 on=store",
  "host@0 off",
  "let $d = 1 + 2 * (3 | 4)",
  "let $d = $n",
  "expect guest dbgbcr0.lbn == 2",
  "expect hw dbgbcr0.bt == linked-address on watanabe-v7, linux-6.1",
  "expect cpu mdscr != 0x8000 - 1",
  "expect user dbgbcr15 == undef",
  "expect kvm mdcr_el2.tda == 1",
  "expect $n >= 0",
  "expect exit idle",
  "expect exit debug ec=0x30 far=0x1000",
  "expect exceptions breakpoint, step",
  "expect exceptions == 0",
  "expect exception brk esr=1",
  "expect no exception",
  "expect error ENOENT",
  "expect ok",
  "expect trap",
  "expect no trap",
  "expect traps <= 3",
  "expect cost@0 dr-loads < 5",
  "show",
  "show guest hw@0 dbgb* mdscr",
  "show map",
  "show cost",
  "why hw dbgbcr4.lbn",
];

/** Statements with a mistake that only a look at their words finds. */
export const BAD_STATEMENTS: readonly string[] = [
  "guest write dbgbcr16 1",
  "guest write dbgbcr0 lbm=2",
  "guest write dbgbcr0 e=2",
  "guest write dbgbcr0 bt=linked-adress",
  "guest write dbgbcr0 lbn=1 lbn=2",
  "guest write dbgbvr0 0x1_0000_0000_0000_0000",
  "guest write dbgbvr0 1 / 0",
  "guest write dr7 1",
  "guest load 0x1000 size=3",
  "guest exec 0x1001",
  "guest cpuid",
  "guest brk 0x10000",
  "guest isb el=2",
  "run stp=put",
  "run steps=0",
  "run stop=never",
  "user check HW_BREAKPOINTS",
  "user debug watch 0x1000 size=9",
  "user debug watch 0x1000 on=loda",
  "user get dbgbcr[16]",
  "expect exit idel",
  "expect exceptions breakpont",
  "expect error ENOSUCH",
  "expect cost dr-lods == 1",
  "expect guest dbgbcr0 == 1 on watanabe",
  "expect undefined_name == 1",
  "show nothing*",
  "why hw dbgbcr4.lbm",
];

/** Ways to spoil the shape of any statement. `$0` is the statement. */
const SPOILS: readonly string[] = [
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
  'include "unclosed',
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

/** A statement's spoiled form; those that would swallow the end of an inline block left out. */
const badStatement: fc.Arbitrary<Bad> = fc.constantFrom(
  ...SPOILS,
  ...BAD_STATEMENTS,
).map((text) => ({ text }));

const badHeader: fc.Arbitrary<Bad> = fc.constantFrom(...HEADER_SPOILS).map(
  (text) => ({ text }),
);

/** Spoils some lines of a program; `pick` says which and how. */
export function spoiled(program: Program, pick: () => Spoil): Program {
  const spoilPlan = (plan: Plan, inline: boolean): Plan => {
    const { chosen, statement, header } = pick();
    const bad = inline && statement.text.includes('"unclosed')
      ? { text: "guest" }
      : statement;
    if (plan.kind === "statement") return chosen ? { ...plan, bad } : plan;
    const within = inline || plan.inline;
    return {
      ...plan,
      body: plan.body.map((one) => spoilPlan(one, within)),
      ...(chosen ? { bad: header } : {}),
    };
  };
  return {
    ...program,
    preamble: program.preamble.map((plan) => spoilPlan(plan, false)),
    scenarios: program.scenarios.map((list) =>
      list.map((plan) => spoilPlan(plan, false))
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
