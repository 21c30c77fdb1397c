/**
 * A session that goes both ways in time: what was carried out, with the whole state before and after each
 * statement.
 *
 * @module
 */
import { createMachine, type Event, type Machine } from "../engine/mod.ts";
import type { Statement } from "../dsl/syntax/nodes.ts";
import { Scope } from "../dsl/bindings.ts";
import { type CarriedOut, carryOut } from "../dsl/run/scenario.ts";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import type { IncrementalLoader } from "../dsl/load.ts";
import { Session, type SessionState } from "../dsl/run/session.ts";
import { type Observation, observe } from "./observation.ts";

/** One statement that was carried out. */
export interface Entry {
  /** What was carried out. */
  readonly statement: Statement;
  /** As it was typed; a block with its body. */
  readonly text: string;
  /** The error number by which the kernel refused it, for `save`. */
  readonly refused: string | undefined;
}

/** Everything at one moment. */
interface Moment {
  readonly session: SessionState;
  readonly scope: Scope;
  /** Takes the loader back. */
  readonly loader: () => void;
  /** What is seen; undefined before the machine is built. */
  readonly seen: Observation | undefined;
}

/** Statements that only look: they leave no trace in the log. */
const LOOKS: ReadonlySet<Statement["kind"]> = new Set<Statement["kind"]>([
  "show",
  "show-map",
  "show-cost",
  "why",
  "why-happened",
]);

/** What carrying out a statement led to. */
export interface Done extends CarriedOut {
  /** False if the statement failed, and everything is as before. */
  readonly kept: boolean;
  /** What happened last, by a run or an operation. */
  readonly events: readonly Event[];
}

/** A session and its past. */
export class Timeline {
  /** The machine as it is now. */
  readonly session: Session;
  readonly #loader: IncrementalLoader;
  #scope = new Scope();
  readonly #entries: Entry[] = [];
  readonly #moments: Moment[] = [];
  #position = 0;

  /**
   * Begins with nothing carried out.
   *
   * @param loader what reads the statements: it goes back and forth with them
   * @param kernel overrides the kernel that statements name
   */
  constructor(
    loader: IncrementalLoader,
    { profile, vendor }: {
      readonly profile?: string;
      readonly vendor?: string;
    } = {},
  ) {
    this.session = new Session({
      profile,
      vendor,
      trace: false,
      keepAll: true,
    });
    this.#loader = loader;
    this.#moments.push(this.#moment(undefined));
  }

  /** What was carried out and not undone. */
  get entries(): readonly Entry[] {
    return this.#entries.slice(0, this.#position);
  }

  /** What was undone and can be redone. */
  get undone(): readonly Entry[] {
    return this.#entries.slice(this.#position);
  }

  /** How many statements lie before now. */
  get position(): number {
    return this.#position;
  }

  /** Names that are bound now. */
  get scope(): Scope {
    return this.#scope;
  }

  /** The machine, if there is one. */
  get machine(): Machine | undefined {
    return this.session.hasMachine ? this.session.machine : undefined;
  }

  /** What is seen now; undefined before the machine is built. */
  get seen(): Observation | undefined {
    return this.#moments[this.#position].seen;
  }

  /** What is seen of a machine on which nothing has happened. */
  baseline(): Observation {
    const { arch, kernelChoice, host } = this.session;
    return observe(arch, createMachine(arch, kernelChoice, host));
  }

  /** Takes everything back to this moment: what was read since, and what a look at the machine left. */
  settle(): void {
    this.#restore(this.#moments[this.#position]);
  }

  /**
   * Carries out a statement that the loader has just read. What fails changes nothing, and neither does a look.
   *
   * @param text as it was typed
   * @param refusal tells the error number if the statement was a user operation that the kernel refused
   */
  carryOut(
    statement: Statement,
    text: string,
    refusal: () => string | undefined,
  ): Done {
    const before = this.#moments[this.#position];
    const done = carryOut(this.session, statement, this.#scope, LIMIT_DEFAULT);
    const events = this.machine?.journal.current() ?? [];
    const failed = !done.completed || done.failures.length > 0;
    if (failed || LOOKS.has(statement.kind)) {
      this.settle();
      return { ...done, kept: false, events };
    }
    const refused = refusal();
    this.#entries.length = this.#position;
    this.#moments.length = this.#position + 1;
    this.#entries.push({ statement, text, refused });
    this.#moments.push(this.#moment(before));
    this.#position++;
    return { ...done, kept: true, events };
  }

  /**
   * Goes to another moment.
   *
   * @param position how many statements are to lie before it, 0 to the number of all
   */
  goTo(position: number): void {
    if (position < 0 || position > this.#entries.length) {
      throw new RangeError(`There is no moment ${position}`);
    }
    this.#position = position;
    this.settle();
  }

  #moment(before: Moment | undefined): Moment {
    const { machine, session } = this;
    const now = session.snapshot();
    return {
      session: now,
      scope: this.#scope.copy(),
      loader: this.#loader.save(),
      seen: machine === undefined
        ? undefined
        : sameMachine(before?.session, now)
        ? before?.seen
        : observe(session.arch, machine),
    };
  }

  #restore({ session, scope, loader }: Moment): void {
    this.session.restore(session);
    this.#scope = scope.copy();
    loader();
  }
}

/** True if nothing that views show can differ: state, programs and vCPUs are the same. */
function sameMachine(a: SessionState | undefined, b: SessionState): boolean {
  const before = a?.machine;
  const after = b.machine;
  if (before === undefined || after === undefined) return false;
  return before.words.length === after.words.length &&
    before.words.every((word, index) => word === after.words[index]) &&
    before.programs.every((program, index) =>
      program.length === after.programs[index].length
    );
}
