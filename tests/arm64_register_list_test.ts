import { assertEquals } from "@std/assert";
import { machineFor, settingName, SETTINGS } from "./arm64_random_program.ts";

for (const setting of SETTINGS) {
  Deno.test(`arm64:D34 ${settingName(setting)}: all 64 numbered registers are listed`, () => {
    const machine = machineFor(setting);
    const numbered = () =>
      machine.registerList(0).filter((name) =>
        /^DBG[BW][CV]R\d+_EL1$/.test(name)
      )
        .length;
    assertEquals(numbered(), 64);
    machine.run(0);
    assertEquals(numbered(), 64);
  });
}
