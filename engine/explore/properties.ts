/**
 * The properties that `never` names, one row each: the search checks it, `--save` writes what it expects, and
 * documentation and help print its sentence. What a check is given is found by `checks.ts`, which asks the
 * architecture's monitor, `engine/ARCH/explore/monitor.ts`; the row says whether it counts.
 *
 * @module
 */
import type { Event } from "../events.ts";
import {
  asBare,
  type Ending,
  type ExpectedOutcome,
  otherOnCpu,
  rightRead,
} from "./expected_outcome.ts";
import type { Found } from "./found.ts";
import type { Hits, LostRegister, Noticed, WrongRead } from "./monitor.ts";

/** When a property is checked, and the check: true if it is broken. */
export type PropertyCheck =
  | {
    /**
     * Before the guest executes an instruction of its program, outside its exception handler, and unless
     * userspace's guest debug owns the debug registers.
     */
    readonly when: "instruction";
    isBroken(hits: Hits): boolean;
  }
  | {
    /** While the vCPU is in the guest: a watched register would not read as it was written. */
    readonly when: "read";
    isBroken(read: WrongRead): boolean;
  }
  | {
    /** While the host runs on a CPU: a register is not as the host's own breakpoints have it. */
    readonly when: "host";
    isBroken(lost: LostRegister): boolean;
  }
  | {
    /** Where the guest can tell that it is not on the bare machine beside it. */
    readonly when: "bare";
    isBroken(noticed: Noticed): boolean;
  }
  | {
    /** At each event of a step. */
    readonly when: "event";
    isBroken(event: Event): boolean;
  };

/** What there must be for a property to be broken: without it no schedule can. */
export type Need =
  /** An access matches a breakpoint of the guest's own. */
  | "own-match"
  /** A breakpoint of any actor is enabled, and a guest is at its address or accesses it. */
  | "address"
  /** A register that the monitor follows can be read. */
  | "read"
  /** The host has a breakpoint or a DEBUGCTL of its own on a CPU that a vCPU uses. */
  | "host-breakpoint"
  /** A guest executes something. */
  | "guest"
  /** A guest can have another value or exception than its bare machine: it has come to something of either. */
  | "telling"
  /** A guest executes something while userspace debugs it; while it steps it. */
  | "debugged"
  | "stepped"
  /** A guest names a register of external debug. */
  | "external"
  /** A guest handles a step of its own. */
  | "own-step"
  /** A vCPU is not as a new one is where the VM is saved. */
  | "carried";

/** A property. */
export interface Property {
  /** As `never` names it. */
  readonly name: string;
  /** What it means exactly, in sentences. */
  readonly sentence: string;
  /** True if it is only checked where `never` names it, and not where a block asks for no property. */
  readonly isOptional?: boolean;
  /** What there must be for it to be broken; undefined if that is not known. */
  readonly needs?: Need;
  /** When and how it is checked. */
  readonly check: PropertyCheck;
  /** What a saved scenario expects where this is broken; undefined if nothing can be told. */
  expected(ending: Ending): ExpectedOutcome | undefined;
}

/** The properties that are built in, by name and in the order in which they are listed. */
export const BUILT_IN_PROPERTIES = {
  missed: {
    sentence:
      "The guest executes an instruction that one of its own breakpoints or watchpoints matches, by the " +
      "architecture's rules and the values that the guest, or userspace for it, wrote last, and the physical " +
      "registers do not match it. It is not checked while userspace's guest debug owns the registers: on x86 " +
      "with USE_HW_BP, on arm64 whenever guest debug is on, since every debug exception is then userspace's.",
    needs: "own-match",
    check: {
      when: "instruction",
      isBroken: ({ own, physical }) => (own & ~physical) !== 0,
    },
    expected: (ending) => {
      const { exception } = ending.step;
      return otherOnCpu(ending, "missed") ??
        (exception && { kind: "exception", name: exception });
    },
  },
  stray: {
    sentence:
      "The guest executes an instruction that the physical registers match and its own do not, on x86 slot by " +
      "slot: the hit comes from another guest, the host or a stale value. It is not checked while userspace's " +
      "guest debug owns the registers.",
    needs: "address",
    check: {
      when: "instruction",
      isBroken: ({ own, physical }) => (physical & ~own) !== 0,
    },
    expected: (ending) =>
      otherOnCpu(ending, "stray") ?? { kind: "no-exception" },
  },
  leak: {
    sentence:
      "While the vCPU is in the guest, a read of a watched register would give a value that neither the reset, " +
      "nor a write of this vCPU's program, nor its userspace can have put there; on x86 also, the CPU acts on " +
      "bits of DEBUGCTL that this vCPU's program has not set. Where userspace uses " +
      "`debug break` or `debug watch`, KVM computes the values of the control registers, and none of them " +
      "counts as a leak.",
    needs: "read",
    check: { when: "read", isBroken: ({ isKnown }) => !isKnown },
    expected: rightRead,
  },
  stale: {
    sentence:
      "While the vCPU is in the guest, a read of a watched register would give another value than the guest or " +
      "userspace wrote last, or than was there at the start. A leak is stale too.",
    needs: "read",
    check: { when: "read", isBroken: () => true },
    expected: rightRead,
  },
  "host-lost": {
    sentence:
      "The host runs on a CPU, after an exit, after a vcpu_put or between runs, and a breakpoint that it has " +
      "set there is not in the CPU's registers, or not enabled, or DEBUGCTL is not as it has written it.",
    needs: "host-breakpoint",
    check: { when: "host", isBroken: () => true },
    expected: ({ step: { cpu, lost } }) =>
      lost && cpu !== undefined
        ? {
          kind: "view",
          view: "cpu",
          index: cpu,
          register: lost.register,
          operator: "==",
          value: lost.wanted,
        }
        : undefined,
  },
  warn: {
    sentence: "The kernel would print a warning.",
    needs: "guest",
    check: { when: "event", isBroken: ({ kind }) => kind === "warn" },
    expected: () => ({ kind: "no-warning" }),
  },
  noticed: {
    isOptional: true,
    sentence:
      "The guest can tell that it is not on a machine without a hypervisor. Beside each vCPU such a bare machine " +
      "runs the same program, with the registers that the guest was given, and every value that the guest reads, " +
      "every exception that it takes or does not take, and the exception's address, syndrome, saved flags and DR6 " +
      "are compared. Where userspace writes the guest's registers, the bare machine gets the same write. A watched " +
      "register that would read as another value counts as read. The verdict says which kind it is: `missed`, " +
      "`stray`, `leak`, `stale`, or `frame`, an exception with other values. The differences below are allowed, " +
      "unless `never` names them too.",
    needs: "telling",
    check: {
      when: "bare",
      isBroken: ({ allowance }) => allowance === undefined,
    },
    expected: asBare,
  },
  "lost-over-migration": {
    isOptional: true,
    sentence:
      "The VM is saved and restored into a new one between two runs, and the guest goes on with something else than it would " +
      "have had: a debug register, flags, an exception, interrupt or NMI on its way, a debug trap that the hardware holds, " +
      "what the instruction before blocks. It is compared without userspace's guest debug, and as it is once a queued " +
      "exception is injected. A block that names this property is searched with `restore any`.",
    needs: "carried",
    check: { when: "event", isBroken: ({ kind }) => kind === "lost" },
    expected: () => ({ kind: "no-loss" }),
  },
  debugged: {
    isOptional: true,
    sentence:
      "While userspace's guest debug takes them, the guest gets no debug exception of its own: on x86 with " +
      "SINGLESTEP or USE_HW_BP (x86:D33), on arm64 whenever guest debug is on (arm64:A/7).",
    needs: "debugged",
    check: {
      when: "bare",
      isBroken: ({ allowance }) => allowance === "debugged",
    },
    expected: asBare,
  },
  "step-flag": {
    isOptional: true,
    sentence:
      "While userspace single-steps the guest, its flag is seen: TF where the guest stores RFLAGS or takes an " +
      "exception (x86:A10), SS in SPSR_EL1 (arm64:A/13). What remains of it afterwards is not allowed.",
    needs: "stepped",
    check: {
      when: "bare",
      isBroken: ({ allowance }) => allowance === "step-flag",
    },
    expected: asBare,
  },
  "external-debug": {
    isOptional: true,
    sentence:
      "The registers of external debug, from OSDLR_EL1 to DBGCLAIMCLR_EL1 and DBGDTR_EL0, keep nothing in a guest " +
      "of arm64: they read as 0 and ignore writes, or are UNDEFINED (arm64:A/15).",
    needs: "external",
    check: {
      when: "bare",
      isBroken: ({ allowance }) => allowance === "external-debug",
    },
    expected: asBare,
  },
  "step-syndrome": {
    isOptional: true,
    sentence:
      "Where a guest of arm64 steps itself over an instruction that KVM completes, the syndrome of its step " +
      "exception has ISV clear (arm64:A/13).",
    needs: "own-step",
    check: {
      when: "bare",
      isBroken: ({ allowance }) => allowance === "step-syndrome",
    },
    expected: asBare,
  },
} as const satisfies Readonly<Record<string, Omit<Property, "name">>>;

/** Name of a property that is built in. */
export type PropertyName = keyof typeof BUILT_IN_PROPERTIES;

/** Properties that a search can have: each is a bit of a number, below those of expectations. */
export const PROPERTIES_MAX = 16;

/** By bit; undefined where a property was removed. */
const rows: (Property | undefined)[] = Object.entries(
  BUILT_IN_PROPERTIES,
).map((
  [name, row],
) => ({ name, ...row }));

const bits: Record<string, number> = {};
const names: string[] = [];

function index(): void {
  names.length = 0;
  for (const name of Object.keys(bits)) delete bits[name];
  rows.forEach((row, at) => {
    if (row === undefined) return;
    bits[row.name] = 1 << at;
    names.push(row.name);
  });
}

index();

/** The bit of each property by its name; follows what is added and removed. */
export const PROPERTY: Readonly<
  Record<PropertyName, number> & Record<string, number>
> = bits as Record<PropertyName, number> & Record<string, number>;

/** Names of the properties, in the order in which they are listed; follows what is added and removed. */
export const PROPERTY_NAMES: readonly string[] = names;

/** Bits of the properties that are checked where a block asks for none. */
export function defaultProperties(): number {
  return allProperties().filter(({ isOptional }) => !isOptional).reduce(
    (all, { name }) => all | bits[name],
    0,
  );
}

/** A bare machine must run beside each vCPU: something asks what it has. */
export function asksBare(
  { never, always, finally: atEnd }: {
    readonly never: number;
    readonly always: readonly { readonly ofBare?: boolean }[];
    readonly finally: readonly { readonly ofBare?: boolean }[];
  },
): boolean {
  return [...always, ...atEnd].some(({ ofBare }) => ofBare === true) ||
    propertiesOf(never).some(({ check }) => check.when === "bare");
}

/** The properties that bits stand for, in order. */
export function propertiesOf(broken: number): readonly Property[] {
  return rows.filter((row, at) =>
    row !== undefined && (broken & (1 << at)) !== 0
  ) as Property[];
}

/** All properties, in order. */
export function allProperties(): readonly Property[] {
  return propertiesOf(-1);
}

/**
 * Adds a property, which `never` then knows by its name.
 *
 * @returns removes it again
 * @throws {RangeError} if there is one of that name, or no room for another
 */
export function addProperty(property: Property): () => void {
  const { name } = property;
  if (Object.hasOwn(bits, name)) {
    throw new RangeError(`There is a property ${name} already`);
  }
  const free = rows.indexOf(undefined);
  const at = free < 0 ? rows.length : free;
  if (at >= PROPERTIES_MAX) {
    throw new RangeError(`There are ${PROPERTIES_MAX} properties already`);
  }
  rows[at] = property;
  index();
  return () => {
    if (rows[at] !== property) return;
    rows[at] = undefined;
    index();
  };
}

/**
 * What a scenario that replays a schedule expects at its end: what does not hold after it, and does under a kernel
 * that fixes it. What `always` and `finally` expect is not part of it.
 *
 * @param byTries the scenario counts tries of an instruction, which kernels need different numbers of
 */
export function expectedOutcomes(
  { broken, schedule }: Pick<Found, "broken" | "schedule">,
  { byTries = false }: { readonly byTries?: boolean } = {},
): readonly ExpectedOutcome[] {
  const step = schedule.at(-1);
  if (broken === undefined || step === undefined) return [];
  const previous = schedule.slice(0, -1).findLast(({ vcpu, insn }) =>
    vcpu === step.vcpu && insn !== undefined
  );
  const ending: Ending = {
    step,
    insn: step.insn,
    byTries,
    isAfterMissed: previous?.mismatch?.missed !== undefined,
  };
  const found: ExpectedOutcome[] = [];
  for (const row of propertiesOf(broken.properties)) {
    const outcome = row.expected(ending);
    if (outcome === undefined) continue;
    if (!found.some((other) => isSame(outcome, other))) found.push(outcome);
  }
  // Where one property expects an exception, the scenario cannot expect none.
  const takes = found.some(({ kind }) => kind === "exception");
  return found.filter(({ kind }) => !takes || kind !== "no-exception");
}

function isSame(a: ExpectedOutcome, b: ExpectedOutcome): boolean {
  const text = (one: ExpectedOutcome) =>
    JSON.stringify(
      one,
      (_, value) => typeof value === "bigint" ? `${value}n` : value,
    );
  return text(a) === text(b);
}
