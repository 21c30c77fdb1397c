/**
 * The search beside Spin and a search written in C for this one model, in one run; and how its cost grows.
 *
 * Run: `deno task bench explore`, a minute and 1.5 GB, or `deno task bench explore-growth`. Spin and gcc are Debian's. The model is that of
 * `peers/explore`: three vCPUs on two CPUs, one breakpoint, three instructions each, the kernel without the bug.
 * The peers' registers have no DR6, and their guests no exception handler; ours do, so that its full state space is
 * larger. Rates and bytes a state are compared on as many states, the verdict on the whole.
 *
 * @module
 */
import type { Document, Verdict } from "../cli/explore/verdict.ts";
import { dependencyFlags } from "../tests/child_deno.ts";
import { bundle, PROGRAM } from "../tools/bundle.ts";
import { RUN_FLAGS } from "../tools/permissions.ts";
import { arm64Text, type ModelSize, modelText } from "./explore_model.ts";

const PEERS = new URL("./peers/explore/", import.meta.url).pathname;

/** States of the peers' model. */
const PEER_STATES = 9_863_976;

const LARGE = { vcpus: 3, cpus: 2, picks: 3 } as const;
const SMALL = { vcpus: 2, cpus: 1, picks: 3 } as const;

/** Verdicts are timed this often, and the least counts. */
const ROUNDS = 3;

/** Where the table of sizes stops searching states. */
const GROWTH_STATES = 1_000_000;

interface Timed {
  readonly seconds: number;
  readonly stdout: string;
  readonly code: number;
}

/** Runs a program to its end; undefined if there is none by that name. */
async function timed(
  command: string,
  args: readonly string[],
  cwd?: string,
): Promise<Timed | undefined> {
  try {
    const began = performance.now();
    const { code, stdout } = await new Deno.Command(command, {
      args: [...args],
      cwd,
      stdin: "null",
      stderr: "null",
    }).output();
    return {
      seconds: (performance.now() - began) / 1000,
      stdout: new TextDecoder().decode(stdout),
      code,
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Spin's options for a size and a policy: 6 is the kernel without the bug, 0 the one with it. */
function defines(
  { vcpus, cpus, picks }: Omit<ModelSize, "kernel">,
  policy: 0 | 6,
) {
  return [
    `-DNV=${vcpus}`,
    `-DNP=${cpus}`,
    "-DNR=1",
    `-DPL=${picks}`,
    `-DPOL=${policy}`,
  ];
}

interface Peer {
  /** From the source to the program. */
  readonly buildSeconds: number;
  readonly seconds: number;
  readonly states: number;
  readonly bytesPerState: number;
  /** Depth of what it found; NaN if it found nothing. */
  readonly depth: number;
}

/** Builds and runs a Spin model; undefined where there is no Spin. */
async function spin(
  size: Omit<ModelSize, "kernel">,
  policy: 0 | 6,
  order: "depth" | "breadth",
): Promise<Peer | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.copyFile(`${PEERS}x86_missed.pml`, `${folder}/model.pml`);
    const made = await timed(
      "spin",
      ["-a", ...defines(size, policy), "model.pml"],
      folder,
    );
    if (!made) return undefined;
    const flags = ["-O2", "-w", "-DSAFETY", "-DMEMLIM=12000", "-DNOREDUCE"];
    if (order === "breadth") flags.push("-DBFS");
    const built = await timed("gcc", [...flags, "-o", "pan", "pan.c"], folder);
    if (!built || built.code !== 0) return undefined;
    const args = order === "breadth" ? ["-w24"] : ["-m3000000", "-w24"];
    const run = await timed(`${folder}/pan`, args, folder);
    const figure = (pattern: RegExp): number =>
      Number(pattern.exec(run!.stdout)?.[1] ?? NaN);
    const states = figure(/^\s*(\d+) states, stored/m);
    return {
      buildSeconds: made.seconds + built.seconds,
      seconds: run!.seconds,
      states,
      bytesPerState: figure(/([\d.]+)\s+actual memory usage for states/) *
        2 ** 20 / states,
      depth: figure(/at depth (\d+)/),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The C search; undefined where there is no gcc. */
async function handWritten(): Promise<Peer | undefined> {
  const program = await Deno.makeTempFile();
  try {
    const built = await timed("gcc", [
      "-O2",
      "-march=native",
      "-w",
      "-DLOG2T=25",
      "-o",
      program,
      `${PEERS}x86_missed.c`,
    ]);
    if (!built) return undefined;
    const run = await timed(program, []);
    const figure = (name: string): number =>
      Number(new RegExp(`${name}=([\\d.]+)`).exec(run!.stdout)?.[1] ?? NaN);
    return {
      buildSeconds: built.seconds,
      seconds: run!.seconds,
      states: figure("states"),
      bytesPerState: figure("B/state"),
      depth: NaN,
    };
  } finally {
    await Deno.remove(program);
  }
}

/** Runs the program from its bundle, start included. */
async function dregs(
  size: ModelSize,
  args: readonly string[] = [],
  rounds = ROUNDS,
  textOf = modelText,
): Promise<{ readonly seconds: number; readonly verdict: Verdict }> {
  const file = await Deno.makeTempFile({ suffix: ".dregs" });
  try {
    await Deno.writeTextFile(file, textOf(size));
    let best: { seconds: number; verdict: Verdict } | undefined;
    for (let round = 0; round < rounds; round++) {
      const run = await timed(Deno.execPath(), [
        "run",
        ...RUN_FLAGS,
        PROGRAM,
        "explore",
        "--format",
        "json",
        ...args,
        file,
      ]);
      const { verdicts } = JSON.parse(run!.stdout) as Document;
      const { seconds } = run!;
      if (!best || seconds < best.seconds) {
        best = { seconds, verdict: verdicts[0] };
      }
    }
    return best!;
  } finally {
    await Deno.remove(file);
  }
}

function row(cells: readonly string[]): void {
  console.log(
    cells.map((cell, at) => at === 0 ? cell.padEnd(40) : cell.padStart(12))
      .join(""),
  );
}

function millions(value: number): string {
  return `${(value / 1e6).toFixed(2)} M`;
}

/** A search of all states: the peers' whole, and as many of ours. */
async function rates(): Promise<void> {
  console.log("\nwithout reductions, on as many states");
  row(["", "states", "states/s", "bytes/state", "of Spin's"]);
  const spinDepth = await spin(LARGE, 6, "depth");
  const rate = ({ states, seconds }: { states: number; seconds: number }) =>
    states / seconds;
  const base = spinDepth ? rate(spinDepth) : NaN;
  const show = (
    name: string,
    peer: Pick<Peer, "states" | "seconds" | "bytesPerState"> | undefined,
  ): void => {
    if (!peer) row([name, "not here"]);
    else {
      row([
        name,
        millions(peer.states),
        millions(rate(peer)),
        peer.bytesPerState.toFixed(1),
        (rate(peer) / base).toFixed(2),
      ]);
    }
  };
  show("Spin, depth first", spinDepth);
  show("Spin, breadth first", await spin(LARGE, 6, "breadth"));
  show("C for this model alone", await handWritten());
  for (const workers of [1, 2]) {
    const { verdict } = await dregs(
      { ...LARGE, kernel: "linux-4.9", statesMax: PEER_STATES },
      ["--without", "all", "--workers", `${workers}`],
      1,
    );
    show(`dregs, ${workers === 1 ? "one thread" : `${workers} workers`}`, {
      ...verdict,
      bytesPerState: verdict.bytes / verdict.states,
    });
  }
}

/** The whole verdict, from the command to its end. */
async function verdicts(): Promise<void> {
  console.log("\nthe verdict, from the command to its end");
  const peer = await spin(LARGE, 6, "depth");
  const ours = await dregs({ ...LARGE, kernel: "linux-4.9" });
  const claim = ours.verdict.outcome;
  if (peer) {
    row(["Spin, its search alone", `${peer.seconds.toFixed(2)} s`]);
    row([
      "Spin, with spin -a and gcc",
      `${(peer.seconds + peer.buildSeconds).toFixed(2)} s`,
    ]);
  }
  row([`dregs: ${claim}`, `${ours.seconds.toFixed(2)} s`]);
  if (peer) {
    row(["ratio to Spin's search", (peer.seconds / ours.seconds).toFixed(0)]);
  }
  if (claim !== "holds") throw new Error(`the verdict is ${claim}`);

  console.log("\nthe shortest schedule of the bug of 2016");
  const bug = await spin(SMALL, 0, "breadth");
  const found = await dregs({ ...SMALL, kernel: "linux-4.4" });
  const steps = found.verdict.schedule.length;
  if (bug) {
    row(["spin -a and gcc alone", `${bug.buildSeconds.toFixed(2)} s`]);
    row(["Spin's breadth-first schedule", `${bug.depth} steps`]);
  }
  row(["dregs", `${found.seconds.toFixed(2)} s`]);
  row(["its schedule", `${steps} steps`]);
  if (bug && steps > bug.depth) throw new Error("Spin's schedule is shorter");
}

/** States and time by size. */
async function growth(): Promise<void> {
  console.log(
    `\nlinux-4.9; where states are searched, at most ${
      millions(GROWTH_STATES)
    }`,
  );
  row([
    "vCPUs, CPUs, instructions each",
    "pairs",
    "time",
    "states*",
    "time",
    "states",
    "time",
  ]);
  console.log(
    `${" ".repeat(40)}${"all".padStart(24)}${"symmetry*".padStart(24)}${
      "none".padStart(24)
    }`,
  );
  for (const vcpus of [2, 3, 4]) {
    for (const cpus of [1, 2, 3]) {
      for (const picks of [2, 3, 4, 5]) {
        const size = { vcpus, cpus, picks, kernel: "linux-4.9" };
        const bounded = { ...size, statesMax: GROWTH_STATES };
        const cells: string[] = [];
        const runs: [ModelSize, string[]][] = [
          [size, []],
          [bounded, ["--without", "pairs"]],
          [bounded, ["--without", "all"]],
        ];
        for (const [model, args] of runs) {
          const { verdict, seconds } = await dregs(model, args, 1);
          const more = verdict.outcome === "unfinished" ? ">" : "";
          cells.push(`${more}${verdict.states}`, `${seconds.toFixed(1)} s`);
        }
        row([`${vcpus}, ${cpus}, ${picks}`, ...cells]);
      }
    }
  }
  console.log("* symmetry, and from load to put as one step");
}

/** Kernels of the second table, with the model of their architecture. */
const CURRENT = [
  ["linux-7.3 vmx", modelText],
  ["linux-7.3 svm", modelText],
  ["linux-7.3", arm64Text],
] as const;

/** Pairs and time by size, on current kernels. */
async function currentGrowth(): Promise<void> {
  console.log("\npairs; the last kernel is of arm64");
  row(["vCPUs, CPUs", ...CURRENT.flatMap(([kernel]) => [kernel, "time"])]);
  for (const vcpus of [2, 3, 4, 5]) {
    for (const cpus of [1, 2, 3, 4]) {
      const cells: string[] = [];
      for (const [kernel, textOf] of CURRENT) {
        const size = { vcpus, cpus, picks: 3, kernel };
        const { verdict, seconds } = await dregs(size, [], 1, textOf);
        if (verdict.outcome !== "holds") throw new Error(verdict.outcome);
        cells.push(`${verdict.states}`, `${seconds.toFixed(1)} s`);
      }
      row([`${vcpus}, ${cpus}`, ...cells]);
    }
  }
}

/** Prints the comparison. */
export async function bench(): Promise<void> {
  await bundle(dependencyFlags());
  await rates();
  await verdicts();
}

/** Prints how cost grows. */
export async function benchGrowth(): Promise<void> {
  await bundle(dependencyFlags());
  await growth();
  await currentGrowth();
}
