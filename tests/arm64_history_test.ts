import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { BASE } from "../engine/arm64/history/base.ts";
import {
  changes,
  compareVersions,
  distinctKernels,
  distinctStablePoints,
  kernelOf,
  namedKernels,
} from "../engine/arm64/history/mod.ts";
import { ARM64_HIDDEN } from "../engine/arm64/history/hidden.ts";
import type { Arm64Change } from "../engine/arm64/history/row.ts";
import type { Arm64Kernel } from "../engine/arm64/kvm/kernel.ts";
import {
  allSeries,
  conflict,
  fieldsOf,
  foldRecord,
} from "../engine/history_fold.ts";
import { rule } from "../engine/rule_book.ts";
import { arm64Record } from "./arm64_record.ts";

function found(
  base: string,
  choice: { with?: string[]; without?: string[] } = {},
) {
  const result = kernelOf({ base, ...choice });
  assert(result.ok, result.ok ? "" : `${base}: ${result.reason}`);
  return result;
}

function reason(
  base: string,
  choice: { with?: string[]; without?: string[] } = {},
): string {
  const result = kernelOf({ base, ...choice });
  assert(!result.ok, base);
  return result.reason;
}

/** The changes that one needs, and those that they need. */
function needed(change: Arm64Change): string[] {
  return (change.needs ?? []).flatMap(({ row }) => [
    ...needed(changes().find(({ name }) => name === row)!),
    row,
  ]);
}

function fold(rows: Iterable<string>): Arm64Kernel {
  return foldRecord(changes(), BASE, "arm64", new Set(rows));
}

const NAMES = changes().map(({ name }) => name);

Deno.test("arm64 history: names are unique, and say what they are", () => {
  const all = [...NAMES, ...ARM64_HIDDEN.map(({ name }) => name)];
  assertEquals(new Set(all).size, all.length);
  for (const name of all) assert(/^[a-z0-9]+(-[a-z0-9]+)+$/.test(name), name);
});

for (const change of changes()) {
  Deno.test(`arm64 history: ${change.name} is a change, with rules that there are`, () => {
    const { before, after } = change.fields.arm64;
    assertEquals(Object.keys(before), Object.keys(after));
    for (const id of change.rules) assert(rule(id) !== undefined, id);
    for (const text of [change.before, change.after]) {
      assert(/^[A-Z].*\.$/.test(text), text);
    }
    for (const { row } of [...change.needs ?? [], ...change.excludes ?? []]) {
      assert(NAMES.includes(row), row);
    }
    const without = new Set(needed(change));
    const record = fold([...without, change.name]);
    assert(
      Object.keys(after).some((field) =>
        record[field as keyof Arm64Kernel] !==
          fold(without)[field as keyof Arm64Kernel]
      ),
    );
  });

  Deno.test(`arm64 history: before ${change.name} the record is what the row says`, () => {
    const index = NAMES.indexOf(change.name);
    const earlier = changes().slice(0, index).filter(({ since }) =>
      since !== undefined
    );
    const record = change.since === undefined
      ? found("5.18").kernel
      : fold(earlier.map(({ name }) => name));
    const { before } = change.fields.arm64;
    assertEquals({ ...record, ...before }, record);
  });
}

/** Rows that share a field although neither needs the other: the later one rewrote the code of the earlier. */
const REWRITTEN: readonly (readonly [earlier: string, later: string])[] = [
  ["fake-step-exit", "advance-step"],
  ["write-mdcr-changes", "debug-owner"],
  ["initial-mdcr", "debug-owner"],
  ["keep-pstate-ss", "debug-owner"],
  ["keep-step-pending", "debug-owner"],
  ["renumber-breakpoints", "debug-owner"],
];

Deno.test("arm64 history: rows are independent, or one needs the other, or it was rewritten", () => {
  const pairs = changes().flatMap((one, i) =>
    changes().slice(i + 1).filter((other) =>
      fieldsOf(one).some((field) => fieldsOf(other).includes(field)) &&
      !needed(other).includes(one.name)
    ).map((other) => [one.name, other.name])
  );
  assertEquals(pairs.toSorted(), REWRITTEN.map((pair) => [...pair]).toSorted());
});

Deno.test("arm64 history: rows that do not share a field commute", () => {
  const rows = fc.subarray([...NAMES]);
  fc.assert(fc.property(rows, fc.constantFrom(...NAMES), (some, name) => {
    const { fields } = changes().find((change) => change.name === name)!;
    const others = some.filter((other) => other !== name);
    const record = fold(others);
    const changed = fold([...others, name]);
    for (const [field, value] of Object.entries(changed)) {
      const touched = Object.hasOwn(fields.arm64.after, field);
      if (!touched) assertEquals(value, record[field as keyof Arm64Kernel]);
    }
  }));
});

Deno.test("arm64 history: every release and named kernel makes sense", () => {
  for (
    const base of [...allSeries(), ...distinctStablePoints(), ...namedKernels()]
  ) {
    const { rows } = found(base);
    assertEquals(conflict(changes(), new Set(rows)), undefined, base);
  }
});

Deno.test("arm64 history: later releases have all that earlier ones have", () => {
  let before: readonly string[] = [];
  for (const series of allSeries()) {
    const { rows } = found(series);
    assertEquals(before.filter((row) => !rows.includes(row)), [], series);
    before = rows;
  }
});

Deno.test("arm64 history: what differs between neighbours is what came between them", () => {
  for (const [i, series] of allSeries().entries()) {
    if (i === 0) continue;
    const { rows } = found(series);
    const before = found(allSeries()[i - 1]).rows;
    const added = rows.filter((row) => !before.includes(row));
    assertEquals(
      added,
      changes().filter(({ since }) => since === series).map(({ name }) => name),
      series,
    );
    // Reverted, they give the record of the release before.
    assertStrictEquals(
      found(series, { without: added }).kernel,
      found(allSeries()[i - 1]).kernel,
    );
  }
});

Deno.test("arm64 history: releases at which something changed", () => {
  assertEquals(distinctKernels(), [
    "linux-4.4",
    "linux-4.6",
    "linux-4.11",
    "linux-4.15",
    "linux-4.16",
    "linux-4.17",
    "linux-4.19",
    "linux-5.0",
    "linux-5.3",
    "linux-5.5",
    "linux-5.6",
    "linux-5.7",
    "linux-5.11",
    "linux-5.12",
    "linux-5.13",
    "linux-5.18",
    "linux-5.19",
    "linux-6.1",
    "linux-6.2",
    "linux-6.5",
    "linux-6.7",
    "linux-6.12",
    "linux-6.14",
    "linux-6.17",
    "linux-7.1",
    "linux-7.2",
  ]);
  assert(distinctStablePoints().includes("linux-4.19.69"));
  assertEquals(namedKernels(), ["watanabe-v7", "rhel-8.5"]);
});

Deno.test("arm64 history: a version by every spelling, and its name in one", () => {
  for (
    const [base, name] of [
      ["5.4", "linux-5.4"],
      ["5.4.0", "linux-5.4"],
      ["linux-5.4.120", "linux-5.4.120"],
      ["rhel-8.5", "rhel-8.5"],
    ]
  ) {
    assertEquals(found(base).name, name);
  }
  assertStrictEquals(found("5.4").kernel, found("linux-5.4.0").kernel);
  assertEquals(arm64Record("linux-5.4"), found("5.4").kernel);
  assert(compareVersions("4.9", "4.19") < 0);
});

Deno.test("arm64 history: a version that was not read says which tree it follows", () => {
  assertEquals(found("5.4.38").notes, []);
  assertEquals(found("4.15").notes, [
    "linux-4.15 is between trees that were read, taken with fake-step-exit (not in 4.14.325, in 4.16.13)",
  ]);
  assertEquals(found("5.4.302").notes, [
    "linux-5.4.302 is after 5.4.301, the last that was read",
  ]);
  assertEquals(found("6.16.3").notes, [
    "linux-6.16.3 is after 6.16, and no later one of that series was read",
  ]);
  assertEquals(found("rhel-8.5").notes.length, 1);
});

Deno.test("arm64 history: what is no kernel says what is", () => {
  assertEquals(
    reason("4.3"),
    "4.3 is outside of the known range, 4.4 to 7.3",
  );
  assertEquals(reason("7.4"), "7.4 is outside of the known range, 4.4 to 7.3");
  assertEquals(reason("4.21"), "there was no release 4.21");
  const nothing = kernelOf({ base: "bsd-13" });
  assertEquals(nothing, {
    ok: false,
    reason: "there is no kernel bsd-13",
    expected: ["linux-4.4", "linux-7.3", "watanabe-v7", "rhel-8.5"],
  });
});

Deno.test("arm64 history: changes are applied and reverted by name or hash", () => {
  const { name, rows, kernel } = found("4.19", {
    with: ["4942dc6638b0"],
    without: ["fake-step-exit"],
  });
  assertEquals(
    name,
    "linux-4.19 with write-mdcr-changes without fake-step-exit",
  );
  assert(rows.includes("write-mdcr-changes"));
  assertEquals(kernel, {
    ...found("4.19").kernel,
    writesMdcrChanges: true,
    fakesStep: false,
  });
  assertEquals(arm64Record(name), kernel);
  assertEquals(
    found("5.19", { with: ["370531d"] }).rows,
    found("5.19", { with: ["keep-step-pending"] }).rows,
  );
});

/** Choices that make no sense. */
const REFUSED: readonly (readonly [
  base: string,
  choice: { with?: string[]; without?: string[] },
  reason: string,
])[] = [
  ["4.4", { with: ["no-such"] }, "there is no change no-such"],
  ["5.19", { with: ["os-lock"] }, "os-lock is in linux-5.19 already"],
  ["5.17", { without: ["os-lock"] }, "os-lock is not in linux-5.17"],
  ["5.17", { with: ["os-lock", "os-lock"] }, "os-lock is named twice"],
  [
    "5.17",
    { with: ["os-lock"], without: ["os-lock"] },
    "os-lock is not in linux-5.17",
  ],
  [
    "4.4",
    { with: ["index-debug-registers"] },
    "index-debug-registers needs lost-register-numbers: it fixes what that one broke",
  ],
  [
    "5.13",
    { without: ["lost-register-numbers"] },
    "index-debug-registers needs lost-register-numbers: it fixes what that one broke",
  ],
  [
    "watanabe-v7",
    { with: ["debug-owner"] },
    "renumber-breakpoints does not go with debug-owner: it makes accesses trap by debug_ptr and DIRTY",
  ],
  [
    "5.0",
    { without: ["fake-step-exit"] },
    "fake-step-exit makes no difference to linux-5.0: advance-step has taken its place",
  ],
  [
    "6.14",
    { without: ["initial-mdcr"] },
    "initial-mdcr makes no difference to linux-6.14: debug-owner has taken its place",
  ],
];

for (const [base, choice, why] of REFUSED) {
  Deno.test(`arm64 history: ${base} ${JSON.stringify(choice)} is refused`, () => {
    assertEquals(reason(base, choice), why);
  });
}

Deno.test("arm64 history: what a later change took the place of counts again without that one", () => {
  const { kernel } = found("6.14", {
    without: ["debug-owner", "keep-step-pending"],
  });
  assertEquals(kernel, {
    ...found("6.13").kernel,
    tracksPending: false,
  });
});

Deno.test("arm64 history: a choice that makes sense changes the record, and back", () => {
  for (const base of distinctKernels()) {
    const { rows, kernel } = found(base);
    for (const name of NAMES) {
      const has = rows.includes(name);
      const choice = has ? { without: [name] } : { with: [name] };
      const result = kernelOf({ base, ...choice });
      if (!result.ok) continue;
      assertEquals(
        new Set([...result.rows, name]),
        new Set([...rows, name]),
        `${base} ${name}`,
      );
      assert(
        Object.entries(kernel).some(([field, value]) =>
          result.kernel[field as keyof Arm64Kernel] !== value
        ),
        `${base} ${name}`,
      );
    }
  }
});

Deno.test("stable series: the releases whose announcements have a change", () => {
  const rows = (base: string) => found(base).rows;
  for (
    const [name, before, first] of [
      ["commit-pc", "5.12.9", "5.12.10"],
      ["index-debug-registers", "5.12.8", "5.12.9"],
      ["index-debug-registers", "5.10.42", "5.10.43"],
      ["initial-mdcr", "5.11.20", "5.11.21"],
      ["limit-pmu-version", "4.19.300", "4.19.301"],
      ["unsigned-pmu-version", "7.0.9", "7.0.10"],
    ]
  ) {
    assert(!rows(before).includes(name), `${name}, ${before}`);
    assert(rows(first).includes(name), `${name}, ${first}`);
  }
});

Deno.test("rows: what shows a first point release is said only where there is one", () => {
  for (const { name, stable } of changes()) {
    for (const { series, since, seen } of stable) {
      assert(seen === undefined || since !== undefined, `${name}: ${series}`);
      assert(since === undefined || since.startsWith(`${series}.`), name);
    }
    const all = stable.map(({ series }) => series);
    assertEquals(all, all.toSorted(compareVersions), name);
    assertEquals(all.length, new Set(all).size, name);
  }
});
