/**
 * What a form of a statement is: everything about it in one direction, from its grammar to its text.
 *
 * A form is made of the parts of each stage: those of the grammar (`syntax/grammar/parts.ts`), of the tree
 * (`syntax/tree/parts.ts`), of `resolve/`, `run/` and `print/`. The stages themselves (the parser, the tree builder,
 * `resolve/line.ts`, `run/perform.ts`, `print/action.ts`, completion, messages) know no form: they go through the list
 * in `mod.ts`. So no form imports a stage, and none of the parts imports a form.
 *
 * @module
 */
import type { CstNode } from "chevrotain";
import type { Architecture, ArchName } from "../../engine/mod.ts";
import type { CompletionPlace } from "../completion/line.ts";
import type { Context } from "../resolve/context.ts";
import type { Performance } from "../run/performance.ts";
import type { Span } from "../source.ts";
import type { Grammar } from "../syntax/grammar/grammar.ts";
import type { Name, Node } from "../syntax/nodes.ts";
import type { Parts } from "../syntax/tree/parts.ts";

/** Something whose kind distinguishes it from others. */
interface Kinded {
  readonly kind: string;
}

/** A member of a union, by its kind. */
type Of<T, K> = Extract<T, { readonly kind: K }>;

/** What the checks know of the text around a line. */
export interface Surroundings {
  /** The text has named its architecture. */
  readonly isArchGiven: boolean;
}

/** What a bare name is the name of, for messages. */
export interface Named {
  /** With its article. */
  readonly what: string;
  /** What it can be, if that is one of a few words whatever the architecture is. */
  readonly words?: readonly string[];
}

/** Words for a place. */
export type Words = (place: CompletionPlace) => readonly string[];

/** Options by name, each with the words that its value may be. */
export type OptionWords = (
  place: CompletionPlace,
) => Iterable<readonly [name: string, words: readonly string[]]>;

/**
 * A form of a statement.
 *
 * `L` are its lines, `A` its actions; `O` are lines of other forms that it makes too: `host 0 { … }` is a program.
 */
export interface Form<
  L extends Node<string> = never,
  A extends Kinded = never,
  O extends Node<string> = never,
> {
  /** Its lines stand in `explore { … }` only; where, its row says. */
  readonly isExplored?: true;
  /** The rules that begin a statement; the others are parts of it. */
  readonly begins: readonly string[];
  /** Its rules, by name. A name is unique among all forms. */
  readonly grammar: Readonly<Record<string, (grammar: Grammar) => void>>;
  /** From the concrete tree of a rule that begins a statement, whose name the node has. */
  build(parts: Parts, node: CstNode, span: Span): L | O;
  /**
   * Its lines in a program of an `explore` block, without the statement's word: rules, or words that are a line by
   * themselves, in the order of the grammar.
   */
  readonly inProgram?: {
    readonly rules: readonly string[];
    readonly words: readonly string[];
    /** From a node that holds the rule or word. */
    build(parts: Parts, node: CstNode, span: Span): L | O;
  };
  /** From each kind of its lines to the action, with everything that can be wrong. */
  readonly resolve: {
    readonly [K in L["kind"]]: (
      c: Context,
      line: Of<L, K>,
      around: Surroundings,
    ) => A | undefined;
  };
  /** The name that a line gives to what a guest or userspace reads. */
  readonly reads?: {
    readonly [K in L["kind"]]?: (line: Of<L, K>) => Name | undefined;
  };
  /** The name that a line gives to a VM that it saves. */
  readonly saves?: {
    readonly [K in L["kind"]]?: (line: Of<L, K>) => Name | undefined;
  };
  /** Carries out each kind of its actions. */
  readonly perform: {
    readonly [K in A["kind"]]: (
      performance: Performance,
      action: Of<A, K>,
    ) => void;
  };
  /** Writes each kind of its actions, without a line end. */
  readonly write: {
    readonly [K in A["kind"]]: (
      action: Of<A, K>,
      arch: Architecture,
    ) => string;
  };
  /** What a name is, by the word before it, where the grammar takes any name. */
  readonly named?: Readonly<Record<string, Named>>;
  /** A name can stand after its word as well as one of the row's words: a misspelt one is found by that. */
  readonly mayBeName?: true;
  /** Completion offers it on this architecture only. */
  readonly arch?: ArchName;
  /** Words for a name that stands directly in a rule, by the rule. */
  readonly complete?: Readonly<Record<string, Words>>;
  /** Names of arguments and the words of their values, by the rule that they stand in. */
  readonly completeOptions?: Readonly<Record<string, OptionWords>>;
}

/** An action that stands in `explore { … }` only, where the search and not a machine is what it is about. */
export function onlyExplored(_: Performance, { kind }: Kinded): never {
  throw new RangeError(`${kind} is of an explore block`);
}
