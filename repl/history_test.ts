import { assertEquals } from "@std/assert";
import { fileHistory, historyPath, LINES_MAX } from "./history.ts";

/** Runs a body with a folder of its own. */
function withFolder(body: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("fileHistory(): lines are there for the next session, newest first", () => {
  withFolder((folder) => {
    const path = `${folder}/dregs/history`;
    const first = fileHistory(path);
    assertEquals(first.lines, []);
    first.add("run");
    first.add("  ");
    first.add("show");
    assertEquals(fileHistory(path).lines, ["show", "run"]);
    first.recording = false;
    first.add("secret");
    assertEquals(fileHistory(path).lines, ["show", "run"]);
    first.clear();
    assertEquals(fileHistory(path).lines, []);
  });
});

Deno.test({
  name: "fileHistory(): only its owner may read the file",
  ignore: Deno.build.os === "windows",
  fn() {
    withFolder((folder) => {
      const path = `${folder}/history`;
      Deno.writeTextFileSync(path, "old\n", { mode: 0o644 });
      Deno.chmodSync(path, 0o644);
      fileHistory(path).add("run");
      assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    });
  },
});

Deno.test("fileHistory(): the file does not grow for ever", () => {
  withFolder((folder) => {
    const path = `${folder}/history`;
    const lines = Array.from({ length: 3 * LINES_MAX }, (_, n) => `run ${n}`);
    Deno.writeTextFileSync(path, lines.join("\n") + "\n");
    const history = fileHistory(path);
    assertEquals(history.lines.length, LINES_MAX);
    assertEquals(history.lines[0], lines.at(-1));
    assertEquals(
      Deno.readTextFileSync(path).trimEnd().split("\n").length,
      LINES_MAX,
    );
    Deno.writeTextFileSync(path, `${"x".repeat(200_000)}\nrun\n`);
    assertEquals(fileHistory(path).lines, ["run"]);
  });
});

Deno.test("historyPath(): XDG first, then the home directory, then nowhere", () => {
  const env = (values: Record<string, string>) => (name: string) =>
    values[name];
  assertEquals(
    historyPath(env({ XDG_STATE_HOME: "/s", HOME: "/h" })),
    "/s/dregs/history",
  );
  assertEquals(
    historyPath(env({ HOME: "/h" })),
    "/h/.local/state/dregs/history",
  );
  assertEquals(historyPath(env({})), undefined);
});
