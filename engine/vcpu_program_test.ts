/** A vCPU's program: where the guest goes on. */
import { type Insn, makeInsn } from "./program.ts";
import { type Frame, VCPU_BASE } from "./rules.ts";
import { VcpuProgram } from "./vcpu_program.ts";
import { assertEquals } from "@std/assert";

function exec(addressLo: number, branch = -1): Insn {
  return makeInsn({ op: "exec", addressLo, lengthBytes: 1, branch });
}

/** A frame whose vCPU is at an instruction of its program; its block is not the first one. */
function frameAt(next: number): Frame {
  const vcpu = 4;
  const w = new Int32Array(64);
  w[vcpu + VCPU_BASE.next] = next;
  return { w, vcpu } as unknown as Frame;
}

/** Where userspace sets the program counter, from where: the instruction that comes next. */
const MOVES = [
  // The nearest ahead, from the pending one on.
  [0, 0x1000n, 0],
  [1, 0x1000n, 2],
  [2, 0x1000n, 2],
  [0, 0x2000n, 1],
  // Else the last one.
  [3, 0x1000n, 2],
  [2, 0x2000n, 1],
  // Nothing is there.
  [0, 0x9000n, 3],
] as const;

Deno.test("VcpuProgram.moveTo(): the next instruction there, else the last one, else none", () => {
  for (const [from, address, to] of MOVES) {
    const program = new VcpuProgram([exec(0x1000), exec(0x2000), exec(0x1000)]);
    const f = frameAt(from);
    program.moveTo(f, address);
    assertEquals([from, address, f.w[f.vcpu + VCPU_BASE.next]], [
      from,
      address,
      to,
    ]);
  }
});

Deno.test("VcpuProgram.advance(): on to the next instruction, or to where one branches", () => {
  const program = new VcpuProgram([
    exec(0x1000, 2),
    exec(0x2000),
    exec(0x3000, 0),
  ]);
  const after = (next: number) => {
    const f = frameAt(next);
    program.advance(f);
    return f.w[f.vcpu + VCPU_BASE.next];
  };
  assertEquals([0, 1, 2, 3].map(after), [2, 2, 0, 4]);
});
