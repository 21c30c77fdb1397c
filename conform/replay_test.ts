import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { RecordingError, recordingsIn, replay } from "./mod.ts";
import { arm64Pc, arm64Recording, x86Pc, x86Recording } from "./testing.ts";

/** What differs in a recording, with both values. */
function shown(text: string): string[][] {
  return replay(text).differences.map((
    { what, recorded, modelled },
  ) => [what, recorded, modelled]);
}

Deno.test("replay(): an arm64 program without instructions is its end", () => {
  const run = {
    op: "run",
    vcpu: 1,
    program: [],
    guest_exceptions: [],
    ret: 0,
    exit: "MMIO",
    at: 0,
    pc: "0x40090000",
    pstate: "0x3c5",
    kvm_exits: [{ at: 0, ec: "0x24" }],
  };
  const header = JSON.parse(arm64Recording());
  const text = [{ ...header, vcpus: 2 }, run].map((line) =>
    JSON.stringify(line)
  ).join("\n");
  assertEquals(replay(text).differences, []);
});

Deno.test("replay(): an x86 program without instructions has no HLT, so that it has no end", () => {
  for (const resume of [{}, { resume: true }]) {
    const text = x86Recording({
      op: "run",
      vcpu: 0,
      cpu: 0,
      ...resume,
      program: [],
      guest_exceptions: [],
      exit: "HLT",
      at: 0,
      rip: x86Pc(0),
      rflags: "0x2",
    });
    const { line } = assertThrows(() => replay(text), RecordingError);
    assertEquals(line, 2);
  }
});

Deno.test("replay(): a resumed run needs a program", () => {
  const common = { op: "run", vcpu: 0, resume: true, guest_exceptions: [] };
  for (
    const text of [
      arm64Recording({ ...common, got: {}, exit: "MMIO", at: 0 }),
      x86Recording({ ...common, cpu: 0, got: [], exit: "HLT", at: 0 }),
    ]
  ) {
    const { line, message } = assertThrows(() => replay(text), RecordingError);
    assertEquals([line, message], [
      2,
      "resume is true, but vCPU 0 has no program",
    ]);
  }
});

/** A guest that branches back to its first instruction, and what KVM did with it. */
function loop(recorded: Readonly<Record<string, unknown>>): string {
  return arm64Recording({
    op: "run",
    vcpu: 0,
    program: [
      { i: "nop", pc: arm64Pc(0) },
      { i: "b", to: 0, pc: arm64Pc(1) },
    ],
    guest_exceptions: [],
    ret: 0,
    at: 1,
    pc: arm64Pc(1),
    pstate: "0x3c5",
    ...recorded,
  });
}

Deno.test("replay(): a guest that does not exit is a difference", () => {
  // First touches are replayed by a loop of their own: at an op of the loop, after it, and in the handler.
  for (const at of [undefined, 0, 5, -1]) {
    const kvm_exits = at === undefined ? [] : [{ at, ec: "0x20" }];
    const { differences } = replay(loop({ exit: "DEBUG", kvm_exits }));
    const exit = differences.find(({ what }) => what === "exit");
    assertEquals(exit?.recorded, "DEBUG");
    assertStringIncludes(exit?.modelled ?? "", "none within");
  }
});

Deno.test("replay(): a guest that does not exit agrees with KVM_RUN ended by a signal", () => {
  const interrupted = { ret: -4, exit: "ERROR", kvm_exits: [] };
  assertEquals(replay(loop(interrupted)).differences, []);
});

/** A refused KVM_SET_DEBUGREGS: DR7 has bits 63:32 set. */
function refusedDebugregs(
  recorded: Readonly<Record<string, unknown>>,
): string {
  return x86Recording({
    op: "set_debugregs",
    vcpu: 0,
    db: ["0x0", "0x0", "0x0", "0x0"],
    dr6: "0xffff0ff0",
    dr7: "0x100000400",
    flags: "0x0",
    ...recorded,
  });
}

Deno.test("replay(): a refused ioctl is a negated errno, or -1 with an errno", () => {
  const ways = [
    { ret: -22 },
    { ret: -22, error: "EINVAL" },
    { ret: -1, errno: 22 },
    { ret: -1, errno: "EINVAL" },
    { ret: -1, error: "EINVAL" },
    // The errno was not recorded.
    { ret: -1 },
    { ret: -1, error: "Invalid argument" },
  ];
  for (const recorded of ways) {
    const { differences } = replay(refusedDebugregs(recorded));
    assertEquals(differences, [], JSON.stringify(recorded));
  }
});

Deno.test("replay(): another errno, or none, is a difference", () => {
  const ways: [Record<string, unknown>, string][] = [
    [{ ret: 0 }, "0"],
    [{ ret: -16 }, "-16"],
    [{ ret: -1, errno: 16 }, "-16"],
    [{ ret: -1, errno: "EBUSY" }, "-16"],
    [{ ret: -1, error: "EBUSY" }, "-16"],
    [{ ret: -1, errno: 1 }, "-1"],
    [{ ret: -1, errno: "EAGAIN" }, "EAGAIN"],
  ];
  for (const [recorded, said] of ways) {
    const [difference] = replay(refusedDebugregs(recorded)).differences;
    assertEquals(
      [difference?.what, difference?.recorded, difference?.modelled],
      ["ret", said, "-22"],
      JSON.stringify(recorded),
    );
  }
});

Deno.test("replay(): -1 without an errno differs where the model does not refuse", () => {
  const text = refusedDebugregs({ ret: -1, dr7: "0x400" });
  const [difference] = replay(text).differences;
  assertEquals(
    [difference?.recorded, difference?.modelled],
    ["-1", "0"],
  );
});

Deno.test("replay(): an errno that is none is a message", () => {
  for (const errno of [0, -22, 4096, "invalid", {}, 1.5]) {
    assertThrows(
      () => replay(refusedDebugregs({ ret: -1, errno })),
      RecordingError,
      "errno",
    );
  }
});

Deno.test("replay(): after KVM_SET_REGS the recorder repeats the last guest_debug that was not refused", () => {
  const debug = {
    op: "guest_debug",
    vcpu: 0,
    debugreg: ["0x0", "0x0", "0x0", "0x0", "0x0", "0x0", "0x0", "0x0"],
  };
  const text = x86Recording(
    { ...debug, control: ["ENABLE", "SINGLESTEP"], ret: 0 },
    { ...debug, control: [], ret: -16 },
    {
      op: "run",
      vcpu: 0,
      cpu: 0,
      guest_debug_repeated_after_set_regs: true,
      program: [{ i: "nop", pc: x86Pc(0) }, { i: "hlt", pc: x86Pc(1) }],
      guest_exceptions: [],
      exit: "DEBUG",
      at: 1,
      exception: 1,
      pc: x86Pc(1),
      dr6: "0xffff4ff0",
      dr7: "0x400",
      rip: x86Pc(1),
      rflags: "0x2",
    },
  );
  const { differences } = replay(text);
  assertEquals(differences.map(({ line, what }) => [line, what]), [[3, "ret"]]);
});

Deno.test("replay(): what a refused KVM_GET_DEBUGREGS left in its structure is not compared", () => {
  const refused = refusedDebugregs({ ret: -22, dr6: "0xa5a5" })
    .replace("set_debugregs", "get_debugregs");
  assertEquals(shown(refused), [["ret", "-22", "0"]]);
});

Deno.test("replay(): of a long list the part around the first that differs is written", () => {
  const program = Array.from({ length: 60 }, (_, i) => ({
    i: "mrs",
    reg: "OSLSR_EL1",
    got: "0x8",
    pc: arm64Pc(i),
  }));
  const exits = program.map((_, at) => ({ at, ec: "0x18" }));
  const run = {
    op: "run",
    vcpu: 0,
    program,
    guest_exceptions: [],
    ret: 0,
    exit: "MMIO",
    at: 60,
    pc: arm64Pc(60),
    pstate: "0x3c5",
  };
  const differing = (kvm_exits: readonly unknown[]) =>
    replay(arm64Recording({ ...run, kvm_exits })).differences
      .filter(({ what }) => what === "kvm_exits");
  const end = { at: 60, ec: "0x24" };
  assertEquals(differing([...exits, end]), []);
  // All but the last agree.
  const [{ recorded, modelled }] = differing([...exits, {
    at: 60,
    ec: "0x16",
  }]);
  assertEquals(
    recorded,
    "(52 more) 52:0x18 53:0x18 54:0x18 55:0x18 56:0x18 57:0x18 58:0x18 59:0x18 60:0x16",
  );
  assertEquals(modelled, recorded.replace("60:0x16", "60:0x24"));
  const [early] = differing([{ at: 0, ec: "0x3c" }, ...exits.slice(1), end]);
  assert(early.recorded.startsWith("0:0x3c 1:0x18 "), early.recorded);
  assert(early.recorded.endsWith(" 23:0x18 (37 more)"), early.recorded);
});

/** Header fields, the model that it is replayed on, and what is noted or said. */
const CPUS: readonly [
  fields: Readonly<Record<string, unknown>>,
  model: string,
  note?: string,
][] = [
  [{ cpu: "EPYC (QEMU TCG)" }, "tcg"],
  [{ vendor: "intel", cpu: "Skylake (Bochs 2.7)" }, "bochs"],
  [
    { cpu: "AMD EPYC 7763 64-Core Processor" },
    "architecture",
    "AMD EPYC 7763 64-Core Processor has no hardware model of its own: replayed on architecture",
  ],
  [{ cpu: "EPYC (QEMU TCG)", model: "architecture" }, "architecture"],
];
for (const [fields, model, note] of CPUS) {
  Deno.test(`replay(): ${JSON.stringify(fields)} is replayed on ${model}`, () => {
    const header = { ...JSON.parse(x86Recording()), ...fields };
    const result = replay(JSON.stringify(header));
    assertEquals(result.model, model);
    assertEquals(result.notes, note === undefined ? [] : [note]);
  });
}

Deno.test("replay(): a hardware model of another vendor is a message", () => {
  const header = { ...JSON.parse(x86Recording()), vendor: "intel" };
  assertThrows(
    () => replay(JSON.stringify(header)),
    RecordingError,
    "the hardware model tcg has no vmx",
  );
});

Deno.test("recordingsIn(): several recordings of one text, each with its lines where they are", () => {
  const one = x86Recording({ op: "note", text: "a" }).trimEnd();
  const two = x86Recording({ op: "fly" }).trimEnd();
  const [first, second, ...more] = recordingsIn(`${one}\n${two}\n`);
  assertEquals(more, []);
  assertEquals(first.name, JSON.parse(one.split("\n")[0]).case);
  assertEquals(replay(first.text).steps, 1);
  const { line } = assertThrows(() => replay(second.text), RecordingError);
  assertEquals(line, 4);
  assertEquals(recordingsIn(one), [{ name: undefined, text: one }]);
});

Deno.test("replay(): a value that the exit of the model does not have is a difference", () => {
  const run = {
    op: "run",
    vcpu: 0,
    program: [],
    guest_exceptions: [],
    ret: 0,
    exit: "MMIO",
    at: 0,
    pc: "0x40080000",
    far: "0x1c5",
    kvm_exits: [{ at: 0, ec: "0x24" }],
  };
  assertEquals(shown(arm64Recording(run)), [["far", "0x1c5", "not there"]]);
});

Deno.test("replay(): a list of registers that has something else is a message", () => {
  const step = { op: "reg_list", vcpu: 0, ret: 0 };
  for (
    const [debug_regs, message] of [
      [[{}], "debug_regs has something that is no text: {}"],
      [["MDSCR_EL1", 1], "debug_regs has something that is no text: 1"],
      [{ a: "MDSCR_EL1" }, "debug_regs is not a list"],
    ] as const
  ) {
    assertThrows(
      () => replay(arm64Recording({ ...step, debug_regs })),
      RecordingError,
      message,
    );
  }
});
