/**
 * A vocabulary for the tests of the language: a small part of the real one, typed by hand, so that they need
 * no engine.
 *
 * @module
 */
import type {
  ArchVocabulary,
  FieldWord,
  RegisterWord,
  Vocabulary,
} from "./resolve/vocabulary.ts";

function field(
  name: string,
  widthBits: number,
  values?: FieldWord["values"],
): FieldWord {
  return { name, widthBits, values };
}

function family(
  stem: string,
  { suffix = "", count, fields }: {
    readonly suffix?: string;
    readonly count: number;
    readonly fields: readonly FieldWord[];
  },
): RegisterWord[] {
  return Array.from({ length: count }, (_, number) => ({
    name: `${stem.toUpperCase()}${number}${suffix}`,
    short: `${stem}${number}`,
    family: stem,
    number,
    widthBits: 64,
    fields,
    fieldwise: false,
  }));
}

function single(
  name: string,
  short: string,
  fields: readonly FieldWord[],
  fieldwise = false,
): RegisterWord {
  return {
    name,
    short,
    family: short,
    number: -1,
    widthBits: 64,
    fields,
    fieldwise,
  };
}

const PRIVILEGE = { none: 0n, el1: 1n, el0: 2n, both: 3n };

const ARM64: ArchVocabulary = {
  name: "arm64",
  registers: [
    ...family("dbgbcr", {
      suffix: "_EL1",
      count: 16,
      fields: [
        field("BT", 4, {
          "unlinked-address": 0n,
          "linked-address": 1n,
          "unlinked-context": 2n,
          "linked-context": 3n,
        }),
        field("LBN", 4),
        field("SSC", 2),
        field("HMC", 1),
        field("BAS", 4),
        field("PMC", 2, PRIVILEGE),
        field("E", 1),
      ],
    }),
    ...family("dbgbvr", {
      suffix: "_EL1",
      count: 16,
      fields: [field("VA", 47)],
    }),
    ...family("dbgwcr", {
      suffix: "_EL1",
      count: 16,
      fields: [
        field("MASK", 5),
        field("WT", 1, { unlinked: 0n, linked: 1n }),
        field("LBN", 4),
        field("BAS", 8),
        field("LSC", 2, { load: 1n, store: 2n, both: 3n }),
        field("PAC", 2, PRIVILEGE),
        field("E", 1),
      ],
    }),
    ...family("dbgwvr", {
      suffix: "_EL1",
      count: 16,
      fields: [field("VA", 47)],
    }),
    single("MDSCR_EL1", "mdscr", [
      field("MDE", 1),
      field("KDE", 1),
      field("SS", 1),
    ]),
    single("CONTEXTIDR_EL1", "contextidr", [field("PROCID", 32)]),
    single("PSTATE", "pstate", [field("D", 1)], true),
  ],
  userRegisters: [],
  profiles: [
    {
      name: "bennee-v2",
      vendors: [],
      options: { clear: ["after-handle", "after-exit"] },
    },
    { name: "watanabe-v7", vendors: [], options: {} },
    { name: "linux-6.1", vendors: [], options: {} },
    { name: "linux-6.12", vendors: [], options: {} },
  ],
  hostCounts: [
    { name: "brps", min: 2, max: 16, initial: 6 },
    { name: "ctx", min: 1, max: 16, initial: 2 },
    { name: "wrps", min: 2, max: 16, initial: 4 },
    { name: "cpus", min: 1, max: 16, initial: 1 },
  ],
  guestCounts: [
    { name: "brps", min: 1, max: 16 },
    { name: "ctx", min: 1, max: 16 },
    { name: "wrps", min: 1, max: 16 },
    { name: "vcpus", min: 1, max: 16, initial: 1 },
  ],
  models: ["architecture", "qemu-max"],
  unpredictable: ["never", "other"],
  kvmNames: [
    { name: "dirty", fields: [] },
    { name: "emulate", fields: [] },
    { name: "debug_ptr", fields: [] },
    { name: "stored_dbgbvr0", fields: [] },
    { name: "stored_dbgbvr1", fields: [] },
    { name: "mdcr_el2", fields: [field("TDA", 1), field("TDE", 1)] },
  ],
  capabilities: ["SET_GUEST_DEBUG", "GUEST_DEBUG_HW_BPS"],
  instructions: [
    ...["write", "read", "exec", "load", "store", "rmw"],
    ...["brk", "svc", "hvc", "isb"],
  ],
  exceptions: ["undef", "breakpoint", "watchpoint", "step", "brk", "svc"],
  exceptionFields: ["esr", "ec", "far", "elr"],
  exitFields: ["ec", "hsr", "far", "pc"],
  injectable: [],
  watchSizes: [1, 2, 3, 4, 5, 6, 7, 8, 16],
  hostWatchSizes: [1, 2, 3, 4, 5, 6, 7, 8],
  watchAccesses: ["load", "store", "access"],
  codeAlignment: 4,
  checkHost: ({ brps, ctx }) =>
    ctx > brps ? `ctx=${ctx} is above brps=${brps}` : undefined,
};

const X86: ArchVocabulary = {
  name: "x86",
  registers: [
    ...family("dr", { count: 4, fields: [field("ADDRESS", 64)] }),
    single("DR6", "dr6", [field("B0", 1), field("BS", 1), field("BD", 1)]),
    single("DR7", "dr7", [
      field("L0", 1),
      field("G0", 1),
      field("G1", 1),
      field("RW0", 2, { execute: 0n, write: 1n, io: 2n, access: 3n }),
      field("LEN0", 2, { bytes1: 0n, bytes2: 1n, bytes8: 2n, bytes4: 3n }),
      field("GD", 1),
    ]),
    single("RFLAGS", "rflags", [field("TF", 1), field("RF", 1)], true),
    single("CR4", "cr4", [field("DE", 1)], true),
  ],
  userRegisters: [single("DEBUGREGS", "debugregs", [field("FLAGS", 64)])],
  profiles: [
    { name: "linux-4.4", vendors: ["vmx", "svm"], options: {} },
    { name: "linux-4.9", vendors: ["vmx", "svm"], options: {} },
    { name: "linux-6.1", vendors: ["vmx", "svm"], options: {} },
  ],
  hostCounts: [{ name: "cpus", min: 1, max: 16, initial: 1 }],
  guestCounts: [
    { name: "rtm", min: 0, max: 1 },
    { name: "bld", min: 0, max: 1 },
    { name: "vcpus", min: 1, max: 16, initial: 1 },
  ],
  models: ["architecture"],
  unpredictable: [],
  kvmNames: [
    { name: "switch_db_regs", fields: [] },
    { name: "eff_db0", fields: [] },
  ],
  capabilities: ["SET_GUEST_DEBUG", "DEBUGREGS"],
  instructions: [
    ...["write", "read", "exec", "load", "store", "rmw", "in", "out", "int3"],
    ...[
      "icebp",
      "int1",
      "cpuid",
      "wrmsr",
      "movss",
      "popf",
      "hlt",
      "taskswitch",
    ],
  ],
  exceptions: ["db", "bp", "ud", "gp"],
  exceptionFields: ["vector", "rip", "error", "dr6", "dr7"],
  exitFields: ["pc", "dr6", "dr7", "exception"],
  injectable: ["db", "bp"],
  watchSizes: [1, 2, 4, 8],
  hostWatchSizes: [1, 2, 4, 8],
  watchAccesses: ["store", "access"],
  codeAlignment: 1,
  checkHost: () => undefined,
};

/** A realistic part of both architectures. */
export const FIXTURE: Vocabulary = {
  arches: [ARM64, X86],
  defaultArch: "arm64",
  exits: ["idle", "debug", "preempted", "io", "mmio", "error"],
  errnos: ["EINVAL", "ENOENT", "EBUSY", "E2BIG"],
  costs: ["exits", "traps", "dr-loads", "dr-saves", "dr-exits", "reloads"],
  properties: ["missed", "stray", "leak", "stale", "host-lost", "warn"],
};
