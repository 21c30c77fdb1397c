/**
 * Resolves what runs a vCPU, and other statements that act on one.
 *
 * @module
 */
import type { FailPoint } from "../../engine/mod.ts";
import type { ActionOf } from "../actions.ts";
import { statementOptions } from "../statements.ts";
import type { LineOf } from "../syntax/lines.ts";
import type { Context } from "./context.ts";
import { Options } from "./options.ts";

/** `run [@v] [cpu=p] …` */
export function resolveRun(
  c: Context,
  { vcpu, args }: LineOf<"run">,
): ActionOf<"run"> {
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

/** `WORD [@v] [option=value …]` */
export function resolveVcpuOperation(
  c: Context,
  { word, vcpu, args }: LineOf<"vcpu-operation">,
): ActionOf<"vcpu-operation"> {
  const v = c.attemptVcpu(vcpu);
  const options = new Options(c, args, statementOptions(word), word).given();
  return { kind: "vcpu-operation", word, vcpu: v, options };
}
