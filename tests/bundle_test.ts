import { assert, assertEquals, assertMatch } from "@std/assert";
import { citationsBesideSource } from "../cli/citations/load.ts";
import { type Embedded, EMBEDDED_NAME, unpack } from "../cli/embedded.ts";
import { denoIo } from "../cli/io.ts";
import { PERMISSIONS, RUN_FLAGS } from "../tools/permissions.ts";
import { cover } from "../tools/starts.ts";
import { compiledAnew } from "./child_deno.ts";
import { checkPackaged, ROOT_PATH, run, runTool } from "./packaged.ts";

const BUNDLE = `${ROOT_PATH}dist/dregs.js`;

/** What a bundle carries along: the statement with it ends its line, and is carried out here. */
async function embeddedIn(path: string): Promise<Embedded> {
  const program = await Deno.readTextFile(path);
  const start = `globalThis.${EMBEDDED_NAME}=`;
  const begin = program.indexOf(`${start}{`);
  assert(begin >= 0);
  const value = program.slice(
    begin + start.length,
    program.indexOf("\n", begin),
  );
  return new Function(`return ${value}`)();
}

/** Whether a run of a script makes the part of the bundle that is x86's. */
async function makesX86(script: string): Promise<boolean> {
  const program = await Deno.readTextFile(BUNDLE);
  const at = program.indexOf('$add("engine-x86-architecture"');
  assert(at >= 0);
  const folder = await Deno.makeTempDir();
  try {
    await cover(BUNDLE, ["run", "-e", script], folder);
    for await (const { name } of Deno.readDir(folder)) {
      const { url, functions } = JSON.parse(
        await Deno.readTextFile(`${folder}/${name}`),
      );
      if (!url.endsWith("/dist/dregs.js")) continue;
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

Deno.test("deno task bundle: one file with all that the program needs", async (t) => {
  await runTool("bundle.ts");

  await t.step("the catalogue in it is that of the working copy", async () => {
    const { catalogue } = await embeddedIn(BUNDLE);
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
    assertEquals(await unpack(catalogue), texts);
  });

  await t.step(
    "the citations in it are those of the working copy",
    async () => {
      const { citations } = await embeddedIn(BUNDLE);
      assertEquals(await unpack(citations), citationsBesideSource(denoIo()));
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
    const often = await compiledAnew([BUNDLE, "run", "-e", script]);
    const seldom = await compiledAnew([BUNDLE, "registers"]);
    // Were none of them marked, it would be a thousand.
    assert(often.length < 100, often.join(" "));
    assert(seldom.length > 10, seldom.join(" "));
  });

  await t.step("a start of arm64 does not make the tables of x86", async () => {
    assertEquals(await makesX86("guest write dbgbcr0 lbn=2; run"), false);
    assertEquals(await makesX86("arch x86; guest write dr7 l0=1; run"), true);
  });

  await checkPackaged(t, [
    Deno.execPath(),
    "run",
    ...RUN_FLAGS,
    BUNDLE,
  ]);
});
