/**
 * What is counted and kept of a machine's events.
 *
 * @module
 */
import type { CostName } from "./cost.ts";
import type { Event } from "./events.ts";

/** A state that `restore` brings back. */
export interface TallyMark {
  /** What `as` named. */
  readonly reads: ReadonlyMap<string, bigint | undefined>;
  /** Counters of each vCPU. */
  readonly costs: readonly ReadonlyMap<CostName, number>[];
}

/** Named reads, and cost counters of each vCPU. */
export class Tally {
  /** Values that were named by `as`; undefined where the access was undefined. */
  readonly reads: Map<string, bigint | undefined> = new Map();
  #costs: Map<CostName, number>[] = [];

  /** One more vCPU. */
  addVcpu(): void {
    this.#costs.push(new Map());
  }

  /** A counter of a vCPU, since the start. */
  cost(v: number, name: CostName): number {
    return this.#costs[v].get(name) ?? 0;
  }

  /** @param cost the counters that the event adds to */
  push(event: Event, cost: readonly CostName[] = []): void {
    if (event.kind === "access" && event.name !== undefined) {
      const failed = event.by === "undef" || event.by === "fault";
      this.reads.set(event.name, failed ? undefined : event.value);
    }
    if (!("vcpu" in event) || event.vcpu < 0) return;
    const costs = this.#costs[event.vcpu];
    for (const name of cost) costs.set(name, (costs.get(name) ?? 0) + 1);
  }

  /** Everything as it is. */
  mark(): TallyMark {
    return {
      reads: new Map(this.reads),
      costs: this.#costs.map((costs) => new Map(costs)),
    };
  }

  /** Brings a mark back. */
  restore({ reads, costs }: TallyMark): void {
    this.reads.clear();
    for (const [name, value] of reads) this.reads.set(name, value);
    this.#costs = costs.map((counted) => new Map(counted));
  }
}
