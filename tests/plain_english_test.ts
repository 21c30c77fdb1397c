/**
 * Documents, comments and messages are in plain technical English: words of an older style are refused.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { sourceFiles } from "./source_files.ts";

/** A word that is refused, what to write instead, and a line that has it. */
interface OldWord {
  readonly pattern: RegExp;
  readonly instead: string;
  readonly bad: string;
}

/** Everything is in pieces, so that this file does not have what it refuses. */
const OLD_WORDS: readonly OldWord[] = [
  {
    pattern: /\bbehind\b/i,
    instead: "after; that led to",
    bad: "what stands beh" + "ind `on`",
  },
  {
    pattern: /\b(nobody|whoever|somebody)\b/i,
    instead: "no reader, the caller, a user: who does it",
    bad: "Nob" + "ody acts in this block",
  },
  {
    pattern: /\black(s|ed|ing)?\b/i,
    instead: "has no, without",
    bad: "a kernel that lac" + "ks the ioctl",
  },
  {
    pattern:
      /\b(is|are|was|were) to (be|have|go|come|lie|run|hold|stand|give|get)\b/i,
    instead: "must, should, or the plain verb",
    bad: "what is to" + " be printed",
  },
  {
    pattern: /\bwants\b/i,
    instead: "needs, expects, asks for",
    bad: "what an expectation wan" + "ts",
  },
  {
    pattern: /\bother way round\b/i,
    instead: "the reverse",
    bad: "the other way rou" + "nd",
  },
  {
    pattern: /\bturns? of (a |the )?loops?\b/i,
    instead: "loop iteration",
    bad: "more than 1000 turns of lo" + "ops",
  },
  {
    pattern: /\b(is|are|was|were) told\b(?! (apart|from))/i,
    instead: "is reported, is printed, is shown",
    bad: "the mistake is to" + "ld once",
  },
  {
    pattern: /\bbut for\b/i,
    instead: "except",
    bad: "the same bu" + "t for addresses",
  },
  {
    pattern: /\b(of before|be it|all the same|of which nothing)\b/i,
    instead: "a plain sentence",
    bad: "its own of bef" + "ore",
  },
  {
    pattern: /\bblanks\b/i,
    instead: "spaces",
    bad: "subtraction needs bla" + "nks on both sides",
  },
  {
    pattern: /\bcannot stand here\b|\bends too early\b|\bsecond time round\b/i,
    instead: "unexpected; the statement is not complete; the first iteration",
    bad: "this comes too late the second time rou" + "nd the loop",
  },
  {
    // Not the names of properties, of JSON too.
    pattern:
      /(?<![`.{] ?)\bmend(s|ed)?\b(?! ?[:,.)}=;`?\]])|\b(is|are|was|were|be|been) mended\b/i,
    instead: "fix, fixes, fixed",
    bad: "the commit that men" + "ded it",
  },
  {
    pattern: /\baccess(es)? of (a |the )?(debug )?registers?\b/i,
    instead: "access to a register",
    bad: "the exit of an access o" + "f a debug register",
  },
  {
    pattern:
      /\bis not said\b|\bnothing happened to it\b|\bcannot stand there\b/i,
    instead: "name what …; nothing has changed it; unexpected",
    bad: "it is not sa" + "id what to write",
  },
  {
    pattern: /\bmore than [01] \w+s\b|\b1 of 1 \w+ are\b/i,
    instead: "a count that agrees with its noun",
    bad: "more than 1 fi" + "les are included",
  },
  {
    pattern: /\bNothing of a file runs\b|\bis asked of a view\b/i,
    instead: "a file with errors is not run; must test a view",
    bad: "Nothing of a fi" + "le runs if it has a mistake",
  },
];

/** Documents, and the sources of what the program says; tests among them. */
function isCovered(path: string): boolean {
  return /^(README|CONTRIBUTING|CHANGELOG)\.md$|^docs\/.*\.md$/.test(path) ||
    /^(cli|repl|dsl|conform|engine)\/.*\.ts$/.test(path) ||
    path === "tests/__snapshots__/messages_test.ts.snap";
}

Deno.test("plain English: words of the old style are refused", async (t) => {
  for (const { pattern, bad } of OLD_WORDS) {
    await t.step(`${pattern} is seen to fail`, () => {
      assert(pattern.test(bad), bad);
    });
  }
  const files = await sourceFiles(isCovered);
  assert(files.has("dsl/load.ts") && files.has("docs/repl.md"));
  for (const { pattern, instead } of OLD_WORDS) {
    await t.step(`${pattern}: write ${instead}`, () => {
      // A phrase may go over the end of a line of a comment or a paragraph.
      const found = [...files].flatMap(([path, text]) => {
        const flat = text.replace(/\s*\n[ \t]*(\*|\/\/|>|-)?[ \t]*/g, " ");
        return [...flat.matchAll(new RegExp(pattern, "gi"))].map(({ index }) =>
          `${path}: …${flat.slice(Math.max(0, index - 30), index + 40)}…`
        );
      });
      assertEquals(found, []);
    });
  }
});
