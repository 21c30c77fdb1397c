/** What `mod.ts` has at run time can be used as a value, not as a type alone. */
import { assertEquals } from "@std/assert";
import * as explore from "../engine/explore/mod.ts";
import * as engine from "../engine/mod.ts";
import * as dregs from "../mod.ts";

/** The type checker refuses a member that is exported as a type alone. */
const SEARCH = [
  dregs.search,
  dregs.searchSteps,
  dregs.simulate,
  dregs.addProperty,
];

Deno.test("mod.ts: the search is there as values", () => {
  assertEquals(
    SEARCH,
    [
      explore.search,
      explore.searchSteps,
      explore.simulate,
      explore.addProperty,
    ],
  );
});

Deno.test("mod.ts: each value of the search that the engine has not is named, since the engine's types would hide it", async () => {
  const source = await Deno.readTextFile(new URL("../mod.ts", import.meta.url));
  const hidden = Object.keys(explore).filter((name) => !(name in engine));
  assertEquals(
    hidden.filter((name) => !new RegExp(`^  ${name},$`, "m").test(source)),
    [],
  );
});
