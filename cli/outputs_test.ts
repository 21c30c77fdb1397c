/**
 * Outputs: which files a command refuses to write.
 *
 * @module
 */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { COMMANDS, main } from "./main.ts";
import { GuardedIo } from "./guarded_io.ts";
import { denoIo, FileProblem, type Io } from "./io.ts";
import { IoOver } from "./io_over.ts";

/** What a run, a search and a bisection can be asked of, and breaks. */
const TEXT = `arch x86
kernel linux-6.1 vmx
host cpus=1
scenario "broken" {
  guest write dr0 0x1000
  run
  expect guest dr0 == 0x2000
}
scenario "searched" {
  explore {
    vcpu 0 {
      exec 0x1000
    }
    user 0 {
      set dr0 0x5000
    }
    always expect user dr0 == 0
  }
}
`;

/** The real files, and what is printed. */
class Printed extends IoOver {
  text = "";
  override get isTerminal(): boolean {
    return false;
  }

  readonly #stdin: string | undefined;
  readonly #typed: readonly string[];

  /**
   * @param stdin the path of the file that is standard input
   * @param typed its lines, for the interactive view
   */
  constructor(under: Io, stdin?: string, typed: readonly string[] = []) {
    super(under);
    this.#stdin = stdin;
    this.#typed = typed;
  }

  override out(text: string): void {
    this.text += text;
  }

  override err(text: string): void {
    this.text += text;
  }

  override async *lines(): AsyncGenerator<string> {
    for (const line of this.#typed) yield await Promise.resolve(line);
  }

  override readStdin(): string {
    return this.readFile(this.#stdin!);
  }

  override stdinId(): Promise<string | undefined> {
    return Promise.resolve(this.#stdin && this.fileId(this.#stdin));
  }
}

/** A folder with a text, one that includes it, and other names of it. */
async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(`${folder}/d`);
    Deno.writeTextFileSync(`${folder}/q.dregs`, TEXT);
    Deno.writeTextFileSync(`${folder}/d/i.dregs`, 'include "../q.dregs"\n');
    Deno.symlinkSync("q.dregs", `${folder}/symbolic.dregs`);
    Deno.linkSync(`${folder}/q.dregs`, `${folder}/hard.dregs`);
    await test(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Every file below a folder with its text. */
function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) Object.assign(found, contents(path));
    else found[path] = Deno.readTextFileSync(path);
  }
  return found;
}

/** Every option that names a file to write, with its command. */
async function outputOptions(): Promise<[command: string, option: string][]> {
  const found: [string, string][] = [];
  for (const { name, load } of COMMANDS) {
    const { command } = await load();
    for (const option of command.help.options) {
      assertEquals(
        option.isOutput ?? false,
        option.value === "FILE",
        `${name} --${option.name}`,
      );
      if (option.isOutput) found.push([name, option.name]);
    }
  }
  return found;
}

const OPTIONS = await outputOptions();

/** What names the file that is read, and how it comes to be read. */
function namings(
  folder: string,
): [output: string, read: string[], named: string][] {
  const own = `${folder}/q.dregs`;
  const root = "../".repeat(Deno.cwd().split("/").length);
  return [
    [own, [own], own],
    [`${folder}/./q.dregs`, [own], own],
    [`${root}${folder.slice(1)}/q.dregs`, [own], own],
    [own, [`${folder}/symbolic.dregs`], `${folder}/symbolic.dregs`],
    [`${folder}/symbolic.dregs`, [own], own],
    [`${folder}/hard.dregs`, [own], own],
    [`${folder}/d/i.dregs`, [`${folder}/d`], `${folder}/d/i.dregs`],
    [own, [`${folder}/d`], own],
    [own, ["-"], "standard input"],
  ];
}

for (const [name, option] of OPTIONS) {
  Deno.test(`main(): dregs ${name} --${option} never replaces a file that is read`, async () => {
    await inFolder(async (folder) => {
      const before = contents(folder);
      for (const [output, read, named] of namings(folder)) {
        const io = new Printed(denoIo(), `${folder}/q.dregs`);
        const args = [name, `--${option}`, output, ...read];
        const status = await main(args, io);
        assertEquals(
          [status, io.text],
          [
            2,
            `dregs: ${output}: would replace ${named}, which is read; name another file\n`,
          ],
          args.join(" "),
        );
        assertEquals(contents(folder), before, args.join(" "));
      }
    });
  });

  Deno.test(`main(): dregs ${name} --${option} replaces any other file`, async () => {
    await inFolder(async (folder) => {
      const output = `${folder}/out`;
      Deno.writeTextFileSync(output, "old\n");
      const before = contents(folder);
      const io = new Printed(denoIo());
      const filter = name === "explore" || name === "bisect"
        ? []
        : ["--filter", "broken"];
      await main(
        [name, `--${option}`, output, ...filter, `${folder}/q.dregs`],
        io,
      );
      const after = contents(folder);
      assertEquals(after[output] === before[output], false, io.text);
      assertEquals({ ...after, [output]: before[output] }, before);
    });
  });
}

Deno.test("main(): a script's included file is read too", async () => {
  await inFolder(async (folder) => {
    const before = contents(folder);
    const path = `${folder}/q.dregs`;
    for (const name of ["run", "report"]) {
      const io = new Printed(denoIo());
      const args = [name, "-o", path, "-e", `include "${path}"`];
      assertEquals(await main(args, io), 2);
      assertStringIncludes(io.text, "would replace");
      assertEquals(contents(folder), before);
    }
  });
});

Deno.test("main(): two outputs are two files", async () => {
  await inFolder(async (folder) => {
    const before = contents(folder);
    const path = `${folder}/q.dregs`;
    const hard = `${folder}/hard.dregs`;
    for (const [save, report] of [["x", "./x"], [path, hard]]) {
      const io = new Printed(denoIo());
      const args = ["explore", "--save", save, "--report", report, path];
      assertEquals(await main(args, io), 2);
      assertStringIncludes(
        io.text,
        `\`--save ${save}\` and \`--report ${report}\` are the same file`,
      );
      assertEquals(contents(folder), before);
    }
  });
});

Deno.test("GuardedIo: a file that was read is written only in place", async () => {
  await inFolder((folder) => {
    const io = new GuardedIo(denoIo());
    const before = contents(folder);
    const path = `${folder}/q.dregs`;
    io.readFile(path);
    for (const other of [path, `${folder}/d/../symbolic.dregs`]) {
      assertThrows(() => io.writeFile(other, "new\n"), FileProblem);
      assertThrows(() => io.create(other), FileProblem);
    }
    assertEquals(contents(folder), before);
    io.writeFile(`${folder}/d/i.dregs`, "new\n");
    io.writeFile(path, "new\n", { inPlace: true });
    assertEquals(Deno.readTextFileSync(path), "new\n");
    return Promise.resolve();
  });
});

Deno.test("dregs fmt, and save --force of dregs repl, change the file that was read", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/q.dregs`;
    Deno.writeTextFileSync(path, "run;run\n");
    const io = new Printed(denoIo());
    assertEquals(await main(["fmt", `${folder}/symbolic.dregs`], io), 0);
    assertEquals(Deno.readTextFileSync(path), "run\nrun\n");
    const save = `save ${folder}/./q.dregs`;
    const asked = new Printed(denoIo(), undefined, [save]);
    assertEquals(await main(["repl", path], asked), 0);
    assertStringIncludes(asked.text, "exists already");
    assertEquals(Deno.readTextFileSync(path), "run\nrun\n");
    const forced = new Printed(denoIo(), undefined, [`${save} --force`]);
    assertEquals(await main(["repl", path], forced), 0);
    assertStringIncludes(Deno.readTextFileSync(path), "Saved from a session");
  });
});

Deno.test("readStdin(), and readFile() of a pipe, give the same text again", async () => {
  await inFolder(async (folder) => {
    const pipe = `${folder}/pipe`;
    const bash = async (line: string, ...args: string[]) => {
      const { stdout } = await new Deno.Command("bash", {
        args: ["-c", line, ...args],
      }).output();
      return new TextDecoder().decode(stdout);
    };
    await bash('mkfifo "$0"', pipe);
    const script = `
      const { denoIo } = await import("${new URL("./io.ts", import.meta.url)}");
      const io = denoIo();
      const pipe = ${JSON.stringify(pipe)};
      const texts = [io.readStdin(), io.readStdin(), io.readFile(pipe), io.readFile(pipe)];
      console.log(texts.join(" "));
    `;
    // What reads the pipe once more gets nothing.
    const line =
      '(printf put >"$2"; : >"$2") & printf run | "$0" eval --no-config "$1"; kill $! 2>/dev/null';
    assertEquals(
      await bash(line, Deno.execPath(), script, pipe),
      "run run put put\n",
    );
  });
});

Deno.test("outputs: what cannot be written is said before anything runs", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const search = `${folder}/search.dregs`;
    await Deno.writeTextFile(
      search,
      "arch x86\nexplore {\n  vcpu 0 { write dr0 0x1000 }\n  never missed\n}\n",
    );
    const scenario = `${folder}/scenario.dregs`;
    await Deno.writeTextFile(scenario, "run\nexpect exit idle\n");
    const calls = [
      ["explore", "--save", `${folder}/none/x`, search],
      ["explore", "--report", `${folder}/none/x.html`, search],
      ["bisect", "--report", `${folder}/none/x.html`, scenario],
      ["report", "-o", `${folder}/none/x.html`, scenario],
      ["run", "-o", folder, scenario],
    ];
    for (const args of calls) {
      const io = new Printed(denoIo());
      assertEquals(await main(args, io), 2, args.join(" "));
      assertEquals(
        io.text,
        `dregs: ${args[2]}: ${
          args[2] === folder ? "a folder, not a file" : "no such file or folder"
        }\n`,
      );
    }
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(left.sort(), ["scenario.dregs", "search.dregs"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
