/**
 * The editor: CodeMirror, with what the language's worker says of the text.
 *
 * @module
 */
/// <reference lib="dom" />
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  type CompletionContext,
  completionKeymap,
  type CompletionResult,
} from "@codemirror/autocomplete";
import {
  defaultKeymap,
  history,
  historyKeymap,
  indentWithTab,
} from "@codemirror/commands";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import {
  type Extension,
  RangeSetBuilder,
  StateEffect,
  StateField,
} from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { PlaceJson } from "../report/document.ts";
import { Refused, Stopped, type WorkerClient } from "./client.ts";
import type { Checked } from "./messages.ts";

/** Milliseconds that the language may take for an answer, before its worker is ended. */
const LIMIT_MS = 5000;

const setWords = StateEffect.define<Checked["words"]>();

const setNow = StateEffect.define<readonly [from: number, to: number] | null>();

/** A field of decorations that move with the text. */
function decorations(
  made: (
    effect: StateEffect<unknown>,
    length: number,
  ) => DecorationSet | undefined,
): Extension {
  return StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update: (before, { changes, effects, newDoc }) => {
      let set = before.map(changes);
      for (const effect of effects) set = made(effect, newDoc.length) ?? set;
      return set;
    },
    provide: (field) => EditorView.decorations.from(field),
  });
}

const highlighting = decorations((effect, length) => {
  if (!effect.is(setWords)) return undefined;
  const builder = new RangeSetBuilder<Decoration>();
  for (const [from, to, kind] of effect.value) {
    // The text may have changed since.
    if (to > length || from >= to) continue;
    builder.add(from, to, Decoration.mark({ class: `word-${kind}` }));
  }
  return builder.finish();
});

const nowLine = decorations((effect, length) => {
  if (!effect.is(setNow)) return undefined;
  if (effect.value === null) return Decoration.none;
  const [from, to] = effect.value;
  return to > length || from >= to ? Decoration.none : Decoration.set(
    Decoration.mark({ class: "now-statement" }).range(from, to),
  );
});

/** What the page does with the editor. */
export interface EditorHandle {
  readonly text: string;
  /** Puts another text in its place. */
  replace(text: string): void;
  /** Marks the statement that is shown. */
  mark(place: PlaceJson | undefined): void;
}

/** Checks the text after each change; while a check is under way only the latest text waits. */
class Checks {
  readonly #view: EditorView;
  readonly #language: WorkerClient;
  readonly #told: (checked: Checked | string) => void;
  #isBusy = false;
  #isWaiting = false;

  constructor(
    view: EditorView,
    language: WorkerClient,
    told: (checked: Checked | string) => void,
  ) {
    this.#view = view;
    this.#language = language;
    this.#told = told;
  }

  async check(): Promise<void> {
    if (this.#isBusy) {
      this.#isWaiting = true;
      return;
    }
    this.#isBusy = true;
    const { doc } = this.#view.state;
    try {
      const checked = await this.#language.ask(
        { kind: "check", text: doc.toString() },
        { limitMs: LIMIT_MS },
      );
      if (this.#view.state.doc === doc) this.#show(checked);
    } catch (error) {
      // The next change is checked by another worker.
      if (!(error instanceof Stopped || error instanceof Refused)) throw error;
      this.#told(error.message);
    } finally {
      this.#isBusy = false;
    }
    if (this.#isWaiting) {
      this.#isWaiting = false;
      await this.check();
    }
  }

  #show(checked: Checked): void {
    const { length } = this.#view.state.doc;
    this.#view.dispatch(
      { effects: setWords.of(checked.words) },
      setDiagnostics(
        this.#view.state,
        checked.mistakes.map(({ from, to, message }) => ({
          from: Math.min(from, length),
          to: Math.min(to, length),
          severity: "error",
          message,
        })),
      ),
    );
    this.#told(checked);
  }
}

/** An answer, or null where there is none: what is offered may be missing. */
async function quietly<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Stopped || error instanceof Refused) return null;
    throw error;
  }
}

function completing(language: WorkerClient) {
  return async (
    { state, pos, explicit }: CompletionContext,
  ): Promise<CompletionResult | null> => {
    const before = state.sliceDoc(Math.max(0, pos - 1), pos);
    if (!explicit && !/[\w.=-]/.test(before)) return null;
    const found = await quietly(language.ask(
      { kind: "complete", text: state.doc.toString(), offset: pos },
      { limitMs: LIMIT_MS },
    ));
    if (found === null || found.words.length === 0) return null;
    const { from, words } = found;
    return {
      from,
      options: words.map(({ label, kind, about }, at) => ({
        label,
        type: kind,
        info: about === "" ? undefined : about,
        boost: -at / 100,
      })),
      validFor: /^[\w.-]*$/,
    };
  };
}

function hovering(language: WorkerClient): Extension {
  return hoverTooltip(async ({ state }, pos) => {
    const found = await quietly(language.ask(
      { kind: "hover", text: state.doc.toString(), offset: pos },
      { limitMs: LIMIT_MS },
    ));
    if (found === null) return null;
    const { from, to, text } = found;
    return {
      pos: from,
      end: to,
      above: true,
      create: () => {
        const dom = document.createElement("div");
        dom.className = "hover-text";
        dom.textContent = text;
        return { dom };
      },
    };
  });
}

/** The editor. */
export function Editor(
  { initial, language, onReady, onChecked, onChange, onRun }: {
    initial: string;
    language: WorkerClient;
    onReady: (editor: EditorHandle) => void;
    /** What is known of the text, or why that is not known. */
    onChecked: (checked: Checked | string) => void;
    onChange: (text: string) => void;
    onRun: () => void;
  },
): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const calls = useRef({ onChecked, onChange, onRun });
  calls.current = { onChecked, onChange, onRun };
  useEffect(() => {
    const made: { checks?: Checks } = {};
    const view = new EditorView({
      doc: initial,
      parent: box.current!,
      extensions: [
        EditorView.cspNonce.of("editor"),
        lineNumbers(),
        lintGutter(),
        highlightActiveLineGutter(),
        highlightSpecialChars(),
        history(),
        closeBrackets(),
        highlighting,
        nowLine,
        autocompletion({ override: [completing(language)], icons: false }),
        hovering(language),
        keymap.of([
          {
            key: "Mod-Enter",
            run: () => {
              calls.current.onRun();
              return true;
            },
          },
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...lintKeymap,
          ...historyKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
        EditorView.contentAttributes.of({
          tabindex: "0",
          "aria-label": "Scenario. Escape, then Tab, leaves the editor",
        }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (!docChanged) return;
          calls.current.onChange(state.doc.toString());
          made.checks?.check();
        }),
      ],
    });
    made.checks = new Checks(
      view,
      language,
      (checked) => calls.current.onChecked(checked),
    );
    made.checks.check();
    onReady({
      get text() {
        return view.state.doc.toString();
      },
      replace: (text) =>
        view.dispatch({
          changes: { from: 0, to: view.state.doc.length, insert: text },
        }),
      mark(place) {
        const { doc } = view.state;
        const isThere = place !== undefined && place.endLine <= doc.lines;
        view.dispatch({
          effects: setNow.of(
            isThere
              ? [
                doc.line(place.line).from + place.column - 1,
                doc.line(place.endLine).from + place.endColumn - 1,
              ]
              : null,
          ),
        });
      },
    });
    return () => view.destroy();
  }, []);
  return <div class="editor" ref={box} />;
}
