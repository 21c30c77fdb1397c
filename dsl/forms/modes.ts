/**
 * `preempt any|between|none`, `migrate any|none`, `signals any|none`, `restore any|none`, `fail vgic|timer|pmu`: what a
 * search tries.
 *
 * @module
 */
import {
  FAIL_POINTS,
  type FailPoint,
  MIGRATE,
  type Migrate,
  PREEMPT,
  type Preempt,
  RESTORES,
  type Restores,
  SIGNALS,
  type Signals,
} from "../../engine/mod.ts";
import { fail } from "../problem.ts";
import { options, spaced } from "../print/parts.ts";
import { oneOf } from "../resolve/options.ts";
import { vmmGiven } from "../resolve/saving.ts";
import { statementRow } from "../statements.ts";
import type { Grammar } from "../syntax/grammar/grammar.ts";
import type { Argument, Name as NameNode, Node } from "../syntax/nodes.ts";
import { keywordType as kw, Name } from "../syntax/tokens.ts";
import { type Form, onlyExplored, type Words } from "./form.ts";

/** `preempt any|between|none` and the like. */
export interface ModeLine<K extends string> extends Node<K> {
  /** The word after it. */
  readonly mode: NameNode;
}

/** When the host may take the CPU from a vCPU. */
export interface PreemptAction {
  readonly kind: "preempt";
  readonly mode: Preempt;
}

/** Where a vCPU may be loaded. */
export interface MigrateAction {
  readonly kind: "migrate";
  readonly mode: Migrate;
}

/** Whether signals end KVM_RUN. */
export interface SignalsAction {
  readonly kind: "signals";
  readonly mode: Signals;
}

/** `restore any|none [vmm=…]` */
export interface RestoreLine extends ModeLine<"restore"> {
  /** Its options. */
  readonly args: readonly Argument[];
}

/** Whether the VM may be saved and restored. */
export interface RestoreAction {
  readonly kind: "restore";
  readonly mode: Restores;
  /** By which VMM. */
  readonly vmm: string;
}

/** Where first-run initialisation may fail. */
export interface FailAction {
  readonly kind: "fail";
  readonly at: FailPoint;
}

/** A keyword, and a word of its row after it. */
function wordAndMode(word: string): (g: Grammar) => void {
  return (g) => {
    g.CONSUME(kw(word));
    g.CONSUME(Name);
  };
}

function choices(word: string): Words {
  return () => statementRow(word)?.choice ?? [];
}

/** `preempt any|between|none` */
export const preemptForm: Form<ModeLine<"preempt">, PreemptAction> = {
  isExplored: true,
  begins: ["preempt"],
  grammar: { preempt: wordAndMode("preempt") },
  build: (parts, node, span) => ({
    kind: "preempt",
    mode: parts.nameIn(node),
    span,
  }),
  resolve: {
    preempt: (_, { kind, mode }) => ({
      kind,
      mode: oneOf(mode, PREEMPT, kind),
    }),
  },
  perform: { preempt: onlyExplored },
  write: { preempt: ({ mode }) => `preempt ${mode}` },
  complete: { preempt: choices("preempt") },
};

/** `migrate any|none` */
export const migrateForm: Form<ModeLine<"migrate">, MigrateAction> = {
  isExplored: true,
  begins: ["migrate"],
  grammar: { migrate: wordAndMode("migrate") },
  build: (parts, node, span) => ({
    kind: "migrate",
    mode: parts.nameIn(node),
    span,
  }),
  resolve: {
    migrate: (_, { kind, mode }) => ({
      kind,
      mode: oneOf(mode, MIGRATE, kind),
    }),
  },
  perform: { migrate: onlyExplored },
  write: { migrate: ({ mode }) => `migrate ${mode}` },
  complete: { migrate: choices("migrate") },
};

/** `signals any|none` */
export const signalsForm: Form<ModeLine<"signals">, SignalsAction> = {
  isExplored: true,
  begins: ["signals"],
  grammar: { signals: wordAndMode("signals") },
  build: (parts, node, span) => ({
    kind: "signals",
    mode: parts.nameIn(node),
    span,
  }),
  resolve: {
    signals: (_, { kind, mode }) => ({
      kind,
      mode: oneOf(mode, SIGNALS, kind),
    }),
  },
  perform: { signals: onlyExplored },
  write: { signals: ({ mode }) => `signals ${mode}` },
  complete: { signals: choices("signals") },
};

/** `restore any|none [vmm=…]` */
export const restoreForm: Form<RestoreLine, RestoreAction> = {
  isExplored: true,
  begins: ["restore"],
  grammar: {
    restore: (g) => {
      g.CONSUME(kw("restore"));
      g.CONSUME(Name);
      g.SUBRULE(g.arguments);
    },
  },
  build: (parts, node, span) => ({
    kind: "restore",
    mode: parts.nameIn(node),
    args: parts.args(node),
    span,
  }),
  resolve: {
    restore: (c, { kind, mode, args }) => {
      const chosen = c.attempt(() => oneOf(mode, RESTORES, kind)) ?? "any";
      return { kind, mode: chosen, vmm: vmmGiven(c, args, kind) };
    },
  },
  perform: { restore: onlyExplored },
  write: {
    restore: ({ mode, vmm }, { vmms }) =>
      spaced(
        `restore ${mode}`,
        options({ vmm: vmm === vmms[0] ? undefined : vmm }),
      ),
  },
  complete: { restore: choices("restore") },
  completeOptions: {
    restore: ({ context: { arch } }) => [["vmm", arch.vmms]],
  },
};

/** `fail vgic|timer|pmu` */
export const failForm: Form<ModeLine<"fail">, FailAction> = {
  isExplored: true,
  begins: ["fail"],
  grammar: { fail: wordAndMode("fail") },
  build: (parts, node, span) => ({
    kind: "fail",
    mode: parts.nameIn(node),
    span,
  }),
  resolve: {
    fail: ({ arch: { name } }, { kind, mode, span }) => {
      if (name !== "arm64") {
        fail({
          code: "wrong-arch",
          span,
          message: `\`fail\` is for arm64; this is ${name}`,
        });
      }
      return { kind, at: oneOf(mode, FAIL_POINTS, kind) };
    },
  },
  perform: { fail: onlyExplored },
  write: { fail: ({ at }) => `fail ${at}` },
  arch: "arm64",
  complete: { fail: choices("fail") },
};
