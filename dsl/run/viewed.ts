/**
 * `VIEW R`: what a view has of a register, or of KVM's own state.
 *
 * @module
 */
import type { RegisterInfo, ViewValue } from "../../engine/mod.ts";
import type { Expr, RegisterRef, ViewRef } from "../syntax/nodes.ts";
import type { Scope } from "../bindings.ts";
import { kvmRegister } from "../kvm_names.ts";
import { registerOf, smallNumber } from "../operands.ts";
import { fail } from "../problem.ts";
import type { Session } from "./session.ts";
import { nearest } from "../suggest.ts";

/** A register or a name of KVM's, as a view shows it. */
export interface Viewed {
  /** `hw@0 DBGBCR0_EL1`. */
  readonly subject: string;
  /** vCPU, or physical CPU for the cpu view. */
  readonly index: number;
  readonly value: ViewValue;
  /** The register whose fields the value has; undefined for a flag or number of KVM's. */
  readonly register: RegisterInfo | undefined;
  /** The name in the kvm view; undefined in the others. */
  readonly kvmName: string | undefined;
}

/**
 * Looks at a view.
 *
 * @throws {Problem} if there is no such vCPU, CPU, register or name
 */
export function viewed(
  session: Session,
  { view, register: ref }: {
    readonly view: ViewRef;
    readonly register: RegisterRef;
  },
  scope: Scope,
): Viewed {
  const { machine, arch } = session;
  const evaluated = (expr: Expr): bigint => session.value(expr, scope);
  const count = view.name === "cpu" ? machine.cpus : machine.vcpus;
  const index = view.at === undefined
    ? 0
    : smallNumber(evaluated(view.at), view.at.span, {
      what: view.name === "cpu" ? "the physical CPU" : "the vCPU",
      min: 0,
      max: count - 1,
    });
  if (view.name === "kvm") {
    const { name } = ref;
    const text = ref.index === undefined
      ? name.text
      : `${name.text}${evaluated(ref.index)}`;
    const known = arch.kvmNames.find((kvm) => kvm === text.toLowerCase());
    if (known === undefined) {
      const near = nearest(text, arch.kvmNames);
      fail("unknown-word", name.span, `KVM has no state called ${text}`, {
        hint: near && `did you mean ${near}?`,
      });
    }
    return {
      subject: `kvm@${index} ${known}`,
      index,
      value: machine.kvmView(index, known),
      register: kvmRegister(arch, known),
      kvmName: known,
    };
  }
  const register = registerOf(arch, ref, evaluated);
  return {
    subject: `${view.name}@${index} ${register.name}`,
    index,
    value: machine.view(view.name, index, register.id),
    register,
    kvmName: undefined,
  };
}
