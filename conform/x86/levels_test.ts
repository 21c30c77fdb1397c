import { assertEquals, assertThrows } from "@std/assert";
import { RecordingError, replay } from "../mod.ts";
import { x86Pc, x86Recording } from "../testing.ts";

/** A run at CPL 3 of instructions at consecutive addresses, to its end. */
function userRun(
  program: readonly Readonly<Record<string, unknown>>[],
  vectors: readonly (readonly [at: number, vector: number])[],
  cpl: number = 3,
) {
  const end = Number(program[program.length - 1].pc) + 1;
  return {
    op: "run",
    vcpu: 0,
    cpu: 0,
    cpl,
    program,
    guest_exceptions: vectors.map(([at, vector]) => ({
      at,
      vector,
      rip: program[at].pc,
      error: 0,
      rflags: "0x2",
    })),
    exit: "HLT",
    at: program.length - 1,
    rip: `0x${end.toString(16)}`,
    rflags: "0x2",
  };
}

const READ = { i: "mov_from_dr", dr: 0 };

Deno.test("x86 replay: at CPL 3 MOV DR is a #GP, and not after SYSCALL; SYSRET goes back to CPL 3", () => {
  const { differences } = replay(x86Recording(userRun([
    { ...READ, pc: x86Pc(0) },
    { i: "syscall", fmask: "0x0", pc: x86Pc(4) },
    { ...READ, got: "0x0", pc: x86Pc(6) },
    { i: "sysret", start: x86Pc(10), pc: x86Pc(17) },
    { ...READ, pc: x86Pc(20) },
    { i: "hlt", pc: x86Pc(24) },
  ], [[0, 13], [4, 13]])));
  assertEquals(differences, []);
});

Deno.test("x86 replay: a jump goes to the op after it, wherever that is", () => {
  const { differences } = replay(x86Recording(userRun([
    { i: "jmp", len: 2, pc: x86Pc(0) },
    { i: "nop", pc: x86Pc(0x40) },
    { i: "jmp", pc: x86Pc(0x41) },
    { i: "hlt", pc: x86Pc(0x20) },
  ], [])));
  assertEquals(differences, []);
});

Deno.test("x86 replay: there is no other privilege level, and no other MSR", () => {
  for (
    const [step, message] of [
      [
        userRun([{ i: "hlt", pc: x86Pc(0) }], [], 1),
        "cpl is 1: expected 0 or 3",
      ],
      [
        userRun([
          { i: "rdmsr", reg: "efer", pc: x86Pc(0) },
          { i: "hlt", pc: x86Pc(2) },
        ], []),
        "the model has no register efer",
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
