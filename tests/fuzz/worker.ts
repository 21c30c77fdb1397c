/**
 * Gives inputs to a surface, on a thread that can be stopped.
 *
 * @module
 */
import * as fc from "fast-check";
import type { Answer, Asked } from "./runs.ts";
import type { Input, Surface } from "./surface.ts";
import { SURFACES } from "./surfaces.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Asked>) => void;
  postMessage(answer: Answer): void;
  close(): void;
};

let surface: Surface | undefined;

/** An error that nothing waits for, of the input that is being given. */
let stray: Error | undefined;
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  stray ??= event.reason instanceof Error
    ? event.reason
    : new Error(String(event.reason));
});

async function giveOne(input: Input): Promise<void> {
  stray = undefined;
  await surface!.give(input);
  if (stray) throw stray;
}

function failureOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

async function batch(
  { seed, count, shared }: Asked & { readonly kind: "batch" },
): Promise<Answer> {
  // While an input is given, its place in the batch can be read by the other thread.
  const place = new Int32Array(shared);
  let given = 0;
  let slowest = 0;
  let slow: Input = null;
  const property = fc.asyncProperty(surface!.inputs, async (input) => {
    Atomics.store(place, 0, ++given);
    const begun = performance.now();
    try {
      await giveOne(input);
    } finally {
      const took = performance.now() - begun;
      if (took > slowest) [slowest, slow] = [took, input];
    }
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    seed,
    numRuns: count,
  });
  const failure = failed && counterexample
    ? { input: counterexample[0], why: failureOf(errorInstance) }
    : undefined;
  return {
    kind: "batch",
    given: Math.min(given, count),
    failure,
    slowest,
    slow,
    memory: Deno.memoryUsage().rss,
  };
}

async function kept(inputs: readonly Input[]): Promise<Answer> {
  for (const input of inputs) {
    try {
      await giveOne(input);
    } catch (error) {
      return { kind: "kept", failure: { input, why: failureOf(error) } };
    }
  }
  return { kind: "kept", failure: undefined };
}

async function answer(asked: Asked): Promise<Answer> {
  switch (asked.kind) {
    case "surface": {
      surface = await SURFACES[asked.name]();
      return { kind: "surface", missing: await surface.missing?.() };
    }
    case "batch":
      return await batch(asked);
    case "kept":
      return await kept(asked.inputs);
    case "end":
      await surface?.close?.();
      return { kind: "end" };
  }
}

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage(await answer(data));
  } catch (error) {
    scope.postMessage({ kind: "error", why: failureOf(error) });
  }
};
