/**
 * One of everything that is rendered, made by hand, for tests of texts and formats.
 *
 * @module
 */
import type { Event } from "../../engine/mod.ts";
import type { ScenarioResult } from "../result.ts";
import { type Source, span } from "../source.ts";

/** An event of each kind; a kind without one does not compile. */
export const EVENTS: { readonly [K in Event["kind"]]: Event & { kind: K } } = {
  set: {
    kind: "set",
    cause: "write",
    to: { space: "guest", index: 0, name: "DBGBCR3_EL1" },
    from: { space: "program", index: 0, name: "DBGBCR2_EL1" },
    old: 0n,
    new: 0xffff_ffff_ffff_f000n,
    rule: "arm64:D9",
  },
  trap: {
    kind: "trap",
    vcpu: 0,
    access: "write",
    register: "DBGBCR2_EL1",
    because: "MDCR_EL2.TDA",
    rule: "arm64:D5",
  },
  access: {
    kind: "access",
    vcpu: 0,
    access: "read",
    register: "DBGBCR2_EL1",
    value: 0x1e7n,
    pc: 0x4008_0008n,
    by: "kvm",
    name: "x",
    rule: "arm64:D28",
  },
  load: {
    kind: "load",
    vcpu: 1,
    cpu: 2,
    set: "external",
    rule: "arm64:B9",
  },
  save: { kind: "save", vcpu: 1, cpu: 2, set: "guest", rule: "arm64:B10" },
  "vcpu-load": { kind: "vcpu-load", vcpu: 1, cpu: 2, rule: "arm64:D28" },
  "vcpu-put": { kind: "vcpu-put", vcpu: 1, cpu: 2, rule: "arm64:D28" },
  enter: {
    kind: "enter",
    vcpu: 0,
    cpu: 0,
    values: { mdcr_el2: 0xe66n, mdscr_el1: 0n },
    rule: "arm64:B8",
  },
  exit: {
    kind: "exit",
    vcpu: 0,
    cpu: 1,
    why: "trap",
    ec: 0x18,
    pc: 0x4008_0000n,
    rule: "arm64:B8",
  },
  "user-exit": {
    kind: "user-exit",
    vcpu: 0,
    exit: "debug",
    values: { hsr: 0xc200_0022n, pc: 0x4008_0004n },
    rule: "arm64:B15",
  },
  exception: {
    kind: "exception",
    vcpu: 0,
    exception: "breakpoint",
    values: { esr: 0xc600_0022n, elr: 0x4008_0004n },
    rule: "arm64:A/8",
  },
  raise: {
    kind: "raise",
    vcpu: 0,
    exception: "step",
    what: "software step",
    pc: 0x4008_0004n,
    needed: [],
    rule: "arm64:A/13",
  },
  inject: { kind: "inject", vcpu: 0, exception: "undef", rule: "arm64:D27" },
  warn: {
    kind: "warn",
    vcpu: 0,
    message: "WARN_ON_ONCE in a helper",
    rule: "arm64:D19",
  },
  stopped: {
    kind: "stopped",
    vcpu: 0,
    message: "KVM re-enters the guest without progress, for ever",
    rule: "x86:B21",
  },
  lost: {
    kind: "lost",
    vcpu: 0,
    what: "interrupt shadow",
    old: 2n,
    new: 0n,
    rule: "x86:D111",
  },
  unpredictable: {
    kind: "unpredictable",
    vcpu: 0,
    what: "a link to breakpoint 1, which is not context-aware",
    outcome: "it never matches",
    rule: "arm64:A/12",
  },
  refused: {
    kind: "refused",
    operation: "KVM_SET_ONE_REG ID_AA64DFR0_EL1",
    errno: "EINVAL",
    why: "more breakpoints than the machine has",
    rule: "arm64:V3",
  },
  hit: {
    kind: "hit",
    vcpu: 0,
    cpu: 0,
    what: "DBGBCR0_EL1",
    register: "DBGBCR0_EL1",
    owner: "userspace",
    rule: "arm64:A/9",
  },
  missed: {
    kind: "missed",
    vcpu: 0,
    cpu: 0,
    what: "breakpoint 0 at 0x1000",
    rule: "x86:C/2",
  },
  stray: {
    kind: "stray",
    vcpu: 0,
    cpu: 0,
    what: "breakpoint 1 at 0x3000",
    rule: "x86:C/2",
  },
  "host-hit": {
    kind: "host-hit",
    vcpu: -1,
    cpu: 1,
    what: "watchpoint 0 at 0x2000",
    rule: "x86:C/3",
  },
  "host-lost": {
    kind: "host-lost",
    vcpu: -1,
    cpu: 1,
    what: "watchpoint 0 at 0x2000",
    rule: "x86:C/3",
  },
};

/** A text that results point into. */
export const SOURCE: Source = {
  name: "case.dregs",
  text: "set brps=4\nrun\nexpect hw dbgbcr0.lbn == 3\n",
};

const EXPECT = span(SOURCE, 15, 41);
const RUN = span(SOURCE, 11, 14);

/** A scenario in which all held. */
export const PASSED: ScenarioResult = {
  name: "all held",
  source: SOURCE.name,
  arch: "arm64",
  profile: "one-1",
  vendor: undefined,
  status: "passed",
  skip: undefined,
  expectations: 2,
  particular: [],
  failures: [],
  outputs: [],
  runs: [{ vcpu: 0, exit: "idle", values: { pc: 0x4008_0000n } }],
  notes: [],
  notices: [EVENTS.warn, EVENTS.warn, EVENTS.unpredictable],
};

/** A scenario with an expectation that did not hold; its name tries each format's escapes. */
export const FAILED: ScenarioResult = {
  ...PASSED,
  name: "a <b> & \"c\" 'd' #e \\f\n\u001b[31mg\u0000",
  status: "failed",
  notices: [],
  failures: [{
    kind: "expectation",
    expected: "3",
    found: "2",
    order: 2,
    diagnostic: {
      code: "unexpected",
      span: EXPECT,
      message: "hw dbgbcr0.lbn is 2, expected 3",
      notes: [{ span: RUN, message: "LBN 2, expected 3" }],
    },
  }],
};

/** A scenario that is wrong itself. */
export const WRONG: ScenarioResult = {
  ...PASSED,
  name: "wrong",
  status: "error",
  failures: [{
    kind: "error",
    expected: undefined,
    found: undefined,
    order: Infinity,
    diagnostic: {
      code: "overflow",
      span: RUN,
      message: "The sum is above 64 bits",
      hint: "mind the carry",
    },
  }],
};

/** A scenario for another architecture. */
export const SKIPPED: ScenarioResult = {
  ...PASSED,
  name: "skipped",
  arch: "x86",
  status: "skipped",
  skip: {
    cause: "arch",
    reason: "for x86",
    summary: "for x86",
    span: undefined,
  },
  notices: [],
};

/** A scenario that cannot be asked under the kernel. */
export const UNMET: ScenarioResult = {
  ...PASSED,
  name: "needs more",
  status: "skipped",
  skip: {
    cause: "require",
    reason: "requires kernel >= linux-5.13; the kernel is one-1",
    summary: "requires kernel >= linux-5.13",
    span: RUN,
  },
  notices: [],
};

/** A scenario that shows one of each output, every event among them. */
export const SHOWN: ScenarioResult = {
  ...PASSED,
  name: "shown",
  notices: [],
  outputs: [
    { kind: "trace", span: RUN, events: Object.values(EVENTS) },
    {
      kind: "map",
      span: RUN,
      map: {
        physical: [0, 1, 3, 4],
        guestCount: 4,
        guestContextFrom: 2,
        hostCount: 5,
        hostContextFrom: 3,
        guestWatchpoints: 4,
        hostWatchpoints: 4,
        emulated: true,
        sink: 2,
      },
    },
    { kind: "map", span: RUN, map: undefined },
    {
      kind: "cost",
      span: RUN,
      costs: [{
        entries: 3,
        exits: 3,
        traps: 2,
        "dr-exits": 2,
        "dr-loads": 1,
        "dr-saves": 1,
        reloads: 0,
      }],
    },
    {
      kind: "why",
      span: RUN,
      subject: "hw@0 dbgbcr0.lbn",
      value: "3",
      isThere: true,
      unmet: undefined,
      chain: [{
        statement: EXPECT,
        instruction: RUN,
        event: EVENTS.set,
        sentence: "Numbers are mapped.",
        confidence: "source",
        source: {
          where: ["arch/arm64/kvm/sys_regs.c: f()", "Arm ARM DDI 0487 D2.9"],
          read: "v7 of April 2022; issue M.a.a",
          commits: [
            { hash: "0123456789ab", subject: "KVM: arm64: a change" },
            { hash: undefined, subject: "KVM: arm64: another" },
          ],
        },
      }, {
        statement: undefined,
        instruction: undefined,
        event: EVENTS.enter,
        sentence: "It was so before.",
        confidence: "memory",
        source: { where: ["arch/arm64/kvm/debug.c: g()"], read: "5.18" },
      }],
    },
    {
      kind: "why",
      span: RUN,
      subject: "breakpoint 0 did not hit at 0x1000",
      value: "cpu@0 MDSCR_EL1.KDE is 0; it must be 1",
      isThere: true,
      unmet: {
        statement: EXPECT,
        instruction: RUN,
        condition: {
          place: { space: "cpu", index: 0, name: "MDSCR_EL1" },
          field: "KDE",
          bits: 0x2000n,
          value: 0n,
          needed: "1",
          rule: "arm64:A/7.4",
        },
        sentence: "It needs an enable.",
        confidence: "architecture",
        source: { where: ["Arm ARM DDI 0487 D2.3"], read: "issue M.a.a" },
      },
      chain: [],
    },
  ],
};
