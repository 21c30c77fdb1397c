/**
 * Highlighting for editors without a language server, from the rows and the tokens: a TextMate grammar and a Vim syntax
 * file.
 *
 * @module
 */
import { INSTRUCTIONS } from "../../dsl/instructions.ts";
import { STATEMENTS, VIEW_WORDS } from "../../dsl/statements.ts";
import { Comment, NumberToken, Word } from "../../dsl/syntax/tokens.ts";
import {
  ARCH_NAMES,
  type Architecture,
  architecture,
} from "../../engine/mod.ts";

/** The TextMate grammar, from the root of the working copy. */
export const TEXTMATE = "editors/vscode/syntaxes/dregs.tmLanguage.json";

/** The Vim syntax file. */
export const VIM = "editors/vim/syntax/dregs.vim";

/** Words by what they are. A word is in the first list that has it. */
interface Words {
  /** Those that begin a line. */
  readonly statements: readonly string[];
  /** Those that stand further on in a line. */
  readonly others: readonly string[];
  readonly instructions: readonly string[];
  readonly views: readonly string[];
  /** Registers, numbered ones with `\d*`, since a number may be in brackets. */
  readonly registers: readonly string[];
}

function arches(): Architecture[] {
  return ARCH_NAMES.flatMap((name) => architecture(name) ?? []);
}

function words(): Words {
  const statements = STATEMENTS.map(({ word }) => word);
  const unique = (all: Iterable<string>, ...without: (readonly string[])[]) =>
    [...new Set(all)].filter((word) =>
      !without.some((list) => list.includes(word))
    ).sort();
  const others = unique(
    STATEMENTS.flatMap(({ words = [], choice = [] }) => [...words, ...choice]),
  );
  return {
    statements: unique(statements),
    others,
    instructions: unique(
      INSTRUCTIONS.flatMap(({ prefix, word }) =>
        prefix === undefined ? [word] : [prefix, word]
      ),
    ),
    views: unique(VIEW_WORDS),
    registers: unique(
      arches().flatMap(({ registers }) =>
        registers.all.flatMap(({ short, name, number }) =>
          [short, name.toLowerCase()].map((text) =>
            number < 0 ? text : text.replace(/\d+/, "\\d*")
          )
        )
      ),
    ),
  };
}

/** The pattern of a token. */
function patternOf({ PATTERN }: { readonly PATTERN?: unknown }): string {
  if (!(PATTERN instanceof RegExp)) throw new RangeError("not a pattern");
  return PATTERN.source;
}

function anyOf(list: readonly string[]): string {
  return `(?:${list.join("|")})`;
}

/** What a word may not touch: a hyphen joins words. */
const NOT_BEFORE = "(?<![\\w-])";
const NOT_AFTER = "(?![\\w-])";

/** Where a word begins: what begins a line has its indent in front of it, as other patterns of lines do. */
const AT_WORD = `(?:^\\s*|${NOT_BEFORE})`;

function whole(pattern: string): string {
  return `${NOT_BEFORE}${pattern}${NOT_AFTER}`;
}

/** The grammar as JSON. */
export function textMateGrammar(): string {
  const { statements, others, instructions, views, registers } = words();
  const grammar = {
    $comment: "Generated from the rows of the language by `deno task docs`.",
    name: "dregs",
    scopeName: "source.dregs",
    fileTypes: ["dregs"],
    patterns: [
      { name: "comment.line.number-sign.dregs", match: patternOf(Comment) },
      {
        name: "string.quoted.double.dregs",
        begin: '"',
        end: '"|$',
        patterns: [
          { name: "constant.character.escape.dregs", match: "\\\\." },
          {
            name: "meta.embedded.expression.dregs",
            begin: "\\{",
            end: '\\}|(?="|$)',
            patterns: [{ include: "#values" }],
          },
        ],
      },
      {
        match: `${AT_WORD}(let|as|for|choose)\\s+(${patternOf(Word)})`,
        captures: {
          1: { name: "keyword.control.dregs" },
          2: { name: "variable.other.definition.dregs" },
        },
      },
      {
        match: `${AT_WORD}(kernel|on)\\s+(linux-[\\d.]+|[a-z][\\w.]*-[\\w.]+)`,
        captures: {
          1: { name: "keyword.control.dregs" },
          2: { name: "entity.name.type.kernel.dregs" },
        },
      },
      {
        name: "keyword.control.dregs",
        match: `(?:^|(?<=[;{}]))\\s*${anyOf(statements)}${NOT_AFTER}`,
      },
      {
        match: `(\\.)([A-Za-z_]\\w*)`,
        captures: {
          1: { name: "punctuation.accessor.dregs" },
          2: { name: "variable.other.member.dregs" },
        },
      },
      {
        match: "([A-Za-z_]\\w*)(?=\\s*=[^=])",
        captures: { 1: { name: "variable.other.member.dregs" } },
      },
      {
        name: "support.class.view.dregs",
        match: `${NOT_BEFORE}${anyOf(views)}(?=@|${NOT_AFTER})${NOT_AFTER}`,
      },
      {
        name: "support.function.instruction.dregs",
        match: whole(anyOf(instructions)),
      },
      { include: "#values" },
      {
        name: "keyword.other.dregs",
        match: whole(anyOf([...others, ...statements])),
      },
    ],
    repository: {
      values: {
        patterns: [
          {
            name: "support.variable.register.dregs",
            match: `(?i)${NOT_BEFORE}${anyOf(registers)}${NOT_AFTER}`,
          },
          {
            name: "constant.numeric.dregs",
            match: `(?<![\\w.-])${patternOf(NumberToken)}`,
          },
          {
            name: "keyword.operator.dregs",
            match: "==|!=|<=|>=|<<|>>|\\.\\.|(?<=\\s)-(?=\\s)|[+*/%&|^<>=@]",
          },
        ],
      },
    },
  };
  return `${JSON.stringify(grammar, null, 2)}\n`;
}

/** The syntax file of Vim. */
export function vimSyntax(): string {
  const { statements, others, instructions, views, registers } = words();
  return `" Vim syntax file
" Language: dregs
" Generated from the rows of the language by \`deno task docs\`.
if exists("b:current_syntax")
  finish
endif

" A hyphen joins words: linux-5.4.120, linked-address.
syntax iskeyword @,48-57,_,-

syntax keyword dregsStatement ${statements.join(" ")}
syntax keyword dregsWord ${
    others.filter((word) => !statements.includes(word)).join(" ")
  }
syntax keyword dregsView ${
    views.filter((word) => !statements.includes(word)).join(" ")
  }
syntax keyword dregsInstruction ${
    instructions.filter((word) =>
      !statements.includes(word) && !others.includes(word)
    ).join(" ")
  }
syntax match dregsRegister "\\c\\<\\%(${registers.join("\\|")}\\)\\>"
syntax match dregsKernel "\\<\\%(linux\\|rhel\\)-\\d\\+\\%(\\.\\d\\+\\)*"
syntax match dregsKernel "\\%(\\<kernel\\s\\+\\)\\@<=\\a\\S*"
syntax match dregsField "\\.\\zs\\h\\w*"
syntax match dregsField "\\<\\h\\w*\\ze=[^=]"
syntax match dregsNumber "\\<\\%(0[xX][0-9a-fA-F_]\\+\\|0[bB][01_]\\+\\|\\d[0-9_]*\\)\\>"
syntax match dregsOperator "\\s\\zs-\\ze\\s\\|[+*/%&|^<>=!@]"
syntax region dregsString start=+"+ skip=+\\\\.+ end=+"+ oneline contains=dregsEmbedded
syntax region dregsEmbedded start="{" end="}" contained oneline contains=dregsNumber,dregsOperator
syntax match dregsComment "#.*$" contains=dregsRule,@Spell
syntax match dregsRule "\\<\\%(arm64\\|x86\\):\\u\\d*\\%(/[0-9.]\\+\\)\\?" contained

highlight default link dregsStatement Statement
highlight default link dregsWord Keyword
highlight default link dregsView Type
highlight default link dregsInstruction Function
highlight default link dregsRegister Identifier
highlight default link dregsKernel Constant
highlight default link dregsField Special
highlight default link dregsNumber Number
highlight default link dregsOperator Operator
highlight default link dregsString String
highlight default link dregsEmbedded Special
highlight default link dregsComment Comment
highlight default link dregsRule Underlined

let b:current_syntax = "dregs"
`;
}
