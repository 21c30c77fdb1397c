/**
 * `dregs demo`: an example, side by side, and what to try next.
 *
 * @module
 */
import { oneLine } from "../dsl/render/line.ts";
import { withBuiltin } from "./builtin.ts";
import { pageFor } from "./colour.ts";
import { type Arguments, type Command, STATUS, UsageError } from "./command.ts";
import { embedded } from "./embedded.ts";
import { FileProblem, type Io } from "./io.ts";

/** The example, in the catalogue. */
const EXAMPLE = "builtin:arm64/renumbering/patch_example";

/** Three things to try, as typed after the program's name. */
export const NEXT: readonly (readonly [about: string, command: string])[] = [
  [
    "your own case",
    "run -e 'set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run'",
  ],
  [
    "every event, with its rule",
    `run --trace ${EXAMPLE}`,
  ],
  [
    "the same under each series with long-term support",
    `run --kernel lts --kernel watanabe-v7 ${EXAMPLE}`,
  ],
];

/** How the program is called from where it was started. */
function programName(): string {
  return embedded() === undefined ? "deno task dregs" : "dregs";
}

async function run(args: Arguments, world: Io): Promise<number> {
  if (args.operands.length > 0) {
    throw new UsageError(
      `unexpected argument \`${oneLine(args.operands[0])}\``,
    );
  }
  const io = await withBuiltin(world, [EXAMPLE]);
  const page = await pageFor(io);
  const { theme } = page;
  const source = { name: EXAMPLE, text: io.readFile(EXAMPLE) };
  const { loadText } = await import("./loading.ts");
  const { LIMIT_DEFAULT } = await import("../dsl/limits.ts");
  const loaded = loadText(source, LIMIT_DEFAULT, io);
  if (!loaded.ok) {
    const { renderDiagnostics } = await import("../dsl/render.ts");
    throw new FileProblem(EXAMPLE, renderDiagnostics(loaded.diagnostics));
  }
  const { runFile } = await import("../dsl/run/scenario.ts");
  const { renderScenario } = await import("../dsl/render/scenario.ts");
  io.out(
    source.text.trimEnd().split("\n").map((line) => `  ${line}`.trimEnd())
      .join("\n") + "\n\n",
  );
  let status: number = STATUS.ok;
  const settings = {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  };
  for (const result of runFile(loaded.file, settings)) {
    if (result.status !== "passed") status = STATUS.failed;
    io.out(renderScenario(result, page).join("\n") + "\n");
  }
  const program = programName();
  const next = NEXT.flatMap(([about, command]) => [
    theme.quiet(`  # ${about}`),
    `  ${program} ${command}`,
  ]);
  io.out(["", theme.heading("Try next:"), ...next].join("\n") + "\n");
  return status;
}

/** The command. */
export const command: Command = {
  help: {
    name: "demo",
    about: "an example, side by side, and what to try next",
    usage: "",
    notes: [
      "The example is that of the patch series which renumbers context-aware breakpoints: five breakpoints, " +
      "two of them context-aware, and a guest that is given four.",
    ],
    options: [],
    examples: [{ command: "dregs demo", about: "all there is to it" }],
  },
  access: "read",
  run,
};
