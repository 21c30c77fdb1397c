import { assertEquals } from "@std/assert";
import { ARCH_NAMES, architecture } from "../engine/mod.ts";
import { INSTRUCTIONS } from "./instructions.ts";
import { LIMIT_DEFAULT, limitsOf } from "./limits.ts";
import { load, pathReader } from "./load.ts";
import { NOT_MODELLED, notModelled } from "./not_modelled.ts";
import { STATEMENTS } from "./statements.ts";

const WORDS = Object.values(NOT_MODELLED).flat();

/** Codes and messages of a text. */
function problems(text: string): (readonly [string, string])[] {
  const loaded = load({ name: "t", text }, {
    reader: pathReader(() => undefined),
    limits: limitsOf(LIMIT_DEFAULT),
  });
  return loaded.ok
    ? []
    : loaded.diagnostics.map(({ code, message }) => [code, message]);
}

Deno.test("what is not modelled: each word is there once, and the language has none of them", () => {
  assertEquals(WORDS.length, new Set(WORDS).size);
  const known = new Set([
    ...INSTRUCTIONS.map(({ word }) => word),
    ...STATEMENTS.flatMap(({ word, words = [] }) => [word, ...words]),
    ...ARCH_NAMES.flatMap((name) => {
      const arch = architecture(name)!;
      return [
        ...arch.registers.all.flatMap((info) => [info.short, info.name]),
        ...arch.hostCounts.map((one) => one.name),
        ...arch.guestCounts.map((one) => one.name),
        ...arch.kernelNames(),
        ...arch.capabilities,
      ];
    }),
  ]);
  assertEquals(WORDS.filter((word) => known.has(word)), []);
});

const PLACES: readonly [text: string, message: string][] = [
  ["arch x86; guest vmrun", "`vmrun`: nested guests are not modelled"],
  ["set nested=1", "`nested`: nested guests are not modelled"],
  ["guest read hcr_el2", "`hcr_el2`: nested guests are not modelled"],
  [
    "arch x86; set protected=tdx",
    "`tdx`: protected guests other than those of SEV-ES are not modelled",
  ],
  [
    "arch x86; user smi",
    "`smi`: system-management mode and its interrupts are not modelled",
  ],
  [
    "arch x86; guest rdmsr efer",
    "`efer`: MSRs other than debugctl are not modelled",
  ],
  [
    "arch x86; kernel realmode",
    "`realmode`: real mode and virtual-8086 mode are not modelled",
  ],
  ["explore { vcpu 0 { VMRUN } }", "`VMRUN`: nested guests are not modelled"],
];

for (const [text, message] of PLACES) {
  Deno.test(`what is not modelled: ${text}`, () => {
    assertEquals(problems(text), [["not-modelled", message]]);
  });
}

Deno.test("what is not modelled: another word keeps its message", () => {
  assertEquals(notModelled("vmrunn"), undefined);
  assertEquals(problems("guest vmrunn")[0][0], "unexpected");
});
