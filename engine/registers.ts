/**
 * What the language, the tables and `dregs registers` need to know of a register.
 *
 * @module
 */
import type { RuleId } from "./events.ts";
import type { Layout } from "./layout.ts";

/** One register of an architecture. */
export interface RegisterInfo {
  /** The number that rules compare. */
  readonly id: number;
  /** Architectural spelling, `DBGBCR0_EL1`. */
  readonly name: string;
  /** Short spelling, `dbgbcr0`. */
  readonly short: string;
  /** Its bits. */
  readonly layout: Layout;
  /** What software may do with it. */
  readonly access: "RW" | "RO" | "WO";
  /** Encoding, `2,0,0,0,5` on arm64 (op0,op1,CRn,CRm,op2), `MSR 0x1d9` on x86; empty where there is none. */
  readonly encoding: string;
  /** KVM offers it to userspace, in a kernel that has the interface. */
  readonly userspace: boolean;
  /** Nothing that a guest does changes it: an ID register, or one that always reads as the same. */
  readonly isConstant?: boolean;
  /** The guest has no access to it at all. */
  readonly hostOnly: boolean;
  /** Only `user get` and `user set` know it: no register, but a word of an ioctl's structure. */
  readonly userOnly: boolean;
  /** Only the fields that a guest write names change: PSTATE, RFLAGS, CR4. */
  readonly fieldwise: boolean;
  /** It is a model-specific register of x86: RDMSR and WRMSR access it, and no other instruction. */
  readonly isMsr?: boolean;
  /** The register has a physical copy of its own that views may show. */
  readonly physical: boolean;
  /** Number within a numbered family, -1 otherwise. */
  readonly number: number;
  /** Family of a numbered register, `dbgbcr`; the short name otherwise. */
  readonly family: string;
  /** Whether a table has it that does not name it: always, or never; left out, where it is not as reset left it. */
  readonly unasked?: "always" | "never";
  /** What a view shows while nothing happened to the register: not worth a row. */
  readonly reset: bigint;
  /** Rule id of the table that names it. */
  readonly rule: RuleId;
}

/** The registers of an architecture. */
export interface RegisterTable {
  /** In the order in which they are listed. */
  readonly all: readonly RegisterInfo[];
  /** Finds a register by any spelling, in any case. */
  find(name: string): RegisterInfo | undefined;
  /** The register of an id. @throws {RangeError} if there is none: a caller's bug */
  byId(id: number): RegisterInfo;
}

/**
 * Indexes a list of registers by their spellings and ids.
 *
 * @param all the registers, in the order in which they are listed
 */
export function registerTable(all: readonly RegisterInfo[]): RegisterTable {
  const names = new Map<string, RegisterInfo>();
  const ids = new Map<number, RegisterInfo>();
  for (const info of all) {
    names.set(info.name.toLowerCase(), info);
    names.set(info.short.toLowerCase(), info);
    ids.set(info.id, info);
  }
  return {
    all,
    find: (name) => names.get(name.toLowerCase()),
    byId(id) {
      const info = ids.get(id);
      if (!info) throw new RangeError(`No register has id ${id}`);
      return info;
    },
  };
}
