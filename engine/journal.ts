/**
 * What happened, in order, by cause: the one stream that every output is derived from.
 *
 * @module
 */
import type { Event } from "./events.ts";
import type { RunOptions } from "./run.ts";
import type { ProgramMark } from "./vcpu_program.ts";
import type { Words } from "./word64.ts";

/** The events of one cause, such as one execution of a statement. */
export interface Chapter {
  /** Whatever the caller named as the cause; undefined before the first. */
  readonly cause: unknown;
  /** In order. */
  readonly events: readonly Event[];
  /** A run began with this chapter. */
  readonly startsRun: boolean;
  /** The run that began with it, to be done again; undefined if all is not kept. */
  readonly run: RunStart | undefined;
  /** The machine as it was before; undefined if all is not kept, or there was none. */
  readonly before: MachineState | undefined;
}

/** The state of a machine, without its programs. */
export interface MachineState {
  /** All state words. */
  readonly words: Words;
  /** How many vCPUs. */
  readonly vcpus: number;
}

/** A run of a vCPU, and the machine as it was before. */
export interface RunStart extends MachineState {
  /** The program of each vCPU. */
  readonly programs: readonly ProgramMark[];
  /** The vCPU that runs. */
  readonly vcpu: number;
  /** How it runs. */
  readonly options: RunOptions;
}

interface Node {
  cause: unknown;
  events: Event[];
  startsRun: boolean;
  run: RunStart | undefined;
  before: MachineState | undefined;
  previous: Node | undefined;
  /** It goes on where the previous one was marked. */
  continues: boolean;
}

/** A point in the journal to come back to. */
export interface JournalMark {
  /** Opaque. */
  readonly node: unknown;
}

/** An append-only record that can be taken back to a mark. */
export class Journal {
  /** Keep what happened before the last run began, for `why`; costs memory that grows. */
  keepAll = false;
  readonly #state: (() => MachineState) | undefined;
  #node: Node = {
    cause: undefined,
    events: [],
    startsRun: false,
    run: undefined,
    before: undefined,
    previous: undefined,
    continues: false,
  };

  /**
   * A record in which nothing has happened.
   *
   * @param state the machine's state, which is copied
   */
  constructor(state?: () => MachineState) {
    this.#state = state;
  }

  /** What comes now is due to `cause`. */
  begin(cause: unknown): void {
    this.#append(cause, false);
  }

  #append(cause: unknown, continues: boolean): void {
    this.#node = {
      cause,
      events: [],
      startsRun: false,
      run: undefined,
      before: this.keepAll ? this.#stateNow() : undefined,
      previous: this.#node,
      continues,
    };
  }

  /** A copy of the state; many statements leave it as it was, and share one. */
  #stateNow(): MachineState | undefined {
    const now = this.#state?.();
    if (now === undefined) return undefined;
    const last = this.#node.before;
    const isSame = last?.vcpus === now.vcpus &&
      last.words.every((word, at) => word === now.words[at]);
    return isSame ? last : { ...now, words: now.words.slice() };
  }

  /**
   * A run begins here.
   *
   * @param start what is needed to do it again; asked for only if all is kept
   */
  startRun(start?: () => Omit<RunStart, keyof MachineState>): void {
    const isUsed = this.#node.events.length > 0 || this.#node.startsRun;
    if (isUsed) this.begin(this.#node.cause);
    this.#node.startsRun = true;
    if (!this.keepAll) this.#node.previous = undefined;
    else {
      const now = this.#stateNow();
      if (start && now) this.#node.run = { ...now, ...start() };
    }
  }

  /** Records an event. */
  push(event: Event): void {
    this.#node.events.push(event);
  }

  /** The chapters, latest first. */
  *chapters(): Generator<Chapter> {
    for (let node: Node | undefined = this.#node; node; node = node.previous) {
      yield node;
    }
  }

  /** Events since the last run began, oldest first; empty before the first run. */
  sinceRun(): readonly Event[] {
    const parts: (readonly Event[])[] = [];
    for (const chapter of this.chapters()) {
      parts.push(chapter.events);
      if (chapter.startsRun) return parts.reverse().flat();
    }
    return [];
  }

  /** Events since the last run began, oldest first; all that are kept, before the first run. */
  recent(): readonly Event[] {
    const parts: (readonly Event[])[] = [];
    for (const chapter of this.chapters()) {
      parts.push(chapter.events);
      if (chapter.startsRun) break;
    }
    return parts.reverse().flat();
  }

  /** Events of the current cause. */
  current(): readonly Event[] {
    if (!this.#node.continues) return this.#node.events;
    const parts = [this.#node.events];
    for (
      let node = this.#node;
      node.continues && node.previous;
      node = node.previous
    ) parts.push(node.previous.events);
    return parts.reverse().flat();
  }

  /** A point to come back to; what comes after it does not change it. */
  mark(): JournalMark {
    const mark = this.#node;
    this.#append(mark.cause, true);
    return { node: mark };
  }

  /** Comes back to a mark. */
  restore({ node }: JournalMark): void {
    this.#node = node as Node;
    this.#append(this.#node.cause, true);
  }
}
