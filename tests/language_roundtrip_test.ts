/**
 * Actions as text: what the writer writes is canonical, and resolves to the same action.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { Action, KernelTerm } from "../dsl/actions.ts";
import { load } from "../dsl/load.ts";
import { actionText } from "../dsl/print/action.ts";
import { format } from "../dsl/print/format.ts";
import { covers } from "../dsl/resolve/kernel_terms.ts";
import {
  ARCH_NAMES,
  type Architecture,
  architecture,
  makeInsn,
} from "../engine/mod.ts";

import { actions } from "./random_actions/actions.ts";

/** Kinds of actions that stand in an explore block. */
const EXPLORED = new Set([
  "preempt",
  "migrate",
  "signals",
  "restore",
  "never",
  "bound",
  "property",
]);
/** Kinds of actions that stand before the machine is used. */
const FIRST = new Set(["kernel", "host", "set"]);

/** A text in which the action's line is right. */
function textWith(action: Action, arch: Architecture): string {
  const text = actionText(action, arch);
  const head = `arch ${arch.name}\n`;
  if (FIRST.has(action.kind)) return head + text;
  const machine = `${head}host cpus=16\nset vcpus=16\n`;
  if (action.kind === "user" && action.operation.kind === "restore") {
    return `${machine}user save as ${action.operation.name}\n${text}`;
  }
  return EXPLORED.has(action.kind)
    ? `${machine}explore {\nvcpu 15 { }\n${text}\n}`
    : machine + text;
}

/** The action of a text's last line. */
function resolvedLast(text: string): Action | undefined {
  const loaded = load({ name: "text.dregs", text });
  assert(loaded.ok, `${loaded.diagnostics[0]?.message}\n${text}`);
  const last = loaded.file.lines.at(-1)!;
  const line = last.kind === "explore" ? last.body.lines.at(-1)! : last;
  return "resolved" in line ? line.resolved : undefined;
}

/** An action as data, without places; parts of an instruction as the machine has them. */
function plain(action: Action | undefined): unknown {
  if (action === undefined) return undefined;
  const one = action.kind === "guest"
    ? {
      ...action,
      instruction: {
        address: action.instruction.address,
        insn: makeInsn(action.instruction.parts),
      },
    }
    : action;
  return JSON.parse(
    JSON.stringify(
      one,
      (key, part) =>
        key === "span"
          ? undefined
          : typeof part === "bigint"
          ? `${part}n`
          : part,
    ),
  );
}

for (const archName of ARCH_NAMES) {
  const arch = architecture(archName)!;
  Deno.test(`round trip: every action of ${archName}, as text, is the same action`, () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(actions(arch), (action) => {
        kinds.add(action.kind);
        const text = textWith(action, arch);
        assertEquals(plain(resolvedLast(text)), plain(action), text);
      }),
      { numRuns: 6000 },
    );
    assertEquals(kinds.size, 24, [...kinds].join(" "));
  });

  Deno.test(`round trip: what is written of ${archName} is as fmt would have it`, () => {
    fc.assert(
      fc.property(actions(arch), (action) => {
        const text = `${actionText(action, arch)}\n`;
        const formatted = format({ name: "text.dregs", text });
        assert(formatted.ok);
        assertEquals(formatted.text, text);
      }),
      { numRuns: 1500 },
    );
  });
}

Deno.test("round trip: an expectation of what as named", () => {
  for (const [text, value] of [["undef", "undef"], ["0x5", 5n]] as const) {
    const expected = {
      kind: "read",
      name: "x",
      operator: "==",
      value,
    } as const;
    const action = { kind: "expect", expected, on: [] } as const;
    const arch = architecture("arm64")!;
    assertEquals(actionText(action, arch), `expect x == ${text}`);
  }
});

Deno.test("on: ranges follow mainline order, and name no kernel of an author", () => {
  const side = (operator: "<" | "<=" | ">" | ">=", release: string) =>
    [{ kind: "side", operator, release }] as const;
  const row = (kind: "with" | "without") =>
    [{
      kind: "changes",
      with: kind === "with" ? ["root-cause-fix"] : [],
      without: kind === "with" ? [] : ["root-cause-fix"],
    }] as const;
  const rows: readonly [
    readonly KernelTerm[],
    name: string,
    covered: boolean,
  ][] = [
    [[], "watanabe-v7", true],
    [side(">=", "linux-6.12"), "linux-6.12", true],
    [side(">", "linux-6.12"), "linux-6.12", false],
    [side(">=", "linux-6.2"), "linux-6.12", true],
    [side("<", "linux-4.9"), "linux-4.4", true],
    [side("<=", "linux-4.9"), "linux-6.1", false],
    [side(">=", "linux-4.4"), "watanabe-v7", false],
    [side(">=", "linux-5.9"), "linux-6.1", true],
    [
      [{ kind: "range", from: "linux-4.4", to: "linux-4.9" }],
      "linux-4.9",
      true,
    ],
    [
      [{ kind: "range", from: "linux-4.4", to: "linux-4.9" }],
      "linux-6.1",
      false,
    ],
    [
      [{ kind: "name", name: "watanabe-v7" }, ...side(">=", "linux-6.1")],
      "watanabe-v7",
      true,
    ],
    // A stable release is in a range if it behaves as its first one.
    [side(">=", "linux-5.4"), "linux-5.5.1", true],
    [side(">=", "linux-5.4"), "linux-5.4.120", false],
    [side(">=", "linux-4.4"), "linux-4.4 with root-cause-fix", false],
    [side(">=", "linux-4.4"), "rhel-8.5", false],
    [row("with"), "linux-4.4", false],
    [row("without"), "linux-4.4", true],
    [row("with"), "linux-4.4 with root-cause-fix", true],
    [row("with"), "rhel-8.5", true],
    [row("without"), "reload-2016", true],
    [
      [{ kind: "changes", with: ["root-cause-fix"], without: ["skip-steps"] }],
      "linux-4.9",
      true,
    ],
    [
      [{ kind: "changes", with: ["root-cause-fix"], without: ["skip-steps"] }],
      "linux-4.10",
      false,
    ],
    // It is not made of changes.
    [row("without"), "kiszka-2008", false],
    [row("with"), "kiszka-2008", false],
  ];
  for (const [terms, name, covered] of rows) {
    const answers = [architecture("x86")!, architecture("arm64")!].map((arch) =>
      arch.kernel(name)
    );
    const answer = answers.find(({ ok }) => ok)!;
    assert(answer.ok);
    const [kernel, vendor] = [answer.info, undefined];
    assertEquals(
      covers(terms, { ...kernel, vendor }),
      covered,
      JSON.stringify(terms),
    );
  }
});

Deno.test("on: a vendor narrows each kind of kernels", () => {
  const arch = architecture("x86")!;
  const answer = arch.kernel("linux-6.1");
  assert(answer.ok);
  const noChanges = { kind: "changes", with: [], without: [] } as const;
  const rows: readonly (readonly [KernelTerm, covered: boolean])[] = [
    [noChanges, true],
    [{ kind: "name", name: "linux-6.1" }, true],
    [{ kind: "name", name: "linux-6.12" }, false],
    [{ kind: "other", name: "linux-6.1" }, false],
    [{ kind: "other", name: "linux-6.12" }, true],
    [{ kind: "side", operator: ">=", release: "linux-6.1" }, true],
    [{ kind: "side", operator: "<", release: "linux-6.1" }, false],
    [{ kind: "range", from: "linux-5.9", to: "linux-6.1" }, true],
    [{ ...noChanges, with: ["root-cause-fix"] }, true],
    [{ ...noChanges, without: ["root-cause-fix"] }, false],
  ];
  for (const [term, covered] of rows) {
    for (const vendor of ["vmx", "svm"]) {
      const kernel = { ...answer.info, vendor };
      assertEquals(covers([{ ...term, vendor }], kernel), covered);
      const other = vendor === "vmx" ? "svm" : "vmx";
      assertEquals(covers([{ ...term, vendor: other }], kernel), false);
    }
  }
  // A vendor is known of a kernel that is not made of changes, too.
  const old = arch.kernel("kiszka-2008");
  assert(old.ok);
  const kernel = { ...old.info, vendor: "svm" };
  assert(covers([{ ...noChanges, vendor: "svm" }], kernel));
});
