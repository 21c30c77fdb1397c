/**
 * Shrinks cases that differ: leaves steps and instructions out as long as a difference remains, recording each attempt on
 * the real kernel. All cases of a campaign share the boots.
 *
 * @module
 */
import { type BootPlan, bootWith } from "./boot.ts";
import { candidates } from "./candidates.ts";
import { type CaseLines, textOf } from "./random/mod.ts";
import { scenarioOf } from "./scenario/mod.ts";
import { verdictOf } from "./verdict.ts";

/** Boots that shrinking is worth. */
const BOOTS_MAX = 12;

/** Attempts of one boot. */
const ATTEMPTS_MAX = 150;

/** A case that becomes smaller. */
interface Shrinking {
  readonly name: string;
  /** What must stay different. */
  readonly signature: string;
  smallest: CaseLines;
  /** Of the smallest case. */
  recording: string;
  /** Smaller cases that were not tried yet. */
  left: readonly CaseLines[];
  /** The model's verdict on the smallest case. */
  what: string;
}

function parse(text: string): CaseLines {
  const [header, ...steps] = text.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  return { header, steps };
}

/** Records cases, in one boot. @returns recordings by the name of the case */
export type RecordCases = (
  cases: string,
) => Promise<ReadonlyMap<string, string>>;

/** One boot with smaller cases of each. */
async function round(
  record: RecordCases,
  all: readonly Shrinking[],
  number: number,
): Promise<void> {
  const each = Math.max(1, Math.floor(ATTEMPTS_MAX / all.length));
  const attempts = all.map((one) => ({
    one,
    named: one.left.slice(0, each).map((attempt, index) => ({
      ...attempt,
      header: {
        ...attempt.header,
        case: `${one.name}-${number}-${index}`,
      },
    })),
  }));
  const recordings = await record(
    attempts.flatMap(({ named }) => named.map(textOf)).join(""),
  );
  for (const { one, named } of attempts) {
    one.left = one.left.slice(named.length);
    for (const smaller of named) {
      const recording = recordings.get(String(smaller.header.case));
      if (recording === undefined) continue;
      const verdict = verdictOf(recording);
      // Any other difference would be another case.
      if (verdict.kind !== "differs") continue;
      if (verdict.signature !== one.signature) continue;
      one.smallest = smaller;
      one.recording = recording;
      one.what = verdict.what;
      one.left = candidates(smaller);
      break;
    }
  }
}

/** A case that differs. */
export interface Differing {
  readonly name: string;
  /** The case, as JSON lines. */
  readonly text: string;
  readonly recording: string;
}

/** The smallest case that was found to differ as a larger one does. */
export interface Smallest {
  readonly name: string;
  readonly recording: string;
  readonly steps: number;
  /** The first difference. */
  readonly what: string;
}

/** Makes cases smaller as long as they differ in the same way. */
export async function shrink(
  record: RecordCases,
  cases: readonly Differing[],
): Promise<readonly Smallest[]> {
  const all = cases.flatMap(({ name, text, recording }): Shrinking[] => {
    const verdict = verdictOf(recording);
    if (verdict.kind !== "differs") return [];
    const { signature, what } = verdict;
    const smallest = parse(text);
    const left = candidates(smallest);
    return [{ name, signature, smallest, recording, left, what }];
  });
  for (let number = 0; number < BOOTS_MAX; number++) {
    const open = all.filter(({ left }) => left.length > 0);
    if (open.length === 0) break;
    await round(record, open, number);
  }
  return all.map(({ name, recording, smallest, what }) => ({
    name,
    recording,
    steps: smallest.steps.length,
    what,
  }));
}

/**
 * Shrinks cases, and keeps what came of them.
 *
 * @param folder the smallest recordings that differ are kept there, each with a scenario
 */
export async function shrinkAll(
  plan: BootPlan,
  cases: readonly Differing[],
  folder: string,
): Promise<void> {
  const left: Differing[] = [];
  for (const one of cases) {
    const path = `${folder}/${one.name}.jsonl`;
    const known = await Deno.readTextFile(path).catch(() => undefined);
    // The model may agree by now.
    if (known !== undefined && verdictOf(known).kind === "differs") continue;
    left.push(one);
  }
  if (left.length === 0) return;
  await Deno.mkdir(folder, { recursive: true });
  const work = `${plan.work}/shrink`;
  const record: RecordCases = async (text) =>
    (await bootWith({ ...plan, work }, text, [], () => Promise.resolve()))
      .recordings;
  for (const { name, recording, steps, what } of await shrink(record, left)) {
    const path = `${folder}/${name}.jsonl`;
    await Deno.writeTextFile(path, recording);
    await Deno.writeTextFile(
      `${folder}/${name}.dregs`,
      scenarioOf(recording).text,
    );
    console.log(`${path}: ${name} in ${steps} steps: ${what}`);
  }
}
