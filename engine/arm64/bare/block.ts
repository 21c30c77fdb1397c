/**
 * What is kept of the bare machine beside a vCPU of arm64.
 *
 * @module
 */
import { defineBlock, reg64, regs64, word } from "../../block.ts";
import { NUMBERED_MAX } from "../registers/ids.ts";

/** Its registers. */
export const BARE = defineBlock({
  bank: regs64(NUMBERED_MAX),
  mdscr: reg64(),
  mdccint: reg64(),
  contextidr: reg64(),
  osLock: word(),
  /** Registers of external debug: beside a guest under KVM they keep nothing, as the guest's. Rule arm64:A/15. */
  osdtrrx: reg64(),
  osdtrtx: reg64(),
  oseccr: reg64(),
  osdlr: reg64(),
  dbgprcr: reg64(),
  dbgclaim: reg64(),
  pstate: word(),
  /** As `VCPU.stepped`, `VCPU.steppedExclusive` and `VCPU.ownMode`. */
  stepped: word(),
  steppedExclusive: word(),
  ownMode: word(),
  /** As those of the CPU. */
  watchpointOrder: reg64(),
  watchpointHits: word(),
});
