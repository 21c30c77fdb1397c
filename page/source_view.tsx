/**
 * The scenario's text, with the current statement and those that fail marked.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { PlaceJson, RecordJson, SourceJson } from "../report/document.ts";

/** A line with what stands beside it. */
interface LineState {
  readonly text: string;
  /** The first step of a statement that begins here. */
  readonly step: number | undefined;
}

function linesOf(
  { name, text }: SourceJson,
  record: RecordJson | undefined,
): LineState[] {
  const steps = new Map<number, number>();
  record?.steps.forEach(({ place }, at) => {
    if (place.source === name && !steps.has(place.line)) {
      steps.set(place.line, at);
    }
  });
  return text.replace(/\n$/, "").split(/\r\n|\n|\r/).map((line, index) => ({
    text: line,
    step: steps.get(index + 1),
  }));
}

/** Where a comment begins; the length of the line if there is none. */
function commentStart(line: string): number {
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '"') isQuoted = !isQuoted;
    if (line[at] === "#" && !isQuoted) return at;
  }
  return line.length;
}

function LineText(
  { text, now }: { text: string; now: readonly [number, number] | undefined },
): JSX.Element {
  const comment = commentStart(text);
  const [from, to] = now ?? [0, 0];
  return (
    <code>
      {text.slice(0, from)}
      {to > from ? <mark>{text.slice(from, to)}</mark> : null}
      {text.slice(to, Math.max(to, comment))}
      <span class="comment">{text.slice(Math.max(to, comment))}</span>
    </code>
  );
}

/** The texts; a click on a statement goes to its first step. */
export function SourceView(
  { sources, record, step, failing, onStep }: {
    sources: readonly SourceJson[];
    record: RecordJson | undefined;
    step: number;
    /** Places of failures. */
    failing: readonly PlaceJson[];
    onStep: (step: number) => void;
  },
): JSX.Element {
  const place = record?.steps[step]?.place;
  const shown = sources.find(({ name }) => name === place?.source) ??
    sources[0];
  const lines = useMemo(
    () => shown ? linesOf(shown, record) : [],
    [shown, record],
  );
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    const line = element?.querySelector<HTMLElement>("[aria-current]");
    if (!element || !line) return;
    const { offsetTop, offsetHeight } = line;
    const { scrollTop, clientHeight } = element;
    const isSeen = offsetTop >= scrollTop &&
      offsetTop + offsetHeight <= scrollTop + clientHeight;
    if (!isSeen) element.scrollTop = offsetTop - clientHeight / 3;
  }, [step, shown]);
  if (!shown) return <p class="none">no text</p>;
  const isNow = (line: number): boolean =>
    place !== undefined && place.line <= line && line <= place.endLine;
  const part = (line: number, text: string): [number, number] | undefined =>
    place === undefined || !isNow(line) ? undefined : [
      line === place.line ? place.column - 1 : 0,
      line === place.endLine ? place.endColumn - 1 : text.length,
    ];
  return (
    <div
      class="source"
      ref={box}
      tabIndex={0}
      role="group"
      aria-label={`Source ${shown.name}`}
    >
      <ol>
        {lines.map(({ text, step: first }, index) => {
          const line = index + 1;
          const fails = failing.some((one) =>
            one.source === shown.name && one.line === line
          );
          return (
            <li
              key={line}
              class={fails ? "fails" : undefined}
              aria-current={isNow(line) ? "step" : undefined}
              onClick={first === undefined ? undefined : () => onStep(first)}
            >
              <span class="line">
                <span class="mark-column" aria-hidden="true">
                  {fails ? "✗" : isNow(line) ? "▶" : ""}
                </span>
                {line}
              </span>
              <LineText text={text} now={part(line, text)} />
              {fails ? <span class="hidden">fails</span> : null}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
