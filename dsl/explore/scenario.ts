/**
 * A schedule that the search found, as a scenario that repeats it.
 *
 * @module
 */
import {
  type Found,
  type Insn,
  join64,
  PROPERTY,
  type RegisterInfo,
  type ScheduleStep,
  STEP,
} from "../../engine/mod.ts";
import type { Action, ActionOf, Expected, Seen } from "../actions.ts";
import { actionText } from "../print/action.ts";
import { type Line, lineText } from "../syntax/lines.ts";
import type { Comparison } from "../syntax/nodes.ts";
import type { Exploration } from "./exploration.ts";
import type { Instance } from "./model.ts";
import { Replay } from "./replay.ts";
import { brokenNames, hostRequestOf, insnOf } from "./schedule.ts";

/** Lines before the block as text, without what the new text says itself. */
function textBefore(lines: readonly Line[]): string[] {
  return lines.flatMap((line) => {
    switch (line.kind) {
      case "arch":
      case "kernel":
      case "show":
      case "show-map":
      case "show-cost":
      case "why":
      case "why-happened":
        return [];
      case "include":
        return textBefore(line.file?.lines ?? []);
      case "expect":
        // What is not answered stops a scenario.
        return line.expectation.kind === "error" ? [lineText(line)] : [];
      default:
        return [lineText(line)];
    }
  });
}

/** The instructions that each vCPU comes to in a schedule, in order. */
function executed(
  instance: Instance,
  schedule: readonly ScheduleStep[],
): readonly (readonly Insn[])[] {
  const lists: Insn[][] = instance.model.guests.map(() => []);
  const pending = lists.map(() => false);
  for (const step of schedule) {
    const { vcpu } = step;
    if (vcpu === undefined) continue;
    const insn = insnOf(instance, step);
    if (insn && !pending[vcpu]) {
      lists[vcpu].push(insn);
      pending[vcpu] = true;
    }
    if (!step.isMiddle) pending[vcpu] = false;
  }
  return lists;
}

function expect(expected: Expected): ActionOf<"expect"> {
  return { kind: "expect", expected, on: [] };
}

function view(
  view: Seen["view"],
  index: number,
  register: RegisterInfo,
  operator: Comparison,
  value: bigint,
): ActionOf<"expect"> {
  const seen: Seen = {
    view,
    index,
    register: register.id,
    kvmName: undefined,
    field: undefined,
  };
  return expect({ kind: "view", seen, operator, value });
}

/**
 * What the scenario expects at its end: it fails where the schedule breaks something.
 *
 * @param byTries the schedule counts tries of an instruction, which kernels need different numbers of
 */
function expectations(
  instance: Instance,
  { broken, schedule }: Found,
  byTries: boolean,
): ActionOf<"expect">[] {
  const last = schedule.at(-1);
  if (broken === undefined || last === undefined) return [];
  const { arch } = instance;
  const breaks = (bits: number): boolean => (broken.properties & bits) !== 0;
  const found: ActionOf<"expect">[] = [];
  const insn = insnOf(instance, last);
  if (breaks(PROPERTY.missed) && insn) {
    const isData = insn.op === "load" || insn.op === "store" ||
      insn.op === "rmw";
    const exception = arch.name === "x86"
      ? "db"
      : isData
      ? "watchpoint"
      : "breakpoint";
    found.push(expect({ kind: "exception", exception, fields: [] }));
  } else if (breaks(PROPERTY.stray)) {
    found.push(expect({ kind: "no-exception" }));
  }
  const { unread } = last;
  if (breaks(PROPERTY.leak | PROPERTY.stale) && unread) {
    const register = arch.registers.byId(unread.register);
    // Another kernel may be further after as many tries: then only the wrong value is wrong for sure.
    found.push(
      byTries
        ? view("guest", last.vcpu!, register, "!=", unread.seen)
        : view("guest", last.vcpu!, register, "==", unread.own),
    );
  }
  if (breaks(PROPERTY["host-lost"])) {
    const request = schedule.filter(({ kind, cpu }) =>
      kind === STEP.host && cpu === last.cpu
    ).map((step) => hostRequestOf(instance, step)).findLast(({ action }) =>
      action !== "off"
    );
    if (request && request.action !== "off") {
      const watch = request.action === "watch" ? "dbgwvr0" : "dbgbvr0";
      const name = arch.name === "x86" ? "dr0" : watch;
      const register = arch.registers.find(name)!;
      found.push(view("cpu", last.cpu!, register, "==", request.address));
    }
  }
  if (breaks(PROPERTY.warn)) found.push(expect({ kind: "no-warning" }));
  if (broken.expectation !== undefined) {
    const properties = broken.atEnd ? instance.finally : instance.always;
    const { expected, on } = properties[broken.expectation];
    found.push({ kind: "expect", expected, on });
  }
  return found;
}

/** What the scenario does: from the programs' instructions to what is expected at the end. */
export function scenarioActions(
  instance: Instance,
  found: Found,
): readonly Action[] {
  const { model } = instance;
  const { schedule, broken } = found;
  const replay = new Replay(instance);
  const fires = broken !== undefined &&
    (broken.properties & (PROPERTY.missed | PROPERTY.stray)) !== 0;
  schedule.forEach((step, at) =>
    replay.step(step, fires && at === schedule.length - 1)
  );
  replay.close();
  const programs = executed(instance, schedule).flatMap((insns, vcpu) =>
    // What stands before the block is in the scenario as it was written.
    insns.slice(instance.pending[vcpu]).map((insn): Action => {
      const address = join64(insn.addressLo, insn.addressHi);
      return { kind: "guest", vcpu, instruction: { parts: insn, address } };
    })
  );
  const vcpus: Action[] = model.vcpus > 1
    ? [{ kind: "set", counts: { vcpus: model.vcpus } }]
    : [];
  const choices = [...instance.choices].map(([name, value]): Action => ({
    kind: "let",
    name,
    value,
  }));
  return [
    ...vcpus,
    ...choices,
    ...programs,
    ...replay.actions,
    ...expectations(instance, found, replay.countsTries),
  ];
}

/**
 * A scenario that replays a schedule. What it expects holds where nothing is broken, and so fails here.
 *
 * @param ending further lines, such as `show`
 */
export function scenarioText(
  exploration: Exploration,
  instance: Instance,
  found: Found,
  ending: readonly string[] = [],
): string {
  const { arch, session } = instance;
  const { profile, vendor, options } = session.kernelChoice;
  const kernel: Action = {
    kind: "kernel",
    profile,
    vendor: vendor === session.profile.vendors[0] ? undefined : vendor,
    options,
  };
  const text = (action: Action): string => actionText(action, arch);
  const names = brokenNames(instance, found).join(", ");
  return [
    `# Found by dregs explore ${exploration.name}: ${names} under ${profile},`,
    `# ${found.schedule.length} steps. The expectation at the end fails here, and holds where that is fixed.`,
    text({ kind: "arch", arch: arch.name }),
    text(kernel),
    ...textBefore(exploration.before),
    ...scenarioActions(instance, found).map(text),
    ...ending,
    "",
  ].join("\n");
}
