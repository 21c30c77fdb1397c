/**
 * `dregs explore`: searches every interleaving.
 *
 * @module
 */
import type { Found, Reductions } from "../engine/mod.ts";
import type { Exploration, Instance } from "../dsl/explore/model.ts";
import type { Page } from "../dsl/render/theme.ts";
import { withBuiltin } from "./builtin.ts";
import { errorTheme, pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import {
  type ExploreOptions,
  exploreOptions,
  OPTIONS,
  WALK_STEPS,
} from "./explore/options.ts";
import { driven } from "./explore/progress.ts";
import type { Threads } from "./explore/threads.ts";
import type { Recipe } from "./explore/worker.ts";
import { verdictText } from "./explore/text.ts";
import {
  type Document,
  isCutOff,
  joined,
  mergedVerdicts,
  SCHEMA,
  type Verdict,
} from "./explore/verdict.ts";
import { FileProblem, type Io } from "./io.ts";
import { kernels } from "./run.ts";
import { STDIN_NAME, texts } from "./texts.ts";

/** States from which on workers are worth their start, and steps of random schedules. */
const HAND_OVER_STATES = 200_000;
const HAND_OVER_STEPS = 200_000;

/** A verdict, and what is shown below it. */
interface Shown {
  readonly verdict: Verdict;
  readonly tables: readonly string[];
}

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
function phrases({ reductions, symmetries }: Found): string[] {
  const phrases: string[] = [];
  if (reductions.pairs) {
    phrases.push("each vCPU against all that a CPU can hold");
  }
  if (reductions.transactions) {
    phrases.push("partial order: from load to put one step");
  }
  const renamed = [
    ...(reductions.symmetry ? ["vCPUs and CPUs"] : []),
    ...(reductions.slots ? ["breakpoint slots"] : []),
  ].join(", ");
  if (renamed !== "") phrases.push(`${symmetries} symmetries of ${renamed}`);
  if (reductions.rest) phrases.push("values that nothing reads again");
  return phrases;
}

/** Workers for one choice of values, not started; undefined for one thread. */
async function threadsFor(
  exploration: Exploration,
  { choices }: Instance,
  profile: string | undefined,
  { workers, limit }: ExploreOptions,
): Promise<Threads<Recipe> | undefined> {
  if (workers === 1) return undefined;
  const { Threads } = await import("./explore/threads.ts");
  const { WORKER_URL } = await import("./explore/worker.ts");
  const recipe = { exploration, profile, limit, choices };
  return new Threads(workers, WORKER_URL, recipe);
}

/** Searches one choice of values, under the kernel that was asked for, if one was. */
async function searched(
  exploration: Exploration,
  instance: Instance,
  profileAsked: string | undefined,
  options: ExploreOptions,
  io: Io,
): Promise<Verdict> {
  const { searchSteps, simulate } = await import("../engine/mod.ts");
  const { brokenNames, scenarioText, scheduleLines } = await import(
    "../dsl/explore/schedule.ts"
  );
  const { kernelChoice, arch } = instance.session;
  const { profile, vendor } = kernelChoice;
  const begun = performance.now();
  const label = `${exploration.name} on ${profile}`;
  const reductions = reductionsOf(options);
  const threads = await threadsFor(
    exploration,
    instance,
    profileAsked,
    options,
  );
  const count = threads?.count ?? 1;
  let found: Found | undefined;
  let seed: number | undefined;
  let random: { schedules: number; steps: number } | undefined;
  try {
    if (options.simulate === undefined) {
      const bounds = {
        statesMax: instance.statesMax ?? Infinity,
        depthMax: instance.depthMax ?? Infinity,
        bytesMax: options.bytesMax,
      };
      const searching = searchSteps(instance.model, {
        reductions,
        bounds,
        handOver: { threads: count, states: HAND_OVER_STATES },
      });
      found = await driven(searching, label, io, threads);
    } else {
      const walking = simulate(instance.model, {
        schedules: options.simulate,
        seed: options.seed,
        stepsMax: instance.depthMax ?? WALK_STEPS,
        rest: reductions.rest,
        handOver: { threads: count, steps: HAND_OVER_STEPS },
      });
      const simulated = await driven(walking, label, io, threads);
      ({ found, seed } = simulated);
      random = simulated;
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "WorkerFailed") throw error;
    throw new FileProblem(exploration.file.source.name, error.message);
  } finally {
    threads?.close();
  }
  if (threads?.problem !== undefined) {
    io.err(`dregs explore: one thread, not ${count}: ${threads.problem}\n`);
  }
  const broken = found?.broken;
  const wasStopped = random !== undefined && !broken &&
    random.schedules < options.simulate!;
  const randomBound = wasStopped ? "stopped" : "random";
  const bound = random ? randomBound : found?.bound ?? null;
  return {
    name: exploration.name,
    source: exploration.file.source.name,
    arch: arch.name,
    kernel: profile,
    vendor: vendor ?? null,
    outcome: broken
      ? "broken"
      : found?.complete && !random
      ? "holds"
      : "unfinished",
    bound,
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
    choice: Object.fromEntries(
      broken
        ? [...instance.choices].map(([name, value]) => [name, `${value}`])
        : [],
    ),
    seed: seed ?? null,
    schedule: broken ? scheduleLines(instance, found!.schedule) : [],
    scenario: broken ? scenarioText(exploration, instance, found!) : null,
  };
}

/** The tables at the step that breaks something: the scenario is run to its end. */
async function tablesOf(
  verdict: Verdict,
  page: Page,
  io: Io,
): Promise<string[]> {
  if (verdict.scenario === null) return [];
  const { loadText } = await import("./loading.ts");
  const { runFile } = await import("../dsl/run/scenario.ts");
  const { renderOutput } = await import("../dsl/render/scenario.ts");
  const { LIMIT_DEFAULT } = await import("../dsl/limits.ts");
  const vcpu = /vCPU (\d+)/.exec(verdict.schedule.at(-1)?.who ?? "")?.[1] ??
    "0";
  const cpu = /CPU (\d+)$/.exec(verdict.schedule.at(-1)?.who ?? "")?.[1] ?? "0";
  const show = `show guest@${vcpu} user@${vcpu} hw@${vcpu} cpu@${cpu}`;
  const source = { name: "schedule", text: `${verdict.scenario}${show}\n` };
  const loaded = loadText(source, LIMIT_DEFAULT, io);
  if (!loaded.ok) return [];
  const [result] = runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  });
  return result.outputs.flatMap((output) =>
    renderOutput(output, result.profile, page)
  );
}

/** Searches a block under one kernel: all choices of its shard. */
async function verdictOn(
  exploration: Exploration,
  profile: string | undefined,
  options: ExploreOptions,
  io: Io,
): Promise<Verdict | undefined> {
  const { compile } = await import("../dsl/explore/model.ts");
  const { limit, shard } = options;
  const compiled = compile(exploration, { profile, limit });
  if (!compiled.ok) {
    const { renderDiagnostics } = await import("../dsl/render.ts");
    io.err(renderDiagnostics(compiled.diagnostics, await errorTheme(io)));
    return undefined;
  }
  const { instances } = compiled;
  const mine = instances.filter((_, at) => at % shard.of === shard.part - 1);
  const verdicts: Verdict[] = [];
  for (const instance of mine) {
    const verdict = await searched(
      exploration,
      instance,
      profile,
      options,
      io,
    );
    verdicts.push(verdict);
    if (isStopped(verdict)) break;
  }
  const choices = instances.length;
  if (verdicts.length === 0) {
    return emptyVerdict(exploration, instances[0], choices);
  }
  const verdict = { ...joined(verdicts), choices };
  const missing = mine.length - verdicts.length;
  return missing > 0 && verdict.outcome === "holds"
    ? { ...verdict, outcome: "unfinished", bound: "stopped" }
    : verdict;
}

/** A shard to which no choice fell. */
function emptyVerdict(
  { name, file }: Exploration,
  { session, arch }: Instance,
  choices: number,
): Verdict {
  const { profile, vendor } = session.kernelChoice;
  return {
    name,
    source: file.source.name,
    arch: arch.name,
    kernel: profile,
    vendor: vendor ?? null,
    outcome: "holds",
    bound: null,
    method: "states",
    states: 0,
    transitions: 0,
    depth: 0,
    bytes: 0,
    seconds: 0,
    choices,
    choicesDone: 0,
    reduced: [],
    broken: [],
    choice: {},
    seed: null,
    schedule: [],
    scenario: null,
  };
}

/** Whether the user stopped the search. */
function isStopped({ bound }: Verdict): boolean {
  return bound === "stopped";
}

/** Whether a text was named itself, not found in a folder. */
function isOperand(name: string, operands: readonly string[]): boolean {
  return operands.includes(name) || name === STDIN_NAME;
}

/** Searches blocks one after the other, under each kernel, until the user stops it. */
async function searchBlocks(
  found: readonly Exploration[],
  options: ExploreOptions,
  profiles: readonly (string | undefined)[],
  page: Page,
  io: Io,
): Promise<Shown[] | undefined> {
  const { compile } = await import("../dsl/explore/model.ts");
  const shown: Shown[] = [];
  for (const exploration of found) {
    for (const profile of profiles) {
      if (profile !== undefined) {
        const compiled = compile(exploration, {
          profile: undefined,
          limit: options.limit,
        });
        const arch = compiled.ok ? compiled.instances[0].arch : undefined;
        if (arch && !arch.profiles.some(({ name }) => name === profile)) {
          if (options.kernels.includes(profile)) {
            io.err(
              `${exploration.name} is for ${arch.name}, and ${profile} is not\n`,
            );
          }
          continue;
        }
        // What comes before the block may be for some kernels only.
        const { limit } = options;
        const there = compile(exploration, { profile, limit });
        const why = there.ok ? undefined : there.diagnostics[0];
        if (why?.code === "refused" || why?.code === "expectation") {
          io.err(
            `${exploration.name} on ${profile}: no search: ${why.message}\n`,
          );
          continue;
        }
      }
      const verdict = await verdictOn(exploration, profile, options, io);
      if (verdict === undefined) return undefined;
      const tables = options.format === "text"
        ? await tablesOf(verdict, page, io)
        : [];
      shown.push({ verdict, tables });
      if (options.format === "text") {
        io.out(verdictText(verdict, page, tables));
      }
      if (isStopped(verdict)) return shown;
    }
  }
  return shown;
}

function documentOf(
  { shard }: ExploreOptions,
  verdicts: readonly Verdict[],
): Document {
  return {
    schema: SCHEMA,
    shard: shard.of === 1 ? null : `${shard.part}/${shard.of}`,
    verdicts,
  };
}

function readDocument(path: string, io: Io): Document {
  let value: unknown;
  try {
    value = JSON.parse(io.readFile(path));
  } catch (error) {
    if (error instanceof FileProblem) throw error;
    throw new FileProblem(path, "is not JSON");
  }
  const wrong = documentProblem(value);
  if (wrong !== undefined) throw new FileProblem(path, wrong);
  return value as Document;
}

/** What of a document is read when it is joined with others, by type. */
const JOINED: Readonly<Record<string, (keyof Verdict)[]>> = {
  string: ["name", "source", "kernel", "outcome", "method"],
  number: [
    "states",
    "transitions",
    "depth",
    "bytes",
    "seconds",
    "choices",
    "choicesDone",
  ],
  object: ["reduced", "broken", "choice", "schedule"],
};

/** Why a value is no document; undefined if it is one. */
function documentProblem(value: unknown): string | undefined {
  const { schema, verdicts, shard } = (value ?? {}) as Partial<Document>;
  if (
    schema !== SCHEMA || !Array.isArray(verdicts) ||
    shard !== null && !/^\d+\/[1-9]\d*$/.test(String(shard))
  ) return `is not a document of ${SCHEMA}`;
  for (const [at, verdict] of verdicts.entries()) {
    for (const [type, keys] of Object.entries(JOINED)) {
      for (const key of keys) {
        const found = verdict?.[key];
        if (typeof found !== type || found === null) {
          return `verdict ${at} has no ${key}: not of ${SCHEMA}`;
        }
      }
    }
  }
  return undefined;
}

function statusOf(verdicts: readonly Verdict[]): number {
  if (verdicts.some(({ outcome }) => outcome === "broken")) {
    return STATUS.failed;
  }
  return verdicts.some(({ bound }) => isCutOff(bound))
    ? STATUS.error
    : STATUS.ok;
}

async function merge(
  args: Arguments,
  options: ExploreOptions,
  io: Io,
): Promise<number> {
  for (const name of ["save", "kernel", "shard", "simulate"]) {
    if (args.values(name).length > 0) {
      throw new UsageError(`--merge searches nothing: --${name} has no effect`);
    }
  }
  const documents = args.operands.map((path) => readDocument(path, io));
  let verdicts: Verdict[];
  try {
    verdicts = mergedVerdicts(documents);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`these are not parts of one search: ${error.message}`);
  }
  const page = await pageFor(io);
  io.out(
    options.format === "json"
      ? `${JSON.stringify(documentOf(options, verdicts), null, 2)}\n`
      : verdicts.map((one) => verdictText(one, page, [])).join("\n"),
  );
  return statusOf(verdicts);
}

async function run(args: Arguments, world: Io): Promise<number> {
  const options = exploreOptions(args);
  if (args.operands.length === 0) {
    throw new UsageError(
      "nothing to explore",
      "name a file that has an explore block",
    );
  }
  if (args.has("merge")) return await merge(args, options, world);
  if (args.value("seed") !== undefined && options.simulate === undefined) {
    throw new UsageError("--seed is for --simulate");
  }
  const io = await withBuiltin(world, args.operands);
  const { save } = options;
  if (save !== undefined && args.operands.includes(save)) {
    throw new UsageError(`--save ${save} would replace what is searched`);
  }
  const profiles = await kernels(options.kernels);
  const page = await pageFor(io);
  const { loadText } = await import("./loading.ts");
  const { explorations } = await import("../dsl/explore/model.ts");
  const verdicts: Verdict[] = [];
  let isBad = false;
  for (const text of texts(args.operands, io)) {
    if (text.kind === "problem") {
      io.err(`dregs: ${text.problem.message}\n`);
      isBad = true;
      continue;
    }
    const loaded = loadText(text.source, options.limit, io);
    if (!loaded.ok) {
      const { renderDiagnostics } = await import("../dsl/render.ts");
      io.err(renderDiagnostics(loaded.diagnostics, await errorTheme(io)));
      isBad = true;
      continue;
    }
    const blocks = explorations(loaded.file);
    const { name } = text.source;
    if (blocks.length === 0) {
      // A folder has scenarios too.
      if (!isOperand(name, args.operands)) continue;
      io.err(`dregs: ${name}: there is no explore block in it\n`);
      isBad = true;
      continue;
    }
    const shown = await searchBlocks(blocks, options, profiles, page, io);
    if (shown === undefined) isBad = true;
    else verdicts.push(...shown.map(({ verdict }) => verdict));
    if (verdicts.some(isStopped)) break;
  }
  if (options.format === "json") {
    io.out(`${JSON.stringify(documentOf(options, verdicts), null, 2)}\n`);
  }
  const broken = verdicts.filter(({ scenario }) => scenario !== null);
  if (save !== undefined && broken.length > 0) {
    const [{ name, kernel, scenario }] = broken;
    io.writeFile(save, scenario!);
    const others = broken.length - 1;
    io.err(
      `dregs explore: wrote ${save}, of ${name} on ${kernel}${
        others > 0 ? `; ${others} more broken, not written` : ""
      }\n`,
    );
  }
  if (verdicts.length === 0 && !isBad) {
    io.err("dregs explore: nothing was searched\n");
    return STATUS.error;
  }
  return isBad ? STATUS.error : statusOf(verdicts);
}

/** The command. */
export const command: Command = {
  help: {
    name: "explore",
    about: "search every interleaving for the one that breaks something",
    usage: "FILE|FOLDER…|- [OPTION…]",
    notes: [
      "The file has an explore block: programs of guests, userspaces and the host, who may act when, and " +
      "what must not happen; docs/explore.md describes it. The shortest schedule that breaks something is " +
      "printed, with the tables at its end. Exit status: 0 nothing breaks; 1 a schedule does; 2 usage, " +
      "syntax or file error, or the search was stopped. Of a folder, every file with such a block is searched; " +
      "builtin: is the catalogue that comes with the program, and builtin:explore its blocks.",
    ],
    options: OPTIONS,
    examples: [
      {
        command:
          "dregs explore --kernel reload-2016 builtin:explore/missed_breakpoint",
        about: "all schedules of two guests, under the workaround of 2016",
      },
      {
        command:
          "dregs explore --kernel linux-4.9 builtin:explore/missed_breakpoint",
        about: "the same under the kernel that mended it",
      },
    ],
  },
  access: (args) => args.value("save") === undefined ? "read" : "write",
  run,
};
