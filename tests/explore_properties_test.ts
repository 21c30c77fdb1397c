import { assertEquals } from "@std/assert";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import type { Document, Verdict } from "../cli/explore/verdict.ts";

/** The verdict on a text with one block. */
async function verdictOn(text: string): Promise<Verdict> {
  const io = new MemoryIo({ files: { "a.dregs": text } });
  await main(["explore", "--format", "json", "a.dregs"], io);
  return (JSON.parse(io.stdout) as Document).verdicts[0];
}

/** Writes that an exception keeps from being executed: the guest's handler goes on after them. */
const SKIPPED: readonly [what: string, text: string][] = [
  [
    "arm64, from EL0",
    `arch arm64
kernel linux-6.1
explore {
  vcpu 0 { write dbgbvr0 0x1000 el=0; read dbgbvr0 }
  never leak, stale
}`,
  ],
  [
    "arm64, a breakpoint at it",
    `arch arm64
kernel linux-7.2
explore {
  vcpu 0 {
    write pstate d=0
    write dbgbvr0 0x40080014
    write dbgbcr0 0x1e7
    write mdscr 0xa000
    isb
    write dbgbvr1 0x1000 at=0x40080014
    read dbgbvr1
  }
  never leak, stale
}`,
  ],
  [
    "x86, from CPL 3",
    `arch x86
kernel linux-6.1
explore {
  vcpu 0 { write dr0 0x1000 cpl=3; read dr0 }
  never leak, stale
}`,
  ],
];

for (const [what, text] of SKIPPED) {
  Deno.test(`stale: a write that was not executed is no write (${what})`, async () => {
    const { outcome, broken } = await verdictOn(text);
    assertEquals([outcome, broken], ["holds", []]);
  });
}
