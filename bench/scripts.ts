/**
 * A long generated script: what running it costs beside lexing and parsing it, what memory it takes, and how
 * checking grows with length.
 *
 * Run: `deno task bench scripts`.
 *
 * @module
 */
import { load, parse, runFile } from "../dsl/mod.ts";

const BLOCKS = 4000;
const REPEATS = 3;

/** One scenario of 33 statements, like those of the catalogue; `n` varies counts and links. */
function block(n: number): string {
  const lines = [
    `scenario "block ${n}" {`,
    `  host brps=${5 + n % 3} ctx=2 wrps=4`,
    `  set brps=4 ctx=2`,
    `  let base = 0x${(0x1000 + 64 * n).toString(16)}`,
  ];
  for (let i = 0; i < 4; i++) {
    lines.push(
      `  guest write dbgbcr${i} lbn=${
        (i + n) % 6
      } bt=linked-address bas=0xf pmc=both e=1`,
      `  guest write dbgbvr${i} base + ${16 * i}`,
      `  guest read dbgbcr${i}`,
    );
  }
  lines.push(`  run`);
  for (let i = 0; i < 4; i++) {
    const lbn = (i + n) % 6;
    lines.push(
      `  expect guest dbgbvr${i} == base + ${16 * i}`,
      `  expect guest dbgbcr${i}.lbn == ${lbn < 4 ? lbn : 0}`,
      `  expect user dbgbcr${i}.e == 1`,
    );
  }
  lines.push(
    `  expect kvm emulate == 1`,
    `  expect exit idle`,
    `  expect traps == 12`,
    `  expect no exception`,
    `}`,
  );
  return lines.join("\n");
}

function text(blocks: number): string {
  return Array.from({ length: blocks }, (_, n) => block(n)).join("\n") + "\n";
}

function timed<T>(work: () => T): { ms: number; result: T } {
  const start = performance.now();
  const result = work();
  return { ms: performance.now() - start, result };
}

function loadText(content: string) {
  const loaded = load({ name: "generated.dregs", text: content }, {});
  if (!loaded.ok) {
    throw new Error(
      loaded.diagnostics.map(({ message }) => message).join("\n"),
    );
  }
  return loaded.file;
}

/** Runs all scenarios. @returns heap in use after each quarter, in MB */
function runAll(file: ReturnType<typeof loadText>): number[] {
  const heap: number[] = [];
  let count = 0;
  const settings = {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: 1_000_000,
  };
  for (const result of runFile(file, settings)) {
    if (result.status !== "passed") {
      throw new Error(
        `${result.name}: ${result.failures[0]?.diagnostic.message}`,
      );
    }
    if (++count % (BLOCKS / 4) === 0) {
      heap.push(Math.round(Deno.memoryUsage().heapUsed / 2 ** 20));
    }
  }
  return heap;
}

/** Measures and prints. */
export function bench(): Promise<void> {
  const content = text(BLOCKS);
  const statements =
    content.split("\n").filter((line) => line !== "" && line !== "}").length;
  console.log(
    `${BLOCKS} scenario blocks, ${statements} statements, ${
      (content.length / 1e6).toFixed(1)
    } MB`,
  );
  // Warm both sides up, then the best of each.
  runAll(loadText(text(200)));
  let parsing = Infinity;
  let loading = Infinity;
  let run = Infinity;
  let heap: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const source = { name: "generated.dregs", text: content };
    parsing = Math.min(parsing, timed(() => parse(source)).ms);
    const loaded = timed(() => loadText(content));
    loading = Math.min(loading, loaded.ms);
    const ran = timed(() => runAll(loaded.result));
    if (ran.ms < run) {
      run = ran.ms;
      heap = ran.result;
    }
  }
  console.log(
    `lexing and parsing ${parsing.toFixed(0)} ms, with checks ${
      loading.toFixed(0)
    } ms; running ${run.toFixed(0)} ms: ${
      (run / parsing).toFixed(2)
    } times lexing and parsing (at most 2)`,
  );
  console.log(`heap after each quarter of the blocks: ${heap.join(", ")} MB`);
  const lengths = [1, 2, 4].map((times) => {
    const longer = text(BLOCKS / 4 * times);
    const best = Math.min(
      ...Array.from(
        { length: REPEATS },
        () => timed(() => loadText(longer)).ms,
      ),
    );
    return { times, ms: best };
  });
  console.log(
    `checking by length: ${
      lengths.map(({ times, ms }) =>
        `${times}x ${(ms / lengths[0].ms).toFixed(2)}`
      ).join(", ")
    }`,
  );
  return Promise.resolve();
}
