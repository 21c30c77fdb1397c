/**
 * Two ways to keep the states of a search, on the same steps of the engine: whole states as words, or interned
 * blocks with remembered steps.
 *
 * The model: bennee-v3, two vCPUs on one CPU, each guest picking any of its instructions a few times, userspace
 * switching guest debug on and off between runs. Both must count the same states and transitions.
 *
 * Run: `deno task bench representation`.
 *
 * @module
 */
import { architecture, type Insn, makeInsn } from "../engine/mod.ts";
import {
  beginRun,
  enterGuest,
  kickVcpu,
  RAN,
  runGuest,
  vcpuPut,
} from "../engine/kvm_run.ts";
import {
  CPU_BASE,
  type Frame,
  MODE,
  type Rules,
  VCPU_BASE,
} from "../engine/rules.ts";

const VCPUS = 2;
/** Instructions that each guest executes. */
const BUDGET = 2;

/** Each is measured so often, and the best taken. */
const REPEATS = 2;

const ARM64 = architecture("arm64")!;
const RULES: Rules = ARM64.createRules(
  { profile: "bennee-v3", vendor: undefined, options: {} },
  {
    counts: { brps: 2, ctx: 1, wrps: 1 },
    model: undefined,
    unpredictable: undefined,
  },
);
const { vm: VM_WORDS, vcpu: VCPU_WORDS, user: USER_WORDS, cpu: CPU_WORDS } =
  RULES.sizes;
const ACTOR_WORDS = VCPU_WORDS + USER_WORDS;
const STATE_WORDS = VM_WORDS + CPU_WORDS + VCPUS * ACTOR_WORDS;

function insn(op: "write" | "read", name: string, value = 0): Insn {
  return makeInsn({ op, register: ARM64.registers.find(name)!.id, lo: value });
}

const INSNS = [
  insn("write", "dbgbcr0", 0x1e5),
  insn("write", "dbgbvr0", 0x1000),
  insn("read", "dbgbcr0"),
  insn("write", "mdscr", 0x8000),
];

/** What can happen to a vCPU: the last entries are the instructions. */
const ACTIONS = [
  "load",
  "enter",
  "interrupt",
  "put",
  "debug on",
  "debug off",
  ...INSNS,
] as const;

/** Carries one action out on the frame's blocks. @returns false if it is not possible now */
function act(f: Frame, action: typeof ACTIONS[number]): boolean {
  const { w, vcpu, cpu } = f;
  const mode = w[vcpu + VCPU_BASE.mode];
  switch (action) {
    case "load":
      if (mode !== MODE.out || w[cpu + CPU_BASE.loaded] !== 0) return false;
      beginRun(RULES, f, undefined);
      return true;
    case "enter":
      if (mode !== MODE.loaded) return false;
      enterGuest(RULES, f);
      return true;
    case "interrupt":
      if (mode !== MODE.guest) return false;
      kickVcpu(RULES, f);
      return true;
    case "put":
      if (mode !== MODE.loaded) return false;
      vcpuPut(RULES, f);
      return true;
    case "debug on":
    case "debug off":
      if (mode !== MODE.out) return false;
      return RULES.debugger(
        f,
        action === "debug on" && w[f.user] === 0
          ? { action: "break", address: 0x7000n }
          : { action: "off" },
      ) === 0;
    default: {
      if (mode !== MODE.guest || w[vcpu + VCPU_BASE.next] >= BUDGET) {
        return false;
      }
      f.nextLo = 4;
      f.nextHi = 0;
      const ran = runGuest(RULES, f, action);
      if ((ran & RAN.complete) !== 0) w[vcpu + VCPU_BASE.next]++;
      // Where the instructions are does not matter here.
      w[vcpu + VCPU_BASE.pc] = 0;
      w[vcpu + VCPU_BASE.pc + 1] = 0;
      return true;
    }
  }
}

function frameOver(w: Int32Array): Frame {
  const f = RULES.frame(w);
  f.vm = 0;
  f.cpu = VM_WORDS;
  return f;
}

function select(f: Frame, v: number): void {
  f.vcpu = VM_WORDS + CPU_WORDS + v * ACTOR_WORDS;
  f.user = f.vcpu + VCPU_WORDS;
}

function initial(): Int32Array {
  const w = new Int32Array(STATE_WORDS);
  const f = frameOver(w);
  RULES.initVm(f);
  RULES.initCpu(f, 0);
  for (let v = 0; v < VCPUS; v++) {
    select(f, v);
    RULES.initVcpu(f, v);
    w[f.vcpu + VCPU_BASE.pc] = 0;
  }
  return w;
}

function hashOf(w: Int32Array, from: number, count: number): number {
  let h = 0x9e3779b9 | 0;
  for (let i = from; i < from + count; i++) {
    h = Math.imul(h ^ w[i], 0x85ebca6b);
    h ^= h >>> 15;
  }
  return h >>> 0;
}

/** Runs of words, each distinct one once, by number. */
class Pool {
  count = 0;
  #data: Int32Array;
  #index = new Int32Array(1 << 12);

  constructor(readonly words: number) {
    this.#data = new Int32Array(words * 256);
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return 4 * (this.count * this.words + this.#index.length);
  }

  /** Number of the words at an offset, from 0. @returns the number, and whether it is new */
  add(w: Int32Array, from: number): { id: number; fresh: boolean } {
    if (this.count * 2 >= this.#index.length) this.#rehash();
    const mask = this.#index.length - 1;
    let at = hashOf(w, from, this.words) & mask;
    for (;;) {
      const id = this.#index[at] - 1;
      if (id < 0) break;
      if (this.#equals(id, w, from)) return { id, fresh: false };
      at = (at + 1) & mask;
    }
    const id = this.count++;
    if (this.count * this.words > this.#data.length) {
      const larger = new Int32Array(2 * this.#data.length);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data.set(w.subarray(from, from + this.words), id * this.words);
    this.#index[at] = id + 1;
    return { id, fresh: true };
  }

  /** Copies the words of a number out. */
  load(id: number, w: Int32Array, to: number): void {
    w.set(this.#data.subarray(id * this.words, (id + 1) * this.words), to);
  }

  #equals(id: number, w: Int32Array, from: number): boolean {
    const at = id * this.words;
    for (let i = 0; i < this.words; i++) {
      if (this.#data[at + i] !== w[from + i]) return false;
    }
    return true;
  }

  #rehash(): void {
    this.#index = new Int32Array(2 * this.#index.length);
    const mask = this.#index.length - 1;
    for (let id = 0; id < this.count; id++) {
      let at = hashOf(this.#data, id * this.words, this.words) & mask;
      while (this.#index[at] !== 0) at = (at + 1) & mask;
      this.#index[at] = id + 1;
    }
  }
}

interface Counted {
  readonly states: number;
  readonly transitions: number;
  readonly rules: number;
  readonly bytes: number;
}

/** States are whole: each step copies and hashes all words. */
function wholeStates(): Counted {
  const pool = new Pool(STATE_WORDS);
  const w = new Int32Array(STATE_WORDS);
  const f = frameOver(w);
  pool.add(initial(), 0);
  let transitions = 0;
  let rules = 0;
  for (let head = 0; head < pool.count; head++) {
    for (let v = 0; v < VCPUS; v++) {
      for (const action of ACTIONS) {
        pool.load(head, w, 0);
        select(f, v);
        rules++;
        if (!act(f, action)) continue;
        transitions++;
        pool.add(w, 0);
      }
    }
  }
  return { states: pool.count, transitions, rules, bytes: pool.bytes };
}

/** States are tuples of block numbers; what a step makes of a vCPU, its userspace, the VM and the CPU is remembered. */
function internedBlocks(): Counted {
  const actors = new Pool(ACTOR_WORDS);
  const rest = new Pool(VM_WORDS + CPU_WORDS);
  const states = new Pool(1 + VCPUS);
  const successors = new Map<number, Int32Array>();
  const w = new Int32Array(VM_WORDS + CPU_WORDS + ACTOR_WORDS);
  const f = frameOver(w);
  select(f, 0);
  let rules = 0;
  const actorAt = VM_WORDS + CPU_WORDS;
  const next = (restId: number, actorId: number): Int32Array => {
    const key = restId * 0x10_0000 + actorId;
    const known = successors.get(key);
    if (known !== undefined) return known;
    const found: number[] = [];
    for (const action of ACTIONS) {
      rest.load(restId, w, 0);
      actors.load(actorId, w, actorAt);
      rules++;
      if (!act(f, action)) continue;
      found.push(rest.add(w, 0).id, actors.add(w, actorAt).id);
    }
    const made = Int32Array.from(found);
    successors.set(key, made);
    return made;
  };
  const start = initial();
  const tuple = new Int32Array(1 + VCPUS);
  tuple[0] = rest.add(start, 0).id;
  for (let v = 0; v < VCPUS; v++) {
    tuple[1 + v] = actors.add(start, actorAt + v * ACTOR_WORDS).id;
  }
  states.add(tuple, 0);
  let transitions = 0;
  const from = new Int32Array(1 + VCPUS);
  for (let head = 0; head < states.count; head++) {
    states.load(head, from, 0);
    for (let v = 0; v < VCPUS; v++) {
      const list = next(from[0], from[1 + v]);
      for (let i = 0; i < list.length; i += 2) {
        transitions++;
        tuple.set(from);
        tuple[0] = list[i];
        tuple[1 + v] = list[i + 1];
        states.add(tuple, 0);
      }
    }
  }
  let remembered = 0;
  for (const list of successors.values()) remembered += list.byteLength + 16;
  return {
    states: states.count,
    transitions,
    rules,
    bytes: states.bytes + actors.bytes + rest.bytes + remembered,
  };
}

/** Measures and prints. */
export function bench(): Promise<void> {
  const candidates = {
    "whole states": wholeStates,
    "interned blocks": internedBlocks,
  };
  const best: Record<string, number> = {};
  const counted: Counted[] = [];
  for (const [name, search] of Object.entries(candidates)) {
    best[name] = Infinity;
    let result!: Counted;
    for (let i = 0; i < REPEATS; i++) {
      const begin = performance.now();
      result = search();
      best[name] = Math.min(best[name], performance.now() - begin);
    }
    counted.push(result);
    console.log(
      `${name}: ${result.states} states, ${result.transitions} transitions, ${
        (result.transitions / best[name]).toFixed(0)
      } transitions/ms, rules ran ${result.rules} times, ${
        (result.bytes / result.states).toFixed(0)
      } bytes a state`,
    );
  }
  const [whole, interned] = counted;
  if (
    whole.states !== interned.states ||
    whole.transitions !== interned.transitions
  ) throw new Error("the candidates count differently");
  console.log(
    `interned blocks take ${
      (best["interned blocks"] / best["whole states"]).toFixed(3)
    } of the time`,
  );
  return Promise.resolve();
}
