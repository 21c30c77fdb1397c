import { assert, assertEquals } from "@std/assert";
import { Lexer } from "chevrotain";
import { DregsParser } from "./parser.ts";
import { statementRow, wordsAt } from "../statements.ts";
import { KEYWORDS, TOKENS } from "./tokens.ts";

Deno.test("the lexer passes chevrotain's own validation and is fast", () => {
  const lexer = new Lexer([...TOKENS], {
    positionTracking: "onlyOffset",
    ensureOptimizations: true,
  });
  assertEquals(lexer.lexerDefinitionErrors, []);
});

Deno.test("the grammar passes chevrotain's own validation", () => {
  assert(new DregsParser({ validate: true }));
});

Deno.test("every token that a message may show has a label", () => {
  for (const { name, LABEL, GROUP } of TOKENS) {
    if (name !== "Blank") assert(LABEL, `${name} ${GROUP}`);
  }
});

Deno.test("every word that begins a statement is a keyword and in the grammar", () => {
  const grammar = new DregsParser().getGAstProductions();
  for (const word of wordsAt("script")) {
    assert(KEYWORDS.has(word), word);
    assert(
      grammar[statementRow(word)?.form ?? word],
      word,
    );
  }
});
