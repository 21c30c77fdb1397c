/** What a world switch keeps of the host, and gives back. */
import { assertEquals } from "@std/assert";
import { CPU, VCPU } from "../engine/arm64/blocks.ts";
import type { KvmFrame } from "../engine/arm64/kvm/kernel.ts";
import { resetVcpu } from "../engine/arm64/kvm/reset.ts";
import { enterGuest, leaveGuest } from "../engine/arm64/kvm/world_switch.ts";
import { TestCpu } from "./arm64_cpu.ts";
import { arm64Record } from "./arm64_record.ts";

for (
  const kernel of [
    "linux-4.4",
    "linux-4.6",
    "linux-5.4",
    "linux-6.1",
    "linux-7.2",
  ]
) {
  Deno.test(`arm64:E/1.29, arm64:E/1.39 ${kernel}: only a host at EL1 gets its CONTEXTIDR_EL1 back`, () => {
    for (const vhe of [false, true]) {
      const cpu = new TestCpu();
      const host = { ...cpu.f.host, vhe };
      const f: KvmFrame = { ...cpu.f, host, kernel: arm64Record(kernel) };
      resetVcpu(f);
      cpu.write({ contextidr: 0x11n });
      enterGuest(f);
      assertEquals(cpu.read("contextidr"), 0n);
      cpu.write({ contextidr: 0x77n });
      leaveGuest(f);
      const isAtEl2 = vhe && kernel !== "linux-4.4";
      assertEquals(cpu.read("contextidr"), isAtEl2 ? 0x77n : 0x11n);
      assertEquals(f.w[f.vcpu + VCPU.contextidr], 0x77);
      enterGuest(f);
      assertEquals(cpu.read("contextidr"), 0x77n);
    }
  });
}

/** A host that debugs itself: MDE, a breakpoint and a watchpoint, and interrupts of the debug channel. */
const HOST = {
  mdscr: 0x8000n,
  mdccint: 0x6000_0000n,
  dbgbvr0: 0xffff_8000_0801_0000n,
  dbgbcr0: 0x1e3n,
  dbgwvr3: 0xffff_8000_0900_0000n,
  dbgwcr3: 0x1ff3n,
};

/** What the guest has in the same registers. */
const GUEST = {
  mdscr: 0xa000n,
  mdccint: 0x2000_0000n,
  dbgbvr0: 0x4009_0000n,
  dbgbcr0: 0x1e7n,
  dbgwvr3: 0x4010_0000n,
  dbgwcr3: 0x1ffbn,
};

const NAMES = Object.keys(HOST) as (keyof typeof HOST)[];

for (const kernel of ["bennee-v2", "linux-4.4", "linux-5.10", "linux-6.1"]) {
  Deno.test(`arm64:B10 ${kernel}: after an exit the CPU has the host's values, and KVM the guest's`, () => {
    const cpu = new TestCpu();
    const f: KvmFrame = { ...cpu.f, kernel: arm64Record(kernel) };
    const { w, vcpu } = f;
    resetVcpu(f);
    cpu.write(HOST);
    const others = w.slice(0, vcpu + VCPU.words);
    // The first entry with DIRTY set loads zeros.
    w[vcpu + VCPU.dirty] = 1;
    enterGuest(f);
    for (const name of NAMES) assertEquals(cpu.read(name), 0n, name);
    cpu.write(GUEST);
    leaveGuest(f);
    for (const name of NAMES) assertEquals(cpu.read(name), HOST[name], name);
    // And in again.
    w[vcpu + VCPU.dirty] = 1;
    enterGuest(f);
    for (const name of NAMES) assertEquals(cpu.read(name), GUEST[name], name);
    leaveGuest(f);
    for (const name of NAMES) assertEquals(cpu.read(name), HOST[name], name);
    // Userspace's set and the shadow are as before.
    for (const bank of [VCPU.external, VCPU.shadow]) {
      assertEquals(
        w.slice(vcpu + bank, vcpu + bank + 128),
        others.slice(vcpu + bank, vcpu + bank + 128),
      );
    }
    assertEquals(w[f.cpu + CPU.switched], 0);
  });
}
