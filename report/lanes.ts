/**
 * Where in a timeline a statement and an event are drawn.
 *
 * @module
 */
import type { Event, Machine, Place } from "../engine/mod.ts";
import type { Action } from "../dsl/actions.ts";
import type { LaneJson } from "./document.ts";

const USER: LaneJson = { kind: "user", index: 0 };

const HOST: LaneJson = { kind: "host", index: 0 };

/** All lanes of a machine, from top to bottom. */
export function lanesOf({ vcpus, cpus }: Machine): LaneJson[] {
  const lanes = (kind: "cpu" | "vcpu", count: number): LaneJson[] =>
    Array.from({ length: count }, (_, index) => ({ kind, index }));
  return [USER, ...lanes("vcpu", vcpus), ...lanes("cpu", cpus), HOST];
}

/** Who acts in a statement; null for one that only sets up, looks or expects. */
export function actorOf(action: Action): LaneJson | null {
  switch (action.kind) {
    case "run":
    case "vcpu-operation":
    case "guest":
      return { kind: "vcpu", index: action.vcpu };
    case "set":
    case "user":
      return USER;
    case "host-debug":
      return HOST;
    default:
      return null;
  }
}

function laneOfPlace({ space, index }: Place): LaneJson {
  switch (space) {
    case "cpu":
      return { kind: "cpu", index };
    case "host":
      return HOST;
    case "vm":
    case "user":
      return USER;
    default:
      return { kind: "vcpu", index };
  }
}

/** Where an event is drawn. */
export function laneOf(event: Event): LaneJson {
  switch (event.kind) {
    case "set":
      return laneOfPlace(event.to);
    case "refused":
      return USER;
    case "host-hit":
    case "host-lost":
      return HOST;
    default:
      return { kind: "vcpu", index: event.vcpu };
  }
}
