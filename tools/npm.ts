/**
 * Makes the package for npm, dist/npm/: the bundle, and a small launcher that
 * starts it with the deno of the package `deno`.
 *
 * Arguments: the flags that offline/flags.ts printed.
 *
 * @module
 */

import denoConfig from "../deno.json" with { type: "json" };
import { BUNDLE, bundle } from "./bundle.ts";
import { RUN_FLAGS } from "./permissions.ts";

/** The package, from the root of the working copy. */
const FOLDER = "dist/npm";

const LAUNCHER = "dregs.cjs";

/** What is in the package, by its name there, and where it comes from. */
const FILES: Readonly<Record<string, string>> = {
  "dregs.js": BUNDLE,
  [LAUNCHER]: `tools/npm/${LAUNCHER}`,
  "README.md": "README.md",
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
  files: Object.keys(FILES),
  engines: { node: ">=18" },
  dependencies: { deno: Deno.version.deno },
  /** For the launcher. */
  dregs: {
    flags: RUN_FLAGS,
  },
};

await bundle(Deno.args);
await Deno.remove(FOLDER, { recursive: true }).catch(() => {});
await Deno.mkdir(FOLDER, { recursive: true });
for (const [name, from] of Object.entries(FILES)) {
  await Deno.copyFile(from, `${FOLDER}/${name}`);
}
await Deno.chmod(`${FOLDER}/${LAUNCHER}`, 0o755).catch(() => {});
await Deno.writeTextFile(
  `${FOLDER}/package.json`,
  JSON.stringify(MANIFEST, null, 2) + "\n",
);
