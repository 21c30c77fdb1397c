/**
 * An arm64 machine without a hypervisor, and without EL2.
 *
 * @module
 */
import { aloneMode } from "../../bare/mode.ts";
import { bareRules } from "../../bare/rules.ts";
import { placeIn } from "../../moves.ts";
import { makeInsn } from "../../program.ts";
import { refuse } from "../../reports.ts";
import {
  type CountChange,
  type Rules,
  VCPU_BASE,
  type ViewValue,
} from "../../rules.ts";
import { get64, join64, set64 } from "../../word64.ts";
import { CPU, USER, VCPU, VM } from "../blocks.ts";
import { programStart, withCounts } from "../configuration.ts";
import { type Arm64Frame, arm64Frame, type Arm64Host } from "../frame.ts";
import { beginProgram } from "../guest/handler.ts";
import { ACCESS, access } from "../hardware/access.ts";
import { executeInstruction } from "../hardware/instruction.ts";
import { physicalDfr0 } from "../hardware/register_file.ts";
import { registerPlace } from "../moves.ts";
import { NUMBERED_MAX, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { cpuView } from "../views.ts";
import { guestHost } from "./machine.ts";
import { verdict } from "./verdicts.ts";

/** A frame whose machine follows what the guest is given. */
type BareFrame = Omit<Arm64Frame, "host"> & { host: Arm64Host };

/** Where the vCPU's block has the registers that exist once, after the fields that it has under KVM. */
const SINGLE = VCPU.words;

/** How many words of the CPU's block they are. */
const SINGLE_WORDS = CPU.words - CPU.mdscr;

/** PSTATE after reset: EL1h, DAIF masked. */
const PSTATE_RESET = 0x3c5;

/** The rules of a machine. */
export function arm64BareRules(host: Arm64Host): Rules<Arm64Frame> {
  return bareRules<Arm64Frame>({
    sizes: {
      vm: VM.words,
      vcpu: VCPU.words + SINGLE_WORDS,
      user: USER.words,
      cpu: CPU.words,
    },
    frame: (w) =>
      arm64Frame(w, {
        bare: aloneMode(),
        host,
        kernel: undefined,
        ownerOf: () => "guest",
      }),
    rule: "arm64:A/1",
    initVm(f) {
      physicalDfr0(f);
      f.w[f.vm + VM.dfr0] = f.lo;
      f.w[f.vm + VM.dfr0 + 1] = f.hi;
      f.w[f.vm + VM.idDfr0] = f.host.model.idDfr0;
    },
    initVcpu({ w, vcpu }, index) {
      w[vcpu + VCPU_BASE.index] = index;
      w[vcpu + VCPU.pstate] = PSTATE_RESET;
      set64(w, vcpu + VCPU_BASE.pc, programStart(index));
    },
    initCpu({ w, cpu }, index) {
      w[cpu + CPU.index] = index;
    },
    beginProgram,
    load({ w, vcpu, cpu }) {
      const bank = vcpu + VCPU.guest;
      w.copyWithin(cpu + CPU.hw, bank, bank + 2 * NUMBERED_MAX);
      const single = vcpu + SINGLE;
      w.copyWithin(cpu + CPU.mdscr, single, single + SINGLE_WORDS);
    },
    put({ w, vcpu, cpu }) {
      const bank = cpu + CPU.hw;
      w.copyWithin(vcpu + VCPU.guest, bank, bank + 2 * NUMBERED_MAX);
      const single = cpu + CPU.mdscr;
      w.copyWithin(vcpu + SINGLE, single, single + SINGLE_WORDS);
    },
    instruction: (f, insn) => executeInstruction(followed(f), insn),
    setCounts(f, counts) {
      return setCounts(f, counts, host);
    },
    cpuView: (f, register) => cpuView(followed(f), register),
    verdict: (f, question, comparison) =>
      verdict(followed(f), question, comparison),
    read: (f, register) => read(followed(f), register),
    place(f, register) {
      const { physical } = ARM64_REGISTERS.byId(register);
      if (register === REG.PSTATE) return placeIn(f, "guest", "PSTATE");
      return physical ? registerPlace(f, "cpu", register) : undefined;
    },
  });
}

/** The frame, with as many breakpoints and watchpoints as the guest was given by now. */
function followed(f: Arm64Frame): Arm64Frame {
  const { w, vm, host: { model: { dfr0 } } } = f;
  if (dfr0.lo !== w[vm + VM.dfr0] || dfr0.hi !== w[vm + VM.dfr0 + 1]) {
    (f as BareFrame).host = guestHost(f);
  }
  return f;
}

/** The guest gets fewer breakpoints or watchpoints than the machine has. */
function setCounts(
  f: Arm64Frame,
  counts: CountChange,
  host: Arm64Host,
): number {
  const most: Readonly<Record<string, number>> = {
    brps: host.brps,
    ctx: host.ctx,
    wrps: host.wrps,
  };
  for (const [name, count] of Object.entries(counts)) {
    if (count <= most[name]) continue;
    return refuse(f, "set", {
      errno: "EINVAL",
      why: `the machine has ${name}=${most[name]}`,
      rule: "arm64:A/6",
    });
  }
  const at = f.vm + VM.dfr0;
  set64(f.w, at, withCounts(get64(f.w, at), counts));
  return 0;
}

function read(f: Arm64Frame, register: number): ViewValue {
  if (register === REG.PSTATE) {
    return { kind: "value", value: BigInt(f.w[f.vcpu + VCPU.pstate] >>> 0) };
  }
  if (ARM64_REGISTERS.byId(register).access === "WO") {
    return { kind: "none", why: "the register is write-only" };
  }
  const insn = makeInsn({ op: "read", register, level: 1 });
  return access(f, insn) === ACCESS.undef
    ? { kind: "undef" }
    : { kind: "value", value: join64(f.lo, f.hi) };
}
