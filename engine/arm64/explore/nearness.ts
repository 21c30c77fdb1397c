/**
 * How near an instruction comes to match one of the guest's own breakpoints or watchpoints, and what keeps it from
 * that: for warnings about a search, which name the register.
 *
 * @module
 */
import { type Obstacle, THERE } from "../../explore/breakpoints.ts";
import type { Insn } from "../../program.ts";
import type { Arm64Frame } from "../frame.ts";
import { breakpointUnmet, namesPc } from "../hardware/breakpoints.ts";
import { directionOf } from "../hardware/data_access.ts";
import {
  breakpointsUnmet,
  MDSCR_KDE,
  MDSCR_MDE,
  PSTATE_D,
} from "../hardware/debug_exceptions.ts";
import { linkedNumber } from "../hardware/linking.ts";
import { listedUnmet } from "../hardware/listed_watchpoints.ts";
import { UNMET, type Unmet } from "../hardware/unmet.ts";
import { watches, watchpointMatches } from "../hardware/watchpoints.ts";
import { KIND, numberedId, REG } from "../registers/ids.ts";
import { ARM64_REGISTERS } from "../registers/table.ts";
import { guestFrame } from "./guest_frame.ts";
import { WATCHPOINTS } from "./own_registers.ts";

/** E of a control register, and the lock of OSLAR_EL1 and OSDLR_EL1. */
const LOWEST = 1;

/** A watchpoint of the frame's CPU fires by itself, as that CPU compares. */
export function watchpointFires(
  f: Arm64Frame,
  number: number,
  insn: Insn,
  direction: number,
): boolean {
  return f.host.model.watchpointUnit === "listed"
    ? listedUnmet(f, number, insn, direction).unmet === UNMET.none
    : watchpointMatches(f, number, insn, direction) >= 0;
}

/** What keeps it from that, and whether the access touches what it watches. */
function watchpointUnmet(
  f: Arm64Frame,
  number: number,
  insn: Insn,
  direction: number,
): { readonly unmet: Unmet; readonly isThere: boolean } {
  if (f.host.model.watchpointUnit === "listed") {
    return listedUnmet(f, number, insn, direction);
  }
  const fires = watchpointMatches(f, number, insn, direction);
  return {
    // Below 0 it is the condition that is not met, negated.
    unmet: Math.max(UNMET.none, -fires) as Unmet,
    isThere: watches(f, number, insn),
  };
}

/** What keeps one breakpoint or watchpoint of the frame's CPU from firing. */
function unmetOf(
  f: Arm64Frame,
  insn: Insn,
  slot: number,
): { readonly unmet: Unmet; readonly isThere: boolean } {
  if (slot < WATCHPOINTS) {
    return { unmet: breakpointUnmet(f, slot), isThere: namesPc(f, slot) };
  }
  const direction = directionOf(f, insn);
  return direction === 0
    ? { unmet: UNMET.none, isThere: false }
    : watchpointUnmet(f, slot - WATCHPOINTS, insn, direction);
}

/** How near an instruction comes, as `Breakpoints.nearness` has it. */
export function nearness(
  f: Arm64Frame,
  at: number,
  insn: Insn,
  slot: number,
): number {
  const guest = guestFrame(f, at, insn);
  const { brps, wrps } = guest.host;
  if (slot < WATCHPOINTS ? slot >= brps : slot - WATCHPOINTS >= wrps) return 0;
  const { unmet, isThere } = unmetOf(guest, insn, slot);
  // A linked context type fires through a link alone: what keeps all others from firing is no cause of its own.
  if (!isThere || unmet === UNMET.linkedContext) return unmet;
  const general = breakpointsUnmet(guest);
  const nearest = general === UNMET.none ? unmet : general;
  return nearest === UNMET.none ? 0 : THERE + nearest;
}

const name = (register: number): string => ARM64_REGISTERS.byId(register).name;

/** A field of one bit that is 0 or 1. */
function bit(
  register: number,
  field: string,
  mask: number,
  is: 0 | 1,
  needed: string,
  writer = register,
): Obstacle {
  return {
    registers: [writer],
    what: `${name(register)}.${field} is ${is}`,
    needed,
    bits: { mask, value: is === 0 ? 0 : mask },
  };
}

/** Something else of registers. */
function of(
  registers: readonly number[],
  what: string,
  needed?: string,
): Obstacle {
  return { registers, what, needed };
}

const FROM_EL1 = "for a debug exception that EL1 takes from EL1";

/** The condition of a nearness, as `Breakpoints.obstacle` has it. */
export function obstacle(
  nearness: number,
  slot: number,
  control: number,
): Obstacle {
  const isWatch = slot >= WATCHPOINTS;
  const number = isWatch ? slot - WATCHPOINTS : slot;
  const own = numberedId(isWatch ? KIND.wcr : KIND.bcr, number);
  const value = numberedId(isWatch ? KIND.wvr : KIND.bvr, number);
  const target = linkedNumber(control);
  const linked = numberedId(KIND.bcr, target);
  const filter = isWatch ? "PAC" : "PMC";
  const compared = isWatch ? "the access" : "the instruction";
  const unmet = nearness % THERE as Unmet;
  switch (unmet) {
    case UNMET.none:
      return of([], "no instruction is executed while it is set so");
    case UNMET.monitorEnable:
      return bit(REG.MDSCR_EL1, "MDE", MDSCR_MDE, 0, "1");
    case UNMET.osLock:
      return bit(REG.OSLSR_EL1, "OSLK", LOWEST, 1, "0", REG.OSLAR_EL1);
    case UNMET.doubleLock:
      return bit(REG.OSDLR_EL1, "DLK", LOWEST, 1, "0");
    case UNMET.kernelEnable:
      return bit(REG.MDSCR_EL1, "KDE", MDSCR_KDE, 0, `1 ${FROM_EL1}`);
    case UNMET.masked:
      return bit(REG.PSTATE, "D", PSTATE_D, 1, `0 ${FROM_EL1}`);
    case UNMET.stepEnable:
      return of([REG.MDSCR_EL1], `${name(REG.MDSCR_EL1)}.SS is 0`);
    case UNMET.enable:
      return bit(own, "E", LOWEST, 0, "1");
    case UNMET.reservedType:
      return of([own], `${name(own)}.BT is reserved in AArch64`);
    case UNMET.contextAware:
      return of(
        [own],
        `${
          name(own)
        }.BT compares a context, and breakpoint ${number} is not context-aware`,
      );
    case UNMET.linkedContext:
      return {
        registers: [own],
        what: `${
          name(own)
        }.BT is a linked context type, which fires only through a link`,
        isLinked: true,
      };
    case UNMET.direction:
      return of([own], `${name(own)}.LSC does not select the access`);
    case UNMET.address:
      return of(
        [value],
        isWatch
          ? `no access is near the address in ${name(value)}`
          : `no instruction is at the address in ${name(value)}`,
      );
    case UNMET.signExtension:
      return of(
        [value],
        `${name(value)} has bits above VA[48] that are not its sign extension`,
      );
    case UNMET.byteSelect:
      return of([own], `${name(own)}.BAS selects no byte of ${compared}`);
    case UNMET.reservedMask:
      return of([own], `${name(own)}.MASK is reserved`, "0, or at least 3");
    case UNMET.context:
      return of(
        [value, REG.CONTEXTIDR_EL1],
        `${name(value)} is not the context, such as CONTEXTIDR_EL1`,
      );
    case UNMET.reservedFilter:
      return of(
        [own],
        `HMC, SSC and ${filter} of ${
          name(own)
        } are a combination that is not allocated`,
      );
    case UNMET.level:
      return of(
        [own],
        `HMC, SSC and ${filter} of ${
          name(own)
        } leave out the level of ${compared}`,
      );
    case UNMET.linkMissing:
      return of(
        [own],
        `${name(own)}.LBN names no context-aware breakpoint`,
      );
    case UNMET.linkEnable:
      return bit(linked, "E", LOWEST, 0, "1: it is linked to");
    case UNMET.linkType:
      return of(
        [linked],
        `${name(linked)}.BT, to which it links, is no linked context type`,
      );
    case UNMET.linkContext: {
      const context = numberedId(KIND.bvr, target);
      return of(
        [context, REG.CONTEXTIDR_EL1],
        `${
          name(context)
        }, to which it links, is not the context, such as CONTEXTIDR_EL1`,
      );
    }
    case UNMET.debugged:
      return of(
        [],
        "userspace debugs the guest, and takes every debug exception",
      );
    default:
      return unmet satisfies never;
  }
}
