import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TARGETS } from "../tools/compile.ts";
import { dependencyFlags } from "./child_deno.ts";
import {
  checkPackaged,
  inEmptyFolder,
  ROOT_PATH,
  run,
  runTool,
} from "./packaged.ts";

/** The executable that `deno task compile` makes in a folder. */
function binaryIn(folder: string): string {
  return `${folder}/dregs${Deno.build.os === "windows" ? ".exe" : ""}`;
}

/** True if there is a file by that path. */
function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Where deno keeps runtimes that `deno compile` fetched. */
async function denoDir(): Promise<string> {
  const { stdout } = await run(
    [Deno.execPath(), "info", "--json", "--no-config"],
    { cwd: ROOT_PATH },
  );
  return JSON.parse(stdout).denoDir;
}

/** Why no executable can be made here; undefined if one can. Nothing is fetched to find out. */
async function whyNot(): Promise<string | undefined> {
  const runtime = Deno.env.get("DENORT_BIN");
  if (runtime) {
    const compiler = Deno.env.get("DENO_FOR_COMPILE") || Deno.execPath();
    if (!isThere(runtime)) return `DENORT_BIN: there is no ${runtime}`;
    if (!isThere(compiler)) return `DENO_FOR_COMPILE: there is no ${compiler}`;
    return undefined;
  }
  const { deno } = Deno.version;
  const zip = `dl/release/v${deno}/denort-${Deno.build.target}.zip`;
  if (isThere(`${await denoDir()}/${zip}`)) return undefined;
  return "no runtime at hand: DENORT_BIN is not set and none was fetched";
}

Deno.test("deno task compile: a platform that deno does not have is refused", async () => {
  const { code, stderr } = await run([
    Deno.execPath(),
    "run",
    "-qA",
    "--no-config",
    "tools/compile.ts",
    "--target",
    "pdp11",
  ], { cwd: ROOT_PATH });
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'there is no target "pdp11"');
  assertStringIncludes(stderr, "platforms: x86_64-");
});

/** Arguments and runtimes that are of no use, and what is said of them. */
const REFUSED: readonly [
  args: readonly string[],
  runtime: string | undefined,
  code: number,
  said: string,
][] = [
  [["foo"], undefined, 2, "foo is not an argument"],
  [["--bogus"], undefined, 2, "--bogus is not an argument"],
  [["--target"], undefined, 2, "--target needs a value"],
  [["--outdir"], undefined, 2, "--outdir needs a value"],
  [["--outdir="], undefined, 2, "--outdir needs a value"],
  [["--outdir", "--script"], undefined, 2, "--outdir needs a value"],
  [
    ["--script", "--target", "all"],
    undefined,
    2,
    "--script is for every platform",
  ],
  [[], "nowhere", 1, "DENORT_BIN: nowhere cannot be read"],
  [[], "README.md", 1, "README.md is no program, and no runtime for"],
  [
    ["--target", "aarch64-apple-darwin"],
    Deno.execPath(),
    1,
    `is a program for ${Deno.build.target}, and no runtime for aarch64-apple-`,
  ],
];

for (const [args, runtime, wanted, said] of REFUSED) {
  Deno.test(`deno task compile ${args.join(" ")}: ${said}`, async () => {
    const env: Record<string, string> = runtime === undefined
      ? {}
      : { DENORT_BIN: runtime };
    const { code, stdout, stderr } = await run([
      Deno.execPath(),
      ...["run", "-qA", "--no-config", "tools/compile.ts", ...args],
    ], { cwd: ROOT_PATH, env });
    assertEquals([code, stdout], [wanted, ""]);
    assertStringIncludes(stderr, said);
  });
}

Deno.test({
  name: "deno task compile: an executable that is no runtime is found out",
  ignore: Deno.build.os !== "linux" || !isThere("/bin/ls"),
  async fn() {
    await inEmptyFolder(async (folder) => {
      await Deno.writeTextFile(binaryIn(folder), "before");
      const { code, stderr } = await run([
        Deno.execPath(),
        ...["run", "-qA", "--no-config", "tools/compile.ts"],
        ...dependencyFlags(),
        ...["--outdir", folder],
      ], { cwd: ROOT_PATH, env: { DENORT_BIN: "/bin/ls" } });
      assertEquals(code, 1);
      assertStringIncludes(stderr, "it did not start");
      // What was there is still there, and nothing else.
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assertEquals(names, ["dregs"]);
      assertEquals(await Deno.readTextFile(binaryIn(folder)), "before");
    });
  },
});

Deno.test({
  name: "deno task compile: without a runtime it is a script that says so",
  ignore: Deno.build.os === "windows",
  async fn(t) {
    await inEmptyFolder(async (folder) => {
      const args = ["--script", "--outdir", folder];
      const { stderr } = await runTool("compile.ts", args);
      assertStringIncludes(stderr, "is a script that needs deno or npx");
      await checkPackaged(t, [`${folder}/dregs`]);
    });
  },
});

const reason = await whyNot();

Deno.test({
  name: `deno task compile: the executable${reason ? `: ${reason}` : ""}`,
  ignore: reason !== undefined,
  async fn(t) {
    await inEmptyFolder(async (folder) => {
      const { stderr } = await runTool("compile.ts", ["--outdir", folder]);
      assert(!stderr.includes("is a script"), stderr);
      const binary = binaryIn(folder);
      const head = new Uint8Array(2);
      {
        using file = await Deno.open(binary);
        await file.read(head);
      }
      assert(new TextDecoder().decode(head) !== "#!", "it is the script");
      await checkPackaged(t, [binary]);
    });
  },
});

Deno.test("the release makes an executable for every platform", async () => {
  const workflow = await Deno.readTextFile(
    `${ROOT_PATH}.github/workflows/release.yml`,
  );
  const targets = [...workflow.matchAll(/target: ([a-z0-9_-]+)/g)]
    .map(([, target]) => target);
  assertEquals(targets.sort(), [...TARGETS].sort());
});
