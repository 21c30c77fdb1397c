/**
 * The same statements under two kernels, side by side, with what differs at each step.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type {
  FindingJson,
  PlaceJson,
  RecordJson,
  ReportJson,
  RunJson,
} from "../report/document.ts";
import { kernelText } from "./matrix.tsx";
import { type Moment, moments } from "./replay.ts";
import { failingSteps, Pane, RowPicker, Tables } from "./run_view.tsx";
import type { RowChoice } from "./register_table.tsx";
import { SourceView } from "./source_view.tsx";
import { Badge } from "./status.tsx";
import { StepEvents } from "./events_view.tsx";
import { Timeline } from "./timeline.tsx";
import { Transport } from "./transport.tsx";
import { valueText } from "./values.ts";

/** A run that is compared. */
interface Compared {
  readonly run: RunJson;
  readonly record: RecordJson;
}

/** A value that the two runs do not share. */
interface Difference {
  readonly name: string;
  readonly values: readonly string[];
}

const NOTHING: Moment = { sides: [], whys: new Map() };

/** Values that differ between the moments of two runs. */
export function differences(a: Moment, b: Moment): Difference[] {
  const found: Difference[] = [];
  a.sides.forEach((side, vcpu) => {
    const other = b.sides[vcpu];
    if (other === undefined) return;
    for (const [register, row] of side.rows) {
      const cells = other.rows.get(register)?.cells ?? {};
      for (const [view, value] of Object.entries(row.cells)) {
        const values = [valueText(value), valueText(cells[view])];
        if (values[0] === values[1] || cells[view] === undefined) continue;
        found.push({ name: `${view}@${vcpu} ${row.short}`, values });
      }
    }
    for (const [name, { value }] of side.kvm) {
      const values = [valueText(value), valueText(other.kvm.get(name)?.value)];
      if (values[0] === values[1] || values[1] === "") continue;
      found.push({ name: `kvm@${vcpu} ${name}`, values });
    }
  });
  return found;
}

function Differences(
  { found, kernels }: {
    found: readonly Difference[];
    kernels: readonly string[];
  },
): JSX.Element {
  if (found.length === 0) {
    return <p class="none">both kernels show the same values at this step</p>;
  }
  return (
    <div
      class="table-scroller"
      tabIndex={0}
      role="group"
      aria-label="Values that differ"
    >
      <table class="field-table">
        <thead>
          <tr>
            <th scope="col">value</th>
            {kernels.map((kernel) => <th scope="col" key={kernel}>{kernel}
            </th>)}
          </tr>
        </thead>
        <tbody>
          {found.map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, at) => <td key={kernels[at]}>{value}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The start of a line that stands before the rest of it, as `  step 7   ` does: as a rule, the indentation alone. */
const LABEL = /^ *(?:\S.{0,20}?  +(?=\S))?/;

/** Columns by which what a line continues with is indented where it is broken. */
function hanging(line: string): number {
  const [label] = LABEL.exec(line)!;
  return label.trim() === "" ? label.length + 2 : label.length;
}

/** What was found, in words. */
export function Finding({ finding }: { finding: FindingJson }): JSX.Element {
  const { title, lines } = finding;
  return (
    <div class="finding">
      <p>
        <b>{title}</b>
      </p>
      {lines.length === 0 ? null : (
        <div class="finding-text">
          {lines.map((line, at) => {
            const columns = hanging(line);
            return (
              <div
                key={at}
                style={{
                  paddingLeft: `${columns}ch`,
                  textIndent: `-${columns}ch`,
                }}
              >
                {line}
              </div>
            );
          })}
        </div>
      )}
    </div>
  );
}

/** Two runs of a group, with a shared slider. */
export function CompareView(
  { data, finding, runs, step, onStep, onRun, onShown }: {
    data: ReportJson;
    finding: FindingJson | undefined;
    runs: readonly Compared[];
    step: number;
    onStep: (step: number) => void;
    onRun: (run: RunJson) => void;
    /** Told which statement is shown. */
    onShown?: (place: PlaceJson | undefined) => void;
  },
): JSX.Element {
  const records = runs.map(({ record }) => record);
  const all = useMemo(() => records.map(moments), records);
  const [choice, setChoice] = useState<RowChoice>("now");
  const longest = records.reduce((a, b) =>
    b.steps.length > a.steps.length ? b : a
  );
  useEffect(() => onShown?.(longest.steps[step]?.place), [longest, step]);
  const failing = [...new Set(records.flatMap(failingSteps))].sort((a, b) =>
    a - b
  );
  const kernels = runs.map(({ run }) => kernelText(run.scenario));
  const at = all.map((one) => one[Math.min(step, one.length - 1)] ?? NOTHING);
  const { scenario } = runs[0].run;
  return (
    <>
      <section class="pane time" aria-label="Steps of both kernels">
        <Transport
          steps={longest.steps}
          step={step}
          failing={failing}
          onStep={onStep}
        />
      </section>
      <div class="panes equal">
        {runs.map(({ run, record }, index) => {
          const own = Math.min(step, record.steps.length - 1);
          const name = `compared-${index}`;
          return (
            <div class="column" key={index}>
              <Pane name={name} title={kernels[index]}>
                <p>
                  <Badge status={run.scenario.status} />{" "}
                  {run.scenario.failures[0]?.diagnostic.message ?? ""}{" "}
                  <button
                    type="button"
                    class="link"
                    onClick={() => onRun(run)}
                  >
                    all of {kernels[index]}
                  </button>
                </p>
                <Timeline
                  record={record}
                  step={own}
                  failing={new Set(failingSteps(record))}
                  onStep={onStep}
                />
                <h3>What this step did</h3>
                <StepEvents
                  key={own}
                  events={record.steps[own]?.events ?? []}
                  data={data}
                />
                <h3>Side by side</h3>
                <Tables
                  record={record}
                  moment={at[index]}
                  chosen={undefined}
                  choice={choice}
                  onChoose={() => onRun(run)}
                />
              </Pane>
            </div>
          );
        })}
      </div>
      <RowPicker choice={choice} onChoice={setChoice} />
      <div class="panes">
        <div class="column">
          <Pane name="text" title={scenario.source}>
            <SourceView
              sources={data.sources.filter(({ name }) =>
                name === scenario.source
              )}
              record={longest}
              step={step}
              failing={runs.flatMap(({ run }) =>
                run.scenario.failures.map(({ diagnostic }) => diagnostic.place)
              )}
              onStep={onStep}
            />
          </Pane>
        </div>
        <div class="column">
          <Pane name="differs" title="What differs at this step">
            <Differences found={differences(at[0], at[1])} kernels={kernels} />
          </Pane>
          {finding === undefined || finding.schedule.length === 0
            ? null
            : (
              <Pane name="found" title="The schedule">
                <ol class="schedule">
                  {finding.schedule.map(({ who, what, notes }, index) => (
                    <li key={index}>
                      <span class="subject">{who}</span> {what}
                      {notes.map((note) => (
                        <span key={note} class="note-line">{note}</span>
                      ))}
                    </li>
                  ))}
                </ol>
              </Pane>
            )}
        </div>
      </div>
    </>
  );
}
