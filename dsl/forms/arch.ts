/**
 * `arch arm64|x86`
 *
 * @module
 */
import { ARCH_NAMES, type ArchName } from "../../engine/mod.ts";
import { oneOf } from "../resolve/options.ts";
import { architectureOf, architectures } from "../resolve/vocabulary.ts";
import type { Name as NameNode, Node } from "../syntax/nodes.ts";
import { keywordType as kw, Name } from "../syntax/tokens.ts";
import type { Form } from "./form.ts";

/** `arch arm64|x86`. */
export interface ArchLine extends Node<"arch"> {
  /** Its name. */
  readonly name: NameNode;
}

/** The architecture is chosen. */
export interface ArchAction {
  readonly kind: "arch";
  readonly arch: ArchName;
}

/** The form. */
export const archForm: Form<ArchLine, ArchAction> = {
  begins: ["arch"],
  grammar: {
    arch: (g) => {
      g.CONSUME(kw("arch"));
      g.CONSUME(Name);
    },
  },
  build: (parts, node, span) => ({
    kind: "arch",
    name: parts.nameIn(node),
    span,
  }),
  resolve: {
    arch: (_, { name }) => {
      const words = architectures().map((one) => one.name);
      const arch = architectureOf(oneOf(name, words, "arch"))!;
      return { kind: "arch", arch: arch.name };
    },
  },
  perform: { arch: ({ session }, action) => session.setArch(action) },
  write: { arch: ({ arch }) => `arch ${arch}` },
  named: { arch: { what: "an architecture", words: ARCH_NAMES } },
  complete: { arch: () => architectures().map(({ name }) => name) },
};
