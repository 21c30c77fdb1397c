/**
 * A campaign's work on a machine that is a shell script: what stays of it, and how it goes on.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { play } from "../conform/play/mod.ts";
import type { BootPlan } from "../tools/kvm/boot.ts";
import { CampaignError, needPrograms } from "../tools/kvm/command.ts";
import { MACHINES } from "../tools/kvm/machines.ts";
import { randomCase, textOf } from "../tools/kvm/random/mod.ts";
import { shrink } from "../tools/kvm/shrink.ts";
import { type CampaignCase, recordAll } from "../tools/kvm/work.ts";
import { inFolder } from "./in_folder.ts";

const HAS_SHELL = Deno.build.os !== "windows";

/** A machine whose console gets what a script prints; `$1` is how often it was booted before. */
function machineOf(
  work: string,
  script: string,
  patienceSeconds: number,
): BootPlan {
  let boots = 0;
  return {
    machine: {
      ...MACHINES[0],
      casesPerBoot: 3,
      patienceSeconds,
      command: ({ console }) => {
        const line = `exec > "$0"; ${script}`;
        return Promise.resolve(["sh", "-c", line, console, `${boots++}`]);
      },
    },
    image: "",
    modules: [],
    recorder: new Uint8Array(),
    work,
    cpu: "",
  };
}

const CASES: readonly CampaignCase[] = ["a", "b", "c"].map((name) => ({
  name,
  text: `{"case":"${name}"}\n`,
}));

/** What became of each case, and how far it was at each report. */
async function work(
  folder: string,
  script: string,
  patienceSeconds = 20,
): Promise<{ outcomes: readonly string[]; progress: readonly number[] }> {
  const progress: number[] = [];
  const plan = machineOf(`${folder}/boot`, script, patienceSeconds);
  const outcomes = await recordAll(plan, CASES, `${folder}/kept`, (done) => {
    progress.push(done);
  });
  return {
    outcomes: CASES.map(({ name }) => {
      const outcome = outcomes.get(name)!;
      return `${name} ${
        outcome.kind === "recorded" ? outcome.text.trim() : outcome.why
      }`;
    }),
    progress,
  };
}

const recorded = (name: string): string =>
  `echo '{"case":"${name}"}'; echo '# case ${name}: 2 takes';`;

Deno.test({
  name:
    "recordAll(): a case in which the machine ends twice is left, those after it are recorded in another boot, and all stays",
  ignore: !HAS_SHELL,
  fn: () =>
    inFolder(async (folder) => {
      const script = `echo '# begin'; case $1 in ` +
        `0) ${recorded("a")} echo "by chance" >&2; exit 1;; ` +
        `1) echo "it broke" >&2; exit 1;; ` +
        `*) ${recorded("c")} echo '# end';; esac`;
      const first = await work(folder, script);
      assertEquals(first.outcomes, [
        'a {"case":"a"}',
        "b the emulated machine ended in it: it broke",
        'c {"case":"c"}',
      ]);
      assertEquals(first.progress.at(-1), 3);
      // Nothing is left to boot for.
      const again = await work(folder, "echo nothing");
      assertEquals(again.outcomes, first.outcomes);
    }),
});

Deno.test({
  name:
    "recordAll(): a kernel that is stuck and goes on saying so is given up, and the case is tried again",
  ignore: !HAS_SHELL,
  fn: () =>
    inFolder(async (folder) => {
      const script = `echo '# begin'; case $1 in ` +
        `0) ${
          recorded("a")
        } while sleep 0.2; do echo "[ 1.0] hard LOCKUP"; done;; ` +
        `*) ${recorded("b")} ${recorded("c")} echo '# end';; esac`;
      const { outcomes } = await work(folder, script, 2);
      assertEquals(
        outcomes,
        CASES.map(({ name, text }) => `${name} ${text.trim()}`),
      );
    }),
});

Deno.test({
  name:
    "recordAll(): a machine on which the recorder does not begin is reported at once, and a later campaign goes on",
  ignore: !HAS_SHELL,
  fn: () =>
    inFolder(async (folder) => {
      const failing = 'echo "no ROM image" >&2; echo "=====" >&2; exit 1';
      const error = await assertRejects(
        () => work(folder, failing),
        CampaignError,
      );
      assert(error.message.includes("did not begin"), error.message);
      assert(error.message.includes("no ROM image"), error.message);
      const script = "echo '# begin'; " +
        CASES.map(({ name }) => recorded(name)).join(" ") + " echo '# end'";
      const { outcomes } = await work(folder, script);
      assertEquals(
        outcomes,
        CASES.map(({ name, text }) => `${name} ${text.trim()}`),
      );
    }),
});

Deno.test({
  name: "needPrograms(): what is missing, with the packages that have it",
  ignore: !HAS_SHELL,
  fn: async () => {
    await needPrograms(["sh"], ["/dev/null"]);
    const error = await assertRejects(
      () => needPrograms(["sh", "no-such-program"], ["/no/such/file"]),
      CampaignError,
    );
    assertEquals(
      error.message,
      "no-such-program, /no/such/file are missing: apt-get install no-such-program /no/such/file",
    );
  },
});

/** The model under 7.3 as the kernel of which each recording says that it is 7.2. */
function recordOtherKernel(text: string): Promise<ReadonlyMap<string, string>> {
  const recordings = new Map<string, string>();
  for (const one of text.split(/^(?=\{"case")/m)) {
    const recording = play(one, {
      profile: "linux-7.3",
      vendor: "svm",
      model: "tcg-stock",
      counts: {},
    });
    const [header, ...steps] = recording.trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    const lines = [{ ...header, kernel: "7.2.0" }, ...steps];
    recordings.set(
      header.case,
      lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    );
  }
  return Promise.resolve(recordings);
}

Deno.test("shrink(): a case is left with what makes the difference", async () => {
  const machine = MACHINES.find(({ name }) => name === "amd")!;
  const { header, steps: others } = randomCase(machine, 2, 410);
  const nops = Array.from({ length: 6 }, () => ({ i: "nop", len: 1 }));
  const program = [
    ...nops,
    { i: "mov_to_dr", dr: 4, value: "0x100000000", len: 4 },
    ...nops,
    { i: "hlt", len: 1 },
  ];
  let pc = 0x11_0000;
  const placed = program.map((op) => {
    const at = { ...op, pc: `0x${pc.toString(16)}` };
    pc += op.len;
    return at;
  });
  const debug = {
    op: "guest_debug",
    vcpu: 0,
    control: ["ENABLE", "USE_SW_BP"],
  };
  const debugreg = Array.from({ length: 8 }, () => "0x0");
  const name = String(header.case);
  const text = textOf({
    header,
    steps: [
      ...others.slice(0, 5),
      { ...debug, debugreg },
      { op: "run", vcpu: 0, cpu: 0, program: placed },
      { op: "get_debugregs", vcpu: 0 },
    ],
  });
  const recording = (await recordOtherKernel(text)).get(name)!;
  let boots = 0;
  const [smallest] = await shrink((cases) => {
    boots++;
    return recordOtherKernel(cases);
  }, [{ name, text, recording }]);
  const steps = smallest.recording.trimEnd().split("\n").slice(1).map((line) =>
    JSON.parse(line)
  );
  // The emulator executes the access because userspace debugs; the program is the MOV to DR4 and HLT.
  assertEquals(steps.map(({ op }) => op), ["guest_debug", "run"]);
  assertEquals(
    steps[1].program.map(({ i, dr }: Record<string, unknown>) => [i, dr]),
    [["mov_to_dr", 4], ["hlt", undefined]],
  );
  assert(boots > 1);
  assert(smallest.what.includes("guest_exceptions"), smallest.what);
});
