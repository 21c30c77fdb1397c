/** `why not trap` says what the CPU did: it names a condition if and only if no access to a debug register has exited. */
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { load } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { runFile } from "../dsl/run/scenario.ts";
import { assert, assertEquals } from "@std/assert";

/** Below are the modelled handlers, whose accesses are none of the program's. */
const PROGRAM = 0x10_0000n;

/** The answer to `why not trap` after the program, and whether it has such an exit. */
function outcomeOf(
  script: string,
  exit: RegExp,
): readonly [subject: string, value: string, exits: boolean] {
  const text = `${script}\nrun\nwhy not trap`;
  const loaded = load({ name: "trap", text });
  assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
  const [{ outputs }] = runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: true,
    limit: LIMIT_DEFAULT,
  });
  const answer = outputs.findLast((output) => output.kind === "why");
  assert(answer?.kind === "why");
  const exits = outputs.some((output) =>
    output.kind === "trace" &&
    output.events.some((event) =>
      event.kind === "exit" && exit.test(event.why) && event.pc >= PROGRAM
    )
  );
  return [answer.subject, answer.value, exits];
}

/** Every one of each row. */
function product(rows: readonly (readonly string[])[]): readonly string[] {
  return rows.reduce<readonly string[]>(
    (all, row) => all.flatMap((one) => row.map((next) => `${one}${next}`)),
    [""],
  );
}

const SPACES = {
  x86: {
    exit: /^dr-access$/,
    scripts: product([
      [
        "kernel linux-6.1",
        "kernel linux-6.1; user debug break 0x1",
        "kernel linux-6.1 svm",
        "kernel linux-6.1 svm; user debug break 0x1",
        "kernel kiszka-2008 svm",
        "kernel linux-6.1 svm; host model=tcg",
        "kernel linux-6.1 svm; host model=tcg-stock",
        "kernel linux-6.1; host model=bochs",
        "kernel linux-6.18 svm; set protected=sev-es debug_swap=0",
        "kernel linux-6.18 svm; set protected=sev-es debug_swap=1",
      ],
      ["", "; guest write cr4 de=1"],
      ["", "; user set dr7 gd=1"],
      ["; guest "],
      ["read dr0", "read dr4", "write dr2 5", "read dr7", "write dr7 0x400"],
      ["", " cpl=3"],
    ]),
  },
  arm64: {
    exit: /^trap$/,
    scripts: product([
      [
        "kernel linux-4.9",
        "kernel linux-6.1",
        "kernel linux-7.2",
        "kernel linux-7.2; host model=neoverse-n1",
        "kernel linux-7.2; host model=max",
        "kernel linux-7.2; host model=cortex-a57",
      ],
      ["", "; user set mdscr tdcc=1", "; user debug step"],
      ["; guest "],
      [
        "read dbgbvr0",
        "read dbgbvr15",
        "write dbgbcr1 0",
        "read oslsr",
        "write oslar 0",
        "read mdrar",
        "read mdccsr",
        "read id_aa64dfr0",
        "write contextidr_el1 7",
      ],
      ["", " el=0"],
    ]),
  },
} as const;

for (const [arch, { exit, scripts }] of Object.entries(SPACES)) {
  Deno.test(`why not trap says what the CPU did: ${arch}`, () => {
    const wrong = scripts.filter((script) => {
      const [subject, value, exits] = outcomeOf(
        `arch ${arch}; ${script}`,
        exit,
      );
      // An access that KVM lets through has trapped, and is executed again.
      return / trapped at 0x/.test(subject) !== exits ||
        value.startsWith("the guest accessed no");
    });
    assertEquals(wrong, []);
  });
}
