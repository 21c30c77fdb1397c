/** Whether what was tried could break anything, by numbers alone. */
import { architecture } from "../architectures.ts";
import { makeInsn, type Operation } from "../program.ts";
import type { HostDebugRequest } from "../rules.ts";
import { type Actor, type Coverage, TRIED, WHOLE } from "./coverage.ts";
import type { UserAction } from "./programmed_machine.ts";
import type { Need } from "./properties.ts";
import { modelOf, straight, x86Guest } from "./testing.ts";
import { isMet } from "./vacuity.ts";
import { assertEquals } from "@std/assert";

const MODEL = modelOf({
  arch: "x86",
  profile: "linux-6.1",
  cpus: 1,
  guests: [straight([])],
  never: 0,
});

const GUEST = x86Guest(0);

type Action = Coverage["actions"][number]["action"];

/** Coverage of nothing but some numbers of the whole, and of actions that were done, or only begun. */
function coverageOf(
  whole: readonly (keyof typeof WHOLE)[],
  actions: readonly (readonly [Actor, Action, "done"?])[],
): Coverage {
  const numbers: number[] = Array(WHOLE.asked).fill(0);
  for (const name of whole) numbers[WHOLE[name]] = 1;
  return {
    whole: numbers,
    actions: actions.map(([actor, action, done]) => {
      const numbers: number[] = Array(TRIED.numbers).fill(0);
      numbers[TRIED.begun] = 1;
      numbers[TRIED.done] = done ? 1 : 0;
      return { actor, index: 0, action, numbers };
    }),
  };
}

/** What needs nothing but one number of the whole. */
const COUNTED: readonly (readonly [Need, keyof typeof WHOLE])[] = [
  ["own-match", "ownMatch"],
  ["read", "read"],
  ["host-breakpoint", "hostHeld"],
  ["guest", "guest"],
  ["debugged", "debugged"],
  ["stepped", "stepped"],
  ["own-step", "ownStep"],
  ["carried", "carried"],
];

Deno.test("vacuity: what is counted of the whole is met once it has counted", () => {
  const { asked: _, ...places } = WHOLE;
  const names = Object.keys(places) as (keyof typeof WHOLE)[];
  for (const [need, name] of COUNTED) {
    for (const one of names) {
      for (const isFresh of [true, false]) {
        assertEquals(
          [need, one, isMet(need, MODEL, coverageOf([one], []), isFresh)],
          [need, one, one === name],
        );
      }
    }
  }
});

function insn(op: Operation, register = -1) {
  return makeInsn({ op, register, addressLo: 0x9000, lengthBytes: 2 });
}

const BREAK: UserAction = {
  kind: "debugger",
  request: { action: "break", address: 0x1000n },
};
const DEBUG = (
  inject: "db" | undefined,
  ...registers: (readonly [number, bigint])[]
): UserAction => ({
  kind: "guest-debug",
  request: {
    control: 1,
    inject,
    blockirq: false,
    registers: registers.map(([register, value]) => ({ register, value })),
  },
});
const HOST: HostDebugRequest = { action: "break", address: 0x1000n };
/** L0 set, and an address in DR0; G1 set, for another. */
const ENABLED = ["guest", GUEST.writeDr7(1), "done"] as const;
const ADDRESS = ["guest", GUEST.writeDr0(0x1000), "done"] as const;
const THERE = ["guest", GUEST.exec(0x1007)] as const;

/** Whether an enabled breakpoint of any actor is at something that a guest has come to. */
const ADDRESSES: readonly (readonly [
  actions: Parameters<typeof coverageOf>[1],
  isMet: boolean,
])[] = [
  [[], false],
  [[ENABLED, ADDRESS, THERE], true],
  // Not enabled, at another double word, not come to.
  [[ADDRESS, THERE], false],
  [[ENABLED, THERE], false],
  [[ENABLED, ADDRESS, ["guest", GUEST.exec(0x1008)]], false],
  [[ENABLED, ADDRESS, ["guest", GUEST.exec(0xfff)]], false],
  [[ENABLED, ADDRESS], false],
  [[["guest", GUEST.writeDr7(1)], ADDRESS, THERE], false],
  [[ENABLED, ["guest", GUEST.writeDr0(0x1000)], THERE], false],
  // The address of a breakpoint that userspace or the host has; what they enable themselves.
  [[["user", BREAK, "done"], THERE], true],
  [[["user", BREAK], THERE], false],
  [[["user", BREAK, "done"]], false],
  [[["host", HOST, "done"], THERE], true],
  [[["host", { action: "off" }, "done"], THERE], false],
  [[
    ["user", { kind: "set", register: 0, value: 0x1000n }, "done"],
    ENABLED,
    THERE,
  ], true],
  [
    [["user", { kind: "set", register: 7, value: 1n }, "done"], ADDRESS, THERE],
    true,
  ],
  [[["user", DEBUG(undefined, [0, 0x1000n], [7, 1n]), "done"], THERE], true],
  [[["user", DEBUG(undefined, [0, 0x1000n]), "done"], THERE], false],
  [[["user", { kind: "get", register: 0 }, "done"], THERE], false],
  // What accesses the address, and 32-bit code, which may be anywhere.
  [[ENABLED, ADDRESS, [
    "guest",
    makeInsn({ op: "store", lo: 0x1004, sizeBytes: 1, addressLo: 0x9000 }),
  ]], true],
  [[ENABLED, ADDRESS, [
    "guest",
    makeInsn({ op: "store", lo: 0x1008, sizeBytes: 1, addressLo: 0x9000 }),
  ]], false],
  [[ENABLED, ADDRESS, ["guest", makeInsn({ op: "exec", code32: true })]], true],
];

Deno.test("vacuity: a breakpoint has to be enabled, and something at its double word", () => {
  for (const [n, [actions, expected]] of ADDRESSES.entries()) {
    const coverage = coverageOf([], actions);
    assertEquals([n, isMet("address", MODEL, coverage, true)], [n, expected]);
    // What no guest has come to does not count.
    for (const { numbers } of coverage.actions) {
      if (numbers[TRIED.done] === 0) (numbers as number[])[TRIED.begun] = 0;
    }
    assertEquals([n, isMet("address", MODEL, coverage, true)], [n, false]);
    // What was set before the search is not known.
    assertEquals(isMet("address", MODEL, coverage, false), true);
  }
});

/** Whether a guest that executes can tell a difference. */
const TELLING: readonly (readonly [
  whole: readonly (keyof typeof WHOLE)[],
  actions: Parameters<typeof coverageOf>[1],
  isMet: boolean,
])[] = [
  [["guest"], [], false],
  [["guest", "read"], [], true],
  [["guest", "stepped"], [], true],
  [["read", "stepped"], [["guest", insn("int3")]], false],
  [["guest"], [["guest", insn("exec")]], false],
  [["guest"], [["guest", insn("cpuid")]], false],
  [["guest"], [["guest", insn("int3")]], true],
  [["guest"], [["guest", insn("read", 0)]], true],
  [["guest"], [["user", { kind: "get", register: 0 }]], false],
  [["guest"], [["user", { kind: "set", register: 0, value: 0n }]], true],
  [["guest"], [["user", { kind: "init" }]], true],
  [["guest"], [["user", { kind: "nmi", vector: 2 }]], true],
  [["guest"], [["user", BREAK]], false],
  [["guest"], [["user", DEBUG(undefined)]], false],
  [["guest"], [["user", DEBUG("db")]], true],
  [["guest"], [["host", HOST]], false],
  [["guest"], [["user", BREAK, "done"], THERE], true],
];

Deno.test("vacuity: a guest that executes has to come to something that tells", () => {
  for (const [n, [whole, actions, expected]] of TELLING.entries()) {
    const coverage = coverageOf(whole, actions);
    assertEquals([n, isMet("telling", MODEL, coverage, true)], [n, expected]);
    assertEquals(isMet("telling", MODEL, coverage, false), true);
    const never = {
      ...coverage,
      actions: coverage.actions.map((one) => ({
        ...one,
        numbers: one.numbers.map(() => 0),
      })),
    };
    assertEquals(
      isMet("telling", MODEL, never, true),
      whole.length > 1 && whole[0] === "guest",
    );
  }
});

Deno.test("vacuity: the registers of external debug have to be named by a guest that comes to them", () => {
  const model = modelOf({
    arch: "arm64",
    profile: "linux-7.2",
    cpus: 1,
    guests: [straight([])],
    never: 0,
  });
  for (
    const [name, isExternal] of [["dbgclaimset", true], [
      "mdscr",
      false,
    ]] as const
  ) {
    const register = architecture("arm64")!.registers.find(name)!.id;
    const coverage = coverageOf([], [["guest", insn("read", register)]]);
    assertEquals(isMet("external", model, coverage, true), isExternal);
    coverage.actions.forEach(({ numbers }) => {
      (numbers as number[])[TRIED.begun] = 0;
    });
    assertEquals(isMet("external", model, coverage, true), false);
  }
});
