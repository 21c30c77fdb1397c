/**
 * Chromium, as Debian packages it, for tests of pages: one browser for a file of tests, with the network off.
 *
 * @module
 */
import axe from "axe-core";
import puppeteer, { type Browser, type Page } from "puppeteer-core";

/** Where Debian's package puts it. */
const PATH = "/usr/bin/chromium";

/** Why no page can be tried here; undefined if one can. */
const noBrowser: string | undefined = (() => {
  try {
    Deno.statSync(PATH);
    return undefined;
  } catch {
    return "Chromium is not installed: apt install chromium";
  }
})();

/** Starts the browser. */
async function startBrowser(): Promise<Browser> {
  return await puppeteer.launch({
    executablePath: PATH,
    // Root has no sandbox, and CI runs as root.
    args: [
      "--no-sandbox",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}

/** A test in a browser of its own, with a temporary folder; skipped, with the reason, where there is no browser. */
export function browserTest(
  name: string,
  steps: (
    t: Deno.TestContext,
    browser: Browser,
    folder: string,
  ) => Promise<void>,
): void {
  Deno.test({
    name: noBrowser === undefined ? name : `${name} (${noBrowser})`,
    ignore: noBrowser !== undefined,
    fn: async (t) => {
      const folder = await Deno.makeTempDir();
      const browser = await startBrowser();
      try {
        await steps(t, browser, folder);
      } finally {
        await browser.close();
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** How a page is looked at. */
export interface Look {
  readonly width?: number;
  readonly theme?: "light" | "dark";
}

/** A page, and what went wrong in it. */
export interface Opened {
  readonly page: Page;
  /** Errors, console messages, and what it tried to load. */
  readonly trouble: readonly string[];
}

/** Opens a page; what it loads from elsewhere is refused, and told. */
export async function open(
  browser: Browser,
  url: string,
  { width = 1280, theme = "light" }: Look = {},
): Promise<Opened> {
  const page = await browser.newPage();
  const trouble: string[] = [];
  page.on("console", (message) => {
    trouble.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => {
    trouble.push(`error: ${error instanceof Error ? error.message : error}`);
  });
  page.on("dialog", (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const asked = request.url();
    const isOwn = asked.split("#")[0] === url.split("#")[0] ||
      /^(blob|data):/.test(asked);
    if (!isOwn) trouble.push(`request: ${asked}`);
  });
  await page.setOfflineMode(url.startsWith("file:"));
  await look(page, { width, theme });
  await page.goto(url);
  await page.waitForSelector("main");
  return { page, trouble };
}

/** Changes width and theme. */
export async function look(
  page: Page,
  { width = 1280, theme = "light" }: Look,
): Promise<void> {
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: theme },
  ]);
  await page.setViewport({ width, height: 900 });
}

/** Themes and widths that pages are checked at. */
export const LOOKS: readonly Required<Look>[] = [360, 800, 1600].flatMap(
  (width) => (["light", "dark"] as const).map((theme) => ({ width, theme })),
);

/** What axe-core finds wrong with a page, a line each. */
export async function violations(page: Page): Promise<string[]> {
  // The page's own policy allows no script from outside: the browser puts it into the page past that.
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    // deno-lint-ignore no-explicit-any -- put there by the line above
    const { violations } = await (globalThis as any).axe.run();
    return violations.map((
      { id, nodes }: { id: string; nodes: { html: string }[] },
    ) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
  });
}

/** Whether a page is wider than the window, so that it has to be scrolled sideways. */
export async function isTooWide(page: Page): Promise<boolean> {
  return await page.$eval(
    "html",
    (html) => html.scrollWidth > html.clientWidth,
  );
}

/** What `script` gives in a page, as a text. */
export async function textsOf(
  page: Page,
  selector: string,
): Promise<string[]> {
  return await page.$$eval(
    selector,
    (elements) => elements.map((element) => element.textContent ?? ""),
  );
}

/** Lines of a text in a font of one width: the column at which each begins, and those at which it goes on. */
export async function textLefts(
  page: Page,
  selector: string,
): Promise<
  { readonly text: string; readonly first: number; readonly rest: number[] }[]
> {
  return await page.$$eval(selector, (elements) => {
    // deno-lint-ignore no-explicit-any -- a function of the page
    const { document } = globalThis as any;
    const measure = document.createElement("span");
    measure.textContent = "0".repeat(20);
    elements[0].parentElement!.append(measure);
    const column = measure.getBoundingClientRect().width / 20;
    measure.remove();
    // deno-lint-ignore no-explicit-any -- an element of the page
    return elements.map((element: any) => {
      const text = element.textContent;
      const lefts: number[] = [];
      let line = -1;
      for (let at = text.search(/\S/); at >= 0 && at < text.length; at++) {
        if (text[at] === " ") continue;
        const range = document.createRange();
        range.setStart(element.firstChild, at);
        range.setEnd(element.firstChild, at + 1);
        const { top, left } = range.getBoundingClientRect();
        if (top === line) continue;
        line = top;
        const edge = element.parentElement.getBoundingClientRect().left;
        lefts.push(Math.round((left - edge) / column));
      }
      return { text, first: lefts[0] ?? 0, rest: lefts.slice(1) };
    });
  });
}
