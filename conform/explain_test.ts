import { assertEquals } from "@std/assert";
import { explanations, replay } from "./mod.ts";
import { arm64Pc, arm64Recording } from "./testing.ts";

const ROOT = new URL("../tests/recordings/", import.meta.url);

/** What a recording of one kernel says when it claims to be of another. */
function saidAs(path: string, kernel: string): readonly string[] {
  const text = Deno.readTextFileSync(new URL(path, ROOT))
    .replace(/"kernel":"[^"]*"/, `"kernel":"${kernel}"`);
  return explanations(text, replay(text)).map(({ kernel, change, agrees }) =>
    `${kernel} | ${change} | ${agrees ? "agrees" : "less differs"}`
  );
}

const EXPLAINED: readonly [path: string, kernel: string, said: string[]][] = [
  ["x86/minimal/7.3/n1-dr6-zero.jsonl", "7.2.12", [
    "linux-7.2.12 svm with payload-keeps-bld | payload-keeps-bld | agrees",
  ]],
  ["x86/minimal/7.2/n2-icebp-gd-hw.jsonl", "7.3.4", [
    "linux-7.3.4 svm without svm-icebp-exits | svm-icebp-exits | agrees",
  ]],
  // A change needs another one.
  ["x86/minimal/7.2/m4-own-bp-under-hw.jsonl", "6.1.192", [
    "linux-6.1.192 svm with emulator-effective-gd with emulator-effective-breakpoints | " +
    "emulator-effective-breakpoints | agrees",
  ]],
  // And one that is gone takes those that need it along.
  ["x86/minimal/6.1/m15-exec-bp-gd-mov.jsonl", "7.2.12", [
    "linux-7.2.12 svm without emulator-effective-breakpoints without emulated-db-to-debugger without emulator-effective-gd | " +
    "emulator-effective-gd | agrees",
  ]],
  ["x86/minimal/7.2/n1-dr6-zero.jsonl", "7.2.12", []],
];
for (const [path, kernel, said] of EXPLAINED) {
  Deno.test(`explanations(): ${path} as one of ${kernel}`, () => {
    assertEquals(saidAs(path, kernel), said);
  });
}

Deno.test("explanations(): what no kernel explains", () => {
  const text = Deno.readTextFileSync(
    new URL("x86/minimal/7.2/n1-dr6-zero.jsonl", ROOT),
  ).replaceAll("0xffff0ff1", "0xffff0ff3");
  const result = replay(text);
  assertEquals(result.differences.length > 0, true);
  assertEquals(explanations(text, result), []);
});

Deno.test("explanations(): a guest that does not exit in the model is not explained", () => {
  const text = arm64Recording({
    op: "run",
    vcpu: 0,
    program: [{ i: "b", to: 0, pc: arm64Pc(0) }],
    guest_exceptions: [],
    ret: 0,
    exit: "MMIO",
    at: 1,
    pc: arm64Pc(1),
    pstate: "0x3c5",
    kvm_exits: [{ at: 1, ec: "0x24" }],
  });
  const result = replay(text);
  assertEquals(result.differences.length > 0, true);
  assertEquals(explanations(text, result), []);
});

Deno.test("replay(): a difference names the rule", () => {
  const text = Deno.readTextFileSync(
    new URL("x86/minimal/7.3/n1-dr6-zero.jsonl", ROOT),
  ).replace(/"kernel":"[^"]*"/, '"kernel":"7.2.12"');
  assertEquals(
    replay(text).differences.map(({ what, rule }) => `${what} ${rule}`),
    ["guest_exceptions[0].dr6 x86:D17", "DR6 x86:D17"],
  );
});
