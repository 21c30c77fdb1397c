/**
 * The KTAP of an exported program beside the model.
 */
import { assertEquals } from "@std/assert";
import type { Check } from "../export/mod.ts";
import { compareKtap } from "../tools/kvm/ktap.ts";

function check(line: number): Check {
  return {
    line,
    text: `expect guest dr${line} == 0`,
    step: 0,
    field: "got",
    index: 0,
    mask: 0n,
    shift: 0,
    operator: "==",
    value: 0n,
    word: undefined,
    isMet: true,
  };
}

const CHECKS = [check(3), check(4)];
const PASSES = `KTAP version 1
# case x: 2 takes
1..2
ok 1 line 3: expect guest dr3 == 0
ok 2 line 4: expect guest dr4 == 0
# pass:2 fail:0
# status 0
`;
const FAILS = PASSES.replace("\nok 2", "\nnot ok 2").replace(
  "status 0",
  "status 1",
);
const SKIPPED = `KTAP version 1
# case x: not recorded: it needs host CPU 1
1..0 # SKIP the case cannot be performed here
# status 4
`;

const ROWS: readonly (readonly [
  name: string,
  ktap: string,
  expected: readonly boolean[] | string,
  verdict: string,
])[] = [
  ["every check holds", PASSES, [true, true], "agrees"],
  ["the model says that one does not", FAILS, [true, false], "agrees"],
  [
    "one does not hold",
    FAILS,
    [true, true],
    "differs: line 4: expect guest dr4 == 0: not ok, the model says ok",
  ],
  [
    "one holds that the model says does not",
    PASSES,
    [false, true],
    "differs: line 3: expect guest dr3 == 0: ok, the model says not ok",
  ],
  [
    "it was skipped",
    SKIPPED,
    [true, true],
    "skipped: skipped: it needs host CPU 1",
  ],
  [
    "the model does not perform it",
    PASSES,
    "why",
    "skipped: the model does not perform it: why",
  ],
  [
    "a result is missing",
    PASSES.replace(/^ok 2.*\n/m, ""),
    [true, true],
    "differs: 1 results of 2 checks",
  ],
  [
    "it did not end",
    "KTAP version 1\n",
    [true, true],
    "differs: it did not end: KTAP version 1",
  ],
];
for (const [name, ktap, expected, verdict] of ROWS) {
  Deno.test(`compareKtap(): ${name}`, () => {
    const found = compareKtap(ktap, CHECKS, expected);
    assertEquals(
      found.kind === "agrees" ? found.kind : `${found.kind}: ${found.why}`,
      verdict,
    );
  });
}
