import { assert, assertEquals } from "@std/assert";
import type { Verdict } from "../cli/explore/verdict.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { ARCH_NAMES, architecture, kernelWithVendor } from "../engine/mod.ts";
import { explored, FOLDER } from "./explore_command.ts";

const MISSED: readonly string[] = [
  "holds kiszka-2008",
  "broken (missed) 4.4",
  "holds reload-2016, since 4.5, rhel-8.5",
];
const HOST: readonly string[] = [
  "holds kiszka-2008",
  "broken (missed) 4.4, reload-2016",
  "holds since 4.5, rhel-8.5",
];

const LOST: readonly string[] = [
  "broken (lost-over-migration) kiszka-2008",
  "holds 4.4 to 4.19, reload-2016",
  "broken (lost-over-migration) rhel-8.5, since 4.20",
];

/** The reasons for which a block of the renumbering is skipped elsewhere. */
function onlyUnderWatanabe(verdict: string): readonly string[] {
  return [
    "skipped bennee-v2, bennee-v3, 4.4 to 4.14",
    "skipped 4.15 to 5.11, rhel-8.5",
    "skipped 5.12 to 6.1",
    `${verdict} watanabe-v7`,
    "skipped 6.2 to 6.4",
    "skipped 6.5 to 6.11",
    "skipped since 6.12",
  ];
}

/** A block under each kernel that is listed, for each vendor; those of the other architecture are left out. */
function underListed(file: string): readonly string[] {
  const kernels = ARCH_NAMES.flatMap((name) =>
    architecture(name)!.profiles.flatMap(({ name, vendors }) =>
      vendors.length === 0 ? [name] : vendors.map((one) => `${name} ${one}`)
    )
  );
  return [
    ...kernels.flatMap((kernel) => ["--kernel", kernel]),
    `${FOLDER}/${file}.dregs`,
  ];
}

/** What each block of the catalogue comes to under all kernels, by vendor: neighbours that agree. */
const CATALOGUE: readonly [
  file: string,
  groups: Readonly<Record<string, readonly string[]>>,
][] = [
  ["missed_breakpoint", {
    vmx: MISSED,
    svm: MISSED,
  }],
  ["host_breakpoint", {
    vmx: HOST,
    svm: HOST,
  }],
  ["userspace_steps", {
    vmx: [
      "holds kiszka-2008",
      "broken (stale) since 4.4, reload-2016, rhel-8.5",
    ],
    // Its SVM lets the guest read the debugger's DR7: a cause of its own, found first (x86:B21).
    svm: ["broken (stale) kiszka-2008, since 4.4, reload-2016, rhel-8.5"],
  }],
  ["nmi_window_svm", {
    vmx: [
      "skipped kiszka-2008",
      "holds since 4.4, reload-2016, rhel-8.5",
    ],
    svm: [
      "skipped kiszka-2008",
      "broken (noticed) since 4.4, reload-2016, rhel-8.5",
    ],
  }],
  ["live_migration", { vmx: LOST, svm: LOST }],
  ["guest_debug_arm64", {
    "": [
      "broken (stale) bennee-v2",
      "holds bennee-v3, 4.4 to 4.16",
      "broken (stale) 4.17 to 5.5",
      "holds rhel-8.5, since 5.6, watanabe-v7",
    ],
  }],
  ["two_conversions", { "": onlyUnderWatanabe("holds") }],
  ["w4_first_run_fails", { "": onlyUnderWatanabe("broken (stale)") }],
];

for (const [file, groups] of CATALOGUE) {
  Deno.test(`explore ${file}: the verdict under every kernel`, async () => {
    const { status, verdicts, matrix } = await explored(
      "--kernel",
      "all",
      `${FOLDER}/${file}.dregs`,
    );
    assert(verdicts.every(({ outcome }) => outcome !== "unfinished"));
    const found = matrix.map(({ vendor, groups }) => [
      vendor ?? "",
      groups.map(({ outcome, broken, label }) =>
        [
          outcome,
          ...(broken.length > 0 ? [`(${broken.join(", ")})`] : []),
          label,
        ].join(" ")
      ),
    ]);
    assertEquals(Object.fromEntries(found), groups);
    const isBroken = verdicts.some(({ outcome }) => outcome === "broken");
    assertEquals(status, isBroken ? 1 : 0);
  });

  Deno.test(`explore ${file}: the saved scenarios fail where they were found, and nowhere else`, async () => {
    const { verdicts } = await explored(...underListed(file));
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
    const args = underListed(file);
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
