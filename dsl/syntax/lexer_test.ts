import { assert, assertEquals } from "@std/assert";
import { Lexer } from "chevrotain";
import fc from "fast-check";
import { BAD_STATEMENTS, GOOD_STATEMENTS } from "../testing.ts";
import { numbered } from "./grammar/line_parser.ts";
import { tokensOf } from "./lexer.ts";
import { theParser } from "./parser.ts";
import { Comment, KEYWORDS, TOKENS, Word } from "./tokens.ts";

/** Chevrotain's own lexer, which also numbers the types. */
const REFERENCE = new Lexer([...TOKENS], { positionTracking: "onlyOffset" });

/** The same tokens, as chevrotain finds them. */
function wanted(text: string, comments: boolean) {
  const { tokens, groups, errors } = REFERENCE.tokenize(text);
  assertEquals(errors, []);
  const all = comments
    ? [...tokens, ...groups[Comment.GROUP as string] ?? []]
    : tokens;
  return all.map(({ image, startOffset, tokenType }) => ({
    image,
    startOffset,
    tokenType: tokenType === Word ? KEYWORDS.get(image) ?? Word : tokenType,
  })).sort((a, b) => a.startOffset - b.startOffset);
}

function found(text: string, comments: boolean) {
  return tokensOf(text, 0, comments).map((
    { image, startOffset, tokenType },
  ) => ({ image, startOffset, tokenType }));
}

/** Texts of what the language has, of what comes near it, and of any characters. */
const TEXTS = fc.array(
  fc.oneof(
    fc.constantFrom(
      ...TOKENS.flatMap(({ PATTERN }) =>
        typeof PATTERN === "string" ? [PATTERN] : []
      ),
      ...KEYWORDS.keys(),
      ...[
        "0x",
        "0x1f",
        "0b2",
        "1_000",
        "12a",
        "7",
        "linux-5.4.120",
        "a-",
        "-b",
      ],
      ...[
        '"',
        '"text"',
        '"\\"',
        "\\",
        "# remark",
        "#",
        "\n",
        "\r",
        "\r\n",
        ";",
      ],
      ...[" ", "\t", "\v", "\f", "\u00a0", "\ufeff", "\u0000", "\u2028"],
      ...["\ud83d\ude00", "\ud83d", "\ude00", "ä", "\uffff", "\u00ff"],
    ),
    fc.string({ unit: "binary" }),
  ),
  { maxLength: 12 },
).map((parts) => parts.join(""));

Deno.test("the lexer finds the tokens that chevrotain's finds", () => {
  fc.assert(
    fc.property(TEXTS, fc.boolean(), (text, comments) => {
      assertEquals(found(text, comments), wanted(text, comments));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("the lexer finds them whatever character begins a token", () => {
  for (let code = 0; code <= 0xffff; code++) {
    const text = `${String.fromCharCode(code)}0`;
    assertEquals(found(text, true), wanted(text, true), `${code}`);
  }
});

Deno.test("tokens that were read before there was a parser get their types' numbers", () => {
  theParser();
  let count = 0;
  for (const text of [...GOOD_STATEMENTS, ...BAD_STATEMENTS]) {
    const tokens = tokensOf(text, 3, false);
    for (const token of tokens) token.tokenTypeIdx = 0;
    for (const token of numbered(tokens)) {
      assertEquals(token.tokenTypeIdx, token.tokenType.tokenTypeIdx);
      assert(token.tokenTypeIdx > 0);
      count++;
    }
  }
  assert(count > 100);
});
