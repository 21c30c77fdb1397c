/**
 * What a search has tried, by the lines of its block: data, which can be written as JSON and joined with that of other
 * choices of values.
 *
 * @module
 */
import {
  type Actor,
  type Coverage,
  type Need,
  type TriedAction,
} from "../../engine/mod.ts";
import {
  isMet,
  propertiesOf,
  TRIED,
  WHOLE,
  writtenBy,
} from "../../engine/explore/mod.ts";
import { positionAt, type Span, textOf } from "../source.ts";
import type { Line } from "../syntax/lines.ts";
import { errnoText } from "../values.ts";
import type { Exploration } from "./exploration.ts";
import type { Instance } from "./model.ts";

/** A place in the text. */
export interface CoveredPlace {
  /** The file as messages name it. */
  readonly source: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** What stands there. */
  readonly text: string;
}

/** A line of a program, and in how many distinct pairs what came of it. */
export interface CoveredLine extends CoveredPlace {
  /** Whose program it is. */
  readonly actor: Actor;
  /** Index of the vCPU, or of the host's CPU. */
  readonly index: number;
  /** It was next: the guest had nothing else to do first. */
  readonly tried: number;
  /** The instruction was executed, or KVM completed it; the kernel accepted the request. */
  readonly done: number;
  /** The guest took an exception and went on without it; the kernel rejected the request. */
  readonly refused: number;
  /** A debug exception came before the instruction. */
  readonly stopped: number;
  /** An access matched the breakpoint that the line sets, while it was set so; null if it sets none. */
  readonly matched: number | null;
  /** Smallest error of a rejected request, by name; null if there was none. */
  readonly errno: string | null;
}

/** A way of an `either`, or a value of a `choose`. */
export interface CoveredWay extends CoveredPlace {
  /** The value, with its name; null of an `either`. */
  readonly chosen: string | null;
  /** Sum of the times that its actions were tried. */
  readonly tried: number;
}

/** Something that the block asks for. */
export interface CoveredProperty extends CoveredPlace {
  /** As the block has it. */
  readonly name: string;
  /** What is missing, so that nothing can break it; null if it can be broken. */
  readonly missing: string | null;
}

/** All of it. */
export interface LineCoverage {
  /** Distinct pairs, of a vCPU's block and a CPU's, whose steps were tried. */
  readonly pairs: number;
  readonly lines: readonly CoveredLine[];
  readonly ways: readonly CoveredWay[];
  readonly properties: readonly CoveredProperty[];
}

/** The place of a span. */
export function placeIn(span: Span): CoveredPlace {
  const { line, column } = positionAt(span.source, span.start);
  return { source: span.source.name, line, column, text: textOf(span) };
}

/** Whether two places are one. */
export function isSamePlace(a: CoveredPlace, b: CoveredPlace): boolean {
  return a.source === b.source && a.line === b.line && a.column === b.column;
}

/** What has to be there, as a sentence says that it is not. */
const MISSING: Readonly<Record<Need, string>> = {
  "own-match": "no access matches a breakpoint of the guest's own",
  address:
    "no breakpoint is enabled at an address that a guest executes or accesses",
  read: "no guest names a register whose value can be followed",
  "host-breakpoint":
    "the host sets no breakpoint and no MSR on a CPU that a vCPU uses",
  guest: "no guest executes an instruction",
  telling:
    "no guest reads a register, takes an exception or comes to a breakpoint",
  debugged: "no guest executes an instruction while userspace debugs it",
  stepped: "no guest executes an instruction while userspace steps it",
  external: "no guest names a register of external debug",
  "own-step": "no guest handles a single step of its own",
  carried: "the VM is saved where no vCPU has anything to lose",
};

/** Before the block only the machine is described. */
export function isFresh({ before }: Exploration): boolean {
  const describing: readonly Line["kind"][] = [
    "arch",
    "kernel",
    "host",
    "set",
    "let",
    "require",
  ];
  return before.every(({ kind }) => describing.includes(kind));
}

/** Which of the actions set a breakpoint. */
function setsBreakpoint(
  { model: { monitor } }: Instance,
  { action }: TriedAction,
): boolean {
  const written = writtenBy(action);
  if (written !== undefined) {
    const { register, lo, maskLo } = written;
    return monitor.breakpoints.slotsOf(register, lo & maskLo) !== 0;
  }
  if ("address" in action) return true;
  return "request" in action &&
    ("address" in action.request || "registers" in action.request);
}

/** In the order of the text. */
export function inOrder(a: CoveredPlace, b: CoveredPlace): number {
  return a.source === b.source ? a.line - b.line || a.column - b.column : 0;
}

function linesOf(
  instance: Instance,
  { actions }: Coverage,
): readonly CoveredLine[] {
  return joinedLines(actions.flatMap((one) => {
    const line = instance.origins.lines.get(one.action);
    // What was pending before the block is not a line of it.
    if (line === undefined) return [];
    const { numbers } = one;
    return [{
      ...placeIn(line.span),
      actor: one.actor,
      index: one.index,
      tried: numbers[TRIED.begun],
      done: numbers[TRIED.done],
      refused: numbers[TRIED.refused],
      stopped: numbers[TRIED.stopped],
      matched: setsBreakpoint(instance, one) ? numbers[TRIED.matched] : null,
      errno: numbers[TRIED.errno] === 0
        ? null
        : errnoText(-numbers[TRIED.errno]),
    }];
  })).sort(inOrder);
}

function waysOf(
  { origins }: Instance,
  { actions }: Coverage,
): readonly CoveredWay[] {
  const tried = new Map(
    actions.map(({ action, numbers }) => [
      action as unknown,
      numbers[TRIED.begun] + numbers[TRIED.done] + numbers[TRIED.refused],
    ]),
  );
  // A way that does nothing cannot be told from no way.
  const found = origins.ways.filter(({ actions }) => actions.size > 0);
  return joinedWays(found.map(({ line, chosen, actions }) => ({
    ...placeIn(line.span),
    chosen: chosen ? `${chosen.name} = ${chosen.value}` : null,
    tried: [...actions].reduce<number>(
      (sum, action) => sum + (tried.get(action) ?? 0),
      0,
    ),
  }))).sort(inOrder);
}

function propertiesIn(
  exploration: Exploration,
  instance: Instance,
  coverage: Coverage,
): readonly CoveredProperty[] {
  const { model } = instance;
  const fresh = isFresh(exploration);
  const found: CoveredProperty[] = [];
  const asked = propertiesOf(model.never);
  let always = 0;
  let atEnd = 0;
  for (const line of exploration.block.body.lines) {
    if (line.kind === "never") {
      for (const { text: name, span } of line.properties) {
        const needs = asked.find((one) => one.name === name)?.needs;
        const isThere = needs === undefined ||
          isMet(needs, model, coverage, fresh);
        found.push({
          ...placeIn(span),
          name,
          missing: isThere ? null : MISSING[needs!],
        });
      }
    } else if (line.kind === "property" && isOf(instance, line)) {
      const isAlways = line.when === "always";
      const at = isAlways ? always++ : model.always.length + atEnd++;
      const ended = isAlways || coverage.whole[WHOLE.ended] > 0;
      const isThere = coverage.whole[WHOLE.asked + at] > 0;
      found.push({
        ...placeIn(line.span),
        name: textOf(line.span),
        missing: !ended
          ? "the programs are never all over"
          : isThere
          ? null
          : "the view never has a value",
      });
    } else if (line.kind === "fail") {
      const isThere = coverage.whole[WHOLE.failed] > 0;
      found.push({
        ...placeIn(line.span),
        name: textOf(line.span),
        missing: isThere ? null : "no vCPU has its first KVM_RUN in the block",
      });
    }
  }
  if (found.length === 0) {
    found.push(...unaskedIn(exploration, instance, coverage));
  }
  return found;
}

/**
 * The properties of a block that asks for none, if nothing can break any of them but those that every execution of a
 * guest can break, such as a warning of the kernel's.
 */
function unaskedIn(
  { block, before }: Exploration,
  { model }: Instance,
  coverage: Coverage,
): readonly CoveredProperty[] {
  const fresh = isFresh({ block, before } as Exploration);
  const own = propertiesOf(model.never).filter(({ needs }) =>
    needs !== undefined && needs !== "guest"
  );
  const [first] = own;
  if (
    first === undefined ||
    own.some(({ needs }) => isMet(needs!, model, coverage, fresh))
  ) return [];
  return [{
    ...placeIn(block.span),
    name: own.map(({ name }) => name).join(", "),
    missing: MISSING[first.needs!],
  }];
}

/** What the block asks under this kernel. */
function isOf({ asks }: Instance, line: Line): boolean {
  return asks.has(line);
}

/** What a search has tried, by lines. */
export function coverageOf(
  exploration: Exploration,
  instance: Instance,
  coverage: Coverage,
): LineCoverage {
  return {
    pairs: coverage.whole[WHOLE.pairs],
    lines: linesOf(instance, coverage),
    ways: waysOf(instance, coverage),
    properties: propertiesIn(exploration, instance, coverage),
  };
}

/** The same place, and whatever else is of it. */
function keyOf(
  { source, line, column }: CoveredPlace,
  ...more: readonly unknown[]
): string {
  return JSON.stringify([source, line, column, ...more]);
}

/** One of each key, the others joined to it. */
function grouped<T>(
  all: readonly T[],
  key: (one: T) => string,
  join: (a: T, b: T) => T,
): T[] {
  const found = new Map<string, T>();
  for (const one of all) {
    const at = key(one);
    const known = found.get(at);
    found.set(at, known === undefined ? one : join(known, one));
  }
  return [...found.values()];
}

function joinedLines(all: readonly CoveredLine[]): CoveredLine[] {
  return grouped(
    all,
    (one) => keyOf(one, one.actor, one.index),
    (a, b) => ({
      ...a,
      tried: a.tried + b.tried,
      done: a.done + b.done,
      refused: a.refused + b.refused,
      stopped: a.stopped + b.stopped,
      matched: a.matched === null && b.matched === null
        ? null
        : (a.matched ?? 0) + (b.matched ?? 0),
      errno: a.errno ?? b.errno,
    }),
  );
}

function joinedWays(all: readonly CoveredWay[]): CoveredWay[] {
  return grouped(
    all,
    (one) => keyOf(one, one.chosen),
    (a, b) => ({ ...a, tried: a.tried + b.tried }),
  );
}

/** Joins what parts of one search have tried. */
export function joinedCoverage(parts: readonly LineCoverage[]): LineCoverage {
  return {
    pairs: parts.reduce((sum, { pairs }) => sum + pairs, 0),
    lines: joinedLines(parts.flatMap(({ lines }) => lines)),
    ways: joinedWays(parts.flatMap(({ ways }) => ways)),
    properties: grouped(
      parts.flatMap(({ properties }) => properties),
      (one) => keyOf(one, one.name),
      (a, b) => a.missing === null ? a : b,
    ),
  };
}
