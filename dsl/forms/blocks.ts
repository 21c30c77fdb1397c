/**
 * What begins a block: `scenario`, `for` and `explore`, and in an `explore` block `vcpu`, `repeat`, `either` and `or`.
 *
 * A block is not one action: which of its lines come next, how often and on which machine is for those who go through
 * lines (`resolve/checker.ts`, `run/lines.ts`, `run/scenario.ts`, `explore/program.ts`). So these forms end with the
 * tree.
 *
 * @module
 */
import type { Header } from "../syntax/headers.ts";
import {
  DotDot,
  keywordType as kw,
  Name,
  NumberToken,
  StringToken,
} from "../syntax/tokens.ts";
import { nodes, sub, tokens } from "../syntax/tree/cst.ts";
import { template } from "../syntax/tree/template.ts";
import type { Form } from "./form.ts";

/** A form that begins a block: it has no action of its own. */
type BlockForm = Form<never, never, Header>;

const NO_ACTION = { resolve: {}, perform: {}, write: {} } as const;

/** `scenario "name" { … }` */
export const scenarioForm: BlockForm = {
  ...NO_ACTION,
  begins: ["scenario"],
  grammar: {
    scenario: (g) => {
      g.CONSUME(kw("scenario"));
      g.CONSUME(StringToken);
    },
  },
  build: (parts, node, span) => ({
    kind: "scenario",
    name: template(parts, tokens(node, "StringToken")[0]),
    span,
  }),
};

/** `for NAME in FROM..TO { … }` */
export const forForm: BlockForm = {
  ...NO_ACTION,
  begins: ["for"],
  grammar: {
    for: (g) => {
      g.CONSUME(kw("for"));
      g.CONSUME(Name);
      g.CONSUME(kw("in"));
      g.SUBRULE(g.expression);
      g.CONSUME(DotDot);
      g.SUBRULE2(g.expression);
    },
  },
  build(parts, node, span) {
    const [from, to] = nodes(node, "expression");
    return {
      kind: "for",
      variable: parts.defined(parts.nameIn(node)),
      from: parts.expression(from),
      to: parts.expression(to),
      span,
    };
  },
  named: { for: { what: "a name" } },
};

/** `explore { … }` */
export const exploreForm: BlockForm = {
  ...NO_ACTION,
  begins: ["explore"],
  grammar: {
    explore: (g) => {
      g.CONSUME(kw("explore"));
    },
  },
  build: (_parts, _node, span) => ({ kind: "explore", span }),
};

/** `vcpu N { … }`; `user N { … }` and `host N { … }` are with the statements of these words. */
export const vcpuForm: BlockForm = {
  ...NO_ACTION,
  isExplored: true,
  begins: ["vcpu"],
  grammar: {
    vcpu: (g) => {
      g.CONSUME(kw("vcpu"));
      g.CONSUME(NumberToken);
    },
  },
  build: (parts, node, span) => ({
    kind: "program",
    of: "vcpu",
    index: parts.number(tokens(node, "NumberToken")[0]),
    span,
  }),
};

/** `repeat N { … }` */
export const repeatForm: BlockForm = {
  ...NO_ACTION,
  isExplored: true,
  begins: ["repeat"],
  grammar: {
    repeat: (g) => {
      g.CONSUME(kw("repeat"));
      g.SUBRULE(g.expression);
    },
  },
  build: (parts, node, span) => ({
    kind: "repeat",
    count: parts.expression(sub(node, "expression")),
    span,
  }),
};

/** `either { … } or { … }`: each is a line of its own. */
export const eitherForm: BlockForm = {
  ...NO_ACTION,
  isExplored: true,
  begins: ["either"],
  grammar: {
    either: (g) => {
      g.OR([
        { ALT: () => g.CONSUME(kw("either")) },
        { ALT: () => g.CONSUME(kw("or")) },
      ]);
    },
  },
  build: (_, node, span) => ({
    kind: "either",
    isFirst: tokens(node, "Keyword_either").length > 0,
    span,
  }),
};
