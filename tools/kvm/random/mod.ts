/**
 * Random cases: of a seed always the same.
 *
 * @module
 */
import type { EmulatedMachine } from "../machines.ts";
import { randomArm64 } from "./arm64.ts";
import { Dice } from "../../dice.ts";
import { randomX86 } from "./x86.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A case as its header and steps. */
export interface CaseLines {
  readonly header: Fields;
  readonly steps: readonly Fields[];
}

/** The text of a case. */
export function textOf({ header, steps }: CaseLines): string {
  return [header, ...steps].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/**
 * The random case of a number.
 *
 * Stock QEMU does not arm DR0 to DR3 at VMRUN, has no DR7.GD, and ends when a slot that it thinks enabled changes its
 * type: on it cases enable nothing. What hits is tested on Bochs.
 */
export function randomCase(
  machine: Pick<EmulatedMachine, "name" | "arch" | "cpus">,
  seed: number,
  number: number,
): CaseLines {
  const { name, arch, cpus } = machine;
  const dice = new Dice(seed, number);
  const canArm = name !== "amd";
  const { vcpus, steps } = arch === "arm64"
    ? randomArm64(dice)
    : randomX86(dice, { cpus, arms: canArm, hasGd: canArm });
  const header = {
    case: `random-${seed}-${String(number).padStart(4, "0")}`,
    arch,
    vcpus,
    about: `random case ${number} of seed ${seed}`,
  };
  return { header, steps };
}
