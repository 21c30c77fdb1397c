/**
 * A VM with one vCPU whose first-run initialisation is not done, for tests of breakpoint numbers.
 *
 * @module
 */
import { VCPU, VM } from "../engine/arm64/blocks.ts";
import { modelByName } from "../engine/arm64/hardware/models.ts";
import { arm64Frame } from "../engine/arm64/frame.ts";
import type { KvmFrame } from "../engine/arm64/kvm/kernel.ts";
import { renumber } from "../engine/arm64/kvm/numbering.ts";
import { ARM64_PROFILES } from "../engine/arm64/profiles/mod.ts";
import { ID_AA64DFR0 } from "../engine/arm64/registers/id_aa64dfr0.ts";
import { type Kind, numberedId } from "../engine/arm64/registers/ids.ts";
import { get64, set64 } from "../engine/word64.ts";

/** Counts, not fields. */
export interface Counts {
  readonly brps: number;
  readonly ctx: number;
}

/** A frame with one VM and one vCPU, first-run initialisation not done. */
export function frameFor(host: Counts, guest: Counts, wrps = 16): KvmFrame {
  const f: KvmFrame = arm64Frame(new Int32Array(VM.words + VCPU.words), {
    bare: undefined,
    host: {
      ...host,
      wrps,
      model: modelByName("architecture"),
      unpredictable: "never",
      vhe: true,
    },
    kernel: ARM64_PROFILES.byName("watanabe-v7"),
    ownerOf: () => "guest",
  });
  f.vcpu = VM.words;
  set64(
    f.w,
    VM.dfr0,
    ID_AA64DFR0.with(0n, {
      BRPs: BigInt(guest.brps - 1),
      CTX_CMPs: BigInt(guest.ctx - 1),
      WRPs: BigInt(wrps - 1),
    }),
  );
  renumber(f);
  return f;
}

/** A BCR or WCR value that is different for each register and keeps a linked number. */
export function control(number: number, lbn: number): bigint {
  return 0xdead_0000_0000_0000n | BigInt(number) << 32n | BigInt(lbn) << 16n |
    0x1e5n;
}

/** Stores a value in a slot of the guest's set. */
export function put(
  f: KvmFrame,
  kind: Kind,
  number: number,
  value: bigint,
): void {
  set64(f.w, f.vcpu + VCPU.guest + 2 * numberedId(kind, number), value);
}

/** The guest's set of one kind of register, by slot. */
export function bank(f: KvmFrame, kind: Kind): bigint[] {
  return [...Array(16).keys()].map((n) =>
    get64(f.w, f.vcpu + VCPU.guest + 2 * numberedId(kind, n))
  );
}
