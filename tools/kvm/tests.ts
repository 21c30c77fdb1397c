/**
 * Scenarios as exported C programs on the emulated machine: their KTAP beside what the model says of each check.
 *
 * @module
 */
import { recorderBesideSource } from "../../cli/recorder_texts.ts";
import { denoIo } from "../../cli/io.ts";
import { cProgram } from "../../export/c_program.ts";
import { type RecordedCase, verdicts } from "../../export/mod.ts";
import { type BootPlan, bootWith } from "./boot.ts";
import {
  canPerform,
  exported,
  fileName,
  leftOutText,
  type ModelledKernel,
  pathsOf,
} from "./cases.ts";
import { compileStatic } from "./compile.ts";
import { compareKtap, type KtapVerdict } from "./ktap.ts";
import type { EmulatedMachine } from "./machines.ts";

/** How the programs of a campaign did. */
export interface TestTally {
  readonly differ: number;
  /** For the summary. */
  readonly text: string;
}

/** A scenario as a program. */
interface Program {
  /** Of its own in the campaign; also of its files. */
  readonly name: string;
  readonly made: RecordedCase;
  readonly source: string;
  /** What the model says of each check, or why it says nothing. */
  readonly expected: readonly boolean[] | string;
}

/** The scenarios for a machine, under the kernel that is booted. */
function casesFor(
  machine: EmulatedMachine,
  kernel: ModelledKernel,
  path: string,
  text: string,
): readonly RecordedCase[] {
  const own = new Map(exported(path, text).map((one) => [one.name, one]));
  return exported(path, text, kernel).filter((one) => {
    // A scenario for one vendor says nothing of the other's KVM.
    const vendor = own.get(one.name)?.vendor;
    return one.arch === machine.arch && one.checks.length > 0 &&
      one.vcpus <= 3 && vendor === machine.vendor;
  });
}

/** The programs of scenarios for a machine, and the names of those that it cannot perform. */
export async function programs(
  machine: EmulatedMachine,
  files: readonly string[],
  profile: string,
): Promise<{
  readonly programs: readonly Program[];
  readonly leftOut: readonly string[];
}> {
  const texts = new Map(Object.entries(recorderBesideSource(denoIo())));
  const kernel = { profile, vendor: machine.vendor };
  const { model, counts } = machine;
  const all: Program[] = [];
  const leftOut: string[] = [];
  for (const operand of files) {
    for (const path of await pathsOf(operand)) {
      if (!path.endsWith(".dregs")) continue;
      const text = await Deno.readTextFile(path);
      for (const made of casesFor(machine, kernel, path, text)) {
        if (!canPerform(machine, made.steps)) {
          leftOut.push(made.name);
          continue;
        }
        const number = String(all.length).padStart(4, "0");
        all.push({
          name: `${number}-${fileName(made.name).slice(0, 80)}`,
          made,
          source: cProgram(made, texts),
          expected: verdicts(made, { ...kernel, model, counts }),
        });
      }
    }
  }
  return { programs: all, leftOut };
}

async function readText(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(path).catch(() => undefined);
}

/** What the program printed in an earlier campaign, if it is the same program. */
async function kept(
  folder: string,
  { name, source }: Program,
): Promise<string | undefined> {
  return await readText(`${folder}/${name}.c`) === source
    ? await readText(`${folder}/${name}.ktap`)
    : undefined;
}

async function keep(
  folder: string,
  { name, source }: Program,
  ktap: string,
): Promise<void> {
  await Deno.writeTextFile(`${folder}/${name}.ktap`, ktap);
  // Last: without it the rest counts for nothing.
  await Deno.writeTextFile(`${folder}/${name}.c`, source);
}

async function compiled(
  { machine, work }: BootPlan,
  { name, source }: Program,
): Promise<readonly [string, Uint8Array]> {
  const file = `${work}/test.c`;
  await Deno.writeTextFile(file, source);
  const isQuick = true;
  return [
    name,
    await compileStatic(machine.compiler, [file], `${work}/test`, isQuick),
  ];
}

/** Runs programs, in as many boots as it takes, and keeps what each printed. */
async function runAll(
  plan: BootPlan,
  all: readonly Program[],
  folder: string,
  onProgress: (done: number) => void,
): Promise<ReadonlyMap<string, string>> {
  const said = new Map<string, string>();
  for (const one of all) {
    const ktap = await kept(folder, one);
    if (ktap !== undefined) said.set(one.name, ktap);
  }
  const tried = new Set<string>();
  let waiting = all.filter(({ name }) => !said.has(name));
  while (waiting.length > 0) {
    const batch = waiting.slice(0, plan.machine.programsPerBoot);
    const before = said.size;
    onProgress(before);
    const binaries = [];
    for (const one of batch) binaries.push(await compiled(plan, one));
    const result = await bootWith(plan, "", binaries, (text) => {
      onProgress(before + (text.match(/^# status /gm)?.length ?? 0));
      return Promise.resolve();
    });
    const set = async (one: Program, ktap: string): Promise<void> => {
      said.set(one.name, ktap);
      await keep(folder, one, ktap);
    };
    for (const one of batch) {
      const ktap = result.tests.get(one.name);
      if (ktap !== undefined && /^# status /m.test(ktap)) await set(one, ktap);
    }
    waiting = waiting.filter(({ name }) => !said.has(name));
    if (result.isComplete && said.size > before) continue;
    const [first, ...rest] = waiting;
    if (first === undefined) break;
    // An emulated machine can end by chance.
    if (!tried.has(first.name)) {
      tried.add(first.name);
      continue;
    }
    await set(first, `# the emulated machine ended in it: ${result.said}\n`);
    waiting = rest;
  }
  return said;
}

/**
 * Runs the exported programs of scenarios.
 *
 * @param profile the model's name of the kernel that is booted
 */
export async function runTests(
  plan: BootPlan,
  files: readonly string[],
  folder: string,
  profile: string,
  onProgress: (done: number, total: number) => void,
): Promise<TestTally> {
  const { machine } = plan;
  const { programs: all, leftOut } = await programs(machine, files, profile);
  const without = leftOutText(machine, "programs", leftOut);
  if (without !== undefined) console.log(without);
  await Deno.mkdir(folder, { recursive: true });
  const said = await runAll(plan, all, folder, (done) => {
    onProgress(done, all.length);
  });
  const tally: Record<KtapVerdict["kind"], number> = {
    agrees: 0,
    differs: 0,
    skipped: 0,
  };
  let checks = 0;
  let passed = 0;
  for (const { name, made, expected } of all) {
    const ktap = said.get(name) ?? "";
    const verdict = compareKtap(ktap, made.checks, expected);
    tally[verdict.kind]++;
    if (verdict.kind === "agrees") {
      checks += made.checks.length;
      if (/^# status 0$/m.test(ktap)) passed++;
      continue;
    }
    console.log(
      `kvm-${machine.name}: ${made.source}: ${made.name}: ${verdict.why}`,
    );
  }
  const { agrees, differs, skipped } = tally;
  const text = `${all.length} exported programs: ${agrees} agree with the ` +
    `model (${passed} pass, ${checks} checks), ${differs} differ, ${skipped} skipped`;
  return { differ: differs, text };
}
