/**
 * `dregs profiles`: the kernels that can be chosen.
 *
 * @module
 */
import type { Architecture, ProfileInfo } from "../engine/mod.ts";
import type { Page } from "../dsl/render/theme.ts";
import { oneOf } from "./arguments.ts";
import { pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import { fill } from "./help.ts";
import type { Io } from "./io.ts";

/** Formats of the list. */
const FORMATS = ["text", "json"] as const;

/** `clear=after-handle|after-exit`. */
function optionTexts({ options }: ProfileInfo): string[] {
  return Object.entries(options).map(([name, values]) =>
    `${name}=${values.join("|")}`
  );
}

function profileLines(
  arch: Architecture,
  profile: ProfileInfo,
  { columns, theme }: Page,
): string[] {
  const { name, about, source, vendors } = profile;
  const isDefault = name === arch.defaultProfile;
  const below = [
    ...fill(about, columns - 4),
    ...fill(source, columns - 4).map(theme.quiet),
  ];
  if (vendors.length > 0) below.push(`vendor ${vendors.join(" or ")}`);
  const options = optionTexts(profile);
  if (options.length > 0) below.push(`options ${options.join(" ")}`);
  return [
    `  ${theme.heading(name)}${isDefault ? " (default)" : ""}`,
    ...below.map((line) => `    ${line}`),
  ];
}

/** The list as JSON, schema `dregs.profiles/1`. */
function profilesJson(arches: readonly Architecture[]): string {
  const profiles = arches.flatMap((arch) =>
    arch.profiles.map(({ name, about, source, vendors, options }) => ({
      arch: arch.name,
      name,
      default: name === arch.defaultProfile,
      about,
      source,
      vendors,
      options,
    }))
  );
  return JSON.stringify({ schema: "dregs.profiles/1", profiles }, null, 2);
}

async function run(args: Arguments, io: Io): Promise<number> {
  if (args.operands.length > 0) {
    throw new UsageError(
      `unexpected argument \`${args.operands[0]}\``,
      "`dregs profiles` lists all kernels",
    );
  }
  const format = oneOf("format", args.value("format") ?? "text", FORMATS);
  const { architectures } = await import("./architectures.ts");
  const arches = architectures();
  if (format === "json") {
    io.out(`${profilesJson(arches)}\n`);
    return STATUS.ok;
  }
  const page = await pageFor(io);
  const lines = arches.flatMap((arch) => [
    arch.name,
    ...arch.profiles.flatMap((profile) => profileLines(arch, profile, page)),
  ]);
  io.out(lines.map((line) => `${line}\n`).join(""));
  return STATUS.ok;
}

/** The command. */
export const command: Command = {
  help: {
    name: "profiles",
    about: "the kernels that can be chosen",
    usage: "[OPTION…]",
    notes: [
      "A scenario chooses one by kernel NAME, dregs run by --kernel NAME.",
    ],
    options: [{
      name: "format",
      value: "FORMAT",
      choices: FORMATS,
      about: "text, json; docs/json.md describes json",
    }],
    examples: [
      { command: "dregs profiles", about: "all kernels" },
      { command: "dregs profiles --format json", about: "for programs" },
    ],
  },
  access: "none",
  run,
};
