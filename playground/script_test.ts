import { assertEquals } from "@std/assert";
import { fileName } from "./download.ts";
import { asEdited, calledNow, difference } from "./script.ts";

const CATALOGUE = { "a/b.dregs": "run\n" };

Deno.test("calledNow(): a name says where the text is another", () => {
  const listed = { name: "a/b.dregs", text: "run\n", kernels: [] };
  const called = (name: string, text: string, now: string): string =>
    calledNow({ ...listed, name, text }, now, CATALOGUE);
  assertEquals(called("a/b.dregs", "run\n", "run\n"), "a/b.dregs");
  assertEquals(called("a/b.dregs", "run\n", "put\n"), "a/b.dregs (changed)");
  // As it comes with an address or a draft: once is enough, and undone is undone.
  const again = "a/b.dregs (changed)";
  assertEquals(called(again, "put\n", "put\n"), again);
  assertEquals(called(again, "put\n", "show\n"), again);
  assertEquals(called(again, "put\n", "run\n"), "a/b.dregs");
  // An address can have any text under a name of the catalogue.
  assertEquals(called("a/b.dregs", "put\n", "put\n"), again);
  // And any name.
  assertEquals(called("toString", "put\n", "put\n"), "toString");
  assertEquals(called("toString", "put\n", ""), "toString (changed)");
});

Deno.test("fileName(): of a text that was changed", () => {
  assertEquals(fileName("a/b.dregs", ".html"), "b.html");
  assertEquals(fileName("a/b.dregs (changed)", ".html"), "b_changed.html");
});

Deno.test("difference(): by text, then by kernels", () => {
  const one = { name: "a", text: "run\r\nput\r", kernels: ["4.4"] };
  const other = { ...one, name: "b" };
  assertEquals(difference(one, other), undefined);
  assertEquals(difference(one, asEdited(one)), "text");
  assertEquals(asEdited(one).text, "run\nput\n");
  assertEquals(difference(one, { ...one, kernels: [] }), "kernels");
  assertEquals(difference(one, { ...one, kernels: ["4.9"] }), "kernels");
});
