/**
 * Numbers that belong together because one is paired with another.
 *
 * @module
 */

/** The classes of more than one number that pairs make. */
export function classesOf(
  pairs: readonly (readonly [number, number])[],
): number[][] {
  const parent = new Map<number, number>();
  const root = (at: number): number => {
    let top = at;
    for (;;) {
      const next = parent.get(top);
      if (next === undefined || next === top) break;
      top = next;
    }
    parent.set(at, top);
    return top;
  };
  for (const [from, to] of pairs) {
    const [a, b] = [root(from), root(to)];
    if (a !== b) parent.set(b, a);
  }
  const classes = new Map<number, number[]>();
  for (const at of parent.keys()) {
    const top = root(at);
    classes.set(top, [...classes.get(top) ?? [], at]);
  }
  return [...classes.values()].filter(({ length }) => length > 1);
}
