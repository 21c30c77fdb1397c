/**
 * Which behaviours of a kernel a run depends on: the fields of its record that were read.
 *
 * @module
 */

/**
 * A record that notes its fields as they are first read: what only read these is the same under every kernel whose
 * record has the same values there.
 *
 * @param fields gets the names
 * @returns a copy; after its first read a field costs what it costs in any object
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const fields = new Set<string>();
 * const kernel = notedRecord({ osLock: true, hsrHigh: false }, fields);
 * assertEquals([kernel.osLock, kernel.osLock, [...fields]], [true, true, ["osLock"]]);
 * ```
 */
export function notedRecord<K extends object>(
  record: K,
  fields: Set<string>,
): K {
  const noted = {} as K;
  for (const [name, value] of Object.entries(record)) {
    const shape = { configurable: true, enumerable: true };
    Object.defineProperty(noted, name, {
      ...shape,
      get() {
        fields.add(name);
        Object.defineProperty(noted, name, { ...shape, value });
        return value;
      },
    });
  }
  return noted;
}
