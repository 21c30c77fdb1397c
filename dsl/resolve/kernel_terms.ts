/**
 * Kernels after `on`, and which kernels they name, of which vendor.
 *
 * A range follows mainline order. It covers mainline releases, and stable releases that behave as their first one; any
 * other kernel is covered by its name, or by the changes that it has.
 *
 * @module
 */
import {
  allSeries,
  BARE,
  compareVersions,
  type KernelInfo,
  KNOWN_RANGE,
} from "../../engine/mod.ts";
import type { KernelTerm } from "../action_parts.ts";
import { fail } from "../problem.ts";
import type { Span } from "../source.ts";
import type { ChoiceNode, KernelTermNode, Name } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { changeNamed, kernelNamed } from "./kernel_names.ts";
import { refuseOtherVendor, vendorNamed } from "./vendors.ts";
import { isVendor, vendorsOf } from "../vendors.ts";

/** A mainline release: `linux-6.12`. */
const RELEASE = /^linux-(\d+\.\d+)$/;

/** A release as its version, `6.12`. */
function version(release: string): string {
  return release.replace(/^linux-/, "");
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
      const { name, choices } = term;
      if (isVendor(name.text)) {
        if (term.vendor) {
          fail({
            code: "unexpected",
            span: term.vendor.span,
            message: `\`${term.vendor.text}\` cannot follow a vendor`,
            hint: "write a comma between terms of which one must fit",
          });
        }
        const vendor = vendorNamed(c, name);
        refuseOtherVendor(c, choices, vendor);
        return { ...resolveChanges(c, choices, term.span), vendor };
      }
      const info = kernelNamed(c, term, { alsoFit: vendorsOf(c.arch) });
      if (!term.vendor) return { kind: "name", name: info.name };
      const vendor = vendorNamed(c, term.vendor, info.name, info.vendors);
      refuseOtherVendor(c, choices, vendor);
      return { kind: "name", name: info.name, vendor };
    }
    case "changes":
      return resolveChanges(c, term.choices, term.span);
    case "side": {
      const { operator, span } = term;
      if (operator === "==") {
        fail({
          code: "unexpected",
          span,
          message: `\`${operator}\` does not compare releases`,
          expected: [">=", ">", "<=", "<", "!="],
          hint: `write \`${term.release.text}\` alone`,
        });
      }
      if (operator === "!=") {
        const { name } = kernelNamed(c, { name: term.release, choices: [] });
        return { kind: "other", name, ...vendorOf(c, term) };
      }
      return {
        kind: "side",
        operator,
        release: release(term.release),
        ...vendorOf(c, term),
      };
    }
    case "range": {
      const from = release(term.from);
      const to = release(term.to);
      if (compareVersions(version(from), version(to)) > 0) {
        failBackwards(from, to, term.span);
      }
      return { kind: "range", from, to, ...vendorOf(c, term) };
    }
    default:
      return term satisfies never;
  }
}

/** The vendor after releases. */
function vendorOf(
  c: Context,
  { vendor }: KernelTermNode,
): Pick<KernelTerm, "vendor"> {
  return vendor ? { vendor: vendorNamed(c, vendor) } : {};
}

function resolveChanges(
  { arch }: Context,
  choices: readonly ChoiceNode[],
  span: Span,
): Extract<KernelTerm, { readonly kind: "changes" }> {
  const those = (which: ChoiceNode["word"]): string[] =>
    choices.filter(({ word }) => word === which).map(({ row }) =>
      changeNamed(arch, row)
    );
  const [applied, reverted] = [those("with"), those("without")];
  const both = applied.find((row) => reverted.includes(row));
  if (both !== undefined) {
    fail({
      code: "not-possible",
      span,
      message: `no kernel is with and without ${both}`,
      hint: "write a comma between terms of which one must fit",
    });
  }
  return { kind: "changes", with: applied, without: reverted };
}

function release({ text, span }: Name): string {
  const name = text.toLowerCase();
  if (!RELEASE.test(name)) {
    fail({
      code: "unknown-profile",
      span,
      message: `\`${text}\` is not a mainline release`,
      expected: ["linux-X.Y"],
      hint: "only mainline releases have an order; name any other kernel alone",
    });
  }
  if (allSeries().includes(version(name))) return name;
  const [first, last] = KNOWN_RANGE;
  fail({
    code: "unknown-profile",
    span,
    message:
      `\`${text}\` is not a release from linux-${first} to linux-${last}`,
    expected: ["linux-X.Y"],
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

/** A kernel that expectations can be for. */
export interface Covered
  extends Pick<KernelInfo, "name" | "release" | "rows" | "isBare"> {
  /** Undefined where there is only one. */
  readonly vendor: string | undefined;
}

/** Whether one of the terms names a kernel; an empty list names every kernel. */
export function covers(
  terms: readonly KernelTerm[],
  kernel: Covered,
): boolean {
  return terms.length === 0 || terms.some((term) => includes(term, kernel));
}

/** Whether one of the terms names the machine without a hypervisor, of any vendor; an empty list does. */
export function coversBare(terms: readonly KernelTerm[]): boolean {
  const bare = {
    name: BARE,
    release: undefined,
    rows: undefined,
    isBare: true,
    vendor: undefined,
  } as const;
  return covers(terms.map((term) => ({ ...term, vendor: undefined })), bare);
}

/**
 * Whether a range has the mainline release that a kernel is made from, and not the kernel: it has changes of its own, as
 * a stable release or one with a patch has, so that it has no place among mainline releases.
 */
export function isBesideRanges(
  terms: readonly KernelTerm[],
  kernel: Covered,
): boolean {
  const [, release] = /^linux-(\d+\.\d+)/.exec(kernel.name) ?? [];
  return kernel.release === undefined && release !== undefined &&
    terms.some((term) =>
      (term.kind === "side" || term.kind === "range") &&
      includes(term, { ...kernel, release })
    );
}

function includes(
  term: KernelTerm,
  { name, release, rows, vendor, isBare }: Covered,
): boolean {
  if (term.vendor !== undefined && term.vendor !== vendor) return false;
  switch (term.kind) {
    case "name":
      return term.name === name;
    case "other":
      // A machine without a hypervisor is no kernel.
      return term.name !== name && !isBare;
    case "changes":
      // A vendor alone is also of kernels that are not made of changes.
      if (term.with.length + term.without.length === 0) return true;
      return rows !== undefined &&
        term.with.every((row) => rows.includes(row)) &&
        !term.without.some((row) => rows.includes(row));
    default:
      break;
  }
  if (release === undefined) return false;
  const compared = (to: string): number =>
    compareVersions(release, version(to));
  if (term.kind === "range") {
    return compared(term.from) >= 0 && compared(term.to) <= 0;
  }
  const order = compared(term.release);
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
}
