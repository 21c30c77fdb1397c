/**
 * The registers of the bare machine beside a vCPU of arm64: where they come from, what the machine does with them, and
 * which differences a guest can tell.
 */
import { assertEquals } from "@std/assert";
import { BARE } from "../engine/arm64/bare/block.ts";
import { ARM64_LOCKSTEP } from "../engine/arm64/bare/lockstep.ts";
import { CPU, VCPU, VM } from "../engine/arm64/blocks.ts";
import type { Arm64Frame } from "../engine/arm64/frame.ts";
import { readPhysical } from "../engine/arm64/hardware/register_file.ts";
import { ASYNCHRONOUS } from "../engine/arm64/hardware/interrupts.ts";
import { ID_AA64DFR0 } from "../engine/arm64/registers/id_aa64dfr0.ts";
import { ARM64_REGISTERS } from "../engine/arm64/registers/table.ts";
import { type InsnParts, makeInsn } from "../engine/program.ts";
import { VCPU_BASE, type ViewValue } from "../engine/rules.ts";
import {
  get64,
  highWord,
  lowWord,
  set64,
  type Words,
} from "../engine/word64.ts";
import { CODE, idOf, TestCpu } from "./arm64_cpu.ts";

const { begin, load, save, value, write } = ARM64_LOCKSTEP;

/** Words before and after the block, which nothing may change. */
const GUARD = 200;

/** A vCPU with a block beside it. The guest has 6 breakpoints, 2 of them context-aware, and 4 watchpoints. */
class Beside {
  readonly f: Arm64Frame;
  readonly at: number;

  /** @param isBare the vCPU's own machine is bare too */
  constructor(isBare = false) {
    const cpu = new TestCpu({ beside: BARE.words + 2 * GUARD });
    this.f = isBare
      ? {
        ...cpu.f,
        bare: {
          isStepwise: false,
          answersCalls: false,
          debugged: false,
          hidesGeneralDetect: false,
          leftStatus: 0,
        },
      }
      : cpu.f;
    this.at = cpu.beside + GUARD;
    const counts = { BRPs: 5n, CTX_CMPs: 1n, WRPs: 3n };
    set64(cpu.f.w, VM.dfr0, ID_AA64DFR0.with(0n, counts));
  }

  /** Words outside the block that are not as they were. */
  changed(before: Words): number[] {
    const { w } = this.f;
    return [...w.keys()].filter((at) =>
      w[at] !== before[at] && (at < this.at || at >= this.at + BARE.words)
    );
  }

  view(name: string): bigint | string {
    const found = value(this.f, this.at, idOf(name));
    return found.kind === "value" ? found.value : found.kind;
  }

  write(name: string, value: bigint): void {
    write(this.f, this.at, idOf(name), lowWord(value), highWord(value));
  }

  /** A frame on the bare machine, with the block's registers. */
  machine(): Arm64Frame {
    const bare = ARM64_LOCKSTEP.frame(this.f) as Arm64Frame;
    bare.w.set(this.f.w);
    load(bare, this.f.w, this.at);
    return bare;
  }
}

function known(value: bigint): ViewValue {
  return { kind: "value", value };
}

/** What a guest reads of each register: another value of each, in both words. */
function readOf(oslsr: ViewValue): (register: number) => ViewValue {
  return (register) =>
    register === idOf("oslsr")
      ? oslsr
      : known(BigInt(register + 1) << 32n | BigInt(register + 100));
}

Deno.test("begin(): the bare machine holds what the guest would read", () => {
  const one = new Beside();
  const { f, at } = one;
  f.w.fill(-1, at, at + BARE.words);
  f.w[f.vcpu + VCPU.pstate] = 0x8000_03c5 | 0;
  const before = f.w.slice();
  begin(f, at, readOf(known(8n)));
  assertEquals(one.changed(before), []);
  for (const name of ["dbgbcr0", "dbgbvr5", "dbgwcr0", "dbgwvr3", "mdscr"]) {
    const id = BigInt(idOf(name));
    assertEquals(one.view(name), (id + 1n) << 32n | (id + 100n), name);
  }
  assertEquals(one.view("mdccint"), 66n << 32n | 165n);
  assertEquals(one.view("contextidr"), 85n << 32n | 184n);
  assertEquals(one.view("pstate"), 0x8000_03c5n);
  assertEquals(one.view("oslsr"), 8n);
});

Deno.test("begin(): the OS lock, as OSLSR_EL1 shows it", () => {
  const one = new Beside();
  for (
    const [oslsr, shown] of [
      [known(0xan), 0xan],
      [known(0x8n), 0x8n],
      [{ kind: "undef" }, 0x8n],
      [{ kind: "none", why: "not offered" }, 0x8n],
    ] as const
  ) {
    begin(one.f, one.at, readOf(oslsr));
    assertEquals(one.view("oslsr"), shown);
  }
});

Deno.test("begin(): what has no value begins at 0", () => {
  const one = new Beside();
  one.f.w.fill(-1, one.at, one.at + BARE.words);
  begin(one.f, one.at, () => ({ kind: "undef" }));
  assertEquals([one.view("dbgbvr0"), one.view("mdscr")], [0n, 0n]);
});

Deno.test("value(): numbers that the guest was not given, and registers that cannot be read", () => {
  const one = new Beside();
  const rows: readonly [register: string, value: bigint | string][] = [
    ["dbgbcr5", 0n],
    ["dbgbcr6", "undef"],
    ["dbgbvr6", "undef"],
    ["dbgwcr3", 0n],
    ["dbgwcr4", "undef"],
    ["dbgwvr5", "undef"],
    ["oslar", "none"],
    ["dbgdtrtx", "none"],
    // A guest under KVM has none that keeps anything. Rule arm64:A/15.
    ["osdtrrx", "none"],
    ["mdrar", "none"],
    ["mdselr", "undef"],
    // What the guest was told.
    ["id_aa64dfr0", ID_AA64DFR0.with(0n, { BRPs: 5n, CTX_CMPs: 1n, WRPs: 3n })],
  ];
  for (const [name, value] of rows) assertEquals(one.view(name), value, name);
  const own = new Beside(true);
  own.write("osdtrrx", 0n);
  assertEquals(own.view("osdtrrx"), 0n);
  assertEquals(own.view("mdrar"), 0n);
});

Deno.test("arm64:A/1 write(): what the bare machine's register keeps, and nothing else changes", () => {
  const rows: readonly [register: string, written: bigint, read: bigint][] = [
    ["dbgbcr5", 0xffff_ffff_ffff_ffffn, 0x00ff_e1e7n],
    ["dbgbvr0", 0x1_0000_4001n, 0x1_0000_4000n],
    ["dbgwcr0", 0xffff_ffff_ffff_ffffn, 0x1f1f_ffffn],
    ["dbgwvr3", 0xffff_0000_0000_4007n, 0xffff_0000_0000_4004n],
    ["mdscr", 0xa001n, 0xa001n],
    ["mdccint", 0xffff_ffffn, 0x6000_0000n],
    ["contextidr", 0x1_2345_6789n, 0x2345_6789n],
    ["pstate", 0x8000_03c5n, 0x8000_03c5n],
    ["oslsr", 0x2n, 0xan],
  ];
  for (const [name, written, read] of rows) {
    const one = new Beside();
    const before = one.f.w.slice();
    const views = ARM64_REGISTERS.all.filter(({ hostOnly }) => !hostOnly)
      .map(({ short }) => [short, one.view(short)]);
    one.write(name, written);
    assertEquals(one.changed(before), [], name);
    for (const [other, value] of views) {
      const wanted = other === name ? read : value;
      assertEquals(one.view(`${other}`), wanted, `${other} after ${name}`);
    }
  }
  const locked = new Beside();
  locked.write("oslsr", 0x2n);
  locked.write("oslsr", 0x8n);
  assertEquals(locked.view("oslsr"), 8n);
});

/** Registers of external debug, as the bare machine reads them. */
const EXTERNAL = [
  ["osdtrrx", BARE.osdtrrx],
  ["osdtrtx", BARE.osdtrtx],
  ["oseccr", BARE.oseccr],
  ["osdlr", BARE.osdlr],
  ["dbgprcr", BARE.dbgprcr],
  ["dbgclaimclr", BARE.dbgclaim],
] as const;

/** Where a guest's instruction begins, as a step of the bare machine. */
function step(bare: Arm64Frame, parts: InsnParts): void {
  const at = { addressLo: lowWord(CODE), addressHi: highWord(CODE) };
  ARM64_LOCKSTEP.step(bare, makeInsn({ ...parts, ...at }));
}

Deno.test("load() and save(): each register goes to the machine, and comes back", () => {
  for (const isBare of [false, true]) {
    const one = new Beside(isBare);
    const { f, at } = one;
    f.w.fill(7, at - GUARD);
    for (let n = 0; n < BARE.words; n++) f.w[at + n] = n + 1;
    const before = f.w.slice();
    const bare = one.machine();
    const outside = [...f.w.keys()].filter((n) =>
      bare.w[n] !== f.w[n] && n >= f.cpu + CPU.words
    );
    assertEquals(outside, []);
    assertEquals(bare.w[bare.cpu + CPU.contextidrEl2], 0);
    // MDCR_EL2 and HCR_EL2 are the hypervisor's, which it has not.
    assertEquals(get64(bare.w, bare.cpu + CPU.mdcr), 0n);
    assertEquals(bare.w[bare.cpu + CPU.tid3], 0);
    assertEquals(bare.w[bare.cpu + CPU.tvm], 0);
    for (const [name, field] of EXTERNAL) {
      readPhysical(bare, idOf(name));
      assertEquals([bare.lo, bare.hi], [field + 1, field + 2], name);
    }
    f.w.fill(0, at, at + BARE.words);
    save(bare, f.w, at);
    // Beside a guest under KVM what is external keeps nothing. Rule arm64:A/15.
    const kept = isBare ? 2 * EXTERNAL.length : 0;
    for (let n = 0; n < 2 * EXTERNAL.length - kept; n++) {
      before[at + BARE.osdtrrx + n] = 0;
    }
    const differ = [...f.w.keys()].filter((n) => f.w[n] !== before[n]);
    assertEquals(differ.map((n) => n - at), []);
  }
});

Deno.test("load(): no trap of the hypervisor's is left, and its machine is the guest's", () => {
  const one = new Beside();
  const { f } = one;
  set64(f.w, f.cpu + CPU.mdcr, 0x0000_0001_0000_0f00n);
  f.w[f.cpu + CPU.tid3] = 1;
  f.w[f.cpu + CPU.tvm] = 1;
  const bare = one.machine();
  assertEquals(get64(bare.w, bare.cpu + CPU.mdcr), 0n);
  assertEquals(bare.w[bare.cpu + CPU.tid3], 0);
  assertEquals(bare.w[bare.cpu + CPU.tvm], 0);
  const counts = () => {
    const { brps, ctx, wrps } = bare.host;
    return [brps, ctx, wrps];
  };
  assertEquals(counts(), [6, 2, 4]);
  const dfr0 = get64(bare.w, VM.dfr0);
  set64(bare.w, VM.dfr0, ID_AA64DFR0.with(dfr0, { BRPs: 3n }));
  load(bare, f.w, one.at);
  assertEquals(counts(), [4, 2, 4]);
  // The high word: PMSVer. And the other ID register.
  bare.w[VM.dfr0 + 1] = 1;
  load(bare, f.w, one.at);
  assertEquals(bare.host.model.dfr0.hi, 1);
  bare.w[VM.idDfr0] = 0x301_0006;
  load(bare, f.w, one.at);
  assertEquals(bare.host.model.idDfr0, 0x301_0006);
});

Deno.test("raised() and handled(): by the handler that was entered in this step", () => {
  const one = new Beside();
  const bare = one.machine();
  const { raised, handled } = ARM64_LOCKSTEP;
  assertEquals([raised(bare), handled(bare)], [undefined, undefined]);
  step(bare, { op: "svc" });
  assertEquals([raised(bare), handled(bare)], ["svc", "svc"]);
  ARM64_LOCKSTEP.step(bare, null);
  assertEquals([raised(bare), handled(bare)], [undefined, "svc"]);
});

Deno.test("handled(): the last one, once its handler has recorded it", () => {
  const { f } = new Beside();
  assertEquals(ARM64_LOCKSTEP.handled(f), undefined);
  f.w[f.vcpu + VCPU.exceptions] = 1;
  f.w[f.vcpu + VCPU.esr] = 0x5600_0000;
  assertEquals(ARM64_LOCKSTEP.handled(f), "svc");
});

Deno.test("isSamePlace(): in the program, in the handler, stopped, and after as many exceptions", () => {
  const one = new Beside();
  const bare = one.machine();
  assertEquals(ARM64_LOCKSTEP.isSamePlace(one.f, bare, null), true);
  const fields = [VCPU_BASE.inHandler, VCPU_BASE.stopped, VCPU.exceptions];
  for (const field of fields) {
    one.f.w[one.f.vcpu + field] = 1;
    assertEquals(ARM64_LOCKSTEP.isSamePlace(one.f, bare, null), false);
    bare.w[bare.vcpu + field] = 1;
    assertEquals(ARM64_LOCKSTEP.isSamePlace(one.f, bare, null), true);
  }
});

Deno.test("arm64:E/1.35 arrives(): an SError that KVM has delivered, once", () => {
  const arrived = (
    asynchronous: number,
    guest: number,
    own: number,
  ): number => {
    const one = new Beside();
    const bare = one.machine();
    one.f.w[one.f.vcpu + VCPU_BASE.inHandler] = guest;
    one.f.w[one.f.vcpu + VCPU.asynchronous] = asynchronous;
    bare.w[bare.vcpu + VCPU_BASE.inHandler] = own;
    ARM64_LOCKSTEP.arrives!(one.f, bare);
    return bare.w[bare.vcpu + VCPU.serror];
  };
  const { serror, interrupt } = ASYNCHRONOUS;
  assertEquals(arrived(serror, 1, 0), 1);
  assertEquals(arrived(interrupt, 1, 0), 0);
  assertEquals(arrived(serror, 2, 0), 0);
  assertEquals(arrived(serror, 1, 1), 0);
});

Deno.test("pending(), isDebugged() and allowsStray(): what explains an exception of the guest's alone", () => {
  const { f } = new Beside();
  const { pending, isDebugged, allowsStray } = ARM64_LOCKSTEP;
  assertEquals([pending(f, false), isDebugged(f)], [undefined, false]);
  f.w[f.vcpu + VCPU.pendingUndef] = 1;
  f.w[f.vcpu + VCPU.guestDebug] = 1;
  assertEquals([pending(f, false), isDebugged(f)], ["undef", true]);
  const read = (name: string) => makeInsn({ op: "read", register: idOf(name) });
  assertEquals(allowsStray(read("oseccr"), "undef"), "external-debug");
  assertEquals(allowsStray(read("mdscr"), "undef"), undefined);
  assertEquals(allowsStray(read("oseccr"), "svc"), undefined);
  assertEquals(allowsStray(null, "undef"), undefined);
});

/** PSTATE.SS, and ISV of a step's syndrome. */
const SS = 1n << 21n;
const ISV = 1n << 24n;

Deno.test("arm64:A/12 readDiffers(): by the bits that a guest can rely on", () => {
  const { f } = new Beside();
  const differs = (register: string, seen: bigint, own: bigint) => {
    const read = { name: register, register: idOf(register), seen, own };
    const found = ARM64_LOCKSTEP.readDiffers(f, 0, read);
    return found && (found.allowance ?? "differs");
  };
  assertEquals(differs("dbgbcr0", 0x1e7n, 0x1e6n), "differs");
  // LBN that names no context-aware breakpoint, and bits that are RES0.
  assertEquals(differs("dbgbcr0", 0x5_01e7n, 0x1_01e7n), undefined);
  assertEquals(differs("dbgbcr0", 0x1_0000_01e7n, 0x1e7n), undefined);
  assertEquals(differs("dbgbvr0", 0x1000n, 0x1004n), "differs");
  assertEquals(differs("oseccr", 0n, 1n), "external-debug");
  assertEquals(differs("pstate", 0x3c5n | SS, 0x3c5n), "differs");
  f.w[f.vcpu + VCPU.guestDebug] = 1;
  assertEquals(differs("pstate", 0x3c5n | SS, 0x3c5n), "step-flag");
  assertEquals(differs("pstate", 0x3c4n | SS, 0x3c5n), "differs");
});

Deno.test("arm64:A/13 differences(): of the exception's syndrome, addresses and state", () => {
  const one = new Beside();
  const { f } = one;
  const bare = one.machine();
  const found = () =>
    ARM64_LOCKSTEP.differences(f, bare, true).map((
      { name, seen, own, allowance },
    ) => [name, seen, own, allowance]);
  const set = (field: number, seen: bigint, own: bigint) => {
    set64(f.w, f.vcpu + field, seen);
    set64(bare.w, bare.vcpu + field, own);
  };
  assertEquals(found(), []);
  const words = [
    ["esr", VCPU.esr],
    ["far", VCPU.farEl1],
    ["elr", VCPU.elr],
  ] as const;
  for (const [name, field] of words) {
    set(field, 7n << 32n, 8n);
    assertEquals(found(), [[name, 7n << 32n, 8n, undefined]]);
    set(field, 0n, 0n);
  }
  // A step from the same level, without and with ISV; and a breakpoint.
  set(VCPU.esr, 0xce00_0022n, 0xce00_0022n | ISV);
  assertEquals(found(), [
    ["esr", 0xce00_0022n, 0xcf00_0022n, "step-syndrome"],
  ]);
  set(VCPU.esr, 0xc600_0022n, 0xc600_0022n | ISV);
  assertEquals(found()[0][3], undefined);
  set(VCPU.esr, 0xce00_0023n, 0xce00_0022n | ISV);
  assertEquals(found()[0][3], undefined);
  set(VCPU.esr, 0n, 0n);
  f.w[f.vcpu + VCPU.spsr] = 0x8000_03c5 | Number(SS);
  bare.w[bare.vcpu + VCPU.spsr] = 0x8000_03c5 | 0;
  assertEquals(found(), [
    ["spsr", 0x8020_03c5n, 0x8000_03c5n, undefined],
  ]);
  f.w[f.vcpu + VCPU.guestDebug] = 1;
  assertEquals(found()[0][3], "step-flag");
  assertEquals(ARM64_LOCKSTEP.differences(f, bare, false), []);
});

Deno.test("addresses: of breakpoints and watchpoints, in the block", () => {
  const one = new Beside();
  for (let number = 0; number < 16; number++) {
    for (const [name, place] of [["dbgbvr", 0], ["dbgwvr", 16]] as const) {
      const at = ARM64_LOCKSTEP.addresses[place + number];
      assertEquals(at, BARE.bank + 2 * idOf(`${name}${number}`));
    }
  }
  assertEquals(ARM64_LOCKSTEP.addresses.length, 32);
  assertEquals(one.view("dbgbvr0"), 0n);
});
