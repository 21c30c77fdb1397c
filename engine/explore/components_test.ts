/** Components: what is noted of each by its number, however many there are. */
import { CPU_BASE, VCPU_BASE } from "../rules.ts";
import { Components } from "./components.ts";
import type { Model } from "./model.ts";
import { EXTRA, PairFrame } from "./pair_frame.ts";
import { Programs } from "./programs.ts";
import { alone, modelOf, straight } from "./testing.ts";
import { assertEquals } from "@std/assert";

/** More than twice as many as have room at first. */
const COUNT = 600;

/** The numbers of a count, each made something. */
function each<T>(made: (id: number) => T): T[] {
  return Array.from({ length: COUNT }, (_, id) => made(id));
}

/** What is noted of components up to the count. */
function noted({ occupant, hostActs, mode, where, userActs }: Components) {
  return [occupant, hostActs, mode, where, userActs].map((all) =>
    [...all].slice(0, COUNT)
  );
}

/** A model whose userspace and host can act, at position 0, until their programs have ended. */
function acting(): Model {
  return modelOf({
    ...alone("linux-6.1"),
    users: [straight([{ kind: "get", register: 0 }])],
    hosts: [straight([{ action: "break", address: 0x9000n }])],
  });
}

Deno.test("components: what is noted is that of each, however many there are", () => {
  const model = acting();
  const frame = new PairFrame(model);
  const { w, vcpu, cpu, extra, host } = frame;
  const programs = new Programs(model);
  const components = new Components(model, frame, programs);
  const user = model.users[0];
  // Each has words of its own, by which it is another one.
  const cpus = each((id) => {
    w[host - 1] = id;
    w[cpu + CPU_BASE.loaded] = id % 3;
    w[host] = id % 2 === 0
      ? model.hosts[0].start
      : programs.hosts[0].after(model.hosts[0].start);
    return components.internCpu();
  });
  const vcpus = each((id) => {
    w[extra - 1] = id;
    w[vcpu + VCPU_BASE.mode] = id % 4;
    w[vcpu + VCPU_BASE.cpu] = id % 5;
    // Userspace acts outside of KVM_RUN.
    w[extra + EXTRA.inRun] = id % 3 === 0 ? 0 : 1;
    w[extra + EXTRA.user] = id % 2 === 0
      ? user.start
      : programs.users[0].after(user.start);
    return components.internVcpu();
  });
  assertEquals(cpus, each((id) => id));
  assertEquals(vcpus, each((id) => id));
  const expected = [
    each((id) => id % 3),
    each((id) => id % 2 === 0 ? 1 : 0),
    each((id) => id % 4),
    each((id) => id % 5 - 1),
    each((id) => id % 6 === 0 ? 1 : 0),
  ];
  assertEquals(noted(components), expected);
  // Another thread notes what this one has added.
  const other = new Components(model, new PairFrame(model), programs);
  other.usePools(components);
  assertEquals(noted(other), expected);
});
