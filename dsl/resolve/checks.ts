/**
 * What can be known to be wrong before anything runs: a table of checks by kind of line.
 *
 * A line has one diagnostic at most. Where a line was not understood, what it may have meant is unknown, and
 * nobody else is blamed for it: a name that it may have defined, an architecture that it may have named.
 *
 * @module
 */
import type {
  Block,
  CountSetting,
  DebugRequest,
  Expectation,
  Expr,
  FieldSetting,
  File,
  HostAction,
  Instruction,
  KernelStatement,
  Name,
  Placement,
  RegisterPattern,
  RegisterRef,
  ScenarioStatement,
  Undef,
  UserOperation,
  ViewRef,
} from "../syntax/nodes.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { Line } from "../syntax/draft.ts";
import { blockProblems } from "./explore_block.ts";
import { evaluate, namesIn, VALUE_MAX } from "./expressions.ts";
import { CHECKED_LINES_MAX, RUN_STEPS_MAX } from "../limits.ts";
import { fail, LineProblem } from "../line_problem.ts";
import { hex, tooWide } from "../notation.ts";
import { Scope } from "./scope.ts";
import type { Span } from "../source.ts";
import { AFTER, EXPLORE_WORDS, STATEMENT_WORDS } from "../statement_words.ts";
import { didYouMean, nearest } from "../suggest.ts";
import type {
  ArchVocabulary,
  CountWord,
  FieldWord,
  RegisterWord,
  Vocabulary,
} from "./vocabulary.ts";
import {
  failUnknown,
  failUnknownRegister,
  failWrongArch,
  findFamily,
  findField,
  findRegister,
  namedValue,
  otherArch,
} from "./words.ts";

/** Bytes that a memory access can have. */
const ACCESS_SIZES = [1, 2, 4, 8];
/** Bytes that a port access can have. */
const PORT_SIZES = [1, 2, 4];
/** Words that begin a line. */
const WORDS = [...STATEMENT_WORDS, ...EXPLORE_WORDS];
/** Words after `expect` that are compared with a number, as a name is. */
const COUNTED = ["traps", "exceptions"];
/** Longest x86 instruction, in bytes. */
const LENGTH_MAX = 15n;

/** What is known of the machine at a place in the text. */
interface MachineState {
  /** Undefined if the line that says it was not understood. */
  arch: ArchVocabulary | undefined;
  /** The `arch` of this block; of this block the `kernel`. */
  archGiven: Span | undefined;
  kernelGiven: Span | undefined;
  /** First statement that needed to know the architecture. */
  configured: Span | undefined;
  /** First statement that needed the machine. */
  started: Span | undefined;
  /** Counts of the physical machine, where they are known. */
  counts: ReadonlyMap<string, bigint>;
  /** How many there are; undefined if that is not known. */
  vcpus: bigint | undefined;
  cpus: bigint | undefined;
}

/**
 * Where a line stands: outside all scenarios in a file that has some, inside one, or nobody knows, because
 * something around it was not understood.
 */
type Mode = "outside" | "inside" | "unknown";

/** What `check()` needs. */
export interface CheckOptions {
  readonly vocabulary: Vocabulary;
  /** Braces did not match: then nothing is said about what stands where. */
  readonly unbalanced: boolean;
  readonly report: (diagnostic: Diagnostic) => void;
}

/** Checks a whole text. */
export function check(file: File<Line>, options: CheckOptions): void {
  const checker = new Checker(options);
  checker.lines(file.statements, hasScenario(file.statements));
}

/** Whether lines hold a scenario, in loops and included files too. */
function hasScenario(lines: readonly Line[]): boolean {
  return lines.some((line) => {
    switch (line.kind) {
      case "scenario":
        return true;
      case "for":
        return hasScenario(line.body.statements);
      case "include":
        return line.file !== undefined && hasScenario(line.file.statements);
      case "broken":
        return line.body !== undefined && hasScenario(line.body.statements);
      default:
        return false;
    }
  });
}

/** Lines that one turn of a loop has, at least: an inner loop's turns count where they are gone through. */
function countLines(lines: readonly Line[]): number {
  let count = 1;
  for (const line of lines) {
    count += "body" in line && line.body
      ? countLines(line.body.statements)
      : line.kind === "include" && line.file
      ? countLines(line.file.statements)
      : 1;
  }
  return count;
}

/** Where a line of an explore block may stand. */
type Place = "outside" | "explore" | "vcpu" | "user" | "host";

/** What each place is called. */
const PLACE_NAMES: Readonly<Record<Place, string>> = {
  outside: "outside explore { … }",
  explore: "in explore { … }",
  vcpu: "in vcpu N { … }",
  user: "in user N { … }",
  host: "in host N { … }",
};

const PROGRAMS: readonly Place[] = ["vcpu", "user", "host"];

/** Where the lines stand that only explore blocks have. */
const PLACES: Readonly<Partial<Record<Line["kind"], readonly Place[]>>> = {
  program: ["explore"],
  repeat: PROGRAMS,
  either: PROGRAMS,
  choose: ["explore", ...PROGRAMS],
  instruction: ["vcpu"],
  "user-line": ["user"],
  "host-line": ["host"],
  preempt: ["explore"],
  migrate: ["explore"],
  fail: ["explore"],
  never: ["explore"],
  property: ["explore"],
  bound: ["explore"],
};

/** What belongs before a line that stands outside. */
const PREFIXES: Readonly<Partial<Record<Line["kind"], string>>> = {
  instruction: "guest",
  "user-line": "user",
  "host-line": "host",
};

/** Most turns of a `repeat`. */
const REPEAT_MAX = 10_000n;

/** Lines that build the machine and do not use it. */
function isConfiguration(line: Line): boolean {
  return line.kind === "arch" || line.kind === "kernel" || line.kind === "host";
}

/** Lines that say what the architecture is, or that hold others. */
function settlesArch({ kind }: Line): boolean {
  return kind === "arch" || kind === "include" || kind === "broken" ||
    kind === "scenario" || kind === "for" || kind === "explore" ||
    kind === "program" || kind === "repeat" || kind === "either";
}

/** What a lookup of an expression's name found. */
type Words = Pick<FieldWord, "values"> | undefined;

/**
 * Checks lines one after the other, and remembers what they mean for the next ones. A prompt keeps one for as
 * long as its session lives.
 */
export class Checker {
  readonly #vocabulary: Vocabulary;
  readonly #report: (diagnostic: Diagnostic) => void;
  readonly #structured: boolean;
  readonly #scenarios = new Map<string, Span>();
  #state: MachineState;
  #scope: Scope;
  #mode: Mode = "inside";
  #place: Place = "outside";
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

  constructor({ vocabulary, unbalanced, report }: CheckOptions) {
    this.#vocabulary = vocabulary;
    this.#report = report;
    this.#structured = !unbalanced;
    this.#state = {
      arch: vocabulary.arches.find(({ name }) =>
        name === vocabulary.defaultArch
      ),
      archGiven: undefined,
      kernelGiven: undefined,
      configured: undefined,
      started: undefined,
      counts: new Map(),
      vcpus: 1n,
      cpus: 1n,
    };
    this.#scope = new Scope();
    // Where a block ends early by mistake, names of it are used behind it.
    if (unbalanced) this.#scope.taintAll();
  }

  /** A checker that knows what this one knows, and goes its own way from here: for lines on trial. */
  fork(report: (diagnostic: Diagnostic) => void): Checker {
    const copy = new Checker({
      vocabulary: this.#vocabulary,
      unbalanced: !this.#structured,
      report,
    });
    copy.#state = { ...this.#state };
    copy.#scope = this.#scope.copy();
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
    for (const line of lines) this.#line(line);
  }

  #line(line: Line): void {
    const { started, configured } = this.#state;
    try {
      if (this.#mode === "outside") this.#checkOutside(line);
      this.#checkPlace(line);
      if (this.#state.arch || settlesArch(line)) this.#check(line);
      else this.#checkForAny(line);
    } catch (problem) {
      if (!(problem instanceof LineProblem)) throw problem;
      this.#blame(line, problem.diagnostic);
      // What it really was to be is not known, so nothing comes too late because of it.
      this.#state = { ...this.#state, started, configured };
    }
  }

  /** Reports what is wrong with a line, if nothing was reported of it in another turn of a loop. */
  #blame(line: Line, diagnostic: Diagnostic): void {
    if (this.#blamed.has(line)) return;
    this.#blamed.add(line);
    if (this.#loopValues.length === 0) {
      this.#report(diagnostic);
      return;
    }
    const { span, notes = [] } = diagnostic;
    const message = `with ${this.#loopValues.join(", ")}`;
    this.#report({ ...diagnostic, notes: [...notes, { span, message }] });
  }

  #check(line: Line): void {
    const checks = CHECKS[line.kind] as (c: Checker, line: Line) => void;
    checks(this, line);
  }

  /** Where the architecture is not known, a line is wrong if it is wrong for all of them. */
  #checkForAny(line: Line): void {
    const before = this.#state;
    const scope = this.#scope;
    let first: LineProblem | undefined;
    for (const arch of this.#vocabulary.arches) {
      this.#state = { ...before, arch };
      this.#scope = new Scope(scope);
      try {
        this.#check(line);
        first = undefined;
        break;
      } catch (problem) {
        if (!(problem instanceof LineProblem)) throw problem;
        first ??= problem;
      }
    }
    scope.adopt(this.#scope);
    this.#scope = scope;
    this.#state = { ...this.#state, arch: undefined };
    if (first) throw first;
  }

  /** In a file with scenarios, only what each of them begins with stands outside, before the first. */
  #checkOutside(line: Line): void {
    switch (line.kind) {
      case "scenario":
        this.#scenarioSeen ??= line.span;
        return;
      case "broken":
        if (line.body) this.#scenarioSeen ??= line.span;
        return;
      case "for":
        if (!hasScenario(line.body.statements)) break;
        this.#scenarioSeen ??= line.span;
        return;
      case "include":
        if (line.file && hasScenario(line.file.statements)) return;
        if (!line.file || !this.#scenarioSeen) return;
        break;
      case "arch":
      case "kernel":
      case "host":
      case "set":
      case "let":
        if (!this.#scenarioSeen) return;
        break;
      default:
        fail({
          code: "misplaced",
          span: line.span,
          message:
            "This stands outside all scenarios, in a file that has scenarios",
          hint: "move it into a scenario",
        });
    }
    if (line.kind === "for") {
      // What is in it must not be blamed as well.
      fail({
        code: "misplaced",
        span: line.span,
        message: "This for stands outside all scenarios and contains none",
        hint: "move it into a scenario",
      });
    }
    if (line.kind === "let") this.define(line.name);
    fail({
      code: "too-late",
      span: line.span,
      message: "This must stand before the first scenario",
      notes: this.#scenarioSeen &&
        [{ span: this.#scenarioSeen, message: "the first scenario" }],
    });
  }

  /** Lines of an explore block stand where they mean something, and others do not stand there. */
  #checkPlace(line: Line): void {
    const place = this.#place;
    const mayFollow = this.#afterEither;
    this.#afterEither = line.kind === "either" || line.kind === "broken";
    if (line.kind === "broken" || !this.#structured) return;
    const places = PLACES[line.kind] ?? ["outside"];
    if (line.kind === "let") return;
    if (!places.includes(place)) {
      const prefix = PREFIXES[line.kind];
      const text = line.span.source.text.slice(line.span.start, line.span.end);
      this.#misplacedBody(line);
      fail({
        code: "misplaced",
        span: line.span,
        message: `This cannot stand ${PLACE_NAMES[place]}`,
        hint: place === "outside" && prefix
          ? `did you mean ${prefix} ${text}?`
          : `it stands ${places.map((one) => PLACE_NAMES[one]).join(" or ")}`,
      });
    }
    if (line.kind === "either" && !line.isFirst && !mayFollow) {
      this.#misplacedBody(line);
      fail({
        code: "misplaced",
        span: line.span,
        message: "or needs an either { … } before it",
      });
    }
    if (place === "outside" && this.#explored && line.kind !== "scenario") {
      fail({
        code: "too-late",
        span: line.span,
        message: line.kind === "explore"
          ? "There is an explore block already"
          : "This comes after explore { … }, which is the end",
        notes: [{ span: this.#explored, message: "the explore block" }],
      });
    }
  }

  /** Names of a block that stands in the wrong place are nobody's fault. */
  #misplacedBody(line: Line): void {
    if ("name" in line && line.kind === "choose") {
      this.#scope.taint([line.name.text]);
    }
  }

  explore(line: Extract<Line, { readonly kind: "explore" }>): void {
    if (this.#loops > 0) {
      this.#blame(line, {
        code: "misplaced",
        span: line.span,
        message: "An explore block cannot stand in a loop",
        hint: "choose x in 0..3, in the block, searches for each value",
      });
    }
    this.started(line.span);
    this.#explored = line.span;
    // vCPUs are those that have programs.
    const before = this.#state;
    this.#state = { ...before, vcpus: undefined };
    this.#inPlace("explore", line.body);
    this.#state = before;
    if (!this.#structured) return;
    const isGood = !line.body.statements.some((one) => this.#blamed.has(one));
    for (const { line: wrong, diagnostic } of blockProblems(line)) {
      // A program may be meant by what has a mistake.
      if (isGood || wrong !== line) this.#blame(wrong, diagnostic);
    }
  }

  #inPlace(place: Place, body: Block<Line>): void {
    const before = this.#place;
    this.#place = place;
    this.#afterEither = false;
    this.#block(body);
    this.#place = before;
    this.#afterEither = false;
  }

  program(
    { of, index, body }: Extract<Line, { readonly kind: "program" }>,
  ): void {
    try {
      if (of === "host") this.#cpu(index);
      else {
        this.#within(index, { what: "A vCPU's number", min: 0n, max: 15n });
      }
    } finally {
      this.#inPlace(of, body);
    }
  }

  repeat({ count, body }: Extract<Line, { readonly kind: "repeat" }>): void {
    try {
      this.#within(count, { what: "repeat", min: 1n, max: REPEAT_MAX });
    } finally {
      this.#inPlace(this.#place, body);
    }
  }

  either(line: Extract<Line, { readonly kind: "either" }>): void {
    this.#inPlace(this.#place, line.body);
    this.#afterEither = true;
  }

  choose(line: Extract<Line, { readonly kind: "choose" }>): void {
    try {
      const values = line.values.map((value) => this.constant(value));
      const [from, to] = values;
      if (line.isRange && from !== undefined && to !== undefined && from > to) {
        fail({
          code: "out-of-range",
          span: { ...line.values[0].span, end: line.values[1].span.end },
          message: `The range ${from}..${to} runs backwards`,
        });
      }
    } finally {
      this.define(line.name);
    }
  }

  /** A program's line may not name what it reads: there is nobody to ask for it. */
  #refuseAs(as: Name | undefined): void {
    if (!as) return;
    fail({
      code: "misplaced",
      span: as.span,
      message: "as has no meaning in a program that is explored",
    });
  }

  programInstruction(instruction: Instruction): void {
    if (instruction.kind === "read") this.#refuseAs(instruction.as);
    this.instruction(undefined, instruction);
  }

  programOperation(operation: UserOperation): void {
    if (operation.kind === "get") this.#refuseAs(operation.as);
    if (operation.kind === "set-pc" || operation.kind === "check") {
      fail({
        code: "misplaced",
        span: operation.span,
        message: "Programs that are explored do not do this",
      });
    }
    this.user(undefined, operation);
  }

  firstRunFails(span: Span): void {
    const { arch } = this.#state;
    if (!arch || arch.name === "arm64") return;
    fail({
      code: "wrong-arch",
      span,
      message: `fail is for arm64; this is ${arch.name}`,
    });
  }

  never({ properties }: Extract<Line, { readonly kind: "never" }>): void {
    for (const name of properties) {
      failUnlessListed(name, "a property", this.#vocabulary.properties);
    }
  }

  property(line: Extract<Line, { readonly kind: "property" }>): void {
    if (line.expectation.kind !== "view") {
      fail({
        code: "misplaced",
        span: line.span,
        message: "What always or finally holds is asked of a view",
        expected: ["VIEW R[.field] OP VALUE"],
      });
    }
    this.expect(line.expectation, line.on);
  }

  bound({ states, depth }: Extract<Line, { readonly kind: "bound" }>): void {
    this.#within(states, { what: "states", min: 1n, max: VALUE_MAX });
    this.#within(depth, { what: "depth", min: 1n, max: VALUE_MAX });
  }

  // ---- Blocks ---------------------------------------------------------------------------------------

  /** Checks the lines of a block, with a scope of its own. */
  #block(block: Block<Line>, inner: { readonly scope?: Scope } = {}): void {
    const outer = this.#scope;
    this.#scope = inner.scope ?? new Scope(outer);
    for (const line of block.statements) this.#line(line);
    this.#scope = outer;
  }

  /** Checks a block as a machine of its own: what happens in it is gone behind it. */
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
    // Where braces do not match, the block may go on behind its end.
    if (this.#structured) this.#state = before.state;
    this.#mode = before.mode;
    this.#explored = before.explored;
  }

  scenario(line: ScenarioStatement<Line>): void {
    if (this.#mode === "inside") {
      this.#blame(line, {
        code: "misplaced",
        span: line.span,
        message: "A scenario cannot stand inside a scenario",
      });
    } else this.#checkScenarioName(line);
    this.#fresh(
      this.#structured ? "inside" : "unknown",
      () => this.#block(line.body),
    );
  }

  #checkScenarioName(line: ScenarioStatement<Line>): void {
    const { name } = line;
    try {
      let text: string | undefined = "";
      for (const part of name.parts) {
        const value = "kind" in part ? this.constant(part) : part.value;
        text = text === undefined || value === undefined
          ? undefined
          : `${text}${value}`;
      }
      if (text === undefined || this.#trials > 0) return;
      if (text.trim() === "") {
        fail({
          code: "no-name",
          span: name.span,
          message: "A scenario needs a name",
        });
      }
      const first = this.#scenarios.get(text);
      if (first === undefined) {
        this.#scenarios.set(text, name.span);
        return;
      }
      fail({
        code: "already-defined",
        span: name.span,
        message: `A scenario is already called "${text}"`,
        notes: first === name.span
          ? []
          : [{ span: first, message: "the other one" }],
        hint: first === name.span
          ? 'the name can tell the turns of a loop apart, as in "x{i}"'
          : undefined,
      });
    } catch (problem) {
      if (!(problem instanceof LineProblem)) throw problem;
      this.#blame(line, problem.diagnostic);
    }
  }

  for(line: Extract<Line, { readonly kind: "for" }>): void {
    this.#loops++;
    try {
      this.#loop(line);
    } finally {
      this.#loops--;
    }
  }

  #loop(line: Extract<Line, { readonly kind: "for" }>): void {
    const { variable } = line;
    let range: { readonly from: bigint; readonly to: bigint } | undefined;
    try {
      const from = this.constant(line.from);
      const to = this.constant(line.to);
      this.#refuseShadowing(variable, new Scope(this.#scope));
      if (from !== undefined && to !== undefined) {
        if (from > to) {
          fail({
            code: "out-of-range",
            span: { ...line.from.span, end: line.to.span.end },
            message: `The range ${from}..${to} runs backwards`,
          });
        }
        range = { from, to };
      }
    } catch (problem) {
      if (!(problem instanceof LineProblem)) throw problem;
      this.#blame(line, problem.diagnostic);
    }
    const before = this.#state;
    const explored = this.#explored;
    // What is wrong whatever the variable's value is, then what is wrong for one of them.
    if (range) this.#trials++;
    this.#turn(line, undefined);
    if (range) this.#trials--;
    if (range && this.#trials === 0 && this.#structured) {
      this.#turns(line, { ...range, before, explored });
    }
    if (this.#mode !== "inside") return;
    const { started } = this.#state;
    if (before.started || !started) return;
    const late = line.body.statements.find(isConfiguration);
    if (!late) return;
    this.#blame(late, {
      code: "too-late",
      span: late.span,
      message: "This comes too late the second time round the loop",
      notes: [{ span: started, message: "the machine is in use since here" }],
    });
    const { configured } = before;
    this.#state = { ...this.#state, started: undefined, configured };
  }

  /** Goes through the turns of a loop that can be known, from what was before it. */
  #turns(
    line: Extract<Line, { readonly kind: "for" }>,
    { from, to, before, explored }: {
      readonly from: bigint;
      readonly to: bigint;
      readonly before: MachineState;
      readonly explored: Span | undefined;
    },
  ): void {
    const lines = countLines(line.body.statements);
    const count = to - from + 1n;
    const all = count * BigInt(lines) <= BigInt(this.#linesLeft);
    // Of a long loop, the first turn and the last.
    this.#linesLeft -= lines * (all ? Number(count) : 2);
    if (this.#linesLeft < 0) return;
    const after = this.#state;
    this.#state = before;
    const { archGiven, kernelGiven, configured, started } = before;
    const step = all ? 1n : to - from;
    for (let value = from; value <= to; value += step) {
      // That something is given again, or too late, was told without a value.
      this.#state = {
        ...this.#state,
        archGiven,
        kernelGiven,
        configured,
        started,
      };
      this.#loopValues.push(`${line.variable.text} = ${value}`);
      this.#explored = explored;
      this.#turn(line, value);
      this.#loopValues.pop();
      // What the turns that are left out do to the machine is not known.
      if (!all) this.#countsUnknown();
    }
    if (!all) this.#state = after;
  }

  /** Checks a loop's body; its variable has a value, or any. */
  #turn(
    line: Extract<Line, { readonly kind: "for" }>,
    value: bigint | undefined,
  ): void {
    const scope = new Scope(this.#scope);
    scope.define(line.variable, value);
    if (this.#mode !== "outside") {
      this.#block(line.body, { scope });
      return;
    }
    const seen = this.#scenarioSeen;
    this.#scenarioSeen = undefined;
    this.#fresh("outside", () => this.#block(line.body, { scope }));
    this.#scenarioSeen = seen;
  }

  include({ file }: Extract<Line, { readonly kind: "include" }>): void {
    if (file) {
      for (const line of file.statements) this.#line(line);
      return;
    }
    this.#scope.taintAll();
    this.#archUnknown(undefined);
    this.#countsUnknown();
  }

  /** A line that may have named the architecture was not understood. */
  #archUnknown(perhaps: ArchVocabulary | undefined): void {
    // It is named once only: what was named before holds.
    if (this.#state.archGiven) return;
    this.#state = { ...this.#state, arch: perhaps };
  }

  broken(line: Extract<Line, { readonly kind: "broken" }>): void {
    const { head, names, body } = line;
    this.#scope.taint(names);
    const meant = WORDS.includes(head) ? head : nearest(head, WORDS);
    if (meant === "include") this.#scope.taintAll();
    const { arches } = this.#vocabulary;
    const named = arches.find(({ name }) => names.has(name));
    if (named || meant === "arch" || meant === "include") {
      this.#archUnknown(named ?? this.#archNear(names));
    }
    if (["host", "set", "include"].includes(meant ?? "") || !meant) {
      this.#countsUnknown();
    }
    if (!body) return;
    const scope = new Scope(this.#scope);
    // It may have been a loop whose variable cannot be read.
    const words = [...names].filter((word) => word !== head && word !== "in");
    if (meant !== "scenario" && words.length === 0) scope.taintAll();
    this.#fresh("unknown", () => this.#block(body, { scope }));
    this.#countsUnknown();
  }

  /** The architecture that a misspelt word is nearest to. */
  #archNear(words: ReadonlySet<string>): ArchVocabulary | undefined {
    const { arches } = this.#vocabulary;
    const names = arches.map(({ name }) => name);
    for (const word of words) {
      const near = nearest(word, names);
      if (near) return arches.find(({ name }) => name === near);
    }
    return undefined;
  }

  #countsUnknown(): void {
    this.#state = {
      ...this.#state,
      vcpus: undefined,
      cpus: undefined,
      counts: new Map(),
    };
  }

  // ---- Names and values -----------------------------------------------------------------------------

  #refuseShadowing(name: Name, scope: Scope): void {
    const earlier = scope.find(name.text);
    if (!earlier || !this.#structured) return;
    const here = scope.has(name.text);
    fail({
      code: here ? "already-defined" : "shadowing",
      span: name.span,
      message: here
        ? `${name.text} is already defined`
        : `${name.text} would hide a name of the same spelling`,
      notes: [{ span: earlier.span, message: "defined here" }],
    });
  }

  /** Defines a name in the current block. */
  define(name: Name, value?: bigint): void {
    try {
      this.#refuseShadowing(name, this.#scope);
    } finally {
      if (!this.#scope.has(name.text)) this.#scope.define(name, value);
    }
  }

  /**
   * Checks an expression.
   *
   * @returns its value, if that is known before anything runs
   */
  constant(
    expr: Expr,
    /** Words that a name alone may have been meant to be. */
    words: readonly string[] = [],
  ): bigint | undefined {
    for (const name of namesIn(expr)) this.#checkName(name, words);
    const result = evaluate(
      expr,
      ({ text }) => this.#scope.find(text)?.value,
    );
    if (result.kind === "error") fail(result.diagnostic);
    return result.kind === "value" ? result.value : undefined;
  }

  #checkName(name: Name, more: readonly string[]): void {
    const { text, span } = name;
    if (this.#scope.find(text) || this.#scope.mayDefine(text)) return;
    const words = [...this.#scope.names(), ...more];
    const parts = text.split("-");
    const subtraction = parts.length > 1 &&
      parts.every((part) => /^\d+$/.test(part) || this.#scope.find(part));
    fail({
      code: "unknown-name",
      span,
      message: `${text} is not defined`,
      hint: subtraction
        ? `subtraction needs blanks: ${parts.join(" - ")}`
        : didYouMean(text, words),
    });
  }

  /**
   * Checks a value that may be one of a field's named values.
   *
   * @param widest the largest value that fits
   */
  #value(
    value: Expr,
    { words, fits }: {
      readonly words: Words;
      readonly fits: (value: bigint) => void;
    },
  ): void {
    if (value.kind === "name" && words?.values) {
      const named = namedValue(words, value);
      const bound = this.#scope.find(value.text);
      if (named !== undefined && bound) {
        fail({
          code: "ambiguous-value",
          span: value.span,
          message: `${value.text} is a name here and also a value of the field`,
          notes: [{ span: bound.span, message: "the name is defined here" }],
          hint: `write ${hex(named)} for the field's value, or rename the name`,
        });
      }
      if (named !== undefined) return;
      const names = Object.keys(words.values);
      // A short word may well be a lost loop variable, a long one that is nearly a value is not.
      const meant = value.text.length >= 4 &&
        nearest(value.text, names) !== undefined;
      if (this.#scope.mayDefine(value.text) && !meant) return;
      if (!bound) {
        failUnknown(value, {
          code: "unknown-value",
          message: `${value.text} is neither a value of the field nor a name`,
          words: [...Object.keys(words.values), ...this.#scope.names()],
        });
      }
    }
    const known = this.constant(value);
    if (known !== undefined) fits(known);
  }

  #fieldValue(value: Expr, owner: string, field: FieldWord): void {
    this.#value(value, {
      words: field,
      fits: (known) => failIfWide(known, value.span, owner, field),
    });
  }

  #wholeValue(value: Expr, register: RegisterWord | undefined): void {
    const known = this.constant(value);
    if (known === undefined || !register) return;
    if (known >> BigInt(register.widthBits) === 0n) return;
    fail({
      code: "value-too-wide",
      span: value.span,
      message: `${
        hex(known)
      } does not fit ${register.name}, ${register.widthBits} bits`,
    });
  }

  /** Checks a number that must be one of few. */
  #oneOf(
    expr: Expr | undefined,
    allowed: readonly number[],
    { what, code = "out-of-range" }: {
      readonly what: string;
      readonly code?: "out-of-range" | "bad-size";
    },
  ): void {
    if (!expr) return;
    const value = this.constant(expr);
    if (value === undefined || allowed.some((one) => BigInt(one) === value)) {
      return;
    }
    fail({
      code,
      span: expr.span,
      message: `${what} cannot be ${value}`,
      expected: allowed.map(String),
    });
  }

  /** Checks a number that has a lowest and a highest value. */
  #within(
    expr: Expr | undefined,
    { what, min, max }: {
      readonly what: string;
      readonly min: bigint;
      readonly max: bigint;
    },
  ): bigint | undefined {
    if (!expr) return undefined;
    const value = this.constant(expr);
    if (value === undefined || (value >= min && value <= max)) return value;
    return fail({
      code: "out-of-range",
      span: expr.span,
      message: `${what} cannot be ${value}`,
      expected: [max === VALUE_MAX ? `${min} or more` : `${min} to ${max}`],
    });
  }

  /** Checks the address of an instruction. */
  #codeAddress(expr: Expr): void {
    const value = this.constant(expr);
    const alignment = BigInt(this.#state.arch?.codeAlignment ?? 1);
    if (value === undefined || value % alignment === 0n) return;
    fail({
      code: "bad-address",
      span: expr.span,
      message: `No instruction can be at ${
        hex(value)
      }, which is not a multiple of ${alignment}`,
    });
  }

  #vcpu(at: Expr | undefined): void {
    this.#numbered(at, "vCPU", "vcpus");
  }

  #cpu(at: Expr | undefined): void {
    this.#numbered(at, "CPU", "cpus");
  }

  #numbered(
    at: Expr | undefined,
    what: string,
    count: "vcpus" | "cpus",
  ): void {
    if (!at) return;
    const number = this.constant(at);
    const have = this.#structured ? this.#state[count] : undefined;
    if (number === undefined || have === undefined || number < have) return;
    fail({
      code: "out-of-range",
      span: at.span,
      message: `There is no ${what} ${number}`,
      expected: [have === 1n ? "0" : `0 to ${have - 1n}`],
      hint: `${count === "vcpus" ? "set" : "host"} ${count}=${
        number + 1n
      } gives that many, counted from 0`,
    });
  }

  // ---- Registers ------------------------------------------------------------------------------------

  /**
   * Looks up a register.
   *
   * @returns undefined if the architecture is not known
   */
  #register(
    { name, index }: RegisterRef,
    more: (arch: ArchVocabulary) => readonly RegisterWord[] = () => [],
    /** What else the name may have been meant to be. */
    words: readonly string[] = [],
  ): RegisterWord | undefined {
    const number = index && this.constant(index);
    const { arch } = this.#state;
    if (!arch) return undefined;
    if (!index) {
      return findRegister(arch.registers, name.text) ??
        findRegister(more(arch), name.text) ??
        failUnknownRegister(name, arch, this.#vocabulary, words);
    }
    const family = findFamily(arch.registers, name.text);
    if (!family) {
      if (findRegister(arch.registers, name.text)) {
        fail({
          code: "unknown-register",
          span: name.span,
          message: `${name.text} takes no index`,
        });
      }
      failUnknownRegister(name, arch, this.#vocabulary);
    }
    const members = [...family.keys()];
    if (number === undefined) return family.get(members[0]);
    return family.get(Number(number)) ?? fail({
      code: "index-out-of-range",
      span: index.span,
      message: `There is no ${name.text}[${number}]`,
      expected: [`${Math.min(...members)} to ${Math.max(...members)}`],
    });
  }

  #field(fields: readonly FieldWord[], name: Name, owner: string): FieldWord {
    return findField(fields, name.text) ?? failUnknown(name, {
      code: "unknown-field",
      message: `${owner} has no field ${name.text}`,
      words: fields.map((field) => field.name.toLowerCase()),
    });
  }

  #fields(
    settings: readonly FieldSetting[],
    register: RegisterWord | undefined,
  ): void {
    for (const { field, value } of settings) {
      if (!register) {
        this.#unknownValue(value);
        continue;
      }
      const word = this.#field(register.fields, field, register.name);
      this.#fieldValue(value, register.name, word);
    }
  }

  /** A value whose field is not known: a lone name may be anything. */
  #unknownValue(value: Expr): void {
    if (value.kind !== "name") this.constant(value);
  }

  /** Fields with a number each, of an exit or an exception. */
  #namedNumbers(
    settings: readonly FieldSetting[],
    fields: readonly string[] | undefined,
    owner: string,
  ): void {
    for (const { field, value } of settings) {
      if (fields && !fields.includes(field.text)) {
        failUnknown(field, {
          code: "unknown-field",
          message: `${owner} has no field ${field.text}`,
          words: fields,
        });
      }
      this.constant(value);
    }
  }

  /** Checks `VIEW R[.field]` and gives the field, or the register as a whole. */
  #seen(
    { view, register, field }: {
      readonly view: ViewRef;
      readonly register: RegisterRef;
      readonly field: Name | undefined;
    },
  ): {
    readonly register: RegisterWord | undefined;
    readonly owner: string;
    readonly field: FieldWord | undefined;
  } {
    this.#view(view);
    if (view.name === "kvm") {
      const word = this.#kvmName(register);
      return {
        register: undefined,
        owner: word?.name ?? register.name.text,
        field: field && word
          ? this.#field(word.fields, field, word.name)
          : undefined,
      };
    }
    const user = view.name === "user";
    const word = this.#register(
      register,
      (arch) => user ? arch.userRegisters : [],
    );
    return {
      register: word,
      owner: word?.name ?? register.name.text,
      field: field && word
        ? this.#field(word.fields, field, word.name)
        : undefined,
    };
  }

  #kvmName({ name, index }: RegisterRef) {
    const number = index && this.constant(index);
    const { arch } = this.#state;
    if (!arch) return undefined;
    const find = ({ kvmNames }: ArchVocabulary) =>
      index === undefined
        ? kvmNames.find((word) => word.name === name.text)
        : kvmNames.find((word) => word.name === `${name.text}${number ?? 0}`);
    const word = find(arch);
    if (word) return word;
    const other = otherArch(
      this.#vocabulary,
      arch,
      (one) => find(one) !== undefined,
    );
    if (other) failWrongArch(name, "a name of KVM's", { arch, other });
    if (index) {
      const count = arch.kvmNames.filter((word) =>
        word.name.replace(/\d+$/, "") === name.text
      ).length;
      if (count > 1) {
        fail({
          code: "index-out-of-range",
          span: index.span,
          message: `There is no ${name.text}[${number}]`,
          expected: [`0 to ${count - 1}`],
        });
      }
    }
    return failUnknown(name, {
      code: "unknown-name",
      message: `${name.text}${
        index ? "[…]" : ""
      } is not a name of the kvm view`,
      words: arch.kvmNames.map((word) => word.name),
    });
  }

  #view({ name, at }: ViewRef): void {
    if (name === "cpu") this.#cpu(at);
    else this.#vcpu(at);
  }

  /** Looks a word up in a list of the architecture. */
  #word(
    name: Name,
    { what, list, code = "unknown-word" }: {
      /** With its article: `an exception`. */
      readonly what: string;
      readonly list: (arch: ArchVocabulary) => readonly string[];
      readonly code?: "unknown-word" | "unknown-profile";
    },
  ): void {
    const { arch } = this.#state;
    if (!arch || list(arch).includes(name.text)) return;
    const other = otherArch(
      this.#vocabulary,
      arch,
      (one) => list(one).includes(name.text),
    );
    if (other) failWrongArch(name, what, { arch, other });
    failUnknown(name, {
      code,
      message: `${name.text} is not ${what} of ${arch.name}`,
      words: list(arch),
    });
  }

  // ---- The machine ----------------------------------------------------------------------------------

  /** The machine is in use from this statement on. */
  started(span: Span): void {
    if (this.#state.started) return;
    this.#state = {
      ...this.#state,
      started: span,
      configured: this.#state.configured ?? span,
    };
  }

  #refuseLate(span: Span, since: Span | undefined, why: string): void {
    if (!since || this.#mode === "unknown") return;
    fail({
      code: "too-late",
      span,
      message: "This comes too late in the file",
      notes: [{ span: since, message: why }],
    });
  }

  arch({ name, span }: Extract<Line, { readonly kind: "arch" }>): void {
    const { archGiven, configured } = this.#state;
    const arch = this.#vocabulary.arches.find((one) => one.name === name.text);
    try {
      if (archGiven && this.#structured) {
        fail({
          code: "already-defined",
          span,
          message: "arch is given twice",
          notes: [{ span: archGiven, message: "the first one" }],
        });
      }
      this.#refuseLate(span, configured, "the architecture is settled here");
    } finally {
      this.#state = { ...this.#state, arch, archGiven: span };
    }
  }

  kernel(line: KernelStatement): void {
    const { profile, vendor, options, span } = line;
    const { kernelGiven, started } = this.#state;
    this.#state = {
      ...this.#state,
      kernelGiven: span,
      configured: this.#state.configured ?? span,
    };
    if (kernelGiven && this.#structured) {
      fail({
        code: "already-defined",
        span,
        message: "kernel is given twice",
        notes: [{ span: kernelGiven, message: "the first one" }],
      });
    }
    this.#refuseLate(span, started, "the machine is in use since here");
    const { arch } = this.#state;
    if (!arch) return;
    const find = ({ profiles }: ArchVocabulary) =>
      profiles.find((word) => word.name === profile.text);
    const word = find(arch);
    if (!word) {
      const other = otherArch(
        this.#vocabulary,
        arch,
        (one) => find(one) !== undefined,
      );
      if (other) {
        // What follows is meant for that architecture.
        if (!this.#state.archGiven) {
          this.#state = { ...this.#state, arch: other };
        }
        fail({
          code: "wrong-arch",
          span: profile.span,
          message:
            `${profile.text} is a kernel of ${other.name}; this is ${arch.name}`,
          hint: this.#state.archGiven
            ? undefined
            : `put arch ${other.name} before it`,
        });
      }
      failUnknown(profile, {
        code: "unknown-profile",
        message: `${profile.text} is not a kernel of ${arch.name}`,
        words: arch.profiles.map(({ name }) => name),
      });
    }
    if (vendor && !word.vendors.includes(vendor.text)) {
      failUnknown(vendor, {
        code: "unknown-word",
        message: word.vendors.length === 0
          ? `${word.name} has no vendors to choose from`
          : `${vendor.text} is not a vendor of ${word.name}`,
        words: word.vendors,
      });
    }
    for (const { name, value } of options) {
      const values = Object.hasOwn(word.options, name.text)
        ? word.options[name.text]
        : undefined;
      if (!values) {
        failUnknown(name, {
          code: "unknown-option",
          message: `${name.text}= is not an option of ${word.name}`,
          words: Object.keys(word.options),
        });
      }
      if (values.includes(value.text)) continue;
      failUnknown(value, {
        code: "unknown-word",
        message: `${name.text}= cannot be ${value.text}`,
        words: values,
      });
    }
  }

  host(line: Extract<Line, { readonly kind: "host" }>): void {
    const { counts, model, unpredictable, span } = line;
    const { started } = this.#state;
    this.#state = {
      ...this.#state,
      configured: this.#state.configured ?? span,
    };
    try {
      this.#refuseLate(span, started, "the machine is in use since here");
      const known = new Map(this.#state.counts);
      this.#counts(counts, (arch) => arch.hostCounts, (name, value) => {
        if (value === undefined) known.delete(name);
        else known.set(name, value);
        if (name === "cpus") this.#state = { ...this.#state, cpus: value };
      });
      this.#checkHost(counts, known);
      this.#state = { ...this.#state, counts: known };
      if (model) {
        this.#word(model, {
          what: "a hardware model",
          list: ({ models }) => models,
        });
      }
      if (unpredictable) {
        this.#word(unpredictable, {
          what: "an outcome",
          list: (arch) => arch.unpredictable,
        });
      }
    } catch (problem) {
      if (counts.some(({ name }) => name.text === "cpus")) {
        this.#state = { ...this.#state, cpus: undefined };
      }
      throw problem;
    }
  }

  /** The physical machine as a whole, if all its counts are known. */
  #checkHost(
    settings: readonly CountSetting[],
    known: ReadonlyMap<string, bigint>,
  ): void {
    const { arch } = this.#state;
    if (!arch || settings.length === 0) return;
    const all: Record<string, number> = {};
    for (const { name, initial } of arch.hostCounts) {
      const setting = settings.some((one) => one.name.text === name);
      const value = known.get(name);
      if (value !== undefined) all[name] = Number(value);
      else if (setting || initial === undefined) return;
      else all[name] = initial;
    }
    const problem = arch.checkHost(all);
    if (problem === undefined) return;
    fail({ code: "out-of-range", span: settings[0].span, message: problem });
  }

  set(line: Extract<Line, { readonly kind: "set" }>): void {
    this.started(line.span);
    try {
      this.#counts(line.counts, (arch) => arch.guestCounts, (name, value) => {
        if (name === "vcpus") this.#setVcpus(line.span, value);
      });
    } catch (problem) {
      if (line.counts.some(({ name }) => name.text === "vcpus")) {
        this.#state = { ...this.#state, vcpus: undefined };
      }
      throw problem;
    }
  }

  #setVcpus(span: Span, value: bigint | undefined): void {
    const have = this.#structured ? this.#state.vcpus : undefined;
    if (value !== undefined && have !== undefined && value < have) {
      fail({
        code: "out-of-range",
        span,
        message: `vcpus=${value} is less than the ${have} vCPUs there are`,
      });
    }
    this.#state = { ...this.#state, vcpus: value };
  }

  #counts(
    settings: readonly CountSetting[],
    list: (arch: ArchVocabulary) => readonly CountWord[],
    known: (name: string, value: bigint | undefined) => void,
  ): void {
    const { arch } = this.#state;
    for (const { name, value } of settings) {
      const word = arch && list(arch).find((one) => one.name === name.text);
      if (arch && !word) {
        const other = otherArch(
          this.#vocabulary,
          arch,
          (one) => list(one).some((count) => count.name === name.text),
        );
        if (other) failWrongArch(name, "a count", { arch, other });
        failUnknown(name, {
          code: "unknown-option",
          message: `${name.text}= is not a count`,
          words: list(arch).map((one) => one.name),
        });
      }
      const limits = word ?? { min: 0, max: Number.MAX_SAFE_INTEGER };
      const number = this.#within(value, {
        what: `${name.text}, a count,`,
        min: BigInt(limits.min),
        max: BigInt(limits.max),
      });
      known(name.text, number);
    }
  }

  hostAction(cpu: Expr | undefined, action: HostAction): void {
    this.#cpu(cpu);
    if (action.kind === "break") this.#codeAddress(action.address);
    if (action.kind === "watch") {
      this.#watch(action, (arch) => arch.hostWatchSizes);
    }
  }

  #watch(
    { address, size }: {
      readonly address: Expr;
      readonly size: Expr | undefined;
    },
    sizes: (arch: ArchVocabulary) => readonly number[],
  ): void {
    this.constant(address);
    const { arch } = this.#state;
    if (!arch) return;
    this.#oneOf(size, sizes(arch), {
      what: "The size of a watchpoint",
      code: "bad-size",
    });
  }

  /** What a debugger's watchpoint watches: x86 has none for loads alone. */
  #watchedAccess(on: Name | undefined): void {
    const { arch } = this.#state;
    if (!on || !arch || arch.watchAccesses.includes(on.text)) return;
    fail({
      code: "wrong-arch",
      span: on.span,
      message: `${arch.name} has no watchpoint on=${on.text}`,
      expected: arch.watchAccesses,
    });
  }

  // ---- The guest and its userspace --------------------------------------------------------------------

  instruction(vcpu: Expr | undefined, instruction: Instruction): void {
    // What `as` names is defined even if the rest of the line is wrong.
    if (instruction.kind === "read" && instruction.as) {
      this.define(instruction.as);
    }
    this.#vcpu(vcpu);
    const { kind } = instruction;
    const name = { text: kind, span: instruction.span };
    this.#word(name, {
      what: "an instruction",
      list: (arch) => arch.instructions,
    });
    switch (kind) {
      case "write": {
        const register = this.#register(instruction.register);
        if (instruction.value) this.#wholeValue(instruction.value, register);
        this.#fields(instruction.fields, register);
        break;
      }
      case "read":
        this.#register(instruction.register);
        break;
      case "exec":
        this.#codeAddress(instruction.address);
        break;
      case "load":
      case "store":
      case "rmw":
        this.constant(instruction.address);
        this.#oneOf(instruction.size, ACCESS_SIZES, {
          what: "The size of an access",
          code: "bad-size",
        });
        break;
      case "in":
      case "out":
        this.#within(instruction.port, {
          what: "A port",
          min: 0n,
          max: 0xffffn,
        });
        this.#oneOf(instruction.size, PORT_SIZES, {
          what: "The size of a port access",
          code: "bad-size",
        });
        break;
      case "brk":
        this.#within(instruction.immediate, {
          what: "The immediate of brk",
          min: 0n,
          max: 0xffffn,
        });
        break;
      case "movss":
        if (instruction.address) this.constant(instruction.address);
        break;
      case "popf":
        this.#oneOf(instruction.tf, [0, 1], { what: "tf" });
        break;
      default:
        break;
    }
    this.#placement(instruction.placement);
  }

  #placement({ at, el, cpl, len }: Placement): void {
    if (at) this.#codeAddress(at);
    if (el) this.#optionOf(el, "el", "arm64");
    if (cpl) this.#optionOf(cpl, "cpl", "x86");
    if (len) this.#optionOf(len, "len", "x86");
    this.#oneOf(el, [0, 1], { what: "el" });
    this.#oneOf(cpl, [0, 3], { what: "cpl" });
    this.#within(len, { what: "len", min: 1n, max: LENGTH_MAX });
  }

  /** Refuses an option that only one architecture has. */
  #optionOf(value: Expr, option: string, owner: "arm64" | "x86"): void {
    const { arch } = this.#state;
    if (!arch || arch.name === owner) return;
    fail({
      code: "wrong-arch",
      span: value.span,
      message: `${option}= is for ${owner}; this is ${arch.name}`,
    });
  }

  handler(line: Extract<Line, { readonly kind: "handler" }>): void {
    this.started(line.span);
    this.#vcpu(line.vcpu);
  }

  run(line: Extract<Line, { readonly kind: "run" }>): void {
    this.started(line.span);
    this.#vcpu(line.vcpu);
    this.#cpu(line.cpu);
    const max = BigInt(RUN_STEPS_MAX);
    this.#within(line.steps, { what: "steps", min: 1n, max });
    this.#within(line.attempts, { what: "attempts", min: 0n, max });
    const { arch } = this.#state;
    if (line.fail && arch && arch.name !== "arm64") {
      fail({
        code: "wrong-arch",
        span: line.fail.span,
        message: `fail= is for arm64; this is ${arch.name}`,
      });
    }
  }

  entered(vcpu: Expr | undefined, span: Span): void {
    this.started(span);
    this.#vcpu(vcpu);
  }

  user(vcpu: Expr | undefined, operation: UserOperation): void {
    if (
      (operation.kind === "get" || operation.kind === "check") && operation.as
    ) this.define(operation.as);
    this.#vcpu(vcpu);
    const more = (arch: ArchVocabulary) => arch.userRegisters;
    switch (operation.kind) {
      case "get":
        this.#register(operation.register, more);
        return;
      case "set": {
        const register = this.#register(operation.register, more);
        if (operation.value) this.#wholeValue(operation.value, register);
        this.#fields(operation.fields, register);
        return;
      }
      case "set-pc":
        this.#codeAddress(operation.value);
        return;
      case "check":
        this.#word(operation.capability, {
          what: "a capability",
          list: ({ capabilities }) => capabilities,
        });
        return;
      case "debug":
        this.#debug(operation.request);
        return;
      case "init":
        return;
    }
  }

  #debug(request: DebugRequest): void {
    switch (request.kind) {
      case "break":
        this.#codeAddress(request.address);
        return;
      case "watch":
        this.#watch(request, (arch) => arch.watchSizes);
        this.#watchedAccess(request.on);
        return;
      case "raw": {
        this.#within(request.control, {
          what: "control, 32 bits,",
          min: 0n,
          max: 0xffff_ffffn,
        });
        const seen = new Set<RegisterWord>();
        for (const { register, value } of request.registers) {
          const word = this.#register(register);
          const fixed = !register.index ||
            this.constant(register.index) !== undefined;
          if (word && fixed && seen.has(word)) {
            fail({
              code: "duplicate-option",
              span: register.span,
              message: `${word.short} is given twice`,
            });
          }
          if (word && fixed) seen.add(word);
          this.#wholeValue(value, word);
        }
        if (request.inject) {
          this.#word(request.inject, {
            what: "an exception to inject",
            list: ({ injectable }) => injectable,
          });
        }
        this.#oneOf(request.blockirq, [0, 1], { what: "blockirq" });
        if (request.blockirq) {
          this.#optionOf(request.blockirq, "blockirq", "x86");
        }
        return;
      }
      default:
        return;
    }
  }

  // ---- Expectations and views -------------------------------------------------------------------------

  expect(expectation: Expectation, on: readonly Name[]): void {
    this.#expectation(expectation);
    for (const profile of on) {
      this.#word(profile, {
        what: "a kernel",
        code: "unknown-profile",
        list: ({ profiles }) => profiles.map(({ name }) => name),
      });
    }
  }

  #expectation(expectation: Expectation): void {
    switch (expectation.kind) {
      case "view": {
        const { register, owner, field } = this.#seen(expectation);
        const { value } = expectation;
        if (value.kind === "undef") return;
        if (field) this.#fieldValue(value, owner, field);
        else if (expectation.field) this.#unknownValue(value);
        else this.#wholeValue(value, register);
        return;
      }
      case "expression":
        this.constant(
          expectation.left,
          expectation.left.kind === "name" ? COUNTED : [],
        );
        this.#operand(expectation.value);
        return;
      case "exit":
        failUnlessListed(
          expectation.reason,
          "a way for a run to end",
          this.#vocabulary.exits,
        );
        this.#namedNumbers(
          expectation.fields,
          this.#state.arch?.exitFields,
          "An exit",
        );
        return;
      case "exceptions":
        for (const kind of expectation.kinds) this.#exception(kind);
        return;
      case "exception":
        this.#exception(expectation.exception);
        this.#namedNumbers(
          expectation.fields,
          this.#state.arch?.exceptionFields,
          "An exception",
        );
        return;
      case "exception-count":
      case "traps":
        this.constant(expectation.count);
        return;
      case "error":
        failUnlessListed(
          expectation.errno,
          "an error number",
          this.#vocabulary.errnos,
        );
        return;
      case "cost":
        this.#vcpu(expectation.vcpu);
        failUnlessListed(
          expectation.counter,
          "a counter",
          this.#vocabulary.costs,
        );
        this.constant(expectation.count);
        return;
      case "no-exception":
      case "ok":
      case "trap":
      case "no-trap":
      case "warning":
      case "no-warning":
        return;
    }
  }

  #operand(value: Expr | Undef): void {
    if (value.kind !== "undef") this.constant(value);
  }

  #exception(kind: Name): void {
    this.#word(kind, {
      what: "an exception",
      list: ({ exceptions }) => exceptions,
    });
  }

  show(views: readonly ViewRef[], patterns: readonly RegisterPattern[]): void {
    let vcpu: bigint | undefined;
    for (const view of views) {
      this.#view(view);
      if (!view.at || view.name === "cpu" || view.name === "kvm") continue;
      const seen = this.constant(view.at);
      if (seen !== undefined && vcpu !== undefined && seen !== vcpu) {
        fail({
          code: "not-possible",
          span: view.span,
          message:
            `A table is of one vCPU, and this one is of vCPU ${vcpu} already`,
          hint: "only kvm@v can be shown of several",
        });
      }
      vcpu ??= seen;
    }
    const user = views.some(({ name }) => name === "user");
    const kvm = views.some(({ name }) => name === "kvm");
    for (const { text, index, span } of patterns) {
      if (text.includes("*")) {
        if (index) {
          fail({
            code: "unexpected",
            span: index.span,
            message: "A pattern takes no index",
          });
        }
        this.#pattern(text, span);
        continue;
      }
      const { arch } = this.#state;
      if (kvm && arch?.kvmNames.some(({ name }) => name === text)) continue;
      this.#register(
        { name: { text, span }, index, span },
        ({ userRegisters }) => user ? userRegisters : [],
        AFTER.show,
      );
    }
  }

  /** A pattern that can match nothing is a mistake. */
  #pattern(text: string, span: Span): void {
    const { arch } = this.#state;
    if (!arch) return;
    const words = [...arch.registers, ...arch.userRegisters].flatMap(
      ({ name, short }) => [name, short],
    );
    const names = [...words, ...arch.kvmNames.map(({ name }) => name)];
    if (names.some((name) => matchesPattern(name, text))) return;
    fail({
      code: "unknown-register",
      span,
      message: `${text} matches no register of ${arch.name}`,
    });
  }

  why(line: Extract<Line, { readonly kind: "why" }>): void {
    this.started(line.span);
    this.#seen(line);
  }
}

/** Whether a name, in any case, is what a pattern with `*` describes. */
export function matchesPattern(name: string, pattern: string): boolean {
  const text = name.toLowerCase();
  const [first, ...rest] = pattern.toLowerCase().split("*");
  if (rest.length === 0) return text === first;
  if (!text.startsWith(first)) return false;
  const last = rest.pop()!;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function failIfWide(
  value: bigint,
  span: Span,
  owner: string,
  field: FieldWord,
): void {
  if (value >> BigInt(field.widthBits) === 0n) return;
  fail({
    code: "value-too-wide",
    span,
    message: tooWide(owner, field, value),
  });
}

function failUnlessListed(
  name: Name,
  what: string,
  words: readonly string[],
): void {
  if (words.includes(name.text)) return;
  failUnknown(name, {
    code: "unknown-word",
    message: `${name.text} is not ${what}`,
    words,
  });
}

/** The checks of each kind of line. */
const CHECKS: {
  readonly [K in Line["kind"]]: (
    checker: Checker,
    line: Extract<Line, { readonly kind: K }>,
  ) => void;
} = {
  arch: (c, line) => c.arch(line),
  kernel: (c, line) => c.kernel(line),
  host: (c, line) => c.host(line),
  "host-action": (c, line) => {
    c.started(line.span);
    c.hostAction(line.cpu, line.action);
  },
  set: (c, line) => c.set(line),
  guest: (c, line) => {
    c.started(line.span);
    c.instruction(line.vcpu, line.instruction);
  },
  handler: (c, line) => c.handler(line),
  run: (c, line) => c.run(line),
  interrupt: (c, line) => c.entered(line.vcpu, line.span),
  put: (c, line) => c.entered(line.vcpu, line.span),
  user: (c, line) => {
    c.started(line.span);
    c.user(line.vcpu, line.operation);
  },
  expect: (c, line) => {
    c.started(line.span);
    c.expect(line.expectation, line.on);
  },
  show: (c, line) => {
    c.started(line.span);
    c.show(line.views, line.registers);
  },
  "show-map": (c, line) => c.started(line.span),
  "show-cost": (c, line) => c.started(line.span),
  why: (c, line) => c.why(line),
  "why-happened": (c, line) => c.started(line.span),
  scenario: (c, line) => c.scenario(line),
  let: (c, line) => {
    let value: bigint | undefined;
    try {
      value = c.constant(line.value);
    } catch (problem) {
      c.define(line.name);
      throw problem;
    }
    c.define(line.name, value);
  },
  for: (c, line) => c.for(line),
  include: (c, line) => c.include(line),
  explore: (c, line) => c.explore(line),
  program: (c, line) => c.program(line),
  repeat: (c, line) => c.repeat(line),
  either: (c, line) => c.either(line),
  choose: (c, line) => c.choose(line),
  instruction: (c, line) => c.programInstruction(line.instruction),
  "user-line": (c, line) => c.programOperation(line.operation),
  "host-line": (c, line) => c.hostAction(undefined, line.action),
  preempt: () => {},
  migrate: () => {},
  fail: (c, line) => c.firstRunFails(line.span),
  never: (c, line) => c.never(line),
  property: (c, line) => c.property(line),
  bound: (c, line) => c.bound(line),
  broken: (c, line) => c.broken(line),
};
