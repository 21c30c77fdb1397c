import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { denoRun, dependencyFlags, plainRun } from "./child_deno.ts";
import { inEmptyFolder } from "./packaged.ts";

/** A program whose modules each start loads, some starts, one, or none. */
const PROGRAM: Readonly<Record<string, string>> = {
  "main.ts": `import { say } from "./say.ts";
const [what] = Deno.args;
switch (what) {
  case "often": {
    const { often } = await import("./often.ts");
    say(await often());
    break;
  }
  case "other": {
    const { often: renamed } = await import("./often.ts");
    const { other } = await import("./other.ts");
    say([await renamed(), other()]);
    break;
  }
  case "one":
    say((await import("./one.ts")).one(say));
    break;
  case "two": {
    const all = await import("./two.ts");
    say([Object.keys(all).sort(), all.two(), await all.later()]);
    break;
  }
  default:
    say("nothing");
}
`,
  "say.ts":
    "export const say = (what: unknown): void => console.log(JSON.stringify(what));\n",
  "base.ts": `let count = 0;
export function next(): number { return ++count; }
export class Base { readonly kind = "base ä"; }
`,
  "often.ts": `import { Base, next } from "./base.ts";
export async function often(): Promise<unknown> {
  const { kind } = new Base();
  const { within } = await import("./within.ts");
  return [next(), kind, within()];
}
`,
  "within.ts": `import { next } from "./base.ts";
export const within = (): number => next();
`,
  "other.ts": `import { next } from "./base.ts";
import { say } from "./say.ts";
console.log("other is made");
export function other(): string { say("other"); return "other" + next(); }
`,
  "shared.ts": `import { next } from "./base.ts";
export default function shared(): string { return "shared by one and two" + next(); }
`,
  "one.ts": `import shared from "./shared.ts";
import { Base } from "./base.ts";
export const one = (say: (what: unknown) => void): unknown => { say("one"); return [shared(), new Base() instanceof Base]; };
`,
  "two.ts": `import shared from "./shared.ts";
console.log("two is made");
export const two = (): string => shared() + "two and no more";
export const later = async (): Promise<unknown> => {
  const { one } = await import("./one.ts");
  return [one(() => {}), import.meta.url.endsWith(".js")];
};
`,
};

async function inParts(
  folder: string,
  program: Readonly<Record<string, string>>,
  lazy: readonly string[] = [],
) {
  for (const [name, text] of Object.entries(program)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  const path = `${folder}/made.js`;
  await Deno.writeTextFile(path, `globalThis.first = "the line";\n`);
  const result = await denoRun([
    "-A",
    "tools/parts.ts",
    path,
    `${folder}/main.ts`,
    JSON.stringify([["often"], ["other"]]),
    JSON.stringify(lazy.map((one) => `${folder}/${one}`)),
    ...dependencyFlags(),
  ]);
  return { path, result };
}

Deno.test("a program in parts does what it did, and makes no part that is not wanted", async () => {
  await inEmptyFolder(async (folder) => {
    const { path, result } = await inParts(folder, PROGRAM);
    assertEquals([result.code, result.stderr], [0, ""]);
    for (const what of ["often", "other", "one", "two", "none"]) {
      const made = await plainRun([path, what]);
      assertEquals(
        made,
        await plainRun([`${folder}/main.ts`, what]).then((before) => ({
          ...before,
          // The file that a module is in is the one thing that differs.
          stdout: before.stdout.replace("false]", "true]"),
        })),
        what,
      );
      assertEquals(made.code, 0, made.stderr);
    }
    const text = await Deno.readTextFile(path);
    assert(text.startsWith(`globalThis.first = "the line";\n`));
    assert(!/[^\0-\x7f]/.test(text));
    assert(text.includes('kind="base '));
  });
});

Deno.test("a variable that changes is not given to another part", async () => {
  await inEmptyFolder(async (folder) => {
    const { result } = await inParts(folder, {
      ...PROGRAM,
      "base.ts": `export let count = 0;
export function next(): number { return ++count; }
export class Base { readonly kind = "base"; }
`,
      "other.ts": `import { count } from "./base.ts";
export const other = (): number => count;
`,
    });
    assertEquals(result.code, 1);
    assertStringIncludes(result.stderr, "count changes, and is shared");
  });
});

/** A program that uses one of two kinds. */
const OF_KINDS: Readonly<Record<string, string>> = {
  "main.ts": `const { kind } = await import("./kinds.ts");
const { say } = await import("./say.ts");
say(Deno.args.map(kind));
if (Deno.args.length > 1) say((await import("./both.ts")).both());
`,
  "say.ts": PROGRAM["say.ts"],
  "kinds.ts": `import { FIRST } from "./kinds/first.ts";
import { SECOND } from "./kinds/second.ts";
export const kind = (name: string): unknown => name === "second" ? SECOND : FIRST;
`,
  "kinds/base.ts": `let count = 0;
export const next = (): number => ++count;
`,
  "kinds/first.ts": `import { next } from "./base.ts";
console.log("first is made");
export const FIRST = ["first", next()];
`,
  "kinds/second.ts": `import { next } from "./base.ts";
console.log("second is made");
export const SECOND = ["second", next()];
`,
  "both.ts": `import { FIRST } from "./kinds/first.ts";
import { SECOND } from "./kinds/second.ts";
const all = [FIRST, SECOND];
export const both = (): unknown => all;
`,
};

const KINDS = ["kinds/first.ts", "kinds/second.ts"];

Deno.test("a lazy part is made when it is used, once", async () => {
  await inEmptyFolder(async (folder) => {
    await Deno.mkdir(`${folder}/kinds`);
    const { path, result } = await inParts(folder, OF_KINDS, KINDS);
    assertEquals([result.code, result.stderr], [0, ""]);
    const linesOf = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await plainRun([path, ...args]);
      assertEquals([code, stderr], [0, ""]);
      return stdout.trimEnd().split("\n");
    };
    const first = ["first", 1];
    const second = ["second", 2];
    assertEquals(await linesOf("often"), [
      "first is made",
      JSON.stringify([first]),
    ]);
    assertEquals(await linesOf("second"), [
      "first is made",
      "second is made",
      JSON.stringify([second]),
    ]);
    assertEquals(await linesOf("often", "often"), [
      "first is made",
      JSON.stringify([first, first]),
      "second is made",
      JSON.stringify([first, second]),
    ]);
    assertEquals(await linesOf("second", "second"), [
      "first is made",
      "second is made",
      JSON.stringify([second, second]),
      JSON.stringify([first, second]),
    ]);
  });
});

Deno.test("what is used at once is not in a lazy part", async () => {
  await inEmptyFolder(async (folder) => {
    await Deno.mkdir(`${folder}/kinds`);
    const { result } = await inParts(folder, {
      ...OF_KINDS,
      "kinds.ts": `${OF_KINDS["kinds.ts"]}export const all = [FIRST, SECOND];
console.log(all);
`,
    }, KINDS);
    assertEquals(result.code, 1);
    assertStringIncludes(result.stderr, "SECOND is used at once");
  });
});
