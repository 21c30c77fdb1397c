/**
 * A scenario for each row of arm64's history. `[A|B]` in a text is A for kernels without the change and B with it. The
 * values are from the row's observable and the kernel's source, not from the model. A table of data.
 *
 * @module
 */

/** What shows one change. */
export interface RowScenario {
  /** The row. */
  readonly row: string;
  /** The scenario, without `arch` and `kernel`. */
  readonly text: string;
  /** Kernels to take instead of the releases on either side of `since`. */
  readonly kernels?: readonly [before: string, after: string];
}

/** A bit of MDCR_EL2 while the guest runs. */
const MDCR_BIT = (bit: string): string => `
guest exec 0x40080000
run
expect kvm mdcr_el2.${bit} == [0|1]`;

/** Userspace steps a write that KVM emulates. Without VHE, MDCR_EL2 is written at each entry by every kernel. */
const STEP_OVER_WRITE = (exit: string): string => `
host model=cortex-a57
guest write dbgbvr1 0x1000 at=0x40080000
guest exec 0x40080004
guest exec 0x40080008
user debug step
run
expect exit debug ${exit}`;

/** Steps as a kernel reports them: the exit came late, was made up, or came before any instruction. */
const LATE = "hsr=0xcb000022 pc=0x40080008";
const MADE_UP = "hsr=0xc8000000 pc=0x40080004";
const AT_ONCE = "hsr=0xca000022 pc=0x40080004";

/** A field of an ID register of a new vCPU. */
const ID_FIELD = (register: string, shift: number, value: string): string => `
user get ${register} as from${shift}
expect from${shift} >> ${shift} & 15 == ${value}`;

/** Userspace adds to ID_AA64DFR0_EL1 of a new vCPU, whose PMUVer is 0. */
const ADD_TO_ID = (difference: string, result: string): string => `
user get id_aa64dfr0 as id
user set id_aa64dfr0 id + ${difference}
${result}`;

/** In the order of the table. */
export const ROW_SCENARIOS: readonly RowScenario[] = [
  { row: "trap-spe-controls", text: MDCR_BIT("tpms") },
  {
    row: "fake-step-exit",
    text: STEP_OVER_WRITE(`[${LATE}|${MADE_UP}]`),
  },
  {
    row: "trap-id-registers",
    text: `
user get id_aa64dfr0 as id
[expect error ENOENT|expect ok]`,
  },
  {
    row: "mdcr-at-load",
    // With VHE nothing traps in the first run of a vCPU.
    text: `
guest read dbgbcr0
run
expect traps == [1|0]
guest read dbgbcr0
run
expect traps == 1`,
  },
  {
    row: "skip-mmio-afterwards",
    text: `
guest store 0x10000000 at=0x40080000
guest exec 0x40080004
run
expect exit mmio pc=[0x40080004|0x40080000]
run
expect exit idle`,
  },
  {
    row: "advance-step",
    text: STEP_OVER_WRITE(`[${MADE_UP}|${LATE}]`),
  },
  {
    row: "lost-register-numbers",
    // Without VHE the write of MDSCR_EL1 traps in the first run too.
    text: `
host model=cortex-a57
user set dbgbvr1 0x1000
expect user dbgbvr0 == [0|0x1000]
user set dbgwvr2 0x2000
expect user dbgwvr3 == [0|0x2000]
# The second write does not trap, and a reset clears number 0 alone.
guest write mdscr mde=1
guest write dbgbvr1 0x3000
run
user init
guest write mdscr mde=1
guest read dbgbvr1 as kept
run
expect kept == [0|0x3000]`,
  },
  {
    row: "write-mdcr-changes",
    // The guest masks debug exceptions: only with TDE is there one, and it goes to EL2.
    text: `
guest exec 0x40080000
run
user debug break 0x40080004
guest exec 0x40080004
run
expect exit [idle|debug pc=0x40080004]`,
  },
  {
    row: "limit-pmu-version",
    text: ID_FIELD("id_aa64dfr0", 8, "[6|4]") +
      ID_FIELD("id_dfr0", 24, "[6|4]"),
  },
  { row: "hide-absent-pmu", text: ID_FIELD("id_aa64dfr0", 8, "[4|0]") },
  {
    row: "adjust-pc-at-entry",
    text: STEP_OVER_WRITE(`[${LATE}|${AT_ONCE}]`),
  },
  { row: "trap-trace-filter", text: MDCR_BIT("ttrf") },
  { row: "limit-debug-version", text: ID_FIELD("id_aa64dfr0", 0, "[9|6]") },
  { row: "hide-absent-aa32-pmu", text: ID_FIELD("id_dfr0", 24, "[4|0]") },
  {
    row: "index-debug-registers",
    // The write traps, and the next entry loads what it wrote: the reads are the hardware's.
    text: `
guest write dbgwvr2 0x2000
guest read dbgwvr2 as written
guest read dbgwvr0 as first
run
expect written == [0|0x2000]
expect first == [0x2000|0]`,
  },
  {
    row: "initial-mdcr",
    // Every kernel that has it writes MDCR_EL2 before the entry as well: what differs is over before the guest runs.
    kernels: [
      "linux-5.12 without write-mdcr-changes",
      "linux-5.13 without write-mdcr-changes",
    ],
    text: `
guest read dbgbcr0
run
expect traps == [0|1]`,
  },
  {
    row: "hide-spe",
    text: `
host model=neoverse-n1${ID_FIELD("id_aa64dfr0", 32, "[1|0]")}`,
  },
  {
    row: "arm64-guest-debug2",
    text: `
user check SET_GUEST_DEBUG2 as bits
expect bits == [0|0x30003]`,
  },
  {
    row: "os-lock",
    text: `
guest write oslar 1
guest read oslsr as lock
run
expect lock == [8|0xa]
user get oslsr
[expect error ENOENT|expect ok]`,
  },
  {
    row: "renumber-breakpoints",
    kernels: ["linux-5.18", "watanabe-v7"],
    text: `
set brps=4
[expect error EINVAL|expect ok]`,
  },
  {
    row: "hsr-high",
    text: `
guest exec 0x40080000
user debug step
run
expect exit debug flags=[0|1]`,
  },
  {
    row: "keep-pstate-ss",
    text: `
guest exec 0x40080000
user set pstate 0x3c5 ss=1
user debug step
run
expect exit debug pc=0x40080004
expect user pstate.ss == [0|1]`,
  },
  {
    row: "keep-step-pending",
    text: `
guest exec 0x40080000
guest exec 0x40080004
guest exec 0x40080008
user debug step
run steps=1 stop=guest
interrupt
run
expect exit debug pc=[0x40080008|0x40080004]`,
  },
  {
    row: "writable-pmu-version",
    text: ADD_TO_ID("0xf00", "[expect error EINVAL|expect ok]"),
  },
  {
    row: "vm-wide-id-registers",
    text: `
user get id_aa64dfr0 as id
guest exec 0x40080000
run
user set id_aa64dfr0 id + 0xf00
expect ok
expect user id_aa64dfr0 == [id + 0xf00|id]`,
  },
  {
    row: "writable-debug-version",
    text: `
guest read id_aa64dfr0 as id
run
expect id & 15 == [6|9]
set wrps=2
expect error EBUSY
user@0 set id_aa64dfr0 id
expect ok`,
  },
  {
    row: "writable-watchpoints",
    text: `
set wrps=2
[expect error EINVAL|expect ok]`,
  },
  {
    row: "debug-owner",
    text: `
guest read dbgbcr0
guest read dbgbcr0
run
expect traps == [2|1]`,
  },
  {
    row: "unsigned-pmu-version",
    text: ADD_TO_ID("0x800", "[expect ok|expect error EINVAL]"),
  },
];
