/**
 * A case and a recording are one format: what is played on the model is a recording with which conform agrees.
 */
import { assert, assertEquals } from "@std/assert";
import { replay } from "../conform/mod.ts";
import { play, type PlayedOn } from "../conform/play/mod.ts";
import { load, pathReader } from "../dsl/mod.ts";
import { architecture } from "../engine/mod.ts";
import {
  caseText,
  exportFile,
  failingKernels,
  machineOf,
  type RecordedCase,
} from "../export/mod.ts";
import { MACHINES } from "../tools/kvm/machines.ts";
import { randomCase, textOf } from "../tools/kvm/random/mod.ts";
import { sourceFiles } from "./source_files.ts";

/** Random cases of each machine. */
const RANDOM_CASES = 1000;

/** Steps of recordings that are not played: what the host's own breakpoints see. */
const NOT_PLAYED = /"op":"host_bp"/;

/** The first lines that differ, as text. */
function differencesOf(text: string): readonly string[] {
  return replay(text).differences.slice(0, 3).map((
    { line, op, what, recorded, modelled },
  ) => `line ${line}: ${op}: ${what}: ${recorded} | ${modelled}`);
}

for (const machine of MACHINES) {
  Deno.test(`${RANDOM_CASES} random cases for kvm-${machine.name}: played, then replayed, they agree`, () => {
    const counts = machine.arch === "arm64"
      ? { brps: 6, ctx: 2, wrps: 4 }
      : {} as Record<string, number>;
    const on: PlayedOn = {
      profile: "linux-6.1",
      vendor: machine.vendor,
      model: machine.model,
      counts,
    };
    let runs = 0;
    for (let number = 0; number < RANDOM_CASES; number++) {
      const recording = play(textOf(randomCase(machine, 7, number)), on);
      assertEquals(differencesOf(recording), [], `case ${number}`);
      runs += recording.match(/"op":"run"/g)?.length ?? 0;
    }
    assert(runs > RANDOM_CASES, "nearly nothing ran");
  });
}

Deno.test("randomCase(): the same seed and number give the same case, others another", () => {
  const [machine] = MACHINES;
  const one = textOf(randomCase(machine, 3, 5));
  assertEquals(textOf(randomCase(machine, 3, 5)), one);
  assert(textOf(randomCase(machine, 3, 6)) !== one);
  assert(textOf(randomCase(machine, 4, 5)) !== one);
});

Deno.test("play(): a recording's own case gives the recording again", async () => {
  const files = await sourceFiles((path) =>
    path.startsWith("tests/recordings/") && path.endsWith(".jsonl")
  );
  let played = 0;
  for (const [path, text] of files) {
    if (NOT_PLAYED.test(text)) continue;
    const { arch, vendor, profile, model } = replay(text);
    const { brps, ctx, wrps } = JSON.parse(text.split("\n")[0]);
    const counts: Record<string, number> = arch === "arm64"
      ? { brps, ctx, wrps }
      : {};
    const recording = play(text, { profile, vendor, model, counts });
    assertEquals(differencesOf(recording), [], path);
    played++;
  }
  assert(played > 200, `only ${played} recordings were played`);
});

/** The catalogue's scenarios as cases, made once. */
let catalogue: readonly RecordedCase[] | undefined;

async function exportedCatalogue(): Promise<readonly RecordedCase[]> {
  return catalogue ??= await exportAll();
}

async function exportAll(): Promise<readonly RecordedCase[]> {
  const files = await sourceFiles((path) =>
    path.startsWith("scenarios/") && path.endsWith(".dregs")
  );
  return [...files].flatMap(([name, text]) => {
    const loaded = load({ name, text }, {
      reader: pathReader((path) => files.get(path)),
    });
    return loaded.ok
      ? exportFile(loaded.file, {
        profile: undefined,
        vendor: undefined,
        filter: undefined,
        limit: 100_000,
      }).cases
      : [];
  });
}

Deno.test("every scenario that can be exported: played, then replayed, it agrees", async () => {
  const perArch = { arm64: 0, x86: 0 };
  for (const made of await exportedCatalogue()) {
    if (made.checks.length === 0) continue;
    perArch[made.arch]++;
    const recording = play(caseText(made), machineOf(made, made.profile));
    assertEquals(differencesOf(recording), [], `${made.source} ${made.name}`);
  }
  assert(perArch.arm64 >= 100, `${perArch.arm64} for arm64`);
  assert(perArch.x86 >= 100, `${perArch.x86} for x86`);
});

Deno.test("failingKernels(): names the releases on which a check does not hold", async () => {
  const all = await exportedCatalogue();
  const made = all.find((one) =>
    one.checks.length > 0 && failingKernels(one).length > 0
  );
  assert(made);
  const failing = failingKernels(made).map(({ profile }) => profile);
  assert(!failing.includes(made.profile));
  for (const profile of failing) {
    assert(architecture(made.arch)!.kernel(profile).ok);
  }
});
