import { assertEquals } from "@std/assert";
import { Comparison } from "./difference.ts";
import { replay } from "./mod.ts";
import { arm64Pc, arm64Recording, x86Pc, x86Recording } from "./testing.ts";

/** All that differs, as observation and the two sides. */
function differing(text: string): readonly string[] {
  return replay(text).differences.map(({ what, recorded, modelled }) =>
    `${what}: ${recorded} | ${modelled}`
  );
}

Deno.test("Comparison: differences are ordered by guest instruction, then as compared, then the rest", () => {
  const comparison = new Comparison(7, "run");
  comparison.text("ret", "0", "-4");
  comparison.value("got[5]", 1n, undefined, { at: 5 });
  comparison.text("exit", "HLT", "DEBUG", { at: 3 });
  comparison.text("at", "6", "3", { at: 3 });
  comparison.value("got[1]", 1n, 1n, { at: 1 });
  comparison.value("got[2]", 1n, 2n, { at: 2 });
  assertEquals(comparison.differences.map(({ what }) => what), [
    "got[2]",
    "exit",
    "at",
    "got[5]",
    "ret",
  ]);
  assertEquals(comparison.observations, 6);
});

Deno.test("x86 replay: an exit comes before the reads that it prevented, and after those before it", () => {
  // Under USE_SW_BP the guest's INT3 exits; the recording says that the guest went on to its HLT.
  const text = x86Recording(
    {
      op: "guest_debug",
      vcpu: 0,
      control: ["ENABLE", "USE_SW_BP"],
      debugreg: ["0x0", "0x0", "0x0", "0x0", "0x0", "0x0", "0x0", "0x0"],
      ret: 0,
    },
    {
      op: "run",
      vcpu: 0,
      cpu: 0,
      program: [
        { i: "mov_from_dr", dr: 7, got: "0x401", pc: x86Pc(0) },
        { i: "int3", pc: x86Pc(3) },
        { i: "mov_from_dr", dr: 6, got: "0xffff0ff0", pc: x86Pc(4) },
        { i: "hlt", pc: x86Pc(7) },
      ],
      guest_exceptions: [],
      exit: "HLT",
      at: 3,
      rip: x86Pc(8),
      rflags: "0x46",
    },
  );
  assertEquals(differing(text), [
    "got[0] DR7: 0x401 | 0x400",
    "exit: HLT | DEBUG",
    "at: 3 | 1",
    "got[2]: 0xffff0ff0 | not there",
  ]);
});

Deno.test("x86 replay: an exception comes before the read that it prevented", () => {
  // With DR7.GD the read of DR6 faults; the recording says that it was done.
  const text = x86Recording({
    op: "run",
    vcpu: 0,
    cpu: 0,
    program: [
      { i: "mov_to_dr", dr: 7, value: "0x2400", pc: x86Pc(0) },
      { i: "mov_from_dr", dr: 0, got: "0x0", pc: x86Pc(3) },
      { i: "hlt", pc: x86Pc(6) },
    ],
    guest_exceptions: [],
    exit: "HLT",
    at: 2,
    rip: x86Pc(7),
    rflags: "0x2",
  });
  const [first] = differing(text);
  assertEquals(first, "guest_exceptions: none | 1:1");
});

Deno.test("arm64 replay: an exit comes before the reads that it prevented", () => {
  // BRK goes to userspace under USE_SW_BP; the recording says that the guest took it.
  const text = arm64Recording(
    {
      op: "guest_debug",
      vcpu: 0,
      control: ["ENABLE", "USE_SW_BP"],
      ret: 0,
    },
    {
      op: "run",
      vcpu: 0,
      program: [
        { i: "brk", imm: 1, pc: arm64Pc(0) },
        { i: "mrs", reg: "DBGBVR0_EL1", got: "0x0", pc: arm64Pc(1) },
      ],
      guest_exceptions: [],
      ret: 0,
      exit: "MMIO",
      at: 2,
      pc: arm64Pc(2),
      pstate: "0x3c5",
      kvm_exits: [{ at: 2, ec: "0x24" }],
    },
  );
  assertEquals(differing(text), [
    "kvm_exits: 2:0x24 | 0:0x3c",
    "exit: MMIO | DEBUG",
    "at: 2 | 0",
    "got[1]: 0x0 | not there",
  ]);
});
