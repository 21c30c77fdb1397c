/**
 * Carries statements out on a machine, one at a time: what a scenario and the interactive view share.
 *
 * @module
 */
import {
  ARCH_NAMES,
  type Architecture,
  architecture,
  type ArchName,
  COSTS,
  createMachine,
  type Event,
  type HostChoice,
  type Insn,
  type InsnParts,
  type KernelChoice,
  type Machine,
  noticesOf,
  type ProfileInfo,
  type RunResult,
  type Snapshot,
  type UserResult,
} from "../engine/mod.ts";
import type {
  Choice,
  DebugRequest,
  ExpectStatement,
  Expr,
  FieldSetting,
  HostAction,
  Instruction,
  KernelStatement,
  Name,
  Placement,
  RegisterRef,
  RunStatement,
  ShowStatement,
  Statement,
  UserOperation,
} from "./ast.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { type Missing, valueOf } from "./evaluation.ts";
import { checkExpectation } from "./expectations.ts";
import { RUN_STEPS_MAX } from "./limits.ts";
import { fieldsValue, registerOf, smallNumber } from "./operands.ts";
import { fail, Problem } from "./problem.ts";
import { errnoText } from "./values.ts";
import type { Failure, Output } from "./result.ts";
import { Scope } from "./bindings.ts";
import type { Span } from "./source.ts";
import { nearest } from "./suggest.ts";
import { buildTable, TABLE_VIEWS, type TableView } from "./table.ts";
import { explainHappening, explainValue } from "./why.ts";

/** What one statement led to. */
export interface Executed {
  /** What it printed. */
  readonly outputs: readonly Output[];
  /** What failed. */
  readonly failures: readonly Failure[];
}

/** The last user operation: what `expect ok` and `expect error` look at. */
export interface LastOperation {
  /** The statement. */
  readonly span: Span;
  /** What the kernel answered. */
  readonly result: UserResult;
  /** An `expect` looked at it. */
  readonly answered: boolean;
  /** What `let` and `for` had bound: `i = 0x2`. */
  readonly values: string | undefined;
}

/** A user operation that gave its name no value. */
export interface RefusedGet {
  /** The statement. */
  readonly span: Span;
  /** What the kernel answered. */
  readonly result: UserResult;
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
}

/** How a session is to go. */
export interface SessionSettings {
  /** Overrides whatever `kernel` says. */
  readonly profile: string | undefined;
  /** Overrides the vendor that `kernel` says, where the kernel is for it. */
  readonly vendor?: string;
  /** Collect the events of every statement. */
  readonly trace: boolean;
  /** Keep every event, for `why`. */
  readonly keepAll: boolean;
}

/** What MOV SS reads of memory. */
const SELECTOR_BYTES = 2;

const NO_HOST: HostChoice = {
  counts: {},
  model: undefined,
  unpredictable: undefined,
};

/** One machine and the statements that were carried out on it. */
export class Session {
  readonly #settings: SessionSettings;
  #archName: ArchName = "arm64";
  #kernel: KernelChoice | undefined;
  #host: HostChoice = NO_HOST;
  #machine: Machine | undefined;
  #lastOperation: LastOperation | undefined;
  /** By the names that they were to give a value; never changed, but replaced. */
  #refusedGets: ReadonlyMap<string, RefusedGet> = new Map();
  #expectations = 0;
  readonly #particular = new Set<Span>();
  /** Where each instruction was written. */
  readonly #written = new WeakMap<Insn, Span>();

  /**
   * Begins without a machine: the first statement that needs one builds it.
   *
   * @param settings how it is to go
   */
  constructor(settings: SessionSettings) {
    this.#settings = settings;
  }

  /** Expectations that were checked. */
  get expectations(): number {
    return this.#expectations;
  }

  /** Those of them that other kernels are spared. */
  get particular(): readonly Span[] {
    return [...this.#particular];
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
    return architecture(this.#archName)!;
  }

  /** The kernel that the machine runs or will run. */
  get profile(): ProfileInfo {
    const { profile } = this.kernelChoice;
    return this.arch.profiles.find(({ name }) => name === profile)!;
  }

  /** The kernel with its vendor and options. */
  get kernelChoice(): KernelChoice {
    const chosen = this.#kernel;
    const name = this.#settings.profile ?? chosen?.profile ??
      this.arch.defaultProfile;
    const info = this.arch.profiles.find((known) => known.name === name)!;
    // What the scenario says of another kernel holds for this one where this one knows it.
    const wanted = this.#settings.vendor ?? chosen?.vendor;
    const vendor = wanted !== undefined && info.vendors.includes(wanted)
      ? wanted
      : info.vendors[0];
    const options = Object.fromEntries(
      Object.entries(chosen?.options ?? {}).filter(([option, value]) =>
        info.options[option]?.includes(value)
      ),
    );
    return { profile: name, vendor, options };
  }

  /** The physical machine as `host` gave it. */
  get host(): HostChoice {
    return this.#host;
  }

  /** The last user operation, if there was one. */
  get lastOperation(): LastOperation | undefined {
    return this.#lastOperation;
  }

  /** An expectation looked at the last user operation. */
  answerOperation(): void {
    if (this.#lastOperation) {
      this.#lastOperation = { ...this.#lastOperation, answered: true };
    }
  }

  /** The session as it is. */
  snapshot(): SessionState {
    return {
      arch: this.#archName,
      kernel: this.#kernel,
      host: this.#host,
      machine: this.#machine?.snapshot(),
      lastOperation: this.#lastOperation,
      refusedGets: this.#refusedGets,
      expectations: this.#expectations,
    };
  }

  /** Brings a state of this session back, exactly. */
  restore(state: SessionState): void {
    this.#archName = state.arch;
    this.#kernel = state.kernel;
    this.#host = state.host;
    this.#lastOperation = state.lastOperation;
    this.#refusedGets = state.refusedGets;
    this.#expectations = state.expectations;
    if (state.machine === undefined) this.#machine = undefined;
    else {
      this.#machine = this.#build();
      this.#machine.restore(state.machine);
    }
  }

  /**
   * Carries out one statement that is not a block.
   *
   * @param scope names that `let` and `for` bound; `let` adds to it
   * @returns what it printed, and what failed; on a failure of kind `error` nothing was changed by it
   */
  execute(statement: Statement, scope: Scope): Executed {
    const outputs: Output[] = [];
    const failures: Failure[] = [];
    this.#machine?.journal.begin(statement.span);
    try {
      this.#dispatch(statement, scope, outputs, failures);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failures.push(failureOf(error.diagnostic));
    }
    if (this.#settings.trace && this.#machine) {
      const events = this.#machine.journal.current();
      if (events.length > 0) {
        outputs.unshift({ kind: "trace", span: statement.span, events });
      }
    }
    return { outputs, failures };
  }

  /** The statement that wrote an instruction of a program. */
  whereWritten(insn: Insn): Span | undefined {
    return this.#written.get(insn);
  }

  /** A refused user operation that nothing answered, as a failure; undefined if there is none. */
  unanswered(): Failure | undefined {
    const last = this.#lastOperation;
    if (!last || last.answered || last.result.result === 0) return undefined;
    return refusedFailure(last);
  }

  #build(): Machine {
    const machine = createMachine(this.arch, this.kernelChoice, this.#host);
    machine.journal.keepAll = this.#settings.keepAll;
    return machine;
  }

  #dispatch(
    statement: Statement,
    scope: Scope,
    outputs: Output[],
    failures: Failure[],
  ): void {
    switch (statement.kind) {
      case "arch":
        return this.#setArch(statement.name.text, statement.span);
      case "kernel":
        return this.#setKernel(statement);
      case "host":
        return this.#setHost(statement, scope);
      case "let":
        return scope.bind(
          statement.name.text,
          this.value(statement.value, scope),
        );
      case "set":
        return this.#operate(statement.span, scope, failures, (machine) => {
          const counts: Record<string, number> = {};
          for (const { name, value, span } of statement.counts) {
            counts[name.text] = this.#count(
              name,
              value,
              span,
              this.arch.guestCounts,
              scope,
            );
          }
          if (counts.vcpus !== undefined && counts.vcpus < machine.vcpus) {
            fail(
              "out-of-range",
              statement.span,
              `vcpus=${counts.vcpus} is less than the ${machine.vcpus} vCPUs there are`,
            );
          }
          return machine.set(counts);
        });
      case "host-action":
        return this.#operate(
          statement.span,
          scope,
          failures,
          (machine) =>
            machine.hostDebug(
              this.#cpu(statement.cpu, statement.span, scope),
              this.#hostRequest(statement.action, scope),
            ),
        );
      case "guest":
        return this.#append(
          this.#vcpu(statement.vcpu, statement.span, scope),
          statement.instruction,
          scope,
        );
      case "handler":
        return this.machine.setHandler(
          this.#vcpu(statement.vcpu, statement.span, scope),
          statement.mode.text,
        );
      case "run":
        this.#run(statement, scope);
        return;
      case "interrupt":
      case "put": {
        const v = this.#vcpu(statement.vcpu, statement.span, scope);
        const done = statement.kind === "put"
          ? this.machine.put(v)
          : this.machine.interrupt(v);
        if (!done) {
          fail(
            "not-possible",
            statement.span,
            `vCPU ${v} is not loaded on a CPU`,
            { hint: "run with stop=exit or stop=guest leaves it loaded" },
          );
        }
        return;
      }
      case "user":
        return this.#operate(statement.span, scope, failures, () =>
          this.#user(
            this.#vcpu(statement.vcpu, statement.span, scope),
            statement.operation,
            scope,
          ));
      case "expect":
        return this.#expect(statement, scope, failures);
      case "show":
        outputs.push(this.#show(statement, scope));
        return;
      case "show-map":
        outputs.push({
          kind: "map",
          span: statement.span,
          map: this.machine.numberMap(0),
        });
        return;
      case "show-cost":
        outputs.push({
          kind: "cost",
          span: statement.span,
          costs: Array.from(
            { length: this.machine.vcpus },
            (_, v) =>
              Object.fromEntries(
                COSTS.map((name) => [name, this.machine.cost(v, name)]),
              ) as Record<typeof COSTS[number], number>,
          ),
        });
        return;
      case "why":
        outputs.push(explainValue(this, statement, scope));
        return;
      case "why-happened":
        outputs.push(explainHappening(this, statement));
        return;
      case "scenario":
      case "for":
      case "include":
      case "explore":
      case "program":
      case "repeat":
      case "either":
        throw new RangeError(`${statement.kind} is a block, not a statement`);
      case "choose":
      case "instruction":
      case "user-line":
      case "host-line":
      case "preempt":
      case "migrate":
      case "fail":
      case "never":
      case "property":
      case "bound":
        throw new RangeError(`${statement.kind} stands in an explore block`);
      default:
        return statement satisfies never;
    }
  }

  /** An expression's value. @throws {Problem} if it has none */
  value(expr: Expr, scope: Scope): bigint {
    return valueOf(
      expr,
      (name) => this.lookup(name, scope),
      (name) => this.missing(name),
    );
  }

  /** Why a name that a read or a user operation gives has no value. */
  missing(name: string): Missing {
    if (!this.#machine?.reads.has(name)) {
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
      why: `${operation} was refused: ${errnoText(result)}`,
      notes: [{ span: refused.span, message: "refused here" }],
    };
  }

  /** The value of a name: from `let` and `for`, or from `as`. */
  lookup(name: string, scope: Scope): bigint | undefined {
    return scope.find(name) ?? this.#machine?.reads.get(name);
  }

  #number(
    expr: Expr,
    scope: Scope,
    range: { what: string; min: number; max: number },
  ): number {
    return smallNumber(this.value(expr, scope), expr.span, range);
  }

  #vcpu(at: Expr | undefined, span: Span, scope: Scope): number {
    if (at === undefined) return 0;
    const v = this.value(at, scope);
    if (v >= BigInt(this.machine.vcpus)) {
      fail(
        "out-of-range",
        at.span ?? span,
        `there is no vCPU ${v}: the VM has ${this.machine.vcpus}`,
        { hint: `set vcpus=${v + 1n} adds it` },
      );
    }
    return Number(v);
  }

  #cpu(at: Expr | undefined, span: Span, scope: Scope): number {
    if (at === undefined) return 0;
    const p = this.value(at, scope);
    if (p >= BigInt(this.machine.cpus)) {
      fail(
        "out-of-range",
        at.span ?? span,
        `there is no physical CPU ${p}: the machine has ${this.machine.cpus}`,
        { hint: `host cpus=${p + 1n} gives it more` },
      );
    }
    return Number(p);
  }

  #setArch(name: string, span: Span): void {
    this.#tooLate("arch", span);
    const arch = ARCH_NAMES.find((known) => known === name);
    if (arch === undefined || architecture(arch) === undefined) {
      fail("wrong-arch", span, `arch ${name} is not in this engine`);
    }
    this.#archName = arch;
    this.#kernel = undefined;
  }

  #setKernel(statement: KernelStatement): void {
    this.#tooLate("kernel", statement.span);
    const { profile, vendor, options } = statement;
    const info = this.arch.profiles.find(({ name }) => name === profile.text);
    if (!info) {
      const names = this.arch.profiles.map(({ name }) => name);
      fail(
        "unknown-profile",
        profile.span,
        `there is no ${this.#archName} kernel ${profile.text}`,
        { expected: names, hint: suggestion(profile.text, names) },
      );
    }
    if (vendor && !info.vendors.includes(vendor.text)) {
      fail("unknown-value", vendor.span, `${vendor.text} is not a vendor`, {
        expected: info.vendors,
      });
    }
    for (const { name, value } of options) {
      const values = info.options[name.text];
      if (!values?.includes(value.text)) {
        fail(
          values ? "unknown-value" : "unknown-option",
          (values ? value : name).span,
          values
            ? `${name.text} cannot be ${value.text}`
            : `${info.name} has no option ${name.text}`,
          { expected: values ?? Object.keys(info.options) },
        );
      }
    }
    this.#kernel = {
      profile: profile.text,
      vendor: vendor?.text,
      options: Object.fromEntries(
        options.map(({ name, value }) => [name.text, value.text]),
      ),
    };
  }

  #setHost(
    statement: Extract<Statement, { kind: "host" }>,
    scope: Scope,
  ): void {
    this.#tooLate("host", statement.span);
    const counts: Record<string, number> = { ...this.#host.counts };
    for (const { name, value, span } of statement.counts) {
      counts[name.text] = this.#count(
        name,
        value,
        span,
        this.arch.hostCounts,
        scope,
      );
    }
    const complete = Object.fromEntries(
      this.arch.hostCounts.map((
        { name, initial },
      ) => [name, counts[name] ?? initial!]),
    );
    const wrong = this.arch.checkHost(complete);
    if (wrong !== undefined) fail("out-of-range", statement.span, wrong);
    const model = statement.model;
    const models = this.arch.models.map(({ name }) => name);
    if (model && !models.includes(model.text)) {
      fail("unknown-value", model.span, `there is no model ${model.text}`, {
        expected: models,
        hint: suggestion(model.text, models),
      });
    }
    const choice = statement.unpredictable;
    const choices = this.arch.unpredictable.map(({ name }) => name);
    if (choice && !choices.includes(choice.text)) {
      fail(
        "unknown-value",
        choice.span,
        `there is no outcome ${choice.text}`,
        { expected: choices, hint: suggestion(choice.text, choices) },
      );
    }
    this.#host = {
      counts,
      model: model?.text ?? this.#host.model,
      unpredictable: choice?.text ?? this.#host.unpredictable,
    };
  }

  #tooLate(what: string, span: Span): void {
    if (this.#machine === undefined) return;
    fail("too-late", span, `${what} after the machine was built`, {
      hint: "arch, kernel and host come before anything else",
    });
  }

  #count(
    name: Name,
    value: Expr,
    span: Span,
    known: readonly { name: string; min: number; max: number }[],
    scope: Scope,
  ): number {
    const all = known === this.arch.guestCounts
      ? [...known, { name: "vcpus", min: 1, max: 16 }]
      : known;
    const info = all.find((count) => count.name === name.text);
    if (!info) {
      const names = all.map((count) => count.name);
      fail("unknown-option", name.span, `there is no count ${name.text}`, {
        expected: names,
        hint: suggestion(name.text, names),
      });
    }
    const { min, max } = info;
    return smallNumber(this.value(value, scope), value.span ?? span, {
      what: name.text,
      min,
      max,
    });
  }

  /** A user operation: remembers its result, and fails for one before it that nothing answered. */
  #operate(
    span: Span,
    scope: Scope,
    failures: Failure[],
    operation: (machine: Machine) => UserResult,
  ): void {
    const unanswered = this.unanswered();
    if (unanswered) failures.push(unanswered);
    this.#lastOperation = undefined;
    const { machine } = this;
    machine.journal.begin(span);
    this.#lastOperation = {
      span,
      result: operation(machine),
      answered: false,
      values: scope.describe(),
    };
  }

  #append(v: number, insn: Instruction, scope: Scope): void {
    const { machine, arch } = this;
    const length = arch.instructions[insn.kind];
    if (length === undefined) {
      fail(
        "wrong-arch",
        insn.span,
        `${insn.kind} is not an instruction of ${this.#archName}`,
        { expected: Object.keys(arch.instructions) },
      );
    }
    const { at, level, lengthBytes } = this.#placement(
      insn.placement,
      length,
      scope,
    );
    const place = { level, lengthBytes };
    const append = (parts: InsnParts, address: bigint | undefined): void => {
      this.#written.set(machine.append(v, parts, address), insn.span);
    };
    switch (insn.kind) {
      case "write": {
        const register = registerOf(
          arch,
          insn.register,
          (expr) => this.value(expr, scope),
        );
        const { value, mask } = fieldsValue(
          register,
          {
            base: insn.value === undefined
              ? undefined
              : this.value(insn.value, scope),
            fields: insn.fields,
          },
          (expr) => this.value(expr, scope),
          (name) => this.lookup(name, scope),
        );
        append({
          op: "write",
          register: register.id,
          ...words(value),
          maskLo: words(mask).lo,
          maskHi: words(mask).hi,
          ...place,
        }, at);
        return;
      }
      case "read":
        append({
          op: "read",
          register: registerOf(arch, insn.register, (expr) =>
            this.value(expr, scope)).id,
          name: insn.as?.text,
          ...place,
        }, at);
        return;
      case "exec":
        append(
          { op: "exec", ...place },
          this.value(insn.address, scope),
        );
        return;
      case "load":
      case "store":
      case "rmw": {
        const address = this.value(insn.address, scope);
        append({
          op: insn.kind,
          ...words(address),
          sizeBytes: this.#size(insn.size, 4, [1, 2, 4, 8, 16], scope),
          mmio: address >= arch.mmio.first && address <= arch.mmio.last,
          ...place,
        }, at);
        return;
      }
      case "in":
      case "out":
        append({
          op: insn.kind,
          ...words(this.value(insn.port, scope)),
          sizeBytes: this.#size(insn.size, 1, [1, 2, 4], scope),
          ...place,
        }, at);
        return;
      case "brk":
        append({
          op: "brk",
          lo: insn.immediate === undefined ? 0 : this.#number(
            insn.immediate,
            scope,
            { what: "the immediate of brk", min: 0, max: 0xffff },
          ),
          ...place,
        }, at);
        return;
      case "movss": {
        const address = insn.address && this.value(insn.address, scope);
        machine.append(v, {
          op: "movss",
          ...(address === undefined ? {} : {
            ...words(address),
            sizeBytes: SELECTOR_BYTES,
            mmio: address >= arch.mmio.first && address <= arch.mmio.last,
          }),
          ...place,
        }, at);
        return;
      }
      case "popf":
        append({
          op: "popf",
          lo: insn.tf === undefined
            ? 0
            : this.#number(insn.tf, scope, { what: "tf", min: 0, max: 1 }),
          ...place,
        }, at);
        return;
      default:
        append({ op: insn.kind, ...place }, at);
    }
  }

  #placement(
    placement: Placement,
    length: number,
    scope: Scope,
  ): { at: bigint | undefined; level: number; lengthBytes: number } {
    const { at, el, cpl, len } = placement;
    const level = el !== undefined
      ? this.#number(el, scope, { what: "el", min: 0, max: 1 })
      : cpl !== undefined
      ? this.#number(cpl, scope, { what: "cpl", min: 0, max: 3 })
      : -1;
    if (cpl !== undefined && level !== 0 && level !== 3) {
      fail("out-of-range", cpl.span, `cpl=${level}: the model has 0 and 3`);
    }
    return {
      at: at === undefined ? undefined : this.value(at, scope),
      level,
      lengthBytes: len === undefined
        ? length
        : this.#number(len, scope, { what: "len", min: 1, max: 15 }),
    };
  }

  #size(
    size: Expr | undefined,
    initial: number,
    allowed: readonly number[],
    scope: Scope,
  ): number {
    if (size === undefined) return initial;
    const value = Number(this.value(size, scope));
    if (!allowed.includes(value)) {
      fail("bad-size", size.span, `size=${value} cannot be`, {
        expected: allowed.map(String),
      });
    }
    return value;
  }

  #run(statement: RunStatement, scope: Scope): RunResult {
    const { machine } = this;
    const v = this.#vcpu(statement.vcpu, statement.span, scope);
    if (statement.fail && machine.ranOnce(v)) {
      fail(
        "not-possible",
        statement.fail.span,
        `fail=${statement.fail.text} has no effect: vCPU ${v} completed its first-run initialisation`,
      );
    }
    machine.journal.begin(statement.span);
    return machine.run(v, {
      cpu: statement.cpu === undefined
        ? undefined
        : this.#cpu(statement.cpu, statement.span, scope),
      steps: statement.steps === undefined ? undefined : this.#number(
        statement.steps,
        scope,
        { what: "steps", min: 1, max: RUN_STEPS_MAX },
      ),
      attempts: statement.attempts === undefined ? undefined : this.#number(
        statement.attempts,
        scope,
        { what: "attempts", min: 0, max: RUN_STEPS_MAX },
      ),
      stop: statement.stop?.text,
      fail: statement.fail?.text,
    });
  }

  #hostRequest(action: HostAction, scope: Scope) {
    switch (action.kind) {
      case "off":
        return { action: "off" } as const;
      case "break":
        return {
          action: "break",
          address: this.value(action.address, scope),
        } as const;
      case "watch":
        return {
          action: "watch",
          address: this.value(action.address, scope),
          sizeBytes: this.#size(
            action.size,
            4,
            this.arch.hostWatchSizes,
            scope,
          ),
          on: action.on?.text ?? "store",
        } as const;
      default:
        return action satisfies never;
    }
  }

  #user(v: number, operation: UserOperation, scope: Scope): UserResult {
    const { machine, arch } = this;
    const value = (expr: Expr): bigint => this.value(expr, scope);
    switch (operation.kind) {
      case "get": {
        const register = registerOf(arch, operation.register, value);
        const result = machine.userGet(v, register.id, register.name);
        if (operation.as) this.#name(operation.as, operation.span, result);
        return result;
      }
      case "set":
        return this.#userSet(
          v,
          operation.register,
          operation.value,
          operation.fields,
          scope,
        );
      case "set-pc":
        return machine.userSetPc(v, value(operation.value));
      case "init":
        return machine.userInit(v);
      case "check": {
        const result = machine.checkExtension(operation.capability.text);
        if (operation.as) this.#name(operation.as, operation.span, result);
        return result;
      }
      case "debug":
        return this.#debug(v, operation.request, scope);
      default:
        return operation satisfies never;
    }
  }

  /** Gives a name what a user operation read. */
  #name({ text }: Name, span: Span, result: UserResult): void {
    this.machine.reads.set(text, result.value);
    if (result.value !== undefined && !this.#refusedGets.has(text)) return;
    const refused = new Map(this.#refusedGets);
    if (result.value === undefined) refused.set(text, { span, result });
    else refused.delete(text);
    this.#refusedGets = refused;
  }

  #userSet(
    v: number,
    ref: RegisterRef,
    base: Expr | undefined,
    fields: readonly FieldSetting[],
    scope: Scope,
  ): UserResult {
    const { machine, arch } = this;
    const register = registerOf(arch, ref, (expr) => this.value(expr, scope));
    const { value } = fieldsValue(
      register,
      {
        base: base === undefined ? undefined : this.value(base, scope),
        fields,
      },
      (expr) => this.value(expr, scope),
      (name) => this.lookup(name, scope),
    );
    return machine.userSet(v, register.id, value, register.name);
  }

  #debug(v: number, request: DebugRequest, scope: Scope): UserResult {
    const { machine, arch } = this;
    const value = (expr: Expr): bigint => this.value(expr, scope);
    switch (request.kind) {
      case "break":
        return machine.debugger(v, {
          action: "break",
          address: value(request.address),
        });
      case "watch":
        return machine.debugger(v, {
          action: "watch",
          address: value(request.address),
          sizeBytes: request.size === undefined
            ? 4
            : this.#number(request.size, scope, {
              what: "size",
              min: 1,
              max: 2 ** 31,
            }),
          on: this.#watched(request.on),
        });
      case "step":
      case "swbreak":
      case "off":
        return machine.debugger(v, { action: request.kind });
      case "raw": {
        const blockirq = request.blockirq === undefined
          ? 0
          : this.#number(request.blockirq, scope, {
            what: "blockirq",
            min: 0,
            max: 1,
          });
        if (request.blockirq && arch.injectable.length === 0) {
          fail(
            "wrong-arch",
            request.blockirq.span,
            `${this.#archName} has no BLOCKIRQ`,
          );
        }
        if (
          request.inject && !arch.injectable.includes(request.inject.text)
        ) {
          fail(
            "wrong-arch",
            request.inject.span,
            `${this.#archName} cannot inject ${request.inject.text}`,
          );
        }
        return machine.setGuestDebug(v, {
          control: request.control === undefined
            ? 0
            : this.#number(request.control, scope, {
              what: "control",
              min: 0,
              max: 0xffff_ffff,
            }),
          inject: request.inject?.text,
          blockirq: blockirq === 1,
          registers: request.registers.map(({ register, value: expr }) => ({
            register: registerOf(arch, register, value).id,
            value: value(expr),
          })),
        });
      }
      default:
        return request satisfies never;
    }
  }

  /** What a debugger's watchpoint watches; x86 has none for loads alone. Rule x86:A.2. */
  #watched(
    on: Choice<"load" | "store" | "access"> | undefined,
  ): "load" | "store" | "access" {
    if (on === undefined) return "store";
    if (!this.arch.watchAccesses.includes(on.text)) {
      fail(
        "wrong-arch",
        on.span,
        `${this.#archName} has no watchpoint on=${on.text}`,
        { expected: this.arch.watchAccesses },
      );
    }
    return on.text;
  }

  #expect(
    statement: ExpectStatement,
    scope: Scope,
    failures: Failure[],
  ): void {
    const { on, expectation } = statement;
    const { name } = this.profile;
    if (on.length > 0 && !on.some(({ text }) => text === name)) return;
    this.#expectations++;
    if (on.length > 0) this.#particular.add(expectation.span);
    const failure = checkExpectation(this, expectation, scope);
    if (failure) failures.push(failure);
  }

  #show(statement: ShowStatement, scope: Scope): Output {
    const { machine } = this;
    let vcpu: number | undefined;
    let cpu: number | undefined;
    const views: TableView[] = [];
    const kvm: (number | undefined)[] = [];
    for (const view of statement.views) {
      if (view.name === "kvm") {
        kvm.push(view.at && this.#vcpu(view.at, view.span, scope));
        continue;
      }
      if (!views.includes(view.name)) views.push(view.name);
      if (!view.at) continue;
      if (view.name === "cpu") {
        cpu = this.#cpu(view.at, view.span, scope);
        continue;
      }
      const seen = this.#vcpu(view.at, view.span, scope);
      if (vcpu !== undefined && vcpu !== seen) {
        fail(
          "not-possible",
          view.span,
          `a table is of one vCPU, and this one is of vCPU ${vcpu} already`,
          { hint: "only kvm@v can be shown of several" },
        );
      }
      vcpu = seen;
    }
    const v = vcpu ?? kvm.find((of) => of !== undefined) ?? 0;
    views.sort((a, b) => TABLE_VIEWS.indexOf(a) - TABLE_VIEWS.indexOf(b));
    const patterns = statement.registers.map((pattern) =>
      pattern.index === undefined
        ? pattern.text
        : `${pattern.text}${this.value(pattern.index, scope)}`
    );
    const table = buildTable(this.arch, machine, {
      vcpu: v,
      cpu: cpu ?? machine.cpuOf(v),
      views,
      patterns,
      kvm: [...new Set(kvm.map((of) => of ?? v))],
    });
    return { kind: "table", span: statement.span, table };
  }

  /** Warnings and reliance on what the architecture leaves open, of the current statement. */
  notices(): readonly Event[] {
    return this.#machine === undefined
      ? []
      : noticesOf(this.#machine.journal.current());
  }
}

/** The two words of a value. */
function words(value: bigint): { lo: number; hi: number } {
  return {
    lo: Number(BigInt.asIntN(32, value)),
    hi: Number(BigInt.asIntN(32, value >> 32n)),
  };
}

function suggestion(
  text: string,
  words: readonly string[],
): string | undefined {
  const near = nearest(text, words);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

function failureOf(diagnostic: Diagnostic): Failure {
  return { diagnostic, kind: "error", expected: undefined, found: undefined };
}

/** A diagnostic with the values that names had. */
export function noted(diagnostic: Diagnostic, values: string): Diagnostic {
  const { notes = [], span } = diagnostic;
  return {
    ...diagnostic,
    notes: [...notes, { span, message: `with ${values}` }],
  };
}

function refusedFailure({ span, result, values }: LastOperation): Failure {
  const errno = errnoText(result.result);
  // A debugger's own refusals: it had no register left, or none that covers the range.
  const byDebugger = result.operation.startsWith("debug ") &&
    result.operation !== "debug raw";
  const diagnostic: Diagnostic = {
    code: "refused",
    span,
    message: `${
      byDebugger ? "the debugger cannot do" : "the kernel refused"
    } ${result.operation}: ${errno}`,
    hint: `expect error ${errno} says that this is meant`,
  };
  return {
    kind: "expectation",
    diagnostic: values === undefined ? diagnostic : noted(diagnostic, values),
    expected: "success",
    found: errno,
  };
}
