/**
 * Cases: recordings without results.
 *
 * @module
 */
import type { Step } from "../recording.ts";
import { own } from "../step_reader.ts";

/** What a case says of an instruction; everything else is the recorder's. */
const INSTRUCTION = [
  "i",
  "reg",
  "dr",
  "value",
  "addr",
  "spsr",
  "size",
  "from",
  "fmask",
  "imm",
  "to",
  "count",
  "tf",
  "port",
  "start",
  "pc",
  "len",
];

/** What a case says of a step, by its `op`, besides `op` and `vcpu`. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  note: ["text"],
  guest_debug: ["control", "bcr", "bvr", "wcr", "wvr", "debugreg"],
  run: [
    "cpu",
    "resume",
    "until_end",
    "guest_debug_repeated_after_set_regs",
    "pstate_in",
    "rflags_in",
    "cpl",
    "program",
  ],
  user_get: ["reg"],
  user_set: ["reg", "value"],
  check_extension: ["name"],
  reg_list: [],
  vcpu_init: [],
  set_pc: ["value"],
  poke_insn: ["addr", "insn"],
  pin: ["cpu"],
  set_debugregs: ["db", "dr6", "dr7", "flags"],
  get_debugregs: [],
  set_vcpu_events: ["events"],
  get_vcpu_events: [],
  enable_cap: ["name"],
  irq_line: ["intid"],
  save: ["name", "vmm"],
  restore: ["name"],
  complete_access: [],
  host_bp: ["id", "var", "type", "len", "scope"],
  host_touch: ["var", "writes"],
};

function picked(from: Step, names: readonly string[]): Step {
  return Object.fromEntries(
    names.flatMap((name) =>
      from[name] === undefined ? [] : [[name, from[name]]]
    ),
  );
}

/** A step without what was observed. */
export function caseStep(step: Step): Step {
  const names = own(STEPS, String(step.op));
  if (names === undefined) return step;
  const kept = picked(step, ["op", "vcpu", ...names]);
  if (!Array.isArray(kept.program)) return kept;
  return {
    ...kept,
    program: kept.program.map((op) =>
      // What is no object is left as it is: the reader of steps says so.
      typeof op === "object" && op !== null
        ? picked(op as Step, INSTRUCTION)
        : op
    ),
  };
}
