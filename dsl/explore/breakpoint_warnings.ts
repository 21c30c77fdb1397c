/**
 * Warnings about a guest's own breakpoints that no access matches, at the line whose value keeps them from that.
 *
 * @module
 */
import { accesses, join64, lowWord } from "../../engine/mod.ts";
import {
  type CoveredLine,
  type CoveredPlace,
  isFresh,
  isSamePlace,
} from "./coverage.ts";
import {
  type CoverageWarning,
  type Searched,
  warning,
} from "./coverage_warning.ts";
import { type Write, writesOf } from "./writes.ts";

/** A line that makes a breakpoint, with its writes: several in a loop or by a `choose`. */
interface Arming {
  readonly line: CoveredLine;
  readonly writes: readonly Write[];
  /** The slots that they make, as bits. */
  readonly slots: number;
  readonly isAddress: boolean;
}

/** Slots that writes enable, as bits. */
function enabledBy(
  { instance: { model: { monitor } } }: Searched,
  writes: readonly Write[],
): number {
  return writes.reduce(
    (bits, { register, value }) =>
      monitor.isAddress(register)
        ? bits
        : bits | monitor.breakpoints.slotsOf(register, lowWord(value)),
    0,
  );
}

/**
 * Slots that something enables, on any vCPU: an address without a breakpoint of its own may be there for others to
 * hit. The host takes any slot. What a debugger enables has addresses of its own.
 */
function enabledByAny(searched: Searched): number {
  const { hosts, guests } = searched.instance.model;
  const takes = hosts.some(({ nodes }) =>
    nodes.some(({ kind }) => kind === "act")
  );
  if (takes) return -1;
  return guests.reduce(
    (bits, _, v) => bits | enabledBy(searched, writesOf(searched, v)),
    0,
  );
}

/** An instruction of a vCPU is at an address, or accesses the double word that has it. */
function isUsed(
  { instance }: Searched,
  vcpu: number,
  address: bigint,
): boolean {
  return instance.model.guests[vcpu].nodes.some((node) => {
    if (node.kind !== "act") return false;
    const { addressLo, addressHi } = node.action;
    return join64(addressLo, addressHi) === address ||
      accesses(node.action, address & ~7n, address | 7n);
  });
}

/** The slots of bits. */
function slotsIn(bits: number): readonly number[] {
  return Array.from({ length: 32 }, (_, slot) => slot)
    .filter((slot) => (bits & 1 << slot) !== 0);
}

/** What is wrong at a place, of some slots. */
interface Cause {
  readonly place: CoveredPlace;
  readonly code: "never-matched" | "never-enabled";
  /** Slots that have it, as bits. */
  slots: number;
  /** Before the slots' names, between them and what is wrong, and that. */
  readonly text: readonly [before: string, after: string];
  readonly hint: string | null;
}

/** Warnings about the breakpoints of one vCPU. */
class Causes {
  readonly #searched: Searched;
  readonly #vcpu: number;
  readonly #writes: readonly Write[];
  readonly #found: Cause[] = [];

  constructor(searched: Searched, vcpu: number) {
    this.#searched = searched;
    this.#vcpu = vcpu;
    this.#writes = writesOf(searched, vcpu);
  }

  get #breakpoints() {
    return this.#searched.instance.model.monitor.breakpoints;
  }

  warnings(): readonly CoverageWarning[] {
    const armed = this.#armed();
    const enabled = enabledBy(this.#searched, this.#writes);
    const isEnabled = ({ slots, isAddress }: Arming) =>
      !isAddress || (enabled & slots) !== 0;
    for (const one of armed) {
      if (!isEnabled(one)) this.#neverEnabled(one);
    }
    // A line that makes several breakpoints has a cause of its own only where theirs are not named.
    const matchable = armed.filter(isEnabled);
    const isSingle = ({ slots }: Arming) => slotsIn(slots).length === 1;
    for (const one of matchable.filter(isSingle)) this.#neverMatched(one);
    for (const isLast of [false, true]) {
      for (const one of matchable) {
        const named = this.#found.reduce((bits, { slots }) => bits | slots, 0);
        if ((one.slots & ~named) !== 0) this.#neverMatched(one, isLast);
      }
    }
    for (const write of this.#writes) this.#withoutAddress(write);
    return this.#found.map(({ place, code, slots, text, hint }) =>
      warning(place, code, text.join(this.#names(slots)), hint)
    );
  }

  /**
   * Of the breakpoints that a write enables, those to which nothing gives an address, if nothing can have done that
   * before the block, and the guest does not come to address 0.
   */
  #withoutAddress({ place, register, value, isDone }: Write): void {
    const { instance: { model: { monitor } }, exploration } = this.#searched;
    if (!isDone || monitor.isAddress(register) || !isFresh(exploration)) return;
    if (isUsed(this.#searched, this.#vcpu, 0n)) return;
    if (this.#breakpoints.isWide(register, lowWord(value))) return;
    const enabled = this.#breakpoints.slotsOf(register, lowWord(value));
    for (const slot of slotsIn(enabled)) {
      const address = this.#breakpoints.addressRegister(slot);
      if (this.#last([address]) !== undefined) continue;
      this.#add({
        place,
        code: "never-matched",
        slots: 1 << slot,
        text: [
          `no access of vCPU ${this.#vcpu} matches `,
          `, which this sets: the block never writes ${
            this.#registers([address])
          }`,
        ],
        hint: null,
      });
    }
  }

  /** Lines that make breakpoints which no access matches. */
  #armed(): readonly Arming[] {
    const { coverage, instance: { model: { monitor } } } = this.#searched;
    return coverage.lines.flatMap((line) => {
      if (line.index !== this.#vcpu || line.actor === "host") return [];
      if (line.matched !== 0 || line.done === 0) return [];
      const writes = this.#writes.filter(({ place }) =>
        isSamePlace(place, line)
      );
      // A request of userspace's debugger may be there to change registers alone.
      if (writes.length === 0) return [];
      const slots = writes.reduce(
        (bits, { register, value }) =>
          bits | this.#breakpoints.slotsOf(register, lowWord(value)),
        0,
      );
      const isAddress = writes.every(({ register }) =>
        monitor.isAddress(register)
      );
      return [{ line, writes, slots, isAddress }];
    });
  }

  #add(one: Cause): void {
    const known = this.#found.find(({ code, place, text: [, after] }) =>
      code === one.code && isSamePlace(place, one.place) &&
      after === one.text[1]
    );
    if (known) known.slots |= one.slots;
    else this.#found.push(one);
  }

  #names(slots: number): string {
    return slotsIn(slots).map((slot) => this.#breakpoints.slotName(slot))
      .join(", ");
  }

  /** Registers as text: `DR1`, `DBGBVR5_EL1 or CONTEXTIDR_EL1`. */
  #registers(ids: readonly number[]): string {
    const { registers } = this.#searched.instance.arch;
    return ids.map((id) => registers.byId(id).name).join(" or ");
  }

  /** The last write that was carried out of some registers, and meets a condition. */
  #last(
    registers: readonly number[],
    wanted: (one: Write) => boolean = () => true,
  ): Write | undefined {
    const writers = this.#writers(registers);
    return this.#writes.findLast((one) =>
      one.isDone && writers.includes(one.register) && wanted(one)
    );
  }

  #writers(registers: readonly number[]): readonly number[] {
    return registers.flatMap((one) => this.#breakpoints.writersOf(one));
  }

  /** The last write of the registers that enable slots. */
  #control(slots: number): Write | undefined {
    return this.#last(
      slotsIn(slots).map((slot) => this.#breakpoints.controlRegister(slot)),
    );
  }

  /** An address that the guest uses, and nothing enables the breakpoint that has it. */
  #neverEnabled({ line, writes, slots }: Arming): void {
    const used = writes.some(({ value }) =>
      isUsed(this.#searched, this.#vcpu, value)
    );
    if (!used || (enabledByAny(this.#searched) & slots) !== 0) return;
    const control = this.#control(slots);
    this.#add({
      place: control?.place ?? line,
      code: "never-enabled",
      slots,
      text: [
        `vCPU ${this.#vcpu} comes to the address of `,
        control === undefined
          ? ", which nothing enables"
          : ", which this does not enable",
      ],
      hint: null,
    });
  }

  /**
   * A breakpoint that no access matches.
   *
   * @param isAny also where no line's value is the cause, such as of one that is written too early or too late
   */
  #neverMatched({ writes, slots }: Arming, isAny = false): void {
    const [slot] = slotsIn(slots);
    const nearest = writes.reduce((a, b) => a.nearness > b.nearness ? a : b);
    const control = this.#control(1 << slot);
    const obstacle = this.#breakpoints.obstacle(
      nearest.nearness,
      slot,
      lowWord(control?.value ?? 0n),
    );
    if (obstacle.isReturn) return;
    const { registers, what, needed, bits, isLinked } = obstacle;
    const decides = ({ maskLo }: Write) =>
      bits === undefined || (maskLo & bits.mask) !== 0;
    const isCause = (one: Write) =>
      decides(one) &&
      (bits === undefined || (lowWord(one.value) & bits.mask) === bits.value);
    const isOwn = this.#writers(registers).includes(nearest.register);
    const cause = isOwn && isCause(nearest)
      ? nearest
      : this.#last(registers, isCause);
    const isWritten = this.#last(registers, decides) !== undefined;
    if (!isAny && (isLinked || cause === undefined && isWritten)) return;
    if (isLinked && this.#found.length > 0) return;
    const at = cause ?? control ?? nearest;
    const { monitor } = this.#searched.instance.model;
    const made = this.#breakpoints.slotsOf(at.register, lowWord(at.value));
    const makes = (made & slots) === 0
      ? ""
      : monitor.isAddress(at.register)
      ? ", to which this gives the address"
      : ", which this sets";
    const unwritten = isWritten || registers.length === 0
      ? undefined
      : `the block never writes ${this.#registers(registers)}`;
    const isAddress = registers.every((one) => monitor.isAddress(one));
    const why = unwritten === undefined
      ? what
      : isAddress
      ? unwritten
      : `${what}, and ${unwritten}`;
    this.#add({
      place: at.place,
      code: "never-matched",
      slots,
      text: [
        `no access of vCPU ${this.#vcpu} matches `,
        `${makes}: ${why}`,
      ],
      hint: needed === undefined ? null : `it must be ${needed}`,
    });
  }
}

/** Warnings about the breakpoints of all guests. */
export function* ofBreakpoints(
  searched: Searched,
): Generator<CoverageWarning> {
  for (const vcpu of searched.instance.model.guests.keys()) {
    yield* new Causes(searched, vcpu).warnings();
  }
}
