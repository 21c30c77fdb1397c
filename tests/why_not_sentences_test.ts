/** The sentences of `why not`: where something did not happen, and what a register must be. */
import { assert, assertEquals } from "@std/assert";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { load } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { runFile } from "../dsl/run/scenario.ts";

/** The subject and the answer of the script's last `why not`. */
function answerOf(script: string): [subject: string, value: string] {
  const loaded = load({ name: "not", text: script });
  assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
  const [{ outputs }] = runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  });
  const found = outputs.findLast((output) => output.kind === "why");
  assert(found?.kind === "why");
  return [found.subject, found.value];
}

/** A guest whose context is 0x80000007, and a comparison of breakpoint 5 with 8. */
function contextScript(type: number): string {
  return `arch arm64; kernel linux-6.1
    guest handler stop
    guest write contextidr_el1 0x80000007
    guest write dbgbvr5 0x8
    guest write mdscr mde=1 kde=1
    guest write pstate d=0
    guest write dbgbcr5 bt=${type} bas=0xf pmc=el1 e=1
    guest exec 0x40090000
    run
    why not breakpoint 5`;
}

/** What a type of breakpoint compares with: Arm ARM, DBGBCR<n>_EL1.BT. The modelled VM's VMID is 1. */
const CONTEXTS: readonly (readonly [type: number, needed: string])[] = [
  [0b0010, "CONTEXTIDR_EL1, 0x80000007"],
  [0b0110, "CONTEXTIDR_EL1, 0x80000007"],
  [0b1000, "the VMID, 0x1"],
  [0b1010, "CONTEXTIDR_EL1, 0x80000007, and the VMID, 0x1"],
  [0b1110, "CONTEXTIDR_EL1, 0x80000007, and CONTEXTIDR_EL2, 0x0"],
];

for (const [type, needed] of CONTEXTS) {
  Deno.test(`why not: a breakpoint of type ${type} must be ${needed}`, () => {
    assertEquals(answerOf(contextScript(type)), [
      "breakpoint 5 did not hit at 0x40090000",
      `cpu@0 DBGBVR5_EL1 is 0x8; it must be ${needed}`,
    ]);
  });
}

/** A breakpoint at an address, and instructions of the guest. */
function breakpointScript(address: string, insns: string): string {
  return `arch arm64; kernel linux-6.1
    guest handler mask
    guest write dbgbvr0 ${address}
    guest write dbgbcr0 bas=0xf pmc=el1 e=1
    guest write mdscr mde=1 kde=1
    guest write pstate d=0
    ${insns}
    run
    why not breakpoint 0`;
}

Deno.test("why not: at an address that is never executed the subject has no place", () => {
  const [subject] = answerOf(
    breakpointScript("0x40095000", "guest exec 0x40090000"),
  );
  assertEquals(subject, "breakpoint 0 did not hit");
});

Deno.test("why not: a breakpoint that has hit says where, and that it did not hit again", () => {
  const [subject] = answerOf(
    breakpointScript(
      "0x40090000",
      "guest exec 0x40090000; guest exec 0x40090000",
    ),
  );
  assertEquals(subject, "breakpoint 0 hit at 0x40090000, and then not again");
});

/** LENn and the bytes that a slot covers with it: SDM, Debug Control Register (DR7). */
const LENGTHS: readonly (readonly [len: number, covers: string])[] = [
  [0b00, "1 byte"],
  [0b01, "2 bytes"],
  [0b10, "8 bytes"],
  [0b11, "4 bytes"],
];

for (const [len, covers] of LENGTHS) {
  Deno.test(`why not: an access beside a slot of LEN ${len}, which covers ${covers}`, () => {
    const [, value] = answerOf(`arch x86; kernel linux-6.1
      guest write dr1 0x5000
      guest write dr7 g1=1 rw1=access len1=${len}
      guest load 0x5008 size=1
      run
      why not breakpoint 1 at=0x5008`);
    assert(value.startsWith("cpu@0 DR1 is 0x5000; it must be "), value);
    assert(value.endsWith(`; LEN1 makes it ${covers}`), value);
  });
}

Deno.test("why not: a slot whose address is not canonical", () => {
  assertEquals(
    answerOf(`arch x86; kernel linux-6.1
      guest write dr1 0x800000000000
      guest write dr7 g1=1
      guest exec 0x800000000000
      run
      why not breakpoint 1`),
    [
      "breakpoint 1 did not hit at 0x800000000000",
      "cpu@0 DR1 is 0x800000000000; it must be a canonical address",
    ],
  );
});

/**
 * Accesses to debug registers. SVM of 2008 intercepts none of DR6 (arch/x86/kvm/svm.c, init_vmcb(), 2.6.28, from
 * memory). VMX exits before it looks at the CPL, as handle_dr() of arch/x86/kvm/vmx/vmx.c says, and SVM after.
 */
const ACCESSES: readonly (readonly [
  kernel: string,
  access: string,
  subject: string,
  value: string,
])[] = [
  [
    "kiszka-2008 svm",
    "read dr6 as x",
    "access of DR6 did not trap at 0x110000",
    "kvm@0 dr_intercept is 0x0; it must be 1",
  ],
  [
    "kiszka-2008 svm",
    "read dr2 as x",
    "access of DR2 trapped at 0x110000",
    "every condition was met",
  ],
  [
    "linux-6.1 svm",
    "write dr2 5 cpl=3",
    "access of DR2 did not trap at 0x110000",
    "the instruction is at CPL 3: #GP comes before the exit",
  ],
  [
    "linux-6.1 vmx",
    "write dr2 5 cpl=3",
    "access of DR2 trapped at 0x110000",
    "every condition was met",
  ],
  // QEMU tests the level while it translates, before helper_get_dr() looks at CR4.DE.
  [
    "linux-6.1 svm; host model=tcg; guest write cr4 de=1",
    "read dr4 cpl=3",
    "access of DR4 did not trap at 0x110003",
    "the instruction is at CPL 3: #GP comes before the exit",
  ],
  [
    "linux-6.1 svm; guest write cr4 de=1",
    "read dr4 cpl=3",
    "access of DR4 did not trap at 0x110003",
    "guest@0 CR4.DE is 1; it must be 0",
  ],
  [
    "linux-6.18 svm; set protected=sev-es debug_swap=0",
    "read dr7",
    "access of DR7 did not trap at 0x110000",
    "an SEV-ES guest has #VC in place of the exit, and its handler does the access",
  ],
  [
    "linux-6.1; set rtm=1; guest xbegin",
    "read dr7",
    "access of DR7 did not trap at 0x110006",
    "the access aborts its transaction",
  ],
];

/** Accesses at EL0 that trap to EL1: ID registers with FEAT_IDST, and the DCC by MDSCR_EL1.TDCC. */
const AT_EL0: readonly (readonly [
  setup: string,
  register: string,
  name: string,
  value: string,
])[] = [
  ["", "id_aa64dfr0", "ID_AA64DFR0_EL1", "at EL0 the access traps to EL1"],
  [
    "user set mdscr tdcc=1",
    "mdccsr",
    "MDCCSR_EL0",
    "cpu@0 MDSCR_EL1.TDCC is 1; it must be 0: it traps the access at EL0 to EL1",
  ],
];

for (const [setup, register, name, value] of AT_EL0) {
  Deno.test(`why not trap: ${name} at EL0`, () => {
    assertEquals(
      answerOf(`arch arm64; kernel linux-7.2
        ${setup}
        guest read ${register} el=0
        run
        why not trap`),
      [`access of ${name} did not trap at 0x40080000`, value],
    );
  });
}

for (const [kernel, access, ...answer] of ACCESSES) {
  Deno.test(`why not trap: ${kernel}: ${access}`, () => {
    assertEquals(
      answerOf(`arch x86; kernel ${kernel}
        guest ${access}
        run
        why not trap`),
      answer,
    );
  });
}
