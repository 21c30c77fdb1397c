/**
 * The renumbering diagram: the guest's breakpoints over the machine's, with the links between breakpoints.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import type { FieldJson, MapJson } from "../report/document.ts";
import type { SideState } from "./replay.ts";

/** Width and height of a breakpoint's box, and the distance of two. */
const BOX = { width: 34, height: 22, step: 46 };

/** Where the two rows of boxes begin, from the top. */
const GUEST_Y = 46;
const MACHINE_Y = 118;
const HEIGHT = 190;
const LEFT = 70;

/** A link of a breakpoint to a context-aware one. */
interface Link {
  readonly from: number;
  readonly to: number;
}

/** Links of enabled linked breakpoints in one view. */
function linksOf(
  side: SideState,
  view: string,
  fields: readonly FieldJson[] | undefined,
): Link[] {
  const type = fields?.find(({ name }) => name === "BT");
  if (type === undefined) return [];
  return [...side.rows.values()].flatMap((row): Link[] => {
    const number = /^dbgbcr(\d+)$/.exec(row.short)?.[1];
    const cell = row.cells[view];
    if (number === undefined || cell?.kind !== "value") return [];
    const { BT, LBN, E } = cell.fields ?? {};
    if (BT === undefined || LBN === undefined || E !== "0x1") return [];
    return type.names[BT]?.startsWith("linked-address")
      ? [{ from: Number(number), to: Number(LBN) }]
      : [];
  });
}

function centre(number: number): number {
  return LEFT + number * BOX.step + BOX.width / 2;
}

function Box(
  { number, y, isContext, isSink }: {
    number: number;
    y: number;
    isContext: boolean;
    isSink?: boolean;
  },
): JSX.Element {
  return (
    <g class={isContext ? "bp context" : "bp"}>
      <rect
        x={LEFT + number * BOX.step}
        y={y}
        width={BOX.width}
        height={BOX.height}
        rx={3}
      />
      <text x={centre(number)} y={y + 15} text-anchor="middle">
        {number}
        {isContext ? "*" : isSink ? "~" : ""}
      </text>
    </g>
  );
}

function Arc(
  { link: { from, to }, y, isUp }: { link: Link; y: number; isUp: boolean },
): JSX.Element {
  const [a, b] = [centre(from), centre(to)];
  const bend = isUp ? y - 34 : y + 34;
  const end = isUp ? y - 2 : y + 2;
  const tip = isUp ? -5 : 5;
  return (
    <g class="arc">
      <path d={`M${a},${y}Q${(a + b) / 2},${bend} ${b},${end}`} />
      <path d={`M${b - 4},${end + tip}L${b},${end}L${b + 4},${end + tip}`} />
      <text
        x={(a + b) / 2}
        y={isUp ? y - 24 : y + 32}
        text-anchor="middle"
      >
        LBN={to}
      </text>
    </g>
  );
}

function words(map: MapJson): string {
  const { guestCount, hostCount, physical, guestContextFrom } = map;
  const parts = physical.slice(0, guestCount).map((to, from) =>
    `guest ${from}${from >= guestContextFrom ? "*" : ""} is ${
      to < hostCount ? `machine ${to}` : "nowhere"
    }`
  );
  return parts.join(", ");
}

/** The diagram of one vCPU. */
export function MapView(
  { side, fields }: {
    side: SideState;
    /** Of DBGBCR<n>_EL1. */
    fields: readonly FieldJson[] | undefined;
  },
): JSX.Element | null {
  const { map } = side;
  if (map === null) return null;
  const { guestCount, hostCount, physical, sink, emulated } = map;
  const count = Math.max(guestCount, hostCount);
  const width = LEFT + count * BOX.step;
  const numbers = (n: number): number[] =>
    Array.from({ length: n }, (_, i) => i);
  const guestLinks = linksOf(side, "guest", fields)
    .filter(({ from, to }) => from < guestCount && to < guestCount);
  const machineLinks = linksOf(side, "hw", fields)
    .filter(({ from, to }) => from < hostCount && to < hostCount);
  return (
    <figure class="map">
      <div
        class="table-scroller"
        tabIndex={0}
        role="group"
        aria-label={`Breakpoint numbers of vCPU ${side.vcpu}`}
      >
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={words(map)}
        >
          <text class="row-name" x={0} y={GUEST_Y + 15}>guest</text>
          <text class="row-name" x={0} y={MACHINE_Y + 15}>machine</text>
          {numbers(guestCount).map((n) => {
            const to = physical[n];
            return to < hostCount
              ? (
                <line
                  key={n}
                  class={to === n ? "wire" : "wire moved"}
                  x1={centre(n)}
                  y1={GUEST_Y + BOX.height}
                  x2={centre(to)}
                  y2={MACHINE_Y}
                />
              )
              : null;
          })}
          {numbers(guestCount).map((n) => (
            <Box
              key={n}
              number={n}
              y={GUEST_Y}
              isContext={n >= map.guestContextFrom}
            />
          ))}
          {numbers(hostCount).map((n) => (
            <Box
              key={n}
              number={n}
              y={MACHINE_Y}
              isContext={n >= map.hostContextFrom}
              isSink={n === sink}
            />
          ))}
          {guestLinks.map((link) => (
            <Arc key={link.from} link={link} y={GUEST_Y} isUp />
          ))}
          {machineLinks.map((link) => (
            <Arc
              key={link.from}
              link={link}
              y={MACHINE_Y + BOX.height}
              isUp={false}
            />
          ))}
        </svg>
      </div>
      <figcaption>
        Breakpoints of vCPU {side.vcpu}: {emulated
          ? "the numbers differ, so every access to a debug register traps"
          : "the numbers are the same, so accesses need not trap"}. * is
        context-aware{sink === null
          ? ""
          : ", ~ takes links to a breakpoint that the guest does not have"}.
        Arcs are links of enabled breakpoints (LBN).
      </figcaption>
    </figure>
  );
}
