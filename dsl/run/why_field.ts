/**
 * `why exit FIELD` and `why exception FIELD`: where a field of an exit or an exception came from.
 *
 * @module
 */
import {
  type ExceptionEvent,
  type Place,
  rowMask,
  type UserExitEvent,
} from "../../engine/mod.ts";
import type { FieldAsked } from "../action_parts.ts";
import { hex } from "../notation.ts";
import type { Happening } from "../syntax/nodes.ts";
import { fieldText as valueText } from "../values.ts";
import type { Session } from "./session.ts";
import type { Chain } from "./why_chain.ts";
import { ALL_BITS, statusGiven } from "./why_record.ts";

/** What is said of a field. */
interface FieldAnswer {
  readonly text: string;
  readonly isThere: boolean;
}

/** `dr6.B0` */
export function fieldText({ name, part }: FieldAsked): string {
  return part === undefined ? name : `${name}.${part}`;
}

/** Follows a field of the last exit to userspace, or of the last exception. */
export function explainField(
  session: Session,
  chain: Chain,
  what: Happening,
  field: FieldAsked,
): FieldAnswer {
  const kind = what === "exit" ? "user-exit" : "exception";
  const at = chain.find(0, (event) => event.kind === kind);
  if (at < 0) {
    const text = what === "exit"
      ? "KVM_RUN has not returned to userspace with an exit"
      : "the guest took no exception";
    return { text, isThere: false };
  }
  const event = chain.event(at) as UserExitEvent | ExceptionEvent;
  const value = event.values[field.name];
  if (value === undefined) {
    const which = event.kind === "user-exit" ? event.exit : event.exception;
    return { text: `\`${which}\` has no such field`, isThere: false };
  }
  const { text, bits } = partOf(session, field, value);
  if (event.kind === "exception") {
    followException(chain, event, at, field, value & bits);
    return { text, isThere: true };
  }
  if (!event.left?.includes(field.name)) {
    followExit(chain, event, at, field, bits, value & bits);
    return { text, isThere: true };
  }
  // The exit did not fill it: it is of the last one that did.
  chain.add(at);
  const filled = chain.find(
    at + 1,
    (older) =>
      older.kind === "user-exit" && older.vcpu === event.vcpu &&
      older.values[field.name] !== undefined &&
      !older.left?.includes(field.name),
  );
  if (filled < 0) {
    return {
      text: `${text}: no exit has filled it yet`,
      isThere: true,
    };
  }
  const older = chain.event(filled) as UserExitEvent;
  followExit(chain, older, filled, field, bits, value & bits);
  return { text: `${text}: an earlier exit left it`, isThere: true };
}

/** The bits that are asked about, and the value as text. */
function partOf(
  { arch }: Session,
  { name, part }: FieldAsked,
  value: bigint,
): { readonly text: string; readonly bits: bigint } {
  const layout = part === undefined
    ? undefined
    : arch.registers.find(name)?.layout;
  const field = layout?.fields.find((one) => one.name === part);
  if (layout === undefined || field === undefined) {
    return { text: hex(value), bits: ALL_BITS };
  }
  return {
    text: valueText(layout.get(value, field.name), field),
    bits: rowMask(field),
  };
}

/** Bits of DR6 that count; all where the field is another register. */
function statusOf({ name }: FieldAsked, value: bigint): bigint {
  return name === "dr6" ? value : ALL_BITS;
}

/** Bits of DR6 that the hits and other roots in a chain give. */
function statusIn(chain: Chain): bigint {
  let bits = 0n;
  for (const at of chain.places()) {
    const event = chain.event(at);
    const isRoot = event.kind === "hit" || event.kind === "raise";
    if (isRoot) bits |= statusGiven(event);
  }
  return bits;
}

function follow(
  chain: Chain,
  from: Readonly<Record<string, Place>> | undefined,
  at: number,
  { name }: FieldAsked,
  bits: bigint,
): void {
  const place = from?.[name];
  if (place !== undefined) chain.follow(place, at + 1, bits);
}

function followExit(
  chain: Chain,
  { vcpu, from }: UserExitEvent,
  at: number,
  field: FieldAsked,
  bits: bigint,
  value: bigint,
): void {
  chain.left(at, vcpu, statusOf(field, value));
  follow(chain, from, at, field, bits);
  chain.debugged(at, vcpu);
}

function followException(
  chain: Chain,
  { vcpu, exception, from, values }: ExceptionEvent,
  at: number,
  field: FieldAsked,
  value: bigint,
): void {
  chain.add(at);
  chain.causes(at + 1, vcpu, exception, {
    status: statusOf(field, value),
    rip: values.rip,
  });
  if (field.name !== "dr6") {
    follow(chain, from, at, field, ALL_BITS);
  } else if (field.part !== undefined) {
    // A bit that an older #DB or a write has left in DR6.
    follow(chain, from, at, field, value & ~statusIn(chain));
  }
  chain.debugged(at, vcpu);
}
