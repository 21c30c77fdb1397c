/**
 * The surfaces, by name.
 *
 * @module
 */
import type { Surface } from "./surface.ts";

/** Makes each, with its corpus; what is not asked for is not loaded. */
export const SURFACES: Readonly<Record<string, () => Promise<Surface>>> = {
  language: async () => (await import("./language.ts")).languageSurface(),
  explore: async () => (await import("./language.ts")).exploreSurface(),
  recordings: async () => (await import("./recordings.ts")).recordingsSurface(),
  merge: async () => (await import("./recordings.ts")).mergeSurface(),
  keys: async () => (await import("./keys.ts")).keysSurface(),
  lsp: async () => (await import("./lsp.ts")).lspSurface(),
  fragments: async () => (await import("./fragments.ts")).fragmentsSurface(),
  cases: async () => (await import("./cases.ts")).casesSurface(),
  recorder: async () => (await import("./cases.ts")).recorderSurface(),
};
