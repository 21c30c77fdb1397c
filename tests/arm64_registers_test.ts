/**
 * The registers of arm64: encodings, bits, names of values, and which KVM gives to userspace. Arm ARM, the registers'
 * own pages; arch/arm64/kvm/sys_regs.c for userspace.
 */
import { assertEquals } from "@std/assert";
import { VCPU } from "../engine/arm64/blocks.ts";
import type { KvmFrame } from "../engine/arm64/kvm/kernel.ts";
import { ARM64_REGISTERS } from "../engine/arm64/registers/table.ts";
import { ARM64_KVM_NAMES, cpuView, kvmView } from "../engine/arm64/views.ts";
import { architecture } from "../engine/mod.ts";
import { arm64Record } from "./arm64_record.ts";
import { TestCpu } from "./arm64_cpu.ts";

const ALL = 0xffff_ffff_ffff_ffffn;
const WORD = 0xffff_ffffn;

/**
 * Op0, Op1, CRn, CRm and Op2; the bits that are not RES0; what EL1 can do; whether KVM_GET_ONE_REG has it; whether the
 * model keeps it in the CPU.
 */
const SINGLE: readonly (readonly [
  name: string,
  encoding: string,
  bits: bigint,
  access: "RW" | "RO" | "WO",
  userspace: boolean,
  physical: boolean,
])[] = [
  ["MDSCR_EL1", "2,0,0,2,2", 0xece8_f041n, "RW", true, true],
  ["MDCCINT_EL1", "2,0,0,2,0", 0x6000_0000n, "RW", true, true],
  ["OSLAR_EL1", "2,0,1,0,4", 1n, "WO", false, false],
  ["OSLSR_EL1", "2,0,1,1,4", 0xfn, "RO", true, false],
  ["OSDLR_EL1", "2,0,1,3,4", 1n, "RW", false, true],
  ["OSDTRRX_EL1", "2,0,0,0,2", WORD, "RW", false, true],
  ["OSDTRTX_EL1", "2,0,0,3,2", WORD, "RW", false, true],
  ["OSECCR_EL1", "2,0,0,6,2", WORD, "RW", false, true],
  ["MDRAR_EL1", "2,0,1,0,0", ALL, "RO", false, false],
  ["DBGPRCR_EL1", "2,0,1,4,4", 1n, "RW", false, true],
  ["DBGCLAIMSET_EL1", "2,0,7,8,6", 0xffn, "RW", false, false],
  ["DBGCLAIMCLR_EL1", "2,0,7,9,6", 0xffn, "RW", false, true],
  ["DBGAUTHSTATUS_EL1", "2,0,7,14,6", WORD, "RO", false, false],
  ["MDCCSR_EL0", "2,3,0,1,0", WORD, "RO", false, false],
  ["DBGDTR_EL0", "2,3,0,4,0", ALL, "RW", false, true],
  ["DBGDTRRX_EL0", "2,3,0,5,0", WORD, "RO", false, false],
  ["DBGDTRTX_EL0", "2,3,0,5,0", WORD, "WO", false, false],
  ["DBGVCR32_EL2", "2,4,0,7,0", WORD, "RW", true, false],
  ["ID_AA64DFR0_EL1", "3,0,0,5,0", 0xf0ff_ffff_ffff_ffffn, "RO", true, false],
  ["ID_AA64DFR1_EL1", "3,0,0,5,1", ALL, "RO", true, false],
  ["ID_DFR0_EL1", "3,0,0,1,2", WORD, "RO", true, false],
  ["CONTEXTIDR_EL1", "3,0,13,0,1", WORD, "RW", true, true],
  ["CONTEXTIDR_EL2", "3,4,13,0,1", WORD, "RW", false, true],
  ["MDCR_EL2", "3,4,1,1,1", 0x0004_0810_1f8a_7fffn, "RW", false, true],
  ["MDSELR_EL1", "2,0,0,4,2", 0x3fn, "RW", false, false],
  ["PSTATE", "", 0xf030_03dfn, "RW", true, false],
];

for (const row of SINGLE) {
  const [name, encoding, bits, access, userspace, physical] = row;
  Deno.test(`arm64:A/1 ${name}: encoding, bits and access`, () => {
    const info = ARM64_REGISTERS.find(name)!;
    assertEquals(
      [info.name, info.encoding, info.access, info.userspace, info.physical],
      [name, encoding, access, userspace, physical],
    );
    assertEquals(ALL & ~info.layout.res0, bits);
    const layout = name.startsWith("CONTEXTIDR_") ? "CONTEXTIDR_ELx" : name;
    assertEquals(info.layout.name, layout);
    assertEquals(ARM64_REGISTERS.byId(info.id).name, name);
    assertEquals([info.number, info.hostOnly], [-1, name.endsWith("_EL2")]);
    const view = cpuView(new TestCpu().f, info.id);
    assertEquals(view.kind, physical ? "value" : "none");
  });
}

Deno.test("arm64:A/1 numbered registers: CRm is the number, Op2 the kind", () => {
  const kinds = [
    ["DBGBVR", 4, ALL & ~3n],
    ["DBGBCR", 5, 0x00ff_e1e7n],
    ["DBGWVR", 6, ALL & ~3n],
    ["DBGWCR", 7, 0x1f1f_ffffn],
  ] as const;
  for (const [stem, op2, bits] of kinds) {
    for (let number = 0; number < 16; number++) {
      const info = ARM64_REGISTERS.find(`${stem}${number}_EL1`)!;
      assertEquals(info.encoding, `2,0,0,${number},${op2}`);
      assertEquals([info.number, info.access], [number, "RW"]);
      assertEquals(ALL & ~info.layout.res0, bits);
      assertEquals(ARM64_REGISTERS.byId(info.id), info);
    }
  }
  const ids = ARM64_REGISTERS.all.map(({ id }) => id);
  assertEquals(new Set(ids).size, 64 + SINGLE.length);
});

/** Names of values, from 0 up, or with the value. */
const VALUES: readonly (readonly [
  register: string,
  field: string,
  values: Readonly<Record<string, bigint>>,
])[] = [
  ["DBGBCR0_EL1", "BT", {
    "unlinked-address": 0b0000n,
    "linked-address": 0b0001n,
    "unlinked-context": 0b0010n,
    "linked-context": 0b0011n,
    "unlinked-mismatch": 0b0100n,
    "linked-mismatch": 0b0101n,
    "unlinked-contextidr-el1": 0b0110n,
    "linked-contextidr-el1": 0b0111n,
    "unlinked-vmid": 0b1000n,
    "linked-vmid": 0b1001n,
    "unlinked-vmid-context": 0b1010n,
    "linked-vmid-context": 0b1011n,
    "unlinked-contextidr-el2": 0b1100n,
    "linked-contextidr-el2": 0b1101n,
    "unlinked-both-contexts": 0b1110n,
    "linked-both-contexts": 0b1111n,
  }],
  ["DBGBCR0_EL1", "PMC", { none: 0n, el1: 1n, el0: 2n, both: 3n }],
  ["DBGWCR0_EL1", "PAC", { none: 0n, el1: 1n, el0: 2n, both: 3n }],
  ["DBGWCR0_EL1", "LSC", { load: 1n, store: 2n, both: 3n }],
  ["DBGWCR0_EL1", "WT", { unlinked: 0n, linked: 1n }],
  ["PSTATE", "M", { el0t: 0n, el1t: 0b00100n, el1h: 0b00101n }],
];

for (const [register, field, values] of VALUES) {
  Deno.test(`arm64:A/3 names of values: ${register}.${field}`, () => {
    const { layout } = ARM64_REGISTERS.find(register)!;
    const row = layout.fields.find(({ name }) => name === field);
    assertEquals(row?.values, values);
  });
}

Deno.test("arm64:A/13 the bits that a step and a trap of debug registers are decided by", () => {
  const { deciders, stepFlags } = architecture("arm64")!;
  assertEquals(stepFlags, { MDSCR_EL1: 1n, PSTATE: 1n << 21n });
  assertEquals(deciders.traps?.register, "MDCR_EL2");
  assertEquals(deciders.traps?.bit, 1n << 9n);
});

Deno.test("kvm view: each name shows its own words", () => {
  const cpu = new TestCpu();
  const f: KvmFrame = { ...cpu.f, kernel: arm64Record("linux-6.1") };
  const { w, vcpu } = f;
  for (let at = 0; at < VCPU.words; at++) w[vcpu + at] = at + 1;
  const word = (field: number) => BigInt(field + 1);
  const pair = (field: number) => word(field + 1) << 32n | word(field);
  const expected: Readonly<Record<string, bigint>> = {
    dirty: word(VCPU.dirty),
    debug_ptr: word(VCPU.debugPtr),
    owner: word(VCPU.owner),
    guest_debug: word(VCPU.guestDebug),
    ran_once: word(VCPU.ranOnce),
    active_pending: word(VCPU.activePending),
    increment_pc: word(VCPU.incrementPc),
    pending_spis: word(VCPU.spis),
    serror_pending: word(VCPU.serror),
    mdcr_el2: pair(VCPU.mdcrAtEntry),
    external_mdscr_el1: pair(VCPU.externalMdscr),
    saved_mdscr_el1: pair(VCPU.savedMdscr),
    shadow_mdscr_el1: pair(VCPU.savedMdscr),
    shadow_dbgbcr0: pair(VCPU.shadow),
    shadow_dbgbvr1: pair(VCPU.shadow + 2 * (16 + 1)),
    external_dbgwcr2: pair(VCPU.external + 2 * (32 + 2)),
    stored_dbgwvr15: pair(VCPU.guest + 2 * (48 + 15)),
    emulate: 0n,
  };
  for (const [name, value] of Object.entries(expected)) {
    assertEquals(kvmView(f, name), { kind: "value", value }, name);
    assertEquals(ARM64_KVM_NAMES.includes(name), true, name);
  }
  // 11 registers of KVM's own and 2 names more, and 16 of each kind in 3 sets.
  assertEquals(ARM64_KVM_NAMES.length, 14 + 3 * 4 * 16);
});
