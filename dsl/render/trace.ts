/**
 * The events of a statement as text.
 *
 * @module
 */
import type { Output } from "../result.ts";
import { placeOf } from "../render.ts";
import { textOf } from "../source.ts";
import { eventLine } from "./event.ts";
import { oneLine } from "./line.ts";
import type { Page } from "./theme.ts";

/** The statement, then a line an event; nothing where nothing happened. */
export function renderTrace(
  { span, events }: Extract<Output, { kind: "trace" }>,
  { theme }: Page,
): string[] {
  if (events.length === 0) return [];
  return [
    theme.quiet(`${placeOf(span)}: ${oneLine(textOf(span))}`),
    ...events.map((event) => `  ${eventLine(event)}`),
  ];
}
