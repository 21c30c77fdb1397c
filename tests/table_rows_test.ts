/**
 * Which registers a table has that names none: those that say something, and none that is the same in every run.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { runWatched, type Watched } from "../dsl/mod.ts";
import { buildTable } from "../dsl/table.ts";
import { sourceFiles } from "./source_files.ts";

const CATALOGUE = await sourceFiles((path) =>
  /^scenarios\/.*\.dregs$/.test(path)
);

/** Runs the scenarios of a text. */
function run(
  name: string,
  text: string,
  ended: (scenario: Watched) => void,
): void {
  const loaded = load({ name, text }, {
    reader: pathReader((path) => CATALOGUE.get(path)),
    limits: limitsOf(LIMIT_DEFAULT),
  });
  assert(loaded.ok, name);
  const options = { profile: undefined, filter: undefined, trace: false };
  for (
    const _ of runWatched(loaded.file, {
      ...options,
      limit: LIMIT_DEFAULT,
      ended,
    })
  );
}

/** Names of the rows of `show`. */
function shown({ machine, arch }: Watched): readonly string[] {
  const request = { vcpu: 0, cpu: machine.cpuOf(0), views: [], patterns: [] };
  return buildTable(arch, machine, { ...request, kvm: [] }).rows.map((
    { register },
  ) => register.short);
}

Deno.test("show: OSLSR_EL1 while the OS lock is locked, and no ID register", () => {
  const names: (readonly string[])[] = [];
  for (const lock of ["", "guest write oslar 1", "guest write oslar 0"]) {
    run("lock", `kernel linux-6.12\nset brps=2\n${lock}\nrun`, (scenario) => {
      names.push(shown(scenario));
    });
  }
  assertEquals(names, [[], ["oslsr"], []]);
});

Deno.test("show: what a guest can write is never left out while it is not as at reset, in the whole catalogue", () => {
  let looked = 0;
  for (const [name, text] of CATALOGUE) {
    run(name, text, (scenario) => {
      const { machine, arch } = scenario;
      const rows = shown(scenario);
      for (const register of arch.registers.all) {
        const { id, short, access, reset, unasked, hostOnly } = register;
        const value = machine.view("guest", 0, id);
        if (value.kind !== "value" || value.value === reset) continue;
        // Another name of a register, a structure's word, what only EL2 has, what is the same in every run.
        if (unasked === "never" || hostOnly || register.isConstant) continue;
        assert(rows.includes(short), `${name}: ${short}, ${access}`);
        looked++;
      }
    });
  }
  assert(looked > 1000, `${looked}`);
});

Deno.test("buildTable(): a CPU or vCPU that the machine does not have is an error", () => {
  const asked = { vcpu: 0, cpu: 0, views: [], patterns: [], kvm: [] };
  for (const arch of ["arm64", "x86"]) {
    run(arch, `arch ${arch}\nhost cpus=2\nrun`, ({ machine, arch }) => {
      for (const wrong of [{ cpu: 2 }, { cpu: -1 }, { cpu: NaN }]) {
        assertThrows(
          () => buildTable(arch, machine, { ...asked, ...wrong }),
          RangeError,
          `Cannot show CPU ${wrong.cpu}: there are 2`,
        );
      }
      for (const wrong of [{ vcpu: 1 }, { kvm: [1] }]) {
        assertThrows(
          () => buildTable(arch, machine, { ...asked, ...wrong }),
          RangeError,
          "Cannot show vCPU 1: there are 1",
        );
      }
      buildTable(arch, machine, { ...asked, cpu: 1, kvm: [0] });
    });
  }
});
