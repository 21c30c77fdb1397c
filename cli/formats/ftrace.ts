/**
 * `--format ftrace`: events as lines of the kernel's trace, for tools and eyes that know them. Where KVM has
 * a tracepoint, its name and words are used; the other events are `dregs_…`.
 *
 * There is no clock: an event comes a microsecond after the one before it.
 *
 * @module
 */
import type { Event } from "../../engine/mod.ts";
import {
  eventText,
  exceptionClassName,
  valuesText,
} from "../../dsl/render/event.ts";
import { oneLine } from "../../dsl/render/line.ts";
import type { Reporter } from "./reporter.ts";

/** Where the first event is, in microseconds: 1.000000. */
const START_US = 1_000_000;

/** `0x0000000040080000`, as the kernel prints addresses of guests. */
function address(value: bigint): string {
  return `0x${value.toString(16).padStart(16, "0")}`;
}

/** A tracepoint's name and what it prints. */
function tracepoint(event: Event): readonly [name: string, text: string] {
  switch (event.kind) {
    case "enter":
      return [
        "kvm_entry",
        `vcpu ${event.vcpu}, ${valuesText(event.values)}`,
      ];
    case "exit":
      // arm64 prints its exception class, x86 a reason.
      return [
        "kvm_exit",
        event.ec < 0
          ? `vcpu ${event.vcpu} reason ${event.why.toUpperCase()} rip ${
            address(event.pc)
          }`
          : `${event.why === "interrupt" ? "IRQ" : "TRAP"}: HSR_EC: 0x${
            event.ec.toString(16).padStart(4, "0")
          } (${exceptionClassName(event.ec)}), PC: ${address(event.pc)}`,
      ];
    case "user-exit":
      return [
        "kvm_userspace_exit",
        `reason KVM_EXIT_${event.exit.toUpperCase()}, ${
          valuesText(event.values)
        }`,
      ];
    case "inject":
      return ["kvm_inj_exception", `#${event.exception.toUpperCase()}`];
    case "trap":
      return event.rule.startsWith("x86")
        ? [
          "kvm_dr_access",
          `${event.access} ${event.register} (${event.because})`,
        ]
        : ["kvm_sys_access", `${event.register} ${event.access}`];
    case "set":
    case "access":
    case "load":
    case "save":
    case "vcpu-load":
    case "vcpu-put":
    case "exception":
    case "raise":
    case "warn":
    case "stopped":
    case "lost":
    case "unpredictable":
    case "refused":
    case "hit":
    case "missed":
    case "stray":
    case "host-hit":
    case "host-lost": {
      const { verb, what } = eventText(event);
      const name = event.kind.replaceAll("-", "_");
      return [
        `dregs_${name}`,
        event.kind === "set" ? `${verb} ${what}` : what,
      ];
    }
    default:
      return event satisfies never;
  }
}

/** vCPU and CPU of an event, 0 where it has none. */
function where(event: Event): { vcpu: number; cpu: number | undefined } {
  if (event.kind === "set") {
    const { space, index } = event.to;
    return space === "cpu" || space === "host"
      ? { vcpu: 0, cpu: index }
      : { vcpu: index, cpu: undefined };
  }
  return {
    vcpu: "vcpu" in event ? event.vcpu : 0,
    cpu: "cpu" in event ? event.cpu : undefined,
  };
}

/** Trace lines; a comment names each scenario. */
export function ftraceReporter(): Reporter {
  let time = START_US;
  return {
    begin: () => "# tracer: nop\n",
    scenario(results) {
      const lines: string[] = [];
      for (const { name, profile, outputs } of results) {
        lines.push(`# ${oneLine(name)} (${profile})`);
        // The CPU that each vCPU was seen on last.
        const cpus = new Map<number, number>();
        for (const output of outputs) {
          if (output.kind !== "trace") continue;
          for (const event of output.events) {
            const { vcpu, cpu } = where(event);
            if (cpu !== undefined && event.kind !== "set") cpus.set(vcpu, cpu);
            const on = `${cpu ?? cpus.get(vcpu) ?? 0}`.padStart(3, "0");
            const at = `${Math.floor(time / 1e6)}.${
              `${time % 1e6}`.padStart(6, "0")
            }`;
            time++;
            const [point, text] = tracepoint(event);
            // What no vCPU does, the host does.
            const task = vcpu < 0 ? `host-${cpu ?? 0}` : `dregs-${vcpu}`;
            lines.push(` ${task} [${on}] ${at}: ${point}: ${text}`);
          }
        }
      }
      return lines.map((line) => `${line}\n`).join("");
    },
    broken: ({ source, message }) =>
      `# ${oneLine(source)}: ${oneLine(message)}\n`,
    end: () => "",
  };
}
