/**
 * A question with its kernels: which are compared, and what makes the difference between them.
 *
 * @module
 */
import type { KernelInfo } from "../../engine/mod.ts";
import { bisected, type Bisection, TRIES_DEFAULT } from "./bisection.ts";
import type { Question } from "./question.ts";
import {
  boundaries,
  byDistance,
  infoOf,
  isMainlineBefore,
  type Judged,
  namedPairs,
  type Pair,
  survey,
} from "./survey.ts";
import { type Tell, Verdicts } from "./verdicts.ts";

/** The kernels that the user names, each in one spelling. */
export interface Named {
  readonly good: string | undefined;
  readonly bad: string | undefined;
  readonly vendor: string | undefined;
}

/** What was found. */
export interface Report {
  readonly question: Question;
  readonly vendor: string | undefined;
  /** The kernel whose expectations were checked. */
  readonly heldTo: string;
  /** Verdicts of mainline, oldest first; empty where both kernels were named. */
  readonly judged: readonly Judged[];
  readonly bisections: readonly Bisection[];
  /** Why there is no pair of kernels; undefined if there is one. */
  readonly problem: string | undefined;
  /** The kernels to name for the fix, if what the scenario describes is a bug; undefined if it cannot be one. */
  readonly fix: Pair | undefined;
  /** All verdicts. */
  readonly verdicts: Verdicts;
}

/** Which kernels are compared. */
type Chosen = Pick<Report, "heldTo" | "judged" | "problem"> & {
  readonly pairs: readonly Pair[];
};

/** `holds`, `fails: file:1:1: …` */
export function verdictText(
  { outcome, why }: Pick<Judged["verdict"], "outcome" | "why">,
): string {
  const word = outcome === "unresolved" ? "cannot be asked" : outcome;
  return why === "" ? word : `${word}: ${why}`;
}

/** Why there are no two kernels that differ. */
function sameText(judged: readonly Judged[]): string {
  const [asked, not] = [true, false].map((isAsked) =>
    judged.filter(({ verdict }) =>
      (verdict.outcome !== "unresolved") === isAsked
    )
  );
  const texts = [asked, not].flatMap(([first]) =>
    first === undefined
      ? []
      : [`${first.kernel.name} ${verdictText(first.verdict)}`]
  );
  return not.length === 0
    ? `the verdict is the same under every kernel: ${texts[0]}`
    : `the verdict is the same under every kernel that can be asked: ${
      texts.join("; ")
    }`;
}

/** Kernels that the scenario and mainline give. */
async function own(verdicts: Verdicts): Promise<Chosen> {
  const { arch, own: { kernel } } = verdicts.question;
  const judged = await survey(verdicts, infoOf(arch, kernel), kernel);
  const found = boundaries(arch, judged);
  const pairs = found.length > 0 ? found : await namedPairs(verdicts, kernel);
  return {
    heldTo: kernel,
    judged,
    pairs,
    problem: pairs.length > 0 ? undefined : sameText(judged),
  };
}

/** The good kernel was named: the nearest that fails is the bad one. */
async function nearestBad(verdicts: Verdicts, name: string): Promise<Chosen> {
  const { arch } = verdicts.question;
  const kernel = infoOf(arch, name);
  const good = { kernel, verdict: await verdicts.of(kernel, name) };
  const judged = await survey(verdicts, kernel, name);
  const chosen = { heldTo: name, judged, pairs: [], problem: undefined };
  if (good.verdict.outcome !== "holds") {
    const problem = `the good kernel ${name} ${verdictText(good.verdict)}`;
    return { ...chosen, problem };
  }
  for (const other of byDistance(arch, kernel)) {
    const verdict = await verdicts.of(other, name);
    if (verdict.outcome !== "fails") continue;
    return { ...chosen, pairs: [{ good, bad: { kernel: other, verdict } }] };
  }
  return { ...chosen, problem: "it fails under no release of mainline" };
}

/** The bad kernel was named: the nearest that holds, and whose expectations fail under it, is the good one. */
async function nearestGood(verdicts: Verdicts, name: string): Promise<Chosen> {
  const { arch } = verdicts.question;
  const kernel = infoOf(arch, name);
  for (const other of byDistance(arch, kernel)) {
    const heldTo = other.name;
    const good = { kernel: other, verdict: await verdicts.of(other, heldTo) };
    const bad = { kernel, verdict: await verdicts.of(kernel, heldTo) };
    if (good.verdict.outcome !== "holds") continue;
    if (bad.verdict.outcome !== "fails") continue;
    const judged = await survey(verdicts, kernel, heldTo);
    return { heldTo, judged, pairs: [{ good, bad }], problem: undefined };
  }
  return {
    heldTo: name,
    judged: [],
    pairs: [],
    problem:
      `no release of mainline does what is expected of it where ${name} does not`,
  };
}

/** Both kernels were named. */
async function both(
  verdicts: Verdicts,
  good: KernelInfo,
  bad: KernelInfo,
): Promise<Chosen> {
  const heldTo = good.name;
  if (bad.name === heldTo) {
    const problem = `both are ${heldTo}`;
    return { heldTo, judged: [], pairs: [], problem };
  }
  const ofGood = await verdicts.of(good, heldTo);
  const ofBad = await verdicts.of(bad, heldTo);
  const chosen = { heldTo, judged: [] };
  if (ofGood.outcome === "holds" && ofBad.outcome === "fails") {
    const pair = {
      good: { kernel: good, verdict: ofGood },
      bad: { kernel: bad, verdict: ofBad },
    };
    return { ...chosen, pairs: [pair], problem: undefined };
  }
  const isSwapped = ofGood.outcome === "fails" && ofBad.outcome === "holds";
  return {
    ...chosen,
    pairs: [],
    problem: ofGood.outcome === ofBad.outcome
      ? `the verdict is the same: under ${good.name} it ${
        verdictText(ofGood)
      }, and under ${bad.name} it ${verdictText(ofBad)}`
      : isSwapped
      ? `${bad.name} holds and ${good.name} fails: did you mean --good ${bad.name} --bad ${good.name}?`
      : ofGood.outcome !== "holds"
      ? `the good kernel ${good.name} ${verdictText(ofGood)}`
      : `the bad kernel ${bad.name} ${verdictText(ofBad)}`,
  };
}

function nothingExpected(heldTo: string): Chosen {
  return { heldTo, judged: [], pairs: [], problem: "it expects nothing" };
}

/**
 * The kernels that ask for a fix, where the scenario may describe a bug: no kernel after the newest pair does what is
 * expected of the scenario's own kernel, which is not newer than the pair, and the older kernel of the pair does not do
 * what is expected of the newer one.
 */
async function fixPair(
  verdicts: Verdicts,
  [newest]: readonly Pair[],
): Promise<Pair | undefined> {
  if (newest === undefined) return undefined;
  const { good, bad } = newest;
  const { arch, own: { kernel } } = verdicts.question;
  const isAfterOwn = isMainlineBefore(good.kernel, bad.kernel) &&
    !isMainlineBefore(good.kernel, infoOf(arch, kernel));
  if (!isAfterOwn) return undefined;
  const heldTo = bad.kernel.name;
  const [newer, older] = [
    await verdicts.of(bad.kernel, heldTo),
    await verdicts.of(good.kernel, heldTo),
  ];
  return newer.outcome === "holds" && older.outcome === "fails"
    ? {
      good: { kernel: bad.kernel, verdict: newer },
      bad: { kernel: good.kernel, verdict: older },
    }
    : undefined;
}

/**
 * Bisects one question.
 *
 * @param triesMax most sets of changes that are tried for a pair; what its kind has if undefined
 */
export async function reportOn(
  question: Question,
  named: Named,
  tell: Tell,
  triesMax: number = TRIES_DEFAULT[question.kind],
): Promise<Report> {
  const { arch } = question;
  const vendor = named.vendor ?? question.own.vendor;
  const verdicts = new Verdicts(question, vendor, tell);
  const { good, bad } = named;
  const isOwn = good === undefined && bad === undefined;
  const chosen = question.expectsNothing
    ? nothingExpected(good ?? bad ?? question.own.kernel)
    : good !== undefined && bad !== undefined
    ? await both(verdicts, infoOf(arch, good), infoOf(arch, bad))
    : good !== undefined
    ? await nearestBad(verdicts, good)
    : bad !== undefined
    ? await nearestGood(verdicts, bad)
    : await own(verdicts);
  const { heldTo, judged, pairs, problem } = chosen;
  const bisections: Bisection[] = [];
  for (const pair of pairs) {
    bisections.push(await bisected(verdicts, pair, heldTo, triesMax));
  }
  const fix = isOwn ? await fixPair(verdicts, pairs) : undefined;
  return {
    question,
    vendor,
    heldTo,
    judged,
    bisections,
    problem,
    fix,
    verdicts,
  };
}
