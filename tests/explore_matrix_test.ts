/**
 * `dregs explore` under several kernels ends with a matrix, for each vendor.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Document } from "../cli/explore/verdict.ts";
import { denoIo } from "../cli/io.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { architecture } from "../engine/mod.ts";
import { run } from "./explore_command.ts";

/** The bug of 2016, which 4.6 fixed. */
const MISSED = `arch x86
host cpus=1
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000 }
  vcpu 1 { exec 0x2000 }
  preempt any
  never missed
}
`;

/** The matrix of a text's output. */
async function matrixOf(text: string, ...args: string[]): Promise<string[]> {
  const io = new MemoryIo({ files: { "a.dregs": text } });
  const output = await run(io, ...args, "a.dregs");
  const at = output.indexOf("\nx86, by kernel\n");
  return at < 0 ? [] : output.slice(at).trim().split("\n").slice(1);
}

/** Verdicts and matrix as JSON. */
/** Every kernel of x86 that \`--kernel all\` takes. */
const X86 = architecture("x86")!;
const KERNELS = [
  ...new Set([
    ...X86.profiles.map(({ name }) => name),
    ...X86.distinctKernels(),
    "rhel-8.5",
  ]),
].toSorted();

async function documentOf(
  files: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Document> {
  const io = new MemoryIo({ files, under: denoIo() });
  return JSON.parse(await run(io, "--format", "json", ...args));
}

Deno.test("explore --kernel RANGE: neighbours that agree are together, vendors too", async () => {
  assertEquals(await matrixOf(MISSED, "--kernel", "4.4..4.9"), [
    "a                     vmx, svm: broken (missed) 4.4 | holds 4.5 to 4.9",
  ]);
});

Deno.test("explore --kernel all: every kernel with a name and every behaviour, oldest first, for each vendor", async () => {
  const { matrix } = await documentOf(
    { "a.dregs": MISSED },
    "--kernel",
    "all",
    "a.dregs",
  );
  assertEquals(matrix.map(({ vendor }) => vendor), ["vmx", "svm"]);
  for (const { groups } of matrix) {
    assertEquals(groups.map(({ outcome, label }) => `${outcome} ${label}`), [
      "holds kiszka-2008",
      "broken 4.4",
      "holds reload-2016, since 4.5, rhel-8.5",
    ]);
    const kernels = groups.flatMap((group) => group.kernels);
    assertEquals(kernels.toSorted(), KERNELS);
    assertEquals(kernels.slice(0, 4), [
      "kiszka-2008",
      "linux-4.4",
      "reload-2016",
      "linux-4.5",
    ]);
  }
});

Deno.test("explore: the matrix has the kind of what the guest notices", async () => {
  const noticed = MISSED.replace("never missed", "never noticed");
  assert(noticed !== MISSED);
  assertEquals(await matrixOf(noticed, "--kernel", "4.4..4.9 svm"), [
    "a                     svm: broken (noticed: missed) 4.4 | holds 4.5 to 4.9",
  ]);
});

Deno.test("explore: a vendor that is named is the only one, and so is a block's own kernel", async () => {
  assertEquals(await matrixOf(MISSED, "--kernel", "4.4..4.9 svm"), [
    "a                     svm: broken (missed) 4.4 | holds 4.5 to 4.9",
  ]);
  assertEquals(await matrixOf(MISSED, "--kernel", "4.9"), []);
  assertEquals(await matrixOf(MISSED), []);
});

Deno.test("explore: a kernel of a set is searched for each vendor, named beside it or not", async () => {
  const named = [["4.4..4.5"], ["4.4..4.5", "4.5"], ["linux-4.5", "4.4..4.5"]];
  for (const kernels of named) {
    const args = kernels.flatMap((one) => ["--kernel", one]);
    assertEquals(await matrixOf(MISSED, ...args), [
      "a                     vmx, svm: broken (missed) 4.4 | holds 4.5",
    ], kernels.join(" "));
  }
  // One that is not of the set has the block's own vendor.
  const { verdicts } = await documentOf(
    { "a.dregs": MISSED },
    ...["--kernel", "4.4..4.5", "--kernel", "4.9", "a.dregs"],
  );
  assertEquals(verdicts.map(({ kernel, vendor }) => `${kernel} ${vendor}`), [
    "linux-4.4 vmx",
    "linux-4.4 svm",
    "linux-4.5 vmx",
    "linux-4.5 svm",
    "linux-4.9 vmx",
  ]);
});

Deno.test("explore: a reason names every kernel that is not searched for it", async () => {
  const reasons = async (required: string, ...kernels: string[]) => {
    const text = MISSED.replace("host", `require kernel ${required}\nhost`);
    const args = kernels.flatMap((one) => ["--kernel", one]);
    const lines = await matrixOf(text, ...args);
    return lines.filter((line) => line.includes(": requires "));
  };
  assertEquals(
    await reasons("linux-5.4, linux-6.12", "4.4", "5.4", "6.1", "6.12", "7.2"),
    ["  4.4, 6.1, 7.2: requires kernel linux-5.4, linux-6.12"],
  );
  assertEquals(await reasons("linux-4.4, linux-4.6", "4.4..4.7"), [
    "  4.5, 4.7: requires kernel linux-4.4, linux-4.6",
  ]);
  assertEquals(await reasons("linux-4.4, linux-4.6 svm", "4.4..4.7"), [
    "  vmx 4.5 to 4.7; svm 4.5, 4.7: requires kernel linux-4.4, linux-4.6 svm",
  ]);
});

Deno.test("explore: where vendors differ each has its line; a skip has one line", async () => {
  const text = MISSED.replace("host", "require kernel svm\nhost");
  assertEquals(await matrixOf(text, "--kernel", "4.4..4.5"), [
    "a                     vmx: skip 4.4 to 4.5",
    "                      svm: broken (missed) 4.4 | holds 4.5",
    "  vmx 4.4 to 4.5: requires kernel svm",
  ]);
});

Deno.test("explore: a block of the catalogue is searched for both vendors", async () => {
  const { verdicts, matrix } = await documentOf(
    {},
    "builtin:explore/missed_breakpoint",
  );
  assertEquals(verdicts.map(({ vendor }) => vendor), ["vmx", "svm"]);
  assertEquals(matrix.map(({ groups }) => groups[0].kernels), [
    ["linux-4.4"],
    ["linux-4.4"],
  ]);
  // One that says which it is for keeps to it.
  const scenario = verdicts[1].scenario!;
  assertStringIncludes(scenario, "\nkernel linux-4.4 svm\n");
  assertStringIncludes(verdicts[0].scenario!, "\nkernel linux-4.4 vmx\n");
});

Deno.test("explore --merge: the matrix is made of the parts", async () => {
  const io = new MemoryIo({ files: { "a.dregs": MISSED } });
  const args = ["--kernel", "4.4..4.9", "--format", "json", "a.dregs"];
  io.files.set("1.json", await run(io, ...args));
  const output = await run(io, "--merge", "1.json");
  assertStringIncludes(
    output,
    "vmx, svm: broken (missed) 4.4 | holds 4.5 to 4.9\n",
  );
});

Deno.test("explore: the matrix has how many warnings a block has that holds", async () => {
  const spoilt = MISSED.replace("g0=1", "g1=1");
  assertEquals(await matrixOf(spoilt, "--kernel", "4.4..4.9"), [
    "a                     vmx, svm: holds (3 warnings) 4.4 to 4.9",
  ]);
  const { matrix, verdicts } = await documentOf(
    { "a.dregs": spoilt },
    ...["--kernel", "4.4..4.9", "a.dregs"],
  );
  assertEquals(verdicts[0].warnings.map(({ code }) => code), [
    "never-enabled",
    "never-matched",
    "nothing-to-break",
  ]);
  assertEquals(matrix[0].groups.map(({ warnings }) => warnings), [3]);
});

Deno.test("explore: if there is a matrix, every block is in it", async () => {
  const files = {
    "a.dregs": MISSED,
    "b.dregs": "explore { vcpu 0 { exec 0x1000 }; never warn }",
  };
  const kernels = ["--kernel", "linux-4.4", "--kernel", "linux-4.9 vmx"];
  const all = await documentOf(files, ...kernels, "a.dregs", "b.dregs");
  assertEquals(
    all.matrix.map(({ name, groups }) => [
      name,
      ...groups.flatMap(({ kernels }) => kernels),
    ]),
    [["a", "linux-4.4", "linux-4.9"], ["b", "linux-4.4"]],
  );
  const own = await documentOf(files, "a.dregs", "b.dregs");
  assertEquals(own.matrix, []);
});

Deno.test("explore: the matrix tells a block that holds from one whose known failure was met", async () => {
  const text = MISSED.replace(
    "never missed",
    'known "2016" { kind missed }\n  never missed',
  );
  assert(text !== MISSED);
  assertEquals(await matrixOf(text, "--kernel", "4.4..4.9 svm"), [
    "a                     svm: holds (known: 2016) 4.4 |",
    // The warning is that nothing of the kind was met.
    "                      holds (1 warning) 4.5 to 4.9",
  ]);
  const { matrix } = await documentOf(
    { "a.dregs": text },
    ...["--kernel", "4.4..4.9 svm", "a.dregs"],
  );
  const known = matrix.flatMap(({ groups }) =>
    groups.map(({ known }) => known)
  );
  assertEquals(known, [["2016"], []]);
});
