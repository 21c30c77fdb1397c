import { assert, assertEquals } from "@std/assert";
import type { Verdict } from "../cli/explore/verdict.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { kernelWithVendor } from "../engine/mod.ts";
import { explored, FOLDER } from "./explore_command.ts";

/** What each block of the catalogue comes to: what is broken, by kernel or kernel and vendor; nothing is under the others. */
const CATALOGUE: readonly [
  file: string,
  broken: Readonly<Record<string, readonly string[]>>,
][] = [
  ["missed_breakpoint", { "linux-4.4": ["missed"] }],
  ["host_breakpoint", {
    "linux-4.4": ["missed"],
    "reload-2016": ["missed"],
  }],
  ["userspace_steps", {
    // Its SVM lets the guest read the debugger's DR7: a cause of its own, found first (x86:B21).
    "kiszka-2008 svm": ["stale"],
    "linux-4.4": ["stale"],
    "reload-2016": ["stale"],
    "linux-4.9": ["stale"],
    "linux-6.1": ["stale"],
    "linux-7.2": ["stale"],
    "linux-7.3": ["stale"],
  }],
  ["nmi_window_svm", {
    "linux-4.4 svm": ["noticed"],
    "linux-4.9 svm": ["noticed"],
    "linux-6.1 svm": ["noticed"],
    "linux-7.2 svm": ["noticed"],
    "linux-7.3 svm": ["noticed"],
  }],
  ["guest_debug_arm64", { "bennee-v2": ["stale"] }],
  ["two_conversions", {}],
  ["w4_first_run_fails", { "watanabe-v7": ["stale"] }],
];

for (const [file, broken] of CATALOGUE) {
  Deno.test(`explore ${file}: the verdict under every kernel`, async () => {
    const { status, verdicts } = await explored(
      "--kernel",
      "all",
      `${FOLDER}/${file}.dregs`,
    );
    assert(verdicts.length > 0);
    const used = new Set<string>();
    for (const { outcome, kernel, vendor, broken: found } of verdicts) {
      const key = [`${kernel} ${vendor}`, kernel].find((one) => one in broken);
      assertEquals(found, key === undefined ? [] : broken[key], `${vendor}`);
      assert(outcome !== "unfinished");
      if (key !== undefined) used.add(key);
    }
    assertEquals([...used].toSorted(), Object.keys(broken).toSorted());
    assertEquals(status, Object.keys(broken).length > 0 ? 1 : 0);
  });

  Deno.test(`explore ${file}: the saved scenarios fail where they were found, and nowhere else`, async () => {
    const { verdicts } = await explored(
      "--kernel",
      "all",
      `${FOLDER}/${file}.dregs`,
    );
    const nameOf = ({ kernel, vendor }: Verdict): string =>
      kernelWithVendor(kernel, vendor ?? undefined);
    for (const one of verdicts) {
      const { scenario } = one;
      if (scenario === null) continue;
      for (const other of verdicts) {
        const io = new MemoryIo({ files: { "found.dregs": scenario } });
        const args = ["run", "--kernel", nameOf(other), "found.dregs"];
        const status = await main(args, io);
        const fails = other.outcome === "broken";
        // Of two causes each has its own schedule.
        const isSame = `${one.broken}` === `${other.broken}` &&
          one.schedule.length === other.schedule.length;
        if (fails && !isSame) continue;
        assertEquals(
          status,
          fails ? 1 : 0,
          `found on ${nameOf(one)}, run on ${nameOf(other)}:\n${io.stdout}`,
        );
      }
    }
  });
}

Deno.test("explore: without reductions every block of the catalogue comes to the same, in as few steps", async () => {
  for (const [file] of CATALOGUE) {
    const args = ["--kernel", "all", `${FOLDER}/${file}.dregs`];
    const reduced = await explored(...args);
    const full = await explored("--without", "all", ...args);
    const told = ({ verdicts }: typeof full) =>
      verdicts.map(({ kernel, vendor, outcome, schedule }) => [
        kernel,
        vendor,
        outcome,
        schedule.length,
      ]);
    assertEquals(told(reduced), told(full), file);
    for (const { reduced } of full.verdicts) assertEquals(reduced, []);
  }
});

Deno.test("every block of the catalogue is in the table", () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) =>
    name.replace(/\.dregs$/, "")
  );
  assertEquals(files.sort(), CATALOGUE.map(([file]) => file).sort());
});
