/**
 * From the lines of a program to a graph of what it does.
 *
 * @module
 */
import { type Graph } from "../../engine/mod.ts";
import { GraphBuilder } from "../../engine/explore/mod.ts";
import type { Action, ActionOf } from "../actions.ts";
import { fail } from "../problem.ts";
import { Context } from "../resolve/context.ts";
import { resolveRepeat } from "../resolve/explore.ts";
import { Scope } from "../resolve/scope.ts";
import { liveSituation, mustAct } from "../run/live.ts";
import type { Session } from "../run/session.ts";
import type { Block, Line } from "../syntax/lines.ts";
import type { Origins } from "./origins.ts";

/** A part of a program, in the order of the text. */
export type Piece<A> =
  | { readonly kind: "act"; readonly action: A }
  | {
    readonly kind: "repeat";
    readonly count: number;
    readonly body: readonly Piece<A>[];
  }
  | {
    readonly kind: "either";
    readonly ways: readonly (readonly Piece<A>[])[];
  };

/** The actions of parts. */
function actionsOf(pieces: readonly Piece<unknown>[]): unknown[] {
  return pieces.flatMap((piece) => {
    switch (piece.kind) {
      case "act":
        return [piece.action];
      case "repeat":
        return actionsOf(piece.body);
      case "either":
        return piece.ways.flatMap(actionsOf);
      default:
        return piece satisfies never;
    }
  });
}

/** The graph of a program. */
export function graphOf<A>(pieces: readonly Piece<A>[]): Graph<A> {
  const builder = new GraphBuilder<A>();
  const build = (parts: readonly Piece<A>[], next: number): number =>
    parts.reduceRight((after, piece) => {
      switch (piece.kind) {
        case "act":
          return builder.act(piece.action, after);
        case "repeat":
          return builder.repeat(
            piece.count,
            after,
            (next) => build(piece.body, next),
          );
        case "either":
          return builder.choice(piece.ways.map((way) => build(way, after)));
        default:
          return piece satisfies never;
      }
    }, next);
  return builder.finish(build(pieces, builder.end));
}

/** A transaction is one step of the search. */
function failApart({ span }: Line): never {
  fail({
    code: "not-possible",
    span,
    message: "an open transaction is in another block: `xbegin` and `xend` " +
      "belong in the same one, with instructions alone between them",
  });
}

/**
 * The parts of a program.
 *
 * @param act what an action is in the model
 * @param joins the action is the one before it, with its line added
 * @param origins gets the lines of actions
 */
export function piecesOf<A>(
  session: Session,
  body: Block,
  outer: Scope,
  { act, joins, origins }: {
    readonly act: (action: Action, line: Line) => A;
    readonly joins?: (action: A) => boolean;
    readonly origins: Origins;
  },
): Piece<A>[] {
  const block = ({ lines }: Block, scope: Scope): Piece<A>[] =>
    list(lines, new Scope(scope));
  const list = (lines: readonly Line[], scope: Scope): Piece<A>[] => {
    const pieces: Piece<A>[] = [];
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at];
      switch (line.kind) {
        case "let": {
          const { value } = mustAct(session, line, scope) as ActionOf<"let">;
          scope.define(line.name, value);
          break;
        }
        case "repeat": {
          const situation = liveSituation(session, scope);
          const count = resolveRepeat(
            new Context(session.arch, situation),
            line,
          );
          pieces.push({ kind: "repeat", count, body: block(line.body, scope) });
          break;
        }
        case "either": {
          const way = (one: typeof line): Piece<A>[] => {
            const pieces = block(one.body, scope);
            origins.way(one, actionsOf(pieces));
            return pieces;
          };
          const ways = [way(line)];
          for (;;) {
            const next = lines[at + 1];
            if (next?.kind !== "either" || next.isFirst) break;
            at++;
            ways.push(way(next));
          }
          pieces.push({ kind: "either", ways });
          break;
        }
        case "choose": {
          const rest = lines.slice(at + 1);
          const action = mustAct(session, line, scope) as ActionOf<"choose">;
          const ways = action.values.map((value) => {
            const inner = new Scope(scope);
            inner.define(line.name, value);
            const pieces = list(rest, inner);
            origins.way(line, actionsOf(pieces), {
              name: line.name.text,
              value,
            });
            return pieces;
          });
          return [...pieces, { kind: "either", ways }];
        }
        case "instruction":
        case "user-line":
        case "host-line": {
          const action = act(mustAct(session, line, scope), line);
          if (joins?.(action)) {
            const before = pieces.pop();
            if (before?.kind !== "act") failApart(line);
            origins.replace(before.action, action);
          } else origins.act(action, line);
          pieces.push({ kind: "act", action });
          break;
        }
        default:
          throw new RangeError(`${line.kind} is not a line of a program`);
      }
    }
    return pieces;
  };
  return block(body, outer);
}
