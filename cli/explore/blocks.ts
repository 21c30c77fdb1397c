/**
 * Searches explore blocks, each with all choices of its values that the shard has, under each kernel.
 *
 * @module
 */
import type { Exploration } from "../../dsl/explore/exploration.ts";
import type { Instance } from "../../dsl/explore/model.ts";
import type { Expected } from "../../dsl/actions.ts";
import type { Page } from "../../dsl/render/theme.ts";
import type { Line } from "../../dsl/syntax/lines.ts";
import type { Table } from "../../dsl/table.ts";
import { vendorsOf } from "../../dsl/vendors.ts";
import type { Architecture } from "../../engine/mod.ts";
import { BUILTIN } from "../builtin.ts";
import { errorTheme } from "../colour.ts";
import type { Io } from "../io.ts";
import type { AskedKernel } from "../kernels.ts";
import { warningsText } from "./coverage.ts";
import { digestOf } from "./digest.ts";
import type { ExploreOptions } from "./options.ts";
import { CLEAR } from "./progress.ts";
import { searched, type UnderKernel } from "./search.ts";
import { notSearchedText, verdictText } from "./text.ts";
import { UNTRIED } from "./tried.ts";
import {
  isStopped,
  joined,
  type NotSearched,
  type Verdict,
} from "./verdict.ts";

/** A verdict, and what is shown below it. */
export interface Shown {
  readonly verdict: Verdict;
  readonly tables: readonly string[];
}

/** The tables at the step that breaks something: the scenario is run to its end. */
async function tablesOf(
  verdict: Verdict,
  page: Page,
  io: Io,
): Promise<string[]> {
  if (verdict.scenario === null) return [];
  const { loadText } = await import("../loading.ts");
  const { runWatched } = await import("../../dsl/run/scenario.ts");
  const { kernelText } = await import("../../dsl/render/scenario.ts");
  const { renderTable } = await import("../../dsl/render/table.ts");
  const { LIMIT_DEFAULT } = await import("../../dsl/limits.ts");
  const { buildTable, COLUMNS } = await import("../../dsl/table.ts");
  const source = { name: "schedule", text: verdict.scenario };
  const loaded = loadText(source, LIMIT_DEFAULT, io);
  if (!loaded.ok) return [];
  const last = verdict.schedule.at(-1);
  let expected: Expected | undefined;
  let table: Table | undefined;
  const [result] = runWatched(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
    watch: {
      before: () => {},
      after(action) {
        if (action.kind === "expect") expected = action.expected;
      },
    },
    ended: ({ arch, machine }) => {
      // What is expected of the bare machine is shown, though the guest has the same.
      const bare = expected?.kind === "view" && expected.seen.view === "bare"
        ? expected.seen.index
        : undefined;
      const vcpu = bare ?? last?.vcpu ?? 0;
      table = buildTable(arch, machine, {
        vcpu,
        cpu: last?.cpu ?? machine.cpuOf(vcpu),
        views: bare === undefined ? [] : COLUMNS,
        patterns: [],
        kvm: [],
      });
    },
  });
  return table === undefined
    ? []
    : renderTable(table, kernelText(result), page);
}

/** Searches a block under one kernel: all choices of its shard. */
async function verdictOn(
  exploration: Exploration,
  kernel: UnderKernel,
  options: ExploreOptions,
  io: Io,
): Promise<Verdict | undefined> {
  const { compile } = await import("../../dsl/explore/model.ts");
  const { limit, shard } = options;
  const { profile, vendor } = kernel;
  const compiled = compile(exploration, { profile, vendor, limit });
  if (!compiled.ok) {
    const { renderDiagnostics } = await import("../../dsl/render.ts");
    io.err(renderDiagnostics(compiled.diagnostics, await errorTheme(io)));
    return undefined;
  }
  const { instances } = compiled;
  const mine = instances.filter((_, at) => at % shard.of === shard.part - 1);
  const verdicts: Verdict[] = [];
  for (const [at, instance] of mine.entries()) {
    if (mine.length > 1 && io.errIsTerminal) {
      const { name } = exploration;
      io.err(`${CLEAR}${name}: choice ${at + 1} of ${mine.length}`);
    }
    const verdict = await searched(
      exploration,
      instance,
      kernel,
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
  exploration: Exploration,
  { session, arch }: Instance,
  choices: number,
): Verdict {
  const { name, file } = exploration;
  const { profile, vendor } = session.kernelChoice;
  return {
    name,
    source: file.source.name,
    digest: digestOf(exploration),
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
    noticed: null,
    choice: {},
    seed: null,
    schedule: [],
    leftOut: 0,
    explanation: [],
    also: [],
    alsoStates: null,
    known: [],
    scenario: null,
    notes: session.profile.notes,
    ...UNTRIED,
  };
}

/** Whether a block's own lines say what machine it is for. */
function namesVendor(lines: readonly Line[]): boolean {
  return lines.some((line) =>
    line.kind === "kernel" && line.vendor !== undefined
  );
}

/** The vendors for which a block is searched; a single undefined for its own. */
function vendorsFor(
  { before, file }: Exploration,
  arch: Architecture,
  kernel: AskedKernel | undefined,
): readonly (string | undefined)[] {
  if (kernel?.vendor !== undefined) return [kernel.vendor];
  const isBuiltin = file.source.name.startsWith(BUILTIN);
  const isOfEach = kernel === undefined
    ? isBuiltin && !namesVendor(before)
    : isBuiltin || kernel.isOfSet;
  const vendors = vendorsOf(arch);
  return isOfEach && vendors.length > 0 ? vendors : [undefined];
}

/** Whether a block can be searched under a kernel. */
type Fit =
  /** It can, or the kernel is not what it requires; with the kernel and vendor that it then has. */
  | {
    readonly profile: string;
    readonly vendor: string | undefined;
    readonly reason: string | undefined;
  }
  /** Its machine is of another vendor. */
  | "other"
  /** It has a mistake. */
  | "mistaken";

/** Whether a block can be searched under a kernel, and why not if that is no mistake of the text. */
async function fitOf(
  exploration: Exploration,
  { profile, vendor }: UnderKernel,
  { limit }: ExploreOptions,
): Promise<Fit> {
  const { compile } = await import("../../dsl/explore/model.ts");
  const compiled = compile(exploration, { profile, vendor, limit });
  if (compiled.ok) {
    const { kernelChoice } = compiled.instances[0].session;
    return vendor === undefined || kernelChoice.vendor === vendor
      ? {
        profile: kernelChoice.profile,
        vendor: kernelChoice.vendor,
        reason: undefined,
      }
      : "other";
  }
  if (compiled.unmet) return compiled.unmet;
  const [first] = compiled.diagnostics;
  // What comes before the block may be for some kernels only.
  return profile !== undefined &&
      (first.code === "refused" || first.code === "expectation")
    ? { profile, vendor, reason: first.message }
    : "mistaken";
}

/** What came of searching blocks. */
export interface Searched {
  readonly shown: readonly Shown[];
  readonly skipped: readonly NotSearched[];
  /** A block had a mistake, which was reported: what came after it was not searched. */
  readonly isBad: boolean;
}

/** Searches blocks one after the other, under each kernel, until the user stops it. */
export async function searchBlocks(
  found: readonly Exploration[],
  options: ExploreOptions,
  kernels: readonly (AskedKernel | undefined)[],
  page: Page,
  io: Io,
): Promise<Searched> {
  const { archOf } = await import("../../dsl/run/scenario.ts");
  const { architecture, kernelWithVendor } = await import(
    "../../engine/mod.ts"
  );
  const { noteTaker } = await import("../kernels.ts");
  const notes = await noteTaker();
  const shown: Shown[] = [];
  const skipped: NotSearched[] = [];
  for (const exploration of found) {
    const arch = archOf(exploration.before);
    const known = architecture(arch)!;
    // Two of the kernels may be the same for this block: a set has each vendor, or the block names one.
    const tried = new Set<string>();
    for (const kernel of kernels) {
      if (kernel && !kernel.arches.includes(arch)) {
        const { profile, vendor, isNamed } = kernel;
        if (isNamed) {
          io.err(
            `dregs explore: ${exploration.name} is for ${arch}; ${
              kernelWithVendor(profile, vendor)
            } is a kernel of another architecture\n`,
          );
        }
        continue;
      }
      for (const vendor of vendorsFor(exploration, known, kernel)) {
        const under = { profile: kernel?.profile, vendor };
        const fit = await fitOf(exploration, under, options);
        if (fit === "other") continue;
        if (fit !== "mistaken") {
          const key = `${fit.profile} ${fit.vendor ?? ""}`;
          if (tried.has(key)) continue;
          tried.add(key);
        }
        if (fit !== "mistaken" && fit.reason !== undefined) {
          const { name, file: { source } } = exploration;
          const { profile, vendor = null, reason } = fit;
          const one: NotSearched = {
            name,
            source: source.name,
            arch,
            kernel: profile,
            vendor,
            reason,
          };
          skipped.push(one);
          io.err(notSearchedText(one));
          continue;
        }
        const verdict = await verdictOn(exploration, under, options, io);
        if (verdict === undefined) return { shown, skipped, isBad: true };
        for (const note of notes(verdict.arch, verdict.kernel)) {
          io.err(`note: ${note}\n`);
        }
        const tables = options.format === "text"
          ? await tablesOf(verdict, page, io)
          : [];
        shown.push({ verdict, tables });
        if (options.format === "text") {
          io.out(
            verdictText(verdict, page, {
              tables,
              isDetailed: options.coverage,
            }),
          );
          io.err(warningsText(verdict, await errorTheme(io)));
        }
        if (isStopped(verdict)) return { shown, skipped, isBad: false };
      }
    }
  }
  return { shown, skipped, isBad: false };
}
