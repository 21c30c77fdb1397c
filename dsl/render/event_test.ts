import { assert, assertEquals } from "@std/assert";
import { eventLine, eventText } from "./event.ts";
import { EVENTS } from "./samples.ts";

Deno.test("eventLine(): each kind of event is one line with its rule", async (t) => {
  const lines = Object.values(EVENTS).map((event) => eventLine(event));
  for (const [index, event] of Object.values(EVENTS).entries()) {
    assert(lines[index].startsWith(`${event.rule} `), lines[index]);
    assert(!lines[index].includes("\n"));
  }
  await t.assertSnapshot(lines.join("\n"));
});

Deno.test("eventText(): the origin's name is left out where it is the same", () => {
  const to = { space: "guest", index: 0, name: "DBGBCR3_EL1" } as const;
  const text = (name: string): string =>
    eventText({
      ...EVENTS.set,
      to,
      from: { space: "program", index: 0, name },
      old: 0n,
      new: 1n,
    }).what;
  assertEquals(
    text("DBGBCR3_EL1"),
    "guest DBGBCR3_EL1 0x0 → 0x1, from program",
  );
  assertEquals(
    text("DBGBCR2_EL1"),
    "guest DBGBCR3_EL1 0x0 → 0x1, from program DBGBCR2_EL1",
  );
});

Deno.test("eventLine(): a rule from memory is marked", () => {
  const line = eventLine(EVENTS.set);
  assertEquals(eventLine(EVENTS.set, "source"), line);
  assertEquals(eventLine(EVENTS.set, "memory"), `${line} (rule from memory)`);
});
