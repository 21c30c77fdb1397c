/** `dregs bisect`: which kernels it compares, what it says, and what is wrong. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../cli/main.ts";
import { denoIo } from "../cli/io.ts";
import { MemoryIo } from "../cli/memory_io.ts";

interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function bisect(
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const io = new MemoryIo({ files, under: denoIo() });
  const status = await main(["bisect", ...args], io);
  return { status, out: io.stdout, err: io.stderr };
}

/** Lines joined, so that where they break does not matter. */
function flat(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** The bug of 2016, alone and beside a breakpoint of the host's. */
const BUG = `arch x86
kernel linux-4.9
scenario "two vCPUs" {
  set vcpus=2
  guest@0 write dr0 0x1000
  guest@0 write dr7 g0=1
  run @0
  guest@1 write dr0 0x2000
  guest@1 write dr7 g0=1
  run @1
  guest@0 exec 0x1000
  run @0
  expect exception db rip=0x1000
}
scenario "the host has one too" {
  host@0 watch 0x7000 size=8
  guest write dr0 0x1000
  guest write dr7 g0=1
  run steps=2 stop=exit
  interrupt
  guest exec 0x1000
  run
  expect exception db rip=0x1000
}
`;

Deno.test("bisect: the bug of 2016 is its commit, and the workaround is not enough beside a breakpoint of the host's", async () => {
  const { status, out } = await bisect(["bug.dregs"], { "bug.dregs": BUG });
  assertEquals(status, 0, out);
  const [alone, host, across] = out.split(/^(?=the host|applying)/m).map(flat);
  for (const text of [alone, host]) {
    assertStringIncludes(text, "fails 4.4 | holds since 4.5");
    assertStringIncludes(text, "linux-4.4 fails, linux-4.5 holds");
    assertStringIncludes(text, "commit 70e4da7a8ff6: KVM: x86: fix root cause");
    assertStringIncludes(
      text,
      "stable: 4.4.5 seen in the stable queue of 4.4.5",
    );
    assertStringIncludes(text, "linux-4.4 with root-cause-fix holds");
    assertStringIncludes(text, "linux-4.5 without root-cause-fix fails:");
  }
  assertStringIncludes(alone, "any one of 2 sets of changes");
  assertStringIncludes(alone, "linux-4.4 with reload-at-load holds");
  assertStringIncludes(alone, "no counter-check: linux-4.5 does not have it");
  assertStringIncludes(host, "1 change makes the difference");
  assertStringIncludes(
    host,
    "not enough: reload-at-load alone, as reload-2016 has it",
  );
  assertStringIncludes(host, "linux-4.4 with reload-at-load fails:");
  assertStringIncludes(
    across,
    "applying reload-at-load fixes two vCPUs, but not the host has one too:",
  );
});

/** The bug of 2016, searched. */
const SEARCHED = `arch x86
kernel linux-4.4
host cpus=1
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000 }
  vcpu 1 { write dr0 0x2000; write dr7 g0=1; exec 0x2000 }
  never missed
}
`;

Deno.test("bisect: where several changes fix what is asked, a block of the catalogue tells them apart", async () => {
  const files = { "own.dregs": SEARCHED, "bug.dregs": BUG };
  const last =
    "applying reload-at-load fixes own, but not builtin:explore/host_breakpoint: " +
    "The workaround of 2016 reloads at vcpu_load, and misses again once the host has a breakpoint of its own: " +
    "the exit puts the host's addresses into the CPU, and the next entry loads nothing. " +
    "linux-4.4 with reload-at-load fails: missed, after 10 steps linux-4.4 with root-cause-fix holds";
  const { status, out } = await bisect(["own.dregs"], files);
  assertEquals(status, 0, out);
  assertStringIncludes(flat(out), "any one of 2 sets of changes");
  assert(flat(out).trimEnd().endsWith(last), out);
  const json = await bisect(["--format", "json", "own.dregs"], files);
  assertEquals(JSON.parse(json.out).across, [{
    changes: [{ action: "apply", name: "reload-at-load" }],
    mends: { name: "own", source: "own.dregs" },
    notEnoughFor: {
      name: "host_breakpoint",
      source: "builtin:explore/host_breakpoint.dregs",
    },
    trial: {
      kernel: "linux-4.4 with reload-at-load",
      outcome: "fails",
      why: "missed, after 10 steps",
    },
  }]);
  // A scenario of the same call has told it: nothing is said twice.
  const both = await bisect(["bug.dregs"], files);
  assert(!both.out.includes("builtin:"), both.out);
  // One change is one answer.
  const one = await bisect(["--filter", "host", "bug.dregs"], files);
  assert(!one.out.includes("applying"), one.out);
});

/** A #DB exit has DR6.RTM since 5.7 with VMX; with SVM it always had. */
const NEWER = `arch x86
kernel linux-4.20
user debug step
guest exec 0x1000
run
expect exit debug pc=0x1001
`;

Deno.test("bisect: what a newer kernel broke is reverted", async () => {
  const text = `arch x86
kernel linux-4.20
user check SET_GUEST_DEBUG as declared
expect declared == 0
`;
  const { status, out } = await bisect(["a.dregs"], { "a.dregs": text });
  assertEquals(status, 0, out);
  assertStringIncludes(flat(out), "linux-5.7 fails, linux-5.6 holds");
  assertStringIncludes(out, "without set-guest-debug-declared\n");
  assertStringIncludes(flat(out), "commit (hash not known): KVM: X86: Declare");
  assertStringIncludes(out, "stable: none that was read\n");
  assertStringIncludes(
    flat(out),
    "linux-5.6 with set-guest-debug-declared fails:",
  );
});

Deno.test("bisect: where a change is reverted, nothing that an author applies is called not enough", async () => {
  const paths = ["by_luck", "nothing_enabled"].map((name) =>
    `scenarios/x86/missed_breakpoint/${name}.dregs`
  );
  const { out } = await bisect(paths);
  assertStringIncludes(out, "without root-cause-fix\n");
  assert(!out.includes("not enough"), out);
  assert(!out.includes("reverting"), out);
  const json = await bisect(["--format", "json", ...paths]);
  const { bisected, across } = JSON.parse(json.out);
  assertEquals(bisected[0].bisections[0].notEnough, []);
  assertEquals(across, []);
});

Deno.test("bisect: expectations with on are those of the good kernel", async () => {
  const text = `arch x86
kernel linux-6.1
user check SET_GUEST_DEBUG as declared
expect declared == 0 on without set-guest-debug-declared
expect declared == 1 on with set-guest-debug-declared
`;
  const files = { "a.dregs": text };
  const older = ["--good", "5.6", "--bad", "5.7", "a.dregs"];
  const old = await bisect(older, files);
  assertEquals(old.status, 0, old.out);
  assertStringIncludes(old.out, "without set-guest-debug-declared\n");
  const newer = await bisect(
    ["--good", "5.7", "--bad", "5.6", "a.dregs"],
    files,
  );
  assertEquals(newer.status, 0, newer.out);
  assertStringIncludes(newer.out, "with set-guest-debug-declared\n");
});

/** IN is emulated, and the shadow of MOV SS inhibits the breakpoint; vmx-fast-in has no emulator there. */
const INHIBITED = `arch x86
kernel linux-4.16.13 with mov-ss-inhibits-emulator
require kernel vmx without vmx-fast-in
guest write dr0 0x5002
guest write dr7 0x402
guest movss at=0x5000
guest in 0x77 at=0x5002
run
expect exceptions == 0
`;

Deno.test("bisect: changes that a scenario requires are asked of each kernel that is tried", async () => {
  const files = {
    "a.dregs": INHIBITED,
    "b.dregs": INHIBITED.replace(" without vmx-fast-in", ""),
  };
  const { out } = await bisect(["a.dregs"], files);
  assertStringIncludes(flat(out), "| cannot be asked since 4.17");
  assert(!out.includes("with vmx-fast-in\n"), out);
  assertStringIncludes(out, "    with mov-ss-inhibits-emulator\n");
  // Without the requirement the kernel that does not come to the emulator passes.
  const other = await bisect(["b.dregs"], files);
  assertStringIncludes(flat(other.out), ", since 4.17");
  assertStringIncludes(other.out, "    with vmx-fast-in\n");
});

Deno.test("bisect: one kernel is named, the other is the nearest", async () => {
  const files = { "bug.dregs": BUG };
  const filter = ["--filter", "host", "bug.dregs"];
  const bad = await bisect(["--bad", "4.4", ...filter], files);
  assertStringIncludes(flat(bad.out), "linux-4.4 fails, linux-4.5 holds");
  const good = await bisect(["--good", "6.1", ...filter], files);
  assertStringIncludes(flat(good.out), "linux-4.4 fails, linux-6.1 holds");
  const svm = await bisect(["--bad", "4.4 svm", ...filter], files);
  assertStringIncludes(svm.out, "(x86, svm)");
});

Deno.test("bisect: a stable release, an author's kernel, and one with changes", async () => {
  const files = { "bug.dregs": BUG };
  for (
    const [bad, expected] of [
      ["linux-4.4.1", "linux-4.4.1 with root-cause-fix holds"],
      ["reload-2016", "reload-2016 with root-cause-fix holds"],
      [
        "linux-4.6 without root-cause-fix with reload-at-load",
        "linux-4.6 with reload-at-load holds",
      ],
    ]
  ) {
    const { status, out } = await bisect(
      ["--good", "4.9", "--bad", bad, "--filter", "host", "bug.dregs"],
      files,
    );
    assertEquals(status, 0, out);
    assertStringIncludes(flat(out), expected);
  }
});

Deno.test("bisect: an explore block", async () => {
  const { status, out } = await bisect(
    ["--tries", "10", "scenarios/explore/missed_breakpoint.dregs"],
  );
  assertEquals(status, 0, out);
  assertStringIncludes(flat(out), "sets of more than 1 change were not all");
  assertStringIncludes(out, "with root-cause-fix\n");
  assertStringIncludes(
    flat(out),
    "linux-4.5 without root-cause-fix fails: missed, after 15 steps",
  );
});

Deno.test("bisect: no two kernels differ", async () => {
  const files = { "a.dregs": NEWER, "bug.dregs": BUG };
  const same = await bisect(
    ["--good", "4.6", "--bad", "4.9", "bug.dregs"],
    files,
  );
  assertEquals(same.status, 1);
  assertStringIncludes(
    flat(same.out),
    "the verdict is the same: under linux-4.6 it holds, and under linux-4.9 it holds",
  );
  const swapped = await bisect(
    ["--good", "4.4", "--bad", "4.9", "bug.dregs"],
    files,
  );
  assertEquals(swapped.status, 1);
  assertStringIncludes(
    flat(swapped.out),
    "linux-4.9 holds and linux-4.4 fails: did you mean --good linux-4.9 --bad linux-4.4?",
  );
  const everywhere = await bisect(["a.dregs"], files);
  assertEquals(everywhere.status, 1);
  assertStringIncludes(
    flat(everywhere.out),
    "the verdict is the same under every kernel: linux-4.4 holds",
  );
  const block = await bisect(["scenarios/explore/two_conversions.dregs"]);
  assertEquals(block.status, 1);
  assertStringIncludes(
    flat(block.out),
    "under every kernel that can be asked: watanabe-v7 holds; linux-4.4 cannot be asked: scenarios",
  );
});

Deno.test("bisect: a scenario without an expectation has no verdict", async () => {
  const files = {
    "a.dregs": "arch x86\nguest exec 0x1000\nrun steps=1\n",
    "empty.dregs": "",
  };
  for (const kernels of [[], ["--good", "6.1"], ["--bad", "6.1"]]) {
    const { status, out } = await bisect([...kernels, "a.dregs"], files);
    assertEquals(status, 1);
    assertEquals(out, "a (x86, vmx)\n  it expects nothing\n");
  }
  const empty = await bisect(["empty.dregs"], files);
  assertEquals(empty.out, "empty (arm64)\n  it expects nothing\n");
});

Deno.test("bisect: both kernels are the same", async () => {
  const { status, out } = await bisect(
    ["--good", "6.1", "--bad", "linux-6.1", "--filter", "host", "bug.dregs"],
    { "bug.dregs": BUG },
  );
  assertEquals(status, 1);
  assertStringIncludes(out, "\n  both are linux-6.1\n");
});

Deno.test("bisect: a scenario that describes a bug says how to ask for the fix, if that has an answer", async () => {
  const text = `arch x86
kernel linux-5.6
user check SET_GUEST_DEBUG as declared
expect declared == 0 on without set-guest-debug-declared
`;
  const files = {
    "bug.dregs":
      `${text}expect declared == 1 on with set-guest-debug-declared\n`,
    "one.dregs": text.replace(/ on .*/, ""),
  };
  const hint = "ask for what fixes it";
  const { out } = await bisect(["bug.dregs"], files);
  assertStringIncludes(
    flat(out),
    "the scenario describes linux-5.6; if that is a bug, ask for what fixes it: --good 5.7 --bad 5.6",
  );
  const asked = await bisect(
    ["--good", "5.7", "--bad", "5.6", "bug.dregs"],
    files,
  );
  assertEquals(asked.status, 0, asked.out);
  assert(!asked.out.includes(hint));
  assert(!(await bisect(["one.dregs"], files)).out.includes(hint));
});

/** From 5.15 to 6.13 a re-entry loads the DR6 that KVM knew before: the kernels on both sides do the same. */
const STALE_DR6 = (kernel: string): string =>
  `arch x86
kernel ${kernel}
guest write dr0 0x5000
guest write dr7 0x402
guest exec 0x5000
guest write dr6 0xffff0ff0 at=0x6000
guest wrmsr at=0x6003
guest read dr6 as status at=0x6005
run
expect status == 0xffff0ff1 on with dr6-when-lazy without dr6-once-per-entry
expect status == 0xffff0ff0 on without dr6-when-lazy, with dr6-once-per-entry
`;

for (
  const [kernel, fix] of [
    // A bug that was fixed is not described by the kernels on either side.
    ["linux-6.14", undefined],
    ["linux-5.14", undefined],
    ["linux-5.15", "--good 6.14 --bad 6.13"],
  ] as const
) {
  Deno.test(`bisect: a scenario of ${kernel} and a bug of 5.15 to 6.13: ${fix ?? "no fix to ask for"}`, async () => {
    const { out } = await bisect(["a.dregs"], { "a.dregs": STALE_DR6(kernel) });
    const found = /ask for what fixes it: (.*)$/m.exec(flat(out))?.[1] ?? "";
    assertEquals(fix, found.match(/--good \S+ --bad \S+/)?.[0]);
  });
}

Deno.test("bisect: mistakes", async () => {
  const files = { "bug.dregs": BUG, "bad.dregs": "gest exec 1\n" };
  for (
    const [args, expected] of [
      [[], "nothing to bisect"],
      [["none.dregs"], "none.dregs: no such file"],
      [["bad.dregs"], "did you mean `guest`?"],
      [["--bad", "4.3", "bug.dregs"], "`--bad 4.3`: "],
      [["--bad", "4.3", "bug.dregs"], "outside of the known range"],
      [["--good", "9.9", "bug.dregs"], "`--good 9.9`: "],
      [
        ["--bad", "linux-4.4 with rot-cause-fix", "bug.dregs"],
        "root-cause-fix",
      ],
      [["--good", "4.9 vmx", "--bad", "4.4 svm", "bug.dregs"], "of one vendor"],
      [
        ["--bad", "4.4..4.9", "bug.dregs"],
        "`--bad 4.4..4.9`: 6 kernels, where one is needed",
      ],
      [["--bad", "kiszka-2008", "bug.dregs"], "not made of changes"],
      [["--bad", "watanabe-v7", "bug.dregs"], "another architecture"],
      [["--filter", "nothing", "bug.dregs"], "no scenario has `nothing`"],
      [["--tries", "many", "bug.dregs"], "--tries"],
      [["--format", "tap", "bug.dregs"], "text, json"],
    ] as const
  ) {
    const { status, err } = await bisect(args, files);
    assertEquals(status, 2, args.join(" "));
    assertStringIncludes(err, expected, args.join(" "));
  }
  assert(!(await bisect(["bad.dregs"], files)).err.includes("at file:"));
});

Deno.test("bisect: what a scenario requires is asked of the kernels that are named", async () => {
  const files = {
    "old.dregs": `arch x86\nrequire kernel < linux-5.0\n${
      BUG.split("\n").slice(3, 13).join("\n")
    }`,
    "block.dregs": `arch x86\nrequire kernel < linux-5.0\nset vcpus=2\nexplore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000 }
  vcpu 1 { write dr0 0x2000 }
  never missed
}\n`,
  };
  for (const file of ["old.dregs", "block.dregs"]) {
    const ends = ["--good", "4.9", "--bad", "4.4"];
    for (const named of [ends, ends.slice(0, 2), ends.slice(2)]) {
      const { status, out, err } = await bisect([file, ...named], files);
      assertEquals([status, err], [0, ""], out);
      assertStringIncludes(flat(out), "root-cause-fix");
    }
    // Neither its own kernel, which is newer, nor a named one.
    const { status, err } = await bisect(
      [file, "--good", "6.1", "--bad", "5.4"],
      files,
    );
    assertEquals(status, 2);
    assertStringIncludes(err, "is skipped: requires kernel < linux-5.0");
    assertStringIncludes(err, "the kernel is linux-6.1");
  }
});

Deno.test("bisect: a kernel without a capability that is required cannot be asked", async () => {
  const require = "arch x86\nrequire capability exception_payload\n";
  const files = {
    "scenario.dregs":
      `${require}guest write dr0 0x1000\nrun\nexpect guest dr0 == 0x1000\n`,
    "block.dregs":
      `${require}explore {\n  vcpu 0 { write dr0 0x1000 }\n  never missed\n}\n`,
  };
  for (const file of Object.keys(files)) {
    const { status, out } = await bisect(
      [file, "--good", "6.1", "--bad", "4.4"],
      files,
    );
    assertEquals(status, 1, out);
    assertStringIncludes(flat(out), "linux-4.4");
    assertStringIncludes(flat(out), "requires capability exception_payload");
  }
});
