/** A missed breakpoint of arm64 in a block without `noticed`: the explanation names what put the CPU's register there. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { verdictOn } from "./explore_command.ts";

const ROWS = [
  { family: "dbgb", short: "DBGBCR0_EL1", armed: "bas=0xf", hit: "exec" },
  {
    family: "dbgw",
    short: "DBGWCR0_EL1",
    armed: "lsc=load bas=1",
    hit: "load",
  },
] as const;

for (const { family, short, armed, hit } of ROWS) {
  const size = hit === "load" ? " size=1" : "";
  Deno.test(`explained: \`never missed\` on arm64, ${short}`, async () => {
    const { broken, explanation, schedule } = await verdictOn(
      `arch arm64
kernel linux-5.0
host cpus=1
explore {
  vcpu 0 {
    write ${family}vr0 0x40090000
    write ${family}cr0 ${armed} p${family === "dbgb" ? "m" : "a"}c=el1 e=1
    write mdscr kde=1 mde=1
    write pstate d=0
    ${hit} 0x40090000${size}
  }
  never missed
}
`,
    );
    assertEquals(broken, ["missed"]);
    assert(explanation.length >= 2 && explanation.length <= 4);
    // F24: the accesses before the first setup do not trap; E/1.8: the next entry loads the set in memory over them.
    const load = explanation.at(-1)!;
    assertEquals(load.function, "__debug_switch_to_guest");
    assertStringIncludes(
      load.did.join(", "),
      `loaded the guest's ${short} (0x0) into CPU 0's ${short}`,
    );
    assert(
      schedule[load.step - 1].what.includes("enters the guest"),
      schedule[load.step - 1].what,
    );
    assert(
      explanation.some((one) => one.function === "activate_traps_vhe_load"),
    );
  });
}
