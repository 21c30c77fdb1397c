/**
 * The machine: physical CPUs, the vCPUs of one VM and their userspace, under one kernel's rules.
 *
 * Everything that happens is a step of `Rules`; this file only composes them, finds the blocks that a step
 * touches, and keeps the record of what happened.
 *
 * @module
 */
import { BesideMachine } from "./bare/beside_machine.ts";
import type { Lockstep } from "./bare/lockstep.ts";
import type { CostName } from "./cost.ts";
import type { Event, Place } from "./events.ts";
import { Journal } from "./journal.ts";
import type { Snapshot, UserResult } from "./machine_state.ts";
import { Tally } from "./machine_tally.ts";
import { MachineViews, type RegisterView } from "./machine_views.ts";
import { MachineVm } from "./machine_vm.ts";
import { type MachineBlocks, MachineWords } from "./machine_words.ts";
import type { Insn, InsnParts } from "./program.ts";
import { Past } from "./past.ts";
import {
  type CountChange,
  CPU_BASE,
  type DebuggerRequest,
  type GuestDebugRequest,
  HANDLER,
  type HandlerName,
  type HostDebugRequest,
  MODE,
  type NumberMap,
  type Rules,
  VCPU_BASE,
  type ViewValue,
} from "./rules.ts";
import { Runner, type RunOptions, type RunResult } from "./run.ts";
import { VcpuProgram } from "./vcpu_program.ts";
import { join64, type Words } from "./word64.ts";

export type { Snapshot, UserResult } from "./machine_state.ts";
export { type RegisterView, type ViewName, VIEWS } from "./machine_views.ts";

/** vCPUs of one VM that the model has room for. */
export const VCPUS_MAX = 16;

/** One machine. */
export class Machine {
  /** What happened, by cause. */
  readonly journal: Journal = new Journal(() => ({
    words: this.words,
    vcpus: this.vcpus,
  }));
  /** What it has done, looked at again. */
  readonly past: Past;
  /** The VM as a whole. */
  readonly vm: MachineVm;
  readonly #rules: Rules;
  readonly #words: MachineWords;
  readonly #beside: BesideMachine;
  readonly #views: MachineViews;
  readonly #programs: VcpuProgram[] = [];
  readonly #runner: Runner;
  readonly #tally = new Tally();
  #lastRun: RunResult | undefined;

  /**
   * Builds a machine with one vCPU.
   *
   * @param rules the rules of the architecture, kernel and hardware
   * @param lockstep the architecture's bare machine, which runs beside each vCPU
   * @param cpus how many physical CPUs
   */
  constructor(rules: Rules, lockstep: Lockstep, cpus: number) {
    this.#rules = rules;
    const words = new MachineWords(rules, lockstep.words, cpus, {
      push: (event) => this.#record(event),
    });
    this.#words = words;
    this.past = new Past(rules, lockstep, words);
    this.#beside = new BesideMachine(rules, lockstep, words);
    this.#views = new MachineViews(rules, words, this.#beside);
    this.#runner = new Runner(rules, words, this.#programs, this.#beside);
    this.vm = new MachineVm(rules, words, {
      programs: this.#programs,
      beside: this.#beside,
      settle: (v) => this.completeAccess(v),
    });
    rules.initVm(words.atCpu(0));
    for (let p = 0; p < cpus; p++) rules.initCpu(words.atCpu(p), p);
    this.growTo(1);
  }

  /** Values that guest reads and user gets were named by `as`; undefined where the access was undefined. */
  get reads(): Map<string, bigint | undefined> {
    return this.#tally.reads;
  }

  /** Number of vCPUs. */
  get vcpus(): number {
    return this.#words.vcpus;
  }

  /** Number of physical CPUs. */
  get cpus(): number {
    return this.#words.cpus;
  }

  /** How the last run ended; undefined before the first. */
  get lastRun(): RunResult | undefined {
    return this.#lastRun;
  }

  /** The state words, for comparing states; not to be changed. */
  get words(): Words {
    return this.#words.all;
  }

  /** Copies of the blocks of VM, physical CPUs and vCPUs. */
  blocks(): MachineBlocks {
    return this.#words.blocks();
  }

  /**
   * Adds vCPUs until there are `count`.
   *
   * @throws {RangeError} if there would be fewer than now, or more than `VCPUS_MAX`
   */
  growTo(count: number): void {
    if (count < this.vcpus || count > VCPUS_MAX) {
      throw new RangeError(`Cannot have ${count} vCPUs`);
    }
    while (this.vcpus < count) {
      const v = this.vcpus;
      this.#words.addVcpu();
      this.#programs.push(new VcpuProgram());
      this.#tally.addVcpu();
      this.#rules.initVcpu(this.#words.at(v), v);
      this.#beside.reset(v);
    }
  }

  /** `set`: userspace gives the guest counts or features. */
  set(counts: CountChange): UserResult {
    const { vcpus, ...rest } = counts;
    if (vcpus !== undefined) this.growTo(vcpus);
    if (Object.keys(rest).length === 0) {
      return { operation: "set vcpus", result: 0, value: undefined };
    }
    this.#runner.leaveRun(0);
    const result = this.#rules.setCounts(this.#words.at(0), rest);
    return { operation: "set", result, value: undefined };
  }

  /** Where the next instruction appended to a vCPU's program is, if it does not say so. */
  nextAddress(v: number): bigint {
    return this.#programs[v].nextAddress(this.#words.at(v));
  }

  /**
   * If nothing of a vCPU's program is pending, what the modelled guest's handler has recorded begins anew, as it does
   * when an instruction is appended.
   */
  beginProgram(v: number): void {
    const f = this.#words.at(v);
    if (this.#programs[v].isAtEnd(f)) this.#rules.beginProgram(f);
  }

  /**
   * Appends an instruction to a vCPU's program, as `VcpuProgram.append()` does.
   *
   * @param address where it is; after the one before it if left out
   */
  append(v: number, parts: InsnParts, address?: bigint): Insn {
    const at = address ?? this.nextAddress(v);
    this.beginProgram(v);
    return this.#programs[v].append(this.#words.at(v), parts, at);
  }

  /**
   * Replaces a vCPU's program. Userspace completes an access that it was asked to emulate, and sets the PC to
   * the first instruction; nothing else changes.
   *
   * @param program not empty; each instruction says where it is
   */
  loadProgram(v: number, program: readonly Insn[]): UserResult {
    this.completeAccess(v);
    this.#rules.beginProgram(this.#words.at(v));
    this.#programs[v] = new VcpuProgram(program);
    const [{ addressLo, addressHi }] = program;
    return this.userSetPc(v, join64(addressLo, addressHi));
  }

  /** KVM_RUN with immediate_exit: an access that userspace emulated is completed, and nothing is entered. */
  completeAccess(v: number): void {
    this.#runner.completeAccess(v);
  }

  /** Userspace patches the instruction at an address. @returns false if the program has none there */
  patch(v: number, address: bigint, parts: InsnParts): boolean {
    return this.#programs[v].patch(address, parts);
  }

  /** Index of the instruction that is next, in the vCPU's program. */
  nextIndex(v: number): number {
    return this.#words.vcpuField(v, VCPU_BASE.next);
  }

  /** True while the guest is in its exception handler. */
  inHandler(v: number): boolean {
    return this.#words.vcpuField(v, VCPU_BASE.inHandler) !== 0;
  }

  /** Index of the first instruction at an address, in the vCPU's program. */
  indexOf(v: number, address: bigint): number | undefined {
    return this.#programs[v].indexOf(address);
  }

  /** Names of the registers that KVM_GET_REG_LIST gives, of those that the model has, in its order. */
  registerList(v: number): readonly string[] {
    return this.#rules.registerList(this.#words.at(v));
  }

  /** Instructions of a vCPU that have not been executed yet. */
  pendingInsns(v: number): readonly Insn[] {
    return this.#programs[v].after(this.nextIndex(v));
  }

  /** Chooses what the modelled guest does after it has recorded an exception. */
  setHandler(v: number, handler: HandlerName): void {
    const { w, vcpu } = this.#words.at(v);
    w[vcpu + VCPU_BASE.handler] = HANDLER[handler];
  }

  /** True once the vCPU's first-run initialisation is complete. */
  ranOnce(v: number): boolean {
    return this.#words.vcpuField(v, VCPU_BASE.ranOnce) !== 0;
  }

  /** True while the vCPU is loaded on a CPU, in the guest or not. */
  isLoaded(v: number): boolean {
    return this.#words.modeOf(v) !== MODE.out;
  }

  /** The CPU that the vCPU is loaded on, or was last; 0 before it ran. */
  cpuOf(v: number): number {
    return this.#words.cpuOf(v);
  }

  /** KVM_RUN, and what the guest does in it. */
  run(v: number, options: RunOptions = {}): RunResult {
    this.journal.startRun(() => ({
      programs: this.#programs.map((program) => program.mark()),
      vcpu: v,
      options,
    }));
    this.#lastRun = this.#runner.run(v, options);
    return this.#lastRun;
  }

  /** A host interrupt: the exit is handled in the kernel. @returns false if the vCPU is not loaded */
  interrupt(v: number): boolean {
    return this.#runner.interrupt(v);
  }

  /** The vCPU is scheduled out. @returns false if it is not loaded */
  put(v: number): boolean {
    return this.#runner.leave(v);
  }

  /** KVM_RUN returns to userspace, if it has not: an ioctl of the vCPU can come next. */
  leaveRun(v: number): void {
    this.#runner.leaveRun(v);
  }

  /** KVM_GET_ONE_REG or its kind. */
  userGet(v: number, register: number, name: string): UserResult {
    this.#runner.leaveRun(v);
    const f = this.#words.at(v);
    const result = this.#rules.userGet(f, register);
    const value = result === 0 ? join64(f.lo, f.hi) : undefined;
    return { operation: `get ${name}`, result, value };
  }

  /** KVM_SET_ONE_REG or its kind. */
  userSet(
    v: number,
    register: number,
    value: bigint,
    name: string,
  ): UserResult {
    this.#runner.leaveRun(v);
    const f = this.#words.with(v, value);
    const result = this.#rules.userSet(f, register);
    if (result >= 0) this.#beside.write(f, v, register, value);
    return { operation: `set ${name}`, result, value: undefined };
  }

  /**
   * One ioctl that sets a structure of registers, as KVM_SET_DEBUGREGS does; what a refused one changed is taken back.
   */
  userSetAll(
    v: number,
    values: readonly { readonly register: number; readonly value: bigint }[],
    operation: string,
  ): UserResult {
    this.#runner.leaveRun(v);
    const f = this.#words.at(v);
    const before = this.words.slice();
    let result = 0;
    for (const { register, value } of values) {
      result = this.#rules.userSet(this.#words.with(v, value), register, true);
      if (result !== 0) break;
    }
    if (result !== 0) this.words.set(before);
    else this.#beside.writeAll(f, v, values);
    return { operation, result, value: undefined };
  }

  /** Single steps that the modelled guest's handler lets pass before it ends stepping; 0 for all. */
  setHandlerSteps(v: number, count: number): void {
    this.#rules.setHandlerSteps?.(this.#words.at(v), count);
    this.#beside.setHandlerSteps(v, count);
  }

  /** KVM_SET_REGS of the program counter; on arm64 KVM_SET_ONE_REG. */
  userSetPc(v: number, value: bigint): UserResult {
    this.#runner.leaveRun(v);
    const f = this.#words.with(v, value);
    const result = this.#rules.userSetPc(f);
    if (result === 0) {
      this.#programs[v].moveTo(f, value);
      this.#beside.leaveHandler(f, v);
    }
    return { operation: "set pc", result, value: undefined };
  }

  /** An interrupt of a number, or an event by its own, becomes pending, or is delivered. */
  userEvent(v: number, vector: number, operation: string): UserResult {
    this.#runner.leaveRun(v);
    const f = this.#words.at(v);
    const did = { insn: null, isComplete: false, isGuests: false };
    const event = (): number => this.#rules.userEvent(f, vector);
    const result = this.#beside.step(f, event, () => did);
    return { operation, result, value: undefined };
  }

  /** KVM_ARM_VCPU_INIT, or the INIT reset on x86. */
  userInit(v: number): UserResult {
    this.#runner.leaveRun(v);
    const result = this.#rules.userInit(this.#words.at(v));
    if (result >= 0) this.#beside.reset(v);
    return { operation: "init", result, value: undefined };
  }

  /** KVM_SET_GUEST_DEBUG exactly as given. */
  setGuestDebug(v: number, request: GuestDebugRequest): UserResult {
    this.#runner.leaveRun(v);
    const f = this.#words.at(v);
    const result = this.#rules.setGuestDebug(f, request);
    if (result >= 0) this.#beside.inject(f, v, request);
    return { operation: "debug raw", result, value: undefined };
  }

  /** What `debugger()` has given KVM_SET_GUEST_DEBUG last, with what it asked for before. */
  debuggerState(v: number): GuestDebugRequest {
    return this.#rules.debuggerState(this.#words.at(v));
  }

  /** KVM_SET_GUEST_DEBUG as a debugger drives it. */
  debugger(v: number, request: DebuggerRequest): UserResult {
    this.#runner.leaveRun(v);
    const result = this.#rules.debugger(this.#words.at(v), request);
    return { operation: `debug ${request.action}`, result, value: undefined };
  }

  /** The host kernel sets or removes its own breakpoints on a CPU. */
  hostDebug(p: number, request: HostDebugRequest): UserResult {
    const at = this.#words.cpuAt(p);
    const loaded = this.words[at + CPU_BASE.loaded] - 1;
    // The host gets at the CPU's registers by an interrupt, which leaves the guest.
    if (loaded >= 0 && this.#words.modeOf(loaded) === MODE.guest) {
      this.interrupt(loaded);
    }
    const result = this.#rules.hostDebug(this.#words.atCpu(p), request);
    return { operation: `host ${request.action}`, result, value: undefined };
  }

  /**
   * A register as one actor sees it now; changes nothing.
   *
   * @param index vCPU, or physical CPU for the cpu view
   */
  view(view: RegisterView, index: number, register: number): ViewValue {
    return this.#views.value(view, index, register);
  }

  /**
   * True if the guest would read from one of some registers what it would not on its bare machine.
   *
   * @param bits those that count; all if left out
   */
  differsFromBare(
    v: number,
    registers: readonly number[],
    bits?: bigint,
  ): boolean {
    return this.#beside.differs(v, registers, bits);
  }

  /**
   * Values of several registers in a view, in order: what `view()` gives of each, and cheaper.
   *
   * @param index vCPU, or physical CPU for the cpu view
   */
  viewAll(
    view: RegisterView,
    index: number,
    registers: readonly number[],
  ): ViewValue[] {
    return this.#views.values(view, index, registers);
  }

  /** KVM's own state by the kernel's name; changes nothing. */
  kvmView(v: number, name: string): ViewValue {
    return this.#rules.kvmView(this.#words.scratch(v), name);
  }

  /**
   * Where the value that a view shows is kept, as `set` events name it; undefined if no place keeps it.
   *
   * @param index vCPU, or physical CPU for the cpu view
   */
  placeOf(
    view: RegisterView,
    index: number,
    register: number,
  ): Place | undefined {
    return this.#views.placeOf(view, index, register);
  }

  /** Where a name of the kvm view is kept, as `set` events name it. */
  kvmPlace(v: number, name: string): Place {
    return this.#rules.kvmPlace(this.#words.scratch(v), name);
  }

  /** All instructions of a vCPU, executed or not. */
  program(v: number): readonly Insn[] {
    return this.#programs[v].insns;
  }

  /** Which physical breakpoint each of the guest's means, if they can differ. */
  numberMap(v: number): NumberMap | undefined {
    return this.#rules.numberMap(this.#words.scratch(v));
  }

  /** A cost counter of a vCPU, since the start. */
  cost(v: number, name: CostName): number {
    return this.#tally.cost(v, name);
  }

  /** The whole machine as it is. */
  snapshot(): Snapshot {
    return {
      words: this.words.slice(),
      vcpus: this.vcpus,
      programs: this.#programs.map((program) => program.mark()),
      journal: this.journal.mark(),
      ...this.#tally.mark(),
      saved: this.vm.saved,
      hostCounts: this.vm.hostCounts,
      lastRun: this.#lastRun,
    };
  }

  /** Brings a snapshot of this machine back, exactly. */
  restore(snapshot: Snapshot): void {
    this.#words.restore(snapshot.words.slice(), snapshot.vcpus);
    this.#programs.splice(
      0,
      Infinity,
      ...snapshot.programs.map(VcpuProgram.from),
    );
    this.journal.restore(snapshot.journal);
    this.#tally.restore(snapshot);
    this.vm.saved = snapshot.saved;
    this.vm.hostCounts = snapshot.hostCounts;
    this.#lastRun = snapshot.lastRun;
  }

  #record(event: Event): void {
    const rule = this.#rules.ruleOf?.(event) ?? event.rule;
    this.journal.push(rule === event.rule ? event : { ...event, rule });
    this.#beside?.push(event);
    this.#tally.push(event, this.#rules.costOf(event));
  }
}
