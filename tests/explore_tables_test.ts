/**
 * The tables below a schedule: those of `run`, with the bare machine's column where the guest would read something else.
 */
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import type { Document } from "../cli/explore/verdict.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** What is printed below the schedule that breaks a block: from the line that names the vCPU and the CPU. */
async function below(text: string): Promise<readonly string[]> {
  const io = new MemoryIo({ files: { "a.dregs": text } });
  assertEquals(await main(["explore", "a.dregs"], io), 1, io.stderr);
  const lines = io.stdout.trimEnd().split("\n");
  const start = lines.findLastIndex((line) => /^ {2}vCPU \d/.test(line));
  return lines.slice(start);
}

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

/** Blocks whose last step is of userspace, on a host with one CPU, and what its column cpu has. */
const USERSPACE: readonly [text: string, cpu: Record<string, string>][] = [
  [
    `arch x86
kernel linux-6.1 vmx
host cpus=1
set vcpus=2
explore {
  vcpu 0 { exec 0x1000 }
  vcpu 1 { exec 0x2000 }
  user 1 { set dr0 0x5000 }
  always expect user@1 dr0 == 0
}
`,
    // As at reset: Intel SDM, "IA-32 and Intel 64 Processor States Following Power-up" (from memory).
    {
      dr0: "0x0",
      dr1: "0x0",
      dr2: "0x0",
      dr3: "0x0",
      dr6: "0xffff0ff0",
      dr7: "0x400",
    },
  ],
  [
    `arch arm64
host cpus=1
set vcpus=2
explore {
  vcpu 0 { exec 0x1000 }
  vcpu 1 { exec 0x2000 }
  user 1 { set dbgbvr0 0x5000 }
  always expect user@1 dbgbvr0 == 0
}
`,
    { dbgbvr0: "0x0" },
  ],
];

for (const [text, cells] of USERSPACE) {
  const arch = text.slice(0, text.indexOf("\n"));
  Deno.test(`explore: after a step of userspace, the CPU is the vCPU's (${arch})`, async () => {
    const [place, heads, ...rows] = await below(text);
    assertStringIncludes(place, "vCPU 1 on CPU 0");
    const columns = heads.trim().split(/\s{2,}/);
    const found = rows.map((row) => row.trim().split(/\s{2,}/));
    assertEquals(
      Object.fromEntries(
        found.map(([name, ...row]) => [name, row[columns.indexOf("cpu")]]),
      ),
      cells,
    );
  });
}

Deno.test("explore: steps have their vCPU and CPU as numbers", async () => {
  const steps = async (text: string) => {
    const io = new MemoryIo({ files: { "a.dregs": text } });
    await main(["explore", "--format", "json", "a.dregs"], io);
    const [{ schedule }] = (JSON.parse(io.stdout) as Document).verdicts;
    return schedule.map(({ who, vcpu, cpu }) => ({ who, vcpu, cpu }));
  };
  assertEquals(await steps(USERSPACE[0][0]), [
    { who: "userspace of vCPU 1", vcpu: 1, cpu: null },
  ]);
  const both = await steps(`arch x86
kernel linux-4.4 vmx
host cpus=2
explore {
  vcpu 0 { exec 0x1000 }
  host 1 { break 0x2000 }
  always expect cpu@1 dr0 == 0
}
`);
  assertEquals(both.at(-1), { who: "host on CPU 1", vcpu: null, cpu: 1 });
});
