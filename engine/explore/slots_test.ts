/** Which slots programs name and ask for, and how slots are exchanged in blocks. */
import { makeInsn } from "../program.ts";
import type { HostDebugRequest } from "../rules.ts";
import type { UserAction } from "./programmed_machine.ts";
import {
  exchangeBits,
  exchangePairs,
  type RegisterUse,
  registerUses,
  slotRequests,
} from "./slots.ts";
import { modelOf, straight, x86Guest } from "./testing.ts";
import { assertEquals } from "@std/assert";

const GUEST = x86Guest(0);

const BREAK: UserAction = {
  kind: "debugger",
  request: { action: "break", address: 0x1000n },
};
const HOST: HostDebugRequest = { action: "break", address: 0x1000n };

Deno.test("slots: the registers that programs name, with what is written to them", () => {
  const masked = makeInsn({ op: "write", register: 7, lo: 2, maskLo: 0xf });
  const halves = makeInsn({ op: "write", register: 7, lo: 2, maskHi: 0 });
  const model = modelOf({
    arch: "x86",
    profile: "linux-6.1",
    cpus: 2,
    guests: [
      straight([
        GUEST.writeDr0(0x1000),
        makeInsn({ op: "read", register: 6 }),
        makeInsn({ op: "exec" }),
        masked,
        halves,
      ]),
    ],
    users: [straight([
      { kind: "set", register: 1, value: 5n },
      { kind: "get", register: 2 },
      {
        kind: "guest-debug",
        request: {
          control: 1,
          inject: undefined,
          blockirq: false,
          registers: [{ register: 3, value: 7n }],
        },
      },
      BREAK,
      BREAK,
      { kind: "debugger", request: { action: "step" } },
    ])],
    hosts: [
      straight([HOST]),
      straight([HOST, HOST, HOST, {
        action: "watch",
        address: 0x8000n,
        sizeBytes: 4,
        on: "store",
      }]),
    ],
    never: 0,
  });
  const expected: RegisterUse[] = [
    { register: 0, value: 0x1000n, isWhole: true },
    { register: 6, value: undefined, isWhole: true },
    { register: 7, value: 2n, isWhole: false },
    { register: 7, value: 2n, isWhole: false },
    { register: 1, value: 5n, isWhole: true },
    { register: 2, value: undefined, isWhole: true },
    { register: 3, value: 7n, isWhole: true },
  ];
  const text = ({ register, value, isWhole }: RegisterUse) =>
    `${register} ${value} ${isWhole}`;
  assertEquals(
    registerUses(model).map(text).toSorted(),
    expected.map(text).toSorted(),
  );
  // The host on CPU 1 asks for most.
  assertEquals(slotRequests(model), {
    breakpoints: 3,
    watchpoints: 1,
    alsoByNumber: true,
  });
  // Guest debug that sets no register names no number.
  const steps: UserAction = {
    kind: "guest-debug",
    request: {
      control: 3,
      inject: undefined,
      blockirq: false,
      registers: [],
    },
  };
  for (const users of [[], [straight([steps])]]) {
    assertEquals(slotRequests({ ...model, users, hosts: [] }), {
      breakpoints: 0,
      watchpoints: 0,
      alsoByNumber: false,
    });
  }
});

/** Slot 0 becomes 2, 1 becomes 0, 2 becomes 1; 3 stays. */
const NAMES = [2, 0, 1, 3];

Deno.test("slots: runs of two words go to where their slots do, and nothing else", () => {
  const w = Int32Array.from([9, 10, 11, 20, 21, 30, 31, 40, 41, 9]);
  exchangePairs(w, 1, NAMES);
  assertEquals([...w], [9, 20, 21, 30, 31, 10, 11, 40, 41, 9]);
  // Slots 1 and 2 alone, which are numbered from 1 on in the names.
  const some = Int32Array.from([9, 10, 11, 20, 21, 9]);
  exchangePairs(some, 1, [0, 2, 1, 3], 1, 2);
  assertEquals([...some], [9, 20, 21, 10, 11, 9]);
});

Deno.test("slots: fields of bits go to where their slots do, and nothing else", () => {
  // From bit 4 on, two bits each: 1, 2, 3, 0; and other bits about them.
  const word = 0xf | 0b00_11_10_01 << 4 | 0x5000;
  const moved = 0xf | 0b00_01_11_10 << 4 | 0x5000;
  assertEquals(exchangeBits(word, NAMES, { first: 4, width: 2 }), moved);
  // As DR7 has L and G of four slots, and R/W and LEN in the upper half, up to the sign.
  const dr7 = 0xa000_0402 | 0;
  assertEquals(
    exchangeBits(dr7, [3, 1, 2, 0], { first: 16, width: 4 }) >>> 0,
    0x000a_0402,
  );
  assertEquals(exchangeBits(0b10, NAMES, { first: 0, width: 2 }), 0b10 << 4);
  // Slots 1 and 2 alone.
  assertEquals(
    exchangeBits(0b1101, [0, 2, 1, 3], {
      first: 0,
      width: 2,
      from: 1,
      count: 2,
    }),
    0b0111,
  );
});
