/**
 * Small models for the tests of this folder.
 *
 * @module
 */
import type { ArchName } from "../architecture.ts";
import { architecture, createMachine } from "../architectures.ts";
import type { Machine } from "../machine.ts";
import { type Insn, makeInsn } from "../program.ts";
import type { CountChange, FailPoint } from "../rules.ts";
import type { HostDebugRequest } from "../rules.ts";
import { emptyGraph, type Graph, GraphBuilder } from "./graph.ts";
import type { Migrate, Model, Preempt } from "./model.ts";
import type { UserAction } from "./programmed_machine.ts";
import { PROPERTY } from "./properties.ts";
import { searchStart } from "./search_start.ts";

/** A model, by what tests say of it. */
export interface Setup {
  readonly arch: ArchName;
  readonly profile: string;
  /** The architecture's first if left out. */
  readonly vendor?: string;
  /** Options of the profile. */
  readonly options?: Readonly<Record<string, string>>;
  readonly cpus: number;
  /** Further counts of the machine. */
  readonly host?: Readonly<Record<string, number>>;
  /** What userspace gives the guest. */
  readonly counts?: CountChange;
  /** What happens before the search begins. */
  readonly before?: (machine: Machine) => void;
  readonly guests: readonly Graph<Insn>[];
  readonly users?: readonly Graph<UserAction>[];
  readonly hosts?: readonly Graph<HostDebugRequest>[];
  readonly preempt?: Preempt;
  readonly migrate?: Migrate;
  readonly fail?: FailPoint;
  readonly restores?: string | undefined;
  readonly never: number;
}

/** Builds a model on a machine that has done nothing yet. */
export function modelOf(setup: Setup): Model {
  const { arch, profile, cpus, guests, users, hosts } = setup;
  const found = architecture(arch)!;
  const { options = {} } = setup;
  const kernel = { profile, vendor: setup.vendor, options };
  const host = {
    counts: { ...setup.host, cpus },
    model: undefined,
    unpredictable: undefined,
  };
  const machine = createMachine(found, kernel, host);
  machine.growTo(guests.length);
  if (setup.counts) machine.set(setup.counts);
  setup.before?.(machine);
  // As where a block begins: userspace did what it had to, and no vCPU is loaded.
  for (let v = 0; v < guests.length; v++) machine.put(v);
  return {
    ...searchStart(found, kernel, host, machine),
    guests,
    users: guests.map((_, v) => users?.[v] ?? emptyGraph<UserAction>()),
    hosts: Array.from(
      { length: cpus },
      (_, p) => hosts?.[p] ?? emptyGraph<HostDebugRequest>(),
    ),
    preempt: setup.preempt ?? "any",
    migrate: setup.migrate ?? "any",
    ...(setup.fail === undefined ? {} : { fail: setup.fail }),
    restores: setup.restores,
    never: setup.never,
    always: [],
    finally: [],
  };
}

/** A program without choices. */
export function straight<A>(actions: readonly A[]): Graph<A> {
  const builder = new GraphBuilder<A>();
  return builder.finish(
    actions.reduceRight((next, one) => builder.act(one, next), builder.end),
  );
}

/** Any of some actions, `count` times. */
export function anyOf<A>(actions: readonly A[], count: number): Graph<A> {
  const builder = new GraphBuilder<A>();
  return builder.finish(
    builder.repeat(
      count,
      builder.end,
      (next) => builder.choice(actions.map((one) => builder.act(one, next))),
    ),
  );
}

/** What an x86 guest does to one breakpoint. */
export interface X86Guest {
  writeDr0(value: number): Insn;
  writeDr7(value: number): Insn;
  exec(address: number): Insn;
}

/** Instructions of an x86 vCPU's program, each register's at one place whatever the operand. */
export function x86Guest(v: number): X86Guest {
  const base = 0x10_0000 * (v + 1) + 0x1_0000;
  const write = (register: number, lo: number, at: number): Insn =>
    makeInsn({
      op: "write",
      register,
      lo,
      addressLo: base + at,
      lengthBytes: 3,
    });
  return {
    writeDr0: (value) => write(0, value, 0),
    writeDr7: (value) => write(7, value, 3),
    exec: (address) =>
      makeInsn({ op: "exec", addressLo: address, lengthBytes: 1 }),
  };
}

/** An x86 vCPU that writes a breakpoint of its own, arms it and comes to it. */
export function breakpointGuest(v: number): Graph<Insn> {
  const guest = x86Guest(v);
  const address = 0x1000 * (v + 1);
  return straight([
    guest.writeDr0(address),
    guest.writeDr7(2),
    guest.exec(address),
  ]);
}

/** The properties that are about a guest's own breakpoints and values. */
export const OWN: number = PROPERTY.missed | PROPERTY.stray | PROPERTY.leak |
  PROPERTY.stale;

/** An x86 vCPU that executes two instructions, with nothing beside it and no property. */
export function alone(profile: string): Setup {
  const { exec } = x86Guest(0);
  return {
    arch: "x86",
    profile,
    cpus: 1,
    guests: [straight([exec(0x1000), exec(0x2000)])],
    preempt: "none",
    never: 0,
  };
}
