/**
 * A whole report: which scenario and kernel are looked at, and what is seen of them.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type {
  FindingJson,
  GroupJson,
  PlaceJson,
  RecordJson,
  ReportJson,
  RunJson,
} from "../report/document.ts";
import { CompareView, Finding } from "./compare_view.tsx";
import { kernelText, Matrix } from "./matrix.tsx";
import { firstPlace, type Place, placeOf, placeText } from "./place.ts";
import { failingSteps, firstStep, RunView } from "./run_view.tsx";
import { SourceView } from "./source_view.tsx";
import { DiagnosticText, ScenarioStatus } from "./status.tsx";

/** What is looked at, kept in the address where the page has one of its own. */
export function usePlace(
  data: ReportJson,
  inAddress: boolean,
): [Place, (place: Place) => void] {
  const own = (): Place | undefined =>
    inAddress ? placeOf(location.hash.slice(1), data) : undefined;
  const [place, setPlace] = useState<Place>(() => own() ?? firstPlace(data));
  useEffect(() => {
    if (!inAddress) return;
    const onHash = (): void => setPlace(own() ?? firstPlace(data));
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, [data]);
  return [place, (next) => {
    setPlace(next);
    if (inAddress) history.replaceState(null, "", `#${placeText(next)}`);
  }];
}

function Pickers(
  { data, place, onPlace }: {
    data: ReportJson;
    place: Place;
    onPlace: (place: Place) => void;
  },
): JSX.Element | null {
  const { groups } = data;
  const group = place.kind === "run" ? place.group : 0;
  const runs = groups[group]?.runs ?? [];
  const hasMatrix = groups.length > 1 || runs.length > 1;
  if (!hasMatrix) return null;
  const go = (to: Partial<Extract<Place, { kind: "run" }>>): void =>
    onPlace({ kind: "run", group, runs: [0], step: undefined, ...to });
  const [now, other] = place.kind === "run" ? place.runs : [0];
  return (
    <nav class="pickers" aria-label="Scenario and kernel">
      <button
        type="button"
        aria-pressed={place.kind === "matrix"}
        onClick={() => onPlace({ kind: "matrix" })}
      >
        Matrix
      </button>
      <label>
        Scenario{" "}
        <select
          value={group}
          onChange={(event) => go({ group: Number(event.currentTarget.value) })}
        >
          {groups.map(({ name, runs }, at) => (
            <option key={at} value={at}>
              {runs.some(({ scenario: { status } }) =>
                  status === "failed" || status === "error"
                )
                ? "✗ "
                : ""}
              {name}
            </option>
          ))}
        </select>
      </label>
      {runs.length < 2 ? null : (
        <>
          <label>
            Kernel{" "}
            <select
              value={now}
              onChange={(event) =>
                go({ runs: [Number(event.currentTarget.value)] })}
            >
              {runs.map(({ scenario }, at) => (
                <option key={at} value={at}>{kernelText(scenario)}</option>
              ))}
            </select>
          </label>
          <label>
            beside{" "}
            <select
              value={other ?? ""}
              onChange={(event) => {
                const { value } = event.currentTarget;
                go({ runs: value === "" ? [now] : [now, Number(value)] });
              }}
            >
              <option value="">nothing</option>
              {runs.map(({ scenario }, at) => (
                <option key={at} value={at}>{kernelText(scenario)}</option>
              ))}
            </select>
          </label>
        </>
      )}
    </nav>
  );
}

/** Texts that could not run, each with its mistakes. */
function NotRun({ data }: { data: ReportJson }): JSX.Element | null {
  if (data.notRun.length === 0) return null;
  return (
    <section class="pane not-run" aria-labelledby="not-run-title">
      <h2 id="not-run-title">Texts with mistakes, which did not run</h2>
      {data.notRun.map(({ source, message, diagnostics }) => (
        <div key={source}>
          <h3>{source}: {message}</h3>
          {diagnostics.map((one, at) => (
            <DiagnosticText key={at} diagnostic={one} />
          ))}
        </div>
      ))}
    </section>
  );
}

function recordOf({ records }: ReportJson, run: RunJson): RecordJson | null {
  return run.record === null ? null : records[run.record];
}

/** The step to begin with where two runs are compared: the last one before the first failure that did something. */
function comparedStart(records: readonly RecordJson[]): number {
  const failing = records.flatMap((one) => failingSteps(one).slice(0, 1));
  const first = failing.length > 0 ? Math.min(...failing) : Infinity;
  return Math.max(
    0,
    ...records.map(({ steps }) =>
      steps.findLastIndex(({ events }, at) => at <= first && events.length > 0)
    ),
  );
}

/** What is seen of a place in the document. */
function PlaceView(
  { data, place, onPlace, withSource, onShown }: {
    data: ReportJson;
    place: Place;
    onPlace: (place: Place) => void;
    withSource: boolean;
    onShown?: (place: PlaceJson | undefined) => void;
  },
): JSX.Element {
  if (place.kind === "matrix") {
    return (
      <section class="pane" aria-label="All scenarios and kernels">
        <Matrix
          groups={data.groups}
          onRun={(group, run) =>
            onPlace({ kind: "run", group, runs: [run], step: undefined })}
        />
      </section>
    );
  }
  const group = data.groups[place.group];
  if (group === undefined) return <p class="none">no scenario</p>;
  const finding = data.findings.find(({ group }) => group === place.group);
  return (
    <>
      {finding === undefined ? null : <Finding finding={finding} />}
      <GroupView
        data={data}
        group={group}
        place={place}
        finding={finding}
        onPlace={onPlace}
        withSource={withSource}
        onShown={onShown}
      />
    </>
  );
}

/** What is seen of a scenario: one run, or two side by side. */
function GroupView(
  { data, group, place, finding, onPlace, withSource, onShown }: {
    data: ReportJson;
    group: GroupJson;
    place: Extract<Place, { kind: "run" }>;
    finding: FindingJson | undefined;
    onPlace: (place: Place) => void;
    withSource: boolean;
    onShown?: (place: PlaceJson | undefined) => void;
  },
): JSX.Element {
  const runs = place.runs.map((at) => group.runs[at]);
  const records = runs.map((run) => recordOf(data, run));
  const [run] = runs;
  const [record] = records;
  const onStep = (step: number): void => onPlace({ ...place, step });
  if (record === null) {
    return (
      <>
        <ScenarioStatus
          scenario={run.scenario}
          stepOf={() => undefined}
          onStep={() => {}}
        />
        <section class="pane text" aria-label="Source">
          <SourceView
            sources={data.sources.filter(({ name }) =>
              name === run.scenario.source
            )}
            record={undefined}
            step={0}
            failing={[]}
            onStep={() => {}}
          />
        </section>
      </>
    );
  }
  const known = records.filter((one) => one !== null);
  const start = known.length > 1 ? comparedStart(known) : firstStep(record);
  const count = Math.max(...records.map((one) => one?.steps.length ?? 0));
  const step = Math.min(place.step ?? start, Math.max(count - 1, 0));
  if (runs.length === 2 && records[1] !== null) {
    return (
      <CompareView
        data={data}
        finding={finding}
        runs={runs.map((one, at) => ({ run: one, record: records[at]! }))}
        step={step}
        onStep={onStep}
        onShown={onShown}
        onRun={(one) =>
          onPlace({ ...place, runs: [group.runs.indexOf(one)], step })}
      />
    );
  }
  return (
    <RunView
      key={`${place.group} ${place.runs}`}
      data={data}
      run={run}
      record={record}
      step={step}
      onStep={onStep}
      withSource={withSource}
      onShown={onShown}
    />
  );
}

/** The report. */
export function ReportView(
  { data, inAddress, withSource = true, onShown }: {
    data: ReportJson;
    /** The page's address says what is looked at. */
    inAddress: boolean;
    withSource?: boolean;
    /** Told which statement is shown. */
    onShown?: (place: PlaceJson | undefined) => void;
  },
): JSX.Element {
  const [place, setPlace] = usePlace(data, inAddress);
  return (
    <>
      <Pickers data={data} place={place} onPlace={setPlace} />
      <NotRun data={data} />
      {data.groups.length === 0 ? null : (
        <PlaceView
          data={data}
          place={place}
          onPlace={setPlace}
          withSource={withSource}
          onShown={onShown}
        />
      )}
    </>
  );
}
