/**
 * What is expected, as text.
 *
 * @module
 */
import type { Architecture } from "../../../engine/mod.ts";
import type { Expected } from "../../action_parts.ts";
import { fieldNumber, hex, namedNumber } from "../../notation.ts";
import { at, seenText, spaced } from "../../print/parts.ts";
import { fieldSeen } from "../../seen.ts";

/** What is expected, without `expect`. */
export function expectedText(arch: Architecture, expected: Expected): string {
  switch (expected.kind) {
    case "view": {
      const { seen, operator, value } = expected;
      const field = fieldSeen(arch, seen)?.field;
      const text = value === "undef"
        ? value
        : field
        ? fieldNumber(field, value)
        : hex(value);
      return `${seenText(arch, seen)} ${operator} ${text}`;
    }
    case "number": {
      const { name, left, operator, value } = expected;
      return `${name ?? hex(left)} ${operator} ${hex(value)}`;
    }
    case "read": {
      const { name, operator, value } = expected;
      const text = value === "undef" ? value : hex(value);
      return `${name} ${operator} ${text}`;
    }
    case "exit":
      return spaced("exit", expected.reason, fieldTexts(expected));
    case "exception":
      return spaced("exception", expected.exception, fieldTexts(expected));
    case "exceptions":
      return `exceptions ${expected.kinds.join(", ")}`;
    case "exception-count":
      return `exceptions ${expected.operator} ${expected.count}`;
    case "traps":
      return `traps ${expected.operator} ${expected.count}`;
    case "cost": {
      const { vcpu, counter, operator, count } = expected;
      return `cost${at(vcpu)} ${counter} ${operator} ${count}`;
    }
    case "error":
      return `error ${expected.errno}`;
    case "no-exception":
    case "no-trap":
    case "no-warning":
    case "no-loss":
      return expected.kind.replace("-", " ");
    case "ok":
    case "trap":
    case "warning":
    case "loss":
      return expected.kind;
    default:
      return expected satisfies never;
  }
}

function fieldTexts(
  { fields }: Extract<Expected, { readonly kind: "exit" | "exception" }>,
): string[] {
  return fields.map(({ name, value }) => `${name}=${namedNumber(name, value)}`);
}
