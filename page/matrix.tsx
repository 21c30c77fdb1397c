/**
 * All scenarios under all kernels.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import type { GroupJson, RunJson, ScenarioJson } from "../report/document.ts";
import { STATUS_TEXTS } from "./status.tsx";

/** A kernel as `kernel` takes it: the vendor stands after the release. */
export function kernelText({ kernel, vendor }: ScenarioJson): string {
  return vendor === null ? kernel : kernel.replace(/^\S+/, `$& ${vendor}`);
}

/** How runs are put into columns: by kernel, and by vendor where a scenario ran under one kernel of both. */
function columnOf(
  groups: readonly GroupJson[],
): (scenario: ScenarioJson) => string {
  const hasBoth = groups.some(({ runs }) =>
    new Set(runs.map(({ scenario }) => scenario.kernel)).size < runs.length
  );
  return hasBoth ? kernelText : ({ kernel }) => kernel;
}

/** What a cell says beside the sign. */
function detail({ scenario: { status, skipped, failures } }: RunJson): string {
  if (failures.length > 0) return failures[0].diagnostic.message;
  if (skipped !== null) return skipped.reason;
  return STATUS_TEXTS[status][1];
}

/** The matrix: a click on a cell shows that run. */
export function Matrix(
  { groups, onRun }: {
    groups: readonly GroupJson[];
    onRun: (group: number, run: number) => void;
  },
): JSX.Element {
  const column = columnOf(groups);
  // In the order in which they come first.
  const kernels = [
    ...new Set(
      groups.flatMap(({ runs }) =>
        runs.map(({ scenario }) => column(scenario))
      ),
    ),
  ];
  return (
    <div
      class="table-scroller"
      tabIndex={0}
      role="group"
      aria-label="Scenarios and kernels"
    >
      <table class="matrix">
        <caption>
          {groups.length} {groups.length === 1 ? "scenario" : "scenarios"} under
          {" "}
          {kernels.length}{" "}
          {kernels.length === 1 ? "kernel" : "kernels"}: ✓ passed, ✗ failed, !
          error, – skipped
        </caption>
        <thead>
          <tr>
            <th scope="col">scenario</th>
            {kernels.map((kernel) => (
              <th scope="col" key={kernel} class="kernel">{kernel}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map(({ name, source, runs }, group) => (
            <tr key={group}>
              <th scope="row" title={source}>{name}</th>
              {kernels.map((kernel) => {
                const at = runs.findIndex(({ scenario }) =>
                  column(scenario) === kernel
                );
                const run = runs[at];
                if (run === undefined) return <td key={kernel} />;
                const { status } = run.scenario;
                const [sign, word] = STATUS_TEXTS[status];
                return (
                  <td key={kernel} class={status}>
                    <button
                      type="button"
                      class="cell"
                      title={detail(run)}
                      aria-label={`${name} under ${kernel}: ${word}`}
                      onClick={() => onRun(group, at)}
                    >
                      {sign}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
