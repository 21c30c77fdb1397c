/**
 * A case as one C file: the recorder, the case as a table, what must be observed as KTAP.
 *
 * @module
 */
import { packEvents } from "../conform/x86/events.ts";
import { architecture } from "../engine/mod.ts";
import { failingKernels } from "./mod.ts";
import type { Check, Fields, RecordedCase } from "./recorded_case.ts";

/** Texts of the recorder by their path in its folder. */
export type RecorderTexts = ReadonlyMap<string, string>;

/** Files of the recorder that a test needs, in order; ARCH stands for the architecture's folder. */
const FILES: Readonly<Record<"arm64" | "x86", readonly string[]>> = {
  arm64: [
    "case.h",
    "text.h",
    "recorder.h",
    "ktap.h",
    "arm64/arm64.h",
    "text.c",
    "control.c",
    "machine.c",
    "init.c",
    "takes.c",
    "arm64/registers.c",
    "arm64/handler.c",
    "arm64/gic.c",
    "arm64/saving.c",
    "arm64/vm.c",
    "arm64/program.c",
    "arm64/trace.c",
    "arm64/run.c",
    "arm64/events.c",
    "arm64/print.c",
    "arm64/steps.c",
    "ktap.c",
  ],
  x86: [
    "case.h",
    "text.h",
    "recorder.h",
    "ktap.h",
    "x86/x86.h",
    "text.c",
    "control.c",
    "machine.c",
    "init.c",
    "takes.c",
    "x86/handler.c",
    "x86/vm.c",
    "x86/encode.c",
    "x86/program.c",
    "x86/events.c",
    "x86/saving.c",
    "x86/host_breakpoints.c",
    "x86/run.c",
    "x86/print.c",
    "x86/steps.c",
    "ktap.c",
  ],
};

/** The recorder as one text, headers once. */
function recorder(arch: "arm64" | "x86", texts: RecorderTexts): string {
  const parts = FILES[arch].map((path) => {
    const text = texts.get(path);
    if (text === undefined) throw new RangeError(`no recorder/${path}`);
    return text
      .replace(/^.*SPDX-License-Identifier.*\n/, "")
      .replaceAll(/^#include ".*\n/gm, "")
      .replaceAll(/^#define _GNU_SOURCE\n/gm, "")
      .trim();
  });
  // Files that include each other's headers have an include guard, which does no harm here.
  return parts.join("\n\n");
}

/** A C string. */
function quoted(text: string): string {
  const escaped = text.replaceAll(/[\\"]/g, "\\$&")
    .replaceAll(/[^\x20-\x7e]/g, (c) => c === "\n" ? "\\n" : "?")
    .replaceAll("??", "?\\?");
  return `"${escaped}"`;
}

/** A text that may stand in a comment. */
function inComment(text: string): string {
  return text.replaceAll("*/", "* /").replaceAll("/*", "/ *");
}

/** A designated initializer of the members that are not 0. */
function members(fields: readonly (readonly [string, string | undefined])[]) {
  return fields.flatMap(([name, value]) =>
    value === undefined ? [] : [`.${name} = ${value}`]
  ).join(", ");
}

const number = (value: unknown): string | undefined =>
  value === undefined || value === 0 ? undefined : String(value);

const wide = (value: unknown): string | undefined =>
  value === undefined ? undefined : `${value}ull`;

const text = (value: unknown): string | undefined =>
  value === undefined ? undefined : quoted(String(value));

/** Writes a field of a case as C; undefined for what the member is anyway. */
type Writes = (value: unknown) => string | undefined;

/** Members of `struct insn` by the fields that cases have. */
const INSN: Readonly<Record<string, readonly [member: string, Writes]>> = {
  i: ["i", text],
  reg: ["reg", text],
  dr: ["dr", number],
  value: ["value", wide],
  fmask: ["value", wide],
  spsr: ["value", wide],
  addr: ["addr", wide],
  from: ["from", wide],
  size: ["size", number],
  imm: ["imm", number],
  to: ["to", number],
  count: ["count", number],
  tf: ["tf", number],
  port: ["port", number],
  pc: ["pc", wide],
  len: ["len", number],
};

/** The members of a structure. @throws {RangeError} on a field that has none */
function membersOf(
  fields: Fields,
  table: Readonly<Record<string, readonly [member: string, Writes]>>,
): string {
  return members(
    Object.entries(fields).map(([name, value]) => {
      const known = table[name];
      if (known === undefined) throw new RangeError(`C has no ${name}`);
      const [member, write] = known;
      return [member, write(value)];
    }),
  );
}

function insnText(op: Fields): string {
  return `{ ${membersOf(op, INSN)} }`;
}

/** Values of a list, or of an object by index. */
function arrayText(value: unknown): string | undefined {
  const entries = Object.entries(value ?? {}).filter(([, item]) =>
    BigInt(String(item)) !== 0n
  );
  if (entries.length === 0) return undefined;
  return `{ ${
    entries.map(([index, item]) => `[${index}] = ${item}ull`).join(", ")
  } }`;
}

/** Control bits, as <linux/kvm.h> has them. */
const CONTROL: Readonly<Record<string, string>> = {
  ENABLE: "KVM_GUESTDBG_ENABLE",
  SINGLESTEP: "KVM_GUESTDBG_SINGLESTEP",
  USE_SW_BP: "KVM_GUESTDBG_USE_SW_BP",
  USE_HW: "KVM_GUESTDBG_USE_HW",
  USE_HW_BP: "KVM_GUESTDBG_USE_HW_BP",
  INJECT_DB: "KVM_GUESTDBG_INJECT_DB",
  INJECT_BP: "KVM_GUESTDBG_INJECT_BP",
  BLOCKIRQ: "(1u << 20)",
};

function controlText(value: unknown): string | undefined {
  const names = Array.isArray(value) ? value.map(String) : [];
  if (names.length === 0) return undefined;
  return names.map((name) => CONTROL[name] ?? name).join(" | ");
}

/** KVM_SET_VCPU_EVENTS, packed. */
function eventsText(value: unknown): string {
  // That of arm64, the only one that cases have: the lowest bit.
  if (Object.hasOwn(value as Fields, "serror_pending")) return "1ull";
  const register = architecture("x86")!.registers.find("vcpu_events")!;
  const members = Object.entries(value as Fields).map(([name, member]) =>
    [name, BigInt(String(member))] as const
  );
  return `0x${packEvents(register, members).toString(16)}ull`;
}

const flag: Writes = (value) => value === true ? "true" : undefined;

/** Members of `struct step` by the fields that cases have, the program left out. */
const STEP: Readonly<Record<string, readonly [member: string, Writes]>> = {
  op: ["op", text],
  line: ["line", number],
  vcpu: ["vcpu", number],
  cpu: ["cpu", number],
  resume: ["resume", flag],
  until_end: ["until_end", number],
  guest_debug_repeated_after_set_regs: ["repeat_debug", flag],
  pstate_in: ["flags_in", wide],
  rflags_in: ["flags_in", wide],
  cpl: ["cpl", number],
  intid: ["intid", number],
  control: ["control", controlText],
  debugreg: ["debugreg", arrayText],
  bcr: ["bcr", arrayText],
  bvr: ["bvr", arrayText],
  wcr: ["wcr", arrayText],
  wvr: ["wvr", arrayText],
  reg: ["reg", text],
  name: ["name", text],
  text: ["name", text],
  value: ["value", wide],
  db: ["db", arrayText],
  dr6: ["dr6", wide],
  dr7: ["dr7", wide],
  flags: ["flags", wide],
  events: ["events", eventsText],
  vmm: ["vmm", text],
};

/** The step as an initializer, and the program that it names. */
function stepText(
  { program: ops, ...step }: Fields,
  index: number,
  line: number | undefined,
) {
  const program = ops as readonly Fields[] | undefined;
  const name = `program${index}`;
  const table = program === undefined || program.length === 0
    ? undefined
    : `static const struct insn ${name}[] = {\n${
      program.map((op) => `\t${insnText(op)},\n`).join("")
    }};\n`;
  const fields = [
    membersOf({ ...step, line }, STEP),
    ...(table === undefined ? [] : [
      `.program = ${name}, .length = sizeof ${name} / sizeof *${name}`,
    ]),
  ].join(", ");
  return { table, initializer: `\t{ ${fields} },\n` };
}

const ALL = 0xffff_ffff_ffff_ffffn;

function checkText(check: Check): string {
  return `\t{ ${
    members([
      ["line", String(check.line)],
      ["text", quoted(check.text)],
      ["step", String(check.step)],
      ["field", quoted(check.word === undefined ? check.field : "exit")],
      ["index", number(check.index)],
      [
        "mask",
        check.mask === ALL ? undefined : `0x${check.mask.toString(16)}ull`,
      ],
      ["shift", number(check.shift)],
      ["operator", quoted(check.operator)],
      [
        "value",
        `0x${BigInt.asUintN(64, check.value).toString(16)}ull`,
      ],
      ["word", text(check.word)],
    ])
  } },\n`;
}

/** What the file says of itself first. */
function about(made: RecordedCase): string {
  const { name, source, profile, vendor, checks, left } = made;
  const failing = failingKernels(made);
  const expectations = left.filter(({ isExpectation }) => isExpectation);
  const counts = Object.entries(made.counts).map(([key, value]) =>
    `${key}=${value}`
  );
  const lines = [
    `KVM on ${made.arch}${vendor ? ` (${vendor})` : ""}: ${name}`,
    "",
    `Made of ${source} by \`dregs export\`. ${checks.length} ${
      checks.length === 1 ? "check" : "checks"
    }, as ${profile} is expected to behave.`,
    ...(counts.length > 0 ? [`The CPU must have ${counts.join(" ")}.`] : []),
    "",
    failing.length === 0
      ? "Expected to pass on every mainline release of the model."
      : "Expected to fail on (each stands for the releases up to the next at which behaviour changes):",
    ...failing.map(({ profile, lines }) =>
      `  ${profile}: line ${lines.slice(0, 6).join(", ")}${
        lines.length > 6 ? " …" : ""
      }`
    ),
    "",
    "Build: cc -O2 -static -o test FILE.c. It needs /dev/kvm, or runs as /init of an initramfs.",
    "It prints KTAP; exit status 0 all hold, 1 one does not, 4 skipped.",
    "",
    expectations.length === 0
      ? "Every expectation of the scenario is checked."
      : expectations.length === 1
      ? "1 expectation is left out:"
      : `${expectations.length} expectations are left out:`,
    ...expectations.map(({ line, text, why }) =>
      `  line ${line}: ${text}: ${why}`
    ),
  ];
  return `/*\n${
    lines.map((line) => ` * ${inComment(line)}`.trimEnd() + "\n").join("")
  } */\n`;
}

/** The scenario's text with the numbers of its lines. */
function scenarioComment(scenario: string | undefined): string {
  if (scenario === undefined) return "";
  const lines = scenario.trimEnd().split("\n").map((line, index) =>
    ` * ${String(index + 1).padStart(3)}  ${inComment(line)}`.trimEnd() + "\n"
  );
  return `\n/*\n * The scenario:\n *\n${lines.join("")} */\n`;
}

/** What a compiler for another architecture says, before all that it does not know. */
const GUARD: Readonly<Record<"arm64" | "x86", string>> = {
  arm64: `#ifndef __aarch64__
#error "this program is for arm64: use a compiler for it, such as aarch64-linux-gnu-gcc"
#endif
`,
  x86: `#ifndef __x86_64__
#error "this program is for x86_64: use a compiler for it"
#endif
`,
};

/**
 * Writes the file.
 *
 * @param texts the recorder
 * @param scenario its text, where it is in no other file
 */
export function cProgram(
  made: RecordedCase,
  texts: RecorderTexts,
  scenario?: string,
): string {
  const lineOf = new Map(made.checks.map(({ step, line }) => [step, line]));
  const steps = made.steps.map((step, index) =>
    stepText(step, index, lineOf.get(index))
  );
  const tables = steps.flatMap(({ table }) => table ?? []).join("\n");
  const { counts } = made;
  return `// SPDX-License-Identifier: MIT
${about(made)}${scenarioComment(scenario)}${GUARD[made.arch]}#define _GNU_SOURCE
${recorder(made.arch, texts)}

/* The case. */

${tables}
static const struct step steps[] = {
${steps.map(({ initializer }) => initializer).join("")}};

const struct kvm_case the_case = {
\t.name = ${quoted(made.name)},
\t.about = ${quoted(made.source)},
\t.vcpus = ${made.vcpus},
\t.brps = ${counts.brps ?? 0}, .ctx = ${counts.ctx ?? 0}, .wrps = ${
    counts.wrps ?? 0
  },
\t.steps = steps,
\t.length = sizeof steps / sizeof *steps,
};

const struct expectation expectations[] = {
${made.checks.map(checkText).join("")}};
const int nexpectations = sizeof expectations / sizeof *expectations;
`;
}
