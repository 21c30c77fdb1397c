/**
 * The statements of the language, a row for each word that begins a line. Keywords, messages about what can stand
 * where, completion, help and docs/language.md are made of these rows.
 *
 * A data table: it may be longer than other files.
 *
 * @module
 */
import { FAIL_POINTS, MIGRATE, PREEMPT } from "../engine/mod.ts";
import type { NumberRow } from "./instructions.ts";
import { INSTRUCTIONS } from "./instructions.ts";
import { RUN_STEPS_MAX } from "./limits.ts";

/** Whose lines stand at a place: a scenario's, an `explore` block's, or those of a program in one. */
export type LinePlace = "script" | "explore" | "vcpu" | "user" | "host";

/** Places in which a program stands. */
export const PROGRAMS = ["vcpu", "user", "host"] as const;

/** How messages call the blocks in which lines stand. */
export const PLACE_TEXT: Readonly<
  Record<Exclude<LinePlace, "script">, string>
> = {
  explore: "`explore { … }`",
  vcpu: "`vcpu N { … }`",
  user: "`user N { … }`",
  host: "`host N { … }`",
};

/** `name=value` of a statement. */
export type OptionRow =
  & {
    readonly name: string;
    /** The only architecture that has it. */
    readonly arch?: "arm64" | "x86";
  }
  & (
    | ({ readonly kind: "number" } & NumberRow)
    | { readonly kind: "word"; readonly words: readonly string[] }
  );

/** The lines that begin with one word. */
export interface StatementRow {
  /** The word. */
  readonly word: string;
  /** Where such a line can stand. */
  readonly places: readonly LinePlace[];
  /** Its forms. */
  readonly forms: readonly string[];
  /** One sentence, without a period. */
  readonly about: string;
  /** More to know, a paragraph each. */
  readonly notes: readonly string[];
  /** A script without a mistake; empty where it needs another file. */
  readonly example: string;
  /** It only looks at the state: undo, saving and the log pass it over. */
  readonly looks?: true;
  /** A `{ … }` follows it, in this form at least. */
  readonly opens?: true;
  /** Words of its forms that the grammar names. */
  readonly words?: readonly string[];
  /** The word after it, if it is one of a few. */
  readonly choice?: readonly string[];
  /** Its options, by name. */
  readonly options?: readonly OptionRow[];
}

/** Sizes and accesses of a watchpoint are the architecture's: see `Architecture`. */
const WATCH_OPTIONS: readonly OptionRow[] = [
  { name: "size", kind: "number", what: "the size of a watchpoint" },
  { name: "on", kind: "word", words: ["load", "store", "access"] },
];

/** Options of `watch ADDR`. */
export const WATCH: readonly OptionRow[] = WATCH_OPTIONS;

/** Options of `user debug raw`, besides registers. */
export const RAW: readonly OptionRow[] = [
  {
    name: "control",
    kind: "number",
    what: "`control`, which has 32 bits,",
    max: 0xffff_ffffn,
  },
  { name: "inject", kind: "word", words: ["db", "bp"], arch: "x86" },
  {
    name: "blockirq",
    kind: "number",
    what: "`blockirq`",
    values: [0, 1],
    arch: "x86",
  },
];

const STEPS = BigInt(RUN_STEPS_MAX);

/** In the order in which messages and completion show them. */
export const STATEMENTS: readonly StatementRow[] = [
  {
    word: "arch",
    places: ["script"],
    forms: ["arch arm64|x86"],
    about: "the architecture; before anything else",
    notes: ["arm64 if left out."],
    example: "arch x86",
    choice: ["arm64", "x86"],
  },
  {
    word: "kernel",
    places: ["script"],
    forms: [
      "kernel KERNEL [vmx|svm] [with CHANGE …] [without CHANGE …] [option=value …]",
    ],
    about: "the kernel; before the machine is used",
    notes: [
      "KERNEL is one of those that `dregs profiles` lists; on x86 also any release from linux-4.4 to linux-7.2, such " +
      "as linux-5.4.120, and rhel-8.5. `help KERNEL` tells about one.",
      "`with` applies a change of KVM, and `without` reverts it: by its name or by its commit's hash, seven digits " +
      "or more. `dregs history` lists them. Changes and options may be in any order.",
    ],
    example: "kernel linux-7.2",
    words: ["with", "without"],
  },
  {
    word: "host",
    places: ["script", "explore"],
    forms: [
      "host brps=N ctx=N wrps=N cpus=N [model=M] [unpredictable=…]",
      "host@p break ADDR",
      "host@p watch ADDR [size=n] [on=store|access]",
      "host@p off",
    ],
    about: "the physical machine, or the host kernel's own breakpoints",
    notes: [
      "With counts it describes the machine, before anything else. With break, watch or off it is what the host " +
      "kernel does with the debug registers of CPU p.",
      "In an explore block, `host N { … }` is the program of CPU N's host.",
    ],
    example: "host brps=5 ctx=2 wrps=4; host break 0xffff000010000000",
    words: ["break", "watch", "off"],
  },
  {
    word: "set",
    places: ["script"],
    forms: ["set brps=N ctx=N wrps=N vcpus=N", "set rtm=1 bld=1 (x86)"],
    about: "what userspace gives the guest",
    notes: ["On arm64 one `set` is one write of ID_AA64DFR0_EL1."],
    example: "set brps=4 ctx=2",
  },
  {
    word: "guest",
    places: ["script"],
    forms: [
      ...INSTRUCTIONS.map(({ form }) => `guest@v ${form}`),
      "guest@v handler skip|mask|stop",
    ],
    about: "appends an instruction to a vCPU's program; run executes it",
    notes: [
      "Any instruction takes at=ADDR, el= (arm64), cpl= and len= (x86). `handler` chooses what the modelled guest " +
      "does after it has recorded an exception.",
    ],
    example: "guest write dbgbcr0 bt=linked-address lbn=2 e=1",
    words: ["handler", "as"],
    choice: ["skip", "mask", "stop"],
  },
  {
    word: "run",
    places: ["script"],
    forms: [
      "run [@v] [cpu=p] [steps=n] [attempts=n] [stop=put|exit|guest] [fail=vgic|timer|pmu]",
    ],
    about: "KVM_RUN: load, enter, execute what is pending",
    notes: [
      "After `steps` instructions the vCPU is scheduled out (put), has left the guest and is still loaded (exit), " +
      "or is in the guest, to look (guest).",
      "`attempts` counts each try of an instruction, also one that exits and is tried again, and each instruction " +
      "of the guest's exception handler. Without `cpu` it runs where it ran last.",
    ],
    example: "guest write dbgbvr0 0x1000; run stop=guest",
    options: [
      { name: "cpu", kind: "number", what: "the CPU" },
      { name: "steps", kind: "number", what: "`steps`", min: 1n, max: STEPS },
      { name: "attempts", kind: "number", what: "`attempts`", max: STEPS },
      { name: "stop", kind: "word", words: ["put", "exit", "guest"] },
      { name: "fail", kind: "word", words: FAIL_POINTS, arch: "arm64" },
    ],
  },
  {
    word: "interrupt",
    places: ["script"],
    forms: ["interrupt [@v]"],
    about: "a host interrupt: an exit handled in the kernel, still loaded",
    notes: [],
    example: "guest isb; run stop=guest; interrupt",
  },
  {
    word: "put",
    places: ["script"],
    forms: ["put [@v]"],
    about: "the vCPU is scheduled out",
    notes: [],
    example: "guest isb; run stop=exit; put",
  },
  {
    word: "user",
    places: ["script", "explore"],
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
      "`debug` is KVM_SET_GUEST_DEBUG as a debugger uses it, each adding to what is set; `raw` gives exactly these " +
      "values.",
      "In an explore block, `user N { … }` is the program of vCPU N's userspace.",
    ],
    example: "user set dbgbcr0 0x1e7; user debug break 0x40080004",
    words: ["get", "init", "check", "debug", "step", "swbreak", "raw"],
  },
  {
    word: "expect",
    places: ["script"],
    forms: [
      "expect VIEW R[.field] OP VALUE",
      "expect exit idle|debug|preempted|io|mmio|error [field=value …]",
      "expect exceptions KIND[, KIND …] · expect exceptions == N",
      "expect exception KIND [field=value …] · expect no exception",
      "expect error ERRNO · expect ok",
      "expect trap · expect no trap · expect traps OP N",
      "expect warning · expect no warning",
      "expect cost[@v] NAME OP N",
      "expect … on KERNEL[, KERNEL …]",
    ],
    about: "what must be true",
    notes: [
      "`== undef` where an access would be undefined.",
      "After `on` stand the kernels for which it is checked: kernels as after `kernel`, `>= linux-6.12`, " +
      "`< linux-4.9`, `linux-4.4..linux-4.9`, which includes both ends, or changes: `with CHANGE without CHANGE`, " +
      "all of which must fit. Those look at the changes that the kernel has, whatever it is called; a kernel older " +
      "than 4.4 is not made of changes, and never fits. A range is of mainline releases.",
    ],
    example: "expect guest dbgbcr0.e == 0",
    words: [
      "exit",
      "exceptions",
      "exception",
      "no",
      "error",
      "ok",
      "trap",
      "traps",
      "warning",
      "cost",
      "on",
    ],
  },
  {
    word: "show",
    places: ["script"],
    forms: ["show [VIEW …] [R …]", "show map", "show cost"],
    about: "registers side by side, the breakpoint numbers, or the counters",
    notes: ["R may be a pattern: show hw dbgb*."],
    example: "show guest hw dbgb*",
    looks: true,
    words: ["map", "cost"],
  },
  {
    word: "why",
    places: ["script"],
    forms: [
      "why VIEW R[.field]",
      "why trap · why exit · why exception · why miss · why refused",
    ],
    about:
      "the chain of events behind a value, or behind the last trap, exit …",
    notes: ["Newest first; each with its rule. `help RULE` tells about one."],
    example:
      "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run; why hw dbgbcr0.lbn",
    looks: true,
    words: ["trap", "exit", "exception", "miss", "refused"],
  },
  {
    word: "scenario",
    places: ["script"],
    forms: ['scenario "name" { … }'],
    about: "a case of its own, on a fresh machine",
    notes: ["In the interactive view it runs by itself; the session stays."],
    example: 'scenario "one" { run }',
    opens: true,
  },
  {
    word: "let",
    places: ["script", "explore", ...PROGRAMS],
    forms: ["let NAME = EXPR"],
    about: "names a value",
    notes: ["Expressions: | ^ & << >> + - * / % ( ), 64 bits, unsigned."],
    example: "let address = 0x4008_0000 + 4",
  },
  {
    word: "for",
    places: ["script"],
    forms: ["for NAME in FROM..TO { … }"],
    about: "repeats statements; TO is included",
    notes: [],
    example: "for i in 0..3 { guest write dbgbvr[i] 0x1000 * i }",
    opens: true,
  },
  {
    word: "include",
    places: ["script"],
    forms: ['include "file"'],
    about: "a file's statements, as if they stood here",
    notes: [],
    example: "",
  },
  {
    word: "explore",
    places: ["script"],
    forms: [
      "explore { vcpu N { … } user N { … } host N { … } never PROPERTY, … }",
    ],
    about:
      "searches every interleaving of programs; `dregs explore FILE` does that",
    notes: [
      "In the block: vcpu N { … }, user N { … } and host N { … } are the programs of a guest, of its userspace, and " +
      "of the host kernel on a CPU.",
    ],
    example:
      "arch x86; explore { vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000 }; never missed }",
    opens: true,
  },
  {
    word: "vcpu",
    places: ["explore"],
    forms: ["vcpu N { … }"],
    about: "the program of vCPU N's guest",
    notes: ["Its lines are instructions, without `guest`."],
    example: "arch x86; explore { vcpu 0 { write dr0 0x1000 } }",
    opens: true,
  },
  {
    word: "repeat",
    places: PROGRAMS,
    forms: ["repeat N { … }"],
    about: "the lines, N times",
    notes: [],
    example: "explore { vcpu 0 { repeat 3 { isb } } }",
    opens: true,
  },
  {
    word: "either",
    places: PROGRAMS,
    forms: ["either { … } or { … }"],
    about: "one way or another: the search tries each",
    notes: [],
    example: "explore { vcpu 0 { either { isb } or { svc } } }",
    opens: true,
  },
  {
    word: "or",
    places: PROGRAMS,
    forms: ["or { … }"],
    about: "another way, after `either { … }`",
    notes: [],
    example: "explore { vcpu 0 { either { isb } or { svc } } }",
    opens: true,
  },
  {
    word: "choose",
    places: ["explore", ...PROGRAMS],
    forms: ["choose NAME in A..B", "choose NAME in A, B, C"],
    about: "NAME has one of the values: the search tries each",
    notes: [],
    example: "explore { vcpu 0 { choose i in 0..3; write dbgbvr[i] 0x1000 } }",
  },
  {
    word: "preempt",
    places: ["explore"],
    forms: ["preempt any|between|none"],
    about: "when the host may take the CPU from a vCPU",
    notes: [
      "any (the default): at any moment; between: only between two instructions of the program; none: a vCPU leaves " +
      "the CPU when KVM_RUN returns.",
    ],
    example: "explore { vcpu 0 { isb }; preempt between }",
    choice: PREEMPT,
  },
  {
    word: "migrate",
    places: ["explore"],
    forms: ["migrate any|none"],
    about: "where a vCPU may be loaded: on any CPU, or where it was first",
    notes: [],
    example: "explore { vcpu 0 { isb }; migrate none }",
    choice: MIGRATE,
  },
  {
    word: "fail",
    places: ["explore"],
    forms: ["fail vgic|timer|pmu"],
    about:
      "first-run initialisation may fail there, and KVM_RUN be tried again",
    notes: ["arm64 only."],
    example: "explore { vcpu 0 { isb }; fail vgic }",
    choice: FAIL_POINTS,
  },
  {
    word: "never",
    places: ["explore"],
    forms: ["never PROPERTY[, PROPERTY …]"],
    about: "what must never happen",
    notes: ["`dregs explore --help` lists the properties."],
    example: "explore { vcpu 0 { isb }; never warn, host-lost }",
  },
  {
    word: "always",
    places: ["explore"],
    forms: ["always expect VIEW R[.field] OP VALUE [on KERNEL, …]"],
    about: "holds after every step",
    notes: [],
    example: "explore { vcpu 0 { isb }; always expect guest mdscr == 0 }",
  },
  {
    word: "finally",
    places: ["explore"],
    forms: ["finally expect VIEW R[.field] OP VALUE [on KERNEL, …]"],
    about: "holds when all programs are over",
    notes: [],
    example: "explore { vcpu 0 { isb }; finally expect guest mdscr == 0 }",
  },
  {
    word: "bound",
    places: ["explore"],
    forms: ["bound [states=N] [depth=N]"],
    about: "where the search stops",
    notes: [],
    example: "explore { vcpu 0 { isb }; bound states=1000 depth=20 }",
    options: [
      { name: "states", kind: "number", what: "`states`", min: 1n },
      { name: "depth", kind: "number", what: "`depth`", min: 1n },
    ],
  },
];

const BY_WORD: ReadonlyMap<string, StatementRow> = new Map(
  STATEMENTS.map((row) => [row.word, row]),
);

/** The row of a statement's word; undefined if there is none. */
export function statementRow(word: string): StatementRow | undefined {
  return BY_WORD.get(word);
}

/** Lines of programs that are a statement of a script without its first word. */
const OF_PROGRAM: Readonly<Record<typeof PROGRAMS[number], readonly string[]>> =
  {
    vcpu: INSTRUCTIONS.map(({ word }) => word),
    user: ["get", "set", "init", "debug"],
    host: ["break", "watch", "off"],
  };

/** The statement of a script that a program's line belongs to. */
export const SCRIPT_WORD = {
  vcpu: "guest",
  user: "user",
  host: "host",
} as const;

/** Words that can begin a line at a place. */
export function wordsAt(place: LinePlace): readonly string[] {
  const own = STATEMENTS.filter(({ places }) => places.includes(place)).map((
    { word },
  ) => word);
  return place === "script" || place === "explore"
    ? own
    : [...OF_PROGRAM[place], ...own];
}

/** Places at which a line can begin with a word. */
export function placesOf(word: string): readonly LinePlace[] {
  const places: readonly LinePlace[] = ["script", "explore", ...PROGRAMS];
  return places.filter((place) => wordsAt(place).includes(word));
}

/** Words that are views. */
export const VIEW_WORDS = ["guest", "user", "hw", "cpu", "kvm"] as const;

/** The row of an option of a statement. */
export function statementOptions(word: string): readonly OptionRow[] {
  return statementRow(word)?.options ?? [];
}
