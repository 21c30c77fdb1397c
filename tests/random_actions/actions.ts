/**
 * Random actions, of every kind and with every operand.
 *
 * @module
 */
import * as fc from "fast-check";
import type { Action } from "../../dsl/actions.ts";
import { wordsOfForm } from "../../dsl/statements.ts";
import {
  type Architecture,
  FAIL_POINTS,
  MIGRATE,
  PREEMPT,
  PROPERTY_NAMES,
  RESTORES,
  USER_EVENTS,
} from "../../engine/mod.ts";

import {
  bits,
  expected,
  index,
  kernelInfo,
  kernelNames,
  kernels,
  maybe,
  name,
  operator,
  registers,
  required,
  seen,
  value,
  widthOf,
} from "./expectations.ts";
import { instruction } from "./instructions.ts";

/** `why not` in each of its forms. */
function whyNot(arch: Architecture): fc.Arbitrary<Action> {
  const numbered = fc.record({
    subject: fc.constantFrom("breakpoint" as const, "watchpoint" as const),
    owner: fc.constantFrom("guest" as const, "user" as const),
    number: fc.nat(arch.name === "x86" ? 3 : 15),
  });
  const others = fc.constantFrom(
    { subject: "step", owner: "guest", number: -1 } as const,
    { subject: "step", owner: "user", number: -1 } as const,
    { subject: "exit", owner: "user", number: -1 } as const,
    { subject: "trap", owner: "guest", number: -1 } as const,
  );
  return fc.record({
    vcpu: index,
    what: fc.oneof(numbered, others),
    address: maybe(value),
  }).map(({ vcpu, what, address }) => ({
    kind: "why-not" as const,
    question: { vcpu, ...what },
    isOwnerGiven: true,
    address,
  }));
}

export function actions(arch: Architecture): fc.Arbitrary<Action> {
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
        value: bits(info.layout.widthBits).filter((value) =>
          arch.notModelled(info.id, value) === undefined
        ),
      })
    ),
    fc.record({ kind: fc.constant("set-pc" as const), value: code }),
    fc.record({ kind: fc.constant("init" as const) }),
    fc.record({
      kind: fc.constant("interrupt" as const),
      vector: fc.integer({
        min: arch.interrupts.first,
        max: arch.interrupts.last,
      }),
    }),
    ...USER_EVENTS.flatMap((kind) => {
      const vector = arch.interrupts.others[kind];
      return vector === undefined ? [] : [
        fc.record({ kind: fc.constant(kind), vector: fc.constant(vector) }),
      ];
    }),
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
  const ofVm = [
    ...arch.enabled.map((capability) =>
      fc.record({
        kind: fc.constant("enable" as const),
        capability: fc.constant(capability),
      })
    ),
    ...arch.vmms.map((vmm) =>
      fc.record({
        kind: fc.constant("save" as const),
        name,
        vmm: fc.constant(vmm),
      })
    ),
    fc.record({
      kind: fc.constant("restore" as const),
      name,
      counts: fc.constantFrom(
        // Not `ctx`, which the breakpoints limit.
        ...arch.restoredOn.flatMap(({ name, max }) =>
          name === "ctx" ? [] : [{ [name]: max }]
        ),
        {},
      ),
    }),
  ];
  return fc.oneof(
    kernel,
    ...ofVm.map((operation) =>
      fc.record({
        kind: fc.constant("user" as const),
        vcpu: fc.constant(0),
        operation,
      })
    ),
    fc.tuple(
      counts(arch.hostCounts),
      fc.constantFrom(undefined, ...arch.models.map(({ name }) => name)),
    ).filter(([counts, model]) =>
      arch.checkHost({
        ...Object.fromEntries(
          arch.hostCounts.flatMap(({ name, initial }) =>
            initial === undefined ? [] : [[name, initial]]
          ),
        ),
        ...counts,
      }, model) === undefined
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
        ...registers(arch).filter(({ isMsr }) => isMsr).map(({ id }) =>
          fc.record({
            action: fc.constant("wrmsr" as const),
            register: fc.constant(id),
            value,
          })
        ),
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
      word: fc.constantFrom(...wordsOfForm("vcpuOperation")),
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
      kind: fc.constant("require" as const),
      required: required(arch),
    }),
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
      field: fc.constant(undefined),
    }),
    fc.record({
      kind: fc.constant("why-happened" as const),
      what: fc.constant("exit" as const),
      field: fc.record({
        name: fc.constantFrom(...arch.exitFields),
        part: fc.constant(undefined),
      }),
    }),
    whyNot(arch),
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
    ...arch.vmms.map((vmm) =>
      fc.record({
        kind: fc.constant("restore" as const),
        mode: fc.constantFrom(...RESTORES),
        vmm: fc.constant(vmm),
      })
    ),
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
