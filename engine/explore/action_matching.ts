/**
 * Whether what a program does is what another one does, under other names.
 *
 * @module
 */
import type { Insn } from "../program.ts";
import { join64 } from "../word64.ts";
import type { Model } from "./model.ts";
import { PAGE_MASK, type Pages } from "./program_matching.ts";
import type { UserAction } from "./programmed_machine.ts";
import type { SlotNames } from "./slots.ts";

function addressOf({ addressLo, addressHi }: Insn): bigint {
  return join64(addressLo, addressHi);
}

/** The instruction ends in the page in which it begins. What 32-bit code is at depends on the base of its segment. */
function staysInPage(insn: Insn): boolean {
  return !insn.code32 &&
    Number(addressOf(insn) & PAGE_MASK) + insn.lengthBytes < 4096;
}

/** What programs are compared by. */
export interface Terms {
  readonly model: Model;
  readonly pages: Pages;
  /** Undefined if slots keep their names. */
  readonly slots: SlotNames | undefined;
}

/** A register, and what is written to it, under other names of slots. */
function renamedWrite(
  { model, slots }: Terms,
  register: number,
  value: bigint,
): readonly [register: number, value: bigint] {
  if (slots === undefined || register < 0) return [register, value];
  const rules = model.monitor.slots;
  return [
    rules.register(register, slots),
    rules.value(register, value, slots),
  ];
}

/** What two string instructions repeat over: each address within one page. */
function sameString(a: Insn, b: Insn, pages: Pages): boolean {
  const bytes = a.count * a.sizeBytes;
  const isInPage = (lo: number) => (lo & 0xfff) + bytes <= 4096;
  const [from, to] = [a, b].map(({ otherLo, otherHi }) =>
    join64(otherLo, otherHi)
  );
  if (a.op !== "stos" && !(isInPage(a.otherLo) && pages.match(from, to))) {
    return false;
  }
  return isInPage(a.lo) || a.op === "ins" || a.op === "outs";
}

/** Two transactions, an instruction after the other. */
function sameMembers(a: Insn, b: Insn, terms: Terms): boolean {
  return a.members.length === b.members.length &&
    a.members.every((one, at) => sameInsn(one, b.members[at], terms));
}

export function sameInsn(a: Insn, b: Insn, terms: Terms): boolean {
  const { model, pages } = terms;
  const [register, value] = renamedWrite(
    terms,
    a.register,
    join64(a.lo, a.hi),
  );
  if (
    a.op !== b.op || register !== b.register || a.level !== b.level ||
    a.maskLo !== b.maskLo || a.maskHi !== b.maskHi || a.mmio !== b.mmio ||
    a.count !== b.count || a.code32 !== b.code32 ||
    !sameMembers(a, b, terms) ||
    a.otherMmio !== b.otherMmio ||
    a.sizeBytes !== b.sizeBytes || a.lengthBytes !== b.lengthBytes ||
    !staysInPage(a) || !staysInPage(b) ||
    !pages.match(addressOf(a), addressOf(b))
  ) return false;
  if (a.count > 0 && !sameString(a, b, pages)) return false;
  const memory = a.op === "load" || a.op === "store" || a.op === "rmw" ||
    a.op === "movs" || a.op === "stos";
  const isAddress = memory ||
    a.op === "write" && model.monitor.isAddress(a.register);
  const values = [value, join64(b.lo, b.hi)] as const;
  return isAddress ? pages.match(...values) : values[0] === values[1];
}

type Addressed = {
  readonly action: string;
  readonly address?: bigint;
  readonly value?: bigint;
};

/** Requests of debuggers and of the host: equal except for the address. */
export function sameRequest(a: Addressed, b: Addressed, pages: Pages): boolean {
  const { address: from, value, ...restA } = a;
  const { address: to, value: other, ...restB } = b;
  if (value !== other) return false;
  if (JSON.stringify(restA) !== JSON.stringify(restB)) return false;
  if (from === undefined || to === undefined) return from === to;
  return pages.match(from, to);
}

export function sameUser(a: UserAction, b: UserAction, terms: Terms): boolean {
  const { model: { monitor }, pages } = terms;
  const sameValue = (register: number, x: bigint, y: bigint): boolean =>
    monitor.isAddress(register) ? pages.match(x, y) : x === y;
  switch (a.kind) {
    case "debugger":
      return b.kind === a.kind && sameRequest(a.request, b.request, pages);
    case "set": {
      const [register, value] = renamedWrite(terms, a.register, a.value);
      return b.kind === a.kind && register === b.register &&
        sameValue(register, value, b.value);
    }
    case "get":
      return b.kind === a.kind &&
        renamedWrite(terms, a.register, 0n)[0] === b.register;
    case "interrupt":
    case "nmi":
    case "serror":
      return b.kind === a.kind && a.vector === b.vector;
    case "init":
      return b.kind === a.kind;
    case "guest-debug": {
      if (b.kind !== a.kind) return false;
      const { registers: x, ...restA } = a.request;
      const { registers: y, ...restB } = b.request;
      return JSON.stringify(restA) === JSON.stringify(restB) &&
        x.length === y.length &&
        new Set(x.map(({ register }) => register)).size === x.length &&
        x.every((one) => {
          const [register, value] = renamedWrite(
            terms,
            one.register,
            one.value,
          );
          const there = y.find((other) => other.register === register);
          return there !== undefined &&
            sameValue(register, value, there.value);
        });
    }
    default:
      return a satisfies never;
  }
}
