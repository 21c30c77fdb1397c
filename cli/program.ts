/**
 * The program: gives the command line to `main()` and ends with its exit status. As a worker of `dregs explore` it
 * does what it is told there.
 *
 * @module
 */
import { keepLookahead } from "../dsl/kept_lookahead.ts";
import { embedded } from "./embedded.ts";
import { denoIo } from "./io.ts";
import { isWorker } from "./explore/worker_scope.ts";
import { main } from "./main.ts";

const carried = embedded();
if (carried) keepLookahead(carried.lookahead);

if (isWorker()) await import("./explore/worker.ts");
// Not Deno.exit(): deno would have no time to keep the compiled code, which halves the next start.
else Deno.exitCode = await main(Deno.args, denoIo());
