/**
 * The guest reads back what it wrote, whatever userspace does, and wherever its vCPU runs.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  architecture,
  createMachine,
  type InsnParts,
  type Machine,
} from "../engine/mod.ts";

const ARM64 = architecture("arm64")!;
const COUNTS = { brps: 6, ctx: 2, wrps: 4, cpus: 3 };

/** One register that the guest uses, with values that no rule changes: no RES0 bit, a valid link. */
interface Used {
  readonly name: string;
  readonly value: bigint;
}

/** One thing that the guest or userspace does. */
type Action =
  | { readonly kind: "write"; readonly used: Used }
  | { readonly kind: "read"; readonly register: number }
  | { readonly kind: "exec" }
  | { readonly kind: "debug"; readonly request: number }
  | { readonly kind: "run"; readonly steps: number; readonly cpu: number };

/** Guest registers by index; the breakpoints are those of the smallest guest below. */
const NAMES = [
  ...[0, 1, 2, 3].flatMap((n) => [`dbgbcr${n}`, `dbgbvr${n}`]),
  ...[0, 1, 2, 3].flatMap((n) => [`dbgwcr${n}`, `dbgwvr${n}`]),
  "mdscr",
  "mdccint",
  "contextidr",
];

/** A value that reads back as it is: fields that exist, a link that the guest has. */
function valueFor(name: string, bits: number): bigint {
  const b = BigInt(bits >>> 0);
  if (name.startsWith("dbgbcr")) {
    return (b & 1n) | ((b >> 1n) & 3n) << 1n | 0xfn << 5n |
      ((b >> 4n) & 3n) << 16n | ((b >> 6n) & 1n) << 20n;
  }
  if (name.startsWith("dbgwcr")) {
    return (b & 1n) | ((b >> 1n) & 3n) << 1n | ((b >> 3n) & 3n) << 3n |
      0xffn << 5n | ((b >> 5n) & 3n) << 16n | ((b >> 7n) & 1n) << 20n;
  }
  if (name.startsWith("dbgbvr") || name.startsWith("dbgwvr")) {
    return (b & 0xffffn) << 12n;
  }
  if (name === "mdscr") return (b & 1n) << 13n | ((b >> 1n) & 1n) << 15n;
  if (name === "mdccint") return (b & 3n) << 29n;
  return b;
}

const ACTION: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      used: fc.tuple(fc.nat(NAMES.length - 1), fc.nat(0xffff_ffff)).map((
        [index, bits],
      ) => ({ name: NAMES[index], value: valueFor(NAMES[index], bits) })),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      register: fc.nat(NAMES.length - 1),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "exec" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("debug" as const),
      request: fc.nat(5),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("run" as const),
      steps: fc.integer({ min: 1, max: 4 }),
      cpu: fc.nat(COUNTS.cpus - 1),
    }),
  },
);

/** A kernel under which the guest reads back what it wrote. */
interface Kernel {
  readonly profile: string;
  readonly options: Readonly<Record<string, string>>;
  /** Breakpoints and context-aware ones that the guest gets. */
  readonly guest: Readonly<Record<string, number>>;
}

const KERNELS: readonly Kernel[] = [
  { profile: "bennee-v2", options: { clear: "after-handle" }, guest: {} },
  { profile: "bennee-v3", options: {}, guest: {} },
  { profile: "watanabe-v7", options: {}, guest: {} },
  { profile: "watanabe-v7", options: {}, guest: { brps: 4 } },
  { profile: "linux-6.1", options: {}, guest: {} },
  { profile: "linux-6.12", options: {}, guest: {} },
  { profile: "linux-7.2", options: {}, guest: {} },
];

function newMachine({ profile, options, guest }: Kernel): Machine {
  const machine = createMachine(
    ARM64,
    { profile, vendor: undefined, options },
    { counts: COUNTS, model: undefined, unpredictable: undefined },
  );
  if (Object.keys(guest).length > 0) {
    assertEquals(machine.set(guest).result, 0);
  }
  // The guest's breakpoints are not to end the program: it goes on past each.
  machine.setHandler(0, "skip");
  return machine;
}

function debug(machine: Machine, request: number): void {
  const result = [
    () => machine.debugger(0, { action: "break", address: 0x7000_0000n }),
    () =>
      machine.debugger(0, {
        action: "watch",
        address: 0x7100_0000n,
        sizeBytes: 8,
        on: "access",
      }),
    () => machine.debugger(0, { action: "step" }),
    () => machine.debugger(0, { action: "swbreak" }),
    () => machine.debugger(0, { action: "off" }),
    () =>
      machine.setGuestDebug(0, {
        control: 0x20001,
        inject: undefined,
        blockirq: false,
        registers: [{ register: 0, value: 0x1e7n }, {
          register: 16,
          value: 0x7200_0000n,
        }],
      }),
  ][request]();
  assert(result.result === 0 || result.result === -28, result.operation);
}

/** Where a register was not read back as written; undefined if that never happened. */
function firstLoss(
  kernel: Kernel,
  actions: readonly Action[],
  { moves }: { moves: boolean },
): { read: string; wrote: bigint; got: bigint | undefined } | undefined {
  const machine = newMachine(kernel);
  const wrote = new Map<string, bigint>();
  const expected: { as: string; name: string; value: bigint }[] = [];
  let count = 0;
  let address = 0x4008_0000n;
  const append = (parts: InsnParts): void => {
    machine.append(0, parts, address);
    address += 4n;
  };
  for (
    const action of [...actions, { kind: "run", steps: 1e9, cpu: 0 } as const]
  ) {
    switch (action.kind) {
      case "write": {
        const { name, value } = action.used;
        append({
          op: "write",
          register: ARM64.registers.find(name)!.id,
          lo: Number(BigInt.asIntN(32, value)),
          hi: Number(BigInt.asIntN(32, value >> 32n)),
        });
        wrote.set(name, value);
        break;
      }
      case "read": {
        const name = NAMES[action.register];
        const as = `r${count++}`;
        append({
          op: "read",
          register: ARM64.registers.find(name)!.id,
          name: as,
        });
        expected.push({ as, name, value: wrote.get(name) ?? 0n });
        break;
      }
      case "exec":
        append({ op: "exec" });
        break;
      case "debug":
        debug(machine, action.request);
        break;
      case "run":
        for (let i = 0; i < 10_000; i++) {
          const { exit } = machine.run(0, {
            cpu: moves ? (action.cpu + i) % COUNTS.cpus : 0,
            steps: action.steps,
          });
          if (exit === "idle" || exit === "preempted" && action.steps < 1e9) {
            break;
          }
        }
    }
  }
  for (const { as, name, value } of expected) {
    const got = machine.reads.get(as);
    if (got !== value) return { read: `${as} of ${name}`, wrote: value, got };
  }
  return undefined;
}

for (const kernel of KERNELS) {
  const given = JSON.stringify({ ...kernel.options, ...kernel.guest });
  Deno.test(`arm64:B12 ${kernel.profile} ${given}: the guest reads back what it wrote`, () => {
    fc.assert(
      fc.property(
        fc.array(ACTION, { maxLength: 24 }),
        fc.boolean(),
        (actions, moves) => {
          assertEquals(firstLoss(kernel, actions, { moves }), undefined);
        },
      ),
      { numRuns: 10_000 / KERNELS.length + 1 | 0 },
    );
  });
}

Deno.test("arm64:C13 bennee-v2 with clear=after-exit loses writes", () => {
  const kernel = {
    profile: "bennee-v2",
    options: { clear: "after-exit" },
    guest: {},
  };
  const found = fc.check(
    fc.property(
      fc.array(ACTION, { maxLength: 24 }),
      (actions) => firstLoss(kernel, actions, { moves: false }) === undefined,
    ),
    { numRuns: 2000 },
  );
  assert(found.failed, "no write was lost");
});
