/**
 * `dregs profiles`: the kernels that can be chosen.
 *
 * @module
 */
import type { Architecture, KernelInfo, ProfileInfo } from "../engine/mod.ts";
import type { Page } from "../dsl/render/theme.ts";
import { oneOf } from "./arguments.ts";
import { pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS } from "./command.ts";
import { fill } from "./help.ts";
import type { Io } from "./io.ts";
import { askedKernels } from "./kernels.ts";

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
function profilesJson(
  arches: readonly Architecture[],
  releases: readonly unknown[],
): string {
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
  return JSON.stringify(
    { schema: "dregs.profiles/1", profiles, releases },
    null,
    2,
  );
}

/** Kernels as JSON, schema `dregs.kernels/1`. */
function kernelsJson(
  found: readonly { readonly arch: Architecture; readonly info: KernelInfo }[],
): string {
  const kernels = found.map(({ arch, info }) => ({
    arch: arch.name,
    name: info.name,
    about: info.about,
    source: info.source,
    vendors: info.vendors,
    options: info.options,
    release: info.release ?? null,
    changes: info.rows ?? null,
    notes: info.notes,
  }));
  return JSON.stringify({ schema: "dregs.kernels/1", kernels }, null, 2);
}

/** Shows what kernels are made of. */
async function showKernels(
  text: string,
  format: typeof FORMATS[number],
  arches: readonly Architecture[],
  io: Io,
): Promise<number> {
  const asked = await askedKernels([text], {
    said: (value) => `\`${value}\``,
    tell: (line) => io.err(`note: ${line}\n`),
  });
  const found = asked.flatMap((kernel) =>
    arches.filter(({ name }) => kernel?.arches.includes(name)).flatMap(
      (arch) => {
        const answer = arch.kernel(kernel!.profile);
        return answer.ok ? [{ arch, info: answer.info }] : [];
      },
    )
  );
  if (format === "json") {
    io.out(`${kernelsJson(found)}\n`);
    return STATUS.ok;
  }
  const page = await pageFor(io);
  const { renderKernel } = await import("../dsl/render/history.ts");
  const lines = found.flatMap(({ arch, info }) =>
    renderKernel(arch, info, page)
  );
  io.out(lines.map((line) => `${line}\n`).join(""));
  return STATUS.ok;
}

async function run(args: Arguments, io: Io): Promise<number> {
  const format = oneOf("format", args.value("format") ?? "text", FORMATS);
  const { architectures } = await import("./architectures.ts");
  const arches = architectures();
  if (args.operands.length > 0) {
    return await showKernels(args.operands.join(" "), format, arches, io);
  }
  if (format === "json") {
    const { changingReleases } = await import("../dsl/history.ts");
    const releases = arches.flatMap((arch) =>
      changingReleases(arch).map((one) => ({ arch: arch.name, ...one }))
    );
    io.out(`${profilesJson(arches, releases)}\n`);
    return STATUS.ok;
  }
  const page = await pageFor(io);
  const { renderReleases } = await import("../dsl/render/history.ts");
  const lines = arches.flatMap((arch) => [
    arch.name,
    ...arch.profiles.flatMap((profile) => profileLines(arch, profile, page)),
  ]);
  lines.push(...arches.flatMap((arch) => renderReleases(arch, page)));
  io.out(lines.map((line) => `${line}\n`).join(""));
  return STATUS.ok;
}

/** The command. */
export const command: Command = {
  help: {
    name: "profiles",
    about: "the kernels that can be chosen",
    usage: "[KERNEL] [OPTION…]",
    notes: [
      "A scenario chooses one by kernel NAME, dregs run by --kernel NAME. With a kernel, or anything else that " +
      "--kernel takes: what it is made of. Without: those that have a description, and the releases of mainline at " +
      "which behaviour changes.",
    ],
    options: [{
      name: "format",
      value: "FORMAT",
      choices: FORMATS,
      about: "text, json; docs/json.md describes json",
    }],
    examples: [
      { command: "dregs profiles", about: "all kernels" },
      {
        command: "dregs profiles linux-5.4.120",
        about: "what a stable release is made of",
      },
      {
        command: "dregs profiles linux-4.4 with root-cause-fix",
        about: "and a kernel with a change applied",
      },
      { command: "dregs profiles --format json", about: "for programs" },
    ],
  },
  access: "none",
  run,
};
