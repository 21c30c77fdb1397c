/**
 * The words of messages as they stand in the sources, for the test that every message is in the catalogue.
 *
 * @module
 */

/** A piece of a message: a text, or a part of a template between its expressions. */
export interface Piece {
  /** `path:line`. */
  readonly place: string;
  readonly text: string;
}

/** Properties of a diagnostic that are prose. */
const PROSE = ["message", "hint"];

/** Functions and classes whose arguments are prose. */
const SPEAKERS = ["UsageError", "FileProblem", "say", "err", "failNotPossible"];

/** A text with two words is prose; anything shorter is a word of the language or glue. */
function isProse(text: string): boolean {
  return /[A-Za-z]{2,}[^A-Za-z]*\s[^A-Za-z]*[A-Za-z]{2,}/.test(text);
}

/** What the tree of `deno lint` has of a node, as far as it matters here. */
interface Node {
  readonly type: string;
  readonly range: readonly [number, number];
}

/** A call, or `new`. */
interface Call extends Node {
  readonly callee: Node & {
    readonly name?: string;
    readonly property?: { readonly name?: string };
  };
  readonly arguments: readonly Node[];
}

/**
 * The prose of messages in a source.
 *
 * @param isAll every text of the file that is prose, not only those where a message is made
 */
export function messagePieces(
  path: string,
  source: string,
  { isAll = false }: { readonly isAll?: boolean } = {},
): Piece[] {
  const texts: { readonly range: Node["range"]; readonly text: string }[] = [];
  const prose: Node["range"][] = isAll ? [[0, source.length]] : [];
  const called = (node: unknown): void => {
    const { callee, arguments: given } = node as Call;
    const name = callee.property?.name ?? callee.name ?? "";
    if (SPEAKERS.includes(name)) prose.push(...given.map(({ range }) => range));
  };
  const create = () => ({
    Property(node: unknown): void {
      const { key, value } = node as {
        readonly key: { readonly name?: string };
        readonly value: Node;
      };
      if (PROSE.includes(key.name ?? "")) prose.push(value.range);
    },
    CallExpression: called,
    NewExpression: called,
    Literal(node: unknown): void {
      const { value, range } = node as Node & { readonly value: unknown };
      if (typeof value === "string") texts.push({ range, text: value });
    },
    TemplateElement(node: unknown): void {
      const { cooked, range } = node as Node & { readonly cooked: string };
      texts.push({ range, text: cooked });
    },
  });
  const rules = { pieces: { create } } as unknown as Deno.lint.Plugin["rules"];
  Deno.lint.runPlugin({ name: "messages", rules }, path, source);
  return texts.filter(({ range, text }) =>
    isProse(text) &&
    prose.some(([from, to]) => range[0] >= from && range[1] <= to)
  ).map(({ range, text }) => ({
    place: `${path}:${source.slice(0, range[0]).split("\n").length}`,
    text,
  }));
}
