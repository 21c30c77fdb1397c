/**
 * Reports that the rules of both architectures make.
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import type { RuleId } from "./events.ts";
import { type NamedPlace, placeIn } from "./moves.ts";
import { type Frame, VCPU_BASE } from "./rules.ts";

/**
 * Reports what the kernel of the day would print.
 *
 * @param needed what it depended on: places of the vCPU, with the bits
 */
export function warn(
  f: Frame,
  message: string,
  rule: RuleId,
  ...needed: readonly (readonly [...NamedPlace, bits: bigint])[]
): void {
  f.sink?.push({
    kind: "warn",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    message,
    needed: needed.map(([space, name, bits]) => ({
      place: placeIn(f, space, name),
      bits,
    })),
    rule,
  });
}

/** Reports that the modelled guest, or a run of it, does not go on. */
export function reportStopped(f: Frame, message: string, rule: RuleId): void {
  f.sink?.push({
    kind: "stopped",
    vcpu: f.w[f.vcpu + VCPU_BASE.index],
    message,
    rule,
  });
}

/** Reports that an operation is refused. @returns the negated errno */
export function refuse(
  f: Frame,
  operation: string,
  { errno, why, rule }: {
    readonly errno: keyof typeof ERRNO;
    readonly why: string;
    readonly rule: RuleId;
  },
): number {
  f.sink?.push({ kind: "refused", operation, errno, why, rule });
  return -ERRNO[errno];
}
