import { answer, links } from "../testing_why.ts";
import { assert, assertEquals } from "@std/assert";

/** What `why` says of a guest's value that a bare machine would have otherwise. */
const DIVERGED: readonly [name: string, script: string, value: string][] = [
  [
    "userspace stops debugging, and takes the guest's TF away",
    `arch x86; kernel linux-7.2
guest popf tf=1
guest exec 0x2000
user debug step
run steps=1
user debug off
run attempts=0
why guest rflags.tf`,
    "0; 1 on a bare machine, since `user debug off` at why:6:1: vcpu 0 decide: guest RFLAGS 0x102 → 0x2 (x86:D30)",
  ],
  [
    "userspace's registers are what the next entry loads (the window)",
    `arch x86; kernel linux-7.2 vmx
guest write dr0 0x1000
run attempts=1
user debug break 0x4000
run attempts=0 stop=guest
why guest dr0`,
    "0x4000; 0x0 on a bare machine, since `user debug break 0x4000` at why:4:1: vcpu 0 write: kvm eff_db0 0x0 → 0x4000, from user DR0 (x86:D29)",
  ],
  [
    "a breakpoint is missed (2016), by the instruction that should have hit it",
    `arch x86; kernel linux-4.4 vmx
host cpus=1
set vcpus=2
guest write dr0 0x1000
guest write dr7 g0=1
guest exec 0x1000
guest exec 0x2000
run steps=2
run @1 attempts=0 stop=guest
interrupt @1
put @1
run
guest exec 0x3000
run
why guest dr6.b0`,
    "0; 1 on a bare machine, since `guest exec 0x1000` at why:6:1, in `run` at why:12:1: vcpu 0 miss: the guest's breakpoint 0 matches, but the CPU's DR0 holds 0x0 (x86:C/4)",
  ],
  [
    "bits that are not asked about do not count",
    `arch x86; kernel linux-4.4 vmx
host cpus=1
set vcpus=2
guest write dr0 0x1000
guest write dr7 g0=1
guest exec 0x1000
run steps=2
run @1 attempts=0 stop=guest
interrupt @1
put @1
run
why guest dr6.bs`,
    "0",
  ],
  [
    "userspace's MDSCR_EL1 is the guest's for one load (5.0)",
    `kernel linux-5.0
guest read mdscr
user debug break 0x4000
run attempts=0 stop=guest
why guest mdscr.mde`,
    "1; 0 on a bare machine, since `user debug break 0x4000` at why:3:1: vcpu 0 decide: kvm guest_debug 0x0 → 0x20001 (arm64:B3)",
  ],
  [
    "a vCPU that is not the first, whose run is not the last",
    `arch x86; kernel linux-7.2 vmx
host cpus=2
set vcpus=2
guest@1 write dr0 0x1000
run @1 attempts=1
user@1 debug break 0x4000
run @1 attempts=0 stop=guest
guest exec 0x2000
run @0 cpu=1
why guest@1 dr0`,
    "0x4000; 0x0 on a bare machine, since `user@1 debug break 0x4000` at why:6:1: vcpu 1 write: kvm eff_db0 0x0 → 0x4000, from user DR0 (x86:D29)",
  ],
];

for (const [name, script, value] of DIVERGED) {
  Deno.test(`why guest: since when a bare machine has another value: ${name}`, () => {
    assertEquals(answer(script).value, value);
  });
}

Deno.test("why guest: nothing is said of a bare machine that has the same", () => {
  const { value } = answer(`arch x86; kernel linux-7.2
guest popf tf=1
guest exec 0x2000
why guest rflags`);
  assert(!value.includes("bare"), value);
});

/** What led to a value of a bare machine. */
const CHAINS: readonly [name: string, script: string, links: string[]][] = [
  [
    "a hit, back to what armed it, though KVM missed it",
    `arch x86; kernel linux-4.4 vmx
host cpus=1
set vcpus=2
guest write dr0 0x1000
guest write dr7 g0=1
guest exec 0x1000
run steps=2
run @1 attempts=0 stop=guest
interrupt @1
put @1
run
why bare dr6.b0`,
    [
      "x86:A/3 bare DR6: run",
      "x86:A1 hit: guest exec 0x1000",
      "x86:A/2 bare DR7: guest write dr7 g0=1",
      "x86:A/1 bare DR0: guest write dr0 0x1000",
    ],
  ],
  [
    "what userspace wrote to the guest's registers",
    `arch x86; kernel linux-7.2
user set dr2 0x2000
guest exec 0x1000
run
why bare dr2`,
    ["x86:D35 bare DR2: user set dr2 0x2000"],
  ],
  [
    "by the guest's number, where KVM keeps it by another (arm64)",
    `set brps=4 ctx=2
user set dbgbvr2 0x5678
guest write dbgbvr0 0x1234
run
why bare dbgbvr2`,
    ["arm64:E/1.26 bare DBGBVR2_EL1: user set dbgbvr2 0x5678"],
  ],
  [
    "what the guest wrote, of another vCPU than the first",
    `kernel linux-7.2
set vcpus=2
guest@1 write mdscr kde=1
run @1
guest exec 0x1000
run @0
why bare@1 mdscr.kde`,
    ["arm64:A/1 bare MDSCR_EL1: guest@1 write mdscr kde=1"],
  ],
  [
    "a register that nothing happened to",
    "guest exec 0x1000; run; why bare dbgbvr1",
    [],
  ],
];

for (const [name, script, expected] of CHAINS) {
  Deno.test(`why bare: ${name}`, () => {
    assertEquals(links(answer(script)), expected);
  });
}

Deno.test("kernel bare: why guest goes from DR6 to the hit, as under KVM", () => {
  const script = (view: string) =>
    `arch x86; kernel bare
guest write dr0 0x1000
guest write dr7 g0=1
guest exec 0x1000
run
why ${view} dr6.b0`;
  const rules = (view: string) =>
    answer(script(view)).chain.map(({ event }) => event.rule);
  const expected = ["x86:A/3", "x86:A1", "x86:A/2", "x86:A/1"];
  assertEquals(rules("guest"), expected);
  assertEquals(rules("bare"), expected);
});

Deno.test("bare: what userspace sends a guest does not move its bare machine on", () => {
  const seen = (...events: string[]) => {
    const { value, chain } = answer(`arch x86; kernel linux-6.1
guest write dr0 0xc01000
guest write dr7 g0=1 rw0=access
guest load 0xc01000 size=1
run
# KVM completes the load and misses the breakpoint; on the bare machine its #DB is due.
run attempts=0
${events.join("\n")}
why bare dr6.b0`);
    return [value, chain.length > 0];
  };
  for (const event of ["user interrupt 0x30", "user nmi"]) {
    assertEquals(seen(event), ["0", false]);
    assertEquals(seen(event, "guest exec 0x9000", "run"), ["1", true]);
  }
});
