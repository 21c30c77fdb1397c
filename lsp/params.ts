/**
 * Whether the parameters of a message have the shape that the Language Server Protocol gives them, as far as the
 * server reads them. The library passes on whatever a client sends.
 *
 * @module
 */
import type {
  NotificationMessage,
  RequestMessage,
} from "vscode-languageserver-protocol/node";

/** What is wrong with a value, beginning with its place; undefined if nothing is. */
type Shape = (value: unknown, place: string) => string | undefined;

const TEXT: Shape = (value, place) =>
  typeof value === "string" ? undefined : `${place} is not a string`;

/** The protocol's `integer` and `uinteger`. */
function integer(min: number): Shape {
  return (value, place) =>
    Number.isInteger(value) && min <= Number(value) && Number(value) < 2 ** 31
      ? undefined
      : `${place} is not an integer from ${min} to 2^31-1`;
}

const BOOLEAN: Shape = (value, place) =>
  typeof value === "boolean" ? undefined : `${place} is not true or false`;

/** A request's number or name. */
const ID: Shape = (value, place) =>
  typeof value === "string" || Number.isInteger(value)
    ? undefined
    : `${place} is neither an integer nor a string`;

const LIST_OF_ANYTHING: Shape = (value, place) =>
  Array.isArray(value) ? undefined : `${place} is not an array`;

function optional(shape: Shape): Shape {
  return (value, place) =>
    value === undefined || value === null ? undefined : shape(value, place);
}

function listOf(shape: Shape): Shape {
  return (value, place) => {
    if (!Array.isArray(value)) return `${place} is not an array`;
    for (const [at, one] of value.entries()) {
      const wrong = shape(one, `${place}[${at}]`);
      if (wrong) return wrong;
    }
    return undefined;
  };
}

function objectOf(fields: Readonly<Record<string, Shape>>): Shape {
  return (value, place) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return `${place || "params"} is not an object`;
    }
    for (const [name, shape] of Object.entries(fields)) {
      const at = place ? `${place}.${name}` : name;
      const wrong = shape((value as Record<string, unknown>)[name], at);
      if (wrong) return wrong;
    }
    return undefined;
  };
}

const POSITION = objectOf({ line: integer(0), character: integer(0) });
const RANGE = objectOf({ start: POSITION, end: POSITION });
const TEXT_DOCUMENT = objectOf({ uri: TEXT });

const OF_DOCUMENT = objectOf({ textDocument: TEXT_DOCUMENT });
const AT_POSITION = objectOf({
  textDocument: TEXT_DOCUMENT,
  position: POSITION,
});

/** What the server reads of each message that has parameters. */
const SHAPES: Readonly<Record<string, Shape>> = {
  "$/cancelRequest": objectOf({ id: ID }),
  "textDocument/didOpen": objectOf({
    textDocument: objectOf({
      uri: TEXT,
      version: integer(-(2 ** 31)),
      text: TEXT,
    }),
  }),
  "textDocument/didChange": objectOf({
    textDocument: objectOf({
      uri: TEXT,
      version: optional(integer(-(2 ** 31))),
    }),
    contentChanges: listOf(objectOf({ text: TEXT, range: optional(RANGE) })),
  }),
  "textDocument/didClose": OF_DOCUMENT,
  "workspace/didChangeWatchedFiles": objectOf({
    changes: listOf(objectOf({ uri: TEXT })),
  }),
  "textDocument/completion": AT_POSITION,
  "completionItem/resolve": objectOf({ label: TEXT }),
  "textDocument/hover": AT_POSITION,
  "textDocument/definition": AT_POSITION,
  "textDocument/references": objectOf({
    textDocument: TEXT_DOCUMENT,
    position: POSITION,
    context: objectOf({ includeDeclaration: BOOLEAN }),
  }),
  "textDocument/documentHighlight": AT_POSITION,
  "textDocument/prepareRename": AT_POSITION,
  "textDocument/rename": objectOf({
    textDocument: TEXT_DOCUMENT,
    position: POSITION,
    newName: TEXT,
  }),
  "textDocument/documentSymbol": OF_DOCUMENT,
  "workspace/symbol": objectOf({ query: TEXT }),
  "textDocument/foldingRange": OF_DOCUMENT,
  "textDocument/formatting": OF_DOCUMENT,
  "textDocument/codeAction": objectOf({
    textDocument: TEXT_DOCUMENT,
    range: RANGE,
    context: objectOf({ diagnostics: listOf(objectOf({ range: RANGE })) }),
  }),
  "textDocument/codeLens": OF_DOCUMENT,
  "codeLens/resolve": objectOf({ range: RANGE, data: LIST_OF_ANYTHING }),
  "textDocument/inlayHint": objectOf({
    textDocument: TEXT_DOCUMENT,
    range: RANGE,
  }),
  "textDocument/semanticTokens/full": OF_DOCUMENT,
  "textDocument/semanticTokens/full/delta": objectOf({
    textDocument: TEXT_DOCUMENT,
    previousResultId: TEXT,
  }),
  "workspace/executeCommand": objectOf({
    command: TEXT,
    arguments: optional(LIST_OF_ANYTHING),
  }),
};

/** What is wrong with the parameters of a message of the protocol, in words; undefined if nothing is. */
export function wrongParams(
  { method, params }: RequestMessage | NotificationMessage,
): string | undefined {
  if (!Object.hasOwn(SHAPES, method)) return undefined;
  return SHAPES[method](params, "");
}
