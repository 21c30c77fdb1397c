/**
 * The process in which mutants are tried: it loads files of tests and runs single tests with a mutant on.
 *
 * Orders come on standard input and answers go to standard output, a line of JSON each; an answer begins with
 * {@link MARK}, for tests print too.
 *
 * @module
 */
import { NONE, state } from "./switch.ts";

/** What begins an answer's line. */
export const MARK = "\u0001mutants ";

/** The program of a copy, which has the text of {@link mainText}. */
export const MAIN_FILE = "mutants_main.ts";

/** A copy has its snapshots under names that can be imported. */
export const SNAPSHOT_SUFFIX = ".snap.ts";

/** One test of a file, by its place in it. */
export interface TestName {
  readonly path: string;
  readonly index: number;
}

/** A test with the milliseconds that it may take. */
export interface Timed extends TestName {
  readonly limit: number;
}

/** What the driver does. */
export type Order =
  /** Loads a file and runs its tests, each with what it reaches; `skip` are those that end the process. */
  | {
    readonly kind: "measure";
    readonly path: string;
    readonly limit: number;
    /** No test begins after so many milliseconds. */
    readonly budget: number;
    readonly skip: readonly number[];
  }
  /** Runs tests with a mutant on, up to the first that fails. */
  | {
    readonly kind: "judge";
    readonly mutant: number;
    readonly tests: readonly Timed[];
    /** The mutant is on when files are loaded. */
    readonly isEarly: boolean;
    /** Ends at a test that does not reach the mutant: what it makes is computed at load. */
    readonly endsAtMiss: boolean;
  };

/** What the driver says. */
export type Answer =
  | { readonly kind: "ready" }
  /** A file is loaded, which reached these mutants. */
  | {
    readonly kind: "loaded";
    readonly path: string;
    readonly reached: readonly number[];
  }
  /** A test begins. */
  | { readonly kind: "begun"; readonly test: TestName; readonly limit: number }
  /** A test of `measure` has run. */
  | {
    readonly kind: "ran";
    readonly test: TestName;
    readonly error: string | undefined;
    readonly ms: number;
    readonly reached: readonly number[];
  }
  /** The order is done; for `judge`, with the test that failed. */
  | {
    readonly kind: "done";
    readonly by?: TestName;
    readonly error?: string;
    readonly isTooLong?: boolean;
    /** The same test passes without the mutant, so that nothing of it was left over. */
    readonly isClean?: boolean;
    /** A test did not reach the mutant this time: something was kept from an earlier test. */
    readonly isMissed?: boolean;
  };

interface Test {
  readonly name: string;
  readonly fn: (context: unknown) => unknown;
}

const encoder = new TextEncoder();
const exit = Deno.exit;

function answer(value: Answer): void {
  let bytes = encoder.encode(`\n${MARK}${JSON.stringify(value)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(stdoutWrite(bytes));
}

const stdoutWrite = Deno.stdout.writeSync.bind(Deno.stdout);

/** Loads a file, by its path. */
export type Loaders = Readonly<Record<string, () => Promise<unknown>>>;

/** Loads files of tests and of snapshots. */
let loaders: Loaders = {};

/** Tests that a file registered, by path. */
const loaded = new Map<string, readonly Test[]>();

let registered: Test[] = [];

function register(...args: unknown[]): void {
  const options = args.find((arg) => typeof arg === "object") as
    | (Partial<Test> & { readonly ignore?: boolean })
    | undefined;
  const fn = args.find((arg) => typeof arg === "function") ?? options?.fn;
  const name = typeof args[0] === "string" ? args[0] : options?.name;
  if (options?.ignore) return;
  registered.push({
    name: name ?? (fn as Test["fn"]).name,
    fn: fn as Test["fn"],
  });
}

/** A value as `deno test` writes it to a file of snapshots. */
function snapshotText(value: unknown): string {
  const text = Deno.inspect(value, {
    depth: Infinity,
    sorted: true,
    trailingComma: true,
    compact: false,
    iterableLimit: Infinity,
    strAbbreviateSize: Infinity,
    breakLength: Infinity,
    escapeSequences: false,
  } as Deno.InspectOptions);
  return text.replaceAll("\r", "\\r");
}

/** The snapshots of a file of tests, by name. */
async function snapshotsOf(path: string): Promise<Record<string, string>> {
  const file = path.replace(/[^/]*$/, `__snapshots__/$&${SNAPSHOT_SUFFIX}`);
  const module = await loaders[file]() as { snapshot: Record<string, string> };
  return module.snapshot;
}

/** What a test sees as its context, and a step, whose name follows that of its test. */
function context(path: string, name: string): unknown {
  let snapshots = 0;
  return {
    name,
    origin: `file://${Deno.cwd()}/${path}`,
    parent: undefined,
    async assertSnapshot(value: unknown): Promise<void> {
      snapshots++;
      const known = (await snapshotsOf(path))[`${name} ${snapshots}`];
      if (known?.trim() !== snapshotText(value).trim()) {
        throw new Error("the snapshot is another one");
      }
    },
    async step(...args: unknown[]): Promise<boolean> {
      const options = args.find((arg) => typeof arg === "object") as
        | (Partial<Test> & { readonly ignore?: boolean })
        | undefined;
      if (options?.ignore) return true;
      const fn = args.find((arg) => typeof arg === "function") ?? options?.fn;
      const own = typeof args[0] === "string" ? args[0] : options?.name;
      await (fn as Test["fn"])(context(path, `${name} > ${own}`));
      return true;
    },
  };
}

let onStrayError: (error: unknown) => void = () => {};

/** Runs a test and returns what it threw. */
async function run(
  path: string,
  test: Test,
  limit: number,
): Promise<{ readonly error?: unknown }> {
  const stray = new Promise<never>((_, reject) => {
    onStrayError = reject;
  });
  stray.catch(() => {});
  state.deadline = performance.now() + limit;
  try {
    await Promise.race([test.fn(context(path, test.name)), stray]);
    return {};
  } catch (error) {
    return { error: error ?? new Error("nothing was thrown") };
  } finally {
    state.deadline = Infinity;
    onStrayError = () => {};
  }
}

function takeReached(): number[] {
  const result: number[] = [];
  for (let id = 0; id < state.reached.length; id++) {
    if (state.reached[id] === 1) result.push(id);
  }
  state.reached.fill(0);
  return result;
}

async function load(path: string): Promise<readonly Test[]> {
  const known = loaded.get(path);
  if (known) return known;
  registered = [];
  await loaders[path]();
  loaded.set(path, registered);
  return registered;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error
    ? `${error.name}: ${error.message}`
    : String(error);
  return text.slice(0, 300);
}

async function measure(
  { path, limit, budget, skip }: Extract<Order, { kind: "measure" }>,
): Promise<void> {
  state.reached.fill(0);
  const tests = await load(path);
  answer({ kind: "loaded", path, reached: takeReached() });
  const end = performance.now() + budget;
  for (const [index, test] of tests.entries()) {
    if (skip.includes(index)) continue;
    if (performance.now() > end) break;
    const name = { path, index };
    answer({ kind: "begun", test: name, limit });
    const begun = performance.now();
    const { error } = await run(path, test, limit);
    answer({
      kind: "ran",
      test: name,
      error: error === undefined ? undefined : messageOf(error),
      ms: performance.now() - begun,
      reached: takeReached(),
    });
  }
  answer({ kind: "done" });
}

async function judge(
  { mutant, tests, isEarly, endsAtMiss }: Extract<Order, { kind: "judge" }>,
): Promise<void> {
  let isMissed = false;
  for (const { path, index, limit } of tests) {
    const name = { path, index };
    answer({ kind: "begun", test: name, limit });
    state.on = isEarly ? mutant : NONE;
    let test: Test;
    try {
      test = (await load(path))[index];
      if (test === undefined) throw new Error("the test is not there");
    } catch (error) {
      if (!isEarly) throw error;
      return answer({
        kind: "done",
        by: name,
        error: messageOf(error),
        isClean: false,
      });
    }
    state.on = mutant;
    state.reached[mutant] = 0;
    const { error } = await run(path, test, limit);
    state.on = NONE;
    if (state.reached[mutant] === 0) isMissed = true;
    if (isMissed && endsAtMiss) break;
    if (error === undefined) continue;
    const isTooLong = error instanceof Error && error.name === "TooLong";
    const isClean = !isEarly &&
      (await run(path, test, limit)).error === undefined;
    return answer({
      kind: "done",
      by: name,
      error: messageOf(error),
      isTooLong,
      isClean,
    });
  }
  answer({ kind: "done", isMissed });
}

function install(): void {
  const test = Object.assign(register, { ignore: () => {}, only: register });
  (Deno as unknown as { test: unknown }).test = test;
  Deno.exit = (code) => {
    throw new Error(`the program ends with ${code}`);
  };
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    onStrayError(event.reason);
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    onStrayError(event.error);
  });
}

/** The text of the program that drives the files of tests and of snapshots of a folder. */
export function mainText(paths: readonly string[]): string {
  const lines = paths.filter((path) => /_test\.ts(\.snap)?$/.test(path))
    .map((path) => path.replace(/\.snap$/, SNAPSHOT_SUFFIX))
    .map((path) => JSON.stringify(path))
    .map((path) => `  ${path}: () => import(${path.replace('"', '"./')}),`);
  return `import { drive } from "./tools/mutants/driver.ts";
await drive({
${lines.join("\n")}
});
`;
}

/** Obeys orders until standard input ends. */
export async function drive(files: Loaders): Promise<never> {
  loaders = files;
  install();
  answer({ kind: "ready" });
  let rest = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  while (true) {
    const end = rest.indexOf("\n");
    if (end >= 0) {
      const order: Order = JSON.parse(rest.slice(0, end));
      rest = rest.slice(end + 1);
      await (order.kind === "measure" ? measure(order) : judge(order));
      continue;
    }
    const read = await Deno.stdin.read(buffer);
    if (read === null) return exit(0);
    rest += decoder.decode(buffer.subarray(0, read), { stream: true });
  }
}
