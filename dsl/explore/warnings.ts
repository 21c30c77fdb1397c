/**
 * Warnings about a search that holds: what of its block can have no part in breaking anything.
 *
 * @module
 */
import {
  accesses,
  type Actor,
  type Insn,
  join64,
  readsRegister,
  writesRegister,
} from "../../engine/mod.ts";
import { hex } from "../notation.ts";
import type { Style } from "../render.ts";
import {
  type CoveredLine,
  type CoveredPlace,
  inOrder,
  type LineCoverage,
  placeIn,
} from "./coverage.ts";
import type { Exploration } from "./exploration.ts";
import type { Instance } from "./model.ts";

/** What kind of vacuity it is. Stable: scripts may rely on it. */
export type WarningCode =
  /** A breakpoint is set, and no access matches it. */
  | "never-matched"
  /** A breakpoint has the address of an access, and nothing enables it. */
  | "never-enabled"
  /** An instruction is not executed, or an action never tried. */
  | "never-executed"
  /** The guest takes an exception each time, or the kernel rejects the request each time. */
  | "always-rejected"
  /** A way of an `either`, or a value of a `choose`, is never taken. */
  | "never-chosen"
  /** Userspace of a vCPU that has no program. */
  | "no-program"
  /** Nothing in the block can break a property. */
  | "nothing-to-break"
  /** The search has not met a known failure. */
  | "never-met";

/** A warning, with the place that it is about. */
export interface CoverageWarning extends CoveredPlace {
  readonly code: WarningCode;
  /** The wrong thing first; no period. */
  readonly message: string;
  /** What to do about it; null if there is nothing to say. */
  readonly hint: string | null;
}

/** Operations at which the guest takes an exception by design. */
const TRAPS: readonly Insn["op"][] = [
  "brk",
  "svc",
  "hvc",
  "int3",
  "icebp",
  "int1",
  "ud2",
  "hlt",
];

/** Properties that are about what an access matches. */
const MATCHING: readonly string[] = ["missed", "stray", "noticed"];

/** What warnings are made of. */
interface Searched {
  readonly exploration: Exploration;
  readonly instance: Instance;
  readonly coverage: LineCoverage;
  /** Names of the known failures that it has met. */
  readonly met: ReadonlySet<string>;
}

function whose(actor: Actor, index: number): string {
  switch (actor) {
    case "guest":
      return `vCPU ${index}`;
    case "user":
      return `userspace of vCPU ${index}`;
    case "host":
      return `the host on CPU ${index}`;
    default:
      return actor satisfies never;
  }
}

function warning(
  { source, line, column, text }: CoveredPlace,
  code: WarningCode,
  message: string,
  hint: string | null = null,
): CoverageWarning {
  return { code, source, line, column, text, message, hint };
}

/** The actions of a line. */
function actionsAt(
  { instance: { origins } }: Searched,
  { source, line, column }: CoveredPlace,
): readonly unknown[] {
  return [...origins.lines].flatMap(([action, one]) => {
    const at = placeIn(one.span);
    const isSame = at.source === source && at.line === line &&
      at.column === column;
    return isSame ? [action] : [];
  });
}

/** Instructions and requests that were not carried out. */
function* ofLine(
  searched: Searched,
  one: CoveredLine,
): Generator<CoverageWarning> {
  const { actor, index, tried, done, refused, stopped, errno } = one;
  const who = whose(actor, index);
  if (done > 0) return;
  if (actor !== "guest") {
    yield refused > 0
      ? warning(
        one,
        "always-rejected",
        `the kernel rejects this each time, with ${errno}`,
      )
      : warning(one, "never-executed", `${who} never comes to this`);
    return;
  }
  if (stopped > 0) return;
  const [insn] = actionsAt(searched, one) as readonly Insn[];
  const isAccess = readsRegister(insn) || writesRegister(insn);
  if (refused > 0) {
    if (!isAccess) return;
    yield warning(
      one,
      "always-rejected",
      `${who} takes an exception here each time, and the register is not accessed`,
    );
    return;
  }
  if (tried > 0 && TRAPS.includes(insn.op)) return;
  yield warning(
    one,
    "never-executed",
    tried > 0
      ? `${who} begins this and never completes it`
      : `${who} never comes to this`,
  );
}

/** The block asks for a property that is about what an access matches, or for none. */
function asksForMatches({ exploration }: Searched): boolean {
  const { lines } = exploration.block.body;
  const named = lines.flatMap((line) =>
    line.kind === "never" ? line.properties.map(({ text }) => text) : []
  );
  const asks = lines.some(({ kind }) =>
    kind === "never" || kind === "property"
  );
  return !asks || named.some((name) => MATCHING.includes(name));
}

/** Slots that a vCPU's program or userspace enables, as bits. */
function enabledBy({ instance }: Searched, vcpu: number): number {
  const { guests, users, monitor } = instance.model;
  const { breakpoints } = monitor;
  const of = (register: number, lo: number): number =>
    monitor.isAddress(register) ? 0 : breakpoints.slotsOf(register, lo);
  let bits = 0;
  for (const node of guests[vcpu].nodes) {
    if (node.kind !== "act") continue;
    const { register, lo, maskLo } = node.action;
    if (writesRegister(node.action)) bits |= of(register, lo & maskLo);
  }
  for (const node of users[vcpu].nodes) {
    if (node.kind !== "act" || node.action.kind !== "set") continue;
    const { register, value } = node.action;
    bits |= of(register, Number(BigInt.asIntN(32, value)));
  }
  return bits;
}

/**
 * Slots that something enables, on any vCPU: an address without a breakpoint of its own may be there for others to
 * hit. The host takes any slot. What a debugger enables has addresses of its own.
 */
function enabledByAny(searched: Searched): number {
  const { hosts, guests } = searched.instance.model;
  const takes = hosts.some(({ nodes }) =>
    nodes.some(({ kind }) => kind === "act")
  );
  if (takes) return -1;
  return guests.reduce((bits, _, v) => bits | enabledBy(searched, v), 0);
}

/** An instruction of a vCPU is at an address, or accesses it. */
function isUsed(
  { instance }: Searched,
  vcpu: number,
  address: bigint,
): boolean {
  return instance.model.guests[vcpu].nodes.some((node) => {
    if (node.kind !== "act") return false;
    const { addressLo, addressHi } = node.action;
    return join64(addressLo, addressHi) === address ||
      accesses(node.action, address, address);
  });
}

function slotNames({ instance }: Searched, slots: number): string {
  const { breakpoints } = instance.model.monitor;
  const names: string[] = [];
  for (let slot = 0; slot < 32; slot++) {
    if ((slots & 1 << slot) !== 0) names.push(breakpoints.slotName(slot));
  }
  return names.join(", ");
}

/** Breakpoints of the guest's own that no access matches. */
function* ofBreakpoint(
  searched: Searched,
  one: CoveredLine,
): Generator<CoverageWarning> {
  if (one.matched !== 0 || one.done === 0 || one.actor === "host") return;
  const { monitor } = searched.instance.model;
  const written = actionsAt(searched, one).flatMap((action) => {
    const { register, value, lo = 0, hi = 0, maskLo = -1 } = action as
      & Partial<Insn>
      & { readonly value?: bigint };
    if (register === undefined || register < 0) return [];
    const all = value ??
      (BigInt(hi >>> 0) << 32n | BigInt((lo & maskLo) >>> 0));
    return [{ register, value: all }];
  });
  // A request of userspace's debugger may be there to change registers alone.
  if (written.length === 0) return;
  const slots = written.reduce(
    (bits, { register, value }) =>
      bits |
      monitor.breakpoints.slotsOf(register, Number(BigInt.asIntN(32, value))),
    0,
  );
  const { index } = one;
  const names = slotNames(searched, slots);
  const isAddress = written.every(({ register }) =>
    monitor.isAddress(register)
  );
  if (!isAddress) {
    yield warning(
      one,
      "never-matched",
      `no access of vCPU ${index} matches ${names}, which this enables`,
      `\`why not ${
        names.split(", ")[0]
      }\` in a scenario tells the first condition that fails`,
    );
    return;
  }
  const used = written.find(({ value }) => isUsed(searched, index, value));
  if ((enabledBy(searched, index) & slots) !== 0) {
    yield warning(
      one,
      "never-matched",
      `no access of vCPU ${index} matches ${names}, to which this gives the address`,
      used ? null : "no instruction is there, and none accesses it",
    );
  } else if (used && (enabledByAny(searched) & slots) === 0) {
    yield warning(
      one,
      "never-enabled",
      `vCPU ${index} uses ${
        hex(used.value)
      }, and nothing enables ${names}, which has this address`,
    );
  }
}

/** Userspace of vCPUs that have no program. */
function* ofPrograms(
  { instance }: Searched,
): Generator<CoverageWarning> {
  const { programs } = instance.origins;
  for (const { line, index } of programs) {
    if (line.of !== "user") continue;
    const has = programs.some((one) =>
      one.line.of === "vcpu" && one.index === index
    );
    const acts = instance.model.guests[index].nodes.some(({ kind }) =>
      kind === "act"
    );
    if (has || acts) continue;
    yield warning(
      placeIn(line.span),
      "no-program",
      `vCPU ${index} has no program, so its userspace debugs no instruction`,
      `write \`vcpu ${index} { … }\`, with an empty block if it is meant`,
    );
  }
}

/** Known failures of this kernel that nothing was. */
function* ofKnown({ instance, met }: Searched): Generator<CoverageWarning> {
  for (const { name, span } of instance.known) {
    if (met.has(name)) continue;
    yield warning(
      placeIn(span),
      "never-met",
      `the search has not met the known failure ${JSON.stringify(name)}`,
      "`on KERNEL` in its block names the kernels that have it",
    );
  }
}

/** What in a block can have no part in breaking anything. */
export function warningsOf(searched: Searched): readonly CoverageWarning[] {
  const { coverage } = searched;
  const found: CoverageWarning[] = [];
  for (const one of coverage.lines) {
    found.push(...ofLine(searched, one));
    if (asksForMatches(searched)) found.push(...ofBreakpoint(searched, one));
  }
  for (const one of coverage.ways) {
    if (one.tried > 0) continue;
    const what = one.chosen === null ? "this way" : `\`${one.chosen}\``;
    found.push(warning(one, "never-chosen", `${what} is never tried`));
  }
  found.push(...ofPrograms(searched), ...ofKnown(searched));
  for (const one of coverage.properties) {
    if (one.missing === null) continue;
    const what = one.name === one.text && !/\s/.test(one.name)
      ? `\`${one.name}\``
      : /^[\w-]+(, [\w-]+)+$/.test(one.name)
      ? one.name.split(", ").map((name) => `\`${name}\``).join(", ")
      : "this";
    const claim = one.name.startsWith("fail ")
      ? "this never happens"
      : `nothing in the block can break ${what}`;
    found.push(
      warning(one, "nothing-to-break", `${claim}: ${one.missing}`),
    );
  }
  return found.sort(inOrder);
}

function keyOf({ code, source, line, column }: CoverageWarning): string {
  return JSON.stringify([code, source, line, column]);
}

/** What every part of a search warns of. */
export function joinedWarnings(
  parts: readonly (readonly CoverageWarning[])[],
): readonly CoverageWarning[] {
  const [first = [], ...others] = parts;
  const known = others.map((warnings) => new Set(warnings.map(keyOf)));
  return first.filter((one) => known.every((keys) => keys.has(keyOf(one))));
}

/** A warning as text, in the form of a diagnostic, without a line end. */
export function warningText(
  { source, line, column, code, message, text, hint }: CoverageWarning,
  style: Style,
): string {
  const head = `${style.place(`${source}:${line}:${column}`)}: ${
    style.note(`warning[${code}]`)
  }: ${message}`;
  const [first] = text.split("\n");
  const below = [first, style.caret("^".repeat([...first].length))];
  if (hint !== null) below.push(hint);
  return [head, ...below.map((one) => `  ${one}`)].join("\n");
}
