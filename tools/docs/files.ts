/**
 * docs/files.md: what each source file has, and the functions in it, from their doc comments.
 *
 * @module
 */

import { escapedAroundCode } from "./markdown.ts";

/** The page, from the root of the working copy. */
export const FILES_PAGE = "docs/files.md";

const HEAD = `<!-- Generated from the doc comments by \`deno task docs\`. -->

# Source files

Every TypeScript file of the program with what it has, and its documented
functions, methods and constants. Search this page for the words of your
question; [architecture.md](architecture.md) says how the parts fit together.
The C files of the recorder are in [recorder/README.md](../recorder/README.md).
`;

/** A doc comment's text on one line, without its tags. */
function commentText(comment: string): string {
  return comment.split("\n").map((line) => line.replace(/^\s*\* ?/, "")).join(
    "\n",
  ).split(/^@\w/m)[0].replace(/\s+/g, " ").trim();
}

/** A doc comment's summary: its first sentence, and what it returns or throws. */
function summaryOf(comment: string): string {
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n");
  const tags = [
    ...lines.matchAll(/@(returns|throws) ((?:(?!^@|\n\n)[\s\S])*)/gm),
  ]
    .map(([, tag, text]) => `${tag} ${text.replace(/\s+/g, " ").trim()}`);
  const sentence = firstSentence(commentText(comment));
  return tags.length === 0
    ? sentence
    : [sentence.replace(/\.$/, ""), ...tags].filter((text) => text !== "").join(
      "; ",
    );
}

/** The first sentence, which may have a colon or a full stop within code. */
function firstSentence(text: string): string {
  return /^(?:`[^`]*`|[^`])*?\.(?=\s|$)/.exec(text)?.[0] ?? text;
}

/** What a file says of itself. */
export interface FileSummary {
  /** The first sentence of its module comment. */
  readonly subject: string;
  /** Its documented functions, methods and exported constants, in order; functions with `()`. */
  readonly functions: readonly (readonly [name: string, sentence: string])[];
}

/** Reads a source file's doc comments. */
export function fileSummary(text: string): FileSummary {
  const module = /^(?:#![^\n]*\n)?\s*\/\*\*([\s\S]*?)\*\//.exec(text);
  const functions = [
    ...text.matchAll(
      /^ *\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n(?:(?:export )?(?:async )?(function)\*? (\w+)|export const (\w+)| +(?:static )?(?:async )?\*?(#?\w+)\()/gm,
    ),
  ].filter(([, , , , constant, method]) =>
    method !== "constructor" && (constant ?? method ?? "") !== "if"
  ).map(([, comment, , name, constant, method]) =>
    [
      constant ?? `${name ?? method}()`,
      summaryOf(comment),
    ] as const
  );
  return {
    subject: firstSentence(commentText(module?.[1] ?? "")),
    functions,
  };
}

/**
 * The page of all source files, by folder.
 *
 * @param sources texts by path from the root
 */
export function filesPage(sources: ReadonlyMap<string, string>): string {
  const folders = new Map<string, string[]>();
  for (const path of [...sources.keys()].sort()) {
    if (!path.endsWith(".ts") || path.endsWith("_test.ts")) continue;
    const folder = path.slice(0, path.lastIndexOf("/"));
    folders.set(folder, [...folders.get(folder) ?? [], path]);
  }
  const parts = [HEAD];
  for (const folder of [...folders.keys()].sort()) {
    parts.push(`\n## ${folder}/\n\n`);
    for (const path of folders.get(folder)!) {
      const { subject, functions } = fileSummary(sources.get(path)!);
      const name = path.slice(folder.length + 1);
      parts.push(
        `- [${escapedAroundCode(name)}](../${path}): ${
          escapedAroundCode(subject)
        }\n`,
      );
      for (const [called, sentence] of functions) {
        parts.push(`  - \`${called}\`: ${escapedAroundCode(sentence)}\n`);
      }
    }
  }
  return parts.join("");
}
