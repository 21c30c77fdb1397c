/**
 * Blocks that hold and have nothing wrong with them, each spoilt so that something in it can no longer break: a
 * warning names the line.
 *
 * @module
 */
import { explored, FOLDER, verdictOn } from "./explore_command.ts";
import { BASES } from "./explore_vacuity_blocks.ts";
import { assert, assertEquals } from "@std/assert";

for (const { name, text, spoilt } of BASES) {
  Deno.test(`explore: no warning about ${name}`, async () => {
    const { outcome, warnings } = await verdictOn(`${text}\n`);
    assertEquals([outcome, warnings], ["holds", []]);
  });
  for (const [from, to, code, at] of spoilt) {
    Deno.test(`explore warns: ${name}, \`${to.trim()}\` instead of \`${from.trim()}\`: ${code}`, async () => {
      assertEquals(text.split(from).length, 2, "one place is changed");
      const verdict = await verdictOn(`${text.replace(from, to)}\n`);
      const found = verdict.warnings.map(({ code, text }) => [code, text]);
      assertEquals(
        [
          verdict.outcome,
          found.filter((one) => one[0] === code && one[1] === at).length,
        ],
        ["holds", 1],
        JSON.stringify(found),
      );
      // One change, one cause: what is linked to does not have one of its own.
      const unmatched = found.filter(([code]) => code === "never-matched");
      assert(unmatched.length <= 1, JSON.stringify(unmatched));
    });
  }
}

Deno.test("explore: no block of the catalogue has a warning under its own kernel", async () => {
  for (const { warnings } of (await explored(FOLDER)).verdicts) {
    assertEquals(warnings, []);
  }
});

/** What a breakpoint and a watchpoint of arm64 are compared with, on the CPU of the manual or another. */
const COMPARED: readonly (readonly [
  lines: string,
  what: string,
  model?: string,
])[] = [
  [
    "write dbgbvr0 0x1000; write dbgbcr0 bas=0xf pmc=el0 e=1",
    "HMC, SSC and PMC of DBGBCR0_EL1 leave out the level of the instruction",
  ],
  [
    "write dbgbvr0 0x1000; write dbgbcr0 pmc=el1 e=1",
    "DBGBCR0_EL1.BAS selects no byte of the instruction",
  ],
  [
    "write dbgwvr0 0x2000; write dbgwcr0 bas=0xf lsc=load pac=el0 e=1",
    "HMC, SSC and PAC of DBGWCR0_EL1 leave out the level of the access",
  ],
  [
    "write dbgwvr0 0x2000; write dbgwcr0 bas=0xf0 lsc=load pac=el1 e=1",
    "DBGWCR0_EL1.BAS selects no byte of the access",
  ],
  [
    "write dbgbvr0 0x1000; write dbgbcr0 pmc=el1 e=1",
    "DBGBCR0_EL1.BAS selects no byte of the instruction",
    "model=max",
  ],
  [
    "write dbgwvr0 0x2000; write dbgwcr0 bas=0xf lsc=load pac=el0 e=1",
    "HMC, SSC and PAC of DBGWCR0_EL1 leave out the level of the access",
    "model=max",
  ],
  [
    "write dbgwvr0 0x2000; write dbgwcr0 bas=0xf0 lsc=load pac=el1 e=1",
    "DBGWCR0_EL1.BAS selects no byte of the access",
    "model=max",
  ],
  [
    "write dbgwvr0 0x3000; write dbgwcr0 bas=0xff lsc=load pac=el1 e=1",
    "no access is near the address in DBGWVR0_EL1",
    "model=max",
  ],
];

for (const [lines, what, model = ""] of COMPARED) {
  Deno.test(`explore warns: ${what} ${model}`, async () => {
    const { warnings } = await verdictOn(`arch arm64
kernel linux-7.2
host ${model || "cpus=1"}
explore {
  vcpu 0 { ${lines}; write mdscr mde=1 kde=1; write pstate d=0; load 0x2000 size=4 at=0x1000 }
  never noticed
}
`);
    assertEquals(
      warnings.map(({ message }) => message.replace(/^.*: /, "")),
      [what],
    );
  });
}
