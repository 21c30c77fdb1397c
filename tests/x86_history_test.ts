/**
 * x86's history as a table: rows do not interfere, versions have the rows that their trees have, and choices that
 * make no sense are refused.
 */
import { assert, assertEquals } from "@std/assert";
import { rule } from "../engine/mod.ts";
import { allSeries, fieldsOf, foldRecord } from "../engine/history_fold.ts";
import { BASE_SVM, BASE_VMX } from "../engine/x86/history/base.ts";
import {
  changes,
  compareVersions,
  distinctKernels,
  distinctStablePoints,
  kernelOf,
  type KernelSpec,
} from "../engine/x86/history/mod.ts";
import { X86_HIDDEN } from "../engine/x86/history/hidden.ts";
import type { X86Behaviour } from "../engine/x86/kvm/behaviour.ts";
import {
  LINUX_4_4,
  LINUX_4_9,
  LINUX_6_1,
  LINUX_7_2,
  LINUX_7_3,
  OLD_SVM,
} from "./x86_record.ts";

const VENDORS = ["vmx", "svm"] as const;
const BASES = { vmx: BASE_VMX, svm: BASE_SVM };

function found(spec: KernelSpec) {
  const result = kernelOf(spec);
  assert(result.ok, result.ok ? "" : `${spec.base}: ${result.reason}`);
  return result;
}

function reason(spec: KernelSpec): string {
  const result = kernelOf(spec);
  return result.ok ? `${result.name} is fine` : result.reason;
}

/** A row with all that it needs, and what they need. */
function closure(name: string): Set<string> {
  const row = changes().find((one) => one.name === name);
  assert(row, `there is no row ${name}`);
  return new Set([
    name,
    ...(row.needs ?? []).flatMap((relation) => [...closure(relation.row)]),
  ]);
}

Deno.test("rows: names are unique, also among the hidden ones", () => {
  const names = [...changes(), ...X86_HIDDEN].map(({ name }) => name);
  assertEquals(names.length, new Set(names).size);
});

Deno.test("rows cite rules that there are", () => {
  for (const { name, rules } of changes()) {
    assert(rules.length > 0, name);
    for (const id of rules) assert(rule(id) !== undefined, `${name}: ${id}`);
  }
});

Deno.test("rows that touch the same field are ordered by what they need", () => {
  for (const one of changes()) {
    for (const other of changes()) {
      if (one === other) continue;
      const shared = fieldsOf(one).filter((field) =>
        fieldsOf(other).includes(field)
      );
      if (shared.length === 0) continue;
      const isOrdered = closure(one.name).has(other.name) ||
        closure(other.name).has(one.name);
      assert(isOrdered, `${one.name}, ${other.name}: ${shared}`);
    }
  }
});

for (const row of changes()) {
  Deno.test(`${row.name}: applied it changes its fields, reverted they are back`, () => {
    const rows = closure(row.name);
    const without = new Set([...rows].filter((name) => name !== row.name));
    for (const vendor of VENDORS) {
      const before = foldRecord(changes(), BASES[vendor], vendor, without);
      const after = foldRecord(changes(), BASES[vendor], vendor, rows);
      const change = row.fields[vendor];
      if (change === undefined) {
        assertEquals(after, before);
        continue;
      }
      assertEquals(Object.keys(change.before), Object.keys(change.after));
      for (const [field, value] of Object.entries(change.after)) {
        const key = field as keyof X86Behaviour;
        assertEquals(before[key], change.before[key], `${vendor} ${field}`);
        assertEquals(after[key], value, `${vendor} ${field}`);
        assert(before[key] !== after[key], `${vendor} ${field} is the same`);
      }
      assertEquals({ ...after, ...change.before }, before);
    }
  });
}

Deno.test("every release and every point that a row names has a set of rows that makes sense", () => {
  const points = changes().flatMap(({ stable, bracket }) => [
    ...stable.flatMap((one) => [one.since, one.without, one.with, one.gone]),
    bracket?.without,
    bracket?.with,
  ]).filter((one) => one !== undefined).map((one) => one.replace(/-rc\d/, ""));
  for (const base of [...allSeries(), ...points, "rhel-8.5", "reload-2016"]) {
    found({ base });
  }
});

/** What only VMX looks at stays as it was with SVM. */
const VMX_ALONE: Partial<X86Behaviour> = {
  gdExitShowsBd: false,
  mendsEntry: "never",
  debugctlFeatures: 0,
  debugctlOfHost: false,
  debugctlKeepsFreeze: false,
};

/** DEBUGCTL with SVM until 6.13, and since 6.16. */
const DEBUGCTL_OLD: Partial<X86Behaviour> = {
  debugctlStores: 0x3f,
  debugctlDrops: 0,
  hostDebugctlAt: "never",
};
const DEBUGCTL_NEW: Partial<X86Behaviour> = {
  debugctlStores: 1,
  debugctlDrops: 2,
  switchesDebugctl: true,
};

/** What only SVM looks at, since 4.13, or still does. */
const SVM_ALONE: Partial<X86Behaviour> = {
  hidesNmiStep: true,
  exitPc: "base-plus-rip",
};

/** What SVM has of protected guests since 6.14. */
const PROTECTED_NEW: Partial<X86Behaviour> = {
  sevEs: true,
  debugSwap: "off",
  savesHostDrs: false,
  refusesProtected: true,
};

const WRITTEN: readonly [
  base: string,
  vmx: X86Behaviour,
  svm: Partial<X86Behaviour>,
][] = [
  ["linux-4.4", LINUX_4_4, OLD_SVM],
  ["reload-2016", { ...LINUX_4_4, loadReloads: true }, OLD_SVM],
  ["linux-4.9", LINUX_4_9, OLD_SVM],
  [
    "linux-6.1",
    LINUX_6_1,
    {
      ...VMX_ALONE,
      ...SVM_ALONE,
      ...DEBUGCTL_OLD,
      fastPath: false,
      sevEs: true,
    },
  ],
  [
    "linux-7.2",
    LINUX_7_2,
    { ...VMX_ALONE, ...SVM_ALONE, ...DEBUGCTL_NEW, ...PROTECTED_NEW },
  ],
  [
    "linux-7.3",
    LINUX_7_3,
    {
      ...VMX_ALONE,
      ...SVM_ALONE,
      ...DEBUGCTL_NEW,
      ...PROTECTED_NEW,
      icebpExits: true,
    },
  ],
];
for (const [base, vmx, svm] of WRITTEN) {
  Deno.test(`${base} is folded as it was written by hand`, () => {
    const { kernel } = found({ base });
    const folded = (vendor: "vmx" | "svm") => {
      const names = Object.keys(LINUX_6_1) as (keyof X86Behaviour)[];
      return Object.fromEntries(
        names.map((name) => [name, kernel[vendor][name]]),
      );
    };
    assertEquals(folded("vmx"), { ...vmx });
    assertEquals(folded("svm"), { ...vmx, ...svm });
  });
}

/** What the trees and announcements of the long-term series have; of both vendors, unless the field is one vendor's. */
const LONG_TERM: readonly [
  base: string,
  vendor: "vmx" | "svm",
  fields: Partial<X86Behaviour>,
][] = [
  ["4.4.1", "vmx", { lazySync: "addresses", loadReloads: false }],
  ["4.4.4", "vmx", { lazySync: "addresses" }],
  ["4.4.5", "vmx", { lazySync: "all", loadReloads: false }],
  ["4.4.11", "vmx", { lazySync: "all", loadReloads: true }],
  ["4.4.21", "vmx", { loadReloads: true }],
  ["4.4.22", "vmx", { loadReloads: false }],
  ["4.5", "vmx", { lazySync: "all", loadReloads: false }],
  ["4.4.155", "vmx", { loadReloads: false, putClearsDr6: true }],
  ["4.4.155", "vmx", {
    emulatorSteps: "guest-tf-or-singlestep",
    emulatedStepKeepsTf: false,
  }],
  ["4.4.178", "vmx", { emulatorSteps: "guest-tf", stepsOverFault: true }],
  ["4.9.115", "vmx", { emulatorSteps: "guest-tf-or-singlestep" }],
  ["4.9.337", "vmx", { emulatorSteps: "guest-tf", stepsOverFault: false }],
  ["4.9.337", "vmx", { hidesHostDr7: true, commonSkipSteps: false }],
  ["4.14.67", "vmx", {
    emulatorSteps: "guest-tf-or-singlestep",
    stepsOverFault: true,
    putClearsDr6: true,
    hidesHostDr7: false,
    portIn: "emulator",
  }],
  ["4.14.325", "vmx", {
    emulatorSteps: "guest-tf",
    stepsOverFault: false,
    hidesHostDr7: true,
    portMoves: "before",
  }],
  ["4.19", "vmx", { emulatorSteps: "guest-tf-or-singlestep", portIn: "fast" }],
  ["4.19.48", "svm", { emulatorSteps: "guest-tf", stepsOverFault: true }],
  ["4.19.72", "svm", { stepsOverFault: false, hidesHostDr7: false }],
  ["4.19.222", "svm", { hidesHostDr7: true, portMoves: "after" }],
  ["5.4", "vmx", { emulatorSteps: "guest-tf", declaresPayload: true }],
  ["5.4.301", "vmx", {
    emulatorSteps: "guest-tf-or-singlestep",
    stepPc: "requested",
    debugExitRtm: false,
    gdExitShowsBd: false,
    mendsEntry: "never",
    hidesHostDr7: true,
  }],
  ["5.4.301", "svm", { vmDr6IsGuests: true, dbExitFills: false }],
  ["5.10.44", "vmx", {
    fastPath: true,
    reentryLoadsDr6: false,
    emulatorSeesFailure: true,
    hidesHostDr7: false,
    mendsEntry: "never",
    guestDebugMask: 0,
  }],
  ["5.10.44", "svm", {
    fastPath: false,
    vmDr6IsGuests: false,
    failedWriteMoves: true,
  }],
  ["5.10.60", "vmx", { breakpointInDecoder: false }],
  ["5.10.61", "vmx", { breakpointInDecoder: true }],
  ["5.10.119", "vmx", { breakpointInDecoder: true }],
  ["5.10.150", "vmx", {
    breakpointInDecoder: false,
    mendsEntry: "after-exit",
    emulatedDbSteps: true,
    hidesHostDr7: true,
    putClearsDr6: true,
  }],
  ["5.10.198", "vmx", { emulatedDbSteps: false, hasReload: true }],
  ["5.15.16", "vmx", { breakpointInDecoder: true, mendsEntry: "never" }],
  ["5.15.24", "vmx", { breakpointInDecoder: true, mendsEntry: "after-exit" }],
  ["5.15.89", "vmx", { breakpointInDecoder: false, emulatedDbSteps: false }],
  ["5.15.167", "vmx", { reentryLoadsDr6: true, rechecksOnFault: true }],
  ["5.15.215", "vmx", { reentryLoadsDr6: false, rechecksOnFault: true }],
  ["6.1.158", "vmx", { reentryLoadsDr6: false, fastPathStops: false }],
  ["6.6.87", "vmx", { reentryLoadsDr6: true, payloadAt: "queue" }],
  ["6.6.150", "vmx", {
    reentryLoadsDr6: false,
    payloadAt: "injection",
    mendsEntry: "at-injection",
    injectRefused: "pending",
  }],
  ["6.12.15", "svm", { fastPath: true, reentryLoadsDr6: true }],
  ["6.12.19", "svm", { fastPath: true, reentryLoadsDr6: false }],
  ["6.18.2", "vmx", { payloadAt: "queue" }],
  ["6.18.33", "vmx", { payloadAt: "injection", mendsEntry: "after-exit" }],
  ["7.0", "vmx", { payloadAt: "queue", injectRefused: "pending" }],
  ["7.1.3", "vmx", {
    payloadAt: "injection",
    injectRefused: "pending-or-injected",
    mendsEntry: "after-exit",
  }],
  ["7.1.5", "vmx", { mendsEntry: "at-injection", emulatorGd: "own" }],
];
for (const [base, vendor, fields] of LONG_TERM) {
  Deno.test(`${base} ${vendor} has what its tree has: ${Object.keys(fields)}`, () => {
    const { kernel, notes } = found({ base });
    const kept = Object.keys(fields) as (keyof X86Behaviour)[];
    assertEquals(
      Object.fromEntries(kept.map((name) => [name, kernel[vendor][name]])),
      { ...fields },
    );
    assert(notes.length <= 1);
  });
}

Deno.test("rhel-8.5 is in KVM like 5.13, but for a fix of its release candidates", () => {
  assertEquals(
    found({ base: "rhel-8.5" }).rows,
    found({ base: "5.13", without: ["linear-debug-pc"] }).rows,
  );
});

Deno.test("kernelOf(): versions in every spelling", () => {
  assertEquals(found({ base: "5.4" }).name, "linux-5.4");
  assertEquals(found({ base: "linux-5.4.0" }).name, "linux-5.4");
  assertEquals(found({ base: "5.4.120" }).name, "linux-5.4.120");
  assertEquals(
    found({ base: "4.4", with: ["70e4da7"] }).name,
    "linux-4.4 with root-cause-fix",
  );
});

Deno.test("kernelOf(): what is folded once is not folded again", () => {
  assertEquals(
    found({ base: "4.4", with: ["root-cause-fix"] }).kernel ===
      found({ base: "4.5" }).kernel,
    true,
  );
});

Deno.test("kernelOf(): what is between trees is said, once", () => {
  assertEquals(found({ base: "4.4.155" }).notes, []);
  assertEquals(found({ base: "4.4.160" }).notes, [
    "linux-4.4.160 is between trees that were read, taken without emulator-forgets-singlestep (not in 4.4.155, in 4.4.178)",
  ]);
  assert(
    found({ base: "4.4.170" }).notes[0].includes(
      "with emulator-forgets-singlestep",
    ),
  );
  assertEquals(found({ base: "6.12.67" }).notes, [
    "linux-6.12.67 is after 6.12.33, the last that was read",
  ]);
  const { rows } = found({ base: "6.12.33" });
  assertEquals(found({ base: "6.12.42" }).rows, rows);
  // A backport whose release is known from its mail is there, whatever was read.
  const later = found({ base: "6.12.67" }).rows;
  assertEquals(
    later.filter((row) => !rows.includes(row)),
    ["guest-rtm-debug", "host-freeze-in-smm"],
  );
});

/** The last point release that was read of a series that went on, or goes on. */
const LAST_READ = [
  ..."4.4.178 4.14.325 4.19.222 5.4.301 5.10.265 5.15.215 5.19.6".split(" "),
  ..."6.1.166 6.6.150 6.12.33 6.18.35 7.1.5".split(" "),
];

for (const base of LAST_READ) {
  Deno.test(`kernelOf(): ${base} was read, and none after it`, () => {
    const isAfter = (release: string) =>
      found({ base: release }).notes.filter((note) =>
        note.includes(`after ${base}, the last that was read`)
      ).length;
    const next = base.replace(/\d+$/, (point) => `${Number(point) + 1}`);
    assertEquals([isAfter(base), isAfter(next)], [0, 1]);
  });
}

Deno.test("rows: which first releases are one of several that are possible", () => {
  const names = changes().filter(({ approximate }) => approximate)
    .map(({ name }) => name);
  assertEquals(names.toSorted(), [
    ...["emulator-sees-dr-failure", "fast-path-stops"],
    ...["host-debugctl-at-load", "injected-exception-flag"],
    ...["payload-keeps-bld", "svm-debugctl-pins-reserved"],
    ...["svm-fast-path", "svm-icebp-exits"],
    ...["vcpu-events-checked", "vcpu-events-payload", "vmx-fast-in"],
  ]);
});

Deno.test("kernelOf(): what makes no sense has its reason", () => {
  assertEquals(
    reason({ base: "4.3" }),
    "4.3 is outside of the known range, 4.4 to 7.3",
  );
  assertEquals(
    reason({ base: "linux-7.4" }),
    "7.4 is outside of the known range, 4.4 to 7.3",
  );
  assertEquals(reason({ base: "4.21" }), "there was no release 4.21");
  assertEquals(reason({ base: "banana" }), "there is no kernel banana");
  assertEquals(
    reason({ base: "4.9", with: ["root-cause-fix"] }),
    "root-cause-fix is in linux-4.9 already",
  );
  assertEquals(
    reason({ base: "4.4", without: ["root-cause-fix"] }),
    "root-cause-fix is not in linux-4.4",
  );
  assertEquals(
    reason({ base: "4.4", with: ["nope"] }),
    "there is no change nope",
  );
  // Six digits are no hash.
  assertEquals(
    reason({ base: "4.4", with: ["70e4da"] }),
    "there is no change 70e4da",
  );
  assertEquals(
    reason({ base: "4.4", with: ["blockirq"] }),
    "blockirq needs set-guest-debug2: it adds a bit to what that one reports",
  );
  assertEquals(
    reason({ base: "6.1", without: ["set-guest-debug2"] }),
    "blockirq needs set-guest-debug2: it adds a bit to what that one reports",
  );
  assertEquals(
    reason({ base: "6.1", with: ["reload-at-load"] }),
    "no-reload-flag does not go with reload-at-load: the flag that it sets is gone",
  );
});

Deno.test("kernelOf(): several at once, in any order", () => {
  const picked = found({
    base: "4.4",
    with: ["blockirq", "set-guest-debug2"],
  });
  assertEquals(picked.kernel.vmx.guestDebugMask, 0x1f_0003);
  const reverted = found({
    base: "6.1",
    without: ["set-guest-debug2", "blockirq"],
  });
  assertEquals(reverted.kernel.vmx.guestDebugMask, 0);
});

Deno.test("distinctKernels(): every mainline release at which behaviour changes", () => {
  assertEquals(distinctKernels().slice(0, 4), [
    "linux-4.4",
    "linux-4.5",
    "linux-4.7",
    "linux-4.10",
  ]);
  assertEquals(distinctKernels().at(-1), "linux-7.3");
  const sinces = new Set(changes().map(({ since }) => since ?? "4.4"));
  assertEquals(
    distinctKernels(),
    [...sinces].toSorted(compareVersions).map((since) => `linux-${since}`),
  );
});

Deno.test("distinctStablePoints(): where a stable series got a change, or lost it", () => {
  const points = distinctStablePoints();
  for (const one of ["linux-4.4.7", "linux-4.4.22", "linux-5.18.2"]) {
    assert(points.includes(one), one);
  }
  assertEquals(points.length, new Set(points).size);
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

Deno.test("compareVersions() compares numbers", () => {
  assert(compareVersions("4.9", "4.10") < 0);
  assert(compareVersions("4.19.72", "4.19.108") < 0);
  assertEquals(compareVersions("5.4", "5.4.0"), 0);
  assert(compareVersions("7.1.5", "7.2") < 0);
});
