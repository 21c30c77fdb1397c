/**
 * `kernel KERNEL [vmx|svm] [with CHANGE …] [without CHANGE …] [option=value …]`
 *
 * @module
 */
import { kernelWithVendor } from "../../engine/mod.ts";
import { kernelOf } from "../completion/line.ts";
import { options, spaced } from "../print/parts.ts";
import type { Context } from "../resolve/context.ts";
import { kernelNamed } from "../resolve/kernel_names.ts";
import { argWord, Once, oneOf, plainName } from "../resolve/options.ts";
import { refuseOtherVendor, vendorNamed } from "../resolve/vendors.ts";
import { failUnknown } from "../resolve/words.ts";
import type { Grammar } from "../syntax/grammar/grammar.ts";
import type {
  Argument,
  ChoiceNode,
  Name as NameNode,
  Node,
} from "../syntax/nodes.ts";
import { keywordType as kw, Name } from "../syntax/tokens.ts";
import { nodes, optional, tokens } from "../syntax/tree/cst.ts";
import type { Form } from "./form.ts";

/** `kernel KERNEL [vmx|svm] [with ROW …] [without ROW …] [option=value …]`. */
export interface KernelLine extends Node<"kernel"> {
  /** Which kernel. */
  readonly profile: NameNode;
  /** `vmx` or `svm`; the default of the profile if left out. */
  readonly vendor: NameNode | undefined;
  /** Changes that are applied or reverted, in the order of the text. */
  readonly choices: readonly ChoiceNode[];
  /** Options of its own. */
  readonly args: readonly Argument[];
}

/** The kernel is chosen. */
export interface KernelAction {
  readonly kind: "kernel";
  /** In one spelling, with the changes: `linux-4.4 with root-cause-fix`. */
  readonly profile: string;
  readonly vendor: string | undefined;
  readonly options: Readonly<Record<string, string>>;
}

/** `with` or `without` comes next, and a change's name after it. */
function isChoice(g: Grammar): boolean {
  return !g.isArgument() && g.isChoice();
}

/** @param isArchGiven the text has named its architecture */
function resolve(
  c: Context,
  { profile, vendor, choices, args }: KernelLine,
  isArchGiven: boolean,
): KernelAction {
  const info = kernelNamed(c, { name: profile, choices }, { isArchGiven });
  const ofVendor = vendor && vendorNamed(c, vendor, info.name, info.vendors);
  if (ofVendor !== undefined) refuseOtherVendor(c, choices, ofVendor);
  const given = new Once();
  const chosen: Record<string, string> = {};
  for (const arg of args) {
    const name = plainName(arg);
    given.take(name, name.text);
    const value = argWord(arg);
    const values = Object.hasOwn(info.options, name.text)
      ? info.options[name.text]
      : failUnknown(name, {
        code: "unknown-option",
        message: `\`${name.text}=\` is not an option of ${info.name}`,
        words: Object.keys(info.options),
      });
    chosen[name.text] = oneOf(value, values, `${name.text}=`);
  }
  return {
    kind: "kernel",
    profile: info.name,
    vendor: ofVendor,
    options: chosen,
  };
}

/** The form. */
export const kernelForm: Form<KernelLine, KernelAction> = {
  begins: ["kernel"],
  grammar: {
    kernel: (g) => {
      g.CONSUME(kw("kernel"));
      g.CONSUME(Name);
      g.OPTION({
        GATE: () => !g.isArgument() && !isChoice(g),
        DEF: () => g.CONSUME2(Name, { LABEL: "vendor" }),
      });
      g.MANY({
        GATE: () => isChoice(g) || g.isArgument(),
        DEF: () => g.SUBRULE(g.rules.kernelPart),
      });
    },
    /** A change, or an option. */
    kernelPart: (g) => {
      g.OR([
        {
          GATE: () => !g.isArgument(),
          ALT: () => g.SUBRULE(g.choice),
        },
        {
          IGNORE_AMBIGUITIES: true,
          ALT: () => g.SUBRULE(g.argument),
        },
      ]);
    },
  },
  build(parts, node, span) {
    const vendor = tokens(node, "vendor")[0];
    const all = nodes(node, "kernelPart");
    return {
      kind: "kernel",
      profile: parts.nameIn(node),
      vendor: vendor && parts.name(vendor),
      choices: all.flatMap((part) => {
        const choice = optional(part, "choice");
        return choice ? [parts.choice(choice)] : [];
      }),
      args: all.flatMap((part) => {
        const argument = optional(part, "argument");
        return argument ? [parts.argument(argument)] : [];
      }),
      span,
    };
  },
  resolve: {
    kernel: (c, line, { isArchGiven }) => resolve(c, line, isArchGiven),
  },
  perform: { kernel: ({ session }, action) => session.setKernel(action) },
  write: {
    kernel: (action) =>
      spaced(
        "kernel",
        kernelWithVendor(action.profile, action.vendor),
        options(action.options),
      ),
  },
  named: { kernel: { what: "a kernel" } },
  complete: {
    kernel: ({ label, line, context: { arch } }) =>
      label === "vendor"
        ? kernelOf(line, arch)?.vendors ?? []
        : arch.kernelNames(),
  },
  completeOptions: {
    kernel: ({ line, context: { arch, profile } }) => {
      const info = kernelOf(line, arch) ??
        arch.profiles.find((one) => one.name === profile);
      return Object.entries(info?.options ?? {});
    },
  },
};
