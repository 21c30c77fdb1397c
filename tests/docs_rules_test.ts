import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { citedBy, CITING_KINDS } from "../cli/citations/index.ts";
import { citationsBesideSource } from "../cli/citations/load.ts";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import {
  CONFIDENCE_TEXTS,
  releasesText,
  renderRule,
} from "../dsl/render/rule.ts";
import { PLAIN_PAGE } from "../dsl/render/theme.ts";
import {
  allRules,
  ARCH_NAMES,
  architecture,
  type RuleEntry,
} from "../engine/mod.ts";
import { help } from "../repl/help.ts";
import { FOLDER } from "../tools/docs/rules.ts";
import { sourceFiles } from "./source_files.ts";

const INDEX = citationsBesideSource(denoIo());

/** The pages as they are in the working copy, by file name. */
async function pagesThere(): Promise<Map<string, string>> {
  const files = await sourceFiles((path) => path.startsWith(`${FOLDER}/`));
  return new Map(
    [...files].map(([path, text]) => [path.slice(FOLDER.length + 1), text]),
  );
}

/** Links of a page that lead nowhere. */
function broken(
  name: string,
  pages: ReadonlyMap<string, string>,
  files: ReadonlySet<string>,
): string[] {
  return [...pages.get(name)!.matchAll(/\]\(([^)]*)\)/g)].flatMap(
    ([, target]) => {
      const [path, anchor] = target.split("#");
      const url = new URL(path, `file:///${FOLDER}/${name}`);
      const isThere = files.has(url.pathname.slice(1));
      const hasAnchor = anchor === undefined ||
        pages.get(path)?.includes(`<a id="${anchor}"></a>`);
      return isThere && hasAnchor ? [] : [`${name}: ${target}`];
    },
  );
}

Deno.test("docs/rules: every link resolves", async (t) => {
  const files = new Set((await sourceFiles(() => true)).keys());
  await t.step("one that does not is seen", () => {
    const pages = new Map([
      ["README.md", "[a](x86_a.md#A/1) [b](x86_a.md#A/2) [c](../../mod.ts)"],
      ["x86_a.md", '<a id="A/1"></a> [d](../../engine/none.ts)'],
    ]);
    assertEquals(broken("README.md", pages, files), [
      "README.md: x86_a.md#A/2",
    ]);
    assertEquals(broken("x86_a.md", pages, files), [
      "x86_a.md: ../../engine/none.ts",
    ]);
  });
  await t.step("holds here", async () => {
    const pages = await pagesThere();
    const links = [...pages.values()].join("").match(/\]\(/g)!;
    assert(links.length > 1000);
    assertEquals(
      [...pages.keys()].flatMap((name) => broken(name, pages, files)),
      [],
    );
  });
});

Deno.test("docs/rules: what cites a rule is a file that names it on that line", async () => {
  const files = await sourceFiles((path) => /\.(ts|dregs)$/.test(path));
  let count = 0;
  for (const { id } of ARCH_NAMES.flatMap(allRules)) {
    const [arch, name] = id.split(":");
    const series = name.replace(/\d+$/, "");
    const cited = citedBy(INDEX, id);
    for (const { path, lines } of CITING_KINDS.flatMap((kind) => cited[kind])) {
      const text = files.get(path)?.split("\n");
      assert(text, path);
      for (const line of lines) {
        // Alone, or within a range of its series.
        assertStringIncludes(text[line - 1], `${arch}:${series}`);
        count++;
      }
    }
  }
  assert(count > 1000);
});

/** Text on one line with single spaces. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

/** The part of a page that is about a rule, without Markdown's signs. */
function onPage(
  { id, section = id }: RuleEntry,
  pages: ReadonlyMap<string, string>,
): string {
  const [arch, name] = id.split(":");
  const part = section[arch.length + 1].toLowerCase();
  const page = pages.get(`${arch}_${part}.md`)!;
  const from = page.indexOf(`<a id="${name}"></a>${id}`);
  assert(from >= 0, id);
  return flat(
    page.slice(from).split(/\n#+ /)[0].replaceAll(/\\(?=[^A-Za-z0-9\s])/g, ""),
  );
}

Deno.test("docs/rules, dregs rules and help say the same of every rule", async () => {
  const pages = await pagesThere();
  const wide = { ...PLAIN_PAGE, columns: 1000 };
  for (const arch of ARCH_NAMES) {
    const io = new MemoryIo({ under: denoIo() });
    const ids = allRules(arch).map(({ id }) => id);
    assertEquals(await main(["rules", ...ids], io), 0);
    const printed = flat(io.stdout);
    for (const entry of allRules(arch)) {
      const { id, sentence, confidence, kernels, source } = entry;
      const said = flat(help(id, architecture(arch)!, wide).join("\n"));
      assertStringIncludes(
        printed,
        flat(renderRule(entry, PLAIN_PAGE).join("\n")),
      );
      for (
        const part of [
          id,
          sentence,
          CONFIDENCE_TEXTS[confidence],
          releasesText(kernels) ?? "",
          source.read,
          ...source.where,
          ...(source.commits ?? []).map(({ subject }) => subject),
        ]
      ) {
        assertStringIncludes(onPage(entry, pages), part, `docs of ${id}`);
        assertStringIncludes(said, part, `help ${id}`);
      }
    }
  }
});
