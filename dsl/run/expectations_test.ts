import { assertEquals } from "@std/assert";
import { run } from "../testing_run.ts";

/** An expectation that does not hold, what is expected, what was found, and how it is said. */
const UNMET: readonly (readonly [
  text: string,
  expected: string,
  found: string,
  saw: string,
])[] = [
  [
    "run; expect warning",
    "a warning",
    "no warning",
    "the kernel printed no warning",
  ],
  [
    "kernel watanabe-v7; host brps=6 ctx=2 wrps=4; guest write dbgbcr0 lbn=6; run; expect no warning",
    "no warning",
    "an unused breakpoint is asked for without emulation",
    "the kernel printed an unused breakpoint is asked for without emulation",
  ],
  [
    "run; user save as a; user restore a; expect loss",
    "a loss",
    "nothing",
    "the restore lost nothing since the last run began",
  ],
  [
    "kernel linux-5.10; host vhe=0; guest write dbgbvr0 0x4000; guest write dbgbvr1 0x5000; run; " +
    "user save as a; user restore a; expect no loss",
    "no loss",
    "DBGBVR1_EL1",
    "the restore lost DBGBVR1_EL1",
  ],
  [
    "guest write dbgbcr0 0; run; expect no trap",
    "no trap",
    "trapped",
    "the write of DBGBCR0_EL1 trapped",
  ],
  [
    "kernel linux-5.10; guest write dbgbvr0 0x4000; guest write dbgbvr1 0x5000; run; expect trap",
    "a trap",
    "not trapped",
    "the write of DBGBVR1_EL1 did not trap",
  ],
  [
    "run; expect exception svc",
    "svc",
    "no exception",
    "the guest took no exception",
  ],
  [
    "guest svc; run; expect no exception",
    "no exception",
    "svc",
    "the guest took svc",
  ],
  [
    "guest write dbgbcr0 e=1 bas=0xf; run; expect guest dbgbcr0.bas == 3",
    "0x3",
    "0xf (register 0x1e1)",
    "guest@0 DBGBCR0_EL1.BAS is 0xf (register 0x1e1)",
  ],
];

for (const [text, expected, found, saw] of UNMET) {
  Deno.test(`an expectation that does not hold: ${text}`, () => {
    const [{ failures }] = run(text);
    assertEquals(
      failures.map((one) => [
        one.expected,
        one.found,
        one.diagnostic.message,
      ]),
      [[expected, found, `${saw}, expected ${expected}`]],
    );
  });
}
