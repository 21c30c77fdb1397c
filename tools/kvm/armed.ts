/**
 * Whether a case arms breakpoints, which unchanged QEMU does not undo: its SVM leaves them in the emulator after an exit,
 * so that they hit in other cases, and in the host kernel.
 *
 * @module
 */

type Fields = Readonly<Record<string, unknown>>;

/** L0 to G3, and GD. */
const ARMS = 0x20ffn;

function arms(value: unknown): boolean {
  return (BigInt(String(value ?? 0)) & ARMS) !== 0n;
}

function stepArms({ debugreg, dr7, program, op }: Fields): boolean {
  if (op === "set_debugregs" && arms(dr7)) return true;
  if (Array.isArray(debugreg) && arms(debugreg[7])) return true;
  return Array.isArray(program) &&
    program.some((insn: Fields) =>
      insn.i === "mov_to_dr" && (insn.dr === 7 || insn.dr === 5) &&
      arms(insn.value)
    );
}

/** True if a step of an x86 case enables a slot of DR7, or its GD. */
export function armsBreakpoints(steps: readonly Fields[]): boolean {
  return steps.some(stepArms);
}
