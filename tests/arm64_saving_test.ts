/**
 * Saving a VM of arm64 and restoring it, as the machine does it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  architecture,
  type CountChange,
  createMachine,
  type Machine,
} from "../engine/mod.ts";
import { VCPU } from "../engine/arm64/blocks.ts";
import type { KvmFrame } from "../engine/arm64/kvm/kernel.ts";
import { resetVcpu } from "../engine/arm64/kvm/reset.ts";
import { ARM64_SAVING } from "../engine/arm64/kvm/saving.ts";
import { SERROR } from "../engine/arm64/hardware/interrupts.ts";
import { REG } from "../engine/arm64/registers/ids.ts";
import { VCPU_BASE } from "../engine/rules.ts";
import { set64 } from "../engine/word64.ts";
import { TestCpu } from "./arm64_cpu.ts";
import { arm64Record } from "./arm64_record.ts";
import { lost } from "./lost_in_restore.ts";

const ARM64 = architecture("arm64")!;

/** With 6 breakpoints, 2 of them context-aware, and 4 watchpoints. */
function machine(kernel: string): Machine {
  return createMachine(
    ARM64,
    { profile: kernel, vendor: undefined, options: {} },
    { counts: {}, model: undefined, unpredictable: undefined },
  );
}

/** BRPs, CTX_CMPs and WRPs, as counts. */
function counts(m: Machine): number[] {
  const { value = 0n } = m.userGet(0, REG.ID_AA64DFR0_EL1, "");
  return [12n, 28n, 20n].map((shift) => Number(value >> shift & 15n) + 1);
}

const EINVAL = -22;
const E2BIG = -7;

Deno.test("restore(): a machine without something is refused, and the VM stays where it is", () => {
  for (
    const [kernel, on, result] of [
      ["linux-6.1", { brps: 4 }, EINVAL],
      ["linux-6.1", { brps: 8 }, EINVAL],
      ["linux-7.2", { wrps: 2 }, EINVAL],
      ["linux-7.2", { ctx: 3 }, EINVAL],
      ["watanabe-v7", { brps: 5 }, E2BIG],
      ["watanabe-v7", { wrps: 3 }, E2BIG],
    ] as const
  ) {
    const m = machine(kernel);
    m.userSet(0, REG.MDSCR_EL1, 0x8000n, "");
    m.vm.save("a", "qemu");
    m.userSet(0, REG.MDSCR_EL1, 0x2000n, "");
    assertEquals(m.vm.restore("a", on).result, result, kernel);
    assertEquals(m.userGet(0, REG.MDSCR_EL1, "").value, 0x2000n, kernel);
    assertEquals(m.vm.hostCounts, { brps: 6, ctx: 2, wrps: 4 }, kernel);
  }
});

Deno.test("restore(): on a machine with more the guest has as many as before", () => {
  for (
    const [kernel, on] of [
      ["linux-7.2", { wrps: 8 }],
      ["watanabe-v7", { brps: 10, ctx: 2, wrps: 8 }],
    ] as const
  ) {
    const m = machine(kernel);
    m.growTo(2);
    m.vm.save("a", "qemu");
    assertEquals(m.vm.restore("a", on).result, 0, kernel);
    assertEquals(counts(m), [6, 2, 4], kernel);
    const host: CountChange = { brps: 6, ctx: 2, wrps: 4 };
    assertEquals(m.vm.hostCounts, { ...host, ...on }, kernel);
  }
});

Deno.test("restore(): without ID registers in the list nothing is refused, and the guest sees another machine", () => {
  const m = machine("linux-4.9");
  m.userSet(0, 5, 0x1e7n, "");
  m.vm.save("a", "qemu");
  assertEquals(m.vm.restore("a", { brps: 4, wrps: 2 }).result, 0);
  assertEquals(m.userGet(0, 5, "").value, 0x1e7n);
  assertEquals(m.registerList(0).includes("ID_AA64DFR0_EL1"), false);
});

Deno.test("a snapshot brings the machine back on which it was made", () => {
  const m = machine("linux-4.9");
  m.vm.save("a", "qemu");
  const before = m.snapshot();
  m.vm.restore("a", { brps: 4 });
  assertEquals(m.vm.hostCounts.brps, 4);
  m.restore(before);
  assertEquals(m.vm.hostCounts.brps, 6);
});

/** The words of a vCPU after a reset, of which all were 5 before: offset in the block, and value. */
function resetWords(kernel: string): ReadonlyMap<number, number> {
  const cpu = new TestCpu();
  const f: KvmFrame = { ...cpu.f, kernel: arm64Record(kernel) };
  f.w.fill(5);
  resetVcpu(f);
  const outside = [...f.w.keys()].filter((at) =>
    f.w[at] !== 5 && (at < f.vcpu || at >= f.vcpu + VCPU.words)
  );
  assertEquals(outside, []);
  const block = f.w.subarray(f.vcpu, f.vcpu + VCPU.words);
  return new Map([...block.entries()].filter(([, word]) => word !== 5));
}

Deno.test("arm64:A/15 resetVcpu(): registers, PSTATE and what KVM has to do for the vCPU; nothing else", () => {
  const zero = [
    VCPU.mdscr,
    VCPU.mdccint,
    VCPU.contextidr,
    VCPU.dbgvcr32,
    VCPU.elr,
    VCPU.esr,
    VCPU.mmioNext,
  ].flatMap((at) => [at, at + 1]).concat([
    VCPU.spsr,
    VCPU_BASE.inHandler,
    VCPU_BASE.stopped,
    VCPU.incrementPc,
    VCPU.pendingUndef,
    VCPU.serror,
    VCPU.mmioPending,
    VCPU.debugPtr,
  ]).map((at) => [at, 0] as const);
  const others = [
    // OSLM: the OS lock is implemented, and free.
    [VCPU.oslsr, 8],
    [VCPU.oslsr + 1, 0],
    // EL1h, with D, A, I and F.
    [VCPU.pstate, 0x3c5],
    // What KVM fills registers with whose reset value is unknown.
    [VCPU.farEl1, 0xdbad_c0de | 0],
    [VCPU.farEl1 + 1, 0x1de7_ec7e],
  ] as const;
  const bank = (isReset: (number: number) => boolean) =>
    Array.from({ length: 128 }, (_, at) => at).filter((at) =>
      isReset(at >> 1 & 15)
    ).map((at) => [VCPU.guest + at, 0] as const);
  const sorted = (words: Iterable<readonly [number, number]>) =>
    [...words].sort(([a], [b]) => a - b);
  assertEquals(
    sorted(resetWords("linux-6.1")),
    sorted([...zero, ...others, ...bank(() => true)]),
  );
  // Number 0 alone, as often as there are registers. arm64:F1.
  assertEquals(
    sorted(resetWords("linux-5.4")),
    sorted([...zero, ...others, ...bank((number) => number === 0)]),
  );
});

Deno.test("arm64:E/5.5 restore(): a PC that KVM moves at the next entry is lost, the instruction's 4 bytes with it", () => {
  for (
    const [pc, next] of [
      [0x4008_0000n, 0x4008_0004n],
      [0xffff_0000_ffff_fffcn, 0xffff_0001_0000_0000n],
    ] as const
  ) {
    for (const kernel of ["linux-5.12", "linux-5.13"]) {
      const m = machine(kernel);
      m.journal.keepAll = true;
      m.append(
        0,
        { op: "store", lo: 0x1000_0000, sizeBytes: 4, mmio: true },
        pc,
      );
      assertEquals(m.run(0).exit, "mmio");
      m.vm.save("a", "qemu");
      m.vm.restore("a");
      assertEquals(
        lost(m),
        kernel === "linux-5.12"
          ? [`PC 0x${next.toString(16)} 0x${pc.toString(16)}`]
          : [],
      );
    }
  }
});

Deno.test("arm64:E/1.35 restore(): an SError that is no longer masked is the new vCPU's, and nothing is lost", () => {
  const m = machine("linux-7.2");
  m.journal.keepAll = true;
  assertEquals(m.userEvent(0, SERROR, "").result, 0);
  assertEquals(m.kvmView(0, "serror_pending"), { kind: "value", value: 1n });
  // PSTATE.A clear.
  m.userSet(0, REG.PSTATE, 0x2c5n, "");
  m.vm.save("a", "qemu");
  m.vm.restore("a");
  assertEquals(lost(m), []);
  assertEquals(m.kvmView(0, "serror_pending"), { kind: "value", value: 0n });
});

Deno.test("arm64:E/5.4 restore(): each SPI that is pending is pending in the new vCPU", () => {
  for (const spis of [[32], [63], [32, 33, 47, 62, 63]]) {
    const m = machine("linux-6.1");
    m.journal.keepAll = true;
    for (const intid of spis) {
      assertEquals(m.userEvent(0, intid, "").result, 0);
    }
    m.vm.save("a", "qemu");
    m.vm.restore("a");
    assertEquals(lost(m), []);
    const value = spis.reduce(
      (sum, intid) => sum | 1n << BigInt(intid - 32),
      0n,
    );
    assertEquals(m.kvmView(0, "pending_spis"), { kind: "value", value });
  }
});

Deno.test("arm64:E/5 carried(): a register is compared with all the bits that it has", () => {
  const cpu = new TestCpu();
  const f: KvmFrame = { ...cpu.f, kernel: arm64Record("linux-6.1") };
  const { w, vcpu } = f;
  const wide = [
    ["MDSCR_EL1", VCPU.mdscr],
    ["MDCCINT_EL1", VCPU.mdccint],
    ["CONTEXTIDR_EL1", VCPU.contextidr],
    ["OSLSR_EL1", VCPU.oslsr],
    ["ELR_EL1", VCPU.elr],
    ["ESR_EL1", VCPU.esr],
    ["FAR_EL1", VCPU.farEl1],
    ["PC", VCPU_BASE.pc],
  ] as const;
  const value = (n: number) => 0x8000_0000_8000_0000n + BigInt(n);
  for (const [n, [, at]] of wide.entries()) set64(w, vcpu + at, value(n));
  // As SPSR_EL1 has it, 32 bits.
  w[vcpu + VCPU.pstate] = 0x8000_03c5 | 0;
  w[vcpu + VCPU.spsr] = 0x8000_0245 | 0;
  w[vcpu + VCPU.spis] = 1 << 31;
  const carried = new Map(
    ARM64_SAVING.carried(f).map(({ what, value }) => [what, value]),
  );
  const found = [...carried].filter(([what]) => !/^DBG[BW]/.test(what));
  assertEquals(
    new Map(found),
    new Map<string, bigint>([
      ...wide.map(([name], n) => [name, value(n)] as const),
      ["PSTATE", 0x8000_03c5n],
      ["SPSR_EL1", 0x8000_0245n],
      ["SError", 0n],
      ["interrupts", 0x8000_0000n],
    ]),
  );
});
