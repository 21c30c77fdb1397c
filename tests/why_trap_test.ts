/** `why trap` of arm64: the trap, MDCR_EL2, and what made KVM set its TDA, if it does so still. */
import { assert, assertEquals } from "@std/assert";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { load } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { runFile } from "../dsl/run/scenario.ts";

/** The places in the chain of a script's `why trap`, without the trap and MDCR_EL2. */
function decidersOf(kernel: string, lines: readonly string[]): string[] {
  const text = [
    `arch arm64; kernel ${kernel}; host model=cortex-a57`,
    ...lines,
    "why trap",
  ].join("\n");
  const loaded = load({ name: "trap", text });
  assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
  const [{ outputs }] = runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  });
  const found = outputs.findLast((output) => output.kind === "why");
  assert(found?.kind === "why");
  assertEquals(found.value, "a write of DBGBVR0_EL1, because of TDA");
  return found.chain.flatMap(({ event }) =>
    event.kind === "set" && event.to.name !== "mdcr_el2"
      ? [`${event.to.name}=${event.new}`]
      : []
  ).sort();
}

const WRITE = "guest write dbgbvr0 0x1000; run";

/** arch/arm64/kvm/debug.c, kvm_arm_setup_mdcr_el2(), 5.10 and 6.14. */
const CASES: readonly (readonly [
  title: string,
  kernel: string,
  lines: readonly string[],
  deciders: readonly string[],
])[] = [
  [
    "the registers were saved, so that DIRTY is clear again",
    "linux-5.10",
    [WRITE, WRITE],
    ["dirty=0"],
  ],
  [
    "userspace debugs, and DIRTY is set",
    "linux-5.10",
    [
      "guest write dbgbvr0 0x1000; guest write mdscr mde=1; run",
      "user debug break 0x9000",
      WRITE,
    ],
    ["guest_debug=131073"],
  ],
  [
    "userspace debugs no longer",
    "linux-5.10",
    [WRITE, "user debug break 0x9000", WRITE, "user debug off", WRITE],
    ["dirty=0"],
  ],
  ["the registers have no owner yet", "linux-6.18", [WRITE], []],
  [
    "the OS lock makes the registers the host's",
    "linux-6.18",
    ["guest write oslar 1; run", WRITE],
    ["OSLSR_EL1=10", "owner=1"],
  ],
  [
    "the OS lock is clear again",
    "linux-6.18",
    ["guest write oslar 1; run", "guest write oslar 0; run", WRITE],
    ["owner=0"],
  ],
];

for (const [title, kernel, lines, deciders] of CASES) {
  Deno.test(`why trap of ${kernel}: ${title}`, () => {
    assertEquals(decidersOf(kernel, lines), deciders);
  });
}
