/**
 * A session that goes both ways in time: what was carried out, with the whole state after each statement.
 *
 * @module
 */
import { createMachine, type Event, type Machine } from "../engine/mod.ts";
import type { IncrementalChecker, KnownLine } from "../dsl/incremental.ts";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { Scope } from "../dsl/resolve/scope.ts";
import { type CarriedOut, carryOut } from "../dsl/run/lines.ts";
import { Session, type SessionState } from "../dsl/run/session.ts";
import { statementRow } from "../dsl/statements.ts";
import { type Line, lineText } from "../dsl/syntax/lines.ts";
import { type Observation, observe } from "../dsl/observation.ts";

/** One statement that was carried out. */
export interface Entry {
  /** What was carried out, with what is known after it. */
  readonly known: KnownLine;
  /** As it was typed; a block with its body. */
  readonly text: string;
  /** The error number by which the kernel refused it, for `save`. */
  readonly refused: string | undefined;
}

/** Everything at one moment. */
interface Moment {
  readonly session: SessionState;
  readonly scope: Scope;
  readonly known: IncrementalChecker["known"];
  /** What is seen, once it was asked for; `null` before the machine is built. */
  seen?: Observation | null;
}

/** True for a line that only looks at the state: it leaves no trace in the log. */
function looks(line: Line): boolean {
  const word = /^[a-z]+/.exec(line.kind)![0];
  return statementRow(word)?.looks ?? false;
}

/** What carrying out a statement led to. */
export interface Done extends CarriedOut {
  /** False if the statement failed, and everything is as before. */
  readonly kept: boolean;
  /** What happened last, by a run or an operation. */
  readonly events: readonly Event[];
}

/** A kernel in place of the one that statements name. */
export interface ChosenKernel {
  /** As `Architecture.kernel()` takes it. */
  readonly profile: string;
  /** The one that statements name, or the default, if undefined. */
  readonly vendor: string | undefined;
}

/** A session and its past. */
export class Timeline {
  /** The machine as it is now. */
  readonly session: Session;
  readonly #checker: IncrementalChecker;
  #scope: Scope = new Scope();
  readonly #entries: Entry[] = [];
  readonly #moments: Moment[] = [];
  #position = 0;

  /**
   * Begins with nothing carried out.
   *
   * @param checker what checks the statements: it goes back and forth with them
   * @param kernel overrides the kernel that statements name
   */
  constructor(
    checker: IncrementalChecker,
    kernel?: ChosenKernel,
  ) {
    const { profile, vendor } = kernel ?? {};
    this.session = new Session({
      profile,
      vendor,
      trace: false,
      keepAll: true,
    });
    this.#checker = checker;
    this.#moments.push(this.#moment(undefined));
  }

  /** What was carried out and not undone. */
  get entries(): readonly Entry[] {
    return this.#entries.slice(0, this.#position);
  }

  /** The last of them; undefined if there is none. */
  get lastEntry(): Entry | undefined {
    return this.#entries[this.#position - 1];
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
    return this.seenAt(this.#position);
  }

  /**
   * What was seen at a moment; undefined before the machine was built.
   *
   * @param position how many statements lie before it
   */
  seenAt(position: number): Observation | undefined {
    const moment = this.#moments[position];
    if (moment.seen === undefined) moment.seen = this.#look(moment) ?? null;
    return moment.seen ?? undefined;
  }

  /** Looks at the machine as it was. */
  #look({ session: { machine } }: Moment): Observation | undefined {
    if (machine === undefined) return undefined;
    const { arch, kernelChoice, host } = this.session;
    const copy = createMachine(arch, kernelChoice, host);
    copy.restore(machine);
    return observe(arch, copy);
  }

  /** What is seen of a machine on which nothing has happened. */
  baseline(): Observation {
    const { arch, kernelChoice, host } = this.session;
    return observe(arch, createMachine(arch, kernelChoice, host));
  }

  /** Takes everything back to this moment: what a look at the machine left. */
  settle(): void {
    this.#restore(this.#moments[this.#position]);
  }

  /**
   * Carries out a statement that was checked. What fails changes nothing, and neither does a look.
   *
   * @param refusal tells the error number if the statement was a user operation that the kernel refused
   */
  carryOut(known: KnownLine, refusal: () => string | undefined): Done {
    const { line } = known;
    const before = this.#moments[this.#position];
    const done = carryOut(this.session, line, this.#scope, LIMIT_DEFAULT);
    const events = this.machine?.journal.current() ?? [];
    const failed = !done.completed || done.failures.length > 0;
    if (failed || looks(line)) {
      this.settle();
      return { ...done, kept: false, events };
    }
    const refused = refusal();
    this.#entries.length = this.#position;
    this.#moments.length = this.#position + 1;
    this.#entries.push({ known, text: lineText(line), refused });
    this.#checker.known = known.known;
    this.#moments.push(this.#moment(before));
    this.#position++;
    return { ...done, kept: true, events };
  }

  /**
   * Goes to another moment.
   *
   * @param position how many statements lie before it, 0 to the number of all
   */
  goTo(position: number): void {
    if (position < 0 || position > this.#entries.length) {
      throw new RangeError(`There is no moment ${position}`);
    }
    this.#position = position;
    this.settle();
  }

  #moment(before: Moment | undefined): Moment {
    const now = this.session.snapshot();
    const moment: Moment = {
      session: now,
      scope: this.#scope.copy(),
      known: this.#checker.known,
    };
    if (sameMachine(before?.session, now)) moment.seen = before?.seen;
    return moment;
  }

  #restore({ session, scope, known }: Moment): void {
    this.session.restore(session);
    this.#scope = scope.copy();
    this.#checker.known = known;
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
