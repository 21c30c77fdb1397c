/**
 * Recordings for tests, made of steps.
 *
 * @module
 */

/** An object of a recording. */
type Line = Readonly<Record<string, unknown>>;

const ARM64_HEADER: Line = {
  case: "made for a test",
  arch: "arm64",
  kernel: "6.1.0",
  cpu: "max",
  brps: 6,
  ctx: 2,
  wrps: 4,
};

const X86_HEADER: Line = {
  case: "made for a test",
  arch: "x86",
  vendor: "amd",
  kernel: "6.1.0",
  cpu: "EPYC (QEMU TCG)",
};

/** A recording of KVM/arm64 6.1 on QEMU's `max`, as text. */
export function arm64Recording(...steps: readonly Line[]): string {
  return textOf([ARM64_HEADER, ...steps]);
}

/** A recording of kvm-amd 6.1 on QEMU's TCG, as text. */
export function x86Recording(...steps: readonly Line[]): string {
  return textOf([X86_HEADER, ...steps]);
}

function textOf(lines: readonly Line[]): string {
  return lines.map((line) => JSON.stringify(line)).join("\n");
}

/** Address of the instruction `index` of vCPU 0's arm64 program. */
export function arm64Pc(index: number): string {
  return `0x${(0x4008_0000 + 4 * index).toString(16)}`;
}

/** Address in vCPU 0's x86 program. */
export function x86Pc(offset: number): string {
  return `0x${(0x11_0000 + offset).toString(16)}`;
}
