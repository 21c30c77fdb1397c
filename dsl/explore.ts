/**
 * From an `explore` block to what the engine searches.
 *
 * What stands before the block runs as ever: it makes the machine that the search begins with. The programs are
 * appended to that machine's, so that an instruction is what it is in a script, and taken from there.
 *
 * @module
 */
import {
  type Architecture,
  emptyGraph,
  type Frame,
  type Graph,
  GraphBuilder,
  GraphTooLarge,
  type HostDebugRequest,
  type Insn,
  type Migrate,
  type Model,
  type Preempt,
  PROPERTY,
  type PropertyName,
  type RegisterInfo,
  type Requirement,
  searchStart,
  type UserAction,
  VCPUS_MAX,
  type ViewValue,
} from "../engine/mod.ts";
import type {
  Block,
  DebugRequest,
  Expectation,
  Expr,
  File,
  HostAction,
  Instruction,
  Statement,
  UserOperation,
} from "./ast.ts";
import { Scope } from "./bindings.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { valueOf } from "./evaluation.ts";
import type {
  ChooseStatement,
  ExploreStatement,
  ProgramStatement,
  PropertyStatement,
} from "./explore_ast.ts";
import { compare } from "./expressions.ts";
import { holdsExplore, runBefore } from "./interpreter.ts";
import { kvmRegister } from "./kvm_names.ts";
import {
  fieldOf,
  fieldsValue,
  fieldValue,
  registerOf,
  smallNumber,
} from "./operands.ts";
import { fail, Problem } from "./problem.ts";
import { Session } from "./session.ts";
import type { Span } from "./source.ts";

/** Values of `choose` at the top of a block, all together. */
const CHOICES_MAX = 10_000;

/** Turns of `repeat`. */
const REPEAT_MAX = 10_000;

/** An `explore` block, with what its machine begins with. */
export interface Exploration {
  /** The scenario's name, or the file's. */
  readonly name: string;
  /** What stands before the block. */
  readonly before: readonly Statement[];
  /** The block. */
  readonly block: ExploreStatement;
  /** The file that has it. */
  readonly file: File;
}

/** One choice of values, ready to be searched. */
export interface Instance {
  /** What `choose` at the top of the block chose, by name. */
  readonly choices: ReadonlyMap<string, bigint>;
  /** What to search. */
  readonly model: Model;
  /** Its architecture. */
  readonly arch: Architecture;
  /** The session that built the machine; the machine is as it was before the programs. */
  readonly session: Session;
  /** `bound`; undefined where there is none. */
  readonly statesMax: number | undefined;
  /** The same of a schedule's steps. */
  readonly depthMax: number | undefined;
  /** Places and texts of `always expect` and `finally expect`, in the model's order. */
  readonly always: readonly Span[];
  /** The same of `finally expect`. */
  readonly finally: readonly Span[];
}

/** Instances, or why there are none. */
export type Compiled =
  | { readonly ok: true; readonly instances: readonly Instance[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** The `explore` blocks of a file, each with what stands before it. */
export function explorations(file: File): readonly Exploration[] {
  const found: Exploration[] = [];
  const base = file.source.name.replace(/^.*[\\/]/, "").replace(
    /\.dregs$/,
    "",
  );
  const visit = (
    statements: readonly Statement[],
    outer: readonly Statement[],
    name: string,
  ): void => {
    const before = [...outer];
    for (const statement of statements) {
      if (statement.kind === "explore") {
        found.push({ name, before: [...before], block: statement, file });
      } else if (statement.kind === "scenario") {
        const parts = statement.name.parts.map((part) =>
          "kind" in part ? "" : part.value
        );
        visit(statement.body.statements, before, parts.join(""));
      } else if (
        statement.kind === "include" && statement.file &&
        holdsExplore(statement.file.statements)
      ) {
        visit(statement.file.statements, before, name);
      } else before.push(statement);
    }
  };
  visit(file.statements, [], base);
  return found;
}

/**
 * Builds what is to be searched, an instance for each choice of values at the top of the block.
 *
 * @param profile instead of the kernel that the text names
 * @param limit most statements that may be carried out before the block
 */
export function compile(
  exploration: Exploration,
  { profile, limit }: {
    readonly profile: string | undefined;
    readonly limit: number;
  },
): Compiled {
  try {
    const choices: ReadonlyMap<string, bigint>[] = [];
    const chooses = exploration.block.body.statements.filter((line) =>
      line.kind === "choose"
    );
    const first = begin(exploration, profile, limit);
    const collect = (at: number, scope: Scope, so: Map<string, bigint>) => {
      if (at === chooses.length) {
        if (choices.length >= CHOICES_MAX) {
          fail(
            "limit",
            exploration.block.span,
            `more than ${CHOICES_MAX} ways to choose the values`,
          );
        }
        choices.push(so);
        return;
      }
      const { name } = chooses[at];
      for (const value of valuesOf(chooses[at], scope)) {
        const inner = new Scope(scope);
        inner.bind(name.text, value);
        collect(at + 1, inner, new Map([...so, [name.text, value]]));
      }
    };
    collect(0, first.scope, new Map());
    const instances = choices.map((values) =>
      new Compiler(exploration, profile, limit, values).instance()
    );
    return { ok: true, instances };
  } catch (error) {
    if (error instanceof Problem) {
      return { ok: false, diagnostics: [error.diagnostic] };
    }
    if (error instanceof GraphTooLarge) {
      const { span } = exploration.block;
      const diagnostic: Diagnostic = {
        code: "limit",
        span,
        message: error.message,
      };
      return { ok: false, diagnostics: [diagnostic] };
    }
    throw error;
  }
}

/**
 * Builds one instance of a block that `compile` has built before, anywhere.
 *
 * @param choices those of the instance
 */
export function compileChoice(
  exploration: Exploration,
  { profile, limit }: {
    readonly profile: string | undefined;
    readonly limit: number;
  },
  choices: ReadonlyMap<string, bigint>,
): Instance {
  return new Compiler(exploration, profile, limit, choices).instance();
}

/** Carries out what stands before the block. */
function begin(
  { before }: Exploration,
  profile: string | undefined,
  limit: number,
): { readonly session: Session; readonly scope: Scope } {
  const session = new Session({ profile, trace: false, keepAll: false });
  const scope = new Scope();
  const failures = runBefore(session, before, scope, limit);
  if (failures.length > 0) throw new Problem(failures[0].diagnostic);
  return { session, scope };
}

function valuesOf(
  { values, isRange }: ChooseStatement,
  scope: Scope,
): bigint[] {
  const all = values.map((value) => valueOf(value, (name) => scope.find(name)));
  if (!isRange) return [...new Set(all)];
  const [from, to] = all;
  if (to < from || to - from >= BigInt(CHOICES_MAX)) {
    fail(
      "out-of-range",
      values[0].span,
      `the range ${from}..${to} has too many values, or none`,
    );
  }
  return Array.from(
    { length: Number(to - from) + 1 },
    (_, i) => from + BigInt(i),
  );
}

/** A part of a program, in the order of the text. */
type Piece<A> =
  | { readonly kind: "act"; readonly action: A }
  | {
    readonly kind: "repeat";
    readonly count: number;
    readonly body: readonly Piece<A>[];
  }
  | {
    readonly kind: "either";
    readonly ways: readonly (readonly Piece<A>[])[];
  };

function graphOf<A>(pieces: readonly Piece<A>[]): Graph<A> {
  const builder = new GraphBuilder<A>();
  const build = (parts: readonly Piece<A>[], next: number): number =>
    parts.reduceRight((after, piece) => {
      switch (piece.kind) {
        case "act":
          return builder.act(piece.action, after);
        case "repeat":
          return builder.repeat(
            piece.count,
            after,
            (next) => build(piece.body, next),
          );
        case "either":
          return builder.choice(piece.ways.map((way) => build(way, after)));
        default:
          return piece satisfies never;
      }
    }, next);
  return builder.finish(build(pieces, builder.end));
}

/** Compiles one instance. */
class Compiler {
  readonly #exploration: Exploration;
  readonly #session: Session;
  readonly #scope: Scope;
  readonly #choices: ReadonlyMap<string, bigint>;
  /** Where an instruction of the text is, from its first time on. */
  readonly #addresses = new Map<Instruction, bigint>();

  constructor(
    exploration: Exploration,
    profile: string | undefined,
    limit: number,
    choices: ReadonlyMap<string, bigint>,
  ) {
    const { session, scope } = begin(exploration, profile, limit);
    this.#exploration = exploration;
    this.#session = session;
    this.#scope = scope;
    this.#choices = choices;
    for (const [name, value] of choices) scope.bind(name, value);
  }

  instance(): Instance {
    const session = this.#session;
    const lines = this.#exploration.block.body.statements;
    const programs = lines.filter((line) => line.kind === "program");
    const { machine } = session;
    const vcpus = programs.filter(({ of }) => of !== "host").map((program) =>
      this.#index(program, VCPUS_MAX) + 1
    );
    machine.growTo(Math.max(machine.vcpus, ...vcpus));
    for (let v = 0; v < machine.vcpus; v++) machine.put(v);
    const graphs = {
      vcpu: this.#programs(programs, "vcpu", machine.vcpus, (v, body) => [
        ...machine.pendingInsns(v).map((action) =>
          ({ kind: "act", action }) as const
        ),
        ...this.#pieces(
          body,
          this.#scope,
          (line, scope) =>
            line.kind === "instruction"
              ? this.#instruction(v, line.instruction, scope)
              : undefined,
        ),
      ]),
      user: this.#programs(
        programs,
        "user",
        machine.vcpus,
        (_, body) =>
          this.#pieces(
            body,
            this.#scope,
            (line, scope) =>
              line.kind === "user-line"
                ? this.#userAction(line.operation, scope)
                : undefined,
          ),
      ),
      host: this.#programs(
        programs,
        "host",
        machine.cpus,
        (_, body) =>
          this.#pieces(
            body,
            this.#scope,
            (line, scope) =>
              line.kind === "host-line"
                ? this.#hostRequest(line.action, scope)
                : undefined,
          ),
      ),
    };
    const { name: kernel } = session.profile;
    const properties = lines.filter((line) => line.kind === "property").filter(
      ({ on }) => on.length === 0 || on.some(({ text }) => text === kernel),
    );
    const always = properties.filter(({ when }) => when === "always");
    const atEnd = properties.filter(({ when }) => when === "finally");
    const bound = lines.findLast((line) => line.kind === "bound");
    const number = (expr: Expr | undefined): number | undefined =>
      expr === undefined ? undefined : Number(this.#value(expr, this.#scope));
    return {
      choices: this.#choices,
      arch: session.arch,
      session,
      statesMax: number(bound?.states),
      depthMax: number(bound?.depth),
      always: always.map(({ span }) => span),
      finally: atEnd.map(({ span }) => span),
      model: {
        ...searchStart(
          session.arch,
          session.kernelChoice,
          session.host,
          machine,
        ),
        guests: graphs.vcpu,
        users: graphs.user,
        hosts: graphs.host,
        preempt: lines.findLast((line) => line.kind === "preempt")?.mode
          .text ?? "any" satisfies Preempt,
        migrate: lines.findLast((line) => line.kind === "migrate")?.mode
          .text ?? "any" satisfies Migrate,
        fail: lines.findLast((line) => line.kind === "fail")?.at.text,
        never: this.#never(lines),
        always: always.map((one) => this.#expectation(one)),
        finally: atEnd.map((one) => this.#expectation(one)),
      },
    };
  }

  /** Bits of what must never happen; everything that is built in, if nothing is asked. */
  #never(lines: readonly Statement[]): number {
    let bits = 0;
    let asked = false;
    for (const line of lines) {
      if (line.kind === "property") asked = true;
      if (line.kind !== "never") continue;
      asked = true;
      for (const { text } of line.properties) {
        bits |= PROPERTY[text as PropertyName];
      }
    }
    return asked ? bits : Object.values(PROPERTY).reduce((a, b) => a | b, 0);
  }

  #index({ index }: ProgramStatement, count: number): number {
    return smallNumber(this.#value(index, this.#scope), index.span, {
      what: "its number",
      min: 0,
      max: count - 1,
    });
  }

  /** The programs of one kind, by number. */
  #programs<A>(
    programs: readonly ProgramStatement[],
    of: ProgramStatement["of"],
    count: number,
    pieces: (index: number, body: Block) => readonly Piece<A>[],
  ): Graph<A>[] {
    const graphs = new Map<number, Graph<A>>();
    for (const program of programs) {
      if (program.of !== of) continue;
      const index = this.#index(program, count);
      if (graphs.has(index)) {
        fail(
          "already-defined",
          program.span,
          `${of} ${index} has a program already`,
        );
      }
      graphs.set(index, graphOf(pieces(index, program.body)));
    }
    return Array.from(
      { length: count },
      (_, index) => graphs.get(index) ?? emptyGraph<A>(),
    );
  }

  #pieces<A>(
    body: Block,
    outer: Scope,
    act: (line: Statement, scope: Scope) => A | undefined,
  ): Piece<A>[] {
    return this.#lines(body.statements, new Scope(outer), act);
  }

  #lines<A>(
    lines: readonly Statement[],
    scope: Scope,
    act: (line: Statement, scope: Scope) => A | undefined,
  ): Piece<A>[] {
    const pieces: Piece<A>[] = [];
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at];
      switch (line.kind) {
        case "let":
          scope.bind(line.name.text, this.#value(line.value, scope));
          break;
        case "repeat": {
          const count = smallNumber(
            this.#value(line.count, scope),
            line.count.span,
            { what: "repeat", min: 0, max: REPEAT_MAX },
          );
          const body = this.#pieces(line.body, scope, act);
          pieces.push({ kind: "repeat", count, body });
          break;
        }
        case "either": {
          const ways = [this.#pieces(line.body, scope, act)];
          for (;;) {
            const next = lines[at + 1];
            if (next?.kind !== "either" || next.isFirst) break;
            at++;
            ways.push(this.#pieces(next.body, scope, act));
          }
          pieces.push({ kind: "either", ways });
          break;
        }
        case "choose": {
          const rest = lines.slice(at + 1);
          const ways = valuesOf(line, scope).map((value) => {
            const inner = new Scope(scope);
            inner.bind(line.name.text, value);
            return this.#lines(rest, inner, act);
          });
          return [...pieces, { kind: "either", ways }];
        }
        default: {
          const action = act(line, scope);
          if (action !== undefined) pieces.push({ kind: "act", action });
        }
      }
    }
    return pieces;
  }

  #value(expr: Expr, scope: Scope): bigint {
    return valueOf(expr, (name) => this.#session.lookup(name, scope));
  }

  /** An instruction, as the machine's own program would have it. */
  #instruction(v: number, instruction: Instruction, scope: Scope): Insn {
    const { machine } = this.#session;
    const { span } = instruction;
    const known = this.#addresses.get(instruction);
    const number = (value: bigint): Expr => ({ kind: "number", value, span });
    const placed = known === undefined || instruction.kind === "exec"
      ? instruction
      : {
        ...instruction,
        placement: { ...instruction.placement, at: number(known) },
      };
    const { failures } = this.#session.execute({
      kind: "guest",
      vcpu: number(BigInt(v)),
      instruction: placed,
      span,
    }, scope);
    if (failures.length > 0) throw new Problem(failures[0].diagnostic);
    const insn = machine.pendingInsns(v).at(-1)!;
    if (known === undefined) {
      this.#addresses.set(
        instruction,
        BigInt.asUintN(64, BigInt(insn.addressHi) << 32n) |
          BigInt(insn.addressLo >>> 0),
      );
    }
    return insn;
  }

  #userAction(operation: UserOperation, scope: Scope): UserAction {
    const { arch } = this.#session;
    const evaluate = (expr: Expr): bigint => this.#value(expr, scope);
    switch (operation.kind) {
      case "get": {
        const { id } = registerOf(arch, operation.register, evaluate);
        return { kind: "get", register: id };
      }
      case "set": {
        const register = registerOf(arch, operation.register, evaluate);
        const { value } = fieldsValue(
          register,
          {
            base: operation.value && evaluate(operation.value),
            fields: operation.fields,
          },
          evaluate,
          (name) => this.#session.lookup(name, scope),
        );
        return { kind: "set", register: register.id, value };
      }
      case "init":
        return { kind: "init" };
      case "debug":
        return this.#debugAction(operation.request, evaluate);
      case "set-pc":
      case "check":
        fail("not-possible", operation.span, "programs do not do this");
        break;
      default:
        return operation satisfies never;
    }
  }

  #debugAction(
    request: DebugRequest,
    evaluate: (expr: Expr) => bigint,
  ): UserAction {
    const small = (expr: Expr | undefined, initial: number): number =>
      expr === undefined ? initial : smallNumber(evaluate(expr), expr.span, {
        what: "it",
        min: 0,
        max: 0xffff_ffff,
      });
    switch (request.kind) {
      case "break": {
        const address = evaluate(request.address);
        return { kind: "debugger", request: { action: "break", address } };
      }
      case "watch":
        return {
          kind: "debugger",
          request: {
            action: "watch",
            address: evaluate(request.address),
            sizeBytes: small(request.size, 4),
            on: request.on?.text ?? "store",
          },
        };
      case "step":
      case "swbreak":
      case "off":
        return { kind: "debugger", request: { action: request.kind } };
      case "raw":
        return {
          kind: "guest-debug",
          request: {
            control: small(request.control, 0),
            inject: request.inject?.text,
            blockirq: small(request.blockirq, 0) === 1,
            registers: request.registers.map(({ register, value }) => ({
              register: registerOf(this.#session.arch, register, evaluate).id,
              value: evaluate(value),
            })),
          },
        };
      default:
        return request satisfies never;
    }
  }

  #hostRequest(action: HostAction, scope: Scope): HostDebugRequest {
    switch (action.kind) {
      case "off":
        return { action: "off" };
      case "break":
        return { action: "break", address: this.#value(action.address, scope) };
      case "watch":
        return {
          action: "watch",
          address: this.#value(action.address, scope),
          sizeBytes: action.size === undefined
            ? 4
            : Number(this.#value(action.size, scope)),
          on: action.on?.text ?? "store",
        };
      default:
        return action satisfies never;
    }
  }

  /** `always expect` or `finally expect`, which asks a view. */
  #expectation({ expectation }: PropertyStatement): Requirement {
    if (expectation.kind !== "view") {
      fail("misplaced", expectation.span, "only views can be asked");
    }
    const { view } = expectation;
    const { machine, arch, kernelChoice, host } = this.#session;
    const rules = arch.createRules(kernelChoice, host);
    const of = view.name === "cpu" ? "cpu" : "vcpu";
    const count = of === "cpu" ? machine.cpus : machine.vcpus;
    const index = view.at === undefined
      ? 0
      : smallNumber(this.#value(view.at, this.#scope), view.at.span, {
        what: of === "cpu" ? "the physical CPU" : "the vCPU",
        min: 0,
        max: count - 1,
      });
    if (view.name === "kvm") {
      const { name, index: at } = expectation.register;
      const text = at === undefined
        ? name.text.toLowerCase()
        : `${name.text.toLowerCase()}${this.#value(at, this.#scope)}`;
      if (!arch.kvmNames.includes(text)) {
        fail("unknown-word", name.span, `KVM has no state called ${text}`);
      }
      const holds = this.#test(expectation, kvmRegister(arch, text));
      return { of, index, holds: (f) => holds(rules.kvmView(f, text)) };
    }
    const evaluate = (expr: Expr): bigint => this.#value(expr, this.#scope);
    const register = registerOf(arch, expectation.register, evaluate);
    const { id } = register;
    const holds = this.#test(expectation, register);
    const ask: Readonly<
      Record<"guest" | "user" | "hw" | "cpu", (f: Frame) => ViewValue>
    > = {
      guest: (f) => rules.peek(f, id),
      user: (f) => rules.userView(f, id),
      hw: (f) => rules.hwView(f, id),
      cpu: (f) => rules.cpuView(f, id),
    };
    const seen = ask[view.name];
    return { of, index, holds: (f) => holds(seen(f)) };
  }

  /** Whether what a view shows is as expected. What is not there yet is. */
  #test(
    expectation: Extract<Expectation, { readonly kind: "view" }>,
    register: RegisterInfo | undefined,
  ): (value: ViewValue) => boolean {
    const { operator, value: wanted } = expectation;
    const evaluate = (expr: Expr): bigint => this.#value(expr, this.#scope);
    if (wanted.kind === "undef") {
      const undef = operator === "==";
      return ({ kind }) => kind === "none" || (kind === "undef") === undef;
    }
    if (expectation.field === undefined) {
      const expected = evaluate(wanted);
      return (seen) =>
        seen.kind === "none" ||
        seen.kind === "value" && compare(seen.value, operator, expected);
    }
    if (register === undefined) {
      const { span } = expectation.field;
      fail("unknown-field", span, "KVM's state of that name has no fields");
    }
    const { layout, field } = fieldOf(register, expectation.field);
    const expected = fieldValue(
      register,
      field,
      wanted,
      evaluate,
      (name) => this.#session.lookup(name, this.#scope),
    );
    return (seen) =>
      seen.kind === "none" ||
      seen.kind === "value" &&
        compare(layout.get(seen.value, field.name), operator, expected);
  }
}
