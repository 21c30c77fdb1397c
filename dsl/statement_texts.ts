/**
 * What help and docs/language.md say of the statements at length, by the word that begins them: `statements.ts` has
 * the rest. `deno task docs` writes docs/language.md.
 *
 * A data table: it may be longer than other files.
 *
 * @module
 */
import { type StatementRow, STATEMENTS } from "./statements.ts";

/** What is said of the lines that begin with one word. */
export interface StatementTexts {
  /** The word of its row in `STATEMENTS`. */
  readonly word: string;
  /** More to know, a paragraph each. */
  readonly notes: readonly string[];
  /** What only docs/language.md says, a paragraph of Markdown each. */
  readonly details?: readonly string[];
  /** A script without a mistake, in which every expectation holds. */
  readonly example: string;
  /** Files that the example includes, by name. */
  readonly exampleFiles?: Readonly<Record<string, string>>;
  /** Scripts with a mistake in this statement each: docs/language.md shows what is said of them. */
  readonly mistakes: readonly string[];
}

/** A statement with all that is said of it. */
export type DescribedStatement = StatementRow & StatementTexts;

/** A row for each of `STATEMENTS`. */
const TEXTS: readonly StatementTexts[] = [
  {
    word: "arch",
    notes: ["arm64 if left out."],
    example: "arch x86; guest int3; run; expect exceptions bp",
    mistakes: ["arch arm", "run; arch x86"],
  },
  {
    word: "kernel",
    notes: [
      "KERNEL is one of those that `dregs profiles` lists, any release from linux-4.4 to linux-7.3, such as " +
      "linux-5.4.120, or rhel-8.5. `help KERNEL` describes one.",
      "`with` applies a change of KVM, and `without` reverts it: by its name or by its commit's hash, seven digits " +
      "or more. `dregs history` lists them. Changes and options may be in any order.",
    ],
    details: [
      "A word after the kernel chooses the vendor on x86: `vmx` (the default) or `svm`. Options belong to one " +
      "kernel; the table below has them.",
      "`kernel bare` is the machine itself, without a hypervisor. What needs one is a mistake there: `user`, breakpoints " +
      "of the host, the views `user`, `hw` and `kvm`, traps, exits and costs. Where `--kernel bare` asks for that machine " +
      "instead of the text, a scenario that needs a hypervisor is skipped from there on.",
    ],
    example:
      "arch x86; kernel linux-4.4 svm with root-cause-fix; guest write dr7 g0=1; run; expect guest dr7.g0 == 1",
    mistakes: [
      "kernel linux-9.9",
      "kernel reload-2016",
      "arch x86; kernel linux-4.4 with rootcause-fix",
      "kernel bennee-v2 clear=later",
      "kernel bare; user get dbgbcr0",
      "run; kernel linux-6.1",
    ],
  },
  {
    word: "host",
    notes: [
      "With counts it describes the machine, before anything else. With break, watch or off it is what the host " +
      "kernel does with the debug registers of CPU p. With msr it writes an MSR there, as WRMSR does.",
      "In an explore block, `host N { … }` is the program of CPU N's host.",
    ],
    details: [
      "A count that is left out has its default. `model=` chooses the hardware model, `unpredictable=` the " +
      "outcome of CONSTRAINED UNPREDICTABLE cases; the tables below have both.",
      "A breakpoint of the host takes the lowest free register of the CPU. `on=` is `store` by default, `size=` " +
      "is 4 bytes.",
    ],
    example:
      "host brps=5 ctx=2 wrps=4; host break 0xffff000010000000; run; expect cpu dbgbcr0.e == 1",
    mistakes: [
      "host brps=17",
      "host brps=4 ctx=5",
      "host@0 brps=5",
      "host@1 break 0x1000",
      "host watch 0x1000 on=load",
      "set brps=4; host brps=4",
      "arch x86; host msr dr7 0x400",
      "arch x86; host msr debugctl",
    ],
  },
  {
    word: "set",
    notes: ["On arm64 one `set` is one write of ID_AA64DFR0_EL1."],
    details: [
      "Numbers are counts: `brps=4` writes 3 into ID_AA64DFR0_EL1.BRPs. A count that is not named keeps its " +
      "value. `vcpus` is not part of the ID register.",
      "The kernel can refuse the write. Then `expect error ERRNO` must follow, or the scenario fails.",
    ],
    example:
      "set brps=4 ctx=2 vcpus=2; expect user id_aa64dfr0.brps == 3; run @1",
    mistakes: [
      "set vcpus=0",
      "set rtm=1",
      "set bprs=4",
      "set vcpus=3; set vcpus=2",
    ],
  },
  {
    word: "guest",
    notes: [
      "Any instruction takes at=ADDR, el= (arm64), cpl=, code= and len= (x86). `handler` chooses what the modelled " +
      "guest does after it has recorded an exception.",
    ],
    details: [
      "Every instruction has an address: `at=ADDR`; for `exec` its operand; otherwise the address after the " +
      "previous instruction. vCPU v starts at 0x40080000 + 0x10000·v on arm64 and at 0x100000·(v+1) + 0x10000 " +
      "on x86. The tables of instructions are below.",
      "A field in a `write` is a number or one of the names that `dregs registers` lists.",
      "Nothing is executed before `run`.",
      "After it has recorded an exception, the handler continues after the instruction (`skip`, the default), " +
      "masks debug exceptions and tries the instruction again (`mask`), or stops (`stop`).",
      "On x86 the handler records 24 exceptions of what one `run` executes, as that of the recorder does. At the next " +
      "it gives up: it writes to port 0xE2 again and again, and each `run` ends with that exit. Where there are more, put a " +
      "`run` between them.",
    ],
    example:
      "guest write dbgbcr0 bt=linked-address lbn=2 e=1; guest read dbgbcr0 as x; run; expect x == 0x120001",
    mistakes: [
      "guest wirte dbgbcr0 lbn=2",
      "guest write dbgbcr16 1",
      "guest write dbgbcr0 lbm=2",
      "guest write dbgbcr0 bas=0xff",
      "guest write dbgbcr0 bt=linked-adress",
      "guest write dr7 g0=1",
      "guest exec 0x1002",
      "guest load 0x1000 size=3",
      "guest cpuid",
      "guest@1 isb",
      "guest handler skp",
    ],
  },
  {
    word: "run",
    notes: [
      "After `steps` instructions KVM_RUN returns (put), or the vCPU has left the guest and is still loaded (exit), " +
      "or it is in the guest, to look (guest).",
      "`attempts` counts each try of an instruction, also one that exits and is tried again, and each instruction " +
      "of the guest's exception handler. Without `cpu` it runs where it ran last.",
    ],
    details: [
      "A run ends `idle` when no instruction is pending. It ends `preempted` after `steps=n` instructions, " +
      "emulated ones included. A debug exit, an I/O access, an MMIO access or an error ends it as well.",
      "An instruction before which a debug exit or a step stopped stays pending with its address. The next run " +
      "starts with it.",
      "Data addresses 0x10000000 to 0x1000ffff (arm64) and 0xc00000 to 0xcfffff (x86) have no memory: an access " +
      "exits as `mmio`.",
      "`fail=` makes the first-run initialisation fail there. Such a run ends with `exit error`.",
    ],
    example:
      "guest write dbgbvr0 0x1000; guest isb; run steps=1; expect exit preempted; run; expect exit idle",
    mistakes: [
      "run steps=0",
      "run step=2",
      "run stop=guesst",
      "run @1",
      "run cpu=2",
      "arch x86; run fail=vgic",
      "run; run fail=vgic",
    ],
  },
  {
    word: "interrupt",
    notes: [],
    example:
      "guest isb; run stop=guest; interrupt; put; expect kvm ran_once == 1",
    mistakes: ["interrupt", "interrupt @1"],
  },
  {
    word: "put",
    notes: [
      "KVM_RUN has not returned. It returns with the next ioctl of the vCPU, or goes on with the next `run`.",
    ],
    example: "guest isb; run stop=exit; put; run; expect exit idle",
    mistakes: ["put", "put cpu=0"],
  },
  {
    word: "user",
    notes: [
      "`debug` is KVM_SET_GUEST_DEBUG as a debugger uses it, each adding to what is set; `raw` gives exactly these " +
      "values.",
      "In an explore block, `user N { … }` is the program of vCPU N's userspace.",
    ],
    details: [
      "`get` and `set` are KVM_GET_ONE_REG and KVM_SET_ONE_REG. On x86 they are KVM_GET_DEBUGREGS, and " +
      "KVM_GET_DEBUGREGS, a change and KVM_SET_DEBUGREGS; `user set debugregs flags=V` sets the flags. `set pc` " +
      "is KVM_SET_ONE_REG on arm64 and KVM_SET_REGS on x86, `init` is KVM_ARM_VCPU_INIT (on x86 the INIT reset), `check` is KVM_CHECK_EXTENSION. KVM_ARM_VCPU_INIT " +
      "sets the PC to 0 as well; here the program goes on where it is.",
      "`user set vcpu_events FIELD=VALUE …`, of x86, is KVM_SET_VCPU_EVENTS of a structure in which the fields that are not " +
      "named are 0, and so are the flags `valid_…` that say which of them count. `user enable` is KVM_ENABLE_CAP.",
      "`save` and `restore` are of the whole VM. `save` has the vCPUs leave KVM_RUN, completes accesses that " +
      "userspace was asked to emulate, and does the GET ioctls of a VMM in its order, QEMU's by default. `restore` does its " +
      "SET ioctls on a new VM, with the capabilities that were enabled. Instructions that were pending when the VM was saved " +
      "are pending again, and so are those that were appended since. Guest debug is no part of a save. What no ioctl " +
      "gives is lost. `vmm=firecracker` and `vmm=cloud-hypervisor` are of x86. QEMU enables exception_payload where the kernel " +
      "has it, the others do not: `user enable exception_payload` has a VM as QEMU makes it. On arm64 `brps=`, `ctx=` and `wrps=` are those of the machine that it is restored on, where they differ.",
      "`debug break` writes DBGBCR 0x1e7 on arm64 and enables Gn on x86; `watch` is `on=store` by default. " +
      "`debug raw` sets registers that are not named to 0; `inject=` adds its flag to `control=`.",
      "`interrupt` makes one pending, and the guest's handler records it and returns. On x86 it is KVM_INTERRUPT of a " +
      "vector, 32 to 255, in a VM whose local APICs alone are in the kernel, which keeps one; `nmi` is KVM_NMI. The host has " +
      "neither APIC virtualization nor virtual NMIs of AMD. On arm64 it is KVM_IRQ_LINE of an SPI, 32 to 63, that is " +
      "edge-triggered, enabled and routed to the vCPU; `serror` is KVM_SET_VCPU_EVENTS with an SError. A guest of arm64 " +
      "starts with both masked.",
      "A refused operation must be followed by `expect error ERRNO` before the next user operation, or the " +
      "scenario fails. An operation on a loaded vCPU ends its KVM_RUN first.",
      "After `set pc V` the instruction at V is next. If there is none, what was pending is dropped and the " +
      "next instruction that is appended is at V.",
    ],
    example:
      "user set dbgbcr0 0x1e7; user get dbgbcr0 as x; expect x == 0x1e7; user debug break 0x40080004; guest " +
      "isb; guest isb; run; expect exit debug",
    mistakes: [
      "user gte dbgbcr0",
      "user get dbgbcr0 as x; user get dbgbcr1 as x",
      "user check SET_GUEST_DEBUGG",
      "arch x86; user enable exception_payloads",
      "arch x86; user save as there; user restore their",
      "arch x86; user save as x vmm=qemuu",
      "arch x86; user set vcpu_events exception_pending=1 exception_nr=14",
      "user debug brek 0x1000",
      "user debug watch 0x1000 no=load",
      "arch x86; user debug watch 0x1000 size=3",
      "user debug raw inject=db",
      "user set dbgbcr0 e=2",
      "user set id_aa64dfr0 brps=15",
    ],
  },
  {
    word: "expect",
    notes: [
      "`== undef` holds where an access would be undefined.",
      "With `on` it is checked for these kernels only: kernels as after `kernel`, `>= linux-6.12`, `< linux-4.9`, " +
      "`linux-4.4..linux-4.9`, which includes both ends, or changes: `with CHANGE without CHANGE`, all of which must " +
      "fit. Those look at the changes that the kernel has, whatever its name is; a kernel older than 4.4 is not made " +
      "of changes, and never fits. A range is of mainline releases; `!= kiszka-2008` is every kernel but that one, and not `bare`. `svm` or `vmx` alone, after a kernel or a range, or " +
      "before changes, is for that vendor only: `svm with CHANGE`.",
    ],
    details: [
      "`expect EXPR OP VALUE` tests what `as` or `let` named. OP is `==`, `!=`, `<`, `<=`, `>` or `>=`.",
      "The exit is how the last run ended: `idle` (nothing was pending), `debug` (KVM_EXIT_DEBUG), `preempted` (the " +
      "instructions of `steps=` were executed), `io` and `mmio` (KVM_EXIT_IO, KVM_EXIT_MMIO), or `error` (KVM_RUN " +
      "failed).",
      "`exceptions` names all exceptions that the guest took since the last run began, in the order in which its handlers " +
      "have recorded them, or counts them. `exception` is one of them. An exception that comes before the first " +
      "instruction of another's handler stands before that other. So INT3 after a MOV SS from a watched address gives " +
      "`db, bp`: the CPU delivers #BP, then the trap that the shadow of MOV SS has held, and the handler of #DB is over " +
      "first (x86:A7).",
      "`error` and `ok` are about the last user operation. A refused one must be followed by `expect error`.",
      "`trap` says that the last access of the guest to a register made an exit, `traps` how many did since the last " +
      "run began. `warning` says that the kernel would have printed a warning since then, `loss` that a `user restore` since " +
      "then has lost something of a guest.",
    ],
    example:
      "guest svc; run; expect exceptions svc; expect exception svc ec=0x15; expect exit idle; expect guest " +
      "dbgbcr0.e == 0; expect no trap on >= linux-6.12",
    mistakes: [
      "expect hw dbgbcr0.lbn = 3",
      "expect hw dbgbcr0.lnb == 2",
      "expect guest dbgbcr0.lbn == 16",
      "expect guest dbgbcr0 < undef",
      "expect exit idel",
      "expect exit debug dr6=1",
      "expect exceptions db",
      "expect error EINVALL",
      "expect cost dr-load == 1",
      "expect trasp == 1",
      "expect hw dbgbcr0 == 0",
      "guest svc; run; expect no exception",
      "expect guest dbgbcr0 == 1",
    ],
  },
  {
    word: "require",
    notes: [
      "KERNEL is as after `on`; `require kernel svm` is for one vendor. `capability` holds where KVM_CHECK_EXTENSION returns more than 0. A view or an " +
      "expression is tested as `expect` tests it.",
      "A skipped scenario has neither passed nor failed, and the reason is printed. It has failed if an expectation " +
      "before `require` did.",
    ],
    details: [
      "`require kernel` may stand before `host`, but not before `kernel`. The other forms use the machine. Before the " +
      "first `scenario` of a file, `require` is for all of them; before `explore { … }`, for the search.",
      "`expect … on KERNEL` is for a kernel that behaves differently, `require` for one under which the scenario has " +
      "no meaning. A scenario that has expectations, none of which applies to the kernel, is skipped too. The exit " +
      "status of `dregs run` is 4 (KSFT_SKIP) where every scenario was skipped.",
    ],
    example:
      "require kernel >= linux-6.7, watanabe-v7; require capability SET_GUEST_DEBUG; guest isb; run; expect exit idle",
    mistakes: [
      "require kernel linux-9.9",
      "require kernel == linux-6.7",
      "arch x86; require svm",
      "require kernel svm",
      "require capability SET_GUEST_DEBUGG",
      "require kernle >= linux-6.7",
      "require exit idle",
      "require kernel >= linux-6.7; kernel linux-6.12",
    ],
  },
  {
    word: "show",
    notes: [
      "R may be a pattern: `show hw dbgb*`.",
      "`→3` after a guest's value: its breakpoint is physical number 3. `←2` after an intended value (hw): it is the " +
      "guest's number 2. `*` marks an intended value that differs from the guest's. `!` marks a value of cpu that " +
      "differs from the intended one while the vCPU is loaded there.",
    ],
    details: [
      "Without registers, the table has every register that is not as reset left it. `show cpu kvm@0 kvm@1 dr0 " +
      "switch_db_regs` puts the KVM state of several vCPUs below the table.",
      "The output of a scenario is printed below its status. A scenario that shows more than a hundred things " +
      "prints them while it runs.",
    ],
    example:
      "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run; show guest hw dbgbcr0; show map; show cost",
    mistakes: [
      "show hv@0 dbgbcr0",
      "show hw dbgx*",
      "show mpa",
      "show cpu@1",
      "set vcpus=2; show guest@0 user@1",
    ],
  },
  {
    word: "why",
    notes: [
      "Newest first; each with its rule. `help RULE` explains a rule.",
      "`why not` is about the last instruction or access at the breakpoint's address, or about that at ADDRESS. " +
      "`user` is a breakpoint of KVM_SET_GUEST_DEBUG.",
    ],
    details: [
      "Where a bare machine has another value than the guest, `why guest` says so, and since which instruction or " +
      "ioctl. `why bare` has the events of that machine.",
      "`why exit` is about the last exit from the guest, or to userspace if KVM_RUN returned with something to tell. A " +
      "run that ends as `idle` or `preempted` has not returned: its last exit is from the guest.",
      "An exit or an exception leads to the hit, and from there to each write that armed the breakpoint. FIELD is " +
      "one that `expect exit` or `expect exception` knows, or a field of the register that it is: `dr6.b0`.",
      "`why not` names the first condition that was not met, with the register, its value and the rule, and then what " +
      "gave the register its value. `exit` is KVM_EXIT_DEBUG, `trap` the exit of an access to a debug register. On x86 " +
      "`watchpoint` leaves out what is compared with instructions.",
    ],
    example:
      "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run; why hw dbgbcr0.lbn; why not breakpoint 0",
    mistakes: [
      "why hv dbgbcr0",
      "why hw dbgbcr16",
      "why exti",
      "why exit far0",
      "why not breakpoint",
      "why not breakpoint 16",
      "why not brekpoint 0",
      "why not hw step",
    ],
  },
  {
    word: "scenario",
    notes: [
      "In the interactive view it runs by itself, under the session's `arch` and `kernel` unless it has an `arch`; the session stays.",
    ],
    details: [
      "In a file with scenarios, `arch`, `kernel`, `host`, `set`, `require`, `let` and `include` before the first one run " +
      "at the start of each. Nothing else is allowed outside a scenario, except `for` around scenarios. Names " +
      "must differ.",
    ],
    example:
      'set brps=4 ctx=2; scenario "idle" { run; expect exit idle }; scenario "svc" { guest svc; run; expect exceptions svc }',
    mistakes: [
      'scenario "a"',
      'scenario "" { run }',
      'scenario "a" { run }; scenario "a" { run }',
      'scenario "a" { scenario "b" { run } }',
      'scenario "a" { run }; run',
    ],
  },
  {
    word: "let",
    notes: [
      "Operators of EXPR: `| ^ & << >> + - * / % ( )`; 64 bits, unsigned.",
    ],
    details: ["The name is known to the end of its block."],
    example:
      "let address = 0x4008_0000 + 4; guest exec address; run; expect address == 0x40080004",
    mistakes: [
      "let undef = 1",
      "let x = 1; let x = 2",
      "let x = 1; for i in 0..1 { let x = 2 }",
      "let x = y",
      "let x = 1 - 2",
      "let x = 1 / 0",
      "let n = 4; let m = n-1",
    ],
  },
  {
    word: "for",
    notes: [],
    details: [
      'The body may contain scenarios, with the variable in their names: `scenario "breakpoint {i}" { … }`.',
      "Every iteration is checked before anything runs.",
    ],
    example:
      "for i in 0..3 { guest write dbgbvr[i] 0x1000 * i }; run; expect guest dbgbvr3 == 0x3000",
    mistakes: [
      "for i in 0..3; run",
      "for i in 3..0 { run }",
      "for i in 0..16 { guest write dbgbcr[i] 1 }",
      "for i in 0..1 { host cpus=2; run }",
    ],
  },
  {
    word: "include",
    notes: [],
    details: ["The path is relative to the file that includes."],
    example: 'include "machine.dregs"; guest isb; run; expect exit idle',
    exampleFiles: {
      "machine.dregs": "host brps=5 ctx=2 wrps=4\nset brps=4 ctx=2\n",
    },
    mistakes: ["include machine.dregs", 'include "missing.dregs"'],
  },
  {
    word: "explore",
    notes: [
      "In the block: vcpu N { … }, user N { … } and host N { … } are the programs of a guest, of its userspace, and " +
      "of the host kernel on a CPU.",
    ],
    details: [
      "[explore.md](explore.md) describes the search, the steps and the properties. What stands before the " +
      "block sets up the machine. `dregs run` skips a file with such a block.",
    ],
    example:
      "arch x86; explore { vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000 }; never missed }",
    mistakes: [
      "explore { never missed }",
      "explore { guest isb }",
      "explore { vcpu 0 { guest isb } }",
    ],
  },
  {
    word: "vcpu",
    notes: ["Its lines are instructions, without `guest`."],
    details: ["There are as many vCPUs as programs need."],
    example:
      "arch x86; explore { vcpu 0 { write dr0 0x1000 }; vcpu 1 { read dr0 }; never leak }",
    mistakes: [
      "vcpu 0 { isb }",
      "explore { vcpu 0 { isb }; vcpu 0 { isb } }",
      "explore { vcpu 0 { read dbgbcr0 as x } }",
      "explore { vcpu 0 { get dbgbcr0 } }",
    ],
  },
  {
    word: "repeat",
    notes: [],
    example: "explore { vcpu 0 { repeat 3 { isb } } }",
    mistakes: ["explore { vcpu 0 { repeat 0 { isb } } }", "repeat 3 { run }"],
  },
  {
    word: "either",
    notes: [],
    example: "explore { vcpu 0 { either { isb } or { svc } } }",
    mistakes: ["explore { vcpu 0 { either { isb } } }"],
  },
  {
    word: "or",
    notes: [],
    example: "explore { vcpu 0 { either { isb } or { svc } } }",
    mistakes: ["explore { vcpu 0 { or { isb } } }"],
  },
  {
    word: "choose",
    notes: [],
    details: ["Outside programs, each value is a search of its own."],
    example: "explore { vcpu 0 { choose i in 0..3; write dbgbvr[i] 0x1000 } }",
    mistakes: [
      "explore { vcpu 0 { choose i in 3..0; isb } }",
      "choose i in 0..3",
    ],
  },
  {
    word: "preempt",
    notes: [
      "any (the default): at any moment; between: only between two instructions of the program; none: a vCPU leaves " +
      "the CPU when KVM_RUN returns.",
      "Whatever the mode, a signal can end KVM_RUN at any exit where userspace has something left to do; " +
      "`signals none` excludes that.",
    ],
    example: "explore { vcpu 0 { isb }; preempt between }",
    mistakes: [
      "explore { vcpu 0 { isb }; preempt sometimes }",
      "explore { vcpu 0 { isb }; preempt any; preempt none }",
    ],
  },
  {
    word: "migrate",
    notes: [],
    example: "explore { vcpu 0 { isb }; migrate none }",
    mistakes: ["explore { vcpu 0 { isb }; migrate some }"],
  },
  {
    word: "signals",
    notes: [
      "any (the default): where userspace has something left to do, under every `preempt` mode; none: userspace acts " +
      "before the first run, and where KVM_RUN returns by itself.",
    ],
    example: "explore { vcpu 0 { isb }; user 0 { debug step }; signals none }",
    mistakes: [
      "explore { vcpu 0 { isb }; signals some }",
      "explore { vcpu 0 { isb }; signals any; signals none }",
    ],
  },
  {
    word: "restore",
    notes: [
      "any: where no vCPU is in KVM_RUN, as `user save` and `user restore` do it; a signal ends KVM_RUN for it, unless " +
      "`signals none` excludes that. none (the default, unless `never lost-over-migration` is there): the VM stays.",
      "`vmm=firecracker` and `vmm=cloud-hypervisor` are of x86. With `vmm=qemu`, the default, the VM has exception_payload " +
      "enabled where the kernel has it, as QEMU's VMs have. With another VMM it has what `user enable` has enabled before " +
      "the block, and neither of these enables it.",
    ],
    example:
      "arch x86; explore { vcpu 0 { sti; exec 0x5000 }; restore any vmm=firecracker; never missed }",
    mistakes: [
      "arch x86; explore { vcpu 0 { cpuid }; restore some }",
      "arch x86; explore { vcpu 0 { cpuid }; restore any vmm=xen }",
      "explore { vcpu 0 { isb }; restore any vmm=firecracker }",
    ],
  },
  {
    word: "fail",
    notes: ["arm64 only."],
    example: "explore { vcpu 0 { isb }; fail vgic }",
    mistakes: [
      "explore { vcpu 0 { isb }; fail vgicc }",
      "arch x86; explore { vcpu 0 { hlt }; fail vgic }",
    ],
  },
  {
    word: "never",
    notes: ["`dregs explore --help properties` lists the properties."],
    example: "explore { vcpu 0 { isb }; never warn, host-lost }",
    mistakes: [
      "explore { vcpu 0 { isb }; never missed, strays }",
      "never missed",
    ],
  },
  {
    word: "known",
    notes: [
      "`kind` must be there; without `rule` any explanation fits, without `on` every kernel.",
    ],
    details: [
      "The search goes on past the failure as if the guest had wanted what it has, so that few of its consequences are " +
      "found, and other failures are. The verdict names the known failures that it met. `--except NAME` does the same " +
      "with a failure of [found.md](found.md).",
    ],
    example:
      'explore { vcpu 0 { isb }; never warn; known "a warning" { kind warn; rule "arm64:D9"; on >= linux-6.1 } }',
    mistakes: [
      'explore { vcpu 0 { isb }; known "a" { } }',
      'explore { vcpu 0 { isb }; known "a" { kind warn }; known "a" { kind stray } }',
      'explore { vcpu 0 { isb }; known "a" { kind warn; never warn } }',
      'explore { vcpu 0 { isb }; known "a" }',
      'known "a" { kind warn }',
    ],
  },
  {
    word: "kind",
    notes: [
      "KIND is a property, or `frame`, which `noticed` tells. All that breaks must be of these kinds.",
    ],
    example:
      'explore { vcpu 0 { isb }; known "a warning" { kind warn, stray } }',
    mistakes: [
      'explore { vcpu 0 { isb }; known "a" { kind warnings } }',
      'explore { vcpu 0 { isb }; known "a" { kind warn; kind stray } }',
      "explore { vcpu 0 { isb }; kind warn }",
    ],
  },
  {
    word: "rule",
    notes: [
      "The architecture before the colon can be left out. `dregs rules` lists them.",
    ],
    example:
      'explore { vcpu 0 { isb }; known "a warning" { kind warn; rule "D9" } }',
    mistakes: [
      'explore { vcpu 0 { isb }; known "a" { kind warn; rule "D99" } }',
      'explore { vcpu 0 { isb }; known "a" { kind warn; rule D9 } }',
    ],
  },
  {
    word: "on",
    notes: [],
    example:
      'explore { vcpu 0 { isb }; known "a warning" { kind warn; on linux-4.9..linux-6.1 } }',
    mistakes: [
      'explore { vcpu 0 { isb }; known "a" { kind warn; on linux-9.9 } }',
    ],
  },
  {
    word: "always",
    notes: [],
    details: [
      "It is checked at the start and after each step of the vCPU or CPU whose view it is.",
    ],
    example: "explore { vcpu 0 { isb }; always expect guest mdscr == 0 }",
    mistakes: ["explore { vcpu 0 { isb }; always expect exit idle }"],
  },
  {
    word: "finally",
    notes: [],
    details: ["It is checked when no vCPU is loaded any more."],
    example: "explore { vcpu 0 { isb }; finally expect guest mdscr == 0 }",
    mistakes: ["explore { vcpu 0 { isb }; finally guest mdscr == 0 }"],
  },
  {
    word: "bound",
    notes: [],
    example: "explore { vcpu 0 { isb }; bound states=1000 depth=20 }",
    mistakes: [
      "explore { vcpu 0 { isb }; bound states=0 }",
      "explore { vcpu 0 { isb }; bound step=3 }",
    ],
  },
];

/**
 * A row with what is said of it.
 *
 * @throws {RangeError} if nothing is: a mistake in the table
 */
export function described(row: StatementRow): DescribedStatement {
  const { word } = row;
  const texts = TEXTS.find((one) => one.word === word);
  return { ...row, ...texts ?? { word, notes: [], example: "", mistakes: [] } };
}

/** All statements, in the order of their rows. */
export function describedStatements(): readonly DescribedStatement[] {
  return STATEMENTS.map(described);
}
