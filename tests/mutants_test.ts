/** The mutation test's own parts: what is changed, which tests are asked, and the list of changes without effect. */
import { assert, assertEquals } from "@std/assert";
import { Copy } from "../tools/mutants/copy.ts";
import { candidatesOf, measured } from "../tools/mutants/coverage.ts";
import {
  type Equivalent,
  equivalentOf,
  linesOf,
} from "../tools/mutants/equivalents.ts";
import {
  applied,
  type Mutant,
  mutantsOf,
  nameOf,
} from "../tools/mutants/operators.ts";
import { Driver } from "../tools/mutants/process.ts";
import { switched } from "../tools/mutants/switched.ts";
import { refused } from "../tools/mutants/types.ts";
import { Judge } from "../tools/mutants/verdicts.ts";
import { inFolder } from "./in_folder.ts";
import { sourceFiles } from "./source_files.ts";
import { FIRST_FIELDS } from "../tools/mutants/offsets.ts";
import * as common from "../engine/rules.ts";
import * as arm64 from "../engine/arm64/blocks.ts";
import * as arm64Bare from "../engine/arm64/bare/block.ts";
import * as arm64Own from "../engine/arm64/explore/own_registers.ts";
import * as x86 from "../engine/x86/blocks.ts";
import * as x86Bare from "../engine/x86/bare/block.ts";
import * as x86Own from "../engine/x86/explore/own_registers.ts";

const TEXT = `import { g } from "./g.ts";
export function f(a: number, b = 0x10): boolean {
  if (a < b && a !== 3) {
    g(a, b);
    g(b);
  }
  return (a & ~b) > 1 ? true : a + 1 === 2;
}
`;

Deno.test("mutants: each kind of change, where it is", () => {
  const found = mutantsOf("engine/f.ts", TEXT).map((mutant) =>
    `${
      nameOf(mutant).slice("engine/f.ts:".length)
    }: ${mutant.before} → ${mutant.after}`
      .replaceAll(/\s+/g, " ")
  );
  assertEquals(found, [
    "2:34 number: 0x10 → 0x11",
    "3:7 condition: a < b && a !== 3 → !(a < b && a !== 3)",
    "3:9 bound: < → <=",
    "3:13 logic: && → ||",
    "3:18 equality: !== → ===",
    "3:22 number: 3 → 4",
    "4:5 statement: g(a, b); → ;",
    "4:5 order: g(a, b); g(b); → g(b); g(a, b);",
    "4:7 arguments: a, b → b, a",
    "5:5 statement: g(b); → ;",
    "7:10 condition: (a & ~b) > 1 → !((a & ~b) > 1)",
    "7:13 mask: & → |",
    "7:15 mask: ~ → ",
    "7:19 bound: > → >=",
    "7:21 number: 1 → 2",
    "7:25 boolean: true → false",
    "7:34 arithmetic: + → -",
    "7:36 number: 1 → 2",
    "7:38 equality: === → !==",
    "7:42 number: 2 → 3",
  ]);
});

Deno.test("mutants: statements change places unless neither reads what the other writes", () => {
  const exchanged = (first: string, second: string) =>
    mutantsOf("f.ts", `function f() {\n${first};\n${second};\n}`)
      .some(({ kind }) => kind === "order");
  assertEquals(
    [
      ["a = 1", "b = c"],
      ["f.lo = w[at]", "f.hi = w[at + 1]"],
      ["w[v + V.pc] = 1", "w[v + V.cr4] = -w[v + V.pc + 1]"],
      ["f.lo = lowWord(value)", "f.hi = highWord(value)"],
      ["set64(w, f.vcpu + V.far, 0n)", "w[f.vcpu + V.esr] = 1"],
      ["w[v + V.far + 2] = 1", "set64(w, v + V.far, BigInt(A))"],
      ["w[v + V.far] = 1", "set64(w, v + V.far, 0n)"],
      ["set64(w, v + V.far, 0n)", "w[v + V.far + 1] = 1"],
      ["set64(w, v + V.far, 0n)", "set64(w, v + V.far, 1n)"],
      ["set64(w, v + V.far, 0n)", "a = w[v + V.far + 1]"],
      ["put64(w, v + V.far, 0n)", "w[v + V.esr] = 1"],
      ["a = b", "b = 1"],
      ["a = 1", "b = a + 1"],
      ["w[i] = 1", "i = 2"],
      ["a = 1", "a = 2"],
      ["a += 1", "b = 2"],
      ["w[at] &= ~c", "w[to] = c"],
      ["a += b", "b = 2"],
      ["a += 1", "b = a"],
      ["a = 1", "b = read()"],
      ["w[at] = 1", "b = read(w)"],
      ["w[at] = 1", "b = read(f)"],
      ["this.a = 1", "this.b = read(this.c)"],
      ["a = 1", "g(b)"],
    ].map(([first, second]) => exchanged(first, second)),
    [
      ...[false, false, false, false, false, false],
      ...[true, true, true, true, true, true, true, true, true],
      ...[false, false, true, true, true, true, true, true, true],
    ],
  );
});

Deno.test("mutants: a variable of a function and a call that cannot see it change places without effect", () => {
  const exchanged = (act: string, call: string, rest = "") =>
    mutantsOf(
      "f.ts",
      `import { i } from "i.ts";
let m = 1;
function g(x) {}
function f(x) {
  let a;
  ${rest};
  ${act};
  ${call};
}`,
    ).some(({ kind }) => kind === "order");
  for (const call of ["g(x)", "i(x)", "g()"]) {
    assertEquals([exchanged("a = x", call), exchanged(call, "a = 1")], [
      ...[false, false],
    ]);
  }
  assertEquals(exchanged("a = x", "g(a)"), true);
  assertEquals(exchanged("a = x.y", "g(x)"), true);
  assertEquals(exchanged("m = x", "g(x)"), true);
  assertEquals(exchanged("a = m", "g(x)"), true);
  // A function inside it sees what it has.
  assertEquals(exchanged("a = x", "h(x)", "const h = () => a"), true);
  assertEquals(exchanged("a = x", "x.h()"), true);
});

Deno.test("mutants: the offset of a block's first field is 0, and nothing else is taken for one", () => {
  const modules = [
    ...[common, arm64, arm64Bare, arm64Own],
    ...[x86, x86Bare, x86Own],
  ];
  const first = modules.flatMap((module) =>
    Object.entries(module).flatMap(([block, fields]) =>
      typeof fields === "object" && "words" in fields
        ? Object.entries(fields).filter(([, offset]) => offset === 0)
          .map(([field]) => `${block}.${field}`)
        : []
    )
  );
  assertEquals([...new Set(first)].sort(), [...FIRST_FIELDS].sort());
  const changed = (expression: string) =>
    mutantsOf("f.ts", `const at = ${expression};`).map(({ before }) => before);
  assertEquals(changed("cpu + CPU.index"), []);
  assertEquals(changed("cpu + CPU.dr7"), ["+"]);
  assertEquals(changed("at + BARE.dr + n"), ["+"]);
});

Deno.test("mutants: the text with one change", () => {
  const mutant = mutantsOf("f.ts", TEXT).find(({ kind }) => kind === "bound")!;
  assertEquals(applied(TEXT, mutant), TEXT.replace("a < b", "a <= b"));
});

Deno.test("mutants: types, imports and texts of errors are left alone", () => {
  const text = `import { a } from "./a1.ts";
type Three = 3 | 4;
interface I { readonly n: 1; }
export function f(n: 1 | 2): void { throw new Error("x" + (n + 1)); }
`;
  assertEquals(mutantsOf("f.ts", text), []);
});

Deno.test("mutants: arguments change places unless their order says nothing", () => {
  const kinds = (text: string) =>
    mutantsOf("f.ts", text).map(({ kind }) => kind);
  assertEquals(kinds("const a = Math.max(b, c);"), []);
  assertEquals(kinds("const a = Math.min(b, c);"), []);
  assertEquals(kinds("const a = Math.atan2(b, c);"), ["arguments"]);
  assertEquals(kinds("const a = min(b, c);"), ["arguments"]);
});

Deno.test("mutants: the tests that reach one, the quick and successful ones first", () => {
  const file = (path: string, ms: number, reached: number[]) => ({
    path,
    digest: "",
    tests: [{ index: 0, ms, reached }],
    loaded: path.includes("slow") ? [] : [7],
    failed: [],
  });
  const files = [
    file("tests/slow_test.ts", 4000, [1, 2]),
    file("tests/other_test.ts", 10, [1]),
    file("tests/quick_test.ts", 500, [2]),
    file("tests/successful_test.ts", 3000, [2]),
    file("tests/step_test.ts", 600, [2]),
  ];
  const caught = new Map([["tests/successful_test.ts", 9]]);
  const path = "engine/x86/step.ts";
  const { tests, early } = candidatesOf(files, { id: 2, path }, caught);
  assertEquals(tests.map(({ path }) => path), [
    "tests/step_test.ts",
    "tests/successful_test.ts",
    "tests/quick_test.ts",
    "tests/slow_test.ts",
  ]);
  assertEquals(early, []);
  // One that is reached when a file is loaded may change any of its tests.
  const loaded = candidatesOf(files, { id: 7, path }, new Map());
  assertEquals([loaded.tests.length, loaded.early.length], [0, 4]);
  assertEquals(candidatesOf(files, { id: 3, path }, caught).tests, []);
});

Deno.test("mutants: switches stay in their lines, inner ones in the usual text of outer ones", () => {
  const text = `export function f(a: number): number {
  if (a < 1) return g(a, 2);
  h(a);
  return a;
}
`;
  const mutants = mutantsOf("f.ts", text).map((mutant, id) => ({ id, mutant }))
    .filter(({ mutant: { line, kind } }) => line < 4 && kind !== "number");
  const { text: made, ids } = switched(text, mutants, "file:///switch.ts");
  assertEquals(ids.size, 3);
  assertEquals(
    made,
    `export function f(a: number): number {
  if ((__at(0) ? (!(a < 1)) : ((__at(1) ? (a <= 1) : (a < 1))))) return g(a, 2);
  if (__at(4) {;} else {h(a);}
  return a;
}

import { at as __at } from "file:///switch.ts";
`.replace("__at(4)", "__at(4))"),
  );
});

Deno.test("mutants: every one of the engine has a switch or is an exchange of statements", async () => {
  const files = await sourceFiles((path) =>
    /^engine\/(arm64|x86)\/kvm\/.*(?<!_test)\.ts$/.test(path)
  );
  for (const [path, text] of files) {
    const mutants = mutantsOf(path, text);
    const { ids } = switched(
      text,
      mutants.map((mutant, id) => ({ id, mutant })),
      "file:///switch.ts",
    );
    for (const [id, mutant] of mutants.entries()) {
      assert(ids.has(id) || mutant.kind === "order", nameOf(mutant));
    }
  }
});

/** A project of one source and its tests. */
const PROJECT = {
  "engine/f.ts": `const LIMIT = 3;
let kept: number | undefined;
function once(): number {
  return kept ??= 2 + 5;
}
export function sum(n: number): number {
  let result = 0;
  for (let i = 0; i < n; i += 1) result = result + once();
  return result;
}
export function most(n: number): number {
  return n > LIMIT ? LIMIT : n;
}
export function unused(): number {
  return 8;
}
`,
  "tests/f_test.ts": `import { most, sum } from "../engine/f.ts";
Deno.test("sum", () => {
  if (sum(2) !== 14) throw new Error("sum");
});
Deno.test("sum of none", () => {
  if (sum(0) !== 0) throw new Error("sum of none");
});
Deno.test("most", async (t) => {
  await t.step("of 4", async (t) => await t.assertSnapshot(most(4)));
});
Deno.test({ name: "left out", ignore: true, fn: () => Deno.exit(1) });
Deno.test("fails as it stands", () => {
  throw new Error("always");
});
`,
  "tests/__snapshots__/f_test.ts.snap": `export const snapshot = {};

snapshot[\`most > of 4 1\`] = \`3\`;
`,
};

/** Writes files to a new repository, with the driver. */
async function putProject(
  folder: string,
  project: Readonly<Record<string, string>>,
): Promise<void> {
  const files = new Map(Object.entries(project));
  for (const name of ["driver", "switch"]) {
    const path = `tools/mutants/${name}.ts`;
    files.set(path, await Deno.readTextFile(path));
  }
  for (const [path, text] of files) {
    await Deno.mkdir(`${folder}/${path.replace(/\/[^/]*$/, "")}`, {
      recursive: true,
    });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
  await new Deno.Command("git", { args: ["-C", folder, "init", "-q"] })
    .output();
}

/** Each mutant's place, the change and what became of it. */
async function fates(folder: string): Promise<string[]> {
  const path = "engine/f.ts";
  const text = PROJECT[path];
  await putProject(folder, PROJECT);
  const mutants: Mutant[] = [...mutantsOf(path, text)];
  const copy = await Copy.make(folder, [], new Map([[path, text]]), mutants);
  const driver = new Driver(copy.root, []);
  try {
    const file = await measured(driver, "tests/f_test.ts", "", 60_000);
    const none = await measured(driver, "tests/f_test.ts", "", -1);
    assertEquals([none.tests, none.failed], [[], []]);
    assertEquals(file.tests.map(({ index }) => index), [0, 1, 2]);
    assertEquals(file.failed, ["3: Error: always"]);
    const judge = new Judge([file], 60_000, { factor: 5, ms: 500 });
    const result: string[] = [];
    for (const [id, mutant] of mutants.entries()) {
      const { line, before, after } = mutant;
      const { fate } = await judge.judge(copy, driver, { id, mutant });
      result.push(`${line}: ${before} → ${after}: ${fate}`);
    }
    return result;
  } finally {
    await driver.end();
    await copy.remove();
  }
}

Deno.test("mutants: what the type checker refuses, of several files and of one", async () => {
  const g = "export function g(text: string, n: number) { return [text, n]; }";
  const call = 'import { g } from "./g.ts";\nexport const t = "";\n' +
    "export const n = 5;\nexport const made = g(t, n);\n";
  const project = {
    "engine/g.ts": g,
    "engine/a.ts": call,
    "engine/b.ts": call,
    "engine/c.ts": "export const flag: true = true;\n",
    "engine/d.ts":
      'import { flag } from "./c.ts";\nexport const f: true = flag;' +
      "\nexport const three = 3;\n",
  };
  await inFolder(async (folder) => {
    await putProject(folder, project);
    const texts = new Map(Object.entries(project));
    const mutants = [...texts].flatMap(([path, text]) => mutantsOf(path, text));
    const copy = await Copy.make(folder, [], texts, []);
    try {
      const names = [...await refused(copy, mutants)].map(nameOf);
      assertEquals(names.sort(), [
        "engine/a.ts:4:23 arguments",
        "engine/b.ts:4:23 arguments",
        "engine/c.ts:1:27 boolean",
      ]);
      assertEquals(
        await Deno.readTextFile(`${copy.root}/engine/a.ts`),
        project["engine/a.ts"],
      );
    } finally {
      await copy.remove();
    }
  });
});

Deno.test("mutants: caught at once, at load, in a kept value, in an endless loop; or not", async () => {
  await inFolder(async (folder) => {
    assertEquals(await fates(folder), [
      "1: 3 → 4: caught",
      "4: 2 → 3: caught",
      "4: + → -: caught",
      "4: 5 → 6: caught",
      "7: 0 → 1: caught",
      "8: 0 → 1: caught",
      "8: < → <=: caught",
      "8: += → -=: hung",
      "8: 1 → 2: caught",
      "8: + → -: caught",
      // 3 or the limit of 3; and no test asks for less.
      "12: n > LIMIT → !(n > LIMIT): caught",
      "12: > → >=: survived",
      "15: 8 → 9: never run",
    ]);
  });
});

Deno.test("mutants: every change listed as without effect can still be made, and has its reason", async () => {
  const known: readonly Equivalent[] = JSON.parse(
    await Deno.readTextFile(
      new URL("mutants/equivalents.json", import.meta.url),
    ),
  );
  const files = await sourceFiles((path) =>
    known.some((one) => one.path === path)
  );
  for (const one of known) {
    const text = files.get(one.path);
    assert(text !== undefined, `${one.path} is gone`);
    const found = mutantsOf(one.path, text).some((mutant) =>
      equivalentOf([one], text, mutant) !== undefined
    );
    assert(found, `${one.path}: there is no such line: ${one.line}`);
    assert(/\w \w/.test(one.reason), `${one.path}: ${one.line}: no reason`);
  }
});

Deno.test("mutants: the list of changes without effect is sorted, so that two branches seldom add at one place", async () => {
  const known: readonly Equivalent[] = JSON.parse(
    await Deno.readTextFile(
      new URL("mutants/equivalents.json", import.meta.url),
    ),
  );
  const keys = known.map(({ path, line, changed }) =>
    [path, line, changed].join("\n")
  );
  assertEquals(keys, keys.toSorted());
});

Deno.test("mutants: a change without effect is known by its line, wherever that is", () => {
  const [mutant] = mutantsOf("f.ts", TEXT);
  const { line, changed } = linesOf(TEXT, mutant);
  const one = { path: "f.ts", line, changed, reason: "b is unused" };
  const moved = `\n\n${TEXT}`;
  const [same] = mutantsOf("f.ts", moved);
  assertEquals(equivalentOf([one], moved, same), one);
  assertEquals(
    equivalentOf([{ ...one, path: "g.ts" }], moved, same),
    undefined,
  );
});
