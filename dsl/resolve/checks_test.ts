import { assertEquals } from "@std/assert";
import { IncrementalChecker } from "../incremental.ts";
import { read } from "../load.ts";
import { matchesPattern } from "./pattern.ts";
import type { DiagnosticCode } from "../diagnostics.ts";
import { BAD_STATEMENTS, loadText, marked } from "../testing.ts";

/** Texts with one mistake each, marked where its caret belongs. */
const MISTAKES: readonly (readonly [
  code: DiagnosticCode,
  text: string,
  hint?: string,
])[] = [
  // Reading the text.
  ["not-text", "<|\x7f|>ELF\x02\x01\x01\0\0{ } }"],
  ["not-text", "# caf<|\ufffd|>\nrnu\nshwo"],
  ["not-text", "r<|\0|>u\0n\0"],
  ["stray-character", "run <|\x07|>"],
  ["stray-character", "run <|?|>"],
  ["stray-character", "guest <|é|>xec 0x1000"],
  ["malformed-number", "guest exec <|0x1g|>"],
  ["malformed-number", "guest exec <|1__0|>"],
  ["malformed-number", "guest exec <|0x|>"],
  ["malformed-number", "guest exec <|0x_1|>"],
  ["malformed-number", "guest exec <|0x1_|>"],
  ["malformed-number", "guest exec <|0b2|>"],
  ["number-too-large", "guest exec <|0x1_0000_0000_0000_0000|>"],
  ["unclosed-string", 'scenario <|"x {|>'],
  ["bad-escape", 'scenario "a<|\\n|>" { }'],
  ["bad-escape", 'scenario "a<|{|>" { }'],
  ["unclosed-brace", 'scenario "a" <|{|>\n  run\n'],
  ["stray-brace", "run\n<|}|>\nrun"],
  ["stray-brace", "for i in 0..1 {\n  run\n  <|}|>\n}"],
  // Shape.
  ["unknown-statement", "<|gest|> write dbgbcr0 1", "did you mean `guest`?"],
  ["unknown-statement", "<|12|>"],
  ["unknown-statement", "<|exit|> idle"],
  ["unexpected", "guest <|wirte|> dbgbcr0 lbn=2", "did you mean `write`?"],
  ["unexpected", "expect <|gest|> dbgbcr0 == 0", "did you mean `guest`?"],
  ["unexpected", "expect <|gest|>@0 dbgbcr0 == 0", "did you mean `guest`?"],
  ["unexpected", "expect <|exti|> idle", "did you mean `exit`?"],
  ["unexpected", "expect <|okk|>", "did you mean `ok`?"],
  ["unexpected", "expect thing <|dbgbcr0|> == 0"],
  ["unknown-name", "expect <|trasp|> == 1", "did you mean `traps`?"],
  ["unexpected", "show <|hv|>@0 dbgbcr0", "did you mean `hw`?"],
  ["unknown-register", "show <|hv|> dbgbcr0", "did you mean `hw`?"],
  ["unknown-register", "show <|mpa|>", "did you mean `map`?"],
  ["unexpected", "why <|hv|> dbgbcr0", "did you mean `hw`?"],
  [
    "unexpected",
    "kernel linux <|6|>.1",
    "a kernel's name is one word: `linux-6.1`",
  ],
  ["unexpected", "guest write<||>"],
  ["unexpected", "guest exec<||>   # no address"],
  ["unexpected", "user debug <|brek|> 0x1000", "did you mean `break`?"],
  ["unexpected", "user <|gte|> dbgbcr0", "did you mean `get`?"],
  ["unexpected", "expect no <|trapp|>", "did you mean `trap`?"],
  [
    "unexpected",
    "expect hw dbgbcr0.lbn <|=|> 3",
    "`==` compares, `=` gives a value",
  ],
  [
    "unexpected",
    "guest write dbgbcr0 lbn<|==|>2",
    "`=` gives a value, `==` compares",
  ],
  ["unexpected", "run <|steps|>"],
  ["unexpected", "guest write dbgbvr0 (1 + 2<||>"],
  ["unexpected", "for i <|0|>..3 { run }"],
  ["unexpected", 'scenario "a{1 +<||>}" { }'],
  ["unexpected", "host@<|0|> brps=5", "write `host brps=…` without `@`"],
  ["unexpected", "guest exec 0x1000 at=<|0x2000|>"],
  ["unexpected", "user set pc<||>"],
  ["unexpected", "expect guest dbgbcr0 < <|undef|>"],
  ["missing-block", "for i in 0..3<||>\nrun"],
  ["missing-block", 'scenario "a"<||>'],
  ["stray-block", "run <|{|> }", "`scenario`, `for` and `explore` do"],
  ["stray-block", "<|{|> run }"],
  ["stray-block", "<|{|>"],
  ["stray-block", "<|{|>\n  run\n"],
  ["stray-block", 'scenario "a"\n<|{|>\n  run\n}'],
  ["unknown-option", "run <|step|>=2", "did you mean `steps`?"],
  ["unknown-option", "guest load 0x1000 <|sise|>=8", "did you mean `size`?"],
  ["unknown-option", "guest exec 0x1000 <|size|>=8"],
  ["unknown-option", "user debug watch 0 <|no|>=load", "did you mean `on`?"],
  ["duplicate-option", "run steps=1 <|steps|>=2"],
  ["duplicate-option", "guest write dbgbcr0 lbn=1 <|LBN|>=1"],
  ["duplicate-option", "user debug raw dbgbcr0=1 <|DBGBCR0_EL1|>=1"],
  ["duplicate-option", "host cpus=1 <|cpus|>=2"],
  ["not-a-word", "run stop=<|1|>"],
  ["unknown-word", "run stop=<|guesst|>", "did you mean `guest`?"],
  ["unknown-word", "guest handler <|skp|>", "did you mean `skip`?"],
  ["unknown-word", "arch <|arm|>"],
  ["unknown-word", "host watch 0x1000 on=<|load|>"],
  ["reserved-name", "let <|undef|> = 1"],
  ["blanks-around-minus", "guest write dbgbvr0 4<|-|>1"],
  ["blanks-around-minus", "guest write dbgbvr0 4 <|-|>1"],
  // Words of the architecture.
  ["wrong-arch", "guest write <|dr7|> g0=1"],
  ["wrong-arch", "arch x86\nguest write <|dbgbcr0|> 1"],
  ["wrong-arch", "arch x86\nguest write <|dbgbcr|>[0] 1"],
  ["wrong-arch", "<|guest cpuid|>"],
  ["wrong-arch", "arch x86\n<|guest isb|>"],
  ["wrong-arch", "guest exec 0x1000 cpl=<|3|>"],
  ["wrong-arch", "guest exec 0x1000 len=<|3|>"],
  ["wrong-arch", "arch x86\nguest exec 0x1000 el=<|1|>"],
  ["wrong-arch", "kernel <|linux-4.9|>", "put `arch x86` before it"],
  ["wrong-arch", "arch arm64\nkernel <|linux-4.9|>"],
  ["wrong-arch", "expect exceptions <|db|>"],
  ["wrong-arch", "expect kvm <|eff_db0|> == 0"],
  ["wrong-arch", "set <|rtm|>=1"],
  ["wrong-arch", "user debug raw inject=<|db|>"],
  ["wrong-arch", "arch x86\nrun fail=<|vgic|>"],
  ["wrong-arch", "expect ok on <|linux-4.4|>"],
  ["unknown-profile", "kernel <|watanabe-v8|>", "did you mean `watanabe-v7`?"],
  [
    "unknown-profile",
    "expect ok on linux-6.1, <|linux-6.1x|>",
    "did you mean `linux-6.1`?",
  ],
  ["unknown-word", "kernel linux-6.1 <|vmx|>"],
  [
    "unknown-word",
    "arch x86\nkernel linux-6.1 <|vmxx|>",
    "did you mean `vmx`?",
  ],
  [
    "unknown-option",
    "kernel bennee-v2 <|cleer|>=after-exit",
    "did you mean `clear`?",
  ],
  [
    "not-possible",
    "arch x86\nkernel linux-6.1 vmx\n<|host model=tcg|>",
    "write `svm` after the kernel",
  ],
  [
    "not-possible",
    "arch x86\nhost model=tcg\n<|kernel linux-6.1 vmx|>",
    "write `svm` after the kernel",
  ],
  ["unknown-option", "kernel bennee-v2 <|toString|>=after-exit"],
  ["unknown-word", "kernel bennee-v2 clear=<|later|>"],
  [
    "unknown-register",
    "guest write <|dbgbcr16|> 1",
    "did you mean `dbgbcr15`?",
  ],
  [
    "unknown-register",
    "guest write <|DBGBCR16_EL1|> 1",
    "did you mean `DBGBCR15`?",
  ],
  ["unknown-register", "guest write <|dbgbcr|> 1"],
  ["unknown-register", "guest write <|mdscrr|> 1", "did you mean `mdscr`?"],
  ["unknown-register", "guest write <|mdscr|>[0] 1"],
  [
    "unknown-register",
    "arch x86\nguest write <|dr8|> 1",
    "did you mean `dr7`?",
  ],
  ["unknown-register", "arch x86\nguest write <|debugregs|> 1"],
  ["unknown-register", "show hw <|dbgx*|>"],
  ["unknown-register", "show hw <|dbgbcr16|>", "did you mean `dbgbcr15`?"],
  ["index-out-of-range", "guest write dbgbcr[<|16|>] 1"],
  ["unknown-field", "guest write dbgbcr0 <|lbm|>=2", "did you mean `lbn`?"],
  ["unknown-field", "expect hw dbgbcr0.<|lnb|> == 2", "did you mean `lbn`?"],
  [
    "unknown-field",
    "expect kvm mdcr_el2.<|tdosaa|> == 1",
    "did you mean `tdosa`?",
  ],
  ["unknown-field", "expect kvm dirty.<|x|> == 2"],
  ["unknown-field", "expect exit debug <|dr6|>=1"],
  ["unknown-field", "expect exception brk <|farr|>=1", "did you mean `far`?"],
  ["unknown-field", "user set pc 0x1000 <|x|>=1"],
  [
    "unknown-value",
    "guest write dbgbcr0 bt=<|linked-adress|>",
    "did you mean `linked-address`?",
  ],
  [
    "ambiguous-value",
    "let store = 1\nguest write dbgwcr0 lsc=<|store|>",
    "write `0x2` for the field's value, or rename the name",
  ],
  ["value-too-wide", "guest write dbgbcr0 bas=<|0xff|>"],
  ["value-too-wide", "guest write dbgbcr0 lbn=<|8 * 2|>"],
  ["value-too-wide", "let w = 16\nguest write dbgbcr0 lbn=<|w|>"],
  ["value-too-wide", "expect guest dbgbcr0.lbn == <|16|>"],
  ["value-too-wide", "user set dbgbcr0 e=<|2|>"],
  ["out-of-range", "host brps=<|17|>"],
  ["out-of-range", "host brps=<|0|>"],
  ["out-of-range", "host <|brps=4|> ctx=5"],
  ["out-of-range", "set vcpus=<|0|>"],
  [
    "out-of-range",
    "set vcpus=2\nguest@<|2|> isb",
    "`set vcpus=3` gives that many; they are counted from 0",
  ],
  ["out-of-range", "run @<|1|>"],
  [
    "out-of-range",
    "host cpus=2\nrun cpu=<|2|>",
    "`host cpus=3` gives that many; they are counted from 0",
  ],
  ["out-of-range", "show cpu@<|1|>"],
  ["out-of-range", "expect cost@<|1|> exits == 1"],
  ["out-of-range", "run steps=<|0|>"],
  ["out-of-range", "run steps=<|1_000_000_001|>"],
  ["out-of-range", "run attempts=<|1_000_000_001|>"],
  ["out-of-range", "set vcpus=3\n<|set vcpus=2|>"],
  ["not-possible", "set vcpus=2\nshow guest@0 <|user@1|>"],
  ["wrong-arch", "arch x86\nuser debug watch 0x1000 on=<|load|>"],
  ["wrong-arch", "user debug raw blockirq=<|1|>"],
  // Loops, turn by turn.
  ["index-out-of-range", "for i in 0..16 { guest write dbgbcr[<|i|>] 1 }"],
  ["index-out-of-range", "for i in 0..16 { let n = i; why hw dbgbcr[<|n|>] }"],
  [
    "index-out-of-range",
    "for i in 0..3 { for j in 0..4 { guest write dbgbcr[<|4 * i + j|>] 1 } }",
  ],
  ["index-out-of-range", "for i in 0..1_000_000 { user get dbgbcr[<|i|>] }"],
  ["value-too-wide", "for i in 0..20 { guest write dbgbcr0 lbn=<|i|> e=1 }"],
  ["bad-size", "for i in 1..4 { guest load 0x1000 size=<|i|> }"],
  ["bad-address", "for i in 0..3 { guest exec <|0x1000 + i|> }"],
  ["out-of-range", "for i in 0..3 { run @<|i|> }"],
  ["out-of-range", "for i in 0..3 { set vcpus=i + 1; run @<|(i + 1)|> }"],
  ["division-by-zero", "for i in 0..3 { let x = 6 / <|(2 - i)|> }"],
  ["overflow", "for i in 0..3 { let x = <|2 - i|> }"],
  ["no-name", 'scenario <|""|> { run }'],
  ["no-name", 'scenario <|" "|> { run }'],
  ["already-defined", 'for i in 0..3 { scenario <|"x"|> { run } }'],
  ["already-defined", 'for i in 0..3 { scenario <|"x{i / 2}"|> { run } }'],
  [
    "already-defined",
    'for i in 0..3 { scenario "x{i}" { run } }\nscenario <|"x3"|> { run }',
  ],
  ["out-of-range", "guest isb el=<|2|>"],
  ["out-of-range", "arch x86\nguest cpuid cpl=<|1|>"],
  ["out-of-range", "arch x86\nguest cpuid len=<|16|>"],
  ["out-of-range", "arch x86\nguest popf tf=<|2|>"],
  ["out-of-range", "arch x86\nguest in <|0x10000|>"],
  ["out-of-range", "guest brk <|0x1_0000|>"],
  ["out-of-range", "arch x86\nuser debug raw blockirq=<|2|>"],
  ["out-of-range", "user debug raw control=<|0x1_0000_0000|>"],
  ["out-of-range", "for i in <|3..0|> { run }"],
  ["bad-size", "guest load 0x1000 size=<|3|>"],
  ["bad-size", "guest store 0x1000 size=<|0|>"],
  ["bad-size", "arch x86\nguest in 0xe2 size=<|8|>"],
  ["bad-size", "arch x86\nuser debug watch 0x1000 size=<|3|>"],
  ["bad-size", "host watch 0x1000 size=<|9|>"],
  ["bad-size", "host watch 0x1000 size=<|16|>"],
  ["bad-size", "arch x86\nhost watch 0x1000 size=<|3|>"],
  ["bad-address", "guest exec <|0x1002|>"],
  ["bad-address", "guest isb at=<|0x1001|>"],
  ["bad-address", "user debug break <|0x1001|>"],
  ["bad-address", "host break <|2|>"],
  [
    "unknown-word",
    "user check <|SET_GUEST_DEBUGG|>",
    "did you mean `SET_GUEST_DEBUG`?",
  ],
  ["unknown-word", "expect exit <|idel|>", "did you mean `idle`?"],
  ["unknown-word", "expect error <|EINVALL|>", "did you mean `EINVAL`?"],
  ["unknown-word", "expect cost <|dr-load|> == 1", "did you mean `dr-loads`?"],
  ["unknown-word", "host model=<|cray|>"],
  ["unknown-name", "expect kvm <|dirtyy|> == 1", "did you mean `dirty`?"],
  ["unknown-name", "expect kvm <|dirty|>[0] == 1"],
  ["index-out-of-range", "expect kvm stored_dbgbvr[<|16|>] == 1"],
  // Names.
  ["unknown-name", "guest write dbgbvr0 <|x|>"],
  [
    "unknown-name",
    "let counter = 1\nexpect <|countre|> == 1",
    "did you mean `counter`?",
  ],
  [
    "unknown-name",
    "let n = 4\nguest write dbgbvr0 <|n-1|>",
    "put spaces around `-`: `n - 1`",
  ],
  ["unknown-name", "let x = <|x|>"],
  ["unknown-name", "for i in 0..1 { let x = i }\nexpect <|x|> == 1"],
  ["unknown-name", "for i in 0..1 { run }\nexpect <|i|> == 1"],
  ["already-defined", "let x = 1\nlet <|x|> = 2"],
  ["already-defined", "guest read dbgbcr0 as x\nuser get dbgbcr0 as <|x|>"],
  ["already-defined", 'scenario "a" { }\nscenario <|"a"|> { }'],
  ["already-defined", "arch x86\n<|arch x86|>"],
  ["already-defined", "kernel linux-6.1\n<|kernel linux-6.12|>"],
  ["shadowing", "let x = 1\nfor i in 0..1 { let <|x|> = 2 }"],
  ["shadowing", "let i = 1\nfor <|i|> in 0..1 { run }"],
  ["shadowing", 'let x = 1\nscenario "a" { let <|x|> = 2 }'],
  ["overflow", "let x = <|0xffff_ffff_ffff_ffff + 1|>"],
  ["overflow", "let x = <|1 - 2|>"],
  ["overflow", "let x = <|1 << 64|>"],
  ["division-by-zero", "let x = 1 / <|0|>"],
  ["division-by-zero", "let z = 0\nlet x = 1 % <|(z * 2)|>"],
  // Places.
  ["too-late", "run\n<|host brps=4|>"],
  ["too-late", "set brps=4\n<|host brps=4|>"],
  ["too-late", "set brps=4\n<|kernel linux-6.1|>"],
  ["too-late", "kernel linux-6.1\n<|arch x86|>"],
  ["too-late", "host cpus=1\n<|arch x86|>"],
  ["too-late", "for i in 0..1 { <|host cpus=2|>; run }"],
  ["too-late", 'scenario "a" { }\n<|host cpus=1|>'],
  ["too-late", 'scenario "a" { }\n<|let x = 1|>'],
  ["misplaced", 'scenario "a" { <|scenario "b"|> { run } }'],
  ["misplaced", '<|run|>\nscenario "a" { }'],
  ["misplaced", 'scenario "a" { }\n<|show|>'],
  ["misplaced", 'scenario "a" { }\n<|for i in 0..1|> { run }'],
];

for (const [code, text, hint] of MISTAKES) {
  Deno.test(`${code}: ${text.replaceAll("\n", "; ")}`, () => {
    const { text: plain, start, end } = marked(text);
    const { diagnostics } = loadText(plain);
    const found = diagnostics.map((one) => ({
      code: one.code,
      start: one.span.start,
      end: one.span.end,
    }));
    assertEquals(found, [{ code, start, end }]);
    if (hint !== undefined) assertEquals(diagnostics[0].hint, hint);
  });
}

Deno.test("what is wrong in a turn of a loop says in which", () => {
  const [first] = loadText(
    "for i in 0..3 { for j in 0..4 { guest write dbgbcr[4 * i + j] 1 } }",
  ).diagnostics;
  assertEquals(first.notes?.map(({ message }) => message), [
    "with i = 3, j = 4",
  ]);
});

Deno.test("loops in loops are gone through to a limit, not for ever", () => {
  const deep = "for i in 0..1 {".replace("i", "i$n");
  const text = Array.from({ length: 60 }, (_, n) => deep.replace("$n", `${n}`));
  assertEquals(
    loadText(`${text.join("")} run ${"}".repeat(60)}`).diagnostics,
    [],
  );
});

/** Texts that look suspicious and are right. */
const RIGHT: readonly string[] = [
  "set brps=4 ctx=2; guest write dbgbcr0 lbn=2; run",
  "for i in 0..3 { guest write dbgbvr[i] i }",
  "",
  ";;;",
  "# only a comment",
  "let run = 1\nlet guest = 2\nexpect run == guest",
  "let step = 1; guest read dbgbcr0 as let; expect let == step",
  "let exit = 1; let ok = 2; let no = 3; let error = 4; let cost = 5; let trap = 6\n" +
  "expect exit == 1; expect ok == 2; expect no == 3; expect error + 1 == 5; expect cost == 5; expect trap == 6",
  "let hw = 1\nexpect hw == 1",
  "guest write DBGBCR0_EL1 LBN=2 BT=Linked-Address",
  "arch x86; kernel linux-6.1 svm; set vcpus=2; user@1 set debugregs flags=0",
  "arch x86; guest in 0xe2 size=1; guest out 0xe2; guest popf tf=1; guest int3; guest icebp; guest int1",
  "arch x86; guest movss; guest hlt; guest taskswitch; guest cpuid cpl=3 len=2",
  "arch x86; user debug raw control=0x1 dr7=0x400 inject=db blockirq=1",
  "kernel bennee-v2 clear=after-exit",
  "host brps=5 ctx=2 wrps=4 cpus=2 model=max unpredictable=other\nrun cpu=1; show cpu@1",
  'arch x86\nscenario "a" { kernel linux-4.4 }\nscenario "b" { arch arm64; kernel linux-6.1 }',
  'for i in 0..3 { let n = i + 1; scenario "x{n}" { run } }',
  'scenario "a\\"b\\\\c\\{d\\}" { run }',
  'let x = 1\nscenario "a" { let y = x }\nscenario "b" { let y = x }',
  "for i in 0..1 { let x = i }\nfor i in 0..1 { let x = i }",
  "for i in 0..1 { guest read dbgbcr0 as x; run; let y = x + 1; expect y == 2 }",
  "set vcpus=2\nfor v in 0..1 { guest@v isb; run @v; put @(v); interrupt @v }",
  "expect guest dbgbcr0 == undef; expect user dbgbcr0.e != undef",
  "expect hw dbgbcr[1 + 1].lbn == 3 on watanabe-v7",
  "show guest user dbg*cr* * mdscr dbgbcr[2]",
  "show user kvm dirty",
  "for i in 0..1 { expect kvm stored_dbgbvr[i] == 0 }",
  "set brps=4; set ctx=1; set vcpus=2",
  "guest write mdscr; user set mdscr",
  "guest write contextidr_el1 0x0b_00",
  "expect exceptions == 0 on linux-6.1; expect exceptions breakpoint, step on linux-6.1",
  "for i in 0..3 { guest load 0x1000 size=1 << i }",
  "user get dbgbcr0 as n\nfor i in 1..n { guest load 0x1000 size=i }",
  "for i in 0..14 { set vcpus=i + 2; run @(i + 1) }\nrun @15",
  "for i in 0..3 { for j in 0..3 { guest write dbgbcr[4 * i + j] j } }",
  'for i in 0..3 { scenario "{i / 2}{i % 2}" { run } }',
  'scenario " x" { run }\nscenario "x" { run }',
  "for i in 0..18_446_744_073_709_551_615 { let x = i; guest write dbgbvr0 x }",
  "host watch 0x1000 size=3",
  "guest write dbgbvr0 1|2^3&4<<1>>1+2*3/2%4",
  "let a = 1\r\nlet b = a\rlet c = b\n",
  "\ufefflet a = 1",
];

for (const text of RIGHT) {
  Deno.test(`right: ${text.replaceAll(/[\r\n]+/g, "; ")}`, () => {
    const { diagnostics } = loadText(text);
    assertEquals(diagnostics.map(({ code, message }) => [code, message]), []);
  });
}

Deno.test("each of the bad statements that other tests use is one diagnostic", () => {
  for (const text of BAD_STATEMENTS) {
    assertEquals(loadText(text).diagnostics.length, 1, text);
  }
});

Deno.test("a line that was not understood is not held against the next ones", () => {
  const texts = [
    "let x 1\nexpect x == 1",
    "guest read dbgbcr0 ass x\nrun\nexpect x == 1",
    "fro i in 0..3 {\n  guest write dbgbvr[i] i\n}",
    "for in 0..3 {\n  guest write dbgbvr[i] i\n}",
    "arhc x86\nkernel linux-4.4\nguest write dr7 1",
    "arch x68\nguest write dr7 1",
    "kernel linux-4.4\nguest write dr7 1",
    "ste vcpus=2\nrun @1",
    "set vcpus=2 brsp=1\nrun @1",
    'inculde "names.dregs"\nguest write dr7 x\nrun @1',
    'include "missing.dregs"\nguest write dr7 x\nrun @1',
    'scenaro "a" {\n  host cpus=1\n  run\n}\nscenario "b" {\n  run\n}',
    'scenario "a"\n{\n  host cpus=1\n  run\n}',
    'scenario "a" {\n  arch x86\n  run\n  }\n  guest write dr7 1\n}',
  ];
  for (const text of texts) {
    const { diagnostics } = loadText(text);
    assertEquals(diagnostics.length, 1, text);
  }
});

Deno.test("where the architecture is not known, what no architecture has is still wrong", () => {
  const rows: readonly (readonly [string, number])[] = [
    ["guest write dr7 1; guest write dbgbcr0 1", 1],
    ["guest write dbgbcr16 1", 2],
    ["let x = 1; let y = x; kernel linux-4.4", 1],
    ["for i in 0..1 { guest write nothing i }", 2],
  ];
  for (const [text, count] of rows) {
    const { diagnostics } = loadText(`include "missing.dregs"\n${text}`);
    assertEquals(diagnostics.length, count, text);
  }
});

Deno.test("texts loaded one after the other know the ones before, unless these were wrong", () => {
  const checker = new IncrementalChecker();
  const codes = (text: string) => {
    const checked = checker.check(read({ name: "prompt", text }));
    if (!checked.ok) return checked.diagnostics.map(({ code }) => code);
    checker.known = checked.lines.at(-1)!.known;
    return [];
  };
  assertEquals(codes("let x = 1"), []);
  assertEquals(codes("let y = 2; let z = nothing"), ["unknown-name"]);
  assertEquals(codes("let y = x"), []);
  assertEquals(codes("let x = 2"), ["already-defined"]);
  assertEquals(codes("arch x86"), []);
  const before = checker.known;
  assertEquals(codes("arch arm64"), ["already-defined"]);
  assertEquals(codes("kernel linux-4.4\nguest write dr7 y"), []);
  assertEquals(codes("host cpus=2"), ["too-late"]);
  checker.known = before;
  assertEquals(codes("host cpus=2"), []);
  assertEquals(codes("for i in 0..1 {"), ["unclosed-brace"]);
});

Deno.test("matchesPattern(): * is any run of characters", () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ["DBGBCR0_EL1", "dbgb*", true],
    ["dbgbcr0", "dbgb*r0", true],
    ["dbgbcr0", "*", true],
    ["dbgbcr0", "*cr*", true],
    ["dbgbcr0", "dbgbcr0", true],
    ["dbgbcr0", "dbgbcr", false],
    ["dbgbcr0", "*x*", false],
    ["aba", "ab*ba", false],
  ];
  for (const [name, pattern, want] of rows) {
    assertEquals(matchesPattern(name, pattern), want, `${name} ${pattern}`);
  }
});
