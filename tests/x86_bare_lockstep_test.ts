/** The bare machine beside an x86 vCPU: what goes into it and comes back, and what of a guest is compared with it. */
import { assert, assertEquals } from "@std/assert";
import { makeInsn } from "../engine/program.ts";
import { OUTCOME } from "../engine/rules.ts";
import { EVENTS, SHADOW, VCPU, VECTOR } from "../engine/x86/blocks.ts";
import { GUESTDBG } from "../engine/x86/kvm/guest_debug_flags.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import { X86_LOCKSTEP } from "../engine/x86/bare/lockstep.ts";
import { Pair } from "./x86_bare_pair.ts";
import { setVcpu } from "./x86_frame.ts";

/** A value for each register that a guest has, as a CPU keeps it. */
const VALUES: readonly (readonly [register: number, value: bigint])[] = [
  [REG.DR0, 0xffff_8000_0000_1000n],
  [REG.DR1, 0x7fff_0000_2000n],
  [REG.DR2, 0x1_0000_3000n],
  [REG.DR3, 0x4000n],
  [REG.DR6, 0xffff_2ff1n],
  [REG.DR7, 0x000d_0602n],
  [REG.CR4, 0x20n],
  [REG.DEBUGCTL, 0x2n],
  // Userspace may set a bit that the architecture keeps at 0.
  [REG.RFLAGS, 0x8000_0302n],
];

Deno.test("lockstep: what userspace writes is what the bare machine has, and it is there after a load and a save", () => {
  const pair = new Pair();
  for (const [register, value] of VALUES) pair.write(register, value);
  const all = () => VALUES.map(([register]) => pair.value(register));
  const wanted = VALUES.map(([, value]) => value);
  assertEquals(all(), wanted);
  pair.load();
  // Another bare machine.
  for (const [register] of VALUES) pair.write(register, 0n);
  pair.save();
  assertEquals(all(), wanted);
  pair.load().has({ rflags: 0x216 }, pair.bare).save();
  assertEquals(pair.value(REG.RFLAGS), 0x216n);
  pair.write(REG.RFLAGS, 0x8000_0302n);
  // Userspace has no DR4.
  pair.write(REG.DR4, 0n);
  assertEquals(all(), wanted);
});

Deno.test("lockstep: the bare machine begins with what the guest reads, and with 0 where it reads nothing", () => {
  const pair = new Pair();
  const guests = new Map(VALUES);
  const read: (typeof REG)[keyof typeof REG][] = [
    ...[REG.DR0, REG.DR1, REG.DR2, REG.DR3],
    ...[REG.DR6, REG.DR7, REG.DEBUGCTL],
  ];
  X86_LOCKSTEP.begin(pair.f, pair.at, (register) => ({
    kind: "value",
    value: guests.get(register)!,
  }));
  assertEquals(read.map((register) => pair.value(register)), [
    ...[0xffff_8000_0000_1000n, 0x7fff_0000_2000n, 0x1_0000_3000n, 0x4000n],
    ...[0xffff_2ff1n, 0x000d_0602n, 0x2n],
  ]);
  const why = "the registers of a protected guest are hidden";
  X86_LOCKSTEP.begin(pair.f, pair.at, () => ({ kind: "none", why }));
  for (const register of read) assertEquals(pair.value(register), 0n);
});

Deno.test("lockstep: where addresses stand, DR0 to DR3 are", () => {
  const pair = new Pair();
  for (let n = 0; n < 4; n++) pair.write(n, BigInt(n + 1) << 32n | 0x10n);
  const found = X86_LOCKSTEP.addresses.flatMap((at) =>
    pair.block().slice(at, at + 2)
  );
  assertEquals(found, [0x10, 1, 0x10, 2, 0x10, 3, 0x10, 4]);
});

Deno.test("lockstep: DR4 and DR5 are DR6 and DR7, undefined with CR4.DE, and nothing else is a guest's register", () => {
  const pair = new Pair().write(REG.DR6, 0xffff_0ff4n).write(REG.DR7, 0x4aan);
  assertEquals([pair.value(REG.DR4), pair.value(REG.DR5)], [
    0xffff_0ff4n,
    0x4aan,
  ]);
  // VME, PVI and TSD are other bits.
  pair.write(REG.CR4, 0x7n);
  assertEquals(pair.value(REG.DR4), 0xffff_0ff4n);
  pair.write(REG.CR4, 0x8n);
  assertEquals([pair.value(REG.DR4), pair.value(REG.DR5)], ["undef", "undef"]);
  assertEquals(pair.value(REG.VCPU_EVENTS), "none");
});

Deno.test("lockstep: the loaded machine's breakpoint hits, and DR6 says so after the save", () => {
  const pair = new Pair().write(REG.DR1, 0x1_0000_1000n).write(
    REG.DR7,
    0x8n,
  ).load();
  const nop = { op: "exec", lengthBytes: 1 } as const;
  const step = (addressHi: number) => {
    const insn = makeInsn({ ...nop, addressLo: 0x1000, addressHi });
    return X86_LOCKSTEP.step(pair.bare, insn);
  };
  assertEquals(step(0), OUTCOME.next);
  assertEquals(X86_LOCKSTEP.raised(pair.bare), undefined);
  assertEquals(step(1), OUTCOME.stay);
  assertEquals(X86_LOCKSTEP.raised(pair.bare), "db");
  assertEquals(pair.save().value(REG.DR6), 0xffff_0ff2n);
  assertEquals(pair.due(), "db");
});

/** Bits by which DR6 and DR7 are compared: those that the architecture defines. Intel SDM vol. 3B 17.2. */
const DEFINED = {
  dr6: [0, 1, 2, 3, 11, 13, 14, 15, 16],
  dr7: [
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13],
    ...[16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31],
  ],
};
const ALL_BITS = Array.from({ length: 32 }, (_, n) => n);

/** Bits of a word of the guest's in which a difference is found. */
function found(of: (word: number) => readonly unknown[]): number[] {
  return ALL_BITS.filter((n) => of(1 << n).length > 0);
}

Deno.test("lockstep: a handler's DR6 and DR7 differ by the bits that are defined", () => {
  for (const [name, word] of [["dr6", "handlerDr6"], ["dr7", "handlerDr7"]]) {
    const bits = found((value) =>
      new Pair().has({ [word]: value }).differences()
    );
    assertEquals(bits, DEFINED[name as "dr6" | "dr7"], name);
  }
  const pair = new Pair().has({ handlerDr6: 2, handlerDr7: 0x402 });
  pair.has({ handlerHit: 1 });
  assertEquals(pair.differences(), [
    { name: "dr6", seen: 2n, own: 0n },
    { name: "dr7", seen: 0x402n, own: 0n },
  ]);
});

Deno.test("lockstep: a frame differs by RIP and error code, and by the flags if the bare machine has entered too", () => {
  const pair = new Pair().has({ handlerRip: 0x1000, handlerError: -1 });
  const { f, bare } = pair;
  f.w[f.vcpu + VCPU.handlerRip + 1] = 2;
  bare.w[bare.vcpu + VCPU.handlerRip + 1] = 1;
  assertEquals(pair.differences(), [
    { name: "rip", seen: 0x2_0000_1000n, own: 0x1_0000_0000n },
    { name: "error", seen: 0xffff_ffffn, own: 0n },
  ]);
  const near = new Pair().has({ handlerRip: 0x1001 });
  near.has({ handlerRip: 0x1000 }, near.bare);
  assertEquals(near.differences(), [
    { name: "rip", seen: 0x1001n, own: 0x1000n },
  ]);
  // Userspace may set bit 31 of the flags.
  const flags = new Pair().has({ handlerFlags: 0x8000_0302 });
  flags.has({ handlerFlags: 0x8000_0002 }, flags.bare);
  assertEquals(flags.differences(), []);
  assertEquals(flags.differences(true), [
    { name: "rflags", seen: 0x8000_0302n, own: 0x8000_0002n },
  ]);
});

Deno.test("lockstep: a debugger's TF is allowed while userspace steps, and nothing else of RFLAGS", () => {
  const stepped = { guestDebug: GUESTDBG.ENABLE | GUESTDBG.SINGLESTEP };
  const flags = (handlerFlags: number, guestDebug: number, own = 0) => {
    const pair = new Pair().has({ handlerFlags, guestDebug });
    return pair.has({ handlerFlags: own }, pair.bare).differences(true)
      .map(({ allowance }) => allowance);
  };
  assertEquals(flags(0x100, stepped.guestDebug), ["step-flag"]);
  assertEquals(flags(0x302, stepped.guestDebug, 0x202), ["step-flag"]);
  assertEquals(flags(0x202, stepped.guestDebug, 0x302), ["step-flag"]);
  assertEquals(flags(0x100, 0), [undefined]);
  assertEquals(flags(0x300, stepped.guestDebug), [undefined]);
  assertEquals(flags(0, stepped.guestDebug), []);
});

Deno.test("lockstep: B0 to B3 that a #DB has left may be missing in the guest, and no others", () => {
  const dr6 = (seen: number, own: number, leftStatus: number) => {
    const pair = new Pair().has({ handlerDr6: seen });
    pair.has({ handlerDr6: own }, pair.bare);
    pair.bare.bare!.leftStatus = leftStatus;
    return pair.differences().map(({ name }) => name);
  };
  assertEquals(dr6(0x2, 0x3, 1), []);
  assertEquals(dr6(0x2, 0x3, 0), ["dr6"]);
  assertEquals(dr6(0x2, 0x3, 2), ["dr6"]);
  assertEquals(dr6(0x3, 0x2, 1), ["dr6"]);
  assertEquals(dr6(0x2, 0x4002, 0xf), ["dr6"]);
});

Deno.test("lockstep: INT1 leaves B0 to B3 of earlier #DBs, another #DB and a write of DR6 do not", () => {
  const dr6 = (pair: Pair, op: "exec" | "icebp") => {
    pair.write(REG.DR6, 0xffff_0ff1n).write(REG.DR1, 0x1000n)
      .write(REG.DR7, 0x8n).load();
    const addressLo = op === "exec" ? 0x1000 : 0x2000;
    const insn = makeInsn({ op, addressLo, lengthBytes: 1 });
    X86_LOCKSTEP.step(pair.bare, insn);
    const { leftStatus } = pair.bare.bare!;
    return [pair.save().value(REG.DR6), leftStatus];
  };
  assertEquals(dr6(new Pair("svm"), "exec"), [0xffff_0ff2n, 0]);
  assertEquals(dr6(new Pair("vmx"), "exec"), [0xffff_0ff2n, 0]);
  const pair = new Pair("vmx");
  assertEquals(dr6(pair, "icebp"), [0xffff_0ff1n, 1]);
  const differs = () =>
    X86_LOCKSTEP.readDiffers(pair.f, pair.at, {
      name: "dr6",
      register: REG.DR6,
      seen: 0xffff_0ff0n,
      own: 0xffff_0ff1n,
    });
  assertEquals(differs(), undefined);
  pair.write(REG.DR6, 0xffff_0ff1n);
  assertEquals(differs()?.own, 0xffff_0ff1n);
});

Deno.test("lockstep: it begins with the #DB that KVM has queued, its cause and DR7.GD clear", () => {
  const began = (words: Partial<Record<keyof typeof VCPU, number>>) => {
    const { f, at } = new Pair().has(words);
    X86_LOCKSTEP.begin(f, at, (register) => ({
      kind: "value",
      value: register === REG.DR7 ? 0x2400n : 0xffff_0ff1n,
    }));
    const value = (register: number) => {
      const seen = X86_LOCKSTEP.value(f, at, register);
      return seen.kind === "value" && seen.value;
    };
    return [X86_LOCKSTEP.due(f.w, at), value(REG.DR6), value(REG.DR7)];
  };
  const db = VECTOR.DB + 1;
  assertEquals(began({}), [undefined, 0xffff_0ff1n, 0x2400n]);
  assertEquals(began({ pendingException: db, pendingPayload: 0x5000 }), [
    "db",
    0xffff_4ff0n,
    0x400n,
  ]);
  // The cause of an earlier one, or that is in DR6 already.
  assertEquals(began({ pendingException: db, pendingPayload: 0x4000 }), [
    "db",
    0xffff_0ff1n,
    0x400n,
  ]);
  assertEquals(began({ injectedException: db }), [
    "db",
    0xffff_0ff1n,
    0x400n,
  ]);
  assertEquals(began({ pendingException: VECTOR.BP + 1 }), [
    "bp",
    0xffff_0ff1n,
    0x2400n,
  ]);
});

Deno.test("lockstep: RF that KVM has left set, and not that of its step for an NMI", () => {
  const resumes = (rflags: number, own: number, events = 0) => {
    const { f, at } = new Pair().has({ rflags: own });
    X86_LOCKSTEP.begin(f, at, () => ({ kind: "value", value: 0n }));
    setVcpu(f, { rflags, events });
    return X86_LOCKSTEP.resumes(f, at);
  };
  assertEquals(resumes(0x1_0002, 0x2), true);
  assertEquals(resumes(0x1_0002, 0x1_0002), false);
  assertEquals(resumes(0x102, 0x2), false);
  assertEquals(resumes(0x1_0002, 0x2, EVENTS.nmiStep), false);
});

Deno.test("lockstep: what a program reads is compared by the bits that the register defines", () => {
  const { f, at } = new Pair();
  const differs = (register: number, seen: bigint, own: bigint) =>
    X86_LOCKSTEP.readDiffers(f, at, { name: "", register, seen, own });
  const bits = (register: number) =>
    ALL_BITS.filter((n) => differs(register, 5n ^ (1n << BigInt(n)), 5n));
  for (const register of [REG.DR4, REG.DR6]) {
    assertEquals(bits(register), DEFINED.dr6);
  }
  for (const register of [REG.DR5, REG.DR7]) {
    assertEquals(bits(register), DEFINED.dr7);
  }
  for (const register of [REG.DR0, REG.DR3, REG.CR4, REG.DEBUGCTL]) {
    assertEquals(bits(register), ALL_BITS);
  }
  const high = differs(REG.DR2, 1n << 63n, 0n);
  assertEquals([high?.seen, high?.own], [1n << 63n, 0n]);
  assertEquals(differs(REG.DR2, 7n, 7n), undefined);
  assertEquals(differs(REG.RFLAGS, 0x302n, 0x2n), {
    name: "rflags",
    seen: 0x302n,
    own: 0x2n,
  });
  // EAX after XBEGIN is no register of the table.
  assertEquals(differs(-1, 1n, 0n), undefined);
});

const NMI_2ND = { handlerVector: VECTOR.NMI, inHandler: 1, outerStep: 2 };

Deno.test("lockstep: an interrupt whose handler the guest has just entered arrives at the bare machine", () => {
  const pending = (
    guest: Partial<Record<keyof typeof VCPU, number>>,
    own = {},
  ) => {
    const pair = new Pair().has(guest);
    pair.has(own, pair.bare);
    X86_LOCKSTEP.arrives!(pair.f, pair.bare);
    return pair.bareWord("events");
  };
  const first = { inHandler: 7, handlerVector: 0x41 };
  assertEquals(pending(first), 0x41);
  assertEquals(pending({ ...first, handlerVector: VECTOR.NMI }), EVENTS.oneNmi);
  // In a handler that the bare machine is in too.
  assertEquals(pending(NMI_2ND, { inHandler: 2 }), EVENTS.oneNmi);
  // It is there already.
  assertEquals(pending(NMI_2ND, { inHandler: 1, outerStep: 2 }), 0);
  assertEquals(pending(first, { inHandler: 7 }), 0);
  // An exception of the guest's own is none, nor what it has handled.
  assertEquals(pending({ ...first, handlerVector: VECTOR.DB }), 0);
  assertEquals(pending({ handlerVector: 0x41 }), 0);
});

Deno.test("lockstep: which exception is handled, due and pending", () => {
  const pair = new Pair();
  const { f } = pair;
  const all = () => [
    X86_LOCKSTEP.handled(f),
    X86_LOCKSTEP.pending(f, false),
    X86_LOCKSTEP.pending(f, true),
    X86_LOCKSTEP.isQueued(f),
  ];
  const NONE = [undefined, undefined, undefined, false];
  pair.has({ handlerVector: VECTOR.BP });
  assertEquals(all(), NONE);
  pair.has({ inHandler: 7 });
  assertEquals(all(), ["bp", undefined, undefined, false]);
  pair.has({ inHandler: 0, pendingException: VECTOR.GP + 1 });
  assertEquals(all(), [undefined, "gp", "gp", true]);
  pair.has({ pendingException: 0, injectedException: VECTOR.BP + 1 });
  assertEquals(all(), [undefined, "bp", "bp", true]);
  pair.has({ injectedException: 0, pendingDb: 0x4000 });
  assertEquals(all(), [undefined, "db", "db", false]);
  pair.has({ shadow: SHADOW.sti });
  assertEquals(all(), [undefined, "db", "db", false]);
  pair.has({ shadow: SHADOW.movSs });
  assertEquals(all(), [undefined, undefined, "db", false]);
  // Userspace takes it, or KVM that steps for an NMI.
  for (const flag of [GUESTDBG.SINGLESTEP, GUESTDBG.USE_HW_BP]) {
    pair.has({ shadow: 0, guestDebug: GUESTDBG.ENABLE | flag });
    assertEquals(all(), NONE);
  }
  pair.has({ guestDebug: GUESTDBG.ENABLE | GUESTDBG.USE_SW_BP });
  assertEquals(all(), [undefined, "db", "db", false]);
  pair.has({ guestDebug: 0, events: EVENTS.nmiStep });
  assertEquals(all(), NONE);
});

Deno.test("lockstep: the iteration of a string instruction is part of the place, but for one that is over", () => {
  const isSame = (
    guest: readonly number[],
    own: readonly number[],
    count?: number,
  ) => {
    const pair = new Pair().has({ repeating: guest[0], rcx: guest[1] });
    pair.has({ repeating: own[0], rcx: own[1] }, pair.bare);
    const insn = count === undefined ? null : makeInsn({ op: "ins", count });
    return X86_LOCKSTEP.isSamePlace(pair.f, pair.bare, insn);
  };
  assertEquals(isSame([1, 3], [1, 3]), true);
  assertEquals(isSame([1, 3], [1, 2]), false);
  assertEquals(isSame([1, 3], [0, 3]), false);
  // KVM's emulator has done the last, and RIP is still at the instruction. Rule x86:D/15.1.
  assertEquals(isSame([1, 0], [0, 5]), true);
  assertEquals(isSame([0, 0], [1, 0]), false);
  assertEquals(isSame([0, 0], [0, 0]), true);
  // The guest has left in its first iteration, which is not done; the bare machine has not begun.
  assertEquals(isSame([1, 4], [0, 0], 4), true);
  assertEquals(isSame([1, 3], [0, 0], 4), false);
  assertEquals(isSame([0, 0], [1, 4], 4), false);
  assertEquals(isSame([1, 4], [1, 3], 4), false);
});

const PLACES: readonly (keyof typeof VCPU)[] = [
  "inHandler",
  "stopped",
  "exceptions",
  "handlerVector",
  "outerStep",
  "outerVector",
];
for (const name of PLACES) {
  Deno.test(`lockstep: another ${name} is another place`, () => {
    const pair = new Pair().has({ [name]: 1 });
    pair.has({ [name]: 1 }, pair.bare);
    assert(X86_LOCKSTEP.isSamePlace(pair.f, pair.bare, null));
    pair.has({ [name]: 2 });
    assertEquals(X86_LOCKSTEP.isSamePlace(pair.f, pair.bare, null), false);
  });
}
