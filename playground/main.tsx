/**
 * The playground's page: its parts are in the page itself, in elements that no browser runs.
 *
 * @module
 */
/// <reference lib="dom" />
import { render } from "preact";
import { unpack } from "../report/pack.ts";
import { WorkerClient } from "./client.ts";
import { keptDraft } from "./drafts.ts";
import type { Catalogue, Script } from "./messages.ts";
import { Playground, type World } from "./playground.tsx";
import { asEdited, calledNow } from "./script.ts";
import { BadFragment, scriptOf } from "./share.ts";

/** The scenario that the page begins with. */
const FIRST = "arm64/renumbering/patch_example.dregs";

function textOf(id: string): string {
  return document.getElementById(id)!.textContent!;
}

/** What the page begins with: what the address has; else what was written before a reload; else an example. */
async function startScript(
  catalogue: Catalogue,
): Promise<Pick<World, "initial" | "from" | "problem">> {
  let problem: string | undefined;
  try {
    const shared = await scriptOf(location.hash.slice(1));
    if (shared) return { initial: asEdited(shared), from: "address", problem };
  } catch (error) {
    if (!(error instanceof BadFragment)) throw error;
    problem = `the address has no scenario: ${error.message}`;
  }
  const kept = keptDraft();
  if (kept) {
    const draft = asEdited(kept);
    const { name, text } = draft;
    // What was only chosen is as it was: there is nothing to say of it.
    const isWritten = calledNow(draft, text, catalogue) !== name ||
      catalogue[name] !== text;
    return { initial: draft, from: isWritten ? "draft" : "catalogue", problem };
  }
  const initial: Script = { name: FIRST, text: catalogue[FIRST], kernels: [] };
  return { initial, from: "catalogue", problem };
}

async function start(): Promise<void> {
  const program = new Blob([textOf("worker")], { type: "text/javascript" });
  const url = URL.createObjectURL(program);
  const language = new WorkerClient(url);
  const catalogue = await unpack<Catalogue>(textOf("catalogue"));
  const world: World = {
    language,
    jobs: new WorkerClient(url),
    catalogue,
    template: () => unpack(textOf("template")),
    ...await startScript(catalogue),
  };
  const root = document.getElementById("root")!;
  root.textContent = "";
  render(<Playground world={world} />, root);
}

start();
