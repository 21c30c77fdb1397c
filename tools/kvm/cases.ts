/**
 * The cases of a campaign: files, and random ones.
 *
 * @module
 */
import { caseText, exportFile, type RecordedCase } from "../../export/mod.ts";
import { load, pathReader } from "../../dsl/mod.ts";
import { armsBreakpoints } from "./armed.ts";
import { CampaignError } from "./command.ts";
import type { EmulatedMachine } from "./machines.ts";
import { randomCase, textOf } from "./random/mod.ts";
import type { CampaignCase } from "./work.ts";

/** Statements that a scenario may carry out. */
const STATEMENTS_MAX = 100_000;

/** So many of the cases that a machine cannot perform are named. */
const NAMED = 5;

/** What cases there are. */
export interface CaseChoice {
  readonly cases: number;
  readonly seed: number;
  readonly files: readonly string[];
}

/** The files below a folder, or the file itself. */
export async function pathsOf(path: string): Promise<readonly string[]> {
  const info = await Deno.stat(path).catch(() => {
    throw new CampaignError(`there is no file ${path}`);
  });
  if (!info.isDirectory) return [path];
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    const inside = `${path}/${name}`;
    if (isDirectory || /\.(jsonl|dregs)$/.test(name)) {
      paths.push(...await pathsOf(inside));
    }
  }
  return paths.sort();
}

/** A name that is a file's too. */
export function fileName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._+-]+/g, "-").replace(/^-+/, "");
}

/** The cases of a text of JSON lines, which can have several, with names of their own. */
function casesOfLines(
  path: string,
  text: string,
  machine: EmulatedMachine,
): readonly CampaignCase[] {
  const found: { header: Record<string, unknown>; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    let fields: Record<string, unknown>;
    try {
      fields = JSON.parse(line);
    } catch {
      throw new CampaignError(`${path} has a line that is not JSON`);
    }
    if (typeof fields.case === "string") {
      found.push({ header: fields, lines: [] });
    } else if (found.length === 0) {
      throw new CampaignError(`${path} does not begin with a case's header`);
    } else found.at(-1)!.lines.push(line);
  }
  const stem = fileName(path.replace(/\.jsonl$/, ""));
  const names = new Set<string>();
  return found.filter(({ header }) => isFor(header, machine)).map(
    ({ header, lines }, index) => {
      const name = index === 0 && found.length === 1
        ? stem
        : `${stem}-${fileName(String(header.case))}`;
      if (names.has(name)) {
        throw new CampaignError(`${path} has two cases ${header.case}`);
      }
      names.add(name);
      const { arch, vcpus, about } = header;
      const own = JSON.stringify({ case: name, arch, vcpus, about });
      return { name, text: `${[own, ...lines].join("\n")}\n` };
    },
  );
}

/** A case is for one architecture; a recording of one vendor's KVM can be done on the other's too, but says less. */
function isFor(
  { arch, vendor }: Readonly<Record<string, unknown>>,
  machine: EmulatedMachine,
): boolean {
  if (arch !== machine.arch) return false;
  return vendor === undefined || vendor === machine.name;
}

/** A kernel of the model, and for whose CPU it is, where there is a choice. */
export interface ModelledKernel {
  readonly profile: string;
  readonly vendor: string | undefined;
}

/**
 * The scenarios of a file that a recorder can perform something of.
 *
 * @param kernel the kernel whose behaviour is expected; each scenario's own if left out
 */
export function exported(
  path: string,
  text: string,
  kernel?: ModelledKernel,
): readonly RecordedCase[] {
  const loaded = load({ name: path, text }, {
    reader: pathReader((name) => {
      try {
        return Deno.readTextFileSync(name);
      } catch {
        return undefined;
      }
    }),
  });
  if (!loaded.ok) {
    throw new CampaignError(
      `${path}: ${loaded.diagnostics[0].message}; \`dregs check\` says more`,
    );
  }
  return exportFile(loaded.file, {
    profile: kernel?.profile,
    vendor: kernel?.vendor,
    filter: undefined,
    limit: STATEMENTS_MAX,
  }).cases;
}

function casesOfScenario(
  path: string,
  text: string,
  machine: EmulatedMachine,
): readonly CampaignCase[] {
  const stem = fileName(path.replace(/\.dregs$/, ""));
  return exported(path, text).filter(({ arch, vendor, checks, vcpus }) =>
    arch === machine.arch && (vendor ?? machine.vendor) === machine.vendor &&
    checks.length > 0 && vcpus <= 3
  ).map((made) => {
    const name = `${stem}-${fileName(made.name)}`;
    return { name, text: caseText({ ...made, name }) };
  });
}

function stepsOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text.trimEnd().split("\n").slice(1).map((line) => JSON.parse(line));
}

/** False for cases that spoil others on the machine. */
export function canPerform(
  { model }: EmulatedMachine,
  steps: readonly Readonly<Record<string, unknown>>[],
): boolean {
  return model !== "tcg-stock" || !armsBreakpoints(steps);
}

/** Says which cases, or programs of them, a machine leaves out; nothing if it leaves out none. */
export function leftOutText(
  { name }: EmulatedMachine,
  what: "cases" | "programs",
  names: readonly string[],
): string | undefined {
  if (names.length === 0) return undefined;
  const more = names.length - NAMED;
  return `kvm-${name}: ${what} left out, since QEMU's SVM keeps breakpoints enabled after an exit: ${
    names.slice(0, NAMED).join(", ")
  }${more > 0 ? ` and ${more} more` : ""}`;
}

/** The cases for a machine, each of a name of its own, and the names of those that it cannot perform. */
export async function campaignCases(
  machine: EmulatedMachine,
  { cases, seed, files }: CaseChoice,
): Promise<{
  readonly cases: readonly CampaignCase[];
  readonly leftOut: readonly string[];
}> {
  const all: CampaignCase[] = [];
  for (const operand of files) {
    for (const path of await pathsOf(operand)) {
      const text = await Deno.readTextFile(path);
      all.push(
        ...path.endsWith(".dregs")
          ? casesOfScenario(path, text, machine)
          : casesOfLines(path, text, machine),
      );
    }
  }
  for (let number = 0; number < cases; number++) {
    const made = randomCase(machine, seed, number);
    all.push({ name: String(made.header.case), text: textOf(made) });
  }
  const names = new Set<string>();
  const named = all.filter(({ name }) => {
    const isNew = !names.has(name);
    names.add(name);
    return isNew;
  });
  const can = ({ text }: CampaignCase) => canPerform(machine, stepsOf(text));
  return {
    cases: named.filter(can),
    leftOut: named.filter((one) => !can(one)).map(({ name }) => name),
  };
}
