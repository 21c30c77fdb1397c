/** Which kernels there are by text: releases, changes applied and reverted, and the reasons why there is none. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { architecture, kernelProfile } from "../engine/mod.ts";
import type { FieldChange } from "../engine/history.ts";
import { historyOf } from "../engine/history_kernels.ts";
import {
  NO_HISTORY,
  type ProfileHead,
  ProfileList,
} from "../engine/profile_list.ts";

const X86 = architecture("x86")!;
const ARM64 = architecture("arm64")!;

/** The name in one spelling; what is not from a tree that was read. */
const THERE: readonly [text: string, name: string, notes: number][] = [
  ["linux-5.4.120", "linux-5.4.120", 0],
  // SVM's truncation of 32-bit accesses came between 5.4.120 and 5.4.273.
  ["linux-5.4.200", "linux-5.4.200", 0],
  ["linux-5.4.280", "linux-5.4.280", 0],
  ["linux-6.6", "linux-6.6", 0],
  ["linux-6.6.0", "linux-6.6", 0],
  ["5.4", "linux-5.4", 0],
  ["rhel-8.5", "rhel-8.5", 0],
  ["reload-2016", "reload-2016", 0],
  ["linux-4.4 with root-cause-fix", "linux-4.4 with root-cause-fix", 0],
  ["linux-4.4  with 70e4da7", "linux-4.4 with root-cause-fix", 0],
  ["linux-4.4 with 70E4DA7A8FF6", "linux-4.4 with root-cause-fix", 0],
  ["linux-4.9 without 70e4da7a8ff6", "linux-4.9 without root-cause-fix", 0],
  [
    "linux-4.6 without root-cause-fix with reload-at-load",
    "linux-4.6 with reload-at-load without root-cause-fix",
    0,
  ],
  // What lets SINGLESTEP be forgotten came between 4.4.155 and 4.4.178.
  ["linux-4.4.160", "linux-4.4.160", 1],
  ["linux-5.10.400", "linux-5.10.400", 1],
  // No release of the series was read.
  ["linux-7.2.99", "linux-7.2.99", 1],
  ["linux-6.7.12", "linux-6.7.12", 0],
  ["linux-4.9.337", "linux-4.9.337", 0],
];

for (const [text, name, notes] of THERE) {
  Deno.test(`kernel(): ${text}`, () => {
    const answer = X86.kernel(text);
    assert(answer.ok, answer.ok ? "" : answer.reason);
    assertEquals(answer.info.name, name);
    assertEquals(answer.info.notes.length, notes);
    // The machine knows it under the same name.
    assertEquals(kernelProfile("x86", name).name, name);
  });
}

const ABSENT: readonly [text: string, wrong: string, reason: string][] = [
  ["linux-9.9", "linux-9.9", "9.9 is outside of the known range, 4.4 to 7.3"],
  ["linux-4.3", "linux-4.3", "4.3 is outside of the known range, 4.4 to 7.3"],
  ["linux-4.21", "linux-4.21", "there was no release 4.21"],
  [
    "linux-6.7.13",
    "linux-6.7.13",
    "there was no release 6.7.13: 6.7 ended with 6.7.12",
  ],
  [
    "linux-4.4.400 with root-cause-fix",
    "linux-4.4.400",
    "there was no release 4.4.400: 4.4 ended with 4.4.302",
  ],
  ["linux-5.4.12o", "linux-5.4.12o", "there is no kernel linux-5.4.12o"],
  ["", "", "there is no kernel "],
  [
    "linux-4.4 with rootcause-fix",
    "rootcause-fix",
    "there is no change rootcause-fix",
  ],
  [
    "linux-4.4 with 70e4",
    "70e4",
    "70e4 is too short for a commit: 7 digits or more",
  ],
  ["linux-4.4 with 1234567", "1234567", "no change is commit 1234567"],
  [
    "linux-4.4 without root-cause-fix",
    "root-cause-fix",
    "root-cause-fix is not in linux-4.4",
  ],
  [
    "linux-4.9 with 70e4da7",
    "70e4da7",
    "root-cause-fix is in linux-4.9 already",
  ],
  [
    "linux-4.4 with root-cause-fix without 70e4da7",
    "linux-4.4 with root-cause-fix without 70e4da7",
    "root-cause-fix is both applied and reverted",
  ],
  [
    "linux-4.4 with root-cause-fix with 70e4da7",
    "linux-4.4 with root-cause-fix with 70e4da7",
    "root-cause-fix is named twice",
  ],
  ["linux-4.4 with", "with", "with needs the name of a change"],
  ["linux-4.4 svm", "svm", "unexpected svm"],
  [
    "kiszka-2008 with root-cause-fix",
    "root-cause-fix",
    "kiszka-2008 is not made of changes",
  ],
  [
    "bare without skip-steps with root-cause-fix",
    "root-cause-fix",
    "bare has no hypervisor, and so no changes",
  ],
  ["bare with", "with", "with needs the name of a change"],
];

for (const [text, wrong, reason] of ABSENT) {
  Deno.test(`kernel(): no ${text || "empty text"}`, () => {
    const answer = X86.kernel(text);
    assert(!answer.ok);
    assertEquals([answer.wrong, answer.reason], [wrong, reason]);
    assertThrows(() => kernelProfile("x86", text), RangeError);
  });
}

Deno.test("kernel(): what a row needs is said", () => {
  const [row] = X86.changes().filter(({ needs = [], since }) =>
    needs.length > 0 && since !== undefined
  );
  const answer = X86.kernel(`linux-4.4 with ${row.name}`);
  assert(!answer.ok);
  const [{ row: needed, why }] = row.needs!;
  assertEquals(answer.reason, `${row.name} needs ${needed}: ${why}`);
  assertEquals(answer.wrong, `linux-4.4 with ${row.name}`);
});

Deno.test("kernel(): a stable release is its series where it has no backport that the model shows", () => {
  const releaseOf = (text: string): string | undefined => {
    const answer = X86.kernel(text);
    assert(answer.ok);
    return answer.info.release;
  };
  assertEquals(releaseOf("linux-6.6"), "6.6");
  assertEquals(releaseOf("linux-5.5.1"), "5.5");
  assertEquals(releaseOf("linux-5.4.120"), undefined);
  assertEquals(releaseOf("linux-4.4 with root-cause-fix"), undefined);
  assertEquals(releaseOf("rhel-8.5"), undefined);
  assertEquals(releaseOf("kiszka-2008"), undefined);
});

Deno.test("kernel(): a kernel that is written out is not made of rows", () => {
  const answer = X86.kernel("kiszka-2008");
  assert(answer.ok);
  assertEquals(answer.info.rows, undefined);
});

Deno.test("kernel(): options of a listed kernel stay with changes", () => {
  const answer = X86.kernel("linux-4.9 without root-cause-fix");
  assert(answer.ok);
  assertEquals(answer.info.options, { reload: ["never", "at-load"] });
});

Deno.test("kernel(), changes(), distinctKernels(): the same questions on arm64", () => {
  assert(ARM64.kernel("linux-6.12").ok);
  assert(!ARM64.kernel("linux-9.9").ok);
  assert(ARM64.distinctKernels().includes("linux-6.1"));
  for (const { vendors } of ARM64.changes()) assertEquals(vendors, []);
});

Deno.test("changes(): rows for lists name what they change", () => {
  const row = X86.changes().find(({ name }) => name === "svm-fast-in")!;
  assertEquals(row.vendors, ["svm"]);
  assert(!("fields" in row));
});

/** A record of behaviours that is the profile itself, as on arm64. */
interface Flat extends ProfileHead<{ readonly step: string }> {
  readonly step: string;
}

Deno.test("a list of profiles that are records: folded from rows at their first use", () => {
  const change = (step: string): FieldChange<{ readonly step: string }> => ({
    before: { step: "old" },
    after: { step },
  });
  const history = historyOf<{ readonly step: string }, "flat">({
    tables: [() => [{
      name: "new-step",
      commits: [{ hash: "0123456789ab", subject: "step", seen: "read" }],
      since: "5.0",
      stable: [{ series: "4.19", since: "4.19.7" }],
      confidence: "read",
      rules: [],
      before: "old",
      after: "new",
      fields: { flat: change("new") },
    }]],
    bases: { flat: { step: "old" } },
    lastRead: {},
    named: { mine: { release: "4.4", rows: ["new-step"] } },
    unreleased: "4.5",
  });
  const head = { about: "", source: "" };
  const list = new ProfileList<Flat>(
    [
      { ...head, name: "own", step: "own" },
      { ...head, name: "mine", isFolded: true },
      { ...head, name: "linux-6.1", isFolded: true },
    ],
    [],
    {
      changes: () => history.changes(),
      distinctKernels: () => history.distinctKernels(),
      namedKernels: () => history.namedKernels(),
      codeOf: (base) => history.codeOf(base),
      kernelOf(spec) {
        const found = history.kernelOf(spec);
        return found.ok ? { ...found, kernel: found.kernel.flat } : found;
      },
    },
  );
  const steps = [
    ["own", "own"],
    ["mine", "new"],
    ["linux-6.1", "new"],
    ["linux-4.20", "old"],
    ["linux-4.19.7", "new"],
    ["linux-4.20 with 0123456", "new"],
    ["linux-6.1 without new-step", "old"],
  ];
  for (const [name, step] of steps) {
    assertEquals(list.byName(name).step, step, name);
  }
  const codes = [
    ["own", undefined],
    ["mine", "4.4"],
    ["linux-6.1", "6.1"],
    ["linux-4.19.7", "4.19.7"],
    ["linux-4.20 with 0123456", "4.20"],
  ] as const;
  for (const [name, code] of codes) {
    const answer = list.find(name);
    assert(answer.ok);
    assertEquals(answer.info.code, code, name);
  }
  assertEquals(list.names(), [
    "own",
    "mine",
    "linux-6.1",
    "linux-4.4",
    "linux-5.0",
  ]);
  const answer = list.find("own with new-step");
  assert(!answer.ok);
  assertEquals(answer.reason, "own is not made of changes");
});

Deno.test("a list asks its history only when it is asked", () => {
  let asked = 0;
  const head = { about: "", source: "" };
  const list = new ProfileList<ProfileHead<unknown>>(
    [{ ...head, name: "linux-6.1" }],
    [],
    {
      ...NO_HISTORY,
      kernelOf(spec) {
        asked++;
        return NO_HISTORY.kernelOf(spec);
      },
    },
  );
  const answer = list.find("linux-6.1");
  assert(answer.ok);
  assertEquals(list.byName("linux-6.1").name, "linux-6.1");
  assertEquals(asked, 0);
  assertEquals(answer.info.rows, undefined);
  assertEquals(asked, 1);
});

Deno.test("kernel(): every point release that a change names was one", () => {
  for (const arch of [X86, ARM64]) {
    const points = arch.changes().flatMap(({ stable }) =>
      stable.flatMap((one) => [one.since, one.without, one.with, one.gone])
    ).filter((point) => point !== undefined);
    assert(points.length > 10);
    for (const point of points) {
      const answer = arch.kernel(`linux-${point}`);
      assert(answer.ok, answer.ok ? "" : answer.reason);
    }
  }
});
