/**
 * Events as text, a line each, in the words of the field.
 *
 * @module
 */
import {
  type BreakpointEvent,
  type Event,
  type Place,
  rule,
  type RuleConfidence,
  type RunResult,
  type SetCause,
} from "../../engine/mod.ts";
import { hex, namedNumber } from "../notation.ts";
import { memoryMark } from "./rule.ts";

/** An event in parts, which tables align. */
export interface EventText {
  /** `vcpu 0`, `cpu 1`, `vm`. */
  readonly subject: string;
  /** One word. */
  readonly verb: string;
  readonly what: string;
}

/** What a `set` is called, by why the value moved. */
const SET_VERBS: Readonly<Record<SetCause, string>> = {
  write: "write",
  load: "load",
  save: "save",
  convert: "convert",
  reset: "reset",
  force: "force",
  restore: "restore",
  decide: "decide",
  sync: "sync",
  deliver: "deliver",
};

/** What became of a breakpoint. */
const BREAKPOINT_VERBS: Readonly<Record<BreakpointEvent["kind"], string>> = {
  hit: "hit",
  missed: "miss",
  stray: "stray",
  "host-hit": "hit",
  "host-lost": "lose",
};

/** Exception classes by name, as KVM's tracepoints print them. */
const EXCEPTION_CLASSES: Readonly<Record<number, string>> = {
  0x00: "UNKNOWN",
  0x15: "SVC64",
  0x16: "HVC64",
  0x18: "SYS64",
  0x20: "IABT_LOW",
  0x24: "DABT_LOW",
  0x30: "BREAKPT_LOW",
  0x31: "BREAKPT_CUR",
  0x32: "SOFTSTP_LOW",
  0x33: "SOFTSTP_CUR",
  0x34: "WATCHPT_LOW",
  0x35: "WATCHPT_CUR",
  0x3c: "BRK64",
};

/** Name of an exception class, `SYS64`. */
export function exceptionClassName(ec: number): string {
  return EXCEPTION_CLASSES[ec] ?? "?";
}

/** `guest DBGBCR0_EL1`, `cpu 1 DBGBCR3_EL1`: a place, its owner named where the line does not say it. */
function placeText({ space, index, name }: Place): string {
  switch (space) {
    case "cpu":
    case "host":
      return `${space} ${index} ${name}`;
    default:
      return `${space} ${name}`;
  }
}

/** Where a value came from; the name only if it had another. */
function originText(from: Place, to: Place): string {
  return from.name === to.name
    ? placeText({ ...from, name: "" }).trimEnd()
    : placeText(from);
}

function subjectOf({ space, index }: Place): string {
  switch (space) {
    case "cpu":
    case "host":
      return `cpu ${index}`;
    case "vm":
      return "vm";
    default:
      return `vcpu ${index}`;
  }
}

/** `mdcr_el2 0x20, mdscr_el1 0x0`. */
export function valuesText(values: Readonly<Record<string, bigint>>): string {
  return Object.entries(values).map(([name, value]) =>
    `${name} ${namedNumber(name, value)}`
  )
    .join(", ");
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}

/** What hits: the debugger's or the host's breakpoint by its number, the guest's by its register. */
export function hitName({ register, owner, what }: BreakpointEvent): string {
  if (register === undefined) return what;
  if (owner !== "userspace" && owner !== "host") return register;
  const [, unit, number] = /^D(?:R|BG(.).R)(\d+)/.exec(register) ?? [];
  const whose = owner === "host" ? "the host's" : "the debugger's";
  const noun = unit === "W" ? "watchpoint" : "breakpoint";
  return number === undefined ? register : `${whose} ${noun} ${number}`;
}

/** An event in words. */
export function eventText(event: Event): EventText {
  switch (event.kind) {
    case "set": {
      const { to, from, cause } = event;
      const values = `${hex(event.old)} → ${hex(event.new)}`;
      const source = from ? `, from ${originText(from, to)}` : "";
      return {
        subject: subjectOf(to),
        verb: SET_VERBS[cause],
        what: `${placeText(to)} ${values}${source}`,
      };
    }
    case "trap":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "trap",
        what: `${event.access} ${event.register}, because of ${event.because}`,
      };
    case "access": {
      const done = event.by === "undef"
        ? "undefined"
        : event.by === "fault"
        ? "fault"
        : `${hex(event.value)} by ${event.by}`;
      const name = event.name === undefined ? "" : ` as ${event.name}`;
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: event.access,
        what: `${event.register}${name}: ${done}, at ${hex(event.pc)}`,
      };
    }
    case "load":
    case "save":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: event.kind,
        what: event.kind === "load"
          ? `the ${event.set} set into cpu ${event.cpu}`
          : `cpu ${event.cpu} into the ${event.set} set`,
      };
    case "vcpu-load":
    case "vcpu-put":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: event.kind === "vcpu-load" ? "in" : "out",
        what: `${event.kind.replace("-", "_")} on cpu ${event.cpu}`,
      };
    case "enter":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "enter",
        what: joined(`cpu ${event.cpu}`, valuesText(event.values)),
      };
    case "exit": {
      const ec = event.ec < 0
        ? ""
        : `ec ${hex(BigInt(event.ec))} (${exceptionClassName(event.ec)})`;
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "exit",
        what: joined(
          `cpu ${event.cpu}`,
          event.why,
          ec,
          `pc ${hex(event.pc)}`,
        ),
      };
    }
    case "user-exit":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "return",
        what: joined(`exit ${event.exit}`, valuesText(event.values)),
      };
    case "exception":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "take",
        what: joined(event.exception, valuesText(event.values)),
      };
    case "raise":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "raise",
        what: `${event.exception}, ${event.what}, at ${hex(event.pc)}`,
      };
    case "inject":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "inject",
        what: event.exception,
      };
    case "warn":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "warn",
        what: event.message,
      };
    case "stopped":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "stop",
        what: event.message,
      };
    case "lost":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "lose",
        what: `${event.what} ${hex(event.old)} → ${hex(event.new)}`,
      };
    case "unpredictable":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: "rely",
        what: `on what is unpredictable: ${event.what}; here: ${event.outcome}`,
      };
    case "refused":
      return {
        subject: "user",
        verb: "refuse",
        what: `${event.operation}: ${event.errno}, ${event.why}`,
      };
    case "hit": {
      const { register = "", what } = event;
      const more = register !== "" && what.startsWith(register)
        ? what.slice(register.length)
        : "";
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: BREAKPOINT_VERBS.hit,
        what: `${hitName(event)}${more}`,
      };
    }
    case "missed":
    case "stray":
      return {
        subject: `vcpu ${event.vcpu}`,
        verb: BREAKPOINT_VERBS[event.kind],
        what: event.what,
      };
    case "host-hit":
    case "host-lost":
      return {
        subject: `cpu ${event.cpu}`,
        verb: BREAKPOINT_VERBS[event.kind],
        what: `${event.what}, of the host`,
      };
    default:
      return event satisfies never;
  }
}

/** Columns of the rule, the subject and the verb. */
const COLUMNS = { rule: 13, subject: 7, verb: 8 };

/** One line, aligned with others: rule, who, what. A rule from memory is marked at the end. */
export function eventLine(
  event: Event,
  confidence: RuleConfidence | undefined = rule(event.rule)?.confidence,
): string {
  const { subject, verb, what } = eventText(event);
  return `${event.rule.padEnd(COLUMNS.rule)} ` +
    `${subject.padEnd(COLUMNS.subject)} ${verb.padEnd(COLUMNS.verb)}${what}` +
    memoryMark(confidence);
}

/** How a run ended: `debug (pc 0x40080004)`. */
export function runText(run: RunResult | undefined): string {
  if (run === undefined) return "no run";
  const values = Object.entries(run.values).map(([name, value]) =>
    `${name} ${namedNumber(name, value)}`
  ).join(", ");
  return `${run.exit}${values === "" ? "" : ` (${values})`}`;
}
