/**
 * What brings out each message of the program, besides the mistakes of `dsl/testing_mistakes.ts`.
 *
 * A data table: it may be longer than other files.
 *
 * @module
 */

import {
  BLOCK_DEPTH_MAX,
  OPERATORS_MAX,
  PAREN_DEPTH_MAX,
} from "../dsl/limits.ts";

/** Texts with a mistake that is found without running. */
export const TEXTS: readonly string[] = [
  // Known failures.
  'explore { vcpu 0 { isb }; known "" { kind warn } }',
  'explore { vcpu 0 { isb }; known "a" { kind warn; rule "D0" } }',
  'explore { vcpu 0 { isb }; known "a" { kind warn; rule "none" } }',
  'explore { vcpu 0 { isb }; known "a" { kind warn; rule "x86:D6" } }',
  'explore { vcpu 0 { isb }; known "a" { kind warn; let x = 1 } }',
  'explore { vcpu 0 { isb }; known "a" { kinds warn } }',
  'explore { vcpu 0 { isb }; known "a" warn }',
  'explore { vcpu 0 { isb }; known "a" { kind warn rule "arm64:D9" } }',
  'explore { vcpu 0 { isb }; known "a" { kind warn; rule arm64:D9 } }',
  "explore { vcpu 0 { isb }; known a { kind warn } }",
  "explore { vcpu 0 { isb }; preempt none never warn }",
  "guest isb run",
  'explore { known "a" { known "b" { kind warn } }; vcpu 0 { isb } }',
  // Kernels and changes.
  "kernel 5.15",
  "arch x86\nkernel linux-6.6 with 70e4da8",
  "arch x86\nkernel linux-6.6 with rootcause-fix",
  "kernel linux-6.1 with root-cause-fix",
  "kernel linux-6.1 with nothing-known",
  "arch x86\nexpect ok on with root-cause-fix without root-cause-fix",
  "arch x86\nexpect ok on linux-4.4..linux-4.21",
  "arch x86\nexpect ok on linux-4.4..linux-4.9 with root-cause-fix",
  // Saving.
  "arch x86\nuser@0 save as x",
  "arch x86\nuser restore x",
  "arch x86\nuser save as there\nuser restore their",
  "arch x86\nlet x = 1\nuser restore x",
  "arch x86\nuser save as x\nexpect x == 1",
  "user save as x vmm=firecracker",
  "arch x86\nuser enable payload",
  "arch x86\nexplore { user 0 { save as x } }",
  // Without a hypervisor.
  "kernel bare\nuser get dbgbcr0",
  "kernel bare\nhost break 0x1000",
  "kernel bare\nshow kvm",
  "kernel bare\nwhy kvm dirty",
  "kernel bare\nwhy not exit",
  "kernel bare\nwhy not user step",
  "kernel bare\nexpect kvm dirty == 0",
  // Blocks for the search.
  // Reasons.
  "why exit far0",
  "why exit pc.b0",
  "arch x86\nwhy exception dr6.b4",
  "why not",
  "why not breakpoint",
  "why not breakpoint 16",
  "arch x86\nwhy not breakpoint 4",
  "why not brekpoint 0",
  "why not hw step",
  "why not user trap",
  "why not step at=-1",
  "why not step on=0x1000",
  "explore { }",
  "explore { vcpu 0 { isb } }\nexplore { vcpu 0 { isb } }",
  "explore { vcpu 0 { isb } }\nrun",
  "for i in 0..1 { explore { vcpu 0 { isb } } }",
  "explore { vcpu 0 { isb }; run }",
  "explore { vcpu 0 { run } }",
  "explore { vcpu 0 { either { isb } } }",
  "explore { vcpu 0 { or { isb } } }",
  "explore { vcpu 0 { isb }; vcpu 0 { isb } }",
  "explore { vcpu @0 { isb } }",
  "explore { vcpu 0 { guest isb } }",
  "explore { vcpu 0 { read dbgbcr0 as x } }",
  "explore { vcpu 0 { handler skip } }",
  "explore { vcpu 0 { isb }; always expect exit idle }",
  "explore { vcpu 0 { isb }; never nothing }",
  "explore { vcpu 0 { isb }; preempt any; preempt any }",
  "explore { vcpu 0 { isb }; choose x in 3..0 }",
  "explore { vcpu 0 { isb }; choose x in 0..1_000_000 }",
  "arch x86\nexplore { vcpu 0 { cpuid }; fail vgic }",
  "explore { user@0 0 { init } }",
  "explore { vcpu 0 { isb }; user 0 { set pc 0x1000 } }",
  "explore { vcpu 0 { run@0 } }",
  "explore { vcpu 0 { isb }; guest isb }",
  "vcpu 0 { isb }",
  "isb",
  "write dbgbcr0 e=1",
  "load 0x1000",
  // What is missing at the end of a line.
  "expect exit",
  "arch",
  "guest handler",
  "expect cost",
  "guest read",
  "expect exceptions",
  "let",
  "run stop=",
  "expect hw dbgbcr0.",
  "user check",
  "expect guest dbgbcr0 == 0 on",
  "for i in 0..",
  // Kernels after `on`.
  "expect ok on == linux-6.1",
  "expect ok on != linux-6.99",
  "expect ok on svm",
  "arch x86; expect ok on svm vmx",
  "arch x86; require svm",
  "arch x86; kernel linux-6.1 with iret-stepping svm",
  "arch x86; expect ok on >= linux-6.1 svn",
  "arch x86; expect ok on svm with vmx-fast-in",
  "expect ok on >= watanabe-v7",
  "expect ok on linux-7.2..linux-6.1",
  // Values, registers, options.
  "guest write dbgbcr0 bt=nothing",
  "let x = 1 << 0x1_0000",
  "let x = -1",
  "guest write dbgbcr0 0x1_0000_0000_0000_0000",
  "arch x86\nuser set debugregs dr0=1 flags=0x1_0000_0000_0000_0000",
  "guest load 0x1000 size[0]=1",
  "guest write dbgbcr0 lbn[0]=1",
  "host brsp=4",
  "host@0 brps=5",
  "show dbg*cr[2]",
  "expect 1 == undef",
  "set vcpus=2\nset vcpus=1",
  "kernel linux-6.1 vmx",
  "host brps=5 ctx=6",
  "user set pc",
  "guest write dbgbvr0 bas=1",
  "expect user x == 1",
  "expect kvm dirty.x == 1",
  'scenario "}" { }',
  'scenario "{1 +" { }',
  'scenario "a"\n{ run }',
  "set brps=4 = 5",
  "run run",
  // Limits.
  `let x = ${"(".repeat(PAREN_DEPTH_MAX + 1)}1${
    ")".repeat(PAREN_DEPTH_MAX + 1)
  }`,
  `let x = ${"1 + ".repeat(OPERATORS_MAX + 1)}1`,
  `scenario "{${"1 + ".repeat(OPERATORS_MAX + 1)}1}" { }`,
  Array.from({ length: BLOCK_DEPTH_MAX + 1 }, (_, n) => `for i${n} in 0..1 {`)
    .join(" ") + ` run ${"}".repeat(BLOCK_DEPTH_MAX + 1)}`,
  // Files.
  'include "none.dregs"',
  'include "cycle.dregs"',
  'include "deep0.dregs"',
  'include "binary.dregs"',
];

/** Texts that are read with a small limit. */
export const LIMITED: readonly string[] = [
  Array.from({ length: 300 }, () => "run").join("\n"),
  Array.from({ length: 300 }, () => 'include "part.dregs"').join("\n"),
];

/** Files that the texts include. */
export const INCLUDED: Readonly<Record<string, string>> = {
  "part.dregs": "run\n",
  "cycle.dregs": 'include "cycle.dregs"\n',
  "binary.dregs": "\0\0",
  ...Object.fromEntries(
    Array.from(
      { length: 100 },
      (_, n) => [`deep${n}.dregs`, `include "deep${n + 1}.dregs"\n`],
    ),
  ),
};

/** Scenarios that fail while they run. */
export const RUNS: readonly string[] = [
  "arch x86\nset rtm=1\nexplore { vcpu 0 { xbegin; repeat 2 { store 0x4000 }; xend } }",
  "expect exit idle",
  "run\nexpect exit debug",
  "run\nexpect exit idle pc=0",
  "run\nexpect exceptions svc",
  "guest svc\nrun\nexpect no exception",
  "guest svc\nrun\nexpect exceptions == 2",
  "guest svc\nrun\nexpect exception brk",
  "guest brk 1\nrun\nexpect exception brk esr=1",
  "run\nexpect guest dbgbcr0 == 0x1e7",
  "run\nexpect guest dbgbcr0.e == 1",
  "expect hw dbgbcr0 == 0",
  "run\nexpect guest dbgbcr0 == undef",
  "run\nexpect guest dbgbcr9 != undef",
  "expect trap",
  "guest isb\nrun\nexpect no trap",
  "guest write dbgbcr0 e=1\nrun\nexpect no trap",
  "run\nexpect traps == 1",
  "run\nexpect warning",
  "run\nexpect cost entries == 7",
  "expect ok",
  "user set dbgbcr0 1\nexpect error EINVAL",
  "run\nset brps=4",
  "for i in 0..1 { user set id_aa64dfr0 brps=15 }",
  "kernel linux-6.1\nset brps=4 ctx=2",
  "for i in 0..9 { user debug break 0x1000 + 4 * i }",
  "run\nexpect exit debug on linux-6.1..linux-7.2, watanabe-v7",
  "interrupt",
  "run\nrun fail=vgic",
  "guest read dbgbcr0 as x\nlet y = x",
  "guest read dbgbcr9 as x\nrun\nlet y = x",
  "user get oslar as x\nexpect error ENOENT\nlet y = x",
  "user get oslar as x\nexpect error ENOENT\nexpect x == 1",
  "guest read dbgbcr0 as x\nrun\nexpect x == 1",
  "let x = 1\nexpect x == 2",
  "expect 1 + 1 == 3",
  "for i in 0..99_999_999 { guest isb }",
  'for i in 1..20_000 { let n = 1 / (i ^ 9_000); scenario "{i}x{n}" { } }',
  "explore { vcpu 0 { isb }; choose x in 0..99; choose y in 0..99; choose z in 0..99 }",
];

/** Arguments of the program, with the files that are there. */
export const CALLS: readonly (readonly string[])[] = [
  ["history", "a", "b"],
  ["history", "--from", "9.1"],
  ["history", "--from", "5.4.120"],
  ["history", "5.4.120"],
  ["run", "--kernel", "linux-5.10 vmx with svm-icebp-exits", "x"],
  ["history", "--from", "6.13", "--to", "6.13"],
  ["run", "--kernel", "watanabe-v9999", "x"],
  ["run", "--kernel", "zzz", "x"],
  ["run", "--kernel", "linux-6.1 vmx svm", "x"],
  ["run", "--kernel", "6.1..5.4", "x"],
  ["run", "--kernel", "5.4..9.9", "x"],
  ["run", "--kernel", "5.4.7..6.1", "x"],
  ["run", "--kernel", "lts with root-cause-fxi", "x"],
  ["run", "--kernel", "bennee-v2 svm", "x"],
  ["conform", "--kernel", "lts", "x"],
  [
    "repl",
    "--kernel",
    "kiszka-2008",
    "--kernel",
    "reload-2016",
    "builtin:arm64/renumbering/patch_example",
  ],
  ["rules", "--summary", "x86:C9"],
  ["rules", "C99"],
  ["rules", "breakpiont"],
  [],
  ["chek"],
  ["--versoin"],
  ["zzzz"],
  ["run"],
  ["run", "--fromat", "json", "x"],
  ["run", "-x"],
  ["run", "--format", "jsn", "a.dregs"],
  ["run", "a.dregs", "--format"],
  ["run", "--format", "tap", "--format", "json", "a.dregs"],
  ["run", "--trace=no", "a.dregs"],
  ["run", "--limit", "0", "a.dregs"],
  ["run", ""],
  ["run", "none.dregs"],
  ["run", "folder.dregs/"],
  ["run", "a.dregs/x"],
  ["run", "empty"],
  ["run", "-", "-"],
  ["run", "builtin:none"],
  ["run", "builtin:patch_exampel"],
  ["run", "--filter", "none", "a.dregs"],
  ["run", "--kernel", "reload-2016", "a.dregs"],
  ["run", "search.dregs"],
  ["run", "scenarios.dregs", "--filter", "none"],
  ["run", "broken.dregs"],
  ["check"],
  ["check", "broken.dregs"],
  ["fmt"],
  ["fmt", "-", "a.dregs"],
  ["fmt", "--check", "--stdout", "a.dregs"],
  ["run", "-o", "builtin:x", "builtin:arm64/renumbering/patch_example"],
  ["repl", "a.dregs", "b.dregs"],
  ["repl", ""],
  ["bisect", "skips_own.dregs"],
  ["bisect"],
  ["bisect", "--good", "4.9 vmx", "--bad", "4.4 svm", "a.dregs"],
  ["bisect", "--bad", "reload-2016", "a.dregs"],
  ["bisect", "--bad", "bennee-v2", "a.dregs"],
  ["bisect", "--good", "9.9", "a.dregs"],
  ["bisect", "--filter", "none", "scenarios.dregs"],
  ["report"],
  ["report", "a.dregs"],
  ["report", "-o", "r.html", "search.dregs"],
  ["report", "-o", "r.html", "--filter", "none", "scenarios.dregs"],
  ["explore", "vacuous.dregs"],
  ["explore", "no_kde.dregs"],
  ["explore", "runs_before.dregs"],
  ["explore"],
  ["explore", "a.dregs"],
  ["explore", "folder"],
  ["explore", "--seed", "1", "search.dregs"],
  ["explore", "--seed", "x", "search.dregs"],
  ["explore", "--save", "search.dregs", "search.dregs"],
  ["explore", "--save", "x", "--report", "./x", "search.dregs"],
  ["explore", "--memory", "much", "search.dregs"],
  ["explore", "--shard", "3/2", "search.dregs"],
  ["explore", "--workers", "9999", "search.dregs"],
  ["explore", "--without", "sense", "search.dregs"],
  ["explore", "--kernel", "reload-2016", "search.dregs"],
  ["explore", "--kernel", "linux-6.1", "before.dregs"],
  ["run", "needs_run.dregs"],
  ["run", "--kernel", "v6.1", "x"],
  ["run", "--kernel", "6.1-rc3", "x"],
  ["run", "--kernel", "6.1.0-57-amd64", "x"],
  ["run", "--kernel", "linux-6.7.99", "x"],
  ["profiles", "foo"],
  ["history", "5.7"],
  ["explore", "--kernel", "linux-5.4", "needs.dregs"],
  ["explore", "--merge", "--save", "x", "a.json"],
  ["explore", "--merge", "a.dregs"],
  ["explore", "--merge", "a.json"],
  ["explore", "--merge", "part1.json", "none.json"],
  ["explore", "--merge", "part1.json", "part2.json"],
  ["explore", "--merge", "part1.json", "part2_old.json"],
  ["explore", "--merge", "part2.json", "part2_old.json"],
  ["explore", "--save", "found.dregs", "--workers", "1", "two.dregs"],
  ["export"],
  ["export", "a.dregs"],
  ["export", "--ops", "fails.dregs"],
  ["export", "--ops", "--filter", "none", "scenarios.dregs"],
  ["export", "-o", "x.c", "run_twice.dregs", "run_twice.dregs"],
  ["export", "--ops", "holds_none.dregs"],
  ["export", "-o", "x.c", "scenarios.dregs"],
  ["export", "-o", "x.jsonl", "--ops", "scenarios.dregs", "left.dregs"],
  ["export", "--ops", "host.dregs"],
  ["export", "--ops", "host.dregs", "scenarios.dregs"],
  ["export", "--ops", "shows.dregs"],
  ["export", "--ops", "--kernel", "linux-5.4", "needs_run.dregs"],
  ["export", "-o", "x.c", "host.dregs"],
  ["export", "-o", "x.c", "unseen.dregs"],
  ["export", "-o", "x.c", "scenarios.dregs"],
  ["explore", "--save", "found.c", "--workers", "1", "cpu.dregs"],
  ["explore", "--save", "found.c", "--workers", "1", "two.dregs"],
  ["conform"],
  ["conform", "empty"],
  ["conform", "a.jsonl"],
  ["profiles", "linux-9.9"],
  ["registers", "dbgbrc0"],
  ["registers", "zzzzzzzz"],
  ["registers", "--arch", "arm"],
  ["registers", "kvm", "--format", "json"],
  ["demo", "all"],
  ["run", "--help", "foo"],
  ["explore", "--help", "propertys"],
  ["explore", "--help", "properties", "foo"],
  ["--version", "foo"],
  ["completions"],
  ["completions", "csh"],
];

/** The files of `CALLS`. */
export const FILES: Readonly<Record<string, string>> = {
  "a.dregs": "run\n",
  "b.dregs": "run\n",
  "a.jsonl": "{}\n",
  "a.json": "{}\n",
  "empty/readme.md": "",
  "folder/a.dregs": "run\n",
  "broken.dregs": "rnu\nshwo\n",
  "fails.dregs": "guest read dbgbcr0 as x\nexpect x == 0\n",
  "left.dregs": "run\nexpect ok\nexpect hw dbgbcr0 == 0\n",
  "scenarios.dregs": 'scenario "one" { run }\n',
  "host.dregs": "host@0 watch 0x7000 size=8\nrun\nexpect no exception\n",
  "holds_none.dregs": "# only a comment\n",
  "run_twice.dregs": "run\nexpect no exception\n",
  "shows.dregs": "show\n",
  "unseen.dregs": "run\nexpect hw dbgbcr0 == 0\n",
  "cpu.dregs": "explore { vcpu 0 { isb }; finally expect cpu dbgbcr0 == 1 }\n",
  "search.dregs": "explore { vcpu 0 { isb } }\n",
  "no_kde.dregs": `kernel linux-6.12
explore {
  vcpu 0 {
    write dbgbvr0 0x1000
    write dbgbcr0 bas=0xf pmc=el1 e=1
    write mdscr mde=1
    choose n in 1..2
    exec 0x1000
  }
  never missed
}
`,
  "vacuous.dregs": `arch x86
guest handler stop
explore {
  vcpu 0 {
    write dr0 0x1000
    write dr7 g1=1
    write dr2 0x2000
    exec 0x1000
    exec 0x2000
    write dr7 0x100000402
    either { exec 0x1000 } or { exec 0x2000 }
    exec 0x3000
  }
  user 0 { set dr7 0x100000000 }
  host 0 { watch 0x1001 size=4 }
  user 3 { debug off }
  never missed, stray, host-lost, debugged, step-flag, external-debug, step-syndrome
  always expect hw rflags == 2
  finally expect guest dr0 == 0x1000
}
`,
  "runs_before.dregs": `kernel watanabe-v7
host brps=5 ctx=2 wrps=4
set brps=4 ctx=2
guest isb
run
explore {
  vcpu 0 { read dbgbvr2; write dbgbvr0 0 el=0 }
  fail vgic
  never stale
}
`,
  "before.dregs": "set brps=4\nexplore { vcpu 0 { isb } }\n",
  "skips_own.dregs": "kernel linux-6.1; require kernel >= linux-6.7; run",
  "needs_run.dregs": "require kernel < linux-4.9\nrun\n",
  "needs.dregs": "require kernel >= linux-5.13\nexplore { vcpu 0 { isb } }\n",
  "two.dregs":
    'scenario "a" { explore { vcpu 0 { isb }; finally expect guest dbgbcr0 == 1 } }\n' +
    'scenario "b" { explore { vcpu 0 { isb }; finally expect guest dbgbcr0 == 1 } }\n',
};

/** Sessions of the interactive view, from a fresh one each. */
export const SESSIONS: readonly (readonly string[])[] = [
  [
    "kernel linux-5.4",
    "require kernel < linux-5.13",
    "require kernel >= linux-5.13",
    "require capability SET_GUEST_DEBUG2",
    "guest isb; require hw dbgbcr0 == 1; run",
    "diff linux-6.1",
  ],
  [
    "changes --from",
    "changes a b",
    "changes --from 9.1",
    "changes --from 6.13 --to 6.13",
    "changes rootcause-fix",
    "diff linux-9.9",
  ],
  [
    "undo",
    "redo",
    "back",
    "goto 5",
    "goto 0",
    "log",
    "watch",
    "watch nothing here",
    "watch *0x1000",
    "watch trap",
    "watch hw",
    "watch dbgbcr0",
    "diff linux-4.4 with root-cause-fix",
    "layout",
    "layout wide",
    "history",
    "history maybe",
    "history off",
    "diff",
    "diff linux-4.4",
    "diff linux-6.1 svm",
    "diff linux-6.1",
    "help zzzzzzzz",
    "help dbgbrc0",
    "save",
    "save a b",
    "save a --all",
    "save a --expect hw dbgbcr0",
    "save a --expect",
    "save a",
    "guest isb",
    "save b --expect",
    "save b --expect hw",
    "save b --expect hw dbgbcr0",
    "save b --expect exit",
    "save b --expect foo*",
    "save b --expect hw foo*",
    "undo 3",
    "redo 3",
    "run",
    "undo",
    "redo",
    "save b --expect",
    "undo",
    "save b",
    "run",
    "save other",
    "kernel linux-6.1",
    'scenario "one" { run }; run',
    "explore { vcpu 0 { isb } }",
    "for i in 0..99_999_999 { guest isb }",
    "set brps=4",
    "why refused",
    "why miss",
    "run fail=vgic",
  ],
  ["arch x86", "diff linux-4.4 avm", "diff linux-4.4"],
];
