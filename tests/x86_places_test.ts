/** Where the value that a view shows is kept: a chain of causes begins there. */
import { assertEquals } from "@std/assert";
import { DEBUG, nop, reg, write, X86Machine } from "./x86_machine.ts";

/** Whether userspace debugs with breakpoints of its own. */
type Debug = "" | "debugged";

/**
 * `guest`: where the guest's next read finds the register. `hw`: where the next entry finds what it loads.
 *
 * arch/x86/kvm/x86.c, vcpu_enter_guest(): DR0 to DR3 are loaded from eff_db, DR6 with VMX only if the accesses do not
 * exit; arch/x86/kvm/vmx/vmx.c, handle_dr(): the first access without a debugger lets the others through. Before 5.7
 * DR6 of the VMCB is the guest's: arch/x86/kvm/svm.c, svm_get_dr6().
 */
const PLACES: readonly (readonly [
  kernel: string,
  vendor: "vmx" | "svm",
  debug: Debug,
  view: "guest" | "user" | "hw" | "cpu",
  register: string,
  place: string,
])[] = [
  ["linux-6.1", "vmx", "", "hw", "dr0", "kvm eff_db0"],
  ["linux-6.1", "vmx", "", "hw", "dr3", "kvm eff_db3"],
  ["linux-6.1", "vmx", "", "hw", "dr7", "vmcs DR7"],
  ["linux-6.1", "vmx", "", "hw", "dr6", "cpu DR6"],
  ["linux-6.1", "svm", "", "hw", "dr6", "vmcb DR6"],
  ["linux-6.1", "vmx", "", "guest", "dr0", "kvm eff_db0"],
  ["linux-6.1", "vmx", "debugged", "guest", "dr0", "guest DR0"],
  ["linux-6.1", "vmx", "debugged", "hw", "dr0", "kvm eff_db0"],
  ["linux-6.1", "vmx", "", "guest", "dr6", "guest DR6"],
  ["linux-6.1", "svm", "", "guest", "dr6", "guest DR6"],
  ["linux-4.4", "svm", "", "guest", "dr6", "vmcb DR6"],
  ["linux-4.4", "svm", "debugged", "guest", "dr6", "guest DR6"],
  ["linux-6.1", "vmx", "", "user", "dr7", "guest DR7"],
  ["linux-6.1", "vmx", "", "user", "dr4", "none"],
  ["linux-6.1", "vmx", "", "hw", "dr5", "none"],
  ["linux-6.1", "vmx", "", "guest", "dr5", "vmcs DR7"],
  ["linux-6.1", "vmx", "", "cpu", "dr4", "none"],
  ["linux-6.1", "vmx", "", "cpu", "dr6", "cpu DR6"],
  ["linux-6.1", "vmx", "", "guest", "cr4", "guest CR4"],
  ["linux-6.1", "vmx", "", "user", "rflags", "guest RFLAGS"],
  ["linux-6.1", "vmx", "", "hw", "rflags", "none"],
  ["linux-6.1", "vmx", "", "guest", "debugctl", "vmcs DEBUGCTL"],
  ["linux-6.1", "vmx", "", "hw", "debugctl", "vmcs DEBUGCTL"],
  ["linux-6.1", "svm", "", "hw", "debugctl", "cpu DEBUGCTL"],
  // KVM_GET_MSRS reads the field of the VMCB.
  ["linux-6.1", "svm", "", "user", "debugctl", "vmcb DEBUGCTL"],
  ["linux-6.1", "vmx", "", "cpu", "debugctl", "cpu DEBUGCTL"],
];

for (const [profile, vendor, debug, view, register, place] of PLACES) {
  Deno.test(`placeOf() of ${profile} ${vendor} ${debug}: ${view} ${register}`, () => {
    const m = new X86Machine(profile, { vendor });
    m.does(write("dr0", 0x5000n), nop());
    if (debug !== "") {
      m.debug(DEBUG.ENABLE | DEBUG.USE_HW_BP, { dr0: 0x9000n, dr7: 0x402n });
      m.does(nop());
    }
    const found = m.machine.placeOf(view, 0, reg(register));
    assertEquals(
      found === undefined ? "none" : `${found.space} ${found.name}`,
      place,
    );
  });
}
