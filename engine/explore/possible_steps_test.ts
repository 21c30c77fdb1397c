/** All that can happen in a state, in its order, and the machine in a state. */
import { CPU_BASE, type HostDebugRequest } from "../rules.ts";
import { STEP } from "./model.ts";
import { NONE } from "./pair_frame.ts";
import { PossibleSteps, type State } from "./possible_steps.ts";
import type { UserAction } from "./programmed_machine.ts";
import { Steps } from "./steps.ts";
import { actionParts } from "./successors.ts";
import { modelOf, straight, x86Guest } from "./testing.ts";
import { assertEquals } from "@std/assert";

const GET: UserAction = { kind: "get", register: 0 };
const HOST: HostDebugRequest = { action: "break", address: 0x9000n };

const MODEL = modelOf({
  arch: "x86",
  profile: "linux-7.2",
  cpus: 2,
  guests: [0, 1].map((v) => straight([x86Guest(v).exec(0x1000)])),
  users: [straight([]), straight([GET])],
  hosts: [straight([HOST])],
  restores: "qemu",
  never: 0,
});

/** The steps of a state: kind, vCPU and CPU. */
function found(possible: PossibleSteps, state: State) {
  const count = possible.find(state);
  return Array.from({ length: count }, (_, n) => [
    Object.entries(STEP).find(([, kind]) =>
      kind === actionParts(possible.actionOf(n)).kind
    )![0],
    possible.vcpus[n],
    possible.cpus[n],
  ]);
}

for (const vmVaries of [false, true]) {
  Deno.test(`possible steps: of vCPUs with their userspaces, of hosts, of the whole VM (${vmVaries ? "it varies" : "it stays"})`, () => {
    const steps = new Steps(MODEL, false);
    const possible = new PossibleSteps(MODEL, steps, vmVaries);
    const { start } = possible;
    assertEquals(start.length, vmVaries ? 5 : 4);
    assertEquals(found(possible, start), [
      ["load", 0, 0],
      ["load", 0, 1],
      ["user", 1, NONE],
      ["load", 1, 0],
      ["load", 1, 1],
      ["host", NONE, 0],
      ["restore", NONE, NONE],
    ]);
    assertEquals(possible.wayOf(0), undefined);
    assertEquals(possible.wayOf(6)?.length, 2);
    // vCPU 0 is loaded on CPU 1.
    const after = possible.after(start, 1);
    assertEquals(
      after.map((id, at) => id === start[at]),
      [false, true, true, false, ...vmVaries ? [true] : []],
    );
    const machine = possible.machineIn(after);
    assertEquals(machine.cpus.map((w) => w[CPU_BASE.loaded]), [0, 1]);
    assertEquals(machine.vm, MODEL.initial.vm);
    assertEquals(
      machine.cpus.map((w, p) => w.length === MODEL.initial.cpus[p].length),
      [true, true],
    );
    assertEquals(machine.cpus[0], MODEL.initial.cpus[0]);
    assertEquals(machine.vcpus.map((w) => w.length), [
      MODEL.initial.vcpus[0].length,
      MODEL.initial.vcpus[1].length,
    ]);
    assertEquals(found(possible, after), [
      ["enter", 0, 1],
      ["put", 0, 1],
      ["return", 0, 1],
      ["user", 1, NONE],
      ["load", 1, 0],
      ["host", NONE, 0],
    ]);
    // The host's step changes its CPU alone, userspace's the vCPU alone.
    const host = possible.after(after, 5);
    const user = possible.after(after, 3);
    const changed = (state: State) =>
      state.flatMap((id, at) => id === after[at] ? [] : [at]);
    assertEquals([changed(host), changed(user)], [[2], [1]]);
    assertEquals(found(possible, host).map(([kind]) => kind), [
      "enter",
      "put",
      "return",
      "user",
      "load",
    ]);
  });
}
