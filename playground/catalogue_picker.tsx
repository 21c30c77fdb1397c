/**
 * The catalogue, to choose a scenario from.
 *
 * @module
 */
/// <reference lib="dom" />
import type { JSX } from "preact";
import type { Catalogue } from "./messages.ts";

/** The folder of a path, and the name without its suffix. */
function parts(path: string): readonly [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return [path.slice(0, at), path.slice(at + 1).replace(/\.dregs$/, "")];
}

/** All scenarios by folder. */
export function CataloguePicker(
  { catalogue, onChoose }: {
    catalogue: Catalogue;
    onChoose: (path: string) => void;
  },
): JSX.Element {
  const folders = new Map<string, string[]>();
  for (const path of Object.keys(catalogue)) {
    const [folder] = parts(path);
    folders.set(folder, [...folders.get(folder) ?? [], path]);
  }
  return (
    <label class="catalogue">
      Catalogue{" "}
      <select
        value=""
        onChange={(event) => {
          const path = event.currentTarget.value;
          event.currentTarget.value = "";
          if (path !== "") onChoose(path);
        }}
      >
        <option value="">
          {Object.keys(catalogue).length} scenarios
        </option>
        {[...folders].map(([folder, paths]) => (
          <optgroup key={folder} label={folder}>
            {paths.map((path) => (
              <option key={path} value={path}>{parts(path)[1]}</option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}
