import type { UserAction } from "../engine/explore/programmed_machine.ts";
import type { Setup } from "../engine/explore/testing.ts";
import { modelOf, straight } from "../engine/explore/testing.ts";
import { type Insn, type InsnParts, makeInsn } from "../engine/program.ts";
import type { HostDebugRequest } from "../engine/rules.ts";
import { assertEquals } from "@std/assert";

/** Writes of registers by id, one after the other; other instructions as they are. */
function program(
  ...list: readonly (readonly [register: number, value: number] | InsnParts)[]
): readonly Insn[] {
  return list.map((one, n) => {
    const parts: InsnParts = "op" in one
      ? one
      : { op: "write", register: one[0], lo: one[1] };
    return makeInsn({ ...parts, addressLo: 0x10_0000 + 4 * n });
  });
}

interface Case extends Partial<Setup> {
  readonly what: string;
  readonly insns: readonly Insn[];
  readonly user?: readonly UserAction[];
  readonly onHost?: readonly HostDebugRequest[];
  readonly groups: readonly (readonly number[])[];
}

const breaks: HostDebugRequest & { action: "break" } = {
  action: "break",
  address: 0x5000n,
};
const watches = {
  action: "watch",
  address: 0x5000n,
  sizeBytes: 8,
  on: "access",
} as const satisfies HostDebugRequest;
const debugs: UserAction = { kind: "debugger", request: breaks };
const access = { op: "load", lo: 0x1000, sizeBytes: 4 } as const;

/** The two address registers and enables of execute breakpoints of x86. */
const two = program([0, 0x1000], [1, 0x1000], [7, 0x402], [7, 0x408]);

/** DBGBVR n and DBGBCR n; DBGWVR n and DBGWCR n. */
const bvr = (n: number) => 0x10 | n;
const wvr = (n: number) => 0x30 | n;
const wcr = (n: number) => 0x20 | n;
const context = { brps: 5, ctx: 2, wrps: 4 };

const CASES: readonly Case[] = [
  { what: "named alike", insns: two, groups: [[0, 1]] },
  {
    what: "a slot that nobody names stays",
    insns: program([0, 0], [7, 0x402]),
    groups: [],
  },
  {
    what: "an enable names a slot",
    insns: program([0, 0], [7, 0x420]),
    groups: [[0, 2]],
  },
  {
    what: "a debugger takes the lowest",
    insns: program([0, 0], [1, 0], [2, 0]),
    user: [debugs],
    groups: [[1, 2]],
  },
  {
    what: "so does the host",
    insns: program([0, 0], [1, 0], [2, 0], [3, 0]),
    onHost: [breaks, breaks],
    groups: [[2, 3]],
  },
  {
    what: "the debugger has one at the start",
    insns: program([1, 0], [2, 0]),
    user: [debugs],
    before: (machine) => machine.debugger(0, breaks),
    groups: [],
  },
  {
    what: "the handler reads two in order",
    insns: program([0, 0], [1, 0], [7, 0x40a]),
    groups: [],
  },
  {
    what: "two watchpoints of one DR7 it does not read",
    insns: program([0, 0], [1, 0], [7, 0x3300000 | 0x40a | 0x30000]),
    groups: [[0, 1]],
  },
  {
    what: "only a part of DR7 is written",
    insns: program([0, 0], [1, 0], {
      op: "write",
      register: 7,
      lo: 2,
      maskLo: 2,
    }),
    groups: [],
  },
  {
    arch: "arm64",
    what: "named alike",
    insns: program([bvr(0), 0], [0, 0x1e7], [bvr(1), 0], [1, 0x1e7]),
    groups: [[0, 1]],
  },
  {
    arch: "arm64",
    what: "context-aware ones apart",
    host: context,
    insns: program([1, 0], [2, 0], [3, 0], [4, 0]),
    groups: [[1, 2], [3, 4]],
  },
  {
    arch: "arm64",
    what: "numbers that a renumbering changes stay",
    host: context,
    counts: { brps: 4, ctx: 2 },
    profile: "watanabe-v7",
    insns: program([0, 0], [1, 0], [2, 0], [3, 0]),
    groups: [[0, 1]],
  },
  {
    arch: "arm64",
    what: "numbers that KVM itself loses are not alike",
    profile: "linux-5.4",
    insns: program([bvr(0), 0], [0, 0x1e7], [bvr(1), 0], [1, 0x1e7]),
    groups: [],
  },
  {
    arch: "arm64",
    what: "what a linked type names stays",
    host: context,
    insns: program([0, 0], [1, 0], [3, 0], [4, 0], [0, 0x1e7 | 0x14_0000]),
    groups: [[0, 1]],
  },
  {
    arch: "arm64",
    what: "a number in LBN of another type is a value as others",
    host: context,
    insns: program([3, 0], [4, 0], [0, 0x1e7 | 0x4_0000]),
    groups: [[3, 4]],
  },
  {
    arch: "arm64",
    what: "a debugger takes the lowest of its kind",
    insns: program([0, 0], [1, 0], [wcr(0), 0], [wcr(1), 0]),
    user: [debugs],
    groups: [[16, 17]],
  },
  {
    arch: "arm64",
    what: "the debugger has one at the start",
    insns: program([1, 0], [2, 0]),
    before: (machine) => machine.debugger(0, breaks),
    groups: [],
  },
  {
    arch: "arm64",
    what: "userspace counts what it gives by number",
    insns: program([0, 0], [1, 0]),
    user: [{
      kind: "guest-debug",
      request: {
        control: 0x20001,
        inject: undefined,
        blockirq: false,
        registers: [{ register: 0, value: 0n }],
      },
    }],
    groups: [],
  },
  {
    arch: "arm64",
    what: "watchpoints that make one syndrome",
    insns: program([wcr(0), 0x1ff7], [wcr(1), 0x1ff7], access),
    groups: [[16, 17]],
  },
  {
    arch: "arm64",
    what: "a watchpoint of some bytes only",
    insns: program([wcr(0), 0x1f7], [wcr(1), 0x1ff7], access),
    groups: [],
  },
  {
    arch: "arm64",
    what: "a watchpoint of a word",
    insns: program([wvr(0), 0x1004], [wvr(1), 0x1000], access),
    groups: [],
  },
  {
    arch: "arm64",
    what: "an access across double words",
    insns: program([wcr(0), 0], [wcr(1), 0], { ...access, lo: 0x1005 }),
    groups: [],
  },
  {
    arch: "arm64",
    what: "an access of less than a double word, up to its end",
    insns: program([wcr(0), 0], [wcr(1), 0], { ...access, lo: 0x1004 }),
    groups: [[16, 17]],
  },
  {
    arch: "arm64",
    what: "an access of a double word",
    insns: program([wcr(0), 0], [wcr(1), 0], { ...access, sizeBytes: 8 }),
    groups: [[16, 17]],
  },
  {
    arch: "arm64",
    what: "an access of two double words",
    insns: program([wcr(0), 0], [wcr(1), 0], { ...access, sizeBytes: 16 }),
    groups: [],
  },
  {
    arch: "arm64",
    what: "a watchpoint with a mask",
    insns: program([wcr(0), 0x300_1ff7], [wcr(1), 0x1ff7], access),
    groups: [],
  },
  {
    arch: "arm64",
    what: "what a linked watchpoint names stays",
    insns: program([4, 0], [5, 0], [wcr(0), 0x15_1ff7]),
    groups: [],
  },
  {
    arch: "arm64",
    what: "what a linked type names that the guest has at the start stays",
    insns: program([4, 0], [5, 0]),
    before: (machine) => machine.userSet(0, 0, 0x15_01e7n, ""),
    groups: [],
  },
  {
    arch: "arm64",
    what:
      "what a linked watchpoint names that the guest has at the start stays",
    insns: program([4, 0], [5, 0]),
    before: (machine) => machine.userSet(0, wcr(1), 0x15_1ff7n, ""),
    groups: [],
  },
  {
    arch: "arm64",
    what: "the lowest bit of BT alone says that it is linked",
    insns: program([4, 0], [5, 0], [0, 0xe5_01e7]),
    groups: [[4, 5]],
  },
  {
    arch: "arm64",
    what: "a part of a control register is written",
    insns: program([1, 0], [2, 0], { op: "write", register: 1, maskLo: 1 }),
    groups: [],
  },
  {
    arch: "arm64",
    what: "a part of a watchpoint's control register is written",
    insns: program([1, 0], [2, 0], {
      op: "write",
      register: wcr(1),
      maskLo: 1,
    }),
    groups: [],
  },
  {
    arch: "arm64",
    what: "a part of an address is written",
    insns: program([1, 0], [2, 0], {
      op: "write",
      register: bvr(1),
      maskLo: 0xff,
    }),
    groups: [[1, 2]],
  },
  {
    arch: "arm64",
    what: "a control register is read",
    insns: program([1, 0], [2, 0], { op: "read", register: 1, maskLo: 0 }),
    groups: [[1, 2]],
  },
  {
    arch: "arm64",
    what: "registers of watchpoints are read",
    insns: program(
      { op: "read", register: wcr(0) },
      { op: "read", register: wvr(1) },
      access,
    ),
    groups: [[16, 17]],
  },
  {
    arch: "arm64",
    what: "watchpoints that the guest has, and the machine",
    counts: { wrps: 2 },
    profile: "linux-7.2",
    insns: program([wcr(0), 0], [wcr(1), 0], [wcr(2), 0]),
    groups: [[16, 17]],
  },
  {
    arch: "arm64",
    what: "breakpoints that the guest has, without a renumbering",
    host: { brps: 6, ctx: 4, wrps: 4 },
    counts: { brps: 4, ctx: 1 },
    profile: "watanabe-v7",
    insns: program([0, 0], [1, 0], [2, 0], [3, 0], [4, 0]),
    groups: [[0, 1]],
  },
  {
    arch: "arm64",
    what: "the debugger has a watchpoint at the start",
    insns: program([1, 0], [2, 0]),
    before: (machine) => machine.debugger(0, watches),
    groups: [],
  },
  {
    arch: "arm64",
    what: "the host has a breakpoint at the start",
    insns: program([1, 0], [2, 0]),
    before: (machine) => machine.hostDebug(0, breaks),
    groups: [],
  },
  {
    arch: "arm64",
    what: "the host has a watchpoint at the start",
    insns: program([1, 0], [2, 0]),
    before: (machine) => machine.hostDebug(0, watches),
    groups: [],
  },
  {
    arch: "arm64",
    what: "an access that reads and writes",
    insns: program([wcr(0), 0], [wcr(1), 0], { ...access, op: "rmw" }),
    groups: [],
  },
];

for (const { what, insns, user = [], onHost = [], groups, ...rest } of CASES) {
  const { arch = "x86" } = rest;
  Deno.test(`slots of ${arch} that can be exchanged: ${what}`, () => {
    const model = modelOf({
      profile: "linux-6.1",
      cpus: 1,
      never: 0,
      ...rest,
      arch,
      guests: [straight(insns)],
      users: [straight(user)],
      hosts: [straight(onHost)],
    });
    assertEquals(model.monitor.slots.groups(model), groups);
  });
}
