/**
 * A client on standard input and output.
 *
 * @module
 */
import process from "node:process";
// Before the server's part of the library, which needs what it installs.
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { type Connection, createConnection } from "vscode-languageserver";

/** A connection, and when it ends. */
export interface StdioConnection {
  readonly connection: Connection;
  /** True if the client had asked for the end. */
  readonly closed: Promise<boolean>;
}

/** Connects to the client that started the program. */
export function connectionOnStdio(): StdioConnection {
  const ended = Promise.withResolvers<boolean>();
  // The library's own would end the process at once, and watch the client's process, for which there is no permission:
  // when the client ends, standard input does.
  const watchDog = {
    shutdownReceived: false,
    initialize() {},
    exit: () => ended.resolve(watchDog.shutdownReceived),
  };
  const end = () => watchDog.exit();
  process.stdin.on("end", end);
  process.stdin.on("close", end);
  const connection = createConnection(
    (logger) =>
      createProtocolConnection(
        new StreamMessageReader(process.stdin),
        new StreamMessageWriter(process.stdout),
        logger,
      ),
    watchDog,
  );
  const closed = ended.promise.then((wasAsked) => {
    connection.dispose();
    // A read that waits would keep the process alive.
    process.stdin.destroy();
    try {
      Deno.stdin.close();
    } catch (error) {
      // The client has closed it.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    return wasAsked;
  });
  return { connection, closed };
}
