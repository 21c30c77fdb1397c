/**
 * Writes down a scenario as it runs: each statement with its events, what every view shows after it, and why.
 *
 * @module
 */
import type { Event, RegisterInfo } from "../engine/mod.ts";
import type { Seen } from "../dsl/action_parts.ts";
import type { Action } from "../dsl/actions.ts";
import { actionText } from "../dsl/print/action.ts";
import { eventText } from "../dsl/render/event.ts";
import type { Failure, Output } from "../dsl/result.ts";
import { chainTo } from "../dsl/run/why.ts";
import type { Session } from "../dsl/run/session.ts";
import { type Recorded as Happened, recorded } from "../dsl/run/why_record.ts";
import type { Span } from "../dsl/source.ts";
import type { TableView } from "../dsl/table.ts";
import type {
  EventJson,
  LaneJson,
  LinkJson,
  PlaceJson,
  RecordJson,
  StepJson,
} from "./document.ts";
import { eventJson, place } from "./json.ts";
import { actorOf, laneOf, lanesOf } from "./lanes.ts";
import { look, type Shown, shownOf, type Side, SideWriter } from "./looks.ts";

/** Statements of one scenario that are written down; those after them are not. */
export const STEPS_MAX = 2000;

/** Values whose chains are written down, of one step. */
type Whys = ReadonlyMap<string, readonly LinkJson[]>;

/** A step before it is known what will be shown. */
interface Draft {
  readonly span: Span;
  readonly text: string;
  readonly lane: LaneJson | null;
  readonly order: number;
  readonly expects: boolean;
  readonly events: readonly Event[];
  readonly sides: readonly Side[];
  readonly whys: Whys;
}

/** Statements that ask whether something is so. */
const EXPECTS: ReadonlySet<Action["kind"]> = new Set(["expect", "require"]);

/** Gives every place in a text its JSON, the same object for the same place. */
function placeJson(span: Span): PlaceJson {
  const { source, line, column, endLine, endColumn } = place(
    span,
  ) as unknown as PlaceJson;
  return { source, line, column, endLine, endColumn };
}

/** Writes one scenario down. */
export class Recorder {
  readonly #session: Session;
  readonly #drafts: Draft[] = [];
  /** Where each event is written down: its step and its number there. */
  readonly #events = new Map<Event, { step: number; event: number }>();
  #newest: { readonly events: readonly Event[] } | undefined;
  #newestCount = 0;
  #isCut = false;

  /** @param session of the scenario, before anything has happened */
  constructor(session: Session) {
    this.#session = session;
  }

  /** True if there were more statements than are written down. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** A statement was carried out. */
  after(action: Action, span: Span): void {
    if (this.#drafts.length >= STEPS_MAX) {
      this.#isCut = true;
      return;
    }
    const { arch, order, hasMachine } = this.#session;
    const events = hasMachine ? this.#newEvents() : [];
    const step = this.#drafts.length;
    events.forEach((event, at) => this.#events.set(event, { step, event: at }));
    const last = this.#drafts.at(-1);
    const isNew = hasMachine &&
      (events.length > 0 || last === undefined || last.sides.length === 0 ||
        actorOf(action) !== null);
    const sides = !hasMachine
      ? []
      : isNew
      ? look(arch, this.#session.machine)
      : last!.sides;
    this.#drafts.push({
      span,
      text: actionText(action, arch),
      lane: actorOf(action),
      order,
      expects: EXPECTS.has(action.kind),
      events,
      sides,
      whys: events.length > 0 ? this.#whys(sides) : last?.whys ?? new Map(),
    });
  }

  /** Events since the last statement, oldest first. */
  #newEvents(): readonly Event[] {
    const found: (readonly Event[])[] = [];
    let isFirst = true;
    let newest: { readonly events: readonly Event[] } | undefined;
    for (const chapter of this.#session.machine.journal.chapters()) {
      if (isFirst) newest = chapter;
      isFirst = false;
      if (chapter === this.#newest) {
        found.push(chapter.events.slice(this.#newestCount));
        break;
      }
      found.push(chapter.events);
    }
    this.#newest = newest;
    this.#newestCount = newest?.events.length ?? 0;
    return found.reverse().flat();
  }

  /** The chain that led to each value that says something. */
  #whys(sides: readonly Side[]): Whys {
    const whys = new Map<string, readonly LinkJson[]>();
    const record = recorded(this.#session);
    const ask = (
      view: TableView | "kvm",
      index: number,
      register: RegisterInfo | undefined,
      kvmName: string | undefined,
    ): void => {
      const key = `${view} ${index} ${register?.name ?? kvmName}`;
      if (whys.has(key)) return;
      const links = this.#links({
        view,
        index,
        register: register?.id,
        kvmName,
        field: undefined,
      }, record);
      if (links.length > 0) whys.set(key, links);
    };
    for (const { vcpu, cpu, rows, says, views, kvm } of sides) {
      for (const { register, cells, physical } of rows) {
        if (!says.has(register.id) && physical === undefined) continue;
        for (const view of views) {
          // What happened on a bare machine is no event of the report.
          if (cells[view]?.kind !== "value" || view === "bare") continue;
          ask(view, view === "cpu" ? cpu : vcpu, register, undefined);
        }
      }
      for (const { name, value } of kvm) {
        if (value.kind === "value" && value.value !== 0n) {
          ask("kvm", vcpu, undefined, name);
        }
      }
    }
    return whys;
  }

  #links(
    seen: Seen,
    record: readonly Happened[],
  ): readonly LinkJson[] {
    const links = chainTo(this.#session, seen, record).links();
    return links.flatMap(({ event, instruction }) => {
      const at = this.#events.get(event);
      return at === undefined ? [] : [{
        ...at,
        instruction: instruction === undefined ? null : placeJson(instruction),
      }];
    });
  }

  /**
   * What was written down, once the scenario has ended.
   *
   * @param failures of its result, in their order
   * @param outputs of its result: registers and views that it shows by name are shown at every step
   */
  finish(
    failures: readonly Failure[],
    outputs: readonly Output[],
  ): RecordJson {
    const asked = new Set(
      outputs.flatMap((output) =>
        output.kind === "table"
          ? output.table.rows.map(({ register }) => register.id)
          : []
      ),
    );
    const views = outputs.flatMap((output) =>
      output.kind === "table" ? output.table.views : []
    );
    const shown = shownOf(this.#drafts.map(({ sides }) => sides), {
      registers: asked,
      views,
    });
    const { machine } = this.#session;
    const chains = new Chains();
    return {
      views: shown.views,
      lanes: this.#session.hasMachine ? lanesOf(machine) : [],
      steps: this.#steps(shown, failures, chains),
      chains: chains.all,
    };
  }

  #steps(
    shown: Shown,
    failures: readonly Failure[],
    chains: Chains,
  ): StepJson[] {
    const writer = new SideWriter(shown);
    let before: readonly Side[] = [];
    return this.#drafts.map(({ sides, ...draft }) => {
      const written = sides.flatMap((side) =>
        writer.write(side, before[side.vcpu]) ?? []
      );
      before = sides;
      return {
        place: placeJson(draft.span),
        text: draft.text,
        lane: draft.lane,
        failures: failures.flatMap(({ order }, at) =>
          order === draft.order ? [at] : []
        ),
        expects: draft.expects,
        events: draft.events.map(eventOf),
        sides: written,
        whys: chains.changed(draft.whys),
      };
    });
  }
}

function eventOf(event: Event): EventJson {
  return {
    lane: laneOf(event),
    ...eventText(event),
    rule: event.rule,
    event: eventJson(event) as unknown as EventJson["event"],
  };
}

/** Numbers the chains, each once. */
class Chains {
  readonly all: (readonly LinkJson[])[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #shown = new Map<string, number>();

  #number(links: readonly LinkJson[]): number {
    const text = JSON.stringify(links);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.all.length);
    return this.all.push(links) - 1;
  }

  /** Those that are not as in the step before. */
  changed(whys: Whys): Record<string, number> {
    const changed: Record<string, number> = {};
    for (const [key, links] of whys) {
      const number = this.#number(links);
      if (this.#shown.get(key) === number) continue;
      this.#shown.set(key, number);
      changed[key] = number;
    }
    return changed;
  }
}
