/**
 * Searches a block with one choice of values, under one kernel.
 *
 * @module
 */
import type { Coverage, Found, Reductions } from "../../engine/mod.ts";
import type { Exploration } from "../../dsl/explore/exploration.ts";
import type { Instance } from "../../dsl/explore/model.ts";
import { covers } from "../../dsl/resolve/kernel_terms.ts";
import { FileProblem, type Io } from "../io.ts";
import { alsoBroken, knownJudge } from "./beyond.ts";
import { digestOf } from "./digest.ts";
import { type ExploreOptions, WALK_STEPS } from "./options.ts";
import { driven } from "./progress.ts";
import type { Threads } from "./threads.ts";
import { triedBy } from "./tried.ts";
import type { Verdict } from "./verdict.ts";
import type { Recipe } from "./worker.ts";

/** The kernel and vendor that are asked for, instead of the block's own where given. */
export interface UnderKernel {
  readonly profile: string | undefined;
  readonly vendor: string | undefined;
}

/** States from which on workers are worth their start, and steps of random schedules. */
const HAND_OVER_STATES = 200_000;
const HAND_OVER_STEPS = 200_000;

function reductionsOf({ without }: ExploreOptions): Reductions {
  const has = (name: string) => !without.has(name) && !without.has("all");
  return {
    pairs: has("pairs"),
    transactions: has("transactions"),
    symmetry: has("symmetry"),
    slots: has("slots"),
    rest: has("rest"),
  };
}

/** What was reduced, as phrases. */
function phrases({ reductions, order, symmetries }: Found): string[] {
  const phrases: string[] = [];
  if (reductions.pairs) {
    phrases.push("pairwise proof: every vCPU state against every CPU state");
  }
  if (reductions.transactions) {
    phrases.push(
      order === "owner"
        ? "partial order: while a vCPU is loaded, only its steps"
        : "partial order: from load to put one step",
    );
  }
  const renamed = [
    ...(reductions.symmetry ? ["vCPUs and CPUs"] : []),
    ...(reductions.slots ? ["breakpoint slots"] : []),
  ].join(", ");
  if (renamed !== "") {
    const count = symmetries === 1 ? "1 symmetry" : `${symmetries} symmetries`;
    phrases.push(`${count} of ${renamed}`);
  }
  if (reductions.rest) phrases.push("values that nothing reads again");
  return phrases;
}

/** Workers for one choice of values, not started; undefined for one thread. */
async function threadsFor(
  exploration: Exploration,
  { choices }: Instance,
  { profile, vendor }: UnderKernel,
  { workers, limit }: ExploreOptions,
): Promise<Threads<Recipe> | undefined> {
  if (workers === 1) return undefined;
  const { Threads } = await import("./threads.ts");
  const { WORKER_URL } = await import("./worker.ts");
  const recipe = { exploration, profile, vendor, limit, choices };
  return new Threads(workers, WORKER_URL, recipe);
}

/** Searches one choice of values, under the kernel that was asked for, if one was. */
export async function searched(
  exploration: Exploration,
  instance: Instance,
  asked: UnderKernel,
  options: ExploreOptions,
  io: Io,
): Promise<Verdict> {
  const { kernelWithVendor } = await import("../../engine/mod.ts");
  const { searchSteps, simulate } = await import("../../engine/explore/mod.ts");
  const { brokenNames, noticedKind, scheduleLines } = await import(
    "../../dsl/explore/schedule.ts"
  );
  const { explained } = await import("../../dsl/explore/explain/mod.ts");
  const { scenarioText } = await import("../../dsl/explore/scenario.ts");
  const { kernelChoice, arch } = instance.session;
  const { profile, vendor } = kernelChoice;
  const begun = performance.now();
  const label = `${exploration.name} on ${kernelWithVendor(profile, vendor)}`;
  const reductions = reductionsOf(options);
  const threads = await threadsFor(
    exploration,
    instance,
    asked,
    options,
  );
  const count = threads?.count ?? 1;
  const known = [
    ...instance.known,
    ...options.except.filter((one) =>
      one.arch === arch.name && covers(one.on ?? [], instance.session.heldTo)
    ),
  ];
  const beyond = known.length > 0
    ? await knownJudge(instance, known)
    : undefined;
  const bounds = {
    statesMax: instance.statesMax ?? Infinity,
    depthMax: instance.depthMax ?? Infinity,
    bytesMax: options.bytesMax,
  };
  let found: Found | undefined;
  let seed: number | undefined;
  let random: { schedules: number; steps: number } | undefined;
  let coverage: Coverage;
  try {
    if (options.simulate === undefined) {
      const searching = beyond
        ? searchSteps({ ...instance.model, acceptsFailures: true }, {
          reductions,
          bounds,
          judge: beyond.judge,
        })
        : searchSteps(instance.model, {
          reductions,
          bounds,
          handOver: { threads: count, states: HAND_OVER_STATES },
        });
      found = await driven(searching, label, io, threads);
      ({ coverage } = found);
    } else {
      const walking = simulate(instance.model, {
        schedules: options.simulate,
        seed: options.seed,
        stepsMax: instance.depthMax ?? WALK_STEPS,
        rest: reductions.rest,
        handOver: { threads: count, steps: HAND_OVER_STEPS },
      });
      const simulated = await driven(walking, label, io, threads);
      ({ found, seed, coverage } = simulated);
      random = simulated;
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "WorkerFailed") throw error;
    throw new FileProblem(exploration.file.source.name, error.message);
  } finally {
    threads?.close();
  }
  if (threads?.problem !== undefined) {
    io.err(
      `dregs explore: searched in one thread instead of ${count}: ${threads.problem}\n`,
    );
  }
  const broken = found?.broken;
  const more = found && broken && !random
    ? await alsoBroken(
      instance,
      found,
      known,
      { reductions, bounds },
      options.all,
    )
    : undefined;
  const wasStopped = random !== undefined && !broken &&
    random.schedules < options.simulate!;
  const randomBound = wasStopped ? "stopped" : "random";
  const bound = random ? randomBound : found?.bound ?? null;
  const outcome = broken
    ? "broken"
    : found?.complete && !random
    ? "holds"
    : "unfinished";
  return {
    name: exploration.name,
    source: exploration.file.source.name,
    digest: digestOf(exploration),
    arch: arch.name,
    kernel: profile,
    vendor: vendor ?? null,
    outcome,
    bound,
    ...found?.breaks && { breaks: true },
    method: random ? "random" : found!.reductions.pairs ? "pairs" : "states",
    states: random?.schedules ?? found!.states,
    transitions: random?.steps ?? found!.transitions,
    depth: found?.depth ?? 0,
    bytes: found?.bytes ?? 0,
    seconds: (performance.now() - begun) / 1000,
    choices: 1,
    choicesDone: bound === "stopped" ? 0 : 1,
    reduced: found && !random ? phrases(found) : [],
    broken: found ? brokenNames(instance, found) : [],
    noticed: found && noticedKind(found) || null,
    choice: Object.fromEntries(
      broken
        ? [...instance.choices].map(([name, value]) => [name, `${value}`])
        : [],
    ),
    seed: seed ?? null,
    schedule: broken ? scheduleLines(instance, found!.schedule) : [],
    leftOut: broken ? found!.leftOut : 0,
    explanation: broken ? explained(instance, found!) : [],
    also: more?.also ?? [],
    alsoStates: more?.statesMax ?? null,
    known: beyond?.met ?? [],
    scenario: broken ? scenarioText(exploration, instance, found!) : null,
    notes: instance.session.profile.notes,
    ...await triedBy(
      exploration,
      instance,
      coverage,
      outcome,
      beyond?.met ?? [],
    ),
  };
}
