/** What is expected at the end of everything is asked of the whole machine as it is there. */
import { makeInsn } from "../program.ts";
import type { Words } from "../word64.ts";
import { UNBOUNDED } from "./options.ts";
import { NO_REDUCTIONS } from "./reductions.ts";
import { search } from "./search.ts";
import { modelOf, straight } from "./testing.ts";
import { assert, assertEquals } from "@std/assert";

/** Numbers of vCPUs and CPUs. */
const MACHINES = [[1, 1], [2, 1], [1, 2]] as const;

for (const [vcpus, cpus] of MACHINES) {
  Deno.test(`expander: at an end, what all vCPUs share is as it is there, of ${vcpus} on ${cpus}`, () => {
    const insn = makeInsn({ op: "isb", lengthBytes: 4 });
    const model = modelOf({
      arch: "arm64",
      profile: "linux-7.2",
      cpus,
      guests: Array.from({ length: vcpus }, () => straight([insn])),
      preempt: "none",
      never: 0,
    });
    const { vm } = model.initial;
    const ends: Words[] = [];
    const { complete } = search({
      ...model,
      finally: [{
        of: "vcpu",
        index: 0,
        holds: ({ w }) => ends.push(w.slice(0, vm.length)) > 0,
        isThere: () => true,
      }],
    }, { reductions: NO_REDUCTIONS, bounds: UNBOUNDED });
    assert(complete);
    assert(ends.length > 0);
    // A vCPU has run: one flag of the VM is set.
    for (const end of ends) {
      const changed = end.filter((word, at) => word !== vm[at]);
      assertEquals([...changed], [1]);
    }
  });
}
