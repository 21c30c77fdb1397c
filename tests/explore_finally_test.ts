import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../cli/main.ts";
import type { Document } from "../cli/explore/verdict.ts";
import { MemoryIo } from "../cli/memory_io.ts";

/** A block, what its schedule has besides what vCPUs do in runs, and what fails in the saved scenario. */
interface Case {
  readonly title: string;
  readonly kernel: string;
  readonly block: string;
  readonly acts: readonly string[];
  readonly leftOut: number;
  readonly fails: string;
}

const CASES: readonly Case[] = [
  {
    // Under USE_HW_BP KVM completes the write, without it the guest tries again.
    title: "debugging that ends, where the write needs another try without it",
    kernel: "linux-7.2",
    block: `vcpu 0 { write dr0 0x1000; exec 0x2000 }
  user 0 { debug break 0x3000; debug off }
  finally expect guest dr0 == 0x2000`,
    acts: [],
    // Two of userspace's, and the first try comes instead.
    leftOut: 1,
    fails: "DR0 is 0x1000",
  },
  {
    title: "debugging before what userspace writes, which stays",
    kernel: "linux-7.2",
    block: `vcpu 0 { exec 0x2000 }
  user 0 { debug step; debug off; set dr1 0x3000; debug break 0x5000; debug off }
  finally expect user dr1 == 0x4000`,
    acts: ["user: set dr1 0x3000"],
    // Four of userspace's; a step ends KVM_RUN, and without it the program's end does, in a step of its own.
    leftOut: 3,
    fails: "DR1 is 0x3000",
  },
  {
    title: "what a raw control word begins and ends",
    kernel: "linux-7.2",
    block: `vcpu 0 { exec 0x2000 }
  user 0 { debug raw control=0x3; debug raw control=0 }
  finally expect guest dr0 == 0x4000`,
    acts: [],
    // The same.
    leftOut: 1,
    fails: "DR0 is 0x0",
  },
  {
    title: "a host's breakpoint that was removed again, on the CPU asked about",
    kernel: "linux-7.2",
    block: `vcpu 0 { exec 0x2000 }
  host 0 { break 0x9000; off; break 0xa000 }
  finally expect cpu dr0 == 0x9000`,
    acts: ["host: break 0xa000"],
    // All of vCPU 0's are too.
    leftOut: 6,
    fails: "DR0 is 0xa000",
  },
  {
    title: "but not what the value comes from",
    kernel: "linux-7.2",
    // The read traps, and is done with userspace's registers, which KVM saves as the guest's.
    block: `vcpu 0 { write dr1 0x1000; read dr1 }
  user 0 { debug break 0x3000; debug off }
  finally expect guest dr1 == 0x1000`,
    acts: ["user: debug break 0x3000", "user: debug off"],
    leftOut: 0,
    fails: "DR1 is 0x0",
  },
  {
    title:
      "nor what stays on, without which the registers would be the guest's",
    kernel: "linux-7.2",
    block: `vcpu 0 { exec 0x2000 }
  user 0 { debug break 0x3000 }
  finally expect guest dr0 == 0x4000`,
    acts: ["user: debug break 0x3000"],
    leftOut: 0,
    fails: "DR0 is 0x0",
  },
  {
    // Without it the store, which KVM emulates, misses the guest's breakpoint.
    title: "nor what keeps a known failure from happening",
    kernel: "linux-7.2",
    block:
      `vcpu 0 { write dr7 g0=1 rw0=write len0=bytes4; store 0xc00000 size=4 }
  user 0 { set dr0 0xc00000; debug break 0x3000; debug off }
  signals none
  never noticed
  known "device" { kind missed }
  finally expect guest dr1 == 0x5000`,
    acts: [
      "user: set dr0 0xc00000",
      "user: debug break 0x3000",
      "user: debug off",
    ],
    leftOut: 0,
    fails: "DR1 is 0x0",
  },
  {
    title: "on arm64",
    kernel: "linux-6.12",
    block: `vcpu 0 { write dbgbvr0 0x1000 }
  user 0 { debug break 0x3000; debug off }
  finally expect guest dbgbvr0 == 0x2000`,
    acts: [],
    leftOut: 2,
    fails: "DBGBVR0_EL1 is 0x1000",
  },
];

Deno.test("explore: without the debugging a guest does what it did with it", async () => {
  // Only while KVM completes the write is that way the shorter one.
  const text = `arch x86
kernel linux-7.2
host cpus=1
explore {
  vcpu 0 { either { write dr0 0x1000 } or { exec 0x2000; exec 0x2100 } }
  user 0 { debug break 0x3000; debug off }
  finally expect guest dr1 == 0x5000
}
`;
  const io = new MemoryIo({ files: { "a.dregs": text } });
  const args = ["explore", "--format", "json", "a.dregs"];
  assertEquals(await main(args, io), 1, io.stderr);
  const { verdicts: [{ schedule }] } = JSON.parse(io.stdout) as Document;
  assertEquals(
    schedule.map(({ what }) => what).filter((what) => /^\w+: /.test(what)),
    ["guest: write dr0 0x1000", "guest: write dr0 0x1000"],
  );
});

for (const { title, kernel, block, acts, leftOut, fails } of CASES) {
  Deno.test(`explore: a schedule to an end has no debugging without a part in it: ${title}`, async () => {
    const arch = title === "on arm64" ? "arm64" : "x86";
    const text = `arch ${arch}
kernel ${kernel}
host cpus=1
explore {
  ${block}
}
`;
    const io = new MemoryIo({ files: { "a.dregs": text } });
    const args = ["explore", "--format", "json", "a.dregs"];
    assertEquals(await main(args, io), 1, io.stderr);
    const { verdicts: [verdict] } = JSON.parse(io.stdout) as Document;
    assertEquals(
      verdict.schedule.map(({ what }) => what).filter((what) =>
        /^(user|host):/.test(what)
      ),
      acts,
    );
    assertEquals(verdict.leftOut, leftOut);
    // The search went on to the end of the longer one.
    assertEquals(verdict.schedule.length + leftOut, verdict.depth);
    const saved = new MemoryIo({ files: { "b.dregs": verdict.scenario! } });
    assertEquals(await main(["run", "b.dregs"], saved), 1, saved.stdout);
    assertStringIncludes(saved.stdout, fails);
  });
}
