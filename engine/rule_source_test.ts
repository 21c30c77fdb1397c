import { assertEquals } from "@std/assert";
import { by, commit, source, together } from "./rule_source.ts";

const ONE = source("4.4 to 6.1", "a.c: f()", "a.c: g()");
const OTHER = source("7.2", "a.c: g()", "b.c: h()");
const NEWER = commit("996ff5429e98", "KVM: x86: a change");
const OLDER = commit(undefined, "KVM: x86: another change");

Deno.test("together(): each place and each range once, and the sources one by one", () => {
  const joined = together(ONE, OTHER);
  assertEquals(joined, {
    where: ["a.c: f()", "a.c: g()", "b.c: h()"],
    read: "4.4 to 6.1; 7.2",
    parts: [ONE, OTHER],
  });
  assertEquals(together(joined, ONE).parts, [ONE, OTHER, ONE]);
  assertEquals(together(ONE, source("4.4 to 6.1", "c.c: i()")).read, ONE.read);
});

Deno.test("together(): the commits of all sources; none where none has any", () => {
  const [first, second] = [by(ONE, NEWER), by(OTHER, OLDER)];
  assertEquals(together(first, second).commits, [NEWER, OLDER]);
  assertEquals(together(ONE, second).commits, [OLDER]);
  assertEquals("commits" in together(ONE, OTHER), false);
});

Deno.test("by(): further commits come after those that are there", () => {
  assertEquals(by(by(ONE, NEWER), OLDER), {
    ...ONE,
    commits: [NEWER, OLDER],
  });
});
