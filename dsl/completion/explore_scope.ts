/**
 * Where a line stands, as far as `explore` blocks go: the grammar has the lines of all places in one rule, and the
 * checks tell them apart.
 *
 * @module
 */
import type { Expected } from "./walk.ts";

/** Around a line: no explore block, the block itself, or one of its programs. */
export type ExploreScope = "outside" | "explore" | "vcpu" | "user" | "host";

/** The scope in a block that begins with a word. */
export function scopeInside(
  head: string | undefined,
  around: ExploreScope,
): ExploreScope {
  if (head === "explore") return "explore";
  const isProgram = head === "vcpu" || head === "user" || head === "host";
  return around === "explore" && isProgram ? head : around;
}

/** By the rule, or the keyword where there is no rule, that a line of a place begins with. */
const LINES: Readonly<Record<Exclude<ExploreScope, "outside">, Set<string>>> = {
  explore: new Set([
    "vcpuProgram",
    "choose",
    "preempt",
    "migrate",
    "fail",
    "never",
    "always",
    "finally",
    "bound",
  ]),
  vcpu: new Set(["instruction", "repeat", "either", "or", "choose"]),
  user: new Set([
    "userGet",
    "userDebug",
    "init",
    "repeat",
    "either",
    "or",
    "choose",
  ]),
  host: new Set([
    "break",
    "watch",
    "off",
    "repeat",
    "either",
    "or",
    "choose",
  ]),
};

/** Whether what the grammar expects belongs to a place. */
export function standsIn(
  { rules, type, label, before }: Expected,
  scope: ExploreScope,
): boolean {
  const [whole, rule, part] = rules;
  if (whole !== "statement") return true;
  const isWord = before === undefined;
  if (scope === "outside") {
    return rule !== "exploreLine" && label !== "program" &&
      !(rule === "set" && (part === "register" || part === "value"));
  }
  switch (rule) {
    case "let":
      return true;
    case "exploreLine":
      return LINES[scope].has(part ?? type.LABEL ?? "") ||
        !isWord && part === undefined;
    case "host":
    case "user":
      return scope === "explore" && (isWord || label === "program");
    case "set":
      return scope === "user" && part !== "settings";
    default:
      return false;
  }
}
