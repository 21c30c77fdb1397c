/** What views of arm64 show, and what KVM_CHECK_EXTENSION says. */
import { assertEquals, assertThrows } from "@std/assert";
import { architecture, createMachine, type Machine } from "../engine/mod.ts";
import { registerId } from "./arm64_random_program.ts";

function machine(kernel: string, model?: string): Machine {
  return createMachine(
    architecture("arm64")!,
    { profile: kernel, vendor: undefined, options: {} },
    { counts: { brps: 4, ctx: 2, wrps: 3 }, model, unpredictable: undefined },
  );
}

Deno.test("arm64:A/1 the cpu view: registers beyond the machine's counts are UNDEFINED, those that exist once are not", () => {
  const m = machine("linux-6.1");
  const registers = [
    ...["dbgbvr3", "dbgbcr3", "dbgwvr2", "dbgwcr2", "mdscr", "mdcr_el2"],
    ...["dbgbvr4", "dbgbcr4", "dbgwvr3", "dbgwcr3", "dbgbvr15"],
  ];
  assertEquals(
    m.viewAll("cpu", 0, registers.map(registerId)).map(({ kind }) => kind),
    [
      ...["value", "value", "value", "value", "value", "value"],
      ...["undef", "undef", "undef", "undef", "undef"],
    ],
  );
});

Deno.test("the kvm view: a bank has the numbers 0 to 15", () => {
  const m = machine("linux-6.1");
  for (const bank of ["shadow", "external", "stored"]) {
    for (const kind of ["bcr", "bvr", "wcr", "wvr"]) {
      assertEquals(m.kvmView(0, `${bank}_dbg${kind}15`).kind, "value");
      assertThrows(() => m.kvmView(0, `${bank}_dbg${kind}16`), RangeError);
    }
  }
});

Deno.test("arm64:B7 KVM_CHECK_EXTENSION: with or without KVM_CAP_, by kernel and CPU", () => {
  const asked = [
    ...["KVM_CAP_SET_GUEST_DEBUG", "one_reg", "KVM_CAP_VCPU_EVENTS"],
    ...["arm_inject_serror_esr", "set_guest_debug2"],
    ...["guest_debug_hw_bps", "GUEST_DEBUG_HW_WPS", "no_such_thing"],
  ];
  // 4 breakpoints, 3 watchpoints; ENABLE, SINGLESTEP, USE_SW_BP and USE_HW are 0x30003.
  const kernels = [
    ["linux-4.18", "max", [1n, 1n, 0n, 0n, 0n, 4n, 3n, 0n]],
    ["linux-4.19", "max", [1n, 1n, 1n, 1n, 0n, 4n, 3n, 0n]],
    // Without FEAT_RAS there is no syndrome to inject.
    ["linux-4.19", "cortex-a57", [1n, 1n, 1n, 0n, 0n, 4n, 3n, 0n]],
    ["linux-5.13", "max", [1n, 1n, 1n, 1n, 0x30003n, 4n, 3n, 0n]],
    ["bennee-v2", "max", [1n, 1n, 0n, 0n, 0n, 0n, 0n, 0n]],
  ] as const;
  for (const [kernel, model, answers] of kernels) {
    const { vm } = machine(kernel, model);
    assertEquals(
      asked.map((name) => vm.checkExtension(name).value),
      [...answers],
      kernel,
    );
  }
});

Deno.test("arm64:D18 the guest view before the first run: a link is as the guest will read it", () => {
  const m = createMachine(
    architecture("arm64")!,
    { profile: "watanabe-v7", vendor: undefined, options: {} },
    { counts: {}, model: undefined, unpredictable: undefined },
  );
  // The machine has 6 breakpoints, 2 of them context-aware: the guest's 2 and 3 are 4 and 5.
  m.set({ brps: 4, ctx: 2, wrps: 3 });
  const register = registerId("dbgbcr0");
  // BT=linked address, BAS=0xf, PMC=EL1, E. The guest has no breakpoint 9.
  for (
    const [set, read] of [[0x12_01e3n, 0x12_01e3n], [0x19_01e3n, 0x10_01e3n]]
  ) {
    m.userSet(0, register, set, "");
    assertEquals(m.view("guest", 0, register), { kind: "value", value: read });
    assertEquals(m.view("user", 0, register), { kind: "value", value: set });
  }
  m.append(0, { op: "exec" });
  m.run(0);
  assertEquals(m.view("guest", 0, register), {
    kind: "value",
    value: 0x10_01e3n,
  });
});

Deno.test("arm64:B2 control flags of KVM_SET_GUEST_DEBUG, as include/uapi/linux/kvm.h has them", () => {
  assertEquals(architecture("arm64")!.kvmFlags, {
    guest_debug: {
      KVM_GUESTDBG_ENABLE: 1,
      KVM_GUESTDBG_SINGLESTEP: 2,
      KVM_GUESTDBG_USE_SW_BP: 0x1_0000,
      KVM_GUESTDBG_USE_HW: 0x2_0000,
    },
  });
});

Deno.test("arm64:D34 KVM_GET_ONE_REG of each register that is listed gives 0", () => {
  for (const kernel of ["linux-4.4", "linux-6.1", "linux-7.2", "watanabe-v7"]) {
    const m = machine(kernel);
    for (const name of [...m.registerList(0), "PSTATE"]) {
      assertEquals(m.userGet(0, registerId(name), "").result, 0, name);
    }
  }
});
