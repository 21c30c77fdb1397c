/**
 * An x86 machine for tests: instructions as short functions, and what happened as plain values.
 *
 * @module
 */
import {
  architecture,
  createMachine,
  type Event,
  type InsnParts,
  type Machine,
  type RunOptions,
  type RunResult,
} from "../engine/mod.ts";

const X86 = architecture("x86")!;

/** Flags of KVM_SET_GUEST_DEBUG. */
export const DEBUG = {
  ENABLE: 0x1,
  SINGLESTEP: 0x2,
  USE_SW_BP: 0x1_0000,
  USE_HW_BP: 0x2_0000,
  INJECT_DB: 0x4_0000,
  INJECT_BP: 0x8_0000,
} as const;

/** An instruction, and where it is if not after the one before. */
export type Step = InsnParts & { readonly at?: bigint };

function words(value: bigint): { lo: number; hi: number } {
  return {
    lo: Number(BigInt.asIntN(32, value)),
    hi: Number(BigInt.asIntN(32, value >> 32n)),
  };
}

/** Id of a register. */
export function reg(name: string): number {
  return X86.registers.find(name)!.id;
}

/** MOV to a debug register. */
export function write(name: string, value: bigint, level = -1): Step {
  return {
    op: "write",
    register: reg(name),
    ...words(value),
    lengthBytes: 3,
    level,
  };
}

/** A write of CR4.DE or RFLAGS.TF alone. */
export function writeBit(
  name: "cr4" | "rflags",
  bit: number,
  on: boolean,
): Step {
  return {
    op: "write",
    register: reg(name),
    lo: on ? bit : 0,
    maskLo: bit,
    maskHi: 0,
    lengthBytes: 3,
  };
}

/** MOV from a debug register, its value named. */
export function read(name: string, as: string, level = -1): Step {
  return {
    op: "read",
    register: reg(name),
    name: as,
    lengthBytes: 3,
    level,
  };
}

/** NOP, at an address if one is given. */
export function nop(at?: bigint): Step {
  return { op: "exec", lengthBytes: 1, at };
}

/** An access of memory. */
export function memory(
  op: "load" | "store" | "rmw",
  address: bigint,
  sizeBytes = 4,
  mmio = false,
): Step {
  return { op, ...words(address), sizeBytes, lengthBytes: 7, mmio };
}

/** An instruction without operands. */
export function plain(
  op: "int3" | "icebp" | "int1" | "cpuid" | "movss" | "hlt" | "taskswitch",
): Step {
  const lengthBytes = op === "cpuid" || op === "int1" || op === "movss" ? 2 : 1;
  return { op, lengthBytes };
}

/** POPF. */
export function popf(tf: boolean): Step {
  return { op: "popf", lo: tf ? 1 : 0, lengthBytes: 1 };
}

/** An x86 machine. */
export class X86Machine {
  /** The machine itself. */
  readonly machine: Machine;

  /** A machine of one kernel. */
  constructor(
    readonly profile: string,
    { vendor = "vmx", cpus = 1, vcpus = 1, model = "architecture" } = {},
  ) {
    this.machine = createMachine(
      X86,
      { profile, vendor, options: {} },
      { counts: { cpus }, model, unpredictable: undefined },
    );
    this.machine.growTo(vcpus);
  }

  /** Appends to a vCPU's program. */
  program(v: number, ...steps: readonly Step[]): this {
    for (const { at, ...parts } of steps) this.machine.append(v, parts, at);
    return this;
  }

  /** Runs. */
  run(v = 0, options: RunOptions = {}): RunResult {
    return this.machine.run(v, options);
  }

  /** Appends and runs until idle or an exit. */
  does(...steps: readonly Step[]): RunResult {
    return this.program(0, ...steps).run(0);
  }

  /** Events since the last run began. */
  events(): readonly Event[] {
    return this.machine.journal.sinceRun();
  }

  /** Exceptions since the last run began: vector, rip, dr6. */
  exceptions(): { vector: number; rip: bigint; dr6: bigint | undefined }[] {
    return this.events().flatMap((event) =>
      event.kind === "exception"
        ? [{
          vector: Number(event.values.vector),
          rip: event.values.rip,
          dr6: event.values.dr6,
        }]
        : []
    );
  }

  /** DR6 of each #DB since the last run began, as hex. */
  dbs(): string[] {
    return this.exceptions().filter(({ vector }) => vector === 1).map((
      { dr6 },
    ) => hex(dr6!));
  }

  /** Events of a kind since the last run began. */
  count(kind: Event["kind"]): number {
    return this.events().filter((event) => event.kind === kind).length;
  }

  /** A named read, as hex. */
  got(name: string): string {
    const value = this.machine.reads.get(name);
    return value === undefined ? "undef" : hex(value);
  }

  /** A view, as hex. */
  view(
    view: "guest" | "user" | "hw" | "cpu",
    name: string,
    index = 0,
  ): string {
    const seen = this.machine.view(view, index, reg(name));
    return seen.kind === "value" ? hex(seen.value) : seen.kind;
  }

  /** The kvm view, as hex. */
  kvm(name: string, v = 0): string {
    const seen = this.machine.kvmView(v, name);
    return seen.kind === "value" ? hex(seen.value) : seen.kind;
  }

  /** KVM_SET_GUEST_DEBUG. */
  debug(
    control: number,
    registers: Readonly<Record<string, bigint>> = {},
    v = 0,
  ): number {
    return this.machine.setGuestDebug(v, {
      control,
      inject: undefined,
      blockirq: false,
      registers: Object.entries(registers).map(([name, value]) => ({
        register: reg(name),
        value,
      })),
    }).result;
  }

  /** KVM_SET_DEBUGREGS of one register. */
  set(name: string, value: bigint, v = 0): number {
    return this.machine.userSet(v, reg(name), value, name).result;
  }
}

/** As tests compare it. */
export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
