/**
 * The unit tests of the real kernel, as scenarios: the guest debugs itself. Rules x86:G/2.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  hex,
  memory,
  nop,
  plain,
  popf,
  read,
  type Step,
  write,
  writeBit,
  X86Machine,
} from "./x86_machine.ts";

const V = 0x8_0000n;
const START = 0x11_0000n;

/** Both vendors of both mainline kernels. */
const MACHINES = ["linux-6.1", "linux-7.2"].flatMap((profile) =>
  ["vmx", "svm"].map((vendor) => ({ profile, vendor }))
);

function each(
  name: string,
  test: (m: X86Machine, vendor: string) => void,
): void {
  for (const { profile, vendor } of MACHINES) {
    Deno.test(`x86:G/2 ${name} (${profile} ${vendor})`, () =>
      test(new X86Machine(profile, { vendor }), vendor));
  }
}

each("U1: DR4 is DR6 with CR4.DE=0", (m) => {
  m.does(write("dr4", 0n), write("dr6", 0xffff_4ff2n), read("dr4", "x"));
  assertEquals(m.got("x"), "0xffff4ff2");
  assertEquals(m.exceptions(), []);
});

each("U2: DR4 is undefined with CR4.DE=1", (m) => {
  m.does(writeBit("cr4", 8, true), read("dr4", "x"), read("dr5", "y"));
  assertEquals([m.got("x"), m.got("y")], ["undef", "undef"]);
  assertEquals(m.exceptions().map(({ vector }) => vector), [6, 6]);
  assertEquals(m.view("guest", "dr4"), "undef");
});

each("U3: an execute breakpoint faults once", (m) => {
  m.does(write("dr2", 0x5000n), write("dr7", 0x420n), nop(0x5000n), nop());
  assertEquals(m.exceptions(), [{
    vector: 1,
    rip: 0x5000n,
    dr6: 0xffff_0ff4n,
  }]);
});

each("U4: B1 is replaced, BS stays", (m) => {
  m.does(
    write("dr6", 0x4002n),
    write("dr2", 0x5000n),
    write("dr7", 0x420n),
    nop(0x5000n),
  );
  assertEquals(m.dbs(), ["0xffff4ff4"]);
});

each("U5: TF traps after each instruction, one later", (m) => {
  m.does(popf(true), nop(), nop(), popf(false), nop());
  const rips = m.exceptions().map(({ rip }) => rip - START);
  assertEquals(rips, [2n, 3n, 4n]);
  assertEquals(m.dbs(), ["0xffff4ff0", "0xffff4ff0", "0xffff4ff0"]);
});

each("U6: TF traps after what KVM finishes too", (m) => {
  m.does(popf(true), nop(), plain("cpuid"), nop(), popf(false), nop());
  assertEquals(m.exceptions().map(({ rip }) => rip - START), [2n, 4n, 5n, 6n]);
  assertEquals(new Set(m.dbs()), new Set(["0xffff4ff0"]));
});

each("U8: MOV SS holds the step for one instruction", (m) => {
  m.does(popf(true), plain("movss"), nop(), popf(false), nop());
  assertEquals(m.exceptions().map(({ rip }) => rip - START), [4n, 5n]);
});

each("U9: TF, MOV SS, ICEBP, ICEBP, then steps", (m) => {
  m.does(
    popf(true),
    plain("movss"),
    plain("icebp"),
    plain("icebp"),
    nop(),
    nop(),
    popf(false),
    nop(),
  );
  assertEquals(m.dbs(), [
    "0xffff0ff0",
    "0xffff0ff0",
    "0xffff4ff0",
    "0xffff4ff0",
    "0xffff4ff0",
  ]);
  assertEquals(m.exceptions().slice(0, 2).map(({ rip }) => rip - START), [
    4n,
    5n,
  ]);
});

each("U10: general detect under TF in the shadow of MOV SS", (m) => {
  m.does(
    write("dr7", 0x2400n),
    popf(true),
    plain("movss"),
    write("dr6", 0n),
    popf(false),
    read("dr7", "dr7"),
  );
  assertEquals(m.dbs()[0], "0xffff2ff0");
  assertEquals(m.exceptions()[0].rip - START, 6n);
  assertEquals(m.exceptions()[1].rip - START, 9n);
  assertEquals(m.got("dr7"), "0x400");
  assertEquals(m.count("warn"), 0); // x86:D23, x86:F14
});

each("U12: a watchpoint, BS set before", (m) => {
  m.does(
    write("dr1", V),
    write("dr6", 0x4000n),
    write("dr7", 0x00d0_040an),
    memory("store", V),
    nop(),
  );
  assertEquals(m.dbs(), ["0xffff4ff2"]);
});

each("U13: a watchpoint, DR6 clear before", (m) => {
  m.does(
    write("dr1", V),
    write("dr6", 0n),
    write("dr7", 0x00d0_040an),
    memory("store", V),
    nop(),
  );
  assertEquals(m.dbs(), ["0xffff0ff2"]);
});

each(
  "U14: ICEBP changes no bit but, on Intel, clears B0 to B3",
  (m, vendor) => {
    m.does(write("dr6", 3n), plain("icebp"), nop());
    assertEquals(m.dbs(), [vendor === "vmx" ? "0xffff0ff0" : "0xffff0ff3"]);
    assertEquals(m.exceptions()[0].rip - START, 4n);
  },
);

/** MOV SS from a watched variable, then an instruction in its shadow. */
function movSsThen(m: X86Machine, then: Step): number[] {
  m.does(
    write("dr1", V),
    write("dr7", 0x00f0_0408n),
    { op: "movss", lo: Number(V), sizeBytes: 2, lengthBytes: 2 },
    then,
    nop(),
  );
  return m.exceptions().map(({ vector }) => vector);
}

each("MOV SS: a register as its source is no access of address 0", (m) => {
  const fromMemory: Step = { op: "movss", lo: 0, sizeBytes: 2, lengthBytes: 2 };
  m.does(write("dr0", 0n), write("dr7", 0x3_0402n), plain("movss"), nop());
  assertEquals(m.dbs(), []);
  m.does(fromMemory, nop());
  assertEquals(m.dbs(), ["0xffff0ff1"]);
});

each("U15: a watchpoint by MOV SS, then ICEBP: one #DB", (m) => {
  assertEquals(movSsThen(m, plain("icebp")), [1]);
});

each("U16: a watchpoint by MOV SS, then INT 1: two #DBs", (m) => {
  assertEquals(movSsThen(m, plain("int1")), [1, 1]);
});

each("U17: a watchpoint by MOV SS, then INT3: one #DB, one #BP", (m) => {
  const vectors = movSsThen(m, plain("int3"));
  assertEquals(vectors.toSorted((a, b) => a - b), [1, 3]);
  const bp = m.exceptions().find(({ vector }) => vector === 3)!;
  assertEquals(bp.rip - START, 9n);
});

each("U19: an execute breakpoint after MOV SS: none on Intel", (m, vendor) => {
  const at = START + 8n;
  m.does(
    write("dr0", at),
    write("dr7", 0x402n),
    plain("movss"),
    nop(),
    nop(),
  );
  assertEquals(
    m.exceptions().map(({ rip }) => hex(rip)),
    vendor === "vmx" ? [] : [hex(at)],
  );
});

each("U20: DR6 := 0 reads with the guest's features missing", (m) => {
  const reads = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([rtm, bld]) => {
    m.machine.set({ rtm, bld });
    m.does(write("dr6", 0n), read("dr6", "x"));
    return m.got("x");
  });
  assertEquals(reads, ["0xffff0ff0", "0xfffe0ff0", "0xfffe07f0", "0xffff07f0"]);
});

each(
  "A4: a step, a watchpoint and the next execute breakpoint are one #DB",
  (m) => {
    const next = START + 3n * 3n + 1n + 7n;
    m.does(
      write("dr0", V),
      write("dr1", next),
      write("dr7", 0x000d_0406n | 2n << 2n),
      popf(true),
      memory("store", V),
      popf(false),
      nop(),
    );
    assertEquals(m.dbs()[0], "0xffff4ff3");
  },
);

each("D26: an emulated store hits no watchpoint", (m) => {
  const device = 0xc0_0000n;
  m.program(
    0,
    write("dr0", device),
    write("dr7", 0x000d_0402n),
    memory("store", device, 4, true),
    nop(),
  );
  assertEquals(m.run().exit, "mmio");
  m.run();
  assertEquals(m.exceptions(), []);
});

each("D.6: CPL 3 gets #GP(0) with rip kept", (m) => {
  m.does(read("dr6", "x", 3), write("dr7", 0x402n, 3), nop());
  assertEquals(
    m.exceptions().map(({ vector, rip }) => [vector, rip - START]),
    [[13, 0n], [13, 3n]],
  );
});

each(
  "A5: #UD, then #GP for the level, then #DB, then #GP for the value",
  (m) => {
    m.does(
      writeBit("cr4", 8, true),
      write("dr7", 0x2400n),
      write("dr5", 1n << 32n, 3),
      write("dr7", 1n << 32n, 3),
      write("dr7", 1n << 32n),
      nop(),
    );
    assertEquals(m.exceptions().map(({ vector }) => vector), [6, 13, 1, 13]);
  },
);
