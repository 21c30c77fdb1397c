/**
 * A recording as a scenario: on the model, that of the model's own recording passes, and one that differs fails.
 */
import { assert, assertEquals } from "@std/assert";
import { play, type PlayedOn } from "../conform/play/mod.ts";
import { load, pathReader, runFile } from "../dsl/mod.ts";
import type { EmulatedMachine } from "../tools/kvm/machines.ts";
import { MACHINES } from "../tools/kvm/machines.ts";
import { randomCase, textOf } from "../tools/kvm/random/mod.ts";
import { scenarioOf } from "../tools/kvm/scenario/mod.ts";

/** Random cases of each machine. */
const CASES = 100;

function machineOf({ vendor, model, counts }: EmulatedMachine): PlayedOn {
  return { profile: "linux-6.1", vendor, model, counts };
}

/** What fails in a scenario's text. */
function failuresOf(text: string): readonly string[] {
  const loaded = load({ name: "recorded.dregs", text }, {
    reader: pathReader(() => undefined),
  });
  if (!loaded.ok) return loaded.diagnostics.map(({ message }) => message);
  return [
    ...runFile(loaded.file, {
      profile: undefined,
      filter: undefined,
      trace: false,
      limit: 100_000,
    }),
  ].flatMap(({ failures }) =>
    failures.map(({ diagnostic }) => diagnostic.message)
  );
}

for (const machine of MACHINES) {
  Deno.test(`scenarioOf(): that of the model's own recording passes, kvm-${machine.name}`, () => {
    let whole = 0;
    for (let number = 0; number < CASES; number++) {
      const text = textOf(randomCase(machine, 5, number));
      const scenario = scenarioOf(play(text, machineOf(machine)));
      // What a scenario does not have leaves another program.
      if (scenario.left.length > 0) continue;
      whole++;
      assertEquals(failuresOf(scenario.text), [], scenario.text);
    }
    assert(whole > CASES / 5, `only ${whole} are whole`);
  });
}

Deno.test("scenarioOf(): where the model differs, the scenario fails", async () => {
  const path = "tests/recordings/x86/minimal/7.3/n5-dr4-high-bits.jsonl";
  const recording = await Deno.readTextFile(path);
  assertEquals(failuresOf(scenarioOf(recording).text), []);
  const older = recording.replace('"kernel":"7.3.4', '"kernel":"7.2.4');
  const failures = failuresOf(scenarioOf(older).text);
  assert(failures[0].startsWith("the guest took"), failures.join("\n"));
});
