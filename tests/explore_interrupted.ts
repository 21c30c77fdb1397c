/**
 * `dregs explore`, interrupted whenever it listens: run by a test, in a process of its own.
 *
 * @module
 */
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";

// Until the search listens itself, a signal must not end the process.
const ignore = () => {};
Deno.addSignalListener("SIGINT", ignore);
const timer = setInterval(() => Deno.kill(Deno.pid, "SIGINT"), 20);
Deno.exitCode = await main(["explore", ...Deno.args], denoIo());
clearInterval(timer);
Deno.removeSignalListener("SIGINT", ignore);
