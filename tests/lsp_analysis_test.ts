import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Diagnostic, Note } from "../dsl/diagnostics.ts";
import { checked, pathReader, read } from "../dsl/load.ts";
import type { Span } from "../dsl/source.ts";
import { sourceFiles } from "./source_files.ts";
import {
  analyseNow,
  type Analysis,
  edited,
  type Placed,
  problemsOf,
} from "../lsp/analysis.ts";
import { chunkText } from "../lsp/chunks.ts";

const READER = pathReader(() => undefined);

/** A diagnostic as plain data, with offsets in the whole text. */
function plain(
  { code, span, message, hint, expected, notes = [] }: Diagnostic,
  offset: (span: Span) => string,
) {
  return {
    code,
    place: offset(span),
    message,
    hint,
    expected,
    notes: notes.map((note: Note) => `${offset(note.span)} ${note.message}`),
  };
}

function byPlace<T extends { readonly place: string }>(all: T[]): T[] {
  const text = (one: T) => JSON.stringify(one);
  return all.sort((a, b) => text(a) < text(b) ? -1 : 1);
}

/** What `dregs check` reports. */
function asChecked(text: string) {
  const loaded = checked(read({ name: "t", text }, { reader: READER }));
  return byPlace(
    loaded.diagnostics.map((one) =>
      plain(one, ({ start, end }) => `${start}-${end}`)
    ),
  );
}

function asAnalysed(analysis: Analysis) {
  const { chunks, starts } = analysis;
  const offset = ({ source, start, end }: Span): string => {
    const at = chunks.findIndex((chunk) =>
      chunk.source === source && start >= chunk.origin &&
      start <= chunk.origin + chunk.length
    );
    const shift = starts[at] - chunks[at].origin;
    return `${start + shift}-${end + shift}`;
  };
  return byPlace(
    [...problemsOf(analysis)].map(({ diagnostic }: Placed) =>
      plain(diagnostic, offset)
    ),
  );
}

/** Texts with scenarios, and without. */
const TEXTS = [
  ...(await sourceFiles((path) =>
    path.startsWith("scenarios/") && path.endsWith(".dregs")
  )).values(),
];

/** What a person types. */
const TYPED = [
  "",
  " ",
  "\n",
  "{",
  "}",
  '"',
  "#",
  "x",
  "dbgbcr9",
  "run\n",
  "expect hw dbgbcr0 == zz\n",
  'scenario "a" {\n  run\n}\n',
  'scenario "b" {\n  guest write dr7 l0=3\n}',
  "let n = 3\n",
  "for i in 0..2 {\n",
  "choose q in 1, 2\n",
];

Deno.test("analysis: after edits it finds what a check of the whole text finds", () => {
  let fast = 0;
  fc.assert(
    fc.property(
      fc.array(fc.nat(TEXTS.length - 1), { minLength: 1, maxLength: 3 }),
      fc.nat(3),
      fc.array(
        fc.tuple(
          fc.noBias(fc.integer({ min: 0, max: 999_999 })),
          fc.nat(30),
          fc.constantFrom(...TYPED),
        ),
        { minLength: 1, maxLength: 8 },
      ),
      (which, wrap, edits) => {
        let text = which.map((at, index) =>
          wrap === 0 || /^\s*(scenario|for)/m.test(TEXTS[at])
            ? TEXTS[at]
            : `scenario "s${index}" {\n${TEXTS[at]}\n}`
        ).join("\n");
        let analysis = analyseNow({ name: "t", text }, READER);
        assertEquals(asAnalysed(analysis), asChecked(text));
        for (const [where, removed, typed] of edits) {
          const start = Math.floor(where * text.length / 1e6);
          const end = Math.min(
            text.length,
            start + (removed > 20 ? removed : 0),
          );
          const before = text;
          text = text.slice(0, start) + typed + text.slice(end);
          const next = edited(
            analysis,
            { start, end, text: typed },
            "t",
            READER,
          );
          if (next) fast++;
          analysis = next ?? analyseNow({ name: "t", text }, READER);
          assertEquals(analysis.chunks.map(chunkText).join(""), text);
          assertEquals(asAnalysed(analysis), asChecked(text));
          // What is broken stays broken: go on with what was there before.
          if (!next) {
            text = before;
            analysis = analyseNow({ name: "t", text }, READER);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
  assert(fast > 50, `${fast} edits were read by chunk`);
});
