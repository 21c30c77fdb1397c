/**
 * The real program on a pseudo-terminal: what is typed, and what is on the screen.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { inFolder } from "../in_folder.ts";
import { onTerminal, ProgramSession } from "./sessions.ts";

Deno.test({
  ...onTerminal("pseudo-terminal: a table after each statement, Ctrl-D ends"),
  fn: () =>
    inFolder(async (folder) => {
      await using session = new ProgramSession(folder);
      await session.until("dregs> ");
      await session.line("set brps=4 ctx=2");
      const table = await session.line(
        "guest write dbgbcr0 lbn=2 bt=linked-address; run",
      );
      assertMatch(table, /guest +user +hw +cpu/);
      assertStringIncludes(table, "LBN=2→4");
      assertStringIncludes(session.raw, "\x1b[");
      await session.type("\x04");
      assertEquals(await session.end(), 0);
      assert(session.raw.endsWith("\x1b[?2004l\r\n"), "paste mode is left on");
    }),
});

Deno.test({
  ...onTerminal("pseudo-terminal: Tab completes what the grammar allows"),
  fn: () =>
    inFolder(async (folder) => {
      await using session = new ProgramSession(folder);
      await session.until("dregs> ");
      const completed = await session.line(
        "guest wr\tdbgbcr0 bt=linked-a\tlbn=2",
      );
      assertStringIncludes(completed, "guest write dbgbcr0 bt=linked-address");
      assertStringIncludes(completed, "1 instruction to run");
      await session.type("guest write dbgbcr0 l\t\t");
      const offers = await session.until("lbn=");
      assert(!offers.includes("error"), offers);
    }),
});

Deno.test({
  ...onTerminal("pseudo-terminal: Ctrl-C clears the line and the block"),
  fn: () =>
    inFolder(async (folder) => {
      await using session = new ProgramSession(folder);
      await session.until("dregs> ");
      await session.type("nonsense\x03for i in 0..1 {\rguest isb\r\x03");
      assertEquals(
        (await session.line("log")).includes("nonsense is not"),
        false,
      );
      assertStringIncludes(await session.line("guest isb"), "1 instruction");
      await session.type("half a line\x03\x03\x03");
      assertStringIncludes(await session.line("run"), "exit idle");
    }),
});

Deno.test({
  ...onTerminal("pseudo-terminal: a scenario is pasted whole"),
  fn: () =>
    inFolder(async (folder) => {
      const example = await Deno.readTextFile(
        new URL(
          "../../scenarios/arm64/renumbering/patch_example.dregs",
          import.meta.url,
        ),
      );
      await using session = new ProgramSession(folder);
      await session.until("dregs> ");
      await session.type(`\x1b[200~${example}\x1b[201~`);
      assertStringIncludes(await session.settled(), "LBN=2→3");
      assertStringIncludes(await session.line("log"), "host brps=5 ctx=2");
      assertStringIncludes(
        await session.line("why hw dbgbcr0.lbn"),
        "arm64:D",
      );
      await session.line("undo");
      assertStringIncludes(await session.line("redo"), "redid");
    }),
});

Deno.test({
  ...onTerminal(
    "pseudo-terminal: history outlives the session, for its owner alone",
  ),
  fn: () =>
    inFolder(async (folder) => {
      const env = { XDG_STATE_HOME: `${folder}/state` };
      {
        await using session = new ProgramSession(folder, { env });
        await session.until("dregs> ");
        await session.line("guest write dbgbvr0 0x1234");
        await session.line("history off");
        await session.line("guest write dbgbvr0 0x5678");
        await session.type("\x04");
        assertEquals(await session.end(), 0);
      }
      const path = `${folder}/state/dregs/history`;
      assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
      const kept = await Deno.readTextFile(path);
      assertStringIncludes(kept, "guest write dbgbvr0 0x1234\n");
      assert(!kept.includes("0x5678"), kept);
      await using session = new ProgramSession(folder, { env });
      await session.until("dregs> ");
      // Past `history off` and the mark of the first session.
      await session.type("\x1b[A".repeat(kept.split("\n").length - 1));
      await session.until("guest write dbgbvr0 0x1234");
      await session.type("\r");
      assertStringIncludes(await session.settled(), "1 instruction to run");
    }),
});

Deno.test({
  ...onTerminal(
    "pseudo-terminal: tables keep to the window, also when it is resized",
  ),
  fn: () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(
        `${folder}/begin.dregs`,
        "guest write dbgbcr0 0xffff\nrun\n",
      );
      await using session = new ProgramSession(folder, {
        columns: 80,
        args: ["repl", "begin.dregs"],
      });
      await session.until("dregs> ");
      const widest = (text: string) =>
        Math.max(...text.split("\n").map((line) => [...line].length));
      const narrow = await session.line("why hw dbgbcr0");
      await session.resize(160, 50);
      const wide = await session.line("why hw dbgbcr0");
      assert(widest(narrow) <= 80, narrow);
      assert(widest(wide) > 80 && widest(wide) <= 160, wide);
    }),
});

Deno.test({
  ...onTerminal("pseudo-terminal: NO_COLOR and a dumb terminal get no colours"),
  fn: () =>
    inFolder(async (folder) => {
      for (const [name, value] of [["NO_COLOR", "1"], ["TERM", "dumb"]]) {
        const env = { [name]: value };
        await using session = new ProgramSession(folder, { env });
        await session.until("dregs> ");
        await session.line("guest write dbgbcr0 0x1e7; run");
        // deno-lint-ignore no-control-regex -- colours are what is looked for
        assert(!/\x1b\[[0-9;]*m/.test(session.raw), name);
        if (name === "TERM") assert(!session.raw.includes("\x1b"), session.raw);
      }
    }),
});

Deno.test({
  ...onTerminal("pseudo-terminal: a hang-up ends it"),
  fn: () =>
    inFolder(async (folder) => {
      const session = new ProgramSession(folder);
      await session.until("dregs> ");
      await session[Symbol.asyncDispose]();
    }),
});
