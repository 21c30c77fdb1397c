/** Where `why not` finds the address of the guest's own breakpoint: in the CPU only where the guest's set is loaded. */
import { assertEquals } from "@std/assert";
import { answer } from "../dsl/testing_why.ts";

/** The original series, which copies the guest's set to a shadow; mainline, which selects one; and what came after. */
const KERNELS = ["bennee-v2", "linux-6.1", "linux-7.2"];

/** A guest that executes the address of its breakpoint 0, and then another. */
function missed(kernel: string, before: string): readonly [string, string] {
  const { subject, value } = answer(`
arch arm64; kernel ${kernel}
guest handler stop
${before}
guest exec 0x40095000
guest exec 0x40096000
run
why not breakpoint 0`);
  return [subject, value];
}

for (const kernel of KERNELS) {
  Deno.test(`${kernel}: while userspace debugs, the guest's set is not the one that is loaded`, () => {
    assertEquals(
      missed(
        kernel,
        `guest write dbgbvr0 0x40095000
guest write dbgbcr0 bas=0xf pmc=el1 e=1
guest write mdscr mde=1 kde=1
guest write pstate d=0
run
user debug raw control=0x20001 dbgbvr0=0x40098000 dbgbcr0=0x1e7`,
      ),
      [
        "breakpoint 0 did not hit at 0x40095000",
        "kvm@0 guest_debug.ENABLE is 1; it must be 0: while userspace debugs, its values are in the CPU and not the guest's",
      ],
    );
  });

  Deno.test(`${kernel}: a set that the guest has not used yet is not loaded`, () => {
    assertEquals(
      missed(
        kernel,
        `user set dbgbvr0 0x40095000
user set dbgbcr0 bas=0xf pmc=el1 e=1`,
      ),
      [
        "breakpoint 0 did not hit at 0x40095000",
        "cpu@0 MDSCR_EL1.MDE is 0; it must be 1",
      ],
    );
  });
}
