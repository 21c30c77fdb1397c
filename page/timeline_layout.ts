/**
 * Where things are in the timeline: a column for each step, as wide as its events.
 *
 * @module
 */
import type { EventJson, LaneJson, RecordJson } from "../report/document.ts";

/** Height of a lane, in pixels. */
export const LANE_HEIGHT = 26;

/** Height of the row of step numbers. */
export const HEAD_HEIGHT = 18;

/** Width of an event, and the least of a step. */
const EVENT_WIDTH = 13;
const STEP_WIDTH = 22;

/** How an event is drawn. */
export type Shape =
  | "dot"
  | "down"
  | "up"
  | "diamond"
  | "square"
  | "star"
  | "bang";

/** A drawn event. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly shape: Shape;
  readonly title: string;
}

/** A time during which a vCPU is loaded on a CPU, or is in the guest. */
export interface Bar {
  readonly kind: "loaded" | "guest";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly title: string;
}

/** The column of a step. */
export interface Column {
  readonly x: number;
  readonly width: number;
}

/** All of it. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly columns: readonly Column[];
  readonly marks: readonly Mark[];
  readonly bars: readonly Bar[];
}

const SHAPES: Readonly<Record<string, Shape>> = {
  load: "down",
  save: "up",
  "vcpu-load": "down",
  "vcpu-put": "up",
  trap: "diamond",
  access: "square",
  exit: "diamond",
  "user-exit": "diamond",
  exception: "star",
  raise: "star",
  inject: "star",
  hit: "star",
  warn: "bang",
  unpredictable: "bang",
  refused: "bang",
  missed: "bang",
  stray: "bang",
  "host-hit": "star",
  "host-lost": "bang",
  stopped: "bang",
};

/** What each shape stands for. */
export const LEGEND: readonly [Shape, string][] = [
  ["dot", "a value is set"],
  ["down", "loaded into the CPU"],
  ["up", "saved from the CPU"],
  ["square", "a guest's access to a register"],
  ["diamond", "trap or exit"],
  ["star", "hit or exception"],
  ["bang", "warning, refusal, missed breakpoint"],
];

interface Open {
  readonly kind: Bar["kind"];
  readonly x: number;
  readonly ys: readonly number[];
  readonly title: string;
}

function number(event: EventJson["event"], name: string): number {
  return event[name] as number;
}

/** Works out where everything is. */
export function layOut({ steps, lanes }: RecordJson): Layout {
  const yOf = ({ kind, index }: LaneJson): number => {
    const at = lanes.findIndex((lane) =>
      lane.kind === kind && lane.index === index
    );
    return HEAD_HEIGHT + (Math.max(0, at) + 0.5) * LANE_HEIGHT;
  };
  const columns: Column[] = [];
  const marks: Mark[] = [];
  const bars: Bar[] = [];
  const open = new Map<string, Open>();
  let x = 0;
  const begin = (key: string, one: Open): void => {
    end(key, one.x);
    open.set(key, one);
  };
  const end = (key: string, at: number): void => {
    const begun = open.get(key);
    if (begun === undefined) return;
    open.delete(key);
    const { kind, x, ys, title } = begun;
    const width = Math.max(2, at - x);
    bars.push(...ys.map((y) => ({ kind, x, y, width, title })));
  };
  for (const { events } of steps) {
    const width = Math.max(STEP_WIDTH, (events.length + 1) * EVENT_WIDTH);
    columns.push({ x, width });
    events.forEach(({ lane, verb, what, event }, at) => {
      const here = x + (at + 1) * EVENT_WIDTH;
      const { kind } = event;
      const vcpu = number(event, "vcpu");
      const y = yOf(lane);
      switch (kind) {
        case "vcpu-load":
          begin(`loaded ${vcpu}`, {
            kind: "loaded",
            x: here,
            ys: [
              y,
              yOf({ kind: "cpu", index: number(event, "cpu") }),
            ],
            title: `vCPU ${vcpu} is loaded on CPU ${number(event, "cpu")}`,
          });
          break;
        case "vcpu-put":
          end(`loaded ${vcpu}`, here);
          break;
        case "enter":
          begin(`guest ${vcpu}`, {
            kind: "guest",
            x: here,
            ys: [y],
            title: `vCPU ${vcpu} is in the guest`,
          });
          break;
        case "exit":
          end(`guest ${vcpu}`, here);
          break;
        default:
          break;
      }
      marks.push({
        x: here,
        y,
        shape: SHAPES[kind] ?? "dot",
        title: `${verb} ${what}`,
      });
    });
    x += width;
  }
  for (const key of [...open.keys()]) end(key, x);
  return {
    width: Math.max(x, 1),
    height: HEAD_HEIGHT + lanes.length * LANE_HEIGHT,
    columns,
    marks,
    // What is narrower is drawn over what it is a part of.
    bars: bars.sort((a, b) => b.width - a.width),
  };
}
