/**
 * Resolves what asks for reasons: why.
 *
 * @module
 */
import type { UnmetSubject } from "../../engine/mod.ts";
import type { ActionOf, FieldAsked } from "../actions.ts";
import { fail } from "../problem.ts";
import { statementOptions } from "../statements.ts";
import type { LineOf } from "../syntax/lines.ts";
import type { Name, UnmetNode } from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { Options } from "./options.ts";
import { failUnknown, fieldNamed } from "./words.ts";

/** `why trap`, `why exit [FIELD]` … */
export function resolveWhyHappened(
  c: Context,
  { what, field }: LineOf<"why-happened">,
): ActionOf<"why-happened"> {
  if (field === undefined) return { kind: "why-happened", what, field };
  const { exitFields, exceptionFields } = c.arch;
  const known = what === "exit" ? exitFields : exceptionFields;
  const name = field.name.text.toLowerCase();
  if (!known.includes(name)) {
    failUnknown(field.name, {
      code: "unknown-field",
      message: `an ${what} has no field \`${field.name.text}\``,
      words: known,
    });
  }
  return {
    kind: "why-happened",
    what,
    field: { name, part: part(c, what, name, field.part) },
  };
}

/** The field of a register that a field of an exit is. */
function part(
  c: Context,
  what: string,
  name: string,
  wanted: Name | undefined,
): FieldAsked["part"] {
  if (wanted === undefined) return undefined;
  const register = c.arch.registers.find(name);
  if (register === undefined) {
    fail({
      code: "unknown-field",
      span: wanted.span,
      message: `\`${name}\` is no register with fields`,
      hint: `write \`why ${what} ${name}\``,
    });
  }
  return fieldNamed(wanted, register).field.name;
}

/** How many breakpoints and watchpoints an architecture has room for. */
const NUMBERS = { arm64: 16n, x86: 4n } as const;

/** `why not [guest@v|user@v] breakpoint N|… [at=ADDRESS]` */
export function resolveWhyNot(
  c: Context,
  { unmet }: LineOf<"why-not">,
): ActionOf<"why-not"> {
  const { owner, subject, number, args } = unmet;
  const vcpu = owner === undefined ? 0 : c.attempt(() => c.vcpu(owner.at)) ?? 0;
  const asked = c.attempt(() => ownerOf(unmet)) ?? "guest";
  const numbered = number &&
    c.attempt(() =>
      c.within(number, {
        what: `a ${subject}'s number`,
        max: NUMBERS[c.arch.name] - 1n,
      })
    );
  const options = new Options(c, args, statementOptions("why"), "why not");
  return {
    kind: "why-not",
    question: {
      vcpu,
      subject,
      owner: asked,
      number: number === undefined ? -1 : Number(numbered ?? 0n),
    },
    isOwnerGiven: owner !== undefined,
    address: options.value("at"),
  };
}

/** Whose it is that did not happen, where there is a choice. */
const OWNERS: Readonly<
  Record<UnmetSubject, readonly ("guest" | "user")[]>
> = {
  breakpoint: ["guest", "user"],
  watchpoint: ["guest", "user"],
  step: ["guest", "user"],
  exit: ["user"],
  trap: ["guest"],
};

function ownerOf({ owner, subject }: UnmetNode): "guest" | "user" {
  const owners = OWNERS[subject];
  if (owner === undefined) return owners[0];
  const found = owners.find((one) => one === owner.name);
  if (found !== undefined) return found;
  fail({
    code: "unexpected",
    span: owner.span,
    message: `\`why not ${subject}\` cannot be of \`${owner.name}\``,
    expected: owners,
  });
}
