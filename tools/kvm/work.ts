/**
 * The work of a campaign: cases in, what became of each out. What was done stays in a folder, so that a campaign that
 * was interrupted goes on.
 *
 * @module
 */
import {
  type BootPlan,
  type BootResult,
  bootWith,
  readConsole,
} from "./boot.ts";

/** A case to record. */
export interface CampaignCase {
  /** Of its own in the campaign; also of the file that its recording is kept in. */
  readonly name: string;
  /** JSON lines; the header's `case` is the name. */
  readonly text: string;
}

/** What became of a case. */
export type Outcome =
  | { readonly kind: "recorded"; readonly text: string }
  | { readonly kind: "not-recorded"; readonly why: string };

/** What a campaign keeps of each case. */
class Kept {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  #path(name: string, suffix: string): string {
    return `${this.#folder}/${name}.${suffix}`;
  }

  async read({ name, text }: CampaignCase): Promise<Outcome | undefined> {
    const made = await readText(this.#path(name, "case"));
    if (made !== text) return undefined;
    const recording = await readText(this.#path(name, "jsonl"));
    if (recording !== undefined) return { kind: "recorded", text: recording };
    const why = await readText(this.#path(name, "refused"));
    return why === undefined ? undefined : { kind: "not-recorded", why };
  }

  async write({ name, text }: CampaignCase, outcome: Outcome): Promise<void> {
    await Deno.mkdir(this.#folder, { recursive: true });
    for (const suffix of ["jsonl", "refused"]) {
      await Deno.remove(this.#path(name, suffix)).catch(() => {});
    }
    await (outcome.kind === "recorded"
      ? Deno.writeTextFile(this.#path(name, "jsonl"), outcome.text)
      : Deno.writeTextFile(this.#path(name, "refused"), outcome.why));
    // Last: without it the rest counts for nothing.
    await Deno.writeTextFile(this.#path(name, "case"), text);
  }
}

async function readText(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(path).catch(() => undefined);
}

/**
 * Records cases, in as many boots as it takes. A case in which the emulator ends twice, or nothing happens any more, is
 * not recorded; those after it are, in another boot.
 *
 * @param folder where recordings are kept
 * @param onProgress called with the number of cases that are done
 */
export async function recordAll(
  plan: BootPlan,
  cases: readonly CampaignCase[],
  folder: string,
  onProgress: (done: number) => void,
): Promise<ReadonlyMap<string, Outcome>> {
  const kept = new Kept(folder);
  const outcomes = new Map<string, Outcome>();
  for (const one of cases) {
    const outcome = await kept.read(one);
    if (outcome) outcomes.set(one.name, outcome);
  }
  const set = async (one: CampaignCase, outcome: Outcome): Promise<void> => {
    outcomes.set(one.name, outcome);
    await kept.write(one, outcome);
  };
  const tried = new Set<string>();
  let waiting = cases.filter(({ name }) => !outcomes.has(name));
  while (waiting.length > 0) {
    const batch = waiting.slice(0, plan.machine.casesPerBoot);
    const before = outcomes.size;
    onProgress(before);
    // What was recorded stays, also where the campaign is interrupted.
    const keep = async (
      { recordings, refused }: Omit<BootResult, "said">,
    ): Promise<void> => {
      for (const one of batch) {
        if (outcomes.has(one.name)) continue;
        const text = recordings.get(one.name);
        const why = refused.get(one.name);
        if (text !== undefined) await set(one, { kind: "recorded", text });
        else if (why !== undefined) {
          await set(one, { kind: "not-recorded", why });
        }
      }
    };
    const result = await bootWith(
      plan,
      batch.map(({ text }) => text).join(""),
      [],
      async (text) => {
        await keep(readConsole(text));
        onProgress(outcomes.size);
      },
    );
    await keep(result);
    waiting = waiting.filter(({ name }) => !outcomes.has(name));
    const { said } = result;
    if (result.isComplete && outcomes.size > before) continue;
    const [first] = waiting;
    if (first === undefined) break;
    // An emulated machine can end by chance.
    if (!tried.has(first.name)) {
      tried.add(first.name);
      continue;
    }
    await set(first, {
      kind: "not-recorded",
      why: result.isComplete
        ? "its recording was cut off on the console"
        : `the emulated machine ended in it${said === "" ? "" : `: ${said}`}`,
    });
    waiting = waiting.slice(1);
  }
  onProgress(outcomes.size);
  return outcomes;
}
