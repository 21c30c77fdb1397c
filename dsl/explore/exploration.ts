/**
 * The `explore` blocks of a file, each with what stands before it.
 *
 * @module
 */
import { holdsExplore } from "../run/scenario.ts";
import { baseName } from "../source.ts";
import type { File, Line, OpenerOf } from "../syntax/lines.ts";

/** An `explore` block, with what its machine begins with. */
export interface Exploration {
  /** The scenario's name, or the file's. */
  readonly name: string;
  /** What stands before the block. */
  readonly before: readonly Line[];
  /** The block. */
  readonly block: OpenerOf<"explore">;
  /** The file that has it. */
  readonly file: File;
}

/** The `explore` blocks of a file, each with what stands before it. */
export function explorations(file: File): readonly Exploration[] {
  const found: Exploration[] = [];
  const visit = (
    lines: readonly Line[],
    outer: readonly Line[],
    name: string,
  ): void => {
    const before = [...outer];
    for (const line of lines) {
      if (line.kind === "explore") {
        found.push({ name, before: [...before], block: line, file });
      } else if (line.kind === "scenario") {
        const parts = line.name.parts.map((part) =>
          "kind" in part ? "" : part.value
        );
        visit(line.body.lines, before, parts.join(""));
      } else if (
        line.kind === "include" && line.file && holdsExplore(line.file.lines)
      ) {
        visit(line.file.lines, before, name);
      } else before.push(line);
    }
  };
  visit(file.lines, [], baseName(file.source.name));
  return found;
}
