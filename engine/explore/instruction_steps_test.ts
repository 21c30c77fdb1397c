/** Where a guest's instruction goes on, if its program leaves that open. */
import type { Insn } from "../program.ts";
import { VCPU_BASE } from "../rules.ts";
import { type Graph, GraphBuilder } from "./graph.ts";
import { STEP } from "./model.ts";
import { NONE } from "./pair_frame.ts";
import type { UserAction } from "./programmed_machine.ts";
import { Steps } from "./steps.ts";
import { actionParts } from "./successors.ts";
import { alone, modelOf, straight, x86Guest } from "./testing.ts";
import { assert, assertEquals } from "@std/assert";

const { exec } = x86Guest(0);

const FIRST = 0x1000;
const WAYS = [0x2000, 0x3000];

/** An instruction, and then one of two at other addresses. */
function fork(): Graph<Insn> {
  const builder = new GraphBuilder<Insn>();
  const ways = WAYS.map((at) => builder.act(exec(at), builder.end));
  return builder.finish(builder.act(exec(FIRST), builder.choice(ways)));
}

/** What an instruction leads to after what userspace did: the program counter, and the addresses that can come next. */
function after(users: readonly UserAction[]) {
  const setup = { ...alone("linux-6.1"), users: [straight(users)] };
  const steps = new Steps(modelOf({ ...setup, guests: [fork()] }), false);
  let { vm, vcpus: [vcpu], cpus: [cpu] } = steps.initial();
  const of = (kind: number) =>
    steps.successorsOf(vcpu, kind === STEP.user ? NONE : cpu, vm)
      .filter(({ action }) => actionParts(action).kind === kind);
  for (const kind of [...users.map(() => STEP.user), STEP.load, STEP.enter]) {
    const [found] = of(kind);
    assert(found);
    vcpu = found.vcpu;
    if (found.cpu !== NONE) cpu = found.cpu;
  }
  const guest = steps.programs.guests[0];
  return of(STEP.instruction).map(({ vcpu, cpu }) => {
    const w = steps.wordsOf(vm, vcpu, cpu);
    const f = steps.frameOf(w);
    const next = w[f.vcpu + VCPU_BASE.next];
    return [
      w[f.vcpu + VCPU_BASE.pc],
      guest.options[next].map((node) => guest.actionAt(node)?.addressLo),
    ];
  });
}

Deno.test("instruction steps: a choice after an instruction stays open, unless something tells where it goes on", () => {
  assertEquals(after([]), [[WAYS[0], WAYS]]);
  // The step's exit tells userspace where the guest is.
  const step: UserAction = { kind: "debugger", request: { action: "step" } };
  assertEquals(after([step]), WAYS.map((at) => [at, [at]]));
});
