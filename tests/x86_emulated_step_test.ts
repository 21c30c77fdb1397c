/** A step over an instruction that KVM of x86 emulates: who gets it, and which flags are left. */
import { assertEquals } from "@std/assert";
import { set64 } from "../engine/word64.ts";
import { USER_EXIT, VCPU, VECTOR } from "../engine/x86/blocks.ts";
import { GUESTDBG } from "../engine/x86/kvm/guest_debug_flags.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import { emulatorTail } from "../engine/x86/kvm/step.ts";
import { frameOf, setVcpu, vcpuWord } from "./x86_frame.ts";

const { ENABLE, SINGLESTEP, USE_HW_BP } = GUESTDBG;
const [TF, RF, OWN] = [0x100, 0x1_0000, 0x202];

/** A vCPU that has moved on from where a step was asked for, of a kernel with some behaviour changed. */
function guest(
  profile: string,
  guestDebug: number,
  rflags: number,
  changes: Partial<KvmFrame["kernel"]> = {},
): KvmFrame {
  const { f } = frameOf({ profile });
  const g = { ...f, kernel: { ...f.kernel, ...changes } };
  set64(g.w, g.vcpu + VCPU.pc, 0x2_0000_1003n);
  set64(g.w, g.vcpu + VCPU.singlestepRip, 0x2_0000_1000n);
  setVcpu(g, { guestDebug, rflags });
  return g;
}

/** Where the step goes, and RFLAGS then. */
function after(f: KvmFrame): readonly [step: string, rflags: number] {
  const toUser = emulatorTail(f, RF);
  const isQueued = vcpuWord(f, "pendingException") === VECTOR.DB + 1;
  const isExit = vcpuWord(f, "userExit") === USER_EXIT.debug;
  assertEquals(toUser, isExit);
  const step = isQueued ? "guest" : isExit ? "user" : "none";
  return [step, vcpuWord(f, "rflags")];
}

Deno.test("x86:D27 the guest's own step over what the emulator does: #DB for the guest, and until 4.9 TF is gone", () => {
  const own = (profile: string) => after(guest(profile, 0, OWN | TF | RF));
  assertEquals(own("linux-4.4"), ["guest", OWN]);
  assertEquals(own("linux-4.9"), ["guest", OWN]);
  for (const profile of ["linux-4.19", "linux-5.4", "linux-6.1", "linux-7.2"]) {
    assertEquals(own(profile), ["guest", OWN | TF], profile);
  }
});

Deno.test("x86:D27 without TF and without SINGLESTEP no step is due after what the emulator does", () => {
  for (const profile of ["linux-4.4", "linux-4.19", "linux-5.4", "linux-7.2"]) {
    for (const guestDebug of [0, ENABLE | USE_HW_BP]) {
      const f = guest(profile, guestDebug, OWN | RF);
      assertEquals(after(f), ["none", OWN], profile);
    }
  }
});

Deno.test("x86:D27, x86:D30 a debugger's step over what the emulator does goes to userspace, and TF is not set where RIP has moved", () => {
  const stepped = (profile: string) =>
    after(guest(profile, ENABLE | SINGLESTEP, OWN | TF | RF));
  for (const profile of ["linux-4.4", "linux-4.19", "linux-6.1", "linux-7.2"]) {
    assertEquals(stepped(profile), ["user", OWN], profile);
  }
  // Bug x86:F28: 5.0 to 5.6 look at the guest's own TF alone.
  assertEquals(stepped("linux-5.4"), ["none", OWN]);
  // It still is where the step was asked for.
  const f = guest("linux-7.2", ENABLE | SINGLESTEP, OWN | TF);
  set64(f.w, f.vcpu + VCPU.pc, 0x2_0000_1000n);
  assertEquals(after(f), ["user", OWN | TF]);
});

Deno.test("x86:D/12a since 7.2 the guest's own step goes to a debugger with hardware breakpoints, and TF stays", () => {
  const own = (profile: string, changes: Partial<KvmFrame["kernel"]> = {}) =>
    after(guest(profile, ENABLE | USE_HW_BP, OWN | TF, changes));
  assertEquals(own("linux-6.1"), ["guest", OWN | TF]);
  assertEquals(own("linux-7.2"), ["user", OWN | TF]);
  // An earlier kernel takes TF from a guest that gets the #DB, and from no other.
  assertEquals(own("linux-4.4"), ["guest", OWN]);
  assertEquals(own("linux-4.4", { oneEmulatedDb: true }), ["user", OWN | TF]);
});
