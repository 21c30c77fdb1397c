/** What `why not` and the search say of breakpoints is what hits, on every hardware model of x86. */
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { answer } from "../dsl/testing_why.ts";
import type { CpuComparison } from "../engine/comparison.ts";
import type { Event } from "../engine/events.ts";
import { makeInsn, type Operation } from "../engine/program.ts";
import { set64 } from "../engine/word64.ts";
import { CPU } from "../engine/x86/blocks.ts";
import {
  comparedBytes,
  physical,
  slotCondition,
  slotUnmet,
} from "../engine/x86/hardware/comparisons.ts";
import { execute } from "../engine/x86/hardware/instruction.ts";
import {
  X86_MODELS,
  type X86ModelName,
} from "../engine/x86/hardware/models.ts";
import { slotMatches } from "../engine/x86/hardware/slot_matches.ts";
import { verdictOn } from "./explore_command.ts";
import { bareFrame, frameOf, guestFrame, setCpu } from "./x86_frame.ts";

/** So near to each other that some match, at the edge of a page. */
const ADDRESS = fc.integer({ min: 0xff8, max: 0x1008 });

const CASE = fc.record({
  addresses: fc.array(ADDRESS, { minLength: 4, maxLength: 4 }),
  types: fc.nat(0xffff),
  enables: fc.nat(0xff),
  op: fc.constantFrom<Operation>("exec", "load", "store", "rmw", "in", "out"),
  at: ADDRESS,
  sizeBytes: fc.constantFrom(1, 2, 4, 8),
  rflags: fc.constantFrom(0x202, 0x1_0202),
});
type Case = typeof CASE extends fc.Arbitrary<infer T> ? T : never;

/** The slots that hit and are enabled, those of which every condition is met, and what the search takes for a match. */
function slots(
  model: X86ModelName,
  { addresses, types, enables, op, at, sizeBytes, rflags }: Case,
) {
  const [vendor] = X86_MODELS[model].vendors;
  const guest = guestFrame({ pc: at, rflags, cr4: 8 }, { vendor, model });
  const f = op === "in" || op === "out" ? bareFrame(guest) : guest;
  addresses.forEach((address, n) =>
    set64(f.w, f.cpu + CPU.dr + 2 * n, BigInt(address) | 2n << 32n)
  );
  setCpu(f, { dr7: types << 16 | enables | 0x400 });
  const hit = new Set<number>();
  const met = new Set<number>();
  let here = 0;
  f.sink = {
    push: (event: Event) => {
      if (event.kind !== "hit") return;
      const slot = Number(event.register!.slice(2));
      if ((enables >> 2 * slot & 3) === 0) return;
      hit.add(slot);
      // The next instruction's joins the trap.
      if (BigInt.asUintN(32, event.pc!) === BigInt(at)) here |= 1 << slot;
    },
    compared: ({ unit, number, unmet }: CpuComparison) => {
      if (unit !== "step" && unmet === undefined) met.add(number);
    },
  };
  Object.assign(f, { nextLo: at + 1, nextHi: 2 });
  const insn = makeInsn({
    op,
    ...{ addressLo: at, addressHi: 2, lo: at, hi: 2 },
    sizeBytes: op === "exec" ? 0 : sizeBytes,
  });
  const { dr, dr7 } = physical(f);
  const matches = slotMatches(f, insn, dr, dr7, true);
  execute(f, insn);
  return { hit, met, here, matches };
}

for (const model of Object.keys(X86_MODELS) as X86ModelName[]) {
  Deno.test(`why not, x86, model ${model}: all conditions are met of the breakpoints that hit, and of no other`, () => {
    fc.assert(
      fc.property(CASE, (one) => {
        const { hit, met, here, matches } = slots(model, one);
        assertEquals(met, hit);
        // The search asks what matches, whether or not the CPU arms it; and of an access that comes after a fault as well.
        if (X86_MODELS[model].entryArms) assertEquals(here > 0, matches > 0);
        assertEquals(here & ~matches, 0);
      }),
      { numRuns: 500 },
    );
  });
}

const NEAREST = "an address that is accessed: the nearest is";

/** What breakpoint 0 still needs by the manuals, and on a stand-in, whose model says that it differs. */
const DIFFER: readonly (readonly [
  what: string,
  model: X86ModelName,
  kernel: string,
  program: string,
  manual: string,
  standIn: string,
])[] = [
  [
    "LEN of an execute breakpoint",
    "bochs",
    "linux-6.1 vmx",
    "write dr0 0x5000; guest write dr7 g0=1 len0=3; guest exec 0x5003",
    `${NEAREST} 0x5003`,
    "nothing",
  ],
  [
    "a load that is not aligned, two aligned ones for QEMU",
    "tcg",
    "linux-6.1 svm",
    "write dr0 0x5000; guest write dr7 g0=1 rw0=3; guest load 0x5001 size=4",
    `${NEAREST} 0x5001`,
    "nothing",
  ],
  [
    "the second of these",
    "tcg",
    "linux-6.1 svm",
    "write dr0 0x5006; guest write dr7 g0=1 rw0=3; guest load 0x5001 size=4",
    `${NEAREST} 0x5001`,
    "nothing",
  ],
  [
    "what is beside both",
    "tcg",
    "linux-6.1 svm",
    "write dr0 0x5008; guest write dr7 g0=1 rw0=3; guest load 0x5001 size=4",
    `${NEAREST} 0x5001`,
    `${NEAREST} 0x5001`,
  ],
  [
    "a store that is not aligned, for QEMU from the start of its page",
    "tcg",
    "linux-6.1 svm",
    "write dr0 0x5000; guest write dr7 g0=1 rw0=1; guest store 0x5805 size=4",
    `${NEAREST} 0x5805`,
    "nothing",
  ],
  [
    "a store that is not aligned, and no load",
    "tcg",
    "linux-6.1 svm",
    "write dr0 0x580a; guest write dr7 g0=1 rw0=3; guest store 0x5805 size=4",
    `${NEAREST} 0x5805`,
    `${NEAREST} 0x5805`,
  ],
  [
    "the second of the two, where the first has hit",
    "tcg",
    "linux-6.1 svm",
    "write dr0 0x5004; guest write dr1 0x5003; guest write dr7 g0=1 g1=1 rw0=3 rw1=3; guest load 0x5001 size=4",
    "nothing",
    "the access is not aligned: this CPU compares its parts one after another, and a breakpoint matched an earlier one",
  ],
  [
    "a port that is not aligned, which QEMU compares as a whole",
    "tcg",
    "bare svm",
    "write cr4 de=1; guest write dr0 0x82; guest write dr7 g0=1 rw0=2; guest in 0x81 size=2",
    "nothing",
    "nothing",
  ],
  [
    "any breakpoint under QEMU as it is",
    "tcg-stock",
    "linux-6.1 svm",
    "write dr0 0x5000; guest write dr7 g0=1; guest exec 0x5000",
    "nothing",
    "on this CPU VMRUN arms no breakpoint",
  ],
  [
    "any breakpoint under QEMU as it is, where MOV to DR7 arms it",
    "tcg-stock",
    "bare svm",
    "write dr0 0x5000; guest write dr7 g0=1; guest exec 0x5000",
    "nothing",
    "nothing",
  ],
];
for (const [what, model, kernel, program, manual, standIn] of DIFFER) {
  Deno.test(`why not, x86: ${what}`, () => {
    const needed = (host: X86ModelName) => {
      const { unmet } = answer(`arch x86; kernel ${kernel}; host model=${host}
        guest handler stop; guest ${program}; run; why not breakpoint 0`);
      return unmet?.condition.needed ?? "nothing";
    };
    assertEquals([needed("architecture"), needed(model)], [manual, standIn]);
  });
}

Deno.test("x86 why not: what LEN of an execute breakpoint makes of it is said where it counts", () => {
  const needed = (vendor: "vmx" | "svm", model: X86ModelName) => {
    const { f } = frameOf({ vendor, model });
    set64(f.w, f.cpu + CPU.dr, 0x5000n);
    setCpu(f, { dr7: 0xc_0402 });
    const insn = { lo: 0x5004, hi: 0, sizeBytes: 1, access: 0 };
    const compares = physical(f);
    const unmet = slotUnmet(f, compares, 0, insn);
    const bytes = comparedBytes(f, 0xc_0402, 0, 0);
    return [slotCondition(f, compares, 0, insn, unmet)?.needed, bytes];
  };
  const address = "the instruction's address, 0x5004";
  assertEquals(needed("vmx", "architecture"), [address, 1]);
  assertEquals(needed("svm", "tcg"), [address, 1]);
  assertEquals(needed("vmx", "bochs"), [
    `${address}; LEN0 makes it 4 bytes`,
    4,
  ]);
});

for (const [model, tells] of [["bochs", false], ["architecture", true]]) {
  Deno.test(`explore: with model=${model} LEN of an execute breakpoint ${tells ? "does not count" : "counts"}`, async () => {
    const { warnings } = await verdictOn(`arch x86; kernel linux-6.1 vmx
host model=${model}
explore {
  vcpu 0 { write dr0 0x5000; write dr7 0xc0402; exec 0x5003 }
  never missed
}
`);
    assertEquals(
      (warnings ?? []).some(({ code }) => code === "never-matched"),
      tells,
    );
  });
}
