/**
 * A BCR written and read back through mapping and conversion, beside the same rules in C.
 *
 * Run: `deno task bench renumbering`. Prints the processor's nanoseconds for one write and read, and the ratio.
 *
 * @module
 */
import process from "node:process";
import { architecture, createMachine } from "../engine/mod.ts";
import { VM } from "../engine/arm64/blocks.ts";
import { emulateAccess } from "../engine/arm64/kvm/sysreg_traps.ts";
import type { KvmFrame } from "../engine/arm64/kvm/kernel.ts";

const ROUNDS = 4_000_000;
const REPEATS = 40;

/** Host and guest counts of the patch's own example, and of the largest machine. */
const SHAPES = [[5, 2, 4, 2], [16, 4, 4, 4]] as const;

/** The frame of a vCPU of a VM with these counts, its first run done. */
function frameOf(
  [brps, ctx, guestBrps, guestCtx]: readonly number[],
): KvmFrame {
  const arm64 = architecture("arm64")!;
  const kernel = { profile: "watanabe-v7", vendor: undefined, options: {} };
  const host = {
    counts: { brps, ctx },
    model: undefined,
    unpredictable: undefined,
  };
  const machine = createMachine(arm64, kernel, host);
  machine.set({ brps: guestBrps, ctx: guestCtx });
  machine.run(0);
  const rules = arm64.createRules(kernel, host);
  const f = rules.frame(machine.words.slice()) as KvmFrame;
  f.vcpu = rules.sizes.vm + rules.sizes.cpu;
  if (f.w[f.vm + VM.emulate] !== 1) {
    throw new Error("the shape does not renumber");
  }
  return f;
}

/** One write and read of BCR<i mod 16>, for all links. @returns nanoseconds each, and a checksum */
function measure(f: KvmFrame): { ns: number; sum: bigint } {
  let low = 0;
  let sum = 0n;
  const start = process.cpuUsage();
  for (let i = 0; i < ROUNDS; i++) {
    const n = i & 15;
    f.lo = 0x1e5 | ((i >> 4) & 15) << 16;
    f.hi = i & 0xffff;
    if (emulateAccess(f, n, true) && emulateAccess(f, n, false)) {
      low += f.hi + f.lo;
      if (low > 2 ** 52) {
        sum += BigInt(low);
        low = 0;
      }
    }
  }
  const { user, system } = process.cpuUsage(start);
  const ns = (user + system) * 1e3 / ROUNDS;
  return { ns, sum: sum + BigInt(low) };
}

/** Compiles the C peer; undefined where there is no gcc. */
async function compilePeer(): Promise<string | undefined> {
  const binary = await Deno.makeTempFile();
  try {
    const { success } = await new Deno.Command("gcc", {
      args: [
        "-O2",
        "-o",
        binary,
        new URL("peers/renumber.c", import.meta.url).pathname,
      ],
    }).output();
    return success ? binary : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Measures and prints. */
export async function bench(): Promise<void> {
  const peer = await compilePeer();
  for (const shape of SHAPES) {
    let ours = Infinity;
    let theirs = Infinity;
    // Alternating and short, the best of each: a moment in which the machine does nothing else is enough.
    for (let i = 0; i < REPEATS; i++) {
      const { ns, sum } = measure(frameOf(shape));
      ours = Math.min(ours, ns);
      if (peer === undefined) continue;
      const { stdout } = await new Deno.Command(peer, {
        args: [...shape, ROUNDS].map(String),
      }).output();
      const [time, checksum] = new TextDecoder().decode(stdout).trim().split(
        " ",
      );
      theirs = Math.min(theirs, Number(time));
      if (BigInt(checksum) !== sum) {
        throw new Error(`checksums differ: ${checksum} in C, ${sum} here`);
      }
    }
    const [brps, ctx, guestBrps, guestCtx] = shape;
    const label =
      `renumbering ${brps}/${ctx} to ${guestBrps}/${guestCtx}: engine ${
        ours.toFixed(1)
      } ns`;
    console.log(
      peer === undefined
        ? `${label}; no gcc, so no peer`
        : `${label}, C ${theirs.toFixed(1)} ns, ratio ${
          (ours / theirs).toFixed(2)
        }`,
    );
  }
}
