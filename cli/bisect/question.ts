/**
 * What is asked of kernels: whether a scenario holds, or whether an `explore` block does.
 *
 * @module
 */
import type { Diagnostic } from "../../dsl/diagnostics.ts";
import type { Exploration } from "../../dsl/explore/exploration.ts";
import { headline } from "../../dsl/result.ts";
import { runFile } from "../../dsl/run/scenario.ts";
import { positionAt } from "../../dsl/source.ts";
import type { File } from "../../dsl/syntax/lines.ts";
import {
  type Architecture,
  architecture,
  type ArchName,
} from "../../engine/mod.ts";
import type { ExploreOptions } from "../explore/options.ts";
import type { Io } from "../io.ts";

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

/**
 * The scenarios of a file whose name contains a text.
 *
 * @param skipped told of each that is skipped under its own kernel, with the reason
 */
export function scenarioQuestions(
  file: File,
  filter: string | undefined,
  limit: number,
  skipped: (name: string, reason: string) => void = () => {},
): readonly Question[] {
  const settings = { trace: false, limit };
  const own = [...runFile(file, { ...settings, profile: undefined, filter })];
  for (const { name, skip } of own) {
    // A block that is searched is asked as one.
    if (skip && skip.cause !== "explore") skipped(name, skip.reason);
  }
  return own.filter(({ status }) => status !== "skipped").map(
    (
      { name, source, arch, profile, vendor, status, expectations },
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
          const { status, failures } = result;
          const first = headline(failures);
          return Promise.resolve({
            outcome: status === "passed"
              ? "holds"
              : status === "failed"
              ? "fails"
              : "unresolved",
            why: first === undefined ? "" : lineOf(first.diagnostic),
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
 * @returns diagnostics if it cannot be searched under its own kernel
 */
export async function exploreQuestion(
  exploration: Exploration,
  options: ExploreOptions,
  io: Io,
): Promise<Question | readonly Diagnostic[]> {
  const { compile } = await import("../../dsl/explore/model.ts");
  const { searched } = await import("../explore/search.ts");
  const { isCutOff, isStopped } = await import("../explore/verdict.ts");
  const { limit } = options;
  const own = compile(exploration, { profile: undefined, limit });
  if (!own.ok) return own.diagnostics;
  const { session, arch } = own.instances[0];
  const { profile, vendor: ownVendor } = session.kernelChoice;
  const { name, file } = exploration;
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
        const why = lineOf(compiled.diagnostics[0]);
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
