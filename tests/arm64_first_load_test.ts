/**
 * MDCR_EL2 between a vCPU's first vcpu_load and its first entry, which no guest sees. arm64:E/1.7.
 */
import { assertEquals } from "@std/assert";
import { architecture, createMachine } from "../engine/mod.ts";
import { registerId } from "./arm64_random_program.ts";

/** HPMN 6; TPMCR, TPM, TDA, TDOSA, TDRA, TPMS, TTRF. */
const FIRST_ENTRY = 0x84e66n;

/** What the CPU has after vcpu_load. */
function loaded(profile: string): bigint | undefined {
  const machine = createMachine(
    architecture("arm64")!,
    { profile, vendor: undefined, options: {} },
    { counts: {}, model: undefined, unpredictable: undefined },
  );
  machine.run(0, { steps: 0, stop: "exit" });
  const view = machine.view("cpu", 0, registerId("mdcr"));
  return view.kind === "value" ? view.value : undefined;
}

const CASES: readonly (readonly [kernel: string, mdcr: bigint])[] = [
  // Nothing traps, and the guest has all event counters.
  ["linux-4.19", 0n],
  ["linux-5.12", 0n],
  ["linux-5.13", FIRST_ENTRY],
  ["linux-5.13 without initial-mdcr", 0n],
  ["linux-4.19.191", FIRST_ENTRY],
  ["linux-7.2", FIRST_ENTRY],
];

for (const [kernel, mdcr] of CASES) {
  Deno.test(`arm64:E/1.7 ${kernel}: vcpu_load writes 0x${mdcr.toString(16)}`, () => {
    assertEquals(loaded(kernel), mdcr);
  });
}
