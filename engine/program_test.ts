/** Instructions as data: how long they are, what they access, where the guest goes on. */
import {
  accesses,
  followingAddress,
  type InsnParts,
  isOpenTransaction,
  makeInsn,
  operationLengths,
} from "./program.ts";
import { assertEquals } from "@std/assert";

Deno.test("program: each instruction of arm64 has 4 bytes; x86's NOP has 1", () => {
  const lengths = Object.values(operationLengths("arm64"));
  assertEquals(new Set(lengths), new Set([4]));
  const { exec, write, int3, ud2, jump, syscall } = operationLengths("x86");
  // NOP, MOV to a DR, INT3, UD2, JMP rel32, SYSCALL.
  assertEquals([exec, write, int3, ud2, jump, syscall], [1, 3, 1, 2, 5, 2]);
});

const LOAD: InsnParts = { op: "load", lo: 0x1000, sizeBytes: 4 };
const MOVS: InsnParts = { ...LOAD, op: "movs", count: 3, otherLo: 0x3000 };

/** Whether an instruction accesses an address from 0x1004 to 0x1007. */
const ACCESSES: readonly (readonly [parts: InsnParts, isMet: boolean])[] = [
  [LOAD, false],
  [{ ...LOAD, sizeBytes: 5 }, true],
  [{ ...LOAD, lo: 0x1001 }, true],
  [{ ...LOAD, lo: 0x1007 }, true],
  [{ ...LOAD, lo: 0x1008 }, false],
  [{ ...LOAD, lo: 0x1007, sizeBytes: 1 }, true],
  [{ ...LOAD, lo: 0x1007, sizeBytes: 0 }, false],
  // The same low word 4 GiB above.
  [{ ...LOAD, lo: 0x1004, hi: 1 }, false],
  [{ ...LOAD, lo: 1, hi: 0x1004 }, false],
  // Any iteration, of either address.
  [MOVS, true],
  [{ ...MOVS, count: 1 }, false],
  [{ ...MOVS, lo: 0x5000, otherLo: 0x1000 }, true],
  [{ ...MOVS, lo: 0x5000, otherLo: 0x1000, otherHi: 1 }, false],
  [{ ...MOVS, lo: 0x5000, otherLo: 0xffc }, true],
  [{ ...MOVS, lo: 0x5000, otherLo: 0xff8 }, false],
  // The second address of what has none.
  [{ ...LOAD, otherLo: 0x1004 }, false],
  [{ ...MOVS, op: "stos", lo: 0x5000, otherLo: 0x1004 }, false],
];

Deno.test("program: what an instruction accesses, to the byte", () => {
  for (const [parts, isMet] of ACCESSES) {
    const insn = makeInsn(parts);
    assertEquals([parts, accesses(insn, 0x1004n, 0x1007n)], [parts, isMet]);
    const begin = makeInsn({ op: "xbegin" });
    const transaction = { ...begin, members: [begin, insn] };
    assertEquals(accesses(transaction, 0x1004n, 0x1007n), isMet);
  }
});

Deno.test("program: an instruction that says no more than what it does has no operands", () => {
  assertEquals(makeInsn({ op: "isb" }), {
    op: "isb",
    register: -1,
    lo: 0,
    hi: 0,
    // A write that names no fields changes all.
    maskLo: -1,
    maskHi: -1,
    sizeBytes: 0,
    addressLo: 0,
    addressHi: 0,
    lengthBytes: 4,
    level: -1,
    code32: false,
    members: [],
    branch: -1,
    mmio: false,
    count: 0,
    otherLo: 0,
    otherHi: 0,
    otherMmio: false,
    name: undefined,
  });
});

Deno.test("program: a transaction is open up to the XEND of its first XBEGIN", () => {
  const ops = (...ops: InsnParts["op"][]) => {
    const members = ops.map((op) => makeInsn({ op }));
    return { ...members[0], members };
  };
  assertEquals(isOpenTransaction(makeInsn({ op: "xbegin" })), true);
  assertEquals(isOpenTransaction(makeInsn({ op: "xend" })), false);
  assertEquals(isOpenTransaction(ops("xbegin", "exec")), true);
  assertEquals(isOpenTransaction(ops("xbegin", "exec", "xend")), false);
  assertEquals(isOpenTransaction(ops("xbegin", "xbegin", "xend")), true);
});

Deno.test("program: the guest goes on after an instruction, its last one, or where it jumps to", () => {
  const exec = makeInsn({ op: "exec", addressLo: 0x5000, lengthBytes: 1 });
  assertEquals(followingAddress(exec), 0x5001n);
  const jump = makeInsn({ op: "jump", lo: 0x7000, hi: 2, addressLo: 0x5000 });
  assertEquals(followingAddress(jump), 0x2_0000_7000n);
  const begin = makeInsn({ op: "xbegin", addressLo: 0x4000, lengthBytes: 6 });
  assertEquals(followingAddress({ ...begin, members: [begin, exec] }), 0x5001n);
  const top = makeInsn({
    op: "exec",
    addressLo: -1,
    addressHi: -1,
    lengthBytes: 1,
  });
  assertEquals(followingAddress(top), 0n);
});
