/**
 * Patterns of register names: `dbgb*`.
 *
 * @module
 */

/** Whether a name, in any case, is what a pattern with `*` describes. */
export function matchesPattern(name: string, pattern: string): boolean {
  const text = name.toLowerCase();
  const [first, ...rest] = pattern.toLowerCase().split("*");
  if (rest.length === 0) return text === first;
  if (!text.startsWith(first)) return false;
  const last = rest.pop()!;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
