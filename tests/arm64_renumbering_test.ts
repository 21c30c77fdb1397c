import { assert, assertEquals } from "@std/assert";
import { VCPU, VM } from "../engine/arm64/blocks.ts";
import { VCPU_BASE } from "../engine/rules.ts";
import type { KvmFrame } from "../engine/arm64/kvm/kernel.ts";
import {
  contextAwareLast,
  INVALID,
  linkToGuest,
  linkToHardware,
  physicalBreakpoint,
  renumber,
  virtualBreakpoint,
} from "../engine/arm64/kvm/numbering.ts";
import { ID_AA64DFR0 } from "../engine/arm64/registers/id_aa64dfr0.ts";
import { KIND, type Kind, numberedId } from "../engine/arm64/registers/ids.ts";
import type { Event } from "../engine/events.ts";
import { get64, set64 } from "../engine/word64.ts";
import { arm64Kernel } from "../engine/arm64/profiles/mod.ts";
import { modelByName } from "../engine/arm64/hardware/models.ts";

/** Counts, not fields. */
interface Counts {
  readonly brps: number;
  readonly ctx: number;
}

/** A frame with one VM and one vCPU, first-run initialisation not done. */
function frameFor(host: Counts, guest: Counts, wrps = 16): KvmFrame {
  const f: KvmFrame = {
    w: new Int32Array(VM.words + VCPU.words),
    vm: 0,
    vcpu: VM.words,
    user: 0,
    cpu: 0,
    lo: 0,
    hi: 0,
    nextLo: 0,
    nextHi: 0,
    sink: null,
    host: {
      ...host,
      wrps,
      model: modelByName("architecture"),
      unpredictable: "never",
    },
    kernel: arm64Kernel("watanabe-v7", {}),
  };
  set64(
    f.w,
    VM.dfr0,
    ID_AA64DFR0.with(0n, {
      BRPs: BigInt(guest.brps - 1),
      CTX_CMPs: BigInt(guest.ctx - 1),
      WRPs: BigInt(wrps - 1),
    }),
  );
  renumber(f);
  return f;
}

/**
 * The rules, said another way: the guest's plain breakpoints are the machine's lowest plain ones in order,
 * and its context-aware ones are the machine's lowest context-aware ones in order; nothing moves unless the
 * machine has more plain ones than the guest.
 */
function orderPreserving(host: Counts, guest: Counts): Map<number, number> {
  const numbers = ({ brps, ctx }: Counts) => {
    const all = [...Array(brps).keys()];
    return {
      plain: all.filter((n) => n < brps - ctx),
      aware: all.filter((n) => n >= brps - ctx),
    };
  };
  const g = numbers(guest);
  const h = numbers(host);
  if (g.plain.length >= h.plain.length) {
    return new Map([...g.plain, ...g.aware].map((n) => [n, n]));
  }
  return new Map([
    ...g.plain.map((n, i): [number, number] => [n, h.plain[i]]),
    ...g.aware.map((n, i): [number, number] => [n, h.aware[i]]),
  ]);
}

function* shapes(): Generator<[host: Counts, guest: Counts]> {
  for (let brps = 1; brps <= 16; brps++) {
    for (let ctx = 1; ctx <= brps; ctx++) {
      for (let gb = 1; gb <= brps; gb++) {
        for (let gc = 1; gc <= Math.min(gb, ctx); gc++) {
          yield [{ brps, ctx }, { brps: gb, ctx: gc }];
        }
      }
    }
  }
}

/** A BCR or WCR value that is different for each register and keeps a linked number. */
function control(number: number, lbn: number): bigint {
  return 0xdead_0000_0000_0000n | BigInt(number) << 32n | BigInt(lbn) << 16n |
    0x1e5n;
}

function put(f: KvmFrame, kind: Kind, number: number, value: bigint): void {
  set64(f.w, f.vcpu + VCPU.guest + 2 * numberedId(kind, number), value);
}

function bank(f: KvmFrame, kind: Kind): bigint[] {
  return [...Array(16).keys()].map((n) =>
    get64(f.w, f.vcpu + VCPU.guest + 2 * numberedId(kind, n))
  );
}

function convertedLbn(
  map: Map<number, number>,
  host: Counts,
  lbn: number,
): number {
  // The last plain breakpoint of the machine, in the four bits of the field.
  return map.get(lbn) ?? (host.brps - host.ctx + 15) % 16;
}

Deno.test("arm64:D6-D16 numbers and links, for every host and guest count", () => {
  let count = 0;
  for (const [host, guest] of shapes()) {
    const f = frameFor(host, guest);
    contextAwareLast.firstRun(f);
    const map = orderPreserving(host, guest);
    const moved = [...map].some(([v, p]) => v !== p);
    const emulated = f.w[VM.emulate] === 1;
    assertEquals(emulated, guest.brps - guest.ctx < host.brps - host.ctx);
    if (moved) assert(emulated);
    const back = new Map([...map].map(([v, p]) => [p, v]));
    const label = JSON.stringify({ host, guest });
    for (let n = 0; n < 16; n++) {
      assertEquals(
        physicalBreakpoint(f, n),
        map.get(n) ?? INVALID,
        `${label} v${n}`,
      );
      assertEquals(
        virtualBreakpoint(f, n),
        emulated ? back.get(n) ?? INVALID : n,
        `${label} p${n}`,
      );
      f.lo = Number(BigInt.asIntN(32, control(n, n)));
      f.hi = 7;
      linkToHardware(f);
      const hw = convertedLbn(map, host, n);
      assertEquals(f.lo, Number(BigInt.asIntN(32, control(n, hw))), label);
      linkToGuest(f);
      const readBack = map.has(n) ? n : emulated ? 0 : hw;
      assertEquals(
        f.lo,
        Number(BigInt.asIntN(32, control(n, readBack))),
        label,
      );
      assertEquals(f.hi, 7);
      count++;
    }
  }
  assert(count > 50_000, `${count} checked`);
});

Deno.test("arm64:D23-D25 the first-run conversion, for every host and guest count", () => {
  for (const [host, guest] of shapes()) {
    const f = frameFor(host, guest);
    const map = orderPreserving(host, guest);
    const emulated = guest.brps - guest.ctx < host.brps - host.ctx;
    for (let n = 0; n < 16; n++) {
      put(f, KIND.bcr, n, control(n, (n + 5) % 16));
      put(f, KIND.bvr, n, 0xffff_0000_0000_1000n + BigInt(n));
      put(f, KIND.wcr, n, control(n + 64, (n * 3) % 16));
      put(f, KIND.wvr, n, 0x7000n + BigInt(n));
    }
    const before = [KIND.bcr, KIND.bvr, KIND.wcr].map((kind) => bank(f, kind));
    contextAwareLast.firstRun(f);
    const back = new Map([...map].map(([v, p]) => [p, v]));
    const label = JSON.stringify({ host, guest });
    const expected = (kind: Kind, slot: number): bigint => {
      if (!emulated) return before[kind][slot];
      if (kind === KIND.wcr) {
        return control(slot + 64, convertedLbn(map, host, (slot * 3) % 16));
      }
      const source = back.get(slot);
      if (source === undefined) return 0n;
      return kind === KIND.bvr
        ? before[kind][source]
        : control(source, convertedLbn(map, host, (source + 5) % 16));
    };
    for (const kind of [KIND.bcr, KIND.bvr, KIND.wcr]) {
      assertEquals(
        bank(f, kind),
        [...Array(16).keys()].map((slot) => expected(kind, slot)),
        `${label} kind ${kind}`,
      );
    }
    assertEquals(
      bank(f, KIND.wvr),
      [...Array(16).keys()].map((n) => 0x7000n + BigInt(n)),
    );
  }
});

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

/** A row of table D.9, typed from the reference: fields, not counts; ranges map in step, the rest is INV. */
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
  Deno.test(`arm64:${row.name} the worked example of D.9`, () => {
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

Deno.test("arm64:D5 a second vCPU converts at its own first run", () => {
  const f = frameFor({ brps: 5, ctx: 2 }, { brps: 4, ctx: 2 });
  contextAwareLast.firstRun(f);
  assertEquals(f.w[VM.emulate], 1);
  // The flag is the VM's and stays; a new vCPU's values are still at guest numbers.
  f.w.fill(0, f.vcpu, f.vcpu + VCPU.words);
  put(f, KIND.bcr, 3, control(3, 2));
  assertEquals(contextAwareLast.userSlot(f, KIND.bcr, 3), 3);
  contextAwareLast.firstRun(f);
  f.w[f.vcpu + VCPU_BASE.ranOnce] = 1;
  assertEquals(bank(f, KIND.bcr)[4], control(3, 3));
  assertEquals(contextAwareLast.userSlot(f, KIND.bcr, 3), 4);
  assertEquals(contextAwareLast.userSlot(f, KIND.bcr, 4), INVALID);
});

Deno.test("arm64:N7 arm64:D24 a conversion from the bottom up would destroy the highest breakpoint", () => {
  const before = (f: KvmFrame): void => {
    for (let v = 0; v < 4; v++) put(f, KIND.bvr, v, BigInt(0x1000 + v));
  };
  const topDown = frameFor({ brps: 5, ctx: 2 }, { brps: 4, ctx: 2 });
  before(topDown);
  const bottomUp = frameFor({ brps: 5, ctx: 2 }, { brps: 4, ctx: 2 });
  before(bottomUp);
  contextAwareLast.firstRun(topDown);
  assertEquals(bank(topDown, KIND.bvr).slice(0, 5), [
    0x1000n,
    0x1001n,
    0n,
    0x1002n,
    0x1003n,
  ]);
  // The same moves in the other order: 2 goes to 3 before 3 was read, and goes on to 4.
  for (let v = 0; v < 4; v++) {
    const p = v < 2 ? v : v + 1;
    put(bottomUp, KIND.bvr, p, bank(bottomUp, KIND.bvr)[v]);
    if (p !== v) put(bottomUp, KIND.bvr, v, 0n);
  }
  assertEquals(bank(bottomUp, KIND.bvr).slice(0, 5), [
    0x1000n,
    0x1001n,
    0n,
    0n,
    0x1002n,
  ]);
});
