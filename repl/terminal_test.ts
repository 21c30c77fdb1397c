/**
 * The line editor around the view: keys in, what a terminal would be sent out.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import fc from "fast-check";
import { memoryHistory } from "./history.ts";
import { memoryWorld } from "./memory_world.ts";
import { PasteFilter } from "./paste.ts";
import { OWN_FAULT, Repl } from "./repl.ts";
import { typedSession } from "./typed_session.ts";

/** What was carried out. */
function done(repl: Repl): string[] {
  return repl.timeline.entries.map(({ text }) => text);
}

Deno.test("terminal: lines are carried out, Ctrl-D ends", async () => {
  const { text, repl } = await typedSession([
    "set brps=4 ctx=2\r",
    "run\r",
    "\x04",
    "guest isb\r",
  ]);
  assertEquals(done(repl), ["set brps=4 ctx=2", "run"]);
  const plain = stripAnsiCode(text);
  assertStringIncludes(plain, "hello\n");
  assertStringIncludes(plain, "breakpoints renumbered: 2 → 4, 3 → 5");
  assert(text.startsWith("\x1b[?2004h") && text.endsWith("\x1b[?2004l\n"));
});

Deno.test("terminal: many lines in one chunk are taken one after the other", async () => {
  const { text, repl } = await typedSession(["run\rguest isb\r\nrun\n"]);
  assertEquals(done(repl), ["run", "guest isb", "run"]);
  const [first, second] = ["exit idle", "1 instruction to run"].map((said) =>
    stripAnsiCode(text).indexOf(said)
  );
  assert(first >= 0 && first < second);
});

Deno.test("terminal: Ctrl-C clears the line and the block, and kills nothing", async () => {
  const { text, repl } = await typedSession([
    "run",
    "\x03",
    "for i in 0..1 {\r",
    "  guest isb\r",
    "\x03",
    "guest svc\r",
    "\x03\x03",
    "\x1a",
    "run\r",
  ]);
  assertEquals(done(repl), ["guest svc", "run"]);
  assertEquals(text.split("^C").length, 5);
});

Deno.test("terminal: a block goes over several lines", async () => {
  const { text, repl } = await typedSession([
    "for i in 0..1 {\r",
    "guest write dbgbvr[i] i\r",
    "}\r",
    "run\r",
  ]);
  assertEquals(done(repl).length, 2);
  assertStringIncludes(stripAnsiCode(text), "  ...> ");
});

Deno.test("terminal: a paste of a whole scenario is one input", async () => {
  const { text, repl } = await typedSession([
    "\x1b[200~set brps=4 ctx=2\n",
    "guest write dbgbcr0\tlbn=2\r\n\r\nfor i in 0..1 {\n  guest isb\n}\nru\x1b[20",
    "1~n\r",
    '\x1b[200~scenario "one" {\nrun\n}\n\x1b[201~',
    "log\r",
  ]);
  assertEquals(done(repl).map((one) => one.split("\n")[0]), [
    "set brps=4 ctx=2",
    "guest write dbgbcr0  lbn=2",
    "for i in 0..1 {",
    "run",
  ]);
  assertStringIncludes(text, "ok  one");
});

Deno.test("terminal: a paste with a mistake changes nothing", async () => {
  const { text, repl } = await typedSession([
    "\x1b[200~run\nguest write dbgbcr0 lbm=2\nrun\n\x1b[201~",
  ]);
  assertEquals(done(repl), []);
  assertStringIncludes(text, "has no field `lbm`");
});

Deno.test("terminal: what was typed before a paste is part of it", async () => {
  const { repl } = await typedSession([
    "guest ",
    "\x1b[200~isb\nrun\n\x1b[201~",
  ]);
  assertEquals(done(repl), ["guest isb", "run"]);
});

Deno.test("terminal: Ctrl-C gets out of a paste without an end", async () => {
  const { repl } = await typedSession(["\x1b[200~guest is", "\x03", "run\r"]);
  assertEquals(done(repl), ["run"]);
});

Deno.test("terminal: Tab completes what is plain, twice lists what there is", async () => {
  const { text, repl } = await typedSession([
    "gu\tw\tdbgbcr0 bt=unlinked-v\t\t-context\r",
  ]);
  assertEquals(done(repl), [
    "guest write dbgbcr0 bt=unlinked-vmid-context",
  ]);
  assertStringIncludes(stripAnsiCode(text), "unlinked-vmid-context");
  const names = await typedSession(["und\t\r", "layout b\t\r", "layout\r"]);
  assertStringIncludes(names.text, "layout is binary");
});

Deno.test("terminal: the history comes back with the arrow key", async () => {
  const history = memoryHistory();
  history.add("guest isb");
  const { repl } = await typedSession(["run\r", "\x1b[A\x1b[A\r", "\x1b[A\r"], {
    history,
  });
  assertEquals(done(repl), ["run", "guest isb", "guest isb"]);
  assertEquals(history.lines.slice(0, 3), ["guest isb", "guest isb", "run"]);
});

Deno.test("terminal: Ctrl-R finds the newest line that has what is typed", async () => {
  const history = memoryHistory();
  const lines = ["guest isb", "guest svc", "set brps=4 ctx=2", "guest svc"];
  for (const line of lines) history.add(line);
  const after = async (...keys: string[]): Promise<string[]> => {
    // Each session begins with the same history.
    const own = memoryHistory();
    for (const line of [...history.lines].reverse()) own.add(line);
    const { repl } = await typedSession(keys, { history: own });
    return done(repl);
  };
  assertEquals(await after("\x12guest\r"), ["guest svc"]);
  // Older, and past a line that is the same; stays at the oldest.
  assertEquals(await after("\x12guest\x12\r"), ["guest isb"]);
  assertEquals(await after("\x12guest\x12\x12\x12\r"), ["guest isb"]);
  // One key at a time, and erased.
  assertEquals(
    await after("\x12", "s", "e", "t", "\x7f\x7f\x7fisb", "\r"),
    ["guest isb"],
  );
  // An arrow edits the line that was found, and Escape, too.
  assertEquals(await after("\x12isb", "\x1b[C at=0x40080000\r"), [
    "guest isb at=0x40080000",
  ]);
  assertEquals(await after("\x12isb", "\x1b", " at=0x40080000\r"), [
    "guest isb at=0x40080000",
  ]);
  // Given up, the line is as it was; nothing found, too.
  assertEquals(await after("guest is", "\x12svc\x07", "b\r"), ["guest isb"]);
  assertEquals(await after("guest is", "\x12svc\x03", "b\r"), ["guest isb"]);
  assertEquals(await after("run\x12nothing\r"), ["run"]);
  const { text } = await typedSession(["\x12isb\x03\x12none\x03"], { history });
  const plain = stripAnsiCode(text);
  assertStringIncludes(plain, "(search `isb`) guest isb");
  assertStringIncludes(plain, "(no match `none`)");
});

Deno.test("terminal: help that does not fit comes page by page", async () => {
  const lines = (text: string): number => text.split("\n").length;
  const whole = await typedSession(["help dbgbcr0\r"], { rows: 100 });
  assert(!whole.text.includes("-- more"));
  const keys = ["help dbgbcr0\r", " ", " ", " ", " ", "run\r"];
  const { text, repl } = await typedSession(keys, { rows: 10 });
  assertEquals(text.split("-- more").length - 1, 2);
  assertEquals(done(repl), ["run"]);
  assert(lines(text) >= lines(whole.text));
  // No page is longer than the terminal.
  for (const page of text.split(/-- more[^\n]*/)) assert(lines(page) <= 13);
  const left = await typedSession(["help dbgbcr0\r", "qrun\r"], { rows: 10 });
  assertEquals(left.text.split("-- more").length - 1, 1);
  assertEquals(done(left.repl), ["run"]);
  assert(!left.text.includes("E     enable"));
});

Deno.test("terminal: history off remembers nothing more", async () => {
  const history = memoryHistory();
  const world = { ...memoryWorld(), history };
  const repl = new Repl(world);
  repl.submit("history off");
  await typedSession(["run\r"], { history });
  assertEquals(history.lines, []);
});

Deno.test("terminal: what history clear forgets is gone from the arrow keys too", async () => {
  const history = memoryHistory();
  const up = "\x1b[A";
  const { repl } = await typedSession([
    "guest isb\r",
    "history clear\r",
    `${up}${up}\r`,
    "run\r",
    `${up}\r`,
  ], { history });
  assertEquals(done(repl), ["guest isb", "run", "run"]);
  assertEquals(history.lines.filter((line) => line !== ""), ["run", "run"]);
});

Deno.test("terminal: random keys end no session", async () => {
  const key = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom(
      "\t",
      "\r",
      "\x03",
      "\x1a",
      "\x1b",
      "\x1b[A",
      "\x1b[200~",
      "\x1b[201~",
      "\x7f",
      "\x15",
      "\x17",
      "\x12",
      "{",
      "}",
      "guest ",
      "write ",
      "dbgbcr0 ",
      "run\r",
      "undo\r",
      "show\r",
      "goto 1\r",
      "why hw dbgbcr0\r",
      "\u{1f600}",
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(key, { maxLength: 40 }), async (keys) => {
      const typed = keys.map((one) => one.replaceAll("\x04", ""));
      const { text } = await typedSession([
        ...typed,
        "\x1b[201~",
        "\x03",
        "\x03",
        "log\r",
      ]);
      assert(!text.includes(OWN_FAULT), text);
      assertStringIncludes(text, "log");
    }),
    { numRuns: 60 },
  );
});

Deno.test("PasteFilter: pieces of any size give the same", () => {
  const all = "ab\x1b[A\x1b[200~x\r\ny\t\x07z\x1b[201~c\x1bd";
  const want = [
    { kind: "typed", text: "ab\x1b[A" },
    { kind: "pasted", text: "x\ny  z" },
    { kind: "typed", text: "c\x1bd" },
  ];
  for (let size = 1; size <= all.length; size++) {
    const filter = new PasteFilter();
    const found: { kind: string; text: string }[] = [];
    for (let at = 0; at < all.length; at += size) {
      for (const { kind, text } of filter.take(all.slice(at, at + size))) {
        const last = found.at(-1);
        if (last?.kind === kind && kind === "typed") last.text += text;
        else found.push({ kind, text });
      }
    }
    assertEquals(found, want, `pieces of ${size}`);
  }
});
