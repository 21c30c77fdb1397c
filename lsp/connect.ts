/**
 * A client on two streams.
 *
 * @module
 */
import type { Readable, Writable } from "node:stream";
// Before the server's part of the library, which needs what it installs.
import {
  createProtocolConnection,
  type DataCallback,
  type Disposable,
  ErrorCodes,
  type Logger,
  Message,
  type MessageWriter,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { type Connection, createConnection } from "vscode-languageserver";
import { Lifecycle } from "./lifecycle.ts";
import { wrongParams } from "./params.ts";

/** A connection, and when it ends. */
export interface Client {
  readonly connection: Connection;
  /** False if the client said `exit` without a request to shut down before it. */
  readonly ended: Promise<boolean>;
}

/** Reads messages, and answers those that are not as the protocol has them, or come at the wrong time. */
class CheckingReader extends StreamMessageReader {
  readonly #writer: MessageWriter;
  readonly #logger: Logger;
  readonly #lifecycle = new Lifecycle();

  constructor(input: Readable, writer: MessageWriter, logger: Logger) {
    super(input);
    this.#writer = writer;
    this.#logger = logger;
    // The library sets a timer again and again while a message is not whole: the process would outlive its input.
    this.partialMessageTimeout = 0;
  }

  override listen(callback: DataCallback): Disposable {
    return super.listen((message: unknown) => {
      const { id, method } = Object(message) as Partial<RequestMessage>;
      if (!isMessage(message)) {
        this.#answer(id ?? null, ErrorCodes.InvalidRequest, "not a message");
        return;
      }
      const refusal = this.#lifecycle.received(message);
      if (refusal === "drop") return;
      if (refusal !== undefined) {
        this.#answer(id ?? null, refusal.code, refusal.message);
        return;
      }
      const wrong = Message.isResponse(message)
        ? undefined
        : wrongParams(message);
      if (wrong === undefined) callback(message);
      else if (Message.isRequest(message)) {
        this.#answer(
          message.id,
          ErrorCodes.InvalidParams,
          `${method}: ${wrong}`,
        );
      } // A notification has no answer.
      else this.#logger.error(`${method}: ${wrong}`);
    });
  }

  #answer(id: unknown, code: number, text: string): void {
    const answer = { jsonrpc: "2.0", id, error: { code, message: text } };
    // Where the client has gone, nothing reads the answer.
    this.#writer.write(answer).catch(() => {});
  }
}

/** The three kinds of messages that JSON-RPC has. */
function isMessage(
  value: unknown,
): value is RequestMessage | NotificationMessage | ResponseMessage {
  if (typeof value !== "object" || value === null) return false;
  const message = value as Message;
  return Message.isRequest(message) || Message.isNotification(message) ||
    Message.isResponse(message);
}

/** Connects to a client. */
export function connect(
  { input, output }: { readonly input: Readable; readonly output: Writable },
): Client {
  const ended = Promise.withResolvers<boolean>();
  // The library's own would end the process at once, and watch the client's process, for which there is no permission:
  // when the client ends, the input does.
  const watchDog = {
    shutdownReceived: false,
    initialize() {},
    exit: (status: number) => ended.resolve(status === 0),
  };
  const end = () => ended.resolve(true);
  input.on("end", end);
  input.on("close", end);
  input.on("error", end);
  const connection = createConnection(
    (logger) => {
      const writer = new StreamMessageWriter(output);
      const reader = new CheckingReader(input, writer, logger);
      return createProtocolConnection(reader, writer, logger);
    },
    watchDog,
  );
  return { connection, ended: ended.promise };
}
