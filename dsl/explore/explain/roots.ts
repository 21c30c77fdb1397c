/**
 * Where the explanation of a failure begins: what is wrong at the end of a schedule, and the values that this depends
 * on, followed back as `why` does.
 *
 * @module
 */
import {
  type Event,
  type Found,
  type Noticed,
  type Place,
  rowMask,
  type RuleId,
  type ScheduleStep,
  type SetEvent,
} from "../../../engine/mod.ts";
import { fieldSeen } from "../../seen.ts";
import type { Chain } from "../../run/why_chain.ts";
import { ALL_BITS, EXCEPTION_EXITS, isOf } from "../../run/why_record.ts";
import type { Instance } from "../model.ts";
import { frameOn } from "./frames.ts";
import { holdingBack } from "./held_back.ts";
import {
  isSuppressed,
  lastInstructionExit,
  type Note,
  noteResume,
  untoldHits,
} from "./left.ts";
import { followLoss, newestBefore, newestOther } from "./losses.ts";
import { mismatched } from "./mismatched.ts";
import { flagsOf } from "./phrases.ts";
import { untrapped } from "./untrapped.ts";
import { whenSeen, wrongParts, wrongWrite } from "./wrong_parts.ts";

/** What the guest sees, and what it should. */
type Values = Required<Pick<Noticed, "seen" | "own">>;

/** Follows what is wrong at the end of one schedule. */
export class Roots {
  readonly #instance: Instance;
  readonly #found: Found;
  readonly #chain: Chain;
  /** Changes of what decides, by their places in the record, with the bits that count. */
  readonly decided = new Map<number, bigint>();
  /** The newest writes of bits that are wrong, by KVM, into the guest's registers. */
  readonly wrong = new Set<number>();
  /** What no event says of itself: that something was not done, by the place of an event there. */
  readonly notes = new Map<number, Note>();
  /** Rules of hits of the bare machine that the guest's exception does not tell of. */
  readonly untold = new Set<RuleId>();

  constructor(instance: Instance, found: Found, chain: Chain) {
    this.#instance = instance;
    this.#found = found;
    this.#chain = chain;
  }

  /** Follows all that the last step shows to be wrong. */
  follow(): void {
    const step = this.#found.schedule.at(-1);
    if (step === undefined) {
      this.#expected();
      return;
    }
    const { noticed, unread, lost, vcpu, cpu, events } = step;
    if (noticed && vcpu !== undefined) this.#noticed(noticed, step, vcpu);
    if (unread && vcpu !== undefined) {
      const { register, isActedOn } = unread;
      this.#read(vcpu, register, unread, isActedOn ? "cpu" : "guest");
    }
    if (lost && cpu !== undefined) this.#lost(cpu, lost.register);
    for (const event of events) this.#event(event);
    this.#mismatch(step);
    this.#expected();
    this.#untrapped(step);
    this.#warnings();
  }

  /** What let the guest write registers without a trap, where little else was decided. */
  native(): void {
    for (const at of this.#chain.places()) {
      const event = this.#chain.event(at);
      const isNative = event.kind === "set" && event.to.space === "cpu" &&
        event.from?.space === "program";
      if (!isNative) continue;
      const vcpu = event.from!.index;
      this.#deciders(event.to, at, vcpu);
    }
  }

  /** Accesses did not trap although KVM had decided that they do. */
  #untrapped(step: ScheduleStep): void {
    const { arch } = this.#instance;
    const late = untrapped(arch, this.#chain, step);
    if (late === undefined) return;
    const { load, built, isLoaded } = late;
    const { bit, kvm, late: rule } = arch.deciders.traps!;
    this.#decide(built, bit);
    if (isLoaded) this.#decide(load, bit);
    if (isLoaded || load < 0) return;
    this.#chain.add(load);
    const phrase = `loaded ${kvm} as the setup before had left it (0x0)`;
    this.notes.set(load, { rule, phrase, cause: "load" });
  }

  /**
   * A value, and what decided that it is there.
   *
   * @param from index of the newest event that may have to do with it
   */
  #value(place: Place, bits: bigint, vcpu: number, from = 0): void {
    this.#chain.follow(place, from, bits);
    this.#allDeciders(place, from, vcpu);
  }

  /** What decided that a value is there, and each step flag that it came from. */
  #allDeciders(place: Place, from: number, vcpu: number): void {
    this.#deciders(place, from, vcpu);
    for (const at of this.#chain.places()) {
      const event = this.#chain.event(at);
      if (event.kind !== "set" || !this.#isStep(event.to)) continue;
      // Why a step flag is as it is depends on what userspace asked for before and then.
      this.#deciders(event.to, Math.max(0, at - 1), vcpu);
      this.#deciders(event.to, newestBefore(this.#chain, at), vcpu);
    }
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
    if (this.#isStep(place)) this.#whileSet(from, vcpu);
  }

  /** What decides on the step flag while it is set, and what KVM waits for. */
  #whileSet(from: number, vcpu: number): void {
    const { stepWhileSet } = this.#instance.arch.deciders;
    for (const [name, awaited] of Object.entries(stepWhileSet)) {
      const of: Place = { space: "kvm", index: vcpu, name };
      const at = this.#chain.lastChange(from, of);
      if (at < 0 || (this.#chain.event(at) as SetEvent).new === 0n) continue;
      this.#decide(at, ALL_BITS);
      const since: Place = { ...of, name: awaited };
      this.#decide(this.#chain.lastChange(at, since), ALL_BITS);
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
          if (info) this.#read(vcpu, info.id, { seen, own });
          const flags = { ...place, name: "RFLAGS" } as const;
          if (name === "rflags") this.#seen(flags, vcpu, { seen, own });
        } else {
          const info = this.#instance.arch.registers.find(name ?? "");
          if (info) this.#read(vcpu, info.id, { seen, own });
        }
        this.#untold(vcpu, own & ~seen);
        this.#resumed(name, seen & ~own, vcpu);
        if (!this.#isUnraised(name, seen ^ own)) {
          this.#chain.causes(0, vcpu, exception, { isHandled: true });
        }
        return;
      default:
        this.#read(vcpu, register!, { seen, own });
    }
  }

  /** Hits that the bare machine's exception tells of and the guest's does not. */
  #untold(vcpu: number, status: bigint): void {
    const hits = untoldHits(this.#chain, this.#found.schedule, vcpu, status);
    for (const { rule } of hits) this.untold.add(rule);
  }

  /** The exception pushed a flag that KVM has left set. */
  #resumed(name: string | undefined, more: bigint, vcpu: number): void {
    const { arch } = this.#instance;
    const { resume } = arch.deciders;
    if (resume === undefined || name !== resume.name) return;
    if ((more & resume.bit) === 0n) return;
    noteResume(arch, this.#chain, this.notes, vcpu);
  }

  /** What raised the exception has nothing to do with bits of a register that its handler reads. */
  #isUnraised(name: string | undefined, bits: bigint): boolean {
    const unraised = this.#instance.arch.deciders.unraised[name ?? ""] ?? 0n;
    return (bits & ~unraised) === 0n;
  }

  /** A value that is not what it should be, as it was when the guest saw it. */
  #seen(place: Place, vcpu: number, { seen, own }: Values): void {
    const bits = seen ^ own;
    const from = whenSeen(this.#chain, place, bits, seen);
    this.#value(place, bits, vcpu, from);
    const at = wrongWrite(this.#chain, place, bits, from);
    if (at >= 0) this.wrong.add(at);
  }

  /** A read that gives another value than it should, or what the CPU acts on instead. */
  #read(
    vcpu: number,
    register: number,
    values: Values,
    view: "guest" | "cpu" = "guest",
  ): void {
    const { end } = this.#found;
    if (end === undefined) return;
    const { model: { rules } } = this.#instance;
    const { f } = frameOn(rules, end, vcpu);
    const place = rules.placeOf(f, view, register);
    if (place) this.#seen(place, vcpu, values);
    // What KVM has given for it.
    const { name } = this.#instance.arch.registers.byId(register);
    this.#chain.add(
      this.#chain.find(
        0,
        (event) =>
          event.kind === "access" && event.vcpu === vcpu &&
          event.access === "read" && event.by === "kvm" &&
          event.register === name && event.value === values.seen,
      ),
    );
  }

  /**
   * An exception that the bare machine takes and the guest does not: the parts that the bare machine's hit depends on
   * and that the guest has otherwise; where there are none, the exit that kept the CPU from comparing.
   */
  #missed(step: ScheduleStep, vcpu: number): void {
    const wrong = wrongParts(this.#instance, this.#found, step, vcpu);
    const from = newestOther(this.#chain, 0, this.#found.schedule.length);
    for (const { place, bits } of wrong) {
      this.#value(place, bits, vcpu, from);
      this.#loaded(place, bits, vcpu);
    }
    if (wrong.length > 0) return;
    const held = holdingBack(this.#instance.arch, this.#chain, step);
    for (const { at, bits } of held) this.#decide(at, bits);
    if (held.length > 0) return;
    if (isSuppressed(this.#instance, this.#found, step)) {
      noteResume(this.#instance.arch, this.#chain, this.notes, vcpu);
      return;
    }
    const exit = this.#chain.find(
      0,
      (event) =>
        isOf(event, vcpu) &&
        (event.kind === "exit" || event.kind === "user-exit"),
    );
    if (exit < 0) return;
    const event = this.#chain.event(exit);
    if (event.kind === "exit" && EXCEPTION_EXITS.has(event.why)) {
      this.#dropped(exit, vcpu);
      return;
    }
    const last = lastInstructionExit(this.#chain, exit, vcpu);
    this.#chain.left(last, vcpu);
    // KVM has moved past the instruction.
    const { stepMissed } = this.#instance.arch.deciders;
    const isStep = step.bareEvents.some((one) =>
      one.kind === "raise" && one.status !== undefined &&
      (one.status & (stepMissed?.status ?? 0n)) !== 0n
    );
    if (!isStep || this.#chain.event(last).kind !== "exit") return;
    this.notes.set(last, {
      rule: stepMissed!.rule,
      phrase: "moved RIP past the instruction without a look at TF",
    });
  }

  /** The CPU raised the exception, and KVM did not give it to the guest: what it did with the exit instead. */
  #dropped(exit: number, vcpu: number): void {
    this.#chain.left(exit, vcpu);
    const { step } = this.#instance.arch.deciders;
    const cause = this.#chain.cause(exit);
    for (let at = exit - 1; at >= 0; at--) {
      const event = this.#chain.event(at);
      if (event.kind === "enter" || this.#chain.cause(at) !== cause) return;
      if (event.kind !== "set" || event.to.space === "cpu") continue;
      const isDecider = this.#isStep(event.to) ||
        event.to.space === "kvm" &&
          (step.includes(event.to.name) ||
            Object.hasOwn(
              this.#instance.arch.deciders.stepWhileSet,
              event.to.name,
            ));
      if (!isDecider) continue;
      this.#decide(at, ALL_BITS);
      // What began that which ends here.
      this.#whileSet(exit, vcpu);
    }
  }

  /** What an entry would have loaded into a physical register that is wrong. */
  #loaded({ space, name }: Place, bits: bigint, vcpu: number): void {
    const { before } = this.#found;
    const { model: { rules }, arch } = this.#instance;
    const id = arch.registers.find(name)?.id;
    if (space !== "cpu" || id === undefined || before === undefined) return;
    this.#unloaded(vcpu);
    const place = rules.placeOf(frameOn(rules, before, vcpu).f, "hw", id);
    if (place) this.#chain.follow(place, 0, bits);
  }

  /** The last entry, if it did not load the debug registers. */
  #unloaded(vcpu: number): void {
    const enter = this.#chain.find(
      0,
      (event) => event.kind === "enter" && event.vcpu === vcpu,
    );
    if (enter < 0) return;
    const before = this.#chain.find(
      enter + 1,
      (event) =>
        isOf(event, vcpu) &&
        (event.kind === "load" && event.set !== "host" ||
          event.kind === "exit" || event.kind === "vcpu-load"),
    );
    if (before >= 0 && this.#chain.event(before).kind === "load") return;
    const { arch, model: { rules } } = this.#instance;
    const like = this.#chain.find(
      enter,
      (event) =>
        event.kind === "load" && event.vcpu === vcpu && event.set !== "host",
    );
    const event = this.#chain.event(like < 0 ? enter : like);
    const rule = like < 0 ? arch.deciders.loads : event.rule;
    this.#chain.add(enter);
    this.notes.set(enter, {
      rule: rules.ruleOf?.({ ...event, kind: "load", rule } as Event) ?? rule,
      phrase: `entered the guest without loading ${arch.deciders.loaded}`,
    });
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
    for (const root of this.#chain.places()) {
      const one = this.#chain.event(root);
      if (one.kind !== "hit" && one.kind !== "raise") continue;
      for (const part of one.needed ?? []) {
        const { place, bits, isBefore } = part;
        const from = isBefore ? this.#chain.when(part, root) : 0;
        this.#chain.follow(place, from, bits);
        this.#allDeciders(place, 0, vcpu);
      }
    }
  }

  #lost(cpu: number, register: number): void {
    const { name } = this.#instance.arch.registers.byId(register);
    this.#chain.follow({ space: "cpu", index: cpu, name }, 0, ALL_BITS);
    this.#chain.follow({ space: "host", index: cpu, name }, 0, ALL_BITS);
  }

  /** A physical register that is wrong, and what an entry would have loaded into it. */
  #onCpu(place: Place, vcpu: number): void {
    this.#deciders(place, 0, vcpu);
    this.#loaded(place, ALL_BITS, vcpu);
  }

  /** What of the CPU's breakpoints is not as the guest has it, where that breaks something. */
  #mismatch(step: ScheduleStep): void {
    const { vcpu, cpu } = step;
    if (vcpu === undefined || cpu === undefined) return;
    const { arch } = this.#instance;
    const { properties = 0 } = this.#found.broken ?? {};
    for (const { name } of mismatched(arch, this.#chain, step, properties)) {
      const place: Place = { space: "cpu", index: cpu, name };
      this.#chain.follow({ ...place, space: "host" }, 0, ALL_BITS);
      this.#chain.follow(place, 0, ALL_BITS);
      this.#onCpu(place, vcpu);
    }
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
          this.#onCpu({ space: "cpu", index: cpu, name: register }, vcpu);
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
      case "lost":
        followLoss(this.#instance.arch, this.#chain, event);
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
    const { broken, end = this.#instance.model.initial } = this.#found;
    if (broken?.expectation === undefined) return;
    const { arch, model: { rules }, always, finally: atEnd } = this.#instance;
    const { expected: { seen } } =
      (broken.atEnd ? atEnd : always)[broken.expectation];
    const { view, index, register, kvmName } = seen;
    const field = fieldSeen(arch, seen);
    const bits = field ? rowMask(field.field) : ALL_BITS;
    if (view === "bare") {
      const { name } = arch.registers.byId(register!);
      this.#chain.follow({ space: "bare", index, name }, 0, bits);
      return;
    }
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
