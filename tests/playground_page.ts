/**
 * What tests of the playground do with its page.
 *
 * @module
 */
import type { Page } from "puppeteer-core";
import { textsOf } from "./browser.ts";

/** Waits until something in the page has a text. */
export async function until(
  page: Page,
  selector: string,
  text: string,
): Promise<void> {
  const seen = page.waitForFunction(
    (selector: string, text: string) =>
      // deno-lint-ignore no-explicit-any -- a function of the page
      [...(globalThis as any).document.querySelectorAll(selector)].some((
        { textContent }: { textContent: string },
      ) => textContent.includes(text)),
    { timeout: 20_000 },
    selector,
    text,
  );
  await seen.catch(async () => {
    const texts = (await textsOf(page, selector)).join(" | ");
    throw new Error(`${selector} has not ${JSON.stringify(text)}: ${texts}`);
  });
}

/** Puts a text into the editor. */
export async function write(page: Page, text: string): Promise<void> {
  await page.focus(".cm-content");
  await page.keyboard.down("Control");
  await page.keyboard.press("KeyA");
  await page.keyboard.up("Control");
  await page.keyboard.press("Backspace");
  // As a paste: what is typed would have brackets closed.
  await page.keyboard.sendCharacter(text);
}

export async function textOf(page: Page): Promise<string> {
  return (await textsOf(page, ".cm-line")).join("\n");
}

/** Presses a button by its text. */
export async function press(page: Page, text: string): Promise<void> {
  const button = await page.waitForSelector(
    `xpath///button[normalize-space()="${text}" and not(@disabled)]`,
  );
  await button!.click();
}

/** Waits until the page has nothing of a kind. */
export async function gone(page: Page, selector: string): Promise<void> {
  await page.waitForSelector(selector, { hidden: true, timeout: 20_000 });
}

/** Whether a button can be pressed. */
export async function canPress(page: Page, text: string): Promise<boolean> {
  const found = await page.$(
    `xpath///button[normalize-space()="${text}" and not(@disabled)]`,
  );
  return found !== null;
}

/** Has the browser save into a folder; gives what was saved under a name. */
export async function saving(
  page: Page,
  folder: string,
): Promise<(name: string) => Promise<string>> {
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", {
    behavior: "allow",
    downloadPath: folder,
  });
  return async (name) => {
    for (let tries = 0; tries < 200; tries++) {
      try {
        return await Deno.readTextFile(`${folder}/${name}`);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    throw new Error(`${name} was not saved`);
  };
}
