import { assertEquals, assertThrows } from "@std/assert";
import { RecordingError, replay } from "../mod.ts";
import { x86Recording } from "../testing.ts";

const set = (events: unknown) => ({ op: "set_vcpu_events", events, ret: 0 });
const get = (events: unknown) => ({ op: "get_vcpu_events", events, ret: 0 });

/** The flags that KVM_GET_VCPU_EVENTS always has. */
const FLAGS = { valid_nmi_pending: 1, valid_shadow: 1, valid_smm: 1 };

Deno.test("get_vcpu_events: each member is compared", () => {
  const { differences } = replay(x86Recording(
    set({ exception_injected: 1, exception_nr: 6 }),
    get({ ...FLAGS, exception_injected: 1, exception_nr: 6 }),
    get({ ...FLAGS, exception_injected: 1, exception_nr: "0x5" }),
  ));
  assertEquals(
    differences.map(({ line, register, fields }) => [line, register, fields]),
    [[4, "VCPU_EVENTS", [{
      name: "EXCEPTION_NR",
      widthBits: 8,
      recorded: 5n,
      modelled: 6n,
    }]]],
  );
});

Deno.test("set_vcpu_events and the steps of a VM: what the model does not have is an error with its line", () => {
  for (
    const [step, message] of [
      [set({ exception_vector: 1 }), "events has no member exception_vector"],
      [set({ nmi_pending: 4 }), "nmi_pending has 2 bits, and is 0x4"],
      [
        set({ exception_injected: 1, exception_nr: 14 }),
        "exception 14 is not modelled",
      ],
      [{ op: "restore", name: "a", ret: 0 }, "nothing is saved as a"],
      [
        { op: "save", name: "a", vmm: "bochs", ret: 0 },
        "the model has no VMM bochs",
      ],
      [
        { op: "enable_cap", name: "KVM_CAP_IRQCHIP", ret: 0 },
        "the model enables no capability KVM_CAP_IRQCHIP",
      ],
    ] as const
  ) {
    const error = assertThrows(
      () => replay(x86Recording(step)),
      RecordingError,
    );
    assertEquals([error.line, error.message], [2, message]);
  }
});

Deno.test("save and restore: a refused capability and a VM that is saved twice", () => {
  const { differences, observations } = replay(x86Recording(
    { op: "enable_cap", name: "KVM_CAP_EXCEPTION_PAYLOAD", ret: -22 },
    { op: "save", name: "a", ret: 0 },
    { op: "save", name: "a", ret: 0 },
    { op: "restore", name: "a", ret: -1, errno: "EINVAL" },
  ));
  assertEquals(
    differences.map((
      { line, recorded, modelled },
    ) => [line, recorded, modelled]),
    [[2, "-22", "0"], [5, "-22", "0"]],
  );
  assertEquals(observations, 4);
});
