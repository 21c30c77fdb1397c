/** What `set` takes on x86, up to the largest value of each setting. */
import { assertEquals } from "@std/assert";
import { X86Machine } from "./x86_machine.ts";

const EINVAL = -22;

/** Settings of docs/language.md with their largest values. */
const MOST = [
  ["rtm", 1],
  ["bld", 1],
  ["fmask", 4294967295],
  ["csbase", 4294967295],
] as const;

for (const kernel of ["linux-7.2", "kiszka-2008", "bare"]) {
  for (const [name, most] of MOST) {
    Deno.test(`set ${name}: 0 to ${most}, kernel ${kernel}`, () => {
      const result = (value: number) =>
        new X86Machine(kernel).machine.set({ [name]: value }).result;
      assertEquals([0, 1, most].map(result), [0, 0, 0]);
      assertEquals([-1, most + 1].map(result), [EINVAL, EINVAL]);
    });
  }
}
