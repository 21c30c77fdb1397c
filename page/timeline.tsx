/**
 * The timeline: what each CPU, vCPU, userspace and the host did, step by step.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RecordJson } from "../report/document.ts";
import {
  HEAD_HEIGHT,
  LANE_HEIGHT,
  type Layout,
  layOut,
  LEGEND,
  type Shape,
} from "./timeline_layout.ts";
import { laneText, plural } from "./values.ts";

/** Half the size of a mark. */
const R = 4;

const PATHS: Readonly<Record<Shape, string>> = {
  dot: `M-2.5,0a2.5,2.5 0 1,0 5,0a2.5,2.5 0 1,0 -5,0`,
  down: `M${-R},${-R}H${R}L0,${R}Z`,
  up: `M${-R},${R}H${R}L0,${-R}Z`,
  diamond: `M0,${-R - 1}L${R + 1},0L0,${R + 1}L${-R - 1},0Z`,
  square: `M${-R + 0.5},${-R + 0.5}h${2 * R - 1}v${2 * R - 1}h${-2 * R + 1}Z`,
  star: `M0,${-R - 1}L1.5,-1.5L${R + 1},0L1.5,1.5L0,${R + 1}L-1.5,1.5L${
    -R - 1
  },0L-1.5,-1.5Z`,
  bang: `M-1.5,${-R - 2}H1.5L1,1.5H-1ZM-1.5,3H1.5V5.5H-1.5Z`,
};

function Glyph(
  { shape, x, y, title }: {
    shape: Shape;
    x: number;
    y: number;
    title?: string;
  },
): JSX.Element {
  return (
    <path
      class={`mark ${shape}`}
      d={PATHS[shape]}
      transform={`translate(${x},${y})`}
    >
      {title === undefined ? null : <title>{title}</title>}
    </path>
  );
}

/** What is drawn beyond what is seen, on either side, in pixels. */
const MARGIN = 800;

/** What is drawn of the events: those in and near the part that is seen. */
function Drawing(
  { layout, failing, left, right }: {
    layout: Layout;
    failing: ReadonlySet<number>;
    left: number;
    right: number;
  },
): JSX.Element {
  const isNear = (x: number, width = 0): boolean =>
    x + width >= left && x <= right;
  return (
    <>
      {layout.bars.filter(({ x, width }) => isNear(x, width)).map((
        { kind, x, y, width, title },
      ) => (
        <rect
          key={`${kind} ${x} ${y}`}
          class={`bar ${kind}`}
          x={x}
          y={y - (kind === "guest" ? 5 : 9)}
          width={width}
          height={kind === "guest" ? 10 : 18}
          rx={2}
        >
          <title>{title}</title>
        </rect>
      ))}
      {layout.columns.map(({ x, width }, at) =>
        isNear(x, width)
          ? (
            <g key={at}>
              <line class="rule" x1={x} x2={x} y1={0} y2={layout.height} />
              <text
                class={failing.has(at) ? "number failing" : "number"}
                x={x + 3}
                y={HEAD_HEIGHT - 6}
              >
                {at + 1}
                {failing.has(at) ? "✗" : ""}
              </text>
            </g>
          )
          : null
      )}
      {layout.marks.filter(({ x }) => isNear(x)).map((
        { x, y, shape, title },
      ) => <Glyph key={`${x} ${y}`} shape={shape} x={x} y={y} title={title} />)}
    </>
  );
}

/** The lanes, with the current step marked; a click goes to a step. */
export function Timeline(
  { record, step, failing, onStep }: {
    record: RecordJson;
    step: number;
    /** Steps that fail. */
    failing: ReadonlySet<number>;
    onStep: (step: number) => void;
  },
): JSX.Element {
  const layout = useMemo(() => layOut(record), [record]);
  const scroller = useRef<HTMLDivElement>(null);
  // In steps of the margin, so that little is drawn anew while it is scrolled.
  const [seen, setSeen] = useState({ from: 0, width: 2 * MARGIN });
  const look = (): void => {
    const { scrollLeft, clientWidth } = scroller.current!;
    const from = Math.floor(scrollLeft / MARGIN) * MARGIN;
    if (from !== seen.from || clientWidth !== seen.width) {
      setSeen({ from, width: clientWidth });
    }
  };
  const current = layout.columns[step];
  useEffect(() => {
    const element = scroller.current;
    if (!element || !current) return;
    const { scrollLeft, clientWidth } = element;
    const isSeen = current.x >= scrollLeft &&
      current.x + current.width <= scrollLeft + clientWidth;
    if (!isSeen) element.scrollLeft = current.x - clientWidth / 3;
    look();
  }, [step, layout]);
  const { lanes } = record;
  const drawing = useMemo(
    () => (
      <Drawing
        layout={layout}
        failing={failing}
        left={seen.from - MARGIN}
        right={seen.from + seen.width + 2 * MARGIN}
      />
    ),
    [layout, failing, seen],
  );
  return (
    <div class="lanes">
      <ol
        class="lane-names"
        style={{ paddingTop: `${HEAD_HEIGHT}px` }}
        aria-hidden="true"
      >
        {lanes.map((lane) => (
          <li
            key={laneText(lane)}
            style={{
              height: `${LANE_HEIGHT}px`,
              lineHeight: `${LANE_HEIGHT}px`,
            }}
          >
            {laneText(lane)}
          </li>
        ))}
      </ol>
      <div
        class="lane-scroller"
        ref={scroller}
        tabIndex={0}
        role="group"
        aria-label="Timeline"
        onScroll={look}
      >
        <svg
          onClick={(event) => {
            const { left } = event.currentTarget.getBoundingClientRect();
            const x = event.clientX - left;
            const at = layout.columns.findLastIndex((one) => one.x <= x);
            if (at >= 0) onStep(at);
          }}
          width={layout.width}
          height={layout.height}
          role="img"
          aria-label={`${plural(record.steps.length, "step")} in ${
            plural(lanes.length, "lane")
          }; the events of the current step are listed below`}
        >
          {current && (
            <rect
              class="now"
              x={current.x}
              y={0}
              width={current.width}
              height={layout.height}
            />
          )}
          {lanes.map((lane, at) => (
            <line
              key={laneText(lane)}
              class="rule"
              x1={0}
              x2={layout.width}
              y1={HEAD_HEIGHT + at * LANE_HEIGHT}
              y2={HEAD_HEIGHT + at * LANE_HEIGHT}
            />
          ))}
          {drawing}
        </svg>
      </div>
    </div>
  );
}

/** What the shapes stand for. */
export function TimelineLegend(): JSX.Element {
  return (
    <ul class="legend">
      {LEGEND.map(([shape, text]) => (
        <li key={shape}>
          <svg width={14} height={14} aria-hidden="true">
            <Glyph shape={shape} x={7} y={7} />
          </svg>
          {text}
        </li>
      ))}
      <li>
        <span class="swatch loaded" aria-hidden="true" /> vCPU loaded on a CPU
      </li>
      <li>
        <span class="swatch guest" aria-hidden="true" /> in the guest
      </li>
    </ul>
  );
}
