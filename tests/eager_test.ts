import { assertEquals, assertStringIncludes } from "@std/assert";
import { compiledAnew, denoRun, plainRun } from "./child_deno.ts";
import { inEmptyFolder } from "./packaged.ts";

/** Every form of a function that a program has, called; what it prints depends on how each was changed. */
const PROGRAM = `
globalThis.carried = { at: "the front" };
globalThis.first = new First;
function First() { this.made = "before anything"; }
const seen = [];
const say = (what) => { seen.push(what); return what; };
say(early(1));
function early(n) { return n === 0 ? "early" : early(n - 1); }
(function () {
  "use strict";
  say([nested(2), typeof this, after()]);
  function nested(n) { return n === 0 ? "nested" : nested(n - 1); }
  if (seen.length > 0) { function block() { return "block"; } say(block()); }
  function after() { return "after"; }
})();
async function later() { return "later"; }
function* some() { yield 1; yield 2; }
async function* slowly() { yield "slow"; }
class Base {
  #hidden = 3;
  #method(n) { return this.#hidden + n; }
  async #asyncMethod() { return this.#method(4); }
  *#each() { yield this.#hidden; }
  #asked() { return "asked"; }
  static #ofClass() { return "of the class"; }
  static of() { return Base.#ofClass(); }
  get value() { return this.#method(1); }
  set value(n) { this.#hidden = n; }
  plain(n = 7, ...rest) { return [n, rest.length, this.#asked()]; }
  async all() { return [await this.#asyncMethod(), ...this.#each()]; }
  *[Symbol.iterator]() { yield "computed"; }
  "quoted name"() { return "quoted"; }
  static has(o) { return #asked in o; }
  named() { return [this.plain.name, this.plain.length]; }
  inner() {
    return new (class { #method() { return "inner"; } go() { return this.#method(); } })().go();
  }
  over() { return "base"; }
}
class Derived extends Base {
  field = [1, 2].map((n) => n * 2);
  constructor() { super(); this.made = new.target.name; }
  over() { return "derived over " + super.over(); }
  arrow() { return (() => super.over())(); }
}
class Made {
  #n = 1;
  static one = new Made();
  constructor() { this.got = this.#get(); }
  #get() { return this.#n; }
  static two = Made.make();
  static make() { return "made"; }
  static { say([Made.one.got, Made.two]); }
  #brand() { return "brand"; }
  static is(o) { try { o.#brand; return true; } catch { return false; } }
  use() { return this.#brand(); }
  stack() { return this.#deep(); }
  #deep() { return new Error("x").stack.split("\\n")[1].includes("#deep"); }
}
const object = {
  __proto__() { return "no prototype"; },
  method(n) { return this.k + n; }, k: 5, async slow() { return "object"; },
  *gen() { yield 8; }, get g() { return "got"; }, f: function (x) { return x; }, a: (x) => x,
};
const it = new Derived();
say([it.plain(), it.plain(1, 2, 3), it.value, it.over(), it.arrow(), it.made, it.field]);
it.value = 10;
say([it.value, ...it, it["quoted name"](), it.named(), it.inner(), Base.of(), Base.has(it), Base.has({})]);
say([object.method(1), object.g, object.f(2), object.a(3), ...object.gen(), ...some()]);
say([new Made().use(), Made.is(new Made()), Made.is({}), new Made().stack(), object.__proto__()]);
say(Object.keys(Base.prototype));
say(Object.getOwnPropertyDescriptor(Base.prototype, "plain").writable);
say(await Promise.all([it.all(), object.slow(), later()]));
for await (const one of slowly()) say(one);
say((function () { return typeof this; })());
say([early.name, globalThis.carried.at, globalThis.first.made]);
try { it.plain.call(undefined); } catch (problem) { say(problem.name); }
console.log(JSON.stringify(seen));
`;

Deno.test("functions that were called are compiled with the program, which does what it did", async () => {
  await inEmptyFolder(async (folder) => {
    const path = `${folder}/program.js`;
    await Deno.writeTextFile(path, PROGRAM);
    const before = await plainRun([`--coverage=${folder}/runs`, path]);
    assertEquals([before.code, before.stderr], [0, ""]);
    assertStringIncludes(before.stdout, "derived over base");

    const plain = await compiledAnew([path]);
    const marked = await denoRun([
      "-A",
      "tools/eager.ts",
      path,
      `${folder}/runs`,
    ]);
    assertEquals([marked.code, marked.stderr], [0, ""]);
    assertEquals(await plainRun([path]), before);

    for (
      const name of [
        "early",
        "nested",
        "later",
        "some",
        "plain",
        "all",
        "method",
        "named",
      ]
    ) {
      assertEquals(plain.includes(name), true, `${name} before`);
    }
    // The two without a name are within one of the others; the third's name is computed.
    assertEquals((await compiledAnew([path])).toSorted(), [
      "",
      "",
      "",
      "#asked",
      "#brand",
      "#ofClass",
      "Base",
      "Derived",
      "Made",
      "__proto__",
      "arrow",
      "block",
      "get g",
      "get value",
      "over",
      "quoted name",
      "set value",
    ]);
  });
});

Deno.test("a program that begins with a function that is called, and with nothing else", async () => {
  await inEmptyFolder(async (folder) => {
    const path = `${folder}/program.js`;
    await Deno.writeTextFile(
      path,
      "function only(){console.log(only.name)}only();",
    );
    const before = await plainRun([`--coverage=${folder}/runs`, path]);
    const { code } = await denoRun([
      "-A",
      "tools/eager.ts",
      path,
      `${folder}/runs`,
    ]);
    assertEquals(code, 0);
    assertEquals(await plainRun([path]), before);
    assertEquals(await compiledAnew([path]), []);
  });
});

Deno.test("without a run of the program there is nothing to mark", async () => {
  await inEmptyFolder(async (folder) => {
    const path = `${folder}/program.js`;
    await Deno.writeTextFile(path, "1");
    await Deno.mkdir(`${folder}/runs`);
    const { code, stderr } = await denoRun([
      "-A",
      "tools/eager.ts",
      path,
      `${folder}/runs`,
    ]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "no coverage of file://");
    assertEquals(await Deno.readTextFile(path), "1");
  });
});
