import { TRIED, WHOLE } from "../engine/explore/coverage.ts";
import type { Found } from "../engine/explore/found.ts";
import type { Model } from "../engine/explore/model.ts";
import { provePairs } from "../engine/explore/modular.ts";
import { UNBOUNDED } from "../engine/explore/options.ts";
import { NONE } from "../engine/explore/pair_frame.ts";
import type { UserAction } from "../engine/explore/programmed_machine.ts";
import {
  ALL_REDUCTIONS as ALL,
  NO_REDUCTIONS as OFF,
  type Reductions,
} from "../engine/explore/reductions.ts";
import type { Renaming } from "../engine/explore/renaming.ts";
import { PROPERTY } from "../engine/explore/properties.ts";
import { search } from "../engine/explore/search.ts";
import { Steps } from "../engine/explore/steps.ts";
import { Symmetry } from "../engine/explore/symmetry.ts";
import { modelOf, straight } from "../engine/explore/testing.ts";
import { makeInsn } from "../engine/program.ts";
import { MODE, VCPU_BASE } from "../engine/rules.ts";
import { MODELS } from "./random_models/models.ts";
import { reach, type Reached, STATES_MAX } from "./random_models/reached.ts";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";

/** More models, or other ones: `DREGS_MODELS=5000 DREGS_SEED=7 deno task test tests/explore_reductions_test.ts`. */
const numRuns = Number(Deno.env.get("DREGS_MODELS") ?? 260);
const seed = Number(Deno.env.get("DREGS_SEED") ?? 2016);

/** Every reduction alone, all together, and all but the one that hides the others. */
const EACH: readonly Reductions[] = [
  { ...OFF, rest: true },
  { ...OFF, symmetry: true },
  { ...OFF, slots: true },
  { ...OFF, symmetry: true, slots: true },
  { ...OFF, transactions: true },
  { ...OFF, pairs: true },
  { ...ALL, pairs: false },
  ALL,
];

function searched(model: Model, reductions: Reductions): Found {
  return search(model, { reductions, bounds: UNBOUNDED });
}

/** Steps that tell which pairs they are asked for. */
class AskedSteps extends Steps {
  readonly asked = new Set<string>();

  override successors(vcpu: number, cpu: number, vm: number): number {
    this.asked.add(`${vcpu} ${cpu} ${vm}`);
    return super.successors(vcpu, cpu, vm);
  }
}

function newSteps(model: Model, rest: boolean): AskedSteps {
  const steps = new AskedSteps(model, rest);
  steps.vmVaries = true;
  return steps;
}

/** Looks at all pairs, and tells which were looked at; undefined if that proved nothing. */
function proved(
  model: Model,
  steps: AskedSteps,
  symmetry: Symmetry | undefined,
): ReadonlySet<string> | undefined {
  steps.asked.clear();
  const proof = provePairs(model, steps, symmetry);
  for (;;) {
    const { done, value } = proof.next();
    if (done) return value.holds ? new Set(steps.asked) : undefined;
  }
}

/** Words of each part of each state, without what `rest` clears. */
function rested(model: Model, steps: Steps, { states }: Reached): Set<string> {
  const { vcpus, cpus, rules, migrate, monitor } = model;
  const texts = { vcpus: new Map(), cpus: new Map(), vms: new Map() };
  const restedWords = (id: number): string => {
    const w = steps.wordsOf(states[0][vcpus + cpus], id, states[0][vcpus]);
    const f = steps.frameOf(w);
    monitor.rest(f, model.always.length + model.finally.length > 0);
    if (migrate === "any" && w[f.vcpu + VCPU_BASE.mode] === MODE.out) {
      w[f.vcpu + VCPU_BASE.cpu] = 0;
    }
    return `${w.subarray(rules.sizes.vm, f.cpu)}`;
  };
  const textOf = (id: number): string => cached(texts.vcpus, id, restedWords);
  const words = (name: "cpus" | "vms", id: number): string => {
    const { data, words } = steps.components[name];
    return cached(
      texts[name],
      id,
      (id) => `${data.subarray(id * words, (id + 1) * words)}`,
    );
  };
  return new Set(
    states.map((state) =>
      [
        ...state.slice(0, vcpus).map(textOf),
        ...state.slice(vcpus, vcpus + cpus).map((id) => words("cpus", id)),
        words("vms", state[vcpus + cpus]),
      ].join(";")
    ),
  );
}

/** What was compared, so that a test which compares nothing fails. */
class Tally {
  readonly counts = new Map<string, number>();

  add(what: string, count = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }

  atLeast(what: string, count: number): void {
    const found = this.counts.get(what) ?? 0;
    assert(found >= count, `only ${found} of ${numRuns}: ${what}`);
  }
}

/**
 * What the full search has tried, and nothing else: of each action each outcome, and what there was to check. The
 * proof by pairs may try more.
 */
function compareCoverage(
  reduced: Found,
  full: Found,
  what: string,
  tally: Tally,
): void {
  const mayBeMore = reduced.reductions.pairs;
  const compare = (a: number, b: number, where: string): void => {
    if (b !== 0) assert(a !== 0, `${what} does not try ${where}`);
    else if (!mayBeMore) assertEquals(a, 0, `${what} tries ${where}`);
  };
  full.coverage.whole.forEach((count, at) => {
    // That is known only where ends are looked at.
    if (at !== WHOLE.ended) {
      compare(reduced.coverage.whole[at], count, `${at} of the whole`);
    }
  });
  full.coverage.actions.forEach(({ actor, index, numbers }, n) => {
    const other = reduced.coverage.actions[n];
    numbers.forEach((count, at) => {
      compare(other.numbers[at], count, `${at} of ${actor} ${index}, ${n}`);
    });
    for (const [name, at] of Object.entries(TRIED)) {
      if (numbers[at] > 0) tally.add(`tried: ${name}`);
    }
  });
}

/** The same verdict, and a schedule as short. */
function compareVerdicts(model: Model, full: Found, tally: Tally): void {
  if (full.coverage.whole[WHOLE.carried] > 0) {
    tally.add(`restored, ${full.broken ? "broken" : "holds"}`);
  }
  if (
    ((full.broken?.properties ?? 0) & PROPERTY["lost-over-migration"]) !== 0
  ) {
    tally.add("lost");
  }
  for (const reductions of EACH) {
    const reduced = searched(model, reductions);
    const what = JSON.stringify(reductions);
    assertEquals(
      reduced.broken !== undefined,
      full.broken !== undefined,
      what,
    );
    assertEquals(reduced.complete, full.complete, what);
    assertEquals(reduced.schedule.length, full.schedule.length, what);
    if (reduced.complete) compareCoverage(reduced, full, what, tally);
    for (const [name, isUsed] of Object.entries(reduced.reductions)) {
      if (isUsed) tally.add(`${name}, ${full.broken ? "broken" : "holds"}`);
    }
  }
}

function cached<T>(
  known: Map<number, T>,
  key: number,
  find: (key: number) => T,
): T {
  let found = known.get(key);
  if (found === undefined) {
    found = find(key);
    known.set(key, found);
  }
  return found;
}

/** Renamings turn what is reached into what is reached, and the search finds one of each kind. */
function compareSymmetry(
  model: Model,
  steps: Steps,
  { states }: Reached,
  reductions: Reductions,
): Symmetry {
  const { vcpus, cpus } = model;
  const { symmetry: numbers, slots } = reductions;
  const symmetry = new Symmetry(model, steps, { numbers, slots });
  if (model.always.length + model.finally.length > 0) {
    assertEquals(symmetry.count, 1, "somebody is asked for by number");
  }
  const known = new Set(states.map((state) => `${state}`));
  for (const renaming of symmetry.renamings) {
    const vcpuImages = new Map<number, number>();
    const cpuImages = new Map<number, number>();
    const imageOf = (state: readonly number[]): number[] => {
      const image = [...state];
      for (let v = 0; v < vcpus; v++) {
        image[renaming.vcpus[v]] = cached(
          vcpuImages,
          state[v],
          (id) => steps.renamedVcpu(id, renaming),
        );
      }
      for (let p = 0; p < cpus; p++) {
        image[vcpus + renaming.cpus[p]] = cached(
          cpuImages,
          state[vcpus + p],
          (id) => steps.renamedCpu(id, renaming),
        );
      }
      return image;
    };
    const [start] = states;
    const image = imageOf(start);
    assertEquals(
      image.slice(0, vcpus),
      start.slice(0, vcpus),
      "guests begin differently",
    );
    // CPUs may begin differently; then not all that is renamed is reached.
    if (`${image}` !== `${start}`) continue;
    for (const state of states) {
      assert(known.has(`${imageOf(state)}`), "a renamed state is not reached");
    }
  }
  const kinds = new Set(states.map((state) => {
    const tuple = Int32Array.from(state);
    symmetry.canonical(tuple, 0);
    return `${tuple}`;
  }));
  const { states: found } = searched(model, reductions);
  assertEquals(found, kinds.size, "states up to symmetry");
  return symmetry;
}

/** Where nothing breaks: what reductions leave out is what they say, no more. */
function compareReached(model: Model, full: Found, tally: Tally): void {
  const { vcpus, cpus } = model;
  const steps = newSteps(model, false);
  const reached = reach(model, steps);
  assert(reached, "the plain search finds what the search does not");
  const { states, pairs } = reached;
  assertEquals(states.length, full.states, "states");
  const first = states[0][vcpus + cpus];
  const vmVaries = states.some((state) => state[vcpus + cpus] !== first);
  tally.add(vmVaries ? "VM varies" : "VM does not vary");

  const quick = searched(model, { ...OFF, transactions: true });
  assertEquals(quick.reductions.transactions, !vmVaries, "given up or not");
  if (!vmVaries) {
    const between = states.filter((state) =>
      state.slice(0, vcpus).every((id) =>
        steps.components.mode[id] === MODE.out
      )
    );
    assertEquals(quick.states, between.length, "states between transactions");
  }

  const symmetries = [
    { ...OFF, symmetry: true },
    { ...OFF, slots: true },
    { ...OFF, symmetry: true, slots: true },
  ].map((reductions) => compareSymmetry(model, steps, reached, reductions));
  for (const { ofNumbers, ofSlots, renamings } of symmetries.slice(2)) {
    if (ofNumbers) tally.add("symmetry, reached");
    if (ofSlots) tally.add("slots, reached");
    if (renamings.some(({ pages }) => pages.size > 0)) {
      tally.add("pages, reached");
    }
    const moves = ({ guests, users, hosts }: Renaming) =>
      [guests, users, hosts].flat().some((positions) => positions);
    if (renamings.some(moves)) tally.add("positions, reached");
  }

  for (const used of [undefined, symmetries[2]]) {
    const looked = proved(model, steps, used);
    if (looked === undefined) continue;
    tally.add("proved by pairs");
    const least: [number, number] = [0, 0];
    for (const [v, c, vm] of pairs) {
      least[0] = v;
      least[1] = c;
      if (v !== NONE) used?.leastPair(v, c, least);
      assert(
        looked.has(`${least[0]} ${least[1]} ${vm}`),
        `a pair was not looked at${used ? ", up to symmetry" : ""}`,
      );
    }
  }

  // How long a choice stays open depends on what is cleared.
  if (model.guests.some(hasChoice)) return;
  const restingSteps = newSteps(model, true);
  const resting = reach(model, restingSteps);
  assert(resting, "with rest something breaks");
  const cleared = rested(model, restingSteps, resting);
  const expected = rested(model, steps, reached);
  assertEquals(cleared.size, expected.size, "states but for what is cleared");
  assert([...cleared].every((state) => expected.has(state)), "other states");
}

function hasChoice({ nodes }: Model["guests"][number]): boolean {
  return nodes.some(({ kind }) => kind === "choice");
}

/** Models that one test compares: the test of mutants leaves out tests that take long. */
const PART = 10;

/** Compares one part of the models, all asked for the same properties if those are given. */
function compareModels(part: number, tally: Tally, never?: number): void {
  fc.assert(
    fc.property(MODELS, ({ model: make }) => {
      const drawn = make();
      const model = never === undefined ? drawn : { ...drawn, never };
      const bounds = { ...UNBOUNDED, statesMax: STATES_MAX };
      const full = search(model, { reductions: OFF, bounds });
      tally.add(
        full.bound ? "too large" : full.broken ? "broken" : "holds",
      );
      if (full.bound) return;
      compareVerdicts(model, full, tally);
      if (!full.broken) compareReached(model, full, tally);
    }),
    { numRuns: PART, seed: seed + part },
  );
}

/** What was compared of so many models, part by part; a part that no test has compared yet is compared then. */
class Parts {
  readonly count: number;
  readonly #compared = new Map<number, Tally>();

  constructor(numRuns: number, readonly never?: number) {
    this.count = Math.ceil(numRuns / PART);
  }

  compare(part: number): Tally {
    const tally = new Tally();
    compareModels(part, tally, this.never);
    this.#compared.set(part, tally);
    return tally;
  }

  all(): Tally {
    const sum = new Tally();
    for (let part = 0; part < this.count; part++) {
      const { counts } = this.#compared.get(part) ?? this.compare(part);
      for (const [what, count] of counts) sum.add(what, count);
    }
    return sum;
  }
}

const MODELS_ALONE = new Parts(numRuns);

const MODELS_BESIDE = new Parts(Math.ceil(numRuns / 2), PROPERTY.noticed);

for (
  const [name, parts] of [
    ["", MODELS_ALONE],
    [", a bare machine beside each vCPU", MODELS_BESIDE],
  ] as const
) {
  for (let part = 0; part < parts.count; part++) {
    Deno.test(
      `every reduction gives the verdict of the full search on random models, and a schedule as short${name}: part ${
        part + 1
      } of ${parts.count}`,
      () => {
        parts.compare(part);
      },
    );
  }
}

Deno.test("every reduction was compared on random models of each kind", () => {
  const tally = MODELS_ALONE.all();
  // Verdicts of both kinds were compared under every reduction, or the test says little.
  for (const name of ["rest", "symmetry", "transactions", "pairs"]) {
    tally.atLeast(`${name}, holds`, 60);
  }
  // The proof by pairs tells nothing of what is broken.
  tally.atLeast("rest, broken", 40);
  tally.atLeast("transactions, broken", 40);
  tally.atLeast("symmetry, broken", 5);
  tally.atLeast("broken", 15);
  for (const name of ["symmetry", "pages", "slots", "positions"]) {
    tally.atLeast(`${name}, reached`, 8);
  }
  tally.atLeast("VM varies", 30);
  for (const name of ["done", "refused", "stopped", "matched"]) {
    tally.atLeast(`tried: ${name}`, 30);
  }
  tally.atLeast("tried: errno", 4);
  tally.atLeast("restored, holds", 15);
  tally.atLeast("restored, broken", 15);
  tally.atLeast("lost", 6);
});

Deno.test("every reduction was compared on random models of each kind with a bare machine beside each vCPU", () => {
  const tally = MODELS_BESIDE.all();
  for (const name of ["rest", "symmetry", "transactions", "pairs"]) {
    tally.atLeast(`${name}, holds`, 20);
  }
  tally.atLeast("rest, broken", 20);
  for (const name of ["symmetry", "slots"]) {
    tally.atLeast(`${name}, reached`, 4);
  }
});

Deno.test("rest keeps singlestep_rip while userspace steps: flags set there keep TF", () => {
  const nop = makeInsn({ op: "exec", addressLo: 0x1000, lengthBytes: 1 });
  const model = modelOf({
    arch: "x86",
    profile: "linux-6.1",
    cpus: 1,
    guests: [straight([nop])],
    users: [straight<UserAction>([
      { kind: "debugger", request: { action: "step" } },
      { kind: "set", register: 8, value: 2n },
    ])],
    never: 0,
  });
  compareReached(model, searched(model, OFF), new Tally());
});
