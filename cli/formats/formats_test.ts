import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  EVENTS,
  FAILED,
  PASSED,
  SHOWN,
  SKIPPED,
  SOURCE,
  UNMET,
  WRONG,
} from "../../dsl/render/samples.ts";
import { PLAIN_PAGE } from "../../dsl/render/theme.ts";
import type { ScenarioResult } from "../../dsl/result.ts";
import { span } from "../../dsl/source.ts";
import { ftraceReporter } from "./ftrace.ts";
import { junitReporter } from "./junit.ts";
import { matrixReporter } from "./matrix.ts";
import type { Broken, Reporter, Tally } from "./reporter.ts";
import { tapReporter } from "./tap.ts";

const BROKEN: Broken = {
  source: "a&b.dregs",
  message: "1 mistake",
  diagnostics: [{
    code: "unknown-statement",
    span: span(SOURCE, 0, 3),
    message: "set <is> unknown",
  }],
};

const TALLY: Tally = { passed: 1, failed: 1, error: 1, skipped: 2, broken: 1 };

/** All that a format prints for results, each alone, and a broken text. */
function printed(
  reporter: Reporter,
  results: readonly ScenarioResult[] = [PASSED, FAILED, WRONG, SKIPPED, UNMET],
): string {
  return [
    reporter.begin(),
    ...results.map((result) => reporter.scenario([result])),
    reporter.broken(BROKEN),
    reporter.end(TALLY),
  ].join("");
}

Deno.test("tap: test points, directives, diagnostics, the plan last", async (t) => {
  const text = printed(tapReporter());
  await t.assertSnapshot(text);
  const points = text.match(/^(not )?ok \d+ /gm) ?? [];
  assertEquals(points.map((point) => Number(/\d+/.exec(point))), [
    1,
    2,
    3,
    4,
    5,
    6,
  ]);
  assertEquals(text.trimEnd().split("\n").at(-1), "1..6");
  // A # that is not escaped would be a directive.
  assertEquals(text.match(/(?<!\\)#/g), ["#", "#"]);
  assertStringIncludes(
    text,
    "\nok 5 - needs more # SKIP requires kernel >= linux-5.13; the kernel is one-1\n",
  );
});

Deno.test("tap: a name of several kernels has the kernel", () => {
  const text = tapReporter().scenario([
    PASSED,
    { ...PASSED, profile: "two-2" },
  ]);
  assertEquals(
    text,
    "ok 1 - all held [one-1]\nok 2 - all held [two-2]\n",
  );
});

Deno.test("junit: suites with their counts, everything escaped", async (t) => {
  await t.assertSnapshot(printed(junitReporter()));
});

/** Unclosed tags and stray characters of a text that should be XML; undefined if there are none. */
function xmlMistake(text: string): string | undefined {
  const open: string[] = [];
  let rest = text.replace(/^<\?xml [^?]*\?>\n/, "");
  while (rest !== "") {
    const tag = /^<(\/?)([a-z]+)((?: [a-z]+="[^"<>]*")*)(\/?)>/.exec(rest);
    const data = /^[^<>]+/.exec(rest);
    const match = tag ?? data;
    if (!match) return rest.slice(0, 40);
    const entities = match[0].replace(/&(amp|lt|gt|quot|apos|#\d+);/g, "");
    if (entities.includes("&")) return match[0];
    // deno-lint-ignore no-control-regex -- XML has none of these
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(match[0])) return match[0];
    if (tag) {
      if (tag[1]) {
        if (open.pop() !== tag[2]) return tag[0];
      } else if (!tag[4]) open.push(tag[2]);
    }
    rest = rest.slice(match[0].length);
  }
  return open.length > 0 ? open.join() : undefined;
}

Deno.test("junit: it is XML whatever names say", () => {
  const names = [
    "]]>",
    "<!--",
    "&amp;",
    "\"'",
    "\ud800 half",
    "\uffff\u0008",
    "tab\tline\r\n",
  ];
  const results = names.map((name) => ({ ...FAILED, name, source: name }));
  assertEquals(xmlMistake(printed(junitReporter(), results)), undefined);
  assert(xmlMistake("<a>&</a>") !== undefined);
  assert(xmlMistake("<a><b></a></b>") !== undefined);
});

Deno.test("junit: counts are those of the cases, also in a long file", () => {
  const results = Array.from(
    { length: 2500 },
    (_, i) => i % 10 === 0 ? FAILED : PASSED,
  );
  const text = printed(junitReporter(), results);
  const suites = [...text.matchAll(
    /<testsuite name="([^"]*)" tests="(\d+)" failures="(\d+)"[^>]*>(.*?)<\/testsuite>/gs,
  )];
  assertEquals(
    suites.map(([, name, tests, failures]) => [name, tests, failures]),
    [
      ["case.dregs", "1000", "100"],
      ["case.dregs", "1000", "100"],
      ["case.dregs", "500", "50"],
      ["a&amp;b.dregs", "1", "0"],
    ],
  );
  for (const [, , tests, failures, body] of suites) {
    assertEquals(body.match(/<testcase /g)?.length, Number(tests));
    assertEquals(body.match(/<failure /g)?.length ?? 0, Number(failures));
  }
});

Deno.test("ftrace: each kind of event is one line of the kernel's form", async (t) => {
  const text = ftraceReporter().scenario([SHOWN]);
  const lines = text.trimEnd().split("\n").slice(1);
  assertEquals(lines.length, Object.keys(EVENTS).length);
  for (const line of lines) {
    assert(
      /^ (dregs|host)-\d+ \[\d{3}\] \d+\.\d{6}: [a-z_]+: \S/.test(line),
      line,
    );
  }
  await t.assertSnapshot(text);
});

Deno.test("ftrace: time goes on from one scenario to the next", () => {
  const reporter = ftraceReporter();
  const times = [SHOWN, SHOWN].flatMap((result) =>
    [...reporter.scenario([result]).matchAll(/\] (\d+\.\d+):/g)].map((match) =>
      Number(match[1])
    )
  );
  assertEquals(times[0], 1);
  for (let i = 1; i < times.length; i++) assert(times[i] > times[i - 1]);
});

Deno.test("matrix: kernels that fail alike are printed together, the head once", () => {
  const reporter = matrixReporter(PLAIN_PAGE);
  const under = (result: ScenarioResult, profile: string): ScenarioResult => ({
    ...result,
    name: "case",
    profile,
  });
  const row = [
    under(FAILED, "linux-6.1"),
    under(PASSED, "watanabe-v7"),
    under(FAILED, "linux-7.2"),
  ];
  assertEquals(reporter.begin(), "");
  const [legend, ...first] = reporter.scenario(row).split("\n");
  assertStringIncludes(legend, "ok: as the scenario expects");
  assertEquals(first.slice(0, 3).map((line) => line.trim().split(/ +/)), [
    ["linux", "watanabe", "linux"],
    ["arm64", "6.1", "v7", "7.2"],
    ["case", "FAIL", "ok", "FAIL"],
  ]);
  assertEquals(first.slice(3), [
    "  linux-6.1, linux-7.2:",
    "    case.dregs:3:1: hw dbgbcr0.lbn is 2, expected 3",
    "",
  ]);
  assertEquals(reporter.scenario(row).split("\n")[0], first[2]);
});

Deno.test("matrix: a kernel under which a scenario is skipped, and why", () => {
  const reporter = matrixReporter(PLAIN_PAGE);
  const under = (result: ScenarioResult, profile: string): ScenarioResult => ({
    ...result,
    name: "case",
    profile,
  });
  const row = [
    under(UNMET, "linux-4.4"),
    under(UNMET, "linux-4.9"),
    under(PASSED, "linux-6.1"),
  ];
  const [, legend, ...lines] = reporter.scenario(row).split("\n");
  assertEquals(legend, "skip: not asked of that kernel, for the reason below");
  assertEquals(lines[2].split(/ +/), ["case", "skip", "skip", "ok"]);
  // The kernels are named beside it.
  assertEquals(lines.slice(3), [
    "  linux-4.4, linux-4.9:",
    "    case.dregs:2:1: requires kernel >= linux-5.13",
    "",
  ]);
  assert(!reporter.scenario(row).includes("not asked of that kernel"));
  assertStringIncludes(reporter.end(TALLY), "2 skipped");
});

Deno.test("matrix: grouped kernels, those that skip apart", () => {
  const reporter = matrixReporter(PLAIN_PAGE);
  const results = [
    "4.4",
    "4.9",
    "4.14",
    "4.19",
    "5.4",
    "5.10",
    "5.15",
    "6.1",
    "6.6",
    "6.12",
  ]
    .map((series, at): ScenarioResult => ({
      ...(at < 6 ? UNMET : PASSED),
      name: "case",
      arch: "x86",
      profile: `linux-${series}`,
    }));
  const text = reporter.scenario(results);
  assertStringIncludes(text, "skip 4.4 to 5.10 | ok 5.15 to 6.12");
  assertStringIncludes(text, "  4.4 to 5.10:\n    case.dregs:2:1: requires");
});
