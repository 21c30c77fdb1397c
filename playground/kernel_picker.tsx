/**
 * The choice of kernels, with changes to apply or to revert.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { KernelWords } from "./messages.ts";

/** The kernels that are asked for, and what adds one. */
export function KernelPicker(
  { words, kernels, onKernels }: {
    words: readonly KernelWords[];
    kernels: readonly string[];
    onKernels: (kernels: readonly string[]) => void;
  },
): JSX.Element {
  const [text, setText] = useState("");
  const names = [...new Set(words.flatMap((one) => one.kernels))];
  const add = (): void => {
    const kernel = text.trim();
    if (kernel === "") return;
    if (!kernels.includes(kernel)) onKernels([...kernels, kernel]);
    setText("");
  };
  return (
    <fieldset class="kernels">
      <legend>Kernels</legend>
      {kernels.length === 0
        ? <p class="none">the scenario's own</p>
        : (
          <ul class="chips">
            {kernels.map((kernel) => (
              <li key={kernel}>
                <button
                  type="button"
                  aria-label={`Remove ${kernel}`}
                  onClick={() =>
                    onKernels(kernels.filter((one) => one !== kernel))}
                >
                  {kernel} ×
                </button>
              </li>
            ))}
          </ul>
        )}
      <form
        class="add-kernel"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <input
          type="text"
          aria-label="Kernel"
          list="kernel-names"
          placeholder="linux-6.1, 5.4..6.1, lts, all"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <datalist id="kernel-names">
          {names.map((name) => <option key={name} value={name} />)}
        </datalist>
        <select
          aria-label="Change to apply or to revert"
          value=""
          disabled={text.trim() === ""}
          onChange={(event) => {
            setText(`${text.trim()} ${event.currentTarget.value}`);
            event.currentTarget.value = "";
          }}
        >
          <option value="">with a change</option>
          {words.flatMap(({ arch, changes }) =>
            (["with", "without"] as const).map((word) => (
              <optgroup key={`${arch} ${word}`} label={`${arch}: ${word}`}>
                {changes.map(({ name, about }) => (
                  <option key={name} value={`${word} ${name}`} title={about}>
                    {word} {name}
                  </option>
                ))}
              </optgroup>
            ))
          )}
        </select>
        <button type="submit" disabled={text.trim() === ""}>Add</button>
      </form>
    </fieldset>
  );
}
