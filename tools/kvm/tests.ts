/**
 * Scenarios as exported C programs on the emulated machine: their KTAP beside the model.
 *
 * @module
 */
import { cProgram } from "../../export/c_program.ts";
import { recorderBesideSource } from "../../cli/recorder_texts.ts";
import { denoIo } from "../../cli/io.ts";
import { type BootPlan, bootWith } from "./boot.ts";
import { canPerform, exported, fileName, pathsOf } from "./cases.ts";
import { compileStatic } from "./compile.ts";
import type { TestProgram } from "./work.ts";

/** How the programs of a campaign did. */
export interface TestTally {
  /** Programs of which all checks hold. */
  readonly agree: number;
  readonly differ: number;
  /** For the summary. */
  readonly text: string;
}

/** The programs of a boot: an initramfs holds them all. */
const PROGRAMS_PER_BOOT = 100;

async function programs(
  { machine, work }: BootPlan,
  files: readonly string[],
  profile: string | undefined,
): Promise<readonly TestProgram[]> {
  const texts = new Map(Object.entries(recorderBesideSource(denoIo())));
  const made: TestProgram[] = [];
  for (const operand of files) {
    for (const path of await pathsOf(operand)) {
      if (!path.endsWith(".dregs")) continue;
      const text = await Deno.readTextFile(path);
      for (const one of exported(path, text, profile)) {
        const isFor = one.arch === machine.arch &&
          (one.vendor ?? machine.vendor) === machine.vendor;
        if (!isFor || one.checks.length === 0 || one.vcpus > 3) continue;
        if (!canPerform(machine, one.steps)) continue;
        const name = `${String(made.length).padStart(4, "0")}-${
          fileName(one.name)
        }`;
        const source = `${work}/test.c`;
        await Deno.writeTextFile(source, cProgram(one, texts));
        made.push([
          name,
          await compileStatic(machine.compiler, [source], `${work}/test`),
        ]);
      }
    }
  }
  return made;
}

/** Runs the exported programs of scenarios, which expect what the kernel of that release does. */
export async function runTests(
  plan: BootPlan,
  files: readonly string[],
  folder: string,
  release: string,
): Promise<TestTally> {
  const series = /^\d+\.\d+/.exec(release)?.[0];
  const profile = series === undefined ? undefined : `linux-${series}`;
  const all = await programs(plan, files, profile);
  let agree = 0;
  let differ = 0;
  let skipped = 0;
  const said = new Map<string, string>();
  for (let from = 0; from < all.length; from += PROGRAMS_PER_BOOT) {
    const some = all.slice(from, from + PROGRAMS_PER_BOOT);
    const { tests } = await bootWith(plan, "", some, async () => {});
    for (const [name, text] of tests) said.set(name, text);
  }
  for (const [name] of all) {
    const text = said.get(name) ?? "";
    const status = /^# status (-?\d+)$/m.exec(text)?.[1];
    if (status === "0") agree++;
    else if (status === "4" || status === undefined) skipped++;
    else {
      differ++;
      const lines = text.split("\n").filter((line) =>
        line.startsWith("not ok")
      );
      console.log(`${plan.machine.name}: ${name}: ${lines.join("; ")}`);
    }
  }
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/tests.ktap`,
    [...said].map(([name, text]) => `# ${name}\n${text}`).join("\n"),
  );
  const text = `${all.length} exported programs: ${agree} pass, ` +
    `${differ} fail, ${skipped} skipped`;
  return { agree, differ, text };
}
