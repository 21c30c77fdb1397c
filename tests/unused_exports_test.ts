/** Every name that a file exports is used: in that file, or by a file that imports it. */
import { assertEquals } from "@std/assert";
import { posix } from "node:path";
import { sourceFiles } from "./source_files.ts";

/** Texts by path. */
type Files = ReadonlyMap<string, string>;

/** Names that each file imports or passes on, by the path that they come from; `*` for all. */
function importedNames(files: Files): Map<string, Set<string>> {
  const result = new Map<string, Set<string>>();
  const add = (from: string, specifier: string, names: string[]) => {
    if (!specifier.startsWith(".")) return;
    const path = posix.join(posix.dirname(from), specifier);
    const known = result.get(path) ?? new Set();
    for (const name of names) known.add(name);
    result.set(path, known);
  };
  const list = (text: string) =>
    text.split(",").map((part) =>
      part.trim().replace(/^type /, "").split(/\s+as\s+/)[0]
    );
  for (const [path, text] of files) {
    for (
      const [, names, specifier] of text.matchAll(
        /\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*"([^"]+)"/g,
      )
    ) add(path, specifier, list(names));
    for (
      const [, specifier] of text.matchAll(
        /\b(?:import|export)\s+(?:type\s+)?\*(?:\s+as\s+\w+)?\s+from\s*"([^"]+)"/g,
      )
    ) add(path, specifier, ["*"]);
    // const { a, b: c } = await import("./x.ts"), and import("./x.ts").T.
    for (
      const [, names, , specifier] of text.matchAll(
        /\{([^{}=]*)\}\s*=\s*(await\s+)?import\(\s*"([^"]+)",?\s*\)/g,
      )
    ) add(path, specifier, list(names.replace(/:\s*\w+/g, "")));
    for (
      const [, specifier] of text.matchAll(/\bimport\(\s*"([^"]+)",?\s*\)/g)
    ) {
      if (
        !new RegExp(`\\}\\s*=\\s*await\\s+import\\(\\s*"${specifier}`).test(
          text,
        )
      ) {
        add(path, specifier, ["*"]);
      }
    }
  }
  return result;
}

/** `path: name` of each export that nothing uses. */
function unusedExports(files: Files): string[] {
  const imported = importedNames(files);
  const result: string[] = [];
  for (const [path, text] of files) {
    const used = imported.get(path) ?? new Set();
    if (used.has("*")) continue;
    for (
      const [, name] of text.matchAll(
        /^export (?:async |abstract )*(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm,
      )
    ) {
      const times = text.match(new RegExp(`\\b${name}\\b`, "g"))!.length;
      if (!used.has(name) && times === 1) result.push(`${path}: ${name}`);
    }
  }
  return result;
}

const USED: readonly [string, string][] = [
  [
    "a.ts",
    `export const one = 1;\nexport type Two = 2;\nexport function f() {}`,
  ],
  ["b.ts", `import { one, type Two as Other } from "./a.ts";\none as Other;`],
  ["c.ts", `const { f } = await import("./a.ts");`],
];

Deno.test("unused exports: an import of any form is a use", () => {
  assertEquals(unusedExports(new Map(USED)), []);
});

Deno.test("unused exports: a name that is used elsewhere under the same name is found", () => {
  const files = new Map([...USED, ["d.ts", `export const one = 1;`] as const]);
  assertEquals(unusedExports(files), ["d.ts: one"]);
});

Deno.test("unused exports: there are none", async () => {
  // offline/ has what @std has, and an editor calls what its extension exports.
  const files = await sourceFiles((path) =>
    /\.tsx?$/.test(path) && !/^(offline|editors)\//.test(path)
  );
  assertEquals(unusedExports(files), []);
});
