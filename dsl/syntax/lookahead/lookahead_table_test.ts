import { assert, assertEquals, assertThrows } from "@std/assert";
import type { IToken } from "chevrotain";
import { LookaheadOnDemand } from "./lookahead.ts";
import { readLookahead, writeLookahead } from "./lookahead_table.ts";
import { DregsParser } from "../parser.ts";
import { scan } from "../scan.ts";
import { BAD_STATEMENTS, GOOD_STATEMENTS } from "../../testing.ts";
import { LeftBrace, RightBrace } from "../tokens.ts";

/** The tokens of a text but its braces, which no line has. */
function lineOf(text: string): IToken[] {
  return [...scan({ name: "test", text })].flat().filter(({ tokenType }) =>
    tokenType !== LeftBrace && tokenType !== RightBrace
  );
}

/** A line, and the line without each of its tokens in turn, and with each of them twice. */
function spoilt(line: readonly IToken[]): IToken[][] {
  return [
    [...line],
    ...line.map((_, at) => line.toSpliced(at, 1)),
    ...line.map((token, at) => line.toSpliced(at, 0, token)),
  ];
}

Deno.test("a parser made from kept lookahead finds what one made from the grammar finds", () => {
  const written = new DregsParser().writeLookahead();
  const kept = new DregsParser({ lookahead: written });
  const own = new DregsParser();
  let good = 0;
  let bad = 0;
  for (const text of [...GOOD_STATEMENTS, ...BAD_STATEMENTS]) {
    for (const line of spoilt(lineOf(text))) {
      const wanted = own.parseLine(line);
      const found = kept.parseLine(line);
      assertEquals(found.error, wanted.error, text);
      if (wanted.error) bad++;
      else {
        assertEquals(found.node, wanted.node, text);
        good++;
      }
    }
  }
  assert(good > 100, `${good}`);
  assert(bad > 100, `${bad}`);
});

Deno.test("a parser made from kept lookahead has the grammar too", () => {
  const own = new DregsParser();
  const kept = new DregsParser({ lookahead: own.writeLookahead() });
  assertEquals(
    Object.keys(kept.getGAstProductions()),
    Object.keys(own.getGAstProductions()),
  );
});

Deno.test("what was read cannot be written: only the strategy knows its places", () => {
  const read = readLookahead(new DregsParser().writeLookahead());
  assertThrows(
    () => writeLookahead(read, new LookaheadOnDemand()),
    RangeError,
    "no place has the key",
  );
});
