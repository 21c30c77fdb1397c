/**
 * What happened: the events of a step, and of all steps those that a person looks for first.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { EventJson, RecordJson, ReportJson } from "../report/document.ts";
import { RuleText } from "./rule_text.tsx";

/** Kinds of events that the list of a whole scenario has, with the words for them. */
const NOTABLE: Readonly<Record<string, string>> = {
  trap: "trap",
  exit: "exit",
  "user-exit": "exit to userspace",
  exception: "exception",
  inject: "injected",
  warn: "warning",
  unpredictable: "unpredictable",
  refused: "refused",
  hit: "hit",
  missed: "missed",
  stray: "stray hit",
  "host-hit": "hit of the host",
  "host-lost": "lost by the host",
  stopped: "stopped",
  lost: "lost in a restore",
};

function EventRow(
  { entry, data }: { entry: EventJson; data: ReportJson },
): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const { subject, verb, what, rule } = entry;
  return (
    <li>
      <button
        type="button"
        class="rule-id"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {rule}
      </button>
      <span class="subject">{subject}</span>
      <span class="verb">{verb}</span>
      <span class="what">{what}</span>
      {isOpen ? <RuleText id={rule} rule={data.rules[rule]} /> : null}
    </li>
  );
}

/** The events of a step. */
export function StepEvents(
  { events, data }: { events: readonly EventJson[]; data: ReportJson },
): JSX.Element {
  if (events.length === 0) return <p class="none">no event in this step</p>;
  return (
    <ol class="events">
      {events.map((entry, at) => (
        <EventRow
          key={at}
          entry={entry}
          data={data}
        />
      ))}
    </ol>
  );
}

/** Events that the list of all steps shows at once. */
const NOTABLE_MAX = 200;

/** Exits, exceptions and warnings of all steps; of very many those around the current step. */
export function NotableEvents(
  { record, step, onStep }: {
    record: RecordJson;
    step: number;
    onStep: (step: number) => void;
  },
): JSX.Element {
  const found = useMemo(
    () =>
      record.steps.flatMap(({ events }, at) =>
        events.filter(({ event }) => NOTABLE[event.kind] !== undefined)
          .map((entry) => ({ at, entry }))
      ),
    [record],
  );
  if (found.length === 0) {
    return <p class="none">no exit, exception or warning</p>;
  }
  const now = found.findIndex(({ at }) => at >= step);
  const around = (now < 0 ? found.length : now) - NOTABLE_MAX / 2;
  const from = Math.max(0, Math.min(around, found.length - NOTABLE_MAX));
  const shown = found.slice(from, from + NOTABLE_MAX);
  const later = found.length - from - shown.length;
  return (
    <ol class="events notable">
      {from > 0 ? <li class="none">{from} before these</li> : null}
      {shown.map(({ at, entry }, index) => (
        <li key={from + index} aria-current={at === step ? "step" : undefined}>
          <button
            type="button"
            class="link"
            onClick={() =>
              onStep(at)}
          >
            step {at + 1}
          </button>
          <span class="subject">{entry.subject}</span>
          <span class={`verb kind-${entry.event.kind}`}>
            {NOTABLE[entry.event.kind]}
          </span>
          <span class="what">{entry.what}</span>
        </li>
      ))}
      {later > 0 ? <li class="none">{later} after these</li> : null}
    </ol>
  );
}
