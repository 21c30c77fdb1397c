/**
 * What userspace does with a VM as a whole: capabilities, and saving it and restoring it into a new one.
 *
 * @module
 */
import type { BesideMachine } from "./bare/beside_machine.ts";
import type { SavedVm, UserResult } from "./machine_state.ts";
import type { MachineWords } from "./machine_words.ts";
import { renewVcpu } from "./renewed_vcpu.ts";
import {
  type CountChange,
  type Frame,
  type Rules,
  VCPU_BASE,
} from "./rules.ts";
import { type Carried, lostEvents, type Saving } from "./saving.ts";
import { VcpuProgram } from "./vcpu_program.ts";

/** The VM of a machine, for its userspace. */
export class MachineVm {
  readonly #rules: Rules;
  readonly #words: MachineWords;
  readonly #programs: VcpuProgram[];
  readonly #beside: BesideMachine;
  readonly #settle: (v: number) => void;
  /** By name; never changed, but replaced. */
  #saved: ReadonlyMap<string, SavedVm> = new Map();

  /**
   * The VM of a machine.
   *
   * @param programs by vCPU; those of a restored VM are put there
   * @param settle takes a vCPU out of KVM_RUN, with an access that userspace was asked to emulate complete
   */
  constructor(
    rules: Rules,
    words: MachineWords,
    { programs, beside, settle }: {
      readonly programs: VcpuProgram[];
      readonly beside: BesideMachine;
      readonly settle: (v: number) => void;
    },
  ) {
    this.#rules = rules;
    this.#words = words;
    this.#programs = programs;
    this.#beside = beside;
    this.#settle = settle;
  }

  /** What was saved, by name. */
  get saved(): ReadonlyMap<string, SavedVm> {
    return this.#saved;
  }

  /** Brings back what was saved when this was asked for. */
  set saved(saved: ReadonlyMap<string, SavedVm>) {
    this.#saved = saved;
  }

  /** Counts of the machine, where a restore can change them. */
  get hostCounts(): CountChange {
    return this.#rules.hostCounts?.(this.#words.at(0)) ?? {};
  }

  /** The machine is another one. */
  set hostCounts(counts: CountChange) {
    this.#rules.moveHost?.(counts);
  }

  /** KVM_CHECK_EXTENSION. */
  checkExtension(name: string): UserResult {
    const answer = this.#rules.checkExtension(this.#words.at(0), name);
    return {
      operation: `check ${name}`,
      result: Math.min(answer, 0),
      value: answer < 0 ? undefined : BigInt(answer),
    };
  }

  /**
   * KVM_ENABLE_CAP.
   *
   * @throws {RangeError} if the architecture has none that can be enabled
   */
  enableCapability(name: string): UserResult {
    const result = this.#rules.enableCapability?.(this.#words.at(0), name);
    if (result === undefined) throw new RangeError(`Cannot enable ${name}`);
    return { operation: `enable ${name}`, result, value: undefined };
  }

  /**
   * Saves the VM under a name, in the place of what it named before. The vCPUs leave KVM_RUN, and go on as they are.
   *
   * @param vmm one of `Architecture.vmms`
   * @throws {RangeError} if the architecture has no saving
   */
  save(name: string, vmm: string): UserResult {
    const saving = this.#saving();
    const words = this.#words;
    const all = Array.from({ length: words.vcpus }, (_, v) => v);
    for (const v of all) this.#settle(v);
    const { vm, bare = [] } = words.blocks();
    const saved = {
      vmm,
      vm,
      vcpus: all.map((v) => {
        const carried = saving.carried(words.scratch(v));
        const saved = saving.save(words.at(v), vmm);
        if (saving.isBehind?.(words.at(v))) saved.block[VCPU_BASE.next]--;
        return { ...saved, carried };
      }),
      bare,
      programs: this.#programs.map((program) => program.mark()),
    };
    this.#saved = new Map([...this.#saved, [name, saved]]);
    return { operation: `save ${name}`, result: 0, value: undefined };
  }

  /**
   * Puts what was saved into a new VM, which takes the place of this one; userspace's guest debug is not part of it. What
   * was pending in the programs still is, and what was appended since. If the kernel refuses an ioctl, this VM stays.
   *
   * @param on counts of `Architecture.restoredOn`: those in which the machine of the new VM differs from this one
   * @throws {RangeError} if nothing was saved under the name
   */
  restore(name: string, on: CountChange = {}): UserResult {
    const saved = this.#saved.get(name);
    if (saved === undefined) {
      throw new RangeError(`Nothing is saved as ${name}`);
    }
    const words = this.#words;
    for (let v = 0; v < words.vcpus; v++) this.#settle(v);
    const before = words.all.slice();
    const host = this.hostCounts;
    if (Object.keys(on).length > 0) this.#moveTo(on);
    const result = this.#fill(saved);
    if (result < 0) {
      words.all.set(before);
      this.hostCounts = host;
    } else this.#followGuests(saved);
    return { operation: `restore ${name}`, result, value: undefined };
  }

  /** Another machine: its CPUs are new. */
  #moveTo(counts: CountChange): void {
    this.hostCounts = counts;
    const rules = this.#rules;
    const words = this.#words;
    for (let p = 0; p < words.cpus; p++) {
      const f = words.atCpu(p);
      f.w.fill(0, f.cpu, f.cpu + rules.sizes.cpu);
      rules.initCpu(f, p);
    }
  }

  /** The blocks of a new VM. @returns 0, or a negated errno */
  #fill({ vmm, vm, vcpus }: SavedVm): number {
    const saving = this.#saving();
    const words = this.#words;
    words.all.set(vm, 0);
    saving.renewVm?.(words.at(0));
    for (let v = 0; v < words.vcpus; v++) {
      renewVcpu(this.#rules, words.at(v));
      if (v >= vcpus.length) continue;
      const result = saving.restore(words.at(v), vcpus[v], vmm);
      if (result < 0) return result;
      this.#reportLost(saving, v, vmm, vcpus[v].carried);
    }
    return 0;
  }

  #reportLost(
    saving: Saving<Frame>,
    v: number,
    vmm: string,
    before: readonly Carried[],
  ): void {
    const words = this.#words;
    const after = saving.carried(words.scratch(v));
    const lost = lostEvents(saving, v, vmm, { before, after });
    for (const event of lost) words.at(v).sink?.push(event);
  }

  /** Programs and bare machines go on where the guests do. */
  #followGuests({ programs, bare }: SavedVm): void {
    const words = this.#words;
    for (let v = 0; v < words.vcpus; v++) {
      if (v >= programs.length) {
        this.#beside.reset(v);
        continue;
      }
      this.#programs[v] = VcpuProgram.resumed(programs[v], this.#programs[v]);
      words.all.set(bare[v], words.bareAt(v));
    }
  }

  #saving(): Saving<Frame> {
    const { saving } = this.#rules;
    if (saving === undefined) throw new RangeError("A VM cannot be saved");
    return saving;
  }
}
