import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type {
  CodeAction,
  Diagnostic,
  TextEdit,
  WorkspaceEdit,
} from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { load, pathReader } from "../dsl/load.ts";
import { messageOf } from "../lsp/diagnostics.ts";
import { startLsp } from "./lsp_client.ts";
import { sourceFiles } from "./source_files.ts";

const ROOT = new URL("../", import.meta.url);

/** The catalogue, by URI. */
const CATALOGUE = [
  ...await sourceFiles((path) =>
    path.startsWith("scenarios/") && path.endsWith(".dregs")
  ),
].map(([path, text]) => ({ uri: new URL(path, ROOT).href, text }));

const READER = pathReader((path) => {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
});

/** What `dregs check` reports of a text, as the server should. */
function asChecked(uri: string, text: string) {
  const name = decodeURIComponent(new URL(uri).pathname);
  const document = TextDocument.create(uri, "dregs", 1, text);
  return load({ name, text }, { reader: READER }).diagnostics.filter(
    ({ span }) => span.source.name === name,
  ).map((diagnostic) => ({
    code: diagnostic.code,
    message: messageOf(diagnostic),
    start: document.positionAt(diagnostic.span.start),
    end: document.positionAt(diagnostic.span.end),
  }));
}

function reported(diagnostics: readonly Diagnostic[]) {
  return diagnostics.map(({ code, message, range: { start, end } }) => ({
    code,
    message,
    start,
    end,
  }));
}

function sorted<T>(all: readonly T[]): T[] {
  const key = (one: T) => JSON.stringify(one);
  return all.toSorted((a, b) => key(a) < key(b) ? -1 : 1);
}

/** A text with some of its words exchanged, doubled, dropped or misspelt. */
function spoilt(text: string, seed: number): string {
  const words = text.split(/(\s+)/);
  for (let k = 0; k < 3; k++) {
    const at = Math.floor(
      ((seed * 7919 + k * 104729) % 9973) / 9973 *
        words.length,
    );
    const word = words[at];
    switch ((seed + k) % 5) {
      case 0:
        words.splice(at, 1);
        break;
      case 1:
        words.splice(at, 0, word);
        break;
      case 2:
        words[at] = word.slice(1) + word.slice(0, 1);
        break;
      case 3:
        words[at] = `${word}}`;
        break;
      default:
        words[at] = words[(at * 31 + 7) % words.length];
    }
  }
  return words.join("");
}

Deno.test("lsp: diagnostics are those of `dregs check`, for the catalogue and for spoilt copies of it", async () => {
  await using client = await startLsp();
  let mistakes = 0;
  for (const [index, { uri, text }] of CATALOGUE.entries()) {
    for (const one of [text, spoilt(text, index), spoilt(text, index + 1)]) {
      const { diagnostics } = await client.open(uri, one);
      const found = asChecked(uri, one);
      mistakes += found.length;
      assertEquals(sorted(reported(diagnostics)), sorted(found), one);
    }
  }
  assert(mistakes > 100, `${mistakes} mistakes`);
  assertEquals(client.errors(), "");
});

Deno.test("lsp: renaming, formatting and fixes leave files as good as before", async () => {
  await using client = await startLsp();
  const { connection } = client;
  let renamed = 0;
  let fixed = 0;
  for (const [index, { uri, text }] of CATALOGUE.entries()) {
    const textDocument = { uri };
    await client.open(uri, text);
    const whole = TextDocument.create(uri, "dregs", 1, text);
    const edits = await connection.sendRequest<TextEdit[]>(
      "textDocument/formatting",
      { textDocument, options: { tabSize: 2, insertSpaces: true } },
    );
    assertEquals(asChecked(uri, TextDocument.applyEdits(whole, edits)), []);
    for (const match of text.matchAll(/(?:let|for|choose|as) (\w+)/g)) {
      const position = whole.positionAt(match.index + match[0].length);
      if (
        await connection.sendRequest("textDocument/prepareRename", {
          textDocument,
          position,
        }) === null
      ) continue;
      const edit = await connection.sendRequest<WorkspaceEdit>(
        "textDocument/rename",
        { textDocument, position, newName: "a-new-name" },
      );
      const now = TextDocument.applyEdits(whole, edit.changes![uri]);
      assert(now.includes("a-new-name"));
      assertEquals(asChecked(uri, now), []);
      renamed++;
    }
    const bad = spoilt(text, index);
    const { diagnostics } = await client.open(uri, bad);
    const document = TextDocument.create(uri, "dregs", 1, bad);
    for (const diagnostic of diagnostics) {
      // Mistakes may be at one place; a fix says which it is for.
      const fixes = (await connection.sendRequest<CodeAction[]>(
        "textDocument/codeAction",
        {
          textDocument,
          range: diagnostic.range,
          context: { diagnostics: [diagnostic] },
        },
      )).filter((fix) => fix.diagnostics?.length === 1);
      const hasHint = /^(?:did you mean|`==` compares)/m.test(
        `${diagnostic.message}`,
      );
      assertEquals(
        fixes.length > 0,
        hasHint,
        `${diagnostic.message}`,
      );
      for (const { edit } of fixes) {
        fixed++;
        const now = TextDocument.applyEdits(document, edit!.changes![uri]);
        const left = asChecked(uri, now).filter(({ code, start }) =>
          code === diagnostic.code &&
          start.line === diagnostic.range.start.line &&
          start.character === diagnostic.range.start.character
        );
        assertEquals(left, []);
      }
    }
  }
  assert(renamed > 20, `${renamed} names`);
  assert(fixed > 20, `${fixed} fixes`);
  assertEquals(client.errors(), "");
});

/** Requests with what a client may get wrong. */
const METHODS = [
  "completion",
  "hover",
  "definition",
  "references",
  "rename",
  "prepareRename",
  "documentSymbol",
  "foldingRange",
  "formatting",
  "codeAction",
  "codeLens",
  "inlayHint",
  "semanticTokens/full",
  "nothing",
];

Deno.test("lsp: edits and malformed messages never end the server", async () => {
  await using client = await startLsp();
  const { connection } = client;
  const uri = "file:///nowhere/edited.dregs";
  const text = CATALOGUE.slice(0, 6).map((one, at) =>
    /^\s*scenario/m.test(one.text) ? "" : `scenario "s${at}" {\n${one.text}}\n`
  ).join("\n");
  await client.open(uri, text);
  const before = client.memory();
  let version = 1;
  let answered = 0;
  const position = fc.record({
    line: fc.integer({ min: -1, max: 200 }),
    character: fc.integer({ min: -1, max: 90 }),
  });
  const edits = fc.sample(
    fc.record({
      start: position,
      end: position,
      text: fc.constantFrom(
        "",
        "x",
        "{",
        "}",
        '"',
        "\n",
        "guest ",
        "expect hw dbgbcr0 == 1\n",
        "\0",
        "\ud800",
        "let n = 3\n",
      ),
      isWhole: fc.nat(40),
    }),
    20_000,
  );
  for (const [index, { start, end, text: typed, isWhole }] of edits.entries()) {
    version++;
    await connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [
        isWhole === 0 ? { text } : { range: { start, end }, text: typed },
      ],
    });
    if (index % 20 !== 0) continue;
    const method = METHODS[(index / 20) % METHODS.length];
    await connection.sendRequest(`textDocument/${method}`, {
      textDocument: { uri: index % 60 === 0 ? "not a uri" : uri },
      position: start,
      range: { start, end },
      context: index % 100 === 0 ? undefined : { diagnostics: [] },
      newName: typed,
    }).then(() => answered++, () => answered++);
  }
  for (
    const params of [undefined, null, 7, "text", [], {}, {
      textDocument: null,
    }]
  ) {
    for (const method of METHODS) {
      // deno-lint-ignore no-explicit-any -- what a client should not send
      await connection.sendRequest(`textDocument/${method}`, params as any)
        .then(() => answered++, () => answered++);
    }
    await connection.sendNotification("textDocument/didOpen", params as never);
    await connection.sendNotification(
      "textDocument/didChange",
      params as never,
    );
  }
  for (
    const body of [
      "",
      "{",
      "null",
      "[]",
      "7",
      '{"jsonrpc":"2.0"}',
      '{"jsonrpc":"2.0","id":{},"method":7}',
    ]
  ) {
    client.raw(`Content-Length: ${body.length}\r\n\r\n${body}`);
  }
  assert(answered > 1000);
  await connection.sendNotification("textDocument/didChange", {
    textDocument: { uri, version: ++version },
    contentChanges: [{ text }],
  });
  assertEquals((await client.diagnostics(uri, version)).diagnostics, []);
  const after = client.memory();
  if (before !== undefined && after !== undefined) {
    assert(after < before + 300e6, `${before} bytes, then ${after}`);
  }
  assertEquals(await client.end(), 0);
});
