/**
 * `why not` on an arm64 machine without a hypervisor: what keeps a breakpoint, a watchpoint or a step from firing is
 * what it is under KVM, of the CPU alone.
 */
import { assert, assertEquals } from "@std/assert";
import { answer, type Why } from "../dsl/testing_why.ts";
import { ARM64_BREAKPOINT, SOUND } from "./why_not_programs.ts";

const onBare = (script: string) =>
  script.replace("kernel linux-6.1", "kernel bare");

/** Register, field, value and rule of the condition that is named. */
function named({ unmet }: Why): string | undefined {
  if (unmet === undefined) return undefined;
  const { place, field, value, rule } = unmet.condition;
  if (place === undefined) return `fact ${rule}`;
  return `${place.space} ${place.name}${
    field === undefined ? "" : `.${field}`
  }=0x${value.toString(16)} ${rule}`;
}

/** The programs that need no userspace, spoilt by what the CPU alone sees. */
const OWN = SOUND.filter(({ name, question, script }) =>
  name.startsWith("arm64") && question !== "trap" &&
  script.includes("kernel linux-6.1") && !script.includes("user ")
).map((sound) => ({
  ...sound,
  script: onBare(sound.script),
  spoils: sound.spoils.filter(([, to, condition]) =>
    !to.includes("user ") && /^cpu |^guest PSTATE/.test(condition)
  ),
}));

Deno.test("why not, on a bare machine: there are programs", () => {
  assertEquals(OWN.length, 5);
  assert(OWN.every(({ spoils }) => spoils.length > 1));
});

for (const { name, script, question, spoils } of OWN) {
  Deno.test(`why not, on a bare machine: ${name}: it fires`, () => {
    assertEquals(named(answer(`${script}\nwhy not ${question}`)), undefined);
  });
  for (const [from, to, condition] of spoils) {
    Deno.test(`why not, on a bare machine: ${name}: ${from.trim()} → ${to.trim()}`, () => {
      const spoilt = script.replace(from, to);
      assertEquals(
        named(answer(`${spoilt}\nwhy not ${question}`)),
        condition,
      );
    });
  }
}

const BREAKPOINT = onBare(ARM64_BREAKPOINT);

/** What differs from KVM: the guest's OS lock is the CPU's, and its numbers are the machine's. */
const BARE: readonly (readonly [
  what: string,
  script: string,
  condition: string,
  value: string,
])[] = [
  [
    "the OS lock",
    `${BREAKPOINT.replace("guest exec", "guest write oslar 1; guest exec")}
    why not breakpoint 0`,
    "cpu OSLSR_EL1.OSLK=0x1 arm64:A/7.1",
    "cpu@0 OSLSR_EL1.OSLK is 1; it must be 0",
  ],
  [
    "a breakpoint that the machine does not have",
    `${BREAKPOINT}\nwhy not breakpoint 6`,
    "fact arm64:A/1",
    "the machine has 6 breakpoints, numbered from 0",
  ],
  [
    "a watchpoint that the guest was not given",
    `arch arm64; kernel bare; set wrps=2
    guest store 0x40100004 size=4
    run
    why not watchpoint 2`,
    "fact arm64:A/1",
    "the machine has 2 watchpoints, numbered from 0",
  ],
  [
    "another address, of which the nearest is named",
    `${BREAKPOINT.replace("dbgbvr0 0x40090000", "dbgbvr0 0x40090100")}
    why not breakpoint 0`,
    "cpu DBGBVR0_EL1=0x40090100 arm64:A/9.5",
    "cpu@0 DBGBVR0_EL1 is 0x40090100; it must be an address that is accessed: the nearest is 0x40090000",
  ],
];

for (const [what, script, condition, value] of BARE) {
  Deno.test(`why not, on a bare machine: ${what}`, () => {
    const found = answer(script);
    assertEquals([named(found), found.value], [condition, value]);
  });
}
