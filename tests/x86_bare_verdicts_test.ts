/** `why not` on an x86 machine without a hypervisor: what a comparison of the CPU means for a breakpoint, a watchpoint or a step. */
import { assertEquals } from "@std/assert";
import { answer } from "../dsl/testing_why.ts";
import type { CpuComparison, UnmetQuestion } from "../engine/comparison.ts";
import { set64 } from "../engine/word64.ts";
import { verdict } from "../engine/x86/bare/verdicts.ts";
import { CPU } from "../engine/x86/blocks.ts";
import { flagCondition } from "../engine/x86/hardware/comparisons.ts";
import type { KvmFrame } from "../engine/x86/kvm/kernel.ts";
import { bareFrame, frameOf, setCpu } from "./x86_frame.ts";

/** Slot 1 watches writes of four bytes: from 0x6004 on. */
function machine(): KvmFrame {
  const f = bareFrame(frameOf().f);
  set64(f.w, f.cpu + CPU.dr + 2, 0x6005n);
  setCpu(f, { dr7: 0x00d0_0404 });
  return f;
}

const ASKED = { vcpu: 0, subject: "breakpoint", owner: "guest", number: 1 };

const COMPARED: CpuComparison = {
  unit: "watchpoint",
  number: 1,
  address: 0x6004n,
  sizeBytes: 4,
  access: 2,
  isThere: false,
  register: undefined,
  unmet: undefined,
};

/** What a comparison means, of the guest's own breakpoint 1 where nothing else is asked. */
function ask(
  compared: Partial<CpuComparison>,
  asked: Partial<UnmetQuestion> = {},
) {
  const question = { ...ASKED, ...asked } as UnmetQuestion;
  return verdict(machine(), question, { ...COMPARED, ...compared });
}

Deno.test("x86 why not, bare: how near a comparison of the CPU comes", () => {
  const shown = (address: bigint, access: number) => {
    const compared = access === 0
      ? { unit: "breakpoint", sizeBytes: 1, access, address } as const
      : { access, address };
    const { aim, gapBytes, suits } = ask(compared)!;
    return [aim?.name, gapBytes, suits];
  };
  assertEquals(shown(0x6004n, 2), ["DR1", 0n, true]);
  // 0x6010 is 9 bytes after 0x6007.
  assertEquals(shown(0x6010n, 2), ["DR1", 9n, true]);
  assertEquals(shown(0x6004n, 1), ["DR1", 0n, false]);
  // Of an instruction the first byte counts.
  assertEquals(shown(0x6009n, 0), ["DR1", 4n, false]);
});

Deno.test("x86 why not, bare: a comparison of another slot, of another kind or for userspace means nothing", () => {
  const isMeant = (
    asked: Partial<UnmetQuestion>,
    compared: Partial<CpuComparison> = {},
  ) => ask(compared, asked) !== undefined;
  assertEquals(isMeant({}), true);
  assertEquals(isMeant({ number: 2 }), false);
  assertEquals(isMeant({ owner: "user" }), false);
  const watch = { subject: "watchpoint" } as const;
  assertEquals(isMeant(watch), true);
  assertEquals(isMeant({ ...watch, number: 2 }), false);
  assertEquals(isMeant(watch, { unit: "breakpoint" }), false);
  assertEquals(isMeant({ subject: "step" }), false);
  // Nothing exits.
  for (const subject of ["exit", "trap"] as const) {
    assertEquals(isMeant({ subject }, { unit: "trap" }), false);
  }
});

Deno.test("x86 why not, bare: a step is due by what the CPU found alone, and has no address", () => {
  const step = { subject: "step", number: -1 } as const;
  for (
    const unmet of [undefined, flagCondition(machine(), "TF", 1, "x86:A6")]
  ) {
    assertEquals(ask({ unit: "step", number: -1, unmet }, step), {
      aim: undefined,
      gapBytes: 0n,
      suits: true,
      unmet,
    });
  }
});

for (
  const [flags, because] of [
    ["tf=0", "guest RFLAGS.TF=0 x86:A6"],
    ["tf=1", undefined],
  ] as const
) {
  Deno.test(`x86 why not step, bare: after POPF with ${flags}`, () => {
    const { unmet } = answer(`arch x86
kernel bare
guest popf ${flags}
guest exec 0x5000
run
why not step`);
    const { place, field, value, rule } = unmet?.condition ?? {};
    assertEquals(
      place && `${place.space} ${place.name}.${field}=${value} ${rule}`,
      because,
    );
  });
}
