/**
 * Verdicts of one question under many kernels. A kernel is not tried if it differs from one that was only in behaviours
 * that this one's run did not depend on.
 *
 * @module
 */
import type { KernelInfo } from "../../engine/mod.ts";
import type { Answer, Question } from "./question.ts";
import { touched } from "./row_sets.ts";

/** A verdict. */
export interface Verdict extends Pick<Answer, "outcome" | "why"> {
  /** Changes that touch what it depends on: under a kernel that differs only in others, it is the same. */
  readonly depends: ReadonlySet<string>;
}

/** Told before a kernel is tried. */
export type Tell = (kernel: string, tried: number) => void;

/** Sets of changes as bits, by their place in the table. */
type Bits = bigint;

/** Verdicts by the changes that they depend on, and by which of these the kernel has. */
type Kept = Map<Bits, Map<Bits, Verdict>>;

/** The verdicts of a question for one vendor. */
export class Verdicts {
  readonly question: Question;
  readonly vendor: string | undefined;
  readonly #tell: Tell;
  readonly #bits: ReadonlyMap<string, Bits>;
  /** By the kernel whose expectations are checked. */
  readonly #kept = new Map<string, Kept>();
  readonly #byName = new Map<string, Verdict>();
  #tried = 0;

  constructor(question: Question, vendor: string | undefined, tell: Tell) {
    this.question = question;
    this.vendor = vendor;
    this.#tell = tell;
    this.#bits = new Map(
      question.arch.changes().map(({ name }, at) => [name, 1n << BigInt(at)]),
    );
  }

  /** Kernels that were tried. */
  get tried(): number {
    return this.#tried;
  }

  /**
   * The verdict under a kernel.
   *
   * @param heldTo the kernel whose expectations are checked
   */
  async of(kernel: KernelInfo, heldTo: string): Promise<Verdict> {
    const key = `${kernel.name}\n${heldTo}`;
    const known = this.#byName.get(key) ?? this.#alike(kernel, heldTo);
    const verdict = known ?? await this.#ask(kernel, heldTo);
    this.#byName.set(key, verdict);
    return verdict;
  }

  async #ask(kernel: KernelInfo, heldTo: string): Promise<Verdict> {
    const { question, vendor } = this;
    this.#tell(kernel.name, this.#tried++);
    const { outcome, why, fields } = await question.ask({
      kernel: kernel.name,
      vendor,
      heldTo,
    });
    const { arch } = question;
    const depends = new Set(
      arch.changes().filter((change) =>
        touched(arch, change, vendor).some((field) => fields.has(field))
      ).map(({ name }) => name),
    );
    const verdict = { outcome, why, depends };
    if (isOfRows(kernel)) this.#keep(verdict, this.#of(kernel.rows), heldTo);
    return verdict;
  }

  #of(rows: Iterable<string>): Bits {
    let bits = 0n;
    for (const row of rows) bits |= this.#bits.get(row)!;
    return bits;
  }

  #keep(verdict: Verdict, rows: Bits, heldTo: string): void {
    const kept: Kept = this.#kept.get(heldTo) ?? new Map();
    this.#kept.set(heldTo, kept);
    const depends = this.#of(verdict.depends);
    const same = kept.get(depends) ?? new Map<Bits, Verdict>();
    kept.set(depends, same);
    same.set(rows & depends, verdict);
  }

  /** The verdict of a kernel that differs only in what its run did not depend on. */
  #alike(kernel: KernelInfo, heldTo: string): Verdict | undefined {
    if (!isOfRows(kernel)) return undefined;
    const rows = this.#of(kernel.rows);
    for (const [depends, same] of this.#kept.get(heldTo) ?? []) {
      const verdict = same.get(rows & depends);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }
}

/** Its changes say all of it: it has no options, which a scenario could have chosen. */
function isOfRows(
  kernel: KernelInfo,
): kernel is KernelInfo & { readonly rows: readonly string[] } {
  return kernel.rows !== undefined && Object.keys(kernel.options).length === 0;
}
