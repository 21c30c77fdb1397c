/**
 * Holds the layering of the source, and shows of each rule that a wrong arrow
 * breaks it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { violations } from "./architecture.ts";
import { sourceFiles } from "./source_files.ts";

/** A small project in which every arrow is right. */
const SOUND: Readonly<Record<string, string>> = {
  "mod.ts":
    `import { main } from "./cli/main.ts"; export * from "./engine/mod.ts";`,
  "cli/main.ts": `import { parseArgs } from "@std/cli/parse-args";
    import { repl } from "../repl/mod.ts";
    import { run } from "../dsl/mod.ts";
    import type { Machine } from "../engine/mod.ts";
    console.log(Deno.args, profile.name);`,
  "repl/mod.ts": `import { run } from "../dsl/mod.ts";`,
  "dsl/mod.ts": `import { machine } from "../engine/mod.ts";
    const kernels = ["watanabe-v7"]; // names are what a script is written in`,
  "engine/mod.ts": `export { step } from "./machine.ts";
    export const DEFAULT_PROFILE: string = "watanabe-v7";`,
  "engine/machine.ts": `import { match } from "./arm64/hardware/breakpoint.ts";
    // console.log("linux-6.1"); import "../dsl/mod.ts"
    const text = 'import { x } from "../dsl/mod.ts"; Deno.args';
    const dated = event.Date(1); const name = profile.name;`,
  "engine/arm64/hardware/breakpoint.ts":
    `import { DBGBCR } from "../registers/dbgbcr.ts"; const kvm = /"/.test(x);`,
  "engine/arm64/registers/dbgbcr.ts": `export const DBGBCR = 1;`,
  "engine/arm64/kvm/numbering.ts": `import "../hardware/breakpoint.ts";
    const text = \`no such register in linux-6.120 or xlinux-6.1\`;`,
  "engine/arm64/profiles/linux_6_1.ts":
    `import "../kvm/numbering.ts"; if (profile.name === "linux-6.1") {}`,
  "engine/arm64/numbering_test.ts":
    `import { assert } from "@std/assert"; Deno.test("linux-6.1", () => {});`,
  "engine/explore/search.ts":
    `new Worker(new URL("./worker.ts", import.meta.url)); Date.now();`,
  "engine/explore/worker.ts": `import "../machine.ts";`,
  "report/document.ts": `export const SCHEMA = 1;`,
  "report/record.ts": `import { run } from "../dsl/mod.ts";`,
  "page/main.tsx": `import { render } from "preact";
    import { SCHEMA } from "../report/document.ts";
    const text = <p title="import './x.ts'">it's import "../dsl/mod.ts"</p>;`,
  "playground/main.tsx": `import { EditorView } from "@codemirror/view";
    import { Page } from "../page/main.tsx"; import "../cli/main.ts";`,
  "offline/std/colors.ts": `import styles from "ansi-styles";`,
  "offline/flags.ts":
    `import config from "../deno.json" with { type: "json" };`,
  "tools/compile.ts": `import { ask } from "../offline/probe.ts";`,
  "tools/eager.ts": `import { parse } from "acorn";`,
  "tests/engine_test.ts": `import { x } from "../engine/machine.ts";
    import importMap from "../offline/import_map.json" with { type: "json" };
    import fc from "fast-check"; import jsTokens from "js-tokens";
    if (profile.name === "linux-6.1") {}`,
  "bench/step_bench.ts": `import { x } from "../engine/machine.ts";`,
};

/** One file changed or added, the rule that it breaks, and where. */
const BROKEN: readonly [rule: string, path: string, text: string][] = [
  ["arrow", "engine/machine.ts", `import { run } from "../dsl/mod.ts";`],
  ["arrow", "engine/machine.ts", `import type { R } from "../repl/mod.ts";`],
  ["arrow", "engine/machine.ts", `export * from "../cli/main.ts";`],
  ["arrow", "engine/machine.ts", `const m = await import("../dsl/mod.ts");`],
  ["arrow", "engine/machine.ts", "await import(`../dsl/mod.ts`);"],
  ["arrow", "engine/machine.ts", `let x: import("../dsl/mod.ts").Ast;`],
  ["arrow", "engine/machine.ts", `import "../mod.ts";`],
  [
    "arrow",
    "engine/explore/search.ts",
    `new Worker(new URL("../../dsl/worker.ts", import.meta.url));`,
  ],
  ["arrow", "engine/arm64/a_test.ts", `import "../../dsl/mod.ts";`],
  ["arrow", "dsl/mod.ts", `import "../cli/main.ts";`],
  ["arrow", "dsl/mod.ts", `import "../repl/mod.ts";`],
  ["arrow", "repl/mod.ts", `import "../cli/main.ts";`],
  ["arrow", "cli/main.ts", `import "../mod.ts";`],
  ["arrow", "cli/main.ts", `import "../tests/source_files.ts";`],
  ["arrow", "dsl/mod.ts", `import "../tools/compile.ts";`],
  ["arrow", "page/main.tsx", `import { run } from "../dsl/mod.ts"; <p />;`],
  ["arrow", "page/main.tsx", `import "../report/record.ts";`],
  ["arrow", "report/record.ts", `import "../page/main.tsx";`],
  ["arrow", "dsl/mod.ts", `import "../report/document.ts";`],
  ["arrow", "page/main.tsx", `import "../playground/main.tsx";`],
  ["arrow", "cli/main.ts", `import "../page/main.tsx";`],
  ["page-package", "dsl/mod.ts", `import "@codemirror/state";`],
  ["page-package", "report/record.ts", `import { h } from "preact";`],
  ["page-package", "cli/main.ts", `import { useState } from "preact/hooks";`],
  ["engine-door", "dsl/mod.ts", `import "../engine/machine.ts";`],
  ["engine-door", "repl/mod.ts", `import "../engine/events.ts";`],
  ["engine-door", "cli/main.ts", `export * from "../engine/machine.ts";`],
  ["engine-door", "mod.ts", `import type { M } from "./engine/machine.ts";`],
  ["literal-import", "engine/machine.ts", "await import(`../${x}/mod.ts`);"],
  ["literal-import", "cli/main.ts", `await import(path);`],
  ["literal-import", "cli/main.ts", `await import("../dsl/" + path);`],
  [
    "hardware-kvm",
    "engine/arm64/hardware/breakpoint.ts",
    `import "../kvm/numbering.ts";`,
  ],
  [
    "hardware-kvm",
    "engine/arm64/hardware/breakpoint.ts",
    `import type { T } from "../../x86/kvm/dr.ts";`,
  ],
  [
    "hardware-kvm",
    "engine/arm64/registers/dbgbcr.ts",
    `export * from "../kvm/numbering.ts";`,
  ],
  ["profile-named", "engine/machine.ts", `const k = "linux-6.12";`],
  ["profile-named", "engine/machine.ts", "const k = `on linux-4.9: ${x}`;"],
  ["profile-named", "engine/machine.ts", "const k = `${x} since linux-7.2`;"],
  [
    "profile-named",
    "engine/machine.ts",
    `const DEFAULT = 1; const k = { "bennee-v2": 1 };`,
  ],
  ["profile-compared", "engine/machine.ts", `if (profile.name === x) {}`],
  ["profile-compared", "engine/machine.ts", `if (x !== vm.profile.name) {}`],
  ["profile-compared", "engine/machine.ts", `if (x == profile?.name) {}`],
  ["profile-compared", "dsl/mod.ts", `if (kernel === "kiszka-2008") {}`],
  ["profile-compared", "cli/main.ts", `if ('reload-2016' !== kernel) {}`],
  ["profile-compared", "repl/mod.ts", `switch (vm.profile.name) {}`],
  ["profile-compared", "dsl/mod.ts", `switch (k) { case "linux-4.4": }`],
  ["engine-io", "engine/machine.ts", `console.log(1);`],
  ["engine-io", "engine/machine.ts", `Deno.readTextFileSync("x");`],
  ["engine-io", "engine/machine.ts", `globalThis.Deno.exit();`],
  ["engine-io", "engine/machine.ts", `await fetch("x");`],
  ["engine-io", "engine/machine.ts", `const now = Date.now();`],
  ["engine-io", "engine/machine.ts", `const now = new Date;`],
  ["engine-io", "engine/machine.ts", `const x = Math.random();`],
  ["engine-io", "engine/machine.ts", `new Worker(new URL("x.js", "y"));`],
  ["engine-io", "engine/machine.ts", `import fs from "node:fs";`],
  ["prints", "dsl/mod.ts", `console.error("x");`],
  ["prints", "mod.ts", `console.log("x");`],
  ["prints", "tests/a_test.ts", `console.log("x");`],
  ["engine-package", "engine/machine.ts", `import c from "chevrotain";`],
  ["tool-package", "cli/main.ts", `import { parse } from "acorn";`],
  ["test-package", "dsl/mod.ts", `import { assert } from "@std/assert";`],
  ["test-package", "engine/machine.ts", `import "@std/assert/equals";`],
  [
    "stand-in",
    "cli/main.ts",
    `import { bold } from "../offline/std/colors.ts";`,
  ],
  ["stand-in", "tests/a_test.ts", `import "../offline/std/assert.ts";`],
  ["stand-in", "cli/main.ts", `import styles from "ansi-styles";`],
  ["named-package", "cli/main.ts", `import c from "npm:chevrotain@13.2.0";`],
  ["named-package", "dsl/mod.ts", `import "https://example.com/x.ts";`],
  ["cycle", "engine/machine.ts", `import "./mod.ts";`],
  ["cycle", "engine/machine.ts", `import type { M } from "./machine.ts";`],
  [
    "cycle",
    "engine/arm64/registers/dbgbcr.ts",
    `export type { F } from "../hardware/breakpoint.ts";`,
  ],
  ["cycle", "page/main.tsx", `import "./main.tsx";`],
  ["cycle", "dsl/mod.ts", `export * from "../cli/main.ts";`],
  ["cycle", "repl/mod.ts", `await import("../cli/main.ts");`],
  ["grab-bag", "engine/utils.ts", ``],
  ["grab-bag", "dsl/helpers.ts", ``],
  ["grab-bag", "cli/misc.ts", ``],
  ["grab-bag", "engine/common/word.ts", ``],
  ["layout", "src/machine.ts", ``],
];

Deno.test("architecture: the sound example breaks no rule", () => {
  assertEquals(violations(new Map(Object.entries(SOUND))), []);
});

for (const [rule, path, text] of BROKEN) {
  Deno.test(`architecture: ${rule}, ${path}: ${text}`, () => {
    const files = new Map(Object.entries({ ...SOUND, [path]: text }));
    const found = violations(files);
    assert(found.length > 0, "nothing was found");
    assert(
      found.some((violation) => violation.rule === rule),
      `another rule was found broken: ${JSON.stringify(found)}`,
    );
  });
}

Deno.test("architecture: a violation says where and what", () => {
  const files = { ...SOUND, "dsl/mod.ts": `\n\nimport "../cli/limit.ts";` };
  assertEquals(violations(new Map(Object.entries(files))), [{
    rule: "arrow",
    where: "dsl/mod.ts:3",
    what: "dsl imports cli/limit.ts",
  }]);
});

Deno.test("architecture: the chain from hardware/ to kvm/ is named", () => {
  const files = {
    ...SOUND,
    "engine/arm64/registers/dbgbcr.ts": `import "../kvm/os_lock.ts";`,
    "engine/arm64/kvm/os_lock.ts": "",
  };
  assertEquals(violations(new Map(Object.entries(files))), [{
    rule: "hardware-kvm",
    where: "engine/arm64/hardware/breakpoint.ts:1",
    what: "imports kvm/: engine/arm64/hardware/breakpoint.ts -> " +
      "engine/arm64/registers/dbgbcr.ts -> engine/arm64/kvm/os_lock.ts",
  }]);
});

Deno.test("architecture: files that import each other are named together", () => {
  const files = {
    ...SOUND,
    "engine/arm64/registers/dbgbcr.ts": `import "../../machine.ts";`,
    "engine/arm64/hardware/breakpoint.ts":
      `import "../registers/dbgbcr.ts"; import "../../machine.ts";`,
  };
  assertEquals(violations(new Map(Object.entries(files))), [{
    rule: "cycle",
    where: "engine/arm64/hardware/breakpoint.ts:1",
    what: "import each other: engine/arm64/hardware/breakpoint.ts, " +
      "engine/arm64/registers/dbgbcr.ts, engine/machine.ts",
  }]);
});

Deno.test("architecture: a worker makes no cycle", () => {
  const path = "engine/explore/worker.ts";
  const files = { ...SOUND, [path]: `import "./search.ts";` };
  const found = violations(new Map(Object.entries(files)));
  assertEquals(found.filter(({ rule }) => rule === "cycle"), []);
});

Deno.test("architecture: the source keeps to its layers", async () => {
  const files = await sourceFiles((path) => /\.tsx?$/.test(path));
  assert(files.has("tests/architecture.ts"), "this very folder was not read");
  assertEquals(
    violations(files).map(({ rule, where, what }) =>
      `${where}: ${rule}: ${what}`
    ),
    [],
  );
});
