/**
 * Pages with commands: carries them out and puts what they print below them.
 *
 * A page has files, blocks that begin with three backquotes and `dregs file=NAME`, and sessions, blocks of `console`. In
 * a session a line that begins with `$ ` is a command, of the program (`dregs …` or `deno task dregs …`), `cat FILE`, or
 * `deno run FILE` of a block `ts ignore file=NAME`, a script in the root; what follows it is what it prints. A block
 * `text actions=NAME` has the actions of a file's lines. All blocks of a page share the files.
 *
 * @module
 */
import { denoIo } from "../../cli/io.ts";
import { main } from "../../cli/main.ts";
import { MemoryIo } from "../../cli/memory_io.ts";
import { load } from "../../dsl/load.ts";

/** A block: its first line, its text, its last line. */
const BLOCK =
  /^(```(?:console|(?:dregs|ts ignore) file=(\S+)|text actions=(\S+)) *\n)(.*?)(^```$)/gms;

/** Words of a line of a shell: spaces part them, and quotes join. */
export function shellWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|[^\s'"]+/g)].map((
    [word, single, double],
  ) => single ?? double ?? word);
}

/** What a command is without `deno task`; undefined if this program cannot carry it out. */
function programArguments(words: readonly string[]): string[] | undefined {
  const [first, second, third, ...rest] = words;
  if (first === "dregs") return words.slice(1);
  if (first !== "deno" || second !== "task") return undefined;
  if (third === "dregs") return rest;
  return third === "demo" ? ["demo", ...rest] : undefined;
}

/** Output that differs from run to run: how long something took, and the memory that it had. */
function steady(text: string): string {
  return text.replace(/\b[\d.]+ s$/gm, "T s").replace(
    /\b[\d ]+ [KM]iB\b/g,
    "M",
  );
}

/**
 * Carries out the commands of a page.
 *
 * @returns the page with what the commands print now
 * @throws {RangeError} on a command that is neither the program nor `cat`
 */
export async function withOutputs(page: string): Promise<string> {
  const files = new Map<string, string>();
  let done = "";
  let end = 0;
  for (const match of page.matchAll(BLOCK)) {
    const [whole, open, file, actions, text, close] = match;
    done += page.slice(end, match.index);
    end = match.index + whole.length;
    if (file !== undefined) {
      files.set(file, text);
      done += whole;
      continue;
    }
    const now = actions === undefined
      ? await session(text, files)
      : actionsOf(actions, files.get(actions) ?? "");
    done += open + (steady(now) === steady(text) ? text : now) + close;
  }
  return done + page.slice(end);
}

/** The actions of a script's lines, one a line. */
function actionsOf(name: string, text: string): string {
  const loaded = load({ name, text });
  if (!loaded.ok) throw new RangeError(`${name} has a mistake`);
  return loaded.file.lines.map((line) =>
    "resolved" in line ? `${inspected(line.resolved)}\n` : ""
  ).join("");
}

/** A value in one line; the parts of an instruction that are not given are left out. */
function inspected(value: unknown): string {
  return JSON.stringify(
    value,
    (_, one) => typeof one === "bigint" ? `${one}n` : one,
  ).replace(/"(\w+)":/g, "$1: ").replaceAll(",", ", ");
}

/** Carries out the commands of one session; what they write is in the files then. */
async function session(
  text: string,
  files: Map<string, string>,
): Promise<string> {
  let done = "";
  for (const [line] of text.matchAll(/^\$ .*\n/gm)) {
    const io = new MemoryIo({
      files: Object.fromEntries(files),
      under: denoIo(),
    });
    await command(line.slice(2).trimEnd(), io, files);
    for (const [name, written] of io.files) files.set(name, written);
    done += line + io.stdout + io.stderr;
  }
  return done;
}

/** A page's scripts, by name. */
const SCRIPT = /^```ts ignore file=(\S+)\n(.*?)^```$/gms;

/** A script as a file of another folder would have it. */
function fromElsewhere(text: string): string {
  return text.replace(
    'from "./mod.ts"',
    `from "${new URL("../../mod.ts", import.meta.url)}"`,
  );
}

/** Carries out a command of deno, `run FILE`, in a folder that has the scripts. */
async function deno(
  args: readonly string[],
  scripts: ReadonlyMap<string, string>,
): Promise<Deno.CommandOutput> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of scripts) {
      await Deno.writeTextFile(`${folder}/${name}`, fromElsewhere(text));
    }
    const file = (path: string): string =>
      new URL(`../../${path}`, import.meta.url).pathname;
    const flags = ["--quiet", "--no-lock", `--config=${file("deno.json")}`];
    if (import.meta.resolve("@std/assert").includes("/offline/")) {
      flags.push(`--import-map=${file("offline/import_map.json")}`);
    }
    return await new Deno.Command(Deno.execPath(), {
      args: [args[0], ...flags, ...args.slice(1)],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The mistakes in the types of a page's scripts, as deno prints them; empty if there are none. */
export async function typeMistakes(page: string): Promise<string> {
  const scripts = new Map(
    [...page.matchAll(SCRIPT)].map(([, name, text]) => [name, text]),
  );
  const { stderr } = await deno(["check", ...scripts.keys()], scripts);
  return new TextDecoder().decode(stderr);
}

async function command(
  line: string,
  io: MemoryIo,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  const words = shellWords(line);
  if (words[0] === "deno" && words[1] === "run") {
    const { stdout, stderr } = await deno(words.slice(1), files);
    const decoder = new TextDecoder();
    io.out(decoder.decode(stdout));
    io.err(decoder.decode(stderr));
    return;
  }
  if (words[0] === "cat") {
    for (const name of words.slice(1)) io.out(io.readFile(name));
    return;
  }
  const args = programArguments(words);
  if (args === undefined) throw new RangeError(`Cannot carry out: ${line}`);
  await main(args, io);
}
