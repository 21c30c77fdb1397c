/**
 * The side-by-side table of one vCPU: each register in every view, with what changed and what differs.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { MarksJson, RowJson, ValueJson } from "../report/document.ts";
import type { SideState } from "./replay.ts";
import { plural, valueText, VIEW_TITLES } from "./values.ts";

/** A value that was chosen, to be explained. */
export interface Chosen {
  readonly vcpu: number;
  readonly view: string;
  /** The register's name, or a name of KVM's own state. */
  readonly name: string;
}

/** Which rows are shown. */
export const ROW_CHOICES = {
  all: "every register that is not at reset at some step",
  now: "not at reset now",
  changed: "changed at this step",
} as const;

/** A choice of rows. */
export type RowChoice = keyof typeof ROW_CHOICES;

/** The key of a value's chain. */
export function whyKey(side: SideState, view: string, name: string): string {
  return `${view} ${view === "cpu" ? side.cpu : side.vcpu} ${name}`;
}

function isChanged({ marks }: RowJson): boolean {
  return Object.values(marks).some(({ changed }) => changed);
}

/** The rows of a choice. */
export function chosenRows(side: SideState, choice: RowChoice): RowJson[] {
  const rows = [...side.rows.values()];
  switch (choice) {
    case "all":
      return rows;
    case "now":
      return rows.filter(({ says }) => says);
    case "changed":
      return rows.filter(isChanged);
    default:
      return choice satisfies never;
  }
}

function Marks(
  { marks, view }: { marks: MarksJson | undefined; view: string },
): JSX.Element | null {
  if (marks === undefined) return null;
  const { differs, to, from } = marks;
  return (
    <>
      {differs
        ? (
          <abbr
            title={view === "cpu"
              ? "the CPU does not hold what is intended"
              : "differs from the guest's value"}
          >
            {view === "cpu" ? "!" : "*"}
          </abbr>
        )
        : null}
      {to === undefined
        ? null
        : <abbr title={`physical number ${to}`}>→{to}</abbr>}
      {from === undefined
        ? null
        : <abbr title={`the guest's number ${from}`}>←{from}</abbr>}
    </>
  );
}

/** A value that can be chosen. */
function ValueButton(
  { value, marks, label, isChosen, isTarget, onChoose }: {
    value: ValueJson | undefined;
    marks: MarksJson | undefined;
    label: string;
    isChosen: boolean;
    /** The tab key comes here. */
    isTarget: boolean;
    onChoose: () => void;
  },
): JSX.Element {
  const text = valueText(value);
  const title = value?.kind === "none" ? value.why : undefined;
  return (
    <button
      type="button"
      class="value"
      tabIndex={isTarget ? 0 : -1}
      aria-pressed={isChosen}
      aria-label={`${label}: ${value?.kind === "none" ? title : text}${
        marks?.changed ? ", changed" : ""
      }`}
      title={title}
      onClick={onChoose}
    >
      <span class="change" aria-hidden="true">
        {marks?.changed ? "•" : " "}
      </span>
      {text}
    </button>
  );
}

/** Goes from button to button with the arrow keys. */
function moveFocus(event: JSX.TargetedKeyboardEvent<HTMLTableElement>): void {
  const moves: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
  };
  const move = moves[event.key];
  const at = (event.target as HTMLElement).closest("td");
  if (move === undefined || !at) return;
  event.preventDefault();
  event.stopPropagation();
  const row = at.parentElement as HTMLTableRowElement;
  const table = event.currentTarget;
  const next = table.rows[row.rowIndex + move[0]]
    ?.cells[at.cellIndex + move[1]];
  next?.querySelector("button")?.focus();
}

/** One vCPU's table, with KVM's own state below. */
export function RegisterTable(
  { side, views, choice, chosen, onChoose }: {
    side: SideState;
    views: readonly string[];
    choice: RowChoice;
    chosen: Chosen | undefined;
    onChoose: (chosen: Chosen) => void;
  },
): JSX.Element {
  const [target, setTarget] = useState("");
  const rows = chosenRows(side, choice);
  const hidden = side.rows.size - rows.length;
  const { vcpu, cpu, loaded, pending } = side;
  const keys = rows.flatMap(({ register }) =>
    views.map((view) => `${view} ${register}`)
  );
  const tabKey = keys.includes(target) ? target : keys[0];
  const isChosen = (view: string, name: string): boolean =>
    chosen?.vcpu === vcpu && chosen.view === view && chosen.name === name;
  return (
    <div class="side">
      <div
        class="table-scroller"
        tabIndex={0}
        role="group"
        aria-label={`Registers of vCPU ${vcpu}`}
      >
        <table class="registers" onKeyDown={moveFocus}>
          <caption>
            vCPU {vcpu} {loaded ? `loaded on CPU ${cpu}` : `beside CPU ${cpu}`}
            {pending > 0 ? `, ${plural(pending, "instruction")} pending` : ""}
            {hidden > 0 ? `, ${plural(hidden, "register")} not shown` : ""}
          </caption>
          <thead>
            <tr>
              <th scope="col">register</th>
              {views.map((view) => (
                <th scope="col" key={view} title={VIEW_TITLES[view]}>{view}</th>
              ))}
              <th scope="col">fields</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr
                key={row.register}
                class={row.says ? undefined : "quiet"}
                data-register={row.register}
              >
                <th scope="row" title={row.register}>{row.short}</th>
                {views.map((view) => {
                  const marks = row.marks[view];
                  const key = `${view} ${row.register}`;
                  return (
                    <td
                      key={view}
                      data-view={view}
                      class={[
                        marks?.changed ? "changed" : "",
                        marks?.differs ? "differs" : "",
                      ].join(" ").trim() || undefined}
                      onFocusIn={() => setTarget(key)}
                    >
                      <ValueButton
                        value={row.cells[view]}
                        marks={marks}
                        label={`${view} ${row.short}`}
                        isChosen={isChosen(view, row.register)}
                        isTarget={key === tabKey}
                        onChoose={() =>
                          onChoose({ vcpu, view, name: row.register })}
                      />
                      <Marks marks={marks} view={view} />
                    </td>
                  );
                })}
                <td class="fields">
                  {row.fields.map((field) => (
                    <span
                      key={field}
                      class={[
                        field.startsWith("•") ? "changed" : "",
                        field.includes("→") ? "differs" : "",
                      ].join(" ").trim() || undefined}
                    >
                      {field}
                    </span>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length === 0
        ? <p class="none">no register of vCPU {vcpu} is to show here</p>
        : null}
      {side.kvm.size === 0
        ? null
        : (
          <ul class="kvm" aria-label={`KVM's own state of vCPU ${vcpu}`}>
            {[...side.kvm.values()].map(({ name, value }) => (
              <li key={name} class={side.kvmChanged.has(name) ? "changed" : ""}>
                <span class="name">{name}</span>
                <ValueButton
                  value={value}
                  marks={side.kvmChanged.has(name)
                    ? { changed: true }
                    : undefined}
                  label={`kvm ${name}`}
                  isChosen={isChosen("kvm", name)}
                  isTarget
                  onChoose={() =>
                    onChoose({ vcpu, view: "kvm", name })}
                />
              </li>
            ))}
          </ul>
        )}
    </div>
  );
}

/** What the marks mean. */
export function TableLegend(): JSX.Element {
  return (
    <ul class="legend">
      <li>
        <b>•</b> changed at this step
      </li>
      <li>
        <b>*</b> KVM intends another value than the guest's
      </li>
      <li>
        <b>!</b> the CPU does not hold what is intended
      </li>
      <li>
        <b>→3</b> it is physical number 3
      </li>
      <li>
        <b>←2</b> it is the guest's number 2
      </li>
    </ul>
  );
}
