import { assert, assertEquals } from "@std/assert";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

const MAINLINE = ["linux-6.1", "linux-6.12"];
const BEFORE_OWNERS = ["bennee-v2", "bennee-v3", "watanabe-v7", ...MAINLINE];
const ALL = [...BEFORE_OWNERS, "linux-7.2"];

/** A guest that has its own registers renumbered, where a kernel does that. */
const FEWER = "host brps=6 ctx=2 wrps=4; set brps=4 ctx=2; expect ok";

/** What happens, and the rule that is about it. */
const EVENTS: readonly (readonly [
  kernels: readonly string[],
  script: string,
  rule: string,
  event: RegExp,
])[] = [
  [BEFORE_OWNERS, "run", "arm64:E/1.25", /^in +vcpu_load/],
  [BEFORE_OWNERS, "run", "arm64:E/1.25", /^out +vcpu_put/],
  [["linux-7.2"], "run", "arm64:E/2.1", /^in +vcpu_load/],
  [["linux-7.2"], "run", "arm64:E/2.6", /^out +vcpu_put/],
  [ALL, "run", "arm64:E/1.28", /^load +cpu 0 MDCR_EL2/],
  [ALL, "run", "arm64:E/1.28", /^restore +cpu 0 MDCR_EL2/],
  [
    ALL,
    "user set mdscr_el1 mde=1; run",
    "arm64:E/1.29",
    /^load +cpu 0 MDSCR_EL1/,
  ],
  [ALL, "user set dbgbvr0 0x1000", "arm64:E/1.26", /^write +guest DBGBVR0_EL1/],
  [
    ALL,
    "user set dbgbvr0 0x1000; user init",
    "arm64:E/1.30",
    /^reset +guest DBGBVR0_EL1 0x1000 → 0x0/,
  ],
  [
    ["linux-6.1", "linux-7.2"],
    "user set oslsr 0xa; user init",
    "arm64:E/1.30",
    /^reset +guest OSLSR_EL1 0xa → 0x8/,
  ],
  [
    ALL,
    "user debug raw control=0xc0000001",
    "arm64:B2",
    /^refuse .*control bits 0xc0000000 are not known/,
  ],
  [
    ["linux-6.1"],
    "host model=cortex-a57; guest write dbgbvr0 0x7_0000_1000; run",
    "arm64:E/1.10",
    /^write +DBGBVR0_EL1: 0x700001000 by kvm, at 0x40080000/,
  ],
  [
    ["linux-6.1"],
    "host model=cortex-a57; user set dbgbvr0 0x7_0000_1000; guest read dbgbvr0; run",
    "arm64:E/1.10",
    /^read +DBGBVR0_EL1: 0x700001000 by kvm, at 0x40080000/,
  ],
  [ALL, "host break 0x7000", "arm64:E/4", /^write +cpu 0 DBGBVR0_EL1/],
  [ALL, "guest store 0x10000000; run", "arm64:E/1.27", /^return +exit mmio/],
  [ALL, "guest svc; run", "arm64:A/8.1", /^take +svc/],
  [ALL, "guest write oslar_el1 1; run", "arm64:A/15", /^write +OSLAR_EL1/],
  [
    [...MAINLINE, "linux-7.2", "watanabe-v7"],
    "guest read id_aa64dfr0_el1; run",
    "arm64:E/1.24",
    /^trap +read ID_AA64DFR0_EL1/,
  ],
  [
    [...MAINLINE, "linux-7.2", "watanabe-v7"],
    "user set oslsr_el1 0x1",
    "arm64:E/1.15",
    /^refuse/,
  ],
  [
    ["bennee-v2", "bennee-v3"],
    "user get id_aa64dfr0_el1",
    "arm64:E/1.19",
    /^refuse/,
  ],
  [["bennee-v2"], "run", "arm64:B8", /^decide +kvm mdcr_el2/],
  [
    ["linux-6.1", "linux-6.12"],
    "guest write mdscr mde=1; run attempts=2 stop=guest",
    "arm64:E/1.10",
    /^(decide|force) +kvm dirty 0x0 → 0x1/,
  ],
  [
    ["linux-4.4", "linux-6.1", "linux-6.12"],
    "user set mdscr mde=1; run",
    "arm64:E/1.6",
    /^(decide|force) +kvm dirty 0x0 → 0x1/,
  ],
  [
    ["linux-4.4", "linux-6.1", "linux-6.12", "bennee-v3", "watanabe-v7"],
    "guest write dbgbvr0 0x1000; run",
    "arm64:E/1.10",
    /^decide +kvm dirty 0x0 → 0x1/,
  ],
  [
    ["bennee-v2"],
    "guest write dbgbvr0 0x1000; run",
    "arm64:C8",
    /^decide +kvm dirty 0x0 → 0x1/,
  ],
  [
    ["linux-6.14", "linux-7.2"],
    "guest read dbgbvr0; run",
    "arm64:E/2.3",
    /^decide +kvm owner 0x0 → 0x2/,
  ],
  [
    ["linux-6.14", "linux-7.2"],
    "user set mdscr mde=1; run",
    "arm64:E/2.1",
    /^decide +kvm owner 0x0 → 0x2/,
  ],
  [
    ["linux-6.1", "linux-6.12"],
    "guest write dbgbvr0 0x1000; run",
    "arm64:E/1.8",
    /^\w+ +kvm dirty 0x1 → 0x0/,
  ],
  [ALL, "guest write pstate d=0; run", "arm64:A/13", /^write +guest PSTATE/],
  [
    ["watanabe-v7", ...MAINLINE],
    "user set mdscr_el1 tdcc=1; user debug step; guest isb; run",
    "arm64:E/1.4",
    /^save +kvm saved_mdscr_el1/,
  ],
  [
    ["watanabe-v7"],
    `${FEWER}; guest write dbgwcr0 e=1; run`,
    "arm64:D29",
    /^write +DBGWCR0_EL1/,
  ],
  [
    ["watanabe-v7"],
    `${FEWER}; guest write dbgwvr0 0x1000; run`,
    "arm64:D30",
    /^write +DBGWVR0_EL1/,
  ],
  [
    ["watanabe-v7"],
    `${FEWER}; guest write mdscr_el1 mde=1; run`,
    "arm64:E/1.10",
    /^write +MDSCR_EL1/,
  ],
  [
    ["watanabe-v7"],
    "set wrps=2; guest read dbgwcr3; run",
    "arm64:D29",
    /^inject +undef/,
  ],
];

for (const [kernels, script, rule, event] of EVENTS) {
  for (const kernel of kernels) {
    Deno.test(`${kernel}: ${script}: ${event.source} is ${rule}`, async () => {
      const io = new MemoryIo({ under: denoIo() });
      const text = `arch arm64; kernel ${kernel}; ${script}`;
      await main(["run", "--trace", "-e", text], io);
      const lines = io.stdout.split("\n").filter((line) => {
        const told = /^ +arm64:\S+ +\w+(?: \d)? +(\w+ .*)$/.exec(line)?.[1];
        return told !== undefined && event.test(told);
      });
      assert(lines.length > 0, io.stdout + io.stderr);
      const cited = new Set(lines.map((line) => line.trim().split(" ")[0]));
      assertEquals([...cited], [rule], lines.join("\n"));
    });
  }
}
