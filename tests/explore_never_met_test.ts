/**
 * A known failure that the search does not meet is a warning: it may be fixed, or misspelt.
 */
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import type { Document } from "../cli/explore/verdict.ts";
import { load } from "../dsl/load.ts";
import { verdictOn } from "./explore_command.ts";
import { assert, assertEquals } from "@std/assert";

/** A store to a device that a watchpoint matches: `mmio` of docs/found.md, and nothing else. */
function block(...lines: readonly string[]): string {
  return `arch x86
kernel linux-7.2 vmx
explore {
  vcpu 0 {
    write dr0 0xc00000
    write dr7 g0=1 rw0=write len0=bytes4
    store 0xc00000 size=4
    exec 0x3000
  }
  ${lines.join("\n  ")}
  never noticed
}
`;
}

const MET = 'known "device" { kind missed }';

async function never(text: string, ...args: string[]): Promise<string[]> {
  const { outcome, warnings } = await verdictOn(text, ...args);
  assertEquals(outcome, "holds");
  return warnings.map(({ code, line, text }) => `${code} ${line} ${text}`);
}

Deno.test("known: one that is not met has a warning, at its place", async () => {
  assertEquals(await never(block(MET)), []);
  assertEquals(await never(block(MET, 'known "typo" { kind stray }')), [
    'never-met 11 known "typo"',
  ]);
  const rule = 'known "rule" { kind missed; rule "x86:D50" }';
  assertEquals(await never(block(MET, rule)), ['never-met 11 known "rule"']);
});

Deno.test("known: of another kernel it has none", async () => {
  const old = 'known "old" { kind stray; on <= linux-4.9 }';
  assertEquals(await never(block(MET, old)), []);
  assertEquals(await never(block(MET, old), "--kernel", "4.9"), [
    'never-met 11 known "old"',
  ]);
});

Deno.test("known: two that describe the same failure are both met", async () => {
  const both = block(MET, 'known "same" { kind missed, stray }');
  assertEquals(await never(both), []);
  const { known } = await verdictOn(both, "--except", "mmio");
  assertEquals(known.map(({ name }) => name), ["device", "same", "mmio"]);
});

Deno.test("known: where something else breaks nothing is said of it", async () => {
  const { outcome, warnings } = await verdictOn(
    block('known "typo" { kind stray }'),
  );
  assertEquals([outcome, warnings], ["broken", []]);
});

/** A search's status, what it printed of warnings, and what its document says of `--except`. */
async function excepted(files: Record<string, string>, ...args: string[]) {
  const io = new MemoryIo({ files });
  const all = ["explore", "--strict", ...args, ...Object.keys(files)];
  const status = await main(all, io);
  const json = new MemoryIo({ files });
  await main([...all, "--format", "json"], json);
  const { except } = JSON.parse(json.stdout) as Document;
  return { status, said: io.stderr, except };
}

Deno.test("--except: one that no search met has a warning; with --strict the status is 2", async () => {
  const met = await excepted({ "a.dregs": block() }, "--except", "mmio");
  assertEquals(met, {
    status: 0,
    said: "",
    except: [{ name: "mmio", met: true }],
  });
  const not = await excepted({ "a.dregs": block() }, "--except", "mmio,step");
  assertEquals(not, {
    status: 2,
    said:
      "dregs explore: warning[never-met]: `--except step` goes past nothing: no search met this failure\n",
    except: [{ name: "mmio", met: true }, { name: "step", met: false }],
  });
});

Deno.test("--except: it is enough if one of several searches met it", async () => {
  const quiet = block().replace("store 0xc00000 size=4", "exec 0x2000")
    .replace("write dr7 g0=1 rw0=write len0=bytes4", "exec 0x2001")
    .replace("write dr0 0xc00000", "exec 0x2002");
  const files = { "a.dregs": quiet, "b.dregs": block() };
  const { said, except } = await excepted(files, "--except", "mmio");
  assertEquals(except, [{ name: "mmio", met: true }]);
  assert(!said.includes("never-met"), said);
});

Deno.test("--except: nothing is said of it where something else breaks", async () => {
  const { status, said, except } = await excepted(
    { "a.dregs": block() },
    "--except",
    "window",
  );
  assertEquals([status, said], [1, ""]);
  assertEquals(except, [{ name: "window", met: null }]);
});

Deno.test("explore --merge: what --except named is of all parts", async () => {
  const text = block().replace("explore {", "explore {\n  choose a in 1..2")
    .replace("exec 0x3000", "exec 0x3000 + a");
  const files: Record<string, string> = {};
  for (const part of ["1/2", "2/2"]) {
    const io = new MemoryIo({ files: { "a.dregs": text } });
    await main(
      [
        ...["explore", "--format", "json", "--shard", part],
        ...["--except", "mmio,frame", "a.dregs"],
      ],
      io,
    );
    const { except } = JSON.parse(io.stdout) as Document;
    assertEquals(except, [
      { name: "mmio", met: true },
      { name: "frame", met: null },
    ]);
    files[`${part[0]}.json`] = io.stdout;
  }
  const io = new MemoryIo({ files });
  const args = ["explore", "--merge", "--strict", ...Object.keys(files)];
  assertEquals(await main(args, io), 2);
  assert(io.stderr.includes("`--except frame` goes past nothing"), io.stderr);
  assert(!io.stderr.includes("`--except mmio`"), io.stderr);
});

/** A known failure as it was written before it had a block, and what to write instead. */
const OLD: readonly [line: string, hint: string][] = [
  ['known "a" missed', 'known "a" { kind missed }'],
  [
    'known "a" missed, stale by "x86:A1", "D2" on linux-7.2, >= linux-6.1',
    'known "a" { kind missed, stale; rule "x86:A1", "D2"; on linux-7.2, >= linux-6.1 }',
  ],
  ['known "a" kind missed', 'known "a" { kind missed }'],
  ['known "a" missed on svm', 'known "a" { kind missed; on svm }'],
  ["known missed", 'known "NAME" { kind missed }'],
];

for (const [line, hint] of OLD) {
  Deno.test(`known: the old form has a hint: ${line}`, () => {
    for (
      const text of [
        `explore {\n  vcpu 0 { isb }\n  ${line}\n  never warn\n}`,
        `explore { vcpu 0 { isb }; ${line}; never warn }`,
        `explore { vcpu 0 { isb }; ${line} }`,
        `explore {\n  vcpu 0 { isb }\n  ${line} # why\n}`,
      ]
    ) {
      const loaded = load({ name: "a", text });
      assert(!loaded.ok);
      assertEquals(loaded.diagnostics[0].hint, `write \`${hint}\``);
      assertEquals(loaded.diagnostics.length, 1);
    }
  });
}
