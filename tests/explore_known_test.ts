/**
 * Failures that do not end a search: those of docs/found.md by their names, those that a block describes, and what
 * else breaks after the first.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Document, Verdict } from "../cli/explore/verdict.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { format } from "../dsl/print/format.ts";
import { foundNames } from "../dsl/explore/found_failures.ts";
import { run, verdictOn } from "./explore_command.ts";

/** A file of a page of docs/. */
function fileOf(page: string, name: string): string {
  const text = Deno.readTextFileSync(
    new URL(`../docs/${page}.md`, import.meta.url),
  );
  const fence = new RegExp("```dregs file=" + name + "\\.dregs\\n([^`]*)```");
  return text.match(fence)![1];
}

/** A block of docs/found.md, for a vendor. */
function block(name: string, vendor = "vmx"): string {
  return fileOf("found", name).replace(
    /^(kernel \S+).*$/m,
    (_, kernel) => `${kernel} ${vendor}`,
  );
}

/** Failures that one vendor's kernels alone have. */
const OF_ONE: Readonly<Record<string, string>> = {
  rf: "vmx",
  resume: "svm",
  icebp: "svm",
  hidden: "svm",
  held: "svm",
  status: "svm",
  nmi: "svm",
  dropped: "svm",
  step: "",
  late: "",
};

for (const name of foundNames()) {
  const only = OF_ONE[name];
  for (const vendor of only === undefined ? ["vmx", "svm"] : [only]) {
    Deno.test(
      `known: nothing but ${name} breaks its block${vendor && ` on ${vendor}`}`,
      async () => {
        const text = block(name, vendor);
        const plain = await verdictOn(text);
        assertEquals([plain.outcome, plain.known], ["broken", []]);
        const except = foundNames().join(",");
        const past = await verdictOn(text, "--except", except);
        assertEquals(past.outcome, "holds");
        const own = past.known.find((one) => one.name === name);
        assertEquals(own?.steps, plain.schedule.length);
        assert(past.states > plain.states, `${past.states} states`);
      },
    );
  }
}

/** The verdicts on a block of docs/found.md under every distinct behaviour, of each vendor. */
async function onChanges(name: string, ...args: string[]): Promise<Verdict[]> {
  const io = new MemoryIo({ files: { "a.dregs": block(name, "") } });
  const json = await run(
    io,
    "--format",
    "json",
    "--workers",
    "1",
    "--kernel",
    "changes",
    ...args,
    "a.dregs",
  );
  return [...(JSON.parse(json) as Document).verdicts];
}

/** Failures that break the block of another too, on kernels that have both. */
const BEFORE: Readonly<Record<string, string>> = {
  step: "late",
  dropped: "nmi",
  window: "hidden",
};

for (const name of foundNames()) {
  const first = BEFORE[name];
  const except = [name, ...first ? [first] : []].join(",");
  Deno.test(`known: --except ${except} goes past the block of ${name} on every kernel that it breaks`, async () => {
    const plain = await onChanges(name);
    const past = await onChanges(name, "--except", except);
    assert(plain.some(({ outcome }) => outcome === "broken"));
    assertEquals(
      past.map((one) => [
        one.kernel,
        one.vendor,
        one.outcome,
        one.known.map((met) => met.name).filter((met) => met !== first),
      ]),
      plain.map(({ kernel, vendor, outcome }) => [
        kernel,
        vendor,
        "holds",
        outcome === "broken" ? [name] : [],
      ]),
    );
  });
}

/** A block of one vCPU with `never noticed`. */
function noticedBlock(kernel: string, vcpu: string, user = ""): string {
  const program = user === "" ? "" : `  user 0 { ${user} }\n`;
  return `arch x86
kernel ${kernel}
explore {
  vcpu 0 { ${vcpu} }
${program}  never noticed
}
`;
}

/** Which of the names alone goes past all that breaks a block, and how many there are. */
async function goesPast(text: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of foundNames()) {
    const { outcome } = await verdictOn(text, "--except", name);
    if (outcome === "holds") names.push(name);
  }
  return names;
}

Deno.test("known: past a #DB that KVM has queued, the bare machine takes it with its cause and without GD", async () => {
  for (
    const [kernel, vcpu] of [
      ["linux-7.2 vmx", "int3; cpuid"],
      ["linux-7.2 svm", "int3; cpuid"],
      ["linux-7.3 vmx", "icebp; write dr7 gd=1; exec 0x3000"],
    ]
  ) {
    const text = noticedBlock(kernel, vcpu, "debug step; debug off");
    assertEquals(await goesPast(text), ["frame"], `${kernel} ${vcpu}`);
    const { also } = await verdictOn(text);
    assertEquals(also.map((one) => one.broken), [], `${kernel} ${vcpu}`);
  }
});

Deno.test("known: a handler's registers are `window`, whatever raised its exception", async () => {
  const text = noticedBlock(
    "linux-7.3",
    "exec 0x3000; icebp; write dr2 0x80",
    "debug step; debug watch 0x2000 size=4",
  );
  assertEquals(await goesPast(text), ["window"]);
});

Deno.test("known: a step over an instruction that writes TF is by the TF before it", async () => {
  const stray = noticedBlock(
    "linux-7.3 svm",
    "ud2; popf tf=1; exec 0x3000",
    "debug step; debug off",
  );
  const past = await verdictOn(stray, "--except", "frame,lost");
  assertEquals(past.outcome, "holds");
  const missed = noticedBlock(
    "linux-7.2",
    "popf tf=1; load 0xc00000 size=4; popf tf=1; exec 0x3000",
    "debug step; debug off",
  );
  const without = await verdictOn(missed, "--except", "frame,lost");
  assertEquals(without.outcome, "holds");
});

Deno.test("known: `joined` is of an execute breakpoint alone, `io` of a port's", async () => {
  const joined = noticedBlock(
    "linux-7.2 svm",
    "write dr0 0x1000; write dr7 g0=1; popf tf=1; cpuid; exec 0x1000",
  );
  assertEquals(await goesPast(joined), ["joined"]);
  const io = noticedBlock(
    "linux-7.2 svm",
    "write cr4 de=1; write dr0 0x80; write dr7 g0=1 rw0=io; popf tf=1; out 0x80 size=1",
  );
  assertEquals(await goesPast(io), ["io"]);
});

Deno.test("known: `resume` is of RF alone, in a frame too", async () => {
  const frame = noticedBlock("linux-7.2 svm", "popf tf=1; ud2; cpuid");
  assertEquals(await goesPast(frame), ["resume"]);
});

Deno.test("noticed: B0 that a #DB may leave or clear is no difference, and one that it sets is", async () => {
  const armed = "write dr0 0x1000; write dr7 g0=1";
  for (
    const [kernel, rest] of [
      ["linux-7.3 vmx", "exec 0x1000; icebp; read dr6"],
      ["linux-7.2 svm", "popf tf=1; exec 0x1000; read dr6"],
    ]
  ) {
    const text = noticedBlock(kernel, `${armed}; ${rest}`);
    assertEquals((await verdictOn(text)).outcome, "holds", kernel);
  }
  const set = noticedBlock("linux-5.4 svm", "exec 0x1000", "debug break 0x4000")
    .replace("explore", "user set dr0 0x1000\nuser set dr7 g0=1\nexplore");
  assertEquals((await verdictOn(set)).noticed, "frame");
});

/** A store and an OUT that exit, in either order. */
function two(first: string, second: string, more = ""): string {
  return `arch x86
kernel linux-7.2
explore {
  vcpu 0 {
    write cr4 de=1
    write dr0 0xc00000
    write dr1 0x80
    write dr7 g0=1 rw0=write len0=bytes4 g1=1 rw1=io
    ${first}
    ${second}
    isb
  }
  ${more}
  never noticed
}
`.replace("    isb\n", "    exec 0x3000\n");
}

const STORE = "store 0xc00000 size=4";
const OUT = "out 0x80 size=1";

Deno.test("known: one cause does not hide another of the same kind", async () => {
  for (
    const [first, second, known, left] of [
      [STORE, OUT, "x86:D26", "kvm_fast_pio"],
      [OUT, STORE, "x86:D50", "x86_emulate_instruction"],
    ]
  ) {
    const text = two(
      first,
      second,
      `known "first" { kind missed; rule "${known}" }`,
    );
    const { outcome, known: met, noticed, explanation } = await verdictOn(text);
    assertEquals([outcome, noticed], ["broken", "missed"]);
    assertEquals(met.map(({ name }) => name), ["first"]);
    assertEquals(explanation.at(-1)?.function, left);
  }
});

Deno.test("known: by the kind alone, and for other kernels", async () => {
  const both = await verdictOn(two(STORE, OUT, 'known "all" { kind missed }'));
  assertEquals(both.outcome, "holds");
  const other = 'known "old" { kind missed; on <= linux-6.1 }';
  const now = await verdictOn(two(STORE, OUT, other));
  assertEquals([now.outcome, now.known], ["broken", []]);
  const kind = await verdictOn(
    two(STORE, OUT, 'known "k" { kind stray, warn }'),
  );
  assertEquals([kind.outcome, kind.known], ["broken", []]);
  const bare = await verdictOn(two(STORE, OUT, 'known "n" { kind noticed }'));
  assertEquals(bare.outcome, "holds");
});

Deno.test("known: lines of the block count together, on kernels that it names", async () => {
  const text = fileOf("explore", "past");
  const met = async (from: string, to: string) => {
    const changed = text.replace(from, to);
    assert(changed !== text || from === to, from);
    const { outcome, schedule, known } = await verdictOn(changed);
    assertEquals(outcome, "broken");
    return [schedule.length, ...known.map((one) => [one.name, one.steps])];
  };
  const past = [13, ["emulated store", 9]];
  assertEquals(await met("", ""), past);
  assertEquals(await met("kind missed", "kind warn, missed"), past);
  assertEquals(await met('"x86:D26"', '"d26"'), past);
  assertEquals(await met("kind missed", "kind stray"), [9]);
  assertEquals(await met('"x86:D26"', '"D26", "D50"'), [9]);
  assertEquals(await met("on >= linux-4.4", "on < linux-7.2"), [9]);
  const none = text.replace(/^ +rule.*\n/m, "");
  assertEquals((await verdictOn(none)).outcome, "holds");
});

Deno.test("known: a text with blocks is written as it stands", () => {
  const text = fileOf("explore", "past");
  const crooked = text.replaceAll(/^ +/gm, "").replace(
    "kind missed\n",
    "kind   missed ;",
  );
  const written = format({ name: "", text: crooked });
  assert(written.ok);
  assertEquals(written.text, text);
});

Deno.test("known: what else breaks is named with its steps, and with --all with its schedule", async () => {
  const text = block("window").replace("never noticed", "never noticed, warn");
  const { broken, also, alsoStates } = await verdictOn(text);
  assertEquals(broken, ["noticed"]);
  assertEquals(also.map((one) => one.broken), [["warn"], ["missed"]]);
  assert(also.every(({ schedule }) => schedule.length === 0));
  assertEquals(alsoStates, null);
  const all = await verdictOn(text, "--all");
  assertEquals(
    all.also.map((one) => [one.broken, one.steps]),
    also.map((one) => [one.broken, one.steps]),
  );
  for (const { steps, schedule, explanation } of all.also) {
    assertEquals(schedule.length, steps);
    assert(explanation.length > 0);
  }
  // The shortest of each: asked for alone, it is as long.
  const alone = await verdictOn(block("window").replace("noticed", "warn"));
  assertEquals(alone.schedule.length, also[0].steps);
});

Deno.test("known: the text has both, and labels whose steps they are", async () => {
  const files = {
    "a.dregs": block("window"),
    "b.dregs": block("frame"),
    "c.dregs": block("joined"),
  };
  const io = new MemoryIo({ files });
  const window = await run(io, "--all", "a.dregs");
  assert(/^ {2}also: missed after 19$/m.test(window), window);
  assert(/^ {2}missed, after 19 steps$/m.test(window), window);
  const steps = await run(io, "--all", "c.dregs");
  assertStringIncludes(steps, "guest's #DB handler reads DR6");
  const frame = await run(io, "--except", "frame", "b.dregs");
  assert(/^ {2}known: frame after 14$/m.test(frame), frame);
  const wrong = await run(io, "--except", "frames", "b.dregs").catch(String);
  assertEquals(wrong, "");
  assertStringIncludes(io.stderr, "frame");
});

Deno.test("known: a breakpoint of the debugger's is called so", async () => {
  const hit = await verdictOn(`arch x86
kernel linux-7.2
user debug watch 0x3000 on=store
explore {
  vcpu 0 { store 0x3000; exec 0x2000 }
  finally expect user rflags == 0
}
`);
  const notes = hit.schedule.flatMap((step) => step.notes);
  assert(notes.includes("the debugger's breakpoint 0 hits"), notes.join("; "));
});

Deno.test("signals: none keeps KVM_RUN from ending at any exit, whatever preempt says", async () => {
  const text = block("window");
  for (const preempt of ["any", "between", "none"]) {
    const mode = `preempt ${preempt}\n  never`;
    const any = await verdictOn(text.replace("never", mode));
    assertEquals(any.outcome, "broken", preempt);
    assert(any.schedule.some(({ what }) => what.includes("EINTR")));
    const none = `signals none\n  ${mode}`;
    const { outcome } = await verdictOn(text.replace("never", none));
    assertEquals(outcome, "holds", preempt);
  }
});
