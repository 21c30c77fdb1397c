/**
 * Whose a physical breakpoint or watchpoint is.
 *
 * @module
 */
import type { BreakpointOwner } from "../../events.ts";
import { VCPU } from "../blocks.ts";
import type { Arm64Frame } from "../frame.ts";
import type { KvmFrame } from "./kernel.ts";

/**
 * Whose the CPU's breakpoints and watchpoints are while a guest is in: the set that the entry has selected. Where it
 * has loaded none, none is enabled. Rules arm64:B9, arm64:C2, arm64:E/1.8.
 */
export function breakpointOwner(frame: Arm64Frame): BreakpointOwner {
  const f = frame as KvmFrame;
  const { debugSwitch } = f.kernel;
  const isUserspaces = debugSwitch.selected(f) === VCPU.external ||
    debugSwitch.accessedBank(f) === VCPU.shadow;
  return isUserspaces ? "userspace" : "guest";
}
