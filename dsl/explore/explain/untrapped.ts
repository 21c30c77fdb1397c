/**
 * Accesses that did not trap although KVM had decided that they do: the CPU got the value of an earlier setup.
 *
 * @module
 */
import type {
  Architecture,
  Event,
  Place,
  ScheduleStep,
  SetEvent,
} from "../../../engine/mod.ts";
import type { Chain } from "../../run/why_chain.ts";

/** What KVM decided, and what the CPU got; places in the record. */
export interface LateTraps {
  /** The load of the value, or the vcpu_load that changed nothing; -1 if there is none. */
  readonly load: number;
  /** The load is an event of its own: the CPU had another value. */
  readonly isLoaded: boolean;
  /** KVM's decision that accesses trap. */
  readonly built: number;
}

/**
 * The newest load that came too early, if it has to do with what is wrong: the guest saw something then, or accessed a
 * register that is followed. Where KVM has decided nothing else, every such load counts.
 */
export function untrapped(
  { deciders: { traps }, registers }: Architecture,
  chain: Chain,
  { vcpu, noticed, unread }: ScheduleStep,
): LateTraps | undefined {
  if (traps === undefined || vcpu === undefined) return undefined;
  const isLoad = (event: Event): boolean =>
    event.kind === "set" && event.cause === "load" &&
    event.to.space === "cpu" && event.to.name === traps.register;
  const seen = unread?.register ?? noticed?.register;
  const isSeen = seen !== undefined;
  const followed = new Set([
    ...isSeen ? [registers.byId(seen).name] : [],
    ...chain.places().flatMap((at) => {
      const event = chain.event(at);
      return event.kind === "set" ? [event.to.name] : [];
    }),
  ]);
  const isAlone = isSeen && chain.size < 2;
  const of: Place = { space: "kvm", index: vcpu, name: traps.kvm };
  for (let from = 0;;) {
    const at = chain.find(from, isLoad);
    const built = chain.lastChange(from, of);
    const wanted = built < 0 || at >= 0 && built > at
      ? 0n
      : (chain.event(built) as SetEvent).new;
    const given = at < 0 ? 0n : (chain.event(at) as SetEvent).new;
    const access = chain.find(
      from,
      (event) =>
        event.kind === "access" && event.vcpu === vcpu &&
        event.by === "hardware" && followed.has(event.register),
    );
    const counts = isAlone || from === 0 && isSeen ||
      access >= 0 && (at < 0 || access < at);
    if (counts && (wanted & ~given & traps.bit) !== 0n) {
      return at >= 0 ? { load: at, isLoaded: true, built } : {
        load: chain.find(
          built,
          (event) => event.kind === "vcpu-load" && event.vcpu === vcpu,
        ),
        isLoaded: false,
        built,
      };
    }
    if (at < 0) return undefined;
    from = at + 1;
  }
}
