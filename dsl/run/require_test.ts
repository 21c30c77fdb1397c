import { assert, assertEquals } from "@std/assert";
import { architecture } from "../../engine/mod.ts";
import { pathReader } from "../load.ts";
import type { RunSettings, ScenarioResult } from "../result.ts";
import { run as runText } from "../testing_run.ts";

/** The results of a text, whose included files ask for what does not hold. */
function run(
  text: string,
  settings: Partial<RunSettings> = {},
): ScenarioResult[] {
  const reader = pathReader(() => "require 1 == 2");
  return runText(text, settings, { reader });
}

/** A requirement, a kernel under which it holds, and one under which it does not. */
const REQUIREMENTS: readonly (readonly [
  statement: string,
  holds: string,
  not: string,
  reason: string,
])[] = [
  [
    "arch x86; require kernel >= linux-5.13",
    "linux-5.13",
    "linux-5.12",
    "requires kernel >= linux-5.13; the kernel is linux-5.12 vmx",
  ],
  [
    "arch x86; require kernel != kiszka-2008",
    "linux-4.9",
    "bare",
    "requires a hypervisor: without one there is no kernel, which `require kernel != kiszka-2008` asks for",
  ],
  [
    "arch x86; require kernel bare",
    "bare",
    "linux-4.9",
    "requires kernel bare; the kernel is linux-4.9 vmx",
  ],
  [
    "arch x86; require kernel < linux-4.9, linux-5.4..linux-5.10",
    "linux-5.10",
    "linux-4.9",
    "requires kernel < linux-4.9, linux-5.4..linux-5.10; the kernel is linux-4.9 vmx",
  ],
  [
    "arch x86; require kernel reload-2016, linux-4.9",
    "reload-2016",
    "linux-4.4",
    "requires kernel reload-2016, linux-4.9; the kernel is linux-4.4 vmx",
  ],
  [
    // A range is of mainline releases: a change tells a kernel with a patch.
    "arch x86; require kernel >= linux-5.13",
    "linux-5.15.1",
    "linux-5.15.100",
    "requires kernel >= linux-5.13; a range is of mainline releases, and the kernel is linux-5.15.100 vmx: " +
    "write `require kernel with CHANGE`",
  ],
  [
    "arch x86; require kernel linux-4.4..linux-4.9",
    "linux-4.9",
    "linux-4.4 with root-cause-fix",
    "requires kernel linux-4.4..linux-4.9; a range is of mainline releases, and the kernel is " +
    "linux-4.4 vmx with root-cause-fix: write `require kernel with CHANGE`",
  ],
  [
    "arch x86; require kernel < linux-5.13 svm, linux-4.4",
    "linux-4.4",
    "linux-5.15.100",
    "requires kernel < linux-5.13 svm, linux-4.4; the kernel is linux-5.15.100 vmx",
  ],
  [
    "arch x86; require kernel >= linux-5.13",
    "linux-5.13",
    "linux-5.4.120",
    "requires kernel >= linux-5.13; the kernel is linux-5.4.120 vmx",
  ],
  [
    "arch x86; require kernel with root-cause-fix",
    "linux-4.4 with root-cause-fix",
    "linux-4.4",
    "requires kernel with root-cause-fix; the kernel is linux-4.4 vmx",
  ],
  [
    "arch x86; require kernel without root-cause-fix",
    "linux-4.9 without root-cause-fix",
    "linux-4.9",
    "requires kernel without root-cause-fix; the kernel is linux-4.9 vmx",
  ],
  [
    "arch x86; require capability SET_GUEST_DEBUG2",
    "linux-6.1",
    "linux-5.4",
    "requires capability set_guest_debug2; KVM_CHECK_EXTENSION returns 0 on linux-5.4 vmx",
  ],
  [
    "arch x86; require capability kvm_cap_Set_Guest_Debug2",
    "linux-6.1",
    "linux-5.4",
    "requires capability set_guest_debug2; KVM_CHECK_EXTENSION returns 0 on linux-5.4 vmx",
  ],
  [
    "require capability set_guest_debug2",
    "linux-5.13",
    "linux-5.12",
    "requires capability SET_GUEST_DEBUG2; KVM_CHECK_EXTENSION returns 0 on linux-5.12",
  ],
  [
    "arch x86; user check set_guest_debug2 as mask; require mask & 0x1 == 1",
    "linux-6.1",
    "linux-5.4",
    "requires mask & 0x1 == 1; the expression is 0x0",
  ],
];

for (const [statement, holds, not, reason] of REQUIREMENTS) {
  Deno.test(`require: ${statement.split("; ").at(-1)}`, () => {
    const text = `${statement}; run; expect exit idle`;
    const [good] = run(text, { profile: holds });
    assertEquals([good.status, good.skip], ["passed", undefined]);
    const [bad] = run(text, { profile: not });
    assertEquals(bad.status, "skipped");
    assertEquals(bad.skip?.reason, reason);
    assertEquals(bad.skip?.cause, "require");
    assert(bad.skip?.span);
    assertEquals(bad.expectations, 0);
  });
}

Deno.test("require: the rest is skipped, in loops and included files too", () => {
  const [result] = run(
    "for i in 0..2 { user set dbgbvr0 i * 4; require guest dbgbvr0 <= 4 }; expect guest dbgbvr0 == 1",
  );
  assertEquals(result.status, "skipped");
  assertEquals(
    result.skip?.reason,
    "requires guest dbgbvr0 <= 0x4; guest@0 DBGBVR0_EL1 is 0x8",
  );
  const [included] = run('include "a.dregs"; expect 1 == 2');
  assertEquals([included.status, included.failures], ["skipped", []]);
});

Deno.test("require: what failed before it decides, and the reason is kept", () => {
  const [failed] = run("expect guest dbgbvr0 == 1; require 1 == 2; run");
  assertEquals(failed.status, "failed");
  assertEquals(failed.failures.length, 1);
  assertEquals(failed.skip?.reason, "requires 1 == 2; the expression is 0x1");
  // A refusal that nothing answered is a failure too.
  const [refused] = run("set brps=2; require 1 == 2; run", {
    profile: "linux-6.1",
  });
  assertEquals(refused.status, "failed");
  const [answered] = run("set brps=2; expect error EINVAL; require 1 == 2", {
    profile: "linux-6.1",
  });
  assertEquals([answered.status, answered.expectations], ["skipped", 1]);
});

Deno.test("require: before the first scenario it is for all of them", () => {
  const results = run(
    'arch x86; require kernel >= linux-5.13; scenario "a" { run }; scenario "b" { run }',
    { profile: "linux-4.9" },
  );
  assertEquals(results.map(({ status }) => status), ["skipped", "skipped"]);
});

Deno.test("require: KVM_CHECK_EXTENSION is not the last user operation", () => {
  const [result] = run(
    "set brps=2; require capability ONE_REG; expect error EINVAL",
    { profile: "linux-6.1" },
  );
  assertEquals(result.status, "passed");
});

Deno.test("a scenario of whose expectations none is for the kernel is skipped", () => {
  const text = "arch x86; run; expect exit idle on >= linux-5.13";
  const [skipped] = run(text, { profile: "linux-4.9" });
  assertEquals(skipped.status, "skipped");
  assertEquals(skipped.skip, {
    cause: "expectations",
    reason: "no expectation applies to linux-4.9 vmx",
    summary: "no expectation applies",
    span: undefined,
  });
  // A name in the line, or none.
  for (const more of ["", "; let x = 1; expect x == 1 on > linux-5.13"]) {
    const [beside] = run(text + more, { profile: "linux-5.15.100" });
    assertEquals(
      beside.skip?.reason,
      "no expectation applies to linux-5.15.100 vmx; a range is of mainline releases: write `on with CHANGE`",
    );
  }
  assertEquals(
    run("arch x86; user get dr7 as x; expect x == 1 on > linux-5.13", {
      profile: "linux-5.15.100",
    })[0].skip?.summary,
    "no expectation applies; a range is of mainline releases: write `on with CHANGE`",
  );
  assertEquals(run(text, { profile: "linux-6.1" })[0].status, "passed");
  // One that expects nothing anywhere has passed.
  assertEquals(run("run")[0].status, "passed");
  // A failure is reported.
  const [failed] = run(
    "arch x86; user set dr7 0x1_0000_0000; run; expect exit idle on >= linux-5.13",
    {
      profile: "linux-4.9",
    },
  );
  assertEquals(failed.status, "failed");
});

Deno.test("require kernel with CHANGE reads the fields that the change touches, and no others", () => {
  const arch = architecture("x86")!;
  const touched = (name: string) =>
    arch.changes().find((one) => one.name === name)!.touches.vmx;
  const asked = (text: string) => {
    const fieldsRead = new Set<string>();
    run(`arch x86; kernel linux-4.9 vmx; ${text}`, { fieldsRead });
    return fieldsRead;
  };
  const [one, other] = ["root-cause-fix", "skip-steps"].map(touched);
  assert(one.length > 0 && other.length > 0);
  const none = asked("require kernel >= linux-4.4");
  assertEquals(
    asked("require kernel with root-cause-fix").difference(none),
    new Set(one),
  );
  assertEquals(
    asked("require kernel with root-cause-fix without skip-steps")
      .difference(none),
    new Set([...one, ...other]),
  );
});
