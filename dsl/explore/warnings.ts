/**
 * Warnings about a search that holds: what of its block can have no part in breaking anything.
 *
 * @module
 */
import {
  type Actor,
  type Insn,
  readsRegister,
  writesRegister,
} from "../../engine/mod.ts";
import type { Style } from "../render.ts";
import { ofBreakpoints } from "./breakpoint_warnings.ts";
import { ofSteps } from "./step_warnings.ts";
import { ofChoices } from "./choice_warnings.ts";
import { type CoveredLine, inOrder, placeIn } from "./coverage.ts";
import {
  actionsAt,
  type CoverageWarning,
  type Searched,
  warning,
} from "./coverage_warning.ts";

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

/** Properties that are about the steps that a guest takes. */
const STEPPING: readonly string[] = ["noticed", "step-syndrome"];

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

/** The block asks for one of some properties, or for none. */
function asksFor(
  { exploration }: Searched,
  properties: readonly string[],
): boolean {
  const { lines } = exploration.block.body;
  const named = lines.flatMap((line) =>
    line.kind === "never" ? line.properties.map(({ text }) => text) : []
  );
  const asks = lines.some(({ kind }) =>
    kind === "never" || kind === "property"
  );
  return !asks || named.some((name) => properties.includes(name));
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
  }
  if (asksFor(searched, MATCHING)) found.push(...ofBreakpoints(searched));
  if (asksFor(searched, STEPPING)) found.push(...ofSteps(searched));
  for (const one of coverage.ways) {
    if (one.tried > 0) continue;
    const what = one.chosen === null ? "this way" : `\`${one.chosen}\``;
    found.push(warning(one, "never-chosen", `${what} is never tried`));
  }
  found.push(
    ...ofChoices(searched),
    ...ofPrograms(searched),
    ...ofKnown(searched),
  );
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

/** By which warnings of several parts are the same. The error of a rejected request may be another for each. */
function keyOf(
  { code, source, line, column, message }: CoverageWarning,
): string {
  const what = code === "always-rejected" ? "" : message;
  return JSON.stringify([code, source, line, column, what]);
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
