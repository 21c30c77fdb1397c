/**
 * The guest reads back what it wrote, whatever userspace does, and wherever its vCPU runs.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Machine } from "../engine/mod.ts";
import {
  append,
  CODE,
  DEBUG_REQUESTS,
  type GuestInsn,
  guestInsns,
  HOST,
  machineFor,
  newSeed,
  registerId,
  registersOf,
  type RegisterWrite,
  registerWrites,
  type Setting,
  settingName,
  SETTINGS,
} from "./arm64_random_program.ts";

/** Programs over all kernels. */
const PROGRAMS = 10_000;

/** vCPUs that disturb one another. */
const VCPUS = 2;

/** One thing that happens. */
type Action =
  & { readonly v: number }
  & (
    | { readonly kind: "guest"; readonly insn: GuestInsn }
    | { readonly kind: "debug"; readonly request: number }
    | {
      readonly kind: "run";
      readonly steps: number;
      readonly cpu: number;
      readonly stop: "put" | "exit" | "guest";
    }
    | { readonly kind: "interrupt" | "put" }
    /** Userspace, once the program is done. */
    | { readonly kind: "user-set"; readonly write: RegisterWrite }
    | { readonly kind: "init" }
  );

function actions(setting: Setting): fc.Arbitrary<readonly Action[]> {
  const v = fc.nat(VCPUS - 1);
  const one = fc.oneof(
    {
      weight: 14,
      arbitrary: fc.record({
        v,
        kind: fc.constant("guest" as const),
        insn: guestInsns(setting),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        v,
        kind: fc.constant("debug" as const),
        request: fc.nat(DEBUG_REQUESTS.length - 1),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        v,
        kind: fc.constant("run" as const),
        steps: fc.integer({ min: 1, max: 4 }),
        cpu: fc.nat(HOST.cpus - 1),
        stop: fc.constantFrom(
          "put" as const,
          "exit" as const,
          "guest" as const,
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        v,
        kind: fc.constantFrom("interrupt" as const, "put" as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        v,
        kind: fc.constant("user-set" as const),
        write: registerWrites(setting),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ v, kind: fc.constant("init" as const) }),
    },
  );
  return fc.array(one, { maxLength: 60, size: "max" });
}

/** Runs a vCPU until its program is done, as a debugger that steps over what it hits; at last it gives up debugging. */
function drain(machine: Machine, v: number): void {
  for (let tries = 0; tries < 200; tries++) {
    if (tries === 100) machine.debugger(v, { action: "off" });
    const { exit, values } = machine.run(v, { cpu: tries % HOST.cpus });
    if (exit === "idle") return;
    // Stopped before an instruction: it would be hit again.
    if (exit === "debug" && values.ec !== 0x32n) {
      machine.debugger(v, { action: "off" });
    }
  }
  throw new Error(`vCPU ${v} does not come to its end`);
}

/** A value that was not what was written last. */
interface Loss {
  readonly read: string;
  readonly wrote: bigint;
  readonly got: bigint | undefined;
}

/** The first value that was not read as it was written; undefined if there is none. */
function firstLoss(
  setting: Setting,
  all: readonly Action[],
): Loss | undefined {
  const machine = machineFor(setting, VCPUS);
  const registers = registersOf(setting);
  const wrote = Array.from({ length: VCPUS }, () => new Map<string, bigint>());
  const expected: { as: string; register: string; value: bigint }[] = [];
  const at = Array.from({ length: VCPUS }, (_, v) => CODE + BigInt(v << 16));
  for (const action of all) {
    const { v } = action;
    switch (action.kind) {
      case "guest": {
        const { insn } = action;
        const as = `r${expected.length}`;
        if (insn.kind === "read") {
          const value = wrote[v].get(insn.register) ?? 0n;
          expected.push({ as, register: insn.register, value });
        }
        if (insn.kind === "write") {
          wrote[v].set(insn.write.register, insn.write.value);
        }
        append(machine, insn, { v, at: at[v], name: as });
        at[v] += 4n;
        break;
      }
      case "debug":
        DEBUG_REQUESTS[action.request](machine, v);
        break;
      case "run":
        machine.run(v, action);
        break;
      case "interrupt":
      case "put":
        machine[action.kind](v);
        break;
      case "user-set": {
        drain(machine, v);
        const { register, value } = action.write;
        const { result } = machine.userSet(
          v,
          registerId(register),
          value,
          register,
        );
        assertEquals(result, 0);
        wrote[v].set(register, value);
        break;
      }
      case "init":
        drain(machine, v);
        assertEquals(machine.userInit(v).result, 0);
        wrote[v].clear();
        break;
      default:
        action satisfies never;
    }
  }
  for (let v = 0; v < VCPUS; v++) drain(machine, v);
  for (const { as, register, value } of expected) {
    const got = machine.reads.get(as);
    if (got !== value) {
      return { read: `${as} of ${register}`, wrote: value, got };
    }
  }
  // Whatever is not read is there as well, for the guest and for userspace.
  for (let v = 0; v < VCPUS; v++) {
    for (const register of registers) {
      const value = wrote[v].get(register) ?? 0n;
      for (const view of ["guest", "user"] as const) {
        const seen = machine.view(view, v, registerId(register));
        const got = seen.kind === "value" ? seen.value : undefined;
        if (got !== value) {
          return { read: `${view}@${v} ${register}`, wrote: value, got };
        }
      }
    }
  }
  return undefined;
}

for (const setting of SETTINGS) {
  const name = settingName(setting);
  Deno.test(`arm64:B12 ${name}: the guest reads back what it wrote`, async (t) => {
    const seed = newSeed();
    await t.step(`seed ${seed}`, () => {
      fc.assert(
        fc.property(actions(setting), (all) => {
          assertEquals(firstLoss(setting, all), undefined);
        }),
        { numRuns: Math.ceil(PROGRAMS / SETTINGS.length), seed },
      );
    });
  });
}

Deno.test("arm64:C13 bennee-v2 with clear=after-exit loses writes", () => {
  const setting = { ...SETTINGS[0], options: { clear: "after-exit" } };
  const found = fc.check(
    fc.property(
      actions(setting),
      (all) => firstLoss(setting, all) === undefined,
    ),
    { numRuns: 2000 },
  );
  assert(found.failed, "no write was lost");
});

Deno.test("arm64:W4 a conversion that is done twice loses what was written", () => {
  const setting = SETTINGS.find(({ guest }) => guest.brps === 4)!;
  const machine = machineFor(setting);
  machine.userSet(0, registerId("dbgbvr3"), 0x1000n, "dbgbvr3");
  assertEquals(machine.run(0, { fail: "vgic" }).exit, "error");
  machine.run(0);
  assertEquals(machine.userGet(0, registerId("dbgbvr3"), "dbgbvr3").value, 0n);
});
