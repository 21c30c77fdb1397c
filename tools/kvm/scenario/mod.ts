/**
 * A recording as a scenario that expects what was recorded, so that a difference fails in it.
 *
 * @module
 */
import { architecture } from "../../../engine/mod.ts";
import { replay } from "../../../conform/mod.ts";
import { ARM64_WORDS } from "./arm64.ts";
import { control, type Fields, list, text, type Words } from "./words.ts";
import { X86_WORDS } from "./x86.ts";

/** Names of reads, and where they are. */
interface Reads {
  /** By vCPU: name of the read at an index of the program that is loaded. */
  readonly of: Map<number, ReadonlyMap<number, string>>;
  count: number;
}

/** The scenario of a recording: its text, and what of the recording it does not have. */
export interface RecordedScenario {
  readonly text: string;
  readonly left: readonly string[];
}

function result({ ret, errno, error }: Fields): string {
  const code = ret === -1 && typeof errno === "number" ? -errno : Number(ret);
  if (code === 0 || ret === undefined) return "expect ok";
  const named = typeof errno === "string" ? errno : error;
  return `expect error ${
    typeof named === "string" ? named : ERRNO_NAMES.get(-code) ?? -code
  }`;
}

/** Error numbers that the ioctls of recordings give. */
const ERRNO_NAMES: ReadonlyMap<number, string> = new Map([
  [2, "ENOENT"],
  [7, "E2BIG"],
  [14, "EFAULT"],
  [16, "EBUSY"],
  [22, "EINVAL"],
]);

/** The instructions of a new program, and the names of what they read. */
function programLines(
  step: Fields,
  words: Words,
  reads: Reads,
  left: string[],
): string[] {
  const vcpu = Number(step.vcpu ?? 0);
  const names = new Map<number, string>();
  reads.of.set(vcpu, names);
  return list(step.program).flatMap((op, index) => {
    const said = words.instruction(op);
    if (said === undefined) {
      left.push(`instruction ${text(op.i)} at ${text(op.pc)}`);
      return [];
    }
    const { line, place, reads: isRead } = said;
    if (!isRead) return [`guest@${vcpu} ${line}${place}`];
    const name = `r${reads.count++}`;
    names.set(index, name);
    return [`guest@${vcpu} ${line} as ${name}${place}`];
  });
}

/** What the reads of a run gave: of a new program in its ops, of a resumed one in a list or by index. */
function readValues(step: Fields): readonly (readonly [number, unknown])[] {
  if (step.resume !== true) {
    return list(step.program).map(({ got }, index) => [index, got] as const);
  }
  if (Array.isArray(step.got)) {
    return list(step.got).map(({ at, value }) => [Number(at), value] as const);
  }
  return Object.entries((step.got ?? {}) as Fields).map(([at, value]) =>
    [Number(at), value] as const
  );
}

function runLines(
  step: Fields,
  words: Words,
  place: string,
  reads: Reads,
): string[] {
  const vcpu = Number(step.vcpu ?? 0);
  const lines = [`run @${vcpu}${place}`];
  const taken = list(step.guest_exceptions);
  const kinds = taken.map((one) => words.exceptionKind(one));
  lines.push(
    kinds.length === 0
      ? "expect no exception"
      : `expect exceptions ${kinds.join(", ")}`,
  );
  for (const line of new Set(taken.map((one) => words.exception(one)))) {
    if (line !== undefined) lines.push(line);
  }
  lines.push(...words.exit(step));
  for (const [index, value] of readValues(step)) {
    const name = reads.of.get(vcpu)?.get(index);
    if (name !== undefined && value !== undefined) {
      lines.push(`expect ${name} == ${text(value)}`);
    }
  }
  return lines;
}

/**
 * Writes the scenario.
 *
 * @throws {RecordingError} on text that is no recording
 */
export function scenarioOf(recording: string): RecordedScenario {
  const [header, ...steps]: readonly Fields[] = recording.trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  const { arch, profile, vendor, model } = replay(recording);
  const words = arch === "arm64" ? ARM64_WORDS : X86_WORDS;
  const left: string[] = [];
  const reads: Reads = { of: new Map(), count: 0 };
  const lines: string[] = [];
  let cpu: unknown;
  const debug = new Map<number, string>();
  const unfinished = new Set<number>();
  for (const step of steps) {
    const vcpu = Number(step.vcpu ?? 0);
    switch (step.op) {
      case "note":
        lines.push(`# ${text(step.text)}`);
        break;
      case "pin":
        cpu = step.cpu;
        break;
      case "guest_debug": {
        const line = `user@${vcpu} debug raw control=${
          control(step.control, words.controlBits)
        }${words.debugRegisters(step)}`;
        lines.push(line, result(step));
        if (step.ret === 0) debug.set(vcpu, line);
        break;
      }
      case "run": {
        if (step.resume !== true) {
          // A scenario appends instructions, and cannot take any back.
          if (unfinished.has(vcpu)) {
            left.push("a program in the place of one that has not ended");
          }
          const isFirst = !reads.of.has(vcpu);
          lines.push(...words.start(step, isFirst));
          const repeated = debug.get(vcpu);
          if (
            step.guest_debug_repeated_after_set_regs === true && repeated &&
            words.isRepeated(repeated)
          ) {
            // The instructions of the program before it are still there.
            if (!isFirst) left.push("RIP of a later program, when it begins");
            lines.push(repeated);
          }
          lines.push(...programLines(step, words, reads, left));
        }
        if (words.hasEnded(step)) unfinished.delete(vcpu);
        else unfinished.add(vcpu);
        const on = step.cpu ?? cpu;
        const place = on === undefined ? "" : ` cpu=${text(on)}`;
        lines.push(...runLines(step, words, place, reads));
        break;
      }
      default: {
        const own = words.operation(step, result(step));
        if (own === undefined) left.push(`operation ${text(step.op)}`);
        else lines.push(...own);
      }
    }
  }
  const counts = architecture(arch)!.hostCounts.flatMap(({ name }) =>
    header[name] === undefined ? [] : [`${name}=${text(header[name])}`]
  );
  const first = [
    `# ${text(header.case)}: ${text(header.about)}`,
    `# Recorded on ${text(header.kernel)}, ${text(header.cpu)}.`,
    ...(left.length > 0 ? [`# It does not have: ${left.join(", ")}.`] : []),
    `arch ${arch}`,
    `kernel ${profile}${vendor === undefined ? "" : ` ${vendor}`}`,
    ["host", `model=${model}`, "cpus=2", ...counts].join(" "),
    ...(Number(header.vcpus ?? 1) > 1 ? [`set vcpus=${header.vcpus}`] : []),
  ];
  return { text: `${[...first, ...lines].join("\n")}\n`, left };
}
