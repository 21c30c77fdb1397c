/**
 * MSR and MRS: undefined, trapped, or done. Rules arm64:A/1, arm64:A/14.
 *
 * @module
 */
import { type Condition, fact } from "../../comparison.ts";
import { placed } from "../../layout.ts";
import type { Insn } from "../../program.ts";
import { VCPU_BASE } from "../../rules.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { type Kind, NUMBERED_MAX, REG } from "../registers/ids.ts";
import { MDCR, MDSCR } from "../registers/mdscr.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { conditionOn, reportTrapCompared } from "./comparisons.ts";
import { debugExceptionsEnabled, TDE } from "./debug_exceptions.ts";
import { accessIss } from "./encoding.ts";
import { EC } from "./exception_class.ts";
import { takeToEl2 } from "./exception_entry.ts";
import { levelOf } from "./exception_level.ts";
import { physicalCount, readPhysical, writePhysical } from "./register_file.ts";
import { PSTATE_SS, returned } from "./software_step.ts";

/** How an access ended. */
export const ACCESS = {
  /** UNDEFINED: the guest is to take the exception. */
  undef: 0,
  /** Trapped to EL2; the exit's class and syndrome are set. */
  trap: 1,
  /** Done by the hardware; the value read is in the transfer register. */
  done: 2,
  /** EL0 may not: trapped to EL1, with the syndrome of a trapped access. */
  trapToEl1: 3,
} as const;

/** One of `ACCESS`. */
export type Access = typeof ACCESS[keyof typeof ACCESS];

const TDA = placed(MDCR, "TDA");
const TDOSA = placed(MDCR, "TDOSA");
const TDRA = placed(MDCR, "TDRA");
const TDCC = placed(MDCR, "TDCC");
const MDSCR_TDCC = placed(MDSCR, "TDCC");

/** What decides that an access traps. */
type Control = "TDA" | "TDOSA" | "TDRA" | "TDCC" | "TDE" | "TID3" | "TVM";

/** What a register is to an access. */
const GROUP = {
  /** Breakpoints, watchpoints, MDSCR_EL1 and the like: MDCR_EL2.TDA. */
  debug: 0,
  /** OS lock and power: MDCR_EL2.TDOSA. */
  osLock: 1,
  /** Debug ROM: MDCR_EL2.TDRA. */
  rom: 2,
  /** Debug communications channel: MDCR_EL2.TDCC, or TDA. */
  channel: 3,
  /** Identification: HCR_EL2.TID3. */
  identification: 4,
  /** HCR_EL2.TVM, writes only. */
  contextidr: 5,
  /** EL2's: UNDEFINED below. */
  el2: 6,
} as const;

/** The group of each system register that is not numbered. */
const GROUPS = new Map<number, number>([
  [REG.MDSCR_EL1, GROUP.debug],
  [REG.OSECCR_EL1, GROUP.debug],
  [REG.DBGCLAIMSET_EL1, GROUP.debug],
  [REG.DBGCLAIMCLR_EL1, GROUP.debug],
  [REG.DBGAUTHSTATUS_EL1, GROUP.debug],
  [REG.MDSELR_EL1, GROUP.debug],
  [REG.OSLAR_EL1, GROUP.osLock],
  [REG.OSLSR_EL1, GROUP.osLock],
  [REG.OSDLR_EL1, GROUP.osLock],
  [REG.DBGPRCR_EL1, GROUP.osLock],
  [REG.MDRAR_EL1, GROUP.rom],
  [REG.MDCCINT_EL1, GROUP.channel],
  [REG.MDCCSR_EL0, GROUP.channel],
  [REG.DBGDTR_EL0, GROUP.channel],
  [REG.DBGDTRRX_EL0, GROUP.channel],
  [REG.DBGDTRTX_EL0, GROUP.channel],
  [REG.OSDTRRX_EL1, GROUP.channel],
  [REG.OSDTRTX_EL1, GROUP.channel],
  [REG.ID_AA64DFR0_EL1, GROUP.identification],
  [REG.ID_AA64DFR1_EL1, GROUP.identification],
  [REG.ID_DFR0_EL1, GROUP.identification],
  [REG.CONTEXTIDR_EL1, GROUP.contextidr],
  [REG.DBGVCR32_EL2, GROUP.el2],
  [REG.CONTEXTIDR_EL2, GROUP.el2],
  [REG.MDCR_EL2, GROUP.el2],
]);

function groupOf(register: number): number {
  if (register < NUMBERED_MAX) return GROUP.debug;
  const group = GROUPS.get(register);
  if (group === undefined) {
    throw new RangeError(`No register has id ${register}`);
  }
  return group;
}

/** The registers that EL0 may access, unless MDSCR_EL1.TDCC says otherwise. */
function isEl0(register: number): boolean {
  return register === REG.MDCCSR_EL0 || register === REG.DBGDTR_EL0 ||
    register === REG.DBGDTRRX_EL0 || register === REG.DBGDTRTX_EL0;
}

/** DBGDTRRX_EL0 and DBGDTRTX_EL0 have one encoding: the direction says which. */
function encoded(register: number, write: boolean): number {
  if (register === REG.DBGDTRRX_EL0 || register === REG.DBGDTRTX_EL0) {
    return write ? REG.DBGDTRTX_EL0 : REG.DBGDTRRX_EL0;
  }
  return register;
}

/** True if there is no such access from EL1, whatever EL2 says. Rules arm64:A/1, arm64:A/1.3. */
function isUndefined(f: Arm64Frame, register: number, write: boolean): boolean {
  if (register < NUMBERED_MAX) {
    return (register & 15) >= physicalCount(f, (register >> 4) as Kind);
  }
  if (f.host.model.missing.includes(register)) return true;
  if (groupOf(register) === GROUP.el2) return true;
  const { access } = ARM64_REGISTERS.byId(register);
  return access === (write ? "RO" : "WO");
}

/** The control that traps an access to EL2; undefined if none does. */
function trappedBy(
  f: Arm64Frame,
  register: number,
  write: boolean,
): Control | undefined {
  const mdcr = f.w[f.cpu + CPU.mdcr];
  // TDE counts as all three of TDA, TDOSA and TDRA.
  const implied = (mdcr & TDE) === 0 ? undefined : "TDE";
  switch (groupOf(register)) {
    case GROUP.debug:
      return (mdcr & TDA) !== 0 ? "TDA" : implied;
    case GROUP.osLock:
      return (mdcr & TDOSA) !== 0 ? "TDOSA" : implied;
    case GROUP.rom:
      return (mdcr & TDRA) !== 0 ? "TDRA" : implied;
    case GROUP.channel:
      if ((mdcr & TDCC) !== 0) return "TDCC";
      return (mdcr & TDA) !== 0 ? "TDA" : implied;
    case GROUP.identification:
      return f.w[f.cpu + CPU.tid3] === 0 ? undefined : "TID3";
    case GROUP.contextidr:
      return write && f.w[f.cpu + CPU.tvm] !== 0 ? "TVM" : undefined;
    default:
      return undefined;
  }
}

function reportTrap(
  f: Arm64Frame,
  register: number,
  write: boolean,
  because: Control,
): void {
  f.sink?.push({
    kind: "trap",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    access: write ? "write" : "read",
    register: ARM64_REGISTERS.byId(register).name,
    because,
    rule: "arm64:A/14",
  });
}

/** The control that would trap an access to a register of a group; undefined if there is none. */
function controlOf(register: number): "TDA" | "TDOSA" | "TDRA" | undefined {
  switch (groupOf(register)) {
    case GROUP.debug:
    case GROUP.channel:
      return "TDA";
    case GROUP.osLock:
      return "TDOSA";
    case GROUP.rom:
      return "TDRA";
    default:
      return undefined;
  }
}

/** Reports an access that does not trap why that is so; with `because` that it traps. */
function reportNoTrap(
  f: Arm64Frame,
  register: number,
  because: Control | undefined,
): void {
  if (f.sink === null || !f.sink.compared) return;
  const field = controlOf(register);
  reportTrapCompared(
    f,
    register,
    because !== undefined ? undefined : field === undefined
      ? fact(
        "no control of the model's hypervisor traps this access",
        "arm64:A/14",
      )
      : conditionOn(f, {
        register: REG.MDCR_EL2,
        field,
        needed: "1, or TDE",
        rule: "arm64:A/14",
      }),
  );
}

/** The access does not get as far as a trap. */
function reportBeforeTrap(
  f: Arm64Frame,
  register: number,
  what: string,
): void {
  if (f.sink === null || !f.sink.compared) return;
  reportTrapCompared(f, register, fact(what, "arm64:A/1"));
}

/** EL0 may not: the access traps to EL1. `unmet` is what keeps it from a trap to EL2. */
function toEl1(
  f: Arm64Frame,
  register: number,
  unmet: (f: Arm64Frame) => Condition,
): Access {
  if (f.sink !== null && f.sink.compared) {
    reportTrapCompared(f, register, unmet(f));
  }
  return ACCESS.trapToEl1;
}

const idTrap = (): Condition =>
  fact("at EL0 the access traps to EL1", "arm64:A/1.1");

const channelTrap = (f: Arm64Frame): Condition =>
  conditionOn(f, {
    register: REG.MDSCR_EL1,
    field: "TDCC",
    needed: "0: it traps the access at EL0 to EL1",
    rule: "arm64:A/14",
  });

/**
 * PSTATE: the bits that the instruction names. No MSR writes SS: that is as an exception return to the next instruction.
 * Rule arm64:A/13.1.
 */
function accessPstate(f: Arm64Frame, insn: Insn, write: boolean): void {
  const at = f.vcpu + VCPU.pstate;
  if (write) {
    const written = (f.w[at] & ~insn.maskLo) | (insn.lo & insn.maskLo);
    f.w[at] = (insn.maskLo & PSTATE_SS) === 0
      ? written
      : returned(f, written, debugExceptionsEnabled(f));
  } else {
    f.lo = f.w[at];
    f.hi = 0;
  }
}

/**
 * Performs an MSR or MRS of the guest, or finds that it is UNDEFINED or traps.
 *
 * The order is the architecture's: a number that the machine does not have is UNDEFINED before anything traps.
 *
 * @param insn a `write` or `read`; its own level counts, else the vCPU's
 *
 * Rules arm64:A/1, arm64:A/1.1, arm64:A/1.2, arm64:A/14, arm64:E/1.14.
 */
export function access(f: Arm64Frame, insn: Insn): Access {
  const write = insn.op === "write";
  const register = encoded(insn.register, write);
  const el0 = levelOf(f, insn) === 0;
  if (register === REG.PSTATE) {
    // The guest leaves SCTLR_EL1.UMA clear. Rule arm64:A/1.2.
    if (el0) return ACCESS.trapToEl1;
    accessPstate(f, insn, write);
    return ACCESS.done;
  }
  if (isUndefined(f, register, write)) {
    reportBeforeTrap(f, register, "the access is UNDEFINED before it can trap");
    return ACCESS.undef;
  }
  if (el0) {
    if (!isEl0(register)) {
      const isId = groupOf(register) === GROUP.identification;
      if (isId && f.host.model.idst) return toEl1(f, register, idTrap);
      reportBeforeTrap(f, register, "the access is UNDEFINED at EL0");
      return ACCESS.undef;
    }
    const traps = f.host.model.tdccTraps &&
      (f.w[f.cpu + CPU.mdscr] & MDSCR_TDCC) !== 0;
    if (traps) return toEl1(f, register, channelTrap);
  }
  const because = trappedBy(f, register, write);
  reportNoTrap(f, register, because);
  if (because !== undefined) {
    takeToEl2(f, EC.systemRegister, accessIss(register, write));
    if (f.sink !== null) reportTrap(f, register, write, because);
    return ACCESS.trap;
  }
  if (write) {
    f.lo = insn.lo;
    f.hi = insn.hi;
    writePhysical(f, register);
  } else {
    readPhysical(f, register);
  }
  return ACCESS.done;
}
