/**
 * `dregs registers`: the registers, their fields and the names of their values.
 *
 * @module
 */
import type {
  Architecture,
  ArchName,
  Layout,
  RegisterInfo,
} from "../engine/mod.ts";
import { oneOf } from "./arguments.ts";
import { pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import type { Io } from "./io.ts";

/** Formats of the list. */
const FORMATS = ["text", "json"] as const;

/** Registers of an architecture. */
interface Selection {
  readonly arch: Architecture;
  readonly registers: readonly RegisterInfo[];
}

/** The registers that the operands name, by name or pattern; all without operands. */
async function select(
  operands: readonly string[],
  arches: readonly Architecture[],
): Promise<Selection[]> {
  if (operands.length === 0) {
    return arches.map((arch) => ({ arch, registers: arch.registers.all }));
  }
  const { patternTest } = await import("../dsl/table.ts");
  const tests = operands.map(patternTest);
  for (const [index, operand] of operands.entries()) {
    const isThere = arches.some(({ registers }) =>
      registers.all.some(tests[index])
    );
    if (isThere) continue;
    const { didYouMean } = await import("../dsl/suggest.ts");
    const names = arches.flatMap(({ registers }) =>
      registers.all.flatMap(({ short, name }) => [short, name])
    );
    throw new UsageError(
      `\`${operand}\` is not a register`,
      didYouMean(operand, names) ?? "`dregs registers` lists them all",
    );
  }
  return arches.map((arch) => ({
    arch,
    registers: arch.registers.all.filter((info) =>
      tests.some((test) => test(info))
    ),
  })).filter(({ registers }) => registers.length > 0);
}

/** Fields of a layout as JSON: values in hex. */
function fieldsJson({ rows }: Layout): unknown[] {
  return rows.map(({ kind, name, hi, lo, values, about }) => ({
    kind,
    name,
    hi,
    lo,
    about: about ?? "",
    values: Object.fromEntries(
      Object.entries(values ?? {}).map(([word, value]) => [
        word,
        `0x${value.toString(16)}`,
      ]),
    ),
  }));
}

/** The registers as JSON, schema `dregs.registers/1`. */
async function registersJson(
  selections: readonly Selection[],
): Promise<string> {
  const { viewsOf } = await import("../dsl/render/register.ts");
  const registers = selections.flatMap(({ arch, registers }) =>
    registers.map((info) => ({
      arch: arch.name,
      name: info.name,
      short: info.short,
      access: info.access,
      encoding: info.encoding === "" ? null : info.encoding,
      views: viewsOf(info),
      rules: [...new Set([info.rule, info.layout.rule])],
      widthBits: info.layout.widthBits,
      fields: fieldsJson(info.layout),
      forms: info.layout.forms.map((form) => ({
        name: form.name,
        rule: form.rule,
        fields: fieldsJson(form),
      })),
    }))
  );
  return JSON.stringify({ schema: "dregs.registers/1", registers }, null, 2);
}

/** KVM's own state: the names of the kvm view. */
function kvmLines({ name, kvmAbout }: Architecture): string[] {
  const width = Math.max(...Object.keys(kvmAbout).map((key) => key.length));
  return [
    name,
    ...Object.entries(kvmAbout).map(([key, about]) =>
      `  ${key.padEnd(width)}  ${about}`
    ),
  ];
}

async function run(args: Arguments, io: Io): Promise<number> {
  const format = oneOf("format", args.value("format") ?? "text", FORMATS);
  const { architectures } = await import("./architectures.ts");
  const known = architectures();
  const wanted = args.value("arch");
  const arch = wanted === undefined
    ? undefined
    : oneOf<ArchName>("arch", wanted, known.map(({ name }) => name));
  const arches = known.filter(({ name }) =>
    arch === undefined || name === arch
  );
  if (args.operands.length === 1 && args.operands[0] === "kvm") {
    if (format === "json") {
      throw new UsageError(
        "`dregs registers kvm` has no JSON output: leave out `--format json`",
      );
    }
    io.out(arches.flatMap(kvmLines).map((line) => `${line}\n`).join(""));
    return STATUS.ok;
  }
  const selections = await select(args.operands, arches);
  if (format === "json") {
    io.out(`${await registersJson(selections)}\n`);
    return STATUS.ok;
  }
  const { renderRegister, renderRegisterList } = await import(
    "../dsl/render/register.ts"
  );
  const page = await pageFor(io);
  const lines = selections.flatMap(({ arch, registers }, index) => [
    ...(index > 0 ? [""] : []),
    arch.name,
    ...(args.operands.length === 0
      ? renderRegisterList(registers, page)
      : registers.flatMap((info) => renderRegister(info, page))),
  ]);
  io.out(lines.map((line) => `${line}\n`).join(""));
  return STATUS.ok;
}

/** The command. */
export const command: Command = {
  help: {
    name: "registers",
    about: "the registers, their fields and the names of their values",
    usage: "[REGISTER…] [OPTION…]",
    notes: [
      "A register goes by its short or its full name in any case; dbgb* is a pattern. With a register: its " +
      "encoding (op0,op1,CRn,CRm,op2), the views that it has, the rules of its tables, and its fields from " +
      "the top bit to the bottom bit, with the names that values have in scenarios.",
    ],
    options: [
      {
        name: "arch",
        value: "ARCH",
        choices: ["arm64", "x86"],
        about: "only of this architecture, arm64 or x86",
      },
      {
        name: "format",
        value: "FORMAT",
        choices: FORMATS,
        about: "text, json; docs/json.md describes json",
      },
    ],
    examples: [
      { command: "dregs registers", about: "all" },
      { command: "dregs registers dbgbcr0", about: "the fields of one" },
      {
        command: "dregs registers kvm --arch arm64",
        about: "the names of the kvm view",
      },
      {
        command: "dregs registers 'dbgwcr?' --format json",
        about: "some, for programs",
      },
    ],
  },
  access: "none",
  run,
};
