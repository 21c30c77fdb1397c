/** An exception that userspace's guest debug keeps from an arm64 guest, with no exit of it: the explanation names what turned it on. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { verdictOn } from "./explore_command.ts";

const SET = "kvm_arch_vcpu_ioctl_set_guest_debug";

for (const kernel of ["linux-6.12", "linux-7.2"]) {
  Deno.test(`explained: the step that userspace's keeps from an arm64 guest, ${kernel}`, async () => {
    const { broken, noticed, explanation, schedule } = await verdictOn(
      `arch arm64
kernel ${kernel}
explore {
  vcpu 0 {
    write mdscr kde=1 ss=1
    write pstate d=0 ss=1
    exec 0x40090000
    load 0x50000000 size=8
  }
  user 0 { debug step; debug off }
  never noticed, debugged
}
`,
    );
    assertEquals([broken, noticed], [["debugged"], "missed"]);
    const on = schedule.findIndex(({ what }) => what === "user: debug step");
    assertEquals(explanation.map((one) => one.function), [
      SET,
      "kvm_arm_setup_mdcr_el2",
    ]);
    const [set, built] = explanation;
    assertEquals(set.step, on + 1);
    assertStringIncludes(
      set.did.join(", "),
      "set KVM_GUESTDBG_ENABLE and KVM_GUESTDBG_SINGLESTEP",
    );
    // TDE is 0x100.
    assertStringIncludes(built.did.join(", "), "from 0x84c66 to 0x84f66");
  });
}
