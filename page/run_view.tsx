/**
 * A scenario under one kernel, step by step.
 *
 * @module
 */
/// <reference lib="dom" />
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type {
  LinkJson,
  PlaceJson,
  RecordJson,
  ReportJson,
  RunJson,
} from "../report/document.ts";
import { NotableEvents, StepEvents } from "./events_view.tsx";
import { MapView } from "./map_view.tsx";
import {
  type Chosen,
  RegisterTable,
  ROW_CHOICES,
  type RowChoice,
  TableLegend,
  whyKey,
} from "./register_table.tsx";
import { type Moment, moments } from "./replay.ts";
import { SourceView } from "./source_view.tsx";
import { ScenarioStatus } from "./status.tsx";
import { Timeline, TimelineLegend } from "./timeline.tsx";
import { Transport } from "./transport.tsx";
import { ValueView } from "./value_view.tsx";

/** A part of the page with a heading. */
export function Pane(
  { name, title, children }: {
    name: string;
    title: string;
    children: ComponentChildren;
  },
): JSX.Element {
  return (
    <section class={`pane ${name}`} aria-labelledby={`${name}-title`}>
      <h2 id={`${name}-title`}>{title}</h2>
      {children}
    </section>
  );
}

/** The steps of a record that fail, and the step of each failure. */
export function failingSteps(record: RecordJson): number[] {
  return record.steps.flatMap(({ failures }, at) =>
    failures.length > 0 ? [at] : []
  );
}

/** The step to begin with: the first that fails, or the last in which something happened. */
export function firstStep(record: RecordJson): number {
  const { steps } = record;
  const last = steps.findLastIndex(({ events }) => events.length > 0);
  return failingSteps(record)[0] ?? (last < 0 ? steps.length - 1 : last);
}

/** The value that is explained before one was chosen: the first that differs, or the first that changed. */
function firstChosen(record: RecordJson, moment: Moment): Chosen | undefined {
  for (const { vcpu, rows } of moment.sides) {
    for (const mark of ["differs", "changed"] as const) {
      for (const row of rows.values()) {
        const view = record.views.find((one) => row.marks[one]?.[mark]);
        if (view !== undefined) return { vcpu, view, name: row.register };
      }
    }
  }
  return undefined;
}

function chainOf(
  record: RecordJson,
  { sides, whys }: Moment,
  { vcpu, view, name }: Chosen,
): readonly LinkJson[] | undefined {
  const side = sides[vcpu];
  const number = side && whys.get(whyKey(side, view, name));
  return number === undefined ? undefined : record.chains[number];
}

/** Tables of all vCPUs at a step. */
export function Tables(
  { record, moment, chosen, choice, onChoose }: {
    record: RecordJson;
    moment: Moment;
    chosen: Chosen | undefined;
    choice: RowChoice;
    onChoose: (chosen: Chosen) => void;
  },
): JSX.Element {
  if (moment.sides.length === 0) {
    return <p class="none">no statement has needed the machine yet</p>;
  }
  return (
    <>
      {moment.sides.map((side) => (
        <RegisterTable
          key={side.vcpu}
          side={side}
          views={record.views}
          choice={choice}
          chosen={chosen}
          onChoose={onChoose}
        />
      ))}
    </>
  );
}

/** The choice of rows. */
export function RowPicker(
  { choice, onChoice }: {
    choice: RowChoice;
    onChoice: (choice: RowChoice) => void;
  },
): JSX.Element {
  return (
    <label class="row-picker">
      Rows{" "}
      <select
        value={choice}
        onChange={(event) => onChoice(event.currentTarget.value as RowChoice)}
      >
        {Object.entries(ROW_CHOICES).map(([value, text]) => (
          <option key={value} value={value}>{text}</option>
        ))}
      </select>
    </label>
  );
}

/** A scenario with its record. */
export function RunView(
  { data, run, record, step, onStep, withSource = true, onShown }: {
    data: ReportJson;
    run: RunJson;
    record: RecordJson;
    step: number;
    onStep: (step: number) => void;
    /** Show the text: an editor may show it already. */
    withSource?: boolean;
    /** Told which statement is shown. */
    onShown?: (place: PlaceJson | undefined) => void;
  },
): JSX.Element {
  useEffect(() => onShown?.(record.steps[step]?.place), [record, step]);
  const all = useMemo(() => moments(record), [record]);
  const failing = useMemo(() => failingSteps(record), [record]);
  const failingSet = useMemo(() => new Set(failing), [failing]);
  const [picked, setPicked] = useState<Chosen | undefined>(undefined);
  const [choice, setChoice] = useState<RowChoice>("all");
  const { scenario } = run;
  const moment = all[step] ?? { sides: [], whys: new Map() };
  const chosen = picked && moment.sides[picked.vcpu]
    ? picked
    : firstChosen(record, moment);
  const side = chosen && moment.sides[chosen.vcpu];
  const fields = data.registers[scenario.arch]?.DBGBCR0_EL1;
  const hasMap = moment.sides.some(({ map }) => map !== null);
  const stepOf = (failure: number): number | undefined => {
    const at = record.steps.findIndex(({ failures }) =>
      failures.includes(failure)
    );
    return at < 0 ? undefined : at;
  };
  const doing = (
    <div class="column" key="doing">
      {withSource
        ? (
          <Pane name="text" title={scenario.source}>
            <SourceView
              sources={data.sources.filter(({ name }) =>
                name === scenario.source ||
                record.steps.some(({ place }) => place.source === name)
              )}
              record={record}
              step={step}
              failing={scenario.failures.map(({ diagnostic }) =>
                diagnostic.place
              )}
              onStep={onStep}
            />
          </Pane>
        )
        : null}
      <Pane name="happened" title="What this step did">
        <StepEvents
          key={step}
          events={record.steps[step]?.events ?? []}
          data={data}
        />
      </Pane>
      <Pane name="notable" title="Exits, exceptions, warnings">
        <NotableEvents record={record} step={step} onStep={onStep} />
      </Pane>
    </div>
  );
  const showing = (
    <div class="column" key="showing">
      <Pane name="side-by-side" title="Side by side">
        <RowPicker choice={choice} onChoice={setChoice} />
        <Tables
          record={record}
          moment={moment}
          chosen={chosen}
          choice={choice}
          onChoose={setPicked}
        />
        <TableLegend />
      </Pane>
      {hasMap
        ? (
          <Pane name="numbers" title="Breakpoint numbers">
            {moment.sides.map((one) => (
              <MapView key={one.vcpu} side={one} fields={fields} />
            ))}
          </Pane>
        )
        : null}
      <Pane name="why" title="Why">
        {chosen && side
          ? (
            <ValueView
              chosen={chosen}
              side={side}
              record={record}
              data={data}
              arch={scenario.arch}
              chain={chainOf(record, moment, chosen)}
              onStep={onStep}
            />
          )
          : (
            <p class="none">
              choose a value in a table: its fields and the events that led to
              it are shown here
            </p>
          )}
      </Pane>
    </div>
  );
  return (
    <>
      <ScenarioStatus scenario={scenario} stepOf={stepOf} onStep={onStep} />
      <section class="pane time" aria-label="Timeline and steps">
        <Transport
          steps={record.steps}
          step={step}
          failing={failing}
          onStep={onStep}
        />
        <Timeline
          record={record}
          step={step}
          failing={failingSet}
          onStep={onStep}
        />
        <details class="key">
          <summary>What the shapes mean</summary>
          <TimelineLegend />
        </details>
      </section>
      <div class="panes">
        {withSource ? [doing, showing] : [showing, doing]}
      </div>
    </>
  );
}
