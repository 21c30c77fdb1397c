/**
 * `run [@v] [cpu=p] [steps=n] [attempts=n] [stop=…] [fail=…]`: KVM_RUN
 *
 * @module
 */
import type { FailPoint } from "../../engine/mod.ts";
import type { RunChoice } from "../action_parts.ts";
import { optionWords } from "../completion/line.ts";
import { at, type Given, optionsIn, spaced } from "../print/parts.ts";
import { fail } from "../problem.ts";
import type { Context } from "../resolve/context.ts";
import { Options } from "../resolve/options.ts";
import type { Performance } from "../run/performance.ts";
import { statementOptions } from "../statements.ts";
import type { Argument, Expr, Node } from "../syntax/nodes.ts";
import { keywordType as kw } from "../syntax/tokens.ts";
import type { Form } from "./form.ts";

/** `run [@v] [cpu=p] [steps=n] [attempts=n] [stop=…] [fail=…]`. */
export interface RunLine extends Node<"run"> {
  /** Which vCPU; 0 if left out. */
  readonly vcpu: Expr | undefined;
  /** Its options. */
  readonly args: readonly Argument[];
}

/** A vCPU runs. */
export interface RunAction {
  readonly kind: "run";
  readonly vcpu: number;
  readonly options: RunChoice;
}

function resolveRun(c: Context, { vcpu, args }: RunLine): RunAction {
  const v = c.attemptVcpu(vcpu);
  const options = new Options(c, args, statementOptions("run"), "run");
  const where = args.find(({ target }) => target.name.text === "cpu");
  // Which CPUs there are is the situation's to know.
  if (where && options.number("cpu") !== undefined) {
    c.attempt(() => c.cpu(where.value));
  }
  return {
    kind: "run",
    vcpu: v,
    options: {
      cpu: options.number("cpu"),
      steps: options.number("steps"),
      attempts: options.number("attempts"),
      stop: options.word<"put" | "exit" | "guest">("stop"),
      fail: options.word<FailPoint>("fail"),
    },
  };
}

function performRun(
  { session: { machine }, span }: Performance,
  { vcpu, options }: RunAction,
): void {
  if (options.fail && machine.ranOnce(vcpu)) {
    fail({
      code: "not-possible",
      span,
      message:
        `\`fail=${options.fail}\` has no effect: vCPU ${vcpu} has completed its first-run initialisation`,
    });
  }
  machine.journal.begin(span);
  machine.run(vcpu, options);
}

/** The form. */
export const runForm: Form<RunLine, RunAction> = {
  begins: ["run"],
  grammar: {
    run: (g) => {
      g.CONSUME(kw("run"));
      g.OPTION(() => g.SUBRULE(g.at));
      g.SUBRULE(g.arguments);
    },
  },
  build: (parts, node, span) => ({
    kind: "run",
    vcpu: parts.at(node),
    args: parts.args(node),
    span,
  }),
  resolve: { run: resolveRun },
  perform: { run: performRun },
  write: {
    run: ({ vcpu, options }) =>
      spaced("run", at(vcpu), optionsIn("run", options as Given)),
  },
  completeOptions: {
    run: ({ context: { arch } }) =>
      optionWords(statementOptions("run"), arch.name),
  },
};
