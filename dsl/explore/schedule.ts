/**
 * A schedule that the search found, as lines for people.
 *
 * @module
 */
import {
  type Architecture,
  type Event,
  type Found,
  type Noticed,
  type ScheduleStep,
} from "../../engine/mod.ts";
import { propertiesOf, STEP } from "../../engine/explore/mod.ts";
import type { UserOperation } from "../actions.ts";
import { hex } from "../notation.ts";
import { actionText, hostText, insnText, userText } from "../print/action.ts";
import { hitName } from "../render/event.ts";
import type { Instance } from "./model.ts";

/** What a step of a schedule is, for people. */
export interface ScheduleLine {
  /** `vCPU 0 on CPU 1`, `userspace of vCPU 0`, `host on CPU 0`. */
  readonly who: string;
  /** Index of the vCPU that acts, or whose userspace does; null if none does. */
  readonly vcpu: number | null;
  /** Index of the CPU on which it acts; null for userspace. */
  readonly cpu: number | null;
  /** What it does. */
  readonly what: string;
  /** What came of it, in a few words each. */
  readonly notes: readonly string[];
}

/** What userspace does in a step. */
export function operationOf({ userAction }: ScheduleStep): UserOperation {
  if (!userAction) throw new RangeError("not a step of userspace");
  return userAction.kind === "get"
    ? { ...userAction, as: undefined }
    : userAction;
}

/** What is worth telling of a step's events. */
function notesOf(events: readonly Event[]): string[] {
  const notes: string[] = [];
  for (const event of events) {
    switch (event.kind) {
      case "trap":
        notes.push(`traps (${event.because})`);
        break;
      case "load":
      case "save": {
        const whose = event.set === "external"
          ? "userspace's"
          : `the ${event.set}'s`;
        notes.push(`${event.kind}s ${whose} registers`);
        break;
      }
      case "exception":
        notes.push(`the guest takes ${event.exception}`);
        break;
      case "inject":
        notes.push(`KVM queues ${event.exception}`);
        break;
      case "user-exit":
        notes.push(`KVM_RUN returns: ${event.exit}`);
        break;
      case "refused":
        notes.push(`refused: ${event.errno}`);
        break;
      case "warn":
      case "stopped":
        notes.push(event.message);
        break;
      case "hit":
        notes.push(`${hitName(event)} hits`);
        break;
      case "lost":
        notes.push(
          `lost: ${event.what} ${hex(event.old)} → ${hex(event.new)}`,
        );
        break;
      case "missed":
      case "stray":
      case "host-hit":
      case "host-lost":
        notes.push(event.what);
        break;
      default:
        break;
    }
  }
  return [...new Set(notes)];
}

/** What a guest can tell from a bare machine, in one phrase. */
function noticedText(
  arch: Architecture,
  { kind, exception, register, name, seen = 0n, own = 0n }: Noticed,
): string {
  switch (kind) {
    case "missed":
      return `missed: a bare machine takes ${exception} here`;
    case "stray":
      return `stray: a bare machine takes no ${exception} here`;
    case "frame":
      return `frame: ${exception} has ${name} ${hex(seen)}; on a bare machine ${
        hex(own)
      }`;
    default: {
      const { short } = arch.registers.byId(register!);
      return `${kind}: ${short} reads ${hex(seen)}; on a bare machine ${
        hex(own)
      }`;
    }
  }
}

/** The steps of a schedule for people. */
export function scheduleLines(
  instance: Instance,
  schedule: readonly ScheduleStep[],
): readonly ScheduleLine[] {
  const { arch } = instance;
  return schedule.map((step): ScheduleLine => ({
    ...actedBy(instance, step),
    vcpu: step.vcpu ?? null,
    cpu: step.cpu ?? null,
    notes: stepNotes(arch, step),
  }));
}

/** What came of a step, and what is wrong after it. */
function stepNotes(
  arch: Architecture,
  { events, unread, noticed, exception }: ScheduleStep,
): readonly string[] {
  const notes = notesOf(events);
  if (noticed) notes.push(noticedText(arch, noticed));
  // Where the architecture tells it by a register, an event does.
  const isTold = noticed?.kind === "missed" ||
    events.some(({ kind }) => kind === "missed");
  if (exception && !isTold) {
    notes.push(
      `missed: the guest's registers match, but no ${exception} is taken`,
    );
  }
  if (unread) {
    const { register, seen, own, isActedOn } = unread;
    const { short } = arch.registers.byId(register);
    notes.push(
      isActedOn
        ? `the CPU acts on ${short} ${hex(seen)}, the guest's is ${hex(own)}`
        : `${short} would read ${hex(seen)}, not ${hex(own)}`,
    );
  }
  return notes;
}

/** Who acts in a step, and what it does. */
function actedBy(
  instance: Instance,
  step: ScheduleStep,
): Pick<ScheduleLine, "who" | "what"> {
  const { arch } = instance;
  const { kind, vcpu, cpu } = step;
  const on = `vCPU ${vcpu} on CPU ${cpu}`;
  switch (kind) {
    case STEP.load:
      return { who: on, what: "vcpu_load" };
    case STEP.enter:
      return { who: on, what: "enters the guest" };
    case STEP.interrupt:
      return { who: on, what: "host interrupt, exit" };
    case STEP.put:
      return { who: on, what: "vcpu_put: scheduled out" };
    case STEP.return:
      return { who: on, what: "vcpu_put: KVM_RUN returns, EINTR" };
    case STEP.fail: {
      const what = `KVM_RUN fails at ${instance.model.fail}`;
      return { who: on, what };
    }
    case STEP.complete:
      return { who: on, what: "KVM_RUN completes the access" };
    case STEP.idle:
      return { who: on, what: "the program is over: exit, vcpu_put" };
    case STEP.instruction: {
      const insn = step.insn;
      const what = step.handler !== undefined
        ? `guest's ${step.handler}`
        : insn === undefined
        ? "the guest goes on"
        : `guest: ${insnText(arch, insn, { withAddress: false })}`;
      return { who: on, what };
    }
    case STEP.user:
      return {
        who: `userspace of vCPU ${vcpu}`,
        what: `user: ${userText(arch, operationOf(step))}`,
      };
    case STEP.host:
      return {
        who: `host on CPU ${cpu}`,
        what: `host: ${hostText(step.hostRequest!, arch)}`,
      };
    case STEP.restore: {
      const what = `saves the VM, and restores it (${instance.model.restores})`;
      return { who: "userspace", what };
    }
    default:
      return kind satisfies never;
  }
}

/** Which kind it is that a guest notices first; undefined if it notices nothing. */
export function noticedKind({ schedule }: Found): string | undefined {
  return schedule.at(-1)?.noticed?.kind;
}

/** Names of what a search found broken. */
export function brokenNames(instance: Instance, found: Found): string[] {
  const { broken } = found;
  if (broken === undefined) return [];
  const names = propertiesOf(broken.properties).map(({ name }) => name);
  if (broken.expectation !== undefined) {
    const properties = broken.atEnd ? instance.finally : instance.always;
    names.push(actionText(properties[broken.expectation], instance.arch));
  }
  return names;
}
