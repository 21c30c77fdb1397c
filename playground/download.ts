/**
 * Files that the page gives to the browser to save.
 *
 * @module
 */
/// <reference lib="dom" />

/** A name of a file that every system takes. */
export function fileName(title: string, suffix: string): string {
  const base = title.replace(/^.*\//, "")
    .replace(
      /(?:\.dregs)?(?: \((changed)\))?$/,
      (_, changed?: string) => changed === undefined ? "" : `_${changed}`,
    )
    .replace(/[^\w.-]+/g, "_").slice(0, 80);
  return `${base === "" ? "scenario" : base}${suffix}`;
}

/** Has the browser save a text. */
export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
