/**
 * What is kept of the bare machine beside a vCPU of x86.
 *
 * @module
 */
import { defineBlock, regs64, word } from "../../block.ts";
import { SLOTS } from "../registers/ids.ts";

/** Its registers, and the frames that its handlers' stacks hold. */
export const BARE = defineBlock({
  dr: regs64(SLOTS),
  dr6: word(),
  /** `BareMode.leftStatus`: B0 to B3 from before the last #DB. Rule x86:A/3. */
  leftStatus: word(),
  dr7: word(),
  debugctl: word(),
  rflags: word(),
  cr4: word(),
  /** As `VCPU.shadow`, `VCPU.pendingDb` and `VCPU.latentDb`. */
  shadow: word(),
  pendingDb: word(),
  latentDb: word(),
  /** As `VCPU.repeating` and `VCPU.rcx`. */
  repeating: word(),
  rcx: word(),
  /** As `VCPU.r11`. */
  r11: word(),
  /** As `VCPU.events`: what is pending, and whether NMIs are blocked. */
  events: word(),
  /** Vector of the exception that is raised and not delivered yet, plus 1; 0 if none. And its error code. */
  raised: word(),
  raisedError: word(),
  /** RFLAGS in the frame of the handler that runs, and of the one that it has interrupted. */
  handlerFlags: word(),
  outerFlags: word(),
  /** As `VCPU.stepsLeft`. */
  stepsLeft: word(),
});
