/**
 * Statements of arm64 for a recording.
 *
 * @module
 */
import { CONTROL } from "../../../conform/arm64/mod.ts";
import { type Fields, text, type Words } from "./words.ts";

/** Exception classes, as scenarios call them. */
const KINDS: Readonly<Record<number, string>> = {
  0x15: "svc",
  0x30: "breakpoint",
  0x31: "breakpoint",
  0x32: "step",
  0x33: "step",
  0x34: "watchpoint",
  0x35: "watchpoint",
  0x3c: "brk",
};

/** PSTATE's fields by the bits of the immediate of DAIFSet. */
const DAIF: readonly (readonly [number, string])[] = [
  [8, "d"],
  [4, "a"],
  [2, "i"],
  [1, "f"],
];

const PSTATE_INITIAL = "0x3c5";

function register(name: unknown): string {
  return text(name).toLowerCase().replace(/_el[01]$/, "");
}

/** The exit's FAR is what is left in kvm_run, except for watchpoints. */
function hasFar(hsr: unknown): boolean {
  const exceptionClass = Number(hsr) >>> 26;
  return exceptionClass === 0x34 || exceptionClass === 0x35;
}

/** Statements of arm64. */
export const ARM64_WORDS: Words = {
  controlBits: CONTROL,
  debugRegisters: (step) =>
    ["bcr", "bvr", "wcr", "wvr"].flatMap((kind) =>
      Object.entries((step[kind] ?? {}) as Fields).map(([n, value]) =>
        ` dbg${kind}${n}=${text(value)}`
      )
    ).join(""),
  start: ({ vcpu = 0, pstate_in = PSTATE_INITIAL }) => [
    `user@${text(vcpu)} set pstate ${text(pstate_in)}`,
  ],
  isRepeated: () => false,
  hasEnded: ({ exit, mmio }) => exit === "MMIO" && mmio === undefined,
  instruction(op) {
    const place = ` at=${text(op.pc)}`;
    const plain = (line: string) => ({ line, place, reads: false });
    switch (op.i) {
      case "mrs":
        return { line: `read ${register(op.reg)}`, place, reads: true };
      case "msr":
        return plain(`write ${register(op.reg)} ${text(op.value)}`);
      case "nop":
        return { line: `exec ${text(op.pc)}`, place: "", reads: false };
      case "isb":
        return plain("isb");
      case "ldr":
      case "str": {
        // A pair of registers.
        if (op.size === 16) return undefined;
        const access = op.i === "ldr" ? "load" : "store";
        return plain(`${access} ${text(op.addr)} size=${text(op.size)}`);
      }
      case "brk":
        return plain(`brk ${text(op.imm ?? 0)}`);
      case "svc":
      case "hvc":
        return op.imm === 0 ? plain(op.i) : undefined;
      case "daifset":
      case "daifclr": {
        const bit = op.i === "daifset" ? 1 : 0;
        const fields = DAIF.flatMap(([mask, name]) =>
          (Number(op.imm) & mask) === 0 ? [] : [` ${name}=${bit}`]
        );
        if (fields.length === 0) return undefined;
        return plain(`write pstate${fields.join("")}`);
      }
      default:
        return undefined;
    }
  },
  exceptionKind: ({ ec }) => KINDS[Number(ec)] ?? "undef",
  exception(taken) {
    const { esr, elr } = taken;
    const kind = this.exceptionKind(taken);
    return `expect exception ${kind} esr=${text(esr)} elr=${text(elr)}`;
  },
  exit({ exit, at, mmio, hsr, far, pc, pstate }) {
    const fields = Number(at) < 0
      ? ` pc=${text(pc)}`
      : ` pc=${text(pc)} pstate=${text(pstate)}`;
    switch (exit) {
      case "DEBUG": {
        const where = hasFar(hsr) ? ` far=${text(far)}` : "";
        return [`expect exit debug hsr=${text(hsr)}${where}${fields}`];
      }
      case "MMIO":
        return mmio === undefined
          ? ["expect exit idle"]
          : [`expect exit mmio mmio=${text(mmio)}${fields}`];
      default:
        return [];
    }
  },
  operation({ op, vcpu = 0, reg, value, ret, name }, result) {
    const who = `user@${text(vcpu)}`;
    switch (op) {
      case "user_set":
        return [`${who} set ${register(reg)} ${text(value)}`, result];
      case "user_get":
        return ret === 0
          ? [`expect ${who} ${register(reg)} == ${text(value)}`]
          : [`${who} get ${register(reg)}`, result];
      case "set_pc":
        return [`${who} set pc ${text(value)}`, result];
      case "vcpu_init":
        return [`${who} init`, result];
      case "check_extension":
        return [`user check ${text(name).replace(/^KVM_CAP_/, "")}`];
      default:
        return undefined;
    }
  },
};
