import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { Expr } from "../syntax/nodes.ts";
import { VALUE_MAX } from "../limits.ts";
import { compare, evaluate } from "./expressions.ts";
import { loadText } from "../testing.ts";

/** The tree of an expression's text. */
function parsed(text: string): Expr {
  const loaded = loadText(`let a = 5\nlet value = ${text}`);
  if (!loaded.ok) throw new Error(loaded.diagnostics[0].message);
  const last = loaded.file.lines[1];
  if (last.kind !== "let") throw new Error(last.kind);
  return last.value;
}

/** An expression as text, with `a` for 5, and its value by an evaluator of another make. */
interface Sample {
  readonly text: string;
  /** Undefined if some step has no 64-bit value. */
  readonly value: bigint | undefined;
}

const OPERATORS = ["|", "^", "&", "<<", ">>", "+", "-", "*", "/", "%"];

/** Applies an operator by JavaScript's own evaluation of BigInt. */
function applied(
  left: Sample,
  operator: string,
  right: Sample,
): bigint | undefined {
  if (left.value === undefined || right.value === undefined) return undefined;
  const zero = right.value === 0n;
  if (zero && (operator === "/" || operator === "%")) return undefined;
  if (operator === "<<" && right.value > 64n && left.value > 0n) {
    return undefined;
  }
  const value: bigint = new Function(
    `return ${left.value}n ${operator} ${right.value}n`,
  )();
  return value < 0n || value > VALUE_MAX ? undefined : value;
}

const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(fc.bigInt(0n, 70n), fc.bigInt(0n, VALUE_MAX)).chain((value) =>
      fc.constantFrom(
        `${value}`,
        `0x${value.toString(16)}`,
        `0b${value.toString(2)}`,
      )
        .map((text) => ({ text, value }))
    ),
    fc.constant({ text: "a", value: 5n }),
    fc.tuple(tie("sample"), fc.constantFrom(...OPERATORS), tie("sample")).map(
      ([left, operator, right]) => ({
        text: `(${left.text} ${operator} ${right.text})`,
        value: applied(left, operator, right),
      }),
    ),
  ),
}));

const lookup = () => 5n;

Deno.test("evaluate(): every operator as BigInt has it, or an error beyond 64 bits", () => {
  fc.assert(
    fc.property(sample, ({ text, value }) => {
      const loaded = loadText(`let a = 5\nlet value = ${text}`);
      const errors = loaded.diagnostics.map(({ code }) => code);
      if (value === undefined) {
        assertEquals(errors.length, 1, text);
        return;
      }
      assertEquals(errors, [], text);
      assertEquals(
        evaluate(parsed(text), lookup),
        { kind: "value", value },
        text,
      );
    }),
    { numRuns: 2000 },
  );
});

Deno.test("precedence is that of C", () => {
  // JavaScript has C's precedence for these operators, and BigInt does not wrap.
  const operator = fc.constantFrom("|", "^", "&", "<<", ">>", "+", "*");
  const small = fc.integer({ min: 0, max: 4 });
  const chain = fc.array(fc.tuple(operator, small), { maxLength: 6 });
  fc.assert(
    fc.property(small, chain, (first, rest) => {
      const tail = (suffix: string) =>
        rest.map(([sign, number]) => ` ${sign} ${number}${suffix}`).join("");
      const want: bigint = new Function(`return ${first}n${tail("n")}`)();
      fc.pre(want <= VALUE_MAX);
      const loaded = loadText(`let value = ${first}${tail("")}`);
      fc.pre(loaded.ok);
      const found = evaluate(parsed(`${first}${tail("")}`), lookup);
      assertEquals(found, { kind: "value", value: want });
    }),
    { numRuns: 1000 },
  );
});

Deno.test("operators of one precedence group to the left", () => {
  assertEquals(evaluate(parsed("9 - 3 - 2"), lookup), {
    kind: "value",
    value: 4n,
  });
  assertEquals(evaluate(parsed("64 / 4 / 2 % 5"), lookup), {
    kind: "value",
    value: 3n,
  });
});

Deno.test("an unknown name is unknown, and what is wrong beside it is still an error", () => {
  const unknown = () => undefined;
  assertEquals(evaluate(parsed("a + 1"), unknown).kind, "unknown");
  const zero = { ...parsed("1"), value: 0n } as Expr;
  const division = parsed("a / 1");
  const broken = { ...division, right: zero } as Expr;
  assertEquals(evaluate(broken, unknown).kind, "error");
});

Deno.test("compare(): all six comparisons", () => {
  const pairs = [[1n, 2n], [2n, 2n], [3n, 2n]] as const;
  const row = (operator: Parameters<typeof compare>[1]) =>
    pairs.map(([left, right]) => compare(left, operator, right));
  assertEquals(row("=="), [false, true, false]);
  assertEquals(row("!="), [true, false, true]);
  assertEquals(row("<"), [true, false, false]);
  assertEquals(row("<="), [true, true, false]);
  assertEquals(row(">"), [false, false, true]);
  assertEquals(row(">="), [false, true, true]);
});
