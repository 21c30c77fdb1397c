/** How the search exchanges DR0 to DR3, and what it forgets of an x86 vCPU. */
import { assert, assertEquals } from "@std/assert";
import { MODE } from "../engine/rules.ts";
import { get64, set64 } from "../engine/word64.ts";
import { BARE } from "../engine/x86/bare/block.ts";
import {
  COMPLETION,
  CPU,
  EXIT,
  USER,
  VCPU,
  VECTOR,
} from "../engine/x86/blocks.ts";
import { X86_MONITOR } from "../engine/x86/explore/monitor.ts";
import { OWN } from "../engine/x86/explore/own_registers.ts";
import { X86_SLOTS } from "../engine/x86/explore/slots.ts";
import { GUESTDBG } from "../engine/x86/kvm/guest_debug_flags.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import {
  frameOf,
  type Setup,
  setVcpu,
  vcpuWord,
  type VcpuWords,
} from "./x86_frame.ts";

/** DR0 becomes DR2, DR1 DR0, DR2 DR1; DR3 stays. */
const NAMES = [2, 0, 1, 3];

Deno.test("x86 slots: a register is called by its other name", () => {
  const names = [-1, 0, 1, 2, 3, 4, 7, 12].map((register) =>
    X86_SLOTS.register(register, NAMES)
  );
  assertEquals(names, [-1, 2, 0, 1, 3, 4, 7, 12]);
});

/** Bits by slot, as they were and as they become: B0 to B3; Ln and Gn; RWn and LENn. */
const STATUS = [[0x1, 0x4], [0x2, 0x1], [0x4, 0x2], [0x8, 0x8]] as const;
const CONTROL = [
  ...[[0x1, 0x10], [0x2, 0x20], [0x4, 0x1], [0x8, 0x2]],
  ...[[0x10, 0x4], [0x20, 0x8], [0x40, 0x40], [0x80, 0x80]],
  ...[[0xd_0000, 0xd00_0000], [0xb0_0000, 0xb_0000]],
  ...[[0x700_0000, 0x70_0000], [0x5000_0000, 0x5000_0000]],
] as const;

Deno.test("x86 slots: a value of DR6 or DR7 has the bits of the other slot, and all others as they are", () => {
  const value = (register: number, word: number, rest: bigint) =>
    X86_SLOTS.value(register, rest | BigInt(word), NAMES);
  for (const rest of [0n, 0xffff_0ff0n, 0x1_0000_e000n]) {
    for (const [old, made] of STATUS) {
      for (const register of [REG.DR4, REG.DR6]) {
        assertEquals(value(register, old, rest), rest | BigInt(made));
      }
      assertEquals(value(REG.DR0, old, rest), rest | BigInt(old));
    }
  }
  for (const rest of [0n, 0x2f00n, 0x1_0000_0400n]) {
    for (const [old, made] of CONTROL) {
      for (const register of [REG.DR5, REG.DR7]) {
        assertEquals(value(register, old, rest), rest | BigInt(made));
      }
      assertEquals(value(REG.RFLAGS, old, rest), rest | BigInt(old));
    }
  }
});

/** The values of DR0 to DR3 at an offset after 1, 2, 3 and 4 were exchanged. */
function exchanged(
  w: Int32Array,
  at: number,
  exchange: () => void,
): readonly bigint[] {
  for (let n = 0; n < 4; n++) {
    set64(w, at + 2 * n, BigInt(n + 1) << 32n | BigInt(n + 1));
  }
  exchange();
  return [0, 1, 2, 3].map((n) => get64(w, at + 2 * n) & 0xffn);
}

const OTHERS = [2n, 3n, 1n, 4n];

Deno.test("x86 slots: every set of addresses of a vCPU, its userspace, its monitor, its bare machine and its CPU is exchanged", () => {
  const { f, at } = frameOf();
  const { w } = f;
  const vcpu = () => X86_SLOTS.exchangeVcpu(f, at, NAMES);
  const starts = [
    ...[VCPU.db, VCPU.effDb, VCPU.vmDr].map((field) => f.vcpu + field),
    ...[f.user + USER.debugreg, at + OWN.dr],
  ];
  for (const start of starts) {
    assertEquals(exchanged(w, start, vcpu), OTHERS);
  }
  const bare = () => X86_SLOTS.exchangeBare(f, at, NAMES);
  assertEquals(exchanged(w, at + BARE.dr, bare), OTHERS);
  const cpu = () => X86_SLOTS.exchangeCpu(f, NAMES);
  for (const field of [CPU.dr, CPU.hostDr, CPU.savedDr]) {
    assertEquals(exchanged(w, f.cpu + field, cpu), OTHERS);
  }
});

Deno.test("x86 slots: every DR6 and DR7 is exchanged", () => {
  const { f, at } = frameOf();
  const { w, vcpu, user, cpu } = f;
  const vcpuToo = () => X86_SLOTS.exchangeVcpu(f, at, NAMES);
  const bareToo = () => X86_SLOTS.exchangeBare(f, at, NAMES);
  const cpuToo = () => X86_SLOTS.exchangeCpu(f, NAMES);
  const places: readonly (readonly [
    kind: typeof STATUS | typeof CONTROL,
    at: number,
    exchange: () => void,
  ])[] = [
    ...[
      ...[VCPU.pendingDb, VCPU.latentDb, VCPU.pendingPayload, VCPU.dr6],
      ...[VCPU.vmDr6, VCPU.runDr6, VCPU.handlerDr6],
    ].map((field) => [STATUS, vcpu + field, vcpuToo] as const),
    ...[
      ...[VCPU.dr7, VCPU.guestDebugDr7, VCPU.vmDr7, VCPU.cachedDr7],
      ...[VCPU.runDr7, VCPU.handlerDr7],
    ].map((field) => [CONTROL, vcpu + field, vcpuToo] as const),
    [CONTROL, user + USER.dr7, vcpuToo],
    [CONTROL, at + OWN.dr7, vcpuToo],
    ...[BARE.dr6, BARE.leftStatus, BARE.pendingDb, BARE.latentDb].map((field) =>
      [STATUS, at + field, bareToo] as const
    ),
    [CONTROL, at + BARE.dr7, bareToo],
    ...[CPU.dr6, CPU.savedDr6].map((field) =>
      [STATUS, cpu + field, cpuToo] as const
    ),
    ...[CPU.dr7, CPU.hostDr7, CPU.savedDr7].map((field) =>
      [CONTROL, cpu + field, cpuToo] as const
    ),
  ];
  for (const [kind, place, exchange] of places) {
    for (const [old, made] of kind) {
      w.fill(0, at, at + BARE.words);
      w[place] = old | 0x400;
      exchange();
      assertEquals(w[place], made | 0x400);
    }
  }
});

/** Words of a vCPU that name a register, as they were and as they become. */
const NAMED: readonly (readonly [before: VcpuWords, after: VcpuWords])[] = [
  // Bit n is a read of DRn, bit 16 + n a write.
  [{ vmDrAccesses: 0x1 }, { vmDrAccesses: 0x4 }],
  [{ vmDrAccesses: 0x2_0042 }, { vmDrAccesses: 0x1_0041 }],
  [{ vmDrAccesses: 0x80_0008 }, { vmDrAccesses: 0x80_0008 }],
  ...([[0, 2], [16, 18], [17, 16], [3, 3], [6, 6], [22, 22], [4, 4]] as const)
    .map(([old, exitData]) =>
      [
        { exitReason: EXIT.drAccess, exitData: old },
        { exitReason: EXIT.drAccess, exitData },
      ] as const
    ),
  [
    { exitReason: EXIT.db, exitData: 0x4001 },
    { exitReason: EXIT.db, exitData: 0x4004 },
  ],
  [
    { exitReason: EXIT.io, exitData: 1 },
    { exitReason: EXIT.io, exitData: 1 },
  ],
  // The handler's steps 3 to 6 read DR0 to DR3.
  ...([[1, 1], [2, 2], [3, 5], [4, 3], [5, 4], [6, 6], [7, 7]] as const)
    .flatMap(([old, step]) => [
      [{ inHandler: old }, { inHandler: step }] as const,
      [{ outerStep: old }, { outerStep: step }] as const,
    ]),
];

Deno.test("x86 slots: what traps, an exit's data and the handler's step name the other register", () => {
  for (const [before, after] of NAMED) {
    const { f, at } = frameOf();
    setVcpu(f, before);
    X86_SLOTS.exchangeVcpu(f, at, NAMES);
    for (const name of Object.keys(after) as (keyof VcpuWords)[]) {
      assertEquals(vcpuWord(f, name as keyof typeof VCPU), after[name], name);
    }
  }
});

Deno.test("x86 slots: switch_db_regs has flags, and in 2008 the enables of DR7", () => {
  for (
    const [profile, after] of [["linux-7.2", 0x3], [
      "kiszka-2008",
      0x30,
    ]] as const
  ) {
    const { f, at } = frameOf({ profile });
    setVcpu(f, { switchDbRegs: 0x3 });
    X86_SLOTS.exchangeVcpu(f, at, NAMES);
    assertEquals(vcpuWord(f, "switchDbRegs"), after, profile);
  }
});

Deno.test("x86 slots: where addresses stand for renaming, they are", () => {
  const { addresses } = X86_MONITOR;
  const three = (at: number) => [0, 2, 4, 6].map((n) => at + n);
  assertEquals(addresses.vcpu, [
    ...[VCPU.db, VCPU.effDb, VCPU.vmDr].flatMap(three),
    ...[VCPU.pc, VCPU.iretRip, VCPU.singlestepRip, VCPU.eventRip],
    ...[VCPU.nextRip, VCPU.completionRip, VCPU.completionFrom, VCPU.runPc],
    ...[VCPU.ioAddress, VCPU.copyTo, VCPU.handlerRip, VCPU.outerRip],
  ]);
  assertEquals(addresses.user, three(USER.debugreg));
  assertEquals(
    addresses.cpu,
    [CPU.dr, CPU.hostDr, CPU.savedDr].flatMap(three),
  );
  assertEquals(addresses.monitor, three(OWN.dr));
});

/** Names of the words of a vCPU that are 0 after `rest()`, of one with no 0 but those given. */
function cleared(
  words: VcpuWords,
  { isAsked = false, ...setup }: Setup & { readonly isAsked?: boolean } = {},
): readonly string[] {
  const { f } = frameOf(setup);
  f.w.fill(1, f.vcpu, f.vcpu + VCPU.words);
  setVcpu(f, words);
  X86_MONITOR.rest(f, isAsked);
  const given = Object.keys(words) as (keyof VcpuWords)[];
  const kept = given.map((name) =>
    [name, vcpuWord(f, name as keyof typeof VCPU)] as const
  );
  assertEquals(Object.fromEntries(kept), { ...words });
  const { words: size, ...fields } = VCPU;
  const starts = Object.entries(fields).sort(([, a], [, b]) => a - b);
  return starts.filter(([name, start], n) => {
    const end = starts[n + 1]?.[1] ?? size;
    const own = f.w.slice(f.vcpu + start, f.vcpu + end);
    return !(name in words) && own.every((word) => word === 0);
  }).map(([name]) => name);
}

/** What no later step reads: how the last exit came, and what KVM_RUN returned. */
const ALWAYS = ["exitReason", "exitData", "exitDone"];
const RETURNED = ["runException", "runPc", "runDr6", "runDr7", "userExit"];
const BUSY = {
  pendingException: VECTOR.DB + 1,
  guestDebug: GUESTDBG.ENABLE | GUESTDBG.SINGLESTEP,
  mode: MODE.exiting,
  completion: COMPLETION.emulateBatch,
  inHandler: 1,
};

Deno.test("x86 rest: a vCPU that has all of its state forgets its exits alone", () => {
  assertEquals(cleared(BUSY), [...ALWAYS, ...RETURNED]);
});

/** What is forgotten besides, where something of the state is over. */
const FORGOTTEN: readonly (readonly [
  what: string,
  over: VcpuWords,
  names: readonly string[],
])[] = [
  ["the guest handles nothing", { inHandler: 0 }, [
    ...["handlerVector", "handlerError", "handlerRip", "handlerFlags"],
    ...["handlerDr6", "handlerDr7", "handlerHit"],
    ...["outerStep", "outerVector", "outerError", "outerRip", "outerFlags"],
    ...["outerHit"],
  ]],
  ["no access is to be completed", { completion: COMPLETION.none }, [
    ...["completionRip", "completionFrom"],
    ...["ioAddress", "ioSize", "ioWrite", "ioCount", "copyTo"],
  ]],
  ["an access is no string's", { completion: COMPLETION.loop }, [
    ...["ioAddress", "ioSize", "ioWrite", "ioCount", "copyTo"],
  ]],
  ["userspace uses breakpoints", { guestDebug: GUESTDBG.USE_HW_BP }, [
    "singlestepRip",
  ]],
  ["the vCPU is not loaded", { mode: MODE.out }, ["hostDebugctl"]],
  // 7.2 reads the host's DEBUGCTL before each entry. Rule x86:D72.
  ["the vCPU is loaded", { mode: MODE.loaded }, ["hostDebugctl"]],
  ["the guest is in", { mode: MODE.guest }, ["nextRipKnown", "nextRip"]],
];

for (const [what, over, names] of FORGOTTEN) {
  Deno.test(`x86 rest: ${what}`, () => {
    const all = new Set([...ALWAYS, ...RETURNED]);
    const others = cleared({ ...BUSY, ...over })
      .filter((name) => !all.has(name));
    assertEquals(others.sort(), [...names].sort());
  });
}

Deno.test("x86 rest: a kernel that reads the host's DEBUGCTL when it loads a vCPU has it until the put", () => {
  const forgets = (mode: number) =>
    cleared({ ...BUSY, mode }, { profile: "linux-5.10" })
      .includes("hostDebugctl");
  const { out, loaded, guest, exiting } = MODE;
  assertEquals([out, loaded, guest, exiting].map(forgets), [
    ...[true, false, false, false],
  ]);
});

Deno.test("x86 rest: what KVM had last is kept for KVM_GET_VCPU_EVENTS, and while an exception is on its way", () => {
  const last = (words: VcpuWords, isAsked = false) =>
    cleared({ ...BUSY, pendingException: 0, ...words }, { isAsked })
      .filter((name) => name === "lastEvent" || name === "pendingPayload");
  const none = { injectedException: 0 };
  assertEquals(last(none), ["pendingPayload", "lastEvent"]);
  assertEquals(last(none, true), []);
  assertEquals(last({ injectedException: 1 }), []);
  assertEquals(last({ ...none, pendingException: 1 }), []);
});

Deno.test("x86 rest: the length of an event is kept while one is queued or userspace debugs", () => {
  const forgets = (words: VcpuWords) => {
    const names = cleared({ ...BUSY, ...words });
    assert(!names.includes("nextRipKnown"));
    return names.includes("eventLength");
  };
  const idle = { pendingException: 0, guestDebug: 0 };
  assertEquals(forgets(idle), true);
  assertEquals(forgets({ ...idle, guestDebug: GUESTDBG.ENABLE }), true);
  assertEquals(forgets({ ...idle, guestDebug: GUESTDBG.USE_SW_BP }), false);
  assertEquals(forgets({ ...idle, pendingException: 4 }), false);
});
