import { assert, assertEquals } from "@std/assert";
import { BASE } from "../engine/arm64/history/base.ts";
import { kernelOf } from "../engine/arm64/history/mod.ts";
import type { Arm64Kernel } from "../engine/arm64/kvm/kernel.ts";
import { MDSCR_KDE, MDSCR_MDE } from "../engine/arm64/kvm/mdscr_copy.ts";
import {
  contextAwareLast,
  sameNumbers,
} from "../engine/arm64/kvm/numbering.ts";
import { ownerSwitch } from "../engine/arm64/kvm/owner_switch.ts";
import { pointerSwitch } from "../engine/arm64/kvm/pointer_switch.ts";
import { arm64Record } from "./arm64_record.ts";

/**
 * Trees whose source was searched for what each field stands for, and how each differs from the tree above it.
 * `debugOwner` is the switch with an owner. Point releases stand between the mainline releases, so that a change that
 * mainline got later goes away again.
 */
const TREES: readonly (readonly [version: string, difference: string])[] = [
  ["4.4.1", ""],
  ["4.4.38", ""],
  ["4.4.155", ""],
  ["4.5.0", ""],
  ["4.5.7", ""],
  ["4.6.2", ""],
  ["4.9.0", ""],
  ["4.9.76", ""],
  ["4.9.115", ""],
  ["4.9.337", ""],
  ["4.10.17", ""],
  ["4.12.0", "+trapsSpe"],
  ["4.13.4", ""],
  ["4.13.9", ""],
  ["4.14.74", ""],
  ["4.14.75", ""],
  ["4.14.238", "+trapsTraceFilter"],
  ["4.14.241", ""],
  ["4.16.13", "+fakesStep +trapsIdRegisters -trapsTraceFilter"],
  ["4.18.0", "+mdcrAtLoad"],
  ["4.19.0", "+vcpuEvents"],
  ["4.19.40", ""],
  ["4.19.90", "+aliasesNumber0"],
  ["4.19.124", "+writesMdcrChanges"],
  ["4.20.0", "-aliasesNumber0 -writesMdcrChanges"],
  ["5.0.0", "+skipAdvancesStep -fakesStep"],
  ["5.0.1", ""],
  ["5.2.1", ""],
  ["5.3.1", "+aliasesNumber0"],
  ["5.4.1", ""],
  ["5.4.38", "+writesMdcrChanges"],
  ["5.4.120", "+trapsTraceFilter"],
  ["5.6.4", "-trapsTraceFilter"],
  ["5.7.14", ""],
  ["5.8.1", ""],
  ["5.9.1", ""],
  ["5.9.2", ""],
  ["5.10.7", ""],
  ["5.10.44", "+initialMdcr +trapsTraceFilter -aliasesNumber0"],
  [
    "5.11.0",
    "+adjustsPcAtEntry +aliasesNumber0 -initialMdcr -trapsTraceFilter +hidesAbsentPmu",
  ],
  [
    "5.12.9",
    "+initialMdcr +trapsTraceFilter -aliasesNumber0 +hidesAbsentAa32Pmu",
  ],
  ["5.14.2", "+commitsPc +hidesSpe +setGuestDebug2"],
  ["5.15.16", ""],
  ["5.15.100", ""],
  ["5.15.135", ""],
  ["5.15.167", ""],
  ["5.17", ""],
  ["5.18.12", "+osLock"],
  ["5.19.6", "+hsrHigh"],
  ["6.0.1", ""],
  ["6.0.19", ""],
  ["6.1", "+keepsSs +tracksPending"],
  ["6.1.20", ""],
  ["6.1.158", ""],
  ["6.2.12", "+writesPmuVersion"],
  ["6.4.6", ""],
  ["6.6.9", "+vmWideIds"],
  ["6.7.3", ""],
  ["6.8.0", ""],
  ["6.12.0", "+writesWatchpoints"],
  ["6.13.2", ""],
  ["6.14.0", "+debugOwner"],
  ["6.17.0", "+serrorAtOnce"],
  ["6.18.33", "+unsignedPmuVersion"],
  ["6.19.0", "-unsignedPmuVersion"],
  ["7.1.3", "+unsignedPmuVersion"],
  ["7.1.5", ""],
];

/** The fields that are true. */
function trueFields(kernel: Arm64Kernel): string[] {
  const fields = Object.entries(kernel).flatMap(([field, value]) =>
    value === true ? [field] : []
  );
  return kernel.debugSwitch === ownerSwitch
    ? [...fields, "debugOwner"]
    : fields;
}

function recordOf(base: string): Arm64Kernel {
  const found = kernelOf({ base });
  assert(found.ok, base);
  return found.kernel;
}

/** Not searched for: in all trees, or read in other files. */
const NOT_IN_TREES = [
  "hwDebugCapabilities",
  "leavesVmWithFwb",
  "skipsMmioAfterwards",
  "usesVhe",
];

Deno.test("arm64 history: each tree that was read is what its version folds to", () => {
  const has = new Set<string>();
  for (const [version, difference] of TREES) {
    for (const word of difference.split(" ").filter((one) => one !== "")) {
      if (word.startsWith("+")) has.add(word.slice(1));
      else assert(has.delete(word.slice(1)), `${version}: ${word}`);
    }
    const folded = trueFields(recordOf(version)).filter((field) =>
      !NOT_IN_TREES.includes(field)
    );
    assertEquals(folded.toSorted(), [...has].toSorted(), version);
  }
});

/** The last point release of each series that was read. */
const LAST_READ = [
  ..."4.4.178 4.5.7 4.6.2 4.9.337 4.10.17 4.13.9 4.14.325 4.16.13".split(" "),
  ..."4.19.222 5.0.1 5.2.1 5.3.1 5.4.301 5.6.4 5.7.14 5.8.1 5.9.2".split(" "),
  ..."5.10.265 5.12.9 5.14.2 5.15.215 5.16.10 5.18.12 5.19.6".split(" "),
  ..."6.0.19 6.1.166 6.2.12 6.3.8 6.4.6 6.6.150 6.7.3 6.8.1".split(" "),
  ..."6.12.33 6.13.2 6.18.35 7.1.5".split(" "),
];

/** Whether a note says that a release is after another, the last that was read. */
function isAfter(release: string, last: string): boolean {
  const found = kernelOf({ base: release });
  return found.ok &&
    found.notes.some((note) =>
      note.includes(`after ${last}, the last that was read`)
    );
}

Deno.test("arm64 history: which point release of a series is the last that was read", () => {
  for (const last of LAST_READ) {
    const next = last.replace(/\d+$/, (point) => `${Number(point) + 1}`);
    // 4.5.7, 4.9.337, 4.10.17 and 6.0.19 ended their series.
    const hasEnded = !kernelOf({ base: next }).ok;
    assertEquals([isAfter(last, last), isAfter(next, last)], [
      false,
      !hasEnded,
    ]);
  }
});

Deno.test("arm64 history: no tree that was searched is after the last that was read", () => {
  for (const [version] of TREES) {
    const found = kernelOf({ base: version });
    assert(found.ok);
    assert(!found.notes.join().includes("the last that was read"), version);
  }
});

/** Fields with more than two values, as the trees have them. */
const VALUES: readonly (readonly [
  version: string,
  debugVersion: Arm64Kernel["debugVersion"],
  pmuVersionLimit: number,
])[] = [
  ["4.4.1", "host", 15],
  ["5.4.120", "host", 15],
  ["5.4.273", "host", 4],
  ["5.6.4", "host", 15],
  ["5.7.14", "host", 4],
  ["5.11.0", "host", 4],
  ["5.12.9", "v8.0", 4],
  ["6.6.9", "v8.0", 4],
  ["6.7.3", "up to v8.8", 4],
  ["7.1.5", "up to v8.8", 4],
];

Deno.test("arm64 history: versions that a guest reads", () => {
  for (const [version, debugVersion, pmuVersionLimit] of VALUES) {
    const record = recordOf(version);
    assertEquals(
      [record.debugVersion, record.pmuVersionLimit],
      [debugVersion, pmuVersionLimit],
      version,
    );
  }
});

/** MMIO that moves the PC afterwards: arch/arm/kvm/mmio.c and virt/kvm/arm/mmio.c. */
const MMIO: readonly (readonly [version: string, afterwards: boolean])[] = [
  ["4.4.1", false],
  ["4.9.115", false],
  ["4.9.337", true],
  ["4.10.17", false],
  ["4.14.75", false],
  ["4.14.238", true],
  ["4.18.0", false],
  ["4.19.0", false],
  ["4.19.40", true],
  ["4.20.0", false],
  ["5.0.0", true],
  ["7.1.5", true],
];

Deno.test("arm64 history: when the PC moves past MMIO", () => {
  for (const [version, afterwards] of MMIO) {
    assertEquals(recordOf(version).skipsMmioAfterwards, afterwards, version);
  }
});

/** What an SMC of the guest comes to: handle_exit.c, handle_smc(). */
const SMC: readonly (readonly [version: string, smc: Arm64Kernel["smc"]])[] = [
  ["4.4.1", "undefined"],
  ["4.9.0", "undefined"],
  ["4.9.154", "skips"],
  ["4.14.0", "undefined"],
  ["4.14.75", "skips"],
  ["4.15", "stays"],
  ["4.19.0", "skips"],
  ["7.1.5", "skips"],
];

Deno.test("arm64 history: what an SMC comes to", () => {
  for (const [version, smc] of SMC) {
    assertEquals(recordOf(version).smc, smc, version);
  }
});

/** The record of 5.18 as it was written before it was folded. Rules arm64:E/1. */
const V5_18: Arm64Kernel = {
  debugSwitch: pointerSwitch,
  numbering: sameNumbers,
  switchRules: {
    load: "arm64:E/1.7",
    enter: "arm64:E/1.3",
    exit: "arm64:E/1.9",
    put: "arm64:E/1.8",
    switchIn: "arm64:E/1.8",
    switchOut: "arm64:E/1.8",
    mdcr: "arm64:E/1.3",
    setup: "arm64:E/1.5",
    step: "arm64:E/1.4",
    clear: "arm64:E/1.9",
    dirty: "arm64:E/1.6",
    accessed: "arm64:E/1.10",
  },
  rule: "arm64:E/1.10",
  forcedMdscr: MDSCR_MDE,
  keepsSs: false,
  tracksPending: false,
  skipAdvancesStep: true,
  usesVhe: true,
  leavesVmWithFwb: true,
  vcpuEvents: true,
  serrorSetsIl: false,
  serrorAtOnce: false,
  commitsPc: true,
  smc: "skips",
  fakesStep: false,
  skipsMmioAfterwards: true,
  adjustsPcAtEntry: true,
  trapsSpe: true,
  trapsTraceFilter: true,
  mdcrAtLoad: true,
  writesMdcrChanges: true,
  initialMdcr: true,
  aliasesNumber0: false,
  osLock: true,
  hsrHigh: false,
  hwDebugCapabilities: true,
  setGuestDebug2: true,
  trapsIdRegisters: true,
  debugVersion: "v8.0",
  pmuVersionLimit: 4,
  hidesAbsentPmu: true,
  hidesAbsentAa32Pmu: true,
  hidesSpe: true,
  writesPmuVersion: false,
  vmWideIds: false,
  writesWatchpoints: false,
  unsignedPmuVersion: false,
  configurableIds: false,
};
const V6_1: Arm64Kernel = {
  ...V5_18,
  keepsSs: true,
  tracksPending: true,
  hsrHigh: true,
};
const V6_12: Arm64Kernel = {
  ...V6_1,
  debugVersion: "up to v8.8",
  writesPmuVersion: true,
  vmWideIds: true,
  writesWatchpoints: true,
};
const V7_2: Arm64Kernel = {
  ...V6_12,
  serrorSetsIl: true,
  serrorAtOnce: true,
  debugSwitch: ownerSwitch,
  switchRules: {
    load: "arm64:E/2.1",
    enter: "arm64:E/2.2",
    exit: "arm64:E/2.8",
    put: "arm64:E/2.4",
    switchIn: "arm64:E/2.8",
    switchOut: "arm64:E/2.8",
    mdcr: "arm64:E/2.2",
    setup: "arm64:E/2.5",
    step: "arm64:E/2.6",
    clear: "arm64:E/2.5",
    dirty: "arm64:E/2.1",
    accessed: "arm64:E/2.3",
  },
  rule: "arm64:E/2.9",
  unsignedPmuVersion: true,
};

const BY_HAND: Readonly<Record<string, Arm64Kernel>> = {
  "linux-4.4": BASE,
  "linux-5.18": V5_18,
  "linux-6.1": V6_1,
  "linux-6.12": V6_12,
  "linux-7.2": V7_2,
  "watanabe-v7": {
    ...V5_18,
    numbering: contextAwareLast,
    configurableIds: true,
    rule: "arm64:D28",
  },
  "bennee-v3": {
    ...BASE,
    forcedMdscr: MDSCR_KDE | MDSCR_MDE,
    keepsSs: true,
    switchRules: {
      load: "arm64:B1",
      enter: "arm64:B8",
      exit: "arm64:B11",
      put: "arm64:B10",
      switchIn: "arm64:B9",
      switchOut: "arm64:B10",
      mdcr: "arm64:B8",
      setup: "arm64:B8",
      step: "arm64:B8.4",
      clear: "arm64:B11",
      dirty: "arm64:B9",
      accessed: "arm64:E/1.10",
    },
    rule: "arm64:B12",
  },
};

for (const [name, record] of Object.entries(BY_HAND)) {
  Deno.test(`arm64 history: ${name} is the record that was written by hand`, () => {
    assertEquals(arm64Record(name), record);
  });
}
