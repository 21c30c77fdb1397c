import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { RecordingError, replay } from "./mod.ts";
import { arm64Pc, arm64Recording, x86Pc, x86Recording } from "./testing.ts";

Deno.test("replay(): an arm64 program without instructions is its end", () => {
  const run = {
    op: "run",
    vcpu: 1,
    program: [],
    guest_exceptions: [],
    ret: 0,
    exit: "MMIO",
    at: 0,
    pc: "0x40090000",
    pstate: "0x3c5",
    kvm_exits: [{ at: 0, ec: "0x24" }],
  };
  const header = JSON.parse(arm64Recording());
  const text = [{ ...header, vcpus: 2 }, run].map((line) =>
    JSON.stringify(line)
  ).join("\n");
  assertEquals(replay(text).differences, []);
});

Deno.test("replay(): an x86 program without instructions has no HLT, so that it has no end", () => {
  for (const resume of [{}, { resume: true }]) {
    const text = x86Recording({
      op: "run",
      vcpu: 0,
      cpu: 0,
      ...resume,
      program: [],
      guest_exceptions: [],
      exit: "HLT",
      at: 0,
      rip: x86Pc(0),
      rflags: "0x2",
    });
    const { line } = assertThrows(() => replay(text), RecordingError);
    assertEquals(line, 2);
  }
});

Deno.test("replay(): a resumed run needs a program", () => {
  const common = { op: "run", vcpu: 0, resume: true, guest_exceptions: [] };
  for (
    const text of [
      arm64Recording({ ...common, got: {}, exit: "MMIO", at: 0 }),
      x86Recording({ ...common, cpu: 0, got: [], exit: "HLT", at: 0 }),
    ]
  ) {
    const { line, message } = assertThrows(() => replay(text), RecordingError);
    assertEquals([line, message], [
      2,
      "resume is true, but vCPU 0 has no program",
    ]);
  }
});

/** A guest that branches back to its first instruction, and what KVM did with it. */
function loop(recorded: Readonly<Record<string, unknown>>): string {
  return arm64Recording({
    op: "run",
    vcpu: 0,
    program: [
      { i: "nop", pc: arm64Pc(0) },
      { i: "b", to: 0, pc: arm64Pc(1) },
    ],
    guest_exceptions: [],
    ret: 0,
    at: 1,
    pc: arm64Pc(1),
    pstate: "0x3c5",
    ...recorded,
  });
}

Deno.test("replay(): a guest that does not exit is a difference", () => {
  // First touches are replayed by a loop of their own: at an op of the loop, after it, and in the handler.
  for (const at of [undefined, 0, 5, -1]) {
    const kvm_exits = at === undefined ? [] : [{ at, ec: "0x20" }];
    const { differences } = replay(loop({ exit: "DEBUG", kvm_exits }));
    const exit = differences.find(({ what }) => what === "exit");
    assertEquals(exit?.recorded, "DEBUG");
    assertStringIncludes(exit?.modelled ?? "", "none within");
  }
});

Deno.test("replay(): a guest that does not exit agrees with KVM_RUN ended by a signal", () => {
  const interrupted = { ret: -4, exit: "ERROR", kvm_exits: [] };
  assertEquals(replay(loop(interrupted)).differences, []);
});
