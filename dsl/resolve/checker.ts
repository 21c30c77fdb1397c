/**
 * Goes through a text before anything runs: resolves each line, and checks what stands where.
 *
 * Where a line was not understood, what it may have meant is unknown, and no other line is blamed for it: for a name
 * that it may have defined, an architecture that it may have named.
 *
 * @module
 */
import type { Architecture } from "../../engine/mod.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { Problem } from "../problem.ts";
import type { Span } from "../source.ts";
import type { LinePlace } from "../statements.ts";
import type { BrokenLine, File, Line, OpenerOf } from "../syntax/lines.ts";
import { meantBy } from "./broken.ts";
import { Context } from "./context.ts";
import { resolveProgram, resolveRepeat } from "./explore.ts";
import { refuseBackwards } from "./ranges.ts";
import { blockProblems } from "./explore_block.ts";
import { refuseNameless } from "./known_failure.ts";
import { resolveLine } from "./line.ts";
import { Knowledge } from "./knowledge.ts";
import type { Observer } from "./observer.ts";
import {
  countsUnknown,
  isConfiguration,
  type MachineState,
  startedAt,
} from "./machine_state.ts";
import { Turns, valuesFrom } from "./turns.ts";
import {
  checkPlace,
  failAfterExplore,
  failLoneOr,
  hasScenario,
  outsideProblem,
} from "./places.ts";
import { nameText, ScenarioNames } from "./scenario_names.ts";
import { Scope } from "./scope.ts";
import { firstArchitecture } from "./vocabulary.ts";

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
  /** Told what is found. */
  readonly observer?: Observer;
}

/** Checks a whole text. */
export function check(file: File, options: CheckOptions): void {
  new Checker(options).lines(file.lines, hasScenario(file.lines));
}

/**
 * Resolves lines one after the other, and remembers what they mean for the next ones. A prompt keeps one for as long as
 * its session lives.
 */
export class Checker {
  readonly #report: (diagnostic: Diagnostic) => void;
  readonly #names = new ScenarioNames();
  readonly #known: Knowledge;
  #mode: Mode = "inside";
  /** Whose lines are here; undefined in the block of a line that was not understood. */
  #place: LinePlace | undefined = "script";
  /** The explore block of this machine. */
  #explored: Span | undefined;
  /** How many loops are around. */
  #loops = 0;
  /** The line before was an `either` or `or`. */
  #afterEither = false;
  /** Where the first scenario of this list of lines began. */
  #scenarioSeen: Span | undefined;
  /** Lines that have a diagnostic: the other iterations of a loop add none. */
  readonly #blamed = new WeakSet<Line>();
  readonly #turns = new Turns();

  /**
   * Begins with nothing known.
   *
   * @param known what is known already
   */
  constructor(
    { unbalanced, report, observer }: CheckOptions,
    known?: Knowledge,
  ) {
    this.#report = report;
    this.#known = known ?? new Knowledge(!unbalanced, observer);
    // Where a block ends early by mistake, names of it are used after it.
    if (unbalanced) this.#known.scope.taintAll();
  }

  /** Names of the scenarios that were checked, each with the place of the first that has it. */
  get scenarioNames(): ReadonlyMap<string, Span> {
    return this.#names.given;
  }

  /** A checker that knows what this one knows, and goes its own way from here: for lines on trial. */
  fork(
    report: (diagnostic: Diagnostic) => void,
    observer?: Observer,
  ): Checker {
    const unbalanced = !this.#known.isStructured;
    const known = this.#known.copy(observer);
    const copy = new Checker({ unbalanced, report }, known);
    copy.#explored = this.#explored;
    return copy;
  }

  /**
   * Checks the lines of a text.
   *
   * @param withScenarios whether the text has `scenario` blocks, so that little may stand outside them
   */
  lines(lines: readonly Line[], withScenarios: boolean): void {
    if (!this.#known.isStructured) this.#mode = "unknown";
    else this.#mode = withScenarios ? "outside" : "inside";
    this.#list(lines);
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
    const { observer, scope, state } = this.#known;
    observer.line?.(line, {
      arch: state.arch,
      hasKernel: state.kernelGiven !== undefined,
      scope,
    });
    const { started, configured } = this.#known.state;
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
    // What it was meant to be is not known, so nothing comes too late because of it.
    this.#known.state = { ...this.#known.state, started, configured };
  }

  /** Reports what is wrong with a line, if nothing was reported of it in another iteration of a loop. */
  #blame(line: Line, diagnostics: readonly Diagnostic[]): void {
    if (this.#blamed.has(line)) return;
    this.#blamed.add(line);
    const { text } = this.#turns;
    for (const diagnostic of diagnostics) {
      if (text === undefined) {
        this.#report(diagnostic);
        continue;
      }
      const { span, notes = [] } = diagnostic;
      const message = `with ${text}`;
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
      case "known":
        return this.#header(line, () => refuseNameless(line), line.kind);
      case "include":
        if (line.file) this.#list(line.file.lines);
        else {
          this.#known.scope.taintAll();
          this.#archUnknown(undefined);
          this.#known.state = countsUnknown(this.#known.state);
        }
        return [];
      case "broken":
        this.#broken(line);
        this.#afterEither = true;
        return [];
      default:
        return this.#known.resolve(line, {
          isScript: this.#place === "script",
          isOrdered: this.#mode !== "unknown",
        });
    }
  }

  /** Whether a line stands where it may. */
  #standing(line: Line): void {
    const mayFollow = this.#afterEither;
    this.#afterEither = false;
    if (this.#mode === "outside") this.#outside(line);
    const place = this.#place;
    if (!this.#known.isStructured || !place) return;
    try {
      checkPlace(line, place);
      if (line.kind === "either" && !line.isFirst && !mayFollow) {
        failLoneOr(line);
      }
    } catch (problem) {
      // A name that it would have defined is no mistake further on.
      if (line.kind === "choose" || line.kind === "let") {
        this.#known.scope.taint([line.name.text]);
      }
      throw problem;
    }
    if (place !== "script" || !this.#explored) return;
    if (line.kind === "scenario" || line.kind === "broken") return;
    if (line.kind === "let") this.#known.define(line.name, {});
    failAfterExplore(line, this.#explored);
  }

  #outside(line: Line): void {
    const problem = outsideProblem(line, this.#scenarioSeen);
    const isScenario = line.kind === "scenario" || line.kind === "for" ||
      line.kind === "broken" && line.body;
    if (problem) {
      if (line.kind === "let") this.#known.define(line.name, {});
      throw new Problem(problem);
    }
    if (isScenario) this.#scenarioSeen ??= line.span;
  }

  // Blocks.

  /** Checks the lines of a block, with a scope of its own. */
  #block(
    lines: readonly Line[],
    scope: Scope = new Scope(this.#known.scope),
  ): void {
    const outer = this.#known.scope;
    this.#known.scope = scope;
    this.#list(lines);
    this.#known.scope = outer;
  }

  #inPlace(
    place: LinePlace | undefined,
    lines: readonly Line[],
    scope?: Scope,
  ): void {
    const before = this.#place;
    this.#place = place;
    this.#afterEither = false;
    this.#block(lines, scope);
    this.#place = before;
    this.#afterEither = false;
  }

  /** A header of an explore block's inside, and what is in its block. */
  #header(
    line: OpenerOf<"program" | "repeat" | "either" | "known">,
    resolve: (c: Context) => void,
    place = this.#place,
  ): readonly Diagnostic[] {
    const { arch = firstArchitecture() } = this.#known.state;
    const c = new Context(arch, this.#known.situation);
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
    this.#known.state = startedAt(this.#known.state, line.span);
    this.#explored = line.span;
    // vCPUs are those that have programs.
    const before = this.#known.state;
    this.#known.state = { ...before, vcpus: undefined };
    this.#inPlace("explore", line.body.lines);
    this.#known.state = before;
    if (!this.#known.isStructured) return;
    const isGood = !line.body.lines.some((one) => this.#blamed.has(one));
    for (const { line: wrong, diagnostic } of blockProblems(line)) {
      // A program may be meant by what has a mistake.
      if (isGood || wrong !== line) this.#blame(wrong, [diagnostic]);
    }
  }

  /** Checks a block as a machine of its own: what happens in it is gone after it. */
  #fresh(mode: Mode, body: () => void): void {
    const before = {
      state: this.#known.state,
      mode: this.#mode,
      explored: this.#explored,
    };
    this.#explored = undefined;
    this.#known.state = {
      ...this.#known.state,
      archGiven: undefined,
      kernelGiven: undefined,
    };
    this.#mode = mode;
    body();
    // Where braces do not match, the block may go on after its end.
    if (this.#known.isStructured) this.#known.state = before.state;
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
      this.#known.isStructured ? "inside" : "unknown",
      () => this.#block(line.body.lines),
    );
  }

  #nameOf({ name }: OpenerOf<"scenario">): void {
    const c = new Context(firstArchitecture(), this.#known.situation);
    const text = nameText(name, (expr) => c.number(expr));
    if (text !== undefined && !this.#turns.isTrial) {
      this.#names.take(text, name.span);
    }
  }

  #broken(line: BrokenLine): void {
    const { head, names, body } = line;
    const meant = meantBy(line);
    this.#known.scope.taint(names);
    if (meant.anyName) this.#known.scope.taintAll();
    if (meant.arch) this.#archUnknown(meant.arch.perhaps);
    if (meant.counts) this.#known.state = countsUnknown(this.#known.state);
    if (!body) return;
    const scope = new Scope(this.#known.scope);
    // It may have been a loop whose variable cannot be read.
    const words = [...names].filter((word) => word !== head && word !== "in");
    if (!meant.isScenario && words.length === 0) scope.taintAll();
    this.#fresh(
      "unknown",
      () => this.#inPlace(undefined, body.lines, scope),
    );
    this.#known.state = countsUnknown(this.#known.state);
  }

  /** A line that may have named the architecture was not understood. */
  #archUnknown(perhaps: Architecture | undefined): void {
    // It is named once only: what was named before holds.
    if (this.#known.state.archGiven) return;
    this.#known.state = { ...this.#known.state, arch: perhaps };
  }

  // Loops, and choices, which are loops over the lines after them.

  #for(line: OpenerOf<"for">): void {
    this.#loops++;
    let range: { readonly from: bigint; readonly to: bigint } | undefined;
    this.#attempt(line, () => {
      const { arch = firstArchitecture() } = this.#known.state;
      const c = new Context(arch, this.#known.situation);
      const from = c.number(line.from);
      const to = c.number(line.to);
      this.#known.refuseShadowing(line.variable, new Scope(this.#known.scope));
      if (from === undefined || to === undefined) return;
      refuseBackwards({ from, to }, { first: line.from, last: line.to });
      range = { from, to };
    });
    const before = this.#known.state;
    const explored = this.#explored;
    this.#turns.over(this.#known, line.body.lines, {
      name: line.variable,
      values: range && valuesFrom(range),
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
    const { started } = this.#known.state;
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
    this.#known.state = {
      ...this.#known.state,
      started: undefined,
      configured,
    };
  }

  /** Checks a loop's body; its variable has a value, or any. */
  #turn(line: OpenerOf<"for">, value: bigint | undefined): void {
    const scope = new Scope(this.#known.scope);
    scope.define(line.variable, value);
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
    const { arch = firstArchitecture() } = this.#known.state;
    const c = new Context(arch, this.#known.situation);
    const action = c.attempt(() => resolveLine(c, line));
    const isKnown = c.isComplete && c.problems.length === 0 &&
      action?.kind === "choose";
    this.#attempt(
      line,
      () => this.#known.refuseShadowing(line.name, this.#known.scope),
    );
    const outer = this.#known.scope;
    const after = this.#afterEither;
    this.#turns.over(this.#known, rest, {
      name: line.name,
      values: isKnown ? action.values : undefined,
      turn: (value) => {
        this.#known.scope = outer.copy();
        if (!this.#known.scope.has(line.name.text)) {
          this.#known.scope.define(line.name, value);
        }
        this.#afterEither = after;
        this.#list(rest);
        this.#known.scope = outer;
      },
    });
  }
}
