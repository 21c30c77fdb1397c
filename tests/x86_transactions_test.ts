/**
 * Transactions where several lines are one step: in a machine's program, and in a block that is searched.
 *
 * @module
 */
import { architecture, createMachine } from "../engine/architectures.ts";
import type { Machine } from "../engine/machine.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { run, verdictOn } from "./explore_command.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

function machineWithRtm(): Machine {
  const kernel = { profile: "linux-7.2", vendor: "vmx", options: {} };
  const host = {
    counts: { cpus: 1 },
    model: undefined,
    unpredictable: undefined,
  };
  const machine = createMachine(architecture("x86")!, kernel, host);
  machine.set({ rtm: 1 });
  return machine;
}

const BEGIN = { op: "xbegin", lengthBytes: 6 } as const;
const STORE = {
  op: "store",
  lengthBytes: 7,
  lo: 0x4000,
  sizeBytes: 4,
} as const;
const END = { op: "xend", lengthBytes: 3 } as const;
const NOP = { op: "exec", lengthBytes: 1 } as const;

/** Instructions that are pending, those of a transaction in brackets. */
function pending(machine: Machine): string[] {
  return machine.pendingInsns(0).map(({ op, members }) =>
    members.length === 0 ? op : `[${members.map(({ op }) => op).join(" ")}]`
  );
}

Deno.test("append(): from XBEGIN to its XEND is one instruction of the program", () => {
  const machine = machineWithRtm();
  for (const parts of [BEGIN, STORE, BEGIN, END, END, NOP]) {
    machine.append(0, parts);
  }
  assertEquals(pending(machine), ["[xbegin store xbegin xend xend]", "exec"]);
  // 0x110000, and 6 + 7 + 6 + 3 + 3 bytes.
  const [, nop] = machine.pendingInsns(0);
  assertEquals(nop.addressLo, 0x110019);
});

Deno.test("append(): a transaction that has been executed is over, and what comes then is not in it", () => {
  const machine = machineWithRtm();
  machine.append(0, BEGIN);
  machine.append(0, STORE);
  machine.run(0);
  machine.append(0, STORE);
  machine.append(0, END);
  assertEquals(pending(machine), ["store", "xend"]);
});

Deno.test("snapshot() of an open transaction: what is appended to it later is not in it", () => {
  const machine = machineWithRtm();
  machine.append(0, BEGIN);
  const open = machine.snapshot();
  machine.append(0, STORE);
  const longer = machine.snapshot();
  machine.append(0, END);
  machine.restore(open);
  assertEquals(pending(machine), ["xbegin"]);
  machine.append(0, END);
  assertEquals(pending(machine), ["[xbegin xend]"]);
  machine.restore(longer);
  assertEquals(pending(machine), ["[xbegin store]"]);
});

Deno.test("a run that is looked at again has what was appended to its open transaction", async () => {
  const io = new MemoryIo({});
  const script = `arch x86
set rtm=1
guest write dr0 0x4000
guest write dr7 0xd0402
run
guest xbegin as eax
guest store 0x4000
guest xend
run
why not watchpoint 0
expect eax == 0x10`;
  assertEquals(await main(["run", "-e", script], io), 0);
  assertStringIncludes(io.stdout, "the hit aborts the transaction");
});

/** A guest with advanced debugging of transactions, and a watchpoint. */
const BLOCK = `arch x86
kernel linux-7.2 vmx
set rtm=1
explore {
  vcpu 0 {
    write dr0 0x4000
    write dr7 0xd0c02
    wrmsr debugctl rtm=1
    xbegin at=0x5000
    store 0x4000
    xend
    int3
  }
  PROPERTY
}
`;

Deno.test("explore: a transaction is one step, at the line of its XBEGIN", async () => {
  const verdict = await verdictOn(BLOCK.replace("PROPERTY", "never noticed"));
  assertEquals(verdict.outcome, "holds");
  const lines = verdict.coverage!.lines.map(({ text }) => text);
  assertEquals(lines.slice(3), ["xbegin at=0x5000", "int3"]);
  const [address] = verdict.coverage!.lines;
  assert(address.matched! > 0, "the store in the transaction matches");
});

Deno.test("explore: kernels before 6.17 refuse DEBUGCTL.RTM, which the guest notices", async () => {
  const io = new MemoryIo({
    files: {
      "a.dregs": BLOCK.replace("PROPERTY", "never noticed")
        .replace("wrmsr debugctl rtm=1", "xbegin; wrmsr debugctl rtm=1; xend"),
    },
  });
  // In a transaction the write is an abort, and neither machine has it.
  const text = await run(io, "--kernel", "linux-6.1", "a.dregs");
  assertStringIncludes(text, "holds: no schedule breaks it");
});

Deno.test("explore: a schedule with a transaction is a scenario that repeats it", async () => {
  const asked = BLOCK.replace(
    "PROPERTY",
    "always expect guest dr6.b0 == 0",
  );
  const files = new MemoryIo({ files: { "a.dregs": asked } });
  const text = await run(files, "--save", "saved.dregs", "a.dregs");
  assertStringIncludes(text, "guest: xbegin; store 0x4000 size=4; xend");
  const saved = files.files.get("saved.dregs")!;
  assertStringIncludes(saved, "guest xbegin at=0x5000");
  assertStringIncludes(saved, "guest store 0x4000 size=4");
  assertStringIncludes(saved, "guest xend");
  // What it expects fails, as the block's property did.
  assertEquals(await main(["run", "saved.dregs"], files), 1);
});

Deno.test("explore: a transaction ends in the block in which it begins", async () => {
  for (
    const body of [
      "xbegin; repeat 2 { store 0x4000 }; xend",
      "either { xbegin } or { }; xend",
    ]
  ) {
    const text = `arch x86\nset rtm=1\nexplore {\n vcpu 0 { ${body} }\n}\n`;
    const io = new MemoryIo({ files: { "a.dregs": text } });
    const status = await main(["explore", "a.dregs"], io);
    assertEquals(status, 2);
    assertStringIncludes(io.stderr, "`xbegin` and `xend` belong in the same");
  }
});
