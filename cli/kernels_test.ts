import { assert, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "./command.ts";
import { askedKernel, askedKernels } from "./kernels.ts";

/** A value of `--kernel`, and the kernels that it means; a vendor after a `/`. */
const MEANT: readonly [value: string, kernels: readonly string[]][] = [
  ["linux-5.4.120", ["linux-5.4.120"]],
  ["5.4", ["linux-5.4"]],
  ["5.4.120", ["linux-5.4.120"]],
  ["linux-7.2 svm", ["linux-7.2/svm"]],
  [
    "linux-4.4 with root-cause-fix svm",
    ["linux-4.4 with root-cause-fix/svm"],
  ],
  ["4.4 with 70e4da7", ["linux-4.4 with root-cause-fix"]],
  ["reload-2016", ["reload-2016"]],
  ["4.19..5.1", ["linux-4.19", "linux-4.20", "linux-5.0", "linux-5.1"]],
  ["linux-6.1..linux-6.1 vmx", ["linux-6.1/vmx"]],
  [
    "lts",
    [
      "4.4",
      "4.9",
      "4.14",
      "4.19",
      "5.4",
      "5.10",
      "5.15",
      "6.1",
      "6.6",
      "6.12",
      "6.18",
    ]
      .map((series) => `linux-${series}`),
  ],
];

async function texts(...values: readonly string[]): Promise<string[]> {
  return (await askedKernels(values)).map((kernel) =>
    kernel!.profile + (kernel!.vendor === undefined ? "" : `/${kernel!.vendor}`)
  );
}

for (const [value, kernels] of MEANT) {
  Deno.test(`--kernel ${value}`, async () => {
    assertEquals(await texts(value), kernels);
  });
}

Deno.test("--kernel: without it each scenario has its own", async () => {
  assertEquals(await askedKernels([]), [undefined]);
});

Deno.test("--kernel: a kernel that is named twice runs once", async () => {
  assertEquals(await texts("6.1", "linux-6.1.0", "6.0..6.2", "6.1 svm"), [
    "linux-6.1",
    "linux-6.0",
    "linux-6.2",
    "linux-6.1/svm",
  ]);
});

Deno.test("--kernel: a kernel of a set that is named too is both", async () => {
  const found = await askedKernels(["4.19..4.20", "linux-4.19", "5.4"]);
  assertEquals(
    found.map((one) => [one!.profile, one!.isNamed, one!.isOfSet]),
    [
      ["linux-4.19", true, true],
      ["linux-4.20", false, true],
      ["linux-5.4", true, false],
    ],
  );
});

Deno.test("--kernel all: the kernels with a name and those of `changes`, oldest first", async () => {
  const all = await texts("all");
  assertEquals(all.filter((name) => /^[^l]/.test(name)).toSorted(), [
    "bennee-v2",
    "bennee-v3",
    "kiszka-2008",
    "reload-2016",
    "rhel-8.5",
    "watanabe-v7",
  ]);
  assertEquals(all.length, new Set(all).size);
  for (const one of await texts("changes")) assert(all.includes(one), one);
  for (const one of ["linux-4.9", "linux-7.2"]) assert(all.includes(one), one);
  assert(!all.includes("bare"));
  const at = (name: string): number => all.indexOf(name);
  assert(at("kiszka-2008") < at("linux-4.4"));
  assert(at("linux-4.4") < at("reload-2016"));
  assert(at("reload-2016") < at("linux-4.5"));
  assert(at("linux-5.18") < at("watanabe-v7"));
  assert(at("watanabe-v7") < at("linux-5.19"));
  assertEquals(all.at(-1), "linux-7.3");
});

Deno.test("--kernel changes: of each architecture those at which its behaviour changes", async () => {
  const changes = await askedKernels(["changes"]);
  const archesOf = (name: string) =>
    changes.find((one) => one!.profile === name)?.arches;
  assertEquals(archesOf("linux-4.4"), ["arm64", "x86"]);
  assertEquals(archesOf("linux-4.11"), ["arm64"]);
  assertEquals(archesOf("linux-5.1"), ["x86"]);
  const latest = changes.at(-1)!;
  assertEquals([latest.profile, latest.arches], ["linux-7.3", ["x86"]]);
});

Deno.test("--kernel: each kernel of a set has the changes that follow it, or had them anyway", async () => {
  const told: string[] = [];
  const asked = async (value: string): Promise<string[]> =>
    (await askedKernels([value], { tell: (line) => told.push(line) })).map((
      one,
    ) => `${one!.profile} (${one!.arches})`);
  assertEquals(await asked("4.4..4.6 with root-cause-fix"), [
    "linux-4.4 with root-cause-fix (x86)",
    "linux-4.5 (x86)",
    "linux-4.6 (x86)",
  ]);
  assertEquals(
    await asked("4.4..4.5 svm without 70e4da7 with reload-at-load"),
    [
      "linux-4.4 with reload-at-load (x86)",
      "linux-4.5 with reload-at-load without root-cause-fix (x86)",
    ],
  );
  assertEquals(await asked("4.17..4.18 with write-mdcr-changes"), [
    "linux-4.17 with write-mdcr-changes (arm64)",
    "linux-4.18 with write-mdcr-changes (arm64)",
  ]);
  assertEquals(told, []);
  assertEquals(await asked("5.14..5.16 with reload-at-load"), [
    "linux-5.14 with reload-at-load (x86)",
  ]);
  assertEquals(told, [
    "`--kernel 5.14..5.16 with reload-at-load` leaves out linux-5.15, linux-5.16: " +
    "no-reload-flag does not go with reload-at-load: the flag that it sets is gone",
  ]);
});

/** A value of `--kernel`, what is said of it, and the hint. */
const MISTAKES: readonly [value: string, message: string, hint?: string][] = [
  ["linux-9.9", "9.9 is outside of the known range, 4.4 to 7.3"],
  ["4.3", "4.3 is outside of the known range, 4.4 to 7.3"],
  ["linux-4.21", "there was no release 4.21"],
  [
    "linux-5.4.12o",
    "there is no such kernel",
    "did you mean `linux-5.4.12`?",
  ],
  ["Linux-5.4", "there is no such kernel", "did you mean `linux-5.4`?"],
  ["alll", "there is no such kernel", "did you mean `all`?"],
  [
    "linux-4.4 with rootcause-fix",
    "there is no change rootcause-fix",
    "did you mean `root-cause-fix`?",
  ],
  [
    "linux-4.4 without root-cause-fix",
    "root-cause-fix is not in linux-4.4",
  ],
  [
    "linux-4.4 with root-cause-fix without root-cause-fix",
    "root-cause-fix is both applied and reverted",
  ],
  ["bare with root-cause-fix", "bare has no hypervisor, and so no changes"],
  ["bare without debug-owner", "bare has no hypervisor, and so no changes"],
  ["linux-4.4 with", "with needs the name of a change"],
  ["linux-6.1 vmx svm", "one vendor, not vmx and svm"],
  ["bennee-v2 svm", "there is no such kernel for that vendor"],
  ["6.1..5.4", "the range runs backwards", "did you mean 5.4..6.1?"],
  ["5.4..9.9", "there is no release 9.9", "the known range is 4.4..7.3"],
  ["5.4.7..6.1", "a range is of mainline releases", "such as 5.4..6.1"],
  ["lts with", "with needs the name of a change"],
  [
    "lts foo",
    "unexpected foo",
    "a vendor, `with CHANGE` or `without CHANGE` can follow the release",
  ],
  ["linux-7.2 svn", "unexpected svn", "did you mean `svm`?"],
  ["7.2 wiht root-cause-fix", "unexpected wiht", "did you mean `with`?"],
  ["7.2 amd", "unexpected amd", "did you mean `svm`?"],
  [
    "all with rootcause-fix",
    "there is no change rootcause-fix",
    "did you mean `root-cause-fix`?",
  ],
  [
    "lts with root-cause-fix without root-cause-fix",
    "root-cause-fix is both applied and reverted",
  ],
  ["lts with root-cause-fix with 70e4da7", "root-cause-fix is named twice"],
  ["lts svm with vmx-fast-in", "vmx-fast-in changes vmx only"],
  [
    "6.1..6.6 with reload-at-load",
    "no-reload-flag does not go with reload-at-load: the flag that it sets is gone",
  ],
];

for (const [value, message, hint] of MISTAKES) {
  Deno.test(`--kernel ${value} is a mistake`, async () => {
    const error = await assertRejects(() => askedKernels([value]), UsageError);
    assertEquals(error.message, `\`--kernel ${value}\`: ${message}`);
    assertEquals(error.hint, hint);
  });
}

Deno.test("--kernel: where one kernel is needed, several are a mistake", async () => {
  assertEquals((await askedKernel("5.4..5.4")).profile, "linux-5.4");
  const error = await assertRejects(() => askedKernel("lts"), UsageError);
  assertEquals(
    error.message,
    "`--kernel lts`: 11 kernels, where one is needed",
  );
});
