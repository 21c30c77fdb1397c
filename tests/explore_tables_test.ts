/**
 * The tables below a schedule: those of `run`, with the bare machine's column where the guest would read something else.
 */
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { assert, assertEquals } from "@std/assert";

/** The line of a register, and the heads of the columns, below the schedule that breaks a block. */
async function tableOf(
  text: string,
  register: string,
): Promise<{ readonly heads: string[]; readonly row: string[] }> {
  const io = new MemoryIo({ files: { "a.dregs": text } });
  assertEquals(await main(["explore", "a.dregs"], io), 1, io.stderr);
  const lines = io.stdout.split("\n");
  const words = (line: string | undefined) =>
    line?.trim().split(/\s{2,}/) ?? [];
  const heads = lines.findLast((line) => /^ +guest /.test(line));
  const row = lines.findLast((line) => line.startsWith(`  ${register} `));
  return { heads: words(heads), row: words(row) };
}

const ALL = ["guest", "bare", "user", "hw", "cpu"];

Deno.test("explore: the table has the bare machine's column where the guest would read something else", async () => {
  const { heads, row } = await tableOf(
    `arch x86
kernel linux-7.2 vmx
host cpus=1
explore {
  vcpu 0 {
    write dr0 0x1000
    exec 0x2000
  }
  user 0 { debug break 0x4000 }
  never noticed
}
`,
    "dr0",
  );
  assertEquals(heads, ALL);
  assertEquals(row.slice(0, 3), ["dr0", "0x4000", "0x0"]);
});

Deno.test("explore: of another vCPU than the first, too", async () => {
  const { heads, row } = await tableOf(
    `arch x86
kernel linux-7.2 vmx
host cpus=1
explore {
  vcpu 0 { exec 0x3000 }
  vcpu 1 {
    write dr0 0x1000
    exec 0x2000
  }
  user 1 { debug break 0x5000 }
  never noticed
}
`,
    "dr0",
  );
  assertEquals(heads, ALL);
  assertEquals(row.slice(0, 3), ["dr0", "0x5000", "0x0"]);
});

Deno.test("explore: the table has no such column where the guest would read the same", async () => {
  const { heads } = await tableOf(
    `arch x86
kernel linux-4.9 vmx
explore {
  vcpu 0 {
    write dr0 0x1000
    exec 0x2000
  }
  never noticed
  always expect guest dr0 == 0
}
`,
    "dr0",
  );
  assert(heads.length > 0);
  assert(!heads.includes("bare"), heads.join(" "));
});
