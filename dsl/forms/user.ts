/**
 * `user@v …`: ioctls of a vCPU; in `user N { … }` without the word.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import {
  type Architecture,
  type GuestDebugRequest,
  type Machine,
  USER_EVENTS,
  type UserResult,
} from "../../engine/mod.ts";
import type { UserOperation } from "../action_parts.ts";
import {
  fieldWords,
  optionWords,
  shorts,
  subject,
} from "../completion/line.ts";
import { hex } from "../notation.ts";
import { at, options, pointText, spaced } from "../print/parts.ts";
import { fail } from "../problem.ts";
import type { Context } from "../resolve/context.ts";
import { pendingEvent } from "../resolve/interrupts.ts";
import { guestDebug } from "../resolve/guest_debug.ts";
import { registerOf, written } from "../resolve/registers.ts";
import { wholeVm } from "../resolve/saving.ts";
import { capabilityNamed, refuseAs } from "../resolve/words.ts";
import type { Performance } from "../run/performance.ts";
import type { Span } from "../source.ts";
import { RAW } from "../statements.ts";
import type { Header } from "../syntax/headers.ts";
import type {
  DebugNode,
  Expr,
  Name as NameNode,
  Node,
  RegisterRef,
  UserNode,
} from "../syntax/nodes.ts";
import { keywordType as kw, Name, NumberToken } from "../syntax/tokens.ts";
import { optional, sub, tokens } from "../syntax/tree/cst.ts";
import type { Parts } from "../syntax/tree/parts.ts";
import type { Form } from "./form.ts";

/** `user@v …`: one thing that the VMM does. */
export interface UserLine extends Node<"user"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** What is done. */
  readonly operation: UserNode;
}

/** A line of `user N { … }`. */
export interface UserProgramLine extends Node<"user-line"> {
  /** What userspace does. */
  readonly operation: UserNode;
}

/** Userspace does something with a vCPU. */
export interface UserAction {
  readonly kind: "user";
  readonly vcpu: number;
  readonly operation: UserOperation;
}

/** Builds what userspace does. */
function buildUser(parts: Parts, node: CstNode, span: Span): UserNode {
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
  if (debug) {
    return { kind: "debug", request: buildDebug(parts, debug, span), span };
  }
  const interrupt = optional(node, "userInterrupt");
  if (interrupt) {
    const vector = parts.expression(sub(interrupt, "expression"));
    return { kind: "interrupt", vector, span };
  }
  const enable = optional(node, "userEnable");
  if (enable) {
    return { kind: "enable", capability: parts.nameIn(enable), span };
  }
  const save = optional(node, "userSave");
  if (save) {
    return { kind: "save", as: parts.as(save)!, args: parts.args(save), span };
  }
  const restore = optional(node, "userRestore");
  if (restore) {
    const name = parts.nameIn(restore);
    return { kind: "restore", name, args: parts.args(restore), span };
  }
  const event = USER_EVENTS.find((word) =>
    tokens(node, `Keyword_${word}`).length > 0
  );
  return { kind: event ?? "init", span };
}

/** Builds `R [VALUE] [field=value …]` of `set`. */
export function buildUserSet(
  parts: Parts,
  node: CstNode,
  span: Span,
): UserNode {
  const register = parts.register(sub(node, "register"));
  return { kind: "set", register, ...parts.valueAndArgs(node), span };
}

function buildDebug(parts: Parts, node: CstNode, span: Span): DebugNode {
  const point = parts.point(node, span);
  if (point) return point;
  for (const kind of ["step", "swbreak", "off"] as const) {
    if (tokens(node, `Keyword_${kind}`).length > 0) return { kind, span };
  }
  return { kind: "raw", args: parts.args(node), span };
}

/** `user@v …` */
function resolveUser(
  c: Context,
  vcpu: Expr | undefined,
  node: UserNode,
): UserAction {
  const v = c.attemptVcpu(vcpu);
  return { kind: "user", vcpu: v, operation: operation(c, vcpu, node) };
}

function operation(
  c: Context,
  vcpu: Expr | undefined,
  node: UserNode,
): UserOperation {
  switch (node.kind) {
    case "get": {
      refusePc(node.register);
      const register = registerOf(c, node.register, { userToo: true });
      return { kind: "get", register: register.id, as: node.as?.text };
    }
    case "set":
      return setOf(c, node);
    case "init":
      return { kind: "init" };
    case "interrupt":
    case "nmi":
    case "serror":
      return pendingEvent(c, node);
    case "check": {
      const capability = capabilityNamed(c, node.capability);
      return { kind: "check", capability, as: node.as?.text };
    }
    case "enable":
    case "save":
    case "restore":
      return wholeVm(c, vcpu, node);
    case "debug":
      return guestDebug(c, node.request);
    default:
      return node satisfies never;
  }
}

/** `user get pc`: what can be set can be asked for, but there is no view of it. */
function refusePc({ name, index }: RegisterRef): void {
  if (name.text.toLowerCase() !== "pc" || index) return;
  fail({
    code: "unexpected",
    span: name.span,
    message: "`user get` has no `pc`: `user set pc` writes it",
    hint: "`expect exit debug pc=V` tests the PC of an exit",
  });
}

function setOf(
  c: Context,
  { register, value, args }: Extract<UserNode, { readonly kind: "set" }>,
): UserOperation {
  if (register.name.text.toLowerCase() !== "pc" || register.index) {
    const info = registerOf(c, register, { userToo: true });
    const { span } = register;
    const { value: whole } = written(c, info, { value, args, span });
    const why = c.isComplete ? c.arch.notModelled(info.id, whole) : undefined;
    if (why !== undefined) {
      fail({ code: "not-possible", span, message: why });
    }
    return { kind: "set", register: info.id, value: whole };
  }
  if (args.length > 0) {
    fail({
      code: "unknown-field",
      span: args[0].target.span,
      message: "`pc` has no fields",
      expected: ["a value"],
    });
  }
  if (!value) {
    const { source, end } = register.span;
    fail({
      code: "unexpected",
      span: { source, start: end, end },
      message: "`user set pc` needs a value",
      expected: ["a value"],
    });
  }
  return { kind: "set-pc", value: c.codeAddress(value) };
}

/** What no program of an explore block has. */
const OF_SCRIPT: ReadonlySet<UserOperation["kind"]> = new Set(
  ["set-pc", "check", "enable", "save", "restore"],
);

/** A line of `user N { … }`; its vCPU is the program's. */
function resolveUserLine(
  c: Context,
  { operation, span }: UserProgramLine,
): UserAction {
  if (operation.kind === "get") c.attempt(() => refuseAs(operation.as));
  const action = resolveUser(c, undefined, operation);
  const { kind } = action.operation;
  if (OF_SCRIPT.has(kind)) failNotInProgram(span);
  return action;
}

function failNotInProgram(span: Span): never {
  fail({
    code: "misplaced",
    span,
    message: "not supported in an explored program",
    hint: "write it before `explore { … }`, with `user@v`",
  });
}

/** What userspace does, as a line of its program. */
export function userText(arch: Architecture, operation: UserOperation): string {
  const as = (name: string | undefined): string =>
    name === undefined ? "" : `as ${name}`;
  const short = (id: number): string => arch.registers.byId(id).short;
  switch (operation.kind) {
    case "get":
      return spaced("get", short(operation.register), as(operation.as));
    case "set":
      return `set ${short(operation.register)} ${hex(operation.value)}`;
    case "set-pc":
      return `set pc ${hex(operation.value)}`;
    case "init":
      return "init";
    case "interrupt":
      return `interrupt ${hex(BigInt(operation.vector))}`;
    case "nmi":
    case "serror":
      return operation.kind;
    case "check":
      return spaced("check", operation.capability, as(operation.as));
    case "enable":
      return `enable ${operation.capability}`;
    case "save": {
      const { name, vmm } = operation;
      const isDefault = vmm === arch.vmms[0];
      return spaced(
        `save as ${name}`,
        options({ vmm: isDefault ? undefined : vmm }),
      );
    }
    case "restore":
      return spaced(`restore ${operation.name}`, options(operation.counts));
    case "debugger":
      return `debug ${
        pointText(operation.request) ?? operation.request.action
      }`;
    case "guest-debug":
      return rawText(arch, operation.request);
    default:
      return operation satisfies never;
  }
}

function rawText(
  arch: Architecture,
  { control, inject, blockirq, registers }: GuestDebugRequest,
): string {
  return spaced(
    "debug raw",
    `control=${hex(BigInt(control))}`,
    registers.map(({ register, value }) =>
      `${arch.registers.byId(register).short}=${hex(value)}`
    ),
    options({ inject, blockirq: blockirq ? 1 : undefined }),
  );
}

/** Does it on the machine. */
function performUser(
  { session, span }: Performance,
  machine: Machine,
  { vcpu, operation }: UserAction,
): UserResult {
  const nameOf = (id: number): string => session.arch.registers.byId(id).name;
  const named = (as: string | undefined, result: UserResult): UserResult => {
    if (as !== undefined) session.nameRead(as, span, result);
    return result;
  };
  switch (operation.kind) {
    case "get": {
      const { register, as } = operation;
      return named(as, machine.userGet(vcpu, register, nameOf(register)));
    }
    case "set": {
      const { register, value } = operation;
      return machine.userSet(vcpu, register, value, nameOf(register));
    }
    case "set-pc":
      return machine.userSetPc(vcpu, operation.value);
    case "init":
      return machine.userInit(vcpu);
    case "interrupt":
    case "nmi":
    case "serror":
      return machine.userEvent(vcpu, operation.vector, operation.kind);
    case "check": {
      const { capability, as } = operation;
      return named(as, machine.vm.checkExtension(capability));
    }
    case "enable":
      return machine.vm.enableCapability(operation.capability);
    case "save":
      return machine.vm.save(operation.name, operation.vmm);
    case "restore":
      return machine.vm.restore(operation.name, operation.counts);
    case "debugger":
      return machine.debugger(vcpu, operation.request);
    case "guest-debug":
      return machine.setGuestDebug(vcpu, operation.request);
    default:
      return operation satisfies never;
  }
}

/** The name that it gives to what it gets. */
function readBy(operation: UserNode): NameNode | undefined {
  return operation.kind === "get" || operation.kind === "check"
    ? operation.as
    : undefined;
}

/** The form. */
export const userForm: Form<UserLine | UserProgramLine, UserAction, Header> = {
  begins: ["user"],
  grammar: {
    user: (g) => {
      g.CONSUME(kw("user"));
      g.OPTION(() => g.SUBRULE(g.at));
      g.OR([
        { ALT: () => g.SUBRULE(g.rules.userGet) },
        { ALT: () => g.SUBRULE(g.rules.userSet) },
        { ALT: () => g.CONSUME(kw("init")) },
        { ALT: () => g.SUBRULE(g.rules.userInterrupt) },
        { ALT: () => g.CONSUME(kw("nmi")) },
        { ALT: () => g.CONSUME(kw("serror")) },
        { ALT: () => g.SUBRULE(g.rules.userCheck) },
        { ALT: () => g.SUBRULE(g.rules.userEnable) },
        { ALT: () => g.SUBRULE(g.rules.userSave) },
        { ALT: () => g.SUBRULE(g.rules.userRestore) },
        { ALT: () => g.SUBRULE(g.rules.userDebug) },
        // In an explore block: the program of a vCPU's userspace.
        { ALT: () => g.CONSUME(NumberToken, { LABEL: "program" }) },
      ]);
    },
    userGet: (g) => {
      g.CONSUME(kw("get"));
      g.SUBRULE(g.register);
      g.OPTION(() => g.SUBRULE(g.as));
    },
    userSet: (g) => {
      g.CONSUME(kw("set"));
      g.SUBRULE(g.register);
      g.SUBRULE(g.value);
    },
    userCheck: (g) => {
      g.CONSUME(kw("check"));
      g.CONSUME(Name);
      g.OPTION(() => g.SUBRULE(g.as));
    },
    userEnable: (g) => {
      g.CONSUME(kw("enable"));
      g.CONSUME(Name);
    },
    userSave: (g) => {
      g.CONSUME(kw("save"));
      g.SUBRULE(g.as);
      g.SUBRULE(g.arguments);
    },
    userRestore: (g) => {
      g.CONSUME(kw("restore"));
      g.CONSUME(Name);
      g.SUBRULE(g.arguments);
    },
    userInterrupt: (g) => {
      g.CONSUME(kw("interrupt"));
      g.SUBRULE(g.expression);
    },
    userDebug: (g) => {
      g.CONSUME(kw("debug"));
      g.OR([
        { ALT: () => g.SUBRULE(g.break) },
        { ALT: () => g.SUBRULE(g.watch) },
        { ALT: () => g.CONSUME(kw("step")) },
        { ALT: () => g.CONSUME(kw("swbreak")) },
        { ALT: () => g.CONSUME(kw("off")) },
        {
          ALT: () => {
            g.CONSUME(kw("raw"));
            g.SUBRULE(g.arguments);
          },
        },
      ]);
    },
  },
  build(parts, node, span) {
    const program = parts.program(node, "user", span);
    if (program) return program;
    const operation = buildUser(parts, node, span);
    return { kind: "user", vcpu: parts.at(node), operation, span };
  },
  inProgram: {
    rules: ["userGet", "userDebug"],
    words: ["init", ...USER_EVENTS],
    build: (parts, node, span) => ({
      kind: "user-line",
      operation: buildUser(parts, node, span),
      span,
    }),
  },
  resolve: {
    user: (c, { vcpu, operation }) => resolveUser(c, vcpu, operation),
    "user-line": resolveUserLine,
  },
  reads: {
    user: ({ operation }) => readBy(operation),
    "user-line": ({ operation }) => readBy(operation),
  },
  saves: {
    user: ({ operation }) =>
      operation.kind === "save" ? operation.as : undefined,
  },
  perform: {
    user: (performance, action) =>
      performance.operate((machine) =>
        performUser(performance, machine, action)
      ),
  },
  write: {
    user: ({ vcpu, operation }, arch) =>
      `user${at(vcpu)} ${userText(arch, operation)}`,
  },
  named: {
    check: { what: "a capability" },
    enable: { what: "a capability" },
    restore: { what: "a saved VM" },
    get: { what: "a register" },
  },
  complete: {
    userCheck: ({ context: { arch } }) => arch.capabilities,
    userEnable: ({ context: { arch } }) => arch.enabled,
    userRestore: ({ context: { names, saved = names } }) => saved,
    "userGet register": ({ context: { arch } }) =>
      shorts(arch, { userToo: true }),
    "userSet register": ({ context: { arch } }) => [
      ...shorts(arch, { userToo: true }),
      "pc",
    ],
  },
  completeOptions: {
    userSave: ({ context: { arch } }) => [["vmm", arch.vmms]],
    userRestore: ({ context: { arch } }) =>
      arch.restoredOn.map(({ name }) => [name, []] as const),
    userSet: ({ line, context: { arch } }) => fieldWords(subject(line, arch)),
    userDebug: ({ context: { arch } }) => [
      ...optionWords(RAW, arch.name),
      ...arch.registers.all.filter(({ userOnly }) => !userOnly).map((
        { short },
      ) => [short, []] as const),
    ],
  },
};
