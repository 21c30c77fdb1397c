import { assertEquals } from "@std/assert";
import { Scope } from "./scope.ts";

const SOURCE = { name: "names", text: "" };

function define(scope: Scope, text: string, value: bigint): void {
  const span = { source: SOURCE, start: 0, end: 0 };
  scope.define({ text, span }, value);
}

/** The names of a block in order, each with its value. */
function namesOf(scope: Scope): string[] {
  return [...scope.names()].map((name) => `${name}=${scope.find(name)?.value}`);
}

/** Defines names in an order, each with its place as the value. */
function scopeOf(...names: readonly string[]): Scope {
  const scope = new Scope();
  names.forEach((name, n) => define(scope, name, BigInt(n)));
  return scope;
}

Deno.test("a name that is defined again has the last value, and comes last", () => {
  assertEquals(namesOf(scopeOf("a", "b", "a")), ["b=1", "a=2"]);
});

for (const names of [["a", "b"], ["a", "b", "a"]]) {
  const known = namesOf(scopeOf(...names));

  Deno.test(`a scope of ${names} and its copy do not see what the other defines`, () => {
    for (const isCopyFirst of [true, false]) {
      const own = scopeOf(...names);
      const copy = own.copy();
      if (isCopyFirst) define(copy, "c", 7n);
      define(own, "d", 8n);
      if (!isCopyFirst) define(copy, "c", 7n);
      assertEquals(namesOf(own), [...known, "d=8"]);
      assertEquals(namesOf(copy), [...known, "c=7"]);
    }
  });

  Deno.test(`a scope of ${names} keeps its value where its copy defines the name again`, () => {
    const own = scopeOf(...names);
    const copy = own.copy();
    define(copy, "b", 7n);
    define(copy, "c", 8n);
    define(own, "d", 9n);
    assertEquals(namesOf(own), [...known, "d=9"]);
    assertEquals(namesOf(copy), ["a=" + copy.find("a")?.value, "b=7", "c=8"]);
    assertEquals(copy.find("a")?.value, own.find("a")?.value);
  });
}
