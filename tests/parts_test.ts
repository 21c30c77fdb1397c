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
