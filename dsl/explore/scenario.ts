/**
 * A schedule that the search found, as a scenario that repeats it.
 *
 * @module
 */
import {
  type ExpectedOutcome,
  flat,
  type Found,
  type Insn,
  join64,
  kernelWithVendor,
  type ScheduleStep,
} from "../../engine/mod.ts";
import { expectedOutcomes } from "../../engine/explore/mod.ts";
import { PROPERTY } from "../../engine/explore/mod.ts";
import { counted } from "../counted.ts";
import type { KernelTerm } from "../action_parts.ts";
import type { Action, ActionOf, Expected } from "../actions.ts";
import { actionText } from "../print/action.ts";
import { type Line, lineText } from "../syntax/lines.ts";
import type { Exploration } from "./exploration.ts";
import type { Instance } from "./model.ts";
import { Replay } from "./replay.ts";
import { brokenNames } from "./schedule.ts";

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
      case "why-not":
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
    const { vcpu, insn } = step;
    if (vcpu === undefined) continue;
    if (insn && !pending[vcpu]) {
      lists[vcpu].push(insn);
      pending[vcpu] = true;
    }
    if (!step.isMiddle) pending[vcpu] = false;
  }
  return lists;
}

/**
 * What the scenario expects before the last step and at its end: it fails where the schedule breaks something.
 *
 * @param byTries the schedule counts tries of an instruction, which kernels need different numbers of
 * @param endsEarlierOnBare on a machine without a hypervisor that is expected already
 */
function expectations(
  instance: Instance,
  found: Found,
  byTries: boolean,
  endsEarlierOnBare: boolean,
): { before: ActionOf<"expect">[]; after: ActionOf<"expect">[] } {
  const { broken, schedule } = found;
  if (broken === undefined) return { before: [], after: [] };
  const later: KernelTerm[] = endsEarlierOnBare
    ? [{ kind: "other", name: "bare" }]
    : [];
  const steps = schedule.length === 0
    ? []
    : expectedOutcomes(found, { byTries });
  const those = (isBefore: boolean) =>
    steps.filter((one) => (one.kind === "view" && !!one.isBefore) === isBefore)
      .map((outcome): ActionOf<"expect"> => ({
        kind: "expect",
        expected: expectedOf(outcome),
        on: later,
      }));
  const [before, after] = [those(true), those(false)];
  if (broken.expectation === undefined) return { before, after };
  const properties = broken.atEnd ? instance.finally : instance.always;
  const { expected, on } = properties[broken.expectation];
  return { before, after: [...after, { kind: "expect", expected, on }] };
}

function expectedOf(outcome: ExpectedOutcome): Expected {
  switch (outcome.kind) {
    case "exception":
      return { kind: "exception", exception: outcome.name, fields: [] };
    case "exception-field": {
      const { exception, field, value } = outcome;
      const fields = [{ name: field, value, span: undefined }];
      return { kind: "exception", exception, fields };
    }
    case "no-exception":
    case "no-warning":
    case "no-loss":
      return { kind: outcome.kind };
    case "view": {
      const { view, index, register, operator, value } = outcome;
      const kvmName = undefined;
      const field = undefined;
      const seen = { view, index, register, kvmName, field };
      return { kind: "view", seen, operator, value };
    }
    case "read": {
      const { operator, value } = outcome;
      return { kind: "read", name: READ_NAME, operator, value };
    }
    default:
      return outcome satisfies never;
  }
}

/** The name of what the last instruction reads. */
const READ_NAME = "seen";

/** What the scenario does: from the programs' instructions to what is expected at the end. */
export function scenarioActions(
  instance: Instance,
  found: Found,
): readonly Action[] {
  const { model } = instance;
  const { schedule, broken } = found;
  const replay = new Replay(instance);
  const fires = broken !== undefined &&
    ((broken.properties & (PROPERTY.missed | PROPERTY.stray)) !== 0 ||
      schedule.at(-1)?.noticed?.exception !== undefined);
  let last: number | undefined;
  schedule.forEach((step, at) => {
    const isLast = at === schedule.length - 1;
    if (isLast && step.mismatch !== undefined) {
      replay.close();
      last = replay.actions.length;
    }
    replay.step(step, fires && isLast);
  });
  replay.close();
  const { before, after } = expectations(
    instance,
    found,
    replay.countsTries,
    replay.endsEarlierOnBare,
  );
  const reads = after.some(({ expected }) => expected.kind === "read")
    ? schedule.at(-1)?.vcpu
    : undefined;
  const programs = executed(instance, schedule).flatMap((insns, vcpu) =>
    // What stands before the block is in the scenario as it was written.
    insns.slice(instance.pending[vcpu]).flatMap((insn, at, all): Action[] => {
      const isRead = vcpu === reads && at === all.length - 1;
      return flat(insn).map((one) => {
        const parts = isRead ? { ...one, name: READ_NAME } : one;
        const address = join64(one.addressLo, one.addressHi);
        return { kind: "guest", vcpu, instruction: { parts, address } };
      });
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
    ...replay.actions.slice(0, last),
    ...before,
    // A step that nothing is expected of is left out.
    ...last === undefined || before.length > 0 && after.length === 0
      ? []
      : replay.actions.slice(last),
    ...after,
  ];
}

/**
 * What the VMM that saves and restores the VM enables. An older kernel refuses that, and another may have it.
 *
 * @param before the text before the block, which may enable it already
 */
function enabled(
  { arch, model: { restores } }: Instance,
  before: readonly string[],
): Action[] {
  const text = before.join("\n");
  return (arch.enabledBy[restores ?? ""] ?? []).flatMap(
    ({ capability, change }): Action[] => {
      const line = new RegExp(
        `^ *user enable (?:KVM_CAP_)?${capability}$`,
        "im",
      );
      if (line.test(text)) return [];
      return [
        { kind: "user", vcpu: 0, operation: { kind: "enable", capability } },
        {
          kind: "expect",
          expected: { kind: "error", errno: "EINVAL" },
          on: [{ kind: "changes", with: [], without: [change] }],
        },
      ];
    },
  );
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
    vendor,
    options,
  };
  const text = (action: Action): string => actionText(action, arch);
  const names = brokenNames(instance, found).join(", ");
  const before = textBefore(exploration.before);
  return [
    `# Found by dregs explore ${exploration.name}: ${names} under ${
      kernelWithVendor(profile, vendor)
    },`,
    `# ${
      counted(found.schedule.length, "step")
    }. The expectation at the end fails here, and holds where that is fixed.`,
    text({ kind: "arch", arch: arch.name }),
    text(kernel),
    ...before,
    ...enabled(instance, before).map(text),
    ...scenarioActions(instance, found).map(text),
    ...ending,
    "",
  ].join("\n");
}
