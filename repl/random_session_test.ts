/**
 * Sessions of random statements: undo, redo and save keep what they promise.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { runFile } from "../dsl/run/scenario.ts";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { load } from "../dsl/load.ts";
import { memoryWorld } from "./memory_world.ts";
import { Repl } from "./repl.ts";
import type { Timeline } from "./timeline.ts";

/** Words of one architecture that random statements are made of. */
interface Pool {
  readonly begin: readonly string[];
  readonly statements: readonly string[];
  /** Several statements, and words of the interactive view: a line need not be one step. */
  readonly lines: readonly string[];
}

const VALUES = ["0", "0x1e7", "0x4008_0010", "0xffff_ffff_ffff_ffff"];

const ARM64: Pool = {
  begin: [
    "kernel watanabe-v7",
    "kernel bennee-v2 clear=after-exit",
    "kernel bennee-v3",
    "kernel linux-6.1",
    "kernel linux-7.2",
    "host brps=5 ctx=2 cpus=2",
  ],
  statements: [
    "set brps=4 ctx=2",
    "set brps=3 ctx=1 wrps=2",
    "set vcpus=2",
    ...VALUES.flatMap((value) => [
      `guest write dbgbvr0 ${value}`,
      `guest write dbgbcr1 ${value}`,
      `guest write dbgwcr0 ${value}`,
      `guest write dbgwvr0 ${value}`,
      `user set dbgbcr0 ${value}`,
      `user set dbgbvr2 ${value}`,
      `user set mdscr_el1 ${value}`,
    ]),
    "guest write dbgbcr0 lbn=2 bt=linked-address e=1",
    "guest write mdscr_el1 mde=1",
    "guest write pstate d=0",
    "guest write oslar_el1 1",
    "guest write contextidr_el1 7",
    "guest read dbgbcr0",
    "guest handler mask",
    "guest exec 0x40080010",
    "guest store 0x1000",
    "guest brk",
    "guest svc",
    "run",
    "run steps=1",
    "run steps=1 stop=exit",
    "run steps=1 stop=guest",
    "interrupt",
    "put",
    "user get dbgbcr0",
    "user init",
    "user debug break 0x40080010",
    "user debug watch 0x1000 size=4",
    "user debug step",
    "user debug off",
    "host break 0xffff000010000000",
    "host off",
    "host@1 break 0xffff000010000000",
    "host@1 watch 0x1000 size=4 on=access",
    "host@1 off",
    "guest@1 read dbgbvr0 as NAME",
    "run@1",
    "run@1 cpu=1 steps=1 stop=guest",
    "run cpu=1 stop=exit",
    "run fail=vgic",
    "interrupt@1",
    "put@1",
    "user@1 set dbgbvr0 0x4008_0010",
    "user@1 debug step",
    "user check GUEST_DEBUG_HW_BPS as NAME",
    "user get oslar_el1",
    "user debug raw control=0x20001 dbgbcr0=0x1e7 dbgbvr0=0x40080010",
    "user set pc 0x40080010",
    "set brps=16",
    "let NAME = 3",
    "for NAME in 0..2 { guest write dbgbvr[NAME] 0x1000 * NAME }",
    "for NAME in 0..1 {\n  user set dbgbvr[NAME] NAME << 12 # shifted\n  run\n}",
    "show",
    "why hw dbgbcr0",
    "why trap",
    "expect guest dbgbcr0 >= 0",
    "expect guest dbgbcr0 == 0x123",
  ],
  lines: [
    "guest@1 write dbgbcr0 0x1e7; guest@1 write mdscr_el1 mde=1",
    "guest read dbgbcr1 as NAME; run; expect NAME >= 0",
    "set brps=16\nexpect error EINVAL",
    "undo",
    "redo",
    "back 2",
    "goto 3",
    "watch hw dbgbcr0",
    "layout binary",
    "layout full",
    "diff linux-6.12",
  ],
};

const X86: Pool = {
  begin: [
    "kernel kiszka-2008",
    "kernel kiszka-2008 svm",
    "kernel linux-4.4",
    "kernel linux-6.1 svm",
    "kernel linux-7.2",
    "host cpus=2",
  ],
  statements: [
    "set rtm=1",
    "set vcpus=2",
    ...VALUES.flatMap((value) => [
      `guest write dr0 ${value}`,
      `guest write dr3 ${value}`,
      `user set dr1 ${value}`,
    ]),
    "guest write dr7 g0=1",
    "guest write dr7 0x602",
    "guest write dr6 0",
    "guest write cr4 de=1",
    "guest read dr6",
    "guest read dr4",
    "guest exec 0x1e7",
    "guest store 0x1e7",
    "guest popf tf=1",
    "guest int3",
    "guest icebp",
    "guest cpuid",
    "guest out 0x80",
    "run",
    "run steps=1",
    "run steps=1 stop=exit",
    "run steps=1 stop=guest",
    "interrupt",
    "put",
    "user get dr7",
    "user init",
    "user debug break 0x1e7",
    "user debug step",
    "user debug off",
    "user debug raw control=0x10001 inject=db",
    "host break 0x1e7",
    "host off",
    "host@1 break 0x1e7",
    "host@1 off",
    "guest@1 read dr7 as NAME",
    "run@1",
    "run@1 cpu=1 steps=1 stop=guest",
    "run cpu=1 stop=exit",
    "interrupt@1",
    "put@1",
    "user@1 set dr0 0x1e7",
    "user@1 debug step",
    "user set debugregs flags=1",
    "user set pc 0x1e7",
    "let NAME = 3",
    "for NAME in 0..2 { guest write dr[NAME] 0x1000 * NAME }",
    "for NAME in 0..1 {\n  user set dr[NAME] NAME << 12 # shifted\n  run\n}",
    "show",
    "why guest dr7",
    "expect guest dr7 == 0x123",
  ],
  lines: [
    "guest@1 write dr0 0x20000; guest@1 write dr7 g0=1",
    "guest read dr0 as NAME; run; expect NAME >= 0",
    "undo",
    "redo",
    "back 2",
    "goto 3",
    "watch hw dr7",
    "layout binary",
    "layout full",
    "diff linux-4.9 svm",
  ],
};

function sessions(
  bodyOf: (pool: Pool) => readonly string[],
): fc.Arbitrary<string[]> {
  return fc.constantFrom(
    { arch: "arm64", pool: ARM64 },
    { arch: "x86", pool: X86 },
  ).chain(({ arch, pool }) =>
    fc.tuple(
      fc.subarray([...pool.begin], { maxLength: 2 }),
      fc.array(fc.constantFrom(...bodyOf(pool)), {
        minLength: 1,
        maxLength: 20,
      }),
    ).map(([head, body]) =>
      [`arch ${arch}`, ...head, ...body].map((text, index) =>
        text.replaceAll("NAME", `n${index}`)
      )
    )
  );
}

/** Each line is one statement. */
const STATEMENTS = sessions(({ statements }) => statements);

/** With undo, redo and the like among them. */
const SESSIONS = sessions(({ statements, lines }) => [...statements, ...lines]);

/** Everything of a moment that could differ, except the journal's marks. */
function fingerprint({ session, scope }: Timeline): unknown {
  const { machine, ...rest } = session.snapshot();
  return {
    ...rest,
    names: [...scope.names()].map((name) => [name, scope.find(name)]),
    machine: machine && {
      ...machine,
      programs: machine.programs.map(({ insns, length, origin }) => ({
        insns: insns.slice(0, length),
        origin,
      })),
      journal: undefined,
    },
  };
}

/** What happened, by statement; the second time the same things must happen. */
function story({ machine }: Timeline): unknown {
  return machine === undefined
    ? []
    : [...machine.journal.chapters()].flatMap(({ events }) =>
      [...events].reverse()
    );
}

Deno.test("undo, redo and goto bring the whole state back, byte for byte", () => {
  fc.assert(
    fc.property(
      STATEMENTS,
      fc.array(fc.nat(), { maxLength: 8 }),
      (lines, targets) => {
        const repl = new Repl(memoryWorld());
        const { timeline } = repl;
        const moments = [fingerprint(timeline)];
        const stories = [story(timeline)];
        for (const line of lines) {
          const { position } = timeline;
          repl.submit(line);
          if (timeline.position === position) {
            // A mistake, a look or a failed expectation: nothing changed.
            assertEquals(fingerprint(timeline), moments[position], line);
            continue;
          }
          moments.push(fingerprint(timeline));
          stories.push(story(timeline));
          repl.submit("undo");
          assertEquals(fingerprint(timeline), moments[position], line);
          repl.submit("redo");
          assertEquals(fingerprint(timeline), moments[position + 1], line);
        }
        for (const target of targets) {
          const to = target % moments.length;
          repl.submit(`goto ${to}`);
          assertEquals(fingerprint(timeline), moments[to]);
          assertEquals(story(timeline), stories[to]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a statement typed again after undo does the same again", () => {
  fc.assert(
    fc.property(STATEMENTS, (lines) => {
      const repl = new Repl(memoryWorld());
      const { timeline } = repl;
      for (const line of lines) {
        const { position } = timeline;
        const first = repl.submit(line);
        if (timeline.position === position) continue;
        const after = fingerprint(timeline);
        repl.submit("undo");
        assertEquals(repl.submit(line).lines, first.lines, line);
        const again = fingerprint(timeline);
        assertEquals(
          withoutSpans(again),
          withoutSpans(after),
          line,
        );
      }
    }),
    { numRuns: 40 },
  );
});

/** A second reading of a text has places of its own. */
function withoutSpans(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(
      value,
      (key, part) =>
        key === "span"
          ? undefined
          : typeof part === "bigint"
          ? `${part}`
          : part,
    ),
  );
}

/** All that views show. */
function views(timeline: Timeline): unknown {
  const { sides, spare } = timeline.seen ?? timeline.baseline();
  return {
    sides: sides.map(({ rows, kvm, pending }) => ({
      rows: rows.map(({ cells }) => cells),
      kvm,
      pending,
    })),
    spare: spare.map(({ rows }) => rows.map(({ cells }) => cells)),
  };
}

Deno.test("what save writes runs, and ends in the same views", () => {
  fc.assert(
    fc.property(SESSIONS, (lines) => {
      const world = memoryWorld();
      const repl = new Repl(world);
      for (const line of lines) repl.submit(line);
      repl.submit("save saved.dregs --expect");
      const text = world.files.read("saved.dregs");
      assert(text !== undefined);
      const loaded = load({ name: "saved.dregs", text });
      assert(loaded.ok, `${loaded.diagnostics[0]?.message}\n${text}`);
      const [result] = [...runFile(loaded.file, {
        profile: undefined,
        filter: undefined,
        trace: false,
        limit: LIMIT_DEFAULT,
      })];
      assertEquals(
        result.failures.map(({ diagnostic }) => diagnostic.message),
        [],
        text,
      );
      assertEquals(result.status, "passed");
      const again = new Repl(world);
      again.open("saved.dregs", text);
      assertEquals(views(again.timeline), views(repl.timeline), text);
    }),
    { numRuns: 60 },
  );
});
