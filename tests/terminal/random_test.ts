/**
 * Whatever is typed or pasted, the session survives: random input on a pseudo-terminal, and after each batch a
 * statement that must still have its answer.
 *
 * `DREGS_FUZZ_SEED` and `DREGS_FUZZ_BATCHES` repeat a run and lengthen it.
 *
 * @module
 */
import { assert, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { onTerminal, ProgramSession } from "./sessions.ts";

const SEED = Number(Deno.env.get("DREGS_FUZZ_SEED") ?? 2015);
const BATCHES = Number(Deno.env.get("DREGS_FUZZ_BATCHES") ?? 60);

/** Keys that mean something to a line editor. Ctrl-D is missing: on an empty line it ends the session, and shall. */
const KEYS = [
  "\r",
  "\n",
  "\t",
  "\t\t",
  " ",
  "\x7f",
  "\b",
  ...Array.from(
    "abcefhklnpqrstuvwxyz",
    (letter) => String.fromCharCode(letter.charCodeAt(0) & 0x1f),
  ),
  ..."ABCDFHZ".split("").map((letter) => `\x1b[${letter}`),
  "\x1b[3~",
  "\x1b[1;5C",
  "\x1b[200~",
  "\x1b[201~",
  "\x1b[",
  "\x1bOP",
  "\x1bb",
  "\x1bd",
  "\x1b\x7f",
  "\x1b",
  "\x1c",
  "\x1d",
  "\x1e",
  "\x1f",
  "\0",
];

const WORDS = [
  ..."arch arm64 x86 kernel linux-6.1 svm host brps=4 ctx=2 cpus=2 break watch off set vcpus=2 guest user hw cpu kvm"
    .split(" "),
  ..."write read dbgbcr0 dbgbvr[1] dr0 dr7 g0=1 lbn=2 bt=linked-address 0x1000 0xffff_ffff_ffff_ffff run steps=1 step"
    .split(" "),
  ..."stop=guest interrupt put debug expect == != exit idle show why map cost scenario let x = for i in 0..3 include"
    .split(" "),
  ..."undo redo back 2 goto 0 log save /dev/null watch diff layout full binary compact help history explore choose"
    .split(" "),
  ..."{ } ; ; ; # \" ' @ @1 . .. [ ] ( ) + << 99999999999999999999999 §  日本 🧪 e\u0301 \u202e"
    .split(" "),
];

/** A file of the catalogue to spoil. */
const FILE = await Deno.readTextFile(
  new URL(
    "../../scenarios/arm64/renumbering/patch_example.dregs",
    import.meta.url,
  ),
);

const SPOILT = fc.tuple(
  fc.nat(FILE.length),
  fc.nat(40),
  fc.constantFrom("", "{", "}", '"', "\x1b[20", "\0", "é", "@", "\n"),
).map(([at, length, put]) =>
  `\x1b[200~${FILE.slice(0, at)}${put}${FILE.slice(at + length)}\x1b[201~`
);

const CHUNK: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...KEYS), { maxLength: 8 }),
  },
  {
    weight: 6,
    arbitrary: fc.array(fc.constantFrom(...WORDS), { maxLength: 9 }).map(
      (words) => [`${words.join(" ")}\r`],
    ),
  },
  { weight: 1, arbitrary: SPOILT.map((text) => [text]) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "binary", maxLength: 30 }).map((
      text,
    ) => [text.replaceAll("\x04", "")]),
  },
  {
    weight: 1,
    arbitrary: fc.nat(400).map((
      length,
    ) => ["guest exec 1 + ".repeat(length / 15)]),
  },
).map((parts) => parts.join(""));

const BYTES = fc.uint8Array({ maxLength: 40 }).map((bytes) =>
  bytes.filter((byte) => byte !== 4)
);

const BATCH = fc.array(fc.oneof({ weight: 6, arbitrary: CHUNK }, BYTES), {
  minLength: 1,
  maxLength: 12,
});

/** Gets out of an escape sequence, a paste, a block and a line, whichever is open. */
const CLEAR = "\x03\x1b[201~\x03\x03\x03";

Deno.test({
  ...onTerminal(`pseudo-terminal: random input, seed ${SEED}`),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using session = new ProgramSession(folder, {
        columns: 60 + SEED % 100,
      });
      await session.until("dregs> ");
      for (
        const [n, batch] of fc.sample(BATCH, { seed: SEED, numRuns: BATCHES })
          .entries()
      ) {
        for (const chunk of batch) {
          if (typeof chunk === "string") {
            await session.type(chunk.replaceAll("quit", "qui"));
          } else await session.typeBytes(chunk);
        }
        const where = `batch ${n} of seed ${SEED}: ${JSON.stringify(batch)}`;
        try {
          await session.type(CLEAR);
          const said = await session.settled();
          // It survives its own mistakes, but they are mistakes.
          assert(!said.includes("a fault of dregs"), said);
          await session.line("goto 0");
          await session.line("arch arm64; set brps=4 ctx=2");
          await session.line(
            "guest write dbgbcr0 lbn=2 bt=linked-address; run",
          );
          const answer = await session.line("why hw dbgbcr0.lbn");
          assertStringIncludes(answer, "hw@0 DBGBCR0_EL1.LBN is 4");
        } catch (error) {
          throw new Error(`${where}\n${(error as Error).message}`);
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
