/**
 * A bare machine beside a vCPU: it runs the same program as the guest commits it, and what the guest can tell from it
 * is found.
 *
 * @module
 */
import type { AccessEvent, Event, ExceptionKind } from "../events.ts";
import type { Insn } from "../program.ts";
import { type Frame, OUTCOME } from "../rules.ts";
import type { AllowanceName, Lockstep } from "./lockstep.ts";

/** Something that the guest can tell from a bare machine. */
export type Difference =
  & {
    /** It is allowed, by this name; undefined if it is not. */
    readonly allowance?: AllowanceName;
  }
  & (
    | {
      /** An exception that the bare machine takes and the guest does not, or the reverse. */
      readonly kind: "missed" | "stray";
      readonly exception: ExceptionKind;
      /** The bare machine takes it before it completes the guest's instruction. */
      readonly isBefore?: true;
    }
    | {
      /** An exception that both take, with another value in its frame or its registers. */
      readonly kind: "frame";
      readonly exception: ExceptionKind;
      readonly name: string;
      readonly seen: bigint;
      readonly own: bigint;
    }
    | {
      /** A register that reads as another value. */
      readonly kind: "read";
      readonly register: number;
      readonly seen: bigint;
      readonly own: bigint;
    }
  );

/** What the guest did in a step. */
export interface GuestDid {
  /** The program's instruction that was pending; null if none was. */
  readonly insn: Insn | null;
  /** It is complete, by whatever means. */
  readonly isComplete: boolean;
  /** The step was the guest's own, not one of the host or userspace. */
  readonly isGuests: boolean;
}

/** Steps of vCPUs of one machine, each compared with its bare machine's. */
export class Beside {
  readonly #lockstep: Lockstep;
  readonly #bare: Frame;
  /** What the guest has read from a register in this step. */
  #read: AccessEvent | undefined;
  /** The same of the bare machine. */
  #bareRead: AccessEvent | undefined;
  /** What happened on the bare machine, while that is asked for. */
  #events: Event[] | undefined;

  /** @param f a frame on the guest's words; the bare machine gets words that are laid out the same */
  constructor(lockstep: Lockstep, f: Frame) {
    this.#lockstep = lockstep;
    this.#bare = lockstep.frame(f);
    this.#bare.sink = {
      push: (event) => {
        this.#events?.push(event);
        if (isRead(event)) this.#bareRead = event;
      },
    };
  }

  /** Keeps what happens on the bare machine from now on; undefined keeps nothing. */
  set events(events: Event[] | undefined) {
    this.#events = events;
  }

  /** How many words the machines have that it is for. */
  get words(): number {
    return this.#bare.w.length;
  }

  /** A step begins: nothing of it has happened. */
  begin({ w }: Frame): void {
    this.#read = undefined;
    this.#bare.w.set(w);
  }

  /** Something happens in the step. */
  push(event: Event): void {
    if (isRead(event)) this.#read = event;
  }

  /**
   * The step is over: the bare machine follows.
   *
   * @param at where its block is in the guest's words
   * @returns what the guest can tell by now
   */
  follow(f: Frame, at: number, did: GuestDid): Difference[] {
    const lockstep = this.#lockstep;
    const bare = this.#bare;
    const found: Difference[] = [];
    if (did.isComplete || !lockstep.isSamePlace(f, bare, did.insn)) {
      this.#place(f, at);
      if (!did.isGuests) lockstep.arrives?.(f, bare);
      const suppressed = did.isComplete && this.#suppressed(f, at, did.insn);
      if (suppressed) found.push(suppressed);
      const other = this.#catchUp(f, at, did, found);
      // What it took, and the guest did not, is its own; what it did not take is as if nothing had happened.
      if (other?.kind === "stray") lockstep.enters?.(f, at);
      else lockstep.save(bare, f.w, at);
      if (other) return [...found, other];
    }
    if (!did.isGuests) return found;
    const due = lockstep.due(f.w, at);
    if (due !== undefined) {
      if (lockstep.pending(f, true) !== undefined) return found;
      const isUsers = isDebug(due) && lockstep.isDebugged(f);
      if (isUsers) lockstep.dropDue(f.w, at);
      found.push({
        kind: "missed",
        exception: due,
        ...isUsers && { allowance: "debugged" },
      });
      return found;
    }
    const pending = lockstep.pending(f, false);
    if (pending !== undefined && this.#raisesNext(f, at, did) !== pending) {
      found.push(this.#stray(did.insn, pending));
    }
    return found;
  }

  /**
   * Userspace is about to write a register, and KVM has queued an exception for the guest: the bare machine raises its
   * own, since what the exception leaves in registers is there already.
   */
  raiseQueued(f: Frame, at: number, insn: Insn | null): void {
    const lockstep = this.#lockstep;
    const bare = this.#bare;
    if (!lockstep.isQueued(f)) return;
    bare.w.set(f.w);
    this.#place(f, at);
    if (lockstep.raised(bare) !== undefined) return;
    const outcome = lockstep.step(bare, insn);
    if (outcome !== OUTCOME.next && lockstep.raised(bare) !== undefined) {
      lockstep.save(bare, f.w, at);
    }
  }

  #stray(insn: Insn | null, exception: ExceptionKind): Difference {
    const allowance = this.#lockstep.allowsStray(insn, exception);
    return { kind: "stray", exception, ...allowance && { allowance } };
  }

  /** The bare frame, on its machine. */
  #place(f: Frame, at: number): void {
    const bare = this.#bare;
    bare.vm = f.vm;
    bare.vcpu = f.vcpu;
    bare.user = f.user;
    bare.cpu = f.cpu;
    bare.nextLo = f.nextLo;
    bare.nextHi = f.nextHi;
    this.#bareRead = undefined;
    bare.bare!.debugged = this.#lockstep.isDebugged(f);
    bare.bare!.hidesGeneralDetect = this.#lockstep.hidesGeneralDetect(f);
    this.#lockstep.load(bare, f.w, at);
  }

  /** The exception that userspace's guest debug takes instead of the guest, with this instruction or after it. */
  #suppressed(f: Frame, at: number, insn: Insn | null): Difference | undefined {
    const lockstep = this.#lockstep;
    const bare = this.#bare;
    if (!bare.bare!.debugged) return undefined;
    const words = bare.w.slice();
    const events = this.#events;
    this.#events = undefined;
    bare.bare!.debugged = false;
    bare.bare!.hidesGeneralDetect = false;
    const outcome = lockstep.step(bare, insn);
    // What is due after the instruction is raised in the step after it.
    if (outcome === OUTCOME.next && lockstep.raised(bare) === undefined) {
      lockstep.step(bare, null);
    }
    const exception = lockstep.raised(bare);
    bare.w.set(words);
    this.#events = events;
    this.#place(f, at);
    return exception && isDebug(exception)
      ? { kind: "missed", exception, allowance: "debugged" }
      : undefined;
  }

  /** The bare machine goes on until it is where the guest is. @returns why it never is */
  #catchUp(
    f: Frame,
    at: number,
    { insn, isComplete }: GuestDid,
    found: Difference[],
  ): Difference | undefined {
    const lockstep = this.#lockstep;
    const bare = this.#bare;
    let complete = false;
    let isOver = false;
    let taken = lockstep.raised(bare);
    let isBefore = taken !== undefined;
    const stepsMax = lockstep.stepsMax + (insn?.count ?? 0);
    for (let steps = 0; steps < stepsMax && !isOver; steps++) {
      const outcome = lockstep.step(bare, complete ? null : insn);
      // What it took before its program's end is not forgotten.
      if (complete && outcome === OUTCOME.drained) break;
      if (outcome === OUTCOME.next || outcome === OUTCOME.skipped) {
        complete = true;
      }
      if (taken === undefined) {
        taken = lockstep.raised(bare);
        isBefore = taken !== undefined && !complete;
      }
      if (complete !== isComplete || !lockstep.isSamePlace(f, bare, insn)) {
        if (outcome === OUTCOME.drained || complete && !isComplete) break;
        // The guest did not take what it has: it is out of its handler, and goes on from where the guest is.
        isOver = complete && taken !== undefined &&
          lockstep.raised(bare) === undefined &&
          lockstep.handled(bare) === undefined;
        continue;
      }
      for (const other of lockstep.differences(f, bare, taken !== undefined)) {
        found.push({ kind: "frame", exception: taken ?? "db", ...other });
      }
      this.#compareReads(f, at, insn, found);
      return undefined;
    }
    return taken !== undefined
      ? { kind: "missed", exception: taken, ...isBefore && { isBefore } }
      : this.#stray(insn, lockstep.handled(f) ?? "db");
  }

  #compareReads(
    f: Frame,
    at: number,
    insn: Insn | null,
    found: Difference[],
  ): void {
    const seen = this.#read;
    const own = this.#bareRead;
    if (!seen || !own || insn === null) return;
    if (seen.value === own.value) return;
    const { register } = insn;
    const other = this.#lockstep.readDiffers(f, at, {
      name: seen.register,
      register,
      seen: seen.value,
      own: own.value,
    });
    if (other) found.push({ kind: "read", register, ...other });
  }

  /**
   * The exception that the bare machine raises next, if it does before it executes anything more. It raises that at once
   * where KVM has queued the guest's: no guest debug that userspace sets before the entry takes a queued one back.
   */
  #raisesNext(
    f: Frame,
    at: number,
    { insn, isComplete }: GuestDid,
  ): ExceptionKind | undefined {
    if (isComplete) return undefined;
    const lockstep = this.#lockstep;
    const bare = this.#bare;
    bare.w.set(f.w);
    this.#place(f, at);
    const events = this.#events;
    const raising: Event[] = [];
    this.#events = events && raising;
    const outcome = lockstep.step(bare, insn);
    this.#events = events;
    const raised = outcome === OUTCOME.next ? undefined : lockstep.raised(bare);
    if (raised !== undefined && lockstep.isQueued(f)) {
      lockstep.save(bare, f.w, at);
      events?.push(...raising);
    }
    return raised;
  }
}

/** It is a debug exception, which guest debug can take. */
function isDebug(exception: ExceptionKind): boolean {
  return ["db", "breakpoint", "watchpoint", "step"].includes(exception);
}

function isRead(event: Event): event is AccessEvent {
  return event.kind === "access" && event.access === "read" &&
    (event.by === "hardware" || event.by === "kvm");
}
