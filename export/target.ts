/**
 * What an export needs from one architecture.
 *
 * @module
 */
import type { GuestDebugRequest, InsnParts, Machine } from "../engine/mod.ts";
import type { UserOperation, Watched } from "../dsl/mod.ts";
import type { Fields } from "./recorded_case.ts";

/** Thrown where a statement, an instruction or an expectation cannot be exported, with the reason. */
export class Inexpressible extends Error {
  /**
   * @param message why, in a few words
   * @param endsCase what follows cannot be expressed either, since it depends on this
   */
  constructor(message: string, readonly endsCase: boolean) {
    super(message);
  }
}

/** Where and when a program is run. */
export interface RunPlace {
  readonly scenario: Watched;
  /** Physical CPU of the recorder's thread. */
  readonly cpu: number;
}

/** A user operation as steps; the last one has its result. */
export interface UserSteps {
  readonly steps: readonly Fields[];
  /** What `as` names, and where the outcome has it. */
  readonly named?: {
    readonly as: string;
    readonly field: "value" | "db" | "dr6" | "dr7";
    readonly index: number;
  };
}

/** Where an outcome has the value of a register that userspace reads. */
export interface RegisterPlace {
  readonly step: Fields;
  readonly field: "value" | "db" | "dr6" | "dr7";
  readonly index: number;
}

/** Instructions whose address the scenario gives. */
export const PLACED: WeakSet<Fields> = new WeakSet();

/** One architecture. */
export interface Target {
  /** A guest instruction. @throws {Inexpressible} */
  instruction(parts: InsnParts, address: bigint, scenario: Watched): Fields;
  /** Why instructions cannot be one program; undefined if they can. */
  whyNotOne(ops: readonly Fields[]): string | undefined;
  /** KVM_RUN of a new program. The step keeps `ops`, to which more can be added. @throws {Inexpressible} */
  run(vcpu: number, ops: readonly Fields[], place: RunPlace): Fields;
  /** KVM_RUN of the program that is loaded. */
  resume(vcpu: number, cpu: number): Fields;
  /** Where the instruction after a program is, as cases write addresses; undefined after none. */
  endOf(ops: readonly Fields[]): string | undefined;
  /** Ends the program of a run. */
  finish(step: Fields): Fields;
  /** An instruction by which the guest asks KVM to return to userspace after its next exit; undefined if there is none. */
  readonly window: Fields | undefined;
  /** KVM returns for that instruction, if the guest has exited now. */
  opensWindow(machine: Machine, vcpu: number): boolean;
  /** Moves the recorder's thread; undefined where a run says it. */
  pin(cpu: number): Fields | undefined;
  /** What userspace does. @throws {Inexpressible} */
  user(vcpu: number, operation: UserOperation, scenario: Watched): UserSteps;
  /** What `set` does to the VM. @throws {Inexpressible} */
  set(counts: Readonly<Record<string, number>>, scenario: Watched): Fields;
  /** KVM_SET_GUEST_DEBUG. */
  guestDebug(
    vcpu: number,
    request: GuestDebugRequest,
    scenario: Watched,
  ): Fields;
  /** How userspace reads a register. @throws {Inexpressible} */
  userRead(vcpu: number, register: number, scenario: Watched): RegisterPlace;
  /** A guest's read of a register, for a program of its own. @throws {Inexpressible} */
  guestRead(vcpu: number, register: number, scenario: Watched): Fields;
  /** An exception's number in the recorder's log. */
  readonly exceptionKinds: Readonly<Record<string, number>>;
  /** Fields of an exception, by the outcome's names. */
  readonly exceptionFields: Readonly<Record<string, string>>;
  /** Fields of an exit: the outcome's name, mask and shift. */
  readonly exitFields: Readonly<
    Record<string, { readonly field: string; readonly shift?: number }>
  >;
  /** Exits by the scenario's names. */
  readonly exits: Readonly<Record<string, string>>;
}
