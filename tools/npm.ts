/**
 * Makes the package for npm, dist/npm/: the program, and a small launcher that
 * starts it with the deno of the package `deno`.
 *
 * Arguments: the flags that offline/flags.ts printed.
 *
 * @module
 */

import denoConfig from "../deno.json" with { type: "json" };
import { bundle, PROGRAM_FOLDER } from "./bundle.ts";
import { RUN_FLAGS } from "./permissions.ts";

/** The package, from the root of the working copy. */
const FOLDER = "dist/npm";

const LAUNCHER = "dregs.cjs";

const README = "README.md";

await bundle(Deno.args);

/** What is in the package beside the README, by its name there, and where it comes from. */
const FILES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [...Deno.readDirSync(PROGRAM_FOLDER)].map(({ name }) => [
      name,
      `${PROGRAM_FOLDER}/${name}`,
    ]),
  ),
  [LAUNCHER]: `tools/npm/${LAUNCHER}`,
  "LICENSE": "LICENSE",
  "CHANGELOG.md": "CHANGELOG.md",
};

/** The package's package.json. */
const MANIFEST = {
  name: "dregs",
  version: denoConfig.version,
  description:
    "An executable model of how KVM virtualizes the CPU's debug registers",
  license: denoConfig.license,
  keywords: ["kvm", "debug", "registers", "breakpoint", "arm64", "x86"],
  bin: { dregs: LAUNCHER },
  files: [...Object.keys(FILES), README],
  engines: { node: ">=18" },
  dependencies: { deno: Deno.version.deno },
  /** For the launcher. */
  dregs: {
    flags: RUN_FLAGS,
  },
};

/** Sections that are of use in a clone alone. */
const OF_CLONE = /^## (Run it|Documentation)\n/;

/** Paragraphs that link to files of a clone. */
const NAMES_FILES = /\]\((docs|tests|scenarios)\b/;

/** The README as somebody who has the package reads it. */
function readmeOf(text: string): string {
  const sections = text.split(/^(?=## )/m).filter((one) => !OF_CLONE.test(one));
  const run = "## Run it\n\n```\nnpx dregs demo\n```\n\n";
  const last = sections.findIndex((one) => one.startsWith("## License"));
  return [...sections.slice(0, last), run, ...sections.slice(last)].join("")
    .split("\n\n")
    .filter((paragraph) =>
      paragraph.startsWith("## License") || !NAMES_FILES.test(paragraph)
    ).join("\n\n")
    .replaceAll("deno task dregs", "npx dregs")
    .replace("[MIT](LICENSE)", "MIT");
}

await Deno.remove(FOLDER, { recursive: true }).catch(() => {});
await Deno.mkdir(FOLDER, { recursive: true });
for (const [name, from] of Object.entries(FILES)) {
  await Deno.copyFile(from, `${FOLDER}/${name}`);
}
await Deno.writeTextFile(
  `${FOLDER}/${README}`,
  readmeOf(await Deno.readTextFile(README)),
);
await Deno.chmod(`${FOLDER}/${LAUNCHER}`, 0o755).catch(() => {});
await Deno.writeTextFile(
  `${FOLDER}/package.json`,
  JSON.stringify(MANIFEST, null, 2) + "\n",
);
