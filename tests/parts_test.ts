import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { inFiles, inOneFile, MAIN } from "../tools/parts/files.ts";
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

/** How the programs are started, by the file that has what they load. */
const STARTS = [
  { file: MAIN, starts: [["often"], ["other"]] },
  { file: "one", starts: [["one"]] },
];

const LINE = `globalThis.first = "the line";\n`;

/**
 * Takes a program apart.
 *
 * @returns the program in one file, and the main file of the same in several
 */
async function inParts(
  folder: string,
  program: Readonly<Record<string, string>>,
  lazy: readonly string[] = [],
) {
  for (const [name, text] of Object.entries(program)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  const json = `${folder}/parts.json`;
  await Deno.writeTextFile(json, LINE);
  const result = await denoRun([
    "-A",
    "tools/parts.ts",
    json,
    `${folder}/main.ts`,
    JSON.stringify(STARTS),
    JSON.stringify(lazy.map((one) => `${folder}/${one}`)),
    ...dependencyFlags(),
  ]);
  const path = `${folder}/made.js`;
  const several = `${folder}/several`;
  const main = `${several}/made.js`;
  if (result.code === 0) {
    const parts = JSON.parse(await Deno.readTextFile(json));
    await Deno.writeTextFile(path, inOneFile(LINE, parts));
    await Deno.mkdir(several);
    const files = inFiles(LINE, parts, (file) => `made-${file}.js`);
    for (const [file, text] of Object.entries(files)) {
      const at = file === MAIN ? main : `${several}/made-${file}.js`;
      await Deno.writeTextFile(at, text);
    }
  }
  return { path, several, main, result };
}

/** Programs that were taken apart, and what they are started with. */
const WORDS = ["often", "other", "one", "two", "none"];

Deno.test("a program in parts does what it did, and makes no part that is not wanted", async () => {
  await inEmptyFolder(async (folder) => {
    const { path, main, result } = await inParts(folder, PROGRAM);
    assertEquals([result.code, result.stderr], [0, ""]);
    for (const what of WORDS) {
      const { stdout, ...before } = await plainRun([
        `${folder}/main.ts`,
        what,
      ]);
      // The file that a module is in is the one thing that differs.
      const wanted = { ...before, stdout: stdout.replace("false]", "true]") };
      for (const file of [path, main]) {
        assertEquals(await plainRun([file, what]), wanted, what);
      }
      assertEquals(wanted.code, 0, wanted.stderr);
    }
    for (const file of [path, main]) {
      const text = await Deno.readTextFile(file);
      assert(text.startsWith(LINE));
      assert(!/[^\0-\x7f]/.test(text));
      assert(text.includes('kind="base '));
    }
  });
});

Deno.test("a program in several files reads those that it needs", async () => {
  await inEmptyFolder(async (folder) => {
    const { several, main } = await inParts(folder, PROGRAM);
    const files = [...Deno.readDirSync(several)].map(({ name }) => name);
    assertEquals(files.sort(), ["made-one.js", "made-rest.js", "made.js"]);
    if (Deno.build.os !== "windows") {
      await Deno.symlink(main, `${folder}/link.js`);
      const linked = await plainRun([`${folder}/link.js`, "two"]);
      assertEquals([linked.code, linked.stderr], [0, ""]);
    }
    await Deno.remove(`${several}/made-rest.js`);
    const one = await plainRun([main, "one"]);
    assertEquals([one.code, one.stderr], [0, ""]);
    const two = await plainRun([main, "two"]);
    assertEquals([two.code, two.stdout], [2, ""]);
    assertMatch(
      two.stderr,
      /^dregs: a file of the program cannot be read: .*made-rest\.js.*\n$/,
    );
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
