/**
 * Starts the language server, and asks for a kernel where a lens runs under another one.
 */
import { type ExtensionContext, window, workspace } from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

/** The server's command that takes a kernel as its third argument. */
const RUN_UNDER = "dregs.runUnder";

/** Sets of kernels that come first in the list. */
const SETS = ["lts", "all", "changes"];

let client: LanguageClient | undefined;

async function chosenKernel(): Promise<string | undefined> {
  const kernels = await client?.sendRequest<string[]>("dregs/kernels") ?? [];
  return await window.showQuickPick([...SETS, ...kernels], {
    placeHolder: "the kernel, or kernels, to run under",
  });
}

export async function activate(_context: ExtensionContext): Promise<void> {
  const [command = "dregs", ...args] = workspace.getConfiguration("dregs")
    .get<string[]>("command", []);
  client = new LanguageClient("dregs", { command, args }, {
    documentSelector: [{ language: "dregs" }],
    middleware: {
      async executeCommand(name, given, next) {
        if (name !== RUN_UNDER || given.length > 2) return next(name, given);
        const kernel = await chosenKernel();
        return kernel === undefined
          ? undefined
          : next(name, [...given, kernel]);
      },
    },
  });
  await client.start();
}

export function deactivate(): Promise<void> | undefined {
  return client?.stop();
}
