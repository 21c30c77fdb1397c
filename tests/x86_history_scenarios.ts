/**
 * A scenario for each row of x86's history. `[A|B]` in a text is A for kernels without the change and B with it. The
 * values are from the row's observable and the kernel's source, not from the model. A table of data.
 *
 * @module
 */

/** What shows one change. */
export interface RowScenario {
  /** The row. */
  readonly row: string;
  /** Vendor; vmx if left out. */
  readonly vendor?: "svm";
  /** The scenario, without `arch` and `kernel`. */
  readonly text: string;
  /** Kernels to take instead of the releases on either side of `since`. */
  readonly kernels?: readonly [before: string, after: string];
}

/** Userspace steps over a load from a device. */
const STEP_OVER_LOAD = (exit: string): string => `
guest load 0xc00000 at=0x5000
guest exec 0x5007
user set pc 0x5000
user debug step
run
expect exit mmio
run
expect exit ${exit}`;

/** The write of an MSR while the guest has a breakpoint: each outer entry loads DR0-3. */
const LOADS_AROUND_WRMSR = (loads: string): string => `
guest write dr0 0x7000
guest write dr7 0x402
run
guest wrmsr at=0x5000
guest exec 0x5002
run
expect cost dr-loads == ${loads}`;

/** The guest's own breakpoint at an emulated instruction, while userspace uses the hardware breakpoints. */
const OWN_BREAKPOINT = (expected: string): string => `
host model=tcg
user debug break 0x7000
guest write dr0 0x5000
guest write dr7 0x402
guest read dr1 at=0x5000
run
${expected}`;

/** The emulator sets the shadow of MOV SS and queues #DB for the step. */
const EMULATED_MOV_SS = (exit: string): string => `
guest popf tf=1 at=0x4fff
guest movss 0xc00000 at=0x5000
guest exec 0x5002
guest popf tf=0 at=0x5003
run
expect exit mmio
run
expect exit ${exit}`;

/** In the order of the table. */
export const ROW_SCENARIOS: readonly RowScenario[] = [
  {
    row: "reload-at-load",
    kernels: ["linux-4.5", "linux-4.5.7"],
    // The reset asks for the first load, and each vcpu_load for one with the change.
    text: `
guest exec 0x5000
run
guest exec 0x5001
run
expect cost reloads == [1|2]`,
  },
  {
    row: "root-cause-fix",
    text: `
guest write dr0 0x5000
guest write dr7 0x602
run
expect kvm switch_db_regs == [0|1]`,
  },
  {
    row: "dr6-cleared-at-put",
    text: `
guest write dr6 0x4000
run
expect cpu dr6 == [0xffff4ff0|0xffff0ff0]`,
  },
  {
    row: "svm-isolated-dr6",
    vendor: "svm",
    text: `
user debug watch 0x80000 size=4
user debug watch 0x80008 size=4
guest store 0x80000
guest store 0x80008
run
expect exit debug
run
expect exit debug
expect kvm vmcb_dr6 == [0xffff0ff3|0xffff0ff2]`,
  },
  // Until 5.14 the reset causes a load, and each of the two runs and the exit of MOV DR one.
  { row: "fast-path", text: LOADS_AROUND_WRMSR("[4|3]") },
  {
    row: "host-dr7-cleared",
    text: `
host@0 watch 0x7000 size=8
guest exec 0x5000
run
expect kvm entry_dr7 == [0x90602|0x400]`,
  },
  {
    row: "no-reload-flag",
    text: `
guest exec 0x5000
run
expect cost dr-loads == [1|0]`,
  },
  {
    row: "dr6-when-lazy",
    text: `
guest write dr6 0x4000
guest write dr0 0x7000
guest write dr7 0x402
run
guest exec 0x6000
guest exec 0x6001
run steps=1 stop=guest
expect cpu dr6 == [0xffff4ff0|0xffff0ff0]`,
  },
  { row: "svm-fast-path", vendor: "svm", text: LOADS_AROUND_WRMSR("[3|2]") },
  {
    row: "dr6-once-per-entry",
    text: `
guest write dr0 0x5000
guest write dr7 0x402
guest exec 0x5000
guest write dr6 0xffff0ff0 at=0x6000
guest wrmsr at=0x6003
guest read dr6 as status at=0x6005
run
expect status == [0xffff0ff1|0xffff0ff0]`,
  },
  {
    row: "skip-steps",
    text: `
guest popf tf=1 at=0x4fff
guest cpuid at=0x5000
guest exec 0x5002
guest popf tf=0 at=0x5003
guest exec 0x5004
run
expect exceptions == [2|3]`,
  },
  {
    row: "svm-fast-in",
    vendor: "svm",
    text: `
guest in 0x77 at=0x5000
run
expect exit io pc=[0x5000|0x5002]`,
  },
  {
    row: "emulator-steps-guest-tf",
    // RIP is not where the step was asked for, so that the real TF is clear.
    text: `
guest exec 0x4fff
guest load 0xc00000 at=0x5000
guest exec 0x5007
user set pc 0x4fff
user debug step
user set pc 0x5000
run
expect exit mmio
run
expect exit [idle|debug]`,
  },
  {
    row: "svm-skip-steps",
    vendor: "svm",
    text: `
user debug swbreak
guest popf tf=1 at=0x4fff
guest read dr0 at=0x5000
guest exec 0x5003
guest popf tf=0 at=0x5004
guest exec 0x5005
run
expect exceptions == [2|3]`,
  },
  {
    row: "vmx-fast-in",
    text: `
guest in 0x77 at=0x5000
run
expect exit io pc=[0x5000|0x5002]`,
  },
  {
    row: "emulator-forgets-singlestep",
    text: STEP_OVER_LOAD("[debug|idle]"),
  },
  {
    row: "port-after-exit",
    text: `
guest out 0x77 at=0x5000
run
expect exit io pc=[0x5002|0x5000]`,
  },
  {
    row: "no-step-after-fault",
    vendor: "svm",
    text: `
host model=tcg
user debug swbreak
guest handler mask
guest popf tf=1 at=0x4fff
guest write dr7 0x1_0000_0400 at=0x5000
run
expect exceptions [db, gp|gp]`,
  },
  { row: "emulator-steps-again", text: STEP_OVER_LOAD("[idle|debug]") },
  {
    row: "step-exit-pc",
    text: `
guest cpuid at=0x5000
guest exec 0x5002
user set pc 0x5000
user debug step
run
expect exit debug pc=[0x5000|0x5002]`,
  },
  {
    row: "fault-like-emulated-db",
    vendor: "svm",
    text: `
host model=tcg
user debug swbreak
guest write dr7 gd=1
guest popf tf=1 at=0x4fff
guest read dr0 at=0x5000
guest handler stop
run
expect exception db rip=0x5000 dr6=[0xffff6ff0|0xffff2ff0]`,
  },
  {
    row: "fast-path-stops",
    text: `
guest wrmsr at=0x5000
guest exec 0x5002
guest exec 0x5003
user set pc 0x5000
user debug step
run
expect exit debug pc=[0x5003|0x5002]`,
  },
  {
    row: "exception-payload",
    text: `
user check exception_payload as cap
expect cap == [0|1]`,
  },
  {
    row: "debug-exit-rtm",
    text: `
user debug break 0x5000
guest exec 0x5000
run
expect exit debug dr6=[0xfffe0ff1|0xffff0ff1]`,
  },
  {
    row: "gd-exit-dr6",
    text: `
user debug raw control=0x20001 dr7=0x2400
guest read dr0 at=0x5000
run
expect exit debug dr6=[0xffff0ff0|0xffff2ff0]`,
  },
  {
    row: "svm-debug-exit-filled",
    vendor: "svm",
    text: `
user debug break 0x5000
guest exec 0x5000
run
expect exit debug dr6=[0|0xffff0ff1] dr7=[0|0x402]`,
  },
  {
    row: "payload-raises-all",
    // Under guest debug the handler's read of DR6 is emulated: it sees arch.dr6, and not what a CPU makes of it.
    text: `
user debug swbreak
user set dr6 0
guest popf tf=1 at=0x4fff
guest cpuid at=0x5000
guest handler stop
run
expect exception db rip=0x5002 dr6=[0x14000|0xffff4ff0]`,
  },
  {
    row: "bus-lock-dr6",
    text: `
set bld=1
user debug swbreak
guest write dr6 0
guest read dr6 as status
run
expect status == [0xffff0ff0|0xffff07f0]`,
  },
  {
    row: "pending-bs-after-exit",
    text: `
guest write dr7 gd=1
guest popf tf=1
guest movss
guest read dr0 at=0x5000
run
expect exit [error|idle]`,
  },
  {
    row: "payload-at-injection",
    text: `
guest write dr0 0x5000
guest write dr7 0x402
run
guest exec 0x5000
guest exec 0x6000
run steps=1 stop=exit
user set pc 0x6000
expect user dr6 == [0xffff0ff1|0xffff0ff0]`,
  },
  { row: "pending-bs-at-injection", text: EMULATED_MOV_SS("[error|idle]") },
  {
    row: "set-dr-failure",
    vendor: "svm",
    text: `
scenario "emulator" {
  host model=tcg
  user debug swbreak
  guest write dr5 0x1_0000_0402 at=0x5000
  guest exec 0x5003
  run
  expect [exceptions gp|no exception]
}
scenario "decode assists" {
  user debug swbreak
  guest write dr7 0x1_0000_0402 at=0x5000
  guest exec 0x5003
  run
  expect exception gp rip=[0x5003|0x5000]
}`,
  },
  {
    row: "breakpoint-in-decoder",
    vendor: "svm",
    text: OWN_BREAKPOINT("expect exit [idle|error]"),
  },
  {
    row: "breakpoint-before-decode",
    vendor: "svm",
    text: OWN_BREAKPOINT("expect exit [error|idle]"),
  },
  {
    row: "mov-ss-inhibits-emulator",
    // An instruction that VMX emulates without a fault before: until 4.16 IN is one, later only others that the model
    // does not have. So the change is picked for 4.16.
    kernels: ["linux-4.16", "linux-4.16 with mov-ss-inhibits-emulator"],
    text: `
guest write dr0 0x5002
guest write dr7 0x402
guest movss at=0x5000
guest in 0x77 at=0x5002
guest handler stop
run
expect exceptions == [1|0]`,
  },
  {
    row: "no-recheck-on-fault",
    text: `
user debug break 0x5000
guest store 0xc00000 at=0x5000
run
expect exit debug
user set rflags rf=1
run
expect exit [debug|mmio]`,
  },
  {
    row: "emulator-effective-gd",
    vendor: "svm",
    text: `
scenario "the debugger's" {
  host model=tcg
  user debug raw control=0x20001 dr7=0x2400
  guest read dr0 at=0x5000
  run
  expect exit [idle|debug]
}
scenario "the guest's" {
  host model=tcg
  user debug break 0x7000
  guest write dr7 gd=1
  guest read dr0 at=0x5000
  run
  expect exceptions == [1|0]
}`,
  },
  {
    row: "emulator-effective-breakpoints",
    vendor: "svm",
    text: OWN_BREAKPOINT("expect exceptions == [1|0]"),
  },
  {
    row: "emulated-db-to-debugger",
    text: `
user debug break 0x7000
guest popf tf=1 at=0x4fff
guest cpuid at=0x5000
guest popf tf=0 at=0x5002
run
expect exit debug pc=[0x5003|0x5002]`,
  },
  {
    row: "debugregs-checked",
    text: `
user set dr6 0x1_0000_0000
expect [ok|error EINVAL]`,
  },
  {
    row: "set-guest-debug-declared",
    text: `
user check set_guest_debug as cap
expect cap == [0|1]`,
  },
  {
    row: "set-guest-debug2",
    text: `
user check set_guest_debug2 as mask
expect mask == [0|0xf0003]`,
  },
  {
    row: "blockirq",
    text: `
user check set_guest_debug2 as mask
expect mask == [0xf0003|0x1f0003]`,
  },
  {
    row: "inject-checks-injected",
    text: `${EMULATED_MOV_SS("error")}
user debug raw control=0x1 inject=db
expect [ok|error EBUSY]`,
  },
];
