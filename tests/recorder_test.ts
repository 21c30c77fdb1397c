/**
 * The recorder, and exported programs, as C: they compile without a warning with every compiler that is there.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { denoIo } from "../cli/io.ts";
import { recorderBesideSource } from "../cli/recorder_texts.ts";
import { load } from "../dsl/mod.ts";
import { cProgram } from "../export/c_program.ts";
import { exportFile } from "../export/mod.ts";
import { armsBreakpoints } from "../tools/kvm/armed.ts";
import { readConsole } from "../tools/kvm/boot.ts";
import { candidates } from "../tools/kvm/candidates.ts";
import { C_FLAGS, recorderSources } from "../tools/kvm/compile.ts";
import { initramfs } from "../tools/kvm/cpio.ts";

/** A compiler, and for which architecture it compiles on this machine. */
interface Compiler {
  readonly name: string;
  readonly arch: "arm64" | "x86";
}

const COMPILERS: readonly Compiler[] = [
  { name: "gcc", arch: Deno.build.arch === "x86_64" ? "x86" : "arm64" },
  { name: "clang", arch: Deno.build.arch === "x86_64" ? "x86" : "arm64" },
  { name: "aarch64-linux-gnu-gcc", arch: "arm64" },
];

/** A compiler that is there can still have no static libc. */
function canLink(name: string): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const { success } = new Deno.Command("sh", {
      args: [
        "-c",
        'echo "int main(void) { return 0; }" | "$0" -static -x c -o /dev/null - 2> /dev/null',
        name,
      ],
    }).outputSync();
    return success;
  } catch {
    return false;
  }
}

/** Compiles C files. @returns what the compiler says */
function compile({ name }: Compiler, files: readonly string[]): string {
  const { success, stderr } = new Deno.Command(name, {
    args: [...C_FLAGS, "-o", "/dev/null", ...files],
  }).outputSync();
  const said = new TextDecoder().decode(stderr);
  assert(success, said);
  return said;
}

/** A scenario for each architecture, with reads, exceptions, exits and refusals. */
const SCENARIOS: Readonly<Record<"arm64" | "x86", string>> = {
  arm64: `arch arm64
kernel linux-6.1
guest write dbgbvr0 0x40080010
guest write dbgbcr0 e=1 bas=0xf
guest read dbgbcr0 as x
user debug break 0x40080008
run
expect exit debug
expect hw dbgbcr0 == 0x1e7
user get mdscr as y
expect ok
user debug off
user interrupt 40
user serror
user save as there
user restore there
run
expect x == 0x1e1
expect user dbgbcr0.bas == 0xf
`,
  x86: `arch x86
kernel linux-6.1 svm
guest write dr0 0x5000
guest write dr7 l0=1
guest int3
run
expect exceptions bp
expect guest dr0 == 0x5000
user enable exception_payload
user set vcpu_events exception_pending=1 exception_nr=db exception_payload=1 valid_payload=1
expect user vcpu_events.exception_payload == 1
user save as there vmm=firecracker
user restore there
guest rep movs 0x5000 to=0x6000 count=2
run
expect exit idle
expect kvm switch_db_regs == 0
`,
};

for (const compiler of COMPILERS) {
  const { name, arch } = compiler;
  const isThere = canLink(name);
  const suffix = isThere
    ? ""
    : ` (skipped: there is no ${name} with a static libc)`;

  Deno.test({
    name:
      `the recorder for ${arch} compiles with ${name}, without a warning${suffix}`,
    ignore: !isThere,
    fn: async () => {
      assertEquals(compile(compiler, await recorderSources(arch)), "");
    },
  });

  Deno.test({
    name:
      `an exported program for ${arch} compiles with ${name}, without a warning${suffix}`,
    ignore: !isThere,
    fn: async () => {
      const file = await Deno.makeTempFile({ suffix: ".c" });
      try {
        await Deno.writeTextFile(file, exported(arch));
        assertEquals(compile(compiler, [file]), "");
      } finally {
        await Deno.remove(file);
      }
    },
  });
}

function exported(arch: "arm64" | "x86"): string {
  const loaded = load({ name: "example.dregs", text: SCENARIOS[arch] });
  assert(loaded.ok, JSON.stringify(loaded.diagnostics));
  const { cases: [made] } = exportFile(loaded.file, {
    profile: undefined,
    vendor: undefined,
    filter: undefined,
    limit: 1000,
  });
  return cProgram(
    made,
    new Map(Object.entries(recorderBesideSource(denoIo()))),
  );
}

Deno.test("an exported program has every field of the case", () => {
  const arm64 = exported("arm64");
  for (
    const initializer of [
      '.op = "irq_line", .intid = 40',
      '.op = "set_vcpu_events", .events = 1ull',
      '.op = "save", .name = "there"',
    ]
  ) assertStringIncludes(arm64, initializer);
  const text = exported("x86");
  for (
    const initializer of [
      '.op = "enable_cap", .name = "KVM_CAP_EXCEPTION_PAYLOAD"',
      // Payload 1, vector 1, VALID_PAYLOAD, pending.
      '.op = "set_vcpu_events", .events = 0x10001010002ull',
      '.op = "save", .name = "there", .vmm = "firecracker"',
      '.op = "restore", .name = "there"',
      '.i = "rep_movs", .from = 0x5000ull, .addr = 0x6000ull, .count = 2',
    ]
  ) assertStringIncludes(text, initializer);
});

Deno.test("an exported program says first what it tests, where it fails, and what is left out", () => {
  const text = exported("arm64");
  const [first] = text.split("#define _GNU_SOURCE");
  assertStringIncludes(first, "example.dregs");
  assertStringIncludes(first, "linux-6.1");
  assertStringIncludes(first, "1 expectation is left out");
  assertStringIncludes(first, "line 9: expect hw dbgbcr0 == 0x1e7");
  assertStringIncludes(text, ".line = 8");
});

Deno.test("ktap.c knows every field that a check can have", async () => {
  const source = await Deno.readTextFile("recorder/ktap.c");
  const known = new Set(
    [...source.matchAll(/\{ "([a-z_.0-9]+)",/g)].map(([, field]) => field),
  );
  for (const path of ["export/checks.ts", "export/arm64.ts", "export/x86.ts"]) {
    const text = await Deno.readTextFile(path);
    const used = [
      ...text.matchAll(/field: "([a-z_.0-9]+)"/g),
      ...text.matchAll(/equal\(\s*[a-zA-Z()]+,\s*"([a-z_.0-9]+)"/g),
      ...text.matchAll(/: "(taken\.[a-z0-9]+)"/g),
    ].map(([, field]) => field).filter((field) => field !== "exit");
    for (const field of used) assert(known.has(field), `${path}: ${field}`);
  }
  assert(known.size > 15);
});

Deno.test("readConsole(): recordings end at the next remark; a line that is cut off spoils its recording alone", () => {
  const text = [
    "[    0.1] booting",
    "# begin",
    '{"case":"a","arch":"x86"}',
    '{"op":"get_debugregs","ret":0}\r',
    "# case a: 2 takes",
    "# case b: not recorded: it needs host CPU 1",
    '{"case":"c","arch":"x86"}',
    '{"op":"get_debug',
    "# case c: 3 takes",
    '{"case":"d","arch":"x86"}',
    "# case d: 2 takes",
    "# test 1-x",
    "KTAP version 1",
    "# status 0",
    "# end",
    "",
  ].join("\n");
  const { recordings, refused, tests, hasBegun, isComplete } = readConsole(
    text,
  );
  assertEquals([...recordings.keys()], ["a", "d"]);
  assertEquals(recordings.get("a")!.split("\n").length, 3);
  assertEquals([...refused], [["b", "it needs host CPU 1"]]);
  assertEquals([...tests], [["1-x", "KTAP version 1\n# status 0\n"]]);
  assert(hasBegun);
  assert(!readConsole(text.replace("# begin\n", "")).hasBegun);
  assert(isComplete);
  assert(!readConsole(text.replace("# end\n", "")).isComplete);
});

Deno.test("candidates(): each is smaller and whole, and x86 programs still end in HLT", () => {
  const run = {
    op: "run",
    vcpu: 0,
    program: [
      { i: "nop", pc: "0x110000", len: 1 },
      { i: "mov_from_dr", dr: 7, pc: "0x110001", len: 4 },
      { i: "hlt", pc: "0x110005", len: 1 },
    ],
  };
  const resumed = { op: "run", vcpu: 0, resume: true };
  const made = { header: { case: "x" }, steps: [run, resumed] };
  const size = (steps: readonly Readonly<Record<string, unknown>>[]): number =>
    JSON.stringify(steps).length;
  const smaller = candidates(made);
  assert(smaller.length >= 3);
  for (const { steps } of smaller) {
    assert(size(steps) < size(made.steps));
    assertEquals(steps[0].resume, undefined, "a resumed run without a program");
    const program = steps[0].program as { i: string; pc: string }[];
    assertEquals(program.at(-1)!.i, "hlt");
    assertEquals(program[0].pc, "0x110000");
  }
});

Deno.test("armsBreakpoints(): slots and GD, by MOV, by KVM_SET_DEBUGREGS and by the debugger", () => {
  const mov = (dr: number, value: string) => ({
    op: "run",
    program: [{ i: "mov_to_dr", dr, value }],
  });
  const debugger_ = (dr7: string) => ({
    op: "guest_debug",
    debugreg: ["0x1", "0x0", "0x0", "0x0", "0x0", "0x0", "0x0", dr7],
  });
  for (
    const step of [
      mov(7, "0x401"),
      mov(5, "0x480"),
      mov(7, "0x2400"),
      debugger_("0x402"),
      { op: "set_debugregs", dr7: "0x404" },
    ]
  ) assert(armsBreakpoints([step]), JSON.stringify(step));
  for (
    const step of [
      mov(7, "0xd0000700"),
      mov(0, "0xff"),
      debugger_("0x400"),
      { op: "get_debugregs", dr7: "0x404" },
    ]
  ) assert(!armsBreakpoints([step]), JSON.stringify(step));
});

Deno.test("initramfs(): a cpio archive, gzipped", async () => {
  const zipped = await initramfs({
    init: new TextEncoder().encode("init"),
    modules: [["kvm", new Uint8Array(3)]],
    cases: "{}\n",
    tests: [],
  });
  const stream = new Blob([new Uint8Array(zipped)]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const text = await new Response(stream).text();
  assert(text.startsWith("070701"));
  for (
    const path of ["init", "dev/console", "modules/0-kvm.ko", "cases.jsonl"]
  ) {
    assertStringIncludes(text, `${path}\0`);
  }
  assertStringIncludes(text, "TRAILER!!!\0");
});
