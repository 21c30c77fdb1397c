/**
 * Whether DR7 arms the breakpoints that it enables.
 *
 * @module
 */
import type { X86Frame } from "../frame.ts";

/**
 * The breakpoints that DR7 enables are armed.
 *
 * A CPU whose VMRUN arms none has none in a guest, nor in the machine that is compared with that guest, so that the
 * comparison shows what KVM did. Without a hypervisor DR7 is written by MOV, which arms them. Rule x86:A/6.
 */
export function dr7Arms({ model, bare }: X86Frame): boolean {
  return model.entryArms || bare?.isStepwise === false;
}
