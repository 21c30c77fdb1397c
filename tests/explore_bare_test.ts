/**
 * The bare machine beside a vCPU, on a machine that is bare itself: no guest can tell the two apart.
 *
 * @module
 */
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import type { ArchName } from "../engine/architecture.ts";
import { architecture, createMachine } from "../engine/architectures.ts";
import { WHOLE } from "../engine/explore/coverage.ts";
import { UNBOUNDED } from "../engine/explore/options.ts";
import { ALL_REDUCTIONS } from "../engine/explore/reductions.ts";
import { PROPERTY } from "../engine/explore/properties.ts";
import { search } from "../engine/explore/search.ts";
import { modelOf, straight } from "../engine/explore/testing.ts";
import { join64 } from "../engine/word64.ts";
import { randomGuests } from "./random_programs.ts";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";

/** More programs: `DREGS_MODELS=1000 deno task test tests/explore_bare_test.ts`; `DREGS_SEED` draws others. */
const numRuns = Number(Deno.env.get("DREGS_MODELS") ?? 150);
const seed = Number(Deno.env.get("DREGS_SEED") ?? 2026);

const ASKED = PROPERTY.noticed | PROPERTY.debugged | PROPERTY["step-flag"];

for (
  const [arch, profile] of [
    ["x86", "bare"],
    ["arm64", "bare"],
    // Without devices and registers of external debug no program of one guest can tell them apart.
    ["arm64", "linux-7.2"],
  ] satisfies [ArchName, string][]
) {
  Deno.test(`view bare: as the guest's own after a run, in ${numRuns} random programs (${arch}, ${profile})`, () => {
    const info = architecture(arch)!;
    const host = {
      counts: {},
      model: undefined,
      unpredictable: undefined,
    };
    const kernel = { profile, vendor: undefined, options: {} };
    fc.assert(
      fc.property(randomGuests(arch, 12), ({ handler, program }) => {
        const machine = createMachine(info, kernel, host);
        machine.setHandler(0, handler);
        for (const insn of program) {
          const isTold = insn.mmio ||
            info.lockstep.allowsStray(insn, "undef") !== undefined;
          if (isTold && profile !== "bare") continue;
          const address = join64(insn.addressLo, insn.addressHi);
          machine.append(0, insn, address);
        }
        machine.run(0);
        machine.put(0);
        const differing = info.registers.all.filter(({ id, hostOnly }) =>
          !hostOnly && machine.differsFromBare(0, [id])
        );
        assertEquals(differing.map(({ name }) => name), []);
      }),
      { numRuns, seed },
    );
  });
}

Deno.test("view bare: a handler that only the guest entered returns to the flags of its own machine", async () => {
  const io = new MemoryIo({
    files: {
      "strays.dregs": `arch x86
kernel linux-7.2 vmx
guest exec 0x1000
guest int3 at=0x1001
guest exec 0x2000
user debug step
run steps=1
run steps=1
user debug off
run
expect exception db rip=0x2001
expect guest rflags == 0x102
expect bare rflags == 0x2
`,
    },
  });
  assertEquals(await main(["run", "strays.dregs"], io), 0, io.stdout);
});

Deno.test("view bare: what a guest has lost, its own machine still has", async () => {
  const io = new MemoryIo({
    files: {
      "lost.dregs": `arch x86
kernel linux-7.2
guest popf tf=1
user debug step
run
user debug off
expect guest rflags.tf == 0
expect bare rflags.tf == 1
expect bare@0 dr7 == 0x400
`,
    },
  });
  assertEquals(await main(["run", "lost.dregs"], io), 0, io.stdout);
});

for (
  const request of [
    "user debug break 0x9000",
    "user debug raw control=0x20001 dr0=0x9000 dr7=2",
    "user set dr0 0x1000",
  ]
) {
  for (const kernel of ["linux-7.3", "linux-7.3 svm"]) {
    Deno.test(`view bare: the #DB that KVM has queued for the guest, before ${request} (${kernel})`, async () => {
      const io = new MemoryIo({
        files: {
          "queued.dregs": `arch x86
kernel ${kernel}
guest write dr7 gd=1
guest int1
run attempts=4
${request}
expect bare dr6.bd == 1
expect bare dr7.gd == 0
run
expect exception db
expect bare dr6.bd == 1
expect bare dr7.gd == 0
`,
        },
      });
      const status = await main(["run", "queued.dregs"], io);
      assertEquals(status, 0, io.stdout + io.stderr);
    });
  }
}

for (const arch of ["x86", "arm64"] satisfies ArchName[]) {
  const guests = fc.tuple(
    randomGuests(arch, 12),
    // Another vCPU, preempted and moved among CPUs as the first is.
    fc.option(randomGuests(arch, 4), { freq: 2, nil: undefined }),
  ).map((all) => all.filter((one) => one !== undefined));
  Deno.test(`noticed: nothing on a machine without a hypervisor, in ${numRuns} random programs of ${arch} (seed ${seed})`, () => {
    let taken = 0;
    let several = 0;
    let matched = 0;
    fc.assert(
      fc.property(guests, fc.integer({ min: 1, max: 2 }), (guests, cpus) => {
        const model = modelOf({
          arch,
          profile: "bare",
          cpus,
          guests: guests.map(({ program }) => straight(program)),
          before: (machine) =>
            guests.forEach(({ handler }, v) => machine.setHandler(v, handler)),
          never: ASKED,
        });
        const bounds = { ...UNBOUNDED, statesMax: 5000 };
        const found = search(model, { reductions: ALL_REDUCTIONS, bounds });
        const last = found.schedule.at(-1);
        assertEquals(last?.noticed, undefined);
        assert(found.complete);
        taken++;
        if (guests.length > 1) several++;
        if (found.coverage.whole[WHOLE.ownMatch] > 0) matched++;
      }),
      { numRuns, seed },
    );
    assertEquals(taken, numRuns);
    assert(matched * 8 > numRuns, `${matched} of ${numRuns} match`);
    assert(several * 4 > numRuns, `${several} of ${numRuns} have two vCPUs`);
  });
}
