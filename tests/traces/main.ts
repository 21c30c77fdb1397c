/**
 * `deno task traces`: what a change of the model does to the scenarios of the catalogue.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../../cli/command.ts";
import { denoIo } from "../../cli/io.ts";
import { git } from "../../tools/git.ts";
import { progressBar } from "../../tools/progress.ts";
import { refuseOption, runTask } from "../../tools/task.ts";
import {
  columnsOf,
  DIGESTS,
  type Digests,
  digestsText,
  parseDigests,
  traceDigest,
  tracedNames,
  tracedText,
  type TracedTexts,
  tracedTexts,
} from "./digests.ts";

const USAGE = `usage: deno task traces [OPTION…] [NAME…]

Runs the scenarios of the catalogue, random ones and random cases of the recorder under a few kernels, and searches blocks. It
compares every event, what every view has at the end, what \`why\` answers, and what a search finds, with digests that
were kept, and prints the name and the kernel, or the way of the search, of what changed. NAME is a file of the
catalogue, scenario/ARCH/NN, random/ARCH/NN or search/ARCH/NN; all if none is named.

  --beside REV  print what changed since a revision, as a diff of events
  --print       print the events of NAMEs, and compare nothing; --json prints them as JSON
  --accept      keep what is found as what should be

Exit status: 0 nothing changed, or it was accepted; 1 something changed; 2 wrong options.
`;

const io = denoIo();

/** What has a name, in one of its columns. */
interface Traced {
  readonly name: string;
  readonly column: string;
}

function print(line: string): void {
  io.out(`${line}\n`);
}

/** Digests of names as they are now. */
async function digestsOf(
  names: readonly string[],
  texts: TracedTexts,
): Promise<Digests> {
  const bar = progressBar("traces", names.length);
  const found = new Map<string, Readonly<Record<string, string>>>();
  for (const [n, name] of names.entries()) {
    bar.show(n);
    const columns: Record<string, string> = {};
    for (const column of columnsOf(name)) {
      columns[column] = await traceDigest(name, texts, column);
    }
    found.set(name, columns);
  }
  bar.end();
  return found;
}

/** Names and columns of which two sets of digests differ. */
function changedIn(kept: Digests, found: Digests): readonly Traced[] {
  return [...found].flatMap(([name, columns]) =>
    Object.keys(columns).filter((column) =>
      kept.get(name)?.[column] !== columns[column]
    ).map((column) => ({ name, column }))
  );
}

/** Texts, by name and column. */
async function allTexts(
  names: readonly string[],
  texts: TracedTexts,
): Promise<Record<string, string>> {
  const known = new Set(tracedNames(texts));
  const all: Record<string, string> = {};
  for (const name of names.filter((one) => known.has(one))) {
    for (const column of columnsOf(name)) {
      all[`${name} ${column}`] = await tracedText(name, texts, column);
    }
  }
  return all;
}

/** The same of a revision, which a copy of it says itself. */
async function textsAt(
  revision: string,
  names: readonly string[],
): Promise<Record<string, string>> {
  const folder = await Deno.makeTempDir();
  try {
    const archive = `${folder}/revision.tar`;
    await git(".", "archive", `--output=${archive}`, revision);
    const { success } = await new Deno.Command("tar", {
      args: ["-xf", archive, "-C", folder],
    }).output();
    if (!success) throw new UsageError(`${revision} cannot be unpacked`);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "traces", "--json", ...names],
      cwd: folder,
    }).output();
    const decoder = new TextDecoder();
    if (code !== 0) {
      throw new UsageError(
        `${revision} does not say its traces: ${decoder.decode(stderr).trim()}`,
      );
    }
    return JSON.parse(decoder.decode(stdout));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The digests that a revision has kept; the working copy if undefined. */
async function keptAt(revision: string | undefined): Promise<Digests> {
  const text = revision === undefined
    ? await Deno.readTextFile(DIGESTS)
    : await git(".", "show", `${revision}:tests/traces/digests.txt`);
  return parseDigests(text);
}

/** Prints what differs from a revision, name by name and column by column. @returns whether anything does */
async function showBeside(
  revision: string,
  names: readonly string[],
  texts: TracedTexts,
): Promise<boolean> {
  const sides = {
    [revision.replaceAll("/", "_")]: await textsAt(revision, names),
    now: await allTexts(names, texts),
  };
  const folder = await Deno.makeTempDir();
  try {
    for (const [side, all] of Object.entries(sides)) {
      await Deno.mkdir(`${folder}/${side}`);
      for (const [name, text] of Object.entries(all)) {
        const file = name.replaceAll("/", "_").replace(" ", "_");
        await Deno.writeTextFile(`${folder}/${side}/${file}`, `${text}\n`);
      }
    }
    const { code } = await new Deno.Command("git", {
      args: ["diff", "--no-index", "--unified=2", "--", ...Object.keys(sides)],
      cwd: folder,
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    return code !== 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    string: ["beside"],
    boolean: ["accept", "print", "json", "help"],
    unknown: refuseOption,
  });
  if (args.help) {
    print(USAGE.trimEnd());
    return 0;
  }
  const texts = await tracedTexts();
  const all = tracedNames(texts);
  const named = args._.map(String);
  if (args.json) {
    // Another revision may have other names.
    print(JSON.stringify(await allTexts(named, texts)));
    return 0;
  }
  const unknown = named.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `${unknown} is not traced: expected a file of the catalogue, scenario/ARCH/NN, random/ARCH/NN or search/ARCH/NN`,
    );
  }
  if (args.print) {
    if (named.length === 0) throw new UsageError("--print needs a name");
    for (const [name, text] of Object.entries(await allTexts(named, texts))) {
      print(`${name}\n${text}`);
    }
    return 0;
  }
  const kept = await keptAt(args.beside);
  const asked = named.length > 0 ? named : all;
  const found = await digestsOf(asked, texts);
  const changed = changedIn(kept, found);
  if (args.accept) {
    const now = new Map(
      [...kept, ...found].filter(([name]) => all.includes(name)),
    );
    await Deno.writeTextFile(DIGESTS, digestsText(now));
    print(`${changed.length} accepted`);
    return 0;
  }
  if (changed.length === 0) {
    print(`nothing changed: ${asked.length} names`);
    return 0;
  }
  if (args.beside !== undefined) {
    const names = [...new Set(changed.map(({ name }) => name))];
    return await showBeside(args.beside, names, texts) ? 1 : 0;
  }
  for (const { name, column } of changed) print(`${name} ${column}`);
  print(`${changed.length} changed; --beside HEAD shows how`);
  return 1;
}

await runTask("traces", main);
