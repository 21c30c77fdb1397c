/**
 * Writes the parts of docs/ that are made of the source: `deno task docs`.
 *
 * - docs/language.md, of the rows of the language, the engine's tables and tools/docs/language.md
 * - docs/grammar/, of the recorded grammar
 * - docs/rules/, of the rule books and what cites them
 * - docs/sources.md, of the rules' sources and the code that cites them
 * - the kernels that are used if none is named, of the rows of history
 * - docs/kernels/, of the rows of history and the doc comments of what they change
 * - docs/files.md, of the doc comments of the source files
 * - docs/architecture.svg, of the imports
 * - page/template.html, of the components of page/
 * - highlighting in editors/, of the rows and the tokens
 * - what the commands print that README.md and the pages of docs/ show
 *
 * @module
 */
import { citationsBesideSource } from "../cli/citations/load.ts";
import { denoIo } from "../cli/io.ts";
import { withOutputs } from "./docs/console.ts";
import { defaultKernels } from "./docs/default_kernels.ts";
import { TEXTMATE, textMateGrammar, VIM, vimSyntax } from "./docs/editors.ts";
import { FILES_PAGE, filesPage } from "./docs/files.ts";
import { importGraph } from "./docs/import_graph.ts";
import { FOLDER as KERNELS, kernelPages } from "./docs/kernels.ts";
import { languagePage } from "./docs/language.ts";
import { FOLDER as RULES, rulePages } from "./docs/rules.ts";
import { SOURCES_PAGE, sourcesPage } from "./docs/sources.ts";
import { railroads } from "./docs/railroad.ts";
import { TEMPLATE, template } from "./page.ts";

/** Pages whose sessions are carried out. */
export const PAGES = [
  "README.md",
  "docs/tutorial.md",
  "docs/architecture.md",
  "docs/recordings.md",
  "docs/scope.md",
  "docs/found.md",
  "docs/library.md",
];

/** Where the diagrams of the grammar are. */
export const GRAMMAR = "docs/grammar";

const ROOT = new URL("../", import.meta.url);

/** Parts of the source that the picture shows. */
const DRAWN = [
  "cli",
  "repl",
  "lsp",
  "report",
  "page",
  "playground",
  "conform",
  "export",
  "dsl",
  "engine",
];

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** All files below a folder, by path from the root. */
function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

/** The text as `deno fmt` writes it. */
async function formatted(
  text: string,
  language: "md" | "ts" = "md",
): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", language, "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt failed");
  return new TextDecoder().decode(stdout);
}

/** Every generated file by its path from the root, as it must be. */
export async function generated(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [name, svg] of railroads()) {
    files.set(`${GRAMMAR}/${name}.svg`, svg);
  }
  const sources = DRAWN.flatMap((part) => [...filesIn(part)]).map((path) =>
    [path, read(path)] as const
  );
  const index = citationsBesideSource(denoIo());
  for (const [name, text] of rulePages(index)) {
    files.set(`${RULES}/${name}`, text);
  }
  files.set(
    SOURCES_PAGE,
    await formatted(sourcesPage(index, new Map(sources))),
  );
  files.set(FILES_PAGE, await formatted(filesPage(new Map(sources))));
  for (const [name, text] of kernelPages(read)) {
    files.set(`${KERNELS}/${name}`, text);
  }
  files.set("docs/architecture.svg", await importGraph(new Map(sources)));
  files.set(TEMPLATE, await template());
  for (const [path, text] of defaultKernels()) {
    files.set(path, await formatted(text, "ts"));
  }
  files.set(TEXTMATE, textMateGrammar());
  files.set(VIM, vimSyntax());
  const language = await languagePage(read("tools/docs/language.md"));
  files.set("docs/language.md", await formatted(await withOutputs(language)));
  for (const page of PAGES) files.set(page, await withOutputs(read(page)));
  return files;
}

/** Files in folders of generated files that are not generated any more. */
export function stale(files: ReadonlyMap<string, string>): string[] {
  return [GRAMMAR, RULES, KERNELS].flatMap((folder) => [...filesIn(folder)])
    .filter((
      path,
    ) => !files.has(path));
}

if (import.meta.main) {
  for (const folder of [GRAMMAR, RULES, KERNELS]) {
    Deno.mkdirSync(new URL(folder, ROOT), { recursive: true });
  }
  const files = await generated();
  for (const [path, text] of files) {
    Deno.writeTextFileSync(new URL(path, ROOT), text);
  }
  for (const path of stale(files)) Deno.removeSync(new URL(path, ROOT));
}
