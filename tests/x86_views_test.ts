/** What each view of x86 shows, and what the CPU itself does and reports. */
import { assert, assertEquals } from "@std/assert";
import type { Condition, CpuComparison } from "../engine/comparison.ts";
import { load } from "../dsl/load.ts";
import type { Event } from "../engine/events.ts";
import { type Insn, type InsnParts, makeInsn } from "../engine/program.ts";
import { MODE, OUTCOME } from "../engine/rules.ts";
import { set64 } from "../engine/word64.ts";
import { CPU, VCPU, VM } from "../engine/x86/blocks.ts";
import { slotCondition } from "../engine/x86/hardware/comparisons.ts";
import { execute } from "../engine/x86/hardware/instruction.ts";
import { UNMET, type Unmet } from "../engine/x86/hardware/unmet.ts";
import { enterGuest, leaveGuest } from "../engine/x86/hardware/world_switch.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import {
  bareFrame,
  cpuWord,
  eventsOf,
  frameOf,
  partsOf,
  setCpu,
  type Setup,
  setVcpu,
  vcpuWord,
} from "./x86_frame.ts";

Deno.test("x86 counts: each is taken up to its most, and not one more", () => {
  const takes = (statement: string) =>
    load({ name: "a", text: `arch x86\nkernel linux-7.2 svm\n${statement}\n` })
      .ok;
  const most: readonly (readonly [string, bigint])[] = [
    ["set rtm", 1n],
    ["set bld", 1n],
    ["set fmask", 0xffff_ffffn],
    ["set csbase", 0xffff_ffffn],
    ["set debug_swap", 1n],
    ["host cpus", 16n],
  ];
  for (const [what, value] of most) {
    if (what.startsWith("set")) assert(takes(`${what}=0`), what);
    assertEquals([takes(`${what}=${value}`), takes(`${what}=${value + 1n}`)], [
      ...[true, false],
    ], what);
  }
  assertEquals([takes("host cpus=0"), takes("host cpus=1")], [false, true]);
});

/** KVM's fields with two words, and where they are. */
const PAIRS: readonly (readonly [name: string, at: number])[] = [
  ...[0, 1, 2, 3].map((n) => [`db${n}`, VCPU.db + 2 * n] as const),
  ...[0, 1, 2, 3].map((n) => [`eff_db${n}`, VCPU.effDb + 2 * n] as const),
  ["dr6", VCPU.dr6],
  ["dr7", VCPU.dr7],
  ["guest_debug_dr7", VCPU.guestDebugDr7],
  ["singlestep_rip", VCPU.singlestepRip],
  ["vmcb_dr7", VCPU.vmDr7],
  ["rip", VCPU.pc],
];
const WORDS: readonly (readonly [name: string, at: number])[] = [
  ["switch_db_regs", VCPU.switchDbRegs],
  ["guest_debug", VCPU.guestDebug],
  ["vmcb_dr6", VCPU.vmDr6],
  ["vmcb_debugctl", VCPU.vmDebugctl],
  ["lbr_virtualization", VCPU.lbrVirtualized],
  ["host_debugctl", VCPU.hostDebugctl],
  ["rflags", VCPU.rflags],
  ["rcx", VCPU.rcx],
  ["interrupt_shadow", VCPU.shadow],
];

Deno.test("x86 kvm view: each field has its own words", () => {
  const { rules, f } = frameOf({ vendor: "svm" });
  for (let n = 0; n < VCPU.words; n++) f.w[f.vcpu + n] = n + 1;
  const shown = (name: string) => {
    const seen = rules.kvmView(f, name);
    return seen.kind === "value" ? seen.value : undefined;
  };
  for (const [name, at] of PAIRS) {
    assertEquals(shown(name), BigInt(at + 2) << 32n | BigInt(at + 1), name);
  }
  for (const [name, at] of WORDS) {
    assertEquals(shown(name), BigInt(at + 1), name);
  }
  setVcpu(f, { events: 0x8241 });
  assertEquals(
    ["pending_external_vector", "nmi_pending", "nmi_singlestep"].map(shown),
    [0x41n, 2n, 1n],
  );
  const intercepts = [0, 1, 0x80_0000].map((vmDrAccesses) => {
    setVcpu(f, { vmDrAccesses });
    return shown("dr_intercept");
  });
  assertEquals(intercepts, [0n, 1n, 1n]);
});

Deno.test("x86 kvm view: a VMCB is SVM's and a VMCS is VMX's", () => {
  const kinds = (vendor: "vmx" | "svm") => {
    const { rules, f } = frameOf({ vendor });
    return [
      ...["vmcb_dr6", "vmcb_dr7", "vmcb_debugctl", "lbr_virtualization"],
      ...["vmcs_dr7", "vmcs_debugctl", "other"],
    ].map((name) => rules.kvmView(f, name).kind);
  };
  assertEquals(kinds("svm"), [
    ...["value", "value", "value", "value", "none", "none", "none"],
  ]);
  assertEquals(kinds("vmx"), [
    ...["none", "none", "none", "none", "value", "value", "none"],
  ]);
});

/** What a view shows of a register. */
function seen(
  view: (f: KvmFrame, register: number) => { kind: string; value?: bigint },
  f: KvmFrame,
  register: number,
): bigint | string {
  const { kind, value } = view(f, register);
  return value ?? kind;
}

Deno.test("x86 guest view: where accesses exit and userspace debugs, KVM's copy; in the guest the CPU's; else what the entry loads", () => {
  const { rules, f } = frameOf();
  set64(f.w, f.vcpu + VCPU.db, 0x1_0000_1000n);
  set64(f.w, f.vcpu + VCPU.effDb, 0x2_0000_2000n);
  set64(f.w, f.cpu + CPU.dr, 0x3_0000_3000n);
  const dr0 = () => seen(rules.peek, f, REG.DR0);
  assertEquals(dr0(), 0x2_0000_2000n);
  setVcpu(f, { guestDebug: 1 });
  assertEquals(dr0(), 0x1_0000_1000n);
  // A read of DR1 exits, and a write of DR0.
  setVcpu(f, { vmDrAccesses: 0x1_0002 });
  assertEquals(dr0(), 0x2_0000_2000n);
  setVcpu(f, { mode: MODE.guest });
  assertEquals(dr0(), 0x3_0000_3000n);
});

Deno.test("x86 guest view: DR6 as userspace gave it, with the bits that the CPU forces", () => {
  for (const vendor of ["vmx", "svm"] as const) {
    const { rules, f } = frameOf({ vendor });
    setVcpu(f, { dr6: 0x1001, vmDr6: 0x1001 });
    const dr6 = (register: number = REG.DR6) => seen(rules.peek, f, register);
    assertEquals([dr6(), dr6(REG.DR4)], [0xffff_0ff1n, 0xffff_0ff1n], vendor);
    f.w[f.vm + VM.rtm] = 1;
    assertEquals(dr6(), 0xfffe_0ff1n, vendor);
    setVcpu(f, { cr4: 8 });
    assertEquals(dr6(REG.DR4), "undef");
  }
});

Deno.test("x86 user view: of a protected guest DR0 to DR7 are KVM's own, and nothing else", () => {
  // 6.9 refuses none of them. Rule x86:D81.
  const { rules, f } = frameOf({ profile: "linux-6.1", vendor: "svm" });
  setVcpu(f, { dr7: 0x402, vmDr6: 0xffff_0ff0 | 0 });
  f.w[f.vm + VM.protected] = 1;
  const user = (register: number) => seen(rules.userView, f, register);
  assertEquals([user(REG.DR0), user(REG.DR7)], [0n, 0x402n]);
  assertEquals([user(REG.RFLAGS), user(REG.CR4), user(REG.DEBUGCTL)], [
    ...["none", "none", "none"],
  ]);
});

Deno.test("x86 hw view: the DEBUGCTL that the guest would have, which since 6.14 is its own with SVM too", () => {
  const hw = (profile: string, vendor: "vmx" | "svm", host = 0x2) => {
    const { rules, f } = frameOf({ profile, vendor });
    setCpu(f, { debugctl: host, hostDebugctl: host });
    setVcpu(f, { vmDebugctl: 0x4, ranOnce: 1 });
    return seen(rules.hwView, f, REG.DEBUGCTL);
  };
  assertEquals(hw("linux-7.2", "svm"), 0x4n);
  assertEquals(hw("linux-6.1", "svm"), 0x2n);
  assertEquals(hw("linux-7.2", "vmx"), 0x4n);
  // VMX leaves the host FREEZE_IN_SMM since 6.17. Rule x86:D74.
  assertEquals(hw("linux-7.2", "vmx", 0x4002), 0x4004n);
});

Deno.test("x86 cpu view: a CPU after power-on", () => {
  const { rules, f } = frameOf();
  const cpu = [REG.DR0, REG.DR3, REG.DR6, REG.DR7, REG.DEBUGCTL].map((one) =>
    seen(rules.cpuView, f, one)
  );
  assertEquals(cpu, [0n, 0n, 0xffff_0ff0n, 0x400n, 0n]);
  assertEquals(seen(rules.cpuView, f, REG.DR4), "none");
});

Deno.test("x86 user get: a vCPU after its reset", () => {
  const { rules, f } = frameOf();
  assertEquals(
    [REG.DR0, REG.DR6, REG.DR7, REG.RFLAGS, REG.CR4].map((one) =>
      seen(rules.userView, f, one)
    ),
    [0n, 0xffff_0ff0n, 0x400n, 2n, 0n],
  );
});

Deno.test("x86:A/6.8 an exit of VMX saves the guest's DEBUGCTL and leaves 0; a refused entry saves nothing", () => {
  const left = (exitReason: number) => {
    const { f } = frameOf();
    setVcpu(f, { vmDebugctl: 0x3, exitReason });
    enterGuest(f);
    assertEquals(cpuWord(f, "debugctl"), 0x3);
    setCpu(f, { debugctl: 0x1 });
    leaveGuest(f);
    return [vcpuWord(f, "vmDebugctl"), cpuWord(f, "debugctl")];
  };
  assertEquals(left(1), [0x1, 0]);
  assertEquals(left(14), [0x3, 0]);
});

Deno.test("x86:A/6 an entry says with which DR6 and DR7", () => {
  const { f } = frameOf({ vendor: "svm" });
  setVcpu(f, { vmDr6: 0xffff_4ff1 | 0, vmDr7: 0xd000_0602 | 0 });
  const [enter] = eventsOf(f, () => enterGuest(f))
    .filter(({ kind }) => kind === "enter");
  assertEquals(enter.kind === "enter" && enter.values, {
    dr6: 0xffff_4ff1n,
    dr7: 0xd000_0602n,
  });
});

Deno.test("x86:A/6.10 with DebugSwap DR0 to DR3 are the guest's in it, and the host's after the exit", () => {
  const { f } = frameOf({ vendor: "svm" });
  f.w[f.vm + VM.protected] = 1;
  f.w[f.vm + VM.debugSwap] = 1;
  set64(f.w, f.vcpu + VCPU.vmDr + 2, 0x1_0000_1000n);
  set64(f.w, f.cpu + CPU.savedDr + 2, 0x5000n);
  set64(f.w, f.cpu + CPU.dr + 2, 0x5000n);
  const dr1 = () => [f.w[f.cpu + CPU.dr + 2], f.w[f.cpu + CPU.dr + 3]];
  enterGuest(f);
  assertEquals(dr1(), [0x1000, 1]);
  set64(f.w, f.cpu + CPU.dr + 2, 0x2_0000_2000n);
  leaveGuest(f);
  assertEquals(dr1(), [0x5000, 0]);
  enterGuest(f);
  assertEquals(dr1(), [0x2000, 2]);
});

/** A machine without a hypervisor, at an instruction. */
function bare(setup: Setup = {}): KvmFrame {
  const { f } = frameOf(setup);
  setVcpu(f, { vmDrAccesses: 0, vmExceptions: 0 });
  return bareFrame(f);
}

function insnAt(address: number, parts: InsnParts): Insn {
  return makeInsn({ addressLo: address, lengthBytes: 3, ...parts });
}

/** Executes an instruction at 0x1000. */
function does(f: KvmFrame, parts: InsnParts): readonly Event[] {
  set64(f.w, f.vcpu + VCPU.pc, 0x1000n);
  f.nextLo = 0x1003;
  return eventsOf(f, () => execute(f, insnAt(0x1000, parts)));
}

Deno.test("x86:A3 an I/O breakpoint needs CR4.DE, whatever else CR4 has", () => {
  const dr6 = (cr4: number) => {
    const f = bare();
    setVcpu(f, { cr4 });
    setCpu(f, { dr7: 0x2_0402 });
    set64(f.w, f.cpu + CPU.dr, 0x77n);
    does(f, { op: "out", lo: 0x77, sizeBytes: 1 });
    return cpuWord(f, "dr6") & 0xf;
  };
  assertEquals([0x8, 0xf, 0x7, 0, 0x10].map(dr6), [1, 1, 0, 0, 0]);
});

Deno.test("x86 hits: the whole address and the slot's bits of DR7 are needed", () => {
  for (let n = 0; n < 4; n++) {
    const f = bare();
    setCpu(f, { dr7: 0x400 | 2 << 2 * n });
    set64(f.w, f.cpu + CPU.dr + 2 * n, 0x1000n);
    const [hit] = does(f, { op: "exec" }).filter(({ kind }) => kind === "hit");
    // Ln and Gn, RWn and LENn.
    const bits = 3n << BigInt(2 * n) | 0xfn << BigInt(16 + 4 * n);
    assertEquals(hit.kind === "hit" && partsOf(hit.needed), [
      `cpu DR${n} 0xffffffffffffffff`,
      `cpu DR7 0x${bits.toString(16)}`,
    ]);
  }
});

Deno.test("x86:A5 a #DB that the CPU delivers clears DR7.GD, BTF and LBR; of one that exits SVM alone does, and not GD", () => {
  const left = (f: KvmFrame) => {
    setCpu(f, { dr7: 0x2402, debugctl: 0x7, dr6: 0xffff_0ff4 | 0 });
    setVcpu(f, { pendingDb: 0x4000, latentDb: 8 });
    set64(f.w, f.cpu + CPU.dr, 0x1000n);
    does(f, { op: "exec" });
    return [
      cpuWord(f, "dr7"),
      cpuWord(f, "debugctl"),
      cpuWord(f, "dr6") >>> 0,
      vcpuWord(f, "pendingDb"),
      vcpuWord(f, "latentDb"),
    ];
  };
  const exits = (vendor: "vmx" | "svm") => {
    const { f } = frameOf({ vendor });
    return f;
  };
  // B0 of what hits, B3 and BS of what was held; B2 of before goes.
  assertEquals(left(bare()), [0x402, 0x4, 0xffff_4ff9, 0, 0]);
  assertEquals(left(bare({ vendor: "svm" })), [0x402, 0x4, 0xffff_4ff9, 0, 0]);
  assertEquals(left(exits("vmx")), [0x2402, 0x7, 0xffff_0ff4, 0, 0]);
  assertEquals(left(exits("svm")), [0x2402, 0x4, 0xffff_4ff9, 0, 0]);
});

Deno.test("x86:A/8 an access of DEBUGCTL has its rule, and what raises #GP is reported", () => {
  const told = (parts: InsnParts, vendor: "vmx" | "svm" = "vmx") =>
    does(bare({ vendor }), { register: REG.DEBUGCTL, ...parts }).flatMap((
      event,
    ) =>
      event.kind === "access"
        ? [event.rule]
        : event.kind === "raise"
        ? [event.exception, event.what]
        : []
    );
  assertEquals(told({ op: "rdmsr" }), ["x86:A/8"]);
  assertEquals(told({ op: "wrmsr", lo: 2 }), ["x86:A/8"]);
  assertEquals(told({ op: "wrmsr", level: 3 }), ["gp", "WRMSR needs CPL 0"]);
  assertEquals(told({ op: "rdmsr", level: 3 }), ["gp", "RDMSR needs CPL 0"]);
  const reserved = ["gp", "reserved bits of DEBUGCTL are set"];
  for (const parts of [{ hi: 1 }, { lo: 0x8 }, { lo: 0x1_0000 }]) {
    assertEquals(told({ op: "wrmsr", ...parts }), reserved);
  }
  // Bits 5:0 on AMD.
  assertEquals(told({ op: "wrmsr", lo: 0x3f }, "svm"), ["x86:A/8"]);
  assertEquals(told({ op: "wrmsr", lo: 0x40 }, "svm"), reserved);
  // Another MSR.
  assertEquals(told({ op: "wrmsr", register: -1, hi: 1 }), []);
});

/** Why no step is due after an instruction, as `why not step` is answered. */
function stepUnmet(rflags: number, debugctl: number, op: "exec" | "jump") {
  const f = bare();
  setVcpu(f, { rflags });
  setCpu(f, { debugctl });
  const found: (Condition | undefined)[] = [];
  f.sink = {
    push: () => {},
    compared: (one: CpuComparison) => {
      if (one.unit === "step") found.push(one.unmet);
    },
  };
  set64(f.w, f.vcpu + VCPU.pc, 0x1000n);
  execute(f, insnAt(0x1000, { op }));
  return found.map((one) => one?.field ?? "due");
}

Deno.test("x86:A20 why no step is due: TF is clear, or BTF is set and the instruction is no branch", () => {
  assertEquals(stepUnmet(0x2, 0, "exec"), ["TF"]);
  assertEquals(stepUnmet(0x2, 2, "exec"), ["TF"]);
  assertEquals(stepUnmet(0x102, 2, "exec"), ["BTF"]);
  assertEquals(stepUnmet(0x102, 2, "jump"), ["due"]);
  assertEquals(stepUnmet(0x102, 0, "exec"), ["due"]);
});

Deno.test("x86:A/11.1 a transaction is executed the same whether its comparisons are read or not", () => {
  const store = insnAt(0x1006, { op: "store", lo: 0x6000, sizeBytes: 4 });
  const begin = insnAt(0x1000, { op: "xbegin" });
  const members = [begin, store, insnAt(0x1009, { op: "xend" })];
  const statuses = [undefined, () => {}, null].map((compared) => {
    const f = bare();
    f.w[f.vm + VM.rtm] = 1;
    setVcpu(f, { pendingDb: 0 });
    setCpu(f, { dr7: 0xd_0402 });
    set64(f.w, f.cpu + CPU.dr, 0x6000n);
    const events: Event[] = [];
    f.sink = compared === null
      ? null
      : { push: (event) => void events.push(event), compared };
    const outcome = execute(f, makeInsn({ ...begin, op: "xbegin", members }));
    return [
      outcome,
      ...events.flatMap((one) => one.kind === "access" ? [one.value] : []),
    ];
  });
  // Aborted: EAX bit 4.
  assertEquals(statuses, [
    [OUTCOME.next, 0x10n],
    [OUTCOME.next, 0x10n],
    [OUTCOME.next],
  ]);
});

Deno.test("x86:A/11.2 a trap that MOV SS has held comes with XBEGIN's, and is gone", () => {
  const begin = insnAt(0x1000, { op: "xbegin" });
  const f = bare();
  f.w[f.vm + VM.rtm] = 1;
  setVcpu(f, { pendingDb: 0x4001 });
  setCpu(f, { dr7: 0xc00, debugctl: 0x8000 });
  execute(f, makeInsn({ ...begin, op: "xbegin", members: [begin] }));
  // BS and B0, and RTM is 0.
  assertEquals(cpuWord(f, "dr6") >>> 0, 0xfffe_4ff1);
  assertEquals(vcpuWord(f, "pendingDb"), 0);
});

const SLOT = { lo: 0x6000, hi: 0, sizeBytes: 4, access: 2 } as const;

Deno.test("x86 why not: what a slot would need, with its register, bits and value", () => {
  const f = bare();
  set64(f.w, f.cpu + CPU.dr + 2, 0x1_0000_7000n);
  const compares = {
    dr: f.cpu + CPU.dr,
    // RW1 is execute, LEN1 four bytes, L1 is set.
    dr7: 0x00c0_0404,
    drIn: ["cpu", "DR"],
    dr7In: ["cpu", "DR7"],
  } as const;
  const condition = (
    unmet: Unmet,
    accessed: Parameters<typeof slotCondition>[3] = SLOT,
  ) => {
    const { place, field, bits, value, rule } =
      slotCondition(f, compares, 1, accessed, unmet) ?? {};
    return [place?.name, field, bits, value, rule];
  };
  const ALL = 0xffff_ffff_ffff_ffffn;
  assertEquals(condition(UNMET.enable), [
    ...["DR7", "L1 and G1", 0xcn, 1n, "x86:A/2"],
  ]);
  assertEquals(condition(UNMET.type), [
    "DR7",
    "RW1",
    0x30_0000n,
    0n,
    "x86:A/2",
  ]);
  assertEquals(condition(UNMET.address), [
    ...["DR1", undefined, ALL, 0x1_0000_7000n, "x86:A2"],
  ]);
  assertEquals(condition(UNMET.address, { ...SLOT, access: 0 })[4], "x86:A1");
  assertEquals(condition(UNMET.address, { ...SLOT, access: 4 })[4], "x86:A3");
  assertEquals(condition(UNMET.canonical), [
    ...["DR1", undefined, ALL, 0x1_0000_7000n, "x86:A/1"],
  ]);
  assertEquals(condition(UNMET.ioEnable), ["CR4", "DE", 8n, 0n, "x86:A3"]);
  setVcpu(f, { rflags: 0x1_0102 });
  assertEquals(condition(UNMET.resumeFlag), [
    ...["RFLAGS", "RF", 0x1_0000n, 1n, "x86:A1"],
  ]);
  assertEquals(condition(UNMET.trapFlag), [
    ...["RFLAGS", "TF", 0x100n, 1n, "x86:A6"],
  ]);
  assertEquals(condition(UNMET.none)[0], undefined);
});
