import { assertEquals } from "@std/assert";
import { replay } from "../mod.ts";
import { arm64Pc, arm64Recording } from "../testing.ts";

/** far of a BRK's exit after a watchpoint's, between which the guest stored to an address without memory. */
function farAfterStore(addr: string, size: number): readonly string[] {
  const watched = "0x123440040000";
  const text = arm64Recording(
    {
      op: "guest_debug",
      vcpu: 0,
      control: ["ENABLE", "USE_HW", "USE_SW_BP"],
      wcr: { 0: "0x1fff" },
      wvr: { 0: watched },
      ret: 0,
    },
    {
      op: "run",
      vcpu: 0,
      program: [
        { i: "str", addr: watched, size: 8, pc: arm64Pc(0) },
        { i: "nop", pc: arm64Pc(1) },
      ],
      guest_exceptions: [],
      ret: 0,
      exit: "DEBUG",
      at: 0,
      hsr: "0xd2000062",
      far: watched,
      pc: arm64Pc(0),
      pstate: "0x3c5",
      kvm_exits: [{ at: 0, ec: "0x34" }],
    },
    {
      op: "run",
      vcpu: 0,
      program: [
        { i: "str", addr, size, pc: arm64Pc(0) },
        { i: "brk", imm: 0, pc: arm64Pc(1) },
      ],
      guest_exceptions: [],
      ret: 0,
      exit: "MMIO",
      at: 0,
      mmio: addr,
      pc: arm64Pc(0),
      pstate: "0x3c5",
      kvm_exits: [{ at: 0, ec: "0x24" }],
    },
    {
      op: "run",
      vcpu: 0,
      resume: true,
      got: {},
      guest_exceptions: [],
      ret: 0,
      exit: "DEBUG",
      at: 1,
      hsr: "0xf2000000",
      far: "0x1",
      pc: arm64Pc(1),
      pstate: "0x3c5",
      kvm_exits: [{ at: 1, ec: "0x3c" }],
    },
  );
  return replay(text).differences.map(({ what, modelled }) =>
    `${what} ${modelled}`
  );
}

Deno.test("arm64 replay: the data of an MMIO store are where far of the next debug exit is", () => {
  assertEquals(farAfterStore("0x10000100", 8), ["far 0x0"]);
  // Its four bytes; the upper ones are left.
  assertEquals(farAfterStore("0x10000100", 4), ["far 0x123400000000"]);
  assertEquals(farAfterStore("0x10000100", 1), ["far 0x123440040000"]);
});
