/**
 * A schedule that the search found, as text for people and as a scenario that replays.
 *
 * @module
 */
import {
  type Architecture,
  type Event,
  expectedOutcomes,
  type Found,
  type HostDebugRequest,
  type Insn,
  PROPERTY,
  PROPERTY_NAMES,
  rowMask,
  type ScheduleStep,
  STEP,
  type UserAction,
} from "../engine/mod.ts";
import type { Statement } from "./ast.ts";
import type { Exploration, Instance } from "./explore.ts";
import { hex } from "./values.ts";

/** What a step of a schedule is, for people. */
export interface ScheduleLine {
  /** `vCPU 0 on CPU 1`, `userspace of vCPU 0`, `host on CPU 0`. */
  readonly who: string;
  /** What it does. */
  readonly what: string;
  /** What came of it, in a few words each. */
  readonly notes: readonly string[];
}

function join64(lo: number, hi: number): bigint {
  return BigInt.asUintN(64, BigInt(hi) << 32n | BigInt(lo >>> 0));
}

/** An instruction as the language has it, without `guest` and `at=`. */
export function instructionText(arch: Architecture, insn: Insn): string {
  const operand = join64(insn.lo, insn.hi);
  const parts: string[] = [insn.op];
  switch (insn.op) {
    case "write": {
      const info = arch.registers.byId(insn.register);
      parts.push(info.short);
      const mask = join64(insn.maskLo, insn.maskHi);
      if (mask === 0xffff_ffff_ffff_ffffn) parts.push(hex(operand));
      else {
        for (const row of info.layout.fields) {
          if ((rowMask(row) & mask) === 0n) continue;
          const value = info.layout.get(operand, row.name);
          parts.push(`${row.name.toLowerCase()}=${value}`);
        }
      }
      break;
    }
    case "read":
      parts.push(arch.registers.byId(insn.register).short);
      break;
    case "exec":
      parts.push(hex(join64(insn.addressLo, insn.addressHi)));
      break;
    case "load":
    case "store":
    case "rmw":
      parts.push(hex(operand), `size=${insn.sizeBytes}`);
      break;
    case "in":
    case "out":
      parts.push(hex(operand), `size=${insn.sizeBytes}`);
      break;
    case "brk":
      parts.push(hex(operand));
      break;
    case "popf":
      parts.push(`tf=${insn.lo === 0 ? 0 : 1}`);
      break;
    default:
      break;
  }
  if (insn.level >= 0) {
    parts.push(`${arch.name === "x86" ? "cpl" : "el"}=${insn.level}`);
  }
  return parts.join(" ");
}

/** A line of a userspace program. */
export function userText(arch: Architecture, action: UserAction): string {
  const short = (id: number): string => arch.registers.byId(id).short;
  switch (action.kind) {
    case "get":
      return `get ${short(action.register)}`;
    case "set":
      return `set ${short(action.register)} ${hex(action.value)}`;
    case "init":
      return "init";
    case "guest-debug": {
      const { control, inject, blockirq, registers } = action.request;
      return [
        "debug raw",
        `control=${hex(BigInt(control))}`,
        ...registers.map(({ register, value }) =>
          `${short(register)}=${hex(value)}`
        ),
        ...(inject === undefined ? [] : [`inject=${inject}`]),
        ...(blockirq ? ["blockirq=1"] : []),
      ].join(" ");
    }
    case "debugger": {
      const { request } = action;
      switch (request.action) {
        case "break":
          return `debug break ${hex(request.address)}`;
        case "watch":
          return `debug watch ${
            hex(request.address)
          } size=${request.sizeBytes} on=${request.on}`;
        default:
          return `debug ${request.action}`;
      }
    }
    default:
      return action satisfies never;
  }
}

/** A line of a host program. */
export function hostText(request: HostDebugRequest): string {
  switch (request.action) {
    case "off":
      return "off";
    case "break":
      return `break ${hex(request.address)}`;
    case "watch":
      return `watch ${
        hex(request.address)
      } size=${request.sizeBytes} on=${request.on}`;
    default:
      return request satisfies never;
  }
}

function insnOf({ model }: Instance, step: ScheduleStep): Insn | undefined {
  if (step.kind !== STEP.instruction && step.kind !== STEP.idle) {
    return undefined;
  }
  const node = model.guests[step.vcpu!].nodes[step.node];
  return node?.kind === "act" ? node.action : undefined;
}

function userActionOf(
  { model }: Instance,
  { vcpu, node }: ScheduleStep,
): UserAction {
  const found = model.users[vcpu!].nodes[node];
  if (found.kind !== "act") throw new RangeError("No action of userspace");
  return found.action;
}

function hostRequestOf(
  { model }: Instance,
  { cpu, node }: ScheduleStep,
): HostDebugRequest {
  const found = model.hosts[cpu!].nodes[node];
  if (found.kind !== "act") throw new RangeError("No action of the host");
  return found.action;
}

/** What is worth telling of a step's events. */
function notesOf(events: readonly Event[]): string[] {
  const notes: string[] = [];
  for (const event of events) {
    switch (event.kind) {
      case "trap":
        notes.push(`traps (${event.because})`);
        break;
      case "load":
      case "save": {
        const whose = event.set === "external"
          ? "userspace's"
          : `${event.set}'s`;
        notes.push(
          event.kind === "load"
            ? `loads the ${whose} registers`
            : `saves the ${whose} registers`,
        );
        break;
      }
      case "exception":
        notes.push(`the guest takes ${event.exception}`);
        break;
      case "inject":
        notes.push(`KVM queues ${event.exception}`);
        break;
      case "user-exit":
        notes.push(`KVM_RUN returns: ${event.exit}`);
        break;
      case "refused":
        notes.push(`refused: ${event.errno}`);
        break;
      case "warn":
        notes.push(event.message);
        break;
      case "missed":
      case "stray":
      case "hit":
      case "host-hit":
      case "host-lost":
        notes.push(event.what);
        break;
      default:
        break;
    }
  }
  return [...new Set(notes)];
}

/** The steps of a schedule for people. */
export function scheduleLines(
  instance: Instance,
  schedule: readonly ScheduleStep[],
): readonly ScheduleLine[] {
  const { arch } = instance;
  return schedule.map((step) => {
    const { kind, vcpu, cpu, events, unread } = step;
    const notes = notesOf(events);
    if (unread) {
      const { short } = arch.registers.byId(unread.register);
      notes.push(
        `${short} would read ${hex(unread.seen)}, not ${hex(unread.own)}`,
      );
    }
    const on = `vCPU ${vcpu} on CPU ${cpu}`;
    switch (kind) {
      case STEP.load:
        return { who: on, what: "vcpu_load", notes };
      case STEP.enter:
        return { who: on, what: "enters the guest", notes };
      case STEP.interrupt:
        return { who: on, what: "host interrupt, exit", notes };
      case STEP.put:
        return { who: on, what: "vcpu_put: scheduled out", notes };
      case STEP.return:
        return { who: on, what: "vcpu_put: KVM_RUN returns, EINTR", notes };
      case STEP.fail: {
        const what = `KVM_RUN fails at ${instance.model.fail}`;
        return { who: on, what, notes };
      }
      case STEP.complete:
        return { who: on, what: "KVM_RUN completes the access", notes };
      case STEP.idle:
        return { who: on, what: "the program is over: exit, vcpu_put", notes };
      case STEP.instruction: {
        const insn = insnOf(instance, step);
        const what = insn === undefined
          ? "the guest goes on"
          : `guest: ${instructionText(arch, insn)}`;
        return { who: on, what, notes };
      }
      case STEP.user:
        return {
          who: `userspace of vCPU ${vcpu}`,
          what: `user: ${userText(arch, userActionOf(instance, step))}`,
          notes,
        };
      case STEP.host:
        return {
          who: `host on CPU ${cpu}`,
          what: `host: ${hostText(hostRequestOf(instance, step))}`,
          notes,
        };
      default:
        return kind satisfies never;
    }
  });
}

/** Names of what a search found broken. */
export function brokenNames(instance: Instance, found: Found): string[] {
  const { broken } = found;
  if (broken === undefined) return [];
  const names: string[] = PROPERTY_NAMES.filter((name) =>
    (broken.properties & PROPERTY[name]) !== 0
  );
  if (broken.expectation !== undefined) {
    const spans = broken.atEnd ? instance.finally : instance.always;
    const { source, start, end } = spans[broken.expectation];
    names.push(source.text.slice(start, end));
  }
  return names;
}

/** Statements before the block as text, without what the new text says itself. */
function textOf(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement) => {
    switch (statement.kind) {
      case "arch":
      case "kernel":
      case "show":
      case "show-map":
      case "show-cost":
      case "why":
      case "why-happened":
        return [];
      case "include":
        return textOf(statement.file?.statements ?? []);
      case "expect": {
        // What is not answered stops a scenario.
        const { source, start, end } = statement.span;
        return statement.expectation.kind === "error"
          ? [source.text.slice(start, end)]
          : [];
      }
      default: {
        const { source, start, end } = statement.span;
        const to = "body" in statement ? statement.body.span.end : end;
        return [source.text.slice(start, to)];
      }
    }
  });
}

/** One `run` that is being put together. */
interface OpenRun {
  readonly vcpu: number;
  readonly cpu: number | undefined;
  attempts: number;
  /** Instructions that came to their end. */
  steps: number;
  /** The last attempt ended one. */
  atEnd: boolean;
  /** Attempts of the last one. */
  tries: number;
  /** The vCPU is in the guest. */
  inGuest: boolean;
  /** It entered, and did nothing since. */
  entered: boolean;
}

/** Puts statements together from steps. */
class Replay {
  readonly lines: string[] = [];
  readonly #instance: Instance;
  #run: OpenRun | undefined;
  /** The last line is a `run … stop=exit`, which a `put` makes a plain one. */
  #stopped = false;

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  step(step: ScheduleStep, isLast: boolean, separate: boolean): void {
    const { kind, vcpu, cpu } = step;
    if (this.#run && this.#run.vcpu !== vcpu) this.close();
    switch (kind) {
      case STEP.load:
        this.#run = this.#opened(vcpu!, cpu);
        return;
      case STEP.enter:
        this.#run ??= this.#opened(vcpu!, undefined);
        this.#run.inGuest = true;
        this.#run.entered = true;
        return;
      case STEP.fail:
        this.close();
        this.#push(`run @${vcpu} cpu=${cpu} fail=${this.#instance.model.fail}`);
        return;
      case STEP.complete:
        this.close();
        this.#push(`run @${vcpu} cpu=${cpu}`);
        return;
      case STEP.instruction: {
        if (isLast && separate) {
          this.close();
          // A data breakpoint of x86 is a trap: its exception comes after the instruction.
          const insn = insnOf(this.#instance, step);
          const trap = this.#instance.arch.name === "x86" &&
            insn !== undefined && insn.op !== "exec";
          this.#push(`run @${vcpu}${trap ? "" : " steps=1"}`);
          return;
        }
        this.#run ??= this.#opened(vcpu!, undefined);
        const run = this.#run;
        run.attempts++;
        run.tries = run.atEnd ? 1 : run.tries + 1;
        run.entered = false;
        run.atEnd = !step.isMiddle;
        if (run.atEnd) run.steps++;
        const returned = step.events.some((event) =>
          event.kind === "user-exit"
        );
        run.inGuest = !step.events.some((event) => event.kind === "exit");
        if (returned) {
          this.#push(this.#text(run, undefined));
          this.#run = undefined;
        }
        return;
      }
      case STEP.interrupt:
        if (this.#run && !this.#run.entered) {
          if (this.#run.tries > 1 && this.#run.atEnd) {
            // With stop=exit it would stop at the exit of the first try.
            this.#push(this.#text(this.#run, "guest"));
            this.#push(`interrupt @${vcpu}`);
            this.#run = undefined;
            return;
          }
          this.#push(this.#text(this.#run, "exit"));
          this.#run = undefined;
          this.#stopped = true;
          return;
        }
        // What the entry loads counts, though nothing is executed.
        this.close();
        this.#push(`interrupt @${vcpu}`);
        return;
      case STEP.put:
      case STEP.return:
        if (this.#run) {
          this.#push(this.#text(this.#run, undefined));
          this.#run = undefined;
        } else if (this.#stopped) {
          const last = this.lines.pop()!;
          this.#push(last.replace(" stop=exit", ""));
        } else this.#push(`put @${vcpu}`);
        return;
      case STEP.idle: {
        const where = this.#run?.cpu;
        this.#run = undefined;
        this.#push(
          `run @${vcpu}${where === undefined ? "" : ` cpu=${where}`}`,
        );
        return;
      }
      case STEP.user: {
        const action = userActionOf(this.#instance, step);
        this.#push(`user@${vcpu} ${userText(this.#instance.arch, action)}`);
        this.#answer(step);
        return;
      }
      case STEP.host:
        this.close();
        this.#push(
          `host@${cpu} ${hostText(hostRequestOf(this.#instance, step))}`,
        );
        this.#answer(step);
        return;
      default:
        return kind satisfies never;
    }
  }

  /** What this kernel refuses is meant to be refused; another may accept it. */
  #answer({ events }: ScheduleStep): void {
    const refusal = events.find((event) => event.kind === "refused");
    if (refusal === undefined) return;
    const { profile } = this.#instance.session.kernelChoice;
    this.#push(`expect error ${refusal.errno} on ${profile}`);
  }

  /** Somebody else acts: the vCPU is left where it is. */
  close(): void {
    if (!this.#run) return;
    this.#push(this.#text(this.#run, this.#run.inGuest ? "guest" : "exit"));
    this.#run = undefined;
  }

  #opened(vcpu: number, cpu: number | undefined): OpenRun {
    return {
      vcpu,
      cpu,
      attempts: 0,
      steps: 0,
      atEnd: true,
      tries: 0,
      inGuest: false,
      entered: false,
    };
  }

  #text(run: OpenRun, stop: "guest" | "exit" | undefined): string {
    const where = run.cpu === undefined ? "" : ` cpu=${run.cpu}`;
    const isExact = stop !== "exit" || run.tries === 1;
    const often = run.atEnd && run.steps > 0 && isExact
      ? `steps=${run.steps}`
      : `attempts=${run.attempts}`;
    const how = stop === undefined ? "" : ` stop=${stop}`;
    return `run @${run.vcpu}${where} ${often}${how}`;
  }

  #push(line: string): void {
    this.lines.push(line);
    this.#stopped = false;
  }
}

/** The instructions that each vCPU comes to in a schedule, in order. */
function executed(
  instance: Instance,
  schedule: readonly ScheduleStep[],
): readonly (readonly Insn[])[] {
  const lists: Insn[][] = instance.model.guests.map(() => []);
  const pending = lists.map(() => false);
  for (const step of schedule) {
    const { vcpu } = step;
    if (vcpu === undefined) continue;
    const insn = insnOf(instance, step);
    if (insn && !pending[vcpu]) {
      lists[vcpu].push(insn);
      pending[vcpu] = true;
    }
    if (!step.isMiddle) pending[vcpu] = false;
  }
  return lists;
}

/**
 * What the scenario expects at its end: it fails where the schedule breaks something.
 *
 * @param byTries the schedule counts tries of an instruction, which kernels need different numbers of
 */
function expectations(
  instance: Instance,
  found: Found,
  byTries: boolean,
): string[] {
  const { broken } = found;
  if (broken === undefined || found.schedule.length === 0) return [];
  const { arch, model: { monitor } } = instance;
  const lines = expectedOutcomes(found, { monitor, byTries }).map((one) => {
    switch (one.kind) {
      case "exception":
        return `expect exception ${one.name}`;
      case "no-exception":
        return "expect no exception";
      case "view": {
        const { view, index, register, operator, value } = one;
        const { short } = arch.registers.byId(register);
        return `expect ${view}@${index} ${short} ${operator} ${hex(value)}`;
      }
      case "no-warning":
        return "expect no warning";
      default:
        return one satisfies never;
    }
  });
  if (broken.expectation !== undefined) {
    const spans = broken.atEnd ? instance.finally : instance.always;
    const { source, start, end } = spans[broken.expectation];
    const text = source.text.slice(start, end);
    lines.push(text.replace(/^(always|finally)\s+/, ""));
  }
  return lines;
}

/**
 * A scenario that replays a schedule. What it expects holds where nothing is broken, and so fails here.
 *
 * @param ending further lines, such as `show`
 */
export function scenarioText(
  exploration: Exploration,
  instance: Instance,
  found: Found,
  ending: readonly string[] = [],
): string {
  const { arch, session, model } = instance;
  const { profile, vendor, options } = session.kernelChoice;
  const { schedule, broken } = found;
  const replay = new Replay(instance);
  const fires = broken !== undefined &&
    (broken.properties & (PROPERTY.missed | PROPERTY.stray)) !== 0;
  schedule.forEach((step, at) =>
    replay.step(step, at === schedule.length - 1, fires)
  );
  replay.close();
  const kernel = [
    "kernel",
    profile,
    ...(vendor === undefined || vendor === session.profile.vendors[0]
      ? []
      : [vendor]),
    ...Object.entries(options).map(([name, value]) => `${name}=${value}`),
  ].join(" ");
  const programs = executed(instance, schedule).flatMap((insns, v) =>
    insns.map((insn) => {
      const text = instructionText(arch, insn);
      const length = arch.name === "x86" &&
          insn.lengthBytes !== arch.instructions[insn.op]
        ? ` len=${insn.lengthBytes}`
        : "";
      const at = insn.op === "exec"
        ? ""
        : ` at=${hex(join64(insn.addressLo, insn.addressHi))}`;
      return `guest@${v} ${text}${at}${length}`;
    })
  );
  const names = brokenNames(instance, found).join(", ");
  const vcpus = model.vcpus > 1 ? [`set vcpus=${model.vcpus}`] : [];
  return [
    `# Found by dregs explore ${exploration.name}: ${names} under ${profile},`,
    `# ${schedule.length} steps. The expectation at the end fails here and holds where that is mended.`,
    `arch ${arch.name}`,
    kernel,
    ...textOf(exploration.before),
    ...vcpus,
    ...[...instance.choices].map(([name, value]) => `let ${name} = ${value}`),
    ...programs,
    ...replay.lines,
    ...expectations(
      instance,
      found,
      replay.lines.some((line) => /attempts=[1-9]/.test(line)),
    ),
    ...ending,
    "",
  ].join("\n");
}
