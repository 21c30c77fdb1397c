/**
 * The steps of a start, timed from within: bench/startup.ts bundles this as the program is bundled, and runs it.
 * Prints a JSON list of steps with the milliseconds that each took.
 *
 * @module
 */

import { embedded } from "../cli/embedded.ts";
import { keepLookahead } from "../dsl/syntax/lookahead/kept_lookahead.ts";

/** What the program is given in the benchmark, with the table that it ends with. */
const SCRIPT = "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run; show";

const steps: [step: string, ms: number][] = [];
let last = performance.now();

/** Says that a step is done. */
function done(step: string): void {
  const now = performance.now();
  steps.push([step, now - last]);
  last = now;
}

const carried = embedded();
if (!carried) throw new Error("the probe is bundled as the program is");
keepLookahead(carried.lookahead);
// The bundle has all that a start needs as one part, which is made when something of it is first wanted.
const { load, runFile } = await import("../dsl/mod.ts");
done("the part that a start needs, made");
const { theParser } = await import("../dsl/syntax/parser.ts");
theParser();
done("the parser, made");
const loaded = load({ name: "probe", text: SCRIPT }, {});
done("the script read, parsed, checked");
if (!loaded.ok) throw new Error("the script has mistakes");
const results = [
  ...runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: 1000,
  }),
];
done("the run, and the table's values");
const { renderScenario } = await import("../dsl/render/scenario.ts");
const { PLAIN_THEME } = await import("../dsl/render/theme.ts");
const lines = results.flatMap((result) =>
  renderScenario(result, { columns: 80, theme: PLAIN_THEME })
);
if (lines.length === 0) throw new Error("the script printed nothing");
done("the text");
console.log(JSON.stringify(steps));
