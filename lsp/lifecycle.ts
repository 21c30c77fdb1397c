/**
 * What a client may send when: nothing before `initialize`, which it sends once, and only `exit` after `shutdown`.
 * Language Server Protocol 3.17, "Server lifecycle". The library passes everything on.
 *
 * @module
 */
import {
  ErrorCodes,
  Message,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
} from "vscode-languageserver-protocol/node";

/** Why a request is not answered. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

/** Where the life of a connection is. */
export class Lifecycle {
  #state: "new" | "running" | "shut-down" = "new";

  /**
   * Takes note of a message from the client.
   *
   * @returns undefined if it is handled as ever; `drop` for a notification that has no effect
   */
  received(
    message: RequestMessage | NotificationMessage | ResponseMessage,
  ): Refusal | "drop" | undefined {
    if (Message.isNotification(message)) {
      return this.#state === "running" || message.method === "exit"
        ? undefined
        : "drop";
    }
    return Message.isRequest(message) ? this.#request(message) : undefined;
  }

  #request({ method }: RequestMessage): Refusal | undefined {
    switch (this.#state) {
      case "new":
        if (method !== "initialize") {
          return {
            code: ErrorCodes.ServerNotInitialized,
            message: `${method} before initialize`,
          };
        }
        this.#state = "running";
        return undefined;
      case "running":
        if (method === "initialize") {
          return {
            code: ErrorCodes.InvalidRequest,
            message: "initialize is sent only once",
          };
        }
        if (method === "shutdown") this.#state = "shut-down";
        return undefined;
      case "shut-down":
        return {
          code: ErrorCodes.InvalidRequest,
          message: `${method} after shutdown`,
        };
    }
  }
}
