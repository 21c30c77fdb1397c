import { assertEquals } from "@std/assert";
import { FAILED, PASSED } from "../../dsl/render/samples.ts";
import type { ScenarioResult } from "../../dsl/result.ts";
import { architecture } from "../../engine/mod.ts";
import { boundaries, boundaryText, nextStep } from "./boundaries.ts";

/** A scenario of x86 under releases, as they come: those after `!` fail. */
function under(
  releases: readonly string[],
  vendor = "vmx",
): ScenarioResult[] {
  return releases.map((one): ScenarioResult => ({
    ...(one.startsWith("!") ? FAILED : PASSED),
    arch: "x86",
    profile: `linux-${one.replace("!", "")}`,
    vendor,
    source: "case.dregs",
  }));
}

function texts(results: readonly ScenarioResult[]): string[] {
  return boundaries(results).map(boundaryText);
}

// Hashes and releases are those of the kernel's history, not of the model.
const CASES: readonly (readonly [
  name: string,
  releases: readonly string[],
  want: readonly string[],
])[] = [
  ["one change", ["4.4", "!4.5", "!4.6"], ["since linux-4.5 (70e4da7a8ff6)"]],
  ["the failure ends", ["!4.4", "4.5"], ["before linux-4.5 (70e4da7a8ff6)"]],
  ["in any order", ["!4.5", "4.4"], ["since linux-4.5 (70e4da7a8ff6)"]],
  ["several changes at one release", ["5.12", "!5.13"], [
    "since linux-5.13, by one of 4 changes",
  ]],
  ["several releases lie between", ["4.4", "!4.9"], [
    "since linux-4.9 or an earlier release after linux-4.4, by one of 3 changes",
  ]],
  ["no change lies between", ["4.5", "!4.6"], []],
  ["all fail", ["!4.5", "!4.6"], []],
  ["none fails", ["4.5", "4.6"], []],
  ["it begins and ends", ["4.20", "!5.0", "5.1"], [
    "since linux-5.0 (5cc244a20b86; from memory)",
    "before linux-5.1 (45def77ebf79, 8764ed55c970; from memory)",
  ]],
];

for (const [name, releases, want] of CASES) {
  Deno.test(`boundaries(): ${name}`, () => {
    assertEquals(texts(under(releases)), want);
  });
}

Deno.test("boundaries(): each vendor for itself, with its own changes", () => {
  const results = [...under(["4.4", "!4.5"]), ...under(["4.4", "4.5"], "svm")];
  assertEquals(texts(results), ["since linux-4.5 (70e4da7a8ff6)"]);
  for (const vendor of ["vmx", "svm"]) {
    const other = architecture("x86")!.changes().filter(({ vendors }) =>
      !vendors.includes(vendor)
    );
    for (const { changes } of boundaries(under(["4.4", "!7.2"], vendor))) {
      for (const change of changes) {
        assertEquals(other.includes(change), false, change.name);
      }
    }
  }
});

Deno.test("boundaries(): other kernels and skipped ones are passed over", () => {
  const [before, after] = under(["4.4", "!4.5"]);
  const named = { ...after, profile: "reload-2016" };
  assertEquals(texts([before, named]), []);
  const [skipped] = under(["4.5"]);
  assertEquals(texts([before, { ...skipped, status: "skipped" }]), []);
});

Deno.test("boundaries(): what is expected of one of them only is no difference of theirs", () => {
  const [before, after] = under(["4.4", "!4.5"]);
  const [{ diagnostic }] = FAILED.failures;
  const only = { span: diagnostic.span, on: [] };
  assertEquals(texts([before, { ...after, particular: [only] }]), []);
  const both = [before, after].map((one) => ({ ...one, particular: [only] }));
  assertEquals(texts(both), ["since linux-4.5 (70e4da7a8ff6)"]);
});

Deno.test("nextStep(): a command for several changes only", () => {
  const [one] = boundaries(under(["4.4", "!4.5"]));
  assertEquals(nextStep(one), undefined);
  const [several] = boundaries(under(["5.12", "!5.13"]));
  assertEquals(
    nextStep(several),
    "dregs bisect case.dregs --good 'linux-5.12 vmx' --bad 'linux-5.13 vmx'",
  );
  const [ended] = boundaries(under(["!5.12", "5.13"]));
  assertEquals(
    nextStep(ended),
    "dregs bisect case.dregs --good 'linux-5.13 vmx' --bad 'linux-5.12 vmx'",
  );
});
