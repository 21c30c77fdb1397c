/**
 * Registers, their fields and values, and views of them.
 *
 * @module
 */
import { type Field, type RegisterInfo, rowMask } from "../../engine/mod.ts";
import type { Seen } from "../action_parts.ts";
import { kvmRegister } from "../kvm_names.ts";
import { VALUE_MAX } from "../limits.ts";
import { hex, tooWide } from "../notation.ts";
import { fail } from "../problem.ts";
import type { Span } from "../source.ts";
import { nearest } from "../suggest.ts";
import type {
  Argument,
  Expr,
  NameExpr,
  RegisterRef,
  SeenRef,
  ViewRef,
} from "../syntax/nodes.ts";
import type { Context } from "./context.ts";
import { Once, plainName } from "./options.ts";
import { familyOf, registerNamed } from "./vocabulary.ts";
import {
  failIfOther,
  failUnknown,
  failUnknownRegister,
  fieldNamed,
} from "./words.ts";

/** Which registers a place knows. */
export interface RegisterPlace {
  /** Words of an ioctl's structure count as well. */
  readonly userToo?: boolean;
  /** What else a name may have been meant to be. */
  readonly words?: readonly string[];
  /** MSRs alone, or none; left out, any. */
  readonly isMsr?: boolean;
}

/**
 * The register that a reference names.
 *
 * @returns any of the family if the index has no value yet
 */
export function registerOf(
  c: Context,
  ref: RegisterRef,
  place: RegisterPlace = {},
): RegisterInfo {
  const info = registerAt(c, ref, place);
  const { isMsr } = place;
  if (isMsr !== undefined && isMsr !== (info.isMsr ?? false)) {
    failOtherAccess(c, ref, info);
  }
  return info;
}

/** Rejects an MSR where another register is needed, and the reverse. */
function failOtherAccess(
  { arch }: Context,
  { span }: RegisterRef,
  { name, short, isMsr }: RegisterInfo,
): never {
  if (isMsr) {
    fail({
      code: "unexpected",
      span,
      message: `${name} is an MSR: MOV does not reach it`,
      hint: `write \`wrmsr ${short} …\` or \`rdmsr ${short}\``,
    });
  }
  const msrs = arch.registers.all.filter((info) => info.isMsr);
  fail({
    code: "unexpected",
    span,
    message: `${name} is not an MSR`,
    expected: msrs.map((info) => info.short),
  });
}

/** The register that a reference names, of any kind. */
function registerAt(
  c: Context,
  { name, index }: RegisterRef,
  { userToo = false, words }: RegisterPlace,
): RegisterInfo {
  const { arch } = c;
  const number = index && c.number(index);
  if (!index) {
    return registerNamed(arch, name.text, userToo) ??
      failUnknownRegister(name, { arch, userToo, words });
  }
  const family = familyOf(arch, name.text);
  if (!family) {
    if (registerNamed(arch, name.text, userToo)) {
      fail({
        code: "unknown-register",
        span: name.span,
        message: `\`${name.text}\` takes no index`,
      });
    }
    failUnknownRegister(name, { arch, userToo });
  }
  const members = [...family.keys()];
  if (number === undefined) return family.get(members[0])!;
  return family.get(Number(number)) ?? fail({
    code: "index-out-of-range",
    span: index.span,
    message: `there is no \`${name.text}[${number}]\``,
    expected: [`${Math.min(...members)} to ${Math.max(...members)}`],
  });
}

/** A value for a register as a whole. */
export function wholeValue(
  c: Context,
  value: Expr,
  { name, layout }: RegisterInfo,
): bigint {
  const known = c.number(value) ?? 0n;
  if (known >> BigInt(layout.widthBits) === 0n) return known;
  fail({
    code: "value-too-wide",
    span: value.span,
    message: `${hex(known)} does not fit ${name}, ${layout.widthBits} bits`,
  });
}

/** A value for a field: a number, or one of the field's named values. */
export function fieldValue(
  c: Context,
  value: Expr,
  owner: string,
  field: Field,
): bigint {
  const named = value.kind === "name"
    ? namedFieldValue(c, value, field)
    : undefined;
  const known = named ?? c.number(value) ?? 0n;
  if (known >> BigInt(field.widthBits) === 0n) return known;
  fail({
    code: "value-too-wide",
    span: value.span,
    message: tooWide(owner, field, known),
  });
}

/** What a lone name means to a field; undefined if it is a name that the text defines. */
function namedFieldValue(
  c: Context,
  value: NameExpr,
  { values }: Field,
): bigint | undefined {
  if (!values) return undefined;
  const key = value.text.toLowerCase();
  const names = Object.keys(values);
  const name = names.find((one) => one.toLowerCase() === key);
  const bound = c.situation.definition(value.text);
  if (name !== undefined && bound) {
    fail({
      code: "ambiguous-value",
      span: value.span,
      message:
        `\`${value.text}\` is ambiguous: a name and a value of the field`,
      notes: [{ span: bound.span, message: "the name is defined here" }],
      hint: `write \`${
        hex(values[name])
      }\` for the field's value, or rename the name`,
    });
  }
  if (name !== undefined) return values[name];
  // A short word may well be a lost loop variable, a long one that is nearly a value is not.
  const meant = value.text.length >= 4 &&
    nearest(value.text, names) !== undefined;
  if (bound || c.situation.mayDefine(value.text) && !meant) return undefined;
  failUnknown(value, {
    code: "unknown-value",
    message: `\`${value.text}\` is neither a value of the field nor a name`,
    words: [...names, ...c.situation.names()],
  });
}

/**
 * The value that a write gives a register, and which bits it changes.
 *
 * @param value the whole value, if one is given
 * @param args the fields that are named
 */
export function written(
  c: Context,
  register: RegisterInfo,
  { value, args, span }: {
    readonly value: Expr | undefined;
    readonly args: readonly Argument[];
    /** The register, in the text. */
    readonly span: Span;
  },
): { readonly value: bigint; readonly mask: bigint } {
  const base = value && c.attempt(() => wholeValue(c, value, register));
  let result = base ?? 0n;
  let mask = register.fieldwise && value === undefined ? 0n : VALUE_MAX;
  if (args.length === 0) {
    // A register that is written field by field may be written as it is.
    if (value === undefined && !register.fieldwise) {
      fail({
        code: "unexpected",
        span,
        message: `nothing is written to ${register.name}`,
        expected: ["a value", "field=value"],
      });
    }
    return { value: result, mask };
  }
  const given = new Once();
  for (const arg of args) {
    c.attempt(() => {
      const name = plainName(arg);
      given.take(name, name.text.toLowerCase());
      const { layout, field } = fieldNamed(name, register);
      const part = fieldValue(c, arg.value, register.name, field);
      result = layout.with(result, { [field.name]: part });
      mask |= rowMask(field);
    });
  }
  return { value: result, mask };
}

/** `VIEW@n`: which vCPU or CPU. */
export function viewIndex(c: Context, { name, at }: ViewRef): number {
  return name === "cpu" ? c.cpu(at) : c.vcpu(at);
}

/** `VIEW R[.field]`. */
export function seenOf(c: Context, { view, register, field }: SeenRef): Seen {
  const index = viewIndex(c, view);
  if (view.name === "kvm") {
    const kvmName = kvmNameOf(c, register);
    const layoutOf = kvmRegister(c.arch, kvmName);
    if (field && !layoutOf) {
      failUnknown(field, {
        code: "unknown-field",
        message: `${kvmName} has no field \`${field.text}\``,
        words: [],
      });
    }
    return {
      view: "kvm",
      index,
      register: undefined,
      kvmName,
      field: field && fieldNamed(field, layoutOf!).field.name,
    };
  }
  const info = registerOf(c, register, { userToo: view.name === "user" });
  return {
    view: view.name,
    index,
    register: info.id,
    kvmName: undefined,
    field: field && fieldNamed(field, info).field.name,
  };
}

/** A name of the kvm view. */
function kvmNameOf(c: Context, { name, index }: RegisterRef): string {
  const number = index && c.number(index);
  const { arch } = c;
  const text = name.text.toLowerCase();
  const wanted = index ? `${text}${number ?? 0}` : text;
  if (arch.kvmNames.includes(wanted)) return wanted;
  failIfOther(name, "a name of the kvm view", {
    arch,
    holds: ({ kvmNames }) => kvmNames.includes(wanted),
  });
  if (index) {
    const count = arch.kvmNames.filter((known) =>
      known.replace(/\d+$/, "") === text
    )
      .length;
    if (count > 1) {
      fail({
        code: "index-out-of-range",
        span: index.span,
        message: `there is no \`${name.text}[${number}]\``,
        expected: [`0 to ${count - 1}`],
      });
    }
  }
  failUnknown(name, {
    code: "unknown-name",
    message: `\`${name.text}${
      index ? "[…]" : ""
    }\` is not a name of the kvm view`,
    words: arch.kvmNames,
  });
}
