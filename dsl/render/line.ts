/**
 * Texts of others, such as names of scenarios, on one line.
 *
 * @module
 */

/** Characters that would move the cursor, hide text or colour it. */
// deno-lint-ignore no-control-regex -- finding them is the point
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** A text on one line, spaces and line ends as one space, control characters made visible. */
export function oneLine(text: string): string {
  return text.replace(/[ \t\r\n]+/g, " ").trim().replace(CONTROL, "\ufffd");
}
