/**
 * A chosen value: its fields in every view, and the chain of events that led to it.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import type {
  FieldJson,
  LinkJson,
  RecordJson,
  ReportJson,
  RowJson,
} from "../report/document.ts";
import type { Chosen } from "./register_table.tsx";
import { pairOf, type SideState } from "./replay.ts";
import { RuleText } from "./rule_text.tsx";
import { fieldText, valueText } from "./values.ts";

function FieldRow(
  { field, views, isLoaded, rowOf }: {
    field: FieldJson;
    views: readonly string[];
    /** The CPU should hold what is intended. */
    isLoaded: boolean;
    rowOf: (view: string) => RowJson;
  },
): JSX.Element {
  const values = views.map((view) => {
    const cell = rowOf(view).cells[view];
    return cell?.kind === "value" ? cell.fields?.[field.name] : undefined;
  });
  const known = new Set(
    values.filter((value, at) =>
      value !== undefined && (isLoaded || views[at] !== "cpu")
    ),
  );
  const differs = known.size > 1;
  const { hi, lo } = field;
  return (
    <tr class={differs ? "differs" : undefined}>
      <th scope="row">
        {field.name}
        {differs ? <abbr title="the views differ">≠</abbr> : null}
      </th>
      <td>{hi === lo ? hi : `${hi}:${lo}`}</td>
      {values.map((value, at) => (
        <td key={views[at]}>{fieldText(field, value)}</td>
      ))}
    </tr>
  );
}

function Fields(
  { side, chosen, row, views, fields }: {
    side: SideState;
    chosen: Chosen;
    row: RowJson;
    views: readonly string[];
    fields: readonly FieldJson[];
  },
): JSX.Element {
  const { guest, physical } = pairOf(side, row, chosen.view);
  const rowOf = (view: string): RowJson =>
    view === "hw" || view === "cpu" ? physical : guest;
  const isRenumbered = guest !== physical;
  return (
    <div class="table-scroller" tabIndex={0} role="group" aria-label="Fields">
      <table class="field-table">
        <caption>
          fields of {guest.register}
          {isRenumbered
            ? ` and of ${physical.register}, which stands for it`
            : ""}
        </caption>
        <thead>
          <tr>
            <th scope="col">field</th>
            <th scope="col">bits</th>
            {views.map((view) => (
              <th scope="col" key={view}>
                {view}
                {isRenumbered ? <small>{rowOf(view).short}</small> : null}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <FieldRow
              key={field.name}
              field={field}
              views={views}
              isLoaded={side.loaded}
              rowOf={rowOf}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Link(
  { link, record, data, onStep }: {
    link: LinkJson;
    record: RecordJson;
    data: ReportJson;
    onStep: (step: number) => void;
  },
): JSX.Element {
  const step = record.steps[link.step];
  const { subject, verb, what, rule } = step.events[link.event];
  return (
    <li>
      <p class="event">
        <span class="subject">{subject}</span> <b>{verb}</b> {what}
      </p>
      <p class="where">
        <button type="button" class="link" onClick={() => onStep(link.step)}>
          step {link.step + 1}, line {step.place.line}
        </button>{" "}
        <code>{step.text}</code>
        {link.instruction === null
          ? null
          : ` instruction written in line ${link.instruction.line}`}
      </p>
      <RuleText id={rule} rule={data.rules[rule]} />
    </li>
  );
}

/** A value and why it is so. */
export function ValueView(
  { chosen, side, record, data, arch, chain, onStep }: {
    chosen: Chosen;
    side: SideState;
    record: RecordJson;
    data: ReportJson;
    arch: string;
    chain: readonly LinkJson[] | undefined;
    onStep: (step: number) => void;
  },
): JSX.Element {
  const { view, name } = chosen;
  const row = view === "kvm" ? undefined : side.rows.get(name);
  const value = view === "kvm" ? side.kvm.get(name)?.value : row?.cells[view];
  const fields = data.registers[arch]?.[name] ?? [];
  const index = view === "cpu" ? side.cpu : side.vcpu;
  return (
    <div class="value-view">
      <p class="subject-line">
        <code>
          {view}@{index} {name} = {valueText(value)}
        </code>
        {value?.kind === "none" ? ` (${value.why})` : ""}
      </p>
      {row && fields.length > 1
        ? (
          <Fields
            side={side}
            chosen={chosen}
            row={row}
            views={record.views}
            fields={fields}
          />
        )
        : null}
      {chain === undefined
        ? <p class="none">nothing has happened to it</p>
        : (
          <ol class="chain" aria-label="Why, newest first">
            {chain.map((link) => (
              <Link
                key={`${link.step} ${link.event}`}
                link={link}
                record={record}
                data={data}
                onStep={onStep}
              />
            ))}
          </ol>
        )}
    </div>
  );
}
