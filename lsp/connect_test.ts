import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { PassThrough } from "node:stream";
import { connect } from "./connect.ts";

/** A message as it is sent. */
function framed(message: object): string {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message });
  return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** A server that only starts and ends. */
function started(): {
  readonly input: PassThrough;
  readonly output: PassThrough;
  readonly ended: Promise<boolean>;
  readonly dispose: () => void;
} {
  const input = new PassThrough();
  const output = new PassThrough();
  const { connection, ended } = connect({ input, output });
  connection.onInitialize(() => ({ capabilities: {} }));
  connection.listen();
  return { input, output, ended, dispose: () => connection.dispose() };
}

const PARAMS = { processId: null, rootUri: null, capabilities: {} };
const INITIALIZE = { method: "initialize", params: PARAMS };

// A timer that is left fails the test, and kept the process running.
for (
  const [what, bytes] of [
    ["inside a header", "Content-Len"],
    ["after a header", "Content-Length: 100\r\n\r\n"],
    ["inside a message", "Content-Length: 100\r\n\r\nhello"],
    [
      "inside a second message",
      `${framed({ id: 1, ...INITIALIZE })}Content-Length: 9\r\n\r\n{`,
    ],
  ]
) {
  Deno.test({
    name: `connect(): nothing is left where the input ends ${what}`,
    sanitizeOps: true,
    sanitizeResources: true,
    async fn() {
      const { input, output, ended, dispose } = started();
      output.resume();
      input.end(bytes);
      assertEquals(await ended, true);
      dispose();
    },
  });
}

Deno.test("connect(): requests at the wrong time are errors, by their codes", async () => {
  const messages = [
    { id: 1, method: "textDocument/hover", params: {} },
    { method: "initialized", params: {} },
    { id: 2, ...INITIALIZE },
    { id: 3, ...INITIALIZE },
    { id: 4, method: "shutdown" },
    { id: 5, method: "shutdown" },
    { id: 6, method: "textDocument/hover", params: {} },
  ];
  const wanted = new Map<number, unknown>([
    [1, -32002],
    [2, "answered"],
    [3, -32600],
    [4, "answered"],
    [5, -32600],
    [6, -32600],
  ]);
  const { input, output, ended, dispose } = started();
  const codes = new Promise<ReadonlyMap<number, unknown>>((resolve) => {
    let text = "";
    output.on("data", (data) => {
      text += data;
      const answers = text.split(/Content-Length: \d+\r\n\r\n/).filter(Boolean);
      if (answers.length < wanted.size) return;
      resolve(
        new Map(
          answers.map((one) => JSON.parse(one)).map(({ id, error }) =>
            [id, error?.code ?? "answered"] as const
          ),
        ),
      );
    });
  });
  input.write(messages.map(framed).join(""));
  assertEquals(await codes, wanted);
  input.end(framed({ method: "exit" }));
  assertEquals(await ended, true);
  dispose();
});
