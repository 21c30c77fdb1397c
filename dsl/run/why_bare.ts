/**
 * Where a guest's register went another way than on a machine without a hypervisor.
 *
 * @module
 */
import { hex } from "../notation.ts";
import { positionAt, type Span, textOf } from "../source.ts";
import type { Session } from "./session.ts";

/**
 * What is said of a guest's register that a bare machine would have otherwise: its value there, and the run since which
 * it is so.
 *
 * The machine is looked at as it was before each run that the journal has, newest first.
 *
 * @returns undefined if a bare machine has the same
 */
export function divergenceText(
  { machine }: Session,
  vcpu: number,
  register: number,
): string | undefined {
  if (!machine.differsFromBare(vcpu, [register])) return undefined;
  const own = machine.view("bare", vcpu, register);
  const value = own.kind === "value" ? hex(own.value) : own.kind;
  const now = machine.snapshot();
  let since: Span | undefined;
  try {
    for (const { run, cause } of machine.journal.chapters()) {
      if (run === undefined) continue;
      machine.restore({ ...now, words: run.words, vcpus: run.vcpus });
      since = cause as Span | undefined;
      if (!machine.differsFromBare(vcpu, [register])) break;
    }
  } finally {
    machine.restore(now);
  }
  const on = `${value} on a bare machine`;
  if (since === undefined) return on;
  const { line, column } = positionAt(since.source, since.start);
  return `${on}, since \`${
    textOf(since)
  }\` at ${since.source.name}:${line}:${column} or what follows it`;
}
