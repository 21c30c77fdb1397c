/**
 * Messages to the language server.
 *
 * @module
 */
import * as fc from "fast-check";
import { PassThrough } from "node:stream";
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { askedKernels, kernelNames } from "../../cli/kernels.ts";
import { connect } from "../../lsp/connect.ts";
import { serve } from "../../lsp/server.ts";
import { scenarios } from "./corpus.ts";
import { checkOutput } from "./program.ts";
import { anyText, spoiltTexts, spoiltValue } from "./spoil.ts";
import type { Input, Surface } from "./surface.ts";

/** A message, without what the connection adds. */
interface Message {
  readonly isRequest: boolean;
  readonly method: string;
  readonly params: Input;
}

/** An input: messages one after the other, or bytes that no client would send. */
type Given =
  | { readonly kind: "messages"; readonly messages: readonly Message[] }
  | { readonly kind: "bytes"; readonly text: string };

const FILES = [
  "file:///a.dregs",
  "file:///b/c.dregs",
  "untitled:d",
  "nonsense",
];

const COORDINATE = fc.oneof(
  { weight: 5, arbitrary: fc.nat(30) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 1.5, 1e9, 2 ** 40) },
);
const POSITION = fc.record({ line: COORDINATE, character: COORDINATE });
const RANGE = fc.record({ start: POSITION, end: POSITION });
const DOCUMENT = fc.record({ uri: fc.constantFrom(...FILES) });

/** Requests whose parameters are a document, a position or a range. */
const REQUESTS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "textDocument/completion": fc.record({
    textDocument: DOCUMENT,
    position: POSITION,
  }),
  "textDocument/hover": fc.record({
    textDocument: DOCUMENT,
    position: POSITION,
  }),
  "textDocument/definition": fc.record({
    textDocument: DOCUMENT,
    position: POSITION,
  }),
  "textDocument/references": fc.record({
    textDocument: DOCUMENT,
    position: POSITION,
    context: fc.record({ includeDeclaration: fc.boolean() }),
  }),
  "textDocument/documentHighlight": fc.record({
    textDocument: DOCUMENT,
    position: POSITION,
  }),
  "textDocument/prepareRename": fc.record({
    textDocument: DOCUMENT,
    position: POSITION,
  }),
  "textDocument/rename": fc.record({
    textDocument: DOCUMENT,
    position: POSITION,
    newName: fc.constantFrom("x", "", "let", "a b", "é", '"'),
  }),
  "textDocument/documentSymbol": fc.record({ textDocument: DOCUMENT }),
  "workspace/symbol": fc.record({ query: fc.string({ maxLength: 5 }) }),
  "textDocument/foldingRange": fc.record({ textDocument: DOCUMENT }),
  "textDocument/formatting": fc.record({
    textDocument: DOCUMENT,
    options: fc.constant({ tabSize: 2, insertSpaces: true }),
  }),
  "textDocument/codeAction": fc.record({
    textDocument: DOCUMENT,
    range: RANGE,
    context: fc.constant({ diagnostics: [] }),
  }),
  "textDocument/codeLens": fc.record({ textDocument: DOCUMENT }),
  "codeLens/resolve": fc.record({
    range: RANGE,
    data: fc.constantFrom<unknown>(null, [], ["file:///a.dregs", 0], {}),
  }),
  "completionItem/resolve": fc.record({
    label: fc.constantFrom("dbgbcr0", "set", "", "x"),
    data: fc.constantFrom<unknown>(null, [], {}, "x"),
  }),
  "textDocument/inlayHint": fc.record({ textDocument: DOCUMENT, range: RANGE }),
  "textDocument/semanticTokens/full": fc.record({ textDocument: DOCUMENT }),
  "textDocument/semanticTokens/full/delta": fc.record({
    textDocument: DOCUMENT,
    previousResultId: fc.constantFrom("", "1", "x"),
  }),
  "workspace/executeCommand": fc.record({
    command: fc.constantFrom("dregs.run", "dregs.runUnder", "x"),
    arguments: fc.constantFrom<unknown>(
      [],
      ["file:///a.dregs"],
      ["file:///a.dregs", 0, "linux-6.1"],
      [null],
      "x",
    ),
  }),
  "dregs/kernels": fc.constant(null),
  "no/such": fc.constant({}),
};

function request(): fc.Arbitrary<Message> {
  return fc.oneof(
    ...Object.entries(REQUESTS).map(([method, params]) =>
      fc.tuple(params, fc.boolean(), spoiltValue).map((
        [value, isSpoilt, spoil],
      ): Message => ({
        isRequest: true,
        method,
        params: (isSpoilt ? spoil(value) : value) as Input,
      }))
    ),
  );
}

function notification(texts: fc.Arbitrary<string>): fc.Arbitrary<Message> {
  const changes = fc.array(
    fc.oneof(
      fc.record({ range: RANGE, text: texts }),
      fc.record({ text: texts }),
    ),
    { maxLength: 3 },
  );
  const params: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    "textDocument/didOpen": fc.record({
      textDocument: fc.record({
        uri: fc.constantFrom(...FILES),
        languageId: fc.constant("dregs"),
        version: fc.nat(9),
        text: texts,
      }),
    }),
    "textDocument/didChange": fc.record({
      textDocument: fc.record({
        uri: fc.constantFrom(...FILES),
        version: fc.nat(9),
      }),
      contentChanges: changes,
    }),
    "textDocument/didClose": fc.record({ textDocument: DOCUMENT }),
    "workspace/didChangeWatchedFiles": fc.record({
      changes: fc.array(
        fc.record({ uri: fc.constantFrom(...FILES), type: fc.nat(4) }),
        { maxLength: 2 },
      ),
    }),
    "$/cancelRequest": fc.record({ id: fc.nat(5) }),
    "no/such": fc.constant({}),
  };
  return fc.oneof(
    ...Object.entries(params).map(([method, value]) =>
      fc.tuple(value, fc.nat(3), spoiltValue).map((
        [value, n, spoil],
      ): Message => ({
        isRequest: false,
        method,
        params: (n === 0 ? spoil(value) : value) as Input,
      }))
    ),
  );
}

/** A document that is opened before the messages, and asked about after them. */
const KEPT = {
  uri: "file:///kept.dregs",
  text: "arch arm64\nguest write dbgbcr0 lbn=2\nrun\n",
};

/** A client and a server, over two streams in memory. */
function pair() {
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  const { connection, ended } = connect({ input: toServer, output: toClient });
  const close = serve(connection, {
    version: "0",
    read: () => undefined,
    files: () => [],
    kernels: (words) => askedKernels([words]),
    kernelWords: kernelNames,
  });
  return {
    toServer,
    toClient,
    async end() {
      toServer.end();
      await ended;
      close();
    },
  };
}

async function giveMessages(messages: readonly Message[]): Promise<void> {
  const { toServer, toClient, end } = pair();
  const client = createProtocolConnection(
    new StreamMessageReader(toClient),
    new StreamMessageWriter(toServer),
  );
  client.onRequest("workspace/codeLens/refresh", () => null);
  client.listen();
  try {
    await client.sendRequest("initialize", {
      processId: null,
      rootUri: null,
      capabilities: {},
    });
    await client.sendNotification("initialized", {});
    await client.sendNotification("textDocument/didOpen", {
      textDocument: { ...KEPT, languageId: "dregs", version: 1 },
    });
    const given = JSON.stringify(messages);
    const answers: Promise<unknown>[] = [];
    for (const { isRequest, method, params } of messages) {
      if (isRequest) {
        answers.push(
          client.sendRequest(method, params as never).then(
            (result) => checkOutput(JSON.stringify(result) ?? "", given),
            (error) => checkOutput(String((error as Error).message), given),
          ),
        );
      } else await client.sendNotification(method, params as never);
    }
    await Promise.all(answers);
    const hover = await client.sendRequest("textDocument/hover", {
      textDocument: { uri: KEPT.uri },
      position: { line: 1, character: 14 },
    });
    if (!JSON.stringify(hover).includes("DBGBCR")) {
      throw new Error(`hover has ${JSON.stringify(hover)}`);
    }
  } finally {
    client.dispose();
    await end();
  }
}

async function giveBytes(text: string): Promise<void> {
  const { toServer, toClient, end } = pair();
  toClient.resume();
  toServer.write(text);
  await end();
}

async function give(given: Given): Promise<void> {
  if (given.kind === "messages") await giveMessages(given.messages);
  else await giveBytes(given.text);
}

const HEADERS = fc.constantFrom(
  "Content-Length: 2\r\n\r\n{}",
  "Content-Length: 9999999999\r\n\r\n",
  "Content-Length: -1\r\n\r\n{}",
  "Content-Length: x\r\n\r\n",
  "Content-Length: 4\r\n\r\nnull",
  "Content-Length: 3\r\n\r\n{]}",
  "Content-Length\r\n\r\n",
  "\r\n\r\n",
  'Content-Length: 16\r\n\r\n{"jsonrpc":"2.0"',
  'Content-Length: 40\r\n\r\n{"jsonrpc":"2.0","id":1,"method":"x/y"}\n',
  "Content-Type: nonsense\r\nContent-Length: 2\r\n\r\n[]",
);

/** Messages and bytes. */
export async function lspSurface(): Promise<Surface> {
  const texts = spoiltTexts(
    (await scenarios()).filter((text) => text.length < 2000),
  );
  const messages = fc.array(
    fc.oneof(
      { weight: 2, arbitrary: notification(texts) },
      { weight: 3, arbitrary: request() },
    ),
    { minLength: 1, maxLength: 8 },
  );
  const inputs: fc.Arbitrary<Given> = fc.oneof(
    {
      weight: 9,
      arbitrary: messages.map((messages) => ({
        kind: "messages" as const,
        messages,
      })),
    },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.oneof(HEADERS, anyText(40)),
        { maxLength: 4 },
      ).map((parts) => ({ kind: "bytes" as const, text: parts.join("") })),
    },
  );
  return {
    name: "lsp",
    about: "messages of an editor, for lsp",
    inputs: inputs as fc.Arbitrary<never>,
    give: async (input) => await give(input as unknown as Given),
  };
}
