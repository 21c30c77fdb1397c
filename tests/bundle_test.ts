import { assert, assertEquals, assertMatch } from "@std/assert";
import { citationsBesideSource } from "../cli/citations/load.ts";
import { type EmbeddedTexts, unpack } from "../cli/embedded.ts";
import { denoIo } from "../cli/io.ts";
import { PERMISSIONS, RUN_FLAGS } from "../tools/permissions.ts";
import { cover } from "../tools/starts.ts";
import { compiledAnew } from "./child_deno.ts";
import { checkPackaged, ROOT_PATH, run, runTool } from "./packaged.ts";

/** The program in one file. */
const BUNDLE = `${ROOT_PATH}dist/dregs.js`;

/** In several, the one that is started. */
const PROGRAM = `${ROOT_PATH}dist/program/dregs.js`;

const TEXTS = `${ROOT_PATH}dist/program/dregs-texts.js`;

/** A long text of the program in several files. */
async function textOf(name: keyof EmbeddedTexts): Promise<string> {
  const [, value] = new RegExp(`get ${name}\\(\\)\\{return ("[^"]*")`).exec(
    await Deno.readTextFile(TEXTS),
  )!;
  return JSON.parse(value);
}

/** Whether a run of a script makes the part of the bundle that is x86's. */
async function makesX86(script: string): Promise<boolean> {
  const program = await Deno.readTextFile(PROGRAM);
  const at = program.indexOf('$add("engine-x86-architecture"');
  assert(at >= 0);
  const folder = await Deno.makeTempDir();
  try {
    await cover(PROGRAM, ["run", "-e", script], folder);
    for await (const { name } of Deno.readDir(folder)) {
      const { url, functions } = JSON.parse(
        await Deno.readTextFile(`${folder}/${name}`),
      );
      if (!url.endsWith("/dist/program/dregs.js")) continue;
      const starts: { startOffset: number; count: number }[] = functions
        .map(({ ranges: [whole] }: { ranges: unknown[] }) => whole);
      const make = starts.filter(({ startOffset }) => startOffset > at)
        .toSorted((a, b) => a.startOffset - b.startOffset)[0];
      return make.count > 0;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  throw new Error("the bundle was not run");
}

/** Names in the environment that say nothing about the user but where their files are and what they see. */
const ENVIRONMENT =
  /^(NO_COLOR|TERM|COLORTERM|COLUMNS|LINES|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|XDG_[A-Z]+_(?:HOME|DIR)|DREGS_[A-Z]+)$/;

Deno.test("the program's permissions: files, and names of the environment", () => {
  for (const flag of PERMISSIONS) {
    assertMatch(flag, /^(--no-prompt|--allow-(read|write|env=.+))$/);
  }
  const names = PERMISSIONS.flatMap((flag) =>
    /^--allow-env=(.*)/.exec(flag)?.[1].split(",") ?? []
  );
  for (const name of names) assertMatch(name, ENVIRONMENT);
});

Deno.test("deno task bundle: one file with all that the program needs, and several", async (t) => {
  await runTool("bundle.ts");

  await t.step("the catalogue in it is that of the working copy", async () => {
    const texts: Record<string, string> = {};
    const walk = (folder: string): void => {
      for (const { name, isDirectory } of Deno.readDirSync(folder)) {
        const path = `${folder}/${name}`;
        if (isDirectory) walk(path);
        else if (name.endsWith(".dregs")) {
          const root = `${ROOT_PATH}scenarios/`;
          texts[path.slice(root.length)] = Deno.readTextFileSync(path);
        }
      }
    };
    walk(`${ROOT_PATH}scenarios`);
    assertEquals(await unpack(await textOf("catalogue")), texts);
  });

  await t.step(
    "the citations in it are those of the working copy",
    async () => {
      assertEquals(
        await unpack(await textOf("citations")),
        citationsBesideSource(denoIo()),
      );
    },
  );

  await t.step("it imports nothing before it has a command", async () => {
    const { stdout } = await run([
      Deno.execPath(),
      "info",
      "--json",
      "--no-config",
      BUNDLE,
    ], { cwd: ROOT_PATH });
    const { modules } = JSON.parse(stdout);
    const imports = modules.flatMap((
      one: { dependencies?: { specifier: string; isDynamic?: boolean }[] },
    ) =>
      (one.dependencies ?? []).filter(({ specifier, isDynamic }) =>
        !isDynamic || !specifier.startsWith("node:")
      )
    );
    assertEquals(imports, []);
  });

  await t.step("a start compiles little anew: deno kept the rest", async () => {
    const script = "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run";
    for (const file of [BUNDLE, PROGRAM]) {
      const often = await compiledAnew([file, "run", "-e", script]);
      // Were none of them marked, it would be a thousand.
      assert(often.length < 100, often.join(" "));
    }
    const seldom = await compiledAnew([BUNDLE, "registers"]);
    assert(seldom.length > 10, seldom.join(" "));
  });

  await t.step("a start of arm64 does not make the tables of x86", async () => {
    assertEquals(await makesX86("guest write dbgbcr0 lbn=2; run"), false);
    assertEquals(await makesX86("arch x86; guest write dr7 l0=1; run"), true);
  });

  await t.step(
    "a run reads none of the files beside, a search one",
    async () => {
      const filesOf = async (...args: readonly string[]) => {
        const folder = await Deno.makeTempDir();
        await cover(PROGRAM, args, folder);
        const names = [...Deno.readDirSync(folder)].map(({ name }) =>
          JSON.parse(Deno.readTextFileSync(`${folder}/${name}`)).url as string
        ).flatMap((url) => /\/dist\/program\/(.*)\.js$/.exec(url)?.[1] ?? []);
        await Deno.remove(folder, { recursive: true });
        return names.sort();
      };
      const folder = await Deno.makeTempDir();
      const search = `${folder}/search.dregs`;
      await Deno.writeTextFile(
        search,
        "explore {\n  vcpu 0 { write dbgbvr0 4096 }\n  never leak\n}\n",
      );
      assertEquals(await filesOf("run", "-e", "run"), ["dregs"]);
      assertEquals(await filesOf("explore", search), [
        "dregs",
        "dregs-explore",
      ]);
      await Deno.remove(folder, { recursive: true });
    },
  );

  // The one file is checked as a script, by binary_test.ts.
  await checkPackaged(t, [Deno.execPath(), "run", ...RUN_FLAGS, PROGRAM]);
});
