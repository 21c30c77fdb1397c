/**
 * Actions as text: what the writer writes is canonical, and resolves to the same action.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { Action, Expected, KernelTerm, Seen } from "../dsl/actions.ts";
import { INSTRUCTIONS, PLACEMENT } from "../dsl/instructions.ts";
import { kvmRegister } from "../dsl/kvm_names.ts";
import { VALUE_MAX } from "../dsl/limits.ts";
import { load } from "../dsl/load.ts";
import { actionText } from "../dsl/print/action.ts";
import { format } from "../dsl/print/format.ts";
import { covers } from "../dsl/resolve/kernel_terms.ts";
import { VCPU_OPERATION_WORDS } from "../dsl/statements.ts";
import { COUNTERS, ERRNOS, EXITS } from "../dsl/resolve/vocabulary.ts";
import {
  ARCH_NAMES,
  type Architecture,
  architecture,
  FAIL_POINTS,
  type InsnParts,
  type KernelInfo,
  makeInsn,
  MIGRATE,
  PREEMPT,
  PROPERTY_NAMES,
  type RegisterInfo,
} from "../engine/mod.ts";

const value: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt(0n, 20n),
  fc.bigInt(0n, VALUE_MAX),
  fc.constant(VALUE_MAX),
);
const index: fc.Arbitrary<number> = fc.nat({ max: 15 });
const operator = fc.constantFrom(
  "==" as const,
  "!=" as const,
  "<" as const,
  "<=" as const,
  ">" as const,
  ">=" as const,
);
const name = fc.constantFrom("x", "run", "guest", "a_b", "linux-like");

function maybe<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(one, { nil: undefined });
}

function bits(width: number): fc.Arbitrary<bigint> {
  return fc.bigInt(0n, (1n << BigInt(width)) - 1n);
}

/** The registers that a guest names. */
function registers({ registers }: Architecture): RegisterInfo[] {
  return registers.all.filter(({ userOnly }) => !userOnly);
}

function seen(arch: Architecture): fc.Arbitrary<Seen> {
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
function widthOf(
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

function expected(arch: Architecture): fc.Arbitrary<Expected> {
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
function kernelNames(arch: Architecture): readonly string[] {
  const made = [
    "linux-5.4.120",
    "rhel-8.5",
    "linux-4.9 without root-cause-fix",
    "linux-4.6 with reload-at-load without root-cause-fix",
    "linux-4.6 with reload-at-load with dr6-cleared-at-put",
  ].filter((text) => arch.kernel(text).ok);
  return [...arch.profiles.map(({ name }) => name), ...made];
}

function kernelInfo(arch: Architecture, text: string): KernelInfo {
  const answer = arch.kernel(text);
  assert(answer.ok);
  return answer.info;
}

function kernels(arch: Architecture): fc.Arbitrary<readonly KernelTerm[]> {
  const [a, b, c, d, e] = arch.changes().map(({ name }) => name);
  return fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant("name" as const),
        name: fc.constantFrom(...kernelNames(arch)),
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
    ),
    { maxLength: 3 },
  );
}

function words(value: bigint): { readonly lo: number; readonly hi: number } {
  return {
    lo: Number(BigInt.asIntN(32, value)),
    hi: Number(BigInt.asIntN(32, value >> 32n)),
  };
}

function instruction(
  arch: Architecture,
): fc.Arbitrary<Extract<Action, { kind: "guest" }>> {
  const rows = INSTRUCTIONS.filter(({ word }) =>
    arch.instructions[word] !== undefined
  );
  const code = value.map((one) => one - one % BigInt(arch.codeAlignment));
  const level = PLACEMENT.find((row) =>
    row.arch === arch.name && row.name !== "len"
  )!;
  return fc.constantFrom(...rows).chain((row) => {
    const info = fc.constantFrom(...registers(arch));
    const operand = row.operand?.isAddress
      ? code
      : row.operand
      ? fc.bigInt(0n, row.operand.max ?? VALUE_MAX)
      : value;
    return fc.record({
      vcpu: index,
      info,
      operand: row.operand?.isOptional ? maybe(operand) : operand,
      at: row.operand?.isAddress ? code : maybe(code),
      level: maybe(fc.constantFrom(...level.values!)),
      len: arch.name === "x86" ? maybe(fc.integer({ min: 1, max: 15 })) : fc
        .constant(undefined),
      as: maybe(name),
      options: fc.tuple(
        ...(row.options ?? []).map((option) =>
          fc.constantFrom(...option.values!)
        ),
      ),
      mask: value,
    }).map((made) => {
      const { vcpu, operand, level = -1, as } = made;
      const parts: { -readonly [K in keyof InsnParts]: InsnParts[K] } = {
        op: row.word,
        level,
        lengthBytes: made.len ?? arch.instructions[row.word],
      };
      if (row.register) parts.register = made.info.id;
      if (row.register === "read") parts.name = as;
      const isWrite = row.register === "write";
      if (isWrite || row.operand && !row.operand.isAddress) {
        const width = isWrite ? made.info.layout.widthBits : 64;
        let given = BigInt.asUintN(width, operand ?? 0n);
        let mask = VALUE_MAX;
        if (isWrite && made.info.fieldwise) {
          mask = 0n;
          const value = given;
          given = 0n;
          for (const field of made.info.layout.fields) {
            const bit = (1n << BigInt(field.widthBits)) - 1n;
            if ((made.mask >> BigInt(field.lo) & 1n) === 0n) continue;
            mask |= bit << BigInt(field.lo);
            given |= value & bit << BigInt(field.lo);
          }
        }
        if (isWrite || operand !== undefined) {
          Object.assign(parts, words(given));
        }
        const masks = words(mask);
        parts.maskLo = masks.lo;
        parts.maskHi = masks.hi;
        if (row.operandBytes !== undefined && operand !== undefined) {
          parts.sizeBytes = row.operandBytes;
        }
        if (row.isMemory && operand !== undefined) {
          parts.mmio = given >= arch.mmio.first && given <= arch.mmio.last;
        }
      }
      (row.options ?? []).forEach(({ part }, n) => {
        parts[part] = made.options[n];
      });
      return {
        kind: "guest" as const,
        vcpu,
        instruction: { parts, address: made.at },
      };
    });
  });
}

function actions(arch: Architecture): fc.Arbitrary<Action> {
  const code = value.map((one) => one - one % BigInt(arch.codeAlignment));
  const counts = (
    rows: readonly { name: string; min: number; max: number }[],
  ) =>
    fc.uniqueArray(
      fc.constantFrom(...rows).chain((row) =>
        fc.tuple(
          fc.constant(row.name),
          fc.integer({ min: row.min, max: row.max }),
        )
      ),
      { minLength: 1, selector: ([name]) => name },
    ).map((all) => Object.fromEntries(all) as Record<string, number>);
  const point = fc.record({
    action: fc.constant("break" as const),
    address: code,
  });
  const off = fc.constant({ action: "off" as const });
  const watch = <T extends string>(
    sizes: readonly number[],
    on: readonly T[],
  ) =>
    fc.record({
      action: fc.constant("watch" as const),
      address: value,
      sizeBytes: fc.constantFrom(...sizes),
      on: fc.constantFrom(...on),
    });
  const infos = kernelNames(arch).map((text) => kernelInfo(arch, text));
  const kernel = fc.constantFrom(...infos).chain((info) =>
    fc.record({
      kind: fc.constant("kernel" as const),
      profile: fc.constant(info.name),
      vendor: fc.constantFrom(undefined, ...info.vendors),
      options: fc.constantFrom(
        {},
        ...Object.entries(info.options).flatMap(([name, values]) =>
          values.map((one) => ({ [name]: one }))
        ),
      ) as fc.Arbitrary<Record<string, string>>,
    })
  );
  const register = fc.constantFrom(...arch.registers.all);
  const operation = fc.oneof(
    fc.record({
      kind: fc.constant("get" as const),
      register: register.map(({ id }) => id),
      as: maybe(name),
    }),
    register.chain((info) =>
      fc.record({
        kind: fc.constant("set" as const),
        register: fc.constant(info.id),
        value: bits(info.layout.widthBits),
      })
    ),
    fc.record({ kind: fc.constant("set-pc" as const), value: code }),
    fc.record({ kind: fc.constant("init" as const) }),
    fc.record({
      kind: fc.constant("check" as const),
      capability: fc.constantFrom(...arch.capabilities),
      as: maybe(name),
    }),
    fc.record({
      kind: fc.constant("debugger" as const),
      request: fc.oneof(
        point,
        off,
        watch(arch.watchSizes, arch.watchAccesses),
        fc.constantFrom(
          { action: "step" as const },
          { action: "swbreak" as const },
        ),
      ),
    }),
    fc.record({
      kind: fc.constant("guest-debug" as const),
      request: fc.record({
        control: fc.nat(0xffff_ffff),
        inject: fc.constantFrom(
          undefined,
          ...(arch.injectable as ("db" | "bp")[]),
        ),
        blockirq: arch.name === "x86" ? fc.boolean() : fc.constant(false),
        registers: fc.uniqueArray(
          fc.constantFrom(...registers(arch)).chain((info) =>
            fc.record({
              register: fc.constant(info.id),
              value: bits(info.layout.widthBits),
            })
          ),
          { maxLength: 3, selector: ({ register }) => register },
        ),
      }),
    }),
  );
  return fc.oneof(
    kernel,
    fc.tuple(
      counts(arch.hostCounts),
      fc.constantFrom(undefined, ...arch.models.map(({ name }) => name)),
    ).filter(([counts]) =>
      arch.checkHost({
        ...Object.fromEntries(
          arch.hostCounts.map(({ name, initial }) => [name, initial!]),
        ),
        ...counts,
      }) === undefined
    ).map(([counts, model]) => ({
      kind: "host" as const,
      counts,
      model,
      unpredictable: arch.unpredictable.at(-1)?.name,
    })),
    fc.record({
      kind: fc.constant("host-debug" as const),
      cpu: index,
      request: fc.oneof(
        point,
        off,
        watch(arch.hostWatchSizes, ["store", "access"]),
      ),
    }),
    fc.record({
      kind: fc.constant("set" as const),
      counts: counts([
        ...arch.guestCounts,
        { name: "vcpus", min: 1, max: 16 },
      ]),
    }),
    { weight: 4, arbitrary: instruction(arch) },
    fc.record({
      kind: fc.constant("handler" as const),
      vcpu: index,
      mode: fc.constantFrom(
        "skip" as const,
        "mask" as const,
        "stop" as const,
      ),
    }),
    fc.record({
      kind: fc.constant("run" as const),
      vcpu: index,
      options: fc.record({
        cpu: maybe(index),
        steps: maybe(fc.integer({ min: 1, max: 1_000_000_000 })),
        attempts: maybe(fc.nat({ max: 1_000_000_000 })),
        stop: fc.constantFrom(
          undefined,
          "put" as const,
          "exit" as const,
          "guest" as const,
        ),
        fail: arch.name === "arm64"
          ? maybe(fc.constantFrom(...FAIL_POINTS))
          : fc.constant(undefined),
      }),
    }),
    fc.record({
      kind: fc.constant("vcpu-operation" as const),
      word: fc.constantFrom(...VCPU_OPERATION_WORDS),
      vcpu: index,
      options: fc.constant({}),
    }),
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("user" as const),
        vcpu: index,
        operation,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("expect" as const),
        expected: expected(arch),
        on: kernels(arch),
      }),
    },
    fc.record({
      kind: fc.constant("show" as const),
      views: fc.uniqueArray(
        fc.constantFrom(
          "guest" as const,
          "user" as const,
          "hw" as const,
          "cpu" as const,
          "kvm" as const,
        ),
      ).chain((views) =>
        maybe(index).map((index) => views.map((name) => ({ name, index })))
      ),
      registers: fc.uniqueArray(
        fc.constantFrom(...registers(arch).map(({ short }) => short), "d*"),
      ),
    }),
    fc.record({
      kind: fc.constantFrom("show-map" as const, "show-cost" as const),
    }),
    fc.record({ kind: fc.constant("why" as const), seen: seen(arch) }),
    fc.record({
      kind: fc.constant("why-happened" as const),
      what: fc.constantFrom(
        "trap" as const,
        "exit" as const,
        "exception" as const,
        "miss" as const,
        "refused" as const,
      ),
    }),
    fc.record({ kind: fc.constant("let" as const), name, value }),
    // Lines of an explore block.
    fc.record({
      kind: fc.constant("preempt" as const),
      mode: fc.constantFrom(...PREEMPT),
    }),
    fc.record({
      kind: fc.constant("migrate" as const),
      mode: fc.constantFrom(...MIGRATE),
    }),
    fc.record({
      kind: fc.constant("never" as const),
      properties: fc.uniqueArray(fc.constantFrom(...PROPERTY_NAMES), {
        minLength: 1,
      }),
    }),
    fc.record({
      kind: fc.constant("bound" as const),
      states: maybe(fc.integer({ min: 1 })),
      depth: fc.integer({ min: 1 }),
    }),
    fc.tuple(seen(arch), kernels(arch)).chain(([one, on]) =>
      fc.record({
        kind: fc.constant("property" as const),
        when: fc.constantFrom("always" as const, "finally" as const),
        expected: fc.record({
          kind: fc.constant("view" as const),
          seen: fc.constant(one),
          operator,
          value: bits(widthOf(arch, one)),
        }),
        on: fc.constant(on),
      })
    ),
  );
}

/** Kinds of actions that stand in an explore block. */
const EXPLORED = new Set(["preempt", "migrate", "never", "bound", "property"]);
/** Kinds of actions that stand before the machine is used. */
const FIRST = new Set(["kernel", "host", "set"]);

/** A text in which the action's line is right. */
function textWith(action: Action, arch: Architecture): string {
  const text = actionText(action, arch);
  const head = `arch ${arch.name}\n`;
  if (FIRST.has(action.kind)) return head + text;
  const machine = `${head}host cpus=16\nset vcpus=16\n`;
  return EXPLORED.has(action.kind)
    ? `${machine}explore {\nvcpu 15 { }\n${text}\n}`
    : machine + text;
}

/** The action of a text's last line. */
function resolvedLast(text: string): Action | undefined {
  const loaded = load({ name: "text.dregs", text });
  assert(loaded.ok, `${loaded.diagnostics[0]?.message}\n${text}`);
  const last = loaded.file.lines.at(-1)!;
  const line = last.kind === "explore" ? last.body.lines.at(-1)! : last;
  return "resolved" in line ? line.resolved : undefined;
}

/** An action as data, without places; parts of an instruction as the machine has them. */
function plain(action: Action | undefined): unknown {
  if (action === undefined) return undefined;
  const one = action.kind === "guest"
    ? {
      ...action,
      instruction: {
        address: action.instruction.address,
        insn: makeInsn(action.instruction.parts),
      },
    }
    : action;
  return JSON.parse(
    JSON.stringify(
      one,
      (key, part) =>
        key === "span"
          ? undefined
          : typeof part === "bigint"
          ? `${part}n`
          : part,
    ),
  );
}

for (const archName of ARCH_NAMES) {
  const arch = architecture(archName)!;
  Deno.test(`round trip: every action of ${archName}, as text, is the same action`, () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(actions(arch), (action) => {
        kinds.add(action.kind);
        const text = textWith(action, arch);
        assertEquals(plain(resolvedLast(text)), plain(action), text);
      }),
      { numRuns: 6000 },
    );
    assertEquals(kinds.size, 21, [...kinds].join(" "));
  });

  Deno.test(`round trip: what is written of ${archName} is as fmt would have it`, () => {
    fc.assert(
      fc.property(actions(arch), (action) => {
        const text = `${actionText(action, arch)}\n`;
        const formatted = format({ name: "text.dregs", text });
        assert(formatted.ok);
        assertEquals(formatted.text, text);
      }),
      { numRuns: 1500 },
    );
  });
}

Deno.test("round trip: an expectation of what as named", () => {
  for (const [text, value] of [["undef", "undef"], ["0x5", 5n]] as const) {
    const expected = {
      kind: "read",
      name: "x",
      operator: "==",
      value,
    } as const;
    const action = { kind: "expect", expected, on: [] } as const;
    const arch = architecture("arm64")!;
    assertEquals(actionText(action, arch), `expect x == ${text}`);
  }
});

Deno.test("on: ranges follow mainline order, and name no kernel of an author", () => {
  const side = (operator: "<" | "<=" | ">" | ">=", release: string) =>
    [{ kind: "side", operator, release }] as const;
  const row = (kind: "with" | "without") =>
    [{
      kind: "changes",
      with: kind === "with" ? ["root-cause-fix"] : [],
      without: kind === "with" ? [] : ["root-cause-fix"],
    }] as const;
  const rows: readonly [
    readonly KernelTerm[],
    name: string,
    covered: boolean,
  ][] = [
    [[], "watanabe-v7", true],
    [side(">=", "linux-6.12"), "linux-6.12", true],
    [side(">", "linux-6.12"), "linux-6.12", false],
    [side(">=", "linux-6.2"), "linux-6.12", true],
    [side("<", "linux-4.9"), "linux-4.4", true],
    [side("<=", "linux-4.9"), "linux-6.1", false],
    [side(">=", "linux-4.4"), "watanabe-v7", false],
    [side(">=", "linux-5.9"), "linux-6.1", true],
    [
      [{ kind: "range", from: "linux-4.4", to: "linux-4.9" }],
      "linux-4.9",
      true,
    ],
    [
      [{ kind: "range", from: "linux-4.4", to: "linux-4.9" }],
      "linux-6.1",
      false,
    ],
    [
      [{ kind: "name", name: "watanabe-v7" }, ...side(">=", "linux-6.1")],
      "watanabe-v7",
      true,
    ],
    // A stable release is in a range if it behaves as its first one.
    [side(">=", "linux-5.4"), "linux-5.5.1", true],
    [side(">=", "linux-5.4"), "linux-5.4.120", false],
    [side(">=", "linux-4.4"), "linux-4.4 with root-cause-fix", false],
    [side(">=", "linux-4.4"), "rhel-8.5", false],
    [row("with"), "linux-4.4", false],
    [row("without"), "linux-4.4", true],
    [row("with"), "linux-4.4 with root-cause-fix", true],
    [row("with"), "rhel-8.5", true],
    [row("without"), "reload-2016", true],
    [
      [{ kind: "changes", with: ["root-cause-fix"], without: ["skip-steps"] }],
      "linux-4.9",
      true,
    ],
    [
      [{ kind: "changes", with: ["root-cause-fix"], without: ["skip-steps"] }],
      "linux-4.10",
      false,
    ],
    // It is not made of changes.
    [row("without"), "kiszka-2008", false],
    [row("with"), "kiszka-2008", false],
  ];
  for (const [terms, name, covered] of rows) {
    const answers = [architecture("x86")!, architecture("arm64")!].map((arch) =>
      arch.kernel(name)
    );
    const answer = answers.find(({ ok }) => ok)!;
    assert(answer.ok);
    assertEquals(covers(terms, answer.info), covered, JSON.stringify(terms));
  }
});
