import { assertEquals } from "@std/assert";
import { loadText, marked } from "../testing.ts";

/** A text, the message at its mark, and the hint if there is one. */
const MISTAKES: readonly [text: string, message: string, hint?: string][] = [
  [
    "kernel <|linux-9.9|>",
    "`linux-9.9` is not a kernel of x86: 9.9 is outside of the known range, 4.4 to 7.3",
  ],
  [
    "kernel <|linux-4.3|>",
    "`linux-4.3` is not a kernel of x86: 4.3 is outside of the known range, 4.4 to 7.3",
  ],
  [
    "kernel <|linux-4.21|>",
    "`linux-4.21` is not a kernel of x86: there was no release 4.21",
  ],
  [
    "kernel <|linux-5.4.12o|>",
    "`linux-5.4.12o` is not a kernel of x86",
    "did you mean `linux-5.4.12`?",
  ],
  [
    "kernel <|relod-2016|>",
    "`relod-2016` is not a kernel of x86",
    "did you mean `reload-2016`?",
  ],
  [
    "kernel linux-4.4 with <|rootcause-fix|>",
    "`rootcause-fix` is not a change of x86",
    "did you mean `root-cause-fix`?",
  ],
  [
    "kernel linux-4.4 <|without root-cause-fix|>",
    "root-cause-fix is not in linux-4.4",
  ],
  [
    "kernel linux-4.9 svm <|with 70E4da7a8ff6|>",
    "root-cause-fix is in linux-4.9 already",
  ],
  [
    "kernel linux-4.4 <|with root-cause-fix without root-cause-fix|>",
    "root-cause-fix is both applied and reverted",
  ],
  [
    "kernel linux-4.4 <|with skip-steps with skip-steps|>",
    "skip-steps is named twice",
  ],
  [
    "kernel kiszka-2008 <|with root-cause-fix|>",
    "kiszka-2008 is not made of changes",
  ],
  [
    "kernel bare <|with root-cause-fix|>",
    "bare has no hypervisor, and so no changes",
  ],
  [
    "kernel Bare <|without 70e4da7|>",
    "bare has no hypervisor, and so no changes",
  ],
  [
    "expect ok on bare <|with root-cause-fix|>",
    "bare has no hypervisor, and so no changes",
  ],
  [
    "kernel Linux-4.4 with <|rootcause-fix|>",
    "`rootcause-fix` is not a change of x86",
    "did you mean `root-cause-fix`?",
  ],
  ["kernel linux-4.4 with <|70e4|>", "no change of x86 is commit `70e4`"],
  ["kernel linux-4.4 with <|1234567|>", "no change of x86 is commit `1234567`"],
  [
    "kernel linux-4.4 with<||>",
    "expected a change at the end of the line",
  ],
  ["kernel linux-4.4 with<||> ; run", "expected a change before `;`"],
  ["for i in 0..2 { kernel<||> }", "expected a kernel before `}`"],
  [
    "kernel linux-4.9 <|with|>=never",
    "`with=` is not an option of linux-4.9",
  ],
  [
    "expect ok on with <|root-cause-fx|>",
    "`root-cause-fx` is not a change of x86",
    "did you mean `root-cause-fix`?",
  ],
  [
    "expect ok on linux-4.4, without <|4e422bdd2f85|>",
    "no change of x86 is commit `4e422bdd2f85`",
  ],
  [
    "expect ok on <|with root-cause-fix without 70e4da7|>, linux-4.4",
    "no kernel is with and without root-cause-fix",
    "write a comma between terms of which one must fit",
  ],
  [
    "expect ok on linux-4.4..linux-4.9 <|with root-cause-fix|> with skip-steps",
    "`with` cannot follow a range",
    "write a comma between terms of which one must fit",
  ],
  [
    "expect ok on >= <|linux-9.9|>",
    "`linux-9.9` is not a release from linux-4.4 to linux-7.3",
  ],
  [
    "expect ok on linux-4.4..<|linux-4.21|>",
    "`linux-4.21` is not a release from linux-4.4 to linux-7.3",
  ],
  [
    "expect ok on linux-4.4 <|without root-cause-fix|>",
    "root-cause-fix is not in linux-4.4",
  ],
];

for (const [text, message, hint] of MISTAKES) {
  Deno.test(`kernel names: ${text}`, () => {
    const { text: plain, start, end } = marked(`arch x86\n${text}`);
    const { diagnostics } = loadText(plain);
    assertEquals(
      diagnostics.map((one) => [
        one.span.start,
        one.span.end,
        one.message,
        one.hint,
      ]),
      [[start, end, message, hint]],
    );
  });
}

Deno.test("kernel names: what is of x86 is not of arm64", () => {
  const messages = (text: string): readonly string[] =>
    loadText(text).diagnostics.map(({ message }) => message);
  assertEquals(messages("kernel reload-2016; guest write dr7 1"), [
    "`reload-2016` is a kernel of x86; this is arm64",
  ]);
  assertEquals(messages("arch arm64; expect ok on with root-cause-fix"), [
    "`root-cause-fix` is a change of x86; this is arm64",
  ]);
});

/** What `kernel` means: the same kernel in one spelling. */
const MEANT: readonly [text: string, profile: string][] = [
  ["linux-5.4.120", "linux-5.4.120"],
  ["Linux-6.6 svm", "linux-6.6"],
  ["linux-4.4 with root-cause-fix", "linux-4.4 with root-cause-fix"],
  ["linux-4.4 with 70e4da7a8ff6", "linux-4.4 with root-cause-fix"],
  // 172b2386ed16 begins with digits, and 70e4da7 looks like a malformed number.
  [
    "linux-4.6 without 70e4da7 with 172b2386ed16",
    "linux-4.6 with reload-at-load without root-cause-fix",
  ],
  [
    "linux-4.9 reload=at-load without root-cause-fix",
    "linux-4.9 without root-cause-fix",
  ],
];

for (const [text, profile] of MEANT) {
  Deno.test(`kernel names: ${text} is ${profile}`, () => {
    const loaded = loadText(`arch x86\nkernel ${text}`);
    assertEquals(loaded.diagnostics, []);
    const [, line] = loaded.ok ? loaded.file.lines : [];
    const action = "resolved" in line ? line.resolved : undefined;
    assertEquals(action?.kind === "kernel" && action.profile, profile);
  });
}
