/** What is left out of a schedule to an end: by made-up steps, of which some are needed. */
import { STEP, type StepKind } from "./model.ts";
import { relevantSteps } from "./relevance.ts";
import { assertEquals } from "@std/assert";

interface Step {
  readonly name: string;
  readonly kind: StepKind;
  readonly vcpu: number | undefined;
  readonly cpu: number | undefined;
}

/** A step by its name: who acts, and which step it is; `0l` is the load of vCPU 0, `h1a` the host's on CPU 1. */
function stepOf(name: string): Step {
  if (name.startsWith("h")) {
    return { name, kind: STEP.host, vcpu: undefined, cpu: Number(name[1]) };
  }
  const kinds: Record<string, StepKind> = {
    l: STEP.load,
    u: STEP.user,
    p: STEP.put,
  };
  const kind = kinds[name[1]] ?? STEP.instruction;
  return { name, kind, vcpu: Number(name[0]), cpu: 0 };
}

/** Schedules: the steps that are the expectation's own, those that it takes, what is left, and tries. */
const CASES: readonly (readonly [
  all: string,
  own: string,
  needed: string,
  left: string,
  tries?: readonly string[],
])[] = [
  ["0l 0a 0p", "0a", "", "0l 0a 0p"],
  // All that an actor does, at once.
  ["0l 0a 0p 1l 1a 1p 1l 1b 1p", "0a", "", "0l 0a 0p", ["0l 0a 0p"]],
  ["0l 0a 0p h0a h1a", "0a", "h1a", "0l 0a 0p h1a", [
    "0l 0a 0p h1a",
    "0l 0a 0p",
    "0l 0a 0p",
  ]],
  // Then a part, from its load to its put, or an action of userspace or host, from the last one on.
  ["0l 0a 0p 1l 1a 1p 1l 1b 1p", "0a", "1b", "0l 0a 0p 1l 1b 1p"],
  ["0l 0a 0p 1l 1a 1p 1l 1b 1p", "0a", "1a", "0l 0a 0p 1l 1a 1p"],
  ["1u 0l 0a 0p 0l 0b 0p", "0b", "1u", "1u 0l 0b 0p"],
  ["1u 1u2 0l 0a 0p", "0a", "1u2", "1u2 0l 0a 0p"],
  ["h0a h0b 0l 0a 0p", "0a", "h0a", "h0a 0l 0a 0p"],
  // Interleaved with another vCPU's.
  ["0l 1l 0a 1a 0p 1p 1l 1b 1p", "0a", "1b", "0l 0a 0p 1l 1b 1p"],
];

for (const [all, own, needed, left, tries] of CASES) {
  Deno.test(`relevance: of ${all}, where ${own} is asked about${needed && ` and ${needed} is needed`}`, () => {
    const steps = all.split(" ").map(stepOf);
    const tried: string[] = [];
    const found = relevantSteps(
      steps,
      ({ name }) => name === own,
      (some) => {
        const names = some.map(({ name }) => name);
        tried.push(names.join(" "));
        return needed === "" || names.includes(needed) ? some : undefined;
      },
    );
    assertEquals(found.map(({ name }) => name).join(" "), left);
    // Nothing is tried without what is asked about.
    assertEquals(tried.every((some) => some.split(" ").includes(own)), true);
    if (tries) assertEquals(tried, tries);
  });
}

Deno.test("relevance: two parts that only go together", () => {
  const steps = "0l 0a 0p 1l 1a 1p h0a 1l 1b 1p".split(" ").map(stepOf);
  // vCPU 1 has one part or three more: its second needs its first, and so does the host.
  const found = relevantSteps(
    steps,
    ({ name }) => name === "0a",
    (some) => {
      const has = (name: string) => some.some((step) => step.name === name);
      return has("1a") === has("1b") && has("h0a") ? some : undefined;
    },
  );
  assertEquals(found.map(({ name }) => name).join(" "), "0l 0a 0p h0a");
  // The host is only left out together with a part of vCPU 1, which stays without another one.
  const both = relevantSteps(
    steps,
    ({ name }) => name === "0a" || name === "1b",
    (some) => {
      const has = (name: string) => some.some((step) => step.name === name);
      return has("1a") === has("h0a") ? some : undefined;
    },
  );
  assertEquals(both.map(({ name }) => name).join(" "), "0l 0a 0p 1l 1b 1p");
});
