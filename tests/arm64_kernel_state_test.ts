/**
 * What KVM and the host leave in the registers of arm64, step by step: small scripts, each with the values by hand.
 */
import { assertEquals } from "@std/assert";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { load } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import { runFile } from "../dsl/run/scenario.ts";
import { SERROR } from "../engine/arm64/hardware/interrupts.ts";
import { architecture, createMachine, type Machine } from "../engine/mod.ts";
import { idOf } from "./arm64_cpu.ts";

/** Runs a script. @returns the messages of what it expects in vain */
function failures(script: string): string[] {
  const loaded = load({ name: "state", text: script });
  if (!loaded.ok) return [renderDiagnostics(loaded.diagnostics)];
  return [...runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  })].flatMap((result) =>
    result.failures.map(({ diagnostic }) => diagnostic.message)
  );
}

const SCRIPTS: readonly (readonly [
  rule: string,
  what: string,
  script: string,
])[] = [
  [
    "arm64:A/10",
    "the host's breakpoint: HMC, BAS 0xf, PMC EL1, E; its watchpoint with BAS of its bytes, LSC and PAC EL1",
    `host break 0x7000
    host break 0xffff_8000_0000_7004
    host watch 0x9004 size=4 on=store
    host watch 0x9001 size=1 on=access
    expect cpu dbgbcr0 == 0x21e3
    expect cpu dbgbvr0 == 0x7000
    expect cpu dbgbcr1 == 0x21e3
    expect cpu dbgbvr1 == 0xffff_8000_0000_7004
    expect cpu dbgwcr0 == 0x3e13
    expect cpu dbgwvr0 == 0x9000
    expect cpu dbgwcr1 == 0x205b
    expect cpu dbgwvr1 == 0x9000
    host off
    for i in 0..1 {
      expect cpu dbgbcr[i] == 0
      expect cpu dbgwcr[i] == 0
    }
    # arm64:E/4: an address stays.
    expect cpu dbgbvr0 == 0x7000
    expect cpu dbgwvr1 == 0x9000`,
  ],
  [
    "arm64:E/4.1",
    "without VHE the host is at EL1, and its breakpoints have no HMC",
    `host vhe=0
    host break 0x7000
    host watch 0x9000 size=8
    expect cpu dbgbcr0 == 0x1e3
    expect cpu dbgwcr0 == 0x1ff3`,
  ],
  [
    "arm64:E/4.2",
    "MDE and KDE with the first of the host's breakpoints and watchpoints, and until the last is removed; not in the guest",
    `kernel linux-6.1
    host cpus=2
    host watch 0x9000 size=8
    expect cpu mdscr == 0xa000
    expect cpu@1 mdscr == 0
    host break 0x7000
    guest write mdscr ss=1
    guest isb
    run steps=1 stop=guest
    expect cpu mdscr == 1
    interrupt
    expect cpu mdscr == 0xa000
    put
    host off
    expect cpu mdscr == 0`,
  ],
  [
    "arm64:F14",
    "the host's breakpoint while the guest's are in the CPU: an interrupt makes the guest leave, and an entry loads its own",
    `kernel linux-6.1
    host model=cortex-a57
    guest write dbgbvr0 0x1000
    guest write mdscr mde=1
    run stop=guest
    host break 0x7000
    host watch 0x9000 size=8 on=access
    expect cpu dbgbvr0 == 0x7000
    # The model has no VHE.
    expect cpu dbgbcr0 == 0x1e3
    expect cpu dbgwcr0 == 0x1ffb
    expect cpu mdscr == 0xa000
    expect user dbgbvr0 == 0x1000
    run stop=guest
    expect cpu dbgbvr0 == 0x1000
    expect cpu dbgwcr0 == 0
    host off
    for i in 0..3 {
      expect cpu dbgbcr[i] == 0
      expect cpu dbgwcr[i] == 0
    }`,
  ],
  [
    "arm64:E/1.8",
    "MDCCINT_EL1 goes in and out with the set",
    `kernel linux-6.1
    host model=neoverse-n1
    guest write mdccint rx=1
    guest write mdscr mde=1
    run stop=guest
    expect cpu mdccint == 0x4000_0000
    interrupt
    put
    expect cpu mdccint == 0
    expect user mdccint == 0x4000_0000`,
  ],
  [
    "arm64:C8",
    "a read leaves DIRTY alone, a write sets it",
    `kernel bennee-v2
    host model=cortex-a57
    guest read dbgbvr0
    run
    expect kvm dirty == 0
    guest write dbgbvr0 0x1000
    run attempts=1
    expect kvm dirty == 1`,
  ],
  [
    "arm64:C4",
    "a write of MDSCR_EL1 that is redirected leaves DIRTY alone",
    `kernel bennee-v2
    host model=cortex-a57
    guest write mdscr tdcc=1
    user debug step
    run attempts=1
    expect kvm dirty == 0
    expect kvm saved_mdscr_el1 == 0x1000`,
  ],
  [
    "arm64:A/1",
    "two guests of bare machines, on two CPUs in turn: each has its own registers",
    `kernel bare
    host cpus=2
    set vcpus=2
    expect guest pstate == 0x3c5
    expect guest id_aa64dfr0 == 0x1030_5609
    guest write contextidr 0x11
    guest write osdtrrx 0x12
    guest write dbgclaimset 0x5
    guest write mdscr kde=1
    guest write dbgwvr3 0x7_0000_1000
    guest@1 write contextidr 0x21
    guest@1 write osdtrrx 0x22
    guest@1 write dbgwvr3 0x8_0000_1000
    run cpu=0
    run @1 cpu=1
    for i in 0..3 {
      guest exec 0x5000
      guest@1 exec 0x5000
      run cpu=i % 2
      run @1 cpu=(i + 1) % 2
      expect guest contextidr == 0x11
      expect guest osdtrrx == 0x12
      expect guest dbgclaimclr == 0x5
      expect guest mdscr == 0x2000
      expect guest dbgwvr3 == 0x7_0000_1000
      expect guest@1 contextidr == 0x21
      expect guest@1 osdtrrx == 0x22
      expect guest@1 dbgclaimclr == 0
      expect guest@1 mdscr == 0
      expect guest@1 dbgwvr3 == 0x8_0000_1000
    }
    set brps=4 wrps=2
    expect guest id_aa64dfr0 == 0x1010_3609
    expect guest dbgbvr3 == 0
    guest read dbgwvr1
    guest read dbgbvr4
    guest read dbgwvr2
    run
    expect exceptions undef, undef`,
  ],
  [
    "arm64:B15",
    "a debug exit after others",
    `kernel linux-6.1
    guest store 0x10000000
    guest exec 0x40080004
    guest rmw 0x10000000
    run
    expect exit mmio
    user debug step
    run
    expect exit debug
    run
    expect exit debug
    user debug off
    run
    expect exit error
    user debug step
    user set pc 0x40080004
    run
    expect exit debug`,
  ],
  [
    "arm64:C6",
    "while userspace has breakpoints, every access of the guest's traps",
    `kernel bennee-v2
    host model=cortex-a57
    guest write mdscr mde=1
    guest write dbgbvr0 0x1000
    run
    expect traps == 1
    user debug break 0x7000
    guest write dbgbvr0 0x2000
    guest read dbgbvr0 as back
    run
    expect traps == 2
    expect back == 0x2000`,
  ],
  [
    "arm64:C2",
    "userspace's breakpoint fires, and traps the guest's accesses also where the set was dirty already",
    `kernel bennee-v2
    host model=cortex-a57
    guest write dbgbvr0 0x1000
    guest read dbgbvr0 as back
    guest exec 0x7000
    run attempts=1
    expect kvm dirty == 1
    user debug break 0x7000
    run
    expect exit debug pc=0x7000
    expect traps == 1
    expect back == 0x1000`,
  ],
  [
    "arm64:B12",
    "while userspace has breakpoints, debug_ptr is its set, and the guest's registers stay in theirs",
    `kernel linux-6.1
    host model=cortex-a57
    guest write dbgbvr0 0x7_0000_1000
    user debug break 0x8_0000_2000
    run stop=guest
    expect kvm debug_ptr == 1
    expect cpu dbgbvr0 == 0x8_0000_2000
    expect kvm stored_dbgbvr0 == 0x7_0000_1000
    expect kvm external_dbgbvr0 == 0x8_0000_2000
    user debug off
    run stop=guest
    expect kvm debug_ptr == 0`,
  ],
  [
    "arm64:E/1.8",
    "the first access traps, further ones do not",
    `kernel linux-6.1
    host model=cortex-a57
    for i in 0..3 {
      guest write dbgbvr[i] 0x1000
      guest read dbgbvr[i]
    }
    run
    expect traps == 1`,
  ],
  [
    "arm64:A/6",
    "both words of an ID register of a bare machine",
    `kernel bare
    host model=neoverse-n1
    expect guest id_aa64dfr0 == 0x1_1030_5408
    expect guest id_dfr0 == 0x401_0088`,
  ],
  [
    "arm64:B7",
    "a debugger goes on after the registers that a raw call has set",
    `kernel linux-6.1
    user debug raw control=0x20001 dbgbvr2=0x1000 dbgbcr2=0x1e7 dbgwcr1=0x1fff
    user debug break 0x5000
    user debug watch 0x8000 size=8
    expect kvm external_dbgbvr3 == 0x5000
    expect kvm external_dbgbcr3 == 0x1e7
    expect kvm external_dbgwvr2 == 0x8000
    expect kvm external_dbgbvr2 == 0x1000
    expect kvm guest_debug == 0x20001
    user debug raw control=0x2
    expect kvm guest_debug == 0
    user debug off
    user debug break 0x6000
    expect kvm external_dbgbvr0 == 0x6000
    expect kvm external_dbgbvr3 == 0`,
  ],
  [
    "arm64:E/1.29",
    "the hw view: what an entry would load, of each register",
    `kernel linux-6.1
    host model=neoverse-n1
    guest write mdscr tdcc=1
    guest write mdccint rx=1
    guest write contextidr 0x77
    guest write dbgwvr3 0x7_0000_1000
    run
    expect hw mdscr == 0x1000
    expect hw mdccint == 0x4000_0000
    expect hw contextidr == 0x77
    expect hw dbgwvr3 == 0x7_0000_1000
    expect cpu mdscr == 0
    user debug break 0x8_0000_2000
    expect hw mdscr == 0x9000
    expect hw dbgbvr0 == 0x8_0000_2000
    expect hw dbgwvr3 == 0
    expect guest dbgwvr3 == 0x7_0000_1000`,
  ],
  [
    "arm64:A/5",
    "the largest watchpoint of a debugger: MASK 31, BAS all ones",
    `kernel linux-6.1
    user debug watch 0x8000_0000 size=0x8000_0000 on=access
    expect kvm external_dbgwcr0 == 0x1f00_1fff
    expect kvm external_dbgwvr0 == 0x8000_0000`,
  ],
  [
    "arm64:E/1.13",
    "both words of ID_AA64DFR0_EL1: PMSVer is shown until 5.13, PMUVer until 5.11",
    `kernel linux-5.4.1
    host model=neoverse-n1
    expect user id_aa64dfr0 == 0x1_1030_5408 on linux-5.4.1
    expect user id_aa64dfr0 == 0x1030_5008 on linux-7.2
    expect user id_dfr0 == 0x401_0088 on linux-5.4.1`,
  ],
  [
    "arm64:F23",
    "a step exit that KVM makes up, after the access that userspace emulated",
    `kernel linux-4.20
    guest store 0x10000000
    guest exec 0x40080004
    run
    expect exit mmio
    user debug step
    run
    expect exit debug ec=0x32 hsr=0xc800_0000 pc=0x40080004`,
  ],
  [
    "arm64:E/2.6",
    "userspace stops stepping while its step is pending: the next one begins anew",
    `kernel linux-6.18
    for i in 0..4 {
      guest exec 0x40080000 + 4 * i
    }
    user debug step
    run steps=1 stop=guest
    interrupt
    put
    # The guest's own PSTATE.SS is 0, which is 2; the host's step is pending, which is 1.
    expect kvm active_pending == 3
    user debug off
    expect kvm active_pending == 2
    user debug step
    run
    expect exit debug ec=0x32 pc=0x40080008`,
  ],
  [
    "arm64:E/1.30",
    "a reset of registers, with what they were",
    `kernel linux-6.1
    user set dbgbvr3 0x7_0000_1000
    user set oslsr 0xa
    user init
    expect user dbgbvr3 == 0
    expect user oslsr == 0x8
    expect user pstate == 0x3c5`,
  ],
];

for (const [rule, what, script] of SCRIPTS) {
  Deno.test(`${rule} ${what}`, () => assertEquals(failures(script), []));
}

function machine(profile: string): Machine {
  return createMachine(
    architecture("arm64")!,
    { profile, vendor: undefined, options: {} },
    { counts: {}, model: undefined, unpredictable: undefined },
  );
}

Deno.test("arm64:B5 a raw KVM_SET_GUEST_DEBUG without ENABLE: the debugger has asked for nothing but its registers", () => {
  const m = machine("linux-6.1");
  const set = (control: number) => {
    m.setGuestDebug(0, {
      control,
      inject: undefined,
      blockirq: false,
      registers: [
        { register: idOf("dbgbcr2"), value: 0x1e7n },
        { register: idOf("dbgwvr3"), value: 0x7_0000_1000n },
      ],
    });
    return m.debuggerState(0);
  };
  for (const [control, kept] of [[0x2, 0], [0, 0], [0x2_0001, 0x2_0001]]) {
    const state = set(control);
    assertEquals(state, {
      control: kept,
      inject: undefined,
      blockirq: false,
      registers: [
        { register: idOf("dbgbcr2"), value: 0x1e7n },
        { register: idOf("dbgwvr3"), value: 0x7_0000_1000n },
      ],
    });
  }
});

/** Bytes that a watchpoint can be asked for: up to 8 by BAS, above by MASK, which is 31 at most. */
Deno.test("arm64:A/9 sizes of watchpoints, of userspace's and of the host's", () => {
  const accepted = (script: (size: number) => string, sizes: number[]) =>
    sizes.filter((size) => load({ name: "size", text: script(size) }).ok);
  const small = Array.from({ length: 33 }, (_, size) => size);
  const large = [0x1_0000, 0x4000_0000, 0x8000_0000, 0x1_0000_0000];
  assertEquals(
    accepted((size) => `user debug watch 0x8000_0000 size=${size}`, [
      ...small,
      ...large,
    ]),
    [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 0x1_0000, 0x4000_0000, 0x8000_0000],
  );
  assertEquals(
    accepted((size) => `host watch 0x8000_0000 size=${size}`, [
      ...small,
      ...large,
    ]),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
});

Deno.test("arm64:D14 the map of numbers: with a renumbering there is a breakpoint to which invalid links go", () => {
  const m = machine("watanabe-v7");
  assertEquals(m.numberMap(0), {
    physical: [0, 1, 2, 3, 4, 5],
    guestCount: 6,
    guestContextFrom: 4,
    hostCount: 6,
    hostContextFrom: 4,
    guestWatchpoints: 4,
    hostWatchpoints: 4,
    emulated: false,
    sink: undefined,
  });
  m.set({ brps: 4, ctx: 2, wrps: 3 });
  assertEquals(m.numberMap(0), {
    physical: [0, 1, 4, 5],
    guestCount: 4,
    guestContextFrom: 2,
    hostCount: 6,
    hostContextFrom: 4,
    guestWatchpoints: 3,
    hostWatchpoints: 4,
    emulated: true,
    sink: 3,
  });
});

Deno.test("arm64:E/5.1 what userspace saves is what it restores, of both words", () => {
  for (const kernel of ["linux-4.9", "linux-5.4.1", "linux-6.1", "linux-7.2"]) {
    const m = machine(kernel);
    const values: readonly (readonly [string, bigint])[] = [
      ["dbgbvr0", 0xffff_8000_0000_1000n],
      ["dbgbcr0", 0x1e7n],
      ["dbgwvr0", 0x7_0000_2000n],
      ["dbgwcr0", 0x1fffn],
      ["mdscr", 0x8000n],
      ["mdccint", 0x4000_0000n],
      ["contextidr", 0x8765_4321n],
      ["dbgvcr32", 0x11n],
      ["pstate", 0x8000_01c5n],
    ];
    for (const [name, value] of values) m.userSet(0, idOf(name), value, name);
    m.userEvent(0, 33, "");
    m.userEvent(0, 63, "");
    const pending = kernel === "linux-7.2" || kernel === "linux-6.1";
    if (pending) m.userEvent(0, SERROR, "");
    m.vm.save("a", "qemu");
    for (const [name] of values) m.userSet(0, idOf(name), 0n, name);
    assertEquals(m.vm.restore("a", {}).result, 0, kernel);
    for (const [name, value] of values) {
      assertEquals(m.userGet(0, idOf(name), name).value, value, name);
    }
    const spis = { kind: "value", value: 0x8000_0002n } as const;
    assertEquals(m.kvmView(0, "pending_spis"), spis);
    const serror = { kind: "value", value: pending ? 1n : 0n } as const;
    assertEquals(m.kvmView(0, "serror_pending"), serror);
  }
});
