import { assertArrayIncludes, assertEquals } from "@std/assert";
import { answer, links } from "../testing_why.ts";

/** A question about an exception, its answer, and links that the chain has and has not. */
const ANSWERS: readonly (readonly [
  name: string,
  script: string,
  value: string,
  links: readonly string[],
  not: readonly string[],
])[] = [
  [
    "DR7 goes back to its own write, whatever raised the #DB",
    "guest write dr7 0x702; guest popf tf=1; guest cpuid; run; why exception dr7",
    "0x702",
    [
      "x86:A/2 cpu DR7: guest write dr7 0x702",
      "x86:A6 guest RFLAGS: guest popf tf=1",
    ],
    [],
  ],
  [
    "a bit of DR6 goes back to its own breakpoint of two that hit",
    "guest write dr0 0x5000; guest write dr1 0x5000; guest write dr7 l0=1 l1=1; guest exec 0x5000; " +
    "run; why exception dr6.b1",
    "1",
    [
      "x86:A/1 cpu DR1: guest write dr1 0x5000",
      "x86:A1 hit: guest exec 0x5000",
    ],
    ["x86:A/1 cpu DR0: guest write dr0 0x5000"],
  ],
  [
    "a bit of DR6 that is clear goes back to no breakpoint",
    "guest write dr0 0x5000; guest write dr1 0x6000; guest write dr7 l0=1 l1=1; guest exec 0x5000; " +
    "run; why exception dr6.b1",
    "0",
    ["x86:A/5 exception: run"],
    [
      "x86:A1 hit: guest exec 0x5000",
      "x86:A/1 cpu DR0: guest write dr0 0x5000",
      "x86:A/1 cpu DR1: guest write dr1 0x6000",
    ],
  ],
  [
    "DR6 of a step over a watched store goes back to both",
    "guest write dr0 0x5000; guest write dr7 0xd0402; guest popf tf=1; guest store 0x5000; run; why exception dr6",
    "0xffff4ff1",
    [
      "x86:A6 raise: guest store 0x5000",
      "x86:A2 hit: guest store 0x5000",
      "x86:A6 guest RFLAGS: guest popf tf=1",
      "x86:A/1 cpu DR0: guest write dr0 0x5000",
    ],
    [],
  ],
  [
    "DR6.BS of a step over a watched store goes back to the step alone",
    "guest write dr0 0x5000; guest write dr7 0xd0402; guest popf tf=1; guest store 0x5000; run; why exception dr6.bs",
    "1",
    ["x86:A6 raise: guest store 0x5000"],
    ["x86:A2 hit: guest store 0x5000"],
  ],
];

for (const [name, script, value, has, not] of ANSWERS) {
  for (const vendor of ["vmx", "svm"]) {
    Deno.test(`why exception FIELD: ${name} (${vendor})`, () => {
      const found = answer(`arch x86; kernel linux-7.2 ${vendor}; ${script}`);
      const all = links(found);
      assertEquals(found.value, value);
      assertArrayIncludes(all, has);
      assertEquals(all.filter((one) => not.includes(one)), []);
    });
  }
}

/** A bit of DR6 that this exception has not set, its value, and the link that the chain goes back to. */
const LEFT: readonly (readonly [
  name: string,
  script: string,
  link: string,
])[] = [
  [
    "a step has left BS, and a breakpoint hits",
    "guest popf tf=1; guest cpuid; guest popf tf=0; guest write dr0 0x6000; guest write dr7 l0=1; " +
    "guest exec 0x6000; run; why exception dr6.bs",
    "x86:A6 guest RFLAGS: guest popf tf=1",
  ],
  [
    "a step has left BS, and INT1 sets no bit",
    "guest popf tf=1; guest cpuid; guest popf tf=0; guest icebp; run; why exception dr6.bs",
    "x86:A6 guest RFLAGS: guest popf tf=1",
  ],
  [
    "the guest has written BS, and INT1 sets no bit",
    "guest write dr6 0xffff4ff0; guest icebp; run; why exception dr6.bs",
    "x86:A/3 cpu DR6: guest write dr6 0xffff4ff0",
  ],
];

for (const [name, script, link] of LEFT) {
  for (const kernel of ["bare", "linux-7.2 vmx", "linux-7.2 svm"]) {
    Deno.test(`why exception dr6.bs: ${name} (${kernel})`, () => {
      const found = answer(`arch x86; kernel ${kernel}; ${script}`);
      assertEquals(found.value, "1");
      assertArrayIncludes(links(found), [link]);
    });
  }
}

Deno.test("why exception dr6.bs: a step that sets it again goes back to itself, not to an older one", () => {
  for (const kernel of ["bare", "linux-7.2 vmx", "linux-7.2 svm"]) {
    const { chain } = answer(
      `arch x86; kernel ${kernel}; guest popf tf=1; guest cpuid; guest popf tf=0; run; ` +
        "guest popf tf=1; guest cpuid; run; why exception dr6.bs",
    );
    const raised = chain.filter(({ event }) => event.kind === "raise");
    assertEquals(raised.length, 1, kernel);
  }
});

for (
  const [question, value] of [
    ["why exit dr6", "KVM_RUN has not returned to userspace with an exit"],
    ["why exception dr6", "the guest took no exception"],
    [
      "guest write cr4 de=1; guest read dr4; run; why exception dr6",
      "`ud` has no such field",
    ],
    [
      "guest in 0x10 size=1; run; why exit dr6",
      "`io` has no such field",
    ],
  ]
) {
  Deno.test(`why ${question.split("why ").at(-1)}: ${value}`, () => {
    const found = answer(`arch x86; ${question}`);
    assertEquals([found.value, found.isThere, found.chain], [value, false, []]);
  });
}
