/**
 * A CPU with a guest on it and no hypervisor, for tests of the hardware alone.
 *
 * @module
 */

import { CPU, USER, VCPU, VM } from "../engine/arm64/blocks.ts";
import type { Arm64Frame, Unpredictable } from "../engine/arm64/frame.ts";
import { executeInstruction } from "../engine/arm64/hardware/instruction.ts";
import { modelByName } from "../engine/arm64/hardware/models.ts";
import {
  readPhysical,
  writePhysical,
} from "../engine/arm64/hardware/register_file.ts";
import { ARM64_REGISTERS } from "../engine/arm64/registers/table.ts";
import type { Event } from "../engine/events.ts";
import { type InsnParts, makeInsn } from "../engine/program.ts";
import {
  HANDLER,
  type HandlerName,
  OUTCOME,
  VCPU_BASE,
} from "../engine/rules.ts";
import { get64, highWord, lowWord, set64 } from "../engine/word64.ts";

/** The machine; what is left out is as in the recordings. */
export interface CpuOptions {
  readonly brps?: number;
  readonly ctx?: number;
  readonly wrps?: number;
  readonly model?: string;
  readonly unpredictable?: Unpredictable;
  /** Words after those of the machine, for a block that is kept beside a vCPU. */
  readonly beside?: number;
}

/** Where a test's instructions are. */
export const CODE = 0x4008_0000n;

/** PSTATE of EL1h and EL0t with D clear, the other masks set. */
export const EL1_UNMASKED = 0x1c5;
export const EL0_UNMASKED = 0x1c0;

/** MDSCR_EL1 with MDE and KDE. */
export const MDE_KDE = 0xa000n;

/** MDCR_EL2 bits. */
export const TDE = 1n << 8n;
export const TDA = 1n << 9n;
export const TDOSA = 1n << 10n;
export const TDRA = 1n << 11n;

/** A CPU with one vCPU in the guest. */
export class TestCpu {
  readonly f: Arm64Frame;
  readonly events: Event[] = [];
  /** Where the block beside the vCPU begins. */
  readonly beside: number;

  /** Everything is 0, and the guest at EL1 with D clear. */
  constructor(options: CpuOptions = {}) {
    const vcpu = VM.words;
    const user = vcpu + VCPU.words;
    const cpu = user + USER.words;
    this.beside = cpu + CPU.words;
    this.f = {
      w: new Int32Array(this.beside + (options.beside ?? 0)),
      vm: 0,
      vcpu,
      user,
      cpu,
      lo: 0,
      hi: 0,
      nextLo: 0,
      nextHi: 0,
      sink: { push: (event) => this.events.push(event) },
      host: {
        brps: options.brps ?? 6,
        ctx: options.ctx ?? 2,
        wrps: options.wrps ?? 4,
        model: modelByName(options.model ?? "architecture"),
        vhe: true,
        unpredictable: options.unpredictable ?? "never",
      },
      ownerOf: () => "guest",
    };
    this.pstate = EL1_UNMASKED;
    this.pc = CODE;
  }

  get pstate(): number {
    return this.f.w[this.f.vcpu + VCPU.pstate];
  }

  set pstate(value: number) {
    this.f.w[this.f.vcpu + VCPU.pstate] = value;
  }

  get pc(): bigint {
    return get64(this.f.w, this.f.vcpu + VCPU_BASE.pc);
  }

  set pc(value: bigint) {
    set64(this.f.w, this.f.vcpu + VCPU_BASE.pc, value);
  }

  /** Chooses what the guest's handler does. */
  set handler(name: HandlerName) {
    this.f.w[this.f.vcpu + VCPU_BASE.handler] = HANDLER[name];
  }

  /** Handler instruction to execute next; 0 outside. */
  get inHandler(): number {
    return this.f.w[this.f.vcpu + VCPU_BASE.inHandler];
  }

  /** A 64-bit value of the vCPU block. */
  vcpu64(offset: number): bigint {
    return get64(this.f.w, this.f.vcpu + offset);
  }

  /** Writes physical registers, by their short names. */
  write(registers: Readonly<Record<string, bigint>>): this {
    for (const [name, value] of Object.entries(registers)) {
      this.f.lo = lowWord(value);
      this.f.hi = highWord(value);
      writePhysical(this.f, idOf(name));
    }
    return this;
  }

  /** Reads a physical register, by its short name. */
  read(name: string): bigint {
    readPhysical(this.f, idOf(name));
    return BigInt.asUintN(
      64,
      BigInt(this.f.hi) << 32n | BigInt(this.f.lo >>> 0),
    );
  }

  /** Executes one instruction, at the PC or at an address. @returns the name of its outcome */
  step(
    parts: InsnParts | null,
    address: bigint = this.pc,
  ): keyof typeof OUTCOME {
    const next = address + 4n;
    this.f.nextLo = lowWord(next);
    this.f.nextHi = highWord(next);
    const insn = parts && makeInsn({
      ...parts,
      addressLo: lowWord(address),
      addressHi: highWord(address),
    });
    const outcome = executeInstruction(this.f, insn);
    const names = Object.keys(OUTCOME) as (keyof typeof OUTCOME)[];
    return names.find((name) => OUTCOME[name] === outcome)!;
  }

  /** An access to data at an address. */
  data(
    op: "load" | "store" | "rmw",
    address: bigint,
    sizeBytes: number,
  ): keyof typeof OUTCOME {
    return this.step({
      op,
      sizeBytes,
      lo: lowWord(address),
      hi: highWord(address),
    });
  }

  /** Exceptions that the handler recorded: kind and values in hex, as the recordings write them. */
  get exceptions(): string[] {
    return this.events.flatMap((event) => {
      if (event.kind !== "exception") return [];
      const { esr, far, elr, spsr } = event.values;
      const hex = (value: bigint) => `0x${value.toString(16)}`;
      return [
        `${event.exception} esr=${hex(esr)} far=${hex(far)} elr=${
          hex(elr)
        } spsr=${hex(spsr)}`,
      ];
    });
  }

  /** What the guest relied on that the architecture leaves open: its outcomes. */
  get unpredictable(): string[] {
    return this.events.flatMap((event) =>
      event.kind === "unpredictable" ? [`${event.what}: ${event.outcome}`] : []
    );
  }
}

/** The number of a register. */
export function idOf(name: string): number {
  const info = ARM64_REGISTERS.find(name);
  if (!info) throw new RangeError(`No register ${name}`);
  return info.id;
}
