/** `dregs history`, `dregs profiles KERNEL` and `changes` of the interactive view. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { architecture, type ArchName } from "../engine/mod.ts";
import { memoryWorld } from "../repl/memory_world.ts";
import { Repl } from "../repl/repl.ts";

async function said(...args: readonly string[]): Promise<string> {
  const io = new MemoryIo();
  assertEquals(await main(args, io), 0, io.stderr);
  return io.stdout;
}

async function names(...args: readonly string[]): Promise<string[]> {
  const { changes } = JSON.parse(
    await said("history", ...args, "--format", "json"),
  );
  return changes.map(({ name }: { name: string }) => name);
}

Deno.test("history: by name, hash, rule and word", async () => {
  assertEquals(await names("root-cause-fix"), ["root-cause-fix"]);
  assertEquals(await names("70e4da7"), ["root-cause-fix"]);
  assertEquals(await names("70E4DA7A8FF6"), ["root-cause-fix"]);
  const byRule = await names("F28");
  assertEquals(byRule, await names("x86:F28"));
  assert(byRule.includes("emulator-forgets-singlestep"));
  assert((await names("oops")).includes("debugregs-checked"));
});

Deno.test("history: releases are both included", async () => {
  assertEquals(await names("--from", "4.10", "--to", "linux-4.12"), [
    "trap-spe-controls",
    "skip-steps",
    "svm-fast-in",
    "emulator-steps-guest-tf",
  ]);
  assertEquals(await names("--from", "7.1", "--to", "7.1"), [
    "unsigned-pmu-version",
    "debugctl-in-msr-list",
    "payload-at-injection",
    "inject-checks-injected",
  ]);
  // What is in no mainline release came in none of them.
  assert(!(await names("--to", "7.2")).includes("reload-at-load"));
  assert((await names()).includes("reload-at-load"));
});

Deno.test("history: a change in full has its commit, releases and what it changes", async () => {
  const text = await said("history", "root-cause-fix");
  for (
    const part of [
      "since linux-4.5",
      "commit 70e4da7a8ff6: KVM: x86: fix root cause",
      "stable: 4.4.5",
      "seen in the stable queue of 4.4.5",
      "before: BP_ENABLED misses",
      "after: BP_ENABLED follows",
      "x86:F1",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("history: what shows the first point releases of stable series", async () => {
  const text = (await said("history", "svm-truncates-dr")).replace(/\s+/g, " ");
  assertStringIncludes(
    text,
    "seen in the announcement of 4.14.236, 4.19.194, 5.4.125, 5.10.43, 5.12.10; " +
      "in the stable queue of 4.4.272; in the push with the tag of 4.9.272",
  );
  const reviewed = (await said("history", "host-freeze-in-smm"))
    .replace(/\s+/g, " ");
  assertStringIncludes(reviewed, "in the review of 6.12.43 alone");
  // Nothing says it of a bracket.
  assert(!(await said("history", "pending-bs-at-injection")).includes("seen"));
});

Deno.test("profiles KERNEL: what a kernel is made of", async () => {
  const stable = await said("profiles", "linux-5.4.120");
  assertStringIncludes(stable, "is linux-5.4 with emulator-steps-again");
  assertStringIncludes(stable, "root-cause-fix");
  const between = await said("profiles", "4.4.160");
  assertStringIncludes(between, "note: linux-4.4.160 is between trees");
  const picked = await said("profiles", "linux-4.4 with 70e4da7");
  assertStringIncludes(picked, "linux-4.4 with root-cause-fix (x86)");
  assertStringIncludes(
    await said("profiles", "bennee-v2"),
    "not made of changes",
  );
  const both = await said("profiles", "linux-7.2");
  assertStringIncludes(both, "linux-7.2 (arm64)");
  assertStringIncludes(both, "linux-7.2 (x86)");
});

/** What a kernel is made of as `profiles` says it, by architecture: `linux-5.18 with renumber-breakpoints`. */
async function madeOf(kernel: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  // A line that is indented further goes on with the one before it.
  const lines = (await said("profiles", kernel)).replaceAll("\n    ", " ");
  let arch = "";
  for (const line of lines.split("\n")) {
    arch = /^\S.* \((\w+)\)$/.exec(line)?.[1] ?? arch;
    const made = /^ {2}is (.*)$/.exec(line)?.[1];
    if (made !== undefined) found.set(arch, made);
  }
  return found;
}

Deno.test("profiles KERNEL: a kernel that is no first release is one with changes, and that text is the same kernel", async () => {
  assertEquals(
    await madeOf("watanabe-v7"),
    new Map([["arm64", "linux-5.18 with renumber-breakpoints"]]),
  );
  assertEquals(
    await madeOf("reload-2016"),
    new Map([["x86", "linux-4.4 with reload-at-load"]]),
  );
  for (const kernel of ["linux-5.4", "kiszka-2008", "bennee-v2"]) {
    assertEquals(await madeOf(kernel), new Map(), kernel);
  }
  const kernels = [
    "watanabe-v7",
    "reload-2016",
    "rhel-8.5",
    "linux-4.4.11",
    "linux-4.4.178",
    "linux-5.10.198",
    "linux-5.4.120 with step-exit-pc",
  ];
  for (const kernel of kernels) {
    const made = await madeOf(kernel);
    assert(made.size > 0, kernel);
    for (const [name, text] of made) {
      const arch = architecture(name as ArchName)!;
      const [own, same] = [kernel, text].map((one) => {
        const answer = arch.kernel(one);
        assert(answer.ok, `${name}: ${one}`);
        return answer.info.rows;
      });
      assertEquals(same, own, `${name}: ${kernel} is ${text}`);
    }
  }
});

Deno.test("profiles: the releases at which behaviour changes, with what they bring", async () => {
  const text = await said("profiles");
  assertStringIncludes(text, "linux-4.5   root-cause-fix\n");
  assertStringIncludes(text, "linux-5.1   port-after-exit\n");
  assert(!text.includes("linux-5.2 "));
});

Deno.test("changes: the same in the interactive view", async () => {
  const repl = new Repl(memoryWorld());
  const typed = (line: string): string => {
    const { lines } = repl.submit(line);
    return lines.map((one) => `${one}\n`).join("");
  };
  for (
    const args of [
      ["root-cause-fix"],
      ["F28"],
      ["--from", "5.5", "--to", "5.10"],
      ["dr6", "--to", "5.10"],
    ]
  ) {
    assertEquals(
      typed(`changes ${args.join(" ")}`),
      await said("history", ...args),
    );
  }
  assertEquals(typed("changes --from"), "`--from` needs a release\n");
  assertEquals(
    typed("changes rootcause-fix"),
    "no change is named `rootcause-fix`, and none mentions it\n  did you mean `root-cause-fix`?\n",
  );
  assertEquals(typed("changes a b"), "`changes` takes one word\n");
  assertEquals(repl.complete("changes root").words, ["root-cause-fix"]);
});
