/**
 * Where RIP is taken for a linear address: CS.base + RIP is one only outside 64-bit mode.
 *
 * @module
 */
import { VM } from "../blocks.ts";
import type { KvmFrame } from "./kernel.ts";

/** Adds the base of CS to the RIP in two words. Rules x86:D/17.2, x86:D/17.3. */
export function addCsBase({ w, vm }: KvmFrame, at: number): void {
  const base = w[vm + VM.csBase];
  const low = (w[at] + base) | 0;
  w[at + 1] = (w[at + 1] + (low >>> 0 < base >>> 0 ? 1 : 0)) | 0;
  w[at] = low;
}
