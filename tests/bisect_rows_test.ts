/**
 * `dregs bisect` on the scenario of each row of history names the row, and only sets of changes that make the
 * difference.
 */
import { assert, assertEquals } from "@std/assert";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { runFile } from "../dsl/run/scenario.ts";
import type { File } from "../dsl/syntax/lines.ts";
import { ARCH_NAMES, architecture, type ArchName } from "../engine/mod.ts";
import { sourceFiles } from "./source_files.ts";

const PATH = /^scenarios\/(arm64|x86)\/history\/(\w+)\.dregs$/;

const FILES = await sourceFiles((path) => PATH.test(path));

interface Trial {
  readonly kernel: string;
  readonly outcome: string;
}

interface Found {
  readonly good: Trial;
  readonly bad: Trial;
  readonly sets: readonly {
    readonly changes: readonly {
      readonly action: "apply" | "revert";
      readonly change: { readonly name: string };
    }[];
    readonly mended: Trial;
    readonly counter: Trial | null;
  }[];
}

interface Bisected {
  readonly name: string;
  readonly arch: ArchName;
  readonly vendor: string | null;
  readonly heldTo: string;
  readonly bisections: readonly Found[];
}

async function bisect(path: string, text: string): Promise<Bisected[]> {
  const io = new MemoryIo({ files: { [path]: text }, under: denoIo() });
  const args = ["bisect", "--format", "json", "--tries", "200", path];
  assertEquals(await main(args, io), 0, io.stdout + io.stderr);
  return JSON.parse(io.stdout).bisected;
}

function fileOf(name: string, text: string): File {
  const loaded = load({ name, text }, {
    reader: pathReader(() => undefined),
    limits: limitsOf(LIMIT_DEFAULT),
  });
  assert(loaded.ok);
  return loaded.file;
}

/** Runs a scenario under a kernel, without anything that bisect keeps. */
function ran(
  file: File,
  { name, vendor, heldTo }: Bisected,
  profile: string,
): string {
  const results = [...runFile(file, {
    profile,
    ...(vendor !== null && { vendor }),
    heldTo,
    filter: name,
    trace: false,
    limit: LIMIT_DEFAULT,
  })];
  const { status } = results.find((result) => result.name === name)!;
  return { passed: "holds", failed: "fails" }[status as string] ?? status;
}

/** The kernel with one change of a set undone, if there is one. */
function without(
  arch: ArchName,
  kernel: string,
  { action, change }: Found["sets"][number]["changes"][number],
): string | undefined {
  const word = `${action === "apply" ? "with" : "without"} ${change.name}`;
  assert(kernel.includes(` ${word}`), `${kernel}: ${word}`);
  const rest = kernel.replace(` ${word}`, "");
  return architecture(arch)!.kernel(rest).ok ? rest : undefined;
}

for (const [path, text] of FILES) {
  const [, arch, base] = PATH.exec(path)!;
  const row = base.replaceAll("_", "-");
  Deno.test(`${path}: bisect names ${row}, and each set flips the verdict`, async () => {
    const file = fileOf(path, text);
    const all = await bisect(path, text);
    const named = new Set<string>();
    for (const one of all) {
      assertEquals(one.arch, arch);
      for (const { good, bad, sets } of one.bisections) {
        assertEquals(ran(file, one, good.kernel), "holds", good.kernel);
        assertEquals(ran(file, one, bad.kernel), "fails", bad.kernel);
        for (const { changes, mended, counter } of sets) {
          for (const { change } of changes) named.add(change.name);
          assertEquals(mended.outcome, "holds");
          assertEquals(ran(file, one, mended.kernel), "holds", mended.kernel);
          for (const change of changes) {
            const rest = without(one.arch, mended.kernel, change);
            if (rest === undefined) continue;
            assert(ran(file, one, rest) !== "holds", `${rest} holds too`);
          }
          if (counter === null || counter.outcome === "unresolved") continue;
          assertEquals(ran(file, one, counter.kernel), counter.outcome);
        }
      }
    }
    assert(named.has(row), [...named].join(", "));
  });
}

Deno.test("bisect: every row has a scenario that is bisected", () => {
  const paths = ARCH_NAMES.flatMap((arch) =>
    architecture(arch)!.changes().map(({ name }) =>
      `scenarios/${arch}/history/${name.replaceAll("-", "_")}.dregs`
    )
  );
  assertEquals([...FILES.keys()].toSorted(), paths.toSorted());
});
