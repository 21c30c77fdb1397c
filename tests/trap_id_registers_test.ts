/** The change that makes ID registers trap, and the rules on either side of it, name one release. */
import { changes } from "../engine/arm64/history/mod.ts";
import { rule } from "../engine/rule_book.ts";
import { assertEquals } from "@std/assert";

Deno.test("arm64: trap-id-registers and its rules name one release", () => {
  const row = changes().find(({ name }) => name === "trap-id-registers");
  assertEquals(row?.since, "4.15");
  assertEquals(rule("arm64:E/1.19")?.kernels?.until, "4.15");
  assertEquals(rule("arm64:E/1.20")?.kernels?.since, "4.15");
  assertEquals(rule("arm64:E/1.24")?.kernels?.since, "4.15");
});
