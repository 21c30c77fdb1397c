/**
 * Shrinks cases that differ: leaves steps and instructions out as long as a difference remains, recording each attempt on
 * the real kernel. All cases of a campaign share the boots.
 *
 * @module
 */
import { type BootPlan, bootWith } from "./boot.ts";
import { candidates } from "./candidates.ts";
import { type CaseLines, textOf } from "./random/mod.ts";
import { verdictOf } from "./verdict.ts";
import type { CampaignCase } from "./work.ts";

/** Boots that shrinking is worth. */
const BOOTS_MAX = 8;

/** Attempts of one boot. */
const ATTEMPTS_MAX = 120;

/** A case that becomes smaller. */
interface Shrinking {
  readonly name: string;
  smallest: CaseLines;
  /** Of the smallest case. */
  recording: string;
  isSmallest: boolean;
}

function parse(text: string): CaseLines {
  const [header, ...steps] = text.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  return { header, steps };
}

/** One boot with smaller cases of each. */
async function round(
  plan: BootPlan,
  all: readonly Shrinking[],
  number: number,
): Promise<void> {
  const each = Math.max(4, Math.floor(ATTEMPTS_MAX / all.length));
  const attempts = all.map((one) => ({
    one,
    named: candidates(one.smallest).slice(0, each).map((attempt, index) => ({
      ...attempt,
      header: {
        ...attempt.header,
        case: `${one.name}-${number}-${index}`,
      },
    })),
  }));
  const { recordings } = await bootWith(
    { ...plan, work: `${plan.work}/shrink` },
    attempts.flatMap(({ named }) => named.map(textOf)).join(""),
    [],
    async () => {},
  );
  for (const { one, named } of attempts) {
    const found = named.find(({ header }) => {
      const recorded = recordings.get(String(header.case));
      return recorded !== undefined && verdictOf(recorded).kind === "differs";
    });
    if (!found) {
      one.isSmallest = true;
      continue;
    }
    one.smallest = found;
    one.recording = recordings.get(String(found.header.case))!;
  }
}

/**
 * Shrinks cases.
 *
 * @param cases those that differ, each with its recording
 * @param folder the smallest recordings that differ are kept there
 */
export async function shrinkAll(
  plan: BootPlan,
  cases: readonly {
    readonly made: CampaignCase;
    readonly recording: string;
  }[],
  folder: string,
): Promise<void> {
  const all: Shrinking[] = [];
  for (const { made: { name, text }, recording } of cases) {
    if (await Deno.stat(`${folder}/${name}.jsonl`).catch(() => undefined)) {
      continue;
    }
    all.push({ name, smallest: parse(text), recording, isSmallest: false });
  }
  if (all.length === 0) return;
  await Deno.mkdir(folder, { recursive: true });
  for (let number = 0; number < BOOTS_MAX; number++) {
    const left = all.filter(({ isSmallest }) => !isSmallest);
    if (left.length === 0) break;
    await round(plan, left, number);
  }
  for (const { name, smallest, recording } of all) {
    const path = `${folder}/${name}.jsonl`;
    await Deno.writeTextFile(path, recording);
    console.log(`${path}: ${name} in ${smallest.steps.length} steps`);
  }
}
