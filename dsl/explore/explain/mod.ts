/**
 * Explains what a search found: the decisions of the kernel that led to it.
 *
 * @module
 */
import {
  calls,
  type Event,
  type Found,
  functionOf,
  rule,
  type RuleEntry,
  type RuleId,
  type SetCause,
  type SetEvent,
} from "../../../engine/mod.ts";
import { Chain } from "../../run/why_chain.ts";
import { samePlace } from "../../run/why_record.ts";
import type { Instance } from "../model.ts";
import type { Decision } from "./decision.ts";
import { newestUntil } from "./losses.ts";
import { leftPhrases, phrasesOf } from "./phrases.ts";
import { Roots } from "./roots.ts";
import { bareAsked, bareStepsRecord, stepsRecord } from "./steps_record.ts";

export type { Decision } from "./decision.ts";

/** Decisions that an explanation has at most, and where there are more. */
const DECISIONS_MAX = 4;

/** Fewer than this, and what the CPU did stands there too. */
const DECISIONS_MIN = 2;

/** Most rules of one step. */
const RULES_MAX = 2;

/** What one event of a chain decides. */
interface Part {
  readonly at: number;
  readonly event: Event;
  readonly entry: RuleEntry;
  readonly step: number;
  readonly function: ReturnType<typeof functionOf>;
  readonly phrases: readonly string[];
  /** It changes what decides. */
  readonly isDecisive: boolean;
  /** It put the wrong bits into the guest's register. */
  readonly isWrong: boolean;
}

/** The chain of what is wrong at the end of a schedule. */
function followed(
  instance: Instance,
  found: Found,
): { readonly chain: Chain; readonly roots: Roots } {
  const bareOf = bareAsked(instance, found);
  const record = bareOf === undefined
    ? stepsRecord(instance, found.schedule)
    : bareStepsRecord(instance, found.schedule, bareOf);
  const chain = new Chain(instance.session, record);
  const roots = new Roots(instance, found, chain);
  if (found.broken !== undefined) roots.follow();
  return { chain, roots };
}

/** The rules of everything that led to what a search found. */
export function rulesOf(instance: Instance, found: Found): Set<RuleId> {
  const { chain, roots } = followed(instance, found);
  return new Set([
    ...chain.places().map((at) => chain.event(at).rule),
    ...[...roots.notes.values()].map(({ rule }) => rule),
    ...roots.untold,
  ]);
}

/** What the events and notes of a chain decide, newest first. */
function partsOf(
  { session, arch }: Instance,
  chain: Chain,
  roots: Roots,
): Part[] {
  const { kernelChoice: { vendor }, profile: { code: release } } = session;
  return chain.places().flatMap((at): Part[] => {
    const event = chain.event(at);
    const note = roots.notes.get(at);
    const cause = chain.cause(at);
    const isSet = event.kind === "set";
    const after = at > 0 ? chain.event(at - 1) : undefined;
    const partOf = (
      id: RuleId,
      phrases: readonly string[],
      why?: SetCause,
    ): Part[] => {
      const entry = rule(id);
      if (entry === undefined || phrases.length === 0) return [];
      return [{
        at,
        event,
        entry,
        step: typeof cause === "number" ? cause : 0,
        function: functionOf(entry, {
          vendor: vendor ?? session.profile.vendors[0],
          release,
          cause: why ?? (isSet ? event.cause : undefined),
          changed: isSet ? event.to.name : undefined,
          accessed: after?.kind === "access" ? after.register : undefined,
          exit: event.kind === "inject" ? chain.handled(at) : undefined,
        }),
        phrases,
        isDecisive: roots.decided.has(at),
        isWrong: roots.wrong.has(at),
      }];
    };
    return [
      ...note ? partOf(note.rule, [note.phrase], note.cause) : [],
      ...partOf(event.rule, phrasesOf(arch, event)),
    ];
  });
}

/** The decisions that led to what a search found, oldest first; none where nothing is known. */
export function explained(instance: Instance, found: Found): Decision[] {
  const { chain, roots } = followed(instance, found);
  let parts = partsOf(instance, chain, roots);
  // No kernel decides on a bare machine.
  if (bareAsked(instance, found) !== undefined) {
    return stepsOf(parts).slice(0, DECISIONS_MAX)
      .toSorted(([a], [b]) => a.step - b.step || b.at - a.at)
      .map((group) => decisionOf(instance, group, { chain, parts, roots }));
  }
  const ofKernel = (): Part[][] =>
    stepsOf(parts.filter((one) => one.function !== undefined));
  if (ofKernel().length < DECISIONS_MIN) {
    roots.native();
    parts = partsOf(instance, chain, roots);
  }
  const ofCpu = stepsOf(parts.filter((one) => one.function === undefined));
  // An exception return of the CPU's that changed the step flag, nearest to the failure.
  const returned = ofCpu.filter((group) => group.some(isReturn)).slice(0, 1);
  const groups = [
    ...mostDecisive(ofKernel(), DECISIONS_MAX - returned.length),
    ...returned,
  ];
  const flags = ofCpu.filter((group) => group.some(isFlag)).slice(
    0,
    DECISIONS_MAX - groups.length,
  );
  const exits = ofCpu.filter((group) =>
    group.some(({ event }) => event.kind === "exit")
  ).slice(0, Math.max(0, DECISIONS_MIN - groups.length - flags.length));
  return [...groups, ...flags, ...exits]
    .toSorted(([a], [b]) =>
      a.step - b.step || b.at - a.at ||
      Number(a.function !== undefined) - Number(b.function !== undefined)
    )
    .map((group) => decisionOf(instance, group, { chain, parts, roots }));
}

/** The CPU has set or cleared the step flag where it went into the guest. */
function isReturn({ event }: Part): boolean {
  return event.kind === "set" && event.cause === "sync" &&
    event.to.name === "PSTATE";
}

/** The CPU keeps a step flag, to be taken up later. */
function isFlag({ event }: Part): boolean {
  return event.kind === "set" && event.cause === "save" &&
    event.to.name.startsWith("pushed_");
}

/** Parts by step and function, newest first; what a function calls is its own. Those of a group oldest first. */
function stepsOf(parts: readonly Part[]): Part[][] {
  const groups: Part[][] = [];
  for (const part of parts.toReversed()) {
    const group = groups.find(([first]) =>
      first.step === part.step &&
      (isWithin(first, part) || isWithin(part, first))
    );
    if (group) group.push(part);
    else groups.unshift([part]);
  }
  return groups;
}

/** One part is what the function of another does, itself or by what it calls. */
function isWithin({ function: outer }: Part, { function: inner }: Part) {
  if (outer === undefined || inner === undefined) return outer === inner;
  return outer.name === inner.name || calls(outer.name, inner.name);
}

/**
 * So many groups, if there are as many: the one that wrote what is wrong, those that change what decides, then those
 * nearest to the failure.
 */
function mostDecisive(groups: readonly Part[][], most: number): Part[][] {
  const rank = (group: readonly Part[]): number =>
    group.some(({ isWrong }) => isWrong)
      ? 0
      : group.some(({ isDecisive }) => isDecisive)
      ? 1
      : 2;
  return groups.toSorted((a, b) => rank(a) - rank(b)).slice(0, most);
}

/** Where the manual of the CPU's vendor has a rule, or else where it was read. */
function manualOf(
  { source: { where } }: RuleEntry,
  vendor: string | undefined,
): string {
  const own = vendor === "svm" ? "AMD APM" : "Intel SDM";
  return where.find((place) => place.startsWith(own)) ?? where[0];
}

/** A chain with what it is made of. */
interface Followed {
  readonly chain: Chain;
  readonly parts: readonly Part[];
  readonly roots: Roots;
}

/** What a function decided in one step. */
function decisionOf(
  { arch, session }: Instance,
  group: readonly Part[],
  followed: Followed,
): Decision {
  const [first] = group;
  const outer =
    group.find((one) => group.every((other) => isWithin(one, other))) ?? first;
  const entries = new Set(group.map(({ entry }) => entry));
  return {
    step: first.step,
    function: outer.function?.name ?? null,
    file: outer.function?.file ??
      manualOf(first.entry, session.kernelChoice.vendor),
    did: [
      ...new Set(
        group.filter((one) => !isPassedOn(one, group)).flatMap(({ phrases }) =>
          phrases
        ),
      ),
    ],
    left: group.some(({ isDecisive }) => isDecisive)
      ? leftBy(arch, group, followed)
      : [],
    rules: [...entries].slice(0, RULES_MAX).map(({ id, sentence }) => ({
      id,
      sentence,
    })),
  };
}

/** A value that the same step passes on: the last copy is enough. */
function isPassedOn({ event, isDecisive }: Part, group: readonly Part[]) {
  if (event.kind !== "set" || isDecisive) return false;
  const { to } = event;
  return group.some(({ event: later }) =>
    later.kind === "set" && later !== event && later.from !== null &&
    samePlace(later.from, to)
  );
}

/** What a step that decided something left as an earlier step had made it, though what is wrong depends on it. */
function leftBy(
  arch: Instance["arch"],
  group: readonly Part[],
  { chain, parts, roots: { decided } }: Followed,
): string[] {
  const [{ step: now }] = group;
  // What the step changes later, it has not left.
  const end = newestUntil(chain, now);
  const left = parts.filter(({ at, step, event }) => {
    if (step === 0 || step >= now || event.kind !== "set") return false;
    const { to } = event;
    const bits = decided.get(at) ??
      (Object.hasOwn(arch.stepFlags, to.name) && to.space === "guest"
        ? arch.stepFlags[to.name]
        : 0n);
    const isChanged = group.some(({ event: own }) =>
      own.kind === "set" && samePlace(own.to, to) &&
      ((own.old ^ own.new) & bits) !== 0n
    );
    return !isChanged && bits !== 0n && chain.lastFlip(end, to, bits) === at;
  }).toReversed();
  return [
    ...new Set(
      left.flatMap(({ at, event }) =>
        leftPhrases(arch, event as SetEvent, decided.get(at) ?? ~0n)
      ),
    ),
  ];
}
