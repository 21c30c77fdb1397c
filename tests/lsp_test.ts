import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  type CodeAction,
  type CodeLens,
  type CompletionItem,
  type DocumentSymbol,
  ErrorCodes,
  type FoldingRange,
  type Hover,
  type InlayHint,
  type Location,
  type MarkupContent,
  type Position,
  type Range,
  ResponseError,
  type SemanticTokens,
  type SemanticTokensDelta,
  type TextEdit,
  type WorkspaceEdit,
  type WorkspaceSymbol,
} from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { startLsp } from "./lsp_client.ts";

const URI = "file:///nowhere/example.dregs";

/** The example; `|` marks places that the tests name. */
const EXAMPLE = `# arm64:D15, and 172b2386ed16
let n = 3

# Two lines
# of comment.
# And one more.
scenario "linked" {
  set brps=4 ctx=2
  guest write dbgbcr0 lbn=2 e=1
  guest write dbgbvr[n] 0x1000
  guest read dbgbcr0 as got
  run
  expect hw dbgbcr0.lbn == 5
  expect got == 0x20001
}

scenario "found" {
  kernel linux-6.1
  guest write dbgwcr0 0x1e7
  run
}
`;

/** The position of a word in the example, and so many characters in it. */
function at(word: string, inside = 1): Position {
  const offset = EXAMPLE.indexOf(word);
  assert(offset >= 0, word);
  return TextDocument.create(URI, "dregs", 1, EXAMPLE).positionAt(
    offset + inside,
  );
}

function textAt({ start, end }: Range, text = EXAMPLE): string {
  const document = TextDocument.create(URI, "dregs", 1, text);
  return text.slice(document.offsetAt(start), document.offsetAt(end));
}

function applied(text: string, edits: readonly TextEdit[]): string {
  return TextDocument.applyEdits(TextDocument.create(URI, "dregs", 1, text), [
    ...edits,
  ]);
}

Deno.test("lsp: requests about a document", async (t) => {
  await using client = await startLsp();
  const { connection } = client;
  const textDocument = { uri: URI };
  const ask = <T>(method: string, params: object = {}): Promise<T> =>
    connection.sendRequest(method, { textDocument, ...params });
  const hover = async (word: string, inside = 1): Promise<string> => {
    const answer = await ask<Hover | null>("textDocument/hover", {
      position: at(word, inside),
    });
    return answer === null
      ? ""
      : (answer.contents as { readonly value: string }).value;
  };
  assertEquals((await client.open(URI, EXAMPLE)).diagnostics, []);

  await t.step("hover: a register with the fields of its value", async () => {
    const text = await hover("dbgwcr0 0x1e7");
    assertStringIncludes(text, "DBGWCR0_EL1 = 0x1e7");
    assertStringIncludes(text, "BAS=0xf");
    assertStringIncludes(text, "encoding 2,0,0,0,7");
  });
  await t.step("hover: a field", async () => {
    assertStringIncludes(
      await hover("lbn == 5"),
      "DBGBCR0_EL1.LBN: bits 19:16",
    );
    assertStringIncludes(
      await hover("lbn=2"),
      "DBGBCR0_EL1.LBN: bits 19:16",
    );
  });
  await t.step("hover: a kernel, and what it is made of", async () => {
    const text = await hover("linux-6.1");
    assertStringIncludes(text, "kernel linux-6.1 (arm64)");
    assertStringIncludes(text, "changes: ");
  });
  await t.step(
    "hover: a kernel is that of the text's architecture",
    async () => {
      const uri = "file:///nowhere/kernel.dregs";
      await client.open(uri, "arch x86\nkernel linux-4.4\nlet a = 0x1000\n");
      const textOf = async (line: number, character: number) => {
        const { contents } = await connection.sendRequest<Hover>(
          "textDocument/hover",
          { textDocument: { uri }, position: { line, character } },
        );
        return (contents as MarkupContent).value;
      };
      const kernel = await textOf(1, 8);
      assertStringIncludes(kernel, "kernel linux-4.4 (x86)");
      assert(!kernel.includes("arm64"), kernel);
      assert(!/changes: *$/m.test(kernel), kernel);
      // Rules have sections of this name.
      assertEquals(await textOf(2, 4), "```text\na = 4096 (0x1000)\n```");
    },
  );
  await t.step("hover: a rule with its source, and a commit", async () => {
    assertStringIncludes(await hover("arm64:D15"), "read in");
    assertStringIncludes(await hover("172b2386ed16"), "reload-at-load (x86)");
    assertEquals(await hover("lines"), "");
  });
  await t.step("hover: a name, a statement, an instruction", async () => {
    assertStringIncludes(await hover("n] 0x1000", 0), "n = 3 (0x3)");
    assertStringIncludes(await hover("set brps"), "set: what userspace gives");
    assertStringIncludes(await hover("write dbgbcr0"), "guest@v write R");
  });
  await t.step("completion, with documentation", async () => {
    const items = await ask<CompletionItem[]>("textDocument/completion", {
      position: at("dbgbcr0.lbn", "dbgbcr0.".length),
    });
    const labels = items.map(({ label }) => label);
    assert(labels.includes("lbn") && labels.includes("bt"), `${labels}`);
    const lbn = items.find(({ label }) => label === "lbn")!;
    const full = await connection.sendRequest<CompletionItem>(
      "completionItem/resolve",
      lbn,
    );
    assertStringIncludes(
      (full.documentation as { readonly value: string }).value,
      "linked breakpoint number",
    );
    const names = await ask<CompletionItem[]>("textDocument/completion", {
      position: at("got == 0x20001", 2),
    });
    assert(names.some(({ label }) => label === "got"));
  });
  await t.step("definition, references, highlights", async () => {
    const position = at("n] 0x1000", 0);
    const definition = await ask<Location>("textDocument/definition", {
      position,
    });
    assertEquals(definition.range, { start: at("n = 3", 0), end: at("n = 3") });
    for (const place of [position, at("n = 3", 0)]) {
      const all = await ask<Location[]>("textDocument/references", {
        position: place,
        context: { includeDeclaration: true },
      });
      assertEquals(
        all.map(({ range }) => range.start),
        [at("n = 3", 0), position],
      );
    }
    const uses = await ask<Location[]>("textDocument/documentHighlight", {
      position: at("got == 0x20001"),
    });
    assertEquals(uses.map(({ range }) => textAt(range)), ["got", "got"]);
  });
  await t.step("rename, and names that cannot be had", async () => {
    const position = at("got == 0x20001");
    const range = await ask<Range>("textDocument/prepareRename", { position });
    assertEquals(textAt(range), "got");
    const edit = await ask<WorkspaceEdit>("textDocument/rename", {
      position,
      newName: "value",
    });
    const text = applied(EXAMPLE, edit.changes![URI]);
    assertEquals(text, EXAMPLE.replaceAll(/\bgot\b/g, "value"));
    for (const newName of ["n", "two words", "9", ""]) {
      await assertRejects(
        () => ask("textDocument/rename", { position, newName }),
        Error,
      );
    }
    assertEquals(
      await ask("textDocument/prepareRename", { position: at("run") }),
      null,
    );
  });
  await t.step("outline, symbols of the workspace, folds", async () => {
    const symbols = await ask<DocumentSymbol[]>("textDocument/documentSymbol");
    assertEquals(symbols.map(({ name }) => name), ["n", "linked", "found"]);
    const found = await connection.sendRequest<WorkspaceSymbol[]>(
      "workspace/symbol",
      { query: "lnk" },
    );
    assertEquals(found.map(({ name }) => name), ["linked"]);
    const folds = await ask<FoldingRange[]>("textDocument/foldingRange");
    assertEquals(
      folds.map(({ startLine, endLine, kind }) => [startLine, endLine, kind]),
      [[6, 13, undefined], [16, 19, undefined], [3, 5, "comment"]],
    );
  });
  await t.step("semantic tokens, and what an edit changes", async () => {
    const { data, resultId } = await ask<SemanticTokens>(
      "textDocument/semanticTokens/full",
    );
    const legend = client.capabilities.semanticTokensProvider!.legend;
    let line = 0;
    let column = 0;
    const kinds = new Map<string, string>();
    for (let i = 0; i < data.length; i += 5) {
      line += data[i];
      column = data[i] === 0 ? column + data[i + 1] : data[i + 1];
      const start = { line, character: column };
      const end = { line, character: column + data[i + 2] };
      kinds.set(textAt({ start, end }), legend.tokenTypes[data[i + 3]]);
    }
    for (
      const [word, type] of [
        ["scenario", "keyword"],
        ['"linked"', "string"],
        ["dbgbcr0", "variable"],
        ["lbn", "property"],
        ["hw", "namespace"],
        ["linux-6.1", "type"],
        ["0x1000", "number"],
        ["# of comment.", "comment"],
      ]
    ) assertEquals(kinds.get(word), type, word);
    await connection.sendNotification("textDocument/didChange", {
      textDocument: { uri: URI, version: 2 },
      contentChanges: [{
        range: { start: at("run", 0), end: at("run", 0) },
        text: "guest int3\n  ",
      }],
    });
    const delta = await ask<SemanticTokensDelta>(
      "textDocument/semanticTokens/full/delta",
      { previousResultId: resultId },
    );
    const now = [...data];
    for (const { start, deleteCount, data: numbers = [] } of delta.edits) {
      now.splice(start, deleteCount, ...numbers);
    }
    const whole = await ask<SemanticTokens>("textDocument/semanticTokens/full");
    assertEquals(now, whole.data);
    assertEquals(delta.edits.length, 1);
    assert(delta.edits[0].start > 0);
  });
  assertEquals(client.errors(), "");
  assertEquals(await client.end(), 0);
});

Deno.test("lsp: mistakes, fixes, formatting, runs", async (t) => {
  await using client = await startLsp();
  const { connection } = client;
  const textDocument = { uri: URI };
  const text = `scenario "a" {
    set   brps=4 ctx=2
  guest wriet dbgbcr0 lbn=2 # twice
  run
  expect hw dbgbcr0.lbn == 5
}
`;
  const right = text.replace("wriet", "write");
  await t.step("a mistake has a fix", async () => {
    const { diagnostics: [mistake, ...more] } = await client.open(URI, text);
    assertEquals(more, []);
    assertEquals(textAt(mistake.range, text), "wriet");
    assertStringIncludes(`${mistake.message}`, "did you mean `write`?");
    const [fix] = await connection.sendRequest<CodeAction[]>(
      "textDocument/codeAction",
      {
        textDocument,
        range: mistake.range,
        context: { diagnostics: [mistake] },
      },
    );
    assertEquals(applied(text, fix.edit!.changes![URI]), right);
    assertEquals(fix.diagnostics?.length, 1);
  });
  await t.step("a text with a mistake is not formatted", async () => {
    assertEquals(
      await connection.sendRequest("textDocument/formatting", {
        textDocument,
        options: { tabSize: 8, insertSpaces: false },
      }),
      [],
    );
  });
  await t.step("a text without one is", async () => {
    await connection.sendNotification("textDocument/didChange", {
      textDocument: { uri: URI, version: 2 },
      contentChanges: [{ text: right }],
    });
    assertEquals((await client.diagnostics(URI, 2)).diagnostics, []);
    const edits = await connection.sendRequest<TextEdit[]>(
      "textDocument/formatting",
      { textDocument, options: { tabSize: 8, insertSpaces: false } },
    );
    assertStringIncludes(
      applied(right, edits),
      "\n  set brps=4 ctx=2\n  guest write dbgbcr0 lbn=2  # twice\n",
    );
  });
  await t.step("lenses run a scenario; a failure is a diagnostic", async () => {
    const lenses = async () =>
      await Promise.all(
        (await connection.sendRequest<CodeLens[]>("textDocument/codeLens", {
          textDocument,
        })).map((lens) =>
          connection.sendRequest<CodeLens>("codeLens/resolve", lens)
        ),
      );
    const [run, others] = await lenses();
    assertEquals(run.command?.title, "run");
    await connection.sendRequest("workspace/executeCommand", run.command!);
    const [{ message, range }] = (await client.diagnostics(URI, 2)).diagnostics;
    assertStringIncludes(`${message}`, "hw@0 DBGBCR0_EL1.LBN is 4");
    assertStringIncludes(`${message}`, "guest    user     hw");
    assertEquals(range.start.line, 4);
    assertStringIncludes((await lenses())[0].command!.title, "run: failed on");
    const outcomes = await connection.sendRequest<
      { kernel: string; status: string }[]
    >("workspace/executeCommand", {
      ...others.command!,
      arguments: [...others.command!.arguments!, "5.18..6.1"],
    });
    assert(outcomes.length > 1);
    await assertRejects(
      () =>
        connection.sendRequest("workspace/executeCommand", {
          ...others.command!,
          arguments: [...others.command!.arguments!, "linux-9.9"],
        }),
      Error,
      "linux-9.9",
    );
  });
  await t.step("hints show how a run ended", async () => {
    const [hint] = await connection.sendRequest<InlayHint[]>(
      "textDocument/inlayHint",
      {
        textDocument,
        range: {
          start: { line: 0, character: 0 },
          end: { line: 9, character: 0 },
        },
      },
    );
    assertStringIncludes(`${hint.label}`, "idle (pc 0x40080004)");
    assertEquals(hint.position, { line: 3, character: 5 });
  });
  await t.step(
    "a name that no line defines is an error of a scenario that is run",
    async () => {
      const uri = "file:///nowhere/undefined.dregs";
      // The loop of `a` has no block, and the editor runs the other.
      await client.open(
        uri,
        'for a in 0..3\nfor b in 0..1 {\n  scenario "{a} {b}" {\n    run\n  }\n}\n',
      );
      const outcomes = await connection.sendRequest<
        { status: string; failed: { message: string }[] }[]
      >("workspace/executeCommand", {
        command: "dregs.run",
        arguments: [uri, 0],
      });
      assertEquals(
        outcomes.map(({ status, failed }) => [status, failed[0].message]),
        [["error", "`a` is not defined"]],
      );
    },
  );
  await t.step("an explore block is searched", async () => {
    const uri = "file:///nowhere/explore.dregs";
    const block =
      "arch x86\nkernel linux-4.4\nset vcpus=2\nexplore {\n  vcpu 0 {\n    write dr0 0x1000\n" +
      "    write dr7 g0=1\n    exec 0x1000\n  }\n  vcpu 1 {\n    write dr0 0x2000\n    write dr7 g0=1\n    exec 0x2000\n  }\n}\n";
    const known =
      `  known "early" {\n    kind missed\n    rule "x86:D6"\n    on linux-4.9..linux-5.4\n  }\n}\n`;
    const text = block.replace(/}\n$/, known);
    assertEquals((await client.open(uri, text)).diagnostics, []);
    const lines = text.split("\n");
    const at = (word: string, more: number) => {
      const line = lines.findIndex((one) => one.includes(word));
      return { line, character: lines[line].indexOf(word) + more };
    };
    const textDocument = { uri };
    const said = async (word: string, more: number) => {
      const position = at(word, more);
      const { contents } = await connection.sendRequest<Hover>(
        "textDocument/hover",
        { textDocument, position },
      );
      return (contents as MarkupContent).value;
    };
    assertStringIncludes(await said("known", 1), "does not end the search");
    assertStringIncludes(
      await said("kind missed", 1),
      "a known failure breaks",
    );
    assertStringIncludes(await said("rule", 1), "explanation");
    assertStringIncludes(await said("on linux", 1), "kernels that have");
    assertStringIncludes(await said("x86:D6", 1), "x86:D6");
    const [explored] = await connection.sendRequest<DocumentSymbol[]>(
      "textDocument/documentSymbol",
      { textDocument },
    );
    assertEquals(explored.children?.map(({ name }) => name), [
      "vcpu 0",
      "vcpu 1",
      'known "early"',
    ]);
    const [lens] = await connection.sendRequest<CodeLens[]>(
      "textDocument/codeLens",
      { textDocument: { uri } },
    );
    const search = await connection.sendRequest<CodeLens>(
      "codeLens/resolve",
      lens,
    );
    assertEquals(search.command?.title, "search");
    const [{ status, failed }] = await connection.sendRequest<
      { status: string; failed: { message: string; table: string }[] }[]
    >("workspace/executeCommand", search.command!);
    assertEquals(status, "failed");
    assertStringIncludes(failed[0].message, "missed");
    assertStringIncludes(failed[0].table, "vcpu_load");
  });
  assertEquals(client.errors(), "");
  assertEquals(await client.end(), 0);
});

Deno.test("lsp: what is not as the protocol has it gets an error, and later requests their answers", async () => {
  await using client = await startLsp();
  const { connection } = client;
  const uri = "file:///nowhere/strange.dregs";
  const rejected = async (method: string, params: unknown, wrong: string) => {
    const error = await assertRejects(
      () => connection.sendRequest(method, params as never),
      ResponseError,
    );
    assertEquals(error.code, ErrorCodes.InvalidParams);
    assertEquals(error.message, `${method}: ${wrong}`);
  };
  await rejected("textDocument/hover", null, "params is not an object");
  await rejected(
    "textDocument/hover",
    { textDocument: { uri } },
    "position is not an object",
  );
  await rejected(
    "textDocument/codeAction",
    {
      textDocument: { uri },
      range: {
        start: { line: 0, character: -1 },
        end: { line: 0, character: 0 },
      },
    },
    "range.start.character is not an integer from 0 to 2^31-1",
  );
  const logged = Promise.withResolvers<{ readonly message: string }>();
  connection.onNotification("window/logMessage", logged.resolve);
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "dregs", version: 1 },
  });
  assertEquals(
    (await logged.promise).message,
    "textDocument/didOpen: textDocument.text is not a string",
  );
  client.raw("Content-Length: 2\r\n\r\n{}");
  await client.open(uri, "guest write dbgbcr0 lbn=2\n");
  const hover = await connection.sendRequest<Hover>("textDocument/hover", {
    textDocument: { uri },
    position: { line: 0, character: 14 },
  });
  assertStringIncludes((hover.contents as MarkupContent).value, "DBGBCR");
  assertEquals(client.errors(), "");
  assertEquals(await client.end(), 0);
});
