/**
 * The controls that go from step to step.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { StepJson } from "../report/document.ts";
import { plural } from "./values.ts";

/** Elements that take the arrow keys themselves. */
const TAKES_KEYS =
  "input, select, textarea, [contenteditable], .lane-scroller, .table-scroller, .source";

/** Where a key goes; undefined for other keys. */
export function stepForKey(
  key: string,
  step: number,
  count: number,
): number | undefined {
  switch (key) {
    case "ArrowLeft":
      return step - 1;
    case "ArrowRight":
      return step + 1;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

/** One line on a step. */
export function stepText(
  step: StepJson | undefined,
  at: number,
  count: number,
): string {
  if (step === undefined) return "no step";
  const changed =
    step.sides.flatMap(({ rows }) =>
      rows.flatMap(({ marks }) =>
        Object.values(marks).filter((one) => one.changed)
      )
    ).length;
  return [
    `step ${at + 1} of ${count}, line ${step.place.line}`,
    plural(step.events.length, "event"),
    `${plural(changed, "value")} changed`,
    ...(step.failures.length > 0 ? ["fails"] : []),
  ].join(", ");
}

/** Slider, buttons and keys. */
export function Transport(
  { steps, step, failing, onStep }: {
    steps: readonly StepJson[];
    step: number;
    failing: readonly number[];
    onStep: (step: number) => void;
  },
): JSX.Element {
  const count = steps.length;
  const go = (to: number): void =>
    onStep(Math.min(Math.max(to, 0), Math.max(count - 1, 0)));
  // What a key does now: keys come faster than effects are renewed.
  const onKey = useRef((_: KeyboardEvent): void => {});
  onKey.current = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.defaultPrevented) return;
    if ((event.target as Element).closest?.(TAKES_KEYS)) return;
    const to = stepForKey(event.key, step, count);
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey.current(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
  const now = steps[step];
  const nextFailure = failing.find((one) => one > step) ?? failing[0];
  return (
    <div class="transport" role="group" aria-label="Steps">
      <button
        type="button"
        aria-label="First step"
        disabled={step <= 0}
        onClick={() => go(0)}
      >
        ⇤
      </button>
      <button
        type="button"
        aria-label="Previous step"
        disabled={step <= 0}
        onClick={() => go(step - 1)}
      >
        ←
      </button>
      <input
        type="range"
        aria-label="Step"
        aria-valuetext={stepText(now, step, count)}
        min={0}
        max={Math.max(count - 1, 0)}
        value={step}
        disabled={count === 0}
        onInput={(event) => go(Number(event.currentTarget.value))}
      />
      <button
        type="button"
        aria-label="Next step"
        disabled={step >= count - 1}
        onClick={() => go(step + 1)}
      >
        →
      </button>
      <button
        type="button"
        aria-label="Last step"
        disabled={step >= count - 1}
        onClick={() => go(count - 1)}
      >
        ⇥
      </button>
      {failing.length === 0 ? null : (
        <button
          type="button"
          class="to-failure"
          onClick={() => go(nextFailure)}
        >
          ✗ next failure
        </button>
      )}
      <p class="now" aria-live="polite">
        {now === undefined ? null : <code>{now.text}</code>}{" "}
        <span>{stepText(now, step, count)}</span>
      </p>
    </div>
  );
}
