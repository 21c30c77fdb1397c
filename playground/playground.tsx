/**
 * The playground: an editor, what runs it, and the report of what ran.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ReportView } from "../page/report_view.tsx";
import type { ReportJson } from "../report/document.ts";
import { reportHtml } from "../report/html.ts";
import { CataloguePicker } from "./catalogue_picker.tsx";
import { Refused, Stopped, type WorkerClient } from "./client.ts";
import { download, fileName } from "./download.ts";
import { keepDraft } from "./drafts.ts";
import { Editor, type EditorHandle } from "./editor.tsx";
import { KernelPicker } from "./kernel_picker.tsx";
import type { Catalogue, Checked, KernelWords, Script } from "./messages.ts";
import { asEdited, calledNow, difference } from "./script.ts";
import { BadFragment, fragmentOf, scriptOf } from "./share.ts";

/** How long a run may take; a search goes on until it is stopped. */
const RUN_LIMIT_MS = 20_000;

/** What the page is made with. */
export interface World {
  /** Answers what the editor asks. */
  readonly language: WorkerClient;
  /** Runs and searches. */
  readonly jobs: WorkerClient;
  readonly catalogue: Catalogue;
  /** The template of reports. */
  readonly template: () => Promise<string>;
  readonly initial: Script;
  /** Where that is from; a draft was written in this tab before the page was loaded anew. */
  readonly from: "address" | "draft" | "catalogue";
  /** What was wrong with the address. */
  readonly problem: string | undefined;
}

/** A report, and what it is of. */
interface Result {
  readonly of: Script;
  readonly data: ReportJson;
}

/** What a person sees of the last run or search. */
interface Shown {
  readonly result: Result | undefined;
  /** One line. */
  readonly said: string;
  readonly isBad: boolean;
}

function messageOf(error: unknown): string {
  if (
    error instanceof Stopped || error instanceof Refused ||
    error instanceof BadFragment
  ) return error.message;
  throw error;
}

/** The page. */
export function Playground({ world }: { world: World }): JSX.Element {
  const { language, jobs, catalogue, initial } = world;
  const editor = useRef<EditorHandle>();
  // What the text was before it was edited.
  const [origin, setOrigin] = useState(initial);
  const [text, setText] = useState(initial.text);
  const [kernels, setKernels] = useState(initial.kernels);
  const [words, setWords] = useState<readonly KernelWords[]>([]);
  const [known, setKnown] = useState<Checked | string>();
  const [busy, setBusy] = useState<string>();
  const [serial, setSerial] = useState(0);
  // What the address has, and whether it is shown.
  const [addressed, setAddressed] = useState<Script | undefined>(
    world.from === "address" ? initial : undefined,
  );
  const [hasLink, setHasLink] = useState(false);
  const [isKept, setIsKept] = useState(true);
  const [shown, setShown] = useState<Shown>({
    result: undefined,
    said: world.problem ??
      (world.from === "draft"
        ? "this is the text from before the page was loaded anew"
        : ""),
    isBad: world.problem !== undefined,
  });
  const name = calledNow(origin, text, catalogue);
  const script: Script = { name, text, kernels };
  const stale = shown.result && difference(shown.result.of, script);

  const start = async (
    kind: "run" | "explore",
    what: Script = script,
  ): Promise<void> => {
    if (busy !== undefined) return;
    setBusy(kind === "run" ? "runs" : "searches");
    const begun = performance.now();
    try {
      const data = await jobs.ask({ kind, script: what }, {
        limitMs: kind === "run" ? RUN_LIMIT_MS : undefined,
        tell: setBusy,
      });
      const ms = Math.round(performance.now() - begun);
      const said = `${kind === "run" ? "ran" : "searched"} in ${ms} ms`;
      setShown({ result: { of: what, data }, said, isBad: false });
      setSerial((before) => before + 1);
    } catch (error) {
      const said = messageOf(error);
      setShown(({ result }) => ({ result, said, isBad: true }));
    } finally {
      setBusy(undefined);
    }
  };

  /** Another text takes the place of this one. */
  const open = (next: Script): void => {
    jobs.stop();
    setOrigin(next);
    setKernels(next.kernels);
    editor.current?.replace(next.text);
  };

  useEffect(() => {
    language.ask({ kind: "words" }).then(setWords);
    if (
      world.problem === undefined && world.from !== "draft" &&
      !/^\s*explore\b/m.test(initial.text)
    ) start("run");
    const onHash = async (): Promise<void> => {
      try {
        const next = await scriptOf(location.hash.slice(1));
        if (next === undefined) return;
        const edited = asEdited(next);
        open(edited);
        setAddressed(edited);
        setHasLink(false);
      } catch (error) {
        const said = `the address has no scenario: ${messageOf(error)}`;
        setShown(({ result }) => ({ result, said, isBad: true }));
      }
    };
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);

  const isShared = addressed !== undefined &&
    difference(addressed, script) === undefined;
  useEffect(() => {
    if (addressed === undefined || isShared) return;
    // Who copies the address, or loads the page anew, would get the text as it was.
    setAddressed(undefined);
    setHasLink(false);
    history.replaceState(null, "", location.href.replace(/#.*$/s, ""));
  }, [addressed, isShared]);

  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) setIsKept(keepDraft(script));
    isFirst.current = false;
  }, [name, text, kernels]);

  // Where the browser keeps nothing, it asks before it throws the text away.
  const isLost = !isKept && !isShared && text !== origin.text;
  useEffect(() => {
    if (!isLost) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isLost]);

  const share = async (): Promise<void> => {
    const fragment = await fragmentOf(script);
    history.replaceState(null, "", `#${fragment}`);
    setAddressed(script);
    setHasLink(true);
    // Where the browser allows it.
    await navigator.clipboard?.writeText(location.href).catch(() => {});
  };

  const checked = typeof known === "string" ? undefined : known;
  const mistakes = checked?.mistakes.length ?? 0;
  const hasText = checked !== undefined && (checked.runs || checked.explores);
  return (
    <>
      <header class="top">
        <h1>dregs playground</h1>
        <p class="meta">
          an executable model of KVM's debug registers; nothing leaves this page
        </p>
      </header>
      <main class="playground">
        <section class="pane writing" aria-label="Scenario">
          <div class="bar">
            <CataloguePicker
              catalogue={catalogue}
              onChoose={(path) =>
                open({ name: path, text: catalogue[path], kernels: [] })}
            />
            <button type="button" onClick={share}>Share</button>
            <button
              type="button"
              onClick={() =>
                download(
                  fileName(name, ".dregs"),
                  text,
                  "text/plain",
                )}
            >
              Save scenario
            </button>
            <button
              type="button"
              disabled={shown.result === undefined || stale !== undefined}
              title={stale === undefined
                ? undefined
                : "run first: the report is of what was there before"}
              onClick={async () => {
                const { of, data } = shown.result!;
                const page = await reportHtml(await world.template(), data);
                download(fileName(of.name, ".html"), page, "text/html");
              }}
            >
              Save report
            </button>
          </div>
          {!hasLink || !isShared ? null : (
            <label class="link-field">
              Address with this scenario{" "}
              <input
                type="text"
                readOnly
                value={location.href}
                onFocus={(event) => event.currentTarget.select()}
              />
            </label>
          )}
          <h2>{name}</h2>
          <Editor
            initial={initial.text}
            language={language}
            onReady={(handle) => editor.current = handle}
            onChecked={setKnown}
            onChange={(text) => {
              editor.current?.mark(undefined);
              setText(text);
            }}
            onRun={() => start(checked?.runs === false ? "explore" : "run")}
          />
          <p class="meta" aria-live="polite">
            {checked === undefined
              ? known === undefined ? "reading" : `not read: ${known}`
              : mistakes === 0
              ? "no mistakes"
              : `✗ ${mistakes} ${mistakes === 1 ? "mistake" : "mistakes"}`}
          </p>
          <KernelPicker
            words={words}
            kernels={kernels}
            onKernels={setKernels}
          />
          <div class="bar">
            <button
              type="button"
              class="main-action"
              disabled={busy !== undefined || mistakes > 0 || !hasText ||
                !checked.runs}
              onClick={() => start("run")}
            >
              Run
            </button>
            <button
              type="button"
              class="main-action"
              disabled={busy !== undefined || mistakes > 0 || !hasText ||
                !checked.explores}
              onClick={() => start("explore")}
            >
              Explore
            </button>
            <button
              type="button"
              disabled={busy === undefined}
              onClick={() => jobs.stop()}
            >
              Stop
            </button>
          </div>
          <p class={shown.isBad ? "said bad" : "said"} role="status">
            {busy ?? (shown.isBad ? `✗ ${shown.said}` : shown.said)}
          </p>
        </section>
        <div class={stale === undefined ? "results" : "results stale"}>
          {stale === undefined ? null : (
            <p class="stale-note" role="status">
              {stale === "text"
                ? "The text was changed since: this is the result of the earlier text."
                : "The kernels were changed since: this is the result under those chosen before."}
            </p>
          )}
          {shown.result === undefined
            ? <p class="none">what runs is shown here</p>
            : (
              <ReportView
                key={serial}
                data={shown.result.data}
                inAddress={false}
                withSource={false}
                onShown={(place) => {
                  const isHere = place?.source === shown.result?.of.name &&
                    stale !== "text";
                  editor.current?.mark(isHere ? place : undefined);
                }}
              />
            )}
        </div>
      </main>
    </>
  );
}
