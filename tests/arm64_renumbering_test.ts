import { assert, assertEquals } from "@std/assert";
import { VCPU, VM } from "../engine/arm64/blocks.ts";
import type { KvmFrame } from "../engine/arm64/kvm/kernel.ts";
import {
  contextAwareLast,
  INVALID,
  linkToGuest,
  linkToHardware,
  physicalBreakpoint,
  virtualBreakpoint,
} from "../engine/arm64/kvm/numbering.ts";
import { KIND, type Kind } from "../engine/arm64/registers/ids.ts";
import { VCPU_BASE } from "../engine/rules.ts";
import {
  bank,
  control,
  type Counts,
  frameFor,
  put,
} from "./arm64_numbered_vm.ts";

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
