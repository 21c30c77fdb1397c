/**
 * Lines of earlier sessions, in a file that only its owner may read.
 *
 * @module
 */
import type { History } from "./world.ts";

/** Lines that are kept, and characters of all of them. */
export const LINES_MAX = 1_000;
const CHARACTERS_MAX = 100_000;

/** For the owner alone. */
const MODE = 0o600;

/** The newest lines that fit, oldest first. */
function fitting(lines: readonly string[]): string[] {
  let left = CHARACTERS_MAX;
  const kept: string[] = [];
  for (const line of lines.slice(-LINES_MAX).reverse()) {
    left -= line.length + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return kept.reverse();
}

/** A history in memory only. */
export function memoryHistory(): History {
  const lines: string[] = [];
  let cleared = 0;
  return {
    lines,
    recording: true,
    path: undefined,
    add(line) {
      if (this.recording) lines.unshift(line);
    },
    clear() {
      lines.length = 0;
      cleared++;
    },
    get cleared() {
      return cleared;
    },
  };
}

/**
 * A history in a file, which is made when there is something to remember. Where that cannot be, it is in memory.
 *
 * @param path where; undefined for nowhere
 */
export function fileHistory(path: string | undefined): History {
  if (path === undefined) return memoryHistory();
  let lines: string[] = [];
  try {
    const all = Deno.readTextFileSync(path).split("\n").filter((line) =>
      line !== ""
    );
    lines = fitting(all);
    if (lines.length < all.length) write(path, lines);
  } catch {
    // There is none yet, or it cannot be read: the session begins without.
  }
  let cleared = 0;
  return {
    lines: lines.reverse(),
    recording: true,
    path,
    add(line) {
      if (!this.recording || line.trim() === "") return;
      try {
        Deno.mkdirSync(path.replace(/[\\/][^\\/]*$/, ""), {
          recursive: true,
          mode: 0o700,
        });
        Deno.writeTextFileSync(path, `${line}\n`, { append: true, mode: MODE });
        // It may have been there with another mode.
        if (Deno.build.os !== "windows") Deno.chmodSync(path, MODE);
      } catch {
        // A session does not end because a line cannot be remembered.
      }
    },
    clear() {
      cleared++;
      try {
        Deno.removeSync(path);
      } catch {
        // There is none.
      }
    },
    get cleared() {
      return cleared;
    },
  };
}

/** Replaces the file as a whole: what ends the program meanwhile costs no line. */
function write(path: string, lines: readonly string[]): void {
  const beside = `${path}.new`;
  Deno.writeTextFileSync(beside, lines.map((line) => `${line}\n`).join(""), {
    mode: MODE,
  });
  Deno.renameSync(beside, path);
}

/** Where the history is kept: by the XDG directories, or in the home directory. */
export function historyPath(
  env: (name: string) => string | undefined,
): string | undefined {
  const state = env("XDG_STATE_HOME");
  if (state) return `${state}/dregs/history`;
  const home = env("HOME") ?? env("USERPROFILE");
  return home ? `${home}/.local/state/dregs/history` : undefined;
}
