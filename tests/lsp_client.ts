/**
 * A client of the language server, for tests: the library's own, over the standard input and output of the program.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  createProtocolConnection,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { programCommand } from "./child_deno.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** A running server. */
export interface LspClient extends AsyncDisposable {
  readonly connection: ProtocolConnection;
  readonly capabilities: InitializeResult["capabilities"];
  /** What was written to standard error. */
  readonly errors: () => string;
  /** Sends bytes as they are. */
  raw(text: string): void;
  /** Bytes of memory that the server has; undefined where that cannot be told. */
  memory(): number | undefined;
  /** Opens a document, which is closed first if it is open, and waits for what is wrong in it. */
  open(uri: string, text: string): Promise<PublishDiagnosticsParams>;
  /** Waits for what is wrong in a version of a document. */
  diagnostics(uri: string, version: number): Promise<PublishDiagnosticsParams>;
  /** Ends the server. @returns its exit status */
  end(): Promise<number | null>;
}

/** Starts the server, with the permissions that its task has, and says hello. */
export async function startLsp(): Promise<LspClient> {
  const [command, ...args] = programCommand(["lsp", "--stdio"]);
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (data) => errors += data);
  const exited = new Promise<number | null>((resolve) =>
    child.on("exit", resolve)
  );
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const latest = new Map<string, PublishDiagnosticsParams>();
  /** Of each document, the version that it was last opened with. */
  const versions = new Map<string, number>();
  const waiting = new Set<() => void>();
  connection.onNotification(
    "textDocument/publishDiagnostics",
    (params: PublishDiagnosticsParams) => {
      latest.set(params.uri, params);
      for (const look of [...waiting]) look();
    },
  );
  connection.onRequest("workspace/codeLens/refresh", () => null);
  connection.listen();
  const { capabilities } = await connection.sendRequest<InitializeResult>(
    "initialize",
    { processId: null, rootUri: null, capabilities: {} },
  );
  await connection.sendNotification("initialized", {});
  const diagnostics = (uri: string, version: number) =>
    new Promise<PublishDiagnosticsParams>((resolve) => {
      const look = () => {
        const params = latest.get(uri);
        if (params?.version !== version) return;
        waiting.delete(look);
        resolve(params);
      };
      waiting.add(look);
      look();
    });
  let hasEnded = false;
  const end = async () => {
    if (!hasEnded) {
      hasEnded = true;
      await connection.sendRequest("shutdown");
      await connection.sendNotification("exit");
    }
    const code = await exited;
    connection.dispose();
    return code;
  };
  return {
    connection,
    capabilities,
    errors: () => errors,
    raw: (text) => void child.stdin.write(text),
    memory() {
      try {
        const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
        const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
        return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
      } catch {
        return undefined;
      }
    },
    async open(uri, text) {
      // What is published late for an earlier version must not be taken for this one's.
      const version = (versions.get(uri) ?? 0) + 1;
      if (version > 1) {
        await connection.sendNotification("textDocument/didClose", {
          textDocument: { uri },
        });
      }
      versions.set(uri, version);
      await connection.sendNotification("textDocument/didOpen", {
        textDocument: { uri, languageId: "dregs", version, text },
      });
      return await diagnostics(uri, version);
    },
    diagnostics,
    end,
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}
