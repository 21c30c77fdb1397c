/** What an x86 CPU does between instructions: injection, IRET, matches that no #DB has told, and what a bare machine raises. */
import { assertEquals } from "@std/assert";
import { OUTCOME } from "../engine/rules.ts";
import { set64 } from "../engine/word64.ts";
import {
  CPU,
  EVENTS,
  EXIT,
  SHADOW,
  STOPPED,
  VCPU,
  VECTOR,
} from "../engine/x86/blocks.ts";
import { guestStep } from "../engine/x86/guest/step.ts";
import {
  boundaryDropsLatent,
  deliver,
} from "../engine/x86/hardware/exceptions.ts";
import { endNmi, withPending } from "../engine/x86/hardware/interrupts.ts";
import { injectEvent } from "../engine/x86/hardware/world_switch.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import {
  bareFrame,
  frameOf,
  guestFrame as guest,
  NOP,
  setCpu,
  setVcpu,
  vcpuWord,
} from "./x86_frame.ts";

Deno.test("x86 IRET: VMX's blocking of NMIs ends, and a bare machine's, and not that which KVM keeps with SVM", () => {
  const blocked = (vendor: "vmx" | "svm", isBare: boolean) => {
    const { f } = frameOf({ vendor });
    const g = isBare ? bareFrame(f) : f;
    setVcpu(g, { events: EVENTS.nmiBlocked | 0x40 });
    endNmi(g);
    return (vcpuWord(g, "events") & EVENTS.nmiBlocked) !== 0;
  };
  assertEquals(
    [blocked("vmx", false), blocked("vmx", true), blocked("svm", true)],
    [false, false, false],
  );
  assertEquals(blocked("svm", false), true);
});

Deno.test("x86 injection: a software exception's RIP is past its instruction, across 4 GiB", () => {
  const rip = (lo: number, length: number) => {
    const f = guest({
      pc: lo,
      pendingDb: 0x4000,
      latentDb: 1,
      shadow: SHADOW.movSs,
    });
    injectEvent(f, VECTOR.BP, -1, length);
    assertEquals(
      (["pendingDb", "latentDb", "shadow"] as const).map((name) =>
        vcpuWord(f, name)
      ),
      [0, 0, 0],
    );
    return [
      vcpuWord(f, "handlerRip") >>> 0,
      f.w[f.vcpu + VCPU.handlerRip + 1],
    ];
  };
  assertEquals(rip(0x1000, 0), [0x1000, 2]);
  assertEquals(rip(0x1000, 1), [0x1001, 2]);
  assertEquals(rip(-0x8000_0000, 2), [0x8000_0002, 2]);
  assertEquals(rip(-1, 0), [0xffff_ffff, 2]);
  assertEquals(rip(-2, 1), [0xffff_ffff, 2]);
  assertEquals(rip(-1, 1), [0, 3]);
  assertEquals(rip(-1, 3), [2, 3]);
});

Deno.test("bochs: matches that are not enabled go at a boundary with TF, or with an execute slot in RIP's page", () => {
  const latent = (rflags: number, dr7: number, dr1: bigint) => {
    const f = guest({ rflags, latentDb: 5 }, { model: "bochs" });
    setCpu(f, { dr7 });
    for (let n = 0; n < 4; n++) set64(f.w, f.cpu + CPU.dr + 2 * n, 0x77_0000n);
    set64(f.w, f.cpu + CPU.dr + 2, dr1);
    boundaryDropsLatent(f);
    return vcpuWord(f, "latentDb");
  };
  const [NONE, SLOT_1] = [0x1111_0000, 0x1101_0000];
  assertEquals(latent(0x2, NONE, 0x2_0000_1000n), 5);
  assertEquals(latent(0x102, NONE, 0n), 0);
  assertEquals(latent(0x2, SLOT_1, 0x2_0000_1fffn), 0);
  assertEquals(latent(0x2, SLOT_1, 0x2_0000_2000n), 5);
  assertEquals(latent(0x2, SLOT_1, 0x1_0000_1000n), 5);
});

Deno.test("x86 guest: an exception that a bare machine has raised comes before its next instruction", () => {
  const f = guest();
  const g = bareFrame(f, true);
  deliver(g, VECTOR.GP, 2, "x86:A16");
  assertEquals(vcpuWord(g, "inHandler"), 0);
  assertEquals(guestStep(g, NOP), OUTCOME.stay);
  assertEquals(
    ([
      "pendingException",
      "handlerVector",
      "handlerError",
      "inHandler",
    ] as const)
      .map((name) => vcpuWord(g, name)),
    [0, VECTOR.GP, 2, 7],
  );
  // Under KVM it is the next entry that injects.
  setVcpu(f, { inHandler: 0, pendingException: VECTOR.GP + 1 });
  guestStep(f, NOP);
  assertEquals(vcpuWord(f, "inHandler"), 0);
});

Deno.test("x86 guest: a handler that gave up writes to its port again and again, by OUT and JMP", () => {
  const goes = (f: KvmFrame, stopped: number, rflags = 2) => {
    setVcpu(f, { stopped, rflags, exitReason: 0, vmExceptions: 2 });
    const outcome = guestStep(f, null);
    return [outcome, vcpuWord(f, "stopped"), vcpuWord(f, "exitReason")];
  };
  const { atOut, atJump } = STOPPED;
  // Under KVM the JMP is no exit, and the OUT after it is one.
  for (const at of [atOut, atJump]) {
    assertEquals(goes(guest(), at), [OUTCOME.exits, atOut, EXIT.gaveUp]);
  }
  // A step over the JMP.
  const TF = 0x102;
  assertEquals(goes(guest(), atJump, TF), [OUTCOME.exits, atOut, EXIT.db]);
  assertEquals(goes(guest(), atOut, TF), [OUTCOME.exits, atOut, EXIT.gaveUp]);
  const beside = bareFrame(guest(), true);
  assertEquals(goes(beside, atOut), [OUTCOME.stay, atJump, EXIT.none]);
  assertEquals(goes(beside, atJump), [OUTCOME.stay, atOut, EXIT.none]);
  // A machine without a hypervisor has nothing at the port: it is at the end of its program.
  for (const at of [atOut, atJump]) {
    assertEquals(goes(bareFrame(guest()), at), [OUTCOME.drained, at, 0]);
  }
});

Deno.test("x86 events: an interrupt and an NMI that become pending leave everything else as it was", () => {
  const { nmiBlocked, oneNmi, interruptWindow } = EVENTS;
  const others = nmiBlocked | interruptWindow;
  assertEquals(withPending(others | oneNmi, 0x31), others | oneNmi | 0x31);
  // One interrupt takes the place of another.
  assertEquals(withPending(others | 0x31, 0x42), others | 0x42);
  assertEquals(withPending(others | 0x31, VECTOR.NMI), others | 0x31 + oneNmi);
  const two = others | 0x31 + 2 * oneNmi;
  assertEquals(withPending(two - oneNmi, VECTOR.NMI), two);
  assertEquals(withPending(two, VECTOR.NMI), two);
});
