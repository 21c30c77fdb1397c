/**
 * What a hit, or another reason for an exception, depended on: the registers and bits without which it would not have
 * been.
 *
 * @module
 */
import type { ExceptionKind, Part, RuleId } from "../../events.ts";
import { CPU_BASE, VCPU_BASE } from "../../rules.ts";
import { get64, MAX64 } from "../../word64.ts";
import { CPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import { registerPlace } from "../moves.ts";
import { DBGBCR } from "../registers/dbgbcr.ts";
import { DBGWCR } from "../registers/dbgwcr.ts";
import { KIND, type Kind, numberedId, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import {
  MDSCR_KDE,
  MDSCR_MDE,
  PSTATE_D,
  routesToEl2,
} from "./debug_exceptions.ts";
import { exceptionLevel } from "./exception_level.ts";
import { linkedNumber } from "./linking.ts";
import { bankAt } from "./register_file.ts";

const BT = DBGBCR.word("BT");
const WT = DBGWCR.word("WT");

function physical(f: Arm64Frame, register: number, bits = MAX64): Part {
  return { place: registerPlace(f, "cpu", register), bits };
}

/** What makes debug exceptions possible here: enables of MDSCR_EL1, the route, PSTATE.D. */
function enables(f: Arm64Frame, enable: number): Part[] {
  if (routesToEl2(f)) {
    return [physical(f, REG.MDSCR_EL1, BigInt(enable))];
  }
  if (exceptionLevel(f) === 0) {
    return [physical(f, REG.MDSCR_EL1, BigInt(enable))];
  }
  return [
    physical(f, REG.MDSCR_EL1, BigInt(enable | MDSCR_KDE)),
    {
      place: registerPlace(f, "guest", REG.PSTATE),
      bits: BigInt(PSTATE_D),
    },
  ];
}

/** The breakpoint that is linked to, and the context. */
function link(f: Arm64Frame, control: number): Part[] {
  const lbn = linkedNumber(control);
  return [
    physical(f, numberedId(KIND.bcr, lbn)),
    physical(f, numberedId(KIND.bvr, lbn)),
    physical(f, REG.CONTEXTIDR_EL1),
  ];
}

function report(
  f: Arm64Frame,
  control: Kind,
  value: Kind,
  number: number,
  more: readonly Part[],
): void {
  const register = numberedId(control, number);
  const { name } = ARM64_REGISTERS.byId(register);
  f.sink?.push({
    kind: "hit",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    cpu: f.w[f.cpu + CPU_BASE.index],
    what: name,
    register: name,
    owner: f.ownerOf(f),
    pc: get64(f.w, f.vcpu + VCPU_BASE.pc),
    needed: [
      physical(f, numberedId(value, number)),
      physical(f, register),
      ...enables(f, MDSCR_MDE),
      ...more,
    ],
    rule: "arm64:A/9",
  });
}

/** A physical breakpoint fired. */
export function reportBreakpointHit(f: Arm64Frame, number: number): void {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.bcr, number)];
  const type = control >>> BT.shift & BT.mask;
  const more = type === 1
    ? link(f, control)
    : type > 1
    ? [physical(f, REG.CONTEXTIDR_EL1)]
    : [];
  report(f, KIND.bcr, KIND.bvr, number, more);
}

/** A physical watchpoint fired. */
export function reportWatchpointHit(f: Arm64Frame, number: number): void {
  const control = f.w[bankAt(f.cpu + CPU.hw, KIND.wcr, number)];
  const isLinked = (control >>> WT.shift & WT.mask) !== 0;
  report(f, KIND.wcr, KIND.wvr, number, isLinked ? link(f, control) : []);
}

/** Something other than a breakpoint raises an exception. */
export function reportRaise(
  f: Arm64Frame,
  exception: ExceptionKind,
  what: string,
  rule: RuleId,
  enable = 0,
  more: readonly Part[] = [],
): void {
  if (f.sink === null) return;
  f.sink.push({
    kind: "raise",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    exception,
    what,
    pc: get64(f.w, f.vcpu + VCPU_BASE.pc),
    needed: enable === 0 ? [] : [...enables(f, enable), ...more],
    rule,
  });
}
