/**
 * The program of the page's workers: the language and the engine. It answers one request after the other.
 *
 * @module
 */
import { exploreScript, JobProblem, kernelWords, runScript } from "./jobs.ts";
import { Language } from "./language.ts";
import type { Answers, Reply, Request } from "./messages.ts";

/** A worker's own side, as far as it is used here. */
interface WorkerScope {
  onmessage: (
    event: { readonly data: Request & { readonly id: number } },
  ) => void;
  postMessage(reply: Reply): void;
}

const scope = globalThis as unknown as WorkerScope;
const language = new Language();

function answer(
  request: Request,
  tell: (progress: string) => void,
): Promise<Answers[keyof Answers]> | Answers[keyof Answers] {
  switch (request.kind) {
    case "words":
      return kernelWords();
    case "check":
      return language.check(request.text);
    case "complete":
      return language.complete(request.text, request.offset);
    case "hover":
      return language.hover(request.text, request.offset);
    case "run":
      return runScript(request.script);
    case "explore":
      return exploreScript(request.script, tell);
    default:
      return request satisfies never;
  }
}

scope.onmessage = async ({ data: { id, ...request } }) => {
  try {
    const found = await answer(
      request,
      (progress) => scope.postMessage({ id, progress }),
    );
    scope.postMessage({ id, answer: found });
  } catch (error) {
    const problem = error instanceof JobProblem
      ? error.message
      : `dregs failed, which is a bug: ${error}`;
    scope.postMessage({ id, problem });
  }
};
