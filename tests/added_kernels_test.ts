import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Document } from "../cli/explore/verdict.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import {
  addKernel,
  architecture,
  type ArchName,
  kernelProfile,
  type KernelProfiles,
} from "../engine/mod.ts";

/** 6.1 that ignores writes of OSLAR_EL1, as kernels of 2015 did. */
const UNLOCKED = {
  ...kernelProfile("arm64", "linux-6.1"),
  name: "unlocked",
  about: "6.1 without the guest's OS lock",
  osLock: false,
};

const LINUX = kernelProfile("x86", "linux-6.1");

/** 6.1 with a KVM_SET_DEBUGREGS that takes bits 63 to 32 of DR6 and DR7, for either vendor, unless asked to check. */
const LAX = {
  ...LINUX,
  name: "lax",
  vmx: { ...LINUX.vmx, debugregs: "unchecked" },
  svm: { ...LINUX.svm, debugregs: "unchecked" },
  options: { check: { never: {}, always: { debugregs: "checked" } } },
} as const;

/** 6.1 that leaves the host's breakpoints out of the CPU after an exit. */
const FORGETFUL = {
  ...LINUX,
  name: "forgetful",
  vmx: { ...LINUX.vmx, afterExit: () => {} },
};

/** Runs something while there is a kernel more. */
async function withKernel<Arch extends ArchName>(
  arch: Arch,
  profile: KernelProfiles[Arch],
  act: () => Promise<void>,
): Promise<void> {
  const remove = addKernel(arch, profile);
  try {
    await act();
  } finally {
    remove();
  }
}

async function run(
  text: string,
  ...args: readonly string[]
): Promise<{ status: number; said: string }> {
  const io = new MemoryIo({ files: { "a.dregs": text } });
  const status = await main(["run", ...args, "a.dregs"], io);
  return { status, said: io.stdout + io.stderr };
}

const LOCKS = `arch arm64
kernel unlocked
guest write oslar 1
run
expect guest oslsr.oslk == 1
expect guest oslsr.oslk == 0 on unlocked
`;

Deno.test("addKernel(): a scenario runs on a made-up kernel of arm64, and does what that does", async () => {
  const held = LOCKS.replace(" on unlocked", "").replace(/^.*== 1\n/m, "");
  await withKernel("arm64", UNLOCKED, async () => {
    assertEquals((await run(held)).status, 0);
    const { status, said } = await run(held, "--kernel", "linux-6.1");
    assertEquals(status, 1, said);
    // `on` names it, and the line before it is of all kernels.
    const both = await run(LOCKS);
    assertEquals(both.status, 1, both.said);
    assertStringIncludes(both.said, "OSLK is 0");
  });
});

const WIDE = (kernel: string) =>
  `arch x86
kernel ${kernel}
user set dr6 0x1_ffff_0ff0
expect ok
`;

Deno.test("addKernel(): a made-up kernel of x86 has vendors and options as others have", async () => {
  await withKernel("x86", LAX, async () => {
    for (const kernel of ["lax", "lax svm", "lax check=never"]) {
      const { status, said } = await run(WIDE(kernel));
      assertEquals(status, 0, said);
    }
    for (const kernel of ["linux-6.1", "lax check=always"]) {
      assertEquals((await run(WIDE(kernel))).status, 1);
    }
    const { status, said } = await run(WIDE("lax check=often"));
    assertEquals(status, 2, said);
    const info = architecture("x86")!.profiles.at(-1)!;
    assertEquals(info.name, "lax");
    assertEquals(info.options, { check: ["never", "always"] });
  });
});

Deno.test("addKernel(): --kernel all has it; once removed nothing knows it", async () => {
  const remove = addKernel("x86", LAX);
  const all = await run(WIDE("linux-6.1"), "--kernel", "all");
  remove();
  remove();
  assertStringIncludes(all.said, "lax");
  assert(!architecture("x86")!.profiles.some(({ name }) => name === "lax"));
  const { status, said } = await run(WIDE("lax"));
  assertEquals(status, 2);
  assertStringIncludes(said, "lax");
});

Deno.test("addKernel(): a name is given once, and releases and bare have theirs", () => {
  for (const name of [LINUX.name, "linux-5.10", "linux-5.4.120", "bare"]) {
    assertThrows(
      () => addKernel("x86", { ...LINUX, name }),
      RangeError,
      `There is a kernel ${name} already`,
    );
  }
});

Deno.test("addKernel(): a text must be able to name it", () => {
  for (const name of ["x y", "", "5.4-mine", "a#b", "with"]) {
    assertThrows(
      () => addKernel("x86", { ...LINUX, name }),
      RangeError,
      "is no name of a kernel",
    );
  }
});

Deno.test("addKernel(): a search finds what a made-up kernel breaks, and saves the register that shows it", async () => {
  const text = `arch x86
kernel forgetful
explore {
  vcpu 0 { exec 0x1000 }
  host 0 { break 0x3000; break 0x4000 }
  never host-lost
}
`;
  await withKernel("x86", FORGETFUL, async () => {
    const io = new MemoryIo({ files: { "a.dregs": text } });
    const args = ["explore", "--format", "json", "--save", "found.dregs"];
    assertEquals(await main([...args, "a.dregs"], io), 1, io.stderr);
    const [{ broken }] = (JSON.parse(io.stdout) as Document).verdicts;
    assertEquals(broken, ["host-lost"]);
    const replay = async (kernel: string) => {
      const there = new MemoryIo({
        files: { "found.dregs": io.readFile("found.dregs") },
      });
      const status = await main(
        ["run", "--kernel", kernel, "found.dregs"],
        there,
      );
      return { status, said: there.stdout };
    };
    const broke = await replay("forgetful");
    assertEquals(broke.status, 1, broke.said);
    const mended = await replay("linux-6.1");
    assertEquals(mended.status, 0, mended.said);
  });
});
