/** Failures of `always expect bare …` and `finally expect bare …` have an explanation: what the bare machine did. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MemoryIo } from "../cli/memory_io.ts";
import { run, verdictOn } from "./explore_command.ts";

/** The steps of a program, and what is expected of the bare machine. */
const CASES: readonly [
  name: string,
  text: string,
  decisions: readonly (readonly [step: number, did: string])[],
][] = [
  [
    "a write of the guest's, x86",
    `arch x86
kernel linux-7.2
explore {
  vcpu 0 { write dr0 0x1000; read dr0 }
  user 0 { debug break 0x4000 }
  always expect bare dr0 == 0
}
`,
    [[4, "copied the instruction's DR0 (0x1000) into the bare machine's DR0"]],
  ],
  [
    "a write of the guest's, arm64",
    `arch arm64
kernel linux-7.2
explore {
  vcpu 0 { write dbgbvr0 0x1000; read dbgbvr0 }
  always expect bare dbgbvr0 == 0
}
`,
    [[
      3,
      "copied the instruction's DBGBVR0_EL1 (0x1000) into the bare machine's DBGBVR0_EL1",
    ]],
  ],
  [
    "a field of the flags",
    `arch x86
kernel linux-7.2 svm
explore {
  vcpu 0 { popf tf=1; exec 0x1000 }
  always expect bare rflags.tf == 0
}
`,
    [[3, "set TF in the bare machine's RFLAGS"]],
  ],
  [
    "what stands before the block, of the second vCPU",
    `arch x86
kernel linux-6.1 svm
set vcpus=2
guest@1 write dr2 0x7000
run @1
explore {
  vcpu 0 { exec 0x1000 }
  vcpu 1 { exec 0x1000 }
  always expect bare@1 dr2 == 0
}
`,
    [[0, "copied the instruction's DR2 (0x7000) into the bare machine's DR2"]],
  ],
  [
    "what userspace writes for the guest",
    `arch x86
kernel linux-6.1
explore {
  vcpu 0 { exec 0x1000 }
  user 0 { set dr1 0x5000 }
  finally expect bare dr1 == 0
}
`,
    [[1, "copied the ioctl's DR1 (0x5000) into the bare machine's DR1"]],
  ],
];

for (const [name, text, decisions] of CASES) {
  Deno.test(`expect bare: explained, ${name}`, async () => {
    const { outcome, explanation } = await verdictOn(text);
    assertEquals(outcome, "broken");
    assertEquals(
      explanation.map(({ step, did }) => [step, ...did]),
      decisions.map((one) => [...one]),
    );
  });
}

Deno.test("expect bare: a #DB that changes the bare machine's DR6 has the breakpoint that raised it", async () => {
  const { explanation } = await verdictOn(`arch x86
kernel linux-6.1
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000 }
  finally expect bare dr6 == 0xffff0ff0
}
`);
  const did = explanation.map(({ did }) => did.join("; "));
  assertStringIncludes(did[0], "DR0 (0x1000)");
  assertStringIncludes(did[1], "DR7 (0x402)");
  assertStringIncludes(did.at(-1)!, "DR6 from 0xffff0ff0 to 0xffff0ff1");
});

Deno.test("expect bare: the table has the bare machine's column, of its vCPU, though the guest has the same", async () => {
  const text = (expectation: string): string =>
    `arch x86
kernel linux-7.2
host cpus=1
set vcpus=2
guest@1 write dr2 0x7000
run @1
explore {
  vcpu 0 { exec 0x1000 }
  vcpu 1 { exec 0x1000 }
  ${expectation}
}
`;
  for (const when of ["always", "finally"]) {
    for (const [view, isThere] of [["bare", true], ["guest", false]] as const) {
      const io = new MemoryIo({
        files: { "a.dregs": text(`${when} expect ${view}@1 dr2 == 0`) },
      });
      const shown = await run(io, "a.dregs");
      assertEquals(/^ +guest +bare /m.test(shown), isThere, shown);
      if (!isThere) continue;
      assertStringIncludes(shown, "vCPU 1 on CPU 0, linux-7.2");
      assertMatch(shown, /^ +dr2 +0x7000 +0x7000 /m);
    }
  }
});
