/**
 * The monitors of the architectures.
 *
 * @module
 */
import type { ArchName } from "../architecture.ts";
import { ARM64_MONITOR } from "../arm64/explore/monitor.ts";
import { X86_MONITOR } from "../x86/explore/monitor.ts";
import type { Monitor } from "./monitor.ts";

const MONITORS: Readonly<Record<ArchName, Monitor>> = {
  arm64: ARM64_MONITOR,
  x86: X86_MONITOR,
};

/** What a guest of an architecture must be able to rely on. */
export function monitorOf(arch: ArchName): Monitor {
  return MONITORS[arch];
}
