/**
 * Searches in which the VM is saved and restored: what is lost, and what comes of it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { run, verdictOn } from "./explore_command.ts";

function block(
  program: string,
  { restore = "restore any", never = "lost-over-migration", more = "" } = {},
): string {
  return `arch x86
kernel linux-7.2
explore {
  vcpu 0 { ${program} }
  ${more}
  ${restore}
  never ${never}
}
`;
}

/** Blocks, and what the first one lost; undefined where they hold. */
const BLOCKS: readonly [text: string, lost: string | undefined][] = [
  [block("sti; exec 0x5000"), "lost: interrupt shadow 0x2 → 0x0"],
  [
    block("sti; exec 0x5000", { restore: "restore any vmm=firecracker" }),
    undefined,
  ],
  // A breakpoint is saved, and by one VMM it is not.
  [block("write dr0 0x5000; write dr7 g0=1; exec 0x5000"), undefined],
  [
    block("write dr0 0x5000; exec 0x5000", {
      restore: "restore any vmm=cloud-hypervisor",
    }),
    "lost: DR0 0x5000 → 0x0",
  ],
  [
    block("sti; exec 0x5000", { more: "user 0 { interrupt 0x30 }" }),
    "lost: pending interrupt 0x30 → 0x0",
  ],
  // A debugger is no part of the guest.
  [
    block("exec 0x5000; exec 0x6000", {
      more: "user 0 { debug step; debug off }",
    }),
    undefined,
  ],
  // The access that userspace owes is completed first.
  [block("out 0x80; exec 0x6000"), undefined],
];

for (const [text, lost] of BLOCKS) {
  const [, program] = /vcpu 0 \{ (.*) \}/.exec(text)!;
  Deno.test(`restore: ${program}: ${lost ?? "nothing is lost"}`, async () => {
    const { outcome, schedule } = await verdictOn(text);
    assertEquals(outcome, lost === undefined ? "holds" : "broken");
    if (lost === undefined) return;
    const last = schedule.at(-1)!;
    assertEquals(last.who, "userspace");
    assert(last.notes.includes(lost), last.notes.join("; "));
  });
}

Deno.test("restore: it is what the property needs, and nothing else has it", async () => {
  const text = block("write dr0 0x5000; write dr7 g0=1; exec 0x5000", {
    restore: "restore any vmm=cloud-hypervisor",
    never: "missed",
  });
  const any = await verdictOn(text);
  assertEquals(any.outcome, "broken");
  assert(any.schedule.some(({ who }) => who === "userspace"));
  const none = await verdictOn(text.replace(/restore any.*/, ""));
  assertEquals(none.outcome, "holds");
  const without = text.replace(/restore any.*/, "restore none")
    .replace("never missed", "never missed, lost-over-migration");
  assertEquals((await verdictOn(without)).outcome, "holds");
  const alone = block("sti; exec 0x5000", { restore: "" });
  assertEquals((await verdictOn(alone)).outcome, "broken");
});

Deno.test("restore: QEMU has enabled exception_payload where the kernel has it, other VMMs have not", async () => {
  const text = block("write dr0 0x5000; write dr7 g0=1 gd=1; exec 0x5000");
  assertEquals((await verdictOn(text)).outcome, "holds");
  const older = text.replace("linux-7.2", "linux-4.19");
  assertEquals((await verdictOn(older)).outcome, "holds");
  const said = text.replace(
    "explore",
    "user enable exception_payload\nexplore",
  );
  assertEquals((await verdictOn(said)).outcome, "holds");
  const other = text.replace("any", "any vmm=firecracker");
  assertEquals((await verdictOn(other)).outcome, "broken");
});

Deno.test("restore: a saved schedule enables what the VMM does, and older kernels refuse it", async () => {
  const saved = async (text: string) => {
    const io = new MemoryIo({ files: { "a.dregs": text } });
    await run(io, "--save", "b.dregs", "a.dregs");
    return io;
  };
  const lines = `user enable exception_payload
expect error EINVAL on without exception-payload
`;
  const text = block("sti; exec 0x5000");
  const io = await saved(text);
  assert(io.files.get("b.dregs")!.includes(lines), io.files.get("b.dregs"));
  for (const kernel of ["4.19", "4.20", "7.2"]) {
    assertEquals(await main(["run", "--kernel", kernel, "b.dregs"], io), 1);
    assert(!io.stdout.includes("EINVAL"), io.stdout);
  }
  const said = text.replace(
    "explore",
    "user enable exception_payload\nexplore",
  );
  const own = (await saved(said)).files.get("b.dregs")!;
  assertEquals(own.split("user enable").length, 2, own);
  const other = block("write dr0 0x5000; exec 0x5000", {
    restore: "restore any vmm=cloud-hypervisor",
  });
  assert(!(await saved(other)).files.get("b.dregs")!.includes("enable"));
});

Deno.test("restore: every vCPU is restored at once", async () => {
  // vCPU 1's breakpoint is lost in the restore that follows vCPU 0's program.
  const text = `arch x86
kernel linux-7.2
explore {
  vcpu 0 { exec 0x6000 }
  vcpu 1 { write dr0 0x5000; write dr7 g0=1; exec 0x5000 }
  restore any vmm=cloud-hypervisor
  preempt none
  never missed
}
`;
  const { outcome, schedule } = await verdictOn(text);
  assertEquals(outcome, "broken");
  const restores = schedule.filter(({ who }) => who === "userspace");
  assertEquals(restores.length, 1);
});

Deno.test("restore: a schedule replays as a scenario, which fails where it breaks", async () => {
  const io = new MemoryIo({
    files: { "a.dregs": block("write dr0 0x5000; sti; exec 0x6000") },
  });
  await run(io, "--save", "b.dregs", "a.dregs");
  const saved = io.files.get("b.dregs")!;
  assert(saved.includes("user save as saved1\nuser restore saved1"), saved);
  assertEquals(await main(["run", "b.dregs"], io), 1);
  const mended = saved.replace(
    "save as saved1",
    "save as saved1 vmm=firecracker",
  );
  const other = new MemoryIo({ files: { "c.dregs": mended } });
  assertEquals(await main(["run", "c.dregs"], other), 0);
});

Deno.test("restore: where nothing can be lost there is a warning", async () => {
  const io = new MemoryIo({ files: { "a.dregs": block("exec 0x5000") } });
  const text = await run(io, "a.dregs");
  assert(
    (text + io.stderr).includes("saved where no vCPU has anything to lose"),
    text,
  );
});

Deno.test("restore: a known loss does not end the search", async () => {
  const text = block("sti; exec 0x5000", {
    more: 'known "shadow" { kind lost-over-migration; rule "D111" }',
  });
  const { outcome, known } = await verdictOn(text);
  assertEquals(outcome, "holds");
  assertEquals(known.map(({ name }) => name), ["shadow"]);
});

Deno.test("restore: random schedules have it too", async () => {
  const text = block("sti; exec 0x5000");
  const { outcome } = await verdictOn(text, "--simulate", "400");
  assertEquals(outcome, "broken");
});
