/**
 * Random parts of actions: values, registers, what is expected, and kernels after `on`.
 *
 * @module
 */
import { assert } from "@std/assert";
import * as fc from "fast-check";
import type { Expected, KernelTerm, Seen } from "../../dsl/actions.ts";
import type { Required } from "../../dsl/forms/require.ts";
import { kvmRegister } from "../../dsl/kvm_names.ts";
import { VALUE_MAX } from "../../dsl/limits.ts";
import { COUNTERS, ERRNOS, EXITS } from "../../dsl/resolve/vocabulary.ts";
import { vendorsOf } from "../../dsl/vendors.ts";
import {
  type Architecture,
  type KernelInfo,
  type RegisterInfo,
} from "../../engine/mod.ts";

export const value: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt(0n, 20n),
  fc.bigInt(0n, VALUE_MAX),
  fc.constant(VALUE_MAX),
);
export const index: fc.Arbitrary<number> = fc.nat({ max: 15 });
export const operator = fc.constantFrom(
  "==" as const,
  "!=" as const,
  "<" as const,
  "<=" as const,
  ">" as const,
  ">=" as const,
);
export const name = fc.constantFrom("x", "run", "guest", "a_b", "linux-like");

export function maybe<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(one, { nil: undefined });
}

export function bits(width: number): fc.Arbitrary<bigint> {
  return fc.bigInt(0n, (1n << BigInt(width)) - 1n);
}

/** The registers that a guest names. */
export function registers({ registers }: Architecture): RegisterInfo[] {
  return registers.all.filter(({ userOnly }) => !userOnly);
}

export function seen(arch: Architecture): fc.Arbitrary<Seen> {
  const withField = (
    info: RegisterInfo | undefined,
    rest: Omit<Seen, "field">,
  ): fc.Arbitrary<Seen> => {
    const names = info
      ? [info.layout, ...info.layout.forms].flatMap(({ fields }) =>
        fields.map((field) => field.name)
      )
      : [];
    return fc.constantFrom(undefined, ...names).map((field) => ({
      ...rest,
      field,
    }));
  };
  const kvm = fc.tuple(fc.constantFrom(...arch.kvmNames), index).chain((
    [kvmName, index],
  ) =>
    withField(kvmRegister(arch, kvmName), {
      view: "kvm",
      index,
      register: undefined,
      kvmName,
    })
  );
  const other = fc.tuple(
    fc.constantFrom(
      "guest" as const,
      "user" as const,
      "hw" as const,
      "cpu" as const,
    ),
    index,
    fc.constantFrom(...registers(arch)),
  ).chain(([view, index, info]) =>
    withField(info, { view, index, register: info.id, kvmName: undefined })
  );
  return fc.oneof({ weight: 1, arbitrary: kvm }, {
    weight: 4,
    arbitrary: other,
  });
}

/** The width of what is looked at. */
export function widthOf(
  arch: Architecture,
  { register, kvmName, field }: Seen,
): number {
  const info = kvmName === undefined
    ? arch.registers.byId(register!)
    : kvmRegister(arch, kvmName);
  if (field === undefined) {
    return kvmName === undefined ? info!.layout.widthBits : 64;
  }
  const layouts = [info!.layout, ...info!.layout.forms];
  return layouts.flatMap(({ fields }) => fields).find((one) =>
    one.name === field
  )!.widthBits;
}

export function expected(arch: Architecture): fc.Arbitrary<Expected> {
  const fields = (names: readonly string[]) =>
    fc.uniqueArray(fc.tuple(fc.constantFrom(...names), value), {
      maxLength: 3,
      selector: ([name]) => name,
    }).map((all) =>
      all.map(([name, value]) => ({ name, value, span: undefined }))
    );
  const kind = fc.constantFrom(...arch.exceptions);
  return fc.oneof(
    seen(arch).chain((one) =>
      fc.record({
        kind: fc.constant("view" as const),
        seen: fc.constant(one),
        operator,
        value: bits(widthOf(arch, one)),
      })
    ),
    seen(arch).chain((one) =>
      fc.record({
        kind: fc.constant("view" as const),
        seen: fc.constant(one),
        operator: fc.constantFrom("==" as const, "!=" as const),
        value: fc.constant("undef" as const),
      })
    ),
    fc.record({
      kind: fc.constant("number" as const),
      name: fc.constant(undefined),
      left: value,
      operator,
      value,
    }),
    fc.record({
      kind: fc.constant("exit" as const),
      reason: fc.constantFrom(...EXITS),
      fields: fields(arch.exitFields),
    }),
    fc.record({
      kind: fc.constant("exceptions" as const),
      kinds: fc.array(kind, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constantFrom("exception-count" as const, "traps" as const),
      operator,
      count: value,
    }),
    fc.record({
      kind: fc.constant("exception" as const),
      exception: kind,
      fields: fields(arch.exceptionFields),
    }),
    fc.record({
      kind: fc.constantFrom(
        "no-exception" as const,
        "ok" as const,
        "trap" as const,
        "no-trap" as const,
        "warning" as const,
        "no-warning" as const,
        "loss" as const,
        "no-loss" as const,
      ),
    }),
    fc.record({
      kind: fc.constant("error" as const),
      errno: fc.constantFrom(...ERRNOS),
    }),
    fc.record({
      kind: fc.constant("cost" as const),
      vcpu: index,
      counter: fc.constantFrom(...COUNTERS),
      operator,
      count: value,
    }),
  );
}

const release = fc.constantFrom("linux-4.4", "linux-5.10", "linux-7.2");

/** Kernels that are listed, and releases with changes. */
export function kernelNames(arch: Architecture): readonly string[] {
  const made = [
    "linux-5.4.120",
    "rhel-8.5",
    "linux-4.9 without root-cause-fix",
    "linux-4.6 with reload-at-load without root-cause-fix",
    "linux-4.6 with reload-at-load with dr6-cleared-at-put",
  ].filter((text) => arch.kernel(text).ok);
  return [...arch.profiles.map(({ name }) => name), ...made];
}

export function kernelInfo(arch: Architecture, text: string): KernelInfo {
  const answer = arch.kernel(text);
  assert(answer.ok);
  return answer.info;
}

export function kernels(
  arch: Architecture,
): fc.Arbitrary<readonly KernelTerm[]> {
  // Changes of each vendor, so that any can follow one.
  const [a, b, c, d, e] = arch.changes().filter(({ vendors }) =>
    vendors.length !== 1
  ).map(({ name }) => name);
  const term: fc.Arbitrary<KernelTerm> = fc.oneof(
    fc.record({
      kind: fc.constant("name" as const),
      name: fc.constantFrom(...kernelNames(arch)),
    }),
    fc.record({
      kind: fc.constant("other" as const),
      name: fc.constantFrom(...arch.profiles.map(({ name }) => name)),
    }),
    fc.record({
      kind: fc.constant("changes" as const),
      with: fc.constantFrom([], [a], [b, c]),
      without: fc.constantFrom([d], [e]),
    }),
    fc.record({
      kind: fc.constant("side" as const),
      operator: fc.constantFrom(
        "<" as const,
        "<=" as const,
        ">" as const,
        ">=" as const,
      ),
      release,
    }),
    fc.constant({
      kind: "range" as const,
      from: "linux-4.9",
      to: "linux-6.12",
    }),
  );
  const vendors = vendorsOf(arch);
  const ofVendor: fc.Arbitrary<KernelTerm> = vendors.length === 0
    ? term
    : fc.record({
      term: fc.oneof(
        term,
        fc.constant({ kind: "changes" as const, with: [], without: [] }),
      ),
      vendor: fc.constantFrom(...vendors),
    }).map(({ term, vendor }) => ({ ...term, vendor }));
  return fc.array(fc.oneof(term, ofVendor), { maxLength: 3 });
}

/** What a scenario needs. */
export function required(arch: Architecture): fc.Arbitrary<Required> {
  return fc.oneof(
    kernels(arch).filter((on) => on.length > 0).map((on) => ({
      kind: "kernel" as const,
      on,
    })),
    fc.record({
      kind: fc.constant("capability" as const),
      capability: fc.constantFrom(...arch.capabilities),
    }),
    expected(arch).filter((one): one is Extract<Required, Expected> =>
      one.kind === "view" || one.kind === "number" || one.kind === "read"
    ),
  );
}
