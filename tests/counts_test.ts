/**
 * What each count of `host` and `set` may be, as docs/language.md has it, for the language and for the engine; and what
 * it is when left out.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { loadText } from "../dsl/testing.ts";
import { architecture, createMachine } from "../engine/mod.ts";
import { registerId } from "./arm64_random_program.ts";
import { X86Machine } from "./x86_machine.ts";

/** A count: its statement, its name, its least and its largest value. */
type Row = readonly [
  statement: string,
  name: string,
  min: number,
  max: number,
];

const COUNTS: Readonly<Record<string, readonly Row[]>> = {
  arm64: [
    ["host", "brps", 1, 16],
    ["host", "ctx", 1, 16],
    ["host", "wrps", 1, 16],
    ["host", "cpus", 1, 16],
    ["host", "vhe", 0, 1],
    ["set", "brps", 1, 16],
    ["set", "ctx", 1, 16],
    ["set", "wrps", 1, 16],
    ["set", "vcpus", 1, 16],
  ],
  x86: [
    ["host", "cpus", 1, 16],
    ["set", "rtm", 0, 1],
    ["set", "bld", 0, 1],
    ["set", "fmask", 0, 0xffff_ffff],
    ["set", "csbase", 0, 0xffff_ffff],
    ["set", "protected", 0, 1],
    ["set", "debug_swap", 0, 1],
    ["set", "vcpus", 1, 16],
  ],
};

/** No more breakpoints can be context-aware than there are. */
const BESIDE: Readonly<Record<string, string>> = {
  "host brps": "ctx=1",
  "host ctx": "brps=16",
};

/** What is wrong with a count of this value; empty if nothing is. */
function wrong(arch: string, [statement, name]: Row, value: number): string {
  const beside = BESIDE[`${statement} ${name}`] ?? "";
  const { diagnostics } = loadText(
    `arch ${arch}\n${statement} ${name}=${value} ${beside}\n`,
  );
  return diagnostics.map(({ message, expected }) => `${message}; ${expected}`)
    .join("\n");
}

for (const [arch, rows] of Object.entries(COUNTS)) {
  for (const row of rows) {
    const [statement, name, min, max] = row;
    Deno.test(`${arch}: ${statement} ${name}=, ${min} to ${max}`, () => {
      for (const value of [min, max]) {
        assertEquals(wrong(arch, row, value), "");
      }
      assertStringIncludes(
        wrong(arch, row, min - 1),
        min === 0 ? "cannot be below 0" : "cannot be 0",
      );
      assertStringIncludes(
        wrong(arch, row, max + 1),
        `${min} to ${max > 16 ? "0xffffffff" : max}`,
      );
    });
  }
}

const EINVAL = -22;

/** What a VM can be given that is not protected, under every kernel. */
const SETTINGS = ["rtm", "bld", "fmask", "csbase"];

for (const kernel of ["linux-7.2", "kiszka-2008", "bare"]) {
  for (const [statement, name, , max] of COUNTS.x86) {
    if (statement !== "set" || !SETTINGS.includes(name)) continue;
    Deno.test(`x86, the engine: set ${name}, 0 to ${max}, kernel ${kernel}`, () => {
      const result = (value: number) =>
        new X86Machine(kernel).machine.set({ [name]: value }).result;
      assertEquals([0, 1, max].map(result), [0, 0, 0]);
      assertEquals([-1, max + 1].map(result), [EINVAL, EINVAL]);
    });
  }
}

Deno.test("arm64: 6 breakpoints and 4 watchpoints, if nothing else is said", () => {
  const m = createMachine(
    architecture("arm64")!,
    { profile: "linux-6.1", vendor: undefined, options: {} },
    { counts: {}, model: undefined, unpredictable: undefined },
  );
  const registers = ["dbgbvr5", "dbgbvr6", "dbgwvr3", "dbgwvr4"];
  assertEquals(
    m.viewAll("cpu", 0, registers.map(registerId)).map(({ kind }) => kind),
    ["value", "undef", "value", "undef"],
  );
});
