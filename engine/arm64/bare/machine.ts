/**
 * The machine that a guest believes to have: the host's CPU, with what the guest was given of it.
 *
 * @module
 */
import { VM } from "../blocks.ts";
import type { Arm64Frame, Arm64Host } from "../frame.ts";
import { ID_AA64DFR0 } from "../registers/id_aa64dfr0.ts";

const BRPS = ID_AA64DFR0.word("BRPs");
const CTX_CMPS = ID_AA64DFR0.word("CTX_CMPs");
const WRPS = ID_AA64DFR0.word("WRPs");

/** How many breakpoints, context-aware ones and watchpoints ID_AA64DFR0_EL1 tells the guest. */
export function guestCounts(
  { w, vm }: Arm64Frame,
): Pick<Arm64Host, "brps" | "ctx" | "wrps"> {
  const lo = w[vm + VM.dfr0];
  const count = ({ shift, mask }: typeof BRPS): number =>
    (lo >>> shift & mask) + 1;
  return { brps: count(BRPS), ctx: count(CTX_CMPS), wrps: count(WRPS) };
}

/** Its breakpoints and watchpoints are as many as ID_AA64DFR0_EL1 tells the guest, its ID registers the guest's. */
export function guestHost(f: Arm64Frame): Arm64Host {
  const { w, vm, host } = f;
  return {
    ...host,
    ...guestCounts(f),
    model: {
      ...host.model,
      dfr0: { lo: w[vm + VM.dfr0], hi: w[vm + VM.dfr0 + 1] },
      idDfr0: w[vm + VM.idDfr0],
    },
  };
}
