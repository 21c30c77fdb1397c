import { assertEquals } from "@std/assert";
import { VM } from "../engine/arm64/blocks.ts";
import { modelByName } from "../engine/arm64/hardware/models.ts";
import { resetIds } from "../engine/arm64/kvm/id_values.ts";
import { setOneReg } from "../engine/arm64/kvm/one_reg.ts";
import { arm64Frame } from "../engine/arm64/frame.ts";
import type { KvmFrame } from "../engine/arm64/kvm/kernel.ts";
import {
  type Dfr0Field,
  ID_AA64DFR0,
} from "../engine/arm64/registers/id_aa64dfr0.ts";
import { REG } from "../engine/arm64/registers/ids.ts";
import { ERRNO } from "../engine/errno.ts";
import type { Event } from "../engine/events.ts";
import { get64, set64 } from "../engine/word64.ts";
import { arm64Record } from "./arm64_record.ts";

type Triple = readonly [brps: number, ctx: number, wrps: number];

/** A new VM on a machine with these fields (counts minus one). */
function vmOn(kernel: string, [brps, ctx, wrps]: Triple): KvmFrame {
  const f: KvmFrame = arm64Frame(new Int32Array(VM.words + 4096), {
    bare: undefined,
    host: {
      brps: brps + 1,
      ctx: ctx + 1,
      wrps: wrps + 1,
      model: modelByName("max"),
      unpredictable: "never",
      vhe: true,
    },
    kernel: arm64Record(kernel),
    ownerOf: () => "guest",
  });
  f.vcpu = VM.words;
  resetIds(f);
  return f;
}

function write(
  f: KvmFrame,
  fields: Partial<Record<Dfr0Field, bigint>>,
): number {
  const value = ID_AA64DFR0.with(get64(f.w, VM.dfr0), fields);
  f.lo = Number(BigInt.asIntN(32, value));
  f.hi = Number(BigInt.asIntN(32, value >> 32n));
  return setOneReg(f, REG.ID_AA64DFR0_EL1);
}

function counts([brps, ctx, wrps]: Triple) {
  return { BRPs: BigInt(brps), CTX_CMPs: BigInt(ctx), WRPs: BigInt(wrps) };
}

const D8: readonly [host: Triple, guest: Triple, ran: boolean, want: number][] =
  [
    [[5, 1, 3], [5, 1, 3], false, 0],
    [[5, 1, 3], [4, 1, 3], false, 0],
    [[5, 1, 3], [4, 0, 3], false, 0],
    [[5, 1, 3], [5, 0, 3], false, 0],
    [[5, 1, 3], [3, 2, 3], false, -ERRNO.E2BIG],
    [[5, 3, 3], [2, 3, 3], false, -ERRNO.EINVAL],
    [[5, 1, 3], [6, 1, 3], false, -ERRNO.E2BIG],
    [[5, 1, 3], [5, 1, 4], false, -ERRNO.E2BIG],
    [[5, 1, 3], [0, 0, 0], false, 0],
    [[5, 1, 3], [4, 1, 3], true, -ERRNO.EBUSY],
  ];

for (const [host, guest, ran, want] of D8) {
  const when = ran ? "after a vCPU ran" : "before the first run";
  Deno.test(`arm64:D/8 host ${host} write ${guest} ${when}: ${want}`, () => {
    const f = vmOn("watanabe-v7", host);
    f.w[VM.ranAny] = ran ? 1 : 0;
    const before = get64(f.w, VM.dfr0);
    assertEquals(write(f, counts(guest)), want);
    const after = get64(f.w, VM.dfr0);
    if (want < 0) assertEquals(after, before);
    else assertEquals(after, ID_AA64DFR0.with(before, counts(guest)));
  });
}

Deno.test("arm64:V1 the same value is taken after a vCPU ran, too", () => {
  const f = vmOn("watanabe-v7", [5, 1, 3]);
  f.w[VM.ranAny] = 1;
  assertEquals(write(f, {}), 0);
});

Deno.test("arm64:V6 a PMU version needs a vCPU with a PMU; 0xf counts as none", () => {
  assertEquals(
    write(vmOn("watanabe-v7", [5, 1, 3]), { PMUVer: 6n }),
    -ERRNO.E2BIG,
  );
  assertEquals(
    write(vmOn("watanabe-v7", [5, 1, 3]), { PMUVer: 4n }),
    -ERRNO.EPERM,
  );
  const f = vmOn("watanabe-v7", [5, 1, 3]);
  const before = get64(f.w, VM.dfr0);
  assertEquals(write(f, { PMUVer: 0xfn }), 0);
  assertEquals(get64(f.w, VM.dfr0), before);
});

Deno.test("arm64:V4 DebugVer below 6 is a gap of 2022, refused since", () => {
  assertEquals(write(vmOn("watanabe-v7", [5, 1, 3]), { DebugVer: 5n }), 0);
  assertEquals(
    write(vmOn("linux-6.12", [5, 1, 3]), { DebugVer: 5n }),
    -ERRNO.EINVAL,
  );
});

Deno.test("arm64:E/1.13 linux-6.1 takes the same value only", () => {
  assertEquals(write(vmOn("linux-6.1", [5, 1, 3]), {}), 0);
  assertEquals(
    write(vmOn("linux-6.1", [5, 1, 3]), counts([4, 1, 3])),
    -ERRNO.EINVAL,
  );
});

Deno.test("arm64:E/2.13 linux-6.12 takes fewer watchpoints, not fewer breakpoints", () => {
  assertEquals(write(vmOn("linux-6.12", [5, 1, 3]), counts([5, 1, 1])), 0);
  for (const triple of [[4, 1, 3], [5, 0, 3], [5, 1, 4]] as const) {
    assertEquals(
      write(vmOn("linux-6.12", [5, 1, 3]), counts(triple)),
      -ERRNO.EINVAL,
    );
  }
  const f = vmOn("linux-6.12", [5, 1, 3]);
  f.w[VM.ranAny] = 1;
  assertEquals(write(f, counts([5, 1, 1])), -ERRNO.EBUSY);
});

/** KVM_SET_ONE_REG of ID_AA64DFR0_EL1 on a machine with DebugVer 9, by kernel. */
const WRITES: readonly (readonly [
  kernel: string,
  ran: boolean,
  fields: Partial<Record<Dfr0Field, bigint>>,
  want: number,
])[] = [
  ["linux-4.14", false, {}, -ERRNO.ENOENT],
  ["linux-4.15", false, {}, 0],
  ["linux-4.15", false, { PMUVer: 0n }, -ERRNO.EINVAL],
  ["linux-6.1", false, { PMUVer: 15n }, -ERRNO.EINVAL],
  // Only the PMU version, at any time.
  ["linux-6.2", false, { PMUVer: 15n }, 0],
  ["linux-6.2", true, { PMUVer: 15n }, 0],
  ["linux-6.2", false, { PMUVer: 4n }, -ERRNO.EINVAL],
  ["linux-6.2", false, { PMUVer: 15n, WRPs: 1n }, -ERRNO.EINVAL],
  // 15 is 0, and after the first run nothing else is taken.
  ["linux-6.5", true, { PMUVer: 15n }, 0],
  ["linux-6.5", true, { PMUVer: 8n }, -ERRNO.EBUSY],
  ["linux-6.5", false, { PMUVer: 4n }, -ERRNO.EINVAL],
  // The field is signed until 7.1.
  ["linux-6.5", false, { PMUVer: 8n }, 0],
  ["linux-7.0", false, { PMUVer: 14n }, 0],
  ["linux-7.1", false, { PMUVer: 8n }, -ERRNO.EINVAL],
  ["linux-6.18.33", false, { PMUVer: 8n }, -ERRNO.EINVAL],
  // DebugVer: fixed at 6, then down from the machine's.
  ["linux-6.5", false, { DebugVer: 9n }, -ERRNO.EINVAL],
  ["linux-6.7", false, { DebugVer: 6n }, 0],
  ["linux-6.7", false, { DebugVer: 10n }, -ERRNO.EINVAL],
  ["linux-6.7", false, { DebugVer: 5n }, -ERRNO.EINVAL],
  ["linux-6.7", true, { DebugVer: 6n }, -ERRNO.EBUSY],
  // What can never be is refused before what is too late.
  ["linux-6.7", true, { DebugVer: 5n }, -ERRNO.EINVAL],
  ["linux-6.7", false, { WRPs: 1n }, -ERRNO.EINVAL],
  ["linux-6.12", false, { WRPs: 1n }, 0],
  ["linux-6.12", false, { WRPs: 4n }, -ERRNO.EINVAL],
  ["linux-6.12", false, { BRPs: 1n }, -ERRNO.EINVAL],
];

for (const [kernel, ran, fields, want] of WRITES) {
  const text = Object.entries(fields).map(([name, value]) =>
    `${name} ${value}`
  ).join(", ") || "the same";
  const when = ran ? "after a run" : "before the first run";
  Deno.test(`arm64:E/2.13 ${kernel} ${when}: ${text} gives ${want}`, () => {
    const f = vmOn(kernel, [5, 1, 3]);
    f.w[VM.ranAny] = ran ? 1 : 0;
    assertEquals(write(f, fields), want);
  });
}

/** PMUVer and PerfMon after PMUVer 15 was written. */
for (const [kernel, version] of [["6.2", 15n], ["6.5", 0n]] as const) {
  Deno.test(`arm64:F11 linux-${kernel}: PMUVer 15 is ${version} for the guest`, () => {
    const f = vmOn(`linux-${kernel}`, [5, 1, 3]);
    const before = get64(f.w, VM.dfr0);
    assertEquals(write(f, { PMUVer: 15n }), 0);
    assertEquals(
      get64(f.w, VM.dfr0),
      ID_AA64DFR0.with(before, { PMUVer: version }),
    );
    assertEquals(BigInt(f.w[VM.idDfr0] >>> 24 & 15), version);
  });
}

Deno.test("arm64:E/1.16 linux-6.2: the PMU version changes, and the upper half stays", () => {
  const f = vmOn("linux-6.2", [5, 1, 3]);
  // A machine without a double lock.
  const before = ID_AA64DFR0.with(get64(f.w, VM.dfr0), { DoubleLock: 15n });
  set64(f.w, VM.dfr0, before);
  assertEquals(write(f, { PMUVer: 15n }), 0);
  assertEquals(
    get64(f.w, VM.dfr0),
    ID_AA64DFR0.with(before, { PMUVer: 15n }),
  );
});

Deno.test("arm64:E/1.16 linux-6.2: a refusal says which register, and what of it is wrong", () => {
  const rows = [
    [{ PMUVer: 4n }, "the vCPU was created without a PMU"],
    [{ PMUVer: 15n, WRPs: 1n }, "only the PMU version is writable"],
  ] as const;
  for (const [fields, why] of rows) {
    const f = vmOn("linux-6.2", [5, 1, 3]);
    const events: Event[] = [];
    f.sink = { push: (event) => events.push(event) };
    assertEquals(write(f, fields), -ERRNO.EINVAL);
    assertEquals(events, [{
      kind: "refused",
      operation: "KVM_SET_ONE_REG ID_AA64DFR0_EL1",
      errno: "EINVAL",
      why,
      rule: "arm64:E/1.16",
    }]);
  }
});
