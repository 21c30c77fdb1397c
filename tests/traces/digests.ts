/**
 * What each scenario of the catalogue and random cases do under a few kernels, and what searches find, as digests:
 * `digests.txt` has a line for each file, for ten cases, and for five random blocks.
 *
 * @module
 */
import { ARCH_NAMES, type ArchName } from "../../engine/mod.ts";
import { digestOf } from "../../tools/digest.ts";
import { MACHINES } from "../../tools/kvm/machines.ts";
import { randomCase, textOf } from "../../tools/kvm/random/mod.ts";
import { sourceFiles } from "../source_files.ts";
import { randomScenario } from "./random_scenarios.ts";
import { randomSearches, searchText } from "./search_text.ts";
import { caseTraceText, type TracedUnder, traceText } from "./trace_text.ts";

/** Kernels, by the names of their columns: the scenario's own, and some of each vendor between the oldest and the newest. */
export const TRACED: Readonly<
  Record<ArchName, Readonly<Record<string, TracedUnder>>>
> = {
  arm64: {
    own: {},
    "4.4": { profile: "linux-4.4" },
    "5.4": { profile: "linux-5.4" },
    "6.1": { profile: "linux-6.1" },
    "7.3": { profile: "linux-7.3" },
    bare: { profile: "bare" },
  },
  x86: {
    own: {},
    "4.4-vmx": { profile: "linux-4.4", vendor: "vmx" },
    "4.9-svm": { profile: "linux-4.9", vendor: "svm" },
    "5.4-vmx": { profile: "linux-5.4", vendor: "vmx" },
    "6.1-svm": { profile: "linux-6.1", vendor: "svm" },
    "7.3-vmx": { profile: "linux-7.3", vendor: "vmx" },
    "7.3-svm": { profile: "linux-7.3", vendor: "svm" },
    bare: { profile: "bare" },
  },
};

/** Options of searches, by the names of their columns. */
const SEARCHED: Readonly<Record<string, readonly string[]>> = {
  all: ["--all", "--coverage"],
  first: [],
  "without-pairs": ["--without", "pairs"],
  "without-all": ["--without", "all"],
};

/** Columns that random texts do not have: they name no kernel, and without KVM there is no ioctl. */
const UNNAMED: ReadonlySet<string> = new Set(["own", "bare"]);

/** Hardware models that cases are played on. */
const MODELS = { arm64: "max", x86: "architecture" } as const;

/** Where digests are kept. */
export const DIGESTS = new URL("digests.txt", import.meta.url);

/** What is traced, by name. */
export interface TracedTexts {
  /** Scenarios that run, by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Random scenarios; several a name. */
  readonly scenarios: ReadonlyMap<string, readonly string[]>;
  /** Cases of the recorder; several a name. */
  readonly cases: ReadonlyMap<string, readonly string[]>;
  /** Texts that are searched; several a name. */
  readonly searches: ReadonlyMap<string, readonly string[]>;
}

/** Random cases, scenarios and blocks of a name; and how many names each architecture has. */
const CASES = 10;
const SCENARIOS = 5;
const BLOCKS = 5;
const NAMES = { cases: 50, scenarios: 14, blocks: 10 };

/** For whom cases are made: those for Intel's CPU of Bochs enable breakpoints. */
const MADE_FOR = MACHINES.filter(({ name }) => name !== "amd");

function numbered(folder: string, n: number): string {
  return `${folder}/${String(n).padStart(2, "0")}`;
}

function randomCases(): ReadonlyMap<string, readonly string[]> {
  const cases = new Map<string, readonly string[]>();
  for (const machine of MADE_FOR) {
    for (let n = 0; n < NAMES.cases; n++) {
      cases.set(
        numbered(`random/${machine.arch}`, n),
        Array.from(
          { length: CASES },
          (_, i) => textOf(randomCase(machine, 1, CASES * n + i)),
        ),
      );
    }
  }
  return cases;
}

function randomScenarios(): ReadonlyMap<string, readonly string[]> {
  const scenarios = new Map<string, readonly string[]>();
  for (const arch of ARCH_NAMES) {
    for (let n = 0; n < NAMES.scenarios; n++) {
      scenarios.set(
        numbered(`scenario/${arch}`, n),
        Array.from(
          { length: SCENARIOS },
          (_, i) => randomScenario(arch, SCENARIOS * n + i),
        ),
      );
    }
  }
  return scenarios;
}

function searches(
  blocks: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, readonly string[]>(
    [...blocks].map(([path, text]) => [path, [text]]),
  );
  for (const arch of ARCH_NAMES) {
    const random = randomSearches(arch, BLOCKS * NAMES.blocks);
    for (let n = 0; n < NAMES.blocks; n++) {
      const name = numbered(`search/${arch}`, n);
      all.set(name, random.slice(BLOCKS * n, BLOCKS * (n + 1)));
    }
  }
  return all;
}

/** What is traced. */
export async function tracedTexts(): Promise<TracedTexts> {
  const catalogue = await sourceFiles((path) =>
    path.startsWith("scenarios/") && path.endsWith(".dregs")
  );
  const isSearched = (path: string) => path.startsWith("scenarios/explore/");
  const ofKind = (searched: boolean) =>
    new Map(
      [...catalogue].filter(([path]) => isSearched(path) === searched),
    );
  return {
    files: ofKind(false),
    scenarios: randomScenarios(),
    cases: randomCases(),
    searches: searches(ofKind(true)),
  };
}

/** The names of all that is traced. */
export function tracedNames(
  { files, scenarios, cases, searches }: TracedTexts,
): readonly string[] {
  return [files, scenarios, cases, searches].flatMap((all) => [...all.keys()]);
}

function archOf(name: string): ArchName {
  return /^(scenarios?|random)\/x86\//.test(name) ? "x86" : "arm64";
}

/** The columns of a name: kernels, or options of a search. */
export function columnsOf(name: string): readonly string[] {
  if (/^(scenarios\/explore|search)\//.test(name)) return Object.keys(SEARCHED);
  const all = Object.keys(TRACED[archOf(name)]);
  return /^(random|scenario)\//.test(name)
    ? all.filter((column) => !UNNAMED.has(column))
    : all;
}

/** All that what has a name does, in a column. */
export async function tracedText(
  name: string,
  { files, scenarios, cases, searches }: TracedTexts,
  column: string,
): Promise<string> {
  const searched = searches.get(name);
  if (searched !== undefined) {
    const found = [];
    for (const text of searched) {
      found.push(await searchText(text, SEARCHED[column]));
    }
    return found.join("\n");
  }
  const arch = archOf(name);
  const under = TRACED[arch][column];
  const random = scenarios.get(name);
  if (random !== undefined) {
    return random.map((text) =>
      traceText("random.dregs", new Map([["random.dregs", text]]), under)
    ).join("\n");
  }
  const played = cases.get(name);
  if (played === undefined) return traceText(name, files, under);
  const { profile = "", vendor } = under;
  const on = { profile, vendor, model: MODELS[arch], counts: {} };
  return played.map((text) => caseTraceText(arch, text, on)).join("\n");
}

/** The digest of all that what has a name does, in a column: 32 bits. */
export async function traceDigest(
  name: string,
  texts: TracedTexts,
  column: string,
): Promise<string> {
  return (await digestOf(await tracedText(name, texts, column))).slice(0, 8);
}

/** Digests by path and column. */
export type Digests = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Reads lines of `PATH COLUMN=DIGEST…`. */
export function parseDigests(text: string): Digests {
  return new Map(
    text.split("\n").filter((line) => line !== "").map((line) => {
      const [path, ...columns] = line.split(" ");
      return [
        path,
        Object.fromEntries(columns.map((column) => column.split("="))),
      ];
    }),
  );
}

/** The same as text, sorted by path. */
export function digestsText(digests: Digests): string {
  return [...digests].toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([path, columns]) =>
      [
        path,
        ...Object.entries(columns).map(([name, value]) => `${name}=${value}`),
      ].join(" ") + "\n"
    ).join("");
}
