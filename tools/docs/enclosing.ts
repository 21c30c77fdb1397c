/**
 * Which function, method or constant a line of TypeScript is in, doc comments included.
 *
 * @module
 */

const DECLARED =
  /^(?:export )?(?:async )?(?:function\*? (\w+)|const (\w+)|interface (\w+)|class (\w+)|type (\w+))/;
const MEMBER =
  /^ {2}(?:readonly (\w+)\??[:(]|(?:static |async |get |set )*\*?(#?\w+)\((?!.*\);$))/;

/** Words that look like the beginning of a method. */
const KEYWORDS = new Set([
  "if",
  "for",
  "while",
  "switch",
  "return",
  "function",
  "constructor",
]);

/** A name and the lines that it has. */
interface Span {
  readonly name: string;
  /** From 1; a doc comment belongs to what it is written above. */
  readonly from: number;
}

function nameIn(line: string): string | undefined {
  const declared = DECLARED.exec(line);
  if (declared) {
    return declared[1] ? `${declared[1]}()` : declared.slice(2).find(Boolean);
  }
  const member = MEMBER.exec(line);
  if (!member) return undefined;
  const [, field, method] = member;
  if (field) return field;
  return KEYWORDS.has(method) ? undefined : `${method}()`;
}

/** Names with the lines where they begin. */
function spans(text: string): readonly Span[] {
  const result: Span[] = [];
  let comment = 0;
  let ended = false;
  for (const [index, line] of text.split("\n").entries()) {
    if (/^ *\/\*\*/.test(line)) comment = index + 1;
    const name = nameIn(line);
    if (name !== undefined) {
      result.push({ name, from: ended && comment > 0 ? comment : index + 1 });
    }
    ended = /\*\/\s*$/.test(line);
    if (name !== undefined) comment = 0;
  }
  return result;
}

/**
 * The names that lines are in.
 *
 * @param lines from 1
 * @returns each name once; of a line before the first name, none
 */
export function enclosing(
  text: string,
  lines: readonly number[],
): readonly string[] {
  const all = spans(text);
  const names = lines.flatMap((line) =>
    all.findLast(({ from }) => from <= line)?.name ?? []
  );
  return [...new Set(names)];
}
