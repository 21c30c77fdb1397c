/**
 * The catalogue: every scenario passes under its own kernel and every other, and each `expect` is one that a
 * scenario can fail.
 */
import { assert, assertEquals } from "@std/assert";
import { Context } from "../dsl/resolve/context.ts";
import { covers, resolveKernels } from "../dsl/resolve/kernel_terms.ts";
import { vendorsOf } from "../dsl/vendors.ts";
import { Scope } from "../dsl/resolve/scope.ts";
import { outsideSituation } from "../dsl/run/live.ts";
import type { File, Line, LineOf } from "../dsl/syntax/lines.ts";
import { runFile } from "../dsl/run/scenario.ts";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { textOf } from "../dsl/source.ts";
import * as arm64 from "../engine/arm64/history/mod.ts";
import {
  ARCH_NAMES,
  architecture,
  type ArchName,
  BARE,
  type KernelInfo,
} from "../engine/mod.ts";
import * as x86 from "../engine/x86/history/mod.ts";
import {
  expectStatements,
  negations,
  replaced,
} from "./negated_expectation.ts";
import { sourceFiles } from "./source_files.ts";

const SCENARIOS = await sourceFiles((path) =>
  path.startsWith("scenarios/") && path.endsWith(".dregs") &&
  // What is to be searched, not run.
  !path.startsWith("scenarios/explore/")
);

function kernelsOf(arch: ArchName): string[] {
  return architecture(arch)!.profiles.map(({ name }) => name);
}

/**
 * Those, and every release and stable release at which behaviour changes, every kernel that has a name, and the machine
 * without a hypervisor.
 */
function allKernelsOf(arch: ArchName): string[] {
  const { distinctKernels, distinctStablePoints, namedKernels } = {
    arm64,
    x86,
  }[arch];
  return [
    ...new Set([
      ...kernelsOf(arch),
      ...distinctKernels(),
      ...distinctStablePoints(),
      ...namedKernels(),
      BARE,
    ]),
  ];
}

function kernelInfo(arch: ArchName, name: string): KernelInfo {
  const answer = architecture(arch)!.kernel(name);
  assert(answer.ok, answer.ok ? "" : answer.reason);
  return answer.info;
}

/** The vendors of an architecture; a single undefined if there is no choice. */
function vendors(arch: ArchName): readonly (string | undefined)[] {
  const all = vendorsOf(architecture(arch)!);
  return all.length === 0 ? [undefined] : all;
}

/** A kernel for a vendor; the scenario's own if undefined. */
interface Setting {
  readonly profile: string | undefined;
  readonly vendor: string | undefined;
}

/** Kernels, each for each vendor. */
function settingsOver(
  arch: ArchName,
  kernels: readonly string[],
): readonly Setting[] {
  return kernels.flatMap((profile) =>
    vendors(arch).map((vendor) => ({ profile, vendor }))
  );
}

/** Those of some kernels that are meant after `on`, and of which vendor; all if there is none. */
function kernelsOn(
  on: LineOf<"expect">["on"],
  arch: ArchName,
  kernels = kernelsOf(arch),
): readonly Setting[] {
  const c = new Context(architecture(arch)!, outsideSituation(new Scope()));
  const terms = resolveKernels(c, on);
  const isOfVendor = terms.some(({ vendor }) => vendor !== undefined);
  const settings = isOfVendor
    ? settingsOver(arch, kernels)
    : kernels.map((profile) => ({ profile, vendor: undefined }));
  return settings.filter(({ profile, vendor }) =>
    covers(terms, { ...kernelInfo(arch, profile!), vendor })
  );
}

/** Words for one of the vendors, in comments and in names of scenarios. */
const VENDOR_WORD = /\b(?:VMX|SVM|Intel|AMD|VMCS|VMCB)\b/i;

Deno.test("a scenario of one vendor says why, in a comment or in its name", () => {
  const silent: string[] = [];
  for (const [path, text] of SCENARIOS) {
    const lines = text.split("\n");
    const isExplained = lines.some((line) =>
      /^\s*#/.test(line) && VENDOR_WORD.test(line)
    );
    let name = "";
    for (const [at, line] of lines.entries()) {
      name = /^\s*scenario "(.*)"/.exec(line)?.[1] ?? name;
      const isOfOne = /^\s*require kernel .*\b(?:vmx|svm)\b/.test(line);
      if (!isOfOne || isExplained || VENDOR_WORD.test(name)) continue;
      silent.push(`${path}:${at + 1}`);
    }
  }
  assertEquals(silent, []);
});

/** The architecture whose folder a scenario is in. */
function archOf(path: string): ArchName {
  const arch = ARCH_NAMES.find((name) => path.startsWith(`scenarios/${name}/`));
  assert(arch, `${path} is in no architecture's folder`);
  return arch;
}

function fileOf(path: string): File {
  const loaded = load({ name: path, text: SCENARIOS.get(path)! }, {
    reader: pathReader((name) => SCENARIOS.get(name)),
    limits: limitsOf(LIMIT_DEFAULT),
  });
  assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
  return loaded.file;
}

/** The kernels that a file's own lines name. */
function kernelLines(lines: readonly Line[]): readonly string[] {
  return lines.flatMap((line) =>
    line.kind === "scenario"
      ? kernelLines(line.body.lines)
      : "resolved" in line && line.resolved?.kind === "kernel"
      ? [line.resolved.profile]
      : []
  );
}

/** Names of the scenarios that did not pass, with what failed first. */
function failed(file: File, setting: Setting): string[] {
  return [...runFile(file, settingsOf(setting))].flatMap(({ name, failures }) =>
    failures.length === 0
      ? []
      : [`${name}: ${renderDiagnostics([failures[0].diagnostic])}`]
  );
}

const ITS_OWN: Setting = { profile: undefined, vendor: undefined };

function settingsOf(setting: Setting) {
  return {
    ...setting,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  };
}

/** Names of scenarios that are skipped, with the reason. */
function skipped(file: File, setting: Setting): string[] {
  return [...runFile(file, settingsOf(setting))].flatMap(({ name, skip }) =>
    skip === undefined || skip.cause === "explore"
      ? []
      : [`${name}: ${skip.reason}`]
  );
}

/** Every `require`, in scenarios too. */
function requireLines(lines: readonly Line[]): readonly Line[] {
  return lines.flatMap((line) =>
    line.kind === "scenario" || line.kind === "for"
      ? requireLines(line.body.lines)
      : line.kind === "require"
      ? [line]
      : []
  );
}

/** True if some scenario of the file fails. */
function fails(file: File, setting: Setting): boolean {
  for (const { status } of runFile(file, settingsOf(setting))) {
    if (status === "failed") return true;
  }
  return false;
}

Deno.test("the catalogue: there are scenarios", () => {
  assert(SCENARIOS.size > 100);
});

for (const path of SCENARIOS.keys()) {
  Deno.test(`${path} passes`, () => {
    const file = fileOf(path);
    assertEquals(failed(file, ITS_OWN), []);
    // Under its own kernel it is asked.
    assertEquals(skipped(file, ITS_OWN), []);
  });
}

for (const path of SCENARIOS.keys()) {
  const arch = archOf(path);

  Deno.test(`${path} says first what it shows, with its rules`, () => {
    const comment = /^(#.*\n)+/.exec(SCENARIOS.get(path)!);
    assert(comment, "no comment at the beginning");
    assert(
      new RegExp(`\\b${arch}:[A-Z]\\d*`).test(comment[0]),
      "the comment names no rule",
    );
  });

  Deno.test(`${path} passes, or is skipped, under every kernel of each vendor`, () => {
    const file = fileOf(path);
    for (const setting of settingsOver(arch, allKernelsOf(arch))) {
      assertEquals(failed(file, setting), [], JSON.stringify(setting));
    }
  });

  Deno.test(`${path} is skipped under some kernel by each \`require\``, () => {
    const file = fileOf(path);
    const lines = requireLines(file.lines);
    if (lines.length === 0) return;
    const used = new Set(
      settingsOver(arch, allKernelsOf(arch)).flatMap((setting) =>
        [...runFile(file, settingsOf(setting))].map(({ skip }) => skip?.span)
      ),
    );
    for (const { span } of lines) {
      assert(used.has(span), textOf(span));
    }
  });

  Deno.test(`${path} fails if any expectation is negated`, () => {
    const file = fileOf(path);
    const unnoticed: string[] = [];
    for (const was of expectStatements(file.lines)) {
      const { expectation, on, span } = was;
      const settings = on.length === 0 ? [ITS_OWN] : kernelsOn(on, arch, [
        ...allKernelsOf(arch),
        ...kernelLines(file.lines),
      ]);
      for (const negation of negations(expectation)) {
        const negated = {
          ...file,
          lines: replaced(file.lines, {
            was,
            by: { ...was, expectation: negation, resolved: undefined },
          }),
        };
        if (settings.some((setting) => fails(negated, setting))) continue;
        unnoticed.push(
          span.source.text.slice(span.start, span.end) + ` (${negation.kind})`,
        );
      }
    }
    assertEquals(unnoticed, []);
  });
}

const INDEXES = await sourceFiles((path) =>
  /^scenarios\/\w+\/\w+\/README\.md$/.test(path)
);
for (const [path, text] of INDEXES) {
  Deno.test(`${path} lists each scenario of its folder once, and no other`, () => {
    const folder = path.slice(0, -"README.md".length);
    const names = [...SCENARIOS.keys()].filter((name) =>
      name.startsWith(folder)
    ).map((name) => name.slice(folder.length));
    const listed = [...text.matchAll(/\]\((\w+\.dregs)\)/g)].map(([, name]) =>
      name
    );
    assertEquals(listed.toSorted(), names.toSorted());
  });
}

for (const arch of ARCH_NAMES) {
  Deno.test(`the catalogue of ${arch} tells the kernels apart, each from each`, () => {
    const kernels = kernelsOf(arch);
    const pairs = new Set<string>();
    for (const path of SCENARIOS.keys()) {
      if (archOf(path) !== arch) continue;
      for (const { on } of expectStatements(fileOf(path).lines)) {
        if (on.length === 0) continue;
        const held = kernelsOn(on, arch).map(({ profile }) => profile!);
        for (const one of held) {
          for (const other of kernels) {
            if (!held.includes(other)) pairs.add([one, other].sort().join(" "));
          }
        }
      }
    }
    assertEquals(pairs.size, kernels.length * (kernels.length - 1) / 2);
  });
}

Deno.test("the catalogue: each folder's README lists what is in it", async () => {
  const readmes = await sourceFiles((path) =>
    /^scenarios\/\w+\/.*README\.md$/.test(path)
  );
  const listed = [...readmes].flatMap(([path, text]) =>
    [...text.matchAll(/^\| \[[^\]]*\]\((\w+\.dregs)\)/gm)].map((match) =>
      path.replace("README.md", match[1])
    )
  );
  const there = [...SCENARIOS.keys()].filter((path) =>
    readmes.has(path.replace(/[^/]*$/, "README.md"))
  );
  assert(there.length > 100);
  assertEquals(listed.sort(), there.sort());
});
