/**
 * Watching what a scenario does.
 *
 * @module
 */
import type {
  Architecture,
  HostChoice,
  KernelChoice,
  KernelInfo,
  Machine,
} from "../engine/mod.ts";
import type { Action } from "./actions.ts";
import type { Span } from "./source.ts";

/** A running scenario, as one sees it who watches its actions. */
export interface Watched {
  /** Its architecture. */
  readonly arch: Architecture;
  /** The kernel with its vendor and options. */
  readonly kernelChoice: KernelChoice;
  /** What is known of that kernel. */
  readonly profile: KernelInfo;
  /** The physical machine, as `host` gave it. */
  readonly host: HostChoice;
  /** An action has needed the machine. */
  readonly hasMachine: boolean;
  /** Its machine, built by the first look at it. */
  readonly machine: Machine;
}

/** Told of each action that a scenario carries out. */
export interface ActionWatch {
  /** It is about to be carried out. */
  before(action: Action, span: Span, scenario: Watched): void;
  /**
   * It was carried out.
   *
   * @param hasFailed it is an expectation that does not hold, or what it asked for was not possible
   */
  after(
    action: Action,
    span: Span,
    scenario: Watched,
    hasFailed: boolean,
  ): void;
}
