/**
 * Where lines can stand.
 *
 * @module
 */
import type { Diagnostic } from "../diagnostics.ts";
import { EXPLORED_FORMS } from "../forms/tables.ts";
import { fail } from "../problem.ts";
import type { Span } from "../source.ts";
import {
  type LinePlace,
  PLACE_TEXT,
  PROGRAMS,
  SCRIPT_WORD,
  statementRow,
} from "../statements.ts";
import { suggested } from "../suggest.ts";
import type { Line } from "../syntax/lines.ts";

/** How messages call each place. */
function placeText(place: LinePlace): string {
  return place === "script"
    ? "outside `explore { … }`"
    : `in ${PLACE_TEXT[place]}`;
}

type Places = Readonly<Partial<Record<Line["kind"], readonly LinePlace[]>>>;

/** Where the lines stand that only explore blocks have; all others but `let` stand in a script. */
const PLACES: Places = {
  let: statementRow("let")?.places,
  program: ["explore"],
  known: ["explore"],
  repeat: PROGRAMS,
  either: PROGRAMS,
  instruction: ["vcpu"],
  "user-line": ["user"],
  "host-line": ["host"],
  ...Object.fromEntries(EXPLORED_FORMS.flatMap(({ begins, resolve }) => {
    const places = statementRow(begins[0])?.places ?? [];
    return Object.keys(resolve).map((kind) => [kind, places]);
  })),
};

/** The program that a line is of, by its kind. */
const PROGRAM_OF: Readonly<
  Partial<Record<Line["kind"], typeof PROGRAMS[number]>>
> = {
  instruction: "vcpu",
  "user-line": "user",
  "host-line": "host",
};

/**
 * Rejects a line that cannot stand where it does.
 *
 * @throws {Problem} if it cannot
 */
export function checkPlace(line: Line, place: LinePlace): void {
  const places = PLACES[line.kind] ?? ["script"];
  if (line.kind === "broken") return;
  if (places.includes(place)) return;
  const { source, start, end } = line.span;
  const program = PROGRAM_OF[line.kind];
  fail({
    code: "misplaced",
    span: line.span,
    message: `not allowed ${placeText(place)}`,
    ...(place === "script" && program
      ? suggested(`${SCRIPT_WORD[program]} ${source.text.slice(start, end)}`)
      : { hint: `allowed ${places.map(placeText).join(" or ")}` }),
  });
}

/** Rejects an `or { … }` that no `either` comes before. @throws {Problem} */
export function failLoneOr({ span }: Line): never {
  fail({
    code: "misplaced",
    span,
    message: "`or` needs an `either { … }` before it",
  });
}

/** Rejects a line after an explore block. @throws {Problem} */
export function failAfterExplore(line: Line, explored: Span): never {
  fail({
    code: "too-late",
    span: line.span,
    message: line.kind === "explore"
      ? "there is an explore block already"
      : "not allowed after `explore { … }`, which must come last",
    notes: [{ span: explored, message: "the explore block" }],
  });
}

/** Whether lines hold a scenario, in loops and included files too. */
export function hasScenario(lines: readonly Line[]): boolean {
  return lines.some((line) => {
    switch (line.kind) {
      case "scenario":
        return true;
      case "for":
        return hasScenario(line.body.lines);
      case "include":
        return line.file !== undefined && hasScenario(line.file.lines);
      case "broken":
        return line.body !== undefined && hasScenario(line.body.lines);
      default:
        return false;
    }
  });
}

/**
 * In a file with scenarios, only what each of them begins with stands outside, before the first.
 *
 * @param first where the first scenario before this line began, if there is one
 * @returns the mistake; undefined if there is none
 */
export function outsideProblem(
  line: Line,
  first: Span | undefined,
): Diagnostic | undefined {
  switch (line.kind) {
    case "scenario":
    case "broken":
      return undefined;
    case "for":
      return hasScenario(line.body.lines) ? undefined : {
        code: "misplaced",
        span: line.span,
        message: "`for` outside a scenario must contain a scenario",
        hint: "move it into a scenario",
      };
    case "include":
      if (!first || !line.file || hasScenario(line.file.lines)) {
        return undefined;
      }
      break;
    case "arch":
    case "kernel":
    case "host":
    case "set":
    case "require":
    case "let":
      if (!first) return undefined;
      break;
    default:
      return {
        code: "misplaced",
        span: line.span,
        message: "not allowed outside a scenario: there are scenarios here",
        hint: "move it into a scenario",
      };
  }
  return {
    code: "too-late",
    span: line.span,
    message: "not allowed after the first scenario",
    notes: first && [{ span: first, message: "the first scenario" }],
  };
}
