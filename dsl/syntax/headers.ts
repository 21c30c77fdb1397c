/**
 * Headers: statements that a block follows.
 *
 * @module
 */
import type { Expr, Name, Node, StringLiteral, Template } from "./nodes.ts";

/** Headers: statements that a block follows. The span is the header's, without the block. */
export type Header =
  /** `scenario "name" { … }`: a fresh machine. */
  | (Node<"scenario"> & { readonly name: Template })
  /** `for i in FROM..TO { … }`: TO is included. */
  | (Node<"for"> & {
    readonly variable: Name;
    readonly from: Expr;
    readonly to: Expr;
  })
  /** `explore { … }`: what can happen, and what must not. */
  | Node<"explore">
  /** `vcpu N { … }`, `user N { … }`, `host N { … }`: programs of a guest, of its userspace, of a CPU's host. */
  | (Node<"program"> & {
    readonly of: "vcpu" | "user" | "host";
    /** vCPU, or physical CPU. */
    readonly index: Expr;
  })
  /** `repeat N { … }`. */
  | (Node<"repeat"> & { readonly count: Expr })
  /** `either { … }`, and each `or { … }` after it. */
  | (Node<"either"> & {
    /** It is the `either`, not an `or`. */
    readonly isFirst: boolean;
  })
  /** `known "NAME" { … }`: a failure that does not end the search. */
  | (Node<"known"> & { readonly name: StringLiteral });
