/** What KVM's ioctls and exits leave in a vCPU of x86, with both words of an address, and whose a breakpoint is. */
import { assertEquals } from "@std/assert";
import { type InsnParts, makeInsn } from "../engine/program.ts";
import { get64, set64 } from "../engine/word64.ts";
import {
  COMPLETION,
  CPU,
  EVENTS,
  EXIT,
  USER,
  VCPU,
  VECTOR,
} from "../engine/x86/blocks.ts";
import { reportAccess } from "../engine/x86/hardware/reported_access.ts";
import { breakpointOwner } from "../engine/x86/kvm/breakpoint_owner.ts";
import { awaitUser } from "../engine/x86/kvm/complete.ts";
import { queueException } from "../engine/x86/kvm/exceptions.ts";
import { reportHostLost } from "../engine/x86/kvm/host_breakpoints.ts";
import { GUESTDBG } from "../engine/x86/kvm/guest_debug_flags.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import { resetVcpu } from "../engine/x86/kvm/reset.ts";
import { leave2008 } from "../engine/x86/kvm/seed_2008.ts";
import {
  debugExit,
  type ExitPc,
  exitValues,
  FILLS,
  ioExit,
  mmioExit,
} from "../engine/x86/kvm/user_exits.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import {
  cpuWord,
  eventsOf,
  frameOf,
  setCpu,
  setVcpu,
  vcpuWord,
  type VcpuWords,
} from "./x86_frame.ts";

const HIGH = 0x2_0000_1000n;

/** A vCPU whose RIP is above 4 GiB. */
function guest(
  words: VcpuWords = {},
  setup: Parameters<typeof frameOf>[0] = {},
): ReturnType<typeof frameOf> {
  const made = frameOf(setup);
  set64(made.f.w, made.f.vcpu + VCPU.pc, HIGH);
  setVcpu(made.f, words);
  return made;
}

function pair({ w, vcpu }: KvmFrame, name: keyof typeof VCPU): bigint {
  return get64(w, vcpu + VCPU[name]);
}

Deno.test("INIT: nothing of the guest's state, of what was queued or of its handler is left", () => {
  for (const profile of ["kiszka-2008", "linux-4.4", "linux-7.2"]) {
    const { f } = frameOf({ profile });
    const fresh = [...f.w.slice(f.vcpu, f.vcpu + VCPU.words)];
    const changed = [
      ...["rflags", "cr4", "shadow", "pendingDb", "repeating", "rcx", "r11"],
      ...["pendingException", "injectedException", "completion", "inHandler"],
      ...["outerStep", "stopped", "iretRip", "db", "dr6", "dr7"],
      ...["switchDbRegs", "vmDrAccesses"],
    ] as const;
    for (const name of changed) setVcpu(f, { [name]: 0x77 });
    setVcpu(f, { events: EVENTS.nmiBlocked | EVENTS.oneNmi });
    set64(f.w, f.vcpu + VCPU.iretRip, 0x7_0000_0077n);
    set64(f.w, f.vcpu + VCPU.db + 6, 0x7_0000_0077n);
    resetVcpu(f);
    assertEquals([...f.w.slice(f.vcpu, f.vcpu + VCPU.words)], fresh, profile);
  }
});

Deno.test("INIT: an interrupt that userspace has made pending stays", () => {
  const { f } = guest({ events: EVENTS.oneNmi | 0x41 });
  resetVcpu(f);
  assertEquals(vcpuWord(f, "events"), 0x41);
});

Deno.test("x86:D/10 a debug exit fills what its path fills, and leaves the rest as it was", () => {
  const exit = (fills: number, of: ExitPc) => {
    const { f } = guest({ vmDr7: 0x402, runDr6: 0x55, runDr7: 0x66 });
    f.w[f.vcpu + VCPU.runDr6 + 1] = 1;
    f.w[f.vcpu + VCPU.runDr7 + 1] = 1;
    const [event] = eventsOf(
      f,
      () => debugExit(f, VECTOR.DB, 0x4ff1, fills, "x86:D/10", of),
    );
    const { exception, pc, dr6, dr7 } = exitValues(f);
    assertEquals([exception, pc], [1n, HIGH]);
    const left = event.kind === "user-exit" ? event.left : undefined;
    const from = event.kind === "user-exit" ? event.from?.dr7?.space : "";
    return [dr6, dr7, left, from];
  };
  const [DR6, DR7] = [0x1_0000_0055n, 0x1_0000_0066n];
  for (const pcOf of ["linear", "cpu"] as const) {
    assertEquals(exit(0, pcOf), [DR6, DR7, ["dr6", "dr7"], undefined]);
    assertEquals(exit(FILLS.dr6, pcOf), [0x4ff1n, DR7, ["dr7"], undefined]);
    assertEquals(exit(FILLS.dr7, pcOf), [DR6, 0x402n, ["dr6"], "vmcs"]);
    assertEquals(exit(FILLS.dr6 | FILLS.dr7, pcOf), [
      ...[0x4ff1n, 0x402n, [], "vmcs"],
    ]);
  }
});

Deno.test("the exit for an INT3 and one that userspace completes keep the whole RIP", () => {
  const { rules, f } = guest();
  rules.enter(f);
  setVcpu(f, { exitReason: EXIT.bp });
  rules.exit(f, null);
  assertEquals([pair(f, "eventRip"), vcpuWord(f, "eventLength")], [HIGH, 1]);
  f.nextLo = 0x1002;
  f.nextHi = 3;
  awaitUser(f, COMPLETION.skip);
  assertEquals(
    [pair(f, "completionFrom"), pair(f, "completionRip")],
    [HIGH, 0x3_0000_1002n],
  );
});

Deno.test("an exception that is queued takes the place of every other", () => {
  const { f } = guest({
    pendingException: VECTOR.DB + 1,
    pendingPayload: 0x5001,
    injectedException: VECTOR.BP + 1,
  });
  queueException(f, VECTOR.GP, 0, "x86:D15");
  assertEquals(
    (["pendingException", "pendingError", "pendingPayload"] as const)
      .map((name) => vcpuWord(f, name)),
    [VECTOR.GP + 1, 0, 0],
  );
  assertEquals(vcpuWord(f, "injectedException"), 0);
});

Deno.test("x86:D30 KVM_SET_REGS with another RIP: the guest leaves its handler, a string instruction and its stop", () => {
  const set = (rip: bigint) => {
    const { rules, f } = guest({
      ...{ repeating: 1, inHandler: 3, outerStep: 2, stopped: 1 },
      ...{ exceptions: 4, stepsLeft: 5, pendingException: 2 },
    });
    f.lo = Number(BigInt.asIntN(32, rip));
    f.hi = Number(rip >> 32n);
    assertEquals(rules.userSetPc(f), 0);
    assertEquals(pair(f, "pc"), rip);
    return ([
      ...["inHandler", "outerStep", "stopped", "exceptions", "stepsLeft"],
      ...["pendingException", "repeating"],
    ] as const).map((name) => vcpuWord(f, name as keyof typeof VCPU));
  };
  assertEquals(set(0x2_0000_1002n), [0, 0, 0, 0, 0, 0, 0]);
  assertEquals(set(0x3_0000_1000n), [0, 0, 0, 0, 0, 0, 0]);
  // It is where it was: the string instruction goes on.
  assertEquals(set(HIGH), [0, 0, 0, 0, 0, 0, 1]);
});

Deno.test("x86:D29 KVM_SET_GUEST_DEBUG: DR0 to DR3 and DR7 with all their bits, and where a step was asked for", () => {
  for (const profile of ["kiszka-2008", "linux-4.4", "linux-7.2"]) {
    const { rules, f } = guest({}, { profile });
    const registers = [
      ...[0, 1, 2, 3].map((register) => ({
        register,
        value: (BigInt(register) + 1n) << 32n | 0x1000n,
      })),
      { register: REG.DR7, value: 0x1_0000_0402n },
    ];
    const control = GUESTDBG.ENABLE | GUESTDBG.USE_HW_BP | GUESTDBG.SINGLESTEP;
    const request = { control, inject: undefined, blockirq: false, registers };
    assertEquals(rules.setGuestDebug(f, request), 0);
    const eff = [0, 1, 2, 3].map((n) =>
      get64(f.w, f.vcpu + VCPU.effDb + 2 * n)
    );
    assertEquals(eff, registers.slice(0, 4).map(({ value }) => value));
    assertEquals(pair(f, "guestDebugDr7"), 0x1_0000_0402n);
    if (profile !== "kiszka-2008") {
      assertEquals(pair(f, "singlestepRip"), HIGH);
    }
    // What a debugger that goes on finds.
    const user = [0, 1, 2, 3].map((n) =>
      get64(f.w, f.user + USER.debugreg + 2 * n)
    );
    assertEquals(user, eff);
    assertEquals(f.w[f.user + USER.dr7], 0x402);
    // Without ENABLE nothing is asked for.
    const off = { ...request, control: control & ~GUESTDBG.ENABLE };
    rules.setGuestDebug(f, off);
    assertEquals(vcpuWord(f, "guestDebug"), 0, profile);
    const own = [0, 1, 2, 3].map((n) =>
      get64(f.w, f.vcpu + VCPU.effDb + 2 * n)
    );
    assertEquals(own, [0n, 0n, 0n, 0n]);
  }
});

Deno.test("x86:C6 a slot of the CPU is the guest's, userspace's or the host's by address and enable, or was left there", () => {
  for (let n = 0; n < 4; n++) {
    const enable = 2 << 2 * n;
    const owner = (arm: (f: KvmFrame) => void) => {
      const { f } = guest({ vmDrAccesses: -1 });
      set64(f.w, f.cpu + CPU.dr + 2 * n, HIGH);
      arm(f);
      return breakpointOwner(f, n);
    };
    const at = (f: KvmFrame, start: number, value = HIGH) =>
      set64(f.w, start + 2 * n, value);
    const own = (f: KvmFrame, value = HIGH, dr7 = enable) => {
      at(f, f.vcpu + VCPU.db, value);
      setVcpu(f, { dr7 });
    };
    assertEquals(owner(() => {}), undefined);
    assertEquals(owner((f) => own(f)), "guest");
    for (const other of [HIGH + 1n, HIGH ^ 1n << 40n]) {
      assertEquals(owner((f) => own(f, other)), undefined);
    }
    assertEquals(owner((f) => own(f, HIGH, 0)), undefined);
    // It is let through, except for a read of DR0.
    assertEquals(owner((f) => setVcpu(f, { vmDrAccesses: -2 })), "guest");
    const hosts = (f: KvmFrame, hostDr7 = enable) => {
      at(f, f.cpu + CPU.hostDr);
      setCpu(f, { hostDr7 });
    };
    assertEquals(owner((f) => hosts(f)), "host");
    assertEquals(owner((f) => hosts(f, 0)), undefined);
    assertEquals(owner((f) => [hosts(f), own(f)]), "guest");
    const users = (f: KvmFrame, guestDebugDr7 = enable) => {
      at(f, f.vcpu + VCPU.effDb);
      const guestDebug = GUESTDBG.ENABLE | GUESTDBG.USE_HW_BP;
      setVcpu(f, { guestDebug, guestDebugDr7 });
    };
    assertEquals(owner((f) => [users(f), own(f)]), "userspace");
    assertEquals(owner((f) => [users(f, 0), own(f)]), "guest");
    assertEquals(owner((f) => users(f, 0)), undefined);
  }
});

Deno.test("an access to a register is an event with its direction, value and rule", () => {
  const told = (
    parts: InsnParts,
    by: "hardware" | "kvm",
    vendor: "vmx" | "svm",
  ) => {
    const { f } = guest({}, { vendor });
    f.lo = 5;
    f.hi = 1;
    const insn = makeInsn({ addressLo: 0x1000, addressHi: 2, ...parts });
    const [event] = eventsOf(f, () => reportAccess(f, insn, by));
    return event.kind === "access"
      ? [event.access, event.register, event.value, event.pc, event.rule]
      : [];
  };
  const value = 0x1_0000_0005n;
  const write = { op: "write", register: REG.DR7 } as const;
  const read = { op: "read", register: REG.CR4 } as const;
  assertEquals(told(write, "kvm", "vmx"), [
    ...["write", "DR7", value, HIGH, "x86:D14"],
  ]);
  assertEquals(told(write, "kvm", "svm")[4], "x86:D15");
  assertEquals(told(read, "hardware", "svm"), [
    ...["read", "CR4", value, HIGH, "x86:A/1"],
  ]);
  const rdmsr = { op: "rdmsr", register: REG.DEBUGCTL } as const;
  assertEquals(told(rdmsr, "kvm", "vmx"), [
    ...["read", "DEBUGCTL", value, HIGH, "x86:D70"],
  ]);
  assertEquals(
    told({ op: "wrmsr", register: REG.DEBUGCTL }, "hardware", "vmx"),
    [
      ...["write", "DEBUGCTL", value, HIGH, "x86:A/8"],
    ],
  );
  assertEquals(
    told({ op: "pushf", register: REG.RFLAGS }, "hardware", "vmx")[1],
    "RFLAGS",
  );
});

Deno.test("x86:D/10 the data of KVM_EXIT_MMIO lie over dr6 of the debug exit", () => {
  for (const isWrite of [false, true]) {
    const { f } = guest();
    f.w[f.vcpu + VCPU.runDr6 + 1] = 0x1234_56ff;
    const [event] = eventsOf(f, () => mmioExit(f, 0xc0_0000, 0, 8, isWrite));
    const bit = isWrite ? 1n : 0n;
    // len is at byte 16 of the union, is_write at byte 20: include/uapi/linux/kvm.h.
    assertEquals(pair(f, "runDr6"), 0x1234_5600_0000_0008n | bit << 32n);
    assertEquals([event.kind, event.rule], ["user-exit", "x86:D26"]);
    assertEquals(event.kind === "user-exit" && event.values, {
      ...{ addr: 0xc0_0000n, len: 8n, is_write: bit, pc: HIGH },
    });
    const [port] = eventsOf(f, () => ioExit(f, 0x77, 2, isWrite, 3));
    assertEquals([port.kind, port.rule], ["user-exit", "x86:D50"]);
    assertEquals(port.kind === "user-exit" && port.values, {
      ...{ port: 0x77n, size: 2n, count: 3n, is_write: bit, pc: HIGH },
    });
  }
});

Deno.test("bug x86:F36: dr7 of the exit for general detect is sign-extended, and no other", () => {
  const shown = (vmDr7: number, fills: number) => {
    const { f } = guest({ vmDr7 });
    const [event] = eventsOf(
      f,
      () => debugExit(f, VECTOR.DB, 0, fills, "x86:D14"),
    );
    return [
      pair(f, "runDr7"),
      event.kind === "user-exit" ? event.values.dr7 : undefined,
    ];
  };
  const signed = FILLS.dr7 | FILLS.signed;
  const HIGH_BITS = 0xffff_ffff_8000_0000n;
  assertEquals(shown(0x2402, signed), [0x2402n, 0x2402n]);
  assertEquals(shown(-0x8000_0000, signed), [HIGH_BITS, HIGH_BITS]);
  assertEquals(shown(-0x8000_0000, FILLS.dr7), [0x8000_0000n, 0x8000_0000n]);
});

Deno.test("x86:B22 the exception bitmap: #UD always, #DB always or while userspace debugs, #BP for software breakpoints", () => {
  const { ENABLE, SINGLESTEP, USE_SW_BP, USE_HW_BP } = GUESTDBG;
  const exits = (profile: string, flags: number) => {
    const { rules, f } = guest({}, { profile });
    const control = flags === 0 ? 0 : ENABLE | flags;
    const request = { inject: undefined, blockirq: false, registers: [] };
    rules.setGuestDebug(f, { control, ...request });
    const bits = vcpuWord(f, "vmExceptions");
    return [1, 3, 6, 13].filter((vector) => (bits & 1 << vector) !== 0);
  };
  const all = [0, SINGLESTEP, USE_HW_BP, USE_SW_BP];
  assertEquals(all.map((flags) => exits("linux-7.2", flags)), [
    ...[[1, 6], [1, 6], [1, 6], [1, 3, 6]],
  ]);
});

Deno.test("x86:E1 the host's breakpoints: the first free slot, with its length, until all are gone", () => {
  const { rules, f } = frameOf();
  const state = () => [
    ...[0, 1, 2, 3].map((n) => get64(f.w, f.cpu + CPU.hostDr + 2 * n)),
    cpuWord(f, "hostDr7"),
    cpuWord(f, "dr7"),
  ];
  const watch = (address: bigint, sizeBytes: number, on: "store" | "access") =>
    rules.hostDebug(f, { action: "watch", address, sizeBytes, on });
  const breaks = (address: bigint) =>
    rules.hostDebug(f, { action: "break", address });
  assertEquals(watch(0x1_0000_1002n, 2, "store"), 0);
  // G0 and GE; LEN0 2 bytes, RW0 write.
  assertEquals(state(), [0x1_0000_1002n, 0n, 0n, 0n, 0x5_0202, 0x5_0602]);
  assertEquals([watch(0x2001n, 2, "store"), watch(0x2000n, 3, "store")], [
    ...[-22, -22],
  ]);
  assertEquals(breaks(0x3001n), 0);
  assertEquals(watch(0x4004n, 4, "access"), 0);
  assertEquals(watch(0x5008n, 8, "store"), 0);
  // RW2 is any access of 4 bytes, RW3 a write of 8.
  const dr7 = 0x5_0000 | 0xf00_0000 | 0x9000_0000 | 0x2aa;
  assertEquals(state(), [
    ...[0x1_0000_1002n, 0x3001n, 0x4004n, 0x5008n, dr7, dr7 | 0x400],
  ]);
  assertEquals([0, 1, 2, 3].map((n) => get64(f.w, f.cpu + CPU.dr + 2 * n)), [
    ...[0x1_0000_1002n, 0x3001n, 0x4004n, 0x5008n],
  ]);
  // EBUSY.
  assertEquals(breaks(0x6000n), -16);
  const debugctl = {
    action: "wrmsr",
    register: REG.DEBUGCTL,
    value: 0x4002n,
  } as const;
  assertEquals(rules.hostDebug(f, debugctl), 0);
  assertEquals([cpuWord(f, "debugctl"), cpuWord(f, "hostDebugctl")], [
    ...[0x4002, 0x4002],
  ]);
  assertEquals(rules.hostDebug(f, { action: "off" }), 0);
  assertEquals(state(), [0n, 0n, 0n, 0n, 0, 0x400]);
});

Deno.test("x86:E8 a breakpoint of the host's that is not in the CPU is reported, by its slot", () => {
  for (let n = 0; n < 4; n++) {
    const { f } = frameOf();
    set64(f.w, f.cpu + CPU.hostDr + 2 * n, HIGH);
    set64(f.w, f.cpu + CPU.dr + 2 * n, HIGH);
    const enable = 2 << 2 * n;
    setCpu(f, { hostDr7: enable | 0x200, dr7: enable | 0x600 });
    const told = () =>
      eventsOf(f, () => reportHostLost(f)).flatMap((event) =>
        event.kind === "host-lost" ? [event.register] : []
      );
    assertEquals(told(), []);
    setCpu(f, { dr7: 0x400 });
    assertEquals(told(), [`DR${n}`]);
    setCpu(f, { dr7: enable | 0x600 });
    for (const other of [HIGH + 1n, HIGH ^ 1n << 40n]) {
      set64(f.w, f.cpu + CPU.dr + 2 * n, other);
      assertEquals(told(), [`DR${n}`]);
    }
    setCpu(f, { hostDr7: 0 });
    assertEquals(told(), []);
  }
});

Deno.test("x86:E8 2008: after an exit a breakpoint of the host's that is not in the CPU is reported", () => {
  const { f } = frameOf({ profile: "kiszka-2008" });
  set64(f.w, f.cpu + CPU.hostDr, HIGH);
  set64(f.w, f.cpu + CPU.dr, HIGH);
  const lost = (savedDr7: number) => {
    setCpu(f, { hostDr7: 0x202, savedDr7 });
    return eventsOf(f, () => leave2008(f)).filter(({ kind }) =>
      kind === "host-lost"
    ).length;
  };
  assertEquals([lost(0x602), lost(0x400)], [0, 1]);
});

Deno.test("KVM_SET_SREGS and KVM_GET_SREGS: CR4 as given", () => {
  const { rules, f } = frameOf();
  f.lo = 0x68;
  f.hi = 0;
  assertEquals(rules.userSet(f, REG.CR4), 0);
  f.lo = 0;
  assertEquals([rules.userGet(f, REG.CR4), f.lo, f.hi], [0, 0x68, 0]);
});
