/**
 * What the bare machine beside each vCPU costs: the same search with `noticed` and without, taken in turns.
 *
 * Run: `deno task bench noticed`. Raw search is that without reductions. The model is that of `explore.ts`; where all of
 * it is too large, as many states are searched of both, and where it is not, all of them. Of the ratios of pairs the
 * median counts, and that of the minima is beside it.
 *
 * @module
 */
import type { Document, Verdict } from "../cli/explore/verdict.ts";
import { dependencyFlags } from "../tests/child_deno.ts";
import { bundle, PROGRAM } from "../tools/bundle.ts";
import { RUN_FLAGS } from "../tools/permissions.ts";
import { arm64Text, type ModelSize, modelText, OWN } from "./explore_model.ts";
import { median } from "./median.ts";

const ROUNDS = Number(Deno.env.get("DREGS_ROUNDS") ?? 7);

/** Most that `noticed` may cost. */
const MOST = { seconds: 1.6, bytes: 1.5 } as const;

const LARGE: ModelSize = {
  vcpus: 3,
  cpus: 2,
  picks: 3,
  kernel: "linux-4.9",
  statesMax: 2_000_000,
};
/** A kernel under which both searches have as many states: the arrays of states double where they are full. */
const SMALL: ModelSize = { vcpus: 2, cpus: 1, picks: 4, kernel: "linux-7.2" };
const ARM64: ModelSize = {
  vcpus: 2,
  cpus: 1,
  picks: 3,
  kernel: "linux-7.2",
  statesMax: 1_000_000,
};

/** What is searched: some are cut off, and one ends. */
const MODELS: readonly {
  readonly name: string;
  readonly text: (never: string) => string;
}[] = [
  {
    name: "x86, 3 vCPUs, 2 CPUs, cut off",
    text: (never) => modelText({ ...LARGE, never }),
  },
  {
    name: "x86, 2 vCPUs, 1 CPU, all states",
    text: (never) => modelText({ ...SMALL, never }),
  },
  {
    name: "arm64, 2 vCPUs, 1 CPU, cut off",
    text: (never) => arm64Text({ ...ARM64, never }),
  },
];

/** Searches a text in a process of its own. */
async function searched(text: string): Promise<Verdict> {
  const file = await Deno.makeTempFile({ suffix: ".dregs" });
  try {
    await Deno.writeTextFile(file, text);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        ...RUN_FLAGS,
        PROGRAM,
        "explore",
        "--format",
        "json",
        "--without",
        "all",
        "--workers",
        "1",
        file,
      ],
      stdin: "null",
      stderr: "null",
    }).output();
    const { verdicts } = JSON.parse(
      new TextDecoder().decode(stdout),
    ) as Document;
    return verdicts[0];
  } finally {
    await Deno.remove(file);
  }
}

/** Prints the ratios, and throws if one is too large. */
export async function bench(): Promise<void> {
  await bundle(dependencyFlags());
  for (const { name, text } of MODELS) {
    const without: Verdict[] = [];
    const beside: Verdict[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      without.push(await searched(text(OWN)));
      beside.push(await searched(text(`${OWN}, noticed`)));
    }
    const seconds = (all: readonly Verdict[]) =>
      all.map(({ seconds }) => seconds);
    const pairs = beside.map((one, n) => one.seconds / without[n].seconds);
    const least = Math.min(...seconds(beside)) / Math.min(...seconds(without));
    const bytesOf = ({ bytes, states }: Verdict) => bytes / states;
    const bytes = bytesOf(beside[0]) / bytesOf(without[0]);
    console.log(
      `${name}: ${without[0].states} and ${beside[0].states} states, ` +
        `${Math.min(...seconds(without)).toFixed(2)} s and ` +
        `${Math.min(...seconds(beside)).toFixed(2)} s; ` +
        `time ${median(pairs).toFixed(2)} (minima ${least.toFixed(2)}), ` +
        `${bytesOf(without[0]).toFixed(1)} and ${
          bytesOf(beside[0]).toFixed(1)
        } bytes a state: ${bytes.toFixed(2)}`,
    );
    if (median(pairs) > MOST.seconds || bytes > MOST.bytes) {
      throw new Error(
        `more than ${MOST.seconds} times as long, or ${MOST.bytes} times as large`,
      );
    }
  }
}
