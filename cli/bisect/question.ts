/**
 * What is asked of kernels: whether a scenario holds, or whether an `explore` block does.
 *
 * @module
 */
import type { Diagnostic } from "../../dsl/diagnostics.ts";
import type { Exploration } from "../../dsl/explore/exploration.ts";
import { headline, type ScenarioResult } from "../../dsl/result.ts";
import { archOf, runFile } from "../../dsl/run/scenario.ts";
import { positionAt } from "../../dsl/source.ts";
import type { File } from "../../dsl/syntax/lines.ts";
import {
  type Architecture,
  architecture,
  type ArchName,
  kernelWithVendor,
} from "../../engine/mod.ts";
import type { ExploreOptions } from "../explore/options.ts";
import type { Io } from "../io.ts";
import type { AskedKernel } from "../kernels.ts";

/** What a kernel came to. */
export interface Answer {
  /** `unresolved`: it cannot be asked of this kernel, or a search was not finished. */
  readonly outcome: "holds" | "fails" | "unresolved";
  /** What failed, or why it is unresolved: one line. Empty if it holds. */
  readonly why: string;
  /** Fields of the kernel's record that the outcome depends on. */
  readonly fields: ReadonlySet<string>;
}

/** A kernel with its vendor. */
export interface Asked {
  /** Its name in one spelling. */
  readonly kernel: string;
  readonly vendor: string | undefined;
  /** The kernel whose expectations are checked. */
  readonly heldTo: string;
}

/** A scenario or an `explore` block. */
export interface Question {
  readonly kind: "scenario" | "explore";
  /** Of the scenario; the file's if it has no blocks. */
  readonly name: string;
  /** Name of the file. */
  readonly source: string;
  readonly file: File;
  readonly arch: Architecture;
  /** The kernel that it names. */
  readonly own: {
    readonly kernel: string;
    readonly vendor: string | undefined;
  };
  /** It has no expectation, for whichever kernel. */
  readonly expectsNothing: boolean;
  /** @throws {Stopped} if the user stops a search */
  ask(asked: Asked): Promise<Answer>;
}

/** The user stopped a search. */
export class Stopped extends Error {
  override name = "Stopped";
}

/** `file.dregs:12:1: message`, in one line. */
function lineOf({ span, message }: Diagnostic): string {
  const { line, column } = positionAt(span.source, span.start);
  return `${span.source.name}:${line}:${column}: ${message}`;
}

/** Told of a scenario or a block that no kernel can be asked of, with the reason. */
type Skipped = (name: string, reason: string) => void;

/** A kernel that the user names. */
type NamedKernel = Pick<AskedKernel, "profile" | "vendor" | "arches">;

/** A scenario under its own kernel, and under the first of that and the named ones that can be asked. */
interface Found {
  readonly own: ScenarioResult;
  /** Under the first kernel if none can be asked. */
  readonly first: ScenarioResult;
}

/** The scenarios of a file whose name contains a text. */
function scenariosOf(
  file: File,
  filter: string | undefined,
  limit: number,
  named: readonly NamedKernel[],
): readonly Found[] {
  const settings = { trace: false, limit, filter };
  const own = [...runFile(file, { ...settings, profile: undefined })];
  // A block that is searched is asked as one.
  const scenarios = own.filter(({ skip }) => skip?.cause !== "explore");
  if (scenarios.every(({ status }) => status !== "skipped")) {
    return scenarios.map((one) => ({ own: one, first: one }));
  }
  const others = named.map((kernel) => [
    ...runFile(file, { ...settings, ...kernel }),
  ]);
  return scenarios.map((one) => {
    const all = others.flatMap((results) =>
      results.filter(({ name, skip }) =>
        name === one.name && skip?.cause !== "arch"
      )
    );
    const first = [one, ...all].find(({ status }) => status !== "skipped");
    return { own: one, first: first ?? all[0] ?? one };
  });
}

/**
 * The scenarios of a file whose name contains a text, except those that neither their own kernel nor a named one can
 * be asked of.
 */
export function scenarioQuestions(
  file: File,
  filter: string | undefined,
  limit: number,
  named: readonly NamedKernel[] = [],
  skipped: Skipped = () => {},
): readonly Question[] {
  const settings = { trace: false, limit };
  const found = scenariosOf(file, filter, limit, named);
  for (const { first: { name, skip, status } } of found) {
    if (status === "skipped" && skip) skipped(name, skip.reason);
  }
  return found.filter(({ first }) => first.status !== "skipped").map(
    (
      {
        own: { profile, vendor },
        first: { name, source, arch, status, expectations },
      },
    ): Question => ({
      kind: "scenario",
      name,
      source,
      file,
      arch: architecture(arch as ArchName)!,
      own: { kernel: profile, vendor },
      expectsNothing: status === "passed" && expectations === 0,
      ask({ kernel, vendor, heldTo }) {
        const fieldsRead = new Set<string>();
        const asked = {
          ...settings,
          profile: kernel,
          vendor,
          arches: [arch],
          heldTo,
          fieldsRead,
          filter: name,
        };
        for (const result of runFile(file, asked)) {
          if (result.name !== name) {
            // Another scenario whose name contains this one's.
            fieldsRead.clear();
            continue;
          }
          const { status, failures, skip } = result;
          const first = headline(failures);
          return Promise.resolve({
            outcome: status === "passed"
              ? "holds"
              : status === "failed"
              ? "fails"
              : "unresolved",
            why: first === undefined
              ? status === "skipped" ? skip?.summary ?? "" : ""
              : lineOf(first.diagnostic),
            fields: fieldsRead,
          });
        }
        throw new RangeError(`${name} is not in ${source}`);
      },
    }),
  );
}

/**
 * An `explore` block.
 *
 * @returns diagnostics if it has a mistake, none if what it requires holds under neither its own kernel nor a named one
 */
export async function exploreQuestion(
  exploration: Exploration,
  options: ExploreOptions,
  io: Io,
  named: readonly NamedKernel[] = [],
  skipped: Skipped = () => {},
): Promise<Question | readonly Diagnostic[]> {
  const { compile } = await import("../../dsl/explore/model.ts");
  const { searched } = await import("../explore/search.ts");
  const { isCutOff, isStopped } = await import("../explore/verdict.ts");
  const { limit } = options;
  const { name, file } = exploration;
  const arch = architecture(archOf(exploration.before))!;
  const own = compile(exploration, { profile: undefined, limit });
  if (!own.ok && !own.unmet) return own.diagnostics;
  if (!own.ok) {
    const others = named.filter(({ arches }) => arches.includes(arch.name))
      .map(({ profile, vendor }) =>
        compile(exploration, { profile, vendor, limit })
      );
    if (!others.some(({ ok }) => ok)) {
      const unmet = others.flatMap((one) => !one.ok && one.unmet || [])[0] ??
        own.unmet!;
      const kernel = kernelWithVendor(unmet.profile, unmet.vendor);
      skipped(name, `${unmet.reason}; the kernel is ${kernel}`);
      return [];
    }
  }
  const { profile, vendor: ownVendor } = own.ok
    ? own.instances[0].session.kernelChoice
    : own.unmet!;
  return {
    kind: "explore",
    name,
    source: file.source.name,
    file,
    arch,
    own: { kernel: profile, vendor: ownVendor },
    // Without a property it would not have been compiled.
    expectsNothing: false,
    async ask({ kernel, vendor, heldTo }) {
      const fields = new Set<string>();
      const compiled = compile(exploration, {
        profile: kernel,
        vendor,
        heldTo,
        fieldsRead: fields,
        limit,
      });
      if (!compiled.ok) {
        const why = compiled.unmet?.reason ??
          lineOf(compiled.diagnostics[0]);
        return { outcome: "unresolved", why, fields };
      }
      let cutOff: string | undefined;
      for (const instance of compiled.instances) {
        // One thread: workers would not tell which fields they read.
        const one = { ...options, workers: 1 };
        const verdict = await searched(
          exploration,
          instance,
          { profile: kernel, vendor },
          one,
          io,
        );
        if (isStopped(verdict)) throw new Stopped();
        if (verdict.outcome === "broken") {
          const steps = verdict.schedule.length;
          const why = `${verdict.broken.join(", ")}, after ${steps} ${
            steps === 1 ? "step" : "steps"
          }`;
          return { outcome: "fails", why, fields };
        }
        if (isCutOff(verdict.bound)) cutOff = verdict.bound ?? undefined;
      }
      return cutOff === undefined ? { outcome: "holds", why: "", fields } : {
        outcome: "unresolved",
        why: `the search ended at its bound: ${cutOff}`,
        fields,
      };
    },
  };
}
