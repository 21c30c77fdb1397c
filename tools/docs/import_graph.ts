/**
 * The picture of docs/architecture.md: which folder imports which, as SVG, from the imports of the files.
 *
 * Both architectures have the same folders and are drawn as one. Arrows to a folder around a folder are left out: such
 * files have the types that the folders inside share. Where a folder is reached by way of another, the direct arrow is
 * left out too. Two folders that import each other have one line with two arrowheads.
 *
 * @module
 */
import { instance } from "@viz-js/viz";
import { posix } from "node:path";

/** Folders whose files are drawn, with what stands in the picture besides the name. */
const FOLDERS: Readonly<Record<string, string>> = {
  "cli": "commands",
  "cli/formats": "output formats",
  "cli/explore": "",
  "repl": "interactive view",
  lsp: "language server",
  report: "steps as data",
  page: "shows a report",
  playground: "with an editor",
  "conform": "replays recordings",
  export: "actions → cases, C",
  "dsl": "rows, actions, load()",
  "dsl/forms": "of statements:\\ngrammar → … → text",
  "dsl/syntax": "text → tree",
  "dsl/resolve": "tree → actions",
  "dsl/run": "actions → machine",
  "dsl/explore": "actions → model,\\nschedule → actions",
  "dsl/print": "actions → text",
  "dsl/render": "results → text",
  "dsl/completion": "",
  "engine": "machine, KVM_RUN, events",
  "engine/explore": "search",
  "engine/ARCH": "tables, rules",
  "engine/ARCH/explore": "",
  "engine/ARCH/guest": "exception handler",
  "engine/ARCH/hardware": "CPU",
  "engine/ARCH/kvm": "KVM's behaviours",
  "engine/ARCH/profiles": "kernels",
  "engine/ARCH/registers": "bits",
  "engine/ARCH/rule_book": "rules, sources",
};

/** Files by their path from the root, with their text. */
export type Sources = ReadonlyMap<string, string>;

/** Which folder a file is drawn in; undefined if it is not drawn. */
function folderOf(path: string): string | undefined {
  if (/_test\.ts$|\/testing\.ts$/.test(path) || !/\.tsx?$/.test(path)) {
    return undefined;
  }
  let folder = posix.dirname(path).replace(
    /^(engine|conform)\/(?:arm64|x86)(?=\/|$)/,
    "$1/ARCH",
  );
  while (folder !== "." && !Object.hasOwn(FOLDERS, folder)) {
    folder = posix.dirname(folder);
  }
  return folder === "." ? undefined : folder;
}

/** The files that a file imports, from the root. */
function importsOf(path: string, text: string): string[] {
  const code = text.replace(/\/\*[^]*?\*\//g, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((
    [, to],
  ) => posix.join(posix.dirname(path), to));
}

/** By folder, the folders that its files import, but for those around it. */
export function folderImports(
  sources: Sources,
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    const from = folderOf(path);
    if (from === undefined) continue;
    const to = found.get(from) ?? new Set();
    found.set(from, to);
    for (const target of importsOf(path, text)) {
      const folder = sources.has(target) ? folderOf(target) : undefined;
      if (folder === undefined || from.startsWith(folder)) continue;
      to.add(folder);
    }
  }
  return found;
}

/** Without what is reached by way of another folder, unless that leads back. */
function reduced(
  all: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const reaches = (from: string, to: string): boolean => {
    const seen = new Set([from]);
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const next of all.get(at) ?? []) {
        if (next === to) return true;
        if (!seen.has(next)) {
          seen.add(next);
          open.push(next);
        }
      }
    }
    return false;
  };
  return new Map([...all].map(([from, targets]) => [
    from,
    new Set(
      [...targets].filter((to) =>
        ![...targets].some((other) =>
          other !== to && reaches(other, to) && !reaches(to, other) &&
          !reaches(other, from)
        )
      ),
    ),
  ]));
}

/** The picture. */
export async function importGraph(sources: Sources): Promise<string> {
  const drawn = reduced(folderImports(sources));
  const parts = [
    "cli",
    "repl",
    "lsp",
    "report",
    "page",
    "playground",
    "export",
    "conform",
    "dsl",
    "engine",
  ];
  const node = (folder: string): string =>
    `  "${folder}" [label="${folder}${
      FOLDERS[folder] === "" ? "" : `\\n${FOLDERS[folder]}`
    }"];`;
  const lines = parts.map((part) =>
    [
      `subgraph "cluster_${part}" {`,
      `  label="${part}/"; color="#999999"; fontname="Helvetica,Arial,sans-serif";`,
      ...[...drawn.keys()].filter((folder) =>
        folder === part || folder.startsWith(`${part}/`)
      ).sort().map(node),
      "}",
    ].join("\n")
  );
  const arrows = [...drawn].flatMap(([from, to]) =>
    [...to].sort().flatMap((one) => {
      if (!drawn.get(one)?.has(from)) return `"${from}" -> "${one}";`;
      return from < one ? `"${from}" -> "${one}" [dir=both];` : [];
    })
  ).sort();
  const viz = await instance();
  const svg = viz.renderString(
    [
      "digraph imports {",
      'bgcolor="#f7f5f2"; rankdir=TB; nodesep=0.25; ranksep=0.4;',
      'node [shape=box, style=filled, fillcolor=white, fontname="Helvetica,Arial,sans-serif", fontsize=11];',
      'edge [color="#555555", arrowsize=0.6];',
      ...lines,
      ...arrows,
      "}",
    ].join("\n"),
    { format: "svg", engine: "dot" },
  );
  return svg.slice(svg.indexOf("<svg"));
}
