/**
 * Several registers of a view at once are what each is alone, and where the guest differs from its bare machine too.
 */
import { assert, assertEquals } from "@std/assert";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { runWatched } from "../dsl/mod.ts";
import { sourceFiles } from "./source_files.ts";

const SCENARIOS = await sourceFiles((path) =>
  /^scenarios\/(arm64|x86)\/.*\.dregs$/.test(path)
);

Deno.test("views: several registers at once, at the end of each scenario of the catalogue", () => {
  let compared = 0;
  let different = 0;
  for (const [name, text] of SCENARIOS) {
    const loaded = load({ name, text }, {
      reader: pathReader((path) => SCENARIOS.get(path)),
      limits: limitsOf(LIMIT_DEFAULT),
    });
    assert(loaded.ok, name);
    const results = runWatched(loaded.file, {
      profile: undefined,
      filter: undefined,
      trace: false,
      limit: LIMIT_DEFAULT,
      ended({ machine, arch }) {
        const ids = arch.registers.all.map(({ id }) => id);
        for (let v = 0; v < machine.vcpus; v++) {
          for (const view of ["guest", "user", "hw", "bare"] as const) {
            const alone = ids.map((id) => machine.view(view, v, id));
            assertEquals(machine.viewAll(view, v, ids), alone, name);
            compared += ids.length;
          }
          const differing = ids.filter((id) =>
            machine.differsFromBare(v, [id])
          );
          assertEquals(
            machine.differsFromBare(v, ids),
            differing.length > 0,
            name,
          );
          different += differing.length;
        }
      },
    });
    for (const _ of results);
  }
  assert(compared > 10_000);
  assert(different > 0);
});
