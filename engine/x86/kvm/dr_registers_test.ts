import { highWord, lowWord } from "../../word64.ts";
import { VCPU, VM } from "../blocks.ts";
import { X86_MODELS } from "../hardware/models.ts";
import { X86_PROFILES } from "../profiles/mod.ts";
import { x86Rules } from "../rules.ts";
import type { KvmFrame } from "./kernel.ts";
import { assertEquals } from "@std/assert";

/** A vCPU of a kernel, with nothing else. */
function frameOf(profile: string, features = { rtm: 0, bld: 0 }): KvmFrame {
  const rules = x86Rules({
    profile: X86_PROFILES.byName(profile),
    vendor: "vmx",
    model: X86_MODELS.architecture,
  });
  const { vm, vcpu, user, cpu } = rules.sizes;
  const f = rules.frame(new Int32Array(vm + vcpu + user + cpu));
  f.vcpu = vm;
  f.user = vm + vcpu;
  f.cpu = vm + vcpu + user;
  rules.initVcpu(f, 0);
  f.w[f.vm + VM.rtm] = features.rtm;
  f.w[f.vm + VM.busLock] = features.bld;
  return f;
}

function write(f: KvmFrame, dr: number, value: bigint): boolean {
  f.lo = lowWord(value);
  f.hi = highWord(value);
  return f.kernel.setDr(f, dr);
}

const stored = (f: KvmFrame, dr: 6 | 7): number =>
  f.w[f.vcpu + (dr === 6 ? VCPU.dr6 : VCPU.dr7)] >>> 0;

/** The table of x86:G/4 for DR7. */
const DR7_ROWS: readonly [written: bigint, in2008: number, since44: number][] =
  [
    [0n, 0x400, 0x400],
    [0xffff_ffffn, 0xffff_27ff, 0xffff_2fff],
    [0xf800n, 0x2400, 0x2c00],
  ];
for (const [written, in2008, since44] of DR7_ROWS) {
  Deno.test(`x86:B13, x86:D4 setDr(7): 0x${written.toString(16)}`, () => {
    for (const { name } of X86_PROFILES.all) {
      const f = frameOf(name);
      write(f, 7, written);
      const want = name === "kiszka-2008" ? in2008 : since44;
      assertEquals(stored(f, 7), want, name);
    }
  });
}

/** The same for DR6: kernel, features, written, stored. */
const DR6_ROWS: readonly [
  profile: string,
  rtm: number,
  bld: number,
  written: bigint,
  want: number,
][] = [
  ["kiszka-2008", 0, 0, 0n, 0xffff_0ff0],
  ["kiszka-2008", 0, 0, 0xffff_ffffn, 0xffff_efff],
  ["kiszka-2008", 0, 0, 0x4002n, 0xffff_4ff2],
  ["kiszka-2008", 1, 0, 0n, 0xffff_0ff0], // x86:Q21
  ["linux-4.4", 0, 0, 0n, 0xffff_0ff0],
  ["linux-4.4", 1, 0, 0n, 0xfffe_0ff0],
  ["linux-4.4", 1, 1, 0n, 0xfffe_0ff0], // BLD is not known yet
  ["linux-4.4", 0, 0, 0xffff_ffffn, 0xffff_efff],
  ["linux-4.4", 1, 0, 0x4002n, 0xfffe_4ff2],
  ["linux-6.1", 0, 0, 0n, 0xffff_0ff0],
  ["linux-6.1", 1, 0, 0n, 0xfffe_0ff0],
  ["linux-6.1", 0, 1, 0n, 0xffff_07f0],
  ["linux-6.1", 1, 1, 0n, 0xfffe_07f0],
  ["linux-6.1", 0, 0, 0xffff_ffffn, 0xffff_efff],
  ["linux-6.1", 1, 0, 0x4002n, 0xfffe_4ff2],
];
for (const [profile, rtm, bld, written, want] of DR6_ROWS) {
  Deno.test(`x86:B12, x86:D3 setDr(6): ${profile} rtm=${rtm} bld=${bld} 0x${written.toString(16)}`, () => {
    const f = frameOf(profile, { rtm, bld });
    write(f, 6, written);
    assertEquals(stored(f, 6), want);
  });
}

Deno.test("x86:D3, x86:D4 setDr() refuses bits 63:32 of DR6 and DR7, DR0 takes any value", () => {
  for (const profile of ["linux-4.4", "linux-6.1", "linux-7.2"]) {
    for (const dr of [4, 5, 6, 7]) {
      assertEquals(write(frameOf(profile), dr, 0x1_0000_0400n), false);
    }
    assertEquals(write(frameOf(profile), 0, 1n << 63n), true);
  }
});
