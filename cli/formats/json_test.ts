import { assert, assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import {
  FAILED,
  PASSED,
  SHOWN,
  SKIPPED,
  SOURCE,
  UNMET,
  WRONG,
} from "../../dsl/render/samples.ts";
import { span } from "../../dsl/source.ts";
import { EXCEPTION_KINDS } from "../../engine/mod.ts";
import { main } from "../main.ts";
import { denoIo } from "../io.ts";
import { MemoryIo, type MemorySetup } from "../memory_io.ts";
import { jsonReporter } from "./json.ts";

const SCHEMAS = new URL("../../docs/schemas/", import.meta.url);

/** What is wrong with a document by its schema; undefined if nothing is. */
async function mistakes(schema: string, document: unknown): Promise<unknown> {
  const text = await Deno.readTextFile(new URL(`${schema}.json`, SCHEMAS));
  const validate = new Ajv({ allErrors: false }).compile(JSON.parse(text));
  return validate(document) ? undefined : validate.errors;
}

/** A block that linux-4.4 breaks. */
const EXPLORED = `arch x86
explore {
  choose a in 0x1000, 0x2000
  vcpu 0 { write dr0 a; write dr7 g0=1; exec a }
  vcpu 1 { exec 0x3000 }
}
`;

async function printed(
  args: readonly string[],
  setup: MemorySetup = {},
  // deno-lint-ignore no-explicit-any -- as above
): Promise<any> {
  const io = new MemoryIo(setup);
  await main([...args, "--format", "json"], io);
  return JSON.parse(io.stdout);
}

/** The document of hand-made results. */
function sampled(): unknown {
  const reporter = jsonReporter();
  const text = [
    reporter.begin(),
    ...[PASSED, FAILED, WRONG, SKIPPED, UNMET, SHOWN].map((result) =>
      reporter.scenario([result])
    ),
    reporter.broken({
      source: "a.dregs",
      message: "1 mistake",
      diagnostics: [{
        code: "include-cycle",
        span: span({ ...SOURCE, includedFrom: span(SOURCE, 4, 8) }, 0, 3),
        message: "It includes itself",
        expected: ["another"],
      }],
    }),
    reporter.broken({ source: "b", message: "no such file", diagnostics: [] }),
    reporter.end({ passed: 2, failed: 1, error: 1, skipped: 2, broken: 2 }),
  ].join("");
  return JSON.parse(text);
}

Deno.test("json: one of everything is as docs/schemas/run_2.json has it", async () => {
  assertEquals(await mistakes("run_2", sampled()), undefined);
});

Deno.test("json: the schema refuses what is not in it", async () => {
  // deno-lint-ignore no-explicit-any -- to be spoilt
  const spoilt: [name: string, spoil: (document: any) => void][] = [
    ["another version", (d) => d.schema = "dregs.run/1"],
    ["a name more", (d) => d.scenarios[0].colour = "red"],
    ["a name less", (d) => delete d.scenarios[0].kernel],
    ["a value as a number", (d) => d.scenarios[0].runs[0].values.pc = 1],
    ["leading zeros", (d) => d.scenarios[0].runs[0].values.pc = "0x01"],
    ["a skip without a cause", (d) => delete d.scenarios[4].skipped.cause],
    ["an event of no kind", (d) => d.scenarios[0].notices[0].kind = "x"],
  ];
  for (const [name, spoil] of spoilt) {
    const document = sampled();
    spoil(document);
    assert(await mistakes("run_2", document) !== undefined, name);
  }
});

Deno.test("json: a run with everything in it is as the schema has it", async () => {
  const document = await printed(
    ["run", "--trace", "-e", "set wirte", "-"],
    {
      stdin: `set brps=4 ctx=2
guest write dbgbcr0 lbn=2 bt=linked-address e=1
guest read dbgbcr0 as x
run
user get dbgbcr0
show
show kvm
show map
show cost
expect guest dbgbcr0.lbn == 3
expect hw dbgbcr0.lbn == 4
`,
    },
  );
  assertEquals(await mistakes("run_2", document), undefined);
  const [scenario] = document.scenarios;
  assertEquals(scenario.status, "failed");
  assertEquals(scenario.failures[0].diagnostic.place.line, 10);
  // deno-lint-ignore no-explicit-any -- as above
  const kinds = scenario.outputs.map(({ kind }: any) => kind);
  for (const kind of ["trace", "table", "map", "cost"]) {
    assert(kinds.includes(kind), kind);
  }
  assertEquals(document.notRun[0].source, "<script>");
  assertEquals(document.summary, {
    passed: 0,
    failed: 1,
    error: 0,
    skipped: 0,
    notRun: 1,
  });
});

Deno.test("json: every event of the catalogue is as the schema has it, every kind of exception among them", async () => {
  const exceptions = new Set<string>();
  const all = { exception: 0, raise: 0, inject: 0 };
  for (const folder of ["scenarios/arm64", "scenarios/x86"]) {
    const document = await printed(["run", "--trace", folder], {
      under: denoIo(),
    });
    assertEquals(await mistakes("run_2", document), undefined, folder);
    for (const { outputs } of document.scenarios) {
      // deno-lint-ignore no-explicit-any -- as above
      for (const { events = [] } of outputs as any[]) {
        for (const { kind, exception } of events) {
          if (!(kind in all)) continue;
          all[kind as keyof typeof all]++;
          exceptions.add(exception);
        }
      }
    }
  }
  assertEquals([...exceptions].toSorted(), EXCEPTION_KINDS.toSorted());
  for (const [kind, count] of Object.entries(all)) assert(count > 100, kind);
});

Deno.test("json: a scenario that is skipped says why, and where", async () => {
  const stdin = "require kernel >= linux-6.12\nrun\nexpect exit idle\n";
  const args = ["run", "--kernel", "5.4.50", "--kernel", "6.12", "-"];
  const document = await printed(args, { stdin });
  assertEquals(await mistakes("run_2", document), undefined);
  const [old, young] = document.scenarios;
  assertEquals(
    [old.status, old.skipped.cause, old.skipped.reason],
    [
      "skipped",
      "require",
      "requires kernel >= linux-6.12; the kernel is linux-5.4.50",
    ],
  );
  assertEquals(old.skipped.place.line, 1);
  assertEquals([young.status, young.skipped], ["passed", null]);
});

Deno.test("json: a kernel whose tree was not read has its note", async () => {
  const files = { "a.dregs": EXPLORED };
  const note = "linux-4.4.160 is between trees";
  const ran = await printed(["run", "--kernel", "4.4.160", "-"], {
    stdin: "arch x86\nrun\n",
  });
  assert(ran.scenarios[0].notes[0].startsWith(note), ran.scenarios[0].notes);
  assertEquals(await mistakes("run_2", ran), undefined);
  const args = ["explore", "--kernel", "4.4.160", "a.dregs"];
  const { verdicts } = await printed(args, { files });
  assertEquals(verdicts[0].notes, ran.scenarios[0].notes);
  const read = await printed(["run", "--kernel", "4.4", "-"], {
    stdin: "arch x86\nrun\n",
  });
  assertEquals(read.scenarios[0].notes, []);
});

Deno.test("json: explore blocks that are not searched are listed", async () => {
  const block = EXPLORED.replace(
    "explore {",
    "require kernel >= linux-5.13\nexplore {",
  );
  const files = { "a.dregs": block };
  const document = await printed(
    ["explore", "--kernel", "linux-4.4", "--kernel", "linux-6.1", "a.dregs"],
    { files },
  );
  assertEquals(await mistakes("explore_2", document), undefined);
  assertEquals(document.verdicts.length, 1);
  assertEquals(document.skipped, [{
    name: "a",
    source: "a.dregs",
    arch: "x86",
    kernel: "linux-4.4",
    vendor: "vmx",
    reason: "requires kernel >= linux-5.13",
  }]);
});

/** Scripts whose events are of a bare machine, or depended on something, which is left out. */
const TRACED: readonly [name: string, script: string, has: string][] = [
  [
    "the bare machine's events",
    "arch x86; kernel linux-7.2; guest write dr0 1; run; why bare dr0",
    '"space":"bare"',
  ],
  [
    "an exception that KVM queues because of a register",
    "kernel watanabe-v7; host brps=6 ctx=2; set brps=5 ctx=1; guest read dbgbvr5; run; why exception esr",
    '"kind":"inject"',
  ],
  [
    "a warning of the kernel's",
    "arch x86; kernel linux-7.2; guest write dr0 0x1000; guest write dr7 g0=1; run attempts=1; " +
    "user debug break 0x4000; run",
    '"kind":"warn"',
  ],
];

for (const [name, script, has] of TRACED) {
  Deno.test(`json: as its schema has it: ${name}`, async () => {
    const args = ["run", "--trace", "-e", script, "-"];
    const document = await printed(args, { stdin: "" });
    assertEquals(await mistakes("run_2", document), undefined);
    const text = JSON.stringify(document);
    assert(text.includes(has), text);
    assert(!text.includes('"needed":['), text);
  });
}

Deno.test("json: a document without scenarios is one too", async () => {
  const document = await printed(["run", "nowhere.dregs"]);
  assertEquals(await mistakes("run_2", document), undefined);
  assertEquals(document.scenarios, []);
});

Deno.test("json: conform is as its schema has it", async () => {
  const file = "tests/recordings/arm64/oslock.jsonl";
  const document = await printed([
    "conform",
    file,
    "--kernel",
    "bennee-v3",
    "README.md",
    "nowhere",
  ], { under: denoIo() });
  assertEquals(await mistakes("conform_2", document), undefined);
  assertEquals(document.recordings[0].source, file);
  assert(document.recordings[0].differences.length > 0);
  assertEquals(
    // deno-lint-ignore no-explicit-any -- as above
    document.notReplayed.map(({ source, line }: any) => [source, line]),
    [["README.md", 1], ["nowhere", null]],
  );
});

Deno.test("json: verdicts of explore are as their schema has it", async () => {
  const files = { "a.dregs": EXPLORED };
  for (const kernel of ["linux-4.4", "linux-4.9"]) {
    const args = ["explore", "--kernel", kernel, "a.dregs"];
    const document = await printed(args, { files });
    assertEquals(await mistakes("explore_2", document), undefined);
    const walked = await printed([...args, "--simulate", "5"], { files });
    assertEquals(await mistakes("explore_2", walked), undefined);
  }
});

Deno.test("json: rules are as their schema has them", async () => {
  const under = denoIo();
  const all = await printed(["rules"], { under });
  assertEquals(await mistakes("rules_1", all), undefined);
  assert(all.rules.length > 500);
  const one = await printed(["rules", "x86:C9"], { under });
  assertEquals(await mistakes("rules_1", one), undefined);
  assertEquals(one.rules.length, 1);
  assertEquals(one.summary, all.summary);
  const summary = await printed(["rules", "--summary"]);
  assertEquals(await mistakes("rules_1", summary), undefined);
  assertEquals(summary, { ...all, rules: [] });
  delete one.rules[0].source.read;
  assert(await mistakes("rules_1", one) !== undefined);
});

Deno.test("json: profiles and registers are as their schemas have it", async () => {
  const profiles = await printed(["profiles"]);
  assertEquals(await mistakes("profiles_1", profiles), undefined);
  assert(profiles.profiles.length >= 6);
  assert(profiles.releases.length > 20);
  for (const kernel of ["linux-5.4.120", "4.4.160", "lts", "kiszka-2008"]) {
    const kernels = await printed(["profiles", kernel]);
    assertEquals(await mistakes("kernels_1", kernels), undefined);
    assert(kernels.kernels.length > 0);
  }
  const history = await printed(["history"]);
  assertEquals(await mistakes("history_1", history), undefined);
  assert(history.changes.length >= 44);
  const registers = await printed(["registers"]);
  assertEquals(await mistakes("registers_1", registers), undefined);
  const one = await printed(["registers", "DBGBCR0_EL1"]);
  assertEquals(one.registers.length, 1);
  // Every bit, from the top to the bottom.
  let next = 63;
  for (const { hi, lo } of one.registers[0].fields) {
    assertEquals(hi, next);
    next = lo - 1;
  }
  assertEquals(next, -1);
});

Deno.test("json: a bisection is as docs/schemas/bisect_1.json has it", async () => {
  const { bisected, ...one } = await printed([
    "bisect",
    "--tries",
    "30",
    "scenarios/explore/missed_breakpoint.dregs",
    "scenarios/x86/missed_breakpoint/host_breakpoint.dregs",
    "scenarios/x86/missed_breakpoint/nothing_enabled.dregs",
    "scenarios/explore/host_breakpoint.dregs",
  ], { under: denoIo() });
  assertEquals(await mistakes("bisect_1", { bisected, ...one }), undefined);
  // Both kinds, a set without a counter-check, and all that may be empty.
  assertEquals(
    bisected.map(({ kind }: { kind: string }) => kind),
    ["explore", "scenario", "scenario", "explore"],
  );
  const [explored, , , host] = bisected;
  const [{ sets }] = explored.bisections;
  assertEquals(sets[0].changes[0].change.name, "root-cause-fix");
  assertEquals(sets[1].counter, null);
  assert(host.bisections[0].notEnough.length > 0);
  assert(one.across.length > 0);
  delete sets[0].mended;
  assert(await mistakes("bisect_1", { bisected, ...one }) !== undefined);
});
