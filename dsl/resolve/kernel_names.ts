/**
 * Kernels as a text names them: a listed one or a release, and the changes applied to it and reverted.
 *
 * @module
 */
import {
  type Architecture,
  findRows,
  type KernelAnswer,
  type KernelInfo,
  KNOWN_RANGE,
} from "../../engine/mod.ts";
import { kernelSuggestion } from "../kernel_hint.ts";
import { fail } from "../problem.ts";
import { joined } from "../source.ts";
import { suggestion } from "../suggest.ts";
import type { ChoiceNode, Name } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { otherArch } from "./words.ts";

/** A release, right or wrong: the nearest word to it would be another release. */
const RELEASE = /^linux-\d+\.\d+(?:\.\d+)?$/;

/** A kernel in a text. */
export interface NamedKernel {
  /** Its release or name. */
  readonly name: Name;
  /** Changes applied to it and reverted. */
  readonly choices: readonly ChoiceNode[];
}

/** The text of a kernel, with single spaces. */
export function kernelWords({ name, choices }: NamedKernel): string {
  return [name.text, ...choices.flatMap(({ word, row }) => [word, row.text])]
    .join(" ");
}

/**
 * The kernel of an architecture by its text, a release or name in any case.
 *
 * @returns also why there is none
 */
export function findKernel(arch: Architecture, text: string): KernelAnswer {
  const found = arch.kernel(text);
  if (found.ok) return found;
  const lower = arch.kernel(text.toLowerCase());
  if (lower.ok) return lower;
  // A kernel that is known by its name has something else wrong with it.
  const [base] = text.toLowerCase().trim().split(/\s+/);
  return arch.kernel(base).ok ? lower : found;
}

/**
 * The kernel that a text names.
 *
 * @param known for a message: the text has named its architecture, and words that can stand there too
 * @throws {Problem} if there is none, with the part that is wrong
 */
export function kernelNamed(
  { arch }: Context,
  kernel: NamedKernel,
  { isArchGiven = true, alsoFit = [] }: {
    readonly isArchGiven?: boolean;
    readonly alsoFit?: readonly string[];
  } = {},
): KernelInfo {
  const text = kernelWords(kernel);
  const answer = findKernel(arch, text);
  if (answer.ok) return answer.info;
  const { name, choices } = kernel;
  if (answer.wrong === name.text) {
    const other = otherArch(arch, (one) => findKernel(one, name.text).ok);
    if (other) {
      fail({
        code: "wrong-arch",
        span: name.span,
        message:
          `\`${name.text}\` is a kernel of ${other.name}; this is ${arch.name}`,
        hint: isArchGiven ? undefined : `put \`arch ${other.name}\` before it`,
      });
    }
    const { reason } = answer;
    const isRelease = RELEASE.test(name.text);
    fail({
      code: "unknown-profile",
      span: name.span,
      message: isRelease
        ? `\`${name.text}\` is not a kernel of ${arch.name}: ${reason}`
        : `\`${name.text}\` is not a kernel of ${arch.name}`,
      expected: [
        ...arch.profiles.map((one) => one.name),
        ...(arch.changes().length > 0
          ? [
            `a release from linux-${KNOWN_RANGE[0]} to linux-${KNOWN_RANGE[1]}`,
          ]
          : []),
        ...alsoFit,
      ],
      ...(isRelease
        ? {}
        : suggestion(name.text, [...answer.expected, ...alsoFit])),
      ...(isRelease ? {} : kernelSuggestion(name.text)),
    });
  }
  const wrong = choices.find(({ row }) =>
    row.text.toLowerCase() === answer.wrong.toLowerCase()
  );
  if (!wrong) {
    fail({
      code: "not-possible",
      span: joined(choices[0].span, choices.at(-1)!.span),
      message: answer.reason,
    });
  }
  changeNamed(arch, wrong.row);
  fail({ code: "not-possible", span: wrong.span, message: answer.reason });
}

/**
 * The name of a change, by its name or by a commit's hash.
 *
 * @throws {Problem} if there is none
 */
export function changeNamed(arch: Architecture, row: Name): string {
  const found = changesOf(arch, row.text);
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    fail({
      code: "not-possible",
      span: row.span,
      message: `commit \`${row.text}\` is part of ${found.join(" and of ")}`,
      hint: "write the name of one",
    });
  }
  const other = otherArch(arch, (one) => changesOf(one, row.text).length > 0);
  if (other) {
    fail({
      code: "wrong-arch",
      span: row.span,
      message:
        `\`${row.text}\` is a change of ${other.name}; this is ${arch.name}`,
    });
  }
  const names = arch.changes().map(({ name }) => name);
  const digits = /^[0-9a-f]*\d[0-9a-f]*$/i.test(row.text);
  fail({
    code: "unknown-word",
    span: row.span,
    message: digits
      ? `no change of ${arch.name} is commit \`${row.text}\``
      : `\`${row.text}\` is not a change of ${arch.name}`,
    expected: digits
      ? ["seven digits or more of a commit that `dregs history` lists"]
      : ["a change that `dregs history` lists"],
    ...suggestion(row.text, names),
  });
}

/** Names of the changes that a word means: several if a commit is part of several. */
function changesOf(arch: Architecture, text: string): readonly string[] {
  return findRows(arch.changes(), text.toLowerCase()).map(({ name }) => name);
}
