/**
 * Kernels after `on`, and which kernels they name.
 *
 * A range follows mainline order. It covers the mainline kernels by their release; a kernel that is named after an
 * author is covered only by its name.
 *
 * @module
 */
import type { ProfileInfo } from "../../engine/mod.ts";
import type { KernelTerm } from "../actions.ts";
import { fail } from "../problem.ts";
import type { Span } from "../source.ts";
import type { KernelTermNode, Name } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { wordOf } from "./words.ts";

/** A mainline release: `linux-6.12`. */
const RELEASE = /^linux-(\d+)\.(\d+)$/;

/** A release as numbers; undefined if it is none. */
function releaseOf(
  name: string,
): readonly [major: number, minor: number] | undefined {
  const match = RELEASE.exec(name);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

function compareReleases(a: string, b: string): number {
  const [aMajor, aMinor] = releaseOf(a)!;
  const [bMajor, bMinor] = releaseOf(b)!;
  return aMajor - bMajor || aMinor - bMinor;
}

/** Resolves the kernels after `on`. */
export function resolveKernels(
  c: Context,
  terms: readonly KernelTermNode[],
): readonly KernelTerm[] {
  return terms.flatMap((term) => c.attempt(() => resolveTerm(c, term)) ?? []);
}

function resolveTerm(c: Context, term: KernelTermNode): KernelTerm {
  switch (term.kind) {
    case "name": {
      const name = wordOf(term.name, {
        what: "a kernel",
        code: "unknown-profile",
        arch: c.arch,
        list: ({ profiles }) => profiles.map((one) => one.name),
      });
      return { kind: "name", name };
    }
    case "side": {
      const { operator, span } = term;
      if (operator === "==" || operator === "!=") {
        fail({
          code: "unexpected",
          span,
          message: `\`${operator}\` does not compare releases`,
          expected: [">=", ">", "<=", "<"],
          hint: operator === "=="
            ? `write \`${term.release.text}\` alone`
            : undefined,
        });
      }
      return { kind: "side", operator, release: release(term.release) };
    }
    case "range": {
      const from = release(term.from);
      const to = release(term.to);
      if (compareReleases(from, to) > 0) failBackwards(from, to, term.span);
      return { kind: "range", from, to };
    }
    default:
      return term satisfies never;
  }
}

function release({ text, span }: Name): string {
  if (releaseOf(text)) return text;
  fail({
    code: "unknown-profile",
    span,
    message: `\`${text}\` is not a mainline release`,
    expected: ["linux-X.Y"],
    hint: "only mainline releases have an order; name any other kernel alone",
  });
}

function failBackwards(from: string, to: string, span: Span): never {
  fail({
    code: "out-of-range",
    span,
    message: `the range ${from}..${to} runs backwards`,
    hint: `write \`${to}..${from}\``,
  });
}

/** Whether one of the terms names a kernel; an empty list names every kernel. */
export function covers(
  terms: readonly KernelTerm[],
  { name }: Pick<ProfileInfo, "name">,
): boolean {
  return terms.length === 0 || terms.some((term) => {
    if (term.kind === "name") return term.name === name;
    if (!releaseOf(name)) return false;
    if (term.kind === "range") {
      return compareReleases(name, term.from) >= 0 &&
        compareReleases(name, term.to) <= 0;
    }
    const order = compareReleases(name, term.release);
    switch (term.operator) {
      case "<":
        return order < 0;
      case "<=":
        return order <= 0;
      case ">":
        return order > 0;
      case ">=":
        return order >= 0;
      default:
        return term.operator satisfies never;
    }
  });
}
