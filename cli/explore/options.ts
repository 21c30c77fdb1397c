/**
 * Options of `dregs explore`, taken apart.
 *
 * @module
 */
import { oneOf, wholeNumber } from "../arguments.ts";
import { type Arguments, type Option, UsageError } from "../command.ts";
import {
  FOUND_FAILURES,
  type FoundFailure,
  foundNames,
} from "../../dsl/explore/found_failures.ts";
import { LIMIT_OPTION, limitOf } from "../limit.ts";

/** What can be switched off. */
export const REDUCTIONS = [
  "pairs",
  "transactions",
  "symmetry",
  "slots",
  "rest",
  "all",
] as const;

/** Formats of the output. */
const FORMATS = ["text", "json"] as const;

/** Memory for states if nothing is said. */
const MEMORY_DEFAULT = "4G";

/** More threads than this would wait for each other. */
const WORKERS_MAX = 256;

/** Most random schedules: threads count them in words of 32 bits. */
const SCHEDULES_MAX = 2_000_000_000;

/** Steps of a random schedule if `bound depth=` does not say. */
export const WALK_STEPS = 200;

/** The options, for help. */
export const OPTIONS: readonly Option[] = [
  {
    name: "kernel",
    value: "KERNEL",
    again: true,
    about:
      "search under this kernel instead of the block's own; a verdict each for several",
  },
  {
    name: "format",
    value: "FORMAT",
    choices: FORMATS,
    about: FORMATS.join(", "),
  },
  {
    name: "save",
    value: "FILE",
    isOutput: true,
    about:
      "write each schedule that breaks something as a scenario for dregs run, under the newest kernel that has it; " +
      "FILE.c one of them as a program for a real KVM",
  },
  {
    name: "all",
    about:
      "look for all that breaks, and print the shortest schedule of each kind",
  },
  {
    name: "except",
    value: "NAME",
    again: true,
    choices: foundNames(),
    about: `go on past a failure of docs/found.md: ${foundNames().join(", ")}`,
  },
  {
    name: "simulate",
    value: "N",
    about: "try N schedules at random instead: for what is too large to finish",
  },
  {
    name: "seed",
    value: "S",
    about: "seed of the first random schedule; the next has S + 1",
  },
  {
    name: "report",
    value: "FILE",
    isOutput: true,
    about:
      "write a page of the schedules that were found, each beside the same under a kernel with the fix",
  },
  {
    name: "memory",
    value: "SIZE",
    about:
      `most memory for states, such as 500M or 8G; ${MEMORY_DEFAULT} if not given`,
  },
  {
    name: "workers",
    value: "N",
    about:
      "threads of a large search, one for each core if not given; 1 for none but the program's own",
  },
  {
    name: "without",
    value: "REDUCTION",
    choices: REDUCTIONS,
    again: true,
    about: `do without a reduction, to compare: ${REDUCTIONS.join(", ")}`,
  },
  {
    name: "coverage",
    about: "show what came of each line, where nothing breaks",
  },
  {
    name: "strict",
    about: "end with status 2 where there is a warning",
  },
  {
    name: "shard",
    value: "I/N",
    about: "look only at part I of N of the choices of values",
  },
  {
    name: "merge",
    about: "join the JSON verdicts of shards, which are the files named",
  },
  LIMIT_OPTION,
];

/** The options of one call. */
export interface ExploreOptions {
  readonly format: typeof FORMATS[number];
  readonly kernels: readonly string[];
  readonly save: string | undefined;
  /** The page to write. */
  readonly report: string | undefined;
  /** Look for all that breaks. */
  readonly all: boolean;
  /** Failures of docs/found.md to go on past. */
  readonly except: readonly FoundFailure[];
  /** Random schedules to try; undefined to search. */
  readonly simulate: number | undefined;
  readonly seed: number;
  readonly bytesMax: number;
  readonly workers: number;
  readonly without: ReadonlySet<string>;
  /** Part, from 1, and parts. */
  readonly shard: { readonly part: number; readonly of: number };
  readonly limit: number;
  /** Show what came of each line. */
  readonly coverage: boolean;
  /** Warnings are errors. */
  readonly strict: boolean;
}

function bytesOf(text: string): number {
  const match = /^(\d+)([KMG])?$/i.exec(text);
  const unit = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
  const size = match &&
    Number(match[1]) *
      (match[2] ? unit[match[2].toUpperCase() as keyof typeof unit] : 1);
  if (!size) {
    throw new UsageError(`\`--memory ${text}\`: expected a size such as 500M`);
  }
  if (!Number.isSafeInteger(size)) {
    throw new UsageError(
      `\`--memory ${text}\`: expected at most ${Number.MAX_SAFE_INTEGER} bytes`,
    );
  }
  return size;
}

function foundFailures(text: string): readonly FoundFailure[] {
  const name = oneOf("except", text, foundNames());
  return FOUND_FAILURES.filter((one) => one.name === name);
}

function shardOf(text: string): ExploreOptions["shard"] {
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!part || !of || part > of) {
    throw new UsageError(
      `\`--shard ${text}\`: expected I/N, with I from 1 to N`,
    );
  }
  if (!Number.isSafeInteger(of)) {
    throw new UsageError(
      `\`--shard ${text}\`: expected N up to ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  return { part, of };
}

function schedulesOf(given: number | undefined): number | undefined {
  if (given === undefined || given <= SCHEDULES_MAX) return given;
  throw new UsageError(
    `\`--simulate ${given}\`: expected a number from 1 to ${SCHEDULES_MAX}`,
  );
}

/** The first seed. All of them are numbers that an addition of 1 changes: else one schedule would count as many. */
function seedOf(text: string, schedules = 1): number {
  if (!/^\d+$/.test(text)) {
    throw new UsageError(`\`--seed ${text}\`: expected a whole number`);
  }
  const max = Number.MAX_SAFE_INTEGER - (schedules - 1);
  const seed = Number(text);
  if (seed <= max) return seed;
  throw new UsageError(
    `\`--seed ${text}\`: expected at most ${max}${
      schedules === 1 ? "" : ` with \`--simulate ${schedules}\``
    }`,
    `the seed of the last schedule is S + N - 1, at most ${Number.MAX_SAFE_INTEGER}`,
  );
}

function workersOf(given: number | undefined): number {
  const count = given ?? Math.min(navigator.hardwareConcurrency, WORKERS_MAX);
  if (count < 1 || count > WORKERS_MAX) {
    throw new UsageError(
      `\`--workers ${count}\`: expected a number from 1 to ${WORKERS_MAX}`,
    );
  }
  return count;
}

/** Takes the options apart. @throws {UsageError} */
export function exploreOptions(args: Arguments): ExploreOptions {
  const number = (name: string): number | undefined => {
    const text = args.value(name);
    return text === undefined ? undefined : wholeNumber(name, text);
  };
  const simulate = schedulesOf(number("simulate"));
  return {
    format: oneOf("format", args.value("format") ?? "text", FORMATS),
    kernels: args.values("kernel"),
    save: args.value("save"),
    report: args.value("report"),
    all: args.has("all"),
    except: args.values("except").flatMap((text) => text.split(","))
      .flatMap(foundFailures),
    simulate,
    seed: seedOf(args.value("seed") ?? "1", simulate),
    bytesMax: bytesOf(args.value("memory") ?? MEMORY_DEFAULT),
    workers: workersOf(number("workers")),
    without: new Set(
      args.values("without").flatMap((text) => text.split(",")).map((text) =>
        oneOf("without", text, REDUCTIONS)
      ),
    ),
    coverage: args.has("coverage"),
    strict: args.has("strict"),
    shard: shardOf(args.value("shard") ?? "1/1"),
    limit: limitOf(args),
  };
}
