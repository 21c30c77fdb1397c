import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { denoIo } from "./io.ts";
import { main } from "./main.ts";
import { MemoryIo } from "./memory_io.ts";

const FOLDER = "tests/recordings/arm64";
const GOOD = `${FOLDER}/bp-linked.jsonl`;

/** A recording with one read of a register, and what the header has instead. */
function recording(
  value: string,
  header: Readonly<Record<string, unknown>> = {},
): string {
  return [
    {
      case: "a case",
      arch: "arm64",
      kernel: "6.1.0",
      cpu: "max",
      brps: 6,
      ctx: 2,
      wrps: 4,
      ...header,
    },
    { op: "user_get", vcpu: 0, reg: "DBGBCR0_EL1", ret: 0, value },
  ].map((object) => JSON.stringify(object)).join("\n");
}

async function conform(
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<{ status: number; io: MemoryIo }> {
  const io = new MemoryIo({ files, under: denoIo() });
  return { status: await main(["conform", ...args], io), io };
}

Deno.test("dregs conform: a recording that agrees", async () => {
  const { status, io } = await conform([GOOD]);
  assertEquals([status, io.stderr], [0, ""]);
  assertEquals(
    io.stdout,
    `ok  ${GOOD}: 168 observations agree (linux-6.1.192 on max)\n  note: linux-6.1.192 is after 6.1.166, the last that was read\n`,
  );
});

Deno.test("dregs conform: a difference by register and field", async () => {
  const { status, io } = await conform(["a.jsonl"], {
    "a.jsonl": recording("0x1e7"),
  });
  assertEquals([status, io.stderr], [1, ""]);
  assertEquals(
    io.stdout,
    `NO  a.jsonl: 1 of 1 step differs (linux-6.1 on max)
  a.jsonl:2: user_get DBGBCR0_EL1
      DBGBCR0_EL1: recorded 0x1e7, modelled 0x0
      DBGBCR0_EL1.BAS: recorded 0xf, modelled 0x0
      DBGBCR0_EL1.PMC: recorded 3, modelled 0
      DBGBCR0_EL1.E: recorded 1, modelled 0
`,
  );
});

/** A recorded debug exit at the program's first instruction, which the model does not make. */
function runRecording(reads: number): string {
  const [header] = recording("0x0").split("\n");
  const pc = (index: number): string =>
    `0x${(0x4008_0000 + 4 * index).toString(16)}`;
  const run = {
    op: "run",
    vcpu: 0,
    program: [
      { i: "nop", pc: pc(0) },
      ...Array.from({ length: reads }, (_, index) => ({
        i: "mrs",
        reg: "DBGBVR0_EL1",
        pc: pc(index + 1),
      })),
    ],
    guest_exceptions: [],
    ret: 0,
    exit: "DEBUG",
    at: 0,
    pc: pc(0),
    pstate: "0x3c5",
    kvm_exits: [{ at: 0, ec: "0x30" }],
  };
  return `${header}\n${JSON.stringify(run)}`;
}

Deno.test("dregs conform: an exit is shown before the reads that it explains", async () => {
  const { status, io } = await conform(["a.jsonl"], {
    "a.jsonl": runRecording(1),
  });
  assertEquals(status, 1);
  assertEquals(
    io.stdout,
    `NO  a.jsonl: 1 of 1 step differs (linux-6.1 on max)
  a.jsonl:2: run
      kvm_exits: recorded 0:0x30, modelled 1:0x18 2:0x24 (arm64:A/14)
      exit: recorded DEBUG, modelled MMIO (arm64:E/1.27)
      at: recorded 0, modelled 2 (arm64:E/1.27)
      got[1] DBGBVR0_EL1: recorded not there, modelled 0x0 (arm64:E/1.10)
`,
  );
});

Deno.test("dregs conform: of many differences in a step the first are shown, and how many more there are", async () => {
  const { io } = await conform(["a.jsonl"], { "a.jsonl": runRecording(9) });
  const lines = io.stdout.trimEnd().split("\n");
  // Three for the exit, and nine reads: eight of the twelve, after two lines of heading.
  assertEquals(lines.length, 2 + 8 + 1);
  assertEquals(lines.at(-1), "      and 4 more");
});

Deno.test("dregs conform: a folder means its recordings", async () => {
  const { status, io } = await conform(["cases", "--format", "tap"], {
    "cases/a.jsonl": recording("0x0"),
    "cases/b.jsonl": recording("0x1"),
    "cases/README.md": "not one",
  });
  assertEquals(status, 1);
  assertEquals(
    io.stdout,
    `TAP version 14
ok 1 - cases/a.jsonl
not ok 2 - cases/b.jsonl
  ---
  severity: "fail"
  kernel: "linux-6.1 on max"
  at: "cases/b.jsonl:2"
  message: "user_get DBGBCR0_EL1: DBGBCR0_EL1"
  recorded: "0x1"
  modelled: "0x0"
  fields: "DBGBCR0_EL1.E"
  ...
1..2
`,
  );
});

/** What is no recording, or none for the model; and what is said of it. */
const NOT_REPLAYED: readonly [text: string, said: string][] = [
  ["", "a.jsonl:1: error: no header"],
  ["# title", "a.jsonl:1: error: not JSON"],
  [recording("0x0") + "\n[]", "a.jsonl:3: error: not a JSON object"],
  [
    recording("0x0") + '\n{"op":"fly"}',
    "a.jsonl:3: error: the model has no step fly",
  ],
  [recording("0x10000000000000000"), "a.jsonl:2: error: value has more than"],
  [recording("much"), "a.jsonl:2: error: value is not a number in hex"],
  [
    recording("0x0", { kernel: "2.6" }),
    "linux-2.6 is not a kernel of arm64: 2.6 is outside",
  ],
  [
    recording("0x0", { model: "z80" }),
    "there is no hardware model z80: expected architecture, max,",
  ],
  [recording("0x0", { arch: "z80" }), "there is no arch z80"],
  [recording("0x0", { brps: 99 }), "a.jsonl:1: error: brps is 99: the model"],
  [recording("0x0", { ctx: 7 }), "a.jsonl:1: error: ctx=7 is above brps=6"],
  [recording("0x0", { vcpus: 99 }), "a.jsonl:1: error: vcpus is 99"],
  [
    recording("0x0").replace('"vcpu":0', '"vcpu":1'),
    "a.jsonl:2: error: there is no vcpu 1, only 1",
  ],
];

for (const [text, said] of NOT_REPLAYED) {
  Deno.test(`dregs conform: ${said}`, async () => {
    const { status, io } = await conform(["a.jsonl", GOOD], {
      "a.jsonl": text,
    });
    assertEquals(status, 2);
    assertStringIncludes(io.stderr, said);
    // The next one is still replayed.
    assertStringIncludes(io.stdout, `ok  ${GOOD}`);
    assertStringIncludes(io.stdout, "1 agree, 0 differ, 1 not replayed");
  });
}

Deno.test("dregs conform: another kernel's profile", async () => {
  const { status, io } = await conform(["--kernel", "bennee-v3", GOOD]);
  assertEquals(status, 1);
  assertStringIncludes(io.stdout, "(bennee-v3 on max)");
  const x86 = "tests/recordings/x86/two-vcpus-swap-cpus.jsonl";
  const other = await conform(["--kernel", "bennee-v3", x86]);
  assertEquals(other.status, 2);
  assertStringIncludes(other.io.stderr, "bennee-v3 is not a kernel of x86");
  const none = await conform(["--kernel", "bennee-v4", GOOD]);
  assertEquals(none.status, 2);
  assertStringIncludes(none.io.stderr, "did you mean `bennee-v");
});

Deno.test("dregs conform: a spoilt recording is a mistake in a line, never a crash", async () => {
  const spoilt = [null, -1, 99, 1.5, "x", "0x10", [], {}, [{}], true];
  const text = await Deno.readTextFile(
    new URL(`../${FOLDER}/gd-hwbp-oob.jsonl`, import.meta.url),
  );
  const lines = text.trimEnd().split("\n").slice(0, 8);
  let refused = 0;
  for (const [index, line] of lines.entries()) {
    for (const name of Object.keys(JSON.parse(line))) {
      for (const value of spoilt) {
        const changed = { ...JSON.parse(line), [name]: value };
        const { status, io } = await conform(["a.jsonl"], {
          "a.jsonl": lines.with(index, JSON.stringify(changed)).join("\n"),
        });
        if (status === 2) {
          refused++;
          assert(/^a\.jsonl:\d+: error: /.test(io.stderr), io.stderr);
        }
      }
    }
  }
  assert(refused > lines.length);
});
