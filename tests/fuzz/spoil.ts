/**
 * Texts and JSON documents, spoilt in their structure: words, lines and fields that are dropped, repeated, exchanged
 * or replaced.
 *
 * @module
 */
import * as fc from "fast-check";

/** Texts that have broken programs before. */
const HOSTILE: readonly string[] = [
  ..."\0 \r \t \x1b[2J \ufeff \u202e \u2028 e\u0301 § 日本 🧪 \ud800 ' \" ` \\ / .. @ @@1 #"
    .split(
      " ",
    ),
  ..."{ } ( ) [ ] ; : , = == < >> .. ... - -- + * % | & ^ ~ !".split(" "),
  ..."0 -1 1e9 0x 0xg 0b2 1_ 0x8000_0000_0000_0000 0xffff_ffff_ffff_ffff".split(
    " ",
  ),
  ..."99999999999999999999999 4294967296 2147483648 1/0 1%0 1<<99 NaN".split(
    " ",
  ),
  ..."__proto__ constructor toString hasOwnProperty undefined null true".split(
    " ",
  ),
  "for i in 0..999999999 {",
  'include "a.dregs"',
  'include "/etc/passwd"',
  "(".repeat(300),
  "{".repeat(100),
  "-".repeat(2000),
  "x".repeat(5000),
  "1 + ".repeat(1500),
  " ".repeat(5000),
  "\n".repeat(500),
];

/**
 * Any characters, also half a surrogate pair. Not the library's `unit: "binary"`: it lists every character first, which
 * takes seconds.
 */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  const unit = fc.oneof(fc.nat(0x7f), fc.nat(0x2_ffff));
  return fc.array(unit, { maxLength }).map((codes) =>
    String.fromCodePoint(...codes)
  );
}

const WORD = /(\s+|[{}()[\];,"=@.#])/;

/** One change of a text; places are taken modulo what there is. */
interface TextEdit {
  readonly kind: "drop" | "repeat" | "exchange" | "replace" | "insert" | "cut";
  readonly unit: "word" | "line";
  readonly at: number;
  readonly other: number;
  readonly length: number;
  readonly text: string;
}

function textEdit(words: readonly string[]): fc.Arbitrary<TextEdit> {
  return fc.record({
    kind: fc.constantFrom<TextEdit["kind"]>(
      ...["drop", "repeat", "exchange", "replace", "insert"] as const,
      // Several of each for one cut: a text that ends early has one mistake.
      ...["drop", "repeat", "exchange", "replace", "insert", "cut"] as const,
    ),
    unit: fc.constantFrom<TextEdit["unit"]>("word", "word", "line"),
    at: fc.nat(),
    other: fc.nat(),
    length: fc.integer({ min: 1, max: 4 }),
    text: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...words) },
      { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
      {
        weight: 1,
        arbitrary: anyText(12),
      },
    ),
  });
}

function editText(
  text: string,
  { kind, unit, at, other, length, text: put }: TextEdit,
): string {
  const parts = unit === "word" ? text.split(WORD) : text.split(/(?<=\n)/);
  const place = at % parts.length;
  const place2 = other % parts.length;
  switch (kind) {
    case "drop":
      parts.splice(place, length);
      break;
    case "repeat":
      parts.splice(place2, 0, ...parts.slice(place, place + length));
      break;
    case "exchange":
      [parts[place], parts[place2]] = [parts[place2], parts[place]];
      break;
    case "replace":
      parts[place] = put;
      break;
    case "insert":
      parts.splice(place, 0, put);
      break;
    case "cut":
      parts.length = place;
  }
  return parts.join("");
}

/** Words of texts, each once, in place of a list that would have to follow the language. */
export function wordsOf(texts: readonly string[]): string[] {
  const words = new Set<string>();
  for (const text of texts) {
    for (const word of text.split(WORD)) {
      if (word.trim() !== "" && word.length < 40) words.add(word);
    }
  }
  return [...words].sort();
}

/**
 * Texts of a corpus, spoilt in one to six places.
 *
 * @param words that are put into them
 */
export function spoiltTexts(
  corpus: readonly string[],
  words: readonly string[] = wordsOf(corpus),
): fc.Arbitrary<string> {
  const edits = fc.array(textEdit(words), { minLength: 1, maxLength: 6 });
  const soup = fc.array(
    fc.oneof(fc.constantFrom(...words), fc.constantFrom(...HOSTILE)),
    { maxLength: 40 },
  );
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(fc.constantFrom(...corpus), edits).map((
        [text, all],
      ) => all.reduce(editText, text)),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(soup, fc.constantFrom(" ", "", "\n")).map((
        [all, between],
      ) => all.join(between)),
    },
    { weight: 1, arbitrary: anyText(200) },
  );
}

type Json = Record<string, unknown>;

/** What a field is replaced by; undefined removes it. */
const VALUES = fc.constantFrom<unknown>(
  ...[undefined, null, true, false, "x", "", "0x0", "0x7fffffff", "0x80000000"],
  ...["0xffffffffffffffff", "0x10000000000000000", "__proto__", "-1", "1.5"],
  ...[-1, 0, 1, 2, 3, 7, 16, 99, 1.5, 1e9, 2 ** 53, 1e300],
  ...[[], {}, [{}], ["0x0"], [null], { 0: "0x1" }, [[[[]]]]],
);

/** One change of a document; places are taken modulo what there is. */
interface FieldEdit {
  readonly kind: "value" | "name" | "exchange";
  readonly field: number;
  readonly other: number;
  readonly value: unknown;
}

const FIELD_EDIT: fc.Arbitrary<FieldEdit> = fc.record({
  kind: fc.constantFrom<FieldEdit["kind"]>(
    ...["value", "value", "value", "name", "exchange"] as const,
  ),
  field: fc.nat(),
  other: fc.nat(),
  value: VALUES,
});

/** Every field of a value at any depth, as the object that has it and its name there. */
function fieldsOf(value: unknown): [holder: Json, name: string][] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Json;
  return Object.keys(holder).flatMap((name) => [
    [holder, name] as [Json, string],
    ...fieldsOf(holder[name]),
  ]);
}

function editFields(
  value: unknown,
  { kind, field, other, value: put }: FieldEdit,
): void {
  const fields = fieldsOf(value);
  if (fields.length === 0) return;
  const [holder, name] = fields[field % fields.length];
  const [holder2, name2] = fields[other % fields.length];
  switch (kind) {
    case "value":
      // A copy: another change may change it again.
      holder[name] = structuredClone(put);
      break;
    case "name":
      holder[name2] = holder[name];
      delete holder[name];
      break;
    case "exchange":
      // A copy: a value inside itself is not JSON.
      [holder[name], holder2[name2]] = structuredClone([
        holder2[name2],
        holder[name],
      ]);
  }
}

/** A function that spoils a copy of a value in one or two fields. */
export const spoiltValue: fc.Arbitrary<(value: unknown) => unknown> = fc.array(
  FIELD_EDIT,
  { minLength: 1, maxLength: 2 },
).map((edits) => (value) => {
  const holder = { value: structuredClone(value) };
  for (const edit of edits) editFields(holder, edit);
  return holder.value;
});

/** A JSON text, spoilt in one to four fields; sometimes its characters, too. */
export function spoiltJson(corpus: readonly string[]): fc.Arbitrary<string> {
  const fields = fc.tuple(
    fc.constantFrom(...corpus),
    fc.array(FIELD_EDIT, { minLength: 1, maxLength: 4 }),
  ).map(([text, edits]) => {
    const value = JSON.parse(text);
    for (const edit of edits) editFields(value, edit);
    return JSON.stringify(value);
  });
  return fc.oneof(
    { weight: 8, arbitrary: fields },
    { weight: 1, arbitrary: spoiltTexts(corpus, ["null", "{}", "[]", '""']) },
    { weight: 1, arbitrary: fc.json() },
  );
}

/** One change of a text of JSON lines. */
type LineEdit =
  | { readonly kind: "drop"; readonly line: number }
  | { readonly kind: "repeat"; readonly line: number; readonly at: number }
  | ({ readonly kind: "field"; readonly line: number } & {
    readonly edit: FieldEdit;
  })
  | { readonly kind: "text"; readonly line: number; readonly edit: TextEdit };

function editLines(text: string, edits: readonly LineEdit[]): string {
  const lines = text.trimEnd().split("\n");
  for (const edit of edits) {
    if (lines.length === 0) break;
    const index = edit.line % lines.length;
    switch (edit.kind) {
      case "drop":
        lines.splice(index, 1);
        break;
      case "repeat":
        lines.splice(edit.at % lines.length, 0, lines[index]);
        break;
      case "field": {
        let object: unknown;
        try {
          object = JSON.parse(lines[index]);
        } catch {
          // An earlier change of its text.
          continue;
        }
        editFields(object, edit.edit);
        lines[index] = JSON.stringify(object);
        break;
      }
      case "text":
        lines[index] = editText(lines[index], edit.edit);
    }
  }
  return lines.join("\n");
}

/** Texts of JSON lines, such as recordings, spoilt in one to four places. */
export function spoiltLines(corpus: readonly string[]): fc.Arbitrary<string> {
  const line = fc.nat();
  const edit = fc.oneof(
    fc.record({ kind: fc.constant("drop" as const), line }),
    fc.record({ kind: fc.constant("repeat" as const), line, at: fc.nat() }),
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("field" as const),
        line,
        edit: FIELD_EDIT,
      }),
    },
    fc.record({
      kind: fc.constant("text" as const),
      line,
      edit: textEdit(["null", "{}", "[]", '""', "1", '"0x1"']),
    }),
  );
  return fc.tuple(
    fc.constantFrom(...corpus),
    fc.array<LineEdit>(edit, { minLength: 1, maxLength: 4 }),
  ).map(([text, edits]) => editLines(text, edits));
}
