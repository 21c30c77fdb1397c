/**
 * Scenarios as cases for a recorder of real kernels.
 *
 * @module
 */
import { type PlayedOn, playLines } from "../conform/play/mod.ts";
import { RecordingError } from "../conform/mod.ts";
import {
  type File,
  headline,
  type RunSettings,
  runWatched,
  type ScenarioResult,
} from "../dsl/mod.ts";
import { architecture } from "../engine/mod.ts";
import { CaseBuilder } from "./builder.ts";
import { jumpsUnderStep } from "./jumps.ts";
import { holds } from "./observation.ts";
import {
  caseText,
  type Check,
  type Fields,
  type Left,
  NOTHING_DONE,
  type RecordedCase,
} from "./recorded_case.ts";

export { caseText, leftText, whyNothing } from "./recorded_case.ts";
export type { PlayedOn } from "../conform/play/mod.ts";
export type { Check, Fields, Left, RecordedCase } from "./recorded_case.ts";

/** What to export. */
export interface ExportSettings {
  /** Kernel to carry scenarios out under; their own, or the newest mainline one, if undefined. */
  readonly profile: string | undefined;
  /** Vendor of that kernel; its first one if undefined. */
  readonly vendor: string | undefined;
  /** Only scenarios whose name contains this. */
  readonly filter: string | undefined;
  /** Most statements and loop iterations. */
  readonly limit: number;
}

/** A kernel of the real world: a case of another's expectations cannot be performed on it. */
function isMainline(profile: string): boolean {
  return profile.startsWith("linux-") && !profile.includes(" ");
}

/** The newest listed mainline kernel of an architecture. */
export function newestMainline(arch: "arm64" | "x86"): string {
  const { profiles } = architecture(arch)!;
  return profiles.findLast(({ name }) => isMainline(name))!.name;
}

/** A scenario that does not run to its end, so that it is no case. */
export interface NotRun {
  /** Name of the scenario. */
  readonly name: string;
  /** File that it is in, as it was given. */
  readonly source: string;
  /** Why, in one line. */
  readonly why: string;
  /** It is skipped under its kernel, or not meant to be run. */
  readonly isSkipped: boolean;
}

/** The scenarios of a file. */
export interface Exported {
  /** Those that ran to their end. */
  readonly cases: readonly RecordedCase[];
  /** The others. */
  readonly notRun: readonly NotRun[];
}

function notRun(
  { name, source, skip, failures }: ScenarioResult,
): NotRun {
  return {
    name,
    source,
    why: skip?.reason ?? headline(failures)?.diagnostic.message ??
      NOTHING_DONE,
    isSkipped: skip !== undefined,
  };
}

function casesOf(
  file: File,
  settings: RunSettings,
): (RecordedCase | NotRun)[] {
  let builder = new CaseBuilder();
  const cases: (RecordedCase | NotRun)[] = [];
  const watched = runWatched(file, {
    ...settings,
    watch: {
      before: (...told) => builder.before(...told),
      after: (...told) => builder.after(...told),
    },
  });
  for (const result of watched) {
    const { name, source, status } = result;
    const made = status === "skipped" || status === "error"
      ? undefined
      : builder.result(name, source);
    cases.push(made ?? notRun(result));
    builder = new CaseBuilder();
  }
  return cases;
}

/**
 * The scenarios of a file as cases. In the model's own recording of its case each check does what the expectation does
 * in the scenario; the others are left.
 *
 * @param file without errors
 */
export function exportFile(
  file: File,
  { profile, vendor, filter, limit }: ExportSettings,
): Exported {
  const settings: RunSettings = {
    profile,
    vendor,
    filter,
    limit,
    trace: false,
  };
  const own = casesOf(file, settings);
  const chosen = own.map((made, index) =>
    isNotRun(made) || isMainline(made.profile) || profile !== undefined
      ? made
      : casesOf(file, {
        ...settings,
        profile: newestMainline(made.arch),
      })[index]
  );
  return {
    cases: chosen.flatMap((made) => isNotRun(made) ? [] : [onModel(made)]),
    notRun: chosen.filter(isNotRun),
  };
}

function isNotRun(made: RecordedCase | NotRun): made is NotRun {
  return "isSkipped" in made;
}

/** Keeps the checks that hold in the model's own recording. */
function onModel(made: RecordedCase): RecordedCase {
  const lines = jumpsUnderStep(made.steps)
    ? "a jump of the recorder's would count as a step"
    : recordingOf(made, made.profile);
  if (typeof lines === "string") {
    return {
      ...made,
      checks: [],
      left: [...made.left, ...made.checks.map((check) => left(check, lines))],
    };
  }
  const kept = made.checks.filter((check) =>
    holds(check, lines.get(check.step)) === check.isMet
  );
  const dropped = made.checks.filter((check) => !kept.includes(check));
  return {
    ...made,
    checks: kept,
    left: [
      ...made.left,
      ...dropped.map((check) =>
        left(check, `the case as a whole does not show ${check.field}`)
      ),
    ],
  };
}

function left({ line, text }: Check, why: string): Left {
  return { line, text, why, isExpectation: true };
}

/** Where a case is played. */
export function machineOf(
  { arch, model, counts, vendor }: RecordedCase,
  profile: string,
): PlayedOn {
  const { models } = architecture(arch)!;
  return { profile, vendor, model: model ?? models[0].name, counts };
}

/** What the model observes of each step, or why there is nothing. */
function recordingOf(
  made: RecordedCase,
  profile: string,
): ReadonlyMap<number, Fields> | string {
  return played(made, machineOf(made, profile));
}

function played(
  made: RecordedCase,
  on: PlayedOn,
): ReadonlyMap<number, Fields> | string {
  try {
    const { lines } = playLines(caseText(made), on);
    // Of a step with several lines the last one counts, as in the exported program.
    return new Map(lines.map(({ step, fields }) => [step, fields]));
  } catch (error) {
    if (error instanceof RecordingError) return error.message;
    throw error;
  }
}

/**
 * Whether each check of a case holds on the model, which can differ from what the scenario's author expected.
 *
 * @returns why the case cannot be played, where it cannot
 */
export function verdicts(
  made: RecordedCase,
  on: PlayedOn,
): readonly boolean[] | string {
  const lines = played(made, on);
  return typeof lines === "string"
    ? lines
    : made.checks.map((check) => holds(check, lines.get(check.step)));
}

/** A kernel on which checks do not hold. */
export interface Failing {
  /** Its name. */
  readonly profile: string;
  /** Lines of the scenario with a check that does not hold. */
  readonly lines: readonly number[];
}

/** The mainline releases on which checks of a case do not hold, among those at which behaviour changes. */
export function failingKernels(made: RecordedCase): readonly Failing[] {
  const arch = architecture(made.arch)!;
  const kernels = new Set([
    ...arch.distinctKernels(),
    ...arch.profiles.map(({ name }) => name).filter(isMainline),
  ]);
  return [...kernels].flatMap((profile) => {
    const answer = arch.kernel(profile);
    if (!answer.ok) return [];
    if (made.vendor && !answer.info.vendors.includes(made.vendor)) return [];
    const lines = recordingOf(made, profile);
    if (typeof lines === "string") return [];
    const failed = made.checks.filter((check) =>
      !holds(check, lines.get(check.step))
    );
    return failed.length === 0
      ? []
      : [{ profile, lines: [...new Set(failed.map(({ line }) => line))] }];
  });
}
