/**
 * Whether a server answers, asked before anything waits for it.
 *
 * @module
 */

/** How long an answer may take. A slower server counts as silent. */
const ANSWER_MS_MAX = 1500;

/** What asking a server showed; `silent` took the whole time that it had. */
export type Answer = "answers" | "refuses" | "silent";

/**
 * Asks for a URL and looks at the answer's headers alone.
 *
 * @param url what to ask for
 * @returns `answers` only if the URL itself is there: a proxy's error page
 *   is a refusal
 */
export async function ask(url: URL): Promise<Answer> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    await response.body?.cancel();
    return response.ok ? "answers" : "refuses";
  } catch (error) {
    return error instanceof DOMException && error.name === "TimeoutError"
      ? "silent"
      : "refuses";
  }
}
