/**
 * The program: gives the command line to `main()` and ends with its exit status. As a worker of `dregs explore` it
 * does what it is asked there.
 *
 * @module
 */
import { keepLookahead } from "../dsl/syntax/lookahead/kept_lookahead.ts";
import type { Access } from "./command.ts";
import { embedded } from "./embedded.ts";
import { denoIo } from "./io.ts";
import { isWorker } from "./explore/worker_scope.ts";
import { main } from "./main.ts";

const carried = embedded();
if (carried) keepLookahead(carried.lookahead);

/** Gives back what a call does not need of the file system. */
function confine(access: Access): void {
  if (access !== "write") Deno.permissions.revokeSync({ name: "write" });
  if (access === "none") Deno.permissions.revokeSync({ name: "read" });
}

/**
 * The folder that relative paths start from, where it is not the process's own: a task of deno runs in the project's
 * folder, wherever it was asked for.
 */
function callerFolder(): string | undefined {
  const name = "DREGS_CWD";
  // The program also runs without leave to read this variable.
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

const folder = callerFolder();
if (folder !== undefined && !isWorker()) Deno.chdir(folder);

if (isWorker()) await import("./explore/worker.ts");
// Not Deno.exit(): deno would have no time to keep the compiled code, which halves the next start.
else Deno.exitCode = await main(Deno.args, denoIo(), confine);
