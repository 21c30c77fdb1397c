/**
 * Goes through a text before anything runs: resolves each line, and checks what stands where.
 *
 * Where a line was not understood, what it may have meant is unknown, and no other line is blamed for it: for a name
 * that it may have defined, an architecture that it may have named.
 *
 * @module
 */
import type { Architecture } from "../../engine/mod.ts";
import type { Action } from "../actions.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { CHECKED_LINES_MAX } from "../limits.ts";
import { fail, Problem } from "../problem.ts";
import type { Span } from "../source.ts";
import type { LinePlace } from "../statements.ts";
import { didYouMean } from "../suggest.ts";
import type {
  BrokenLine,
  File,
  Line,
  OpenerOf,
  PlainLine,
} from "../syntax/lines.ts";
import type { Name, NameExpr } from "../syntax/nodes.ts";
import { meantBy } from "./broken.ts";
import { Context, type Situation } from "./context.ts";
import { refuseBackwards, resolveProgram, resolveRepeat } from "./explore.ts";
import { blockProblems } from "./explore_block.ts";
import { namedRead, resolveLine } from "./line.ts";
import {
  countsUnknown,
  initialState,
  isConfiguration,
  type MachineState,
  startedAt,
  stateAfter,
} from "./machine_state.ts";
import { checkPlace, hasScenario, outsideProblem } from "./places.ts";
import { nameText, ScenarioNames } from "./scenario_names.ts";
import { type Definition, Scope } from "./scope.ts";
import { architectures } from "./vocabulary.ts";

/**
 * Where a line stands: outside all scenarios in a file that has some, inside one, or unknown, because something around
 * it was not understood.
 */
type Mode = "outside" | "inside" | "unknown";

/** What a checker needs. */
export interface CheckOptions {
  /** Braces did not match: then nothing is said about what stands where. */
  readonly unbalanced: boolean;
  /** Takes what is wrong. */
  readonly report: (diagnostic: Diagnostic) => void;
}

/** Checks a whole text. */
export function check(file: File, options: CheckOptions): void {
  new Checker(options).lines(file.lines, hasScenario(file.lines));
}

/** Lines that one turn of a loop has, at least: an inner loop's turns count where they are gone through. */
function countLines(lines: readonly Line[]): number {
  let count = 1;
  for (const line of lines) {
    count += "body" in line && line.body
      ? countLines(line.body.lines)
      : line.kind === "include" && line.file
      ? countLines(line.file.lines)
      : 1;
  }
  return count;
}

/** Lines that need the machine, in a script. */
function usesMachine(line: Line): boolean {
  return !isConfiguration(line) && line.kind !== "let" &&
    line.kind !== "choose";
}

/**
 * Resolves lines one after the other, and remembers what they mean for the next ones. A prompt keeps one for as long as
 * its session lives.
 */
export class Checker {
  readonly #report: (diagnostic: Diagnostic) => void;
  readonly #structured: boolean;
  readonly #names = new ScenarioNames();
  readonly #situation: Situation;
  #state: MachineState = initialState();
  #scope: Scope = new Scope();
  #mode: Mode = "inside";
  #place: LinePlace = "script";
  /** The explore block of this machine. */
  #explored: Span | undefined;
  /** How many loops are around. */
  #loops = 0;
  /** The line before was an `either` or `or`. */
  #afterEither = false;
  /** Where the first scenario of this list of lines began. */
  #scenarioSeen: Span | undefined;
  /** Lines that have a diagnostic: the other turns of a loop add none. */
  readonly #blamed = new WeakSet<Line>();
  /** Loops around this line whose turns come later. */
  #trials = 0;
  /** Of `CHECKED_LINES_MAX`. */
  #linesLeft = CHECKED_LINES_MAX;
  /** The turn that is being checked, of each loop: `i = 3`. */
  readonly #loopValues: string[] = [];

  /** Begins with nothing known. */
  constructor({ unbalanced, report }: CheckOptions) {
    this.#report = report;
    this.#structured = !unbalanced;
    // Where a block ends early by mistake, names of it are used after it.
    if (unbalanced) this.#scope.taintAll();
    this.#situation = this.#makeSituation();
  }

  /** A checker that knows what this one knows, and goes its own way from here: for lines on trial. */
  fork(report: (diagnostic: Diagnostic) => void): Checker {
    const copy = new Checker({ unbalanced: !this.#structured, report });
    copy.#state = this.#state;
    copy.#scope = this.#scope.copy();
    copy.#explored = this.#explored;
    return copy;
  }

  /**
   * Checks the lines of a text.
   *
   * @param withScenarios whether the text has `scenario` blocks, so that little may stand outside them
   */
  lines(lines: readonly Line[], withScenarios: boolean): void {
    if (!this.#structured) this.#mode = "unknown";
    else this.#mode = withScenarios ? "outside" : "inside";
    this.#list(lines);
  }

  #makeSituation(): Situation {
    // deno-lint-ignore no-this-alias -- the getters below are another object's
    const checker = this;
    return {
      get vcpus() {
        return checker.#structured ? checker.#state.vcpus : undefined;
      },
      get cpus() {
        return checker.#structured ? checker.#state.cpus : undefined;
      },
      get hostCounts() {
        return checker.#state.hostCounts;
      },
      valueOf: (name, words) => this.#valueOf(name, words),
      definition: (text): Definition | undefined => this.#scope.find(text),
      isRead: (text) => this.#scope.find(text)?.isRead ?? false,
      mayDefine: (text) => this.#scope.mayDefine(text),
      names: () => this.#scope.names(),
    };
  }

  #valueOf(
    { text, span }: NameExpr,
    words: readonly string[],
  ): bigint | undefined {
    const definition = this.#scope.find(text);
    if (definition) return definition.value;
    if (this.#scope.mayDefine(text)) return undefined;
    const parts = text.split("-");
    const isSubtraction = parts.length > 1 &&
      parts.every((part) => /^\d+$/.test(part) || this.#scope.find(part));
    fail({
      code: "unknown-name",
      span,
      message: `\`${text}\` is not defined`,
      hint: isSubtraction
        ? `put spaces around \`-\`: \`${parts.join(" - ")}\``
        : didYouMean(text, [...this.#scope.names(), ...words]),
    });
  }

  // One line after the other.

  #list(lines: readonly Line[]): void {
    for (const [at, line] of lines.entries()) {
      this.#line(line);
      if (line.kind === "choose") {
        this.#afterChoose(line, lines.slice(at + 1));
        return;
      }
    }
  }

  #line(line: Line): void {
    const { started, configured } = this.#state;
    let problems: readonly Diagnostic[];
    try {
      this.#standing(line);
      problems = this.#check(line);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      problems = [problem.diagnostic];
    }
    if (problems.length === 0) return;
    this.#blame(line, problems);
    // What it really was to be is not known, so nothing comes too late because of it.
    this.#state = { ...this.#state, started, configured };
  }

  /** Reports what is wrong with a line, if nothing was reported of it in another turn of a loop. */
  #blame(line: Line, diagnostics: readonly Diagnostic[]): void {
    if (this.#blamed.has(line)) return;
    this.#blamed.add(line);
    for (const diagnostic of diagnostics) {
      if (this.#loopValues.length === 0) {
        this.#report(diagnostic);
        continue;
      }
      const { span, notes = [] } = diagnostic;
      const message = `with ${this.#loopValues.join(", ")}`;
      this.#report({ ...diagnostic, notes: [...notes, { span, message }] });
    }
  }

  /** Does something that may fail, and reports of a line what is wrong. */
  #attempt(line: Line, work: () => void): void {
    try {
      work();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#blame(line, [problem.diagnostic]);
    }
  }

  #check(line: Line): readonly Diagnostic[] {
    switch (line.kind) {
      case "scenario":
        this.#scenario(line);
        return [];
      case "for":
        this.#for(line);
        return [];
      case "explore":
        this.#explore(line);
        return [];
      case "program":
        return this.#header(
          line,
          (c) => void resolveProgram(c, line),
          line.of,
        );
      case "repeat":
        return this.#header(line, (c) => void resolveRepeat(c, line));
      case "either": {
        const none = this.#header(line, () => {});
        this.#afterEither = true;
        return none;
      }
      case "include":
        if (line.file) this.#list(line.file.lines);
        else {
          this.#scope.taintAll();
          this.#archUnknown(undefined);
          this.#state = countsUnknown(this.#state);
        }
        return [];
      case "broken":
        this.#broken(line);
        return [];
      default:
        return this.#plain(line);
    }
  }

  /** Whether a line stands where it may. */
  #standing(line: Line): void {
    const mayFollow = this.#afterEither;
    this.#afterEither = line.kind === "broken";
    if (this.#mode === "outside") this.#outside(line);
    if (!this.#structured) return;
    try {
      checkPlace(line, this.#place);
      if (line.kind === "either" && !line.isFirst && !mayFollow) {
        fail({
          code: "misplaced",
          span: line.span,
          message: "`or` needs an `either { … }` before it",
        });
      }
    } catch (problem) {
      // A name that it would have defined is no mistake further on.
      if (line.kind === "choose") this.#scope.taint([line.name.text]);
      throw problem;
    }
    if (this.#place !== "script" || !this.#explored) return;
    if (line.kind === "scenario" || line.kind === "broken") return;
    if (line.kind === "let") this.#define(line.name);
    fail({
      code: "too-late",
      span: line.span,
      message: line.kind === "explore"
        ? "there is an explore block already"
        : "not allowed after `explore { … }`, which must come last",
      notes: [{ span: this.#explored, message: "the explore block" }],
    });
  }

  #outside(line: Line): void {
    const problem = outsideProblem(line, this.#scenarioSeen);
    const isScenario = line.kind === "scenario" || line.kind === "for" ||
      line.kind === "broken" && line.body;
    if (problem) {
      if (line.kind === "let") this.#define(line.name);
      throw new Problem(problem);
    }
    if (isScenario) this.#scenarioSeen ??= line.span;
  }

  /** Resolves a line, and remembers what it says of the machine and of names. */
  #plain(line: PlainLine): readonly Diagnostic[] {
    const read = namedRead(line);
    const before = this.#place === "script" ? this.#order(line) : [];
    if (this.#place === "script" && usesMachine(line)) {
      this.#state = startedAt(this.#state, line.span);
    }
    const { arch } = this.#state;
    const found = arch || line.kind === "arch"
      ? this.#resolve(arch ?? architectures()[0], line)
      : this.#resolveForAny(line);
    // What a line names is defined even if the rest of it is wrong.
    const define = (name: Name, value?: bigint, isRead = false): void =>
      this.#define(name, value, isRead);
    const naming: Diagnostic[] = [];
    const attempt = (work: () => void): void => {
      try {
        work();
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        naming.push(problem.diagnostic);
      }
    };
    const { action, problems } = found;
    if (read) attempt(() => define(read, undefined, true));
    if (line.kind === "let") {
      const value = action?.kind === "let" ? action.value : undefined;
      attempt(() => define(line.name, value));
    }
    this.#state = stateAfter(this.#state, line, action);
    // A line that comes too late is wrong whatever it says.
    const all = before.length > 0 ? before : [...naming, ...problems];
    if (action && !found.usesNames && all.length === 0) line.resolved = action;
    return all;
  }

  /** What must come before something else: the lines that describe the machine. */
  #order(line: PlainLine): readonly Diagnostic[] {
    const { archGiven, kernelGiven, configured, started } = this.#state;
    const inUse = "the machine is in use from here on";
    switch (line.kind) {
      case "arch":
        return this.#onceAndEarly(line, archGiven, configured, {
          since: "the architecture is decided here",
        });
      case "kernel":
        this.#state = {
          ...this.#state,
          kernelGiven: line.span,
          configured: configured ?? line.span,
        };
        return this.#onceAndEarly(line, kernelGiven, started, { since: inUse });
      case "host":
        this.#state = { ...this.#state, configured: configured ?? line.span };
        return this.#onceAndEarly(line, undefined, started, { since: inUse });
      default:
        return [];
    }
  }

  #onceAndEarly(
    { kind, span }: PlainLine,
    given: Span | undefined,
    late: Span | undefined,
    { since }: { readonly since: string },
  ): readonly Diagnostic[] {
    if (given && this.#structured) {
      return [{
        code: "already-defined",
        span,
        message: `\`${kind}\` is given twice`,
        notes: [{ span: given, message: "the first one" }],
      }];
    }
    if (!late || this.#mode === "unknown") return [];
    return [{
      code: "too-late",
      span,
      message:
        `\`${kind}\` is not allowed here: the machine is decided already`,
      notes: [{ span: late, message: since }],
      hint: `move \`${kind}\` before that line`,
    }];
  }

  #resolve(arch: Architecture, line: PlainLine): Resolved {
    const c = new Context(arch, this.#situation);
    const isArchGiven = this.#state.archGiven !== undefined;
    const action = c.attempt(() => resolveLine(c, line, { isArchGiven }));
    const { problems, isComplete, usesNames } = c;
    if (problems.some(({ code }) => code === "wrong-arch")) {
      this.#meantForOther(arch, line);
    }
    return {
      action: isComplete && problems.length === 0 ? action : undefined,
      problems,
      usesNames,
    };
  }

  /** After a kernel of another architecture, what follows is meant for that one. */
  #meantForOther(arch: Architecture, line: PlainLine): void {
    if (line.kind !== "kernel" || this.#state.archGiven) return;
    const { text } = line.profile;
    const other = architectures().find((one) =>
      one !== arch && one.profiles.some(({ name }) => name === text)
    );
    if (other) this.#state = { ...this.#state, arch: other };
  }

  /** Where the architecture is not known, a line is wrong if it is wrong for all of them. */
  #resolveForAny(line: PlainLine): Resolved {
    const before = this.#state;
    let first: Resolved | undefined;
    for (const arch of architectures()) {
      this.#state = { ...before, arch };
      const resolved = this.#resolve(arch, line);
      this.#state = before;
      if (resolved.problems.length === 0) {
        return { action: undefined, problems: [], usesNames: true };
      }
      first ??= resolved;
    }
    return first!;
  }

  // Names.

  #refuseShadowing(name: Name, scope: Scope): void {
    const earlier = scope.find(name.text);
    if (!earlier || !this.#structured) return;
    const here = scope.has(name.text);
    fail({
      code: here ? "already-defined" : "shadowing",
      span: name.span,
      message: here
        ? `\`${name.text}\` is already defined`
        : `\`${name.text}\` would hide a name of the same spelling`,
      notes: [{ span: earlier.span, message: "defined here" }],
    });
  }

  /** Defines a name in the current block. */
  #define(name: Name, value?: bigint, isRead = false): void {
    try {
      this.#refuseShadowing(name, this.#scope);
    } finally {
      if (!this.#scope.has(name.text)) {
        this.#scope.define(name, value, { isRead });
      }
    }
  }

  // Blocks.

  /** Checks the lines of a block, with a scope of its own. */
  #block(lines: readonly Line[], scope: Scope = new Scope(this.#scope)): void {
    const outer = this.#scope;
    this.#scope = scope;
    this.#list(lines);
    this.#scope = outer;
  }

  #inPlace(place: LinePlace, lines: readonly Line[]): void {
    const before = this.#place;
    this.#place = place;
    this.#afterEither = false;
    this.#block(lines);
    this.#place = before;
    this.#afterEither = false;
  }

  /** A header of an explore block's inside, and what is in its block. */
  #header(
    line: OpenerOf<"program" | "repeat" | "either">,
    resolve: (c: Context) => void,
    place: LinePlace = this.#place,
  ): readonly Diagnostic[] {
    const { arch = architectures()[0] } = this.#state;
    const c = new Context(arch, this.#situation);
    c.attempt(() => resolve(c));
    this.#inPlace(place, line.body.lines);
    return c.problems;
  }

  #explore(line: OpenerOf<"explore">): void {
    if (this.#loops > 0) {
      this.#blame(line, [{
        code: "misplaced",
        span: line.span,
        message: "not allowed in a loop",
        hint: "`choose x in 0..3`, in the block, searches for each value",
      }]);
    }
    this.#state = startedAt(this.#state, line.span);
    this.#explored = line.span;
    // vCPUs are those that have programs.
    const before = this.#state;
    this.#state = { ...before, vcpus: undefined };
    this.#inPlace("explore", line.body.lines);
    this.#state = before;
    if (!this.#structured) return;
    const isGood = !line.body.lines.some((one) => this.#blamed.has(one));
    for (const { line: wrong, diagnostic } of blockProblems(line)) {
      // A program may be meant by what has a mistake.
      if (isGood || wrong !== line) this.#blame(wrong, [diagnostic]);
    }
  }

  /** Checks a block as a machine of its own: what happens in it is gone after it. */
  #fresh(mode: Mode, body: () => void): void {
    const before = {
      state: this.#state,
      mode: this.#mode,
      explored: this.#explored,
    };
    this.#explored = undefined;
    this.#state = {
      ...this.#state,
      archGiven: undefined,
      kernelGiven: undefined,
    };
    this.#mode = mode;
    body();
    // Where braces do not match, the block may go on after its end.
    if (this.#structured) this.#state = before.state;
    this.#mode = before.mode;
    this.#explored = before.explored;
  }

  #scenario(line: OpenerOf<"scenario">): void {
    if (this.#mode === "inside") {
      this.#blame(line, [{
        code: "misplaced",
        span: line.span,
        message: "not allowed inside a scenario",
      }]);
    } else this.#attempt(line, () => this.#nameOf(line));
    this.#fresh(
      this.#structured ? "inside" : "unknown",
      () => this.#block(line.body.lines),
    );
  }

  #nameOf({ name }: OpenerOf<"scenario">): void {
    const c = new Context(architectures()[0], this.#situation);
    const text = nameText(name, (expr) => c.number(expr));
    if (text !== undefined && this.#trials === 0) {
      this.#names.take(text, name.span);
    }
  }

  #broken(line: BrokenLine): void {
    const { head, names, body } = line;
    const meant = meantBy(line);
    this.#scope.taint(names);
    if (meant.anyName) this.#scope.taintAll();
    if (meant.arch) this.#archUnknown(meant.arch.perhaps);
    if (meant.counts) this.#state = countsUnknown(this.#state);
    if (!body) return;
    const scope = new Scope(this.#scope);
    // It may have been a loop whose variable cannot be read.
    const words = [...names].filter((word) => word !== head && word !== "in");
    if (!meant.isScenario && words.length === 0) scope.taintAll();
    this.#fresh("unknown", () => this.#block(body.lines, scope));
    this.#state = countsUnknown(this.#state);
  }

  /** A line that may have named the architecture was not understood. */
  #archUnknown(perhaps: Architecture | undefined): void {
    // It is named once only: what was named before holds.
    if (this.#state.archGiven) return;
    this.#state = { ...this.#state, arch: perhaps };
  }

  // Loops, and choices, which are loops over the lines after them.

  #for(line: OpenerOf<"for">): void {
    this.#loops++;
    let range: { readonly from: bigint; readonly to: bigint } | undefined;
    this.#attempt(line, () => {
      const { arch = architectures()[0] } = this.#state;
      const c = new Context(arch, this.#situation);
      const from = c.number(line.from);
      const to = c.number(line.to);
      this.#refuseShadowing(line.variable, new Scope(this.#scope));
      if (from === undefined || to === undefined) return;
      refuseBackwards({ from, to }, { first: line.from, last: line.to });
      range = { from, to };
    });
    const before = this.#state;
    const explored = this.#explored;
    this.#turns(line.body.lines, {
      name: line.variable,
      values: range && turnsOf(range),
      turn: (value) => {
        this.#explored = explored;
        this.#turn(line, value);
      },
    });
    this.#loops--;
    this.#refuseLateInLoop(line, before);
  }

  /** Lines that describe the machine cannot come again once the loop has used it. */
  #refuseLateInLoop(line: OpenerOf<"for">, before: MachineState): void {
    if (this.#mode !== "inside") return;
    const { started } = this.#state;
    if (before.started || !started) return;
    const late = line.body.lines.find(isConfiguration);
    if (!late) return;
    this.#blame(late, [{
      code: "too-late",
      span: late.span,
      message:
        "not allowed after the first iteration: the machine is already in use",
      notes: [{ span: started, message: "the machine is in use from here on" }],
    }]);
    const { configured } = before;
    this.#state = { ...this.#state, started: undefined, configured };
  }

  /** Checks a loop's body; its variable has a value, or any. */
  #turn(line: OpenerOf<"for">, value: bigint | undefined): void {
    const scope = new Scope(this.#scope);
    scope.define(line.variable, value, { isCounter: true });
    const { lines } = line.body;
    if (this.#mode !== "outside") {
      this.#block(lines, scope);
      return;
    }
    const seen = this.#scenarioSeen;
    this.#scenarioSeen = undefined;
    this.#fresh("outside", () => this.#block(lines, scope));
    this.#scenarioSeen = seen;
  }

  #afterChoose(
    line: Extract<Line, { readonly kind: "choose" }>,
    rest: readonly Line[],
  ): void {
    const { arch = architectures()[0] } = this.#state;
    const c = new Context(arch, this.#situation);
    const action = c.attempt(() => resolveLine(c, line));
    const isKnown = c.isComplete && c.problems.length === 0 &&
      action?.kind === "choose";
    this.#attempt(line, () => this.#refuseShadowing(line.name, this.#scope));
    const outer = this.#scope;
    const after = this.#afterEither;
    this.#turns(rest, {
      name: line.name,
      values: isKnown ? action.values : undefined,
      turn: (value) => {
        this.#scope = outer.copy();
        if (!this.#scope.has(line.name.text)) {
          this.#scope.define(line.name, value, { isCounter: true });
        }
        this.#afterEither = after;
        this.#list(rest);
        this.#scope = outer;
      },
    });
  }

  /**
   * Checks lines for each value of a name: first for what is wrong whatever the value is, then for what is wrong with
   * one of them.
   *
   * @param values undefined if they are not known
   */
  #turns(
    lines: readonly Line[],
    { name, values, turn }: {
      readonly name: Name;
      readonly values: Values | undefined;
      readonly turn: (value: bigint | undefined) => void;
    },
  ): void {
    const before = this.#state;
    if (values) this.#trials++;
    turn(undefined);
    if (values) this.#trials--;
    if (!values || this.#trials > 0 || !this.#structured) return;
    const count = countLines(lines);
    const isAll = values.length * count <= this.#linesLeft;
    // Of many values, the first and the last.
    this.#linesLeft -= count * (isAll ? values.length : 2);
    if (this.#linesLeft < 0) return;
    const after = this.#state;
    this.#state = before;
    const { archGiven, kernelGiven, configured, started } = before;
    const step = isAll ? 1 : values.length - 1;
    for (let n = 0; n < values.length; n += step) {
      // That something is given again, or too late, was told without a value.
      this.#state = {
        ...this.#state,
        archGiven,
        kernelGiven,
        configured,
        started,
      };
      const value = valueAt(values, n);
      this.#loopValues.push(`${name.text} = ${value}`);
      turn(value);
      this.#loopValues.pop();
      // What the turns that are left out do to the machine is not known.
      if (!isAll) this.#state = countsUnknown(this.#state);
    }
    if (!isAll) this.#state = after;
  }
}

/** What resolving a line before anything runs gave. */
interface Resolved {
  /** Undefined if there is a mistake, or a name without a value. */
  readonly action: Action | undefined;
  readonly problems: readonly Diagnostic[];
  readonly usesNames: boolean;
}

/** Values of a name: listed, or counted from a first one. */
type Values = readonly bigint[] | {
  readonly from: bigint;
  readonly to: bigint;
  readonly length: number;
};

function turnsOf(
  { from, to }: { readonly from: bigint; readonly to: bigint },
): Values {
  return { from, to, length: Number(to - from) + 1 };
}

function valueAt(values: Values, n: number): bigint {
  if (!("from" in values)) return values[n];
  // A long range has more values than a double can count.
  return n === values.length - 1 ? values.to : values.from + BigInt(n);
}
