/**
 * `deno task traces`: what a change of the model does to the scenarios of the catalogue.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../../cli/command.ts";
import { denoIo } from "../../cli/io.ts";
import { progressBar } from "../../tools/progress.ts";
import {
  columnsOf,
  digestOf,
  DIGESTS,
  type Digests,
  digestsText,
  parseDigests,
  tracedNames,
  tracedText,
  type TracedTexts,
  tracedTexts,
} from "./digests.ts";

const USAGE = `usage: deno task traces [OPTION…] [FILE…]

Runs the scenarios of the catalogue and random cases, or FILEs of them, under a few kernels, and searches blocks. It
compares every event, what every view has at the end, and why, with digests that were kept. It prints the files and kernels that changed.

  --beside REV  print what changed since a revision, as a diff of events
  --print       print the events of FILEs, and compare nothing; --json prints them as JSON
  --accept      keep what is found as what should be

Exit status: 0 nothing changed, or it was accepted; 1 something changed; 2 wrong options.
`;

const io = denoIo();

/** A file under one of its kernels. */
interface Traced {
  readonly path: string;
  readonly column: string;
}

function print(line: string): void {
  io.out(`${line}\n`);
}

/** Digests of files as they are now. */
async function digestsOf(
  paths: readonly string[],
  texts: TracedTexts,
): Promise<Digests> {
  const bar = progressBar("traces", paths.length);
  const found = new Map<string, Readonly<Record<string, string>>>();
  for (const [n, path] of paths.entries()) {
    bar.show(n);
    const columns: Record<string, string> = {};
    for (const column of columnsOf(path)) {
      columns[column] = await digestOf(path, texts, column);
    }
    found.set(path, columns);
  }
  bar.end();
  return found;
}

/** Files and kernels of which two sets of digests differ. */
function changedIn(kept: Digests, found: Digests): readonly Traced[] {
  return [...found].flatMap(([path, columns]) =>
    Object.keys(columns).filter((column) =>
      kept.get(path)?.[column] !== columns[column]
    ).map((column) => ({ path, column }))
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

async function git(
  args: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: [...args],
  }).output();
  if (!success) throw new UsageError(new TextDecoder().decode(stderr).trim());
  return stdout;
}

/** The same of a revision, which a copy of it says itself. */
async function textsAt(
  revision: string,
  paths: readonly string[],
): Promise<Record<string, string>> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(
      `${folder}.tar`,
      await git(["archive", revision]),
    );
    const { success } = await new Deno.Command("tar", {
      args: ["-xf", `${folder}.tar`, "-C", folder],
    }).output();
    if (!success) throw new UsageError(`${revision} cannot be unpacked`);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "traces", "--json", ...paths],
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
    await Deno.remove(`${folder}.tar`).catch(() => {});
  }
}

/** Prints what differs from a revision, file by file and kernel by kernel. @returns whether anything does */
async function showBeside(
  revision: string,
  paths: readonly string[],
  texts: TracedTexts,
): Promise<boolean> {
  const sides = {
    [revision.replaceAll("/", "_")]: await textsAt(revision, paths),
    now: await allTexts(paths, texts),
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
    unknown: (arg) => {
      if (!arg.startsWith("-")) return true;
      throw new UsageError(`${arg} is not an option`);
    },
  });
  if (args.help) {
    print(USAGE.trimEnd());
    return 0;
  }
  const texts = await tracedTexts();
  const all = tracedNames(texts);
  const named = args._.map(String);
  const unknown = named.find((path) => !all.includes(path));
  if (unknown !== undefined && !args.json) {
    throw new UsageError(
      `${unknown} is not traced: expected a file of the catalogue, random/ARCH/NN or search/ARCH/NN`,
    );
  }
  const paths = named.length > 0 ? named : all;
  if (args.json) {
    print(JSON.stringify(await allTexts(paths, texts)));
    return 0;
  }
  if (args.print) {
    if (named.length === 0) throw new UsageError("--print needs a file");
    for (const [name, text] of Object.entries(await allTexts(paths, texts))) {
      print(`${name}\n${text}`);
    }
    return 0;
  }
  const kept = parseDigests(await Deno.readTextFile(DIGESTS));
  const found = await digestsOf(paths, texts);
  const changed = changedIn(kept, found);
  if (args.accept) {
    const now = new Map(
      [...kept, ...found].filter(([path]) => all.includes(path)),
    );
    await Deno.writeTextFile(DIGESTS, digestsText(now));
    print(`${changed.length} accepted`);
    return 0;
  }
  if (args.beside !== undefined) {
    const touched = named.length > 0
      ? paths
      : [...new Set(changed.map(({ path }) => path))];
    return touched.length > 0 && await showBeside(args.beside, touched, texts)
      ? 1
      : 0;
  }
  for (const { path, column } of changed) print(`${path} ${column}`);
  print(
    changed.length === 0
      ? `nothing changed: ${paths.length} files`
      : `${changed.length} changed; --beside HEAD shows how`,
  );
  return changed.length > 0 ? 1 : 0;
}

try {
  Deno.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  io.err(`deno task traces: ${error.message}; --help explains it\n`);
  Deno.exitCode = 2;
}
