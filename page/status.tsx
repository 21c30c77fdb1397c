/**
 * How a scenario went: a word, what failed, and notes.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import type { DiagnosticJson, ScenarioJson } from "../report/document.ts";
import { plural } from "./values.ts";

/** A sign and a word for each status: colour alone says nothing. */
export const STATUS_TEXTS: Readonly<
  Record<ScenarioJson["status"], readonly [sign: string, word: string]>
> = {
  passed: ["✓", "passed"],
  failed: ["✗", "failed"],
  error: ["!", "error"],
  skipped: ["–", "skipped"],
};

/** A status. */
export function Badge(
  { status }: { status: ScenarioJson["status"] },
): JSX.Element {
  const [sign, word] = STATUS_TEXTS[status];
  return (
    <span class={`badge ${status}`}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  );
}

/** A diagnostic with its place, its hint and its notes. */
export function DiagnosticText(
  { diagnostic, onPlace }: {
    diagnostic: DiagnosticJson;
    onPlace?: () => void;
  },
): JSX.Element {
  const { place, message, expected, hint, notes } = diagnostic;
  const where = `line ${place.line}`;
  return (
    <div class="diagnostic">
      <p>
        {onPlace
          ? (
            <button type="button" class="link" onClick={onPlace}>
              {where}
            </button>
          )
          : <span class="where">{where}</span>} {message}
      </p>
      {expected.length > 0 && hint === null
        ? <p class="hint">expected {expected.join(", ")}</p>
        : null}
      {hint === null ? null : <p class="hint">{hint}</p>}
      {notes.map((note, at) => (
        <p key={at} class="hint">
          {note.message.split("\n").map((line, index) => (
            <span key={index} class="note-line">{line}</span>
          ))}
        </p>
      ))}
    </div>
  );
}

/** Status, failures and notes of a scenario. */
export function ScenarioStatus(
  { scenario, stepOf, onStep }: {
    scenario: ScenarioJson;
    /** The step that a failure belongs to. */
    stepOf: (failure: number) => number | undefined;
    onStep: (step: number) => void;
  },
): JSX.Element {
  const { status, skipped, expectations, failures, notes } = scenario;
  return (
    <div class="status">
      <p>
        <Badge status={status} /> {plural(expectations, "expectation")} checked
        {" "}
        under <b class="kernel">{scenario.kernel}</b>
        {scenario.vendor === null ? "" : ` ${scenario.vendor}`}{" "}
        ({scenario.arch})
        {skipped === null ? "" : `; ${skipped.reason}`}
      </p>
      {failures.length === 0 ? null : (
        <ul class="failures">
          {failures.map(({ diagnostic }, at) => {
            const step = stepOf(at);
            return (
              <li key={at}>
                <DiagnosticText
                  diagnostic={diagnostic}
                  onPlace={step === undefined ? undefined : () => onStep(step)}
                />
              </li>
            );
          })}
        </ul>
      )}
      {notes.map((note) => <p key={note} class="note">note: {note}</p>)}
    </div>
  );
}
