/**
 * Comparisons as `why not` reads them: each condition that a match can return, with its register, value and rule.
 *
 * @module
 */
import { type Condition, type CpuComparison, fact } from "../../comparison.ts";
import type { RuleId, Space } from "../../events.ts";
import { type Layout, rowMask } from "../../layout.ts";
import { get64, MAX64 } from "../../word64.ts";
import { CPU, VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { registerPlace } from "../moves.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";
import { DBGWCR } from "../registers/dbgwcr.ts";
import { KIND, type Kind, numberedId, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { VMID } from "./context.ts";
import { exceptionLevel } from "./exception_level.ts";
import { linkedNumber } from "./linking.ts";
import { UNMET, type Unmet } from "./unmet.ts";
import { type DataAccess, DIRECTION } from "./watchpoint_exception.ts";

/** A comparison as the matching code knows it. */
interface Compared {
  readonly unit: "breakpoint" | "watchpoint";
  readonly number: number;
  readonly isThere: boolean;
  readonly unmet: Unmet;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** A condition on a field of a register. */
interface OnRegister {
  readonly register: number;
  readonly field?: string;
  readonly needed: string;
  readonly rule: RuleId;
}

/** Where the value of a register is that the CPU looks at. */
function valueAt(f: Arm64Frame, register: number): bigint {
  switch (register) {
    case REG.MDSCR_EL1:
      return get64(f.w, f.cpu + CPU.mdscr);
    case REG.OSDLR_EL1:
      return get64(f.w, f.cpu + CPU.osdlr);
    case REG.MDCR_EL2:
      return get64(f.w, f.cpu + CPU.mdcr);
    case REG.PSTATE:
      return BigInt(f.w[f.vcpu + VCPU.pstate] >>> 0);
    case REG.OSLSR_EL1:
      // Asked only of a lock that is set.
      return 2n;
    default:
      return get64(f.w, f.cpu + CPU.hw + 2 * register);
  }
}

/** A condition on a register of the CPU. PSTATE is the vCPU's own. */
export function conditionOn(
  f: Arm64Frame,
  { register, field, needed, rule }: OnRegister,
): Condition {
  const { layout } = ARM64_REGISTERS.byId(register);
  const space: Space = register === REG.PSTATE ? "guest" : "cpu";
  const value = valueAt(f, register);
  return {
    place: registerPlace(f, space, register),
    field,
    ...part(layout, field, value),
    needed,
    rule,
  };
}

/** A field's bits and its part of a value; all of it without a field. */
export function part(
  layout: Layout,
  field: string | undefined,
  value: bigint,
): { readonly bits: bigint; readonly value: bigint } {
  const row = layout.fields.find(({ name }) => name === field);
  return row === undefined
    ? { bits: MAX64, value }
    : { bits: rowMask(row), value: layout.get(value, row.name) };
}

/** What keeps debug exceptions as a whole from being taken. */
function generalCondition(f: Arm64Frame, unmet: Unmet): Condition | undefined {
  switch (unmet) {
    case UNMET.monitorEnable:
      return conditionOn(f, {
        register: REG.MDSCR_EL1,
        field: "MDE",
        needed: "1",
        rule: "arm64:A/2",
      });
    case UNMET.osLock:
      return conditionOn(f, {
        register: REG.OSLSR_EL1,
        field: "OSLK",
        needed: "0",
        rule: "arm64:A/7.1",
      });
    case UNMET.doubleLock:
      return conditionOn(f, {
        register: REG.OSDLR_EL1,
        field: "DLK",
        needed: "0",
        rule: "arm64:A/7.1",
      });
    case UNMET.kernelEnable:
      return conditionOn(f, {
        register: REG.MDSCR_EL1,
        field: "KDE",
        needed: "1 for a debug exception that EL1 takes from EL1",
        rule: "arm64:A/7.4",
      });
    case UNMET.masked:
      return conditionOn(f, {
        register: REG.PSTATE,
        field: "D",
        needed: "0 for a debug exception that EL1 takes from EL1",
        rule: "arm64:A/7.4",
      });
    case UNMET.debugged:
      return fact(
        "userspace debugs the guest, and takes every debug exception",
        "arm64:B3",
      );
    case UNMET.stepEnable:
      return conditionOn(f, {
        register: REG.MDSCR_EL1,
        field: "SS",
        needed: "1",
        rule: "arm64:A/13",
      });
    default:
      return undefined;
  }
}

/** What a context comparison compares with. */
function contextText(f: Arm64Frame, type: number): string {
  const el1 = `CONTEXTIDR_EL1, ${
    hex(BigInt(f.w[f.cpu + CPU.contextidr] >>> 0))
  }`;
  const el2 = `CONTEXTIDR_EL2, ${
    hex(BigInt(f.w[f.cpu + CPU.contextidrEl2] >>> 0))
  }`;
  const vmid = `the VMID, ${hex(BigInt(VMID))}`;
  switch (type >>> 1) {
    case 0b100:
      return vmid;
    case 0b101:
      return `${el1}, and ${vmid}`;
    case 0b110:
      return el2;
    case 0b111:
      return `${el1}, and ${el2}`;
    default:
      return el1;
  }
}

/** What keeps the target of a link from matching. */
function linkCondition(
  f: Arm64Frame,
  control: number,
  { unmet, unit, number }: Compared,
): Condition {
  const lbn = linkedNumber(control);
  const target = numberedId(KIND.bcr, lbn);
  switch (unmet) {
    case UNMET.linkEnable:
      return conditionOn(f, {
        register: target,
        field: "E",
        needed: "1: it is linked to",
        rule: "arm64:A/12.3",
      });
    case UNMET.linkType:
      return conditionOn(f, {
        register: target,
        field: "BT",
        needed: "a linked context type: it is linked to",
        rule: "arm64:A/12.3",
      });
    case UNMET.linkContext: {
      const layout = DBGBCR;
      const type = Number(layout.get(valueAt(f, target), "BT"));
      return conditionOn(f, {
        register: numberedId(KIND.bvr, lbn),
        needed: `${contextText(f, type)}: it is linked to`,
        rule: "arm64:A/12.1",
      });
    }
    default:
      return conditionOn(f, {
        register: numberedId(
          unit === "breakpoint" ? KIND.bcr : KIND.wcr,
          number,
        ),
        field: "LBN",
        needed: "the number of a context-aware breakpoint",
        rule: "arm64:A/12.2",
      });
  }
}

/** Words that differ between breakpoints and watchpoints. */
interface Kinds {
  readonly control: number;
  readonly value: number;
  readonly filter: "PMC" | "PAC";
  readonly enableRule: RuleId;
  readonly addressRule: RuleId;
}

function kindsOf(unit: Compared["unit"], number: number): Kinds {
  const of = (kind: Kind) => numberedId(kind, number);
  return unit === "breakpoint"
    ? {
      control: of(KIND.bcr),
      value: of(KIND.bvr),
      filter: "PMC",
      enableRule: "arm64:A/9.2",
      addressRule: "arm64:A/9.5",
    }
    : {
      control: of(KIND.wcr),
      value: of(KIND.wvr),
      filter: "PAC",
      enableRule: "arm64:A/9.w1",
      addressRule: "arm64:A/9.w2",
    };
}

/** `0x1000`, `0x1000 to 0x1007`. */
function bytesText(address: bigint, sizeBytes: number): string {
  return sizeBytes <= 1
    ? hex(address)
    : `${hex(address)} to ${hex(address + BigInt(sizeBytes) - 1n)}`;
}

const DIRECTION_TEXT = new Map<number, string>([
  [DIRECTION.read, "`load` or `both`"],
  [DIRECTION.write, "`store` or `both`"],
  [DIRECTION.read | DIRECTION.write, "`load`, `store` or `both`"],
]);

/** What keeps one breakpoint or watchpoint from matching. */
function ownCondition(
  f: Arm64Frame,
  compared: Compared,
  address: bigint,
  sizeBytes: number,
  access: number,
): Condition | undefined {
  const { unit, number, unmet } = compared;
  const kinds = kindsOf(unit, number);
  const { control: register, value, addressRule } = kinds;
  const word = f.w[f.cpu + CPU.hw + 2 * register];
  const type = Number(DBGBCR.get(BigInt(word >>> 0), "BT"));
  const on = (field: string, needed: string, rule: RuleId): Condition =>
    conditionOn(f, { register, field, needed, rule });
  const onValue = (needed: string, rule: RuleId): Condition =>
    conditionOn(f, { register: value, needed, rule });
  const accessed = unit === "breakpoint"
    ? `the instruction's address, ${hex(address)}`
    : `the address of what is accessed, ${bytesText(address, sizeBytes)}`;
  switch (unmet) {
    case UNMET.none:
      return undefined;
    case UNMET.enable:
      return on("E", "1", kinds.enableRule);
    case UNMET.reservedType:
      return on("BT", "a type that AArch64 has", "arm64:A/9.3");
    case UNMET.contextAware:
      return on(
        "BT",
        "an address type: the breakpoint is not context-aware",
        "arm64:A/9.3",
      );
    case UNMET.linkedContext:
      return (type & 1) !== 0
        ? on(
          "BT",
          "an unlinked type: a linked context type fires only through a link",
          "arm64:A/9.4",
        )
        : on(
          "BT",
          `an address type: the CPU \`model=${f.host.model.name}\` fires no breakpoint of this type`,
          "arm64:A/9.6",
        );
    case UNMET.direction:
      return on("LSC", DIRECTION_TEXT.get(access) ?? "set", "arm64:A/9.w1");
    case UNMET.address:
      return onValue(accessed, addressRule);
    case UNMET.signExtension:
      return onValue(
        `${accessed}, with the bits above VA[48] a copy of it`,
        "arm64:A/5.1",
      );
    case UNMET.byteSelect:
      return unit === "breakpoint"
        ? on("BAS", "0xf, or a value with bit 0 set", addressRule)
        : on(
          "BAS",
          `a value with the bit of a byte of the access, ${
            bytesText(address, sizeBytes)
          }`,
          addressRule,
        );
    case UNMET.reservedMask:
      return on("MASK", "0, or at least 3", "arm64:A/4");
    case UNMET.context:
      return onValue(contextText(f, type), "arm64:A/11");
    case UNMET.reservedFilter:
      return on(
        kinds.filter,
        `a value that is allocated with ${filterText(word, kinds.filter)}`,
        "arm64:A/10",
      );
    case UNMET.level:
      return levelCondition(f, word, kinds);
    default:
      return linkCondition(f, word, compared);
  }
}

/** `HMC=0 SSC=0b00`. */
function filterText(word: number, filter: "PMC" | "PAC"): string {
  const layout: Layout = filter === "PMC" ? DBGBCR : DBGWCR;
  const value = BigInt(word >>> 0);
  const ssc = layout.get(value, "SSC").toString(2).padStart(2, "0");
  return `HMC=${layout.get(value, "HMC")} SSC=0b${ssc}`;
}

/** The filter leaves out the level, or the Non-secure state. */
function levelCondition(
  f: Arm64Frame,
  word: number,
  { control: register, filter }: Kinds,
): Condition {
  const layout: Layout = filter === "PMC" ? DBGBCR : DBGWCR;
  const ssc = layout.get(BigInt(word >>> 0), "SSC");
  const hmc = layout.get(BigInt(word >>> 0), "HMC");
  const rule = "arm64:A/10";
  if (ssc === 0b10n || (ssc === 0b11n && hmc === 0n)) {
    const needed = "0b00 or 0b01: the guest is in the Non-secure state";
    return conditionOn(f, { register, field: "SSC", needed, rule });
  }
  const level = exceptionLevel(f);
  return conditionOn(f, {
    register,
    field: filter,
    needed: `\`el${level}\` or \`both\`: the CPU is at EL${level}`,
    rule,
  });
}

/** A comparison of a breakpoint or watchpoint, for a sink that takes them. */
export function reportCompared(
  f: Arm64Frame,
  compared: Compared & {
    /** Index of the address. */
    readonly at: number;
    readonly sizeBytes: number;
    readonly access: number;
  },
): void {
  const address = get64(f.w, compared.at);
  send(f, compared, address, compared.sizeBytes, compared.access);
}

/** The same of a data access. */
export function reportAccessCompared(
  f: Arm64Frame,
  { lo, hi, sizeBytes }: DataAccess,
  access: number,
  compared: Omit<Compared, "unit">,
): void {
  const address = BigInt(hi >>> 0) << 32n | BigInt(lo >>> 0);
  send(f, { ...compared, unit: "watchpoint" }, address, sizeBytes, access);
}

function send(
  f: Arm64Frame,
  compared: Compared,
  address: bigint,
  sizeBytes: number,
  access: number,
): void {
  const { unit, number, isThere, unmet } = compared;
  const general = generalCondition(f, unmet);
  f.sink?.compared?.({
    unit,
    number,
    address,
    sizeBytes,
    access,
    isThere,
    register: undefined,
    unmet: general ?? ownCondition(f, compared, address, sizeBytes, access),
    isGeneral: general !== undefined,
  });
}

/** Reports how the state of software step came out, before an instruction. */
export function reportStepCompared(f: Arm64Frame, unmet: Unmet): void {
  f.sink?.compared?.({
    unit: "step",
    ...atPc(f),
    isThere: true,
    register: undefined,
    unmet: generalCondition(f, unmet),
  });
}

/** An access to a register that did not trap, or, without a condition, one that did. */
export function reportTrapCompared(
  f: Arm64Frame,
  register: number,
  unmet: Condition | undefined,
): void {
  f.sink?.compared?.({
    unit: "trap",
    ...atPc(f),
    isThere: true,
    register: ARM64_REGISTERS.byId(register).name,
    unmet,
  });
}

function atPc(
  f: Arm64Frame,
): Pick<CpuComparison, "number" | "address" | "sizeBytes" | "access"> {
  return {
    number: -1,
    address: get64(f.w, f.vcpu + VCPU.pc),
    sizeBytes: 4,
    access: 0,
  };
}
