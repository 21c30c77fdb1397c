/**
 * The program: gives the command line to `main()` and ends with its exit status.
 *
 * @module
 */
import { denoIo } from "./io.ts";
import { main } from "./main.ts";

Deno.exit(await main(Deno.args, denoIo()));
