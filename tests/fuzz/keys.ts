/**
 * What is typed and pasted into the interactive view.
 *
 * @module
 */
import * as fc from "fast-check";
import { stripAnsiCode } from "@std/fmt/colors";
import { typedSession } from "../../repl/typed_session.ts";
import { checkOutput } from "./program.ts";
import { anyText } from "./spoil.ts";
import type { Surface } from "./surface.ts";

/** Keys that mean something to a line editor. Ctrl-D is missing: on an empty line it ends the session, as it should. */
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
  ..."undo redo back 2 goto 0 log save /dev/null watch diff with without root-cause-fix os-lock lts 5.4..6.1 layout full binary compact help history explore choose"
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

/** A chunk of keys, as one read of the terminal has it. */
const CHUNK: fc.Arbitrary<string> = fc.oneof(
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
    arbitrary: anyText(30).map((text) => [
      text.replaceAll("\x04", ""),
    ]),
  },
  {
    weight: 1,
    arbitrary: fc.nat(200).map((length) => [
      "guest exec 1 + ".repeat(length / 15),
    ]),
  },
).map((parts) => parts.join("").replaceAll("quit", "qui"));

const BYTES = fc.uint8Array({ maxLength: 40 }).map((bytes) =>
  [...bytes].filter((byte) => byte !== 4)
);

/** What is typed: chunks of text, or of bytes that need not be text. */
export function typed(
  maxLength: number,
): fc.Arbitrary<readonly (string | readonly number[])[]> {
  const chunk = fc.oneof({ weight: 6, arbitrary: CHUNK }, BYTES);
  return fc.array(chunk, { minLength: 1, maxLength });
}

/** Gets out of an escape sequence, a paste, a block and a line, whichever is open. */
export const CLEAR = "\x03\x1b[201~\x03\x03\x03";

/** Statements that must have this answer, whatever was typed before them. */
export const STILL_ANSWERS = {
  lines: [
    "goto 0",
    "arch arm64; set brps=4 ctx=2",
    "guest write dbgbcr0 lbn=2 bt=linked-address; run",
    "why hw dbgbcr0.lbn",
  ],
  answer: "hw@0 DBGBCR0_EL1.LBN is 4",
};

async function give(
  chunks: readonly (string | readonly number[])[],
): Promise<void> {
  const { text } = await typedSession([
    ...chunks.map((chunk) =>
      typeof chunk === "string" ? chunk : new Uint8Array(chunk)
    ),
    CLEAR,
    // Pasted: the editor draws its line again at each key.
    ...STILL_ANSWERS.lines.map((line) => `\x1b[200~${line}\n\x1b[201~`),
  ]);
  checkOutput(text, JSON.stringify(chunks));
  // Tab completes `q` to the word that ends the session.
  const plain = stripAnsiCode(text);
  if (["> quit", "> exit"].some((end) => plain.includes(end))) return;
  if (!text.includes(STILL_ANSWERS.answer)) {
    throw new Error(`no answer after it:\n${text}`);
  }
}

/** The interactive view in this process, with a line editor. */
export function keysSurface(): Promise<Surface> {
  return Promise.resolve({
    name: "keys",
    about: "keys of the interactive view",
    inputs: typed(4) as fc.Arbitrary<never>,
    give: async (input) => await give(input as never),
  });
}
