/**
 * Makes the program one executable file, dist/dregs.
 *
 * `deno compile` puts a runtime of its own in front of the program, which it
 * fetches from dl.deno.land and which npm does not have. Where that server does
 * not answer, the file is the bundled program with two lines before it that
 * start it with the deno on PATH, or else with npm's.
 *
 * Arguments: the flags that offline/flags.ts printed.
 *
 * @module
 */

import denoConfig from "../deno.json" with { type: "json" };
import { ask } from "../offline/probe.ts";

const OUTPUT = "dist/dregs";

/** What starts the program, without the library's face. */
const PROGRAM = "cli/program.ts";

/** The permissions of the `dregs` task, so that both programs have the same. */
const PERMISSIONS = denoConfig.tasks.dregs.command.split(" ").filter((word) =>
  word.startsWith("--allow-") || word === "--no-prompt"
);

/** Runs deno and ends with its exit status unless that is 0. */
async function deno(...args: string[]): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), { args }).spawn()
    .status;
  if (code !== 0) Deno.exit(code);
}

/** Whether `deno compile` has its runtime already or can get it. */
async function hasRuntime(): Promise<boolean> {
  if (Deno.env.has("DENORT_BIN")) return true;
  const path = `release/v${Deno.version.deno}/denort-${Deno.build.target}.zip`;
  const info = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config"],
  }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
  try {
    await Deno.stat(`${denoDir}/dl/${path}`);
    return true;
  } catch {
    return await ask(new URL(path, "https://dl.deno.land/")) === "answers";
  }
}

/**
 * Two lines that a shell runs and that JavaScript skips: to it the first is a
 * comment, the second a string and a comment.
 */
function launcher(): string {
  const run = `run --no-config ${PERMISSIONS.join(" ")} --ext=js "$0" "$@"`;
  return "#!/bin/sh\n" +
    `":" //; command -v deno >/dev/null 2>&1 && exec deno ${run}; ` +
    `exec npx -y deno@${Deno.version.deno} ${run}\n`;
}

const flags = Deno.args;
await Deno.mkdir("dist", { recursive: true });
if (await hasRuntime()) {
  await deno("compile", ...flags, ...PERMISSIONS, "-o", OUTPUT, PROGRAM);
} else {
  await deno("bundle", ...flags, "-o", `${OUTPUT}.js`, PROGRAM);
  const program = await Deno.readTextFile(`${OUTPUT}.js`);
  // Not over the old file: it may be an executable that is running.
  await Deno.remove(OUTPUT).catch(() => {});
  await Deno.writeTextFile(OUTPUT, launcher() + program, { mode: 0o755 });
  console.error(
    `dregs: dl.deno.land does not answer: ${OUTPUT} is a script that needs ` +
      `deno or npx on PATH`,
  );
}
