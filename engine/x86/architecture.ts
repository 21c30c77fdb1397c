/**
 * x86, as the language and the commands see it.
 *
 * @module
 */
import {
  type Architecture,
  type CountInfo,
  prefixed,
} from "../architecture.ts";
import { BARE, bareAnswer, bareInfo } from "../bare/kernel.ts";
import { operationLengths } from "../program.ts";
import { lowWord } from "../word64.ts";
import { X86_LOCKSTEP } from "./bare/lockstep.ts";
import { x86BareRules } from "./bare/rules.ts";
import {
  type Vendor,
  VENDORS,
  X86_MODELS,
  type X86Model,
  type X86ModelName,
} from "./hardware/models.ts";
import { FIRST_INTERRUPT, VECTOR } from "./blocks.ts";
import { SWITCH } from "./kvm/constants.ts";
import { GUESTDBG } from "./kvm/guest_debug_flags.ts";
import { X86_ENABLED, X86_EXTENSIONS } from "./kvm/extensions.ts";
import { X86_ENABLED_BY, X86_VMMS } from "./kvm/saving.ts";
import { eventsNotModelled } from "./kvm/vcpu_events.ts";
import { X86_DEFAULT_PROFILE, X86_PROFILES } from "./profiles/mod.ts";
import { DR7_BITS } from "./registers/dr7.ts";
import { REG } from "./registers/ids.ts";
import { FLAGS } from "./registers/rflags.ts";
import { X86_REGISTERS } from "./registers/table.ts";
import { x86Rules } from "./rules.ts";
import { X86_KVM_ABOUT, X86_KVM_NAMES } from "./views.ts";

/** Physical CPUs that a machine may have. */
const CPUS_MAX = 16;

/** Addresses without memory, as in the recordings' guest. */
const MMIO = { first: 0xc0_0000n, last: 0xcf_ffffn } as const;

const HOST_COUNTS: readonly CountInfo[] = [
  { name: "cpus", min: 1, max: CPUS_MAX, initial: 1, about: "physical CPUs" },
];

const GUEST_COUNTS: readonly CountInfo[] = [
  {
    name: "rtm",
    min: 0,
    max: 1,
    initial: 0,
    about: "transactional memory: DR6.RTM can be 0",
  },
  {
    name: "bld",
    min: 0,
    max: 1,
    initial: 0,
    about: "bus lock detection: DR6.BLD can be 0",
  },
  {
    name: "fmask",
    min: 0,
    max: 0xffff_ffff,
    initial: 0,
    about: "IA32_FMASK: flags that SYSCALL clears, 0x100 for TF",
  },
  {
    name: "csbase",
    min: 0,
    max: 0xffff_ffff,
    initial: 0,
    about:
      "base in the descriptor of the code segment, which 64-bit code ignores",
  },
  {
    name: "protected",
    min: 0,
    max: 1,
    names: { none: 0, "sev-es": 1 },
    initial: 0,
    about: "the guest's registers are encrypted: SEV-ES, with SVM",
  },
  {
    name: "debug_swap",
    min: 0,
    max: 1,
    initial: undefined,
    about:
      "of an SEV-ES guest: the CPU switches DR0 to DR3 too, and nothing of debugging exits",
  },
];

function modelOf(name: string): X86Model {
  if (!Object.hasOwn(X86_MODELS, name)) {
    throw new RangeError(`There is no x86 hardware model ${name}`);
  }
  return X86_MODELS[name as X86ModelName];
}

function vendorOf(name: string): Vendor {
  const found = VENDORS.find((vendor) => vendor === name);
  if (!found) throw new RangeError(`There is no vendor ${name}`);
  return found;
}

const BARE_INFO = bareInfo(VENDORS);

/** The x86 architecture. */
export const X86: Architecture = {
  name: "x86",
  registers: X86_REGISTERS,
  lockstep: X86_LOCKSTEP,
  profiles: X86_PROFILES.infos,
  defaultProfile: X86_DEFAULT_PROFILE,
  hostCounts: HOST_COUNTS,
  guestCounts: GUEST_COUNTS,
  models: Object.values(X86_MODELS).map(({ name, about, vendors }) => ({
    name,
    about,
    vendors,
  })),
  unpredictable: [],
  kvmNames: X86_KVM_NAMES,
  kvmAbout: X86_KVM_ABOUT,
  kvmFlags: {
    switch_db_regs: prefixed("KVM_DEBUGREG_", SWITCH),
    guest_debug: prefixed("KVM_GUESTDBG_", GUESTDBG),
    nmi_singlestep: { nmi_singlestep: 1 },
  },
  deciders: {
    registers: ["guest_debug", "switch_db_regs", "dr_intercept"],
    step: ["guest_debug"],
    stepWhileSet: { nmi_singlestep: "nmi_pending" },
    loaded: "DR0 to DR3",
    loads: "x86:D/4",
    stepMissed: { rule: "x86:F25", status: 1n << 14n },
    resume: {
      name: "rflags",
      bit: BigInt(FLAGS.RF),
      hits: "x86:A1",
      rule: "x86:D49",
    },
    controls: {},
    unraised: { dr7: ~BigInt(DR7_BITS.GD) },
    traps: undefined,
  },
  stepFlags: { RFLAGS: BigInt(FLAGS.TF), pushed_RFLAGS: BigInt(FLAGS.TF) },
  capabilities: X86_EXTENSIONS,
  enabled: X86_ENABLED,
  vmms: X86_VMMS,
  enabledBy: X86_ENABLED_BY,
  restoredOn: [],
  notModelled: (register, value) =>
    register === REG.VCPU_EVENTS
      ? eventsNotModelled(lowWord(value))
      : undefined,
  instructions: operationLengths("x86"),
  exceptions: ["db", "bp", "ud", "gp", "interrupt", "nmi"],
  exceptionFields: ["vector", "rip", "error", "rflags", "dr6", "dr7"],
  exitFields: [
    "exception",
    "pc",
    "dr6",
    "dr7",
    "port",
    "size",
    "count",
    "addr",
    "len",
    "is_write",
    "errno",
  ],
  mmio: MMIO,
  watchSizes: [1, 2, 4, 8],
  hostWatchSizes: [1, 2, 4, 8],
  watchAccesses: ["store", "access"],
  codeAlignment: 1,
  interrupts: {
    first: FIRST_INTERRUPT,
    last: 0xff,
    others: { nmi: VECTOR.NMI },
  },
  injectable: ["db", "bp"],
  kernel: (text) => bareAnswer(BARE_INFO, text) ?? X86_PROFILES.find(text),
  kernelNames: () => [...X86_PROFILES.names(), BARE],
  changes: () => X86_PROFILES.changes,
  distinctKernels: () => X86_PROFILES.distinctKernels(),
  checkHost: () => undefined,
  createRules({ profile, vendor, options, fieldsRead }, { model }) {
    const cpu = {
      vendor: vendorOf(vendor ?? VENDORS[0]),
      model: modelOf(model ?? X86_MODELS.architecture.name),
    };
    return profile === BARE ? x86BareRules(cpu) : x86Rules({
      ...cpu,
      profile: X86_PROFILES.byName(profile),
      options,
      fieldsRead,
    });
  },
};
