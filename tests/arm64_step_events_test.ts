/** Changes of PSTATE.SS are events of the trace, with the rule and the function of what made them. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { distinctKernels, namedKernels } from "../engine/arm64/history/mod.ts";

/** Bit 21, with D, A, I, F and EL1h. */
const [CLEAR, SET] = ["0x3c5", "0x2003c5"];

const SETS = `${CLEAR} → ${SET}`;
const CLEARS = `${SET} → ${CLEAR}`;

/**
 * A step over a trapped write: who sets and clears SS, in order. Hand-derived from kvm_arm_setup_debug(),
 * restore_guest_debug_regs(), kvm_skip_instr(), kvm_handle_guest_debug(), kvm_vcpu_load_debug() and
 * kvm_vcpu_put_debug().
 */
const EVENTS: Readonly<Record<string, readonly string[]>> = {
  // The entry sets it, and nothing gives the guest's back: bug arm64:F2. The skip leaves it: arm64:F4.
  "linux-4.4": [`arm64:E/1.4 force ${SETS}`, `arm64:A/13 sync ${CLEARS}`],
  // The exit gives the guest's back; each entry sets it again, and the skip at that entry clears it.
  "linux-6.1": [
    `arm64:E/1.4 force ${SETS}`,
    `arm64:E/1.9 restore ${CLEARS}`,
    `arm64:E/1.4 force ${SETS}`,
    `arm64:N17 force ${CLEARS}`,
  ],
  // vcpu_load sets it once; the step's exit sets it for the next step, and vcpu_put gives the guest's back.
  "linux-7.2": [
    `arm64:E/2.6 force ${SETS}`,
    `arm64:N17 force ${CLEARS}`,
    `arm64:E/1.11 force ${SETS}`,
    `arm64:E/2.6 restore ${CLEARS}`,
  ],
};

for (const [kernel, events] of Object.entries(EVENTS)) {
  Deno.test(`PSTATE.SS in a step over a trapped write on ${kernel}`, async () => {
    const text = `arch arm64
kernel ${kernel}
user debug step
guest write dbgbvr0 0x1000
guest exec 0x2000
run
why guest pstate
`;
    const io = new MemoryIo({ files: { "a.dregs": text } });
    await main(["run", "--trace", "a.dregs"], io);
    const told = [
      ...io.stdout.matchAll(
        /^ +(arm64:\S+) +vcpu 0 +(\w+) +guest PSTATE (.*)$/gm,
      ),
    ].map(([, rule, verb, values]) => `${rule} ${verb} ${values}`);
    assertEquals(told, events);
    const [rule, verb] = events.at(-1)!.split(" ");
    const why = io.stdout.slice(io.stdout.indexOf("guest@0 PSTATE is"));
    assertStringIncludes(why, rule);
    assertStringIncludes(why, `vcpu 0 ${verb}: guest PSTATE`);
  });
}

Deno.test("PSTATE.SS that userspace sets has the ioctl's write", async () => {
  const text = `arch arm64
kernel linux-6.1
user set pstate 0x2003c5
why guest pstate
`;
  const io = new MemoryIo({ files: { "a.dregs": text } });
  await main(["run", "--trace", "a.dregs"], io);
  assertStringIncludes(io.stdout, `guest PSTATE ${SETS}, from user`);
});

Deno.test("arm64:A/13.1 an ERET is the cause of the PSTATE that it leaves", async () => {
  const text = `arch arm64
kernel linux-6.1
guest eret d=0
run
why guest pstate
`;
  const io = new MemoryIo({ files: { "a.dregs": text } });
  await main(["run", "--trace", "a.dregs"], io);
  assertStringIncludes(
    io.stdout,
    `arm64:A/13.1  vcpu 0  write   guest PSTATE ${CLEAR} → 0x1c5, from program`,
  );
  const why = io.stdout.slice(io.stdout.indexOf("guest@0 PSTATE is"));
  assertStringIncludes(why, "guest@0 PSTATE is 0x1c5\n");
  assertStringIncludes(why, `vcpu 0 write: guest PSTATE ${CLEAR} → 0x1c5`);
});

/** What a run of a program under userspace's step ends with, after what has been done before. */
const RETURNS: readonly (readonly [name: string, lines: string])[] = [
  ["a step", "guest exec 0x2000\nrun"],
  ["MMIO", "guest load 0x9000000\nrun"],
  [
    "an emulated instruction",
    "guest write dbgbvr0 0x1000\nguest exec 0x2000\nrun",
  ],
  // The guest's own PSTATE.SS is 1: what userspace reads has it where the kernel keeps it.
  [
    "MMIO while the guest steps",
    "guest write mdscr mde=1 kde=1 ss=1\nuser set pstate 0x2001c5\nguest load 0x9000000\nrun",
  ],
];

for (const kernel of [...distinctKernels(), ...namedKernels()]) {
  Deno.test(`${kernel}: the trace's PSTATE of an exit is what userspace reads after it`, async () => {
    for (const [name, lines] of RETURNS) {
      const text =
        `arch arm64\nkernel ${kernel}\nhost vhe=0\nuser debug step\n${lines}\n`;
      const run = async (more: string): Promise<string> => {
        const io = new MemoryIo({ files: { "a.dregs": text + more } });
        await main(["run", "--trace", "a.dregs"], io);
        return io.stdout + io.stderr;
      };
      const told = /return .* exit (debug|mmio),.* pstate (\w+)/;
      const [, exit, pstate] = (await run("why exit")).match(told) ?? [];
      const after = await run(
        `expect exit ${exit} pstate=${pstate}\nexpect user pstate == ${pstate}\n`,
      );
      assertStringIncludes(after, "ok  a\n", `${name}: ${after}`);
    }
  });
}
