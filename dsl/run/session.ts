/**
 * The state of one machine with all that a scenario or the interactive view remembers beside it: what `undo` brings
 * back.
 *
 * @module
 */
import {
  type Architecture,
  architecture,
  type ArchName,
  createMachine,
  type Event,
  flat,
  type HostChoice,
  type Insn,
  type KernelChoice,
  type KernelInfo,
  type Machine,
  noticesOf,
  type Snapshot,
  type UserResult,
} from "../../engine/mod.ts";
import type { Note } from "../diagnostics.ts";
import {
  type Covered,
  covers,
  isBesideRanges,
} from "../resolve/kernel_terms.ts";
import type { KernelTerm } from "../action_parts.ts";
import { DEFAULT_ARCH } from "../resolve/vocabulary.ts";
import type { Particular } from "../result.ts";
import type { Span } from "../source.ts";
import { errnoText } from "../values.ts";

/** The last user operation: what `expect ok` and `expect error` look at. */
export interface LastOperation {
  /** The statement. */
  readonly span: Span;
  /** What the kernel answered. */
  readonly result: UserResult;
  /** Why it was refused, with the rule, if an event tells. */
  readonly why: string | undefined;
  /** An `expect` looked at it. */
  readonly answered: boolean;
  /** What `let` and `for` had bound: `i = 0x2`. */
  readonly values: string | undefined;
  /** Number of the statement among those that were carried out. */
  readonly order: number;
}

/** A user operation that gave its name no value. */
export interface RefusedGet {
  /** The statement. */
  readonly span: Span;
  /** What the kernel answered. */
  readonly result: UserResult;
}

/** Why a name has no value. */
export interface Missing {
  /** `get OSLAR_EL1 was refused: ENOENT`. */
  readonly why: string;
  /** Where that was, if it was somewhere. */
  readonly notes: readonly Note[];
}

/** A state of a session that `restore` brings back. */
export interface SessionState {
  /** The architecture. */
  readonly arch: ArchName;
  /** The kernel as `kernel` chose it; undefined for the default. */
  readonly kernel: KernelChoice | undefined;
  /** The physical machine. */
  readonly host: HostChoice;
  /** The machine, if one was built. */
  readonly machine: Snapshot | undefined;
  /** The last user operation. */
  readonly lastOperation: LastOperation | undefined;
  /** User operations that gave their names no value. */
  readonly refusedGets: ReadonlyMap<string, RefusedGet>;
  /** Expectations checked so far. */
  readonly expectations: number;
  /** Statements carried out so far. */
  readonly order: number;
}

/** What the statements before a machine is built choose. */
type Choices = Pick<SessionState, "arch" | "kernel" | "host">;

/** The settings of a session. */
export interface SessionSettings {
  /** Overrides whatever `kernel` says, on an architecture that has it. */
  readonly profile: string | undefined;
  /** Overrides the vendor that `kernel` says, where the kernel is for it. */
  readonly vendor?: string;
  /** The kernel whose expectations are checked; the one that runs if left out. */
  readonly heldTo?: string;
  /** Gets the names of the fields of the kernel's record that are read, if given. */
  readonly fieldsRead?: Set<string>;
  /** Collect the events of every statement. */
  readonly trace: boolean;
  /** Keep every event, for `why`. */
  readonly keepAll: boolean;
}

const NO_HOST: HostChoice = {
  counts: {},
  model: undefined,
  unpredictable: undefined,
};

/** One machine and what was remembered of the statements that were carried out on it. */
export class Session {
  /** Its settings. */
  readonly settings: SessionSettings;
  #choices: Choices = { arch: DEFAULT_ARCH, kernel: undefined, host: NO_HOST };
  /** The kernel that they come to, once it is asked for: every statement asks. */
  #chosenKernel: KernelChoice | undefined;
  #machine: Machine | undefined;
  #lastOperation: LastOperation | undefined;
  /** By the names that they give a value; never changed, but replaced. */
  #refusedGets: ReadonlyMap<string, RefusedGet> = new Map();
  #expectations = 0;
  #passedOver = 0;
  #isBesideRanges = false;
  #order = 0;
  readonly #particular = new Map<Span, Particular>();
  /** Where each instruction was written. */
  readonly #written = new WeakMap<Insn, Span>();

  /**
   * Begins without a machine: the first statement that needs one builds it.
   *
   * @param settings kernel, trace and what to keep
   */
  constructor(settings: SessionSettings) {
    this.settings = settings;
  }

  /** Expectations that were checked. */
  get expectations(): number {
    return this.#expectations;
  }

  /** There were expectations, and all of them were for other kernels. */
  get isForOthers(): boolean {
    return this.#expectations === 0 && this.#passedOver > 0;
  }

  /** One that was passed over is for a range of mainline releases, where the kernel has no place. */
  get isBesideRanges(): boolean {
    return this.#isBesideRanges;
  }

  /** Those of them that are only for some kernels. */
  get particular(): readonly Particular[] {
    return [...this.#particular.values()];
  }

  /** Number of the statement that is being carried out. */
  get order(): number {
    return this.#order;
  }

  /** The next statement is carried out. */
  beginStatement(): void {
    this.#order++;
  }

  /** The machine, which the first statement that needs one builds. */
  get machine(): Machine {
    return this.#machine ??= this.#build();
  }

  /** True once a statement has needed the machine. */
  get hasMachine(): boolean {
    return this.#machine !== undefined;
  }

  /** The architecture. */
  get arch(): Architecture {
    return architecture(this.#choices.arch)!;
  }

  /** How many physical CPUs there are, without building the machine. */
  get cpus(): number {
    return this.#choices.host.counts.cpus ??
      this.arch.hostCounts.find(({ name }) => name === "cpus")!.initial!;
  }

  /** How many vCPUs there are, without building the machine. */
  get vcpus(): number {
    return this.#machine?.vcpus ?? 1;
  }

  /** The kernel that the machine runs or will run. */
  get profile(): KernelInfo {
    return this.#infoOf(this.kernelChoice.profile);
  }

  /** The kernel whose expectations are checked, for the vendor that runs. */
  get heldTo(): Covered {
    return this.#covered(this.settings.heldTo ?? this.kernelChoice.profile);
  }

  #covered(profile: string): Covered {
    const { vendor } = this.kernelChoice;
    const { name, release, rows, isBare } = this.#infoOf(profile);
    return { name, release, rows, isBare, vendor };
  }

  /**
   * Whether the kernel is among those that are required. What it has is asked of the kernel that runs, whichever kernel's
   * expectations are checked: names and ranges of releases say nothing of a kernel with changes, and are asked of that one.
   */
  isRequired(terms: readonly KernelTerm[]): boolean {
    if (terms.length === 0) return true;
    const running = this.#covered(this.kernelChoice.profile);
    const fits = terms.map((term) => {
      if (term.kind !== "changes") return covers([term], this.heldTo);
      this.#noteChanges([...term.with, ...term.without]);
      return covers([term], running);
    });
    return fits.includes(true);
  }

  /** What comes out depends on whether the kernel has some changes, as if it read the fields that they touch. */
  #noteChanges(names: readonly string[]): void {
    const { fieldsRead } = this.settings;
    if (fieldsRead === undefined || names.length === 0) return;
    const { vendor } = this.kernelChoice;
    for (const { name, touches } of this.arch.changes()) {
      if (!names.includes(name)) continue;
      for (const field of touches[vendor ?? this.arch.name] ?? []) {
        fieldsRead.add(field);
      }
    }
  }

  /** The language and the commands have checked the name. */
  #infoOf(name: string): KernelInfo {
    const answer = this.arch.kernel(name);
    if (!answer.ok) throw new RangeError(`${name}: ${answer.reason}`);
    return answer.info;
  }

  /** The kernel with its vendor and options. */
  get kernelChoice(): KernelChoice {
    return this.#chosenKernel ??= this.#chooseKernel();
  }

  #chooseKernel(): KernelChoice {
    const chosen = this.#choices.kernel;
    const { profile: asked } = this.settings;
    const name = asked !== undefined && this.arch.kernel(asked).ok
      ? asked
      : chosen?.profile ?? this.arch.defaultProfile;
    const info = this.#infoOf(name);
    // What the scenario says of another kernel holds for this one where this one knows it.
    const wanted = this.settings.vendor ?? chosen?.vendor;
    const vendors = info.vendors.filter((one) => this.#hasVendor(one));
    const vendor = vendors.find((one) => one === wanted) ?? vendors[0];
    const options = Object.fromEntries(
      Object.entries(chosen?.options ?? {}).filter(([option, value]) =>
        info.options[option]?.includes(value)
      ),
    );
    const { fieldsRead } = this.settings;
    return {
      profile: info.name,
      vendor,
      options,
      ...(fieldsRead && { fieldsRead }),
    };
  }

  /** Whether the physical machine can be of a vendor: one of a single vendor decides it. */
  #hasVendor(vendor: string): boolean {
    const { models } = this.arch;
    const model =
      models.find(({ name }) => name === this.#choices.host.model) ??
        models[0];
    return model.vendors.includes(vendor);
  }

  /** The physical machine as `host` gave it. */
  get host(): HostChoice {
    return this.#choices.host;
  }

  /** The physical machine that the VM is on now: a restore can have been on another one. */
  get presentHost(): HostChoice {
    const now = this.#machine?.vm.hostCounts;
    return {
      ...this.#choices.host,
      counts: { ...this.#choices.host.counts, ...now },
    };
  }

  /** The last user operation, if there was one. */
  get lastOperation(): LastOperation | undefined {
    return this.#lastOperation;
  }

  /** `arch`: the architecture; the kernel is its default again. */
  setArch({ arch }: { readonly arch: ArchName }): void {
    this.#refuseLate("arch");
    this.#choose({ ...this.#choices, arch, kernel: undefined });
  }

  /** `kernel`: which kernel the machine will run. */
  setKernel({ profile, vendor, options }: KernelChoice): void {
    this.#refuseLate("kernel");
    const kernel = { profile, vendor, options };
    this.#choose({ ...this.#choices, kernel });
  }

  /** `host`: what the line says of the physical machine; the rest stays. */
  setHost({ counts, model, unpredictable }: HostChoice): void {
    this.#refuseLate("host");
    const before = this.#choices.host;
    const host = {
      counts: { ...before.counts, ...counts },
      model: model ?? before.model,
      unpredictable: unpredictable ?? before.unpredictable,
    };
    this.#choose({ ...this.#choices, host });
  }

  #choose(choices: Choices): void {
    this.#choices = choices;
    this.#chosenKernel = undefined;
  }

  /** The checks have refused it: this is a mistake of ours. */
  #refuseLate(what: string): void {
    if (this.#machine) {
      throw new RangeError(`${what} after the machine is built`);
    }
  }

  /** Remembers what a user operation came to; undefined before it is known. */
  setOperation(last: LastOperation | undefined): void {
    this.#lastOperation = last;
  }

  /** An expectation looked at the last user operation. */
  answerOperation(): void {
    if (this.#lastOperation) {
      this.#lastOperation = { ...this.#lastOperation, answered: true };
    }
  }

  /**
   * An expectation is checked.
   *
   * @param particular given if it is only for some kernels
   */
  countExpectation(particular: Particular | undefined): void {
    this.#expectations++;
    // A statement in a loop counts once.
    if (particular) this.#particular.set(particular.span, particular);
  }

  /** An expectation is for other kernels, those of `on`. */
  passOverExpectation(on: readonly KernelTerm[]): void {
    this.#passedOver++;
    this.#isBesideRanges ||= isBesideRanges(on, this.heldTo);
  }

  /** Gives a name what a user operation read. */
  nameRead(name: string, span: Span, result: UserResult): void {
    this.machine.reads.set(name, result.value);
    if (result.value !== undefined && !this.#refusedGets.has(name)) return;
    const refused = new Map(this.#refusedGets);
    if (result.value === undefined) refused.set(name, { span, result });
    else refused.delete(name);
    this.#refusedGets = refused;
  }

  /** The value of a name that `as` gave; undefined if there is none. */
  readNamed(name: string): bigint | undefined {
    return this.#machine?.reads.get(name);
  }

  /** True if `as` has given a name to something that was read, also if that was undefined. */
  hasRead(name: string): boolean {
    return this.#machine?.reads.has(name) ?? false;
  }

  /** True if a VM was saved under a name. */
  hasSaved(name: string): boolean {
    return this.#machine?.vm.saved.has(name) ?? false;
  }

  /** Why a name that a read or a user operation gives has no value. */
  missing(name: string): Missing {
    if (!this.hasRead(name)) {
      return { why: "the guest has not read it yet", notes: [] };
    }
    return this.refusal(name) ??
      { why: "the guest's read was undefined", notes: [] };
  }

  /** The user operation that gave a name no value; undefined if there was none. */
  refusal(name: string): Missing | undefined {
    const refused = this.#refusedGets.get(name);
    if (!refused) return undefined;
    const { operation, result } = refused.result;
    return {
      why: `\`${operation}\` was refused: ${errnoText(result)}`,
      notes: [{ span: refused.span, message: "refused here" }],
    };
  }

  /** Remembers the statement that appended an instruction to a program, or to the transaction that is given. */
  wrote(insn: Insn, span: Span): void {
    this.#written.set(flat(insn).at(-1)!, span);
  }

  /** The statement that wrote an instruction of a program. */
  whereWritten(insn: Insn): Span | undefined {
    return this.#written.get(flat(insn)[0]);
  }

  /** The session as it is. */
  snapshot(): SessionState {
    return {
      ...this.#choices,
      machine: this.#machine?.snapshot(),
      lastOperation: this.#lastOperation,
      refusedGets: this.#refusedGets,
      expectations: this.#expectations,
      order: this.#order,
    };
  }

  /** Brings a state of this session back, exactly. */
  restore(state: SessionState): void {
    const { arch, kernel, host } = state;
    this.#choose({ arch, kernel, host });
    this.#lastOperation = state.lastOperation;
    this.#refusedGets = state.refusedGets;
    this.#expectations = state.expectations;
    this.#order = state.order;
    if (state.machine === undefined) this.#machine = undefined;
    else {
      this.#machine = this.#build();
      this.#machine.restore(state.machine);
    }
  }

  /** Warnings and reliance on what the architecture leaves open, of the current statement. */
  notices(): readonly Event[] {
    return this.#machine === undefined
      ? []
      : noticesOf(this.#machine.journal.current());
  }

  #build(): Machine {
    const machine = createMachine(
      this.arch,
      this.kernelChoice,
      this.#choices.host,
    );
    machine.journal.keepAll = this.settings.keepAll;
    return machine;
  }
}
