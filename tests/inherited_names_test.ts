/** Names that every object of JavaScript inherits are unknown words to users, wherever a word can stand. */
import { assert, assertEquals } from "@std/assert";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

import { RecordingError, replay } from "../conform/mod.ts";
import { arm64Recording, x86Recording } from "../conform/testing.ts";
import { play } from "../conform/play/mod.ts";

const NAMES = ["constructor", "toString"];

/** Statements with `W` where a word can stand. */
const STATEMENTS = [
  "W",
  "show W",
  "show kvm W",
  "show map W",
  "guest W",
  "guest read W",
  "guest write W 1",
  "guest write dr7 W=1",
  "guest handler W",
  "user W",
  "user get W",
  "user set W 1",
  "user debug W",
  "user debug break 0x1000 W=1",
  "user enable W",
  "user set vcpu_events W=1",
  "user save as a vmm=W",
  "user restore W",
  "user interrupt W",
  "host W",
  "host W=1",
  "host break 0x1000 W=1",
  "set W=1",
  "set model=W",
  "set vendor=W",
  "set protected=W",
  "arch W",
  "kernel W",
  "kernel linux-6.1 W",
  "kernel linux-6.1 with W",
  "kernel linux-6.1 without W",
  "require W",
  "require capability W",
  "require kernel >= W",
  "include W",
  "run W=1",
  "expect W",
  "expect guest W == 1",
  "expect guest dr7.W == 1",
  "expect kvm W == 1",
  "expect exit W",
  "expect exit debug W=1",
  "expect exceptions W",
  "expect error W",
  "expect guest dr0 == W",
  "expect guest dr0 == 1 on W",
  "expect guest dr0 == 1 on with W",
  "why W",
  "why guest W",
  "why guest dr7.W",
  "why exit W",
  "why exception W",
  "why not W 0",
  "explore { W }",
  "explore { vcpu 0 { W } }",
  "explore { user 0 { W } }",
  "explore { user 0 { debug W } }",
  "explore { host 0 { W } }",
  "explore { vcpu 0 { cpuid } never W }",
  "explore { vcpu 0 { cpuid } preempt W }",
  "explore { vcpu 0 { cpuid } signals W }",
  "explore { vcpu 0 { cpuid } bound W=1 }",
  'explore { vcpu 0 { cpuid } known "a" { W } }',
];

for (const arch of ["arm64", "x86"]) {
  Deno.test(`inherited names are unknown words: statements, ${arch}`, async () => {
    for (const statement of STATEMENTS) {
      for (const name of NAMES) {
        const io = new MemoryIo({
          stdin: `arch ${arch}\n${statement.replaceAll("W", name)}\n`,
        });
        const status = await main(["check", "-"], io);
        const said = io.stdout + io.stderr;
        assertEquals(status, 2, `${statement}, ${name}: ${said}`);
        assert(!/native code|\[object|undefined|NaN/.test(said), said);
      }
    }
  });
}

/** Recordings with a name where one of the format's words must be. */
const RECORDINGS: readonly ((name: string) => string)[] = [
  (name) => arm64Recording().replace('"arm64"', `"${name}"`),
  (name) => x86Recording().replace('"amd"', `"${name}"`),
  (name) => x86Recording({ op: name, vcpu: 0, ret: 0 }),
  (name) => arm64Recording({ op: name, vcpu: 0, ret: 0 }),
  (name) =>
    x86Recording({ op: "guest_debug", vcpu: 0, control: [name], ret: 0 }),
  (name) =>
    x86Recording({ op: "run", vcpu: 0, program: [{ i: name }], exit: "HLT" }),
  (name) => x86Recording({ op: "save", vcpu: 0, name: "a", vmm: name, ret: 0 }),
  (name) => x86Recording({ op: "restore", vcpu: 0, name, ret: 0 }),
  (name) =>
    x86Recording({
      op: "host_bp",
      id: 0,
      var: "a",
      type: name,
      len: 4,
      ret: 0,
    }),
];

Deno.test("inherited names are unknown words: recordings and cases", () => {
  const machines = {
    arm64: { vendor: undefined, model: "max" },
    x86: { vendor: "svm", model: "tcg" },
  };
  for (const recording of RECORDINGS) {
    for (const name of NAMES) {
      const text = recording(name);
      const machine = machines[text.includes("arm64") ? "arm64" : "x86"];
      const reads = [
        () => replay(text),
        () => play(text, { ...machine, profile: "linux-6.1", counts: {} }),
      ];
      for (const read of reads) {
        let why = "nothing";
        try {
          read();
        } catch (error) {
          assert(error instanceof RecordingError, `${text}: ${error}`);
          why = error.message;
        }
        assert(!/native code|\[object|undefined/.test(why), why);
      }
    }
  }
});
