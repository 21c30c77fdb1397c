/**
 * Saving a VM of x86 and restoring it, as the machine does it.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import {
  architecture,
  createMachine,
  type Machine,
  type UserResult,
} from "../engine/mod.ts";
import { VCPU_EVENTS } from "../engine/x86/registers/vcpu_events.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import { lost } from "./lost_in_restore.ts";

const X86 = architecture("x86")!;

function machine(kernel = "linux-7.2", vendor = "vmx"): Machine {
  return createMachine(
    X86,
    { profile: kernel, vendor, options: {} },
    { counts: {}, model: undefined, unpredictable: undefined },
  );
}

function get(m: Machine, v: number, register: number): bigint | undefined {
  return m.userGet(v, register, "").value;
}

function events(
  m: Machine,
  fields: Parameters<typeof VCPU_EVENTS.with>[1],
): UserResult {
  return m.userSet(0, REG.VCPU_EVENTS, VCPU_EVENTS.with(0n, fields), "");
}

Deno.test("save(): each vCPU is restored, and one that came later is new", () => {
  const m = machine();
  m.growTo(2);
  m.userSet(0, REG.DR0, 0x1000n, "");
  m.userSet(1, REG.DR0, 0x2000n, "");
  assertEquals(m.vm.save("a", "qemu").result, 0);
  m.growTo(3);
  for (const v of [0, 1, 2]) m.userSet(v, REG.DR0, 0x9000n, "");
  assertEquals(m.vm.restore("a").result, 0);
  assertEquals([0, 1, 2].map((v) => get(m, v, REG.DR0)), [
    0x1000n,
    0x2000n,
    0n,
  ]);
});

Deno.test("restore(): what was pending is pending again, and what was appended since", () => {
  const m = machine();
  const exec = { op: "exec", lengthBytes: 1 } as const;
  m.append(0, exec, 0x5000n);
  m.append(0, exec, 0x5001n);
  m.run(0, { steps: 1 });
  m.vm.save("a", "qemu");
  m.run(0);
  m.append(0, exec, 0x6000n);
  assertEquals(m.pendingInsns(0).length, 1);
  m.vm.restore("a");
  assertEquals(m.pendingInsns(0).map(({ addressLo }) => addressLo), [
    0x5001,
    0x6000,
  ]);
});

/** A VM that was saved at one address, and restored when it was at another. */
function restoredAt(saved: bigint, left: bigint) {
  const m = machine();
  m.userSetPc(0, saved);
  m.vm.save("a", "qemu");
  m.userSetPc(0, left);
  m.vm.restore("a");
  return m;
}

Deno.test("restore(): where userspace had put the PC, the next instruction is", () => {
  assertEquals(restoredAt(0x7000n, 0x8000n).nextAddress(0), 0x7000n);
});

Deno.test("restore(): RIP is set with all its bits", () => {
  const m = restoredAt(0x2_0000_7000n, 0x5_0000_8000n);
  assertEquals(m.kvmView(0, "rip"), { kind: "value", value: 0x2_0000_7000n });
});

Deno.test("saved VMs come back with a snapshot", () => {
  const m = machine();
  const before = m.snapshot();
  m.vm.save("a", "qemu");
  const after = m.snapshot();
  m.restore(before);
  assertThrows(() => m.vm.restore("a"), RangeError);
  m.restore(after);
  assertEquals(m.vm.restore("a").result, 0);
});

Deno.test("save(): no other VMM, and restore() of nothing", () => {
  const m = machine();
  assertThrows(() => m.vm.save("a", "xen"), RangeError);
  assertThrows(() => m.vm.restore("a"), RangeError);
});

/** What is given to KVM_SET_VCPU_EVENTS, and what KVM_GET_VCPU_EVENTS then has besides its flags. Rule x86:D109. */
const ROUNDS: readonly [
  given: Parameters<typeof VCPU_EVENTS.with>[1],
  found: Parameters<typeof VCPU_EVENTS.with>[1],
  foundWithSvm?: Parameters<typeof VCPU_EVENTS.with>[1],
][] = [
  [{}, {}],
  // Without their flags these do not count.
  [{ NMI_PENDING: 1n, INTERRUPT_SHADOW: 2n }, {}],
  [{ NMI_PENDING: 2n, VALID_NMI_PENDING: 1n }, { NMI_PENDING: 2n }],
  // NMIs that are blocked wait one by one.
  [
    { NMI_PENDING: 2n, VALID_NMI_PENDING: 1n, NMI_MASKED: 1n },
    { NMI_PENDING: 1n, NMI_MASKED: 1n },
  ],
  [
    { INTERRUPT_SHADOW: 1n, VALID_SHADOW: 1n },
    { INTERRUPT_SHADOW: 1n },
    { INTERRUPT_SHADOW: 3n },
  ],
  [
    { INTERRUPT_SHADOW: 2n, VALID_SHADOW: 1n },
    { INTERRUPT_SHADOW: 2n },
    { INTERRUPT_SHADOW: 3n },
  ],
  [
    { EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 13n, EXCEPTION_HAS_ERROR_CODE: 1n },
    { EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 13n, EXCEPTION_HAS_ERROR_CODE: 1n },
  ],
  // #BP is not reported; its vector is.
  [{ EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 3n }, { EXCEPTION_NR: 3n }],
  [
    {
      EXCEPTION_PENDING: 1n,
      EXCEPTION_NR: 1n,
      EXCEPTION_HAS_PAYLOAD: 1n,
      EXCEPTION_PAYLOAD: 0x4001n,
      VALID_PAYLOAD: 1n,
    },
    {
      EXCEPTION_PENDING: 1n,
      EXCEPTION_NR: 1n,
      EXCEPTION_HAS_PAYLOAD: 1n,
      EXCEPTION_PAYLOAD: 0x4001n,
    },
  ],
  // What is pending is not injected.
  [
    {
      EXCEPTION_PENDING: 1n,
      EXCEPTION_INJECTED: 1n,
      EXCEPTION_NR: 6n,
      VALID_PAYLOAD: 1n,
    },
    { EXCEPTION_PENDING: 1n, EXCEPTION_NR: 6n },
  ],
  // Without VALID_PAYLOAD nothing is pending. The vector and the payload stay, as stock/events-pending-without-flag shows.
  [
    { EXCEPTION_PENDING: 1n, EXCEPTION_NR: 1n, EXCEPTION_PAYLOAD: 0x4000n },
    { EXCEPTION_NR: 1n, EXCEPTION_PAYLOAD: 0x4000n },
  ],
  [{ EXCEPTION_NR: 255n, INTERRUPT_NR: 0x31n }, {
    EXCEPTION_NR: 255n,
    INTERRUPT_NR: 0x31n,
  }],
  [
    { INTERRUPT_INJECTED: 1n, INTERRUPT_NR: 0x30n },
    { INTERRUPT_INJECTED: 1n, INTERRUPT_NR: 0x30n },
  ],
  [{ NMI_INJECTED: 1n }, { NMI_INJECTED: 1n }],
];

const FLAGS = {
  VALID_NMI_PENDING: 1n,
  VALID_SHADOW: 1n,
  VALID_SMM: 1n,
  VALID_PAYLOAD: 1n,
};

for (const vendor of ["vmx", "svm"]) {
  Deno.test(`vcpu_events: what is set is found again, ${vendor}`, () => {
    for (const [given, vmx, svm = vmx] of ROUNDS) {
      const m = machine("linux-7.2", vendor);
      m.journal.keepAll = true;
      m.vm.enableCapability("exception_payload");
      assertEquals(events(m, given).result, 0);
      const wanted = vendor === "svm" ? svm : vmx;
      assertEquals(
        get(m, 0, REG.VCPU_EVENTS),
        VCPU_EVENTS.with(0n, { ...wanted, ...FLAGS }),
        `${vendor} ${Object.keys(given)}`,
      );
    }
  });
}

Deno.test("vcpu_events: before 4.20 all that is injected or queued is injected", () => {
  const m = machine("linux-4.19");
  events(m, { EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 1n });
  assertEquals(
    get(m, 0, REG.VCPU_EVENTS),
    VCPU_EVENTS.with(0n, {
      EXCEPTION_INJECTED: 1n,
      EXCEPTION_NR: 1n,
      VALID_NMI_PENDING: 1n,
      VALID_SHADOW: 1n,
      VALID_SMM: 1n,
    }),
  );
});

Deno.test("vcpu_events: what the model does not have is a caller's bug", () => {
  assertThrows(
    () => events(machine(), { EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 14n }),
    RangeError,
  );
  assertThrows(
    () => events(machine(), { NMI_INJECTED: 1n, INTERRUPT_INJECTED: 1n }),
    RangeError,
  );
  assertEquals(
    events(machine(), { EXCEPTION_INJECTED: 1n, EXCEPTION_NR: 32n }).result,
    -22,
  );
});

/** Values that no reset gives: DR6 and DR7 with their reserved bits. */
const DEBUG_REGISTERS: readonly (readonly [register: number, value: bigint])[] =
  [
    [REG.DR0, 0x1000n],
    [REG.DR1, 0xffff_8000_0000_2000n],
    [REG.DR2, 0x3000n],
    [REG.DR3, 0x4000n],
    [REG.DR6, 0xffff_4ff1n],
    [REG.DR7, 0x402n],
  ];

for (const vendor of ["vmx", "svm"]) {
  Deno.test(`restore() with ${vendor}: Cloud Hypervisor loses each debug register, QEMU none`, () => {
    const found = ["cloud-hypervisor", "qemu"].map((vmm) => {
      const m = machine("linux-7.2", vendor);
      m.journal.keepAll = true;
      for (const [register, value] of DEBUG_REGISTERS) {
        m.userSet(0, register, value, "");
      }
      m.vm.save("a", vmm);
      m.vm.restore("a");
      return lost(m);
    });
    assertEquals(found, [[
      "DR0 0x1000 0x0",
      "DR1 0xffff800000002000 0x0",
      "DR2 0x3000 0x0",
      "DR3 0x4000 0x0",
      "DR6 0xffff4ff1 0xffff0ff0",
      "DR7 0x402 0x400",
    ], []]);
  });

  Deno.test(`restore() with ${vendor}: an interrupt that KVM_INTERRUPT left pending is lost, blocked NMIs are not`, () => {
    const m = machine("linux-7.2", vendor);
    m.journal.keepAll = true;
    m.userEvent(0, 0x30, "");
    events(m, { NMI_MASKED: 1n, NMI_PENDING: 1n, VALID_NMI_PENDING: 1n });
    m.vm.save("a", "qemu");
    m.vm.restore("a");
    assertEquals(lost(m), ["pending interrupt 0x30 0x0"]);
  });
}
