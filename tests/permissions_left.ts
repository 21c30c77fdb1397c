/**
 * The program, and after it on standard error the permissions that it has left: run by a test, in a process of its own.
 *
 * @module
 */
await import("../cli/program.ts");
const left = (["read", "write"] as const).map((name) =>
  `${name} ${Deno.permissions.querySync({ name }).state}`
);
Deno.stderr.writeSync(new TextEncoder().encode(left.join(", ")));
