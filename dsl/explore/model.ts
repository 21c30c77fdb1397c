/**
 * From the actions of an `explore` block to what the engine searches.
 *
 * What stands before the block runs as ever: it makes the machine that the search begins with. The machine appends the
 * instructions of the programs, so that an instruction is what it is in a script.
 *
 * @module
 */
import {
  type Architecture,
  flat,
  type Graph,
  type HostDebugRequest,
  type Insn,
  type Model,
  type UserAction,
} from "../../engine/mod.ts";
import {
  defaultProperties,
  emptyGraph,
  GraphTooLarge,
  PROPERTY,
  searchStart,
} from "../../engine/explore/mod.ts";
import type { Action, ActionOf, GuestInstruction } from "../actions.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { fail, Problem } from "../problem.ts";
import { Context } from "../resolve/context.ts";
import { resolveProgram } from "../resolve/explore.ts";
import {
  type DescribedFailure,
  describedFailure,
} from "../resolve/known_failure.ts";
import { covers } from "../resolve/kernel_terms.ts";
import { Scope } from "../resolve/scope.ts";
import { liveSituation, mustAct } from "../run/live.ts";
import type { Session } from "../run/session.ts";
import type { Line, OpenerOf, PlainLine } from "../syntax/lines.ts";
import type { InstructionNode } from "../syntax/nodes.ts";
import { begin, type CompileOptions, type Unmet, unmetIn } from "./begin.ts";
import { CHOICES_MAX } from "../limits.ts";
import type { Exploration } from "./exploration.ts";
import { Origins, type ProgramOrigin } from "./origins.ts";
import { graphOf, type Piece, piecesOf } from "./program.ts";
import { requirementOf } from "./requirement.ts";
import { enableAs, restoresOf } from "./restores.ts";

/** `always expect` or `finally expect`. */
export type PropertyAction = ActionOf<"property">;

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
  /** By vCPU: how many instructions of its program stand before the block. */
  readonly pending: readonly number[];
  /** `bound`; undefined where there is none. */
  readonly statesMax: number | undefined;
  /** The same of a schedule's steps. */
  readonly depthMax: number | undefined;
  /** `always expect`, in the model's order. */
  readonly always: readonly PropertyAction[];
  /** The same of `finally expect`. */
  readonly finally: readonly PropertyAction[];
  /** Where the actions of the programs stand. */
  readonly origins: Origins;
  /** Lines of `always` and `finally` that are asked under the kernel. */
  readonly asks: ReadonlySet<Line>;
  /** Failures of this kernel that do not end a search. */
  readonly known: readonly DescribedFailure[];
}

/** Instances, or why there are none: mistakes, or a requirement that does not hold under the kernel. */
export type Compiled =
  | { readonly ok: true; readonly instances: readonly Instance[] }
  | {
    readonly ok: false;
    readonly diagnostics: readonly Diagnostic[];
    readonly unmet?: Unmet;
  };

/** Values that `choose` at the top of a block chose, by name. */
export type Choices = ReadonlyMap<string, bigint>;

/** Builds what is searched, an instance for each choice of values at the top of the block. */
export function compile(
  exploration: Exploration,
  options: CompileOptions,
): Compiled {
  try {
    const instances = choicesOf(exploration, options).map((choices) =>
      compileChoice(exploration, options, choices)
    );
    return { ok: true, instances };
  } catch (error) {
    const unmet = unmetIn(error, exploration, options);
    if (unmet) return { ok: false, diagnostics: [], unmet };
    if (error instanceof Problem) {
      return { ok: false, diagnostics: [error.diagnostic] };
    }
    if (error instanceof GraphTooLarge) {
      const { span } = exploration.block;
      const { message } = error;
      return { ok: false, diagnostics: [{ code: "limit", span, message }] };
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
  options: CompileOptions,
  choices: Choices,
): Instance {
  return new Compiler(exploration, options, choices).instance();
}

/** All combinations of chosen values at the top of a block. */
function choicesOf(
  exploration: Exploration,
  options: CompileOptions,
): readonly Choices[] {
  const { session, scope: outer } = begin(exploration, options);
  const { lines } = exploration.block.body;
  const found: Choices[] = [];
  const collect = (at: number, scope: Scope, chosen: Choices): void => {
    const line = lines[at];
    if (line?.kind === "let") {
      define(session, line, scope);
      collect(at + 1, scope, chosen);
    } else if (line?.kind === "choose") {
      const { values } = mustAct(session, line, scope) as ActionOf<"choose">;
      for (const value of values) {
        const inner = new Scope(scope);
        inner.define(line.name, value);
        collect(at + 1, inner, new Map([...chosen, [line.name.text, value]]));
      }
    } else if (line) collect(at + 1, scope, chosen);
    else {
      if (found.length >= CHOICES_MAX) {
        fail({
          code: "limit",
          span: exploration.block.span,
          message: `more than ${CHOICES_MAX} combinations of chosen values`,
        });
      }
      found.push(chosen);
    }
  };
  collect(0, new Scope(outer), new Map());
  return found;
}

function define(
  session: Session,
  line: Extract<Line, { readonly kind: "let" }>,
  scope: Scope,
): void {
  const { value } = mustAct(session, line, scope) as ActionOf<"let">;
  scope.define(line.name, value);
}

/** A program with its vCPU or CPU. */
interface Program extends ProgramOrigin {
  /** Names that are known where it stands. */
  readonly scope: Scope;
}

/** What the lines of a block say besides the programs. */
type Said = {
  -readonly [
    K in "preempt" | "migrate" | "signals" | "restore" | "fail" | "bound"
  ]?: ActionOf<K>;
};

/** Compiles one instance. */
class Compiler {
  readonly #block: OpenerOf<"explore">;
  readonly #session: Session;
  readonly #scope: Scope;
  readonly #choices: Choices;
  readonly #origins = new Origins();
  /** Where an instruction of the text is, from its first time on. */
  readonly #addresses = new Map<InstructionNode, bigint>();

  constructor(
    exploration: Exploration,
    options: CompileOptions,
    choices: Choices,
  ) {
    const { session, scope } = begin(exploration, options);
    this.#block = exploration.block;
    this.#session = session;
    this.#scope = new Scope(scope);
    this.#choices = choices;
  }

  instance(): Instance {
    const session = this.#session;
    const { machine } = session;
    const scopes = this.#bind();
    const programs = this.#programs(scopes);
    const vcpus = programs.filter(({ line }) => line.of !== "host").map((
      { index },
    ) => index + 1);
    machine.growTo(Math.max(machine.vcpus, ...vcpus));
    for (let v = 0; v < machine.vcpus; v++) machine.leaveRun(v);
    const pending = Array.from(
      { length: machine.vcpus },
      (_, v) => machine.pendingInsns(v).length,
    );
    const graphs = this.#graphs(programs);
    const { said, never, always, atEnd, asks, known } = this.#said(scopes);
    const restores = restoresOf(session.arch, said.restore, never);
    if (restores !== undefined) enableAs(restores, session.arch, machine);
    this.#origins.programs = programs;
    return {
      origins: this.#origins,
      asks,
      choices: this.#choices,
      arch: session.arch,
      session,
      pending,
      statesMax: said.bound?.states,
      depthMax: said.bound?.depth,
      always,
      finally: atEnd,
      known,
      model: {
        ...searchStart(
          session.arch,
          session.kernelChoice,
          session.presentHost,
          machine,
        ),
        ...graphs,
        preempt: said.preempt?.mode ?? "any",
        migrate: said.migrate?.mode ?? "any",
        signals: said.signals?.mode ?? "any",
        restores,
        fail: said.fail?.at,
        never,
        always: always.map((one) => requirementOf(session, one)),
        finally: atEnd.map((one) => requirementOf(session, one)),
      },
    };
  }

  /** The names that are known at each line of the block. */
  #bind(): ReadonlyMap<Line, Scope> {
    const scopes = new Map<Line, Scope>();
    let scope = this.#scope;
    for (const line of this.#block.body.lines) {
      scopes.set(line, scope);
      if (line.kind === "let") define(this.#session, line, scope);
      if (line.kind !== "choose") continue;
      scope = new Scope(scope);
      scope.define(line.name, this.#choices.get(line.name.text));
    }
    return scopes;
  }

  /** The programs, each with its vCPU or CPU. */
  #programs(scopes: ReadonlyMap<Line, Scope>): readonly Program[] {
    return this.#block.body.lines.flatMap((line) => {
      if (line.kind !== "program") return [];
      const scope = scopes.get(line)!;
      const situation = liveSituation(this.#session, scope);
      const c = new Context(this.#session.arch, situation);
      return [{ line, index: resolveProgram(c, line), scope }];
    });
  }

  #graphs(
    programs: readonly Program[],
  ): Pick<Model, "guests" | "users" | "hosts"> {
    const { machine } = this.#session;
    const pieces = <A>(
      { line, scope }: Program,
      act: (action: Action, line: Line) => A,
      joins?: (action: A) => boolean,
    ) => {
      const origins = this.#origins;
      return piecesOf(this.#session, line.body, scope, { act, joins, origins });
    };
    return {
      guests: graphsOf(programs, "vcpu", machine.vcpus, (program) => {
        const { index } = program;
        // What is pending already goes first.
        const pending = machine.pendingInsns(index).map((action) =>
          ({ kind: "act", action }) as const
        );
        return [
          ...pending,
          ...pieces(
            program,
            (action, line) =>
              this.#insn(index, action as ActionOf<"guest">, line),
            ({ members }) => members.length > 0,
          ),
        ];
      }),
      users: graphsOf(
        programs,
        "user",
        machine.vcpus,
        (program) =>
          pieces(program, (action) => userAction(action as ActionOf<"user">)),
      ),
      hosts: graphsOf(
        programs,
        "host",
        machine.cpus,
        (program) =>
          pieces(
            program,
            (action): HostDebugRequest =>
              (action as ActionOf<"host-debug">).request,
          ),
      ),
    };
  }

  /** An instruction, as the machine's own program has it. Each time round it is where it was first. */
  #insn(v: number, { instruction }: ActionOf<"guest">, line: Line): Insn {
    if (line.kind !== "instruction") throw new RangeError("no instruction");
    const { machine } = this.#session;
    const { parts, address } = placed(
      instruction,
      this.#addresses.get(line.instruction),
    );
    const insn = machine.append(v, parts, address);
    this.#session.wrote(insn, line.span);
    this.#addresses.set(line.instruction, addressOf(flat(insn).at(-1)!));
    return insn;
  }

  /** What the lines of the block say besides the programs. */
  #said(scopes: ReadonlyMap<Line, Scope>): {
    readonly said: Said;
    readonly never: number;
    readonly always: readonly PropertyAction[];
    readonly atEnd: readonly PropertyAction[];
    readonly asks: ReadonlySet<Line>;
    readonly known: readonly DescribedFailure[];
  } {
    const said: Said = {};
    const properties: PropertyAction[] = [];
    const asks = new Set<Line>();
    const known: DescribedFailure[] = [];
    let bits = 0;
    let isAsked = false;
    for (const line of this.#block.body.lines) {
      const act = (one: PlainLine) =>
        mustAct(this.#session, one, scopes.get(line)!);
      switch (line.kind) {
        case "preempt":
        case "migrate":
        case "signals":
        case "restore":
        case "fail":
        case "bound": {
          const action = act(line);
          Object.assign(said, { [action.kind]: action });
          break;
        }
        case "never": {
          isAsked = true;
          const { properties } = act(line) as ActionOf<"never">;
          for (const name of properties) bits |= PROPERTY[name];
          break;
        }
        case "known": {
          const one = describedFailure(line, act);
          if (covers(one.on, this.#session.heldTo)) known.push(one);
          break;
        }
        case "property": {
          isAsked = true;
          const action = act(line) as PropertyAction;
          if (!covers(action.on, this.#session.heldTo)) break;
          properties.push(action);
          asks.add(line);
          break;
        }
      }
    }
    return {
      said,
      never: isAsked ? bits : defaultProperties(),
      known,
      always: properties.filter(({ when }) => when === "always"),
      atEnd: properties.filter(({ when }) => when === "finally"),
      asks,
    };
  }
}

/** An instruction that is placed where it was before, unless it says itself where it is. */
function placed(
  { parts, address }: GuestInstruction,
  known: bigint | undefined,
): GuestInstruction {
  return { parts, address: known ?? address };
}

function addressOf({ addressLo, addressHi }: Insn): bigint {
  return BigInt.asUintN(64, BigInt(addressHi) << 32n) |
    BigInt(addressLo >>> 0);
}

function userAction({ operation }: ActionOf<"user">): UserAction {
  switch (operation.kind) {
    case "get":
      return { kind: "get", register: operation.register };
    case "set":
    case "init":
    case "interrupt":
    case "nmi":
    case "serror":
    case "debugger":
    case "guest-debug":
      return operation;
    default:
      throw new RangeError(`${operation.kind} is not of a program`);
  }
}

/** The programs of one kind, by number. */
function graphsOf<A>(
  programs: readonly Program[],
  of: Program["line"]["of"],
  count: number,
  pieces: (program: Program) => readonly Piece<A>[],
): Graph<A>[] {
  const graphs = new Map<number, Graph<A>>();
  for (const program of programs) {
    if (program.line.of !== of) continue;
    graphs.set(program.index, graphOf(pieces(program)));
  }
  return Array.from(
    { length: count },
    (_, index) => graphs.get(index) ?? emptyGraph<A>(),
  );
}
