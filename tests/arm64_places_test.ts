/** Where the value that a view shows is kept: a chain of causes begins there. */
import { assertEquals } from "@std/assert";
import type { Place } from "../engine/events.ts";
import { architecture, createMachine, type Machine } from "../engine/mod.ts";
import { registerId } from "./arm64_random_program.ts";

/** What userspace asked for with KVM_SET_GUEST_DEBUG. */
type Debug = "nothing" | "a step" | "a breakpoint";

const DEBUG: Readonly<Record<Debug, (machine: Machine) => void>> = {
  nothing: () => {},
  "a step": (machine) => machine.debugger(0, { action: "step" }),
  "a breakpoint": (machine) =>
    machine.debugger(0, { action: "break", address: 0x8000n }),
};

/**
 * `guest`: where a trapped access of the guest reads. `hw`: what the next entry loads.
 *
 * The 2015 series, version 2, keeps the guest's registers in a shadow and its MDSCR_EL1 by itself while userspace
 * debugs. 4.2 changes a pointer, debug_ptr, and has one MDSCR_EL1 (arch/arm64/kvm/debug.c, kvm_arm_setup_debug()).
 * 6.14 has an owner of the registers, and loads external_debug_state and external_mdscr_el1 if that is the host
 * (arch/arm64/include/asm/kvm_host.h, vcpu_debug_regs(); arch/arm64/kvm/debug.c, kvm_vcpu_load_debug()).
 */
const PLACES: readonly (readonly [
  kernel: string,
  debug: Debug,
  view: "guest" | "hw",
  register: string,
  place: string,
])[] = [
  ["bennee-v2", "nothing", "guest", "mdscr", "guest MDSCR_EL1"],
  ["bennee-v2", "a step", "guest", "mdscr", "kvm saved_mdscr_el1"],
  ["bennee-v2", "a breakpoint", "guest", "mdscr", "kvm saved_mdscr_el1"],
  ["bennee-v2", "a step", "guest", "dbgbvr0", "guest DBGBVR0_EL1"],
  ["bennee-v2", "a breakpoint", "guest", "dbgbvr0", "shadow DBGBVR0_EL1"],
  ["bennee-v2", "a breakpoint", "hw", "dbgbvr0", "guest DBGBVR0_EL1"],
  ["bennee-v2", "a breakpoint", "hw", "mdscr", "guest MDSCR_EL1"],
  ["linux-5.10", "a breakpoint", "guest", "mdscr", "guest MDSCR_EL1"],
  ["linux-5.10", "a breakpoint", "guest", "dbgbvr0", "guest DBGBVR0_EL1"],
  ["linux-5.10", "a breakpoint", "hw", "dbgbvr0", "external DBGBVR0_EL1"],
  ["linux-5.10", "a step", "hw", "dbgbvr0", "guest DBGBVR0_EL1"],
  ["linux-5.10", "a breakpoint", "hw", "mdscr", "guest MDSCR_EL1"],
  ["linux-6.18", "a breakpoint", "guest", "mdscr", "guest MDSCR_EL1"],
  ["linux-6.18", "a breakpoint", "guest", "dbgbvr0", "guest DBGBVR0_EL1"],
  ["linux-6.18", "a breakpoint", "hw", "dbgbvr0", "external DBGBVR0_EL1"],
  ["linux-6.18", "a breakpoint", "hw", "mdscr", "external MDSCR_EL1"],
  ["linux-6.18", "a step", "hw", "mdscr", "external MDSCR_EL1"],
  ["linux-6.18", "nothing", "hw", "mdscr", "guest MDSCR_EL1"],
];

function placeText(place: Place | undefined): string {
  return place === undefined ? "none" : `${place.space} ${place.name}`;
}

for (const [profile, debug, view, register, place] of PLACES) {
  Deno.test(`placeOf() of ${profile}: ${view} ${register} while userspace debugs ${debug}`, () => {
    const machine = createMachine(
      architecture("arm64")!,
      { profile, vendor: undefined, options: {} },
      // Without VHE the first access of the guest traps.
      { counts: {}, model: "cortex-a57", unpredictable: undefined },
    );
    DEBUG[debug](machine);
    const found = machine.placeOf(view, 0, registerId(register));
    assertEquals(placeText(found), place);
  });
}

Deno.test("placeOf() of userspace's view: a register that an entry did not load is KVM's, one that it loaded the CPU's", () => {
  const machine = createMachine(
    architecture("arm64")!,
    { profile: "linux-6.1", vendor: undefined, options: {} },
    { counts: {}, model: "cortex-a57", unpredictable: undefined },
  );
  const placeOf = (register: string) =>
    placeText(machine.placeOf("user", 0, registerId(register)));
  machine.append(0, { op: "exec" });
  machine.run(0, { steps: 1, stop: "guest" });
  assertEquals(placeOf("dbgbvr0"), "guest DBGBVR0_EL1");
  // MDSCR_EL1 is loaded at each entry.
  assertEquals(placeOf("mdscr"), "cpu MDSCR_EL1");
  // The trap makes the set dirty, and the entry after it loads it.
  machine.append(0, { op: "write", register: registerId("dbgbvr1"), lo: 1 });
  machine.append(0, { op: "exec" });
  machine.run(0, { steps: 2, stop: "guest" });
  assertEquals(placeOf("dbgbvr0"), "cpu DBGBVR0_EL1");
});

Deno.test("placeOf() of a machine without a hypervisor: PSTATE is the vCPU's, the rest the CPU's", () => {
  const machine = createMachine(
    architecture("arm64")!,
    { profile: "bare", vendor: undefined, options: {} },
    { counts: {}, model: undefined, unpredictable: undefined },
  );
  const places = ["pstate", "dbgbvr0", "mdscr", "id_aa64dfr0"].map((register) =>
    placeText(machine.placeOf("guest", 0, registerId(register)))
  );
  assertEquals(places, [
    "guest PSTATE",
    "cpu DBGBVR0_EL1",
    "cpu MDSCR_EL1",
    "none",
  ]);
});
