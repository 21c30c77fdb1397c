/** Which cases of a file a machine performs, and which it leaves out. */
import { assertEquals } from "@std/assert";
import { campaignCases } from "../tools/kvm/cases.ts";
import { MACHINES } from "../tools/kvm/machines.ts";
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
