/** What the INIT reset of a vCPU leaves of it: arch/x86/kvm/x86.c, kvm_vcpu_reset(). */
import { assertEquals } from "@std/assert";
import { DEBUG, nop, reg, write, X86Machine } from "./x86_machine.ts";

/** A variable that is watched. */
const V = 0x6000n;

Deno.test("INIT of 2008 with SVM: the VMCB has the reset values of DR6 and DR7", () => {
  const m = new X86Machine("kiszka-2008", { vendor: "svm" });
  m.does(write("dr6", 0xffff_0ff1n), write("dr7", 0x402n), nop());
  assertEquals([m.kvm("vmcb_dr6"), m.kvm("vmcb_dr7")], ["0xffff0ff1", "0x402"]);
  m.machine.userInit(0);
  // arch/x86/kvm/svm.c, init_vmcb(), 2.6.28, from memory.
  assertEquals([m.kvm("vmcb_dr6"), m.kvm("vmcb_dr7")], ["0xffff0ff0", "0x400"]);
});

// 4.4 has the guest's DR6 in the VMCB, 6.1 loads it for a guest whose accesses do not exit.
for (const profile of ["linux-4.4", "linux-6.1"]) {
  Deno.test(`INIT of ${profile} with SVM: the VMCB has the reset value of DR6`, () => {
    const m = new X86Machine(profile, { vendor: "svm" });
    m.does(write("dr6", 0xffff_0ff1n), nop());
    assertEquals(m.kvm("vmcb_dr6"), "0xffff0ff1");
    m.machine.userInit(0);
    assertEquals(m.kvm("vmcb_dr6"), "0xffff0ff0");
  });
}

for (const vendor of ["vmx", "svm"]) {
  for (const profile of ["kiszka-2008", "linux-7.2"]) {
    Deno.test(`INIT of ${profile} with ${vendor}: the guest finds no address of its own`, () => {
      const m = new X86Machine(profile, { vendor });
      const names = ["dr0", "dr1", "dr2", "dr3"];
      m.does(
        ...names.map((name, n) => write(name, 0x1_0000_1001n * BigInt(n + 1))),
        nop(),
      );
      const seen = () => names.map((name) => m.view("guest", name));
      assertEquals(seen(), [
        ...["0x100001001", "0x200002002", "0x300003003", "0x400004004"],
      ]);
      m.machine.userInit(0);
      assertEquals(seen(), ["0x0", "0x0", "0x0", "0x0"]);
    });
  }

  Deno.test(`INIT with ${vendor}: a string instruction that was interrupted begins again`, () => {
    const m = new X86Machine("linux-6.1", { vendor });
    m.debug(DEBUG.ENABLE | DEBUG.USE_HW_BP, { dr0: V, dr7: 0xd_0402n });
    const stos = { op: "stos", lo: Number(V), sizeBytes: 4, count: 3 } as const;
    // Its first iteration stores to the watched variable.
    assertEquals(m.does({ ...stos, lengthBytes: 2 }, nop()).exit, "debug");
    m.machine.userInit(0);
    assertEquals(m.run().exit, "debug");
    assertEquals(m.run().exit, "idle");
  });

  Deno.test(`INIT with ${vendor}: RFLAGS, CR4, R11 and RCX`, () => {
    const m = new X86Machine("linux-6.1", { vendor });
    m.does(
      { op: "sti", lengthBytes: 1 },
      { op: "syscall", lengthBytes: 2 },
      { op: "write", register: reg("cr4"), lo: 8, maskLo: 8, maskHi: 0 },
    );
    m.machine.userInit(0);
    assertEquals(m.view("user", "rflags"), "0x2");
    assertEquals(m.view("user", "cr4"), "0x0");
    // SYSRET takes the flags from R11, of which bit 1 is always set.
    m.does({ op: "sysret", lengthBytes: 3 }, nop());
    assertEquals(m.view("user", "rflags"), "0x2");
  });
}
