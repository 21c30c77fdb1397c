/**
 * dregs: an executable model of how KVM virtualizes the CPU's debug registers.
 *
 * The engine alone, or the language over it. Run as main, it is the program.
 *
 * @module
 */
export * from "./engine/mod.ts";
export * from "./engine/explore/mod.ts";
export * from "./dsl/mod.ts";
// Both have them: a block of braces, and the same names of views.
export type { Block, ViewName } from "./dsl/mod.ts";

if (import.meta.main) await import("./cli/program.ts");
