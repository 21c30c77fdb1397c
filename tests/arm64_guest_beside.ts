/**
 * A guest with what the search keeps beside it, for tests of what the search asks of arm64.
 *
 * @module
 */
import { VM } from "../engine/arm64/blocks.ts";
import { ARM64_MONITOR } from "../engine/arm64/explore/monitor.ts";
import { ID_AA64DFR0 } from "../engine/arm64/registers/id_aa64dfr0.ts";
import { highWord, lowWord, set64 } from "../engine/word64.ts";
import { type CpuOptions, idOf, TestCpu } from "./arm64_cpu.ts";

/** A guest with 6 breakpoints, 2 of them context-aware, and 4 watchpoints, and the block that is kept beside it. */
export function guest(
  registers: Readonly<Record<string, bigint>>,
  options: CpuOptions = {},
): TestCpu {
  const cpu = new TestCpu({ ...options, beside: ARM64_MONITOR.words });
  set64(
    cpu.f.w,
    VM.dfr0,
    ID_AA64DFR0.with(0n, { BRPs: 5n, CTX_CMPs: 1n, WRPs: 3n }),
  );
  for (const [name, value] of Object.entries(registers)) {
    accept(cpu, name, value);
  }
  return cpu;
}

/** The guest has written a register. */
export function accept(cpu: TestCpu, name: string, value: bigint): void {
  const { f, beside } = cpu;
  const [lo, hi] = [lowWord(value), highWord(value)];
  ARM64_MONITOR.accept(f, beside, idOf(name), lo, hi);
}
