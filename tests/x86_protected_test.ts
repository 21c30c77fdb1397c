/**
 * SEV-ES guests in tables, in JSON and in a search: what KVM cannot see has no value there.
 *
 * @module
 */
import type { Document } from "../cli/explore/verdict.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { run } from "./explore_command.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";

/** A guest that has written its registers, and what is shown of it. */
function script(kernel: string, swap: 0 | 1): string {
  return `arch x86
kernel ${kernel} svm
set protected=sev-es debug_swap=${swap}
guest write dr0 0x1000
guest write dr7 g0=1
run
show dr0 dr6 dr7 rflags
show kvm dr7`;
}

async function printed(...args: string[]): Promise<string> {
  const io = new MemoryIo({});
  assertEquals(await main(["run", ...args], io), 0, io.stderr);
  return io.stdout;
}

/** The rows of a table: a register, and its cells up to the fields. */
function rows(text: string): string[] {
  return text.split("\n").filter((line) => /^ {2}(dr\d|rflags) /.test(line))
    .map((line) => line.trim().split(/\s+/).slice(0, 5).join(" "));
}

// The columns are guest, user, hw and cpu. By x86:A/6.10 and x86:D82 DebugSwap alone has DR0 in the save area.
// x86:D81: KVM's copies, which have their values of the reset, up to 6.9.
const TABLES: readonly (readonly [
  kernel: string,
  swap: 0 | 1,
  rows: readonly string[],
])[] = [
  ["linux-7.2", 1, [
    "dr0 0x1000 – – 0x0",
    "dr6 0xffff0ff0 – – 0xffff0ff0",
    "dr7 0x402 – – 0x400",
    "rflags 0x2 – – –",
  ]],
  ["linux-7.2", 0, [
    "dr0 – – – 0x1000",
    "dr6 0xffff0ff0 – – 0xffff0ff0",
    "dr7 0x402 – – 0x400",
    "rflags 0x2 – – –",
  ]],
  ["linux-6.6", 1, [
    "dr0 0x1000 0x0 – 0x0",
    "dr6 0xffff0ff0 0xffff0ff0 – 0xffff0ff0",
    "dr7 0x402 0x400 – 0x400",
    "rflags 0x2 – – –",
  ]],
];
for (const [kernel, swap, wanted] of TABLES) {
  Deno.test(`the table of an SEV-ES guest on ${kernel}, DebugSwap ${swap}`, async () => {
    const text = await printed("-e", script(kernel, swap));
    assertEquals(rows(text).map((row) => row.replace(/ [A-Z].*$/, "")), wanted);
  });
}

Deno.test("the view of an SEV-ES guest with DebugSwap: each address of the save area, all 64 bits", async () => {
  const address = (n: number) => `0x${n + 1}_0000_${n + 1}000`;
  const text = await printed(
    "-e",
    `arch x86
kernel linux-7.2 svm
set protected=sev-es debug_swap=1
${[0, 1, 2, 3].map((n) => `guest write dr${n} ${address(n)}`).join("\n")}
run
show dr0 dr1 dr2 dr3`,
  );
  assertEquals(
    rows(text).map((row) => row.split(" ")[1]),
    [0, 1, 2, 3].map((n) => address(n).replaceAll("_", "")),
  );
});

interface Cell {
  readonly kind: string;
  readonly value?: string;
  readonly why?: string;
}

Deno.test("the JSON of an SEV-ES guest says why a cell has no value", async () => {
  const text = await printed(
    "--format",
    "json",
    "-e",
    script("linux-7.2", 1),
  );
  const { scenarios: [{ outputs: [{ table }] }] } = JSON.parse(text);
  const cellsOf = (short: string): Record<string, Cell> =>
    table.rows.find((row: { readonly short: string }) => row.short === short)
      .cells;
  const why = "KVM does not see the registers of a protected guest";
  for (const register of ["dr0", "dr6", "dr7"]) {
    const { user, hw } = cellsOf(register);
    assertEquals([user, hw], [{ kind: "none", why }, { kind: "none", why }]);
  }
  assertEquals(cellsOf("dr0").guest.value, "0x1000");
});

Deno.test("the JSON of one without DebugSwap says that the guest shares DR0 with the CPU", async () => {
  const text = await printed("--format", "json", "-e", script("linux-7.2", 0));
  const { scenarios: [{ outputs: [{ table }] }] } = JSON.parse(text);
  assertEquals(table.rows[0].cells.guest, {
    kind: "none",
    why: "without DebugSwap the guest finds what the CPU holds then",
  });
});

/** Two guests of one VM, each with a breakpoint of its own. */
function block(swap: 0 | 1): string {
  const vcpu = (v: number, address: string) =>
    `vcpu ${v} { write dr0 ${address}; write dr7 g0=1; exec ${address}; read dr0 }`;
  return `arch x86
kernel linux-7.2 svm
host cpus=1
set protected=sev-es debug_swap=${swap}
explore {
  ${vcpu(0, "0x1000")}
  ${vcpu(1, "0x2000")}
  user 0 { debug break 0x2000; get dr0 }
  never noticed
}
`;
}

async function verdict(swap: 0 | 1, ...args: string[]) {
  const io = new MemoryIo({ files: { "a.dregs": block(swap) } });
  const json = await run(io, "--format", "json", ...args, "a.dregs");
  return (JSON.parse(json) as Document).verdicts[0];
}

Deno.test("explore: without DebugSwap a guest misses its breakpoint, with every reduction and with none", async () => {
  for (const without of [[], ["--without", "all"]]) {
    const found = await verdict(0, ...without);
    assertEquals(found.outcome, "broken");
    // Its DR7 is never in the CPU: the second entry does not help.
    assertEquals([found.noticed, found.schedule.length], ["missed", 6]);
  }
});

Deno.test("explore: with DebugSwap nothing is noticed, whatever userspace asks for", async () => {
  const found = await verdict(1);
  assertEquals(found.outcome, "holds");
  const [asked] = found.coverage!.lines.filter(({ actor }) => actor === "user");
  // x86:D80.
  assertEquals([asked.done, asked.errno], [0, "EINVAL"]);
  assertEquals((await verdict(1, "--without", "all")).outcome, "holds");
});

Deno.test("explore: the table after a schedule has no value where KVM sees none", async () => {
  const io = new MemoryIo({ files: { "a.dregs": block(0) } });
  const text = await run(io, "a.dregs");
  assertStringIncludes(text, "missed: a bare machine takes db here");
  const [dr1] = rows(text).filter((row) => row.startsWith("dr1"));
  assertEquals(dr1, "dr1 – 0x0 – –");
});
