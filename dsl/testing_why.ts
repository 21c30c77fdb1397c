/**
 * `why` for tests: what it answers, and the links of the chain in short.
 *
 * @module
 */
import { LIMIT_DEFAULT } from "./limits.ts";
import { load } from "./load.ts";
import type { Output } from "./result.ts";
import { runFile } from "./run/scenario.ts";
import { textOf } from "./source.ts";

/** An answer. */
export type Why = Extract<Output, { kind: "why" }>;

/** What the one `why` of a script answers. */
export function answer(script: string): Why {
  const loaded = load({ name: "why", text: script });
  if (!loaded.ok) throw new Error(loaded.diagnostics[0].message);
  const [result] = [...runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  })];
  const found = result.outputs.filter((output) => output.kind === "why");
  if (found.length !== 1) throw new Error(`${found.length} answers`);
  return found[0];
}

/** Each link: the rule, what moved, and the guest's instruction or else the statement that did it. */
export function links({ chain }: Why): string[] {
  return chain.map(({ event, statement, instruction }) => {
    const what = event.kind === "set"
      ? `${event.to.space} ${event.to.name}`
      : event.kind;
    const by = instruction ?? statement;
    return `${event.rule} ${what}${by ? `: ${textOf(by)}` : ""}`;
  });
}
