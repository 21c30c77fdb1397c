import { assertEquals } from "@std/assert";
import { VM } from "../engine/arm64/blocks.ts";
import {
  contextAwareLast,
  convertLink,
  INVALID,
  linkToGuest,
  linkToHardware,
  physicalBreakpoint,
  virtualBreakpoint,
} from "../engine/arm64/kvm/numbering.ts";
import { KIND, numberedId } from "../engine/arm64/registers/ids.ts";
import type { Event } from "../engine/events.ts";
import { bank, control, frameFor, put } from "./arm64_numbered_vm.ts";

Deno.test("arm64:D26 the worked conversion", () => {
  const f = frameFor({ brps: 5, ctx: 2 }, { brps: 4, ctx: 2 });
  const lbn = [2, 0, 0, 9];
  lbn.forEach((l, n) => put(f, KIND.bcr, n, control(n, l)));
  put(f, KIND.bcr, 4, 0x1234n);
  contextAwareLast.firstRun(f);
  assertEquals(bank(f, KIND.bcr).slice(0, 5), [
    control(0, 3),
    control(1, 0),
    0n,
    control(2, 0),
    control(3, 2),
  ]);
});

type Range = readonly [from: number, to: number, at: number];

/** A row of arm64:D/9, typed by hand: fields, not counts; ranges map in step, the rest is INV. */
interface Row {
  readonly name: string;
  readonly host: readonly [brps: number, ctx: number];
  readonly guest: readonly [brps: number, ctx: number];
  readonly np: number;
  readonly nv: number;
  readonly emu: boolean;
  readonly v2p: readonly Range[];
  readonly p2v: readonly Range[];
  readonly sink: number | null;
  readonly warns: boolean;
  readonly readBack: number | null;
  readonly unused: readonly number[];
}

const D9: readonly Row[] = [
  {
    name: "X1",
    host: [5, 1],
    guest: [5, 1],
    np: 4,
    nv: 4,
    emu: false,
    v2p: [[0, 5, 0]],
    p2v: [[0, 5, 0]],
    sink: 3,
    warns: true,
    readBack: 3,
    unused: [],
  },
  {
    name: "X2",
    host: [4, 1],
    guest: [3, 1],
    np: 3,
    nv: 2,
    emu: true,
    v2p: [[0, 1, 0], [2, 3, 3]],
    p2v: [[0, 1, 0], [3, 4, 2]],
    sink: 2,
    warns: false,
    readBack: 0,
    unused: [2],
  },
  {
    name: "X3",
    host: [5, 1],
    guest: [4, 1],
    np: 4,
    nv: 3,
    emu: true,
    v2p: [[0, 2, 0], [3, 4, 4]],
    p2v: [[0, 2, 0], [4, 5, 3]],
    sink: 3,
    warns: false,
    readBack: 0,
    unused: [3],
  },
  {
    name: "X4",
    host: [5, 1],
    guest: [3, 1],
    np: 4,
    nv: 2,
    emu: true,
    v2p: [[0, 1, 0], [2, 3, 4]],
    p2v: [[0, 1, 0], [4, 5, 2]],
    sink: 3,
    warns: false,
    readBack: 0,
    unused: [2, 3],
  },
  {
    name: "X5",
    host: [5, 1],
    guest: [1, 1],
    np: 4,
    nv: 0,
    emu: true,
    v2p: [[0, 1, 4]],
    p2v: [[4, 5, 0]],
    sink: 3,
    warns: false,
    readBack: 0,
    unused: [0, 1, 2, 3],
  },
  {
    name: "X6",
    host: [5, 1],
    guest: [2, 1],
    np: 4,
    nv: 1,
    emu: true,
    v2p: [[0, 0, 0], [1, 2, 4]],
    p2v: [[0, 0, 0], [4, 5, 1]],
    sink: 3,
    warns: false,
    readBack: 0,
    unused: [1, 2, 3],
  },
  {
    name: "X7",
    host: [5, 1],
    guest: [4, 0],
    np: 4,
    nv: 4,
    emu: false,
    v2p: [[0, 4, 0]],
    p2v: [[0, 5, 0]],
    sink: 3,
    warns: true,
    readBack: 3,
    unused: [5],
  },
  {
    name: "X8",
    host: [5, 1],
    guest: [5, 0],
    np: 4,
    nv: 5,
    emu: false,
    v2p: [[0, 5, 0]],
    p2v: [[0, 5, 0]],
    sink: 3,
    warns: true,
    readBack: 3,
    unused: [],
  },
  {
    name: "X9",
    host: [5, 1],
    guest: [3, 0],
    np: 4,
    nv: 3,
    emu: true,
    v2p: [[0, 2, 0], [3, 3, 4]],
    p2v: [[0, 2, 0], [4, 4, 3]],
    sink: 3,
    warns: false,
    readBack: 0,
    unused: [3, 5],
  },
  {
    name: "X10",
    host: [5, 1],
    guest: [0, 0],
    np: 4,
    nv: 0,
    emu: true,
    v2p: [[0, 0, 4]],
    p2v: [[4, 4, 0]],
    sink: 3,
    warns: false,
    readBack: 0,
    unused: [0, 1, 2, 3, 5],
  },
  {
    name: "X11",
    host: [5, 3],
    guest: [3, 2],
    np: 2,
    nv: 1,
    emu: true,
    v2p: [[0, 0, 0], [1, 3, 2]],
    p2v: [[0, 0, 0], [2, 4, 1]],
    sink: 1,
    warns: false,
    readBack: 0,
    unused: [1, 5],
  },
  {
    name: "X12",
    host: [5, 5],
    guest: [4, 4],
    np: 0,
    nv: 0,
    emu: false,
    v2p: [[0, 4, 0]],
    p2v: [[0, 5, 0]],
    sink: 15,
    warns: true,
    readBack: 15,
    unused: [5],
  },
  {
    name: "X13",
    host: [7, 3],
    guest: [5, 3],
    np: 4,
    nv: 2,
    emu: true,
    v2p: [[0, 1, 0], [2, 5, 4]],
    p2v: [[0, 1, 0], [4, 7, 2]],
    sink: 3,
    warns: false,
    readBack: 0,
    unused: [2, 3],
  },
  {
    name: "X14",
    host: [15, 1],
    guest: [14, 1],
    np: 14,
    nv: 13,
    emu: true,
    v2p: [[0, 12, 0], [13, 14, 14]],
    p2v: [[0, 12, 0], [14, 15, 13]],
    sink: 13,
    warns: false,
    readBack: 0,
    unused: [13],
  },
  {
    name: "X15",
    host: [15, 3],
    guest: [3, 3],
    np: 12,
    nv: 0,
    emu: true,
    v2p: [[0, 3, 12]],
    p2v: [[12, 15, 0]],
    sink: 11,
    warns: false,
    readBack: 0,
    unused: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  },
  {
    name: "X16",
    host: [15, 7],
    guest: [8, 7],
    np: 8,
    nv: 1,
    emu: true,
    v2p: [[0, 0, 0], [1, 8, 8]],
    p2v: [[0, 0, 0], [8, 15, 1]],
    sink: 7,
    warns: false,
    readBack: 0,
    unused: [1, 2, 3, 4, 5, 6, 7],
  },
  {
    name: "X17",
    host: [15, 0],
    guest: [0, 0],
    np: 15,
    nv: 0,
    emu: true,
    v2p: [[0, 0, 15]],
    p2v: [[15, 15, 0]],
    sink: 14,
    warns: false,
    readBack: 0,
    unused: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  },
  {
    name: "X18",
    host: [15, 15],
    guest: [15, 15],
    np: 0,
    nv: 0,
    emu: false,
    v2p: [[0, 15, 0]],
    p2v: [[0, 15, 0]],
    sink: null,
    warns: false,
    readBack: null,
    unused: [],
  },
  {
    name: "X19",
    host: [15, 3],
    guest: [11, 0],
    np: 12,
    nv: 11,
    emu: true,
    v2p: [[0, 10, 0], [11, 11, 12]],
    p2v: [[0, 10, 0], [12, 12, 11]],
    sink: 11,
    warns: false,
    readBack: 0,
    unused: [11, 13, 14, 15],
  },
  {
    name: "X20",
    host: [1, 0],
    guest: [0, 0],
    np: 1,
    nv: 0,
    emu: true,
    v2p: [[0, 0, 1]],
    p2v: [[1, 1, 0]],
    sink: 0,
    warns: false,
    readBack: 0,
    unused: [0],
  },
];

function inRanges(ranges: readonly Range[], n: number): number {
  const hit = ranges.find(([from, to]) => n >= from && n <= to);
  return hit ? hit[2] + n - hit[0] : INVALID;
}

for (const row of D9) {
  Deno.test(`arm64:${row.name} the worked example of arm64:D/9`, () => {
    const f = frameFor(
      { brps: row.host[0] + 1, ctx: row.host[1] + 1 },
      { brps: row.guest[0] + 1, ctx: row.guest[1] + 1 },
    );
    contextAwareLast.firstRun(f);
    assertEquals(f.w[VM.emulate] === 1, row.emu, "EMU");
    assertEquals(row.host[0] - row.host[1], row.np, "np");
    assertEquals(row.guest[0] - row.guest[1], row.nv, "nv");
    for (let v = 0; v < 16; v++) {
      assertEquals(physicalBreakpoint(f, v), inRanges(row.v2p, v), `v${v}`);
    }
    for (let p = 0; p <= row.host[0]; p++) {
      assertEquals(virtualBreakpoint(f, p), inRanges(row.p2v, p), `p${p}`);
    }
    const unused = [...Array(row.host[0] + 1).keys()].filter((p) =>
      !row.v2p.some(([from, to, at]) => p >= at && p <= at + to - from)
    );
    assertEquals(unused, row.unused, "unused");
    for (let lbn = 0; lbn < 16; lbn++) {
      const warned: Event[] = [];
      f.sink = { push: (event) => warned.push(event) };
      f.lo = lbn << 16;
      linkToHardware(f);
      const inside = lbn <= row.guest[0];
      const hw = inside ? inRanges(row.v2p, lbn) : row.sink;
      assertEquals(f.lo >>> 16, hw, `lbn ${lbn}`);
      linkToGuest(f);
      assertEquals(f.lo >>> 16, inside ? lbn : row.readBack, `back ${lbn}`);
      assertEquals(
        warned.some((event) => event.kind === "warn"),
        !inside && row.warns,
        `warns for lbn ${lbn}`,
      );
    }
  });
}

Deno.test("arm64:D15 convertLink(): of control registers alone, whether or not events are reported", () => {
  for (const sink of [null, { push: () => {} }]) {
    const converted = [KIND.bcr, KIND.bvr, KIND.wcr, KIND.wvr].map((kind) => {
      const f = frameFor({ brps: 6, ctx: 2 }, { brps: 4, ctx: 2 });
      contextAwareLast.firstRun(f);
      f.sink = sink;
      f.lo = 3 << 16;
      convertLink(f, numberedId(kind, 2), "program");
      return f.lo >>> 16;
    });
    // The guest's breakpoint 3 is the machine's 5.
    assertEquals(converted, [5, 3, 5, 3]);
  }
});
