/** Which actions of a schedule are debugging that ends in it. */
import type { HostDebugRequest } from "../rules.ts";
import type { PossibleStep } from "./ending.ts";
import { STEP } from "./model.ts";
import type { UserAction } from "./programmed_machine.ts";
import { endedDebugging } from "./without_debugging.ts";
import { assertEquals } from "@std/assert";

/** Who acts, and what they do; nothing of it is a step of a guest. */
type Act = readonly [
  who: `user ${number}` | `host ${number}` | "guest",
  does?: "on" | "off",
];

const USER = {
  on: { kind: "debugger", request: { action: "step" } },
  off: { kind: "debugger", request: { action: "off" } },
} as const satisfies Record<string, UserAction>;

const HOST = {
  on: { action: "break", address: 0x1000n },
  off: { action: "off" },
} as const satisfies Record<string, HostDebugRequest>;

function stepOf([who, does = "on"]: Act): PossibleStep {
  const [kind, number] = who.split(" ");
  const step: Partial<PossibleStep> = kind === "user"
    ? { kind: STEP.user, vcpu: Number(number), userAction: USER[does] }
    : kind === "host"
    ? { kind: STEP.host, cpu: Number(number), hostRequest: HOST[does] }
    : { kind: STEP.enter, vcpu: 0 };
  return step as PossibleStep;
}

/** Acts, and the indices of those that belong together. */
const ENDED: readonly (readonly [
  acts: readonly Act[],
  ended: readonly (readonly number[])[],
])[] = [
  [[], []],
  [[["user 0", "on"], ["guest"]], []],
  [[["user 0", "off"]], []],
  [[["user 0", "on"], ["guest"], ["user 0", "off"]], [[0, 2]]],
  [[["user 0", "on"], ["user 0", "on"], ["user 0", "off"]], [[0, 1, 2]]],
  // What begins after an end is another one, and there is one end to each.
  [[
    ["user 0", "on"],
    ["user 0", "off"],
    ["user 0", "on"],
    ["user 0", "off"],
    ["user 0", "off"],
  ], [[0, 1], [2, 3]]],
  // Each actor has debugging of its own.
  [[
    ["user 0", "on"],
    ["user 1", "on"],
    ["host 0", "on"],
    ["host 1", "on"],
    ["host 0", "off"],
    ["user 1", "off"],
    ["user 0", "off"],
  ], [[2, 4], [1, 5], [0, 6]]],
];

for (const [acts, ended] of ENDED) {
  Deno.test(`debugging that ends: ${acts.map((one) => one.join(" ")).join(", ") || "nothing"}`, () => {
    const found = endedDebugging(acts.map(stepOf));
    assertEquals(found.map((one) => [...one]), ended);
  });
}
