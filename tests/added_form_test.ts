/**
 * A statement with a form of its own touches three places: its row, its file, and the list of forms. Here one is added
 * in a copy of the source, in these places only.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type ChildResult, dependencyFlags } from "./child_deno.ts";
import { inEmptyFolder, ROOT_PATH, run } from "./packaged.ts";

/** `move [@v] to P`: the vCPU leaves its CPU, and runs on CPU P. */
const ROW = `
  {
    word: "move",
    subject: "guest",
    places: ["script"],
    forms: ["move [@v] to P"],
    about: "the vCPU runs on another CPU",
    words: ["to"],
  },
`;

const FORM = `
import { at, spaced } from "../print/parts.ts";
import type { Expr, Node } from "../syntax/nodes.ts";
import { keywordType as kw } from "../syntax/tokens.ts";
import { sub } from "../syntax/tree/cst.ts";
import type { Form } from "./form.ts";

interface MoveLine extends Node<"move"> {
  readonly vcpu: Expr | undefined;
  readonly cpu: Expr;
}

interface MoveAction {
  readonly kind: "move";
  readonly vcpu: number;
  readonly cpu: number;
}

export const moveForm: Form<MoveLine, MoveAction> = {
  begins: ["move"],
  grammar: {
    move: (g) => {
      g.CONSUME(kw("move"));
      g.OPTION(() => g.SUBRULE(g.at));
      g.CONSUME(kw("to"));
      g.SUBRULE(g.expression);
    },
  },
  build: (parts, node, span) => ({
    kind: "move",
    vcpu: parts.at(node),
    cpu: parts.expression(sub(node, "expression")),
    span,
  }),
  resolve: {
    move: (c, { vcpu, cpu }) => ({
      kind: "move",
      vcpu: c.attemptVcpu(vcpu),
      cpu: c.attempt(() => c.cpu(cpu)) ?? 0,
    }),
  },
  perform: {
    move({ session: { machine }, span }, { vcpu, cpu }) {
      machine.journal.begin(span);
      machine.put(vcpu);
      machine.run(vcpu, { cpu });
    },
  },
  write: {
    move: ({ vcpu, cpu }) => spaced("move", at(vcpu), "to", String(cpu)),
  },
};
`;

/** What the program is made of; a lock file only where there is one. */
const PARTS = [
  "cli",
  "conform",
  "docs/schemas",
  "dsl",
  "engine",
  "export",
  "lsp",
  "offline",
  "recorder",
  "repl",
  "report",
  "scenarios",
  "deno.json",
  "deno.lock",
  "mod.ts",
];

async function copy(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) {
    await copy(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Puts text before a place that is there once. */
async function insert(path: string, before: string, text: string) {
  const old = await Deno.readTextFile(path);
  assertEquals(old.split(before).length, 2, `${path}: ${before}`);
  await Deno.writeTextFile(path, old.replace(before, () => text + before));
}

/** The three places. */
async function addStatement(root: string): Promise<void> {
  await insert(`${root}/dsl/statements.ts`, '  {\n    word: "put",', ROW);
  await Deno.writeTextFile(`${root}/dsl/forms/move.ts`, FORM);
  const list = `${root}/dsl/forms/mod.ts`;
  await insert(
    list,
    "import { neverForm }",
    'import { moveForm } from "./move.ts";\n',
  );
  await insert(list, "  showForm,\n", "  moveForm,\n");
}

/** Asks the copy what it makes of the statement; printed as JSON. */
const QUESTIONS = `
import { main } from "./cli/main.ts";
import { MemoryIo } from "./cli/memory_io.ts";
import { complete } from "./dsl/completion/mod.ts";
import { actionText } from "./dsl/mod.ts";
import { architecture } from "./engine/mod.ts";

const arch = architecture("arm64")!;
const context = { arch, profile: "linux-6.1", names: [], files: () => [] };
const answers: string[] = [];
for (const script of [
  "move to 1",
  "move@1 to 1",
  "move too 1",
  "let x = 2; move to x",
]) {
  const io = new MemoryIo({ files: { "a.dregs": \`host cpus=2; guest isb; run; \${script}\` } });
  const status = await main(["run", "--trace", "a.dregs"], io);
  answers.push(\`\${status} \${io.stdout}\${io.stderr}\`);
}
const io = new MemoryIo({ stdin: "help move\\n" });
await main(["repl"], io);
answers.push(
  io.stdout,
  complete("mov", context).words.join(),
  complete("move ", context).words.join(),
  actionText({ kind: "move", vcpu: 1, cpu: 0 }, arch),
);
console.log(JSON.stringify(answers));
`;

/** A part of each answer. */
const ANSWERS = [
  "vcpu_load on cpu 1",
  "there is no vCPU 1: the VM has 1",
  "expected to\n",
  "there is no CPU 2: the machine has 2",
  "the vCPU runs on another CPU",
  "move",
  "to",
  "move @1 to 0",
];

function ask(
  root: string,
  flags: readonly string[],
): Promise<ChildResult> {
  const args = ["run", "-qA", ...flags, ...dependencyFlags(), "questions.ts"];
  return run([Deno.execPath(), ...args], { cwd: root });
}

Deno.test("a form of its own: a statement is added in three places, and every stage knows it", async () => {
  await inEmptyFolder(async (root) => {
    for (const part of PARTS) {
      await copy(`${ROOT_PATH}${part}`, `${root}/${part}`).catch((error) => {
        if (part !== "deno.lock") throw error;
      });
    }
    await Deno.writeTextFile(`${root}/questions.ts`, QUESTIONS);
    const before = await ask(root, []);
    assertStringIncludes(before.stderr, "TypeError", "it is there before");
    await addStatement(root);
    const { code, stdout, stderr } = await ask(root, ["--check"]);
    assertEquals(code, 0, stderr);
    const answers: readonly string[] = JSON.parse(stdout);
    assertEquals(answers.length, ANSWERS.length);
    for (const [at, answer] of answers.entries()) {
      assertStringIncludes(answer, ANSWERS[at]);
    }
  });
});
