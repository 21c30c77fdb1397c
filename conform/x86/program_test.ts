import { assertEquals } from "@std/assert";
import { replay } from "../mod.ts";
import { x86Pc, x86Recording } from "../testing.ts";

const NO_ADDRESSES = ["0x0", "0x0", "0x0", "0x0", "0x0", "0x0", "0x0", "0x0"];

/** A run to the HLT of the program, with the exceptions that the guest took. */
function haltedRun(
  program: readonly Readonly<Record<string, unknown>>[],
  exceptions: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, unknown>> {
  const end = Number(program[program.length - 1].pc) + 1;
  return {
    op: "run",
    vcpu: 0,
    cpu: 0,
    program,
    guest_exceptions: exceptions,
    exit: "HLT",
    at: program.length - 1,
    rip: `0x${end.toString(16)}`,
    rflags: "0x2",
  };
}

Deno.test("x86 replay: ud2 raises #UD, after which the handler goes on with the next op", () => {
  for (const [vendor, cpu] of [["amd", "QEMU TCG"], ["intel", "Bochs 2.7"]]) {
    // KVM intercepts #UD and injects it with RF set in the flags that it pushes. Rule x86:D19.
    const run = haltedRun([
      { i: "ud2", pc: x86Pc(0) },
      { i: "hlt", pc: x86Pc(2) },
    ], [{ at: 0, vector: 6, rip: x86Pc(0), error: 0, rflags: "0x10002" }]);
    const [header, step] = x86Recording(run).split("\n");
    const text = `${
      JSON.stringify({ ...JSON.parse(header), vendor, cpu })
    }\n${step}`;
    assertEquals(replay(text).differences, [], vendor);
  }
});

Deno.test("x86 replay: a NOP that userspace patched with INT3 exits under USE_SW_BP, and is #BP without", () => {
  const program = [
    { i: "nop", pc: x86Pc(0) },
    { i: "nop_patched_cc", pc: x86Pc(1) },
    { i: "hlt", pc: x86Pc(2) },
  ];
  const debug = { op: "guest_debug", vcpu: 0, debugreg: NO_ADDRESSES, ret: 0 };
  const { differences } = replay(x86Recording(
    { ...debug, control: ["ENABLE", "USE_SW_BP"] },
    {
      op: "run",
      vcpu: 0,
      cpu: 0,
      program,
      guest_exceptions: [],
      exit: "DEBUG",
      at: 1,
      exception: 3,
      pc: x86Pc(1),
      dr6: "0x0",
      dr7: "0x0",
      rip: x86Pc(1),
      rflags: "0x2",
    },
    { ...debug, control: [] },
    haltedRun(program, [
      { at: 2, vector: 3, rip: x86Pc(2), error: 0, rflags: "0x2" },
    ]),
  ));
  assertEquals(differences, []);
});
