/**
 * What is known of the machine at a place in a text, before anything runs.
 *
 * @module
 */
import type { Architecture } from "../../engine/mod.ts";
import type { Action } from "../actions.ts";
import type { Span } from "../source.ts";
import type { PlainLine } from "../syntax/lines.ts";
import { architectureOf, DEFAULT_ARCH } from "./vocabulary.ts";

/** What is known of the machine. */
export interface MachineState {
  /** Undefined if the line that says it was not understood. */
  readonly arch: Architecture | undefined;
  /** The `arch` line of this block. */
  readonly archGiven: Span | undefined;
  /** The `kernel` line of this block. */
  readonly kernelGiven: Span | undefined;
  /** The vendor that the `kernel` line names. */
  readonly vendor: string | undefined;
  /** The `kernel` line says that there is no hypervisor. */
  readonly isBare: boolean;
  /** The hardware model that a `host` line names. */
  readonly model: string | undefined;
  /** First line that needed to know the kernel, and not the machine: `require kernel`. */
  readonly kernelTested: Span | undefined;
  /** First line that needed to know the architecture. */
  readonly configured: Span | undefined;
  /** First line that needed the machine. */
  readonly started: Span | undefined;
  /** Counts of the physical machine, where they are known. */
  readonly hostCounts: ReadonlyMap<string, number>;
  /** How many vCPUs; undefined if that is not known. */
  readonly vcpus: number | undefined;
  /** How many physical CPUs; undefined if that is not known. */
  readonly cpus: number | undefined;
}

/** The machine of a text that says nothing. */
export function initialState(): MachineState {
  return {
    arch: architectureOf(DEFAULT_ARCH),
    archGiven: undefined,
    kernelGiven: undefined,
    vendor: undefined,
    isBare: false,
    model: undefined,
    kernelTested: undefined,
    configured: undefined,
    started: undefined,
    hostCounts: new Map(),
    vcpus: 1,
    cpus: 1,
  };
}

/** Lines that describe the machine and do not use it. */
export function isConfiguration({ kind }: { readonly kind: string }): boolean {
  return kind === "arch" || kind === "kernel" || kind === "host";
}

/** The machine is in use from a line on. */
export function startedAt(state: MachineState, span: Span): MachineState {
  if (state.started) return state;
  const { configured = span } = state;
  return { ...state, started: span, configured };
}

/** Nothing is known of the counts. */
export function countsUnknown(state: MachineState): MachineState {
  return { ...state, vcpus: undefined, cpus: undefined, hostCounts: new Map() };
}

/** Names of the options of a line. */
function names(line: PlainLine): readonly string[] {
  return "args" in line ? line.args.map(({ target }) => target.name.text) : [];
}

/**
 * The machine after a line.
 *
 * @param action undefined if the line has a mistake, or a name without a value
 */
export function stateAfter(
  state: MachineState,
  line: PlainLine,
  action: Action | undefined,
): MachineState {
  switch (line.kind) {
    case "arch": {
      const arch = architectureOf(line.name.text);
      return { ...state, arch, archGiven: line.span };
    }
    case "kernel": {
      if (action?.kind !== "kernel") return { ...state, vendor: undefined };
      const { vendor, profile } = action;
      const known = state.arch?.kernel(profile);
      return {
        ...state,
        vendor,
        isBare: known?.ok && known.info.isBare || false,
      };
    }
    case "set": {
      if (!names(line).includes("vcpus")) return state;
      const vcpus = action?.kind === "set" ? action.counts.vcpus : undefined;
      return { ...state, vcpus };
    }
    case "host": {
      const hostCounts = new Map(state.hostCounts);
      const given = names(line);
      const counts = action?.kind === "host" ? action.counts : {};
      for (const name of given) {
        const count = counts[name];
        if (count === undefined) hostCounts.delete(name);
        else hostCounts.set(name, count);
      }
      const cpus = given.includes("cpus") ? counts.cpus : state.cpus;
      const model = action?.kind === "host" ? action.model : undefined;
      return { ...state, hostCounts, cpus, model: model ?? state.model };
    }
    default:
      return state;
  }
}
