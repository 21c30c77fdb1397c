/**
 * What an exported program printed, beside the model.
 *
 * @module
 */
import type { Check } from "../../export/mod.ts";

/** How the KTAP of a program compares with the model. */
export type KtapVerdict =
  | { readonly kind: "agrees" }
  | { readonly kind: "differs" | "skipped"; readonly why: string };

/** What the program said why it was skipped. */
const NOT_RECORDED = /^# case .*: not recorded: (.*)$/m;

function word(holds: boolean): string {
  return holds ? "ok" : "not ok";
}

/**
 * Compares each line of KTAP with what the model says of the check.
 *
 * @param ktap what the program printed, with its `# status`
 * @param expected whether each check holds on the model, or why it says nothing
 */
export function compareKtap(
  ktap: string,
  checks: readonly Check[],
  expected: readonly boolean[] | string,
): KtapVerdict {
  if (typeof expected === "string") {
    return {
      kind: "skipped",
      why: `the model does not perform it: ${expected}`,
    };
  }
  const status = /^# status (-?\d+)$/m.exec(ktap)?.[1];
  if (status === "4") {
    const why = NOT_RECORDED.exec(ktap)?.[1] ?? "it does not say why";
    return { kind: "skipped", why: `skipped: ${why}` };
  }
  if (status !== "0" && status !== "1") {
    const last = ktap.trimEnd().split("\n").at(-1) ?? "";
    return { kind: "differs", why: `it did not end: ${last}` };
  }
  const results = [...ktap.matchAll(/^(not )?ok (\d+) /gm)].map(
    ([, not, number]) => ({ index: Number(number) - 1, holds: not !== "not " }),
  );
  if (results.length !== checks.length) {
    return {
      kind: "differs",
      why: `${results.length} results of ${checks.length} checks`,
    };
  }
  const wrong = results.filter(({ index, holds }) => holds !== expected[index]);
  if (wrong.length === 0) return { kind: "agrees" };
  const why = wrong.map(({ index, holds }) => {
    const { line, text } = checks[index];
    return `line ${line}: ${text}: ${word(holds)}, the model says ${
      word(expected[index])
    }`;
  });
  return { kind: "differs", why: why.join("; ") };
}
