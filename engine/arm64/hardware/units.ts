/**
 * Breakpoints and watchpoints as questions and answers about them name them.
 *
 * @module
 */
import { type Condition, fact } from "../../comparison.ts";
import { KIND, type Kind } from "../registers/ids.ts";

/** The kinds of register of a unit. */
export function unitRegisters(unit: "breakpoint" | "watchpoint"): {
  readonly control: Kind;
  readonly value: Kind;
} {
  return unit === "breakpoint"
    ? { control: KIND.bcr, value: KIND.bvr }
    : { control: KIND.wcr, value: KIND.wvr };
}

/** A number that is not implemented. Rule arm64:A/1. */
export function noSuchNumber(
  subject: string,
  whose: "the guest" | "the machine",
  count: number,
): Condition {
  return fact(
    `${whose} has ${count} ${subject}s, numbered from 0`,
    "arm64:A/1",
  );
}
