/**
 * Small random models for the comparison of reductions with the full search: both architectures, several kernels,
 * more CPUs than vCPUs and fewer, userspaces and the host acting, programs that are alike, or all but alike.
 *
 * A program is drawn once, as operations that name a slot and an address by index, and made for each vCPU: with
 * addresses and slots of its own or with shared ones. So symmetries are there to be found, and one changed
 * operation makes them false.
 *
 * @module
 */
import type { ArchName } from "../../engine/architecture.ts";
import { architecture } from "../../engine/architectures.ts";
import {
  MIGRATE,
  type Model,
  PREEMPT,
  type Requirement,
} from "../../engine/explore/model.ts";
import { PROPERTY } from "../../engine/explore/properties.ts";
import { modelOf, straight } from "../../engine/explore/testing.ts";
import type { Rules } from "../../engine/rules.ts";
import { COUNTS, GUESTS_OF_X86, KERNELS, SIZES } from "./machines.ts";
import { type Names, vocabulary } from "./names.ts";
import {
  type HostOp,
  hostOp,
  hostRequest,
  userAction,
  type UserOp,
  userOp,
} from "./others.ts";
import {
  graphOf,
  ofEitherSlot,
  op,
  type Part,
  program,
  trapping,
  useful,
} from "./programs.ts";
import {
  ALL_PROPERTIES,
  type Asked,
  NEVER,
  question,
  requirement,
} from "./questions.ts";
import * as fc from "fast-check";

/** How far what is done by one vCPU is like what the others do: with slots exchanged, or offsets in pages others. */
const LIKENESS = [
  "alike",
  "alike",
  "crossed",
  "crossed",
  "shifted",
  "all-but",
  "different",
] as const;
type Likeness = typeof LIKENESS[number];

/** The same of what userspaces and the host do: the address alone may differ. */
const OTHERS = ["alike", "alike", "other-address", "different"] as const;

/** What the one with a number does. */
function likewise<A extends { readonly to: number }>(
  lists: readonly (readonly A[])[],
  number: number,
  like: typeof OTHERS[number],
): readonly A[] {
  const own = (like === "different" ? lists[number] : lists[0]) ?? [];
  return like === "other-address" && number > 0
    ? own.map((one) => ({ ...one, to: one.to ^ 1 }))
    : own;
}

const LOST = PROPERTY["lost-over-migration"];

/** Choices of which a model is made. */
const parts = fc.record({
  arch: fc.constantFrom<ArchName>("x86", "x86", "arm64"),
  kernel: fc.nat(7),
  counts: fc.constantFrom(...COUNTS),
  x86: fc.constantFrom(...GUESTS_OF_X86),
  size: fc.constantFrom(...SIZES),
  likeness: fc.constantFrom<Likeness>(...LIKENESS),
  together: fc.boolean(),
  programs: fc.array(program, { minLength: 3, maxLength: 3 }),
  changed: op,
  users: fc.oneof(
    { weight: 1, arbitrary: fc.constant<UserOp[][]>([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.array(userOp, { maxLength: 2 }), { maxLength: 2 }),
    },
  ),
  usersLike: fc.constantFrom(...OTHERS),
  hosts: fc.oneof(
    { weight: 1, arbitrary: fc.constant<HostOp[][]>([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.array(hostOp, { maxLength: 2 }), { maxLength: 3 }),
    },
  ),
  hostsLike: fc.constantFrom(...OTHERS),
  base: fc.integer({ min: 0, max: 3 }),
  before: fc.constantFrom(
    "",
    "",
    "",
    "register",
    "host",
    "debugger",
    "stepper",
  ),
  preempt: fc.constantFrom(...PREEMPT),
  migrate: fc.constantFrom(...MIGRATE),
  fail: fc.constantFrom(undefined, undefined, undefined, "vgic" as const),
  /** Which VMM saves and restores the VM, if one does. */
  restores: fc.constantFrom(undefined, undefined, 0, 1, 2),
  /** What that loses counts as broken. */
  losing: fc.boolean(),
  never: fc.constantFrom(...NEVER),
  always: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Asked[]>([]) },
    { weight: 1, arbitrary: fc.array(question, { maxLength: 1 }) },
  ),
  finally: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Asked[]>([]) },
    { weight: 1, arbitrary: fc.array(question, { maxLength: 1 }) },
  ),
});

/** A model, and what it is made of: that prints when a comparison fails. */
interface Drawn {
  readonly parts: unknown;
  readonly model: () => Model;
}

type Parts = typeof parts extends fc.Arbitrary<infer P> ? P : never;

function drawnModel(drawn: Parts): Drawn {
  const { arch, size, likeness, together } = drawn;
  const [vcpus, cpus] = size;
  // The more there are that act, the less each does: the full search must come to its end.
  const parts = vcpus === 1
    ? 4
    : vcpus === 2 && cpus === 1
    ? 3
    : drawn.preempt === "none"
    ? 2
    : 1;
  const programs = drawn.programs.map((list) => list.slice(0, parts));
  const acts = Math.min(2, parts);
  const users = drawn.users.map((list) => list.slice(0, acts));
  const hosts = drawn.hosts.map((list) => list.slice(0, acts));
  const namesOf = (v: number): Names => ({
    arch,
    page: likeness === "different" ? 0 : v * 0x1_0000,
    shift: likeness === "shifted" ? 8 * v : 0,
    base: arch === "x86" ? drawn.base & 2 : drawn.base,
    slot: likeness === "crossed" ? v & 1 : 0,
  });
  const guests = Array.from({ length: vcpus }, (_, v) => {
    const own = likeness === "different" ? programs[v] : programs[0];
    const changed: Part = { kind: "op", op: drawn.changed };
    const list = likeness === "all-but" && v === vcpus - 1
      ? [...own.slice(0, -1), changed]
      : own;
    return graphOf(list, namesOf(v), together);
  });
  const vmm = drawn.restores === undefined
    ? undefined
    : architecture(arch)!.vmms.at(drawn.restores);
  const model = (): Model => {
    const asked = (list: readonly Asked[], rules: Rules): Requirement[] =>
      list.map(({ pick, ...question }) => {
        const words = vocabulary(namesOf(0));
        const registers = [
          words.address(0),
          words.address(1),
          arch === "x86" ? 7 : 0,
        ];
        const index = question.index %
          (question.of === "vcpu" ? vcpus : cpus);
        const register = registers[pick];
        return requirement({ ...question, index, register }, rules);
      });
    const made = modelOf({
      arch,
      ...KERNELS[arch][drawn.kernel],
      ...(arch === "arm64" ? drawn.counts : drawn.x86),
      cpus,
      guests,
      users: guests.map((_, v) =>
        straight(
          likewise(users, v, drawn.usersLike).map((one) =>
            userAction(one, namesOf(v))
          ),
        )
      ),
      hosts: Array.from({ length: cpus }, (_, p) => {
        const own = drawn.hostsLike === "alike" ? 0x1_0000 * p : 0;
        const list = likewise(hosts, p, drawn.hostsLike);
        return straight(list.map((one) => hostRequest(one, own, arch)));
      }),
      before(machine) {
        const register = vocabulary(namesOf(0)).address(0);
        if (drawn.before === "register") {
          machine.userSet(0, register, 0x1000n, "before");
        } else if (drawn.before === "host") {
          machine.hostDebug(0, { action: "break", address: 0x4000n });
        } else if (drawn.before === "debugger") {
          machine.debugger(0, { action: "break", address: 0x5000n });
        } else if (drawn.before === "stepper") {
          machine.debugger(0, { action: "step" });
        }
      },
      preempt: drawn.preempt,
      migrate: drawn.migrate,
      ...(drawn.fail && arch === "arm64" ? { fail: drawn.fail } : {}),
      never: drawn.never | (vmm !== undefined && drawn.losing ? LOST : 0),
      restores: vmm,
    });
    return {
      ...made,
      always: asked(drawn.always, made.rules),
      finally: asked(drawn.finally, made.rules),
    };
  };
  return { parts: drawn, model };
}

/** Models in which the slots matter. */
const ofSlots: fc.Arbitrary<Drawn> = fc.tuple(
  parts,
  ofEitherSlot,
  fc.boolean(),
).map(([drawn, either, alone]) =>
  drawnModel({
    ...drawn,
    size: drawn.size[0] > 1 ? [1, 1] : drawn.size,
    programs: [either, either, either],
    ...alone ? { users: [], hosts: [], before: "" } : {},
    always: [],
    finally: [],
  })
);

/** Models in which vCPUs do the same, or userspaces too, or the host on CPUs. */
const ofEquals: fc.Arbitrary<Drawn> = fc.tuple(
  parts,
  useful,
  userOp,
  hostOp,
  fc.constantFrom("guests", "users", "hosts"),
).map(([drawn, program, user, host, equal]) => {
  const list = equal === "users" ? drawn.programs[0].slice(0, 1) : program;
  return drawnModel({
    ...drawn,
    size: equal === "hosts" ? [1, 2] : [2, 1],
    likeness: "alike",
    programs: [list, list, list],
    users: equal === "users" ? [[user]] : [],
    usersLike: "alike",
    hosts: equal === "hosts" ? [[host]] : [],
    hostsLike: "alike",
    before: "",
    preempt: equal === "users" ? "none" : drawn.preempt,
    // Of kernels with the bug of 2016 more, so that something breaks that others do as well.
    ...equal === "guests"
      ? { arch: "x86", kernel: 1, never: ALL_PROPERTIES }
      : {},
    always: [],
    finally: [],
  });
});

/** Models in which userspace looks on while the guest takes exceptions of its own. */
const ofHandlers: fc.Arbitrary<Drawn> = fc.tuple(parts, trapping).map((
  [drawn, program],
) =>
  drawnModel({
    ...drawn,
    size: [1, 1],
    programs: [program, program, program],
    before: drawn.before === "" ? "stepper" : drawn.before,
    hosts: [],
  })
);

/** Random models of all kinds. */
export const MODELS: fc.Arbitrary<Drawn> = fc.oneof(
  { weight: 4, arbitrary: parts.map(drawnModel) },
  { weight: 2, arbitrary: ofSlots },
  { weight: 2, arbitrary: ofEquals },
  { weight: 1, arbitrary: ofHandlers },
);
