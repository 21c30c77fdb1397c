/**
 * The bare machine beside a vCPU, on a machine that is bare itself: no guest can tell the two apart.
 *
 * @module
 */
import type { ArchName } from "../engine/architecture.ts";
import { ALL_REDUCTIONS, UNBOUNDED } from "../engine/explore/options.ts";
import { PROPERTY } from "../engine/explore/properties.ts";
import { search } from "../engine/explore/search.ts";
import { modelOf, straight } from "../engine/explore/testing.ts";
import { randomGuests } from "./random_programs.ts";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";

/** More programs: `DREGS_MODELS=1000 deno task test tests/explore_bare_test.ts`; `DREGS_SEED` draws others. */
const numRuns = Number(Deno.env.get("DREGS_MODELS") ?? 150);
const seed = Number(Deno.env.get("DREGS_SEED") ?? 2026);

const ASKED = PROPERTY.noticed | PROPERTY.debugged | PROPERTY["step-flag"];

for (const arch of ["x86", "arm64"] satisfies ArchName[]) {
  Deno.test(`noticed: nothing on a machine without a hypervisor, in ${numRuns} random programs of ${arch} (seed ${seed})`, () => {
    let taken = 0;
    fc.assert(
      fc.property(randomGuests(arch, 12), ({ handler, program }) => {
        const model = modelOf({
          arch,
          profile: "bare",
          cpus: 1,
          guests: [straight(program)],
          before: (machine) => machine.setHandler(0, handler),
          never: ASKED,
        });
        const bounds = { ...UNBOUNDED, statesMax: 5000 };
        const found = search(model, { reductions: ALL_REDUCTIONS, bounds });
        const last = found.schedule.at(-1);
        assertEquals(last?.noticed, undefined);
        assert(found.complete);
        taken++;
      }),
      { numRuns, seed },
    );
    assertEquals(taken, numRuns);
  });
}
