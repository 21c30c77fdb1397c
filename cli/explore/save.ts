/**
 * What `--save` writes: each counterexample as a scenario, or one as a program for a real KVM.
 *
 * @module
 */
import { inTimeOrder } from "../../dsl/kernel_order.ts";
import {
  architecture,
  type ArchName,
  kernelWithVendor,
} from "../../engine/mod.ts";
import { UsageError } from "../command.ts";
import type { Io } from "../io.ts";
import { SCENARIO_SUFFIX } from "../texts.ts";
import type { Verdict } from "./verdict.ts";

/** A schedule that breaks something, under the newest kernel on which it was found. */
interface Counterexample extends Pick<Verdict, "name" | "source"> {
  /** The kernel with its vendor. */
  readonly kernel: string;
  /** The schedule as a scenario of that kernel. */
  readonly scenario: string;
  /** Kernels on which the same schedule was found. */
  readonly kernels: number;
}

/** A scenario without what says of which kernel it is. */
function withoutKernel(scenario: string): string {
  return scenario.split("\n").filter((line) => !/^(?:#|kernel )/.test(line))
    .join("\n");
}

/** The different schedules: of each block the one of the newest kernel first. */
function counterexamples(
  verdicts: readonly Verdict[],
): readonly Counterexample[] {
  const blocks = Map.groupBy(
    verdicts.filter(({ scenario }) => scenario !== null),
    ({ source, name }) => JSON.stringify([source, name]),
  );
  return [...blocks.values()].flatMap((block) => {
    const newestFirst = inTimeOrder(block.toReversed(), ({ arch, kernel }) => ({
      arch: architecture(arch as ArchName)!,
      kernel,
    })).toReversed();
    const alike = Map.groupBy(
      newestFirst,
      ({ scenario }) => withoutKernel(scenario!),
    );
    return [...alike.values()].map((same): Counterexample => {
      const [{ name, source, kernel, vendor, scenario }] = same;
      return {
        name,
        source,
        kernel: kernelWithVendor(kernel, vendor ?? undefined),
        scenario: scenario!,
        kernels: same.length,
      };
    });
  });
}

/** Counterexamples as scenarios of one file; a single one is the file. */
function scenarioFile(found: readonly Counterexample[]): string {
  const [first, ...more] = found;
  if (more.length === 0) return first.scenario;
  const names = new Set<string>();
  return found.map(({ name, kernel, scenario }) => {
    const own = `${name} on ${kernel}`;
    let title = own;
    for (let n = 2; names.has(title); n++) title = `${own}, ${n}`;
    names.add(title);
    const lines = scenario.trimEnd().split("\n");
    const start = lines.findIndex((line) => !line.startsWith("#"));
    return [
      ...lines.slice(0, start),
      `scenario "${title}" {`,
      ...lines.slice(start).map((line) => `  ${line}`),
      "}",
      "",
    ].join("\n");
  }).join("\n");
}

/** A counterexample as a program for a real KVM, or why it cannot be one. */
async function program(
  path: string,
  scenario: string,
  limit: number,
  io: Io,
): Promise<{ readonly text: string } | { readonly why: string }> {
  const { loadText } = await import("../loading.ts");
  const { exportFile, whyNothing } = await import("../../export/mod.ts");
  const { cProgram } = await import("../../export/c_program.ts");
  const { recorderTexts } = await import("../recorder_texts.ts");
  const loaded = loadText({ name: path, text: scenario }, limit, io);
  // The search wrote it.
  if (!loaded.ok) throw new RangeError(path);
  const { cases: [made] } = exportFile(loaded.file, {
    profile: undefined,
    vendor: undefined,
    filter: undefined,
    limit,
  });
  const why = whyNothing(made, true);
  return why === undefined
    ? { text: cProgram(made, await recorderTexts(io), scenario) }
    : { why };
}

/** Writes the first counterexample that can be a program of C. @throws {UsageError} if none can */
async function saveProgram(
  path: string,
  found: readonly Counterexample[],
  limit: number,
  io: Io,
): Promise<void> {
  const scenarios = path.replace(/\.c$/, SCENARIO_SUFFIX);
  const reasons: string[] = [];
  for (const one of found) {
    const made = await program(scenarios, one.scenario, limit, io);
    if ("why" in made) {
      reasons.push(made.why);
      continue;
    }
    io.writeFile(path, made.text);
    io.err(
      `dregs explore: wrote ${path}, the counterexample of ${foundText(one)}\n`,
    );
    const others = found.filter((other) => other !== one);
    if (others.length > 0) {
      io.err(
        `dregs explore: a program has one counterexample; \`--save ${scenarios}\` writes these too: ${
          others.map(foundText).join("; ")
        }\n`,
      );
    }
    return;
  }
  throw new UsageError(
    `${path}: the counterexample cannot be a program: ${reasons[0]}`,
    `\`--save ${scenarios}\` writes it as a scenario`,
  );
}

/** A counterexample in words: whose it is, and how many kernels have it. */
function foundText({ name, kernel, kernels }: Counterexample): string {
  const others = kernels - 1;
  const also = others === 0
    ? ""
    : others === 1
    ? " and one kernel more"
    : ` and ${others} kernels more`;
  return `${name} on ${kernel}${also}`;
}

/**
 * Writes the counterexamples of some verdicts, if there are any, and says which.
 *
 * @param path a file; of C if it ends so
 * @throws {UsageError} if the counterexample cannot be a program of C
 */
export async function save(
  path: string,
  verdicts: readonly Verdict[],
  limit: number,
  io: Io,
): Promise<void> {
  const found = counterexamples(verdicts);
  if (found.length === 0) return;
  if (path.endsWith(".c")) return await saveProgram(path, found, limit, io);
  io.writeFile(path, scenarioFile(found));
  const texts = found.map(foundText);
  io.err(
    `dregs explore: wrote ${path}, ${
      texts.length === 1
        ? `the counterexample of ${texts[0]}`
        : `${texts.length} counterexamples: ${texts.join("; ")}`
    }\n`,
  );
}
