/**
 * Statements of x86 for a recording.
 *
 * @module
 */
import { CONTROL } from "../../../conform/x86/mod.ts";
import { text, type Words } from "./words.ts";

/** Vectors, as scenarios call them. */
const KINDS: Readonly<Record<number, string>> = {
  1: "db",
  3: "bp",
  6: "ud",
  13: "gp",
};

const RFLAGS_INITIAL = "0x2";

/** SINGLESTEP, INJECT_DB and INJECT_BP. */
const LOST = 0xc_0002;

/** Instructions whose statement has no operand. */
const PLAIN: Readonly<Record<string, string>> = {
  int3: "int3",
  icebp: "icebp",
  int_1: "int1",
  cpuid: "cpuid",
  ud2: "ud2",
  hlt: "hlt",
  mov_ss_reg: "movss",
};

/** How often a string instruction repeats, and what it accesses. */
function repeated({ count, size }: Readonly<Record<string, unknown>>): string {
  return `count=${text(count)} size=${text(size)}`;
}

/** Where the value is of KVM_SET_DEBUGREGS and KVM_GET_DEBUGREGS. */
function registers(
  { db, dr6, dr7 }: Readonly<Record<string, unknown>>,
): readonly (readonly [string, unknown])[] {
  const addresses = Array.isArray(db) ? db : [];
  return [
    ...addresses.map((value, n) => [`dr${n}`, value] as const),
    ["dr6", dr6],
    ["dr7", dr7],
  ];
}

/** Statements of x86. */
export const X86_WORDS: Words = {
  controlBits: CONTROL,
  debugRegisters: ({ debugreg }) =>
    (Array.isArray(debugreg) ? debugreg : []).flatMap((value, n) =>
      BigInt(value) === 0n || n === 4 || n === 5
        ? []
        : [` dr${n}=${text(value)}`]
    ).join(""),
  start({ vcpu = 0, rflags_in = RFLAGS_INITIAL, program }, isFirst) {
    const [first] = Array.isArray(program) ? program : [];
    const who = `user@${text(vcpu)}`;
    return [
      ...(isFirst && first ? [`${who} set pc ${text(first.pc)}`] : []),
      `${who} set rflags ${text(rflags_in)}`,
    ];
  },
  isRepeated: (request) =>
    (Number(/control=(\S+)/.exec(request)?.[1]) & LOST) !== 0,
  hasEnded: ({ exit }) => exit === "HLT",
  instruction(op) {
    const length = op.len === undefined ? "" : ` len=${text(op.len)}`;
    const place = ` at=${text(op.pc)}${length}`;
    const plain = (line: string) => ({ line, place, reads: false });
    switch (op.i) {
      case "mov_to_dr":
        return plain(`write dr${text(op.dr)} ${text(op.value)}`);
      case "mov_from_dr":
        return { line: `read dr${text(op.dr)}`, place, reads: true };
      case "nop":
        return { line: `exec ${text(op.pc)}`, place: length, reads: false };
      case "read":
      case "write":
      case "rmw": {
        const access = { read: "load", write: "store", rmw: "rmw" }[op.i];
        return plain(`${access} ${text(op.addr)} size=${text(op.size)}`);
      }
      case "io_in":
      case "io_out":
        return plain(
          `${op.i.slice(3)} ${text(op.port)} size=${text(op.size)}`,
        );
      case "rep_movs":
        return plain(
          `rep movs ${text(op.from)} to=${text(op.addr)} ${repeated(op)}`,
        );
      case "rep_stos":
        return plain(`rep stos ${text(op.addr)} ${repeated(op)}`);
      case "rep_ins":
        return plain(
          `rep ins ${text(op.port)} to=${text(op.addr)} ${repeated(op)}`,
        );
      case "rep_outs":
        return plain(
          `rep outs ${text(op.port)} from=${text(op.addr)} ${repeated(op)}`,
        );
      case "mov_ss_mem":
        return plain(`movss ${text(op.addr)}`);
      case "set_cr4_de":
        return plain(`write cr4 de=${text(op.value)}`);
      case "syscall":
        return op.fmask === "0x0" ? plain("syscall") : undefined;
      case "popf":
        return plain(op.tf === 1 ? "popf tf=1" : "popf");
      default: {
        const line = PLAIN[text(op.i)];
        return line === undefined ? undefined : plain(line);
      }
    }
  },
  exceptionKind: ({ vector }) => KINDS[Number(vector)] ?? text(vector),
  exception(taken) {
    const { at, rip, dr6, dr7 } = taken;
    const kind = this.exceptionKind(taken);
    const status = dr6 === undefined ? "" : ` dr6=${text(dr6)}`;
    const control = dr7 === undefined ? "" : ` dr7=${text(dr7)}`;
    // Addresses inside its handler are the recorder's, and a scenario does not go to the first instruction of a program
    // before that executes.
    const where = Number(at) <= 0 ? "" : ` rip=${text(rip)}`;
    const fields = where + status + control;
    return fields === "" ? undefined : `expect exception ${kind}${fields}`;
  },
  exit({ exit, at, pc, dr6, dr7, port, addr, errno }) {
    switch (exit) {
      case "DEBUG": {
        const where = Number(at) <= 0 ? "" : ` pc=${text(pc)}`;
        return [
          `expect exit debug${where} dr6=${text(dr6)} dr7=${text(dr7)}`,
        ];
      }
      case "HLT":
        return ["expect exit idle"];
      case "IO":
        return [`expect exit io port=${text(port)}`];
      case "MMIO":
        return [`expect exit mmio addr=${text(addr)}`];
      case "FAIL_ENTRY":
        return ["expect exit error"];
      case "ERRNO":
        return [`expect exit error errno=${text(errno)}`];
      default:
        return [];
    }
  },
  operation(step, result) {
    const who = `user@${text(step.vcpu ?? 0)}`;
    switch (step.op) {
      case "get_debugregs":
        return registers(step).map(([name, value]) =>
          `expect ${who} ${name} == ${text(value)}`
        );
      case "set_debugregs": {
        const flags = BigInt(text(step.flags ?? 0));
        if (flags !== 0n) {
          return [`${who} set debugregs flags=${text(step.flags)}`, result];
        }
        const all = registers(step);
        // One ioctl sets all or none; each statement is one.
        const refused = all.filter(([name, value]) =>
          /[67]/.test(name) && BigInt(text(value)) >> 32n !== 0n
        );
        const set = step.ret === 0 ? all : refused.slice(0, 1);
        return set.flatMap(([name, value]) => [
          `${who} set ${name} ${text(value)}`,
          result,
        ]);
      }
      default:
        return undefined;
    }
  },
};
