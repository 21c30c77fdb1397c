/**
 * `--format junit`: JUnit's XML.
 *
 * A `testsuite` says first how many tests it has, so the scenarios of a file are kept until it ends, but no
 * more than `CASES_MAX`: a longer file is several suites.
 *
 * @module
 */
import { placeOf, renderDiagnostic } from "../../dsl/render.ts";
import { headlineFirst, type ScenarioResult } from "../../dsl/result.ts";
import {
  boundaries,
  type Boundary,
  boundaryText,
  failedOf,
  nextStep,
} from "./boundaries.ts";
import { nameOf, type Reporter, skipReason } from "./reporter.ts";

/** Test cases that are kept before a suite is written. */
const CASES_MAX = 1000;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\n": "&#10;",
  "\t": "&#9;",
};

/** Characters that XML 1.0 does not have, halves of surrogate pairs among them. */
const NOT_XML =
  // deno-lint-ignore no-control-regex -- finding them is the point
  /[^\x09\x0a\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text of an attribute or an element. */
function escaped(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(NOT_XML, "\ufffd")
    .replace(/[&<>"'\n\t]/g, (character) => ENTITIES[character]);
}

interface Suite {
  readonly name: string;
  readonly cases: string[];
  failures: number;
  errors: number;
  skipped: number;
}

function testCase(
  names: { readonly className: string; readonly name: string },
  body: readonly string[],
): string {
  const open = `    <testcase classname="${escaped(names.className)}" name="${
    escaped(names.name)
  }"`;
  return body.length === 0
    ? `${open}/>\n`
    : `${open}>\n${
      body.map((line) => `      ${line}\n`).join("")
    }    </testcase>\n`;
}

/** The headline first: many readers of JUnit show one failure of a case. */
function problems({ failures }: ScenarioResult): string[] {
  return headlineFirst(failures).map(({ kind, diagnostic }) => {
    const tag = kind === "error" ? "error" : "failure";
    const { code, message, span } = diagnostic;
    return `<${tag} message="${
      escaped(`${placeOf(span)}: ${message}`)
    }" type="${code}">${escaped(renderDiagnostic(diagnostic))}</${tag}>`;
  });
}

/** Since which release it fails, or before which. */
function since(found: readonly Boundary[]): string[] {
  if (found.length === 0) return [];
  const lines = found.flatMap((one) =>
    [`fails ${boundaryText(one)}`, nextStep(one)].filter((line) =>
      line !== undefined
    )
  );
  return [`<system-out>${escaped(lines.join("\n"))}</system-out>`];
}

/** A suite a file, a test case a scenario and kernel. */
export function junitReporter(): Reporter {
  let suite: Suite | undefined;
  const close = (): string => {
    if (suite === undefined || suite.cases.length === 0) return "";
    const { name, cases, failures, errors, skipped } = suite;
    suite = undefined;
    return `  <testsuite name="${
      escaped(name)
    }" tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}">\n${
      cases.join("")
    }  </testsuite>\n`;
  };
  const within = (name: string): { text: string; open: Suite } => {
    let text = "";
    if (suite?.name !== name || suite.cases.length >= CASES_MAX) {
      text = close();
      suite = { name, cases: [], failures: 0, errors: 0, skipped: 0 };
    }
    return { text, open: suite };
  };
  return {
    begin: () =>
      '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="dregs">\n',
    scenario(results) {
      let output = "";
      const found = boundaries(results);
      for (const result of results) {
        const { text, open } = within(result.source);
        output += text;
        const names = {
          className: `${result.source} ${result.profile}`,
          name: nameOf(result, results),
        };
        const body = result.status === "skipped"
          ? [`<skipped message="${escaped(skipReason(result))}"/>`]
          : [
            ...problems(result),
            ...since(found.filter((one) => failedOf(one) === result)),
          ];
        if (result.status === "failed") open.failures++;
        if (result.status === "error") open.errors++;
        if (result.status === "skipped") open.skipped++;
        open.cases.push(testCase(names, body));
      }
      return output;
    },
    broken({ source, message, diagnostics }) {
      const { text, open } = within(source);
      const lines = diagnostics.map((one) => renderDiagnostic(one)).join("\n");
      open.errors++;
      open.cases.push(
        testCase({ className: source, name: source }, [
          `<error message="${escaped(message)}">${escaped(lines)}</error>`,
        ]),
      );
      return text;
    },
    end: () => `${close()}</testsuites>\n`,
  };
}
