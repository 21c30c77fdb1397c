/**
 * Resolves what describes the machine: arch, kernel, host, set, and the host kernel's own breakpoints.
 *
 * @module
 */
import type {
  Architecture,
  CountInfo,
  HostDebugRequest,
} from "../../engine/mod.ts";
import type { ActionOf } from "../actions.ts";
import { fail } from "../problem.ts";
import { WATCH } from "../statements.ts";
import type { LineOf } from "../syntax/lines.ts";
import type { Argument, Expr, HostActionNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { kernelNamed } from "./kernel_names.ts";
import { argWord, Once, oneOf, Options, plainName } from "./options.ts";
import { architectureOf, architectures, guestCounts } from "./vocabulary.ts";
import { failIfOther, failUnknown, wordOf } from "./words.ts";

/** `arch arm64|x86`; of no architecture itself. */
export function resolveArch({ name }: LineOf<"arch">): Architecture {
  const words = architectures().map((one) => one.name);
  return architectureOf(oneOf(name, words, "arch"))!;
}

/**
 * `kernel KERNEL [vmx|svm] [with CHANGE …] [without CHANGE …] [option=value …]`
 *
 * @param isArchGiven the text has named its architecture
 */
export function resolveKernel(
  c: Context,
  { profile, vendor, choices, args }: LineOf<"kernel">,
  isArchGiven: boolean,
): ActionOf<"kernel"> {
  const info = kernelNamed(c, { name: profile, choices }, isArchGiven);
  if (vendor && !info.vendors.includes(vendor.text)) {
    failUnknown(vendor, {
      code: "unknown-word",
      message: info.vendors.length === 0
        ? `${info.name} has no vendors to choose from`
        : `\`${vendor.text}\` is not a vendor of ${info.name}`,
      words: info.vendors,
    });
  }
  const given = new Once();
  const options: Record<string, string> = {};
  for (const arg of args) {
    const name = plainName(arg);
    given.take(name, name.text);
    const value = argWord(arg);
    const values = Object.hasOwn(info.options, name.text)
      ? info.options[name.text]
      : failUnknown(name, {
        code: "unknown-option",
        message: `\`${name.text}=\` is not an option of ${info.name}`,
        words: Object.keys(info.options),
      });
    options[name.text] = oneOf(value, values, `${name.text}=`);
  }
  return {
    kind: "kernel",
    profile: info.name,
    vendor: vendor?.text,
    options,
  };
}

/** Options of `host` whose values are words. */
const HOST_WORDS: Readonly<
  Record<
    "model" | "unpredictable",
    {
      readonly what: string;
      readonly list: (arch: Architecture) => readonly string[];
    }
  >
> = {
  model: {
    what: "a hardware model",
    list: ({ models }) => models.map(({ name }) => name),
  },
  unpredictable: {
    what: "an outcome",
    list: ({ unpredictable }) => unpredictable.map(({ name }) => name),
  },
};

/** `host brps=5 … [model=M] [unpredictable=…]` */
export function resolveHost(
  c: Context,
  { at, args }: LineOf<"host">,
): ActionOf<"host"> {
  if (at) {
    fail({
      code: "unexpected",
      span: at.span,
      message: "`host` with counts describes the whole machine, not one CPU",
      hint: "write `host brps=…` without `@`",
    });
  }
  const words: Record<string, string> = {};
  const given = new Once();
  const isWord = ({ target }: Argument): boolean =>
    Object.hasOwn(HOST_WORDS, target.name.text);
  for (const arg of args.filter(isWord)) {
    c.attempt(() => {
      const name = plainName(arg);
      given.take(name, name.text);
      const row = HOST_WORDS[name.text as keyof typeof HOST_WORDS];
      words[name.text] = wordOf(argWord(arg), { ...row, arch: c.arch });
    });
  }
  const counted = args.filter((arg) => !isWord(arg));
  const counts = countsOf(c, counted, (arch) => arch.hostCounts);
  if (c.problems.length === 0) checkHost(c, counted, counts);
  return {
    kind: "host",
    counts,
    model: words.model,
    unpredictable: words.unpredictable,
  };
}

/** The physical machine as a whole, if all its counts are known. */
function checkHost(
  { arch, situation, isComplete }: Context,
  args: readonly Argument[],
  counts: Readonly<Record<string, number>>,
): void {
  if (args.length === 0 || !isComplete) return;
  const all: Record<string, number> = {};
  for (const { name, initial } of arch.hostCounts) {
    const value = counts[name] ?? situation.hostCounts.get(name) ?? initial;
    if (value === undefined) return;
    all[name] = value;
  }
  const problem = arch.checkHost(all);
  if (problem === undefined) return;
  fail({ code: "out-of-range", span: args[0].span, message: problem });
}

/** `set brps=4 … vcpus=2` */
export function resolveSet(
  c: Context,
  { args, span }: LineOf<"set">,
): ActionOf<"set"> {
  const counts = countsOf(c, args, guestCounts);
  const have = c.situation.vcpus;
  const { vcpus } = counts;
  const isKnown = c.isComplete && vcpus !== undefined;
  if (isKnown && have !== undefined && vcpus < have) {
    fail({
      code: "out-of-range",
      span,
      message: `vcpus=${vcpus} is less than the ${have} vCPUs that exist`,
      hint: "vCPUs can only be added",
    });
  }
  return { kind: "set", counts };
}

type Counts = readonly Pick<CountInfo, "name" | "min" | "max">[];

function countsOf(
  c: Context,
  args: readonly Argument[],
  list: (arch: Architecture) => Counts,
): Record<string, number> {
  const counts: Record<string, number> = {};
  const given = new Once();
  for (const arg of args) {
    c.attempt(() => {
      const name = plainName(arg);
      given.take(name, name.text.toLowerCase());
      const row = list(c.arch).find((one) => one.name === name.text);
      if (!row) {
        failIfOther(name, "a count", {
          arch: c.arch,
          holds: (other) => list(other).some((one) => one.name === name.text),
        });
        failUnknown(name, {
          code: "unknown-option",
          message: `\`${name.text}=\` is not a count`,
          words: list(c.arch).map((one) => one.name),
        });
      }
      counts[row.name] = c.small(arg.value, {
        what: `\`${row.name}\``,
        min: BigInt(row.min),
        max: BigInt(row.max),
      });
    });
  }
  return counts;
}

/** `host@p break …`, and a line of a host's program. */
export function resolveHostDebug(
  c: Context,
  cpu: Expr | undefined,
  action: HostActionNode,
): ActionOf<"host-debug"> {
  const p = c.attempt(() => c.cpu(cpu)) ?? 0;
  return { kind: "host-debug", cpu: p, request: hostRequest(c, action) };
}

function hostRequest(c: Context, action: HostActionNode): HostDebugRequest {
  switch (action.kind) {
    case "off":
      return { action: "off" };
    case "break":
      return { action: "break", address: c.codeAddress(action.address) };
    case "watch": {
      const { address, sizeBytes, on } = watchOf(c, action, {
        sizes: c.arch.hostWatchSizes,
        accesses: ["store", "access"],
      });
      return { action: "watch", address, sizeBytes, on };
    }
    default:
      return action satisfies never;
  }
}

/** Bytes that a watchpoint covers if not said. */
const WATCH_BYTES = 4;

/**
 * `watch ADDR [size=n] [on=…]`: of the host, or of a debugger in userspace.
 *
 * @param sizes bytes that it can cover
 * @param accesses words of `on=`
 */
export function watchOf<T extends string>(
  c: Context,
  { address, args }: {
    readonly address: Expr;
    readonly args: readonly Argument[];
  },
  { sizes, accesses }: {
    readonly sizes: readonly number[];
    readonly accesses: readonly T[];
  },
): {
  readonly address: bigint;
  readonly sizeBytes: number;
  readonly on: T | "store";
} {
  const where = c.attempt(() => c.number(address)) ?? 0n;
  const rows = WATCH.map((row) =>
    row.kind === "word"
      ? { ...row, words: accesses }
      : { ...row, values: sizes, code: "bad-size" as const }
  );
  const options = new Options(c, args, rows, "watch");
  return {
    address: where,
    sizeBytes: options.number("size") ?? WATCH_BYTES,
    on: options.word<T>("on") ?? "store",
  };
}
