/** Which cases of a file a machine performs, and which it leaves out. */
import { assertEquals } from "@std/assert";
import { campaignCases, leftOutText } from "../tools/kvm/cases.ts";
import { MACHINES } from "../tools/kvm/machines.ts";
import { programs } from "../tools/kvm/tests.ts";
import { inFolder } from "./in_folder.ts";

const text = (vendor: string) =>
  `arch x86
kernel linux-6.1 ${vendor}
scenario "address" { guest write dr0 0x1000; run; expect guest dr0 == 0x1000 }
scenario "armed" { guest write dr7 g0=1; run; expect guest dr7.g0 == 1 }
`;

Deno.test("kvm: a machine leaves out what spoils other cases there, and names it", () =>
  inFolder(async (folder) => {
    const [arm64, amd, intel] = await Promise.all(
      MACHINES.map(async (machine) => {
        const path = `${folder}/${machine.name}.dregs`;
        await Deno.writeTextFile(path, text(machine.vendor ?? "vmx"));
        // The same file twice is recorded once.
        const files = [path, path];
        const { cases, leftOut } = await campaignCases(machine, {
          cases: 0,
          seed: 1,
          files,
        });
        const last = (name: string) => name.split("-").at(-1)!;
        return [cases.map(({ name }) => last(name)), leftOut.map(last)];
      }),
    );
    assertEquals(arm64, [[], []]);
    assertEquals(amd, [["address"], ["armed"]]);
    assertEquals(intel, [["address", "armed"], []]);
  }));

Deno.test("kvm: a machine leaves out programs of such cases, too", () =>
  inFolder(async (folder) => {
    const found = await Promise.all(
      MACHINES.filter(({ arch }) => arch === "x86").map(async (machine) => {
        const path = `${folder}/${machine.name}.dregs`;
        await Deno.writeTextFile(path, text(machine.vendor ?? "vmx"));
        const { programs: made, leftOut } = await programs(
          machine,
          [path],
          "linux-6.1",
        );
        return [machine.name, made.map(({ made }) => made.name), leftOut];
      }),
    );
    assertEquals(found, [
      ["amd", ["address"], ["armed"]],
      ["intel", ["address", "armed"], []],
    ]);
  }));

Deno.test("kvm: what is left out is named, the first five", () => {
  const amd = MACHINES.find(({ name }) => name === "amd")!;
  const names = ["a", "b", "c", "d", "e", "f", "g"];
  assertEquals(
    [0, 1, 7].map((n) => leftOutText(amd, "programs", names.slice(0, n))),
    [
      undefined,
      "kvm-amd: programs left out, since QEMU's SVM keeps breakpoints enabled after an exit: a",
      "kvm-amd: programs left out, since QEMU's SVM keeps breakpoints enabled after an exit: a, b, c, d, e and 2 more",
    ],
  );
});
