/** `--kernel` in every command that runs something: releases, changes, vendors and sets. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

/** The root-cause fix of 2016, as KVM's own state shows it. */
const FIX = `arch x86
kernel linux-6.1
guest write dr0 0x5000
guest write dr7 0x602
run
expect kvm switch_db_regs == 0 on without root-cause-fix
expect kvm switch_db_regs == 1 on with root-cause-fix
`;

const BLOCK = "scenarios/explore/missed_breakpoint.dregs";

const FILES = {
  "fix.dregs": FIX,
  [BLOCK]: await Deno.readTextFile(BLOCK),
  "arm.dregs": "arch arm64\nset brps=4\nexpect ok\n",
};

async function call(
  args: readonly string[],
  stdin?: string,
): Promise<{ status: number; io: MemoryIo }> {
  const io = new MemoryIo({ files: FILES, stdin });
  return { status: await main(args, io), io };
}

interface Ran {
  readonly kernel: string;
  readonly vendor: string;
  readonly status: string;
}

/** Runs `fix.dregs` under kernels: what came of each. */
async function ran(...kernels: readonly string[]): Promise<readonly Ran[]> {
  const options = kernels.flatMap((kernel) => ["--kernel", kernel]);
  const { io } = await call([
    "run",
    ...options,
    "--format",
    "json",
    "fix.dregs",
  ]);
  return JSON.parse(io.stdout).scenarios;
}

Deno.test("run --kernel: what is expected on with and on without decides by the kernel's changes", async () => {
  const kernels = [
    "linux-4.4",
    "reload-2016",
    "linux-4.4 with 70e4da7",
    "linux-4.9 without root-cause-fix",
    "rhel-8.5",
    "7.2 svm",
  ];
  const results = await ran(...kernels);
  assertEquals(
    results.map(({ status }) => status),
    kernels.map(() => "passed"),
  );
  assertEquals(results.map(({ kernel, vendor }) => [kernel, vendor]), [
    ["linux-4.4", "vmx"],
    ["reload-2016", "vmx"],
    ["linux-4.4 with root-cause-fix", "vmx"],
    ["linux-4.9 without root-cause-fix", "vmx"],
    ["rhel-8.5", "vmx"],
    ["linux-7.2", "svm"],
  ]);
});

Deno.test("run --kernel: the expectations on a change can fail", async () => {
  for (const [kernel, change] of [["4.4", "with"], ["4.9", "without"]]) {
    const io = new MemoryIo({
      files: {
        "a.dregs": FIX.replaceAll(
          / on with(out)?/g,
          ` on ${change === "with" ? "without" : "with"}`,
        ),
      },
    });
    assertEquals(await main(["run", "--kernel", kernel, "a.dregs"], io), 1);
  }
});

Deno.test("run --kernel: sets are of the kernels that the scenario's architecture has", async () => {
  const range = await ran("4.4..4.7");
  assertEquals(range.map(({ kernel }) => kernel), [
    "linux-4.4",
    "linux-4.5",
    "linux-4.6",
    "linux-4.7",
  ]);
  const changes = await ran("changes");
  assert(changes.length > 20);
  assertEquals(changes.filter(({ status }) => status !== "passed"), []);
});

Deno.test("run --kernel: a scenario of another architecture is skipped", async () => {
  const { io } = await call(["run", "--kernel", "reload-2016", "arm.dregs"]);
  assertStringIncludes(io.stdout, "skip arm: for arm64");
});

Deno.test("run: one note says where a release is between trees that were read", async () => {
  const note = "note: linux-4.4.160 is between trees that were read";
  const { io } = await call([
    "run",
    "--kernel",
    "4.4.160",
    "fix.dregs",
    "fix.dregs",
  ]);
  assertEquals(io.stderr.split(note).length, 2, io.stderr);
  const own = await call(["run", "-e", "arch x86; kernel linux-4.4.160; run"]);
  assertStringIncludes(own.io.stderr, note);
  const read = await call(["run", "--kernel", "5.4.120", "fix.dregs"]);
  assertEquals(read.io.stderr, "");
});

Deno.test("run --kernel: two vendors of a kernel are told apart", async () => {
  const kernels = ["--kernel", "7.2 svm", "--kernel", "7.2 vmx"];
  const { io } = await call([
    "run",
    ...kernels,
    "--format",
    "tap",
    "fix.dregs",
  ]);
  assertStringIncludes(io.stdout, "fix [linux-7.2 svm]");
  assertStringIncludes(io.stdout, "fix [linux-7.2 vmx]");
});

Deno.test("run: a machine of one vendor decides the vendor", async () => {
  const text = "arch x86; host model=tcg; run; expect exit idle";
  for (const kernel of ["7.2", "7.2 svm", "7.2 vmx"]) {
    const { status, io } = await call(["run", "--kernel", kernel, "-e", text]);
    assertEquals(status, 0, io.stderr);
  }
  assertEquals((await call(["run", "-e", text])).status, 0);
});

Deno.test("explore --kernel: releases, vendors and changes", async () => {
  const { io } = await call([
    "explore",
    "--format",
    "json",
    "--kernel",
    "4.4 svm",
    "--kernel",
    "linux-4.4 with root-cause-fix",
    BLOCK,
  ]);
  const { verdicts } = JSON.parse(io.stdout);
  assertEquals(
    verdicts.map((one: Record<string, unknown>) => [
      one.kernel,
      one.vendor,
      one.outcome,
    ]),
    [
      ["linux-4.4", "svm", "broken"],
      ["linux-4.4 with root-cause-fix", "vmx", "holds"],
    ],
  );
});

Deno.test("explore: a schedule of a kernel with a change is a scenario under that kernel", async () => {
  const io = new MemoryIo({ files: FILES });
  const kernel = "linux-4.6 without root-cause-fix";
  const status = await main([
    "explore",
    "--kernel",
    kernel,
    "--save",
    "found.dregs",
    BLOCK,
  ], io);
  assertEquals(status, 1, io.stderr);
  const text = io.files.get("found.dregs")!;
  // The vendor is the one that was searched first.
  const chosen = "linux-4.6 vmx without root-cause-fix";
  assertStringIncludes(text, `\nkernel ${chosen}\n`);
  assertEquals(await main(["run", "found.dregs"], io), 1);
  const mended = ["run", "--kernel", "4.6", "found.dregs"];
  assertEquals(await main(mended, io), 0, io.stdout);
});

Deno.test("conform --kernel: a release and a vendor", async () => {
  const path = "tests/recordings/x86/two-vcpus-swap-cpus.jsonl";
  const text = await Deno.readTextFile(path);
  const io = new MemoryIo({ files: { "a.jsonl": text } });
  const replayed = (kernel: string): Promise<number> =>
    main(["conform", "--kernel", kernel, "a.jsonl"], io);
  assertEquals(await replayed("6.6 svm"), 0, io.stderr);
  assertStringIncludes(io.stdout, "(linux-6.6 svm on ");
  assertEquals(await replayed("6.6 vmx"), 2);
  assertStringIncludes(io.stderr, "it was recorded for svm, not for vmx");
});

Deno.test("repl: help, diff and kernel know releases and changes", async () => {
  const lines = [
    "help linux-5.4.120",
    "arch x86",
    "kernel linux-4.4.160",
    "guest write dr0 0x5000",
    "guest write dr7 0x602",
    "run",
    "diff linux-4.4 with root-cause-fix",
    "diff linux-4.9 svm",
    "diff linux-4.4 with rootcause-fix",
  ];
  const { io } = await call(["repl"], lines.join("\n"));
  assertStringIncludes(io.stdout, "kernel linux-5.4.120 (x86)");
  assertStringIncludes(io.stdout, "changes: root-cause-fix, debugregs-checked");
  assertStringIncludes(
    io.stdout,
    "note: linux-4.4.160 is between trees that were read",
  );
  // The fix is in 4.4.5.
  assertStringIncludes(
    io.stdout,
    "linux-4.4 vmx with root-cause-fix: no difference",
  );
  assertStringIncludes(io.stdout, "vCPU 0 on CPU 0, linux-4.9 svm");
  assertStringIncludes(
    io.stdout,
    "there is no change rootcause-fix; did you mean `root-cause-fix`?",
  );
});

Deno.test("repl --kernel: the first statements, or in place of a file's own kernel", async () => {
  const typed = await call(
    ["repl", "--kernel", "4.4.160 svm"],
    "log\nkernel linux-6.1\n",
  );
  assertStringIncludes(
    typed.io.stdout,
    "1  arch x86\n2  kernel linux-4.4.160 svm",
  );
  assertStringIncludes(typed.io.stdout, "`kernel` is given twice");
  const opened = await call(
    ["repl", "--kernel", "linux-4.4 with root-cause-fix", "fix.dregs"],
    "save a.dregs\n",
  );
  assertStringIncludes(
    opened.io.stdout,
    "--kernel decides: it is linux-4.4 vmx with root-cause-fix",
  );
  const saved = opened.io.files.get("a.dregs")!;
  assertStringIncludes(saved, "kernel linux-4.4 vmx with root-cause-fix\n");
  assert(!saved.includes("linux-6.1"));
  const other = await call(["repl", "--kernel", "rhel-8.5", "arm.dregs"], "");
  assertEquals(other.status, 0, other.io.stderr);
});
