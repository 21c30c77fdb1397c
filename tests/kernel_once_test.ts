import { assertEquals } from "@std/assert";
import type { Verdict } from "../cli/explore/verdict.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

const KERNELS = ["kiszka-2008", "kiszka-2008 svm", "bare", "bare svm"];

const RUN = "guest exec 0x1000\nrun\nexpect guest dr0 == 0\n";
const BLOCK = "explore {\n  vcpu 0 { exec 0x1000 }\n  never missed\n}\n";

function ioWithTexts(): MemoryIo {
  return new MemoryIo({
    files: {
      "own.dregs": `arch x86\nkernel linux-7.2 svm\n${RUN}`,
      "both.dregs": `arch x86\n${RUN}`,
      "block.dregs": `arch x86\n${BLOCK}`,
      "required.dregs": `arch x86\nrequire kernel >= linux-5.4\n${BLOCK}`,
    },
  });
}

/** Kernels and vendors that a file has results for. */
async function ranUnder(
  file: string,
  kernels: readonly string[],
): Promise<string[]> {
  const io = ioWithTexts();
  const asked = kernels.flatMap((kernel) => ["--kernel", kernel]);
  const command = file === "block.dregs" ? "explore" : "run";
  const args = [command, ...asked, "--format", "json", file];
  assertEquals(await main(args, io), 0, io.stderr);
  const { verdicts, scenarios } = JSON.parse(io.stdout);
  return (verdicts ?? scenarios).map((
    { kernel, vendor }: Pick<Verdict, "kernel" | "vendor">,
  ) => `${kernel} ${vendor}`);
}

Deno.test("run: a scenario of a vendor runs once under a kernel that was asked for with and without it", async () => {
  assertEquals(await ranUnder("own.dregs", KERNELS), [
    "kiszka-2008 svm",
    "bare svm",
  ]);
});

Deno.test("run: without a vendor in the scenario both are there", async () => {
  assertEquals(await ranUnder("both.dregs", KERNELS), [
    "kiszka-2008 vmx",
    "kiszka-2008 svm",
    "bare vmx",
    "bare svm",
  ]);
});

Deno.test("explore: a set has each vendor, and another set of one vendor adds none of it again", async () => {
  assertEquals(await ranUnder("block.dregs", ["4.4..4.5", "4.4..4.5 svm"]), [
    "linux-4.4 vmx",
    "linux-4.4 svm",
    "linux-4.5 vmx",
    "linux-4.5 svm",
  ]);
});

Deno.test("explore: what is skipped is skipped once for each vendor", async () => {
  const io = ioWithTexts();
  const sets = ["4.4..4.5", "4.4..4.5 svm"].flatMap((set) => ["--kernel", set]);
  await main(["explore", ...sets, "required.dregs"], io);
  const skips = io.stderr.match(/linux-4\.4 (vmx|svm)/g) ?? [];
  assertEquals(skips.toSorted(), ["linux-4.4 svm", "linux-4.4 vmx"]);
});
