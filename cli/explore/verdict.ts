/**
 * What a search came to, as data: text and JSON are made of it, and shards are joined by it.
 *
 * @module
 */
import type { Decision } from "../../dsl/explore/explain/decision.ts";
import { STATUS } from "../command.ts";
import { joinedTried, type Outcome, type Tried, warningsIn } from "./tried.ts";

/** Format of the JSON document. */
export const SCHEMA = "dregs.explore/2";

/** One step of a schedule. */
export interface VerdictStep {
  readonly who: string;
  /** Index of the vCPU that acts, or whose userspace does; null if none does. */
  readonly vcpu: number | null;
  /** Index of the CPU on which it acts; null for userspace. */
  readonly cpu: number | null;
  readonly what: string;
  readonly notes: readonly string[];
}

/** Something else that breaks, with its shortest schedule. */
export interface AlsoBroken {
  /** Names; of what a guest notices, the kind. */
  readonly broken: readonly string[];
  /** Steps of the schedule. */
  readonly steps: number;
  /** The schedule; empty unless all are asked for. */
  readonly schedule: readonly VerdictStep[];
  /** The decisions that led to it; likewise. */
  readonly explanation: readonly Decision[];
}

/** A known failure that a search met. */
export interface KnownMet {
  readonly name: string;
  /** Steps of the shortest schedule. */
  readonly steps: number;
}

/** The verdict on one block under one kernel. */
export interface Verdict extends Tried {
  readonly name: string;
  readonly source: string;
  /** Of what was searched; null in a document that has none, or that was joined with such a one. */
  readonly digest: string | null;
  readonly arch: string;
  /** The profile. */
  readonly kernel: string;
  readonly vendor: string | null;
  /**
   * `holds`: nothing that can be reached breaks anything; `broken`: the schedule does; `unfinished`: nothing was
   * found in what was looked at.
   */
  readonly outcome: Outcome;
  /** What the search stopped at, if it did not look at everything. */
  readonly bound: string | null;
  /** Something breaks, but the search for the schedule came to the bound; undefined elsewhere. */
  readonly breaks?: true;
  /** How it was done: `states`, `pairs`, `random`. */
  readonly method: "states" | "pairs" | "random";
  /** States, pairs of blocks, or schedules. */
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Ways to choose the values, and how many of them were looked at: the outcome is of these. */
  readonly choices: number;
  readonly choicesDone: number;
  /** Reductions that were in force, each as a phrase. */
  readonly reduced: readonly string[];
  /** Names of what is broken. */
  readonly broken: readonly string[];
  /** Which kind of difference the guest notices, where it can tell that it is not on a bare machine. */
  readonly noticed: string | null;
  /** The choice that it is broken with, by name. */
  readonly choice: Readonly<Record<string, string>>;
  /** Seed of the random schedule. */
  readonly seed: number | null;
  readonly schedule: readonly VerdictStep[];
  /** How many steps shorter it is than the one that the search found, without what the failure does not need. */
  readonly leftOut: number;
  /** The decisions that led to the failure, oldest first. */
  readonly explanation: readonly Decision[];
  /** What else breaks, in the order in which it was found. */
  readonly also: readonly AlsoBroken[];
  /** States among which `also` was found; null for all. */
  readonly alsoStates: number | null;
  /** Known failures that the search went on past. */
  readonly known: readonly KnownMet[];
  /** The schedule as a scenario. */
  readonly scenario: string | null;
  /** On the kernel, where its tree was not read. */
  readonly notes: readonly string[];
}

/** A block that was not searched under one kernel. */
export interface NotSearched
  extends Pick<Verdict, "name" | "source" | "arch" | "kernel" | "vendor"> {
  /** One line. */
  readonly reason: string;
}

/** A failure that `--except` names. */
export interface Excepted {
  readonly name: string;
  /** Whether a search has met it; null where something else broke first, or not everything was looked at. */
  readonly met: boolean | null;
}

/** Neighbours in time that agree on a block. */
export interface MatrixGroup {
  /** In words: `4.4 to 4.9`. */
  readonly label: string;
  /** Each by its name, oldest first. */
  readonly kernels: readonly string[];
  readonly outcome: Verdict["outcome"] | "skipped";
  /** Names of what is broken. */
  readonly broken: readonly string[];
  /** As `Verdict.noticed`. */
  readonly noticed: string | null;
  /** How many each has. */
  readonly warnings: number;
  /** Names of the known failures that each has met. */
  readonly known: readonly string[];
  /** Why it is not searched. */
  readonly reason: string | null;
}

/** A block on machines of one vendor. */
export interface MatrixRow
  extends Pick<Verdict, "name" | "source" | "arch" | "vendor"> {
  readonly groups: readonly MatrixGroup[];
}

/** The JSON document. */
export interface Document {
  readonly schema: typeof SCHEMA;
  /** `i/n`, if it is one of several. */
  readonly shard: string | null;
  readonly verdicts: readonly Verdict[];
  readonly skipped: readonly NotSearched[];
  /** What `--except` named. */
  readonly except: readonly Excepted[];
  /** The blocks in short, where one was searched under several kernels. */
  readonly matrix: readonly MatrixRow[];
}

/** The worse of two outcomes. */
function worse(
  a: Outcome,
  b: Outcome,
): Outcome {
  const order = ["holds", "unfinished", "broken"] as const;
  return order[Math.max(order.indexOf(a), order.indexOf(b))];
}

/** Whether a search ended at a bound that its block or its options did not ask for. */
export function isCutOff(bound: Verdict["bound"]): boolean {
  return bound !== null && !["states", "depth", "random"].includes(bound);
}

/** Whether the user stopped the search. */
export function isStopped({ bound }: Verdict): boolean {
  return bound === "stopped";
}

/**
 * Exit status of a search.
 *
 * @param isStrict warnings are errors
 */
export function statusOf(
  { verdicts, skipped, except }: Pick<
    Document,
    "verdicts" | "skipped" | "except"
  >,
  isStrict: boolean,
): number {
  if (verdicts.length === 0 && skipped.length > 0) return STATUS.skipped;
  if (verdicts.some(({ outcome }) => outcome === "broken")) {
    return STATUS.failed;
  }
  const isVacuous = isStrict &&
    (verdicts.some((one) => warningsIn(one).length > 0) ||
      except.some(({ met }) => met === false));
  return isVacuous || verdicts.some(({ bound }) => isCutOff(bound))
    ? STATUS.error
    : STATUS.ok;
}

/** Known failures of two searches, each with its shortest schedule. */
function mergedKnown(
  a: readonly KnownMet[],
  b: readonly KnownMet[],
): readonly KnownMet[] {
  const all = new Map<string, KnownMet>();
  for (const one of [...a, ...b]) {
    const other = all.get(one.name);
    if (!other || one.steps < other.steps) all.set(one.name, one);
  }
  return [...all.values()];
}

/** Joins verdicts on parts of the same search. */
export function joined(parts: readonly Verdict[]): Verdict {
  return parts.reduce((a, b) => {
    // The shorter schedule is kept.
    const shown = a.outcome !== "broken" ||
        b.outcome === "broken" && b.schedule.length < a.schedule.length
      ? b
      : a;
    const choicesDone = a.choicesDone + b.choicesDone;
    const outcome = worse(a.outcome, b.outcome);
    return {
      ...shown,
      ...joinedTried(a, b, outcome),
      outcome,
      bound: isCutOff(b.bound) ? b.bound : a.bound ?? b.bound,
      method: a.method === b.method ? a.method : "states",
      states: a.states + b.states,
      transitions: a.transitions + b.transitions,
      depth: shown.outcome === "broken"
        ? shown.depth
        : Math.max(a.depth, b.depth),
      bytes: Math.max(a.bytes, b.bytes),
      seconds: a.seconds + b.seconds,
      choicesDone,
      known: mergedKnown(a.known, b.known),
      reduced: a.reduced.filter((one) => b.reduced.includes(one)),
    };
  });
}

/** Numbers of the choices that a document's part has. */
function choicesOf(shard: string | null, choices: number): number[] {
  const [part, of] = shard === null ? [1, 1] : shard.split("/").map(Number);
  return Array.from({ length: choices }, (_, at) => at).filter((at) =>
    at % of === part - 1
  );
}

/** A document that is merged with others. */
export interface Part {
  /** Of its file. */
  readonly path: string;
  readonly document: Document;
}

/** Verdicts on the same block and kernel, and which of its choices they have looked at. */
interface Group {
  readonly verdicts: Verdict[];
  readonly seen: Set<number>;
  /** The first verdict that has a digest, and where it is. */
  known: { readonly digest: string; readonly path: string } | undefined;
}

/** Blocks that shards did not search, each once. */
export function mergedSkipped(
  documents: readonly Document[],
): readonly NotSearched[] {
  const found = new Map(
    documents.flatMap(({ skipped }) =>
      skipped.map((one) => [JSON.stringify(one), one] as const)
    ),
  );
  return [...found.values()];
}

/**
 * Joins the documents of shards: verdicts on the same block and kernel become one. What another part has looked at
 * already counts once.
 *
 * @throws {RangeError} if they are not of one search
 */
export function mergedVerdicts(documents: readonly Part[]): Verdict[] {
  const groups = new Map<string, Group>();
  const parts = documents.flatMap(({ path, document: { shard, verdicts } }) =>
    verdicts.map((verdict) => {
      const own = choicesOf(shard, verdict.choices);
      const isWhole = verdict.choicesDone === own.length;
      return { path, verdict, own, isWhole };
    })
  );
  // A part that was stopped may have looked at any of its choices, and is of no use where another is whole.
  const wholeFirst = parts.toSorted((a, b) =>
    Number(b.isWhole) - Number(a.isWhole)
  );
  for (const { path, verdict, own, isWhole } of wholeFirst) {
    const { source, name, kernel, vendor, choices, digest } = verdict;
    const key = JSON.stringify([source, name, kernel, vendor]);
    const group: Group = groups.get(key) ??
      { verdicts: [], seen: new Set(), known: undefined };
    groups.set(key, group);
    const [first] = group.verdicts;
    if (digest !== null) {
      group.known ??= { digest, path };
      if (group.known.digest !== digest) {
        throw new RangeError(
          `the block of ${name}, or what comes before it, differs between ${group.known.path} and ${path}`,
        );
      }
    }
    if (first && first.choices !== choices) {
      throw new RangeError(
        `${name} on ${kernel} has different numbers of choices, ${first.choices} and ${choices}`,
      );
    }
    if (first && own.every((at) => group.seen.has(at))) continue;
    group.verdicts.push(verdict);
    if (isWhole) own.forEach((at) => group.seen.add(at));
  }
  return [...groups.values()].map(({ verdicts, seen }) => {
    const isKnown = verdicts.every(({ digest }) => digest !== null);
    const one: Verdict = {
      ...joined(verdicts),
      digest: isKnown ? verdicts[0].digest : null,
      choicesDone: seen.size,
    };
    const missing = one.choices - one.choicesDone;
    return one.outcome === "holds" && missing > 0
      ? {
        ...one,
        outcome: "unfinished",
        bound: `${missing} of ${one.choices} choices ${
          missing === 1 ? "is" : "are"
        } missing`,
      }
      : one;
  });
}
