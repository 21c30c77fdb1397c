/**
 * Where the explanation of a failure begins: what is wrong at the end of a schedule, and the values that this depends
 * on, followed back as `why` does.
 *
 * @module
 */
import {
  type Event,
  type Found,
  MODE,
  type Noticed,
  type Part,
  type Place,
  rowMask,
  type ScheduleStep,
  type SetEvent,
  VCPU_BASE,
} from "../../../engine/mod.ts";
import { fieldSeen } from "../../seen.ts";
import type { Chain } from "../../run/why_chain.ts";
import { ALL_BITS, INSTRUCTION_EXITS, isOf } from "../../run/why_record.ts";
import type { Instance } from "../model.ts";
import { frameOn, numberOf } from "./frames.ts";
import { flagsOf } from "./phrases.ts";

/** Follows what is wrong at the end of one schedule. */
export class Roots {
  readonly #instance: Instance;
  readonly #found: Found;
  readonly #chain: Chain;
  /** Changes of what decides, by their places in the record, with the bits that count. */
  readonly decided = new Map<number, bigint>();

  constructor(instance: Instance, found: Found, chain: Chain) {
    this.#instance = instance;
    this.#found = found;
    this.#chain = chain;
  }

  /** Follows all that the last step shows to be wrong. */
  follow(): void {
    const step = this.#found.schedule.at(-1);
    if (step === undefined) return;
    const { noticed, unread, lost, vcpu, cpu, events } = step;
    if (noticed && vcpu !== undefined) this.#noticed(noticed, step, vcpu);
    if (unread && vcpu !== undefined) {
      this.#read(vcpu, unread.register, unread.seen ^ unread.own);
    }
    if (lost && cpu !== undefined) this.#lost(cpu, lost.register);
    for (const event of events) this.#event(event);
    this.#expected();
    this.#warnings();
  }

  /** A value, and what decided that it is there. */
  #value(place: Place, bits: bigint, vcpu: number): void {
    this.#chain.follow(place, 0, bits);
    this.#deciders(place, 0, vcpu);
    for (const at of this.#chain.places()) {
      const event = this.#chain.event(at);
      if (event.kind !== "set" || !this.#isStep(event.to)) continue;
      // Why a step flag is as it is depends on what userspace asked for before and then.
      this.#deciders(event.to, Math.max(0, at - 1), vcpu);
      this.#deciders(event.to, this.#before(at), vcpu);
    }
  }

  /** The newest event of what came before the step that an event belongs to; the event itself if there is none. */
  #before(at: number): number {
    const cause = this.#chain.cause(at);
    let index = at - 1;
    const found = this.#chain.find(
      at,
      () => this.#chain.cause(++index) !== cause,
    );
    return Math.max(at, found);
  }

  #isStep({ space, name }: Place): boolean {
    return space !== "cpu" &&
      Object.hasOwn(this.#instance.arch.stepFlags, name);
  }

  /** The last changes of what decides on a place: of each flag that is set, or of the whole if none is. */
  #deciders(place: Place, from: number, vcpu: number): void {
    const { arch } = this.#instance;
    const { registers, step } = arch.deciders;
    for (const name of this.#isStep(place) ? step : registers) {
      const of: Place = name === "emulate"
        ? { space: "vm", index: 0, name }
        : { space: "kvm", index: vcpu, name };
      const newest = this.#chain.lastChange(from, of);
      if (newest < 0) continue;
      const now = (this.#chain.event(newest) as SetEvent).new;
      const set = flagsOf(arch, of).filter(({ bit }) => (now & bit) !== 0n);
      if (set.length === 0) this.#decide(newest, ALL_BITS);
      for (const { bit } of set) {
        this.#decide(this.#chain.lastFlip(from, of, bit), bit);
      }
    }
  }

  #decide(at: number, bits: bigint): void {
    if (at < 0) return;
    this.#chain.add(at);
    this.decided.set(at, (this.decided.get(at) ?? 0n) | bits);
  }

  #noticed(noticed: Noticed, step: ScheduleStep, vcpu: number): void {
    const { kind, exception, register, name, seen = 0n, own = 0n } = noticed;
    switch (kind) {
      case "missed":
        this.#missed(step, vcpu);
        return;
      case "stray":
        this.#stray(vcpu);
        return;
      case "frame":
        if (name === "rflags" || name === "spsr") {
          const pushed = name === "rflags" ? "pushed_RFLAGS" : "PSTATE";
          const place = { space: "guest", index: vcpu, name: pushed } as const;
          this.#value(place, seen ^ own, vcpu);
          // What was not pushed, the register did not have.
          const info = this.#instance.arch.registers.find(name);
          if (info) this.#read(vcpu, info.id, seen ^ own);
          const flags = { ...place, name: "RFLAGS" } as const;
          if (name === "rflags") this.#value(flags, seen ^ own, vcpu);
        } else {
          const info = this.#instance.arch.registers.find(name ?? "");
          if (info) this.#read(vcpu, info.id, seen ^ own);
        }
        this.#chain.causes(0, vcpu, exception);
        return;
      default:
        this.#read(vcpu, register!, seen ^ own);
    }
  }

  /** A read that gives another value than it should. */
  #read(vcpu: number, register: number, bits: bigint): void {
    const { end } = this.#found;
    if (end === undefined) return;
    const { model: { rules } } = this.#instance;
    const { f } = frameOn(rules, end, vcpu);
    const place = rules.placeOf(f, "guest", register);
    if (place) this.#value(place, bits, vcpu);
  }

  /**
   * An exception that the bare machine takes and the guest does not: the parts that the bare machine's hit depends on
   * and that the guest has otherwise; where there are none, the exit that kept the CPU from comparing.
   */
  #missed(step: ScheduleStep, vcpu: number): void {
    const wrong = this.#wrongParts(step, vcpu);
    for (const { place, bits } of wrong) {
      this.#value(place, bits, vcpu);
      this.#loaded(place, bits, vcpu);
    }
    if (wrong.length > 0) return;
    const exit = this.#chain.find(
      0,
      (event) =>
        isOf(event, vcpu) &&
        (event.kind === "exit" || event.kind === "user-exit"),
    );
    if (exit >= 0) {
      this.#chain.left(this.#lastInstructionExit(exit, vcpu), vcpu);
    }
  }

  /** What an entry would have loaded into a physical register that is wrong. */
  #loaded({ space, name }: Place, bits: bigint, vcpu: number): void {
    const { before } = this.#found;
    const { model: { rules }, arch } = this.#instance;
    const id = arch.registers.find(name)?.id;
    if (space !== "cpu" || id === undefined || before === undefined) return;
    const place = rules.placeOf(frameOn(rules, before, vcpu).f, "hw", id);
    if (place) this.#chain.follow(place, 0, bits);
  }

  /** The exit by an instruction, or what KVM_RUN returned with because of it, if there was one lately. */
  #lastInstructionExit(from: number, vcpu: number): number {
    const at = this.#chain.find(
      from,
      (event) =>
        event.kind === "user-exit" && event.vcpu === vcpu ||
        event.kind === "exit" && event.vcpu === vcpu &&
          INSTRUCTION_EXITS.has(event.why),
    );
    return at < 0 ? from : at;
  }

  #wrongParts(step: ScheduleStep, vcpu: number): Part[] {
    const { before, schedule } = this.#found;
    const { model: { rules }, arch } = this.#instance;
    if (before === undefined) return [];
    const own = schedule.toReversed().filter((one) => one.vcpu === vcpu);
    const hit = own.flatMap(({ bareEvents }) => bareEvents.toReversed()).find(
      ({ kind }) => kind === "hit" || kind === "raise",
    );
    if (hit === undefined || !("needed" in hit)) return [];
    const { f, bare } = frameOn(rules, before, vcpu, step.cpu);
    // Where it has left the guest, the CPU did not compare.
    const isInGuest = f.w[f.vcpu + VCPU_BASE.mode] === MODE.guest;
    if (bare === undefined || !isInGuest) return [];
    return (hit.needed ?? []).flatMap(({ place, bits }) => {
      const id = arch.registers.find(place.name)?.id;
      if (id === undefined) return [];
      const read = place.space === "cpu"
        ? rules.cpuView(this.#copy(f), id)
        : rules.peek(this.#copy(f), id);
      const seen = numberOf(read);
      const wanted = numberOf(arch.lockstep.value(f, bare, id));
      if (seen === undefined || wanted === undefined) return [];
      const differ = (seen ^ wanted) & bits;
      return differ === 0n ? [] : [{ place, bits: differ }];
    });
  }

  /** A frame on a copy of the words, which views may change. */
  #copy(f: ReturnType<typeof frameOn>["f"]): typeof f {
    const copy = this.#instance.model.rules.frame(f.w.slice());
    copy.vm = f.vm;
    copy.vcpu = f.vcpu;
    copy.user = f.user;
    copy.cpu = f.cpu;
    copy.sink = null;
    return copy;
  }

  /** An exception that the bare machine does not take: what raised it. */
  #stray(vcpu: number): void {
    const at = this.#chain.find(
      0,
      (event) =>
        isOf(event, vcpu) &&
        (event.kind === "exception" || event.kind === "inject" ||
          event.kind === "hit" || event.kind === "raise"),
    );
    if (at < 0) return;
    const event = this.#chain.event(at);
    if (event.kind === "exception") this.#chain.reasons(at);
    else {
      const exception = event.kind === "inject" || event.kind === "raise"
        ? event.exception
        : undefined;
      this.#chain.causes(at, vcpu, exception);
    }
    const needed = this.#chain.places().flatMap((place) => {
      const one = this.#chain.event(place);
      return one.kind === "hit" || one.kind === "raise" ? one.needed ?? [] : [];
    });
    for (const { place, bits } of needed) this.#value(place, bits, vcpu);
  }

  #lost(cpu: number, register: number): void {
    const { name } = this.#instance.arch.registers.byId(register);
    this.#chain.follow({ space: "cpu", index: cpu, name }, 0, ALL_BITS);
    this.#chain.follow({ space: "host", index: cpu, name }, 0, ALL_BITS);
  }

  /** What an event of the last step says is wrong. */
  #event(event: Event): void {
    const at = this.#chain.find(0, (one) => one.kind === event.kind);
    switch (event.kind) {
      case "missed":
      case "stray":
        this.#chain.missed(at);
        if (event.register !== undefined) {
          const { cpu, register, vcpu } = event;
          const place: Place = { space: "cpu", index: cpu, name: register };
          this.#deciders(place, 0, vcpu);
          this.#loaded(place, ALL_BITS, vcpu);
        }
        return;
      case "warn":
        this.#chain.add(at);
        for (const { place, bits } of event.needed ?? []) {
          if (place.space === "kvm") {
            // As it was then: what follows in the same step changes it again.
            this.#decide(this.#chain.lastFlip(at, place, bits), bits);
          } else this.#value(place, bits, event.vcpu);
        }
        return;
      default:
        return;
    }
  }

  /** What the kernel printed about the vCPU, if anything is explained. */
  #warnings(): void {
    const vcpu = this.#found.schedule.at(-1)?.vcpu;
    if (vcpu === undefined || this.#chain.size === 0) return;
    let at = -1;
    do {
      at = this.#chain.find(
        at + 1,
        (event) => event.kind === "warn" && event.vcpu === vcpu,
      );
      this.#chain.add(at);
    } while (at >= 0);
  }

  /** What `always expect` or `finally expect` asks for. */
  #expected(): void {
    const { broken, end } = this.#found;
    if (broken?.expectation === undefined || end === undefined) return;
    const { arch, model: { rules }, always, finally: atEnd } = this.#instance;
    const { expected: { seen } } =
      (broken.atEnd ? atEnd : always)[broken.expectation];
    const { view, index, register, kvmName } = seen;
    const field = fieldSeen(arch, seen);
    const bits = field ? rowMask(field.field) : ALL_BITS;
    if (view === "bare") return;
    const ofCpu = view === "cpu";
    const { f } = frameOn(
      rules,
      end,
      ofCpu ? 0 : index,
      ofCpu ? index : undefined,
    );
    const place = view === "kvm"
      ? rules.kvmPlace(f, kvmName!)
      : rules.placeOf(f, view, register!);
    if (place) this.#value(place, bits, ofCpu ? 0 : index);
  }
}
