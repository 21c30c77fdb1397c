/**
 * arm64, as the language and the commands see it.
 *
 * @module
 */
import {
  type Architecture,
  type CountInfo,
  prefixed,
} from "../architecture.ts";
import { BARE, bareAnswer, bareInfo } from "../bare/kernel.ts";
import { notedRecord } from "../noted_record.ts";
import { withOptions } from "../profile_list.ts";
import { operationLengths } from "../program.ts";
import { ARM64_LOCKSTEP } from "./bare/lockstep.ts";
import { arm64BareRules } from "./bare/rules.ts";
import { PAIRS_MAX } from "./blocks.ts";
import { UNPREDICTABLE, type Unpredictable } from "./frame.ts";
import { SERROR, SPI } from "./hardware/interrupts.ts";
import { modelByName, MODELS } from "./hardware/models.ts";
import { GUESTDBG } from "./kvm/guest_debug_flags.ts";
import { CAPABILITIES } from "./kvm/extensions.ts";
import { ARM64_VMMS } from "./kvm/saving.ts";
import { ARM64_DEFAULT_PROFILE, ARM64_PROFILES } from "./profiles/mod.ts";
import { ARM64_REGISTERS } from "./registers/table.ts";
import { arm64Rules } from "./rules.ts";
import { ARM64_KVM_ABOUT, ARM64_KVM_NAMES } from "./views.ts";

/** Physical CPUs that a machine may have. */
export const CPUS_MAX = 16;

const HOST_COUNTS: readonly CountInfo[] = [
  { name: "brps", min: 1, max: PAIRS_MAX, initial: 6, about: "breakpoints" },
  {
    name: "ctx",
    min: 1,
    max: PAIRS_MAX,
    initial: 2,
    about: "context-aware breakpoints, the highest-numbered ones",
  },
  { name: "wrps", min: 1, max: PAIRS_MAX, initial: 4, about: "watchpoints" },
  { name: "cpus", min: 1, max: CPUS_MAX, initial: 1, about: "physical CPUs" },
  {
    name: "vhe",
    min: 0,
    max: 1,
    initial: undefined,
    about:
      "1: the host kernel runs at EL2, with VHE, if it is 4.6 or later; 0: at EL1",
  },
];

/** Counts that are the host's alone. */
const NOT_OF_GUESTS: readonly string[] = ["cpus", "vhe"];

const GUEST_COUNTS: readonly CountInfo[] = HOST_COUNTS
  .filter(({ name }) => !NOT_OF_GUESTS.includes(name))
  .map((count) => ({ ...count, initial: undefined }));

const UNPREDICTABLE_ABOUT: Record<Unpredictable, string> = {
  never: "a link to a missing or not context-aware breakpoint never matches",
  "ignore-link": "such a link is ignored",
  other: "such a link goes to the lowest context-aware breakpoint",
};

const BARE_INFO = bareInfo([]);

/** The arm64 architecture. */
export const ARM64: Architecture = {
  name: "arm64",
  registers: ARM64_REGISTERS,
  lockstep: ARM64_LOCKSTEP,
  profiles: ARM64_PROFILES.infos,
  defaultProfile: ARM64_DEFAULT_PROFILE,
  hostCounts: HOST_COUNTS,
  guestCounts: GUEST_COUNTS,
  models: MODELS.map(({ name, about }) => ({ name, about, vendors: [] })),
  unpredictable: UNPREDICTABLE.map((name) => ({
    name,
    about: UNPREDICTABLE_ABOUT[name],
  })),
  kvmNames: ARM64_KVM_NAMES,
  kvmAbout: ARM64_KVM_ABOUT,
  kvmFlags: { guest_debug: prefixed("KVM_GUESTDBG_", GUESTDBG) },
  deciders: {
    registers: ["emulate", "guest_debug", "dirty", "debug_ptr", "owner"],
    step: ["guest_debug"],
    stepWhileSet: {},
    loaded: "the breakpoint and watchpoint registers",
    loads: "arm64:E/1.8",
    stepMissed: undefined,
    resume: undefined,
    controls: { breakpoint: "dbgbcr", watchpoint: "dbgwcr" },
    unraised: {},
    // TDA and TDE.
    traps: {
      register: "MDCR_EL2",
      kvm: "mdcr_el2",
      bit: 1n << 9n,
      routes: 1n << 8n,
      late: "arm64:F24",
    },
  },
  stepFlags: { MDSCR_EL1: 1n, PSTATE: 1n << 21n },
  capabilities: CAPABILITIES,
  enabled: [],
  vmms: ARM64_VMMS,
  enabledBy: {},
  restoredOn: GUEST_COUNTS,
  notModelled: () => undefined,
  instructions: operationLengths("arm64"),
  exceptions: [
    "undef",
    "breakpoint",
    "watchpoint",
    "step",
    "brk",
    "svc",
    "interrupt",
    "serror",
  ],
  exceptionFields: ["esr", "ec", "far", "elr", "spsr", "intid"],
  exitFields: ["ec", "hsr", "far", "flags", "pc", "pstate", "mmio", "errno"],
  mmio: { first: 0x1000_0000n, last: 0x1000_ffffn },
  // Up to 8 by BAS, from 8 by MASK. Rule arm64:A/9.
  watchSizes: [
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    ...Array.from({ length: 29 }, (_, i) => 2 ** (i + 3)),
  ],
  // By BAS alone: perf knows HW_BREAKPOINT_LEN_1 to _8.
  hostWatchSizes: [1, 2, 3, 4, 5, 6, 7, 8],
  watchAccesses: ["load", "store", "access"],
  codeAlignment: 4,
  interrupts: { ...SPI, others: { serror: SERROR } },
  injectable: [],
  kernel: (text) => bareAnswer(BARE_INFO, text) ?? ARM64_PROFILES.find(text),
  kernelNames: () => [...ARM64_PROFILES.names(), BARE],
  changes: () => ARM64_PROFILES.changes,
  distinctKernels: () => ARM64_PROFILES.distinctKernels(),
  checkHost({ brps, ctx, vhe }, name) {
    if (ctx > brps) {
      return `ctx=${ctx} is above brps=${brps}: context-aware breakpoints are some of them`;
    }
    const model = modelByName(name ?? MODELS[0].name);
    return vhe === 1 && !model.vhe
      ? `vhe=1, but ${model.name} has no VHE: it comes with Armv8.1`
      : undefined;
  },
  createRules(kernel, { counts, model, unpredictable }) {
    const count = (name: string): number =>
      counts[name] ??
        HOST_COUNTS.find((info) => info.name === name)!.initial!;
    const hardware = modelByName(model ?? MODELS[0].name);
    const machine = {
      brps: count("brps"),
      ctx: count("ctx"),
      wrps: count("wrps"),
      model: hardware,
      vhe: counts.vhe === undefined ? hardware.vhe : counts.vhe === 1,
      unpredictable: (unpredictable ?? UNPREDICTABLE[0]) as Unpredictable,
    };
    if (kernel.profile === BARE) return arm64BareRules(machine);
    const profile = ARM64_PROFILES.byName(kernel.profile);
    const record = withOptions(profile, profile.options, kernel.options);
    const { fieldsRead } = kernel;
    return arm64Rules(
      fieldsRead ? notedRecord(record, fieldsRead) : record,
      machine,
    );
  },
};
