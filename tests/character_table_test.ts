import { assertEquals, assertThrows } from "@std/assert";
import { withoutCharacterTable } from "../tools/character_table.ts";

/** As chevrotain has it, minified. */
const PROGRAM = "let $t=[],n=0;function r(e){return e<256?e:$t[e]}" +
  "function s(){if($t.length===0){$t=new Array(65536);for(let e=0;e<65536;e++)$t[e]=e>255?255+~~(e/255):e}}" +
  "s();return [r,()=>$t.length];";

Deno.test("the bundle's lexer has the entries of chevrotain's table, and no table", () => {
  const [kept, keptLength] = new Function(PROGRAM)();
  const [made, madeLength] = new Function(withoutCharacterTable(PROGRAM))();
  for (let code = 0; code < 65536; code++) {
    assertEquals(made(code), kept(code));
  }
  assertEquals([keptLength(), madeLength()], [65536, 0]);
});

Deno.test("another chevrotain's table is not taken out by halves", () => {
  for (
    const program of [
      PROGRAM.replace("65536;e++", "256;e++"),
      PROGRAM.replace("$t[e]}", "$t[0]}"),
      `${PROGRAM}${PROGRAM}`,
    ]
  ) {
    assertThrows(() => withoutCharacterTable(program), Error, "not once");
  }
});
