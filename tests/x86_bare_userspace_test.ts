/** The bare machine beside an x86 vCPU: what userspace does to the guest is done to it too. */
import { assert, assertEquals } from "@std/assert";
import { makeInsn } from "../engine/program.ts";
import { OUTCOME } from "../engine/rules.ts";
import { EVENTS, SHADOW, VECTOR, VM } from "../engine/x86/blocks.ts";
import { GUESTDBG } from "../engine/x86/kvm/guest_debug_flags.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import { X86_LOCKSTEP } from "../engine/x86/bare/lockstep.ts";
import { type Fields, Pair } from "./x86_bare_pair.ts";

/** What KVM_SET_VCPU_EVENTS leaves: the exception that is due, DR6, and DR7.GD of a machine that had it set. */
const GIVEN: readonly (readonly [
  fields: Fields,
  due: string | undefined,
  dr6: bigint,
  gd: boolean,
])[] = [
  [{}, undefined, 0xffff_0ff0n, true],
  [{ EXCEPTION_NR: 13n }, undefined, 0xffff_0ff0n, true],
  [{ EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 13n }, "gp", 0xffff_0ff0n, true],
  [{ EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 1n }, "db", 0xffff_0ff0n, false],
  // Without the flag nothing is pending.
  [{ EXCEPTION_PENDING: 1n, EXCEPTION_NR: 6n }, undefined, 0xffff_0ff0n, true],
  [
    { VALID_PAYLOAD: 1n, EXCEPTION_PENDING: 1n, EXCEPTION_NR: 6n },
    "ud",
    0xffff_0ff0n,
    true,
  ],
  [{ VALID_PAYLOAD: 1n, EXCEPTION_NR: 6n }, undefined, 0xffff_0ff0n, true],
  // A payload is active high: RTM and BLD go to 0, and bit 12 is none of DR6.
  ...([
    [0x4001n, 0xffff_4ff1n],
    [0x1_2000n, 0xfffe_2ff0n],
    [0x800n, 0xffff_07f0n],
    [0x1008n, 0xffff_0ff8n],
  ] as const).map(([EXCEPTION_PAYLOAD, dr6]) =>
    [
      {
        VALID_PAYLOAD: 1n,
        EXCEPTION_PENDING: 1n,
        EXCEPTION_HAS_PAYLOAD: 1n,
        EXCEPTION_NR: 1n,
        EXCEPTION_PAYLOAD,
      },
      "db",
      dr6,
      false,
    ] as const
  ),
  // An injected one has left its cause in DR6 already; no payload, no cause.
  [
    {
      VALID_PAYLOAD: 1n,
      EXCEPTION_INJECTED: 1n,
      EXCEPTION_HAS_PAYLOAD: 1n,
      EXCEPTION_NR: 1n,
      EXCEPTION_PAYLOAD: 0x4000n,
    },
    "db",
    0xffff_0ff0n,
    false,
  ],
  [
    {
      VALID_PAYLOAD: 1n,
      EXCEPTION_PENDING: 1n,
      EXCEPTION_NR: 1n,
      EXCEPTION_PAYLOAD: 0x4000n,
    },
    "db",
    0xffff_0ff0n,
    false,
  ],
];

Deno.test("x86:A/3 lockstep: a payload keeps what DR6 has but B0 to B3", () => {
  const pair = new Pair().write(REG.DR6, 0xffff_4ff2n).events({
    VALID_PAYLOAD: 1n,
    EXCEPTION_PENDING: 1n,
    EXCEPTION_HAS_PAYLOAD: 1n,
    EXCEPTION_NR: 1n,
    EXCEPTION_PAYLOAD: 1n,
  });
  assertEquals(pair.value(REG.DR6), 0xffff_4ff1n);
});

for (const [fields, due, dr6, gd] of GIVEN) {
  const text = Object.entries(fields).map((pair) => pair.join("=")).join(" ");
  Deno.test(`x86:D106 lockstep: KVM_SET_VCPU_EVENTS with ${text || "nothing"}`, () => {
    const pair = new Pair().write(REG.DR7, 0x2000n).events(fields);
    const dr7 = gd ? 0x2400n : 0x400n;
    assertEquals(
      [pair.due(), pair.value(REG.DR6), pair.value(REG.DR7)],
      [due, dr6, dr7],
    );
  });
}

Deno.test("x86:D103 lockstep: KVM_SET_VCPU_EVENTS gives the shadow by its flag, the mask of NMIs and an error code", () => {
  const pair = new Pair().events({ INTERRUPT_SHADOW: 1n }).load();
  assertEquals(pair.bareWord("shadow"), SHADOW.none);
  pair.events({
    INTERRUPT_SHADOW: 1n,
    VALID_SHADOW: 1n,
    NMI_MASKED: 1n,
    EXCEPTION_INJECTED: 1n,
    EXCEPTION_HAS_ERROR_CODE: 1n,
    EXCEPTION_NR: 13n,
  }).load();
  assertEquals(
    [
      pair.bareWord("shadow"),
      pair.bareWord("events"),
      pair.bareWord("pendingError"),
    ],
    [SHADOW.movSs, EVENTS.nmiBlocked, 0],
  );
  pair.events({ EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 6n }).load();
  assertEquals([pair.bareWord("events"), pair.bareWord("pendingError")], [
    0,
    -1,
  ]);
});

/** A pair whose bare machine has raised a #DB, and has one more pending. */
function raised(): Pair {
  const pair = new Pair().load();
  pair.has({
    pendingException: VECTOR.DB + 1,
    pendingDb: 0x4000,
    handlerFlags: 0x302,
    outerFlags: 0x202,
    stepsLeft: 3,
  }, pair.bare);
  return pair.save();
}

Deno.test("lockstep: a guest that userspace sends elsewhere leaves nothing of its handler in the bare machine", () => {
  const untouched = new Pair().block();
  const pair = raised();
  X86_LOCKSTEP.leaveHandler(pair.f, pair.at);
  assertEquals(pair.block(), untouched);
});

Deno.test("lockstep: what is raised is due, and what is pending unless the shadow of MOV SS holds it", () => {
  const pending = new Pair().load();
  pending.has({ pendingDb: 0x4000 }, pending.bare).save();
  for (const pair of [raised(), pending]) {
    assertEquals(pair.due(), "db");
    X86_LOCKSTEP.dropDue(pair.f.w, pair.at);
    assertEquals(pair.due(), undefined);
    assertEquals(pair.load().bareWord("pendingDb"), 0);
  }
});

Deno.test("lockstep: KVM_SET_REGS drops what is queued, except what the shadow of MOV SS holds", () => {
  assertEquals(raised().write(REG.RFLAGS, 2n).due(), undefined);
  const held = raised().events({ VALID_SHADOW: 1n, INTERRUPT_SHADOW: 1n });
  held.write(REG.RFLAGS, 2n).load();
  assertEquals(held.due(), undefined);
  assertEquals(held.bareWord("pendingDb"), 0x4000);
  X86_LOCKSTEP.leaveHandler(held.f, held.at);
  assertEquals(held.load().bareWord("pendingDb"), 0x4000);
});

Deno.test("lockstep: a string instruction is left in the middle where userspace has left RIP at it", () => {
  for (const repeating of [0, 1]) {
    const pair = new Pair().load();
    pair.has({ repeating: 1 }, pair.bare).save();
    pair.has({ repeating });
    X86_LOCKSTEP.leaveHandler(pair.f, pair.at);
    assertEquals(pair.load().bareWord("repeating"), repeating);
  }
});

Deno.test("lockstep: an injected #DB clears DR7.GD alone, a #BP nothing, and what was pending is gone", () => {
  for (const [exception, dr7] of [["db", 0x402n], ["bp", 0x2402n]] as const) {
    const pair = raised();
    pair.has({ latentDb: 1, pendingError: 0 }, pair.bare).save();
    pair.write(REG.DR7, 0x2002n).write(REG.DR6, 0xffff_0ff1n);
    X86_LOCKSTEP.inject(pair.f, pair.at, exception);
    assertEquals(pair.due(), exception);
    pair.load();
    assertEquals(
      (["pendingError", "pendingDb", "latentDb"] as const).map((name) =>
        pair.bareWord(name)
      ),
      [-1, 0, 0],
    );
    assertEquals(pair.value(REG.DR7), dr7);
    assertEquals(pair.value(REG.DR6), 0xffff_0ff1n);
    X86_LOCKSTEP.dropDue(pair.f.w, pair.at);
    assertEquals(pair.due(), undefined);
  }
});

Deno.test("lockstep: a debugger's TF is not the guest's, and an interrupt that is pending is not the bare machine's", () => {
  const begun = (guestDebug: number) => {
    const pair = new Pair().has({
      rflags: 0x102,
      guestDebug,
      events: EVENTS.nmiBlocked | EVENTS.oneNmi | 0x40,
    });
    pair.begin();
    pair.load();
    return [pair.bareWord("rflags"), pair.bareWord("events")];
  };
  assertEquals(begun(0), [0x102, EVENTS.nmiBlocked]);
  const stepped = GUESTDBG.ENABLE | GUESTDBG.SINGLESTEP;
  assertEquals(begun(stepped), [0x2, EVENTS.nmiBlocked]);
});

Deno.test("lockstep: nothing exits from the bare machine", () => {
  const pair = new Pair().has({
    vmExceptions: -1,
    vmIcebp: 1,
    vmDrAccesses: -1,
  }).load();
  for (const op of ["int3", "icebp", "cpuid", "read", "write"] as const) {
    const insn = makeInsn({ op, lengthBytes: 1, register: REG.DR0 });
    const outcome = X86_LOCKSTEP.step(pair.bare, insn);
    assert(outcome !== OUTCOME.exits, op);
    pair.load();
  }
});

Deno.test("lockstep: a hypercall is answered beside a guest that has a hypervisor, and undefined beside one that has none", () => {
  const { f, bare } = new Pair().load();
  const call = makeInsn({ op: "hypercall", lengthBytes: 3 });
  assertEquals(X86_LOCKSTEP.step(bare, call), OUTCOME.next);
  const alone = X86_LOCKSTEP.frame({ ...f, bare: bare.bare });
  alone.w.set(bare.w);
  X86_LOCKSTEP.step(alone, call);
  assertEquals(X86_LOCKSTEP.raised(alone), "ud");
});

Deno.test("lockstep: general detect is the bare machine's unless userspace has its own DR7 in the CPU", () => {
  const pair = new Pair().write(REG.DR7, 0x2000n).load();
  const read = makeInsn({ op: "read", lengthBytes: 3, register: REG.DR0 });
  X86_LOCKSTEP.step(pair.bare, read);
  assertEquals(X86_LOCKSTEP.raised(pair.bare), "db");
  const hides = (guestDebug: number) =>
    X86_LOCKSTEP.hidesGeneralDetect(pair.has({ guestDebug }).f);
  assertEquals(
    [0, GUESTDBG.SINGLESTEP, GUESTDBG.USE_SW_BP, GUESTDBG.USE_HW_BP].map((
      flag,
    ) => hides(GUESTDBG.ENABLE | flag)),
    [false, false, false, true],
  );
});

Deno.test("lockstep: a handler that the guest alone enters returns to its own flags, and one inside it too", () => {
  const pair = new Pair().write(REG.RFLAGS, 0x202n);
  X86_LOCKSTEP.enters!(pair.f, pair.at);
  assertEquals(pair.load().bareWord("handlerFlags"), 0);
  pair.has({ inHandler: 1 });
  X86_LOCKSTEP.enters!(pair.f, pair.at);
  assertEquals(pair.load().bareWord("handlerFlags"), 0x202);
  pair.has({ outerStep: 1 }).write(REG.RFLAGS, 0x2n);
  X86_LOCKSTEP.enters!(pair.f, pair.at);
  pair.load();
  assertEquals(
    [pair.bareWord("handlerFlags"), pair.bareWord("outerFlags")],
    [0x2, 0x202],
  );
  X86_LOCKSTEP.setHandlerSteps(pair.f.w, pair.at, 4);
  assertEquals(pair.load().bareWord("stepsLeft"), 4);
});

Deno.test("lockstep: DR6 of a guest with RTM keeps RTM as it is written", () => {
  const pair = new Pair();
  assertEquals(pair.write(REG.DR6, 0n).value(REG.DR6), 0xffff_0ff0n);
  pair.f.w[pair.f.vm + VM.rtm] = 1;
  assertEquals(pair.write(REG.DR6, 0n).value(REG.DR6), 0xfffe_0ff0n);
});
