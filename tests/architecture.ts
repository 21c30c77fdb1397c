/**
 * The layering of the source as rules over its files: which module may import
 * which, what the engine may not touch, and where a kernel may be named.
 *
 * @module
 */

import { posix } from "node:path";
import {
  type Import,
  imports,
  isText,
  unquoted,
  type Word,
  words,
} from "./source_words.ts";

/** The files to check: path from the root, `/` between, and text. */
export type Files = ReadonlyMap<string, string>;

/** One broken rule, where. */
export interface Violation {
  readonly rule: string;
  /** `path:line`, the line 1-based. */
  readonly where: string;
  readonly what: string;
}

/** The kernels that can be chosen, as `kernel NAME` has it. */
const PROFILES = [
  "bennee-v2",
  "bennee-v3",
  "watanabe-v7",
  "linux-6.1",
  "linux-6.12",
  "linux-7.2",
  "kiszka-2008",
  "linux-4.4",
  "reload-2016",
  "linux-4.9",
];

/**
 * What each part may import of the others: the whole part, or one file of it.
 * The arrows point one way: `cli -> repl, lsp -> dsl -> engine`.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  dsl: ["engine/mod.ts", "engine/explore/mod.ts"],
  conform: ["engine/mod.ts"],
  editors: [],
  export: ["conform", "dsl", "engine/mod.ts"],
  repl: ["dsl", "engine/mod.ts"],
  lsp: ["dsl", "engine/mod.ts", "engine/explore/mod.ts"],
  report: ["dsl", "engine/mod.ts"],
  // What runs in a browser knows the document, and nothing that made it.
  page: ["report/document.ts", "report/pack.ts"],
  playground: ["page", "report", "cli", "lsp", "dsl", "engine/mod.ts"],
  cli: [
    "repl",
    "lsp",
    "report",
    "dsl",
    "conform/mod.ts",
    "export",
    "engine/mod.ts",
    "engine/explore/mod.ts",
  ],
  "mod.ts": [
    "cli",
    "repl",
    "lsp",
    "dsl",
    "conform/mod.ts",
    "engine/mod.ts",
    "engine/explore/mod.ts",
  ],
  offline: [],
  tools: [
    "mod.ts",
    "cli",
    "repl",
    "lsp",
    "dsl",
    "conform",
    "export",
    "report",
    "engine",
    "offline",
  ],
  bench: [
    "mod.ts",
    "cli",
    "repl",
    "lsp",
    "dsl",
    "conform",
    "engine",
    "tests",
    "tools",
  ],
  tests: [
    "mod.ts",
    "cli",
    "repl",
    "lsp",
    "dsl",
    "conform",
    "export",
    "report",
    "page",
    "playground",
    "engine",
    "bench",
    "tools",
  ],
};

/** Bare names that only the stand-ins for @std use. */
const OF_STAND_INS = [
  "ansi-styles",
  "diff",
  "fast-equals",
  "get-east-asian-width",
  "strip-ansi",
];

/** Bare names that only tests and benchmarks use. */
const OF_TESTS = [
  "@std/assert",
  "ajv",
  "axe-core",
  "fast-check",
  "js-tokens",
  "puppeteer-core",
];

/** Bare names that only what runs in a browser uses. */
const OF_PAGES = [
  "preact",
  "@codemirror/autocomplete",
  "@codemirror/commands",
  "@codemirror/lint",
  "@codemirror/state",
  "@codemirror/view",
];

/** The parts that run in a browser. */
const PAGES = ["page", "playground"];

/** Bare names that only tools use: they change programs, or draw. */
const OF_TOOLS = [
  "@viz-js/viz",
  "acorn",
  "acorn-walk",
  "magic-string",
  "railroad-diagrams",
];

/** Names under which anything could be put. */
const GRAB_BAG =
  /(^|\/)(utils?|helpers?|misc|common|shared|stuff)(_test)?(\.ts$|\/)/;

/** The parts that print; the others return what is to be printed. */
const PRINTS = ["cli", "repl", "offline", "tools", "bench"];

/** A name that reaches outside the program, or is not the same twice. */
const OUTSIDE = new Set([
  "Deno",
  "Bun",
  "process",
  "console",
  "fetch",
  "WebSocket",
  "EventSource",
  "Worker",
  "BroadcastChannel",
  "localStorage",
  "sessionStorage",
  "caches",
  "navigator",
  "prompt",
  "alert",
  "confirm",
  "setTimeout",
  "setInterval",
  "Date",
  "performance",
  "crypto",
]);

const EQUALITY = new Set(["==", "===", "!=", "!=="]);

/** The part of the layout that a path is of: its first folder, or the file. */
function partOf(path: string): string {
  return path.split("/", 1)[0]!;
}

/** The path that a relative specifier means, from the root. */
function resolve(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier);
}

/** Whether the file runs only under `deno test` or `deno bench`. */
function isTest(path: string): boolean {
  return /_(test|bench)\.ts$/.test(path) ||
    ["tests", "bench"].includes(partOf(path));
}

/** The package that a bare specifier names, without the path in it. */
function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

/** A profile's name in a text, as a word of its own. */
function namedProfile(text: string): string | undefined {
  return PROFILES.find((name) => {
    const quoted = name.replaceAll(".", "\\.");
    return new RegExp(`(?<![\\w.-])${quoted}(?![\\w-]|\\.\\d)`).test(text);
  });
}

/** Whether the file is one of the profiles, or lists them. */
function isProfile(path: string): boolean {
  return path.split("/").includes("profiles");
}

type Report = (line: number, rule: string, what: string) => void;

/** The arrows, one import at a time. */
function checkImport(
  path: string,
  { specifier, line }: Import,
  report: Report,
): void {
  if (specifier === undefined) {
    report(line, "literal-import", "imports what only running it tells");
    return;
  }
  const part = partOf(path);
  if (!/^\.{0,2}\//.test(specifier)) {
    checkPackage(path, specifier, (rule, what) => report(line, rule, what));
    return;
  }
  const target = resolve(path, specifier);
  const targetPart = partOf(target);
  // deno.json is read where the tasks are; data is no layer.
  const isData = !/\.tsx?$/.test(target);
  if (targetPart !== part && !isData) {
    const allowed = MAY_IMPORT[part] ?? [];
    if (!allowed.includes(targetPart) && !allowed.includes(target)) {
      const isEngine = targetPart === "engine" &&
        allowed.includes("engine/mod.ts");
      report(
        line,
        isEngine ? "engine-door" : "arrow",
        isEngine
          ? `imports ${target}, and not engine/mod.ts`
          : `${part} imports ${target}`,
      );
    }
  }
  const mayStandIn = part === "offline" || part === "tools" || isData;
  if (!mayStandIn && targetPart === "offline") {
    report(line, "stand-in", `imports ${target} past @std/`);
  }
}

/** What comes from outside the project. */
function checkPackage(
  path: string,
  specifier: string,
  report: (rule: string, what: string) => void,
): void {
  const part = partOf(path);
  const name = packageOf(specifier);
  if (/^(npm|jsr|https?|file|data):/.test(specifier)) {
    report("named-package", `imports ${specifier} past deno.json's imports`);
  }
  if (specifier.startsWith("node:")) {
    const isEngine = part === "engine" && !isTest(path) &&
      !path.startsWith("engine/explore/");
    if (isEngine) report("engine-io", `imports ${specifier}`);
    return;
  }
  if (OF_STAND_INS.includes(name) && part !== "offline") {
    report("stand-in", `imports ${name}, which offline/ alone does`);
  }
  if (OF_TESTS.includes(name) && !isTest(path)) {
    report("test-package", `imports ${name}, which tests alone do`);
  }
  if (OF_TOOLS.includes(name) && part !== "tools") {
    report("tool-package", `imports ${name}, which tools alone do`);
  }
  if (OF_PAGES.includes(name) && !PAGES.includes(part)) {
    report("page-package", `imports ${name}, which pages alone do`);
  }
  if (part === "engine" && !isTest(path) && !OF_TESTS.includes(name)) {
    report("engine-package", `imports ${name}: the engine needs no package`);
  }
}

/** The engine does no input or output, and has no clock and no chance. */
function checkOutside(
  path: string,
  tokens: readonly Word[],
  report: Report,
): void {
  if (
    partOf(path) !== "engine" || isTest(path) ||
    path.startsWith("engine/explore/")
  ) return;
  for (const [index, word] of tokens.entries()) {
    const [before, after] = [tokens[index - 1], tokens[index + 1]];
    if (word.value === "Math" && tokens[index + 2]?.value === "random") {
      report(word.line, "engine-io", "uses Math.random");
    }
    if (word.type !== "IdentifierName" || !OUTSIDE.has(word.value)) continue;
    const isMember = before?.value === "." || before?.value === "?.";
    const isGlobal = isMember && tokens[index - 2]?.value === "globalThis";
    const isUsed = before?.value === "new" ||
      [".", "?.", "(", "["].includes(after?.value ?? "");
    if ((!isMember || isGlobal) && isUsed) {
      report(word.line, "engine-io", `uses ${word.value}`);
    }
  }
}

/** Who prints is decided at the edge, so that a test sees what is printed. */
function checkPrinting(
  path: string,
  tokens: readonly Word[],
  report: Report,
): void {
  if (PRINTS.includes(partOf(path))) return;
  for (const [index, word] of tokens.entries()) {
    const [before, after] = [tokens[index - 1], tokens[index + 1]];
    const isGlobal = before?.value !== "." && before?.value !== "?.";
    if (word.value === "console" && isGlobal && after?.value === ".") {
      report(word.line, "prints", `prints, and ${partOf(path)} does not`);
    }
  }
}

/** A kernel is its file in profiles/: named there, and compared nowhere. */
function checkProfileNames(
  path: string,
  tokens: readonly Word[],
  report: Report,
): void {
  if (isProfile(path) || isTest(path) || partOf(path) === "tools") return;
  let inDefault = false;
  for (const [index, word] of tokens.entries()) {
    const [before, after] = [tokens[index - 1], tokens[index + 1]];
    if (before?.value === "const") inDefault = /DEFAULT/.test(word.value);
    if (word.value === ";") inDefault = false;
    const isCompared = EQUALITY.has(before?.value ?? "") ||
      EQUALITY.has(after?.value ?? "") || before?.value === "case";
    if (isText(word)) {
      const name = namedProfile(unquoted(word));
      if (name && isCompared) {
        report(word.line, "profile-compared", `compares with ${name}`);
      } else if (name && partOf(path) === "engine" && !inDefault) {
        report(word.line, "profile-named", `names ${name}`);
      }
    }
    const owner = tokens[index - 2]?.value ?? "";
    const isName = word.value === "name" && /^\??\.$/.test(before?.value ?? "");
    if (isName && /(profile|kernel)$/i.test(owner)) {
      const left = beforeChain(tokens, index);
      const isSwitch = left?.value === "(" && after?.value === ")" &&
        tokens[tokens.indexOf(left) - 1]?.value === "switch";
      if (
        EQUALITY.has(after?.value ?? "") || EQUALITY.has(left?.value ?? "") ||
        isSwitch
      ) {
        report(word.line, "profile-compared", `compares ${owner}.name`);
      }
    }
  }
}

/** The token before `a.b.c`, given the place of `c`. */
function beforeChain(tokens: readonly Word[], last: number): Word | undefined {
  let index = last;
  while (/^\??\.$/.test(tokens[index - 1]?.value ?? "")) index -= 2;
  return tokens[index - 1];
}

/** Every path that can be reached from `start` through imports. */
function reachable(
  graph: ReadonlyMap<string, readonly string[]>,
  start: string,
): Map<string, string> {
  /** Each path with the one that imports it. */
  const seenFrom = new Map<string, string>([[start, start]]);
  const queue = [start];
  for (const path of queue) {
    for (const target of graph.get(path) ?? []) {
      if (seenFrom.has(target)) continue;
      seenFrom.set(target, path);
      queue.push(target);
    }
  }
  return seenFrom;
}

/** What the hardware does is the same under every hypervisor. */
function checkHardware(
  graph: ReadonlyMap<string, readonly string[]>,
): Violation[] {
  const isHardware = (path: string) =>
    partOf(path) === "engine" && path.includes("/hardware/");
  return [...graph.keys()].filter(isHardware).flatMap((path) => {
    const from = reachable(graph, path);
    const target = [...from.keys()].find((name) =>
      name.startsWith("engine/") && name.includes("/kvm/")
    );
    if (!target) return [];
    const chain = [target];
    while (chain[0] !== path) chain.unshift(from.get(chain[0]!)!);
    const what = `imports kvm/: ${chain.join(" -> ")}`;
    return [{ rule: "hardware-kvm", where: `${path}:1`, what }];
  });
}

/** Files that import each other, each set of them once. */
function checkCycles(
  graph: ReadonlyMap<string, readonly string[]>,
): Violation[] {
  const found: Violation[] = [];
  const told = new Set<string>();
  for (const path of [...graph.keys()].sort()) {
    if (told.has(path)) continue;
    const circle = [...reachable(graph, path).keys()].filter((other) =>
      other !== path && reachable(graph, other).has(path)
    );
    const importsItself = graph.get(path)!.includes(path);
    if (circle.length === 0 && !importsItself) continue;
    for (const other of circle) told.add(other);
    const what = `import each other: ${[path, ...circle].sort().join(", ")}`;
    found.push({ rule: "cycle", where: `${path}:1`, what });
  }
  return found;
}

/**
 * Every broken rule of the files, in the order of the files.
 *
 * @param files every `.ts` and `.tsx` file of the project, by path from its root
 */
export function violations(files: Files): Violation[] {
  const result: Violation[] = [];
  const graph = new Map<string, string[]>();
  /** The same, of static imports. */
  const loaded = new Map<string, string[]>();
  for (const [path, text] of files) {
    const report: Report = (line, rule, what) =>
      result.push({ rule, where: `${path}:${line}`, what });
    if (!Object.hasOwn(MAY_IMPORT, partOf(path))) {
      report(1, "layout", `${partOf(path)} is no part of the layout`);
    }
    if (GRAB_BAG.test(path)) report(1, "grab-bag", "is named for anything");
    const tokens = words(text, path.endsWith(".tsx"));
    const found = imports(tokens);
    const targets = (list: readonly Import[]) =>
      list.flatMap(({ specifier }) =>
        specifier?.startsWith(".") ? [resolve(path, specifier)] : []
      );
    graph.set(path, targets(found));
    loaded.set(
      path,
      targets(found.filter(({ isSameProgram }) => isSameProgram)),
    );
    for (const one of found) checkImport(path, one, report);
    checkOutside(path, tokens, report);
    checkPrinting(path, tokens, report);
    checkProfileNames(path, tokens, report);
  }
  return [...result, ...checkHardware(graph), ...checkCycles(loaded)];
}
