/**
 * A client on two streams.
 *
 * @module
 */
import type { Readable, Writable } from "node:stream";
// Before the server's part of the library, which needs what it installs.
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { type Connection, createConnection } from "vscode-languageserver";

/** A connection, and when it ends. */
export interface Client {
  readonly connection: Connection;
  /** False if the client said `exit` without a request to shut down before it. */
  readonly ended: Promise<boolean>;
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
    (logger) =>
      createProtocolConnection(
        new StreamMessageReader(input),
        new StreamMessageWriter(output),
        logger,
      ),
    watchDog,
  );
  return { connection, ended: ended.promise };
}
