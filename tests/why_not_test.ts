/**
 * `why not` names the condition that a test has removed: programs in which everything matches, each spoilt in one
 * way. What is left as it is fires, which is checked too.
 */
import { assert, assertEquals } from "@std/assert";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { load } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import type { Output } from "../dsl/result.ts";
import { runFile } from "../dsl/run/scenario.ts";
import { textOf } from "../dsl/source.ts";
import { ARM64_BREAKPOINT, SOUND } from "./why_not_programs.ts";

type Why = Extract<Output, { kind: "why" }>;

function answerOf(script: string): Why {
  const loaded = load({ name: "not", text: script });
  assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
  const [result] = [...runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  })];
  assertEquals(result.failures.map(({ diagnostic }) => diagnostic.message), []);
  const found = result.outputs.filter((output) => output.kind === "why");
  return found.at(-1)!;
}

/** Register, field and rule of the condition that is named; undefined if all were met. */
function named({ unmet }: Why): string | undefined {
  if (unmet === undefined) return undefined;
  const { place, field, value, rule } = unmet.condition;
  if (place === undefined) return `fact ${rule}`;
  const whole = `${place.space} ${place.name}`;
  return `${whole}${field === undefined ? "" : `.${field}`}=0x${
    value.toString(16)
  } ${rule}`;
}

for (const { name, script, question, spoils } of SOUND) {
  Deno.test(`why not: ${name}: nothing is spoilt, and it fires`, () => {
    const answer = answerOf(`${script}\nwhy not ${question}`);
    assertEquals(answer.unmet, undefined, answer.value);
    assert(
      /\b(hit|taken|returned|trapped)\b/.test(answer.subject),
      answer.subject,
    );
    assert(!/did not|was not/.test(answer.subject), answer.subject);
  });
  for (const [from, to, condition] of spoils) {
    Deno.test(`why not: ${name}: ${from.trim()} → ${to.trim()}`, () => {
      assert(script.includes(from), `no ${from}`);
      const spoilt = script.replace(from, to);
      assertEquals(
        named(answerOf(`${spoilt}\nwhy not ${question}`)),
        condition,
      );
    });
  }
}

Deno.test("why not: the condition stands at the instruction, and its chain ends before it", () => {
  const { unmet, chain } = answerOf(`${ARM64_BREAKPOINT.replace(" kde=1", "")}
    guest write mdscr mde=1 kde=1
    guest isb
    run
    why not breakpoint 0`);
  assertEquals(textOf(unmet!.instruction!), "guest exec 0x40090000");
  // The write of MDSCR_EL1 that left KDE 0, and not the later one.
  assertEquals(
    chain.map(({ instruction }) => instruction && textOf(instruction)),
    ["guest write mdscr mde=1"],
  );
});

Deno.test("why not: the chain goes to what gave the register its value", () => {
  const { chain } = answerOf(
    `${ARM64_BREAKPOINT.replace("pmc=el1", "pmc=el0")}
    why not breakpoint 0`,
  );
  assert(
    chain.some(({ instruction }) =>
      instruction !== undefined && /write dbgbcr0/.test(textOf(instruction))
    ),
  );
});

Deno.test("why not: at= chooses the instruction or what it accesses", () => {
  const at = (address: string) =>
    named(answerOf(`${ARM64_BREAKPOINT}\nwhy not breakpoint 0 at=${address}`));
  assertEquals(at("0x40080000"), "cpu MDSCR_EL1.MDE=0x0 arm64:A/2");
  assertEquals(at("0x40090000"), undefined);
  const { isThere, unmet } = answerOf(
    `${ARM64_BREAKPOINT}\nwhy not breakpoint 0 at=0x1234`,
  );
  assertEquals([isThere, unmet], [false, undefined]);
});

Deno.test("why not: a debug exit is looked for at instructions, not at what they access", () => {
  const at = (address: string) =>
    answerOf(`
      arch arm64; kernel linux-6.1
      user debug raw control=0x10001
      guest store 0x40100004 size=4 at=0x40080000
      run
      why not exit at=${address}`);
  assertEquals(at("0x40080000").isThere, true);
  assertEquals(named(at("0x40080000")), "fact arm64:B15");
  assertEquals(at("0x40100004").isThere, false);
});

Deno.test("why not: of an address that is not accessed the nearest that is", () => {
  const { value } = answerOf(
    `${ARM64_BREAKPOINT.replace("dbgbvr0 0x40090000", "dbgbvr0 0x40090100")}
    why not breakpoint 0`,
  );
  assertEquals(
    value,
    "cpu@0 DBGBVR0_EL1 is 0x40090100; it must be an address that is accessed: the nearest is 0x40090000",
  );
});

Deno.test("why not: the nearest address, of a register that the guest wrote in the CPU", () => {
  const { value } = answerOf(`
    arch arm64; kernel linux-6.1
    guest handler stop
    guest write mdscr mde=1 kde=1
    guest write dbgbvr0 0x40090100
    guest write dbgbcr0 bas=0xf pmc=el1 e=1
    guest write pstate d=0
    guest exec 0x40090000
    run
    why not breakpoint 0`);
  assertEquals(
    value,
    "cpu@0 DBGBVR0_EL1 is 0x40090100; it must be an address that is accessed: the nearest is 0x40090000",
  );
});

Deno.test("why not: the nearest address, of a register that is not in the CPU", () => {
  const { unmet } = answerOf(`
    arch arm64; kernel linux-6.1
    guest write dbgbvr0 0x40090100
    run
    guest exec 0x40080000
    guest exec 0x40090000
    run
    why not breakpoint 0`);
  assertEquals(textOf(unmet!.instruction!), "guest exec 0x40090000");
});

Deno.test("why not: a number that there is not, and a run that has not been", () => {
  assertEquals(
    named(answerOf(
      "set brps=2 ctx=1; guest isb; run; why not breakpoint 2",
    )),
    "fact arm64:A/1",
  );
  for (const what of ["breakpoint 0", "watchpoint 0", "step", "exit", "trap"]) {
    const { isThere, chain, unmet } = answerOf(`why not ${what}`);
    assertEquals([isThere, chain, unmet], [false, [], undefined]);
  }
});

Deno.test("why not: of a vCPU that has not run, the one that has is named", () => {
  const { value } = answerOf(
    "set vcpus=2; guest@1 isb; run@1; why not breakpoint 0",
  );
  assertEquals(
    value,
    "no instruction or access was compared with it; vCPU 0 has not run: `why not guest@1 breakpoint 0` asks about vCPU 1",
  );
  assertEquals(
    named(answerOf(
      "set vcpus=2; guest@1 isb; run@1; why not guest@1 breakpoint 0",
    )),
    "cpu MDSCR_EL1.MDE=0x0 arm64:A/2",
  );
});

Deno.test("why not: asking changes nothing", () => {
  const asked = `${ARM64_BREAKPOINT}\nwhy not breakpoint 0\nwhy not step`;
  const script = (middle: string) =>
    `${middle}\nguest isb\nrun\nwhy guest pstate`;
  assertEquals(
    answerOf(script(asked)).value,
    answerOf(script(ARM64_BREAKPOINT)).value,
  );
});

/** Sources of conditions. */
const CONDITIONS = [
  "engine/arm64/hardware/access.ts",
  "engine/arm64/hardware/comparisons.ts",
  "engine/arm64/kvm/verdicts.ts",
  "engine/x86/hardware/comparisons.ts",
  "engine/x86/hardware/mov_dr.ts",
  "engine/x86/hardware/transaction.ts",
  "engine/x86/kvm/step.ts",
  "engine/x86/kvm/verdicts.ts",
];

/** What no question about a program's run brings out, and why. */
const NOT_BROUGHT_OUT: Readonly<Record<string, string>> = {
  "userspace debugs the guest, and takes every debug exception":
    "of the bare machine beside a vCPU, which `why not` does not ask",
  "2, the guest: KVM did not load the registers into the CPU":
    "MDE or KDE, which come first, make the guest the owner",
  "the instruction's address": "the nearest address is named instead",
  "the address of what is accessed": "the same",
  "a canonical address": "the same",
};

Deno.test("why not: each condition of both architectures is one that a program here removes", () => {
  const named = SOUND.flatMap(({ script, question, spoils }) =>
    spoils.map(([from, to]) => {
      const { unmet } = answerOf(
        `${script.replace(from, to)}\nwhy not ${question}`,
      );
      return unmet?.condition.needed ?? "";
    })
  ).join("\n");
  const missing: string[] = [];
  let looked = 0;
  for (const path of CONDITIONS) {
    const source = Deno.readTextFileSync(
      new URL(`../${path}`, import.meta.url),
    );
    const texts = source.matchAll(
      /(?:needed: |fact\(\s*|needed: \w+\s*\? |^ {6}: )(["`])((?:(?!\1).){12,})\1/gms,
    );
    for (const [, , text] of texts) {
      looked++;
      const pieces = text.split(/\$\{[^}]*\}/).map((one) => one.trim()).filter(
        (one) => one.length > 6,
      );
      const isLeftOut = Object.keys(NOT_BROUGHT_OUT).some((one) =>
        text.startsWith(one)
      );
      const isNamed = pieces.every((piece) => named.includes(piece));
      if (!isNamed && !isLeftOut) missing.push(`${path}: ${text}`);
    }
  }
  assertEquals(missing, []);
  assert(looked > 15, `${looked} conditions`);
});
