/**
 * What the page and its workers say to each other.
 *
 * @module
 */
import type { ReportJson } from "../report/document.ts";

/** A scenario of the catalogue by its path: `arm64/renumbering/patch_example.dregs`. */
export type Catalogue = Readonly<Record<string, string>>;

/** Something to run. */
export interface Script {
  /** How messages call it. */
  readonly name: string;
  readonly text: string;
  /** As `--kernel` takes them; empty for the scenario's own. */
  readonly kernels: readonly string[];
}

/** What a worker is asked. */
export type Request =
  | { readonly kind: "words" }
  | { readonly kind: "check"; readonly text: string }
  | {
    readonly kind: "complete";
    readonly text: string;
    readonly offset: number;
  }
  | { readonly kind: "hover"; readonly text: string; readonly offset: number }
  | { readonly kind: "run"; readonly script: Script }
  | { readonly kind: "explore"; readonly script: Script };

/** Words for the choice of kernels, by architecture. */
export interface KernelWords {
  readonly arch: string;
  readonly kernels: readonly string[];
  readonly changes: readonly {
    readonly name: string;
    readonly about: string;
  }[];
}

/** A mistake in the text, by offsets. */
export interface Mistake {
  readonly from: number;
  readonly to: number;
  /** Lines: the message, what was expected, a hint. */
  readonly message: string;
}

/** What is known of a text. */
export interface Checked {
  readonly mistakes: readonly Mistake[];
  /** Offset, length and kind of each word that has one. */
  readonly words:
    readonly (readonly [from: number, to: number, kind: string])[];
  /** It has scenarios to run; it has blocks to search. */
  readonly runs: boolean;
  readonly explores: boolean;
}

/** Words that can stand at an offset. */
export interface Completions {
  readonly from: number;
  readonly words: readonly {
    readonly label: string;
    readonly kind: string;
    readonly about: string;
  }[];
}

/** What there is to say of a word. */
export interface Hovered {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** What requests are answered with. */
export interface Answers {
  readonly words: readonly KernelWords[];
  readonly check: Checked;
  readonly complete: Completions;
  readonly hover: Hovered | null;
  readonly run: ReportJson;
  readonly explore: ReportJson;
}

/** What a worker says. */
export type Reply =
  | { readonly id: number; readonly answer: Answers[keyof Answers] }
  /** What is wrong with what was asked, for people. */
  | { readonly id: number; readonly problem: string }
  /** Where it is, a line. */
  | { readonly id: number; readonly progress: string };
