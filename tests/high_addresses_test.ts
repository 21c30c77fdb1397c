/** Programs above 4 GiB, where kernels are: both words of each address count. */
import { assertEquals } from "@std/assert";
import { architecture, createMachine } from "../engine/mod.ts";
import { nop, plain, popf, write, X86Machine } from "./x86_machine.ts";

const HIGH = 0xffff_ffff_8100_0000n;
const LOW = 0x5000n;

for (const vendor of ["vmx", "svm"]) {
  Deno.test(`high addresses of x86, ${vendor}: a breakpoint hits at the whole address`, () => {
    const m = new X86Machine("linux-6.1", { vendor });
    const low = HIGH & 0xffff_ffffn;
    m.does(write("dr0", HIGH), write("dr7", 0x402n), nop(low), nop(HIGH));
    assertEquals(m.exceptions().map(({ rip }) => rip), [HIGH]);
    // The first instruction of a program, which nothing has led to.
    m.does(nop(low));
    assertEquals(m.exceptions(), []);
    m.does(nop(HIGH));
    assertEquals(m.exceptions().map(({ rip }) => rip), [HIGH]);
  });

  Deno.test(`high addresses of x86, ${vendor}: steps between both halves`, () => {
    const m = new X86Machine("linux-6.1", { vendor });
    m.does(popf(true), nop(HIGH), nop(LOW), nop(HIGH + 8n), popf(false));
    // A trap is taken where the program goes on.
    assertEquals(
      m.exceptions().map(({ rip }) => rip),
      [LOW, HIGH + 8n, HIGH + 9n, HIGH + 10n],
    );
  });

  Deno.test(`high addresses of x86, ${vendor}: exits and software exceptions go on after the instruction`, () => {
    const m = new X86Machine("linux-6.1", { vendor });
    m.does(
      { ...plain("int3"), at: HIGH },
      plain("cpuid"),
      plain("icebp"),
      nop(),
      nop(LOW),
    );
    assertEquals(
      m.exceptions().map(({ vector, rip }) => [vector, rip]),
      [[3, HIGH + 1n], [1, HIGH + 4n]],
    );
    assertEquals(m.run().exit, "idle");
  });
}

Deno.test("high addresses of arm64: breakpoints and steps at the whole address", () => {
  const machine = createMachine(
    architecture("arm64")!,
    { profile: "linux-6.1", vendor: undefined, options: {} },
    { counts: {}, model: "architecture", unpredictable: undefined },
  );
  machine.debugger(0, { action: "break", address: HIGH });
  const insns = [HIGH & 0xffff_ffffn, HIGH];
  for (const address of insns) machine.append(0, { op: "exec" }, address);
  const { exit } = machine.run(0);
  const event = machine.journal.sinceRun().find((event) =>
    event.kind === "user-exit"
  );
  assertEquals(
    [exit, event?.kind === "user-exit" && event.values.pc],
    ["debug", HIGH],
  );
});
