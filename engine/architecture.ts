/**
 * What the language and the commands need to know of an architecture, as data, and how to build its rules.
 *
 * @module
 */
import type { Lockstep } from "./bare/lockstep.ts";
import type { ExceptionKind, RuleId } from "./events.ts";
import type { Change } from "./history.ts";
import type { Operation } from "./program.ts";
import type { RegisterTable } from "./registers.ts";
import type { Rules } from "./rules.ts";

/** Names of the architectures. */
export const ARCH_NAMES = ["arm64", "x86"] as const;

/** An architecture. */
export type ArchName = typeof ARCH_NAMES[number];

/** A number that `host` or `set` gives, with what it may be. */
export interface CountInfo {
  /** As the language spells it. */
  readonly name: string;
  /** Smallest value that is allowed. */
  readonly min: number;
  /** Largest value that is allowed. */
  readonly max: number;
  /** Names of values, if it has any. */
  readonly names?: Readonly<Record<string, number>>;
  /** What it is if not named; undefined where the machine decides. */
  readonly initial: number | undefined;
  /** What it is, in a few words. */
  readonly about: string;
}

/** One kernel that can be chosen. */
export interface ProfileInfo {
  /** As the language spells it. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly about: string;
  /** Where its behaviour is read or recorded. */
  readonly source: string;
  /** Vendors that it can be run for, the default first; empty where there is no choice. */
  readonly vendors: readonly string[];
  /** Options of its own: values, the default first. */
  readonly options: Readonly<Record<string, readonly string[]>>;
  /** It is no kernel: there is no hypervisor. */
  readonly isBare?: true;
}

/** A kernel: one of the list, or a release with changes applied and reverted. */
export interface KernelInfo extends ProfileInfo {
  /**
   * The mainline release that it behaves as, `5.4`: ranges go by it. Undefined for stable releases with backports, for
   * kernels with changes applied or reverted, and for those of distributions and authors.
   */
  readonly release: string | undefined;
  /**
   * The first release of a series that it is made from, `linux-5.4`, if it is a stable release of the series, a
   * distribution's or an author's; undefined for the first release itself, and for what is not made of changes.
   */
  readonly madeFrom: string | undefined;
  /**
   * The release whose functions and files it has, `5.4.120`: of a kernel with changes its base, of a distribution's or
   * an author's the one that it was made from. Undefined for what is no kernel, and where that is not known.
   */
  readonly code: string | undefined;
  /**
   * Names of the changes that it has over 4.4.1. Undefined for a kernel that is not made of changes: one older than
   * 4.4, or one added from outside.
   */
  readonly rows: readonly string[] | undefined;
  /** At most one: what is not from a tree that was read. */
  readonly notes: readonly string[];
}

/** The kernel of a text, or why there is none. */
export type KernelAnswer =
  | { readonly ok: true; readonly info: KernelInfo }
  | {
    readonly ok: false;
    /** A phrase that names the wrong part. */
    readonly reason: string;
    /** The part of the text that is wrong; the whole text where the parts do not go together. */
    readonly wrong: string;
    /** What could stand there, for the nearest word. */
    readonly expected: readonly string[];
  };

/** A change of KVM, for lists. */
export type ChangeInfo = Omit<Change<unknown>, "fields"> & {
  /** Vendors that it changes; empty where there is no choice. */
  readonly vendors: readonly string[];
  /** Fields of the kernel's record that it changes, by vendor; by the architecture's name where there is no choice. */
  readonly touches: Readonly<Record<string, readonly string[]>>;
};

/** A name with its explanation. */
export interface NamedInfo {
  /** As the language spells it. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly about: string;
}

/** A hardware model. */
export interface ModelInfo extends NamedInfo {
  /** Vendors whose CPU it can be; empty where there is no choice. */
  readonly vendors: readonly string[];
}

/** The kernel that a machine runs. */
export interface KernelChoice {
  /** Name of the profile, or a release with changes: what `Architecture.kernel()` takes. */
  readonly profile: string;
  /** The default of the profile if undefined. */
  readonly vendor: string | undefined;
  /** Options by name; those not named have their first value. */
  readonly options: Readonly<Record<string, string>>;
  /** Gets the names of the fields of the kernel's record that are read, if given. */
  readonly fieldsRead?: Set<string>;
}

/** The physical machine. */
export interface HostChoice {
  /** By the names of `hostCounts`; what is not named has its initial value. */
  readonly counts: Readonly<Record<string, number>>;
  /** Hardware model; the default one if undefined. */
  readonly model: string | undefined;
  /** Outcome that CONSTRAINED UNPREDICTABLE cases take; the default one if undefined. */
  readonly unpredictable: string | undefined;
}

/** Flags by their names with a prefix. */
export function prefixed(
  prefix: string,
  flags: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, bit]) => [prefix + name, bit]),
  );
}

/** Events without an operand that userspace makes pending. */
export const USER_EVENTS = ["nmi", "serror"] as const;

/** Name of one. */
export type UserEventName = typeof USER_EVENTS[number];

/** One architecture. */
export interface Architecture {
  /** As the language spells it. */
  readonly name: ArchName;
  /** All registers. */
  readonly registers: RegisterTable;
  /** The bare machine that runs beside a vCPU. */
  readonly lockstep: Lockstep;
  /** The kernels that are listed, oldest first; `kernel()` knows more. */
  readonly profiles: readonly ProfileInfo[];
  /** The kernel if none is named. */
  readonly defaultProfile: string;
  /** What `host` counts. */
  readonly hostCounts: readonly CountInfo[];
  /** What `set` gives the guest, besides vcpus. */
  readonly guestCounts: readonly CountInfo[];
  /** Hardware models, the default first. */
  readonly models: readonly ModelInfo[];
  /** Outcomes of `unpredictable=`, the default first; empty where nothing is left open. */
  readonly unpredictable: readonly NamedInfo[];
  /** Names of the kvm view. */
  readonly kvmNames: readonly string[];
  /** What each name of the kvm view is; of numbered ones by the name without its number. */
  readonly kvmAbout: Readonly<Record<string, string>>;
  /** Flags of numbers of the kvm view, by the kernel's names. */
  readonly kvmFlags: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /**
   * Names of KVM's own state that decide what the CPU holds of debug registers while the guest runs and which accesses
   * exit, and those that decide on the guest's step flag.
   */
  readonly deciders: {
    readonly registers: readonly string[];
    readonly step: readonly string[];
    /** Those that decide on the step flag only while they are set, and what KVM waits for then. */
    readonly stepWhileSet: Readonly<Record<string, string>>;
    /** The registers that an entry loads or not, for people, and the rule that says so. */
    readonly loaded: string;
    readonly loads: RuleId;
    /** The rule of kernels that complete an instruction without its step, and the bits of a step in a #DB's status. */
    readonly stepMissed:
      | { readonly rule: RuleId; readonly status: bigint }
      | undefined;
    /** The flag of `Lockstep.resumes()`, by the name that a handler's frame has, and the rule by which KVM leaves it set. */
    readonly resume:
      | {
        readonly name: string;
        readonly bit: bigint;
        /** The rule of the hits that it keeps from being. */
        readonly hits: RuleId;
        readonly rule: RuleId;
      }
      | undefined;
    /** Families of the registers that enable an exception at each of its slots, where these have one of their own. */
    readonly controls: Readonly<Partial<Record<ExceptionKind, string>>>;
    /** Bits of registers that no exception changes, by the names that a handler's frame has. */
    readonly unraised: Readonly<Record<string, bigint>>;
    /** What makes accesses trap: the CPU's register, KVM's value for it, and the bit; undefined if the CPU has none. */
    readonly traps:
      | {
        readonly register: string;
        readonly kvm: string;
        readonly bit: bigint;
        /** The bit by which debug exceptions of the guest leave it. */
        readonly routes: bigint;
        /** The rule of kernels that give the CPU the value of the setup before. */
        readonly late: RuleId;
      }
      | undefined;
  };
  /** Registers that have the step flag, with the names of events, and its bit. */
  readonly stepFlags: Readonly<Record<string, bigint>>;
  /** Capabilities of `user check`. */
  readonly capabilities: readonly string[];
  /** Those of them that `user enable` can enable for a VM. */
  readonly enabled: readonly string[];
  /** VMMs whose save and restore the model has, the default first. */
  readonly vmms: readonly string[];
  /** By VMM: capabilities that it enables for each VM where the kernel has them, with the change that brought them. */
  readonly enabledBy: Readonly<
    Record<
      string,
      readonly { readonly capability: string; readonly change: string }[]
    >
  >;
  /** Counts of the machine that a VM is restored on, which can be another one; empty where it cannot. */
  readonly restoredOn: readonly CountInfo[];
  /** What the model does not have of a value that userspace gives a register; undefined if it has it all. */
  notModelled(register: number, value: bigint): string | undefined;
  /** Guest instructions, with their default length in bytes. */
  readonly instructions: Readonly<Partial<Record<Operation, number>>>;
  /** Exceptions that a guest can take. */
  readonly exceptions: readonly ExceptionKind[];
  /** Fields of an exception, and of an exit. */
  readonly exceptionFields: readonly string[];
  /** Fields of an exit, as `expect exit` names them. */
  readonly exitFields: readonly string[];
  /** Addresses without memory: an access exits to userspace as MMIO. First and last. */
  readonly mmio: { readonly first: bigint; readonly last: bigint };
  /** Bytes that a watchpoint can cover. */
  readonly watchSizes: readonly number[];
  /** Bytes that a watchpoint of the host kernel can cover. */
  readonly hostWatchSizes: readonly number[];
  /** Accesses that a watchpoint can be set for. */
  readonly watchAccesses: readonly ("load" | "store" | "access")[];
  /** Instructions begin at multiples of this. */
  readonly codeAlignment: number;
  /** What userspace makes pending: the numbers of `user interrupt`, and those of other events, which have no operand. */
  readonly interrupts: {
    readonly first: number;
    readonly last: number;
    readonly others: Readonly<Partial<Record<UserEventName, number>>>;
  };
  /** Flags of `user debug raw inject=`. */
  readonly injectable: readonly string[];
  /**
   * The kernel of a text: `linux-5.4.120`, `rhel-8.5`, `linux-4.4 with root-cause-fix without NAME`. A change goes by
   * its name or by a commit hash of seven digits or more.
   */
  kernel(text: string): KernelAnswer;
  /** Names for completion: the listed kernels, releases at which behaviour changes, and those that are no release. */
  kernelNames(): readonly string[];
  /** All changes of KVM that kernels are made of, oldest first; a change comes after those that it needs. */
  changes(): readonly ChangeInfo[];
  /** The mainline releases at which behaviour changes, oldest first. */
  distinctKernels(): readonly string[];
  /**
   * What is wrong with a physical machine; undefined if nothing is.
   *
   * @param counts complete, except for those that the machine decides
   * @param model the hardware model; the default one if undefined
   */
  checkHost(
    counts: Readonly<Record<string, number>>,
    model: string | undefined,
  ): string | undefined;
  /**
   * The rules of one kernel on one machine.
   *
   * @throws {RangeError} on a name or number that the tables above do not allow: a caller's bug
   */
  createRules(kernel: KernelChoice, host: HostChoice): Rules;
}
