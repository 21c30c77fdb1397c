/**
 * A driver's process, as its parent sees it.
 *
 * @module
 */
import {
  type Answer,
  MAIN_FILE,
  MARK,
  type Order,
  type TestName,
} from "./driver.ts";

/** Over a test's own limit, before its process is killed. */
const GRACE_MS = 10_000;

/** For the start, and to load a file of tests. */
const LOAD_MS = 120_000;

/** Ends a process that a mutant makes eat memory. */
const HEAP_MB = 3000;

/** How an order ended. */
export interface Outcome {
  readonly answers: readonly Answer[];
  /** The process ended, or was killed, before the order was done. */
  readonly ended?: {
    /** The test that ran then. */
    readonly test: TestName | undefined;
    readonly isTooLong: boolean;
  };
}

/** A process that tries mutants; it starts with the first order. */
export class Driver {
  #child: Deno.ChildProcess | undefined;
  #answers: AsyncGenerator<Answer> | undefined;
  /** Orders that the process has had: what one leaves may disturb the next. */
  #orders = 0;

  constructor(
    readonly root: string,
    readonly flags: readonly string[],
  ) {}

  /** Whether no order has run in the process. */
  get isFresh(): boolean {
    return this.#orders === 0;
  }

  get orders(): number {
    return this.#orders;
  }

  /** Gives an order and waits until it is done. */
  async order(order: Order): Promise<Outcome> {
    const answers: Answer[] = [];
    let test: TestName | undefined;
    let isTooLong = false;
    if (!this.#child) this.#start();
    this.#orders++;
    const child = this.#child!;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        isTooLong = true;
        child.kill("SIGKILL");
      }, ms);
    };
    wait(LOAD_MS);
    try {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(JSON.stringify(order) + "\n"))
        .catch(() => {});
      writer.releaseLock();
      while (true) {
        const { value: answer, done } = await this.#answers!.next();
        if (done) break;
        answers.push(answer);
        if (answer.kind === "begun") {
          test = answer.test;
          // The test is run again after a failure, and its file may be loaded.
          wait(2 * answer.limit + GRACE_MS + LOAD_MS / 4);
        }
        if (answer.kind === "done") return { answers };
      }
    } finally {
      clearTimeout(timer);
    }
    await this.end();
    return { answers, ended: { test, isTooLong } };
  }

  /** Ends the process; the next order starts another. */
  async end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#orders = 0;
    if (!child) return;
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#answers?.return(undefined);
    await child.stdin.abort().catch(() => {});
    await child.status;
  }

  #start(): void {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "--no-check",
        `--v8-flags=--max-old-space-size=${HEAP_MB}`,
        ...this.flags,
        "-A",
        MAIN_FILE,
      ],
      cwd: this.root,
      env: { NO_COLOR: "1", DREGS_OFFLINE: this.flags.length > 0 ? "1" : "0" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#answers = answersOf(this.#child.stdout);
  }
}

/** The answers among what the tests print. */
async function* answersOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Answer> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith(MARK)) yield JSON.parse(line.slice(MARK.length));
    }
  }
}
