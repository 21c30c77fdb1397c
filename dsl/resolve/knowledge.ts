/**
 * What is known at a place in a text before anything runs, and what a line means there.
 *
 * @module
 */
import type { Architecture } from "../../engine/mod.ts";
import type { Action } from "../actions.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { fail, Problem } from "../problem.ts";
import type { Span } from "../source.ts";
import { suggestion } from "../suggest.ts";
import type { Line, PlainLine } from "../syntax/lines.ts";
import type { Name, NameExpr } from "../syntax/nodes.ts";
import { Context, type Situation } from "./context.ts";
import { findKernel } from "./kernel_names.ts";
import { namedRead, namedSave, resolveLine } from "./line.ts";
import {
  initialState,
  isConfiguration,
  type MachineState,
  startedAt,
  stateAfter,
} from "./machine_state.ts";
import type { Observer } from "./observer.ts";
import { type Definition, Scope } from "./scope.ts";
import { architectures, firstArchitecture } from "./vocabulary.ts";
import { refuseWithoutHypervisor } from "./without_hypervisor.ts";
import { otherArch } from "./words.ts";

/** Lines that need the machine, in a script. */
function usesMachine(line: Line): boolean {
  return !isConfiguration(line) && line.kind !== "let" &&
    line.kind !== "choose" && !testsKernel(line);
}

/** Whether a line needs the kernel only. */
function testsKernel(line: Line): boolean {
  return line.kind === "require" && line.requirement.kind === "kernel";
}

/** Rejects a saved VM as a value. @throws {Problem} */
function failNoValue({ text, span }: Name, definition: Definition): never {
  fail({
    code: "no-value",
    span,
    message: `\`${text}\` has no value: it is a saved VM`,
    notes: [{ span: definition.span, message: "saved here" }],
  });
}

/** What resolving a line before anything runs gave. */
interface Resolved {
  /** Undefined if there is a mistake, or a name without a value. */
  readonly action: Action | undefined;
  readonly problems: readonly Diagnostic[];
  readonly usesNames: boolean;
}

/** How a line stands in the text. */
export interface Standing {
  /** It is a line of a script, not of an explore block. */
  readonly isScript: boolean;
  /** It can be told what comes too late. */
  readonly isOrdered: boolean;
}

/** What is known at a place in a text: the machine, and the names. */
export class Knowledge {
  /** The machine. */
  state: MachineState = initialState();
  /** The names. */
  scope: Scope = new Scope();
  /** What resolving a line may ask. */
  readonly situation: Situation;

  /**
   * @param isStructured braces match, so that it is known what stands inside what
   * @param observer told what is found
   */
  constructor(
    readonly isStructured: boolean,
    readonly observer: Observer = {},
  ) {
    this.situation = this.#makeSituation();
  }

  /** What is known now, to go its own way from here. */
  copy(observer: Observer = this.observer): Knowledge {
    const copy = new Knowledge(this.isStructured, observer);
    copy.state = this.state;
    copy.scope = this.scope.copy();
    return copy;
  }

  /** A context for a part of a line. */
  context(): Context {
    const { arch = firstArchitecture() } = this.state;
    return new Context(arch, this.situation);
  }

  #makeSituation(): Situation {
    // deno-lint-ignore no-this-alias -- the getters below are another object's
    const knowledge = this;
    return {
      get vcpus() {
        return knowledge.isStructured ? knowledge.state.vcpus : undefined;
      },
      get cpus() {
        return knowledge.isStructured ? knowledge.state.cpus : undefined;
      },
      get hostCounts() {
        return knowledge.state.hostCounts;
      },
      get model() {
        return knowledge.state.model;
      },
      valueOf: (name, words) => this.#valueOf(name, words),
      definition: (text): Definition | undefined => this.scope.find(text),
      isRead: ({ text, span }) => {
        const definition = this.scope.find(text);
        if (!definition?.isRead) return false;
        this.observer.use?.({ span }, definition);
        return true;
      },
      isSaved: ({ text, span }) => {
        const definition = this.scope.find(text);
        if (!definition?.isSaved) return false;
        this.observer.use?.({ span }, definition);
        return true;
      },
      mayDefine: (text) => this.scope.mayDefine(text),
      names: () => this.scope.names(),
    };
  }

  #valueOf(
    { text, span }: NameExpr,
    words: readonly string[],
  ): bigint | undefined {
    const definition = this.scope.find(text);
    if (definition) {
      this.observer.use?.({ span }, definition);
      if (definition.isSaved) failNoValue({ text, span }, definition);
      return definition.value;
    }
    if (this.scope.mayDefine(text)) return undefined;
    const parts = text.split("-");
    const isSubtraction = parts.length > 1 &&
      parts.every((part) => /^\d+$/.test(part) || this.scope.find(part));
    fail({
      code: "unknown-name",
      span,
      message: `\`${text}\` is not defined`,
      ...(isSubtraction
        ? {
          hint: `put spaces around \`-\`: \`${parts.join(" - ")}\``,
          suggestion: parts.join(" - "),
        }
        : suggestion(text, [...this.scope.names(), ...words])),
    });
  }

  /** Resolves a line, and remembers what it says of the machine and of names. */
  resolve(
    line: PlainLine,
    { isScript, isOrdered }: Standing,
  ): readonly Diagnostic[] {
    const read = namedRead(line);
    const saved = namedSave(line);
    const before = isScript ? this.#order(line, isOrdered) : [];
    if (isScript && usesMachine(line)) {
      this.state = startedAt(this.state, line.span);
    }
    const { arch } = this.state;
    const found = arch || line.kind === "arch"
      ? this.#resolveFor(arch ?? firstArchitecture(), line)
      : this.#resolveForAny(line);
    const { action, problems } = found;
    const naming: Diagnostic[] = [];
    if (action && this.state.isBare) {
      this.#attempt(naming, () => refuseWithoutHypervisor(action, line.span));
    }
    // What a line names is defined even if the rest of it is wrong.
    if (read) {
      this.#attempt(naming, () => this.define(read, { isRead: true }));
    }
    if (saved) {
      this.#attempt(naming, () => this.define(saved, { isSaved: true }));
    }
    if (line.kind === "let") {
      const value = action?.kind === "let" ? action.value : undefined;
      this.#attempt(naming, () => this.define(line.name, {}, value));
    }
    this.state = stateAfter(this.state, line, action);
    if (line.kind === "kernel" || line.kind === "host") {
      this.#attempt(naming, () => this.#refuseVendor(line));
    }
    // A line that comes too late is wrong whatever it says.
    const own = naming.length > 0 ? [...naming, ...problems] : problems;
    const all = before.length > 0 ? before : own;
    if (action && !found.usesNames && all.length === 0) line.resolved = action;
    return all;
  }

  /** Rejects a kernel for one vendor on a machine of another. @throws {Problem} */
  #refuseVendor({ span }: PlainLine): void {
    const { arch, vendor, model } = this.state;
    const info = arch?.models.find(({ name }) => name === model);
    if (info === undefined || vendor === undefined) return;
    if (info.vendors.length === 0 || info.vendors.includes(vendor)) return;
    const [other] = info.vendors;
    fail({
      code: "not-possible",
      span,
      message: `\`${info.name}\` is a machine of ${other}, not of ${vendor}`,
      hint: `write \`${other}\` after the kernel`,
    });
  }

  #attempt(problems: Diagnostic[], work: () => void): void {
    try {
      work();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      problems.push(problem.diagnostic);
    }
  }

  /** What must come before something else: the lines that describe the machine. */
  #order(line: PlainLine, isOrdered: boolean): readonly Diagnostic[] {
    const { archGiven, kernelGiven, kernelTested, configured, started } =
      this.state;
    const inUse = {
      late: "the machine is already in use",
      since: "the machine is in use from here on",
      isOrdered,
    };
    switch (line.kind) {
      case "arch":
        return this.#onceAndEarly(line, archGiven, configured, {
          late: "the architecture is already decided",
          since: "the architecture is decided here",
          isOrdered,
        });
      case "kernel":
        this.state = {
          ...this.state,
          kernelGiven: line.span,
          configured: configured ?? line.span,
        };
        return this.#onceAndEarly(
          line,
          kernelGiven,
          started ?? kernelTested,
          started ? inUse : {
            late: "`require kernel` has tested the kernel",
            since: "the kernel is tested here",
            isOrdered,
          },
        );
      case "require":
        if (testsKernel(line)) {
          this.state = {
            ...this.state,
            kernelTested: kernelTested ?? line.span,
            configured: configured ?? line.span,
          };
        }
        return [];
      case "host":
        this.state = { ...this.state, configured: configured ?? line.span };
        return this.#onceAndEarly(line, undefined, started, inUse);
      default:
        return [];
    }
  }

  #onceAndEarly(
    { kind, span }: PlainLine,
    given: Span | undefined,
    at: Span | undefined,
    { late, since, isOrdered }: {
      readonly late: string;
      readonly since: string;
      readonly isOrdered: boolean;
    },
  ): readonly Diagnostic[] {
    if (given && this.isStructured) {
      return [{
        code: "already-defined",
        span,
        message: `\`${kind}\` is given twice`,
        notes: [{ span: given, message: "the first one" }],
      }];
    }
    if (!at || !isOrdered) return [];
    return [{
      code: "too-late",
      span,
      message: `\`${kind}\` is not allowed here: ${late}`,
      notes: [{ span: at, message: since }],
      hint: `move \`${kind}\` before that line`,
    }];
  }

  #resolveFor(arch: Architecture, line: PlainLine): Resolved {
    const c = new Context(arch, this.situation);
    const isArchGiven = this.state.archGiven !== undefined;
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
    if (line.kind !== "kernel" || this.state.archGiven) return;
    const { text } = line.profile;
    const other = otherArch(arch, (one) => findKernel(one, text).ok);
    if (other) this.state = { ...this.state, arch: other };
  }

  /** Where the architecture is not known, a line is wrong if it is wrong for all of them. */
  #resolveForAny(line: PlainLine): Resolved {
    const before = this.state;
    let first: Resolved | undefined;
    for (const arch of architectures()) {
      this.state = { ...before, arch };
      const resolved = this.#resolveFor(arch, line);
      this.state = before;
      if (resolved.problems.length === 0) {
        return { action: undefined, problems: [], usesNames: true };
      }
      first ??= resolved;
    }
    return first!;
  }

  /** Rejects a name that is defined already, here or around. @throws {Problem} */
  refuseShadowing(name: Name, scope: Scope): void {
    const earlier = scope.find(name.text);
    if (!earlier || !this.isStructured) return;
    const here = scope.has(name.text);
    fail({
      code: here ? "already-defined" : "shadowing",
      span: name.span,
      message: here
        ? `\`${name.text}\` is already defined`
        : `\`${name.text}\` is already defined in an enclosing block`,
      notes: [{ span: earlier.span, message: "defined here" }],
    });
  }

  /** Defines a name in the current block. */
  define(
    name: Name,
    kind: Pick<Definition, "isRead" | "isSaved">,
    value?: bigint,
  ): void {
    try {
      this.refuseShadowing(name, this.scope);
    } finally {
      if (!this.scope.has(name.text)) {
        this.scope.define(name, value, kind);
      }
    }
  }
}
