/**
 * Operations that the kernel refuses.
 *
 * @module
 */
import { ERRNO } from "../../errno.ts";
import type { RuleId } from "../../events.ts";
import type { HardwareFrame } from "../hardware/frame.ts";

/** Reports that an operation is refused. @returns the negated errno */
export function refuse(
  f: HardwareFrame,
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
