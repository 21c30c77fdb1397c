/**
 * Boots a machine with cases, and collects what the recorder prints on the console.
 *
 * @module
 */
import { CampaignError } from "./command.ts";
import { initramfs } from "./cpio.ts";
import type { EmulatedMachine } from "./machines.ts";

/** What one boot gave. */
export interface BootResult {
  /** Recordings as text, by the name of the case. */
  readonly recordings: ReadonlyMap<string, string>;
  /** Why a case was not recorded, by its name. */
  readonly refused: ReadonlyMap<string, string>;
  /** What each program printed, by its name. */
  readonly tests: ReadonlyMap<string, string>;
  /** The recorder began. */
  readonly hasBegun: boolean;
  /** The recorder came to its end. */
  readonly isComplete: boolean;
  /** What the emulator said, in one line, where it ended before that. */
  readonly said: string;
}

/** What is booted, and how. */
export interface BootPlan {
  readonly machine: EmulatedMachine;
  readonly image: string;
  readonly modules: readonly (readonly [string, Uint8Array])[];
  readonly recorder: Uint8Array;
  /** A folder of this boot's own. */
  readonly work: string;
  readonly cpu: string;
}

/** How often the console is looked at. */
const LOOK_MS = 500;

/** Reads what the recorder wrote on a console. */
export function readConsole(text: string): Omit<BootResult, "said"> {
  const refused = new Map<string, string>();
  const tests = new Map<string, string>();
  let test: string | undefined;
  let hasBegun = false;
  let isComplete = false;
  for (const line of text.replaceAll("\r", "").split("\n")) {
    const began = /^# test (\S+)$/.exec(line)?.[1];
    const not = /^# case (.*): not recorded: (.*)$/.exec(line);
    if (line === "# begin") {
      hasBegun = true;
    } else if (line === "# end") {
      test = undefined;
      isComplete = true;
    } else if (began !== undefined) {
      test = began;
      tests.set(test, "");
    } else if (test !== undefined) {
      tests.set(test, `${tests.get(test)}${line}\n`);
    } else if (not) {
      refused.set(not[1], not[2]);
    }
  }
  const recordings = recordingsOf(text);
  return { recordings, refused, tests, hasBegun, isComplete };
}

/** The recordings: a header and the steps after it, and after them another header or a remark. */
function recordingsOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let current: string[] = [];
  let name: string | undefined;
  const finish = (): void => {
    if (name !== undefined) found.set(name, `${current.join("\n")}\n`);
    name = undefined;
  };
  const lines = text.replaceAll("\r", "").split("\n");
  for (const line of lines.slice(0, -1)) {
    if (line.startsWith("# ")) finish();
    if (!line.startsWith("{")) continue;
    let fields: Record<string, unknown>;
    try {
      fields = JSON.parse(line);
    } catch {
      name = undefined;
      continue;
    }
    if (typeof fields.case === "string") {
      finish();
      name = fields.case;
      current = [];
    }
    current.push(line);
  }
  return found;
}

/** How many lines the recorder and its programs have written: those of the kernel begin with a time. */
function linesOf(text: string): number {
  return text.match(/^(?!\[)./gm)?.length ?? 0;
}

/** The last line of a text that has a word. */
function lastWords(text: string): string {
  return text.split("\n").findLast((line) => /[a-z]{2}/i.test(line))?.trim() ??
    "";
}

/** Ends a process, unless it has ended itself. */
function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Boots once. */
async function bootOnce(
  { machine, image, modules, recorder, work, cpu }: BootPlan,
  cases: string,
  tests: readonly (readonly [string, Uint8Array])[],
  onConsole: (text: string) => Promise<void>,
): Promise<BootResult> {
  await Deno.mkdir(work, { recursive: true });
  const boot = {
    image,
    initramfs: `${work}/initrd.gz`,
    console: `${work}/console.txt`,
    work,
  };
  await Deno.writeFile(
    boot.initramfs,
    await initramfs({ init: recorder, modules, cases, tests }),
  );
  await Deno.writeTextFile(boot.console, "");
  const [program, ...args] = await machine.command(
    boot,
    `"RECORDER_CPU=${cpu}" RECORDER_MODEL=${machine.model}`,
  );
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  let isRunning = true;
  const ended = output.then(() => isRunning = false);
  let length = 0;
  let lines = 0;
  let changed = Date.now();
  let text = "";
  while (isRunning) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([
      ended,
      new Promise((resolve) => timer = setTimeout(resolve, LOOK_MS)),
    ]);
    clearTimeout(timer);
    text = await Deno.readTextFile(boot.console).catch(() => "");
    if (text.length !== length) {
      length = text.length;
      // A kernel that is stuck goes on saying so.
      const now = linesOf(text);
      if (now !== lines) changed = Date.now();
      lines = now;
      await onConsole(text);
    }
    const isDone = /^# end\r?$/m.test(text);
    const isStuck = Date.now() - changed > machine.patienceSeconds * 1000;
    if (isDone || isStuck) {
      // Power-off is not every emulator's end.
      await new Promise((resolve) => setTimeout(resolve, isDone ? 1500 : 0));
      end(child);
      break;
    }
  }
  const { stderr } = await output;
  text = await Deno.readTextFile(boot.console).catch(() => "");
  const said = /^.*Kernel panic.*$/m.exec(text)?.[0].trim() ??
    (lastWords(new TextDecoder().decode(stderr)) ||
      lastWords(text.replaceAll("\r", "")));
  return { ...readConsole(text), said };
}

/** Boots that a machine gets to come as far as the recorder: on a busy host a kernel can miss a deadline of its own. */
const BOOTS_MAX = 3;

/**
 * Boots until the recorder has begun, and waits until it is done, the emulator ends, or nothing happens for a while.
 *
 * @param onConsole called with all that is on the console, when there is more
 * @throws {CampaignError} if it does not begin
 */
export async function bootWith(
  plan: BootPlan,
  cases: string,
  tests: readonly (readonly [string, Uint8Array])[],
  onConsole: (text: string) => Promise<void>,
): Promise<BootResult> {
  let said = "";
  for (let boot = 0; boot < BOOTS_MAX; boot++) {
    const result = await bootOnce(plan, cases, tests, onConsole);
    if (result.hasBegun) return result;
    said = result.said;
  }
  throw new CampaignError(
    `the recorder did not begin on the emulated machine${
      said === "" ? "" : `: ${said}`
    }; its console is in ${plan.work}`,
  );
}
