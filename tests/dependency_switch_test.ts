/**
 * The switch between JSR and offline/, asked of a server of the test's own.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { denoRun } from "./child_deno.ts";

const FLAGS =
  "--import-map=offline/import_map.json --lock=offline/deno.lock --frozen\n";

/** JSR's hashes can only come from JSR, and are not committed. */
const FLAGS_WITH_JSR = "--lock=deno.lock --frozen=false\n";

/** A copy of what offline/flags.ts reads, so that it writes there. */
async function copyOfSwitch(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "dregs " });
  await Deno.mkdir(`${folder}/offline`);
  for (
    const path of [
      "deno.json",
      "offline/flags.ts",
      "offline/probe.ts",
      "offline/deno.lock",
    ]
  ) {
    await Deno.copyFile(
      new URL(`../${path}`, import.meta.url),
      `${folder}/${path}`,
    );
  }
  return folder;
}

/** Asks the copy which flags it wants, with a JSR that answers like this. */
async function askSwitch(
  { folder, answer, env = {} }: {
    folder: string;
    answer: (path: string, gone: AbortSignal) => Response | Promise<Response>;
    env?: Record<string, string>;
  },
): Promise<{ flags: string; said: string; asked: string[] }> {
  const asked: string[] = [];
  const client = new AbortController();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      return answer(pathname, client.signal);
    },
  );
  const { stdout, stderr } = await denoRun(
    ["-A", "--no-config", `${folder}/offline/flags.ts`],
    {
      env: {
        JSR_URL: `http://127.0.0.1:${server.addr.port}`,
        DREGS_OFFLINE: "",
        NO_PROXY: "127.0.0.1",
        ...env,
      },
    },
  );
  client.abort();
  await server.shutdown();
  return { flags: stdout, said: stderr, asked: asked.sort() };
}

const PAGES = [
  "/@std/assert/meta.json",
  "/@std/cli/meta.json",
  "/@std/fmt/meta.json",
];

/** What is in the lock of a machine with JSR. */
async function lockOf(folder: string) {
  return JSON.parse(await Deno.readTextFile(`${folder}/deno.lock`));
}

Deno.test("the switch leaves JSR be where it answers, and locks npm", async () => {
  const folder = await copyOfSwitch();
  const answer = () => new Response("{}");
  const { flags, said, asked } = await askSwitch({ folder, answer });
  assertEquals([flags, said, asked], [FLAGS_WITH_JSR, "", PAGES]);
  const committed = JSON.parse(
    await Deno.readTextFile(`${folder}/offline/deno.lock`),
  );
  assertEquals((await lockOf(folder)).npm, committed.npm);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the switch keeps JSR's part of the lock, and fixes npm's", async () => {
  const folder = await copyOfSwitch();
  const answer = () => new Response("{}");
  await askSwitch({ folder, answer });
  const before = await lockOf(folder);
  const jsr = { "@std/fmt@1.0.10": { integrity: "a hash" } };
  const npm = { ...before.npm, "chevrotain@13.2.0": { integrity: "another" } };
  await Deno.writeTextFile(
    `${folder}/deno.lock`,
    JSON.stringify({ ...before, jsr, npm }),
  );
  await askSwitch({ folder, answer });
  assertEquals(await lockOf(folder), { ...before, jsr });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the switch prints the flags where one package is missing", async () => {
  const folder = await copyOfSwitch();
  const { flags, said } = await askSwitch({
    folder,
    answer: (path) =>
      new Response("", { status: path === PAGES[1] ? 404 : 200 }),
  });
  assertEquals(flags, FLAGS);
  assertMatch(said, /^dregs: JSR does not answer: .*\n$/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the switch gives up on silence, and asks no more for a while", async () => {
  const folder = await copyOfSwitch();
  const first = await askSwitch({ folder, answer: answerLate });
  assertEquals(first.flags, FLAGS);

  const answer = () => new Response("{}");
  const second = await askSwitch({ folder, answer });
  assertEquals([second.flags, second.asked], [FLAGS, []]);
  assertMatch(second.said, /silent within the last hour/);

  const hourAgo = new Date(Date.now() - 61 * 60 * 1000);
  await Deno.utime(`${folder}/offline/.jsr_silent`, hourAgo, hourAgo);
  const third = await askSwitch({ folder, answer });
  assertEquals([third.flags, third.asked], [FLAGS_WITH_JSR, PAGES]);
  await Deno.remove(folder, { recursive: true });
});

for (const [value, want] of [["1", FLAGS], ["0", FLAGS_WITH_JSR]] as const) {
  Deno.test(`the switch asks nobody with DREGS_OFFLINE=${value}`, async () => {
    const folder = await copyOfSwitch();
    const { flags, asked } = await askSwitch({
      folder,
      answer: () => new Response("{}"),
      env: { DREGS_OFFLINE: value },
    });
    assertEquals([flags, asked], [want, []]);
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("the switch says that DREGS_OFFLINE=maybe means nothing, and asks", async () => {
  const folder = await copyOfSwitch();
  const { flags, asked, said } = await askSwitch({
    folder,
    answer: () => new Response("{}"),
    env: { DREGS_OFFLINE: "maybe" },
  });
  assertEquals([flags, asked], [FLAGS_WITH_JSR, PAGES]);
  assertMatch(said, /DREGS_OFFLINE=maybe: expected 0 or 1/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a child deno finds @std where this one does", async () => {
  const { code, stdout, stderr } = await denoRun(["--ext=ts", "-"], {
    stdin: `import { stripAnsiCode } from "@std/fmt/colors";
      const from = import.meta.resolve("@std/assert");
      console.log(stripAnsiCode(String(from.includes("/offline/"))));`,
  });
  const isStandIn = import.meta.resolve("@std/assert").includes("/offline/");
  assertEquals([code, stdout, stderr], [0, `${isStandIn}\n`, ""]);
});

/** Answers when nobody waits any more, or so late that it is wrong. */
async function answerLate(_: string, gone: AbortSignal): Promise<Response> {
  const late = AbortSignal.timeout(20_000);
  await new Promise((resolve) => {
    AbortSignal.any([gone, late]).addEventListener("abort", resolve);
  });
  return new Response("{}");
}
