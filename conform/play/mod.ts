/**
 * Performs a case on the model, and writes what it does as a recorder would: the model's own recording.
 *
 * @module
 */
import {
  architecture,
  type ArchName,
  createMachine,
  type Machine,
} from "../../engine/mod.ts";
import { ARM64_REPLAY } from "../arm64/mod.ts";
import { hostCounts, vcpuCount } from "../header.ts";
import { parseRecording, RecordingError, type Step } from "../recording.ts";
import { vcpuOf } from "../operands.ts";
import { cpusOf } from "../replay.ts";
import { own, StepReader } from "../step_reader.ts";
import { X86_REPLAY } from "../x86/mod.ts";
import { arm64Player } from "./arm64.ts";
import { caseStep } from "./case.ts";
import { Programs } from "./programs.ts";
import type { Fields } from "./results.ts";
import { x86Player } from "./x86.ts";

/** The machine that a case is played on. */
export interface PlayedOn {
  /** As `Architecture.kernel()` takes it. */
  readonly profile: string;
  /** Where the kernel has a choice. */
  readonly vendor: string | undefined;
  /** Name of a hardware model. */
  readonly model: string;
  /** By the names of `Architecture.hostCounts`; what is not named has its initial value. */
  readonly counts: Readonly<Record<string, number>>;
  /** Called with the machine before anything happens. */
  readonly begun?: (machine: Machine) => void;
}

/** Times that an access is answered before a new program is loaded. */
const ANSWERS_MAX = 10;

/** KVM_RUN of the program that is loaded, where a step ran or resumed one. */
function resumedRun({ vcpu, cpu }: Step): Step {
  const place = cpu === undefined ? {} : { cpu };
  return { op: "run", vcpu, ...place, resume: true };
}

/** Vendors, as recordings name them. */
const VENDOR_NAMES: Readonly<Record<string, string>> = {
  svm: "amd",
  vmx: "intel",
};

/**
 * Plays a case.
 *
 * @param text the case, as JSON lines: a recording of which the results are left out or ignored. Each instruction
 *   says where it is
 * @returns the recording, as text
 * @throws {RecordingError} on text that is no case, and on a step that the model cannot express
 */
export function play(text: string, on: PlayedOn): string {
  const { header, lines } = playLines(text, on);
  return [header, ...lines.map(({ fields }) => fields)].map((line) =>
    `${JSON.stringify(line)}\n`
  ).join("");
}

/** A line of the model's own recording. */
export interface PlayedLine {
  /** Index of the case's step that it is of: one step can have several lines, or none. */
  readonly step: number;
  readonly fields: Fields;
}

/**
 * Plays a case, as `play()`.
 *
 * @returns the recording
 */
export function playLines(
  text: string,
  on: PlayedOn,
): { readonly header: Fields; readonly lines: readonly PlayedLine[] } {
  const { header, steps } = parseRecording(text);
  const reader = new StepReader(header, 1);
  const arch = architecture(reader.text("arch") as ArchName);
  if (arch === undefined) {
    throw new RecordingError(1, `there is no arch ${reader.text("arch")}`);
  }
  const readers = steps.map(({ line, step }) =>
    new StepReader(caseStep(step), line)
  );
  const counts = hostCounts(reader, arch, {
    ...on.counts,
    cpus: cpusOf(readers),
  });
  const machine = createMachine(
    arch,
    { profile: on.profile, vendor: on.vendor, options: {} },
    { counts, model: on.model, unpredictable: undefined },
  );
  machine.growTo(vcpuCount(reader));
  on.begun?.(machine);
  const stage = { arch, machine };
  const player = arch.name === ARM64_REPLAY.name
    ? arm64Player(stage)
    : x86Player(stage);
  const { brps, ctx, wrps, vhe } = counts;
  const lines: PlayedLine[] = [];
  const played: Fields = {
    case: reader.text("case"),
    arch: arch.name,
    ...(arch.name === X86_REPLAY.name
      ? { vendor: VENDOR_NAMES[on.vendor ?? ""] }
      : {}),
    kernel: on.profile.replace(/^linux-/, ""),
    cpu: on.model,
    model: on.model,
    ...(arch.name === ARM64_REPLAY.name ? { brps, ctx, wrps } : {}),
    ...(vhe === undefined ? {} : { vhe }),
    vcpus: machine.vcpus,
    about: header.about ?? "",
  };
  let index = 0;
  const perform = (step: StepReader): Fields => {
    const op = step.text("op");
    const action = own(player.steps, op) ??
      step.fail(`the model has no step ${op}`);
    const line = { ...step.step, ...action(step) };
    lines.push({ step: index, fields: line });
    return line;
  };
  const programs = new Programs(machine.vcpus);
  for (const [number, step] of readers.entries()) {
    index = number;
    const op = step.text("op");
    const v = vcpuOf(step, machine);
    if (op !== "run") {
      const { ret } = perform(step);
      if (op === "save") programs.saved(step.text("name"));
      if (op === "restore" && ret === 0) programs.restored(step.text("name"));
      if (op === "complete_access") programs.completed(v);
      continue;
    }
    const resumed = new StepReader(resumedRun(step.step), step.line);
    if (step.flag("resume")) {
      const most = step.number("until_end", 0);
      if (most === 0 && !programs.hasEnded(v)) {
        programs.ran(v, perform(resumed));
      }
      for (let n = 0; n < most && programs.canResume(v); n++) {
        programs.ran(v, perform(resumed));
      }
      continue;
    }
    // An access without an answer would be answered by the new program's KVM_RUN.
    for (let n = 0; n < ANSWERS_MAX && programs.isAsking(v); n++) {
      programs.ran(v, perform(resumed));
    }
    programs.ran(v, perform(step));
  }
  return { header: played, lines };
}
