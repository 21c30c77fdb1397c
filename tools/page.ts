/**
 * Makes the template of reports, page/template.html, of the components in page/: one file with script and style in it,
 * whose Content-Security-Policy allows these alone.
 *
 * @module
 */
import { DATA_PLACE } from "../report/html.ts";

/** The root of the working copy. */
const ROOT = new URL("../", import.meta.url);

/** Where dependencies are: what runs in a browser needs none of JSR's, and is the same on every machine. */
const FLAGS = [
  "--import-map=offline/import_map.json",
  "--lock=offline/deno.lock",
  "--frozen",
];

/** The template, from the root of the working copy. */
export const TEMPLATE = "page/template.html";

/** The value of a Content-Security-Policy for a text: its hash. */
export async function hashSource(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `'sha256-${btoa(String.fromCharCode(...hash))}'`;
}

/**
 * A program for browsers as one classic script.
 *
 * @param entry its main module, from the root of the working copy
 */
export async function browserScript(entry: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/script.js`;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "-q",
        ...FLAGS,
        "--minify",
        "--platform",
        "browser",
        "--format",
        "iife",
        "-o",
        path,
        entry,
      ],
      cwd: ROOT,
      stderr: "piped",
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const script = await Deno.readTextFile(path);
    // What would end the element that it stands in, or keep it open.
    return script.trim().replaceAll(/<\/(script)/gi, "<\\/$1")
      .replaceAll("<!--", "<\\!--");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Sources that a page may load from, by directive, beside its own script and style. */
export type Allowed = Readonly<Record<string, string>>;

/** A page with its script and its style in it. */
export async function pageHtml(
  { title, style, script, body, allowed }: {
    readonly title: string;
    readonly style: string;
    readonly script: string;
    readonly body: string;
    readonly allowed: Allowed;
  },
): Promise<string> {
  const policy = Object.entries({
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    ...allowed,
    "style-src": `${await hashSource(style)} ${allowed["style-src"] ?? ""}`
      .trim(),
    "script-src": await hashSource(script),
  }).map(([name, value]) => `${name} ${value}`).join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}
<script>${script}</script>
</body>
</html>
`;
}

/** The template. */
export async function template(): Promise<string> {
  const style = await Deno.readTextFile(new URL("page/style.css", ROOT));
  return await pageHtml({
    title: "dregs report",
    style,
    script: await browserScript("page/main.tsx"),
    body:
      `<div id="root"><noscript>This page needs JavaScript: everything that it shows is in it, and it loads nothing.</noscript></div>
${DATA_PLACE}</script>`,
    allowed: {},
  });
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL(TEMPLATE, ROOT), await template());
}
