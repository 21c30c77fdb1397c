/**
 * What each scenario of the catalogue, and random cases, do under a few kernels, as digests: `digests.txt` has a line a
 * file, or ten cases.
 *
 * @module
 */
import type { ArchName } from "../../engine/mod.ts";
import { MACHINES } from "../../tools/kvm/machines.ts";
import { randomCase, textOf } from "../../tools/kvm/random/mod.ts";
import { sourceFiles } from "../source_files.ts";
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

/** Kernels that cases are not played on: they name none, and without KVM there is no ioctl. */
const UNNAMED: ReadonlySet<string> = new Set(["own", "bare"]);

/** Hardware models that cases are played on. */
const MODELS = { arm64: "max", x86: "architecture" } as const;

/** Where digests are kept. */
export const DIGESTS = new URL("digests.txt", import.meta.url);

/** Texts of what is traced: scenarios that run, and cases in the names of which is the architecture they are for. */
export interface TracedTexts {
  /** By path. */
  readonly files: ReadonlyMap<string, string>;
  /** By name, several a name. */
  readonly cases: ReadonlyMap<string, readonly string[]>;
}

/** Random cases of a name, and how many names each architecture has. */
const CASES = 10;
const NAMES = 50;

/** For whom cases are made: those for Intel's CPU of Bochs enable breakpoints. */
const MADE_FOR = MACHINES.filter(({ name }) => name !== "amd");

function randomCases(): ReadonlyMap<string, readonly string[]> {
  const cases = new Map<string, readonly string[]>();
  for (const machine of MADE_FOR) {
    for (let n = 0; n < NAMES; n++) {
      cases.set(
        `random/${machine.arch}/${String(n).padStart(2, "0")}`,
        Array.from(
          { length: CASES },
          (_, i) => textOf(randomCase(machine, 1, CASES * n + i)),
        ),
      );
    }
  }
  return cases;
}

/** What is traced. */
export async function tracedTexts(): Promise<TracedTexts> {
  const files = await sourceFiles((path) =>
    path.startsWith("scenarios/") && path.endsWith(".dregs") &&
    !path.startsWith("scenarios/explore/")
  );
  return { files, cases: randomCases() };
}

function archOf(name: string): ArchName {
  return /^(scenarios|random)\/x86\//.test(name) ? "x86" : "arm64";
}

/** The kernels of a file of the catalogue or of cases, by the names of their columns. */
export function tracedUnder(
  name: string,
): Readonly<Record<string, TracedUnder>> {
  const all = TRACED[archOf(name)];
  if (!name.startsWith("random/")) return all;
  return Object.fromEntries(
    Object.entries(all).filter(([column]) => !UNNAMED.has(column)),
  );
}

/** All that a file or the cases of a name do under a kernel. */
export function tracedText(
  name: string,
  { files, cases }: TracedTexts,
  under: TracedUnder,
): string {
  const played = cases.get(name);
  if (played === undefined) return traceText(name, files, under);
  const arch = archOf(name);
  const { profile = "", vendor } = under;
  const on = { profile, vendor, model: MODELS[arch], counts: {} };
  return played.map((text) => caseTraceText(arch, text, on)).join("\n");
}

/** The first 32 bits of a text's SHA-256, in hexadecimal. */
async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(hash, 0, 4)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The digest of all that a file or the cases of a name do under a kernel. */
export async function digestOf(
  name: string,
  texts: TracedTexts,
  under: TracedUnder,
): Promise<string> {
  return await digest(tracedText(name, texts, under));
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
