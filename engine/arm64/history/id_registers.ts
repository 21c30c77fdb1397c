/**
 * Rows of history: what a guest reads about the debug hardware, and what userspace may make of it. A table of data.
 *
 * @module
 */
import { type Arm64Change, fields } from "./row.ts";

const TRAPPED = {
  row: "trap-id-registers",
  why: "without it the guest reads the CPU's own registers",
} as const;

/** What replaced the limit of PMUVer assumes that a vCPU without a PMU has none. */
const NO_PMU = [
  {
    row: "hide-absent-pmu",
    why: "PMUVer of a vCPU without a PMU begins at 0",
  },
  {
    row: "hide-absent-aa32-pmu",
    why: "PerfMon of a vCPU without a PMU begins at 0",
  },
] as const;

/** Oldest first. */
export const idRegisterRows = (): readonly Arm64Change[] => [
  {
    name: "trap-id-registers",
    commits: [{
      hash: "93390c0a1b20",
      subject: "arm64: KVM: Hide unsupported AArch64 CPU features from guests",
      seen: "commit",
    }],
    // No tree of 4.15 was read. The commit is v4.15-rc1~110^2~27 (mail of Dave Martin to kvmarm, 19 October 2020), and
    // tools/testing/selftests/kvm/aarch64/get-reg-list.c names 4.15 as the first release that lists the ID registers.
    since: "4.15",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/1.20", "arm64:E/1.24"],
    before:
      "The guest reads the CPU's own ID registers, and KVM_GET_ONE_REG of them gives ENOENT.",
    after:
      "A read traps, and KVM_GET_ONE_REG and KVM_SET_ONE_REG know them; only the present value is accepted.",
    fields: fields({ trapsIdRegisters: false }, { trapsIdRegisters: true }),
  },
  {
    name: "limit-pmu-version",
    commits: [{
      hash: "c854188ea010",
      subject: "KVM: arm64: limit PMU version to PMUv3 for ARMv8.1",
      seen: "commit",
    }],
    since: "5.7",
    stable: [
      { series: "4.19", since: "4.19.301", seen: "announcement" },
      { series: "5.4", since: "5.4.263", seen: "announcement" },
    ],
    confidence: "read",
    rules: ["arm64:E/1.20"],
    before: "PMUVer and PerfMon are the machine's.",
    after: "They are at most 4, of Armv8.1.",
    fields: fields({ pmuVersionLimit: 15 }, { pmuVersionLimit: 4 }),
    needs: [TRAPPED],
  },
  {
    name: "hide-absent-pmu",
    commits: [{
      hash: "04355e41a603",
      subject:
        "KVM: arm64: Set ID_AA64DFR0_EL1.PMUVer to 0 when no PMU support",
      seen: "commit",
    }],
    since: "5.11",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/1.20"],
    before: "PMUVer does not tell whether the vCPU has a PMU.",
    after: "It is 0 for a vCPU without one.",
    fields: fields({ hidesAbsentPmu: false }, { hidesAbsentPmu: true }),
    needs: [TRAPPED],
  },
  {
    name: "limit-debug-version",
    commits: [{
      hash: "94893fc9ad8c",
      subject: "KVM: arm64: Limit the debug architecture to ARMv8.0",
      seen: "commit",
    }],
    since: "5.12",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/1.13"],
    before: "DebugVer is the machine's.",
    after: "It is 6, of Armv8.0.",
    fields: fields({ debugVersion: "host" }, { debugVersion: "v8.0" }),
    needs: [TRAPPED],
  },
  {
    name: "hide-absent-aa32-pmu",
    commits: [{
      hash: "cb95914685ca",
      subject: "KVM: arm64: Fix AArch32 PMUv3 capping",
      seen: "commit",
    }],
    since: "5.12",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/1.13"],
    before: "ID_DFR0_EL1.PerfMon does not tell whether the vCPU has a PMU.",
    after: "It is 0 for a vCPU without one.",
    fields: fields(
      { hidesAbsentAa32Pmu: false },
      { hidesAbsentAa32Pmu: true },
    ),
    needs: [TRAPPED],
  },
  {
    name: "hide-spe",
    commits: [{
      hash: "96f4f6809bee",
      subject: "KVM: arm64: Don't advertise FEAT_SPE to guests",
      seen: "commit",
    }],
    since: "5.13",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/1.13"],
    before: "PMSVer is the machine's, although every access to SPE traps.",
    after: "It is 0.",
    fields: fields({ hidesSpe: false }, { hidesSpe: true }),
    needs: [TRAPPED],
  },
  {
    name: "writable-pmu-version",
    commits: [
      {
        hash: "60e651ff1f48",
        subject:
          "KVM: arm64: PMU: Allow ID_AA64DFR0_EL1.PMUver to be set from userspace",
        seen: "commit",
      },
      {
        hash: "d82e0dfdfda7",
        subject:
          "KVM: arm64: PMU: Allow ID_DFR0_EL1.PerfMon to be set from userspace",
        seen: "commit",
      },
    ],
    since: "6.2",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/1.16"],
    before: "KVM_SET_ONE_REG of another PMUVer gives EINVAL.",
    after:
      "It is accepted, also after a run: 0 and the implementation defined 15, which the guest then reads, for a vCPU without a PMU.",
    fields: fields({ writesPmuVersion: false }, { writesPmuVersion: true }),
    needs: [TRAPPED, ...NO_PMU],
  },
  {
    name: "vm-wide-id-registers",
    commits: [
      {
        hash: "473341469042",
        subject: "KVM: arm64: Save ID registers' sanitized value per guest",
        seen: "commit",
      },
      {
        hash: "2e8bf0cbd058",
        subject:
          "KVM: arm64: Use arm64_ftr_bits to sanitise ID register writes",
        seen: "commit",
      },
      {
        hash: "c118cead07a7",
        subject: "KVM: arm64: Use generic sanitisation for ID_(AA64)DFR0_EL1",
        seen: "commit",
      },
    ],
    since: "6.5",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/1.17", "arm64:F11"],
    before: "A write after the first run is judged as one before it.",
    after:
      "After the first run another value gives EBUSY; PMUVer 15 is taken as 0.",
    fields: fields({ vmWideIds: false }, { vmWideIds: true }),
    needs: [TRAPPED, ...NO_PMU],
  },
  {
    name: "writable-debug-version",
    commits: [
      {
        hash: "5a23e5c7cb0d",
        subject: "KVM: arm64: Advertise selected DebugVer in DBGDIDR.Version",
        seen: "commit",
      },
      {
        hash: "a9bc4a1c1e0c",
        subject:
          "KVM: arm64: Reject attempts to set invalid debug arch version",
        seen: "commit",
      },
      {
        hash: "9f9917bc71b0",
        subject:
          "KVM: arm64: Bump up the default KVM sanitised debug version to v8p8",
        seen: "commit",
      },
    ],
    since: "6.7",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/1.18", "arm64:F12"],
    before: "DebugVer is 6, and another value gives EINVAL.",
    after:
      "DebugVer is the machine's, at most 10, and userspace may lower it to 6.",
    fields: fields({ debugVersion: "v8.0" }, { debugVersion: "up to v8.8" }),
    needs: [
      { row: "limit-debug-version", why: "it raises that limit" },
      {
        row: "vm-wide-id-registers",
        why: "what userspace writes is kept for the VM",
      },
    ],
  },
  {
    name: "writable-watchpoints",
    commits: [{
      hash: "980c41f554c3",
      subject:
        "KVM: arm64: Make the exposed feature bits in AA64DFR0_EL1 writable from userspace",
      seen: "commit",
    }],
    since: "6.12",
    stable: [],
    confidence: "read",
    rules: ["arm64:E/2.13", "arm64:N18"],
    before: "KVM_SET_ONE_REG with fewer watchpoints gives EINVAL.",
    after: "It is accepted before the first run, as is another DoubleLock.",
    fields: fields({ writesWatchpoints: false }, { writesWatchpoints: true }),
    needs: [{
      row: "vm-wide-id-registers",
      why: "what userspace writes is kept for the VM",
    }],
  },
  {
    name: "unsigned-pmu-version",
    commits: [{
      hash: "d1dcc20bcc40",
      subject: "arm64: cpufeature: Make PMUVer and PerfMon unsigned",
      seen: "commit",
    }],
    since: "7.1",
    stable: [
      { series: "6.6", since: "6.6.141", seen: "announcement" },
      { series: "6.12", since: "6.12.91", seen: "announcement" },
      { series: "6.18", since: "6.18.33" },
      { series: "7.0", since: "7.0.10", seen: "announcement" },
    ],
    confidence: "read",
    rules: ["arm64:E/2.13"],
    before:
      "PMUVer of 8 to 14 counts as negative, and is accepted for a vCPU without a PMU.",
    after: "It gives EINVAL.",
    fields: fields(
      { unsignedPmuVersion: false },
      { unsignedPmuVersion: true },
    ),
    needs: [
      {
        row: "vm-wide-id-registers",
        why: "before it the field's sign did not matter",
      },
      {
        row: "writable-pmu-version",
        why: "it changes what userspace may write there",
      },
    ],
  },
];
