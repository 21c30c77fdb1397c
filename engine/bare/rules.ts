/**
 * The rules of a machine without a hypervisor, as far as they are the same on every architecture. Each vCPU is a
 * processor of its own: its registers are in the CPU while it runs there, and with it otherwise.
 *
 * @module
 */
import type { Place, RuleId } from "../events.ts";
import { refuse } from "../reports.ts";
import {
  BEGUN,
  type Frame,
  type GuestDebugRequest,
  HANDLED,
  MODE,
  type Rules,
  VCPU_BASE,
  type ViewValue,
} from "../rules.ts";

/** What an architecture gives. */
export type BareParts<F extends Frame> =
  & Pick<
    Rules<F>,
    | "sizes"
    | "frame"
    | "initVm"
    | "initVcpu"
    | "initCpu"
    | "beginProgram"
    | "instruction"
    | "setCounts"
    | "cpuView"
    | "verdict"
  >
  & {
    /** The rule to name where there is nothing else to name. */
    readonly rule: RuleId;
    /** The processor's registers come to the CPU. */
    load(f: F): void;
    /** The processor keeps them. */
    put(f: F): void;
    /** A read of a register by a processor whose registers are in the CPU. */
    read(f: F, register: number): ViewValue;
    /** Where a register is; undefined if nothing keeps it. */
    place(f: F, register: number): Place | undefined;
  };

/** What a debugger would have asked for. */
const NO_DEBUG: GuestDebugRequest = {
  control: 0,
  inject: undefined,
  blockirq: false,
  registers: [],
};

const NONE: ViewValue = { kind: "none", why: "there is no hypervisor" };

/** Rules of its own, and what they have in common. */
export function bareRules<F extends Frame>(parts: BareParts<F>): Rules<F> {
  const { rule, load, put, read, place, ...own } = parts;
  const refused = (f: F, operation: string): number =>
    refuse(f, operation, {
      errno: "ENODEV",
      why: "there is no hypervisor",
      rule,
    });
  return {
    ...own,
    costOf: () => undefined,
    noProgressRule: rule,
    begin({ w, vcpu }) {
      w[vcpu + VCPU_BASE.ranOnce] = 1;
      return BEGUN.fresh;
    },
    completeAccess: () => BEGUN.fresh,
    load,
    enter: () => {},
    interrupt: () => {},
    exit: () => HANDLED.again,
    put,
    userGet: (f) => refused(f, "get"),
    userSet: (f) => refused(f, "set"),
    userSetPc(f) {
      const at = f.vcpu + VCPU_BASE.pc;
      f.w[at] = f.lo;
      f.w[at + 1] = f.hi;
      f.w[f.vcpu + VCPU_BASE.inHandler] = 0;
      return 0;
    },
    userEvent: (f) => refused(f, "interrupt"),
    userInit: (f) => refused(f, "init"),
    checkExtension: (f) => refused(f, "KVM_CHECK_EXTENSION"),
    setGuestDebug: (f) => refused(f, "KVM_SET_GUEST_DEBUG"),
    debugger: (f) => refused(f, "KVM_SET_GUEST_DEBUG"),
    debuggerState: () => NO_DEBUG,
    hostDebug: (f) => refused(f, "a breakpoint of the host"),
    exitName: () => "idle",
    exitValues: () => ({}),
    peek(f, register) {
      if (f.w[f.vcpu + VCPU_BASE.mode] === MODE.out) load(f);
      return read(f, register);
    },
    userView: () => NONE,
    hwView: () => NONE,
    kvmView: () => NONE,
    placeOf: (f, view, register) =>
      view === "guest" || view === "cpu" ? place(f, register) : undefined,
    kvmPlace(_, name) {
      throw new RangeError(`Without a hypervisor there is no ${name}`);
    },
    registerList: () => [],
    numberMap: () => undefined,
  };
}
