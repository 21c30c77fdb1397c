/**
 * What a guest has missed: of a breakpoint of arm64 the explanation names what put the CPU's register there, of a step of
 * x86 what moved RIP past the instruction.
 */
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

/** The CPU of the manual, and a stand-in with VHE, whose watchpoints are a list. */
const MODELS = ["", "model=max"];

const CASES = ROWS.flatMap((row) => MODELS.map((model) => ({ ...row, model })));

for (const { family, short, armed, hit, model } of CASES) {
  const size = hit === "load" ? " size=1" : "";
  Deno.test(`explained: \`never missed\` on arm64, ${short} ${model}`, async () => {
    const { broken, explanation, schedule } = await verdictOn(
      `arch arm64
kernel linux-5.0
host cpus=1 ${model}
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

for (const vendor of ["vmx", "svm"]) {
  Deno.test(`explained: a step over CPUID that ${vendor} of 4.4 has missed`, async () => {
    const { broken, explanation } = await verdictOn(
      `arch x86
kernel linux-4.4 ${vendor}
host cpus=1
explore {
  vcpu 0 {
    popf tf=1
    cpuid
  }
  never noticed
}
`,
    );
    assertEquals(broken, ["noticed"]);
    const [exit, skip] = explanation;
    assertEquals(exit.did, ["left the guest: cpuid"]);
    // vmx.c and svm.c of 4.4 have a function of this name each.
    assertEquals(
      [skip.step, skip.function, skip.did],
      [exit.step, "skip_emulated_instruction", [
        "moved RIP past the instruction without a look at TF",
      ]],
    );
    assertEquals(skip.rules.map(({ id }) => id), ["x86:F25"]);
  });
}
