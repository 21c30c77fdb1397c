/** The bare machine beside an x86 vCPU: what KVM has queued when userspace writes, and what a test asks of the handler. */
import { assertEquals } from "@std/assert";
import { Beside } from "../engine/bare/beside.ts";
import { makeInsn } from "../engine/program.ts";
import { X86_LOCKSTEP } from "../engine/x86/bare/lockstep.ts";
import { VECTOR } from "../engine/x86/blocks.ts";
import { REG } from "../engine/x86/registers/ids.ts";
import { Pair } from "./x86_bare_pair.ts";
import { hex, nop, reg, write, X86Machine } from "./x86_machine.ts";

const GENERAL_DETECT = 0x2400n;

/** A vCPU whose access to a debug register was refused by DR7.GD, before userspace writes a register. */
function detected(queued: boolean): Pair {
  const pair = new Pair().write(REG.DR7, GENERAL_DETECT);
  return pair.has({ pendingException: queued ? VECTOR.DB + 1 : 0 });
}

function raiseQueued(pair: Pair, op: "read" | "exec"): Pair {
  const beside = new Beside(X86_LOCKSTEP, pair.f);
  const register = op === "read" ? REG.DR0 : -1;
  const insn = makeInsn({ op, register, lengthBytes: 3 });
  beside.raiseQueued(pair.f, pair.at, insn);
  return pair;
}

Deno.test("beside: before userspace writes, the bare machine raises what KVM has queued, with BD in DR6", () => {
  const pair = raiseQueued(detected(true), "read");
  assertEquals(pair.due(), "db");
  assertEquals(pair.value(REG.DR6), 0xffff_2ff0n);
  assertEquals(pair.value(REG.DR7), 0x400n);
  // Once: what it has raised already stays as it is.
  pair.write(REG.DR7, GENERAL_DETECT);
  const before = pair.block();
  assertEquals(raiseQueued(pair, "read").block(), before);
});

Deno.test("beside: before userspace writes, nothing is raised that KVM has not queued or the instruction does not raise", () => {
  for (
    const [queued, op] of [[false, "read"], [true, "exec"]] as const
  ) {
    const pair = detected(queued);
    const before = pair.block();
    assertEquals(raiseQueued(pair, op).block(), before, `${queued} ${op}`);
  }
});

for (const vendor of ["vmx", "svm"]) {
  Deno.test(`beside: a handler that clears TF after so many steps does so on the bare machine too (${vendor})`, () => {
    for (const steps of [0, 1, 2]) {
      const m = new X86Machine("linux-6.1", { vendor });
      m.machine.setHandlerSteps(0, steps);
      m.set("rflags", 0x102n);
      m.does(nop(), nop(), write("dr6", 0xffff_0ff0n), nop());
      // Without a count every instruction is a step; DR6.BS is of the last.
      assertEquals(m.exceptions().length, steps === 0 ? 4 : steps);
      const dr6 = steps === 0 ? "0xffff4ff0" : "0xffff0ff0";
      assertEquals(m.view("guest", "dr6"), dr6);
      const bare = m.machine.view("bare", 0, reg("dr6"));
      assertEquals(bare.kind === "value" && hex(bare.value), dr6);
    }
  });
}
