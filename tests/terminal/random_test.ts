/**
 * Whatever is typed or pasted, the session survives: random input on a pseudo-terminal, and after each batch a
 * statement that must still have its answer.
 *
 * `DREGS_FUZZ_SEED` and `DREGS_FUZZ_BATCHES` repeat a run and lengthen it.
 *
 * @module
 */
import { OWN_FAULT } from "../../repl/repl.ts";
import { assert, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { CLEAR, STILL_ANSWERS, typed } from "../fuzz/keys.ts";
import { onTerminal, ProgramSession } from "./sessions.ts";

const SEED = Number(Deno.env.get("DREGS_FUZZ_SEED") ?? 2015);
const BATCHES = Number(Deno.env.get("DREGS_FUZZ_BATCHES") ?? 60);

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
        const [n, batch] of fc.sample(typed(12), {
          seed: SEED,
          numRuns: BATCHES,
        })
          .entries()
      ) {
        for (const chunk of batch) {
          if (typeof chunk === "string") {
            // Half a surrogate pair has no bytes that a terminal could send.
            await session.type(chunk.toWellFormed());
          } else await session.typeBytes(new Uint8Array(chunk));
        }
        const where = `batch ${n} of seed ${SEED}: ${JSON.stringify(batch)}`;
        try {
          await session.type(CLEAR);
          const said = await session.settled();
          // It survives its own mistakes, but they are mistakes.
          assert(!said.includes(OWN_FAULT), said);
          let answer = "";
          for (const line of STILL_ANSWERS.lines) {
            answer = await session.line(line);
          }
          assertStringIncludes(answer, STILL_ANSWERS.answer);
        } catch (error) {
          throw new Error(`${where}\n${(error as Error).message}`);
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
