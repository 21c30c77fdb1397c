/** What an instruction of x86 does with RF, with traps that are pending, at a privilege level and to DR6; and what is compared around it. */
import { assertEquals } from "@std/assert";
import type { CpuComparison } from "../engine/comparison.ts";
import { type InsnParts, makeInsn, type Operation } from "../engine/program.ts";
import { OUTCOME } from "../engine/rules.ts";
import { get64, set64 } from "../engine/word64.ts";
import { CPU, EXIT, SHADOW, VCPU, VECTOR, VM } from "../engine/x86/blocks.ts";
import {
  reportStepCompared,
  reportTrapCompared,
} from "../engine/x86/hardware/comparisons.ts";
import { execute } from "../engine/x86/hardware/instruction.ts";
import { raiseDb } from "../engine/x86/hardware/exceptions.ts";
import type { Vendor } from "../engine/x86/hardware/models.ts";
import { statusBits } from "../engine/x86/hardware/mov_dr.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import {
  bareFrame,
  cpuWord,
  eventsOf,
  frameOf,
  guestFrame as guest,
  setCpu,
  setVcpu,
  vcpuWord,
} from "./x86_frame.ts";
import {
  hex,
  nop,
  plain,
  popf,
  read,
  write,
  X86Machine,
} from "./x86_machine.ts";

/** Executes an instruction where the guest is, at 0x2_0000_1000. */
function does(f: KvmFrame, parts: InsnParts): number {
  f.nextLo = 0x1003;
  f.nextHi = 2;
  return execute(f, makeInsn({ addressLo: 0x1000, addressHi: 2, ...parts }));
}

const [RF, FLAGS] = [0x1_0000, 0x202];

Deno.test("x86:A1 RF is clear in the flags that a software exception pushes, and set in those of a fault", () => {
  const pushed = (parts: InsnParts, vector: number) => {
    const f = guest({ vmExceptions: 0, vmIcebp: 0, rflags: FLAGS | RF });
    assertEquals(does(f, parts), OUTCOME.next);
    assertEquals(vcpuWord(f, "handlerVector"), vector);
    return vcpuWord(f, "handlerFlags");
  };
  assertEquals(pushed({ op: "int3" }, VECTOR.BP), FLAGS);
  assertEquals(pushed({ op: "int1" }, VECTOR.DB), FLAGS);
  assertEquals(pushed({ op: "icebp" }, VECTOR.DB), FLAGS);
  const f = guest({ vmExceptions: 0, rflags: FLAGS });
  assertEquals(does(f, { op: "ud2" }), OUTCOME.stay);
  assertEquals(vcpuWord(f, "handlerFlags"), FLAGS | RF);
});

Deno.test("x86:U10 a fault drops the traps that the shadow of MOV SS has held, and an exit keeps them", () => {
  const after = (parts: InsnParts) => {
    const f = guest({
      pendingDb: 1,
      shadow: SHADOW.movSs,
      vmExceptions: 0,
      rflags: FLAGS,
    });
    return [does(f, parts), vcpuWord(f, "pendingDb")];
  };
  // Bits 63:32 of DR7.
  const refused = { op: "write", register: REG.DR7, hi: 1 } as const;
  assertEquals(after(refused), [OUTCOME.stay, 0]);
  assertEquals(after({ op: "ud2" }), [OUTCOME.stay, 0]);
  assertEquals(after({ op: "cpuid" }), [OUTCOME.exits, 1]);
});

Deno.test("a fault drops what no #DB has told: slots that are not enabled, and on Bochs traps that MOV SS has held", () => {
  const left = (model: "architecture" | "bochs", vmExceptions: number) => {
    const held = { pendingDb: 1, shadow: SHADOW.movSs, latentDb: 2 };
    const f = guest({ ...held, vmExceptions, rflags: FLAGS }, { model });
    does(f, { op: "ud2" });
    return [vcpuWord(f, "pendingDb"), vcpuWord(f, "latentDb")];
  };
  assertEquals(left("bochs", 0), [0, 0]);
  // It exits.
  assertEquals(left("bochs", 1 << VECTOR.UD), [0, 0]);
  assertEquals(left("architecture", 1 << VECTOR.UD), [1, 0]);
});

Deno.test("x86:A/3 #DB replaces B0 to B3 and keeps BS", () => {
  const after = (vendor: Vendor, model: "architecture" | "tcg") => {
    const f = guest({ vmExceptions: 0 }, { vendor, model });
    setCpu(f, { dr6: 0xffff_4ff2 | 0 });
    raiseDb(f, 1);
    return cpuWord(f, "dr6") >>> 0;
  };
  assertEquals(after("svm", "architecture"), 0xffff_4ff1);
  assertEquals(after("svm", "tcg"), 0xffff_4ff1);
  assertEquals(after("vmx", "architecture"), 0xffff_4ff1);
});

Deno.test("RFLAGS and CR4 are read with their high word, which is 0, after a breakpoint's address above 4 GiB", () => {
  const m = new X86Machine("bare");
  m.does(
    write("dr0", 0x7_0000_1000n),
    ...[read("dr0", "a"), read("rflags", "b"), read("dr0", "c")],
    read("cr4", "d"),
  );
  assertEquals(["a", "b", "c", "d"].map((name) => m.got(name)), [
    ...["0x700001000", "0x2", "0x700001000", "0x0"],
  ]);
});

Deno.test("an exit before an instruction has completed says so, whatever the one before said", () => {
  const f = guest({ exitDone: 1 });
  assertEquals(does(f, { op: "cpuid" }), OUTCOME.exits);
  assertEquals([vcpuWord(f, "exitReason"), vcpuWord(f, "exitDone")], [
    ...[EXIT.cpuid, 0],
  ]);
});

Deno.test("x86:A17, x86:A11 an access to a port and STI need a level that IOPL allows", () => {
  const allowed = (op: Operation, level: number, iopl: number) => {
    const f = guest({ rflags: 0x2 | iopl << 12 });
    does(f, { op, level, lo: 0x77, sizeBytes: 1 });
    return vcpuWord(f, "handlerVector") !== VECTOR.GP;
  };
  for (const op of ["in", "out", "sti", "cli"] as const) {
    for (const level of [0, 1, 2, 3]) {
      for (const iopl of [0, 1, 2, 3]) {
        assertEquals(allowed(op, level, iopl), level <= iopl, `${op} ${level}`);
      }
    }
  }
});

Deno.test("x86:A21 MOV to DR6 can clear BLD where the guest's CPUID has it, or on AMD where DEBUGCTL asks for it", () => {
  const cleared = (
    vendor: Vendor,
    hasBusLock: 0 | 1,
    debugctl: number,
    model: "architecture" | "tcg" = "architecture",
  ) => {
    const { f } = frameOf({ vendor, model });
    f.w[f.vm + VM.busLock] = hasBusLock;
    setCpu(f, { debugctl });
    return (statusBits(f, 0) & 0x800) === 0;
  };
  const BLD = 4;
  assertEquals([cleared("vmx", 0, 0), cleared("svm", 0, 0)], [false, false]);
  assertEquals([cleared("vmx", 1, 0), cleared("svm", 1, 0)], [true, true]);
  assertEquals([cleared("vmx", 0, BLD), cleared("svm", 0, BLD)], [false, true]);
  // BTF is another bit.
  assertEquals(cleared("svm", 0, 2), false);
  assertEquals(cleared("svm", 0, BLD, "tcg"), false);
});

Deno.test("x86:A7 the step after MOV SS: held to the next instruction, lost by QEMU, taken at once by QEMU as it is patched", () => {
  const steps = (model: string) => {
    const m = new X86Machine("linux-6.1", { vendor: "svm", model });
    m.does(popf(true), plain("movss"), nop(), popf(false), nop());
    return m.exceptions().map(({ rip }) => hex(rip - 0x11_0000n));
  };
  assertEquals(steps("architecture"), ["0x4", "0x5"]);
  assertEquals(steps("tcg-stock"), ["0x4", "0x5"]);
  assertEquals(steps("tcg"), ["0x3", "0x4", "0x5"]);
});

Deno.test("x86:A7 a watchpoint on what MOV SS reads: QEMU loses its trap", () => {
  const traps = (model: "architecture" | "tcg-stock") => {
    const { f } = frameOf({ vendor: "svm", model });
    const b = bareFrame(f);
    setVcpu(b, { pendingDb: 1 });
    does(b, { op: "movss" });
    return [vcpuWord(b, "pendingDb"), vcpuWord(b, "shadow")];
  };
  assertEquals(traps("architecture"), [1, SHADOW.movSs]);
  assertEquals(traps("tcg-stock"), [0, SHADOW.movSs]);
});

Deno.test("x86 why not: a step and an access to a debug register are compared by the first byte of the instruction", () => {
  const f = guest();
  const found: CpuComparison[] = [];
  f.sink = { push: () => {}, compared: (one) => void found.push(one) };
  reportStepCompared(f, undefined);
  reportTrapCompared(f, "DR7", undefined);
  const here = {
    number: -1,
    address: 0x2_0000_1000n,
    sizeBytes: 1,
    access: 0,
    isThere: true,
    unmet: undefined,
  };
  assertEquals(found, [
    { ...here, unit: "step", register: undefined },
    { ...here, unit: "trap", register: "DR7" },
  ]);
});

/** XBEGIN to the end of the second 4 GiB, and a store and XEND after it. */
const MEMBERS = [
  makeInsn({ op: "xbegin", addressLo: -6, addressHi: 1 }),
  makeInsn({
    op: "store",
    lo: 0x6000,
    sizeBytes: 4,
    addressLo: 0,
    addressHi: 2,
  }),
  makeInsn({ op: "xend", addressLo: 7, addressHi: 2 }),
];

Deno.test("x86:A/11.1 an execute breakpoint in a transaction aborts it, by all 64 bits of its address", () => {
  const eax = (dr0: bigint) => {
    const f = bareFrame(guest({ rflags: 2 }));
    f.w[f.vm + VM.rtm] = 1;
    setCpu(f, { dr7: 0x402 });
    set64(f.w, f.cpu + CPU.dr, dr0);
    set64(f.w, f.vcpu + VCPU.pc, 0x1_ffff_fffan);
    const insn = makeInsn({ ...MEMBERS[0], op: "xbegin", members: MEMBERS });
    const [event] = eventsOf(f, () => execute(f, insn)).filter(({ kind }) =>
      kind === "access"
    );
    return event.kind === "access" ? event.value : undefined;
  };
  const [COMMITTED, ABORTED] = [0xffff_ffffn, 0x10n];
  assertEquals(eax(0x2_0000_0000n), ABORTED);
  assertEquals(eax(0x2_0000_0007n), ABORTED);
  for (const other of [0n, 0x1_0000_0000n, 0x3_0000_0000n]) {
    assertEquals(eax(other), COMMITTED);
  }
});

Deno.test("x86:A/11.2 with advanced debugging RIP of the #DB is XBEGIN's, by all 64 bits", () => {
  const f = bareFrame(guest({ rflags: 2, vmExceptions: 0 }));
  f.w[f.vm + VM.rtm] = 1;
  setCpu(f, { dr7: 0xc02, debugctl: 0x8000 });
  set64(f.w, f.cpu + CPU.dr, 0x2_0000_0007n);
  set64(f.w, f.vcpu + VCPU.pc, 0x1_ffff_fffan);
  execute(f, makeInsn({ ...MEMBERS[0], op: "xbegin", members: MEMBERS }));
  assertEquals(get64(f.w, f.vcpu + VCPU.handlerRip), 0x1_ffff_fffan);
  // B0, and RTM is 0.
  assertEquals(cpuWord(f, "dr6") >>> 0, 0xfffe_0ff1);
});

Deno.test("x86:A/11 XBEGIN and XEND where there are no transactions, and XEND outside of one, raise what is reported", () => {
  const raised = (op: "xbegin" | "xend", rtm: 0 | 1) => {
    const f = guest({ vmExceptions: 0 });
    f.w[f.vm + VM.rtm] = rtm;
    const events = eventsOf(f, () => does(f, { op }));
    assertEquals(vcpuWord(f, "exitReason"), EXIT.none);
    return events.flatMap((event) =>
      event.kind === "raise"
        ? [event.exception, event.what, event.rule].join(" ")
        : []
    );
  };
  assertEquals(raised("xbegin", 0), ["ud XBEGIN x86:A/11"]);
  assertEquals(raised("xend", 0), ["ud XEND x86:A/11"]);
  assertEquals(raised("xend", 1), [
    "gp XEND outside a transaction x86:A/11",
  ]);
});
