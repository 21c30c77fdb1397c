import { assertRejects } from "@std/assert";
import { startLsp } from "./lsp_client.ts";

const URI = "file:///nowhere/example.dregs";

Deno.test("lsp: a command that cannot be executed is an error", async () => {
  await using client = await startLsp();
  await client.open(URI, "guest isb\nrun\n");
  for (
    const [command, args, said] of [
      ["nosuch", [URI, 0], "there is no command `nosuch`"],
      ["dregs.run", [URI, 99], "there is no scenario 99 in"],
      ["dregs.runUnder", [URI, -1], "there is no scenario -1 in"],
      ["dregs.run", ["file:///nowhere/closed.dregs", 0], "is not open"],
    ] as const
  ) {
    await assertRejects(
      () =>
        client.connection.sendRequest("workspace/executeCommand", {
          command,
          arguments: args,
        }),
      Error,
      said,
    );
  }
});
