/**
 * The good inputs that are spoilt: the catalogue, the recordings, and verdicts of searches.
 *
 * @module
 */
import { main } from "../../cli/main.ts";
import { MemoryIo } from "../../cli/memory_io.ts";
import { sourceFiles } from "../source_files.ts";

/** Longest texts that are spoilt: longer ones have the same at more length. */
const SCENARIO_MAX = 5_000;
const RECORDING_MAX = 12_000;

/** Texts of files whose path begins and ends so. */
async function filesOf(
  beginning: string,
  end: string,
): Promise<readonly string[]> {
  const files = await sourceFiles((path) =>
    path.startsWith(beginning) && path.endsWith(end)
  );
  return [...files.values()];
}

/** Scenarios of the catalogue. */
export async function scenarios(): Promise<readonly string[]> {
  const all = await filesOf("scenarios/", ".dregs");
  return all.filter((text) => text.length < SCENARIO_MAX);
}

/** Explore blocks of the catalogue. */
export async function exploreBlocks(): Promise<readonly string[]> {
  return await filesOf("scenarios/explore/", ".dregs");
}

/** Recordings of real kernels. */
export async function recordings(): Promise<readonly string[]> {
  const all = await filesOf("tests/recordings/", ".jsonl");
  return all.filter((text) => text.length < RECORDING_MAX);
}

/** A block whose choices can be shared out. */
const CHOICES = `arch x86
kernel linux-4.9
explore {
  choose a in 0x1000, 0x2000
  vcpu 0 {
    write dr0 a
    write dr7 g0=1
    exec 0x1000
  }
  vcpu 1 {
    exec 0x2000
  }
  never missed, stray
}
`;

/** Verdicts of searches, as `--format json` prints them: of one that broke, and the parts of one that did not. */
export async function verdicts(): Promise<readonly string[]> {
  const missed = (await exploreBlocks()).find((text) =>
    text.includes("linux-4.4") || text.includes("2016")
  )!;
  const files = { "choices.dregs": CHOICES, "missed.dregs": missed };
  const calls = [
    ["--kernel", "linux-4.4 vmx", "missed.dregs"],
    ["--shard", "1/2", "choices.dregs"],
    ["--shard", "2/2", "choices.dregs"],
  ];
  const texts: string[] = [];
  for (const args of calls) {
    const io = new MemoryIo({ files });
    await main(["explore", "--format", "json", "--workers", "1", ...args], io);
    JSON.parse(io.stdout);
    texts.push(io.stdout);
  }
  return texts;
}
