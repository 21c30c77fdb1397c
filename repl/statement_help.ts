/**
 * What `help STATEMENT` says: each form of the statement, and an example that works by itself.
 *
 * @module
 */

/** Help of one statement. */
export interface StatementHelp {
  /** Its forms. */
  readonly forms: readonly string[];
  /** One sentence, without a period. */
  readonly about: string;
  /** More to know, a paragraph each. */
  readonly notes: readonly string[];
  /** A script that has no mistake. */
  readonly example: string;
}

/** By the word that the statement begins with. */
export const STATEMENT_HELP: Readonly<Record<string, StatementHelp>> = {
  arch: {
    forms: ["arch arm64|x86"],
    about: "which architecture; before anything else",
    notes: ["arm64 if left out."],
    example: "arch x86",
  },
  kernel: {
    forms: ["kernel PROFILE [vmx|svm] [option=value …]"],
    about: "whose kernel's rules; before the machine is used",
    notes: ["help PROFILE tells about one; dregs profiles lists them."],
    example: "kernel linux-7.2",
  },
  host: {
    forms: [
      "host brps=N ctx=N wrps=N cpus=N [model=M] [unpredictable=…]",
      "host@p break ADDR",
      "host@p watch ADDR [size=n] [on=store|access]",
      "host@p off",
    ],
    about: "the physical machine, or the host kernel's own breakpoints",
    notes: [
      "With counts it builds the machine, before anything else. With break, watch or off it is what the host " +
      "kernel does with the debug registers of CPU p.",
    ],
    example: "host brps=5 ctx=2 wrps=4; host break 0xffff000010000000",
  },
  set: {
    forms: ["set brps=N ctx=N wrps=N vcpus=N", "set rtm=1 bld=1 (x86)"],
    about: "what userspace gives the guest",
    notes: ["On arm64 one set is one write of ID_AA64DFR0_EL1."],
    example: "set brps=4 ctx=2",
  },
  guest: {
    forms: [
      "guest@v write R [VALUE] [field=value …]",
      "guest@v read R [as NAME]",
      "guest@v exec ADDR",
      "guest@v load|store|rmw ADDR [size=n]",
      "guest@v in|out PORT [size=n]",
      "guest@v brk [imm] · svc · hvc · isb (arm64)",
      "guest@v int3 · icebp · int1 · cpuid · movss · popf · hlt · taskswitch (x86)",
      "guest@v handler skip|mask|stop",
    ],
    about: "appends an instruction to a vCPU's program; run executes it",
    notes: [
      "Any instruction takes at=ADDR, el= (arm64), cpl= and len= (x86). handler chooses what the modelled guest " +
      "does with an exception.",
    ],
    example: "guest write dbgbcr0 bt=linked-address lbn=2 e=1",
  },
  run: {
    forms: [
      "run [@v] [cpu=p] [steps=n] [stop=put|exit|guest] [fail=vgic|timer|pmu]",
    ],
    about: "KVM_RUN: load, enter, execute what is pending",
    notes: [
      "After steps instructions the vCPU is scheduled out (put), has left the guest and is still loaded (exit), " +
      "or is in the guest, to look (guest).",
    ],
    example: "guest write dbgbvr0 0x1000; run stop=guest",
  },
  interrupt: {
    forms: ["interrupt [@v]"],
    about: "a host interrupt: an exit handled in the kernel, still loaded",
    notes: [],
    example: "guest isb; run stop=guest; interrupt",
  },
  put: {
    forms: ["put [@v]"],
    about: "the vCPU is scheduled out",
    notes: [],
    example: "guest isb; run stop=exit; put",
  },
  user: {
    forms: [
      "user@v get R [as NAME]",
      "user@v set R [VALUE] [field=value …]",
      "user@v set pc V",
      "user@v init",
      "user check CAPABILITY [as NAME]",
      "user@v debug break ADDR · watch ADDR [size=n] [on=…] · step · swbreak · off",
      "user@v debug raw [control=V] [R=VALUE …] [inject=db|bp] [blockirq=1]",
    ],
    about: "what the VMM does: an ioctl",
    notes: [
      "debug as a debugger drives KVM_SET_GUEST_DEBUG, each adding to what is set; raw gives it exactly.",
    ],
    example: "user set dbgbcr0 0x1e7; user debug break 0x40080004",
  },
  expect: {
    forms: [
      "expect VIEW R[.field] OP VALUE",
      "expect exit idle|debug|preempted|io|mmio|error [field=value …]",
      "expect exceptions KIND[, KIND …] · expect exceptions == N",
      "expect exception KIND [field=value …] · expect no exception",
      "expect error ERRNO · expect ok",
      "expect trap · expect no trap · expect traps OP N",
      "expect cost[@v] NAME OP N",
      "expect … on PROFILE[, PROFILE …]",
    ],
    about: "what must be true",
    notes: ["== undef where an access would be undefined."],
    example: "expect guest dbgbcr0.e == 0",
  },
  show: {
    forms: ["show [VIEW …] [R …]", "show map", "show cost"],
    about: "registers side by side, the breakpoint numbers, or the counters",
    notes: ["R may be a pattern: show hw dbgb*."],
    example: "show guest hw dbgb*",
  },
  why: {
    forms: [
      "why VIEW R[.field]",
      "why trap · why exit · why exception · why miss · why refused",
    ],
    about:
      "the chain of events behind a value, or behind the last trap, exit …",
    notes: ["Newest first; each with its rule. help RULE tells about one."],
    example:
      "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run; why hw dbgbcr0.lbn",
  },
  scenario: {
    forms: ['scenario "name" { … }'],
    about: "a case of its own, on a fresh machine",
    notes: ["In the interactive view it runs by itself; the session stays."],
    example: 'scenario "one" { run }',
  },
  let: {
    forms: ["let NAME = EXPR"],
    about: "names a value",
    notes: ["Expressions: | ^ & << >> + - * / % ( ), 64 bits, unsigned."],
    example: "let address = 0x4008_0000 + 4",
  },
  for: {
    forms: ["for NAME in FROM..TO { … }"],
    about: "repeats statements; TO is included",
    notes: [],
    example: "for i in 0..3 { guest write dbgbvr[i] 0x1000 * i }",
  },
  include: {
    forms: ['include "file"'],
    about: "a file's statements, as if they stood here",
    notes: [],
    example: "",
  },
  explore: {
    forms: ["explore { … }"],
    about: "programs whose every interleaving dregs explore FILE searches",
    notes: [
      "What stands before the block makes the machine. The interactive view searches nothing: dregs explore does.",
      "In the block: vcpu N { … } · user N { … } · host N { … } are programs, of guest instructions without guest, " +
      "of debug …, set, get, init, and of break, watch, off.",
      "In a program: repeat N { … } · either { … } or { … } · choose NAME in A..B or A, B, which is also outside.",
      "preempt any|between|none · migrate any|none · fail vgic|timer|pmu (arm64) · bound states=N depth=N",
      "never PROPERTY, … · always expect VIEW R[.field] OP VALUE · finally expect VIEW R[.field] OP VALUE",
    ],
    example:
      "explore { vcpu 0 { write pstate d=0; isb }; host 0 { break 0x1000; off }; never host-lost }",
  },
};
