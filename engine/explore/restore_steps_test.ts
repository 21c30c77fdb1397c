/** Whether a save and restore of the VM had anything to lose, which a search counts. */
import type { Insn } from "../program.ts";
import { WHOLE } from "./coverage.ts";
import { UNBOUNDED } from "./options.ts";
import { PROPERTY } from "./properties.ts";
import { NO_REDUCTIONS } from "./reductions.ts";
import { search } from "./search.ts";
import { alone, modelOf, straight, x86Guest } from "./testing.ts";
import { assert, assertEquals } from "@std/assert";

const GUEST = x86Guest(0);

/** What a guest does, and whether its vCPU is then other than a new one. */
const GUESTS: readonly (readonly [name: string, insn: Insn, is: boolean])[] = [
  ["an instruction without an effect", GUEST.exec(0x1000), false],
  ["a write of what DR0 begins with", GUEST.writeDr0(0), false],
  ["another value of DR0", GUEST.writeDr0(0x3000), true],
  ["another value of DR7", GUEST.writeDr7(0x402), true],
];

for (const [name, insn, isOther] of GUESTS) {
  Deno.test(`restore steps: whether there was something to lose: ${name}`, () => {
    const model = modelOf({
      ...alone("linux-6.1"),
      guests: [straight([insn])],
      restores: "qemu",
      never: PROPERTY["lost-over-migration"],
    });
    const options = { reductions: NO_REDUCTIONS, bounds: UNBOUNDED };
    const { complete, coverage } = search(model, options);
    assert(complete);
    assertEquals(coverage.whole[WHOLE.carried] > 0, isOther);
  });
}
