/**
 * Takes a table out of the bundle that chevrotain's lexer makes at each start: one entry for each of the 65,536
 * characters. The loop that fills it runs so long that V8 compiles it anew, and the entry is a short expression.
 *
 * @module
 */

/** Where minified chevrotain fills the table. */
const FILLED =
  /if\(([\w$]+)\.length===0\)\{\1=new Array\(65536\);for\(let ([\w$]+)=0;\2<65536;\2\+\+\)\1\[\2\]=(\2>255\?255\+~~\(\2\/255\):\2)\}/g;

/** Where it reads an entry; characters below a bound need none. */
const READ = /(return ([\w$]+)<[\w$]+\?\2:)([\w$]+)\[\2\]/g;

/** The one match of a pattern that a condition holds for. */
function only(
  what: string,
  program: string,
  pattern: RegExp,
  isWanted: (match: RegExpExecArray) => boolean = () => true,
): RegExpExecArray {
  const matches = [...program.matchAll(pattern)].filter(isWanted);
  if (matches.length !== 1) {
    throw new Error(
      `chevrotain ${what} its table of characters ${matches.length} times, not once`,
    );
  }
  return matches[0];
}

/**
 * The same program with each entry worked out where it was read.
 *
 * @param program minified
 * @throws {Error} if the table is not filled once and read once, as in the version of chevrotain that this is for
 */
export function withoutCharacterTable(program: string): string {
  const [filling, table, index, entry] = only("fills", program, FILLED);
  const [reading, before, character] = only(
    "reads",
    program,
    READ,
    (match) => match[3] === table,
  );
  const value = entry.replaceAll(index, () => character);
  return program.replace(filling, "").replace(
    reading,
    () => `${before}${value}`,
  );
}
