/**
 * The repository tests itself: what a person would otherwise repeat in review.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import denoConfig from "../deno.json" with { type: "json" };
import importMap from "../offline/import_map.json" with { type: "json" };
import { sourceFiles } from "./source_files.ts";

/** A rule over one file: what is wrong in it, a line each. */
type Rule = (file: { path: string; text: string }) => string[];

/** Lines that match, as `path:line: text`. */
function linesThat(pattern: RegExp): Rule {
  return ({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []
    );
}

/** What is wrong where `holds` is false. */
function each(
  holds: (file: { path: string; text: string }) => boolean,
): Rule {
  return (file) => holds(file) ? [] : [file.path];
}

/** Only where `path` matches. */
function where(pattern: RegExp, rule: Rule): Rule {
  return (file) => pattern.test(file.path) ? rule(file) : [];
}

/** Names in capitals that the world expects. */
const CAPITALS = /^(README|LICENSE|CHANGELOG|CONTRIBUTING)(\.md)?$/;

/** The checks, each with a file that breaks it and one that does not. */
const RULES: readonly {
  readonly name: string;
  readonly rule: Rule;
  readonly bad: readonly [path: string, text: string];
  readonly good: readonly [path: string, text: string];
}[] = [
  {
    name: "no path of one person's machine",
    // In pieces, so that this file does not break its own rule.
    rule: linesThat(
      new RegExp(
        [
          "/wor" + "k/",
          // But for what a machine may provide, which .ci/run looks for.
          "\\.\\./shar" + "ed(?!/tools/denort$)",
          "/hom" + "e/\\w",
        ].join("|"),
      ),
    ),
    bad: ["docs/a.md", "see ../shar" + "ed/b.md\n"],
    good: ["docs/a.md", "network/shared work/\n"],
  },
  {
    name: "lines end in LF",
    rule: each(({ text }) => !text.includes("\r")),
    bad: ["docs/a.md", "a\r\n"],
    good: ["docs/a.md", "a\n"],
  },
  {
    name: "a file ends in one line end",
    rule: each(({ text }) => text === "" || /[^\n]\n$/.test(text)),
    bad: ["docs/a.md", "a\n\n"],
    good: ["docs/a.md", "a\n"],
  },
  {
    name: "no spaces at the end of a line",
    rule: where(/\.(tsx?|css|dregs|json|md)$|^\.ci\//, linesThat(/[ \t]$/)),
    bad: ["scenarios/a.dregs", "run \n"],
    good: ["scenarios/a.dregs", "run\n"],
  },
  {
    name: "file names are snake_case",
    rule: where(
      /\.tsx?$/,
      each(({ path }) =>
        path.split("/").every((name) => /^[a-z0-9_]+(\.tsx?)?$/.test(name))
      ),
    ),
    bad: ["engine/hostDebug.ts", ""],
    good: ["engine/arm64/host_debug.ts", ""],
  },
  {
    name: "scenario and document names have no spaces or capitals",
    rule: where(
      /\.(dregs|md|jsonl)$/,
      each(({ path }) =>
        path.split("/").every((name) =>
          /^[a-z0-9_.-]+$/.test(name) || CAPITALS.test(name)
        )
      ),
    ),
    bad: ["scenarios/My Case.dregs", ""],
    good: ["scenarios/arm64/README.md", ""],
  },
  {
    name: "every module says first what it is",
    rule: where(
      // A test's name and its file's name say it.
      /(?<!_test)\.tsx?$/,
      each(({ text }) => /^(#!.*\n)?\s*(\/\*\*|\/\/)/.test(text)),
    ),
    bad: ["dsl/parser.ts", "export const a = 1;\n"],
    good: ["dsl/parser.ts", "/** Shape only. */\nexport const a = 1;\n"],
  },
  {
    name:
      "a source file has 500 lines at most, unless it says that it is a data table",
    rule: where(
      /\.tsx?$/,
      each(({ text }) =>
        text.split("\n").length <= 501 ||
        /data table/.test(text.slice(0, text.indexOf("*/")))
      ),
    ),
    bad: ["engine/a.ts", `/** Rules. */\n${"f();\n".repeat(500)}`],
    good: ["engine/a.ts", `/** A data table. */\n${"f();\n".repeat(600)}`],
  },
  {
    name: "no test is left alone or left out for good",
    rule: where(
      /\.ts$/,
      linesThat(/\bDeno\.test\.(only|ignore)\(|\bonly: true/),
    ),
    bad: ["tests/a_test.ts", "Deno.test.on" + 'ly("a", f);\n'],
    good: ["tests/a_test.ts", 'Deno.test("a", f);\n'],
  },
  {
    name: "no work is left as a note in a comment",
    rule: where(/\.(tsx?|dregs)$/, linesThat(/\b(TO[D]O|FIX[M]E|XX[X])\b/)),
    bad: ["dsl/parser.ts", "// TO" + "DO: the rest\n"],
    good: ["dsl/parser.ts", "// The rest is in build.ts.\n"],
  },
];

for (const { name, rule, bad, good } of RULES) {
  Deno.test(`tidy: ${name}`, async (t) => {
    await t.step("is seen to fail", () => {
      const [path, text] = bad;
      assert(rule({ path, text }).length > 0);
    });
    await t.step("is seen to hold", () => {
      const [path, text] = good;
      assertEquals(rule({ path, text }), []);
    });
    await t.step("holds here", async () => {
      const files = await sourceFiles(isOurText);
      assert(files.size > 0);
      assertEquals(
        [...files].flatMap(([path, text]) => rule({ path, text })),
        [],
      );
    });
  });
}

/** The part of a lock file that is about npm. */
interface NpmLock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, { readonly integrity: string }>>;
}

/** Text that somebody wrote here: no recording, no snapshot, no lock. */
function isOurText(path: string): boolean {
  return !/^tests\/recordings\/|\.snap$|\.lock$|\.(png|svg|gz)$/.test(path);
}

Deno.test("tidy: the files that every repository has are there", async () => {
  const files = await sourceFiles((path) => !path.includes("/"));
  for (const name of ["README.md", "LICENSE", "CONTRIBUTING.md"]) {
    assert(files.has(name), `${name} is missing`);
  }
  const changelog = files.get("CHANGELOG.md") ?? "";
  assert(/^## \[Unreleased\]$/m.test(changelog), "no [Unreleased] section");
  assert(files.get("LICENSE")?.startsWith("MIT License"));
});

Deno.test("tidy: the README's commands are those of .ci/run", async () => {
  const files = await sourceFiles((path) =>
    ["README.md", ".ci/run", "CONTRIBUTING.md"].includes(path)
  );
  const versions = [...files].flatMap(([path, text]) =>
    [...text.matchAll(/(?:deno@|^version=)(\d+\.\d+\.\d+)/gm)].map((match) =>
      `${path}: ${match[1]}`
    )
  );
  assert(versions.some((version) => version.startsWith("README.md")));
  assert(versions.some((version) => version.startsWith(".ci/run")));
  assertEquals(new Set(versions.map((line) => line.split(" ")[1])).size, 1);
});

Deno.test("tidy: dependencies have exact versions", () => {
  for (const [name, specifier] of Object.entries(denoConfig.imports)) {
    assert(
      /^(npm|jsr):(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+(\/[\w-]+)?$/.test(specifier),
      `${name} is ${specifier}`,
    );
  }
});

Deno.test("tidy: offline/'s import map has what deno.json has", () => {
  const npm = (imports: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(imports).filter(([, to]) => to.startsWith("npm:")),
    );
  assertEquals(npm(importMap.imports), npm(denoConfig.imports));
});

Deno.test("tidy: offline/'s lock has what its import map has", async () => {
  const lock: NpmLock = JSON.parse(
    await Deno.readTextFile(new URL("../offline/deno.lock", import.meta.url)),
  );
  assertEquals(
    Object.keys(lock.specifiers).sort(),
    [
      ...new Set(
        Object.values(importMap.imports).flatMap((to) =>
          // A part of a package, such as `/node`, is not in the lock.
          /^npm:(?:@[^/]+\/)?[^/]+/.exec(to) ?? []
        ),
      ),
    ].sort(),
  );
  for (const [name, { integrity }] of Object.entries(lock.npm)) {
    assert(/^sha512-/.test(integrity), `${name} has no hash`);
  }
});
