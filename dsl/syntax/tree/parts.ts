/**
 * From the concrete tree to the parts of lines: names, numbers, expressions, references.
 *
 * @module
 */
import type { CstNode, IToken } from "chevrotain";
import { VALUE_MAX } from "../../limits.ts";
import { fail } from "../../problem.ts";
import { joined, type Source, type Span, span } from "../../source.ts";
import type { Header } from "../headers.ts";
import type {
  Argument,
  BinaryOperator,
  ChoiceNode,
  Comparison,
  Expr,
  KernelTermNode,
  Name,
  PointNode,
  RegisterRef,
  SeenRef,
  StringLiteral,
  Undef,
  ViewName,
  ViewRef,
} from "../nodes.ts";
import { endOf } from "../scan.ts";
import { firstKey, nodes, optional, sub, tokens } from "./cst.ts";

/** Operators by how strongly they bind. */
export const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  "|": 1,
  "^": 2,
  "&": 3,
  "<<": 4,
  ">>": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

/** Builds the parts of lines of one source. */
export class Parts {
  /**
   * @param source what is read
   * @param expressionOf builds an expression of tokens that end at an offset: the parser is a stage of its own
   */
  constructor(
    readonly source: Source,
    readonly expressionOf: (tokens: IToken[], end: number) => CstNode,
  ) {}

  spanOf(token: IToken): Span {
    return span(this.source, token.startOffset, endOf(token));
  }

  name(token: IToken): Name {
    return { text: token.image, span: this.spanOf(token) };
  }

  nameIn(node: CstNode, key = "Name"): Name {
    return this.name(tokens(node, key)[0]);
  }

  number(token: IToken): Expr {
    const digits = token.image;
    const value = BigInt(
      digits.includes("_") ? digits.replaceAll("_", "") : digits,
    );
    if (value > VALUE_MAX) {
      fail({
        code: "number-too-large",
        span: this.spanOf(token),
        message: `\`${token.image}\` does not fit 64 bits`,
      });
    }
    return { kind: "number", value, span: this.spanOf(token) };
  }

  operand(node: CstNode): Expr {
    const inner = optional(node, "expression");
    if (inner) {
      const open = tokens(node, "LeftParen")[0];
      const close = tokens(node, "RightParen")[0];
      return {
        ...this.expression(inner),
        span: joined(this.spanOf(open), this.spanOf(close)),
      };
    }
    const number = tokens(node, "NumberToken")[0];
    if (number) return this.number(number);
    const minus = tokens(node, "Minus")[0];
    if (minus) {
      const operand = this.operand(sub(node, "operand"));
      const span = joined(this.spanOf(minus), operand.span);
      return { kind: "negative", operand, span };
    }
    const { text, span } = this.nameIn(node);
    return { kind: "name", text, span };
  }

  expression(node: CstNode): Expr {
    const operands = nodes(node, "operand");
    const operators = tokens(node, "Operator");
    if (operators.length === 0) return this.operand(operands[0]);
    const values: Expr[] = [this.operand(operands[0])];
    const waiting: BinaryOperator[] = [];
    const reduce = () => {
      const right = values.pop()!;
      const left = values.pop()!;
      values.push({
        kind: "binary",
        operator: waiting.pop()!,
        left,
        right,
        span: joined(left.span, right.span),
      });
    };
    operators.forEach((token, index) => {
      const operator = token.image as BinaryOperator;
      if (operator === "-") this.#spacesAround(token);
      while (
        waiting.length > 0 &&
        PRECEDENCE[waiting.at(-1)!] >= PRECEDENCE[operator]
      ) reduce();
      waiting.push(operator);
      values.push(this.operand(operands[index + 1]));
    });
    while (waiting.length > 0) reduce();
    return values[0];
  }

  #spacesAround(minus: IToken): void {
    const { text } = this.source;
    const blank = /\s/;
    if (
      blank.test(text[minus.startOffset - 1]) && blank.test(text[endOf(minus)])
    ) return;
    fail({
      code: "spaces-around-minus",
      span: this.spanOf(minus),
      message: "put spaces around `-`",
      hint: "a hyphen without spaces is part of a name",
    });
  }

  /** `@n` */
  at(node: CstNode): Expr | undefined {
    const at = optional(node, "at");
    return at && this.operand(sub(at, "operand"));
  }

  register(node: CstNode): RegisterRef {
    const name = this.nameIn(node);
    const index = optional(node, "expression");
    if (!index) return { name, index: undefined, span: name.span };
    return {
      name,
      index: this.expression(index),
      span: joined(name.span, this.spanOf(tokens(node, "RightBracket")[0])),
    };
  }

  view(node: CstNode): ViewRef {
    const token = tokens(node, "View")[0];
    const at = this.at(node);
    const place = this.spanOf(token);
    return {
      name: token.image as ViewName,
      at,
      span: at ? joined(place, at.span) : place,
    };
  }

  /** `VIEW R[.field]` of the rule `seen`. */
  seen(node: CstNode): SeenRef {
    const field = tokens(node, "Name")[0];
    return {
      view: this.view(sub(node, "view")),
      register: this.register(sub(node, "register")),
      field: field && this.name(field),
    };
  }

  names(node: CstNode): Name[] {
    return tokens(sub(node, "names"), "Name").map((token) => this.name(token));
  }

  /** `with ROW` or `without ROW` */
  choice(node: CstNode): ChoiceNode {
    const first = tokens(node, firstKey(node))[0];
    const row = sub(node, "row");
    const name = this.name(tokens(row, firstKey(row))[0]);
    return {
      word: first.image as ChoiceNode["word"],
      row: name,
      span: joined(this.spanOf(first), name.span),
    };
  }

  /** The kernels after `on`; none if the node has no such part. */
  kernels(node: CstNode): KernelTermNode[] {
    const list = optional(node, "kernels");
    if (!list) return [];
    return nodes(list, "kernelTerm").map((term) => {
      const [first, last] = tokens(term, "Name").map((token) =>
        this.name(token)
      );
      const comparison = tokens(term, "Comparison")[0];
      const vendorToken = tokens(term, "vendor")[0];
      const vendor = vendorToken && this.name(vendorToken);
      const choices = nodes(term, "choice").map((node) => this.choice(node));
      if (!first) {
        const span = joined(choices[0].span, choices.at(-1)!.span);
        return { kind: "changes", choices, vendor: undefined, span };
      }
      if (comparison) {
        return {
          kind: "side",
          operator: comparison.image as Comparison,
          release: first,
          vendor,
          span: joined(this.spanOf(comparison), (vendor ?? first).span),
        };
      }
      if (last && choices.length > 0) {
        const [{ word, span }] = choices;
        fail({
          code: "unexpected",
          span,
          message: `\`${word}\` cannot follow a range`,
          hint: "write a comma between terms of which one must fit",
        });
      }
      return last
        ? {
          kind: "range",
          from: first,
          to: last,
          vendor,
          span: joined(first.span, (vendor ?? last).span),
        }
        : {
          kind: "name",
          name: first,
          choices,
          vendor,
          span: joined(first.span, (choices.at(-1) ?? vendor ?? first).span),
        };
    });
  }

  /** `as NAME` */
  as(node: CstNode): Name | undefined {
    const as = optional(node, "as");
    return as && this.defined(this.nameIn(as));
  }

  /** A name that is being defined. */
  defined(name: Name): Name {
    if (name.text === "undef") {
      fail({
        code: "reserved-name",
        span: name.span,
        message:
          "`undef` cannot be a name: it says that an access is undefined",
      });
    }
    return name;
  }

  comparison(
    node: CstNode,
  ): { readonly operator: Comparison; readonly value: Expr } {
    const part = sub(node, "comparison");
    return {
      operator: tokens(part, "Comparison")[0].image as Comparison,
      value: this.expression(sub(part, "expression")),
    };
  }

  /** A comparison whose value may be `undef`. */
  comparisonOrUndef(
    node: CstNode,
  ): { readonly operator: Comparison; readonly value: Expr | Undef } {
    const { operator, value } = this.comparison(node);
    return value.kind === "name" && value.text === "undef"
      ? { operator, value: { kind: "undef", span: value.span } }
      : { operator, value };
  }

  /** The `name=value` of a node's `arguments` or `settings`. */
  args(node: CstNode, key: "arguments" | "settings" = "arguments"): Argument[] {
    const list = optional(node, key);
    if (!list) return [];
    return nodes(list, "argument").map((argument) => this.argument(argument));
  }

  /** `name=value` */
  argument(node: CstNode): Argument {
    const target = this.register(sub(node, "register"));
    const value = this.expression(sub(node, "expression"));
    return { target, value, span: joined(target.span, value.span) };
  }

  /** `[VALUE] [name=value …]` of a node's `value`. */
  valueAndArgs(
    node: CstNode,
  ): { readonly value: Expr | undefined; readonly args: readonly Argument[] } {
    const part = sub(node, "value");
    const value = optional(part, "expression");
    return { value: value && this.expression(value), args: this.args(part) };
  }

  /** `break ADDR` or `watch ADDR [name=value …]`; undefined if it is neither. */
  point(node: CstNode, span: Span): PointNode | undefined {
    const point = optional(node, "break");
    if (point) {
      const address = this.expression(sub(point, "expression"));
      return { kind: "break", address, span };
    }
    const watch = optional(node, "watch");
    return watch && {
      kind: "watch",
      address: this.expression(sub(watch, "expression")),
      args: this.args(watch),
      span,
    };
  }

  /** `host N` or `user N` before a block; undefined if it is another form. */
  program(
    node: CstNode,
    of: "user" | "host",
    span: Span,
  ): (Header & { readonly kind: "program" }) | undefined {
    const number = tokens(node, "program")[0];
    if (!number) return undefined;
    const at = this.at(node);
    if (at) {
      fail({
        code: "unexpected",
        span: at.span,
        message: "the number of a program has no `@`",
        hint: `write \`${of} ${number.image} { … }\``,
      });
    }
    return { kind: "program", of, index: this.number(number), span };
  }

  /** A text in quotes, without its quotes and escapes. */
  string(token: IToken): StringLiteral {
    const inner = token.image.slice(1, -1);
    const value = inner.includes("\\")
      ? this.unescaped(inner, token.startOffset + 1)
      : inner;
    return { value, span: this.spanOf(token) };
  }

  /** Text between quotes, without its escapes. */
  unescaped(text: string, offset: number): string {
    return text.replace(/\\(.)/gu, (_, character: string, at: number) => {
      if ('"\\{}'.includes(character)) return character;
      return fail({
        code: "bad-escape",
        span: span(
          this.source,
          offset + at,
          offset + at + 1 + character.length,
        ),
        message: `\`\\${character}\` is not an escape sequence`,
        expected: ['\\"', "\\\\", "\\{", "\\}"],
      });
    });
  }
}
