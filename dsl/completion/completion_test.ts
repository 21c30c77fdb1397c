import { assert, assertEquals } from "@std/assert";
import { scan } from "../syntax/scan.ts";
import { architecture } from "../../engine/mod.ts";
import { wordsAt } from "../statements.ts";
import { KEYWORDS } from "../syntax/tokens.ts";
import { load } from "../load.ts";
import { complete, type CompletionContext } from "./mod.ts";

function context(arch: "arm64" | "x86"): CompletionContext {
  return {
    arch: architecture(arch)!,
    profile: arch === "arm64" ? "watanabe-v7" : "linux-6.1",
    names: ["bound"],
    files: (prefix) =>
      ["scenarios/", "scenarios/a.dregs"].filter((path) =>
        path.startsWith(prefix)
      ),
  };
}

/** What completion offers at the end of a text. */
function offered(
  text: string,
  arch: "arm64" | "x86" = "arm64",
): readonly string[] {
  return complete(text, context(arch)).words;
}

/** Every form of every statement, with a word in each place that a word can stand in. */
const FORMS: readonly [arch: "arm64" | "x86", statements: string[]][] = [
  ["arm64", [
    "arch arm64",
    "kernel bennee-v2 clear=after-exit",
    "host brps=5 ctx=2 wrps=4 cpus=2 model=architecture unpredictable=never",
    "host@0 break 0x1000",
    "host@0 watch 0x1000 size=4 on=access",
    "host@0 off",
    "set brps=4 ctx=2 wrps=2 vcpus=2",
    "guest@0 write dbgbcr0 bt=linked-address lbn=2 e=1 at=0x1000 el=1",
    "guest write dbgbcr[bound] bt=linked-context",
    "guest write dbgbvr0 bound",
    "guest read mdscr as x",
    "guest exec 0x1000 el=1",
    "guest load 0x1000 size=4 at=0x10",
    "guest store 0x1000",
    "guest rmw 0x1000",
    "guest brk 0x1 at=0x10",
    "guest svc at=0x10",
    "guest hvc",
    "guest isb",
    "guest handler mask",
    "run@0 cpu=0 steps=1 stop=guest fail=vgic",
    "interrupt@0",
    "put@0",
    "user@0 get dbgbcr0 as x",
    "user@0 set dbgbcr0 bt=linked-address",
    "user set pc 0x1000",
    "user init",
    "user check GUEST_DEBUG_HW_BPS as n",
    "user debug break 0x1000",
    "user debug watch 0x1000 size=8 on=load",
    "user debug step",
    "user debug swbreak",
    "user debug off",
    "user debug raw control=1 dbgbcr0=bound",
    "expect hw@0 dbgbcr0.bt == linked-address",
    "expect guest dbgbcr0 == undef on watanabe-v7, linux-6.1",
    "expect kvm dirty == 1",
    "expect user id_aa64dfr0.brps == 3",
    "expect cpu mdscr.mde == 1",
    "expect bound == 1",
    "expect exit debug far=0",
    "expect exceptions undef, breakpoint",
    "expect exceptions == 1",
    "expect exception breakpoint elr=0",
    "expect no exception",
    "expect no trap",
    "expect error EINVAL",
    "expect ok",
    "expect trap",
    "expect traps == 2",
    "expect cost@0 dr-loads == 1",
    "require kernel watanabe-v7, >= linux-6.12",
    "require capability ARM_ID_REG_CONFIGURABLE",
    "require hw@0 dbgbcr0.bt == linked-address",
    "require bound == 1",
    "show",
    "show guest hw dbgbcr0 mdscr",
    "show kvm dirty",
    "show map",
    "show cost",
    "why hw dbgbcr0.lbn",
    "why kvm mdcr_el2.tda",
    "why trap",
    "why exit",
    "why exception",
    "why miss",
    "why refused",
    "why exit far",
    "why exception esr",
    "why not breakpoint 0",
    "why not watchpoint 1 at=0x1000",
    "why not user step",
    "why not exit",
    "why not guest trap",
    "let x = bound",
    "for i in 0..bound { guest write dbgbvr[bound] 1 }",
    "explore { vcpu 0 { write dbgbcr0 bt=linked-address; svc } }",
    "explore { vcpu 0 { repeat bound { isb }; exec 0x1000 } }",
    "explore { vcpu 0 { either { hvc } or { read dbgbcr0 } } }",
    "explore { user 0 { debug break 0x1000; get dbgbcr0; init } }",
    "explore { user 0 { set dbgbcr0 bt=linked-address } }",
    "explore { host 0 { break 0x1000; watch 0x1000 on=store; off } }",
    "explore { vcpu 0 { }; choose i in bound..3; let x = bound }",
    "explore { vcpu 0 { }; preempt between; migrate none; fail vgic }",
    "explore { vcpu 0 { }; never missed, stray, leak, stale, host-lost, warn }",
    'explore { vcpu 0 { }; known "a" { kind missed, warn; rule "D9", "B5"; on watanabe-v7 } }',
    "explore { vcpu 0 { }; always expect hw dbgbcr0.e == 0 on watanabe-v7 }",
    "explore { vcpu 0 { }; finally expect guest@0 dbgbcr0 == 0 }",
    "explore { vcpu 0 { }; bound states=10 depth=bound }",
  ]],
  ["x86", [
    "arch x86",
    "kernel linux-6.1 svm",
    "kernel linux-4.9 svm with skip-steps without root-cause-fix reload=at-load",
    "expect user dr6 == 0 on with root-cause-fix, reload-2016 with skip-steps",
    "expect user dr6 == 0 on linux-4.9 without root-cause-fix",
    "require kernel with root-cause-fix, linux-4.9 without root-cause-fix",
    "require kernel svm, vmx with root-cause-fix, >= linux-4.9 svm",
    "expect user dr6 == 0 on linux-4.9 svm, != kiszka-2008",
    "require capability set_guest_debug2",
    "set rtm=1 bld=1",
    "guest write dr7 g0=1 rw0=write len0=bytes4 cpl=0 len=3",
    "guest write cr4 de=1",
    "guest read dr6",
    "guest in 0x80 size=1",
    "guest out 0x80 cpl=3",
    "guest int3",
    "guest icebp",
    "guest int1",
    "guest cpuid len=2",
    "guest movss",
    "guest popf tf=1",
    "guest hlt",
    "guest taskswitch",
    "user set debugregs flags=1",
    "user debug raw inject=db dr7=1 blockirq=1",
    "expect guest dr7.rw0 == write",
    "expect kvm switch_db_regs == 1",
    "expect exception db dr6=0",
    "expect user debugregs.flags == 0",
  ]],
];

/** Lines of an `explore` block, with what they stand in. */
const EXPLORE_FORMS: readonly [
  arch: "arm64" | "x86",
  before: string,
  lines: string[],
][] = [
  ["arm64", "explore {\n", [
    "vcpu 0 { isb }",
    "user 0 { init }",
    "host 0 { off }",
    "choose n in 0..3",
    "choose n in 0, bound",
    "preempt between",
    "migrate none",
    "fail timer",
    "never missed, host-lost, warn",
    "always expect guest dbgbcr0.lbn == bound on linux-6.1, linux-7.2",
    "finally expect hw dbgbcr0.bt == linked-address",
    "bound states=10 depth=4",
    "let x = bound",
  ]],
  ["x86", "explore {\nvcpu 1 {\n", [
    "write dr7 g0=1 rw0=write cpl=0",
    "read dr6",
    "exec 0x1000 len=3",
    "load 0x1000 size=4",
    "in 0x80 size=1",
    "int3",
    "popf tf=1",
    "repeat 3 { cpuid }",
    "either { hlt } or { movss }",
    "choose n in 0..3",
  ]],
  ["x86", "explore {\nuser 0 {\n", [
    "interrupt 0x40",
    "nmi",
  ]],
  ["arm64", "explore {\nuser 0 {\n", [
    "debug break 0x1000",
    "debug watch 0x1000 size=8 on=load",
    "debug step",
    "debug off",
    "debug raw control=1 dbgbcr0=bound",
    "set dbgbcr0 bt=linked-address e=1",
    "set id_aa64dfr0 brps=3",
    "get dbgbcr0",
    "init",
    "interrupt 0x20",
    "serror",
    "repeat 2 { debug off }",
    "either { init } or { debug step }",
  ]],
  ["x86", "explore {\nhost 0 {\n", [
    "break 0x1000",
    "watch 0x1000 size=4 on=access",
    "off",
    "repeat 2 { off }",
    "either { off } or { break 0x2000 }",
  ]],
];

/** Words that the author makes up. */
const MADE_UP = new Set(["x", "n", "i"]);

/** The words of a statement with the text before each, where completion may be asked for. */
function* places(
  statement: string,
): Generator<{ readonly before: string; readonly word: string }> {
  for (const piece of scan({ name: "", text: statement })) {
    for (const { image, startOffset, tokenType } of piece) {
      const isWord = tokenType.name === "Word" || KEYWORDS.has(image);
      if (!isWord || MADE_UP.has(image)) continue;
      yield { before: statement.slice(0, startOffset), word: image };
    }
  }
}

/** Each form, with the text before it. */
const ALL_FORMS = [
  ...FORMS.map(([arch, statements]) => [arch, "", statements] as const),
  ...EXPLORE_FORMS,
];

Deno.test("complete(): every word of every form is offered in its place", () => {
  for (const [arch, head, statements] of ALL_FORMS) {
    for (const statement of statements) {
      for (const { before, word } of places(statement)) {
        for (const typed of ["", word[0], word.slice(0, -1)]) {
          const words = offered(head + before + typed, arch);
          assert(
            words.some((one) =>
              one === word || one === `${word}=` || one === `${word}[`
            ),
            `${before}${typed}|: ${
              words.slice(0, 12).join(" ")
            } has no ${word}`,
          );
        }
      }
    }
  }
});

Deno.test("complete(): the forms have no mistake, and are of every statement", () => {
  const seen = new Set<string>();
  for (const [arch, statements] of FORMS) {
    for (const statement of statements) {
      const [first] = /^\w+/.exec(statement)!;
      seen.add(first);
      const head = first === "arch" ? "" : `arch ${arch}\n`;
      const tail = /^(kernel|host \w+=)/.test(statement)
        ? ""
        : /^(arch)/.test(first)
        ? ""
        : "let bound = 1\n";
      const { diagnostics } = load(
        { name: statement, text: `${head}${tail}${statement}` },
      );
      assertEquals(
        diagnostics.map(({ message }) => message),
        [],
        statement,
      );
    }
  }
  const missing = wordsAt("script").filter((word) => !seen.has(word));
  assertEquals(missing, ["scenario", "include"]);
});

Deno.test("complete(): the forms of explore blocks have no mistake", () => {
  for (const [arch, before, lines] of EXPLORE_FORMS) {
    for (const line of lines) {
      // There is a program, whatever the line is.
      const close = "\n}".repeat(before.split("{").length - 2) +
        "\nvcpu 9 { }\n}";
      const text = `arch ${arch}\nlet bound = 1\n${before}${line}${close}`;
      const { diagnostics } = load({ name: line, text });
      assertEquals(diagnostics.map(({ message }) => message), [], line);
    }
  }
});

Deno.test("complete(): what is offered for an empty line is what begins a statement", () => {
  assertEquals([...offered("")].sort(), [...wordsAt("script")].sort());
  assertEquals(offered("let a = 1; gu"), ["guest"]);
  assertEquals(offered("for i in 0..3 { gu"), ["guest"]);
});

/** A text, and all that may be offered at its end. */
const EXACT: readonly [text: string, words: string[]][] = [
  ["guest handler ", ["skip", "mask", "stop"]],
  ["run stop=", ["put", "exit", "guest"]],
  ["run stop=put s", ["steps="]],
  ["host@0 watch 0x10 on=", ["store", "access"]],
  ["user debug watch 0x10 on=", ["load", "store", "access"]],
  ["kernel bennee-v2 ", ["clear="]],
  ["kernel bennee-v2 clear=", ["after-handle", "after-exit"]],
  ["kernel linux-6.", [
    "linux-6.1",
    "linux-6.12",
    "linux-6.2",
    "linux-6.5",
    "linux-6.7",
    "linux-6.14",
    "linux-6.17",
  ]],
  ["guest write dbgbcr0 e=1 p", ["pmc="]],
  ["guest write dbgbcr0 E=1 e", ["el="]],
  ["why hw DBGBCR0_EL1.l", ["lbn"]],
  ["why n", ["not"]],
  ["why exit f", ["far", "flags"]],
  ["why exception e", ["esr", "ec", "elr"]],
  ["why not ", [
    "guest",
    "user",
    "breakpoint",
    "watchpoint",
    "step",
    "exit",
    "trap",
  ]],
  ["why not user@0 s", ["step"]],
  ["why not breakpoint 0 ", ["at="]],
  ["why not step a", ["at="]],
  ["expect hw dbgbcr0.bt == linked-address o", ["on"]],
  ["guest read dbgbcr0 as ", []],
  ["let ", []],
  ["let a = b", ["bound"]],
  ["explore { p", ["preempt"]],
  ["explore { v", ["vcpu"]],
  ["explore { g", []],
  ["explore { vcpu 0 { or", []],
  ["explore { vcpu 0 { either { isb } o", ["or"]],
  ["explore { vcpu 0 { either { isb }; isb; o", []],
  ["explore { host 0 { b", ["break"]],
  ["explore { user 0 { off }; host 0 { d", []],
  ["explore { never missed, le", ["leak"]],
  ["explore { preempt any }; e", ["expect", "explore"]],
  ["set dbg", []],
  ["guest nonsense ", []],
  ["show map ", []],
  ["# gu", []],
  ['include "scen', ["scenarios/", "scenarios/a.dregs"]],
  ['scenario "scen', []],
  ["set ", ["brps=", "ctx=", "wrps=", "vcpus="]],
  ["explore { ", [
    "user",
    "host",
    "let",
    "vcpu",
    "choose",
    "preempt",
    "migrate",
    "signals",
    "restore",
    "fail",
    "never",
    "known",
    "always",
    "finally",
    "bound",
  ]],
  ["explore { host 0 { ", [
    "let",
    "break",
    "watch",
    "off",
    "repeat",
    "either",
    "choose",
  ]],
  ["explore { user ", []],
  ['explore { known "a" { ', ["kind", "rule", "on"]],
  ['explore { known "a" { kind missed, le', ["leak"]],
  ['explore { known "a" { kind missed; on wata', ["watanabe-v7"]],
  ['explore { known "a" { rule "D34', ["D34"]],
  ['explore { known "a" { rule "D1", "arm64:B5', ["arm64:B5"]],
  ['explore { known "a" { kind warn }; bo', ["bound"]],
  ["explore { host 0 { off }\npreempt ", ["any", "between", "none"]],
  ["explore { host 0 { off } }\nru", ["run"]],
];

for (const [text, words] of EXACT) {
  Deno.test(`complete(): ${text}|`, () => {
    assertEquals(offered(text), words);
  });
}

Deno.test("complete(): a word that nothing can be joined to is whole", () => {
  const isWhole = (text: string) => complete(text, context("arm64")).isWhole;
  assertEquals(
    ["gue", "guest write dbgbcr0", "guest write dbgbcr0 bt=linked-a"].map(
      isWhole,
    ),
    [true, true, true],
  );
  assertEquals(
    ["why hw mdsc", "guest write dbgbcr0 lb", "gu\nru", "let x", "g x"].map(
      isWhole,
    ),
    [false, false, true, false, false],
  );
});

Deno.test("complete(): words of the other architecture are not offered", () => {
  assertEquals(offered("guest cp", "x86"), ["cpuid"]);
  assertEquals(offered("guest cp", "arm64"), []);
  assertEquals(offered("run fa", "x86"), []);
  assertEquals(offered("user n", "arm64"), []);
  assertEquals(offered("user n", "x86"), ["nmi"]);
  assertEquals(offered("user ser", "x86"), []);
  assertEquals(offered("user ser", "arm64"), ["serror"]);
  assertEquals(offered("explore { user 0 { n", "arm64"), []);
  assertEquals(offered("guest isb c", "arm64"), []);
  assertEquals(offered("guest write dr", "arm64"), []);
});

Deno.test("complete(): changes after with and without are those that make a difference", () => {
  assertEquals(offered("kernel rel", "x86"), ["reload-2016"]);
  assertEquals(offered("kernel rhel", "x86"), ["rhel-8.5"]);
  assertEquals(offered("kernel linux-4.1", "x86").includes("linux-4.10"), true);
  assertEquals(offered("kernel linux-4.9 w", "x86"), ["with", "without"]);
  assertEquals(offered("kernel linux-4.9 svm w", "x86"), ["with", "without"]);
  assertEquals(offered("kernel kiszka-2008 w", "x86"), []);
  assertEquals(offered("kernel linux-4.4 with root", "x86"), [
    "root-cause-fix",
  ]);
  assertEquals(offered("kernel linux-4.9 with root", "x86"), []);
  assertEquals(offered("kernel linux-4.9 without root", "x86"), [
    "root-cause-fix",
  ]);
  assertEquals(offered("expect ok on with root", "x86"), ["root-cause-fix"]);
  assertEquals(offered("expect ok on sv", "x86"), ["svm"]);
  assertEquals(offered("require kernel linux-6.1 sv", "x86"), ["svm"]);
  assertEquals(offered("expect ok on svm v", "x86"), []);
  assertEquals(offered("expect ok on sv", "arm64"), []);
  assertEquals(offered("expect ok on svm w", "x86"), ["with", "without"]);
});

Deno.test("complete(): any text at all is completed", () => {
  const pieces = ["guest", " ", "=", "[", "0x", "(", '"', "@", ".", "{", "§"];
  let text = "";
  for (let n = 0; n < 2_000; n++) {
    text = (text + pieces[(n * 7 + (n >> 3)) % pieces.length]).slice(-24);
    offered(text);
  }
});
