/**
 * The document of a report: what `dregs run --format json` prints of the catalogue, and at each `show` the values that
 * it shows.
 */
import { assert, assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { runWatched } from "../dsl/run/scenario.ts";
import { buildTable } from "../dsl/table.ts";
import type { Watched } from "../dsl/watch.ts";
import type {
  KvmJson,
  RecordJson,
  ReportJson,
  RowJson,
} from "../report/document.ts";
import { mapJson, rowJson, scenarioJson, viewValue } from "../report/json.ts";
import { recordFile, ReportBuilder } from "../report/report.ts";
import { sourceFiles } from "./source_files.ts";

const SETTINGS = {
  profile: undefined,
  filter: undefined,
  trace: false,
  limit: LIMIT_DEFAULT,
};

/** A table of `dregs.run/2`. */
interface TableJson {
  readonly vcpu: number;
  readonly cpu: number;
  readonly views: readonly string[];
  readonly rows: readonly RowJson[];
  readonly kvm: readonly KvmJson[];
  readonly map: unknown;
}

/** One vCPU in a report at one step: the CPU beside it, rows by register, KVM's own state by name. */
interface ShownSide {
  readonly cpu: number;
  readonly rows: Map<string, RowJson>;
  readonly kvm: Map<string, unknown>;
  readonly map: unknown;
}

/** What a report shows at one step, by vCPU. */
type Shown = ReadonlyMap<number, ShownSide>;

/** What is shown at each step, in order. */
function* atSteps({ steps }: RecordJson): Generator<Shown> {
  const sides = new Map<number, ShownSide>();
  for (const { sides: changed } of steps) {
    for (const { vcpu, cpu, rows, kvm, map } of changed) {
      const before = sides.get(vcpu);
      const side: ShownSide = {
        cpu,
        rows: before?.rows ?? new Map(),
        kvm: before?.kvm ?? new Map(),
        map: map === undefined ? before?.map : map,
      };
      for (const row of rows) side.rows.set(row.register, row);
      for (const { name, value } of kvm) side.kvm.set(name, value);
      sides.set(vcpu, side);
    }
    yield sides;
  }
}

/** Cells of a table that the report does not have, or has otherwise. */
function missing(
  { vcpu, cpu, views, rows, kvm, map }: TableJson,
  shown: Shown,
): string[] {
  const side = shown.get(vcpu);
  const other = (name: string, wanted: unknown, had: unknown): string[] => {
    const [want, have] = [JSON.stringify(wanted), JSON.stringify(had)];
    return want === have ? [] : [`${name}: ${want}, not ${have}`];
  };
  const lacking = [
    ...kvm.flatMap(({ name, value }) =>
      other(name, value, side?.kvm.get(name))
    ),
    ...other("map", map, side?.map),
  ];
  return lacking.concat(
    rows.flatMap(({ register, cells }) =>
      views.flatMap((view) => {
        // A report has the CPU that the vCPU is on.
        if (view === "cpu" && side?.cpu !== cpu) return [];
        const had = side?.rows.get(register)?.cells[view];
        return other(`${view} ${register}`, cells[view], had);
      })
    ),
  );
}

/** The tables that `show@0`, `show@1` … would print now, as JSON. */
function tablesNow(scenario: Watched): TableJson[] {
  if (!scenario.hasMachine) return [];
  const { arch, machine } = scenario;
  return Array.from({ length: machine.vcpus }, (_, vcpu) => {
    const cpu = machine.cpuOf(vcpu);
    const request = { vcpu, cpu, views: [], patterns: [], kvm: [] };
    const { views, rows } = buildTable(arch, machine, request);
    const kvmOnly = { ...request, kvm: [vcpu] };
    const [{ values }] = buildTable(arch, machine, kvmOnly).kvm;
    return {
      vcpu,
      cpu,
      views,
      rows: rows.map(rowJson) as never,
      kvm: values.map(({ name, value }) => ({
        name,
        value: viewValue(value) as never,
      })),
      map: mapJson(machine.numberMap(vcpu)),
    };
  });
}

Deno.test("report: the values are those of `dregs run` for the whole catalogue, at every step", async () => {
  const files = await sourceFiles((path) =>
    path.startsWith("scenarios/") && path.endsWith(".dregs")
  );
  let compared = 0;
  const wrong: string[] = [];
  for (const [path, text] of files) {
    const loaded = load({ name: path, text }, {
      reader: pathReader((name) => files.get(name)),
      limits: limitsOf(LIMIT_DEFAULT),
    });
    assert(loaded.ok, path);
    const builder = new ReportBuilder();
    for (const one of recordFile(loaded.file, SETTINGS)) builder.add([one]);
    const { groups, records } = builder.finish(path, "");
    let steps: TableJson[][] = [];
    const results = runWatched(loaded.file, {
      ...SETTINGS,
      watch: {
        before: () => {},
        after: (action, _, scenario) =>
          steps.push(action.kind === "expect" ? [] : tablesNow(scenario)),
      },
    });
    let at = 0;
    for (const result of results) {
      const [{ scenario, record }] = groups[at++].runs;
      assertEquals(scenario, scenarioJson(result, []) as never, path);
      if (record === null) continue;
      const found = records[record];
      assertEquals(found.steps.length, steps.length, path);
      let step = 0;
      for (const shown of atSteps(found)) {
        for (const table of steps[step++]) {
          compared += table.rows.length;
          const lacks = missing(table, shown);
          if (lacks.length > 0) {
            wrong.push(`${path}, step ${step}: ${lacks.join("; ")}`);
          }
        }
      }
      for (const { table, kind } of scenario.outputs as OutputJson[]) {
        if (kind !== "table") continue;
        const shown = [...atSteps(found)];
        assert(
          table.rows.every(({ register }) =>
            shown.at(-1)!.get(table.vcpu)?.rows.has(register)
          ),
          `${path}: a register that is shown by name is not in the report`,
        );
      }
      steps = [];
    }
    assertEquals(at, groups.length, path);
  }
  assertEquals(wrong.slice(0, 5), []);
  assert(compared > 10_000, `${compared} rows`);
});

/** An output of `dregs.run/2`. */
interface OutputJson {
  readonly kind: string;
  readonly table: TableJson;
}

const SCHEMAS = new URL("../docs/schemas/", import.meta.url);

/** What is wrong with a document by a schema of docs/schemas/; null if nothing is. */
async function mistakes(name: string, document: unknown): Promise<unknown> {
  const schema = await Deno.readTextFile(new URL(`${name}.json`, SCHEMAS));
  const ajv = new Ajv();
  const validate = ajv.compile(JSON.parse(schema));
  return validate(document) ? null : validate.errors;
}

/** What `dregs report --format json` prints. */
async function printed(...args: string[]): Promise<ReportJson> {
  const io = new MemoryIo();
  await main(["report", "--format", "json", ...args], io);
  return JSON.parse(io.stdout);
}

/** Two vCPUs, a failure, a refusal, a warning of a name, and numbers that differ. */
const SCRIPT = `set brps=4 ctx=2 vcpus=2
guest write dbgbcr0 lbn=2 bt=linked-address e=1
run
guest@1 write dbgwvr0 0x1000
run @1
user set oslar_el1 1
show
expect hw dbgbcr0.lbn == 3
`;

Deno.test("report: the document is as docs/schemas/report_1.json has it", async () => {
  const document = await printed(
    "-e",
    SCRIPT,
    "-e",
    "set wirte",
    "-e",
    "arch x86; guest write dr7 l0=1; run",
    "--kernel",
    "watanabe-v7",
    "--kernel",
    "6.1",
  );
  assertEquals(await mistakes("report_1", document), null);
  const scenarios = document.groups.flatMap(({ runs }) =>
    runs.map(({ scenario }) => scenario)
  );
  const { notRun } = document;
  const summary = { passed: 0, failed: 0, error: 0, skipped: 0, notRun: 0 };
  const terminal = { schema: "dregs.run/2", scenarios, notRun, summary };
  assertEquals(await mistakes("run_2", terminal), null);
  assert(scenarios.length >= 3 && notRun.length === 1);
});

Deno.test("report: the schema refuses what is not in it", async () => {
  const document = await printed("-e", SCRIPT);
  // deno-lint-ignore no-explicit-any -- to be spoilt
  const spoilt: [name: string, spoil: (document: any) => void][] = [
    ["another version", (d) => d.schema = "dregs.report/0"],
    ["a name more", (d) => d.groups[0].colour = "red"],
    ["a name less", (d) => delete d.records[0].steps[0].text],
    ["a lane of no kind", (d) => d.records[0].lanes[0].kind = "x"],
    ["leading zeros", (d) => {
      const [{ rows }] = d.records[0].steps.at(-1).sides.length > 0
        ? d.records[0].steps.at(-1).sides
        : d.records[0].steps[0].sides;
      rows[0].cells.guest = { kind: "value", value: "0x01" };
    }],
  ];
  assertEquals(await mistakes("report_1", document), null);
  for (const [name, spoil] of spoilt) {
    const copy = structuredClone(document);
    spoil(copy);
    assert(await mistakes("report_1", copy) !== null, name);
  }
});

Deno.test("report: kernels that do the same share a record", async () => {
  const text = "guest write dbgbvr0 0x1000; run";
  const { groups, records } = await printed(
    "-e",
    text,
    "--kernel",
    "5.18",
    "--kernel",
    "5.19",
  );
  assertEquals(groups.map(({ runs }) => runs.map(({ record }) => record)), [
    [0, 0],
  ]);
  assertEquals(records.length, 1);
});

Deno.test("report: a failure belongs to its step, and a chain to its value", async () => {
  const { groups: [{ runs: [{ scenario, record }] }], records } = await printed(
    "-e",
    SCRIPT,
  );
  assertEquals(scenario.status, "failed");
  const { steps, chains } = records[record!];
  const failing = steps.filter(({ failures }) => failures.length > 0);
  const texts = failing.map(({ text }) => text);
  assertEquals(texts.at(-1), "expect hw dbgbcr0.lbn == 3");
  const run = steps.findIndex(({ text }) => text === "run");
  const chain = chains[steps[run].whys["hw 0 DBGBCR0_EL1"]];
  const events = chain.map(({ step, event }) => steps[step].events[event]);
  assertEquals(
    events.slice(0, 2).map(({ verb, rule }) => `${verb} ${rule}`),
    ["write arm64:D28", "convert arm64:D15"],
  );
  assertEquals(chain[0].instruction?.line, 2);
});

Deno.test("report: a page is written as a file that loads nothing", async () => {
  const io = new MemoryIo({
    files: { "a.dregs": SCRIPT },
    under: denoIo(),
  });
  assertEquals(await main(["report", "a.dregs", "-o", "a.html"], io), 1);
  const page = io.files.get("a.html")!;
  assert(page.includes("default-src 'none'"));
  assert(
    !/\b(?:src|href)=|@import|url\(/.test(
      page.slice(0, page.indexOf("<script")),
    ),
  );
  assert(page.length < 200_000, `${page.length} bytes`);
});
