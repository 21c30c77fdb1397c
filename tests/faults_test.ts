/**
 * What goes wrong around the program: full disks, signals at any moment, files that change while they are read, input
 * without an end.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FILE_BYTES_MAX } from "../cli/io.ts";
import { Dice } from "../tools/dice.ts";
import { type ChildResult, programCommand } from "./child_deno.ts";
import { inFolder } from "./in_folder.ts";
import { ROOT_PATH, run } from "./packaged.ts";

const SEED = Number(Deno.env.get("DREGS_FUZZ_SEED") ?? 2026);

/** Times that a signal is sent, each at another moment. */
const SIGNALS = 12;

/** The program's command line, for a shell. */
function commandLine(args: readonly string[]): string {
  return programCommand(args).map((word) =>
    `'${word.replaceAll("'", `'\\''`)}'`
  ).join(" ");
}

/** Runs a line of a shell. */
function shell(
  line: string,
  wrapper: readonly string[] = [],
): Promise<ChildResult> {
  const [command, ...args] = [...wrapper, "sh", "-c", line];
  return run([command, ...args], { cwd: ROOT_PATH });
}

function assertNoStack(text: string): void {
  assert(!/\bat .*\.ts:\d|Uncaught/.test(text), text);
}

const isLinux = Deno.build.os === "linux";

const LISTENING = "listening to SIGINT";

/**
 * Loaded before the program, it says on standard error that the program has begun to listen. That deno catches SIGINT
 * says less: it does from when a module of Node's is loaded, and a signal ends it as long as nothing listens.
 */
const SAYS_LISTENING = `
const listen = Deno.addSignalListener;
Deno.addSignalListener = (signal, handler) => {
  listen(signal, handler);
  if (signal === "SIGINT") console.error("${LISTENING}");
};`;

/** What a child says, and when it has said something. */
class Said {
  text = "";
  /** Settled once the text is there, or the child can say no more. */
  readonly awaited: Promise<void>;
  readonly ended: Promise<void>;

  constructor(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    awaited: string,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.awaited = promise;
    this.ended = (async () => {
      for await (const part of stream.pipeThrough(new TextDecoderStream())) {
        this.text += part;
        if (this.text.includes(awaited)) resolve();
      }
      resolve();
    })();
  }
}

/** Why there can be no file system of its own for a test; undefined if there can. */
function mountLacks(): string | undefined {
  if (!isLinux) return "mounts are Linux's";
  const { success } = new Deno.Command("sh", {
    args: ["-c", "unshare -rm mount -t tmpfs none /mnt"],
    stdout: "null",
    stderr: "null",
  }).outputSync();
  return success ? undefined : "unshare cannot mount a file system";
}

Deno.test({
  name: "a full disk: standard output",
  ignore: !isLinux,
  fn: async () => {
    for (
      const args of [
        ["run", "-e", "run"],
        ["run", "--format", "json", "-e", "run"],
        ["registers"],
        ["rules"],
        ["--help"],
      ]
    ) {
      const { code, stderr } = await shell(`${commandLine(args)} >/dev/full`);
      assertEquals(code, 2, args.join(" "));
      assertStringIncludes(stderr, "standard output: no space left on device");
      assertNoStack(stderr);
    }
  },
});

const NO_MOUNT = mountLacks();

Deno.test({
  name: NO_MOUNT === undefined
    ? "a full disk: a file that is replaced stays as it was"
    : `a full disk: a file that is replaced stays as it was (skipped: ${NO_MOUNT})`,
  ignore: NO_MOUNT !== undefined,
  fn: () =>
    inFolder(async (folder) => {
      // 16 KB: enough for the old file, not for the new one beside it.
      const text = `run   # ${"x".repeat(60)}\n`.repeat(150);
      await Deno.writeTextFile(`${folder}/a.dregs`, text);
      const { code, stdout, stderr } = await shell(
        [
          `mount -t tmpfs -o size=16k none /mnt`,
          `cp '${folder}/a.dregs' /mnt/a.dregs`,
          `${commandLine(["fmt", "/mnt/a.dregs"])}; echo "status $?"`,
          `${
            commandLine([
              "report",
              "-e",
              "run",
              "--output",
              "/mnt/report.html",
            ])
          }; echo "status $?"`,
          `cmp '${folder}/a.dregs' /mnt/a.dregs && ls -A /mnt`,
        ].join("; "),
        ["unshare", "-rm"],
      );
      assertEquals(code, 0, stderr);
      assertEquals(stdout.match(/status \d+/g), ["status 2", "status 2"]);
      // Neither a part of the report nor a temporary file.
      assertEquals(stdout.trim().split("\n").at(-1), "a.dregs");
      assertStringIncludes(stderr, "/mnt/a.dregs: no space left on device");
      assertStringIncludes(stderr, "/mnt/report.html: no space left on device");
      assertNoStack(stderr);
    }),
});

Deno.test({
  name: "killed in the middle of a save: the file is the old one, whole",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const path = `${folder}/a.dregs`;
      const before = "guest   isb\n".repeat(100_000);
      await Deno.writeTextFile(path, before);
      let killed = 0;
      for (let n = 0; n < SIGNALS && killed === 0; n++) {
        const child = new Deno.Command("sh", {
          args: ["-c", `exec ${commandLine(["fmt", path])}`],
          cwd: ROOT_PATH,
          stdin: "null",
          stdout: "null",
          stderr: "null",
        }).spawn();
        let hasEnded = false;
        const ended = child.status.then((status) => {
          hasEnded = true;
          return status;
        });
        // The new file is there, beside the old one: it is being written.
        while (!hasEnded) {
          const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
          const beside = names.find((name) => name.endsWith(".tmp"));
          if (beside !== undefined) {
            child.kill("SIGKILL");
            await ended;
            await Deno.remove(`${folder}/${beside}`).catch(() => {});
          } else await new Promise((resolve) => setTimeout(resolve, 0));
        }
        const { signal } = await ended;
        const text = await Deno.readTextFile(path);
        if (signal === "SIGKILL" && text === before) killed++;
        else {
          assertEquals(text, "guest isb\n".repeat(100_000));
          await Deno.writeTextFile(path, before);
        }
      }
      assert(killed > 0, "no run was killed while it wrote");
    }),
});

Deno.test("a signal at any moment of a search: it ends with a status, without a stack", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.dregs`;
    const guest = (n: number) =>
      `  vcpu ${n} { write dr${n} 0x${n + 1}000; write dr7 g${n}=1; ` +
      `repeat 60 { either { exec 0x1000 } or { exec 0x2000 } or { read dr6 } } }\n`;
    // Without reductions it has no end in the time of a test.
    await Deno.writeTextFile(
      path,
      `arch x86\nkernel linux-6.1\nexplore {\n${guest(0)}${guest(1)}${
        guest(2)
      }}\n`,
    );
    const dice = new Dice(SEED);
    const [command, ...args] = programCommand(
      ["explore", "--workers", "2", "--without", "all", path],
      [`--preload=data:text/javascript,${encodeURIComponent(SAYS_LISTENING)}`],
    );
    for (let n = 0; n < SIGNALS; n++) {
      const child = new Deno.Command(command, {
        args,
        cwd: ROOT_PATH,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const output = new Response(child.stdout).text();
      const errors = new Said(child.stderr, LISTENING);
      // Every second one is sent once the search listens: from then on it must not end the process.
      const mustAnswer = n % 2 === 1;
      if (mustAnswer) await errors.awaited;
      const send = () => {
        try {
          child.kill("SIGINT");
        } catch {
          // It has ended.
        }
      };
      const moment = dice.below(1500);
      // Again and again, or once: after its end the search does not listen.
      const timer = mustAnswer
        ? setTimeout(send, moment)
        : setInterval(send, 300 + moment);
      const { code, signal } = await child.status;
      clearInterval(timer);
      const said = await output;
      await errors.ended;
      assertNoStack(errors.text + said);
      if (mustAnswer) assertEquals(signal, null);
      // Before the search listens, the signal ends the process.
      if (signal === null) {
        assert([0, 1, 2].includes(code), `status ${code}`);
        assertStringIncludes(
          said,
          "a on linux-6.1 vmx: nothing found, not finished: stopped",
        );
      } else assertEquals(signal, "SIGINT");
    }
  }));

Deno.test("a file that changes while it is read: an answer, whatever was read", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.dregs`;
    const texts = [
      "guest isb\n".repeat(2000),
      "",
      "for i in 0..3 {\n",
      'include "a.dregs"\n',
      "\0",
    ];
    await Deno.writeTextFile(path, texts[0]);
    let turn = 0;
    const timer = setInterval(() => {
      Deno.writeTextFileSync(path, texts[turn++ % texts.length]);
    }, 3);
    try {
      for (const command of ["check", "run", "fmt", "check", "run"]) {
        const args = command === "fmt"
          ? ["fmt", "--check", path]
          : [command, path];
        const { code, stderr } = await shell(commandLine(args));
        assert([0, 1, 2].includes(code), `${command}: status ${code}`);
        assertNoStack(stderr);
      }
    } finally {
      clearInterval(timer);
    }
  }));

Deno.test({
  name: "input without an end: an error at the limit",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const megabytes = FILE_BYTES_MAX / 2 ** 20;
      const { code, stderr } = await shell(
        `yes | ${commandLine(["check", "-"])}`,
      );
      assertEquals(code, 2);
      assertStringIncludes(stderr, `larger than ${megabytes} MB`);
      const pipe = `${folder}/pipe`;
      const piped = await shell(
        `mkfifo '${pipe}'; yes >'${pipe}' & ${commandLine(["check", pipe])}`,
      );
      assertEquals(piped.code, 2);
      assertStringIncludes(piped.stderr, `pipe: larger than ${megabytes} MB`);
    }),
});
