/**
 * From the concrete tree of a line to its statement: those of a script.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import { fail } from "../../problem.ts";
import { joined, type Span } from "../../source.ts";
import type { Header, PlainLine } from "../lines.ts";
import type {
  DebugNode,
  HostActionNode,
  InstructionNode,
  RegisterPattern,
  StringLiteral,
  UserNode,
} from "../nodes.ts";
import { firstKey, nodes, optional, sub, tokens } from "./cst.ts";
import { buildExpect } from "./expectation.ts";
import type { Parts } from "./parts.ts";
import { template } from "./template.ts";
import { buildWhy } from "./why.ts";

/** A statement whose block, or included file, is not known yet. */
export type Unfinished = PlainLine | Header | {
  readonly kind: "include";
  readonly path: StringLiteral;
  readonly span: Span;
};

/** The word by which a rule with several was chosen. */
export function chosenWord(node: CstNode): string {
  return firstKey(node).replace("Keyword_", "");
}

/** Builds a statement from its rule. */
export function buildStatement(
  parts: Parts,
  rule: string,
  node: CstNode,
  span: Span,
): Unfinished {
  switch (rule) {
    case "arch":
      return { kind: rule, name: parts.nameIn(node), span };
    case "kernel": {
      const vendor = tokens(node, "vendor")[0];
      return {
        kind: rule,
        profile: parts.nameIn(node),
        vendor: vendor && parts.name(vendor),
        ...parts.kernelParts(node),
        span,
      };
    }
    case "host":
      return buildHost(parts, node, span);
    case "set": {
      // In a program of userspace.
      if (optional(node, "register")) {
        const operation = buildUserSet(parts, node, span);
        return { kind: "user-line", operation, span };
      }
      return { kind: rule, args: parts.args(node, "settings"), span };
    }
    case "guest": {
      const vcpu = parts.at(node);
      const inner = optional(node, "instruction");
      return inner
        ? {
          kind: rule,
          vcpu,
          instruction: buildInstruction(parts, inner, span),
          span,
        }
        : { kind: "handler", vcpu, mode: parts.nameIn(node), span };
    }
    case "run":
      return { kind: rule, vcpu: parts.at(node), args: parts.args(node), span };
    case "vcpuOperation":
      return {
        kind: "vcpu-operation",
        word: parts.nameIn(node, "word").text,
        vcpu: parts.at(node),
        args: parts.args(node),
        span,
      };
    case "user": {
      const program = buildProgram(parts, node, "user", span);
      if (program) return program;
      const operation = buildUser(parts, node, span);
      return { kind: rule, vcpu: parts.at(node), operation, span };
    }
    case "expect":
      return { kind: rule, ...buildExpect(parts, node, span), span };
    case "show":
      return buildShow(parts, node, span);
    case "why":
      return buildWhy(parts, node, span);
    case "scenario":
      return {
        kind: rule,
        name: template(parts, tokens(node, "StringToken")[0]),
        span,
      };
    case "let": {
      const name = parts.defined(parts.nameIn(node));
      const value = parts.expression(sub(node, "expression"));
      return { kind: rule, name, value, span };
    }
    case "for": {
      const [from, to] = nodes(node, "expression");
      return {
        kind: rule,
        variable: parts.defined(parts.nameIn(node)),
        from: parts.expression(from),
        to: parts.expression(to),
        span,
      };
    }
    case "include": {
      const path = parts.string(tokens(node, "StringToken")[0]);
      return { kind: rule, path, span };
    }
    default:
      throw new RangeError(`No builder for the rule ${rule}`);
  }
}

function buildHost(parts: Parts, node: CstNode, span: Span): Unfinished {
  const program = buildProgram(parts, node, "host", span);
  if (program) return program;
  const at = parts.at(node);
  if (!optional(node, "settings")) {
    const action = buildHostAction(parts, node, span);
    return { kind: "host-action", cpu: at, action, span };
  }
  return { kind: "host", at, args: parts.args(node, "settings"), span };
}

/** `break ADDR` or `watch ADDR [name=value …]`; undefined if it is neither. */
function buildPoint(parts: Parts, node: CstNode, span: Span) {
  const point = optional(node, "break");
  if (point) {
    const address = parts.expression(sub(point, "expression"));
    return { kind: "break", address, span } as const;
  }
  const watch = optional(node, "watch");
  return watch && {
    kind: "watch",
    address: parts.expression(sub(watch, "expression")),
    args: parts.args(watch),
    span,
  } as const;
}

/** Builds what the host kernel does. */
export function buildHostAction(
  parts: Parts,
  node: CstNode,
  span: Span,
): HostActionNode {
  return buildPoint(parts, node, span) ?? { kind: "off", span };
}

/** Builds a guest instruction from the rule `instruction`. */
export function buildInstruction(
  parts: Parts,
  node: CstNode,
  span: Span,
): InstructionNode {
  const register = optional(node, "register");
  const operand = optional(node, "expression");
  const valued = optional(node, "value") && parts.valueAndArgs(node);
  return {
    word: parts.nameIn(node, "word"),
    register: register && parts.register(register),
    operand: operand ? parts.expression(operand) : valued?.value,
    as: parts.as(node),
    args: valued?.args ?? parts.args(node),
    span,
  };
}

/** Builds what userspace does. */
export function buildUser(parts: Parts, node: CstNode, span: Span): UserNode {
  const get = optional(node, "userGet");
  if (get) {
    const register = parts.register(sub(get, "register"));
    return { kind: "get", register, as: parts.as(get), span };
  }
  const set = optional(node, "userSet");
  if (set) return buildUserSet(parts, set, span);
  const check = optional(node, "userCheck");
  if (check) {
    const capability = parts.nameIn(check);
    return { kind: "check", capability, as: parts.as(check), span };
  }
  const debug = optional(node, "userDebug");
  return debug
    ? { kind: "debug", request: buildDebug(parts, debug, span), span }
    : { kind: "init", span };
}

function buildUserSet(parts: Parts, node: CstNode, span: Span): UserNode {
  const register = parts.register(sub(node, "register"));
  return { kind: "set", register, ...parts.valueAndArgs(node), span };
}

function buildDebug(parts: Parts, node: CstNode, span: Span): DebugNode {
  const point = buildPoint(parts, node, span);
  if (point) return point;
  for (const kind of ["step", "swbreak", "off"] as const) {
    if (tokens(node, `Keyword_${kind}`).length > 0) return { kind, span };
  }
  return { kind: "raw", args: parts.args(node), span };
}

function buildShow(parts: Parts, node: CstNode, span: Span): PlainLine {
  const table = optional(node, "showTable");
  if (!table) {
    const map = tokens(node, "Keyword_map").length > 0;
    return { kind: map ? "show-map" : "show-cost", span };
  }
  const registers: RegisterPattern[] = [];
  for (const part of nodes(table, "pattern")) {
    const next = patternPart(parts, part);
    const last = registers.at(-1);
    const touches = last && !last.index && last.span.end === next.span.start;
    if (!touches) registers.push(next);
    else {
      registers[registers.length - 1] = {
        text: last.text + next.text,
        index: next.index,
        span: joined(last.span, next.span),
      };
    }
  }
  const views = nodes(table, "view").map((view) => parts.view(view));
  return { kind: "show", views, registers, span };
}

function patternPart(parts: Parts, node: CstNode): RegisterPattern {
  const star = tokens(node, "Star")[0];
  if (star) return { text: "*", index: undefined, span: parts.spanOf(star) };
  const { name, index, span } = parts.register(sub(node, "register"));
  return { text: name.text, index, span };
}

/** `host N` or `user N` before a block; undefined if it is another form. */
function buildProgram(
  parts: Parts,
  node: CstNode,
  of: "user" | "host",
  span: Span,
): Header | undefined {
  const number = tokens(node, "program")[0];
  if (!number) return undefined;
  const at = parts.at(node);
  if (at) {
    fail({
      code: "unexpected",
      span: at.span,
      message: "the number of a program has no `@`",
      hint: `write \`${of} ${number.image} { … }\``,
    });
  }
  return { kind: "program", of, index: parts.number(number), span };
}
