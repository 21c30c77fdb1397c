import { assertEquals } from "@std/assert";
import { allRules, type SetEvent } from "../../engine/mod.ts";
import { Session } from "./session.ts";
import { Chain } from "./why_chain.ts";
import { place, type Recorded } from "./why_record.ts";

/** A value that came through that many places, the last first. */
function moves(count: number): Recorded[] {
  const [{ id: rule }] = allRules("arm64");
  return Array.from({ length: count }, (_, n) => {
    const event: SetEvent = {
      kind: "set",
      to: place("kvm", 0, `place${n}`),
      from: place("kvm", 0, `place${n + 1}`),
      old: 0n,
      new: 1n,
      cause: "write",
      rule,
    };
    return { event, statement: undefined, cause: undefined };
  });
}

Deno.test("a chain has at most 64 links: what comes before them is left out", () => {
  const session = new Session({
    profile: undefined,
    trace: false,
    keepAll: true,
  });
  for (const count of [1, 63, 64, 65, 200]) {
    const chain = new Chain(session, moves(count));
    chain.follow(place("kvm", 0, "place0"), 0, 1n);
    chain.add(count - 1);
    assertEquals(
      chain.places(),
      Array.from({ length: Math.min(count, 64) }, (_, n) => n),
      `${count} moves`,
    );
  }
});
