/**
 * `host brps=5 …`: the physical machine; `host@p break …`, `watch …`, `off`: the host kernel's own breakpoints on one of
 * its CPUs, and `host@p msr …`: an MSR of it, in a program of an `explore` block too.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import type { Architecture, HostDebugRequest } from "../../engine/mod.ts";
import { fieldWords, msrs, subject } from "../completion/line.ts";
import { hex } from "../notation.ts";
import { at, options, pointText, spaced } from "../print/parts.ts";
import { fail } from "../problem.ts";
import type { Context } from "../resolve/context.ts";
import { countsOf } from "../resolve/counts.ts";
import { argWord, Once, plainName } from "../resolve/options.ts";
import { registerOf, written } from "../resolve/registers.ts";
import { watchOf } from "../resolve/watch.ts";
import { wordOf } from "../resolve/words.ts";
import type { Span } from "../source.ts";
import type { Header } from "../syntax/headers.ts";
import type { Argument, Expr, HostActionNode, Node } from "../syntax/nodes.ts";
import { keywordType as kw, NumberToken } from "../syntax/tokens.ts";
import { optional, sub } from "../syntax/tree/cst.ts";
import type { Parts } from "../syntax/tree/parts.ts";
import type { Form } from "./form.ts";

/** `host brps=5 ctx=2 … [model=M] [unpredictable=…]`: the physical machine. */
export interface HostLine extends Node<"host"> {
  /** `@p`, which has no place here. */
  readonly at: Expr | undefined;
  /** In the order of the text. */
  readonly args: readonly Argument[];
}

/** `host@p break …`, `watch …`, `off`, `msr …`: what the host kernel does with physical CPU p, 0 if left out. */
export interface HostActionLine extends Node<"host-action"> {
  /** Which physical CPU; 0 if left out. */
  readonly cpu: Expr | undefined;
  /** What is done. */
  readonly action: HostActionNode;
}

/** A line of `host N { … }`. */
export interface HostProgramLine extends Node<"host-line"> {
  /** What the host kernel does. */
  readonly action: HostActionNode;
}

/** What the line says of the physical machine; the rest stays. */
export interface HostAction {
  readonly kind: "host";
  readonly counts: Readonly<Record<string, number>>;
  readonly model: string | undefined;
  readonly unpredictable: string | undefined;
}

/** What the host kernel does on a CPU. */
export interface HostDebugAction {
  readonly kind: "host-debug";
  readonly cpu: number;
  readonly request: HostDebugRequest;
}

/** Options of `host` whose values are words. */
const HOST_WORDS: Readonly<
  Record<
    "model" | "unpredictable",
    {
      readonly what: string;
      readonly list: (arch: Architecture) => readonly string[];
    }
  >
> = {
  model: {
    what: "a hardware model",
    list: ({ models }) => models.map(({ name }) => name),
  },
  unpredictable: {
    what: "an outcome",
    list: ({ unpredictable }) => unpredictable.map(({ name }) => name),
  },
};

/** `host brps=5 … [model=M] [unpredictable=…]` */
function resolveHost(
  c: Context,
  { at, args }: HostLine,
): HostAction {
  if (at) {
    fail({
      code: "unexpected",
      span: at.span,
      message: "`host` with counts describes the whole machine, not one CPU",
      hint: "write `host brps=…` without `@`",
    });
  }
  const words: Record<string, string> = {};
  const given = new Once();
  const isWord = ({ target }: Argument): boolean =>
    Object.hasOwn(HOST_WORDS, target.name.text);
  for (const arg of args.filter(isWord)) {
    c.attempt(() => {
      const name = plainName(arg);
      given.take(name, name.text);
      const row = HOST_WORDS[name.text as keyof typeof HOST_WORDS];
      words[name.text] = wordOf(argWord(arg), { ...row, arch: c.arch });
    });
  }
  const counted = args.filter((arg) => !isWord(arg));
  const counts = countsOf(c, counted, (arch) => arch.hostCounts);
  const { model } = words;
  if (c.problems.length === 0) {
    checkHost(c, counted.length > 0 ? counted : args, { counts, model });
  }
  return {
    kind: "host",
    counts,
    model,
    unpredictable: words.unpredictable,
  };
}

/** The physical machine as a whole, if all its counts are known. */
function checkHost(
  { arch, situation, isComplete }: Context,
  args: readonly Argument[],
  { counts, model }: Pick<HostAction, "counts" | "model">,
): void {
  if (args.length === 0 || !isComplete) return;
  const all: Record<string, number> = {};
  for (const { name, initial } of arch.hostCounts) {
    const value = counts[name] ?? situation.hostCounts.get(name) ?? initial;
    if (value !== undefined) all[name] = value;
  }
  // Where the text has a mistake, the one before may be of another architecture.
  const before = arch.models.find(({ name }) => name === situation.model);
  const problem = arch.checkHost(all, model ?? before?.name);
  if (problem === undefined) return;
  fail({ code: "out-of-range", span: args[0].span, message: problem });
}

/** `host@p break …`, and a line of a host's program. */
function resolveHostDebug(
  c: Context,
  cpu: Expr | undefined,
  action: HostActionNode,
): HostDebugAction {
  const p = c.attempt(() => c.cpu(cpu)) ?? 0;
  return { kind: "host-debug", cpu: p, request: hostRequest(c, action) };
}

function hostRequest(c: Context, action: HostActionNode): HostDebugRequest {
  switch (action.kind) {
    case "off":
      return { action: "off" };
    case "break":
      return { action: "break", address: c.codeAddress(action.address) };
    case "watch": {
      const { address, sizeBytes, on } = watchOf(c, action, {
        sizes: c.arch.hostWatchSizes,
        accesses: ["store", "access"],
      });
      return { action: "watch", address, sizeBytes, on };
    }
    case "msr": {
      const { register: ref, value, args } = action;
      const register = registerOf(c, ref, { isMsr: true });
      const { span } = ref;
      return {
        action: "wrmsr",
        register: register.id,
        value: written(c, register, { value, args, span }).value,
      };
    }
    default:
      return action satisfies never;
  }
}

/** What a host kernel does, as a line of its program. */
export function hostText(
  request: HostDebugRequest,
  { registers }: Architecture,
): string {
  if (request.action === "wrmsr") {
    const { short } = registers.byId(request.register);
    return `msr ${short} ${hex(request.value)}`;
  }
  return pointText(request) ?? "off";
}

/** Builds what the host does. */
function buildAction(
  parts: Parts,
  node: CstNode,
  span: Span,
): HostActionNode {
  const msr = optional(node, "hostMsr");
  if (msr) {
    const register = parts.register(sub(msr, "register"));
    return { kind: "msr", register, ...parts.valueAndArgs(msr), span };
  }
  return parts.point(node, span) ?? { kind: "off", span };
}

/** The form. */
export const hostForm: Form<
  HostLine | HostActionLine | HostProgramLine,
  HostAction | HostDebugAction,
  Header
> = {
  begins: ["host"],
  grammar: {
    host: (g) => {
      const isElse = () => !g.isArgument();
      g.CONSUME(kw("host"));
      g.OPTION(() => g.SUBRULE(g.at));
      g.OR([
        { GATE: isElse, ALT: () => g.SUBRULE(g.break) },
        { GATE: isElse, ALT: () => g.SUBRULE(g.watch) },
        { GATE: isElse, ALT: () => g.CONSUME(kw("off")) },
        { GATE: isElse, ALT: () => g.SUBRULE(g.rules.hostMsr) },
        // In an explore block: the program of a CPU's host.
        { ALT: () => g.CONSUME(NumberToken, { LABEL: "program" }) },
        {
          GATE: () => g.isArgument(),
          IGNORE_AMBIGUITIES: true,
          ALT: () => g.SUBRULE(g.settings),
        },
      ]);
    },
    hostMsr: (g) => {
      g.CONSUME(kw("msr"));
      g.SUBRULE(g.register);
      g.SUBRULE(g.value);
    },
  },
  build(parts, node, span) {
    const program = parts.program(node, "host", span);
    if (program) return program;
    const at = parts.at(node);
    if (optional(node, "settings")) {
      return { kind: "host", at, args: parts.args(node, "settings"), span };
    }
    const action = buildAction(parts, node, span);
    return { kind: "host-action", cpu: at, action, span };
  },
  inProgram: {
    rules: ["break", "watch", "hostMsr"],
    words: ["off"],
    build: (parts, node, span) => ({
      kind: "host-line",
      action: buildAction(parts, node, span),
      span,
    }),
  },
  resolve: {
    host: resolveHost,
    "host-action": (c, { cpu, action }) => resolveHostDebug(c, cpu, action),
    "host-line": (c, { action }) => resolveHostDebug(c, undefined, action),
  },
  perform: {
    host: ({ session }, action) => session.setHost(action),
    "host-debug": (performance, { cpu, request }) =>
      performance.operate((machine) => machine.hostDebug(cpu, request)),
  },
  write: {
    host: ({ counts, model, unpredictable }) =>
      spaced("host", options(counts), options({ model, unpredictable })),
    "host-debug": ({ cpu, request }, arch) =>
      `host${at(cpu)} ${hostText(request, arch)}`,
  },
  complete: {
    "hostMsr register": ({ context: { arch } }) => msrs(arch),
  },
  completeOptions: {
    host: ({ context: { arch } }) => [
      ...arch.hostCounts.map(({ name }) => [name, []] as const),
      ["model", arch.models.map(({ name }) => name)],
      ["unpredictable", arch.unpredictable.map(({ name }) => name)],
    ],
    hostMsr: ({ line, context: { arch } }) => fieldWords(subject(line, arch)),
  },
};
