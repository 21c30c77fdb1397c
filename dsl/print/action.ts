/**
 * Actions as text: the one writer. What it writes is canonical, as `dregs fmt` would have it, and resolves to the same
 * action again.
 *
 * @module
 */
import {
  type Architecture,
  type DebuggerRequest,
  type GuestDebugRequest,
  type HostDebugRequest,
  type Insn,
  type InsnParts,
  join64,
  kernelWithVendor,
  type RegisterInfo,
  rowMask,
} from "../../engine/mod.ts";
import type {
  Action,
  ActionOf,
  Expected,
  FieldAsked,
  KernelTerm,
  Seen,
  UserOperation,
} from "../actions.ts";
import { instructionRow } from "../instructions.ts";
import { VALUE_MAX } from "../limits.ts";
import { fieldNumber, hex, namedNumber } from "../notation.ts";
import { fieldSeen, registerSeen } from "../seen.ts";
import { statementOptions, statementRow } from "../statements.ts";

/** `@v`; nothing for 0. */
function at(index: number): string {
  return index === 0 ? "" : `@${index}`;
}

/** `name=value` of what is given. */
function options(
  given: Readonly<Record<string, number | string | undefined>>,
): string[] {
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`]
  );
}

/** A word of a line that has the same name in its action. */
type Given = Readonly<Record<string, number | string | undefined>>;

/** The options of a statement, in the order of its row. */
function optionsIn(word: string, given: Given): string[] {
  return options(
    Object.fromEntries(
      statementOptions(word).map(({ name }) => [name, given[name]]),
    ),
  );
}

/** The words of a line. */
function line(...words: readonly (string | readonly string[])[]): string {
  return words.flat().filter((word) => word !== "").join(" ");
}

/** Writes an action, without a line end. */
export function actionText(action: Action, arch: Architecture): string {
  switch (action.kind) {
    case "arch":
      return `arch ${action.arch}`;
    case "kernel":
      return line(
        "kernel",
        kernelWithVendor(action.profile, action.vendor),
        options(action.options),
      );
    case "host":
      return line(
        "host",
        options(action.counts),
        options({ model: action.model, unpredictable: action.unpredictable }),
      );
    case "host-debug":
      return `host${at(action.cpu)} ${hostText(action.request)}`;
    case "set":
      return line("set", options(action.counts));
    case "guest": {
      const { parts, address } = action.instruction;
      return `guest${at(action.vcpu)} ${instructionText(arch, parts, address)}`;
    }
    case "handler":
      return `guest${at(action.vcpu)} handler ${action.mode}`;
    case "run":
      return line(
        "run",
        at(action.vcpu),
        optionsIn("run", action.options as Given),
      );
    case "vcpu-operation":
      return line(
        action.word,
        at(action.vcpu),
        optionsIn(action.word, action.options),
      );
    case "user":
      return `user${at(action.vcpu)} ${userText(arch, action.operation)}`;
    case "expect":
      return line(
        "expect",
        expectedText(arch, action.expected),
        onText(action.on),
      );
    case "show":
      return line(
        "show",
        action.views.map(({ name, index }) =>
          index === undefined ? name : `${name}@${index}`
        ),
        action.registers,
      );
    case "show-map":
      return "show map";
    case "show-cost":
      return "show cost";
    case "why":
      return `why ${seenText(arch, action.seen)}`;
    case "why-happened":
      return line("why", action.what, fieldAskedText(action.field));
    case "why-not":
      return line("why not", unmetText(action));
    case "let":
      return `let ${action.name} = ${hex(action.value)}`;
    case "choose":
      throw new RangeError("a choice has no name of its own");
    case "preempt":
    case "migrate":
      return `${action.kind} ${action.mode}`;
    case "fail":
      return `fail ${action.at}`;
    case "never":
      return `never ${action.properties.join(", ")}`;
    case "property":
      return line(
        action.when,
        "expect",
        expectedText(arch, action.expected),
        onText(action.on),
      );
    case "bound":
      return line(
        "bound",
        optionsIn("bound", { states: action.states, depth: action.depth }),
      );
    default:
      return action satisfies never;
  }
}

/** `dr6.B0` */
function fieldAskedText(field: FieldAsked | undefined): string {
  if (field === undefined) return "";
  return field.part === undefined ? field.name : `${field.name}.${field.part}`;
}

/** `user@1 breakpoint 0 at=0x1000` */
function unmetText(
  { question, isOwnerGiven, address }: ActionOf<"why-not">,
): string[] {
  const { owner, vcpu, subject, number } = question;
  return [
    isOwnerGiven || vcpu > 0 ? `${owner}${at(vcpu)}` : "",
    subject,
    number < 0 ? "" : `${number}`,
    address === undefined ? "" : `at=${hex(address)}`,
  ].filter((part) => part !== "");
}

/** What a host kernel does, as a line of its program. */
export function hostText(request: HostDebugRequest): string {
  return pointText(request) ?? "off";
}

/** `break ADDR` or `watch ADDR size=n on=…`; undefined for another request. */
function pointText(
  request: HostDebugRequest | DebuggerRequest,
): string | undefined {
  switch (request.action) {
    case "break":
      return `break ${hex(request.address)}`;
    case "watch": {
      const { address, sizeBytes, on } = request;
      return `watch ${hex(address)} size=${sizeBytes} on=${on}`;
    }
    default:
      return undefined;
  }
}

/** What userspace does, as a line of its program. */
export function userText(arch: Architecture, operation: UserOperation): string {
  const as = (name: string | undefined): string =>
    name === undefined ? "" : `as ${name}`;
  const short = (id: number): string => arch.registers.byId(id).short;
  switch (operation.kind) {
    case "get":
      return line("get", short(operation.register), as(operation.as));
    case "set":
      return `set ${short(operation.register)} ${hex(operation.value)}`;
    case "set-pc":
      return `set pc ${hex(operation.value)}`;
    case "init":
      return "init";
    case "check":
      return line("check", operation.capability, as(operation.as));
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
  return line(
    "debug raw",
    `control=${hex(BigInt(control))}`,
    registers.map(({ register, value }) =>
      `${arch.registers.byId(register).short}=${hex(value)}`
    ),
    options({ inject, blockirq: blockirq ? 1 : undefined }),
  );
}

/**
 * An instruction as a line of a guest's program.
 *
 * @param address where it is; nothing is said of it if undefined
 */
export function instructionText(
  arch: Architecture,
  parts: InsnParts,
  address: bigint | undefined,
): string {
  const row = instructionRow(parts.op)!;
  const { lo = 0, hi = 0, level = -1, lengthBytes } = parts;
  const operand = join64(lo, hi);
  const register = row.register && arch.registers.byId(parts.register!);
  const isAddress = row.operand?.isAddress ?? false;
  const hasOperand = row.operand && !isAddress &&
    !(row.operandBytes !== undefined && !parts.sizeBytes);
  return line(
    row.word,
    register?.short ?? "",
    register && row.register === "write"
      ? valueWords(register, operand, parts)
      : [],
    parts.name === undefined ? "" : `as ${parts.name}`,
    isAddress ? hex(address ?? 0n) : hasOperand ? hex(operand) : "",
    (row.options ?? []).map(({ name, part }) => `${name}=${parts[part] ?? 0}`),
    address === undefined || isAddress ? "" : `at=${hex(address)}`,
    level < 0 ? "" : `${arch.name === "x86" ? "cpl" : "el"}=${level}`,
    lengthBytes === undefined || lengthBytes === arch.instructions[row.word]
      ? ""
      : `len=${lengthBytes}`,
  );
}

/** The instruction of a program, which has an address. */
export function insnText(
  arch: Architecture,
  insn: Insn,
  { withAddress }: { readonly withAddress: boolean },
): string {
  const isExec = instructionRow(insn.op)?.operand?.isAddress ?? false;
  return instructionText(
    arch,
    insn,
    withAddress || isExec ? join64(insn.addressLo, insn.addressHi) : undefined,
  );
}

/** The value of a write: as a whole, or the fields that it changes. */
function valueWords(
  { layout, fieldwise }: RegisterInfo,
  value: bigint,
  { maskLo = -1, maskHi = -1 }: InsnParts,
): string[] {
  const mask = join64(maskLo, maskHi);
  if (mask === VALUE_MAX || !fieldwise) return [hex(value)];
  return layout.fields.filter((field) => (rowMask(field) & mask) !== 0n).map(
    (field) => {
      const part = layout.get(value, field.name);
      return `${field.name.toLowerCase()}=${fieldNumber(field, part)}`;
    },
  );
}

/** `VIEW@n R[.field]` */
export function seenText(arch: Architecture, seen: Seen): string {
  const { view, index, kvmName, field } = seen;
  const name = kvmName ?? registerSeen(arch, seen)!.short;
  const part = field === undefined ? "" : `.${field.toLowerCase()}`;
  return `${view}${at(index)} ${name}${part}`;
}

/** What is expected, without `expect`. */
export function expectedText(arch: Architecture, expected: Expected): string {
  switch (expected.kind) {
    case "view": {
      const { seen, operator, value } = expected;
      const field = fieldSeen(arch, seen)?.field;
      const text = value === "undef"
        ? value
        : field
        ? fieldNumber(field, value)
        : hex(value);
      return `${seenText(arch, seen)} ${operator} ${text}`;
    }
    case "number": {
      const { name, left, operator, value } = expected;
      return `${name ?? hex(left)} ${operator} ${hex(value)}`;
    }
    case "read": {
      const { name, operator, value } = expected;
      const text = value === "undef" ? value : hex(value);
      return `${name} ${operator} ${text}`;
    }
    case "exit":
      return line("exit", expected.reason, fieldTexts(expected));
    case "exception":
      return line("exception", expected.exception, fieldTexts(expected));
    case "exceptions":
      return `exceptions ${expected.kinds.join(", ")}`;
    case "exception-count":
      return `exceptions ${expected.operator} ${expected.count}`;
    case "traps":
      return `traps ${expected.operator} ${expected.count}`;
    case "cost": {
      const { vcpu, counter, operator, count } = expected;
      return `cost${at(vcpu)} ${counter} ${operator} ${count}`;
    }
    case "error":
      return `error ${expected.errno}`;
    case "no-exception":
    case "no-trap":
    case "no-warning":
      return expected.kind.replace("-", " ");
    case "ok":
    case "trap":
    case "warning":
      return expected.kind;
    default:
      return expected satisfies never;
  }
}

function fieldTexts(
  { fields }: Extract<Expected, { readonly kind: "exit" | "exception" }>,
): string[] {
  return fields.map(({ name, value }) => `${name}=${namedNumber(name, value)}`);
}

/** `on KERNEL, …`; nothing for every kernel. */
export function onText(terms: readonly KernelTerm[]): string {
  if (terms.length === 0) return "";
  const texts = terms.map((term) => {
    switch (term.kind) {
      case "name":
        return term.name;
      case "side":
        return `${term.operator} ${term.release}`;
      case "range":
        return `${term.from}..${term.to}`;
      case "changes":
        return [
          ...term.with.map((row) => `with ${row}`),
          ...term.without.map((row) => `without ${row}`),
        ].join(" ");
      default:
        return term satisfies never;
    }
  });
  return `on ${texts.join(", ")}`;
}

/** Whether `@v` of a statement stands apart from its word, as in `run @1`. */
export function standsApart(word: string): boolean {
  return (statementRow(word)?.forms[0] ?? "").startsWith(`${word} [@v]`);
}
