/** Bits and numbers of the x86 model, by the manuals and the kernel's headers. */
import { assert, assertEquals } from "@std/assert";
import type { Layout } from "../engine/layout.ts";
import * as blocks from "../engine/x86/blocks.ts";
import { UNMET } from "../engine/x86/hardware/unmet.ts";
import {
  DR6_BITS as KVM_DR6,
  DR7_VOLATILE,
  SWITCH,
} from "../engine/x86/kvm/constants.ts";
import { GUESTDBG } from "../engine/x86/kvm/guest_debug_flags.ts";
import { DEBUGCTL, DEBUGCTL_BITS } from "../engine/x86/registers/debugctl.ts";
import { DR6, DR6_BITS } from "../engine/x86/registers/dr6.ts";
import {
  BREAK_LENGTH,
  BREAK_ON,
  DR7,
  DR7_BITS,
  RW,
  slotEnabled,
  slotNibble,
} from "../engine/x86/registers/dr7.ts";
import { CR4, CR4_DE, FLAGS, RFLAGS } from "../engine/x86/registers/rflags.ts";
import { REG, SLOTS } from "../engine/x86/registers/ids.ts";
import { X86_REGISTERS } from "../engine/x86/registers/table.ts";
import {
  EVENT_BITS,
  EVENT_SHIFT,
  PAYLOAD_MASK,
  PAYLOAD_SHIFT,
  VCPU_EVENTS,
} from "../engine/x86/registers/vcpu_events.ts";

/** A word with these bits. */
function bits(...numbers: readonly number[]): number {
  return numbers.reduce((word, n) => word | 1 << n, 0);
}

/** From one bit to another, both included. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}

/** Intel SDM vol. 1 3.4.3, vol. 3A 2.5, vol. 3B 17.2; AMD APM vol. 2 13.1. */
Deno.test("x86 bits: RFLAGS, CR4.DE, DR6, DR7 and DEBUGCTL", () => {
  assertEquals<Record<string, number>>({ ...FLAGS, CR4_DE }, {
    FIXED: bits(1),
    TF: bits(8),
    IF: bits(9),
    IOPL: bits(12, 13),
    NT: bits(14),
    RF: bits(16),
    VM: bits(17),
    // R11 & 3C7FD7H: vol. 2B, SYSRET.
    SYSRET: bits(0, 1, 2, 4, ...range(6, 14), ...range(18, 21)),
    CR4_DE: bits(3),
  });
  assertEquals<Record<string, number>>(DR6_BITS, {
    TRAPS: bits(0, 1, 2, 3),
    BLD: bits(11),
    ENABLED_BP: bits(12),
    BD: bits(13),
    BS: bits(14),
    BT: bits(15),
    RTM: bits(16),
    RESET: bits(...range(4, 11), ...range(16, 31)),
    WRITABLE: bits(0, 1, 2, 3, 13, 14, 15),
  });
  assertEquals<Record<string, number>>(DR7_BITS, {
    ENABLES: bits(...range(0, 7)),
    GLOBAL: bits(1, 3, 5, 7),
    GE: bits(9),
    FIXED: bits(10),
    RTM: bits(11),
    GD: bits(13),
    LOCAL: bits(0, 2, 4, 6, 8),
    RESERVED: bits(12, 14, 15),
  });
  assertEquals<Record<string, number>>(DEBUGCTL_BITS, {
    LBR: bits(0),
    BTF: bits(1),
    BLD: bits(2),
    PINS: bits(2, 3, 4, 5),
    FREEZE_IN_SMM: bits(14),
    RTM: bits(15),
  });
});

/** Where each field of a layout is, bits that are reserved left out. */
function fieldsOf(layout: Layout): Record<string, string> {
  return Object.fromEntries(
    layout.fields.map(({ name, hi, lo }) => [
      name,
      hi === lo ? `${lo}` : `${hi}:${lo}`,
    ]),
  );
}

Deno.test("x86 bits: the fields of the registers", () => {
  const slots = range(0, 3).flatMap((n) => [
    [`LEN${n}`, `${19 + 4 * n}:${18 + 4 * n}`],
    [`RW${n}`, `${17 + 4 * n}:${16 + 4 * n}`],
    [`G${n}`, `${2 * n + 1}`],
    [`L${n}`, `${2 * n}`],
  ]);
  assertEquals(fieldsOf(DR7), {
    ...Object.fromEntries(slots),
    ...{ GD: "13", RTM: "11", GE: "9", LE: "8" },
  });
  assertEquals(fieldsOf(DR6), {
    ...{ RTM: "16", BT: "15", BS: "14", BD: "13", BLD: "11" },
    ...{ B3: "3", B2: "2", B1: "1", B0: "0" },
  });
  assertEquals(fieldsOf(RFLAGS), {
    ...{ ID: "21", VIP: "20", VIF: "19", AC: "18", VM: "17", RF: "16" },
    ...{ NT: "14", IOPL: "13:12", OF: "11", DF: "10", IF: "9", TF: "8" },
    ...{ SF: "7", ZF: "6", AF: "4", PF: "2", CF: "0" },
  });
  assertEquals(fieldsOf(CR4), { HIGH: "31:4", DE: "3", LOW: "2:0" });
  assertEquals(fieldsOf(DEBUGCTL), {
    ...{ RTM: "15", FREEZE_IN_SMM: "14", ENABLE_UNCORE_PMI: "13" },
    ...{ FREEZE_PERFMON_ON_PMI: "12", FREEZE_LBRS_ON_PMI: "11" },
    ...{ BTS_OFF_USR: "10", BTS_OFF_OS: "9", BTINT: "8", BTS: "7" },
    ...{ TR: "6", PB: "5:3", BLD: "2", BTF: "1", LBR: "0" },
  });
});

Deno.test("x86 bits: RWn and the nibble of each slot, and what enables it", () => {
  // LEN3 is 8 bytes, RW3 any access; LEN2 1 byte, RW2 I/O; LEN1 2 bytes, RW1 write; slot 0 executes.
  const dr7 = 0xb25_0 << 16 | 0;
  assertEquals(range(0, 3).map((n) => slotNibble(dr7, n)), [0, 5, 2, 0xb]);
  assertEquals<Record<string, number>>(RW, {
    execute: 0b00,
    write: 0b01,
    io: 0b10,
    access: 0b11,
  });
  assertEquals<Record<string, bigint>>(BREAK_ON, {
    execute: 0b00n,
    write: 0b01n,
    io: 0b10n,
    access: 0b11n,
  });
  assertEquals<Record<string, bigint>>(BREAK_LENGTH, {
    bytes1: 0b00n,
    bytes2: 0b01n,
    bytes8: 0b10n,
    bytes4: 0b11n,
  });
  for (const n of range(0, 7)) {
    assertEquals(
      range(0, 3).filter((slot) => slotEnabled(1 << n, slot)),
      [Math.floor(n / 2)],
    );
  }
  assertEquals(range(0, 3).filter((slot) => slotEnabled(~0xff, slot)), []);
});

Deno.test("x86 bits: those of KVM_GET_VCPU_EVENTS are the layout's", () => {
  const mask = (name: Parameters<typeof VCPU_EVENTS.get>[1]) =>
    Number(BigInt.asIntN(64, VCPU_EVENTS.with(0n, { [name]: 1n })));
  assertEquals<Record<string, number>>(EVENT_BITS, {
    injected: mask("EXCEPTION_INJECTED"),
    pending: mask("EXCEPTION_PENDING"),
    hasErrorCode: mask("EXCEPTION_HAS_ERROR_CODE"),
    hasPayload: mask("EXCEPTION_HAS_PAYLOAD"),
    interruptInjected: mask("INTERRUPT_INJECTED"),
    nmiInjected: mask("NMI_INJECTED"),
    nmiMasked: mask("NMI_MASKED"),
    validNmiPending: mask("VALID_NMI_PENDING"),
    validSipiVector: mask("VALID_SIPI_VECTOR"),
    validShadow: mask("VALID_SHADOW"),
    validSmm: mask("VALID_SMM"),
    validPayload: mask("VALID_PAYLOAD"),
    validTripleFault: mask("VALID_TRIPLE_FAULT"),
  });
  assertEquals(
    [
      1 << EVENT_SHIFT.shadow,
      1 << EVENT_SHIFT.nmis,
      1 << EVENT_SHIFT.vector,
      2 ** (32 + PAYLOAD_SHIFT),
    ],
    [
      mask("INTERRUPT_SHADOW"),
      mask("NMI_PENDING"),
      mask("EXCEPTION_NR"),
      mask("EXCEPTION_PAYLOAD"),
    ],
  );
  assertEquals(PAYLOAD_MASK, bits(...range(0, 16)));
});

/** arch/x86/include/uapi/asm/kvm.h, include/uapi/linux/kvm.h, arch/x86/include/asm/kvm_host.h. */
Deno.test("x86 bits: KVM's flags and masks", () => {
  assertEquals<Record<string, number>>(GUESTDBG, {
    ENABLE: 0x1,
    SINGLESTEP: 0x2,
    USE_SW_BP: 0x1_0000,
    USE_HW_BP: 0x2_0000,
    INJECT_DB: 0x4_0000,
    INJECT_BP: 0x8_0000,
    BLOCKIRQ: 0x10_0000,
  });
  assertEquals<Record<string, number>>(SWITCH, {
    BP_ENABLED: 1,
    WONT_EXIT: 2,
    RELOAD: 4,
  });
  // DR7_VOLATILE, without bit 11 until RTM; DR6_VOLATILE and DR6_FIXED_1.
  assertEquals<Record<string, number>>(DR7_VOLATILE, {
    from2008: 0xffff_23ff | 0,
    from2014: 0xffff_2bff | 0,
  });
  assertEquals<Record<string, Record<string, number>>>(KVM_DR6, {
    from2008: { volatile: 0xe00f, fixed: 0xffff_0ff0 | 0 },
    from2014: { volatile: 0x1_e00f, fixed: 0xfffe_0ff0 | 0 },
    from2021: { volatile: 0x1_e80f, fixed: 0xfffe_07f0 | 0 },
  });
});

Deno.test("x86 numbers: vectors and shadows are the architecture's and KVM's, all others count from 0", () => {
  assertEquals<Record<string, number>>(blocks.VECTOR, {
    ...{ DB: 1, NMI: 2, BP: 3, UD: 6, GP: 13 },
  });
  // The first 32 vectors are exceptions. Intel SDM vol. 3A 6.2.
  assertEquals(
    [1, 2, 31, 32, 255].map((vector) => blocks.isEvent(vector)),
    [false, true, false, true, true],
  );
  assertEquals<Record<string, number>>(blocks.SHADOW, {
    ...{ none: 0, movSs: 1, sti: 2 },
  });
  const { EXIT, USER_EXIT, COMPLETION, STOPPED } = blocks;
  for (const numbers of [EXIT, USER_EXIT, COMPLETION, STOPPED, UNMET]) {
    const values = Object.values(numbers);
    assertEquals(values, range(0, values.length - 1));
  }
  const names = Object.keys(EXIT).map((name) =>
    name === "gaveUp" ? "io" : name.replaceAll(/[A-Z]/g, "-$&").toLowerCase()
  );
  assertEquals<readonly string[]>(blocks.EXIT_NAMES, names);
});

Deno.test("x86 numbers: no two flags of the events share a bit, nor the parts of a payload and of the last event", () => {
  const { oneNmi, ...flags } = blocks.EVENTS;
  assertEquals([oneNmi, flags.nmis, flags.vector], [0x100, 0x300, 0xff]);
  const { interruptShift, ...last } = blocks.LAST_EVENT;
  assertEquals(last.interrupt >>> interruptShift, 0xff);
  assertEquals(last.exception, 0xff);
  for (const words of [Object.values(flags), Object.values(last)]) {
    const [all, sum] = [
      words.reduce<number>((a, b) => a | b, 0),
      words.reduce<number>((a, b) => a + b, 0),
    ];
    assertEquals(all, sum);
  }
  // KVM's payloads have bit 12 for an enabled breakpoint, which is no bit of DR6.
  assertEquals(blocks.HELD, DR6_BITS.ENABLED_BP);
  assert((blocks.ICEBP & PAYLOAD_MASK) === 0);
});

Deno.test("x86 registers: a debug register's number is its own, and the others follow", () => {
  assertEquals<Record<string, number>>(REG, {
    ...Object.fromEntries(range(0, 7).map((n) => [`DR${n}`, n])),
    ...{ RFLAGS: 8, CR4: 9, DEBUGREGS: 10, VCPU_EVENTS: 11, DEBUGCTL: 12 },
  });
  assertEquals(SLOTS, 4);
});

Deno.test("x86 registers: which userspace has, which are the CPU's, and their reset values", () => {
  const rows = X86_REGISTERS.all.map((info) => [
    info.name,
    [
      info.userspace && "userspace",
      info.fieldwise && "fieldwise",
      info.physical && "physical",
      info.userOnly && "userOnly",
      info.isMsr && "msr",
    ].filter(Boolean).join(" "),
    info.reset,
  ]);
  assertEquals(rows, [
    ...range(0, 3).map((n) => [`DR${n}`, "userspace physical", 0n]),
    ["DR4", "", 0xffff_0ff0n],
    ["DR5", "", 0x400n],
    ["DR6", "userspace physical", 0xffff_0ff0n],
    ["DR7", "userspace physical", 0x400n],
    ["RFLAGS", "userspace fieldwise", 2n],
    ["CR4", "userspace fieldwise", 0n],
    ["DEBUGREGS", "userspace userOnly", 0n],
    ["VCPU_EVENTS", "userspace userOnly", 0n],
    ["DEBUGCTL", "userspace physical msr", 0n],
  ]);
});
