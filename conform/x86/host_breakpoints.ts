/**
 * perf breakpoints of the recorder's own thread, on variables of its own: `host_bp` and `host_touch`.
 *
 * @module
 */
import type { Stage, StepAction } from "../architecture.ts";
import { NOT_THERE } from "../difference.ts";
import { registerOf } from "../operands.ts";
import { own, type StepReader } from "../step_reader.ts";

/** Where the model puts the host's variables; any address of the host would do. */
const HOST_VARIABLES = 0x7fff_0000_0000n;

/** What perf's types of breakpoint, by the recorder's names, stop on. */
const PERF_TYPES: Readonly<
  Record<string, "execute" | "store" | "access">
> = { exec: "execute", write: "store", rw: "access" };

/** Fields with a breakpoint's hits so far, before its id. A breakpoint that was refused has none. */
const HITS = "hits_id";

/** A breakpoint that was installed. */
interface HostBreakpoint {
  readonly id: number;
  readonly address: bigint;
  readonly sizeBytes: number;
  readonly on: "execute" | "store" | "access";
  hits: number;
}

/** The thread's breakpoints, which move with it from CPU to CPU. */
export class HostBreakpoints {
  /** The steps, by `op`. */
  readonly steps: Readonly<Record<string, StepAction>> = {
    host_bp: (reader, comparison) => {
      const type = reader.text("type");
      const breakpoint: HostBreakpoint = {
        id: reader.number("id"),
        address: addressOf(reader),
        sizeBytes: reader.number("len"),
        on: own(PERF_TYPES, type) ??
          reader.fail(`the model has no host breakpoint of type ${type}`),
        hits: 0,
      };
      const isRefused = reader.number("ret") !== 0;
      const result = this.#install(breakpoint);
      // perf counts its slots before it asks for one, so that the errno depends on perf alone.
      comparison.text(
        "ret",
        isRefused ? "refused" : "installed",
        result === 0 ? "installed" : "refused",
      );
      if (result !== 0) return;
      if (isRefused) this.#installAll(this.#cpu);
      else this.#installed.push(breakpoint);
    },
    // What the physical CPU holds decides which breakpoints see the write.
    host_touch: (reader, comparison) => {
      const address = addressOf(reader);
      const writes = reader.number("writes");
      const armed = this.#armed(reader);
      for (const breakpoint of this.#installed) {
        const inside = breakpoint.on !== "execute" &&
          address >= breakpoint.address &&
          address < breakpoint.address + BigInt(breakpoint.sizeBytes);
        if (inside && armed.has(breakpoint.address)) breakpoint.hits += writes;
      }
      const modelled = new Map(
        this.#installed.map(({ id, hits }) => [`${HITS}${id}`, `${hits}`]),
      );
      const recorded = Object.keys(reader.step).filter((name) =>
        name.startsWith(HITS)
      );
      for (const name of new Set([...modelled.keys(), ...recorded])) {
        comparison.text(
          name,
          reader.has(name) ? `${reader.number(name)}` : NOT_THERE,
          modelled.get(name) ?? NOT_THERE,
        );
      }
    },
  };
  readonly #stage: Stage;
  readonly #installed: HostBreakpoint[] = [];
  #cpu = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** The CPU that the recorder's thread runs on. */
  get cpu(): number {
    return this.#cpu;
  }

  /** The thread moves to a CPU, and its breakpoints with it. */
  moveTo(cpu: number): void {
    if (cpu === this.#cpu) return;
    const from = this.#cpu;
    this.#cpu = cpu;
    if (this.#installed.length > 0) this.#installAll(from);
  }

  /** The thread's breakpoints, and no others, are installed; they were on CPU `from`. */
  #installAll(from: number): void {
    this.#stage.machine.hostDebug(from, { action: "off" });
    for (const breakpoint of this.#installed) this.#install(breakpoint);
  }

  #install({ address, sizeBytes, on }: HostBreakpoint): number {
    return this.#stage.machine.hostDebug(
      this.#cpu,
      on === "execute"
        ? { action: "break", address }
        : { action: "watch", address, sizeBytes, on },
    ).result;
  }

  /** Addresses in the enabled slots of the thread's CPU. */
  #armed(reader: StepReader): ReadonlySet<bigint> {
    const { arch, machine } = this.#stage;
    const read = (name: string): bigint => {
      const { id } = registerOf(reader, arch, name);
      const view = machine.view("cpu", this.#cpu, id);
      return view.kind === "value" ? view.value : 0n;
    };
    const dr7 = read("dr7");
    const enabled = [0, 1, 2, 3].filter((n) =>
      (dr7 >> BigInt(2 * n) & 3n) !== 0n
    );
    return new Set(enabled.map((n) => read(`dr${n}`)));
  }
}

/** Address of the variable that a step names. The variables are an array of eight-byte words. */
function addressOf(reader: StepReader): bigint {
  const variable = reader.text("var");
  const index = /^hostvar\[(\d+)\]$/.exec(variable)?.[1];
  if (index === undefined) {
    reader.fail(`the model has no variable ${variable}`);
  }
  return HOST_VARIABLES + 8n * BigInt(index);
}
