import fc from "fast-check";
import { RecordingError, replay } from "./mod.ts";

const ROOT = new URL("../tests/recordings/", import.meta.url);

const FILES = recordingsUnder("");

/** Paths of the recordings below a folder. */
function recordingsUnder(folder: string): readonly string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) return recordingsUnder(`${path}/`);
    return path.endsWith(".jsonl") ? [path] : [];
  }).sort();
}

type Json = Record<string, unknown>;

/** What a field is replaced by; undefined removes it. */
const SPOILT = fc.constantFrom<unknown>(
  ...[undefined, null, true, false, "x", "0x0", "0x7fffffff", "0x80000000"],
  ...["0xffffffffffffffff", "0x10000000000000000", -1, 0, 1, 2, 3, 7, 16, 99],
  ...[1.5, 1e9, 2 ** 53, [], {}, [{}], ["0x0"], [null], { 0: "0x1" }],
);

/** A change to a recording; places are taken modulo what there is. */
const EDIT = fc.oneof(
  fc.record({ kind: fc.constant("drop" as const), line: fc.nat() }),
  fc.record({
    kind: fc.constant("repeat" as const),
    line: fc.nat(),
    at: fc.nat(),
  }),
  fc.record({
    kind: fc.constant("spoil" as const),
    line: fc.nat(),
    field: fc.nat(),
    value: SPOILT,
  }),
);

/** Every field of an object at any depth, as the object that has it and its name there. */
function fieldsOf(value: unknown): [holder: Json, name: string][] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Json;
  return Object.keys(holder).flatMap((name) => [
    [holder, name] as [Json, string],
    ...fieldsOf(holder[name]),
  ]);
}

function edited(
  text: string,
  edits: readonly {
    readonly kind: "drop" | "repeat" | "spoil";
    readonly line: number;
    readonly at?: number;
    readonly field?: number;
    readonly value?: unknown;
  }[],
): string {
  const lines = text.trimEnd().split("\n");
  for (const { kind, line, at = 0, field = 0, value } of edits) {
    if (lines.length === 0) break;
    const index = line % lines.length;
    if (kind === "drop") lines.splice(index, 1);
    else if (kind === "repeat") {
      lines.splice(at % lines.length, 0, lines[index]);
    } else {
      const object: unknown = JSON.parse(lines[index]);
      const fields = fieldsOf(object);
      if (fields.length === 0) continue;
      const [holder, name] = fields[field % fields.length];
      holder[name] = value;
      lines[index] = JSON.stringify(object);
    }
  }
  return lines.join("\n");
}

Deno.test("replay(): any recording ends in a result or in a message", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...FILES),
      fc.array(EDIT, { minLength: 1, maxLength: 4 }),
      (file, edits) => {
        const text = Deno.readTextFileSync(new URL(file, ROOT));
        try {
          replay(edited(text, edits));
        } catch (error) {
          if (!(error instanceof RecordingError)) throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
});
