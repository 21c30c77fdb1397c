/**
 * docs/files.md: what each source file has, and the functions in it, from their doc comments.
 *
 * @module
 */

import { firstSentence } from "../../cli/sentence.ts";
import { escapedAroundCode } from "./markdown.ts";

/** The page, from the root of the working copy. */
export const FILES_PAGE = "docs/files.md";

const HEAD = `<!-- Generated from the doc comments by \`deno task docs\`. -->

# Source files

Every TypeScript file of the program with what it has: functions, methods,
classes and exported constants with their doc comments, then the names of those
without. Of the records of behaviours (\`kernel.ts\` of arm64, \`behaviour.ts\` of
x86) every field is here. Search this page for the words of your question;
[architecture.md](architecture.md) says how the parts fit together, and
[sources.md](sources.md) leads from KVM's functions to these. The C files of the recorder are in [recorder/README.md](../recorder/README.md).
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

/** What a file says of itself. */
export interface FileSummary {
  /** The first paragraph of its module comment. */
  readonly subject: string;
  /** What has a doc comment, in order; functions with `()`. */
  readonly functions: readonly (readonly [name: string, sentence: string])[];
  /** Functions without a doc comment, in order. */
  readonly others: readonly string[];
}

/** Files whose documented fields are listed: the records of behaviours. */
const RECORD = /^engine\/\w+\/kvm\/(kernel|behaviour)\.ts$/;

/** A doc comment, and what it is written above. */
const DOCUMENTED =
  /^ *\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n(?:(?:export )?(?:async )?(function)\*? (\w+)|(?:export )?(?:abstract )?class (\w+)|export const (\w+)| +readonly (\w+)\??[:(]| +(?:static )?(?:async )?\*?(#?\w+)\()/gm;

/** A function, or a method with a body, whether it has a doc comment or not. */
const FUNCTION =
  /^(?:(?:export )?(?:async )?function\*? (\w+)| {2}(?:static )?(?:async )?\*?(#?\w+)\((?:[^()]*|[^()]*\([^()]*\)[^()]*)\)(?:: [^{}\n]*)? \{$)/gm;

/** What looks like a method and is none. */
const NO_METHODS = new Set(["constructor", "if", "for", "while", "switch"]);

/** Reads a source file's doc comments. */
export function fileSummary(path: string, text: string): FileSummary {
  const module = /^(?:#![^\n]*\n)?\s*\/\*\*([\s\S]*?)\*\//.exec(text);
  const functions = [...text.matchAll(DOCUMENTED)].flatMap(
    ([, comment, , name, klass, constant, field, method]) => {
      if (NO_METHODS.has(method ?? "")) return [];
      if (field && !RECORD.test(path)) return [];
      const called = klass ?? constant ?? field ?? `${name ?? method}()`;
      return [[called, summaryOf(comment)] as const];
    },
  );
  const documented = new Set(functions.map(([name]) => name));
  const others = [...text.matchAll(FUNCTION)]
    .map(([, name, method]) => name ?? method)
    .filter((name) => !NO_METHODS.has(name))
    .map((name) => `${name}()`).filter((name) => !documented.has(name));
  return {
    subject: commentText((module?.[1] ?? "").split(/\n\s*\*\s*\n/)[0]),
    functions,
    others: [...new Set(others)],
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
    if (!/\.tsx?$/.test(path) || path.endsWith("_test.ts")) continue;
    const folder = path.slice(0, path.lastIndexOf("/"));
    folders.set(folder, [...folders.get(folder) ?? [], path]);
  }
  const parts = [HEAD];
  for (const folder of [...folders.keys()].sort()) {
    parts.push(`\n## ${folder}/\n\n`);
    for (const path of folders.get(folder)!) {
      const { subject, functions, others } = fileSummary(
        path,
        sources.get(path)!,
      );
      const name = path.slice(folder.length + 1);
      parts.push(
        `- [${escapedAroundCode(name)}](../${path}): ${
          escapedAroundCode(subject)
        }\n`,
      );
      for (const [called, sentence] of functions) {
        parts.push(`  - \`${called}\`: ${escapedAroundCode(sentence)}\n`);
      }
      if (others.length > 0) {
        const names = others.map((name) => `\`${name}\``).join(", ");
        parts.push(`  - also ${names}\n`);
      }
    }
  }
  return parts.join("");
}
