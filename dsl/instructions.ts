/**
 * The guest instructions of the language, a row each. The grammar, the checks, the actions, the text of an action,
 * completion, help and docs/language.md are made of these rows. What an instruction does is the engine's, and so is
 * which architecture has it.
 *
 * A data table: it may be longer than other files.
 *
 * @module
 */
import type { InsnParts, Operation } from "../engine/mod.ts";

/** A number that an instruction takes: a range, or one of a few values. */
export interface NumberRow {
  /** As messages name it, with its article if it has one. */
  readonly what: string;
  /** Smallest value; 0 if left out. */
  readonly min?: bigint;
  /** Largest value; 64 bits if left out. */
  readonly max?: bigint;
  /** The only values, if they are few. */
  readonly values?: readonly number[];
  /** What kind of mistake another value is; `out-of-range` if left out. */
  readonly code?: "bad-size";
}

/** The number that stands right after an instruction's word. */
export interface OperandRow extends NumberRow {
  /** As forms and completion show it. */
  readonly label: string;
  /** It may be left out. */
  readonly isOptional?: true;
  /** It is where the instruction is; otherwise it is the instruction's operand. */
  readonly isAddress?: true;
}

/** `name=value` of one instruction. */
export interface InstructionOption extends NumberRow {
  /** As it is written. */
  readonly name: string;
  /** What it is if left out. */
  readonly initial: number;
  /** Which part of the engine's instruction it is: `other` is the second address. */
  readonly part: keyof Pick<InsnParts, "sizeBytes" | "lo" | "count"> | "other";
  /** It cannot be left out. */
  readonly isRequired?: true;
  /** The bit of the part that it is; the whole part if left out. The mask of a bit is set where it is given. */
  readonly bit?: number;
}

/** One instruction. */
export interface InstructionRow {
  /** Its word, which is the engine's name of the operation. */
  readonly word: Operation;
  /** The word that always stands before it. */
  readonly prefix?: typeof REPEATS;
  /** It names a register: one that it reads, or one that it writes with a value or fields. */
  readonly register?: "read" | "write";
  /** That register is an MSR; otherwise it is none. */
  readonly isMsr?: true;
  /** The register may be left out: what is written is then nothing that the model has. */
  readonly mayNameNone?: true;
  /** The register that it reads without naming it; `as NAME` may follow. */
  readonly reads?: string;
  /** The number after the word. */
  readonly operand?: OperandRow;
  /** Its operand is an address in memory; where no memory is, the access is MMIO. */
  readonly isMemory?: true;
  /** Its operand is an address where there must be memory. */
  readonly isExclusive?: true;
  /** It has a status, which `as NAME` names. */
  readonly hasStatus?: true;
  /** Bytes that it accesses where its operand says; options may say otherwise. */
  readonly operandBytes?: number;
  /** What it takes besides `at=` and the like. */
  readonly options?: readonly InstructionOption[];
  /** Its forms, without `guest@v`. */
  readonly form: string;
  /** One sentence, without a period. */
  readonly about: string;
  /** A script without a mistake. */
  readonly example: string;
}

/** The prefix of string instructions. */
export const REPEATS = "rep";

const ADDRESS: OperandRow = { what: "an address", label: "ADDR" };
const PORT: OperandRow = { what: "a port", label: "PORT", max: 0xffffn };

const ACCESS_SIZE: InstructionOption = {
  name: "size",
  what: "the size of an access",
  values: [1, 2, 4, 8],
  code: "bad-size",
  initial: 4,
  part: "sizeBytes",
};

const PORT_SIZE: InstructionOption = {
  name: "size",
  what: "the size of a port access",
  values: [1, 2, 4],
  code: "bad-size",
  initial: 1,
  part: "sizeBytes",
};

/** Most iterations of a string instruction. */
const ITERATIONS_MAX = 0xffff;

const ITERATIONS: InstructionOption = {
  name: "count",
  what: "the number of iterations",
  min: 1n,
  max: BigInt(ITERATIONS_MAX),
  initial: 1,
  part: "count",
  isRequired: true,
};

/** The second address of a string instruction. */
function otherAddress(name: "to" | "from"): InstructionOption {
  return {
    name,
    what: "an address",
    initial: 0,
    part: "other",
    isRequired: true,
  };
}

/** A flag in a frame on the stack. */
function flag(name: string, bit: number): InstructionOption {
  return {
    name,
    bit,
    what: `\`${name}\``,
    values: [0, 1],
    initial: 0,
    part: "lo",
  };
}

/** In the order in which help and completion show them. */
export const INSTRUCTIONS: readonly InstructionRow[] = [
  {
    word: "write",
    register: "write",
    form: "write R [VALUE] [field=value …]",
    about:
      "writes a register as a whole: fields not named are 0, or VALUE's; of pstate, rflags and cr4 only the " +
      "fields named change",
    example: "guest write dbgbcr0 bt=linked-address lbn=2 e=1",
  },
  {
    word: "read",
    register: "read",
    form: "read R [as NAME]",
    about: "reads a register; NAME is then the value read, or undef",
    example: "guest read dbgbcr0 as x; run; expect x == 0",
  },
  {
    word: "exec",
    operand: { ...ADDRESS, isAddress: true },
    form: "exec ADDR",
    about: "executes an instruction at ADDR that does nothing else, a NOP",
    example: "guest exec 0x40080000; run",
  },
  {
    word: "load",
    operand: ADDRESS,
    isMemory: true,
    options: [ACCESS_SIZE],
    form: "load ADDR [size=n]",
    about: "loads from memory, 4 bytes if not said",
    example: "guest load 0x40001000 size=8; run",
  },
  {
    word: "store",
    operand: ADDRESS,
    isMemory: true,
    options: [ACCESS_SIZE],
    form: "store ADDR [size=n]",
    about: "stores to memory, 4 bytes if not said",
    example: "guest store 0x40001000; run",
  },
  {
    word: "rmw",
    operand: ADDRESS,
    isMemory: true,
    options: [ACCESS_SIZE],
    form: "rmw ADDR [size=n]",
    about: "reads, modifies and writes memory in one instruction",
    example: "guest rmw 0x40001000 size=4; run",
  },
  {
    word: "lock",
    operand: ADDRESS,
    isMemory: true,
    options: [ACCESS_SIZE],
    form: "lock ADDR [size=n]",
    about:
      "reads, modifies and writes memory with the LOCK prefix; across two cache lines of 64 bytes it locks the bus",
    example: "arch x86; guest lock 0x503e size=4 cpl=3; run",
  },
  {
    word: "in",
    operand: PORT,
    options: [PORT_SIZE],
    form: "in PORT [size=n]",
    about: "reads an I/O port, 1 byte if not said",
    example: "arch x86; guest in 0xe2 size=1; run",
  },
  {
    word: "out",
    operand: PORT,
    options: [PORT_SIZE],
    form: "out PORT [size=n]",
    about: "writes an I/O port, 1 byte if not said",
    example: "arch x86; guest out 0xe2; run",
  },
  {
    word: "brk",
    operand: {
      what: "the immediate of `brk`",
      label: "IMM",
      max: 0xffffn,
      isOptional: true,
    },
    form: "brk [IMM]",
    about: "BRK, with a 16-bit immediate",
    example: "guest brk 5; run",
  },
  {
    word: "svc",
    form: "svc",
    about: "SVC",
    example: "guest svc; run",
  },
  {
    word: "hvc",
    form: "hvc",
    about: "HVC",
    example: "guest hvc; run",
  },
  {
    word: "smc",
    form: "smc",
    about: "SMC",
    example: "guest smc; run",
  },
  {
    word: "eret",
    options: [
      flag("ss", 21),
      flag("d", 9),
      flag("a", 8),
      flag("i", 7),
      {
        name: "to",
        bit: 2,
        what: "`to`",
        values: [0, 1],
        initial: 0,
        part: "lo",
      },
    ],
    form: "eret [ss=0|1] [d=0|1] [a=0|1] [i=0|1] [to=0|1]",
    about:
      "ERET to the next instruction, at EL0 or EL1 by `to=`, with these bits in SPSR_EL1; those not named stay, SS is then 0",
    example: "guest eret ss=1 to=0; run",
  },
  {
    word: "ldxr",
    operand: ADDRESS,
    isExclusive: true,
    options: [ACCESS_SIZE],
    form: "ldxr ADDR [size=n]",
    about: "LDXR: loads, and marks ADDR for a store-exclusive",
    example: "guest ldxr 0x40001000; run",
  },
  {
    word: "stxr",
    operand: ADDRESS,
    isExclusive: true,
    hasStatus: true,
    options: [ACCESS_SIZE],
    form: "stxr ADDR [as NAME] [size=n]",
    about:
      "STXR: stores if ADDR is still marked; NAME is its status, 0 if it stored and 1 if not",
    example:
      "guest ldxr 0x40001000; guest stxr 0x40001000 as status; run; expect status == 0",
  },
  {
    word: "clrex",
    form: "clrex",
    about: "CLREX: nothing is marked any more",
    example: "guest clrex; run",
  },
  {
    word: "isb",
    form: "isb",
    about: "ISB",
    example: "guest isb; run",
  },
  {
    word: "int3",
    form: "int3",
    about: "INT3 (CC)",
    example: "arch x86; guest int3; run",
  },
  {
    word: "icebp",
    form: "icebp",
    about: "INT1 (F1), also called ICEBP",
    example: "arch x86; guest icebp; run",
  },
  {
    word: "int1",
    form: "int1",
    about: "INT 1 (CD 01), a software interrupt",
    example: "arch x86; guest int1; run",
  },
  {
    word: "cpuid",
    form: "cpuid",
    about: "CPUID, which exits",
    example: "arch x86; guest cpuid; run",
  },
  {
    word: "wrmsr",
    register: "write",
    isMsr: true,
    mayNameNone: true,
    form: "wrmsr [R [VALUE] [field=value …]]",
    about:
      "WRMSR of R; without it, of an MSR that newer kernels handle in their fast path, without leaving the inner run " +
      "loop",
    example: "arch x86; guest wrmsr debugctl btf=1; guest wrmsr; run",
  },
  {
    word: "rdmsr",
    register: "read",
    isMsr: true,
    form: "rdmsr R [as NAME]",
    about: "RDMSR; NAME is then the value read",
    example: "arch x86; guest rdmsr debugctl as x; run; expect x == 0",
  },
  {
    word: "jump",
    operand: ADDRESS,
    form: "jump ADDR",
    about:
      "JMP to ADDR, a taken branch: the next instruction is there, unless it says where it is",
    example: "arch x86; guest jump 0x5000; guest exec 0x5000; run",
  },
  {
    word: "movss",
    operand: { ...ADDRESS, isOptional: true },
    isMemory: true,
    operandBytes: 2,
    form: "movss [ADDR]",
    about: "MOV SS, with the selector in a register, or in memory at ADDR",
    example: "arch x86; guest movss 0x5000; run",
  },
  {
    word: "int",
    operand: { what: "a vector", label: "VECTOR", max: 255n },
    form: "int VECTOR",
    about: "INT n (CD), a software interrupt",
    example: "arch x86; guest int 0x80; run",
  },
  {
    word: "ud2",
    form: "ud2",
    about: "UD2, which raises #UD",
    example: "arch x86; guest ud2; run",
  },
  {
    word: "pushf",
    reads: "rflags",
    form: "pushf [as NAME]",
    about:
      "PUSHF; NAME is what it stores: RF and VM are 0, and TF is as it really is",
    example: "arch x86; guest pushf as flags; run; expect flags == 2",
  },
  {
    word: "popf",
    options: [{
      name: "tf",
      what: "`tf`",
      values: [0, 1],
      initial: 0,
      part: "lo",
    }],
    form: "popf [tf=1]",
    about: "POPF of flags in which TF is 0 or 1",
    example: "arch x86; guest popf tf=1; run",
  },
  {
    word: "iret",
    options: [flag("tf", 8), flag("if", 9), flag("rf", 16)],
    form: "iret [tf=0|1] [if=0|1] [rf=0|1]",
    about:
      "IRET to the next instruction, with these flags in its frame; those not named stay, RF is then 0",
    example: "arch x86; guest iret rf=1; run",
  },
  {
    word: "syscall",
    reads: "rflags",
    form: "syscall [as NAME]",
    about:
      "SYSCALL to the next instruction; NAME is R11, which has the flags from before",
    example:
      "arch x86; set fmask=0x100; guest syscall as r11; run; expect r11 == 2",
  },
  {
    word: "sysret",
    form: "sysret",
    about: "SYSRET to the next instruction, with the flags of R11",
    example: "arch x86; guest syscall; guest sysret; run",
  },
  {
    word: "xbegin",
    hasStatus: true,
    form: "xbegin [as NAME]",
    about:
      "XBEGIN: what follows to `xend` is a transaction, one step; aborted, it goes on after `xend`. NAME is EAX: " +
      "0xffffffff if it commits, or why it was aborted, 0x10 for a debug exception",
    example:
      "arch x86; set rtm=1; guest xbegin as eax; guest store 0x4000; guest xend; run; expect eax == 0xffffffff",
  },
  {
    word: "xend",
    form: "xend",
    about: "XEND, which commits the transaction",
    example: "arch x86; set rtm=1; guest xbegin; guest xend; run",
  },
  {
    word: "sti",
    form: "sti",
    about: "STI, which blocks interrupts for one more instruction",
    example: "arch x86; guest sti; run",
  },
  {
    word: "cli",
    form: "cli",
    about: "CLI",
    example: "arch x86; guest cli; run",
  },
  {
    word: "hypercall",
    form: "hypercall",
    about: "VMCALL on Intel, VMMCALL on AMD, which exits",
    example: "arch x86; guest hypercall; run",
  },
  {
    word: "movs",
    prefix: REPEATS,
    operand: ADDRESS,
    isMemory: true,
    options: [otherAddress("to"), ITERATIONS, ACCESS_SIZE],
    form: "rep movs ADDR to=ADDR count=n [size=n]",
    about:
      "REP MOVS with RCX=n: copies n items upwards, of 4 bytes if not said",
    example: "arch x86; guest rep movs 0x2000 to=0x3000 count=8; run",
  },
  {
    word: "stos",
    prefix: REPEATS,
    operand: ADDRESS,
    isMemory: true,
    options: [ITERATIONS, ACCESS_SIZE],
    form: "rep stos ADDR count=n [size=n]",
    about:
      "REP STOS with RCX=n: stores n items upwards, of 4 bytes if not said",
    example: "arch x86; guest rep stos 0x3000 count=8; run",
  },
  {
    word: "ins",
    prefix: REPEATS,
    operand: PORT,
    options: [otherAddress("to"), ITERATIONS, PORT_SIZE],
    form: "rep ins PORT to=ADDR count=n [size=n]",
    about:
      "REP INS with RCX=n: reads a port n times into memory, 1 byte each if not said",
    example: "arch x86; guest rep ins 0xe2 to=0x3000 count=8; run",
  },
  {
    word: "outs",
    prefix: REPEATS,
    operand: PORT,
    options: [otherAddress("from"), ITERATIONS, PORT_SIZE],
    form: "rep outs PORT from=ADDR count=n [size=n]",
    about:
      "REP OUTS with RCX=n: writes n items of memory to a port, 1 byte each if not said",
    example: "arch x86; guest rep outs 0xe2 from=0x3000 count=8; run",
  },
  {
    word: "hlt",
    form: "hlt",
    about: "HLT, which exits",
    example: "arch x86; guest hlt; run",
  },
  {
    word: "taskswitch",
    form: "taskswitch",
    about: "a task switch, which KVM emulates",
    example: "arch x86; guest taskswitch; run",
  },
];

const BY_WORD: ReadonlyMap<string, InstructionRow> = new Map(
  INSTRUCTIONS.map((row) => [row.word, row]),
);

/** The row of an instruction; undefined if the language has none of that word. */
export function instructionRow(word: string): InstructionRow | undefined {
  return BY_WORD.get(word);
}

/** `name=value` that every instruction takes. */
export interface PlacementRow extends NumberRow {
  /** As it is written. */
  readonly name: "at" | "el" | "cpl" | "code" | "len";
  /** The only architecture that has it. */
  readonly arch?: "arm64" | "x86";
  /** What it is, in a few words. */
  readonly about: string;
}

/** What every instruction takes. */
export const PLACEMENT: readonly PlacementRow[] = [
  {
    name: "at",
    what: "an instruction's address",
    about:
      "where the instruction is; after the one before it, if left out. Not for `exec`, which names its address",
  },
  {
    name: "el",
    arch: "arm64",
    what: "`el`",
    values: [0, 1],
    about: "the exception level, for this instruction only",
  },
  {
    name: "cpl",
    arch: "x86",
    what: "`cpl`",
    values: [0, 3],
    about: "the privilege level, for this instruction only",
  },
  {
    name: "code",
    arch: "x86",
    what: "`code`",
    values: [32, 64],
    about:
      "32 for an instruction in 32-bit code, whose operand and addresses have 32 bits; 64 if left out",
  },
  {
    name: "len",
    arch: "x86",
    what: "`len`",
    min: 1n,
    max: 15n,
    about: "the instruction's length in bytes",
  },
];
