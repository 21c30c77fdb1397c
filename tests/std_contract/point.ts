/**
 * A class of the tests' own.
 *
 * @module
 */

/** Its instances differ from plain objects in the prototype alone. */
export class Point {
  constructor(readonly x: number) {}
}
