/**
 * Fragments of addresses, of the playground and of reports.
 *
 * @module
 */
import * as fc from "fast-check";
import { placeOf } from "../../page/place.ts";
import { BadFragment, fragmentOf, scriptOf } from "../../playground/share.ts";
import type { ReportJson } from "../../report/document.ts";
import { scenarios } from "./corpus.ts";
import { spoiltJson, spoiltTexts } from "./spoil.ts";
import type { Surface } from "./surface.ts";

/** A report, as far as a place in it is concerned. */
const REPORT = {
  groups: [{ runs: [{}, {}] }, { runs: [{}] }],
} as unknown as ReportJson;

/** What an input says: a fragment as it is, or a document to be packed as the playground packs a script. */
interface Given {
  readonly kind: "fragment" | "packed";
  readonly text: string;
}

async function give({ kind, text }: Given): Promise<void> {
  let fragment = text;
  if (kind === "packed") {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = text;
    }
    fragment = await fragmentOf(value as never);
  }
  const place = placeOf(fragment, REPORT);
  if (place?.kind === "run") {
    for (const run of place.runs) {
      if (REPORT.groups[place.group].runs[run] === undefined) {
        throw new Error(`there is no run ${run}`);
      }
    }
  }
  try {
    const script = await scriptOf(fragment);
    if (script === undefined) return;
    const { name, text, kernels } = script;
    const texts: unknown[] = [name, text, ...kernels];
    if (texts.some((one) => typeof one !== "string")) {
      throw new Error(`not a script: ${JSON.stringify(script)}`);
    }
  } catch (error) {
    if (!(error instanceof BadFragment)) throw error;
  }
}

/** Fragments. */
export async function fragmentsSurface(): Promise<Surface> {
  const texts = (await scenarios()).slice(0, 20);
  const scripts = texts.map((text, n) => ({
    name: `${n}.dregs`,
    text,
    kernels: n % 2 === 0 ? [] : ["linux-6.1", "lts"],
  }));
  const fragments = [
    ...await Promise.all(scripts.map(fragmentOf)),
    ..."matrix 0.0 0.0.1 0.0+1.7 1.0.0".split(" "),
  ];
  const inputs = fc.oneof(
    spoiltTexts(fragments).map((text) => ({
      kind: "fragment" as const,
      text,
    })),
    spoiltJson(scripts.map((one) => JSON.stringify(one))).map((text) => ({
      kind: "packed" as const,
      text,
    })),
  );
  return {
    name: "fragments",
    about: "the part of an address after #, in the playground and in reports",
    inputs: inputs as fc.Arbitrary<never>,
    give: async (input) => await give(input as unknown as Given),
  };
}
