/**
 * Makes the playground, dist/playground/: a page with the editor, the engine, the catalogue and the template of reports
 * in it, which works from a disk and from any folder of a web server.
 *
 * @module
 */
import { pack } from "../report/pack.ts";
import { scenarioTexts } from "./catalogue.ts";
import { browserScript, pageHtml, template } from "./page.ts";

/** The page's folder, from the root of the working copy. */
export const PLAYGROUND = "dist/playground";

const ROOT = new URL("../", import.meta.url);

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

/** A text in an element that no browser runs. */
function element(id: string, text: string): string {
  return `<script type="text/plain" id="${id}">${text}</script>`;
}

/** The page. */
export async function playground(): Promise<string> {
  const [page, own, script, worker, report] = await Promise.all([
    read("page/style.css"),
    read("playground/style.css"),
    browserScript("playground/main.tsx"),
    browserScript("playground/worker.ts"),
    template(),
  ]);
  return await pageHtml({
    title: "dregs playground",
    style: `${page}\n${own}`,
    script,
    body: [
      '<div id="root"><noscript>This page needs JavaScript.</noscript></div>',
      element("worker", worker),
      element("catalogue", await pack(await scenarioTexts())),
      element("template", await pack(report)),
    ].join("\n"),
    // The editor makes styles of its own, marked with this nonce, and draws with images in them; what is typed into an
    // element may get a style attribute from the browser.
    allowed: {
      "worker-src": "blob:",
      "style-src": "'nonce-editor'",
      "style-src-attr": "'unsafe-inline'",
      "img-src": "data:",
    },
  });
}

if (import.meta.main) {
  const folder = new URL(`${PLAYGROUND}/`, ROOT);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(new URL("index.html", folder), await playground());
}
