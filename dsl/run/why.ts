/**
 * `why`: the chain of events that led to a value, or to something that happened.
 *
 * @module
 */
import { type Event, rowMask } from "../../engine/mod.ts";
import type { FieldAsked, Seen } from "../action_parts.ts";
import type { Output } from "../result.ts";
import { fieldSeen, subjectOf } from "../seen.ts";
import type { Span } from "../source.ts";
import type { Happening } from "../syntax/nodes.ts";
import { fieldText, viewText } from "../values.ts";
import type { Session } from "./session.ts";
import { viewed } from "./viewed.ts";
import { bareRecord, divergenceText } from "./why_bare.ts";
import { Chain } from "./why_chain.ts";
import { ALL_BITS, type Recorded } from "./why_record.ts";
import { explainField, fieldText as askedText } from "./why_field.ts";

/**
 * The events that led to a value.
 *
 * @param record of what has happened, for who asks about many values at one moment
 */
export function chainTo(
  session: Session,
  seen: Seen,
  record?: readonly Recorded[],
): Chain {
  const { arch, machine } = session;
  const { view, index, register, kvmName } = seen;
  const field = fieldSeen(arch, seen);
  const bits = field ? rowMask(field.field) : ALL_BITS;
  if (view === "bare") {
    const { name } = arch.registers.byId(register!);
    const chain = new Chain(session, bareRecord(session, index));
    chain.follow({ space: "bare", index, name }, 0, bits);
    return chain;
  }
  const at = view === "kvm"
    ? machine.kvmPlace(index, kvmName!)
    : machine.placeOf(view, index, register!);
  const chain = new Chain(session, record);
  if (at !== undefined) chain.follow(at, 0, bits);
  return chain;
}

/** Explains a value. */
export function explainValue(
  session: Session,
  seen: Seen,
  span: Span,
): Output {
  const { view, index, register } = seen;
  const field = fieldSeen(session.arch, seen);
  const subject = subjectOf(session.arch, seen);
  const value = viewed(session, seen);
  let shown = viewText(value);
  if (field && value.kind === "value") {
    const part = field.layout.get(value.value, field.field.name);
    shown = fieldText(part, field.field);
  }
  if (value.kind === "none") shown = `– (${value.why})`;
  if (view === "guest" && register !== undefined) {
    const diverged = divergenceText(session, index, register, field);
    if (diverged !== undefined) shown = `${shown}; ${diverged}`;
  }
  return {
    kind: "why",
    span,
    subject: field ? `${subject}.${field.field.name}` : subject,
    value: shown,
    isThere: true,
    unmet: undefined,
    chain: chainTo(session, seen).links(),
  };
}

/** Whether an event is of the kind that `why` was asked for. */
const HAPPENINGS: Readonly<Record<Happening, (event: Event) => boolean>> = {
  trap: ({ kind }) => kind === "trap",
  exit: ({ kind }) => kind === "exit" || kind === "user-exit",
  exception: ({ kind }) => kind === "exception",
  miss: ({ kind }) =>
    kind === "missed" || kind === "stray" || kind === "host-lost",
  refused: ({ kind }) => kind === "refused",
};

/** What is said where nothing of the kind happened. */
const NOTHING: Readonly<Record<Happening, string>> = {
  trap: "no guest access trapped",
  exit: "no exit",
  exception: "the guest took no exception",
  miss: "no breakpoint was missed or lost",
  refused: "no operation was refused",
};

/** Explains the last trap, exit, exception, miss or refusal, or a field of an exit or an exception. */
export function explainHappening(
  session: Session,
  { what, field }: {
    readonly what: Happening;
    readonly field: FieldAsked | undefined;
  },
  span: Span,
): Output {
  const chain = new Chain(session);
  const answer = (
    value: string,
    isThere: boolean,
    subject = `the last ${SUBJECTS[what]}`,
  ): Output => ({
    kind: "why",
    span,
    subject,
    value,
    isThere,
    unmet: undefined,
    chain: isThere ? chain.links() : [],
  });
  if (field !== undefined) {
    const found = explainField(session, chain, what, field);
    const subject = `${askedText(field)} of the last ${SUBJECTS[what]}`;
    return answer(found.text, found.isThere, subject);
  }
  const at = chain.find(0, HAPPENINGS[what]);
  if (at < 0) return answer(NOTHING[what], false);
  const event = chain.event(at);
  switch (what) {
    case "trap":
      chain.trap(at);
      break;
    case "exit":
    case "exception":
      chain.reasons(at);
      break;
    case "miss":
      chain.missed(at);
      break;
    case "refused":
      chain.add(at);
      break;
    default:
      what satisfies never;
  }
  return answer(summary(event), true);
}

const SUBJECTS: Readonly<Record<Happening, string>> = {
  trap: "trap",
  exit: "exit",
  exception: "exception",
  miss: "missed breakpoint",
  refused: "refusal",
};

/** An event in one phrase. */
function summary(event: Event): string {
  switch (event.kind) {
    case "trap":
      return `a ${event.access} of ${event.register}, because of ${event.because}`;
    case "exit":
      return event.why;
    case "user-exit":
      return `${event.exit}, to userspace`;
    case "exception":
      return event.exception;
    case "refused":
      return `${event.operation}: ${event.errno}`;
    case "missed":
    case "stray":
    case "host-lost":
      return event.what;
    default:
      return event.kind;
  }
}
