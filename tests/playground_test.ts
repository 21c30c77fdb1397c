/**
 * The playground in Chromium: as a file with the network off, and below a folder of a web server.
 */
import { assert, assertEquals } from "@std/assert";
import type { Browser, Page } from "puppeteer-core";
import type { ReportJson } from "../report/document.ts";
import { unpack } from "../report/pack.ts";
import { fragmentOf } from "../playground/share.ts";
import { playground } from "../tools/playground.ts";
import {
  browserTest,
  isTooWide,
  look,
  LOOKS,
  open,
  textsOf,
  violations,
} from "./browser.ts";
import { press, saving, textOf, until, write } from "./playground_page.ts";

/** A search that takes longer than a test waits: 136 choices of values. */
const LONG = `arch arm64
host cpus=3 brps=6 ctx=2
explore {
  choose a in ${
  Array.from({ length: 17 }, (_, at) => 0x1000 + 4 * at).join(", ")
}
  choose b in ${
  Array.from({ length: 8 }, (_, at) => 0x2000 + 8 * at).join(", ")
}
  vcpu 0 { write dbgbvr0 a; write dbgbcr0 e=1; read dbgbcr0; write dbgbvr1 a; write dbgbcr1 e=1; read dbgbvr1 }
  vcpu 1 { write dbgbvr0 a; write dbgbcr0 e=1; read dbgbcr0; write dbgwvr0 b; write dbgwcr0 e=1 }
  vcpu 2 { write dbgbvr2 a; write dbgbcr2 e=1; write dbgwvr1 b; read dbgbvr2; write dbgwcr1 e=1 }
  user 0 { debug break 0x5000; debug off }
  user 1 { debug break 0x6000; debug off }
  preempt any
  migrate any
}
`;

/** Takes a word that is offered first; asks for words where a slow machine has not offered any. */
async function accept(page: Page, word: string): Promise<void> {
  const first = ".cm-tooltip-autocomplete li[aria-selected]";
  for (let tries = 0; tries < 20; tries++) {
    try {
      await page.waitForSelector(first, { timeout: 1500 });
      if ((await textsOf(page, first))[0] === word) {
        await page.click(first);
        return;
      }
    } catch {
      await page.keyboard.down("Control");
      await page.keyboard.press("Space");
      await page.keyboard.up("Control");
    }
  }
  throw new Error(`${word} is not offered`);
}

/** A web server that has the page below a folder. */
function served(
  page: string,
): { readonly url: string; close(): Promise<void> } {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    ({ url }) =>
      new URL(url).pathname === "/some/folder/"
        ? new Response(page, { headers: { "content-type": "text/html" } })
        : new Response("", { status: 404 }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/some/folder/`,
    close: () => server.shutdown(),
  };
}

browserTest("playground: in a browser", async (t, browser, folder) => {
  const text = await playground();
  await Deno.writeTextFile(`${folder}/index.html`, text);
  await steps(t, browser, folder, text);
});

async function steps(
  t: Deno.TestContext,
  browser: Browser,
  folder: string,
  text: string,
): Promise<void> {
  const url = new URL(`file://${folder}/index.html`).href;

  await t.step(
    "its policy allows its own script alone, and no connection",
    () => {
      const [, policy] = /Content-Security-Policy" content="([^"]*)/.exec(
        text,
      )!;
      const directives = new Map(
        policy.split("; ").map((one) => [
          one.slice(0, one.indexOf(" ")),
          one.slice(one.indexOf(" ") + 1),
        ]),
      );
      assertEquals(directives.get("default-src"), "'none'");
      assert(/^'sha256-[\w+/=]+'$/.test(directives.get("script-src")!));
      assertEquals(directives.get("worker-src"), "blob:");
      assertEquals(directives.has("connect-src"), false);
    },
  );

  await t.step("it begins with a scenario that has run", async () => {
    const { page, trouble } = await open(browser, url);
    await until(page, ".status", "7 expectations checked");
    await until(page, ".now-statement", "run");
    // The editor colours words after it has drawn them.
    await until(page, ".word-keyword", "expect");
    await page.click('.transport button[aria-label="First step"]');
    await until(page, ".now-statement", "arch");
    const words = await textsOf(page, ".now-statement");
    assertEquals(words.join(""), "arch arm64");
    assertEquals(trouble, []);
    await page.close();
  });

  await t.step(
    "a mistake is marked, said, and not run; a word is completed",
    async () => {
      const { page, trouble } = await open(browser, url);
      await until(page, ".writing .meta", "no mistakes");
      await write(page, "guest wirte dbgbcr0 e=1\nrun\n");
      await until(page, ".writing .meta", "1 mistake");
      await until(page, ".cm-lintRange-error", "wirte");
      assertEquals(await textsOf(page, ".cm-lintRange-error"), ["wirte"]);
      assertEquals(
        await page.$$eval(".main-action:disabled", (all) => all.length),
        2,
      );
      await page.hover(".cm-lintRange-error");
      await until(page, ".cm-diagnosticText", "did you mean");
      await write(page, "");
      await page.keyboard.type("guest wri");
      await accept(page, "write");
      await page.keyboard.type(" dbgbcr0 bt=linked-a");
      await accept(page, "linked-address");
      assertEquals(await textOf(page), "guest write dbgbcr0 bt=linked-address");
      await page.hover(".word-variable");
      await until(page, ".hover-text", "DBGBCR0_EL1");
      assertEquals(trouble, []);
      await page.close();
    },
  );

  await t.step(
    "catalogue, kernels with a change, run, and what is saved",
    async () => {
      const { page, trouble } = await open(browser, url);
      const saved = await saving(page, folder);
      await until(page, ".writing .meta", "no mistakes");
      await page.select(
        ".catalogue select",
        "x86/missed_breakpoint/host_breakpoint.dregs",
      );
      await until(page, ".writing h2", "host_breakpoint");
      await page.type(".add-kernel input", "linux-4.4");
      await press(page, "Add");
      await page.type(".add-kernel input", "linux-4.4");
      await page.waitForSelector(
        '.add-kernel option[value="with root-cause-fix"]',
      );
      await page.select(".add-kernel select", "with root-cause-fix");
      await press(page, "Add");
      await page.type(".add-kernel input", "linux-9.9");
      await press(page, "Add");
      assertEquals(await textsOf(page, ".chips button"), [
        "linux-4.4 ×",
        "linux-4.4 with root-cause-fix ×",
        "linux-9.9 ×",
      ]);
      await press(page, "Run");
      await until(page, ".said.bad", "`linux-9.9`: ");
      await page.click('.chips button[aria-label="Remove linux-9.9"]');
      await press(page, "Run");
      await until(page, ".matrix .kernel", "root-cause-fix");
      assertEquals(await textsOf(page, ".matrix .cell"), ["✓", "✓"]);
      await page.click(".matrix td:last-child .cell");
      assertEquals(
        await textsOf(page, ".status .kernel"),
        ["linux-4.4 with root-cause-fix"],
      );
      await press(page, "Save scenario");
      assertEquals(
        await saved("host_breakpoint.dregs"),
        await Deno.readTextFile(
          "scenarios/x86/missed_breakpoint/host_breakpoint.dregs",
        ),
      );
      await press(page, "Save report");
      const report = await saved("host_breakpoint.html");
      const [, packed] = /id="report-data">([^<]*)</.exec(report)!;
      const { groups }: ReportJson = await unpack(packed);
      assertEquals(groups[0].runs.map(({ scenario }) => scenario.kernel), [
        "linux-4.4",
        "linux-4.4 with root-cause-fix",
      ]);
      assertEquals(trouble, []);
      await page.close();
    },
  );

  await t.step("a search finds a schedule; another is stopped", async () => {
    const { page, trouble } = await open(browser, url);
    await until(page, ".writing .meta", "no mistakes");
    await page.select(
      ".catalogue select",
      "explore/missed_breakpoint.dregs",
    );
    await press(page, "Explore");
    await until(page, ".finding", "broken: missed, after 15 steps");
    assertEquals(await textsOf(page, ".panes.equal .badge"), [
      "✗ failed",
      "✓ passed",
    ]);
    await write(page, LONG);
    await press(page, "Explore");
    await until(page, ".said", "of 136");
    await press(page, "Stop");
    await until(page, ".said.bad", "stopped");
    // And what comes after it runs.
    await write(page, "guest write dbgbvr0 0x1000; run; show");
    await press(page, "Run");
    await until(page, ".status", "0 expectations checked");
    assertEquals(trouble, []);
    await page.close();
  });

  await t.step("a scenario is shared and restored by the address", async () => {
    const { page, trouble } = await open(browser, url);
    await until(page, ".writing .meta", "no mistakes");
    const shared = "# café → №1\nguest write dbgbvr0 0x1234\nrun\n";
    await write(page, shared);
    await page.type(".add-kernel input", "lts");
    await press(page, "Add");
    await press(page, "Share");
    const link = await page.waitForSelector(".link-field input");
    const address = await link!.evaluate((input) =>
      (input as unknown as { value: string }).value
    );
    assertEquals(address, page.url());
    assertEquals(trouble, []);
    await page.close();
    const other = await open(browser, address);
    await until(other.page, ".matrix .kernel", "linux-6.12");
    assertEquals(await textOf(other.page), shared);
    assertEquals(await textsOf(other.page, ".chips button"), ["lts ×"]);
    assertEquals(other.trouble, []);
    await other.page.close();
  });

  await t.step(
    "hostile addresses run nothing and do not hang the page",
    async () => {
      const markup = '"><img src=x onerror=alert(1)></script><script>alert(2)';
      const kernels = [markup];
      const loop =
        "for i in 0..0xffffffffffff { guest write dbgbvr0 i }\nrun\n";
      const fragments = [
        ["v1.", "it is not complete"],
        ["v1.!!!!", "it is not complete"],
        [`v1.${"A".repeat(5000)}`, "it is not complete"],
        [
          "v1." + (await fragmentOf({ name: "x", text: "run", kernels: [] }))
            .slice(3, -6),
          "it is not complete",
        ],
        [
          await fragmentOf({
            name: "x",
            text: "0".repeat(50_000_000),
            kernels: [],
          }),
          "it is too long",
        ],
        [
          await fragmentOf({ name: 1, text: {} } as never),
          "it holds no scenario",
        ],
        [await fragmentOf({ name: markup, text: markup, kernels }), "mistake"],
        [
          await fragmentOf({ name: markup, text: "run", kernels }),
          "there is no such kernel",
        ],
        [await fragmentOf({ name: "loop", text: loop, kernels: [] }), ""],
        [
          await fragmentOf({
            name: "nest",
            text: `let x = ${"(".repeat(20_000)}1`,
            kernels: [],
          }),
          "mistake",
        ],
      ];
      for (const [fragment, said] of fragments) {
        const { page, trouble } = await open(browser, `${url}#${fragment}`);
        await until(page, ".writing", said);
        // The page answers: a step of its own works.
        await write(page, "guest write dbgbvr0 0x1000; run; show");
        await until(page, ".writing .meta", "no mistakes");
        assertEquals(
          await page.$$eval("img, [onerror]", (all) => all.length),
          0,
        );
        assertEquals(trouble, [], said);
        await page.close();
      }
    },
  );

  await t.step(
    "axe-core has nothing to say, in both themes and three widths",
    async () => {
      const { page, trouble } = await open(browser, url);
      await until(page, ".status", "7 expectations checked");
      for (const one of LOOKS) {
        await look(page, one);
        assertEquals(await violations(page), [], JSON.stringify(one));
        assert(!await isTooWide(page), JSON.stringify(one));
      }
      assertEquals(trouble, []);
      await page.close();
    },
  );

  await t.step("below a folder of a web server", async () => {
    const server = served(text);
    try {
      const { page, trouble } = await open(browser, server.url);
      await until(page, ".status", "7 expectations checked");
      await press(page, "Share");
      await page.waitForSelector(".link-field input");
      assert(page.url().startsWith(`${server.url}#v1.`));
      assertEquals(trouble.filter((one) => !one.includes("favicon")), []);
      await page.close();
    } finally {
      await server.close();
    }
  });
}
