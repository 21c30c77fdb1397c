import { assert, assertEquals } from "@std/assert";
import type { NumberMap } from "../../engine/mod.ts";
import { renderMap } from "./map.ts";
import { FAILED, PASSED, SHOWN, SKIPPED, WRONG } from "./samples.ts";
import { renderScenario } from "./scenario.ts";
import { PLAIN_PAGE } from "./theme.ts";

Deno.test("renderScenario(): each status, with notices and failures", async (t) => {
  const lines = [PASSED, FAILED, WRONG, SKIPPED].flatMap((result) =>
    renderScenario(result, PLAIN_PAGE)
  );
  await t.assertSnapshot(lines.join("\n"));
});

Deno.test("renderScenario(): a name cannot reach the terminal", () => {
  const [line] = renderScenario(FAILED, PLAIN_PAGE);
  assertEquals(line, `FAIL a <b> & "c" 'd' #e \\f \ufffd[31mg\ufffd`);
});

Deno.test("renderScenario(): one of each output", async (t) => {
  await t.assertSnapshot(renderScenario(SHOWN, PLAIN_PAGE).join("\n"));
});

function mapOf(
  counts: { guest: number; guestFrom: number; host: number; hostFrom: number },
  physical: readonly (number | undefined)[],
  sink?: number,
): NumberMap {
  return {
    physical,
    guestCount: counts.guest,
    guestContextFrom: counts.guestFrom,
    hostCount: counts.host,
    hostContextFrom: counts.hostFrom,
    guestWatchpoints: 2,
    hostWatchpoints: 4,
    emulated: sink !== undefined,
    sink,
  };
}

Deno.test("renderMap(): row X19, sixteen breakpoints", () => {
  const physical = [...Array(11).keys(), 12];
  const lines = renderMap(
    mapOf({ guest: 12, guestFrom: 11, host: 16, hostFrom: 12 }, physical, 11),
    PLAIN_PAGE,
  );
  for (const line of lines) assert(line.length <= 80, line);
  assertEquals(lines.slice(1, 4), [
    "  guest    0   1   2   3   4   5   6   7   8   9   10      11*",
    "           │   │   │   │   │   │   │   │   │   │   │       │",
    "  machine  0   1   2   3   4   5   6   7   8   9   10  11~ 12* 13* 14* 15*",
  ]);
  assert(lines.includes("  unused by the guest: 11, 13..15"), lines.join("\n"));
});

Deno.test("renderMap(): a guest breakpoint without a physical number is shown", () => {
  const lines = renderMap(
    mapOf({ guest: 2, guestFrom: 1, host: 2, hostFrom: 1 }, [0, undefined]),
    PLAIN_PAGE,
  );
  assert(lines.includes("  no physical number: guest 1"), lines.join("\n"));
});
