/** Whose breakpoint hits: in the text of the event, in `run --trace`, in `explore` and in JSON. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { run as explore } from "./explore_command.ts";

const X86_GUEST = `guest write dr1 0x1000
guest write dr7 g1=1
guest exec 0x1000
run`;

const ARM64_GUEST = `guest write dbgwvr2 0x2000
guest write dbgwcr2 e=1 pac=3 lsc=2 bas=0xf
guest write mdscr mde=1 kde=1
guest write pstate d=0
guest store 0x2000 size=4
run`;

/** The host's address stays in DR0 when a guest with a breakpoint there enters without loading its own. */
const X86_HOST = `user set dr0 0x5000
guest write dr7 g0=1 rw0=write len0=bytes4
guest store 0x1000 size=4
run attempts=1
user debug step
run steps=1
run attempts=0 stop=exit
host break 0x1000
run attempts=0 stop=guest
run steps=1`;

/** Breakpoints that the emulator compares itself: the debugger's, and the guest's own beside it. */
const EMULATED = `user debug break 0x5000
guest store 0xc00000 at=0x5000
run
user set rflags rf=1
run`;

const CASES: readonly (readonly [
  arch: string,
  kernel: string,
  lines: string,
  hits: readonly (readonly [what: string, owner: string])[],
])[] = [
  ["x86", "linux-6.1", X86_GUEST, [["DR1, at rip 0x1000", "guest"]]],
  ["x86", "bare", X86_GUEST, [["DR1, at rip 0x1000", "guest"]]],
  ["x86", "linux-5.4", EMULATED, [
    ["the debugger's breakpoint 0, at rip 0x5000", "userspace"],
    ["the debugger's breakpoint 0, at rip 0x5000", "userspace"],
  ]],
  [
    "x86",
    "linux-6.1 svm",
    `host model=tcg
user debug break 0x7000
guest write dr0 0x5000
guest write dr7 0x402
guest read dr1 at=0x5000
run`,
    [["DR0, at rip 0x5000", "guest"]],
  ],
  ["x86", "linux-4.4", X86_HOST, [
    ["the host's breakpoint 0, at rip 0x110003", "host"],
  ]],
  ["arm64", "linux-6.1", ARM64_GUEST, [["DBGWCR2_EL1", "guest"]]],
  ["arm64", "linux-7.2", ARM64_GUEST, [["DBGWCR2_EL1", "guest"]]],
  ["arm64", "bare", ARM64_GUEST, [["DBGWCR2_EL1", "guest"]]],
  ...["bennee-v2", "linux-6.1", "linux-7.2"].map((kernel) =>
    [
      "arm64",
      kernel,
      `user debug watch 0x2000 size=4
guest store 0x2000 size=4
run`,
      [["the debugger's watchpoint 0", "userspace"]],
    ] as const
  ),
];

for (const [arch, kernel, lines, hits] of CASES) {
  Deno.test(`hit: ${hits[0].join(" is ")}'s, on ${kernel} of ${arch}`, async () => {
    const text = `arch ${arch}\nkernel ${kernel}\n${lines}\n`;
    const io = new MemoryIo({ files: { "a.dregs": text } });
    assertEquals(await main(["run", "--trace", "a.dregs"], io), 0, io.stdout);
    const told = [...io.stdout.matchAll(/ vcpu 0 +hit +(.*)/g)];
    assertEquals(told.map(([, what]) => what), hits.map(([what]) => what));
    const there = new MemoryIo({ files: { "a.dregs": text } });
    await main(["run", "--trace", "--format", "json", "a.dregs"], there);
    const owners = [...there.stdout.matchAll(/"kind":\s*"hit"[^}]*/g)].map((
      [event],
    ) => /"owner":\s*"(\w+)"/.exec(event)?.[1]);
    assertEquals(owners, hits.map(([, owner]) => owner));
  });
}

Deno.test("hit: explore and the report page name the owner in the same words", async () => {
  const text = `arch x86
kernel linux-4.4
user set dr0 0x5000
explore {
  vcpu 0 {
    write dr7 g0=1 rw0=write len0=bytes4
    store 0x1000 size=4
  }
  host 0 { break 0x1000 }
  user 0 { debug step }
  preempt none
  never stray
}
`;
  const io = new MemoryIo({ files: { "a.dregs": text }, under: denoIo() });
  const said = await explore(io, "a.dregs");
  assertStringIncludes(said, "the host's breakpoint 0 hits");
  const own = `arch x86\nkernel linux-4.4\n${X86_HOST}\n`;
  io.files.set("b.dregs", own);
  await main(["report", "b.dregs", "--format", "json", "-o", "b.json"], io);
  const what = "the host's breakpoint 0, at rip 0x110003";
  assertStringIncludes(io.files.get("b.json") ?? io.stderr, what);
});
