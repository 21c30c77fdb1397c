import { assert } from "@std/assert";
import { TOKENS } from "./tokens.ts";

/** What may follow the first character, so that every pattern finds its way to match. */
const AFTER = ["", "0", "a", '"', "x0", '""', "\udc00", "\n"];

Deno.test("tokens: each says all characters that it can begin with", () => {
  let hinted = 0;
  for (const { name, PATTERN, START_CHARS_HINT } of TOKENS) {
    if (!(PATTERN instanceof RegExp) || !START_CHARS_HINT) continue;
    hinted++;
    const hints = new Set(START_CHARS_HINT);
    const pattern = new RegExp(PATTERN.source, "y");
    for (let code = 0; code <= 0xffff; code++) {
      const first = String.fromCharCode(code);
      if (hints.has(first)) continue;
      for (const rest of AFTER) {
        pattern.lastIndex = 0;
        assert(!pattern.test(first + rest), `${name} begins with ${code}`);
      }
    }
  }
  assert(hinted >= 8);
});
