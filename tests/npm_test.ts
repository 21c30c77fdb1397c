import { assertEquals } from "@std/assert";
import {
  checkPackaged,
  inEmptyFolder,
  ROOT_PATH,
  run,
  runTool,
} from "./packaged.ts";

/** npm, and what it should not say. */
const NPM = Deno.build.os === "windows" ? "npm.cmd" : "npm";

/** Why the package cannot be installed here; undefined if it can. */
async function whyNot(): Promise<string | undefined> {
  try {
    const { code } = await run([NPM, "--version"], { cwd: ROOT_PATH });
    return code === 0 ? undefined : "npm does not run";
  } catch {
    return "there is no npm";
  }
}

const reason = await whyNot();

Deno.test({
  name: `deno task npm: packed, installed and run${
    reason ? `: ${reason}` : ""
  }`,
  ignore: reason !== undefined,
  async fn(t) {
    await runTool("npm.ts");
    const readme = await Deno.readTextFile(`${ROOT_PATH}dist/npm/README.md`);
    // Nothing in it needs a clone.
    assertEquals(readme.match(/deno task|\]\(|recordings\//g), null);
    await inEmptyFolder(async (folder) => {
      const pack = await run([
        NPM,
        "pack",
        "--json",
        "--pack-destination",
        folder,
      ], { cwd: `${ROOT_PATH}dist/npm` });
      assertEquals(pack.code, 0, pack.stderr);
      const [{ filename, files }] = JSON.parse(pack.stdout);
      assertEquals(
        files.map(({ path }: { path: string }) => path).sort(),
        [
          "CHANGELOG.md",
          "LICENSE",
          "README.md",
          "dregs-explore.js",
          "dregs-repl.js",
          "dregs-rest.js",
          "dregs-texts.js",
          "dregs.cjs",
          "dregs.js",
          "package.json",
        ],
      );
      const install = await run([
        NPM,
        "install",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
        "--prefix",
        folder,
        `${folder}/${filename}`,
      ], { cwd: folder });
      assertEquals(install.code, 0, install.stderr);
      const bin = `${folder}/node_modules/.bin/dregs`;
      await checkPackaged(t, [
        Deno.build.os === "windows" ? `${bin}.cmd` : bin,
      ]);
    });
  },
});
