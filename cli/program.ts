/**
 * The program: gives the command line to `main()` and ends with its exit status.
 *
 * @module
 */
import { denoIo } from "./io.ts";
import { main } from "./main.ts";

// Not Deno.exit(): deno would have no time to keep the compiled code, which halves the next start.
Deno.exitCode = await main(Deno.args, denoIo());
