/**
 * A campaign: cases recorded on real kernels, and the recordings replayed on the model.
 *
 * @module
 */
import { recordedKernel } from "../../conform/kernel_release.ts";
import { campaignCases, leftOutText } from "./cases.ts";
import { CampaignError, needPrograms } from "./command.ts";
import { compileStatic, recorderSources } from "./compile.ts";
import type { BootPlan } from "./boot.ts";
import { findKernel, KEYRING, kvmModules } from "./kernels.ts";
import type { EmulatedMachine } from "./machines.ts";
import { progressBar } from "../progress.ts";
import { type Differing, shrinkAll } from "./shrink.ts";
import { runTests } from "./tests.ts";
import { verdictOf } from "./verdict.ts";
import { type CampaignCase, type Outcome, recordAll } from "./work.ts";

/** What a campaign is asked to do. */
export interface CampaignOptions {
  readonly machines: readonly EmulatedMachine[];
  /** Words for `findKernel()`. */
  readonly kernels: readonly string[];
  /** Random cases. */
  readonly cases: number;
  readonly seed: number;
  /** Exported programs are run too. */
  readonly withTests: boolean;
  /** Files are recorded as cases. */
  readonly recordsFiles: boolean;
  /** A folder that stays. */
  readonly keep: string;
  /** Random cases that differ are not shrunk. */
  readonly keepsLarge: boolean;
  /** What was recorded before is recorded again. */
  readonly isFresh: boolean;
  /** Recordings, cases, scenarios, folders of them. */
  readonly files: readonly string[];
}

interface Tally {
  agree: number;
  differ: number;
  notReplayed: number;
  notRecorded: number;
}

function casesText(
  { agree, differ, notReplayed, notRecorded }: Tally,
): string[] {
  const total = agree + differ + notReplayed + notRecorded;
  return total === 0 ? [] : [
    `${total} cases: ${agree} agree, ${differ} differ, ` +
    `${notRecorded} not recorded, ${notReplayed} not replayed`,
  ];
}

/** The machine ready to boot: kernel, modules and recorder. */
async function prepare(
  machine: EmulatedMachine,
  word: string,
  keep: string,
): Promise<{ plan: BootPlan; release: string }> {
  await needPrograms([
    "apt-get",
    "dpkg-deb",
    machine.compiler,
    ...machine.programs,
  ], [...machine.files, ...(word.includes("/") ? [] : [KEYRING])]);
  const work = await Deno.realPath(keep);
  const kernel = await findKernel(word, machine.debian, work);
  const folder = `${work}/boot/${machine.name}`;
  await Deno.mkdir(folder, { recursive: true });
  const recorder = await compileStatic(
    machine.compiler,
    await recorderSources(machine.arch),
    `${folder}/recorder`,
  );
  const plan = {
    machine,
    image: kernel.image,
    modules: await kvmModules(kernel, machine.modules),
    recorder,
    work: folder,
    cpu: await machine.cpu(),
  };
  return { plan, release: kernel.release };
}

/** The model's name of a release. */
function profileOf(release: string): string {
  const known = recordedKernel(release);
  if (known !== undefined) return known.profile;
  throw new CampaignError(
    `\`--tests\` needs a kernel of Debian's, whose release is known: ${release} is a path`,
  );
}

/** Says what became of each case, and counts. */
function judge(
  title: string,
  cases: readonly CampaignCase[],
  outcomes: ReadonlyMap<string, Outcome>,
  onDifference: (made: CampaignCase, recording: string) => void,
): Tally {
  const tally = { agree: 0, differ: 0, notReplayed: 0, notRecorded: 0 };
  for (const one of cases) {
    const outcome = outcomes.get(one.name);
    if (outcome?.kind !== "recorded") {
      tally.notRecorded++;
      console.log(`${title}: ${one.name}: not recorded: ${outcome?.why}`);
      continue;
    }
    const verdict = verdictOf(outcome.text);
    switch (verdict.kind) {
      case "agrees":
        tally.agree++;
        break;
      case "differs":
        tally.differ++;
        console.log(`${title}: ${one.name}: ${verdict.what}`);
        onDifference(one, outcome.text);
        break;
      case "not-replayed":
        tally.notReplayed++;
        console.log(`${title}: ${one.name}: not replayed: ${verdict.why}`);
        break;
      default:
        verdict satisfies never;
    }
  }
  return tally;
}

/** Runs a campaign. @returns the exit status */
export async function campaign(options: CampaignOptions): Promise<number> {
  const { machines, kernels, cases, seed, keep, files, withTests } = options;
  if (cases === 0 && files.length === 0) {
    throw new CampaignError(
      "nothing to record: name files, or `--cases N` for random cases",
    );
  }
  await Deno.mkdir(keep, { recursive: true });
  const summaries: string[] = [];
  let status = 0;
  for (const machine of machines) {
    const { cases: all, leftOut } = await campaignCases(machine, {
      cases,
      seed,
      files: options.recordsFiles ? files : [],
    });
    const without = leftOutText(machine, "cases", leftOut);
    if (without !== undefined) console.log(without);
    if (all.length === 0 && !withTests) continue;
    for (const word of kernels) {
      const { plan, release } = await prepare(machine, word, keep);
      const title = `kvm-${machine.name} ${release.replace(/-cloud.*/, "")}`;
      const folder = `${keep}/${machine.name}/${release.replaceAll("/", "_")}`;
      if (options.isFresh) {
        await Deno.remove(folder, { recursive: true }).catch(() => {});
      }
      const bar = progressBar(title, all.length);
      const outcomes = await recordAll(plan, all, folder, (n) => bar.show(n));
      bar.end();
      const differing: Differing[] = [];
      const tally = judge(title, all, outcomes, (made, recording) => {
        if (made.name.startsWith("random-")) {
          differing.push({ ...made, recording });
        }
      });
      if (!options.keepsLarge) {
        await shrinkAll(plan, differing, `${folder}/differences`);
      }
      const place = ` (${plan.cpu}${cases > 0 ? `, seed ${seed}` : ""})`;
      const said = casesText(tally);
      if (withTests) {
        const tests = progressBar(`${title} programs`, 0);
        const { differ, text } = await runTests(
          plan,
          files,
          `${folder}/tests`,
          profileOf(release),
          (done, total) => tests.show(done, total),
        );
        tests.end();
        said.push(text);
        if (differ > 0) status = 1;
      }
      if (tally.differ > 0) status = 1;
      if (tally.notReplayed > 0 && status === 0) status = 1;
      summaries.push(`${title}${place}: ${said.join("; ")}`);
    }
  }
  if (summaries.length === 0) {
    throw new CampaignError(
      `nothing was recorded: no file has a case that ${
        machines.map(({ name }) => `kvm-${name}`).join(" or ")
      } can perform`,
    );
  }
  for (const line of summaries) console.log(line);
  return status;
}
