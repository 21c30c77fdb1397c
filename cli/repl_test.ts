import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "./main.ts";
import { MemoryIo } from "./memory_io.ts";

const FILES = {
  "x86.dregs": "arch x86\nguest write dr0 0x5000\nguest write dr7 g0=1\nrun\n",
  "arm64.dregs": "guest write dbgbcr0 e=1\nrun\n",
};

async function session(
  args: readonly string[],
  stdin: string,
): Promise<{ status: number; out: string; err: string }> {
  const io = new MemoryIo({ files: FILES, stdin });
  const status = await main(["repl", ...args], io);
  return { status, out: io.stdout, err: io.stderr };
}

Deno.test("repl --kernel: of a set the first runs, and `diff` compares with the others", async () => {
  const { status, out } = await session(
    ["--kernel", "4.4..4.9", "x86.dregs"],
    "diff\n",
  );
  assertEquals(status, 0);
  assertStringIncludes(
    out,
    "linux-4.4; `diff` compares with linux-4.5, linux-4.6, linux-4.7, linux-4.8,\n  linux-4.9\n",
  );
  assertStringIncludes(out, "vCPU 0 on CPU 0, linux-4.4 vmx\n");
  const [, told] = out.split("dregs> diff\n");
  // 4.5 has the fix of the bug.
  assertStringIncludes(
    told,
    "linux-4.5 vmx, linux-4.6 vmx, linux-4.7 vmx, linux-4.8 vmx, linux-4.9 vmx:\n",
  );
});

Deno.test("repl --kernel: of a set for both architectures the file's are taken", async () => {
  const args = ["--kernel", "all", "--kernel", "5.13", "arm64.dregs"];
  const { out } = await session(args, "");
  assertStringIncludes(
    out,
    "bennee-v2; `diff` compares with bennee-v3, linux-4.4, linux-4.6,",
  );
  // It is one of x86 alone.
  assert(!out.includes("linux-5.14"));
  const { status, err } = await session([
    "--kernel",
    "kiszka-2008",
    "--kernel",
    "reload-2016",
    "arm64.dregs",
  ], "");
  assertEquals(status, 2);
  assertStringIncludes(err, "arm64.dregs is for arm64; there is no kernel of");
});

Deno.test("repl: `diff` takes sets, and `diff` alone needs something to compare with", async () => {
  const { out } = await session(
    ["x86.dregs"],
    "diff 4.4..4.5 svm\ndiff 4.5..4.4\ndiff lts with\ndiff 4.9\ndiff\n" +
      "diff 4.4..4.6 svm with root-cause-fix\ndiff lts with reload-at-load\n",
  );
  const told = out.split(/^dregs> .*\n/m).slice(1);
  assertStringIncludes(told[0], "linux-4.4 svm:\n");
  assertEquals(
    told[1],
    "`diff 4.5..4.4`: the range runs backwards; did you mean 4.4..4.5?\n",
  );
  assertEquals(told[2], "with needs the name of a change\n");
  assertStringIncludes(told[3], "linux-4.9");
  assertStringIncludes(told[4], "`diff` needs a kernel of x86");
  assertStringIncludes(
    told[5],
    "linux-4.4 svm with root-cause-fix, linux-4.5 svm, linux-4.6 svm:\n",
  );
  assertStringIncludes(
    told[6],
    "without linux-5.15, linux-6.1, linux-6.6, linux-6.12, linux-6.18: no-reload-flag",
  );
  assertStringIncludes(told[6], "linux-5.10 vmx with reload-at-load");
});
