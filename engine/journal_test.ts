import { assertEquals } from "@std/assert";
import type { Event } from "./events.ts";
import { Journal } from "./journal.ts";

const event = (message: string) => ({ kind: "warn", message }) as Event;

Deno.test("Journal.current(): a mark, and a way back to it, leave the events of the cause", () => {
  const journal = new Journal();
  journal.begin("before");
  journal.push(event("old"));
  journal.begin("run");
  journal.push(event("one"));
  const mark = journal.mark();
  assertEquals(journal.current(), [event("one")]);
  journal.push(event("two"));
  assertEquals(journal.current(), [event("one"), event("two")]);
  journal.restore(mark);
  assertEquals(journal.current(), [event("one")]);
  journal.begin("run");
  assertEquals(journal.current(), []);
});
