import { assert, assertEquals } from "@std/assert";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

/** The rules that the events of the whole catalogue cite under a kernel. */
async function cited(kernel: string): Promise<Set<string>> {
  const io = new MemoryIo({ under: denoIo() });
  await main(["run", "--kernel", kernel, "--trace", "builtin:x86"], io);
  const rules = io.stdout.matchAll(/^ *(x86:[A-Z]\.?\d+[a-z]?) /gm);
  return new Set([...rules].map(([, rule]) => rule));
}

/** Later rules that an old kernel's events cite, having none of their own for it, and some that it has. */
const KERNELS: readonly [
  kernel: string,
  later: readonly string[],
  own: readonly string[],
][] = [
  [
    "kiszka-2008",
    ["x86:D15", "x86:D26", "x86:D30"],
    [
      "x86:B9",
      "x86:B10",
      "x86:B11",
      "x86:B12",
      "x86:B13",
      "x86:B17",
      "x86:B28",
    ],
  ],
  [
    "linux-4.4",
    [
      "x86:D.10",
      "x86:D.13",
      "x86:D1",
      "x86:D11",
      "x86:D12",
      "x86:D15",
      "x86:D19",
      "x86:D21",
      "x86:D25",
      "x86:D26",
      "x86:D27",
      "x86:D29",
      "x86:D30",
      "x86:D35",
    ],
    ["x86:C3", "x86:C4", "x86:C7", "x86:C8"],
  ],
];

for (const [kernel, later, own] of KERNELS) {
  Deno.test(`${kernel}: events cite the rules of its own section, where it has them`, async () => {
    const rules = await cited(kernel);
    const found = [...rules].filter((rule) => /^x86:D\.?\d/.test(rule));
    assertEquals(found.toSorted(), [...later].toSorted());
    for (const rule of own) assert(rules.has(rule), rule);
  });
}
