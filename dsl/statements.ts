/**
 * The statements of the language, a row for each word that begins a line. Keywords, messages about what can stand
 * where, completion, help and docs/language.md are made of these rows, and of what `statement_texts.ts` says at length:
 * it is a file of its own so that a start does not load it.
 *
 * A data table: it may be longer than other files.
 *
 * @module
 */
import {
  FAIL_POINTS,
  MIGRATE,
  PREEMPT,
  RESTORES,
  SIGNALS,
  USER_EVENTS,
  type ViewName,
} from "../engine/mod.ts";
import type { NumberRow } from "./instructions.ts";
import { INSTRUCTIONS } from "./instructions.ts";
import { RUN_STEPS_MAX } from "./limits.ts";

/** Whose lines stand at a place: a scenario's, an `explore` block's, or those of a program or a known failure in one. */
export type LinePlace =
  | "script"
  | "explore"
  | "vcpu"
  | "user"
  | "host"
  | "known";

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
  known: '`known "NAME" { … }`',
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

/** Chapters of docs/language.md. */
export const SUBJECTS = [
  "machine",
  "guest",
  "userspace",
  "expectations",
  "looking",
  "structure",
  "search",
] as const;

/** The lines that begin with one word. */
export interface StatementRow {
  /** The word. */
  readonly word: string;
  /** The chapter of docs/language.md that has it. */
  readonly subject: typeof SUBJECTS[number];
  /** Where such a line can stand. */
  readonly places: readonly LinePlace[];
  /** Its forms. */
  readonly forms: readonly string[];
  /** One sentence, without a period. */
  readonly about: string;
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
  /**
   * The form of `forms/` that several words share, by the rule of the grammar: `vcpuOperation` is
   * `WORD [@v] [option=value …]`, where all but what it does follows from the row.
   */
  readonly form?: string;
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
    subject: "machine",
    places: ["script"],
    forms: ["arch arm64|x86"],
    about: "the architecture; before anything else",
    choice: ["arm64", "x86"],
  },
  {
    word: "kernel",
    subject: "machine",
    places: ["script"],
    forms: [
      "kernel KERNEL [vmx|svm] [with CHANGE …] [without CHANGE …] [option=value …]",
    ],
    about: "the kernel; before the machine is used",
    words: ["with", "without"],
  },
  {
    word: "host",
    subject: "machine",
    places: ["script", "explore"],
    forms: [
      "host brps=N ctx=N wrps=N cpus=N vhe=0|1 [model=M] [unpredictable=…] (arm64)",
      "host cpus=N [model=M] (x86)",
      "host@p break ADDR",
      "host@p watch ADDR [size=n] [on=store|access]",
      "host@p off",
      "host@p msr R [VALUE] [field=value …] (x86)",
    ],
    about:
      "the physical machine, or the host kernel's own breakpoints and MSRs",
    words: ["break", "watch", "off", "msr"],
  },
  {
    word: "set",
    subject: "machine",
    places: ["script"],
    forms: [
      "set brps=N ctx=N wrps=N (arm64)",
      "set rtm=0|1 bld=0|1 fmask=V csbase=V (x86)",
      "set protected=none|sev-es debug_swap=0|1 (x86)",
      "set vcpus=N",
    ],
    about: "what userspace gives the guest",
  },
  {
    word: "guest",
    subject: "guest",
    places: ["script"],
    forms: [
      ...INSTRUCTIONS.map(({ form }) => `guest@v ${form}`),
      "guest@v handler skip|mask|stop",
    ],
    about: "appends an instruction to a vCPU's program; run executes it",
    words: ["handler", "as"],
    choice: ["skip", "mask", "stop"],
  },
  {
    word: "run",
    subject: "guest",
    places: ["script"],
    forms: [
      "run [@v] [cpu=p] [steps=n] [attempts=n] [stop=put|exit|guest] [fail=vgic|timer|pmu]",
    ],
    about: "KVM_RUN: load, enter, execute what is pending",
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
    subject: "guest",
    places: ["script"],
    forms: ["interrupt [@v]"],
    about: "a host interrupt: an exit handled in the kernel, still loaded",
    form: "vcpuOperation",
  },
  {
    word: "put",
    subject: "guest",
    places: ["script"],
    forms: ["put [@v]"],
    about: "the vCPU is scheduled out",
    form: "vcpuOperation",
  },
  {
    word: "user",
    subject: "userspace",
    places: ["script", "explore"],
    forms: [
      "user@v get R [as NAME]",
      "user@v set R [VALUE] [field=value …]",
      "user@v set pc V",
      "user@v init · user@v interrupt N · user@v nmi · user@v serror",
      "user check CAPABILITY [as NAME] · user enable CAPABILITY",
      "user save as NAME [vmm=qemu|firecracker|cloud-hypervisor] · user restore NAME [brps=n …]",
      "user@v debug break ADDR",
      "user@v debug watch ADDR [size=n] [on=load|store|access]",
      "user@v debug step · user@v debug swbreak · user@v debug off",
      "user@v debug raw [control=V] [R=VALUE …] [inject=db|bp] [blockirq=1]",
    ],
    about: "what the VMM does: an ioctl",
    words: [
      "get",
      "init",
      ...USER_EVENTS,
      "check",
      "enable",
      "save",
      "restore",
      "debug",
      "step",
      "swbreak",
      "raw",
    ],
  },
  {
    word: "expect",
    subject: "expectations",
    places: ["script"],
    forms: [
      "expect VIEW R[.field] OP VALUE · expect EXPR OP VALUE",
      "expect exit idle|debug|preempted|io|mmio|error [field=value …]",
      "expect exceptions KIND[, KIND …] · expect exceptions == N",
      "expect exception KIND [field=value …] · expect no exception",
      "expect error ERRNO · expect ok",
      "expect trap · expect no trap · expect traps OP N",
      "expect warning · expect no warning",
      "expect loss · expect no loss",
      "expect cost[@v] NAME OP N",
      "expect … on KERNEL[, KERNEL …]",
    ],
    about: "what must be true",
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
      "loss",
      "cost",
      "on",
    ],
  },
  {
    word: "require",
    subject: "expectations",
    places: ["script"],
    forms: [
      "require kernel KERNEL[, KERNEL …]",
      "require capability CAPABILITY",
      "require VIEW R[.field] OP VALUE · require EXPR OP VALUE",
    ],
    about: "what the scenario needs; without it, the rest is skipped",
    words: ["kernel", "capability"],
  },
  {
    word: "show",
    subject: "looking",
    places: ["script"],
    forms: ["show [VIEW …] [R …]", "show map", "show cost"],
    about: "registers side by side, the breakpoint numbers, or the counters",
    looks: true,
    words: ["map", "cost"],
  },
  {
    word: "why",
    subject: "looking",
    places: ["script"],
    forms: [
      "why VIEW R[.field]",
      "why trap · why miss · why refused",
      "why exit [FIELD] · why exception [FIELD]",
      "why not [guest@v|user@v] breakpoint N|watchpoint N [at=ADDRESS]",
      "why not [guest@v|user@v] step|exit|trap [at=ADDRESS]",
    ],
    about:
      "the events that led to a value, a trap, an exit, an exception, a miss or " +
      "a refusal; or why something did not happen",
    looks: true,
    options: [
      { name: "at", kind: "number", what: "the address" },
    ],
    words: [
      "trap",
      "exit",
      "exception",
      "miss",
      "refused",
      "not",
      "breakpoint",
      "watchpoint",
      "step",
    ],
  },
  {
    word: "scenario",
    subject: "structure",
    places: ["script"],
    forms: ['scenario "name" { … }'],
    about: "a case of its own, on a fresh machine",
    opens: true,
  },
  {
    word: "let",
    subject: "structure",
    places: ["script", "explore", ...PROGRAMS],
    forms: ["let NAME = EXPR"],
    about: "names a value",
  },
  {
    word: "for",
    subject: "structure",
    places: ["script"],
    forms: ["for NAME in FROM..TO { … }"],
    about: "repeats statements; TO is included",
    opens: true,
  },
  {
    word: "include",
    subject: "structure",
    places: ["script"],
    forms: ['include "file"'],
    about: "a file's statements, as if they stood here",
  },
  {
    word: "explore",
    subject: "search",
    places: ["script"],
    forms: [
      "explore { vcpu N { … } user N { … } host N { … } never PROPERTY, … }",
    ],
    about: "searches every interleaving of programs, by `dregs explore`",
    opens: true,
  },
  {
    word: "vcpu",
    subject: "search",
    places: ["explore"],
    forms: ["vcpu N { … }"],
    about: "the program of vCPU N's guest",
    opens: true,
  },
  {
    word: "repeat",
    subject: "search",
    places: PROGRAMS,
    forms: ["repeat N { … }"],
    about: "the lines, N times",
    opens: true,
  },
  {
    word: "either",
    subject: "search",
    places: PROGRAMS,
    forms: ["either { … } or { … }"],
    about: "one way or another: the search tries each",
    opens: true,
  },
  {
    word: "or",
    subject: "search",
    places: PROGRAMS,
    forms: ["or { … }"],
    about: "another way, after `either { … }`",
    opens: true,
  },
  {
    word: "choose",
    subject: "search",
    places: ["explore", ...PROGRAMS],
    forms: ["choose NAME in A..B", "choose NAME in A, B, C"],
    about: "NAME has one of the values: the search tries each",
  },
  {
    word: "preempt",
    subject: "search",
    places: ["explore"],
    forms: ["preempt any|between|none"],
    about: "when the host may take the CPU from a vCPU",
    choice: PREEMPT,
  },
  {
    word: "migrate",
    subject: "search",
    places: ["explore"],
    forms: ["migrate any|none"],
    about: "where a vCPU may be loaded: on any CPU, or where it was first",
    choice: MIGRATE,
  },
  {
    word: "signals",
    subject: "search",
    places: ["explore"],
    forms: ["signals any|none"],
    about: "whether KVM_RUN may return with EINTR at any exit",
    choice: SIGNALS,
  },
  {
    word: "restore",
    subject: "search",
    places: ["explore"],
    forms: ["restore any|none [vmm=qemu|firecracker|cloud-hypervisor]"],
    about: "whether the VM may be saved and restored into a new one",
    choice: RESTORES,
  },
  {
    word: "fail",
    subject: "search",
    places: ["explore"],
    forms: ["fail vgic|timer|pmu"],
    about:
      "first-run initialisation may fail there, and KVM_RUN be tried again",
    choice: FAIL_POINTS,
  },
  {
    word: "never",
    subject: "search",
    places: ["explore"],
    forms: ["never PROPERTY[, PROPERTY …]"],
    about: "what must never happen",
  },
  {
    word: "known",
    subject: "search",
    places: ["explore"],
    forms: ['known "NAME" { kind KIND, …; rule "RULE", …; on KERNEL, … }'],
    about: "a failure that does not end the search",
    opens: true,
  },
  {
    word: "kind",
    subject: "search",
    places: ["known"],
    forms: ["kind KIND[, KIND …]"],
    about: "what a known failure breaks",
  },
  {
    word: "rule",
    subject: "search",
    places: ["known"],
    forms: ['rule "RULE"[, "RULE" …]'],
    about: "rules that a known failure's explanation has, all of them",
  },
  {
    word: "on",
    subject: "search",
    places: ["known"],
    forms: ["on KERNEL[, KERNEL …]"],
    about: "kernels that have a known failure",
  },
  {
    word: "always",
    subject: "search",
    places: ["explore"],
    forms: ["always expect VIEW R[.field] OP VALUE [on KERNEL, …]"],
    about: "holds after every step",
  },
  {
    word: "finally",
    subject: "search",
    places: ["explore"],
    forms: ["finally expect VIEW R[.field] OP VALUE [on KERNEL, …]"],
    about: "holds when all programs are over",
  },
  {
    word: "bound",
    subject: "search",
    places: ["explore"],
    forms: ["bound [states=N] [depth=N]"],
    about: "where the search stops",
    options: [
      { name: "states", kind: "number", what: "`states`", min: 1n },
      { name: "depth", kind: "number", what: "`depth`", min: 1n },
    ],
  },
];

/** Words of statements that share a form. */
export function wordsOfForm(form: string): readonly string[] {
  return STATEMENTS.flatMap((row) => row.form === form ? [row.word] : []);
}

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
    vcpu: [...new Set(INSTRUCTIONS.map(({ prefix, word }) => prefix ?? word))],
    user: ["get", "set", "init", "interrupt", ...USER_EVENTS, "debug"],
    host: ["break", "watch", "off", "msr"],
  };

/** The statement of a script that a program's line belongs to. */
export const SCRIPT_WORD = {
  vcpu: "guest",
  user: "user",
  host: "host",
} as const;

function isProgram(place: LinePlace): place is typeof PROGRAMS[number] {
  return Object.hasOwn(OF_PROGRAM, place);
}

/** Words that can begin a line at a place. */
export function wordsAt(place: LinePlace): readonly string[] {
  const own = STATEMENTS.filter(({ places }) => places.includes(place)).map((
    { word },
  ) => word);
  return isProgram(place) ? [...OF_PROGRAM[place], ...own] : own;
}

/** Places at which a line can begin with a word. */
export function placesOf(word: string): readonly LinePlace[] {
  const places: readonly LinePlace[] = [
    "script",
    "explore",
    ...PROGRAMS,
    "known",
  ];
  return places.filter((place) => wordsAt(place).includes(word));
}

/** A register as one actor sees it. */
export interface ViewRow {
  /** Its name. */
  readonly word: ViewName;
  /** What `@n` picks; the default is 0. */
  readonly of: "vCPU" | "physical CPU";
  /** What it shows, as a sentence without a period. */
  readonly about: string;
}

/** The views, in the order in which messages and completion show them. */
export const VIEW_ROWS: readonly ViewRow[] = [
  {
    word: "guest",
    of: "vCPU",
    about: "what the guest would read now",
  },
  {
    word: "user",
    of: "vCPU",
    about:
      "what KVM_GET_ONE_REG, or on x86 KVM_GET_DEBUGREGS, would return now",
  },
  {
    word: "hw",
    of: "vCPU",
    about:
      "the intended values: what KVM would have the physical registers hold if the vCPU entered the guest now, by physical number; it has " +
      "no value before the first run",
  },
  {
    word: "cpu",
    of: "physical CPU",
    about:
      "what the register of the CPU holds at this moment, also between runs; `hw` and `cpu` differ where something " +
      "was not loaded",
  },
  {
    word: "kvm",
    of: "vCPU",
    about:
      "KVM's own state under the kernel's names; `dregs registers kvm` lists them",
  },
  {
    word: "bare",
    of: "vCPU",
    about:
      "what the guest would read if the vCPU had run its program so far on a machine of its own, without a " +
      "hypervisor; what userspace wrote to the guest's registers is written there too",
  },
];

/** Words that are views. */
export const VIEW_WORDS: readonly ViewName[] = VIEW_ROWS.map(({ word }) =>
  word
);

/** The row of an option of a statement. */
export function statementOptions(word: string): readonly OptionRow[] {
  return statementRow(word)?.options ?? [];
}
