/**
 * Runs the benchmarks named, or all. Each prints its figures beside a peer's, taken in the same run: machines are
 * noisy, so ratios count, not seconds.
 *
 * @module
 */

/** What there is, by name. */
const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  explore: async () => (await import("./explore.ts")).bench(),
  "explore-growth": async () => (await import("./explore.ts")).benchGrowth(),
  noticed: async () => (await import("./noticed.ts")).bench(),
  renumbering: async () => (await import("./renumbering.ts")).bench(),
  repl: async () => (await import("./repl.ts")).bench(),
  representation: async () => (await import("./representation.ts")).bench(),
  startup: async () => (await import("./startup.ts")).bench(),
  "startup-before": async () => (await import("./startup_before.ts")).bench(),
  scripts: async () => (await import("./scripts.ts")).bench(),
};

const names = Deno.args.length > 0 ? Deno.args : Object.keys(BENCHES);
for (const name of names) {
  const bench = BENCHES[name];
  if (bench === undefined) {
    console.error(
      `no benchmark ${name}: there are ${Object.keys(BENCHES).join(", ")}`,
    );
    Deno.exit(2);
  }
  console.log(`== ${name}`);
  await bench();
}
