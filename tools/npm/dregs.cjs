#!/usr/bin/env node
/**
 * Starts the program with the deno that npm installed beside it.
 */
"use strict";

const { spawn } = require("node:child_process");
const { existsSync } = require("node:fs");
const { constants } = require("node:os");
const { dirname, join } = require("node:path");
const { dregs } = require("./package.json");

const folder = dirname(require.resolve("deno/package.json"));
const executable = join(
  folder,
  process.platform === "win32" ? "deno.exe" : "deno",
);
// Where npm was told to run no scripts, deno's own launcher fetches the
// executable at its first start.
const [command, before] = existsSync(executable)
  ? [executable, []]
  : [process.execPath, [join(folder, "bin.cjs")]];

const child = spawn(
  command,
  [
    ...before,
    "run",
    ...dregs.flags,
    join(__dirname, "dregs.js"),
    ...process.argv.slice(2),
  ],
  { stdio: "inherit" },
);

// The terminal sends them to the child too, which decides what they mean.
for (const signal of ["SIGINT", "SIGQUIT"]) process.on(signal, () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}

child.on("error", (error) => {
  console.error(`dregs: deno does not start: ${error.message}`);
  process.exitCode = 2;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
});
