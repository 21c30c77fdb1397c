/**
 * Each limit of docs/hardening.md: what it allows works, and one more gets an error that names it.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { replay } from "../conform/mod.ts";
import { GUEST_STEPS_MAX } from "../conform/run.ts";
import {
  BLOCK_DEPTH_MAX,
  INCLUDE_DEPTH_MAX,
  LIMIT_DEFAULT,
  OPERATORS_MAX,
  PAREN_DEPTH_MAX,
  RUN_STEPS_MAX,
} from "../dsl/limits.ts";
import { NODES_MAX } from "../engine/explore/graph.ts";
import { STATEMENTS_MAX as EDITOR_STATEMENTS_MAX } from "../lsp/run.ts";
import { fragmentOf, scriptOf, SHARED_BYTES_MAX } from "../playground/share.ts";
import { STEPS_MAX } from "../report/record.ts";
import { startLsp } from "./lsp_client.ts";

const FILE = "a.dregs";

/** What a command answers to files in memory. */
async function answer(
  args: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly text: string }> {
  const io = new MemoryIo({ files });
  const status = await main(args, io);
  return { status, text: io.stderr + io.stdout };
}

/** A limit. */
interface Limit {
  /** The row of docs/hardening.md that it is. */
  readonly row: string;
  /** The value that the row has. */
  readonly value: number;
  /** Shows that the value works, and one more does not. */
  readonly show: () => Promise<void>;
}

/** A limit of a text, with a command that finds it. */
function ofText(
  row: string,
  value: number,
  textOf: (count: number) => string,
  message: string,
  { args = ["check"], allowed = value }: {
    readonly args?: readonly string[];
    /** What is tried as allowed and, with one more, as too much; `value` if the program takes it in a moment. */
    readonly allowed?: number;
  } = {},
): Limit {
  return {
    row,
    value,
    show: async () => {
      const within = await answer([...args, FILE], {
        [FILE]: textOf(allowed),
      });
      assertEquals(within.status, 0, within.text);
      const beyond = await answer([...args, FILE], {
        [FILE]: textOf(allowed + 1),
      });
      assertEquals(beyond.status, 2, beyond.text);
      assert(beyond.text.includes(message), beyond.text);
    },
  };
}

function nested(depth: number): string {
  const heads = Array.from({ length: depth }, (_, n) => `for i${n} in 0..0 {`);
  return `${heads.join("\n")}\nrun\n${"}\n".repeat(depth)}`;
}

function block(program: string, before = ""): string {
  return `arch x86\nkernel linux-6.1\nexplore {\n${before}\n  vcpu 0 { ${program} }\n}\n`;
}

const SMALL = ["--limit", "200"];

const LIMITS: readonly Limit[] = [
  ofText(
    "statements of a text with all that it includes",
    LIMIT_DEFAULT,
    (count) => "run\n".repeat(count),
    "more than 200 statements",
    { args: ["check", ...SMALL], allowed: 200 },
  ),
  ofText(
    "statements and loop iterations of a run",
    LIMIT_DEFAULT,
    // The loop is a statement too.
    (count) => `for i in 1..${count - 1} {\n}\n`,
    "more statements and loop iterations than the limit, 200",
    { args: ["run", ...SMALL], allowed: 200 },
  ),
  {
    row: "files that a text includes",
    value: LIMIT_DEFAULT / 100,
    show: async () => {
      const of = (count: number) =>
        answer(["check", ...SMALL, FILE], {
          [FILE]: 'include "b.dregs"\n'.repeat(count),
          "b.dregs": "",
        });
      assertEquals((await of(2)).status, 0);
      const { status, text } = await of(3);
      assertEquals(status, 2);
      assert(text.includes("more than 2 included files"), text);
    },
  },
  {
    row: "files that include files",
    value: INCLUDE_DEPTH_MAX,
    show: async () => {
      const of = (depth: number) => {
        const files: Record<string, string> = { [`${depth}.dregs`]: "run\n" };
        for (let n = 0; n < depth; n++) {
          files[`${n}.dregs`] = `include "${n + 1}.dregs"\n`;
        }
        return answer(["check", "0.dregs"], files);
      };
      const within = await of(INCLUDE_DEPTH_MAX);
      assertEquals(within.status, 0, within.text);
      const { status, text } = await of(INCLUDE_DEPTH_MAX + 1);
      assertEquals(status, 2);
      assert(text.includes("includes are nested more than 64 deep"), text);
    },
  },
  ofText(
    "blocks in blocks",
    BLOCK_DEPTH_MAX,
    nested,
    "blocks are nested more than 64 deep",
  ),
  ofText(
    "parentheses in parentheses",
    PAREN_DEPTH_MAX,
    (depth) => `let x = ${"(".repeat(depth)}1${")".repeat(depth)}\n`,
    "parentheses are nested more than 200 deep",
  ),
  ofText(
    "operators of a statement",
    OPERATORS_MAX,
    (count) => `let x = 1${" + 1".repeat(count)}\n`,
    "more than 1000 operators in one statement",
  ),
  ofText(
    "`steps=` and `attempts=` of `run`",
    RUN_STEPS_MAX,
    (count) => `run steps=${count}\n`,
    "expected 1 to 1000000000",
  ),
  ofText(
    "`repeat` in an explore block",
    10_000,
    (count) => block(`repeat ${count} { exec 1 }`),
    "expected 1 to 10000",
  ),
  ofText(
    "values of a `choose`",
    10_000,
    (count) => block("exec a", `choose a in 1..${count}`),
    "has more than 10000 values",
  ),
  ofText(
    "combinations of chosen values",
    10_000,
    (count) =>
      block(
        "exec a; exec b",
        `choose a in 1..${Math.ceil(count / 100)}\nchoose b in 1..100`,
      ),
    "more than 10000 combinations of chosen values",
    { args: ["explore", "--shard", "1/10000"] },
  ),
  ofText(
    "nodes of a program: its instructions and ways, with `repeat` unrolled",
    NODES_MAX,
    // The end of the program is a node.
    (count) =>
      block(
        `repeat 10 { ${"exec 1; ".repeat(9_999)} }; ${
          "exec 1; ".repeat(count - 1 - 99_990)
        }`,
      ),
    "a program has more than 100000 nodes",
    { args: ["explore", "--simulate", "1", "--workers", "1"] },
  ),
  ofText("vCPUs", 16, (count) => `set vcpus=${count}\n`, "expected 1 to 16"),
  ofText(
    "CPUs of the host",
    16,
    (count) => `host cpus=${count}\n`,
    "expected 1 to 16",
  ),
  {
    row: "threads of a search",
    value: 256,
    show: async () => {
      const of = (count: number) =>
        answer(["explore", "--workers", `${count}`, FILE], {
          [FILE]: block("exec 1"),
        });
      // A small search starts none of them.
      assertEquals((await of(256)).status, 0);
      const { status, text } = await of(257);
      assertEquals(status, 2);
      assert(text.includes("expected a number from 1 to 256"), text);
    },
  },
  {
    row: "instructions of one KVM_RUN of a recording",
    value: GUEST_STEPS_MAX,
    show: () => {
      const program = [
        { i: "nop", pc: "0x40080000" },
        { i: "b", to: 0, pc: "0x40080004" },
      ];
      const lines = [
        { case: "endless", arch: "arm64", kernel: "6.1.0", cpu: "max" },
        { op: "run", vcpu: 0, program, exit: "MMIO", at: 1, ret: 0 },
      ];
      const text = lines.map((line) => JSON.stringify(line)).join("\n");
      const answer = JSON.stringify(
        replay(
          text.replace('"cpu":"max"', '"cpu":"max","brps":6,"ctx":2,"wrps":4'),
        ),
      );
      assert(answer.includes("none within 10000 guest steps"), answer);
      return Promise.resolve();
    },
  },
  {
    row: "bytes of a shared scenario, inflated",
    value: SHARED_BYTES_MAX,
    show: async () => {
      const of = (length: number) => {
        const script = { name: "a", text: "", kernels: [] };
        const rest = length - JSON.stringify(script).length;
        return fragmentOf({ ...script, text: "x".repeat(rest) });
      };
      assert(await scriptOf(await of(SHARED_BYTES_MAX)));
      const fragment = await of(SHARED_BYTES_MAX + 1);
      await assertRejects(() => scriptOf(fragment), Error, "too long");
    },
  },
  {
    row: "statements of a scenario in a report",
    value: STEPS_MAX,
    show: async () => {
      const of = async (count: number) => {
        const io = new MemoryIo({ files: { [FILE]: "run\n".repeat(count) } });
        const args = ["report", "--format", "json", "--output", "-", FILE];
        assertEquals(await main(args, io), 0, io.stderr);
        return io.stdout.match(/"text": *"run"/g)?.length;
      };
      assertEquals(await of(STEPS_MAX), STEPS_MAX);
      assertEquals(await of(STEPS_MAX + 1), STEPS_MAX);
    },
  },
  {
    row: "statements and loop iterations of a scenario that an editor runs",
    value: EDITOR_STATEMENTS_MAX,
    show: async () => {
      await using client = await startLsp();
      const uri = "file:///nowhere/loop.dregs";
      const of = async (count: number, version: number) => {
        const text = `arch arm64\nfor i in 1..${count - 2} {\n}\n`;
        await client.connection.sendNotification("textDocument/didClose", {
          textDocument: { uri },
        });
        assertEquals((await client.open(uri, text)).diagnostics, []);
        assert(version > 0);
        return JSON.stringify(
          await client.connection.sendRequest("workspace/executeCommand", {
            command: "dregs.run",
            arguments: [uri, 0],
          }),
        );
      };
      assert(!(await of(EDITOR_STATEMENTS_MAX, 1)).includes("than the limit"));
      const beyond = await of(EDITOR_STATEMENTS_MAX + 1, 2);
      assert(beyond.includes("than the limit, 100000"), beyond);
    },
  },
];

for (const { row, show } of LIMITS) {
  Deno.test(`limit: ${row}`, show);
}

Deno.test("docs/hardening.md has the limits, with their values", async () => {
  const text = await Deno.readTextFile(
    new URL("../docs/hardening.md", import.meta.url),
  );
  const rows = [...text.matchAll(/^\| (.+?) +\| +([\d ]+) +\|/gm)].map((
    [, row, value],
  ) => [row.trim(), Number(value.replaceAll(" ", ""))]);
  for (const { row, value } of LIMITS) {
    assert(
      rows.some(([name, number]) => name === row && number === value),
      `no row for ${row}, ${value}`,
    );
  }
});

Deno.test("a line may be long: its length is no limit", async () => {
  const { status, text } = await answer(["check", FILE], {
    [FILE]: `guest isb ${" ".repeat(1_000_000)}; run\n`,
  });
  assertEquals(status, 0, text);
});

Deno.test("a search that needs more memory than it may have ends as not finished", async () => {
  const guest = (dr: number) =>
    `write dr${dr} 0x1000; write dr7 g${dr}=1; repeat 40 { exec 0x1000; exec 0x2000 }`;
  const { status, text } = await answer(
    ["explore", "--memory", "100K", "--workers", "1", "--without", "all", FILE],
    {
      [FILE]: `arch x86\nkernel linux-6.1\nexplore {\n  vcpu 0 { ${
        guest(0)
      } }\n  vcpu 1 { ${guest(1)} }\n}\n`,
    },
  );
  assertEquals(status, 2, text);
  assert(text.includes("nothing found, not finished"), text);
});
