/** String instructions with REP beside a bare machine, which KVM goes through in batches, or an iteration at a time. */
import { type InsnParts, makeInsn } from "../program.ts";
import { UNBOUNDED } from "./options.ts";
import { PROPERTY } from "./properties.ts";
import { NO_REDUCTIONS } from "./reductions.ts";
import { search } from "./search.ts";
import { modelOf, straight, x86Guest } from "./testing.ts";
import { assertEquals } from "@std/assert";

const GUEST = x86Guest(0);

const MEMORY: InsnParts = { op: "stos", lo: 0x3000 };

/** Instructions that no breakpoint matches: a guest can tell none of them from a bare machine's. */
const STRINGS: readonly (readonly [name: string, parts: InsnParts])[] = [
  ["STOS", MEMORY],
  ["STOS to a device", { ...MEMORY, mmio: true }],
  ["MOVS", { ...MEMORY, op: "movs", otherLo: 0x8000 }],
  ["MOVS from a device", {
    ...MEMORY,
    op: "movs",
    otherLo: 0x8000,
    mmio: true,
  }],
  ["MOVS to a device", {
    ...MEMORY,
    op: "movs",
    otherLo: 0x8000,
    otherMmio: true,
  }],
  ["OUTS", { op: "outs", lo: 0x80, otherLo: 0x3000 }],
  ["INS", { op: "ins", lo: 0x80, otherLo: 0x3000 }],
  // In batches, each to the end of a page.
  ["INS over a page's end", { op: "ins", lo: 0x80, otherLo: 0x3ffe }],
];

for (const [name, parts] of STRINGS) {
  for (const count of [1, 3, 30]) {
    for (const preempt of ["none", "any"] as const) {
      Deno.test(`strings: ${name}, ${count} times, preempt ${preempt}`, () => {
        const insn = makeInsn({
          ...parts,
          count,
          sizeBytes: 1,
          addressLo: 0x5000,
          lengthBytes: 2,
        });
        const found = search(
          modelOf({
            arch: "x86",
            profile: "linux-6.1",
            cpus: 1,
            guests: [straight([insn, GUEST.exec(0x5002)])],
            preempt,
            never: PROPERTY.noticed,
          }),
          { reductions: NO_REDUCTIONS, bounds: UNBOUNDED },
        );
        assertEquals(found.schedule.at(-1)?.noticed, undefined);
        assertEquals([found.complete, found.broken], [true, undefined]);
      });
    }
  }
}

Deno.test("strings: a watchpoint at what KVM's emulator stores for INS is missed", () => {
  const insn = makeInsn({
    op: "ins",
    lo: 0x80,
    otherLo: 0x3000,
    count: 4,
    sizeBytes: 1,
    addressLo: 0x5000,
    lengthBytes: 2,
  });
  const { schedule } = search(
    modelOf({
      arch: "x86",
      profile: "linux-6.1",
      cpus: 1,
      guests: [
        // G0, a write of one byte: the third one of the four.
        straight([GUEST.writeDr0(0x3002), GUEST.writeDr7(0x1_0402), insn]),
      ],
      preempt: "none",
      never: PROPERTY.noticed,
    }),
    { reductions: NO_REDUCTIONS, bounds: UNBOUNDED },
  );
  const noticed = schedule.at(-1)?.noticed;
  assertEquals([noticed?.kind, noticed?.exception], ["missed", "db"]);
});
