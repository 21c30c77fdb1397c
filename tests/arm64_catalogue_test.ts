/**
 * The catalogue: every scenario passes under its own kernel, those of arm64 under every kernel, and each
 * `expect` is one that a scenario can fail.
 */
import { assert, assertEquals } from "@std/assert";
import type { File } from "../dsl/ast.ts";
import { engineVocabulary } from "../dsl/engine_vocabulary.ts";
import { runFile } from "../dsl/interpreter.ts";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { architecture } from "../engine/mod.ts";
import {
  expectStatements,
  negations,
  replaced,
} from "./negated_expectation.ts";
import { sourceFiles } from "./source_files.ts";

const VOCABULARY = engineVocabulary();
const SCENARIOS = await sourceFiles((path) =>
  path.startsWith("scenarios/") && path.endsWith(".dregs")
);
const ARM64 = architecture("arm64")!.profiles.map(({ name }) => name);

function fileOf(path: string): File {
  const loaded = load({ name: path, text: SCENARIOS.get(path)! }, {
    vocabulary: VOCABULARY,
    reader: pathReader((name) => SCENARIOS.get(name)),
    limits: limitsOf(LIMIT_DEFAULT),
  });
  assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
  return loaded.file;
}

/** Names of the scenarios that did not pass, with what failed first. */
function failed(file: File, profile: string | undefined): string[] {
  const settings = {
    profile,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  };
  return [...runFile(file, settings)].flatMap(({ name, failures }) =>
    failures.length === 0
      ? []
      : [`${name}: ${renderDiagnostics([failures[0].diagnostic])}`]
  );
}

/** True if some scenario of the file fails. */
function fails(file: File, profile: string | undefined): boolean {
  const settings = {
    profile,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  };
  for (const { status } of runFile(file, settings)) {
    if (status === "failed") return true;
  }
  return false;
}

Deno.test("the catalogue: there are scenarios", () => {
  assert(SCENARIOS.size > 100);
});

for (const path of SCENARIOS.keys()) {
  Deno.test(`${path} passes`, () => {
    assertEquals(failed(fileOf(path), undefined), []);
  });
}

for (const path of SCENARIOS.keys()) {
  if (!path.startsWith("scenarios/arm64/")) continue;

  Deno.test(`${path} says first what it shows, with its rules`, () => {
    const comment = /^(#.*\n)+/.exec(SCENARIOS.get(path)!);
    assert(comment, "no comment at the beginning");
    assert(/\barm64:[A-Z]\d*/.test(comment[0]), "the comment names no rule");
  });

  Deno.test(`${path} passes under every kernel`, () => {
    const file = fileOf(path);
    for (const profile of ARM64) {
      assertEquals(failed(file, profile), [], profile);
    }
  });

  Deno.test(`${path} fails if any expectation is negated`, () => {
    const file = fileOf(path);
    const unnoticed: string[] = [];
    for (const was of expectStatements(file.statements)) {
      const { expectation, on, span } = was;
      const profiles = on.length === 0
        ? [undefined]
        : on.map(({ text }) => text);
      for (const negation of negations(expectation)) {
        const negated = {
          ...file,
          statements: replaced(file.statements, {
            was,
            by: { ...was, expectation: negation },
          }),
        };
        if (profiles.some((profile) => fails(negated, profile))) continue;
        unnoticed.push(
          span.source.text.slice(span.start, span.end) + ` (${negation.kind})`,
        );
      }
    }
    assertEquals(unnoticed, []);
  });
}

Deno.test("arm64:E.3 the catalogue tells the kernels apart, each from each", () => {
  const pairs = new Set<string>();
  for (const path of SCENARIOS.keys()) {
    if (!path.startsWith("scenarios/arm64/")) continue;
    for (const { on } of expectStatements(fileOf(path).statements)) {
      if (on.length === 0) continue;
      const held = on.map(({ text }) => text);
      for (const one of held) {
        for (const other of ARM64) {
          if (!held.includes(other)) pairs.add([one, other].sort().join(" "));
        }
      }
    }
  }
  assertEquals(pairs.size, ARM64.length * (ARM64.length - 1) / 2);
});

Deno.test("the catalogue: each arm64 folder's README lists what is in it", async () => {
  const readmes = await sourceFiles((path) =>
    /^scenarios\/arm64\/.*README\.md$/.test(path)
  );
  const listed = [...readmes].flatMap(([path, text]) =>
    [...text.matchAll(/^\| \[[^\]]*\]\((\w+\.dregs)\)/gm)].map((match) =>
      path.replace("README.md", match[1])
    )
  );
  const there = [...SCENARIOS.keys()].filter((path) =>
    path.startsWith("scenarios/arm64/")
  );
  assertEquals(listed.sort(), there.sort());
});
