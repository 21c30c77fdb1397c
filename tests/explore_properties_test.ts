import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Document } from "../cli/explore/verdict.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import {
  type ExceptionKind,
  type ExpectedOutcome,
  makeInsn,
  type Property,
  PROPERTY_NAMES,
  type ScheduleStep,
} from "../engine/mod.ts";
import {
  addProperty,
  expectedOutcomes,
  PROPERTIES_MAX,
} from "../engine/explore/mod.ts";
import { allProperties, PROPERTY, STEP } from "../engine/explore/mod.ts";
import { verdictOn } from "./explore_command.ts";

/** Writes that an exception keeps from being executed: the guest's handler goes on after them. */
const SKIPPED: readonly [what: string, text: string][] = [
  [
    "arm64, from EL0",
    `arch arm64
kernel linux-6.1
explore {
  vcpu 0 { write dbgbvr0 0x1000 el=0; read dbgbvr0 }
  never leak, stale
}`,
  ],
  [
    "arm64, a breakpoint at it",
    `arch arm64
kernel linux-7.2
explore {
  vcpu 0 {
    write pstate d=0
    write dbgbvr0 0x40080014
    write dbgbcr0 0x1e7
    write mdscr 0xa000
    isb
    write dbgbvr1 0x1000 at=0x40080014
    read dbgbvr1
  }
  never leak, stale
}`,
  ],
  [
    "x86, from CPL 3",
    `arch x86
kernel linux-6.1
explore {
  vcpu 0 { write dr0 0x1000 cpl=3; read dr0 }
  never leak, stale
}`,
  ],
  [
    "x86, completed by KVM with its #GP queued",
    `arch x86
kernel linux-4.4 svm
explore {
  vcpu 0 { write dr7 0x100000402; read dr7 }
  user 0 { debug step }
  never leak, stale
}`,
  ],
];

for (const [what, text] of SKIPPED) {
  Deno.test(`stale: a write that was not executed is no write (${what})`, async () => {
    const { outcome, broken } = await verdictOn(text);
    assertEquals([outcome, broken], ["holds", []]);
  });
}

Deno.test("stale: a task switch clears L0 to L3 and LE by itself; what it must not clear is followed", async () => {
  const block = (write: string, kernel: string): string =>
    `arch x86
kernel ${kernel}
explore {
  vcpu 0 { write dr7 ${write}; taskswitch; read dr7 }
  never leak, stale
}`;
  for (const kernel of ["linux-4.4", "linux-7.2"]) {
    const { broken } = await verdictOn(block("l0=1 g1=1 le=1", kernel));
    assertEquals(broken, [], kernel);
  }
  // Quirks x86:Q11 and x86:Q12: KVM of 2008 leaves the guest's L0 as it was.
  const { broken } = await verdictOn(block("l0=1", "kiszka-2008"));
  assertEquals(broken, ["stale"]);
});

Deno.test("warn: the modelled guest's own message is no warning of the kernel", async () => {
  const { outcome, broken } = await verdictOn(`arch x86
kernel linux-6.1
explore {
  vcpu 0 { write dr7 gd=1; int3; read dr0 }
  user 0 { debug raw control=1 inject=db; debug raw control=1 inject=db; debug raw control=1 inject=db }
  never warn
}`);
  assertEquals([outcome, broken], ["holds", []]);
});

Deno.test("a leak is stale; what a debugger computes is no leak", async () => {
  for (const read of ["dr0", "dr7"]) {
    const { broken } = await verdictOn(`arch x86
kernel linux-6.1
explore {
  vcpu 0 { read ${read} }
  user 0 { debug break 0x4000 }
  never leak, stale
}
`);
    assertEquals(broken, ["stale"], read);
  }
});

/** What is expected of a view, and what is broken by it. */
const EXPECTED: readonly [line: string, broken: readonly string[]][] = [
  ["always expect guest dr0 <= 0x1000", []],
  ["always expect guest dr0 == 0", ["always expect guest dr0 == 0x0"]],
  ["finally expect user dr0 == 0x1000", []],
  ["finally expect user dr0 == 0", ["finally expect user dr0 == 0x0"]],
];

for (const [line, broken] of EXPECTED) {
  Deno.test(`a vCPU's view is asked at each of its steps, or at the end: ${line}`, async () => {
    const verdict = await verdictOn(`arch x86
explore {
  vcpu 0 { write dr0 0x1000; exec 0x1000 }
  ${line}
}
`);
    assertEquals(verdict.broken, broken);
    assertEquals(verdict.outcome, broken.length > 0 ? "broken" : "holds");
  });
}

Deno.test("docs/explore.md has each property with its sentence, in their order", async () => {
  const text = await Deno.readTextFile("docs/explore.md");
  const section =
    text.split("## What the properties mean\n")[1].split("\n## ")[0];
  const items = [...section.matchAll(/^- `([^`]+)`: ([^]+?)(?=\n(?:-|\n))/gm)];
  assertEquals(
    items.map(([, name, words]) => [name, words.replace(/\s+/g, " ")]),
    allProperties().map(({ name, sentence }) => [name, sentence]),
  );
});

/** A made-up property: the guest never takes an exception of a kind. */
function noException(kind: ExceptionKind): Property {
  return {
    name: `no-${kind}`,
    sentence: `The guest takes the exception ${kind}.`,
    check: {
      when: "event",
      isBroken: (event) =>
        event.kind === "exception" && event.exception === kind,
    },
    expected: () => ({ kind: "no-exception" }),
  };
}

/** With a property for the time of a test. */
async function withProperty(
  property: Property,
  act: () => Promise<void>,
): Promise<void> {
  const remove = addProperty(property);
  try {
    await act();
  } finally {
    remove();
  }
}

/** The guest may come to INT3; the kernel has no part in it. */
const MAY_TRAP = `arch x86
kernel linux-6.1
explore {
  vcpu 0 { either { exec 0x1000 } or { int3 } }
  never no-bp
}
`;

Deno.test("addProperty(): what a block then names is found broken, told and saved", async () => {
  await withProperty(noException("bp"), async () => {
    const io = new MemoryIo({ files: { "a.dregs": MAY_TRAP } });
    const args = ["explore", "--format", "json", "--save", "found.dregs"];
    assertEquals(await main([...args, "a.dregs"], io), 1, io.stderr);
    const [{ broken, schedule }] = (JSON.parse(io.stdout) as Document).verdicts;
    assertEquals(broken, ["no-bp"]);
    assertStringIncludes(JSON.stringify(schedule), "int3");
    const saved = io.readFile("found.dregs");
    assert(saved.endsWith("expect no exception\n"), saved);
    assertEquals(await main(["run", "found.dregs"], io), 1, io.stdout);
  });
});

Deno.test("addProperty(): a block that names no property asks for it too", async () => {
  const text = MAY_TRAP.replace("  never no-bp\n", "");
  assertEquals((await verdictOn(text)).outcome, "holds");
  await withProperty(noException("bp"), async () => {
    assertEquals((await verdictOn(text)).broken, ["no-bp"]);
  });
});

Deno.test("addProperty(): once removed its name means nothing", async () => {
  await withProperty(noException("bp"), () => Promise.resolve());
  const io = new MemoryIo({ files: { "a.dregs": MAY_TRAP } });
  assertEquals(await main(["explore", "a.dregs"], io), 2);
  assertStringIncludes(io.stderr, "no-bp");
  assertEquals(PROPERTY["no-bp"], undefined);
  assert(!PROPERTY_NAMES.includes("no-bp"));
});

Deno.test("addProperty(): names are unique, removing is once, and there is an end of room", () => {
  assertThrows(
    () => addProperty({ ...noException("bp"), name: "stale" }),
    RangeError,
    "There is a property stale already",
  );
  const before = [...PROPERTY_NAMES];
  const removes = Array.from(
    { length: PROPERTIES_MAX - before.length },
    (_, n) => addProperty({ ...noException("bp"), name: `n${n}` }),
  );
  try {
    assertThrows(() => addProperty(noException("bp")), RangeError, "already");
    // Another takes the place of one that is gone; removing that again leaves the other.
    removes[0]();
    removes.push(addProperty({ ...noException("bp"), name: "again" }));
    removes[0]();
    assert(PROPERTY_NAMES.includes("again"));
    const bits = Object.values(PROPERTY);
    assertEquals(new Set(bits).size, PROPERTIES_MAX);
  } finally {
    for (const remove of removes) remove();
  }
  assertEquals(PROPERTY_NAMES, before);
});

/** The last step of a schedule, as far as outcomes look at it. */
function lastStep(parts: Partial<ScheduleStep>): ScheduleStep {
  return {
    kind: STEP.instruction,
    vcpu: 1,
    cpu: 2,
    node: 0,
    after: [],
    isMiddle: false,
    events: [],
    bareEvents: [],
    unread: undefined,
    noticed: undefined,
    lost: undefined,
    mismatch: undefined,
    exception: undefined,
    ...parts,
  };
}

const EXEC = makeInsn({ op: "exec" });
const LOAD = makeInsn({ op: "load", sizeBytes: 4 });
const unread = { register: 3, seen: 0x10n, own: 0x20n };
const lost = { register: 1, wanted: 0x4000n };
const hidden = {
  missed: { register: 1, seen: 0x30n },
  stray: { register: 0, seen: 0x50n },
  isHidden: true,
};

/** The CPU must not hold this before the last step. */
function onCpu(register: number, value: bigint): ExpectedOutcome {
  return {
    kind: "view",
    view: "cpu",
    index: 2,
    register,
    operator: "!=",
    value,
    isBefore: true,
  };
}

/** What is broken at the end of a schedule, and what a scenario of it expects. */
const OUTCOMES: readonly [
  what: string,
  broken: readonly string[],
  step: Partial<ScheduleStep>,
  outcomes: readonly ExpectedOutcome[],
][] = [
  ["a breakpoint of x86", ["missed"], { insn: EXEC, exception: "db" }, [
    { kind: "exception", name: "db" },
  ]],
  ["a watchpoint of x86", ["missed"], { insn: LOAD, exception: "db" }, [
    { kind: "exception", name: "db" },
  ]],
  [
    "a breakpoint of arm64",
    ["missed"],
    { insn: EXEC, exception: "breakpoint" },
    [
      { kind: "exception", name: "breakpoint" },
    ],
  ],
  [
    "a watchpoint of arm64",
    ["missed"],
    { insn: LOAD, exception: "watchpoint" },
    [
      { kind: "exception", name: "watchpoint" },
    ],
  ],
  ["one that fires", ["stray"], { insn: EXEC }, [
    { kind: "no-exception" },
  ]],
  ["one is missed, another fires", ["missed", "stray"], {
    insn: EXEC,
    exception: "db",
  }, [
    { kind: "exception", name: "db" },
  ]],
  ["a missed one whose exception userspace has", ["missed"], {
    insn: LOAD,
    exception: "db",
    mismatch: hidden,
  }, [onCpu(1, 0x30n)]],
  ["a stray one whose exception userspace has", ["stray"], {
    insn: EXEC,
    mismatch: hidden,
  }, [onCpu(0, 0x50n)]],
  ["a stray one by which the guest takes an exception", ["stray"], {
    insn: EXEC,
    mismatch: { ...hidden, isHidden: false },
  }, [{ kind: "no-exception" }]],
  ["a wrong read, told once", ["leak", "stale"], { unread }, [
    {
      kind: "view",
      view: "guest",
      index: 1,
      register: 3,
      operator: "==",
      value: 0x20n,
    },
  ]],
  ["a breakpoint of the host's", ["host-lost"], { lost }, [
    {
      kind: "view",
      view: "cpu",
      index: 2,
      register: 1,
      operator: "==",
      value: 0x4000n,
    },
  ]],
  ["several, in order", ["stray", "stale", "warn"], { unread }, [
    { kind: "no-exception" },
    {
      kind: "view",
      view: "guest",
      index: 1,
      register: 3,
      operator: "==",
      value: 0x20n,
    },
    { kind: "no-warning" },
  ]],
  ["nothing", [], { insn: EXEC, unread, lost }, []],
];

for (const [what, broken, step, outcomes] of OUTCOMES) {
  Deno.test(`expectedOutcomes(): ${what}`, () => {
    const properties = broken.reduce((all, name) => all | PROPERTY[name], 0);
    const found = {
      broken: { properties, expectation: undefined, atEnd: false },
      schedule: [lastStep({}), lastStep(step)],
    };
    assertEquals(expectedOutcomes(found), outcomes);
  });
}

Deno.test("expectedOutcomes(): where tries are counted only the wrong value is wrong for sure", () => {
  const found = {
    broken: {
      properties: PROPERTY.stale,
      expectation: undefined,
      atEnd: false,
    },
    schedule: [lastStep({ unread })],
  };
  assertEquals(
    expectedOutcomes(found, { byTries: true }),
    [{
      kind: "view",
      view: "guest",
      index: 1,
      register: 3,
      operator: "!=",
      value: 0x10n,
    }],
  );
});

Deno.test("expectedOutcomes(): after a missed breakpoint, whose exception another kernel raises, a stray one is what the CPU holds", () => {
  const mismatch = { ...hidden, isHidden: false };
  const broken = {
    properties: PROPERTY.stray,
    expectation: undefined,
    atEnd: false,
  };
  const store = { insn: LOAD, mismatch: { ...mismatch, stray: undefined } };
  const last = lastStep({ insn: EXEC, mismatch });
  const schedule = [lastStep(store), lastStep({ kind: STEP.enter }), last];
  assertEquals(expectedOutcomes({ broken, schedule }), [
    onCpu(0, 0x50n),
  ]);
  const other = lastStep({ ...store, vcpu: 0 });
  const apart = { broken, schedule: [other, last] };
  assertEquals(expectedOutcomes(apart), [
    { kind: "no-exception" },
  ]);
});
