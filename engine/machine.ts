/**
 * The machine: physical CPUs, the vCPUs of one VM and their userspace, under one kernel's rules.
 *
 * Everything that happens is a step of `Rules`; this file only composes them, finds the blocks that a step
 * touches, and keeps the record of what happened.
 *
 * @module
 */
import type { CostName } from "./cost.ts";
import type { Event, Place, Sink } from "./events.ts";
import { Journal, type JournalMark } from "./journal.ts";
import {
  beginRun,
  enterGuest,
  kickVcpu,
  RAN,
  runGuest,
  vcpuPut,
} from "./kvm_run.ts";
import { type Insn, type InsnParts, makeInsn } from "./program.ts";
import {
  BEGUN,
  type CountChange,
  CPU_BASE,
  type DebuggerRequest,
  type ExitName,
  type FailPoint,
  type Frame,
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
import { get64, highWord, join64, lowWord, type Words } from "./word64.ts";

/** Guest steps without progress after which a run is called stuck: KVM re-enters for ever. */
const NO_PROGRESS_MAX = 256;

/** vCPUs of one VM that the model has room for. */
export const VCPUS_MAX = 16;

/** How a run is to go. */
export interface RunOptions {
  /** Physical CPU. If left out, the one that the vCPU ran on last, or CPU 0 before its first run. */
  readonly cpu?: number;
  /** Guest instructions to execute; all that are pending if left out. */
  readonly steps?: number;
  /**
   * Smallest steps of the guest to take: each try of an instruction counts, also one that exits and has to be
   * tried again, and each instruction of its exception handler.
   */
  readonly attempts?: number;
  /** Where to leave the vCPU when the steps are done. */
  readonly stop?: "put" | "exit" | "guest";
  /** First-run initialisation fails there. */
  readonly fail?: FailPoint;
  /** The steps also end when the guest has come into its exception handler. */
  readonly untilHandler?: boolean;
}

/** How a run ended. */
export interface RunResult {
  /** vCPU that ran. */
  readonly vcpu: number;
  /** Why KVM_RUN ended. */
  readonly exit: ExitName;
  /** By the recordings' names: hsr, far, pc, dr6, dr7, exception; errno for `error`. */
  readonly values: Readonly<Record<string, bigint>>;
}

/** The result of a user operation. */
export interface UserResult {
  /** What was tried, for messages: `KVM_SET_ONE_REG DBGBCR0_EL1`. */
  readonly operation: string;
  /** 0, or a negated errno. */
  readonly result: number;
  /** What a get gave. */
  readonly value: bigint | undefined;
}

/** The views of a register. */
export const VIEWS = ["guest", "user", "hw", "cpu", "kvm"] as const;

/** A register as one actor sees it. */
export type ViewName = typeof VIEWS[number];

/** A state that `restore` brings back, byte for byte. */
export interface Snapshot {
  /** All state words. */
  readonly words: Words;
  /** How many vCPUs. */
  readonly vcpus: number;
  /** Instructions of each vCPU. */
  readonly programs: readonly (readonly Insn[])[];
  /** Where the journal was. */
  readonly journal: JournalMark;
  /** What `as` named. */
  readonly reads: ReadonlyMap<string, bigint | undefined>;
  /** Counters of each vCPU. */
  readonly costs: readonly ReadonlyMap<CostName, number>[];
  /** How the last run ended. */
  readonly lastRun: RunResult | undefined;
  /** Where each vCPU's next instruction is, if userspace said so. */
  readonly origins: readonly (bigint | undefined)[];
}

/** One machine. */
export class Machine {
  /** Values that guest reads and user gets were named by `as`; undefined where the access was undefined. */
  readonly reads: Map<string, bigint | undefined> = new Map();
  /** What happened, by cause. */
  readonly journal: Journal = new Journal();
  #rules: Rules;
  #cpus: number;
  #vcpus = 0;
  #words: Words;
  #frame: Frame;
  #programs: Insn[][] = [];
  #costs: Map<CostName, number>[] = [];
  /** Where userspace has set the PC, if the program has no instruction there: the next one appended is. */
  #origins: (bigint | undefined)[] = [];
  /** A copy of the words for views to work on. */
  #copy: Words = new Int32Array(0);
  #lastRun: RunResult | undefined;
  readonly #sink: Sink;

  /**
   * Builds a machine with one vCPU.
   *
   * @param rules the rules of the architecture, kernel and hardware
   * @param cpus how many physical CPUs
   */
  constructor(rules: Rules, cpus: number) {
    this.#rules = rules;
    this.#cpus = cpus;
    const { vm, cpu } = rules.sizes;
    this.#words = new Int32Array(vm + cpus * cpu);
    this.#sink = { push: (event) => this.#record(event) };
    this.#frame = this.#newFrame();
    rules.initVm(this.#frame);
    for (let p = 0; p < cpus; p++) {
      this.#frame.cpu = this.#cpuAt(p);
      rules.initCpu(this.#frame, p);
    }
    this.growTo(1);
  }

  /** Number of vCPUs. */
  get vcpus(): number {
    return this.#vcpus;
  }

  /** Number of physical CPUs. */
  get cpus(): number {
    return this.#cpus;
  }

  /** How the last run ended; undefined before the first. */
  get lastRun(): RunResult | undefined {
    return this.#lastRun;
  }

  /** The state words, for comparing states; not to be changed. */
  get words(): Words {
    return this.#words;
  }

  /**
   * Adds vCPUs until there are `count`.
   *
   * @throws {RangeError} if there would be fewer than now, or more than `VCPUS_MAX`
   */
  growTo(count: number): void {
    if (count < this.#vcpus || count > VCPUS_MAX) {
      throw new RangeError(`Cannot have ${count} vCPUs`);
    }
    const { vcpu, user } = this.#rules.sizes;
    const words = new Int32Array(
      this.#vcpuAt(this.#vcpus) + (count - this.#vcpus) * (vcpu + user),
    );
    words.set(this.#words);
    this.#words = words;
    this.#frame = this.#newFrame();
    while (this.#vcpus < count) {
      const v = this.#vcpus++;
      this.#programs.push([]);
      this.#costs.push(new Map());
      this.#rules.initVcpu(this.#at(v), v);
    }
  }

  /** `set`: userspace gives the guest counts or features. */
  set(counts: CountChange): UserResult {
    const { vcpus, ...rest } = counts;
    if (vcpus !== undefined) this.growTo(vcpus);
    if (Object.keys(rest).length === 0) {
      return { operation: "set vcpus", result: 0, value: undefined };
    }
    this.#leave(0);
    const result = this.#rules.setCounts(this.#at(0), rest);
    return { operation: "set", result, value: undefined };
  }

  /**
   * Appends an instruction to a vCPU's program.
   *
   * @param address where it is; after the one before it if left out
   */
  append(v: number, parts: InsnParts, address?: bigint): Insn {
    const program = this.#programs[v];
    const at = address ?? this.#nextAddress(v);
    const insn = makeInsn({
      ...parts,
      addressLo: lowWord(at),
      addressHi: highWord(at),
    });
    if (this.nextIndex(v) === program.length) {
      this.#rules.beginProgram(this.#at(v));
    }
    program.push(insn);
    this.#origins[v] = undefined;
    return insn;
  }

  /**
   * Replaces a vCPU's program. Userspace completes an access that it was asked to emulate, and sets the PC to
   * the first instruction; nothing else changes.
   *
   * @param program not empty; each instruction says where it is
   */
  loadProgram(v: number, program: readonly Insn[]): UserResult {
    this.#leave(v);
    this.#rules.completeAccess(this.#at(v));
    this.#rules.beginProgram(this.#at(v));
    this.#programs[v] = [...program];
    const [{ addressLo, addressHi }] = program;
    return this.userSetPc(v, join64(addressLo, addressHi));
  }

  /** Userspace patches the instruction at an address. @returns false if the program has none there */
  patch(v: number, address: bigint, parts: InsnParts): boolean {
    const program = this.#programs[v];
    const index = program.findIndex(({ addressLo, addressHi }) =>
      join64(addressLo, addressHi) === address
    );
    if (index < 0) return false;
    const { addressLo, addressHi } = program[index];
    program[index] = makeInsn({ ...parts, addressLo, addressHi });
    return true;
  }

  /** Index of the instruction that is next, in the vCPU's program. */
  nextIndex(v: number): number {
    return this.#words[this.#vcpuAt(v) + VCPU_BASE.next];
  }

  /** True while the guest is in its exception handler. */
  inHandler(v: number): boolean {
    return this.#words[this.#vcpuAt(v) + VCPU_BASE.inHandler] !== 0;
  }

  /** Index of the first instruction at an address, in the vCPU's program. */
  indexOf(v: number, address: bigint): number | undefined {
    const index = this.#programs[v].findIndex(({ addressLo, addressHi }) =>
      join64(addressLo, addressHi) === address
    );
    return index < 0 ? undefined : index;
  }

  /** Names of the registers that KVM_GET_REG_LIST gives, of those that the model has, in its order. */
  registerList(v: number): readonly string[] {
    return this.#rules.registerList(this.#at(v));
  }

  /** Instructions of a vCPU that have not been executed yet. */
  pendingInsns(v: number): readonly Insn[] {
    return this.#programs[v].slice(
      this.#words[this.#vcpuAt(v) + VCPU_BASE.next],
    );
  }

  /** Chooses what the modelled guest does after it has recorded an exception. */
  setHandler(v: number, handler: HandlerName): void {
    this.#words[this.#vcpuAt(v) + VCPU_BASE.handler] = HANDLER[handler];
  }

  /** True once the vCPU's first-run initialisation is complete. */
  ranOnce(v: number): boolean {
    return this.#words[this.#vcpuAt(v) + VCPU_BASE.ranOnce] !== 0;
  }

  /** True while the vCPU is loaded on a CPU, in the guest or not. */
  isLoaded(v: number): boolean {
    return this.#mode(v) !== MODE.out;
  }

  /** The CPU that the vCPU is loaded on, or was last; 0 before it ran. */
  cpuOf(v: number): number {
    return this.#cpuOf(v);
  }

  /** KVM_RUN, and what the guest does in it. */
  run(v: number, options: RunOptions = {}): RunResult {
    this.journal.startRun();
    this.#lastRun = this.#run(v, options);
    return this.#lastRun;
  }

  /**
   * A host interrupt: the exit is handled in the kernel, the vCPU stays loaded.
   *
   * @returns false if the vCPU is not loaded, and nothing was done
   */
  interrupt(v: number): boolean {
    if (this.#mode(v) === MODE.out) return false;
    const f = this.#at(v);
    if (this.#mode(v) === MODE.loaded) this.#enter(v, f);
    kickVcpu(this.#rules, f);
    return true;
  }

  /**
   * The vCPU is scheduled out.
   *
   * @returns false if the vCPU is not loaded, and nothing was done
   */
  put(v: number): boolean {
    if (this.#mode(v) === MODE.out) return false;
    this.#leave(v);
    return true;
  }

  /** KVM_GET_ONE_REG or its kind. */
  userGet(v: number, register: number, name: string): UserResult {
    this.#leave(v);
    const f = this.#at(v);
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
    this.#leave(v);
    const f = this.#at(v);
    f.lo = lowWord(value);
    f.hi = highWord(value);
    const result = this.#rules.userSet(f, register);
    return { operation: `set ${name}`, result, value: undefined };
  }

  /** KVM_SET_REGS of the program counter. */
  userSetPc(v: number, value: bigint): UserResult {
    this.#leave(v);
    const f = this.#at(v);
    f.lo = lowWord(value);
    f.hi = highWord(value);
    const result = this.#rules.userSetPc(f);
    if (result === 0) this.#moveTo(v, value);
    return { operation: "set pc", result, value: undefined };
  }

  /** KVM_ARM_VCPU_INIT, or the INIT reset on x86. */
  userInit(v: number): UserResult {
    this.#leave(v);
    const result = this.#rules.userInit(this.#at(v));
    return { operation: "init", result, value: undefined };
  }

  /** KVM_CHECK_EXTENSION. */
  checkExtension(name: string): UserResult {
    const answer = this.#rules.checkExtension(this.#at(0), name);
    return {
      operation: `check ${name}`,
      result: Math.min(answer, 0),
      value: answer < 0 ? undefined : BigInt(answer),
    };
  }

  /** KVM_SET_GUEST_DEBUG exactly as given. */
  setGuestDebug(v: number, request: GuestDebugRequest): UserResult {
    this.#leave(v);
    const result = this.#rules.setGuestDebug(this.#at(v), request);
    return { operation: "debug raw", result, value: undefined };
  }

  /** KVM_SET_GUEST_DEBUG as a debugger drives it. */
  debugger(v: number, request: DebuggerRequest): UserResult {
    this.#leave(v);
    const result = this.#rules.debugger(this.#at(v), request);
    return { operation: `debug ${request.action}`, result, value: undefined };
  }

  /** The host kernel sets or removes its own breakpoints on a CPU. */
  hostDebug(p: number, request: HostDebugRequest): UserResult {
    const loaded = this.#words[this.#cpuAt(p) + CPU_BASE.loaded] - 1;
    // The host gets at the CPU's registers by an interrupt, which leaves the guest.
    if (loaded >= 0 && this.#mode(loaded) === MODE.guest) {
      this.interrupt(loaded);
    }
    const f = this.#at(0);
    f.cpu = this.#cpuAt(p);
    const result = this.#rules.hostDebug(f, request);
    return { operation: `host ${request.action}`, result, value: undefined };
  }

  /**
   * A register as one actor sees it now; changes nothing.
   *
   * @param index vCPU, or physical CPU for the cpu view
   */
  view(
    view: Exclude<ViewName, "kvm">,
    index: number,
    register: number,
  ): ViewValue {
    const f = this.#scratch(view === "cpu" ? 0 : index);
    switch (view) {
      case "guest":
        return this.#rules.peek(f, register);
      case "user":
        return this.#rules.userView(f, register);
      case "hw":
        return this.#rules.hwView(f, register);
      case "cpu":
        f.cpu = this.#cpuAt(index);
        return this.#rules.cpuView(f, register);
      default:
        return view satisfies never;
    }
  }

  /**
   * Values of several registers in a view, in order: what `view()` gives of each, and cheaper.
   *
   * @param index vCPU, or physical CPU for the cpu view
   */
  viewAll(
    view: Exclude<ViewName, "kvm">,
    index: number,
    registers: readonly number[],
  ): ViewValue[] {
    const { hwViews } = this.#rules;
    return view === "hw" && hwViews !== undefined
      ? hwViews(this.#scratch(index), registers)
      : registers.map((register) => this.view(view, index, register));
  }

  /** KVM's own state by the kernel's name; changes nothing. */
  kvmView(v: number, name: string): ViewValue {
    return this.#rules.kvmView(this.#scratch(v), name);
  }

  /**
   * Where the value that a view shows is kept, as `set` events name it; undefined if no place keeps it.
   *
   * @param index vCPU, or physical CPU for the cpu view
   */
  placeOf(
    view: Exclude<ViewName, "kvm">,
    index: number,
    register: number,
  ): Place | undefined {
    const f = this.#scratch(view === "cpu" ? 0 : index);
    if (view === "cpu") f.cpu = this.#cpuAt(index);
    return this.#rules.placeOf(f, view, register);
  }

  /** Where a name of the kvm view is kept, as `set` events name it. */
  kvmPlace(v: number, name: string): Place {
    return this.#rules.kvmPlace(this.#scratch(v), name);
  }

  /** All instructions of a vCPU, executed or not. */
  program(v: number): readonly Insn[] {
    return this.#programs[v];
  }

  /** Which physical breakpoint each of the guest's means, if they can differ. */
  numberMap(v: number): NumberMap | undefined {
    return this.#rules.numberMap(this.#scratch(v));
  }

  /** A cost counter of a vCPU, since the start. */
  cost(v: number, name: CostName): number {
    return this.#costs[v].get(name) ?? 0;
  }

  /** The whole machine as it is. */
  snapshot(): Snapshot {
    return {
      words: this.#words.slice(),
      vcpus: this.#vcpus,
      programs: this.#programs.map((program) => program.slice()),
      journal: this.journal.mark(),
      reads: new Map(this.reads),
      costs: this.#costs.map((costs) => new Map(costs)),
      lastRun: this.#lastRun,
      origins: [...this.#origins],
    };
  }

  /** Brings a snapshot of this machine back, exactly. */
  restore(snapshot: Snapshot): void {
    this.#words = snapshot.words.slice();
    this.#vcpus = snapshot.vcpus;
    this.#programs = snapshot.programs.map((program) => program.slice());
    this.journal.restore(snapshot.journal);
    this.reads.clear();
    for (const [name, value] of snapshot.reads) this.reads.set(name, value);
    this.#costs = snapshot.costs.map((costs) => new Map(costs));
    this.#lastRun = snapshot.lastRun;
    this.#origins = [...snapshot.origins];
    this.#frame = this.#newFrame();
  }

  #run(v: number, options: RunOptions): RunResult {
    const rules = this.#rules;
    const w = this.#words;
    const stop = options.stop ?? "put";
    const p = options.cpu ?? this.#cpuOf(v);
    if (this.isLoaded(v) && this.#cpuOf(v) !== p) this.#leave(v);
    const occupant = w[this.#cpuAt(p) + CPU_BASE.loaded] - 1;
    if (occupant >= 0 && occupant !== v) this.#leave(occupant);

    const f = this.#at(v);
    if (this.#mode(v) === MODE.out) {
      f.cpu = this.#cpuAt(p);
      const begun = beginRun(rules, f, options.fail);
      if (begun < 0) {
        return { vcpu: v, exit: "error", values: { errno: BigInt(-begun) } };
      }
      if (begun !== BEGUN.fresh) this.#advance(v, f);
      if (begun === BEGUN.completedToUser) return this.#returned(v, f);
    }

    const steps = options.steps ?? Infinity;
    const attempts = options.attempts ?? Infinity;
    let tried = 0;
    let done = 0;
    let idleSteps = 0;
    while (done < steps && tried++ < attempts) {
      if (w[f.vcpu + VCPU_BASE.mode] === MODE.loaded) this.#enter(v, f);
      const ran = runGuest(rules, f, this.#fetch(v, f));
      if ((ran & RAN.drained) !== 0) return this.#end(f, "idle", stop);
      const complete = (ran & RAN.complete) !== 0;
      if ((ran & RAN.toUser) !== 0) {
        if (complete) this.#advance(v, f);
        vcpuPut(rules, f);
        return this.#returned(v, f);
      }
      if (
        (ran & RAN.exited) !== 0 && stop === "exit" &&
        (done === steps - 1 || tried === attempts)
      ) {
        if (complete) this.#advance(v, f);
        return this.#stopped(f);
      }
      if (complete) {
        this.#advance(v, f);
        done++;
        idleSteps = 0;
      } else if (
        options.untilHandler && w[f.vcpu + VCPU_BASE.inHandler] !== 0
      ) {
        break;
      } else if (++idleSteps > NO_PROGRESS_MAX) {
        this.#record({
          kind: "warn",
          vcpu: v,
          message: "KVM re-enters the guest without progress, for ever",
          rule: rules.noProgressRule,
        });
        break;
      }
    }
    return this.#end(f, "preempted", stop);
  }

  /** Leaves the vCPU where `stop` says, after the last instruction of a run. */
  #end(
    f: Frame,
    exit: "idle" | "preempted",
    stop: "put" | "exit" | "guest",
  ): RunResult {
    const mode = this.#words[f.vcpu + VCPU_BASE.mode];
    if (stop === "guest") {
      // The last instruction's exit was handled: look at the guest after its re-entry.
      const v = this.#words[f.vcpu + VCPU_BASE.index];
      if (mode === MODE.loaded) this.#enter(v, f);
    } else {
      if (mode === MODE.guest) kickVcpu(this.#rules, f);
      if (stop === "put") vcpuPut(this.#rules, f);
    }
    return { ...this.#stopped(f), exit };
  }

  /** KVM_RUN returned to userspace. */
  #returned(v: number, f: Frame): RunResult {
    return {
      vcpu: v,
      exit: this.#rules.exitName(f),
      values: this.#rules.exitValues(f),
    };
  }

  #stopped(f: Frame): RunResult {
    const w = this.#words;
    return {
      vcpu: w[f.vcpu + VCPU_BASE.index],
      exit: "preempted",
      values: { pc: get64(w, f.vcpu + VCPU_BASE.pc) },
    };
  }

  /** The program's instruction is over: on to the one after it, or where it branches. */
  #advance(v: number, f: Frame): void {
    const at = f.vcpu + VCPU_BASE.next;
    const branch = this.#programs[v][this.#words[at]]?.branch ?? -1;
    this.#words[at] = branch < 0 ? this.#words[at] + 1 : branch;
  }

  /**
   * Sets the frame's next address to where the vCPU's program goes on: an entry may still have to complete the
   * instruction before that, and another vCPU may have run since it was fetched.
   */
  #pointNext(v: number, f: Frame): void {
    const next = this.#programs[v][this.#words[f.vcpu + VCPU_BASE.next]];
    const address = next === undefined
      ? this.#nextAddress(v)
      : join64(next.addressLo, next.addressHi);
    f.nextLo = lowWord(address);
    f.nextHi = highWord(address);
  }

  /** The vCPU's next instruction, null at the program's end; the frame's next address is that of the one after it. */
  #fetch(v: number, f: Frame): Insn | null {
    const w = this.#words;
    const program = this.#programs[v];
    const next = w[f.vcpu + VCPU_BASE.next];
    const insn = program[next];
    if (insn === undefined) return null;
    const after = program[insn.branch < 0 ? next + 1 : insn.branch];
    if (after !== undefined) {
      f.nextLo = after.addressLo;
      f.nextHi = after.addressHi;
    } else {
      const following = join64(insn.addressLo, insn.addressHi) +
        BigInt(insn.lengthBytes);
      f.nextLo = lowWord(following);
      f.nextHi = highWord(following);
    }
    return insn;
  }

  /** The guest goes on with the instruction at an address, if its program has one there. */
  #moveTo(v: number, address: bigint): void {
    const program = this.#programs[v];
    const at = this.#vcpuAt(v) + VCPU_BASE.next;
    const isThere = (insn: Insn): boolean =>
      join64(insn.addressLo, insn.addressHi) === address;
    const ahead = program.findIndex((insn, i) =>
      i >= this.#words[at] && isThere(insn)
    );
    const found = ahead >= 0 ? ahead : program.findLastIndex(isThere);
    // Elsewhere there is nothing to execute yet: what was pending is left behind.
    this.#words[at] = found >= 0 ? found : program.length;
    this.#origins[v] = found >= 0 ? undefined : address;
  }

  #nextAddress(v: number): bigint {
    const origin = this.#origins[v];
    if (origin !== undefined) return origin;
    const last = this.#programs[v].at(-1);
    if (last === undefined) {
      return get64(this.#words, this.#vcpuAt(v) + VCPU_BASE.pc);
    }
    return BigInt.asUintN(
      64,
      join64(last.addressLo, last.addressHi) + BigInt(last.lengthBytes),
    );
  }

  #enter(v: number, f: Frame): void {
    this.#pointNext(v, f);
    enterGuest(this.#rules, f);
  }

  /** KVM_RUN returns before anything else can be done with the vCPU. */
  #leave(v: number): void {
    if (this.#mode(v) === MODE.out) return;
    const f = this.#at(v);
    if (this.#mode(v) === MODE.guest) kickVcpu(this.#rules, f);
    vcpuPut(this.#rules, f);
  }

  #record(event: Event): void {
    const rule = this.#rules.ruleOf?.(event) ?? event.rule;
    this.journal.push(rule === event.rule ? event : { ...event, rule });
    if (event.kind === "access" && event.name !== undefined) {
      const failed = event.by === "undef" || event.by === "fault";
      this.reads.set(event.name, failed ? undefined : event.value);
    }
    const cost = this.#rules.costOf(event);
    if (cost !== undefined && "vcpu" in event && event.vcpu >= 0) {
      for (const name of cost) {
        const costs = this.#costs[event.vcpu];
        costs.set(name, (costs.get(name) ?? 0) + 1);
      }
    }
  }

  #mode(v: number): number {
    return this.#words[this.#vcpuAt(v) + VCPU_BASE.mode];
  }

  #cpuOf(v: number): number {
    return Math.max(0, this.#words[this.#vcpuAt(v) + VCPU_BASE.cpu] - 1);
  }

  /** The frame, on vCPU v and the CPU where it is or was. */
  #at(v: number): Frame {
    const f = this.#frame;
    f.vcpu = this.#vcpuAt(v);
    f.user = f.vcpu + this.#rules.sizes.vcpu;
    f.cpu = this.#cpuAt(this.#cpuOf(v));
    return f;
  }

  /** A frame on copies of the VM's, the vCPU's and its CPU's blocks, without a sink. */
  #scratch(v: number): Frame {
    if (this.#copy.length !== this.#words.length) {
      this.#copy = new Int32Array(this.#words.length);
    }
    this.#copy.set(this.#words);
    const f = this.#rules.frame(this.#copy);
    f.vm = 0;
    f.vcpu = this.#vcpuAt(v);
    f.user = f.vcpu + this.#rules.sizes.vcpu;
    f.cpu = this.#cpuAt(this.#cpuOf(v));
    return f;
  }

  #newFrame(): Frame {
    const f = this.#rules.frame(this.#words);
    f.vm = 0;
    f.sink = this.#sink;
    return f;
  }

  #cpuAt(p: number): number {
    return this.#rules.sizes.vm + p * this.#rules.sizes.cpu;
  }

  #vcpuAt(v: number): number {
    const { vm, cpu, vcpu, user } = this.#rules.sizes;
    return vm + this.#cpus * cpu + v * (vcpu + user);
  }
}
