/**
 * Expectations as checks of what a recorder observes.
 *
 * @module
 */
import type { ActionOf, Expected, Watched } from "../dsl/mod.ts";
import { covers } from "../dsl/resolve/kernel_terms.ts";
import { ERRNO, type RegisterInfo } from "../engine/mod.ts";
import type { CaseState } from "./case_state.ts";
import type { Check } from "./recorded_case.ts";
import { Inexpressible } from "./target.ts";

/** A check without its place in the scenario. */
type Unplaced = Omit<Check, "line" | "text" | "isMet">;

const ALL = 0xffff_ffff_ffff_ffffn;

function equal(step: number, field: string, value: bigint): Unplaced {
  return {
    step,
    field,
    index: 0,
    mask: ALL,
    shift: 0,
    operator: "==",
    value,
    word: undefined,
  };
}

function lastRunOf(builder: CaseState): number {
  if (builder.lastRun) return builder.lastRun.step;
  throw new Inexpressible("nothing has run that the case expresses", false);
}

function lastOperationOf(builder: CaseState): number {
  if (builder.lastOperation !== undefined) return builder.lastOperation;
  throw new Inexpressible("the case does not have the operation", false);
}

/** The checks of an expectation; none if it is for other kernels. @throws {Inexpressible} */
export function checksOf(
  { expected, on }: ActionOf<"expect">,
  scenario: Watched,
  builder: CaseState,
): readonly Unplaced[] {
  const { profile, kernelChoice: { vendor } } = scenario;
  if (!covers(on, { ...profile, vendor })) return [];
  return checksFor(expected, scenario, builder);
}

function checksFor(
  expected: Expected,
  scenario: Watched,
  builder: CaseState,
): readonly Unplaced[] {
  const { target } = builder;
  switch (expected.kind) {
    case "view":
      return [viewCheck(expected, scenario, builder)];
    case "read":
    case "number": {
      const { name, operator, value } = expected;
      const named = name === undefined ? undefined : builder.named.get(name);
      if (named === undefined) {
        throw new Inexpressible("it is computed by the scenario", false);
      }
      if (value === "undef") {
        throw new Inexpressible("it expects no value", false);
      }
      return [{
        ...equal(named.step, named.field, value),
        operator,
        index: named.index,
      }];
    }
    case "exit": {
      const step = lastRunOf(builder);
      const { reason, fields } = expected;
      const checks = reason === "idle"
        ? [equal(step, "ended", 1n)]
        : [{ ...equal(step, "exit", 0n), word: exitWord(reason, builder) }];
      for (const { name, value } of fields) {
        if (name === "errno") {
          checks.push(equal(step, "ret", -value));
          continue;
        }
        const known = target.exitFields[name];
        if (!known) {
          throw new Inexpressible(`the recorder does not see ${name}`, false);
        }
        checks.push({
          ...equal(step, known.field, value),
          shift: known.shift ?? 0,
        });
      }
      return checks;
    }
    case "no-exception":
      return [equal(lastRunOf(builder), "taken", 0n)];
    case "exception-count":
      return [{
        ...equal(lastRunOf(builder), "taken", expected.count),
        operator: expected.operator,
      }];
    case "exceptions": {
      const step = lastRunOf(builder);
      return [
        equal(step, "taken", BigInt(expected.kinds.length)),
        ...expected.kinds.map((kind, index) => ({
          ...equal(step, "taken.kind", kindNumber(kind, builder)),
          index,
        })),
      ];
    }
    case "exception": {
      const step = lastRunOf(builder);
      const taken = scenario.machine.journal.sinceRun().filter((event) =>
        event.kind === "exception"
      );
      const index = taken.findIndex(({ exception, values }) =>
        exception === expected.exception &&
        expected.fields.every(({ name, value }) => values[name] === value)
      );
      if (index < 0) {
        throw new Inexpressible("the model does not have it", false);
      }
      return [
        {
          ...equal(
            step,
            "taken.kind",
            kindNumber(expected.exception, builder),
          ),
          index,
        },
        ...expected.fields.map(({ name, value }) => ({
          ...equal(step, target.exceptionFields[name], value),
          index,
        })),
      ];
    }
    case "ok":
      return [equal(lastOperationOf(builder), "ret", 0n)];
    case "error":
      return [
        equal(lastOperationOf(builder), "ret", -BigInt(ERRNO[expected.errno])),
      ];
    case "trap":
    case "no-trap":
    case "traps":
      throw new Inexpressible("exits to KVM are not seen by userspace", false);
    case "warning":
    case "no-warning":
      throw new Inexpressible("the kernel's log is not read", false);
    case "loss":
    case "no-loss":
      throw new Inexpressible("what a restore loses is the model's", false);
    case "cost":
      throw new Inexpressible("counters are the model's", false);
    default:
      return expected satisfies never;
  }
}

/** How the recorder numbers a kind of exception. */
function kindNumber(kind: string, { target }: CaseState): bigint {
  const number = target.exceptionKinds[kind];
  if (number !== undefined) return BigInt(number);
  throw new Inexpressible(
    `the recorder's guest has no handler for \`${kind}\``,
    false,
  );
}

function exitWord(reason: string, { target }: CaseState): string {
  const word = target.exits[reason];
  if (word !== undefined) return word;
  throw new Inexpressible(`the recorder has no exit \`${reason}\``, false);
}

/** A view of userspace or of the guest, which both look at by what they can do. */
function viewCheck(
  { seen, operator, value }: Extract<Expected, { readonly kind: "view" }>,
  scenario: Watched,
  builder: CaseState,
): Unplaced {
  const { view, index: vcpu, register, field } = seen;
  if (view !== "user" && view !== "guest") {
    throw new Inexpressible(`nothing outside KVM sees the view ${view}`, false);
  }
  if (value === "undef") throw new Inexpressible("it expects no value", false);
  const info = scenario.arch.registers.byId(register!);
  const bits = bitsOf(info, field);
  const common = { ...bits, operator, value, word: undefined };
  if (view === "user") {
    const { step, field, index } = builder.target.userRead(
      vcpu,
      register!,
      scenario,
    );
    return { ...common, step: builder.add(step), field, index };
  }
  if (builder.isRunning(vcpu)) {
    throw new Inexpressible("the guest is in a program", false);
  }
  const op = builder.target.guestRead(vcpu, register!, scenario);
  const pc = `0x${scenario.machine.nextAddress(vcpu).toString(16)}`;
  const step = builder.addRun(vcpu, [{ ...op, pc }], scenario);
  return { ...common, step, field: "got", index: 0 };
}

/** A field's mask, and how far it is shifted; a whole register's where there is no field. */
function bitsOf(
  { layout }: RegisterInfo,
  field: string | undefined,
): { mask: bigint; shift: number } {
  const found = layout.fields.find(({ name }) => name === field);
  if (!found) return { mask: ALL, shift: 0 };
  const { lo, widthBits } = found;
  return { mask: ((1n << BigInt(widthBits)) - 1n) << BigInt(lo), shift: lo };
}
