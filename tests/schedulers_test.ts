/**
 * Parts of a search by schedulers: the script for Slurm under a real one, and the job for Kubernetes as far as a shell
 * runs it.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { programCommand } from "./child_deno.ts";
import { inFolder } from "./in_folder.ts";
import { ROOT_PATH, run } from "./packaged.ts";
import { Slurm, slurmLacks } from "./schedulers/slurm.ts";

const PARTS = 4;

/** A search with eight choices of values; one of them breaks. */
const SCENARIO = `arch x86
kernel linux-4.9
explore {
  choose a in 0x1000, 0x2000, 0x3000, 0x4000
  choose b in 1..2
  vcpu 0 { write dr0 a; write dr7 g0=1; repeat b { exec 0x1000 } }
  vcpu 1 { write dr0 0x2000; exec 0x2000 }
  never missed, stray
}
`;

/** A folder with the scenario, and the program as `dregs`. */
async function withProgram(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/choices.dregs`, SCENARIO);
    await Deno.mkdir(`${folder}/bin`);
    const command = programCommand([]).map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(
      `${folder}/bin/dregs`,
      `#!/bin/sh\nexec ${command} "$@"\n`,
      { mode: 0o755 },
    );
    await use(folder);
  }, { dir: "/var/tmp" });
}

async function dregs(
  folder: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly text: string }> {
  const { code, stdout, stderr } = await run(
    [`${folder}/bin/dregs`, ...args],
    { cwd: folder },
  );
  return { code, text: stdout + stderr };
}

/** The parts, joined, are the whole search. */
async function checkParts(folder: string, results: string): Promise<void> {
  const names = [...Deno.readDirSync(results)].map(({ name }) => name).sort();
  assertEquals(names, ["1.json", "2.json", "3.json", "4.json"]);
  const joined = await dregs(folder, [
    "explore",
    "--merge",
    ...names.map((name) => `${results}/${name}`),
  ]);
  const whole = await dregs(folder, ["explore", "choices.dregs"]);
  assertEquals(joined.code, whole.code);
  assertStringIncludes(joined.text, "8 of 8 choices of values");
  const heading = whole.text.split("\n")[0];
  assert(heading.startsWith("choices on linux-4.9 vmx: "), whole.text);
  assertEquals(joined.text.split("\n")[0], heading);
}

const LACKS = slurmLacks();

Deno.test({
  name: LACKS === undefined
    ? "Slurm: an array of parts, joined"
    : `Slurm: an array of parts, joined (skipped: ${LACKS})`,
  ignore: LACKS !== undefined,
  fn: () =>
    withProgram(async (folder) => {
      await Deno.mkdir(`${folder}/slurm`);
      await using slurm = await Slurm.start(`${folder}/slurm`);
      const { code, stdout } = await slurm.run("sbatch", [
        "--wait",
        `--array=1-${PARTS}`,
        `--export=ALL,PATH=${folder}/bin:${Deno.env.get("PATH")}`,
        `${ROOT_PATH}docs/schedulers/explore.sbatch`,
        `${folder}/choices.dregs`,
        `${folder}/results`,
      ], { HOME: folder, DENO_DIR: denoFolder() });
      assertEquals(code, 0, stdout);
      await checkParts(folder, `${folder}/results`);
    }),
});

/** Where deno has what it fetched; a job's environment need not name it. */
function denoFolder(): string {
  return Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
}

Deno.test({
  name: "Kubernetes: the command of an indexed job, for each index, joined",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withProgram(async (folder) => {
      const job = await Deno.readTextFile(
        `${ROOT_PATH}docs/schedulers/explore-job.yaml`,
      );
      assertStringIncludes(job, "completionMode: Indexed");
      const [, indent, block] = /^( +)- \|\n((?:\1 {2}.*\n)+)/m.exec(job)!;
      const script = block.replaceAll(`\n${indent}  `, "\n").trim()
        .replaceAll("/scenario/", `${folder}/`)
        .replaceAll("/results/", `${folder}/results/`);
      await Deno.mkdir(`${folder}/results`);
      for (let index = 0; index < PARTS; index++) {
        const { code, stderr } = await run(["/bin/sh", "-c", script], {
          cwd: folder,
          env: {
            PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
            JOB_COMPLETION_INDEX: `${index}`,
            PARTS: `${PARTS}`,
          },
        });
        assertEquals(code, 0, stderr);
      }
      await checkParts(folder, `${folder}/results`);
    }),
});
