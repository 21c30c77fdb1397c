/**
 * Whether anything of a model could break a property, by what its search has tried.
 *
 * @module
 */
import {
  accesses,
  addressOf,
  flat,
  type Insn,
  writesRegister,
} from "../program.ts";
import { join64, lowWord } from "../word64.ts";
import { type Coverage, TRIED, WHOLE } from "./coverage.ts";
import type { Model } from "./model.ts";
import type { Need } from "./properties.ts";

/** Bits of an address within what a breakpoint or watchpoint covers, unless it is a wide one. */
const GRANULE = 7n;

/** The breakpoints that all actors have set. */
interface Breakpoints {
  readonly addresses: readonly bigint[];
  readonly isEnabled: boolean;
  /** One covers more than the bytes at its address, or compares something else. */
  readonly isWide: boolean;
}

/** What guests, userspaces and the host set, of what was done. */
function breakpointsOf(
  { monitor }: Pick<Model, "monitor">,
  { actions }: Coverage,
): Breakpoints {
  const { breakpoints } = monitor;
  const addresses: bigint[] = [];
  let isEnabled = false;
  let isWide = false;
  const write = (register: number, value: bigint): void => {
    if (monitor.isAddress(register)) addresses.push(value);
    else if (breakpoints.slotsOf(register, lowWord(value)) !== 0) {
      isEnabled = true;
      isWide ||= breakpoints.isWide(register, lowWord(value));
    }
  };
  const request = (address: bigint): void => {
    isEnabled = true;
    addresses.push(address);
  };
  for (const { action, numbers } of actions) {
    if (numbers[TRIED.done] === 0) continue;
    if ("op" in action) {
      const { register, lo, hi } = action;
      if (writesRegister(action)) write(register, join64(lo, hi));
    } else if ("address" in action) request(action.address);
    else if ("value" in action) write(action.register, action.value);
    else if ("request" in action) {
      if ("address" in action.request) request(action.request.address);
      if ("registers" in action.request) {
        for (const { register, value } of action.request.registers) {
          write(register, value);
        }
      }
    }
  }
  return { addresses, isEnabled, isWide };
}

/** An instruction is at an address of a breakpoint, or accesses it, to the double word. */
function isNear(insn: Insn, address: bigint): boolean {
  const from = address & ~GRANULE;
  const to = address | GRANULE;
  const isAt = (at: bigint) => at >= from && at <= to;
  // What 32-bit code is at depends on the base of its segment.
  return flat(insn).some((one) => one.code32 || isAt(addressOf(one))) ||
    accesses(insn, from, to);
}

function hasAddress(
  model: Pick<Model, "monitor">,
  coverage: Coverage,
): boolean {
  const { addresses, isEnabled, isWide } = breakpointsOf(model, coverage);
  if (!isEnabled) return false;
  return isWide ||
    coverage.actions.some(({ action, numbers }) =>
      "op" in action && numbers[TRIED.begun] > 0 &&
      addresses.some((address) => isNear(action, address))
    );
}

/** Instructions at which a guest reads nothing of its debug state, and takes no exception unless a breakpoint hits. */
const QUIET: ReadonlySet<Insn["op"]> = new Set<Insn["op"]>([
  "exec",
  "isb",
  "load",
  "store",
  "rmw",
  "in",
  "out",
  "cpuid",
  "xbegin",
]);

/** A guest has come to something at which it could tell a difference, or userspace has changed what it has. */
function isTelling({ actions, whole }: Coverage): boolean {
  if (whole[WHOLE.read] > 0 || whole[WHOLE.stepped] > 0) return true;
  return actions.some(({ action, numbers }) => {
    if (numbers[TRIED.begun] === 0) return false;
    if ("op" in action) return !QUIET.has(action.op);
    // The host, and userspace that debugs, change what a guest has by what they arm alone.
    if (!("kind" in action) || action.kind === "get") return false;
    return !("request" in action) ||
      action.kind === "guest-debug" && action.request.inject !== undefined;
  });
}

/**
 * Whether the search has come to what a property needs to be broken.
 *
 * @param isFresh nothing was set before the search began
 */
export function isMet(
  need: Need,
  model: Pick<Model, "monitor">,
  coverage: Coverage,
  isFresh: boolean,
): boolean {
  const { whole, actions } = coverage;
  switch (need) {
    case "own-match":
      return whole[WHOLE.ownMatch] > 0;
    case "address":
      return !isFresh || hasAddress(model, coverage);
    case "read":
      return whole[WHOLE.read] > 0;
    case "host-breakpoint":
      return whole[WHOLE.hostHeld] > 0;
    case "guest":
      return whole[WHOLE.guest] > 0;
    case "telling":
      return !isFresh || whole[WHOLE.guest] > 0 &&
          (isTelling(coverage) || hasAddress(model, coverage));
    case "debugged":
      return whole[WHOLE.debugged] > 0;
    case "stepped":
      return whole[WHOLE.stepped] > 0;
    case "own-step":
      return whole[WHOLE.ownStep] > 0;
    case "carried":
      return whole[WHOLE.carried] > 0;
    case "external":
      return actions.some(({ action, numbers }) =>
        "op" in action && numbers[TRIED.begun] > 0 &&
        model.monitor.lockstep.allowsStray(action, "undef") !== undefined
      );
    default:
      return need satisfies never;
  }
}
