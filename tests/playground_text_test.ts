/**
 * The playground in Chromium: what belongs to the text of the editor, and what is of an earlier one.
 */
import { assert, assertEquals } from "@std/assert";
import type { Browser } from "puppeteer-core";
import { fragmentOf } from "../playground/share.ts";
import type { ReportJson } from "../report/document.ts";
import { unpack } from "../report/pack.ts";
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
import {
  canPress,
  gone,
  press,
  saving,
  textOf,
  until,
  write,
} from "./playground_page.ts";

browserTest(
  "playground: the text of the editor",
  async (t, browser, folder) => {
    await Deno.writeTextFile(`${folder}/index.html`, await playground());
    await steps(t, browser, folder);
  },
);

async function steps(
  t: Deno.TestContext,
  browser: Browser,
  folder: string,
): Promise<void> {
  const url = new URL(`file://${folder}/index.html`).href;

  await t.step("a result is of the text that ran", async () => {
    const { page, trouble } = await open(browser, url);
    const saved = await saving(page, folder);
    await until(page, ".status", "7 expectations checked");
    assertEquals(await textsOf(page, ".stale, .stale-note"), []);
    assert(await canPress(page, "Save report"));
    const example = await textOf(page);
    const [called] = await textsOf(page, ".writing h2");

    await write(page, "arch arm64\nguest write dbgbvr0 0x1000; run; show\n");
    await until(page, ".stale-note", "the earlier text");
    await until(page, ".writing h2", `${called} (changed)`);
    assert(!await canPress(page, "Save report"));
    // Its steps are not marked in a text that has not run.
    await page.click('.transport button[aria-label="First step"]');
    await until(page, ".transport", "step 1");
    assertEquals(await textsOf(page, ".now-statement"), []);
    for (const one of LOOKS) {
      await look(page, one);
      assertEquals(await violations(page), [], JSON.stringify(one));
      assert(!await isTooWide(page), JSON.stringify(one));
    }
    await look(page, {});

    await press(page, "Run");
    await until(page, ".status", "0 expectations checked");
    assertEquals(await textsOf(page, ".stale-note"), []);
    await until(page, ".now-statement", "run");
    await press(page, "Save report");
    const report = await saved("patch_example_changed.html");
    const [, packed] = /id="report-data">([^<]*)</.exec(report)!;
    const { title }: ReportJson = await unpack(packed);
    assertEquals(title, `${called} (changed)`);

    // Undone is current again; a run that is refused leaves what was there.
    await write(page, example);
    await until(page, ".stale-note", "the earlier text");
    assertEquals(await textsOf(page, ".writing h2"), [called]);
    await page.type(".add-kernel input", "linux-9.9");
    await press(page, "Add");
    await press(page, "Run");
    await until(page, ".said.bad", "`linux-9.9`: ");
    await until(page, ".stale-note", "the earlier text");
    assert(!await canPress(page, "Save report"));
    await page.click('.chips button[aria-label="Remove linux-9.9"]');
    await press(page, "Run");
    await until(page, ".status", "7 expectations checked");
    assertEquals(await textsOf(page, ".stale-note"), []);
    await page.type(".add-kernel input", "lts");
    await press(page, "Add");
    await until(page, ".stale-note", "kernels were changed");
    await page.click('.chips button[aria-label="Remove lts"]');
    await gone(page, ".stale-note");

    await page.select(
      ".catalogue select",
      "x86/missed_breakpoint/host_breakpoint.dregs",
    );
    await until(page, ".stale-note", "the earlier text");
    assert(!await canPress(page, "Save report"));
    assertEquals(trouble, []);
    await page.close();
  });

  await t.step("an address is that of the text, or has none", async () => {
    const { page, trouble } = await open(browser, url);
    await until(page, ".status", "7 expectations checked");
    await press(page, "Share");
    await page.waitForSelector(".link-field input");
    assert(page.url().startsWith(`${url}#v1.`));
    await page.focus(".cm-content");
    await page.keyboard.type("#");
    await gone(page, ".link-field");
    assertEquals(page.url(), url);
    await press(page, "Share");
    await page.waitForSelector(".link-field input");
    await page.type(".add-kernel input", "lts");
    await press(page, "Add");
    await gone(page, ".link-field");
    assertEquals(page.url(), url);
    await press(page, "Share");
    await page.waitForSelector(".link-field input");
    const address = page.url();
    assertEquals(trouble, []);
    await page.close();
    // And where the page was opened by it.
    const other = await open(browser, address);
    await until(other.page, ".matrix .kernel", "linux-6.12");
    assertEquals(other.page.url(), address);
    await until(other.page, ".writing h2", "(changed)");
    await other.page.focus(".cm-content");
    await other.page.keyboard.type("#");
    await until(other.page, ".stale-note", "the earlier text");
    assertEquals(other.page.url(), url);
    assertEquals(other.trouble, []);
    await other.page.close();
  });

  await t.step("what was typed is there after a reload", async () => {
    const { page, trouble } = await open(browser, url);
    await until(page, ".status", "7 expectations checked");
    const typed = "# café\nguest wirte\n";
    await write(page, typed);
    await page.type(".add-kernel input", "lts");
    await press(page, "Add");
    await until(page, ".writing .meta", "1 mistake");
    await page.reload();
    await until(page, ".writing .meta", "1 mistake");
    assertEquals(await textOf(page), typed);
    assertEquals(await textsOf(page, ".chips button"), ["lts ×"]);
    await until(page, ".said", "before the page was loaded anew");
    await until(page, ".writing h2", "(changed)");
    // An address that has a text goes before it.
    const shared = { name: "shared", text: "run\n", kernels: [] };
    const fragment = await fragmentOf(shared);
    await page.goto("about:blank");
    await page.goto(`${url}#${fragment}`);
    await until(page, ".writing h2", "shared");
    assertEquals(await textOf(page), shared.text);
    // What was only chosen runs, as it did before.
    await page.goto("about:blank");
    await page.goto(url);
    await until(page, ".writing h2", "(changed)");
    const chosen = "x86/missed_breakpoint/host_breakpoint.dregs";
    await page.select(".catalogue select", chosen);
    await until(page, ".writing .meta", "no mistakes");
    await page.reload();
    await until(page, ".status", "checked");
    assertEquals(await textsOf(page, ".writing h2"), [chosen]);
    assertEquals(trouble.filter((one) => !one.includes("about:blank")), []);
    await page.close();
  });

  await t.step("without storage the browser asks before it goes", async () => {
    const page = await browser.newPage();
    const errors: unknown[] = [];
    page.on("pageerror", (error) => errors.push(error));
    await page.evaluateOnNewDocument(() => {
      Object.defineProperty(globalThis, "sessionStorage", {
        get() {
          throw new DOMException("denied", "SecurityError");
        },
      });
    });
    await page.goto(url);
    await until(page, ".status", "7 expectations checked");
    const asks = (): Promise<boolean> =>
      page.evaluate(() => {
        const event = new Event("beforeunload", { cancelable: true });
        globalThis.dispatchEvent(event);
        return event.defaultPrevented;
      });
    assertEquals(await asks(), false);
    await write(page, "guest write dbgbvr0 0x1000; run; show");
    await until(page, ".stale-note", "the earlier text");
    assertEquals(await asks(), true);
    await press(page, "Run");
    await until(page, ".status", "0 expectations checked");
    // The address has it.
    await press(page, "Share");
    await page.waitForSelector(".link-field input");
    assertEquals(await asks(), false);
    assertEquals(errors, []);
    await page.close();
  });
}
