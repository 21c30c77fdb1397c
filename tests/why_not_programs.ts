/**
 * Programs in which everything matches, and the ways to spoil each so that one condition is not met.
 *
 * A data table: it may be longer than other files.
 *
 * @module
 */

/** A program in which everything matches, and the ways to spoil it. */
export interface Sound {
  readonly name: string;
  readonly script: string;
  readonly question: string;
  /** Text of the script, its replacement, and the condition that is then named. */
  readonly spoils: readonly [from: string, to: string, condition: string][];
}

/** A breakpoint that fires at its last instruction. */
export const ARM64_BREAKPOINT = `
  arch arm64; kernel linux-6.1
  guest handler stop
  guest write dbgbvr0 0x40090000
  guest write dbgbcr0 bas=0xf pmc=el1 e=1
  guest write mdscr mde=1 kde=1
  guest write pstate d=0
  guest exec 0x40090000
  run`;

const ARM64_LINKED = `
  arch arm64; kernel linux-6.1
  guest handler stop
  guest write contextidr_el1 0x7
  guest write dbgbvr5 0x7
  guest write dbgbcr5 bt=linked-context bas=0xf e=1
  guest write dbgbvr0 0x40090000
  guest write dbgbcr0 bt=linked-address lbn=5 bas=0xf pmc=el1 e=1
  guest write mdscr mde=1 kde=1
  guest write pstate d=0
  guest exec 0x40090000
  run`;

const ARM64_CONTEXT = `
  arch arm64; kernel linux-6.1
  guest handler stop
  guest write contextidr_el1 0x7
  guest write dbgbvr5 0x7
  guest write mdscr mde=1 kde=1
  guest write pstate d=0
  guest write dbgbcr5 bt=unlinked-context bas=0xf pmc=el1 e=1
  guest exec 0x40090000
  run`;

const ARM64_WATCHPOINT = `
  arch arm64; kernel linux-6.1
  guest handler stop
  guest write dbgwvr1 0x40100000
  guest write dbgwcr1 bas=0xff lsc=store pac=el1 e=1
  guest write mdscr mde=1 kde=1
  guest write pstate d=0
  guest store 0x40100004 size=4
  run`;

const ARM64_STEP = `
  arch arm64; kernel linux-6.1
  guest handler stop
  guest write mdscr ss=1 kde=1
  guest write pstate d=0 ss=1
  guest exec 0x40090000
  run`;

const ARM64_USER = `
  arch arm64; kernel linux-6.1
  user debug raw control=0x20001 dbgbvr2=0x40090000 dbgbcr2=0x1e7
  guest exec 0x40090000
  run`;

const ARM64_USER_STEP = `
  arch arm64; kernel linux-6.1
  user debug raw control=0x3
  guest exec 0x40090000
  guest exec 0x40090004
  run`;

const X86_EXECUTE = `
  arch x86; kernel linux-6.1
  guest handler stop
  guest write dr2 0x5000
  guest write dr7 g2=1 rw2=execute
  guest exec 0x5000
  run`;

const X86_WRITE = `
  arch x86; kernel linux-6.1
  guest handler stop
  guest write dr1 0x8004
  guest write dr7 l1=1 rw1=write len1=bytes4
  guest store 0x8006 size=1 at=0x5000
  run`;

const X86_STEP = `
  arch x86; kernel linux-6.1
  guest handler stop
  guest popf tf=1
  guest exec 0x5000
  run`;

const X86_USER = `
  arch x86; kernel linux-6.1
  user debug raw control=0x20001 dr3=0x5000 dr7=0x480
  guest exec 0x5000
  run`;

const GUEST_BREAKPOINT = "breakpoint 0";

/** The programs of both architectures. */
export const SOUND: readonly Sound[] = [
  {
    name: "arm64, a breakpoint",
    script: ARM64_BREAKPOINT,
    question: GUEST_BREAKPOINT,
    spoils: [
      ["mde=1", "mde=0", "cpu MDSCR_EL1.MDE=0x0 arm64:A/2"],
      ["kde=1", "kde=0", "cpu MDSCR_EL1.KDE=0x0 arm64:A/7.4"],
      ["d=0", "d=1", "guest PSTATE.D=0x1 arm64:A/7.4"],
      ["e=1", "e=0", "cpu DBGBCR0_EL1.E=0x0 arm64:A/9.2"],
      [
        "dbgbvr0 0x40090000",
        "dbgbvr0 0x40090010",
        "cpu DBGBVR0_EL1=0x40090010 arm64:A/9.5",
      ],
      [
        "dbgbvr0 0x40090000",
        "dbgbvr0 0xfffe_0000_4009_0000",
        "cpu DBGBVR0_EL1=0xfffe000040090000 arm64:A/5.1",
      ],
      ["bas=0xf", "bas=0xc", "cpu DBGBCR0_EL1.BAS=0xc arm64:A/9.5"],
      ["pmc=el1", "pmc=el0", "cpu DBGBCR0_EL1.PMC=0x2 arm64:A/10"],
      ["pmc=el1", "pmc=el1 ssc=2", "cpu DBGBCR0_EL1.SSC=0x2 arm64:A/10"],
      ["pmc=el1", "pmc=0 ssc=1", "cpu DBGBCR0_EL1.PMC=0x0 arm64:A/10"],
      ["e=1", "e=1 bt=4", "cpu DBGBCR0_EL1.BT=0x4 arm64:A/9.3"],
      ["e=1", "e=1 bt=unlinked-context", "cpu DBGBCR0_EL1.BT=0x2 arm64:A/9.3"],
      [
        "guest exec",
        "guest write oslar 1; guest exec",
        "guest OSLSR_EL1.OSLK=0x1 arm64:A/7.1",
      ],
      [
        "  run",
        "  user debug break 0x1000; run",
        "kvm guest_debug.ENABLE=0x1 arm64:E/1.5",
      ],
    ],
  },
  {
    // Nothing is loaded, and what the guest writes stays in the CPU. arm64:F24.
    name: "arm64, a breakpoint in the first entry before 5.14",
    script: ARM64_BREAKPOINT.replace("linux-6.1", "linux-5.4"),
    question: GUEST_BREAKPOINT,
    spoils: [
      ["mde=1", "mde=0", "cpu MDSCR_EL1.MDE=0x0 arm64:A/2"],
      ["e=1", "e=0", "kvm dirty=0x0 arm64:E/1.8"],
      ["bas=0xf", "bas=0xc", "kvm dirty=0x0 arm64:E/1.8"],
    ],
  },
  {
    name: "arm64, a breakpoint that version 2 of the 2015 series has copied",
    script: ARM64_BREAKPOINT.replace("linux-6.1", "bennee-v2"),
    question: GUEST_BREAKPOINT,
    spoils: [
      ["e=1", "e=0", "cpu DBGBCR0_EL1.E=0x0 arm64:A/9.2"],
      [
        "  run",
        "  user debug break 0x1000; run",
        "kvm guest_debug.ENABLE=0x1 arm64:C2",
      ],
    ],
  },
  {
    name: "arm64, a breakpoint while userspace steps",
    script: ARM64_BREAKPOINT.replace(
      "  guest exec",
      "  run\n  user debug step\n  guest exec",
    ),
    question: GUEST_BREAKPOINT,
    spoils: [["e=1", "e=0", "cpu DBGBCR0_EL1.E=0x0 arm64:A/9.2"]],
  },
  {
    name: "arm64, a linked breakpoint",
    script: ARM64_LINKED,
    question: GUEST_BREAKPOINT,
    spoils: [
      ["lbn=5", "lbn=1", "cpu DBGBCR0_EL1.LBN=0x1 arm64:A/12.2"],
      ["lbn=5", "lbn=9", "cpu DBGBCR0_EL1.LBN=0x9 arm64:A/12.2"],
      [
        "dbgbcr5 bt=linked-context bas=0xf e=1",
        "dbgbcr5 bt=linked-context bas=0xf e=0",
        "cpu DBGBCR5_EL1.E=0x0 arm64:A/12.3",
      ],
      [
        "bt=linked-context",
        "bt=unlinked-context",
        "cpu DBGBCR5_EL1.BT=0x2 arm64:A/12.3",
      ],
      ["dbgbvr5 0x7", "dbgbvr5 0x8", "cpu DBGBVR5_EL1=0x8 arm64:A/12.1"],
    ],
  },
  {
    name: "arm64, a context breakpoint",
    script: ARM64_CONTEXT,
    question: "breakpoint 5",
    spoils: [
      ["dbgbvr5 0x7", "dbgbvr5 0x8", "cpu DBGBVR5_EL1=0x8 arm64:A/11"],
      [
        "bt=unlinked-context",
        "bt=linked-context",
        "cpu DBGBCR5_EL1.BT=0x3 arm64:A/9.4",
      ],
    ],
  },
  {
    name: "arm64, a watchpoint",
    script: ARM64_WATCHPOINT,
    question: "watchpoint 1",
    spoils: [
      ["mde=1", "mde=0", "cpu MDSCR_EL1.MDE=0x0 arm64:A/2"],
      ["kde=1", "kde=0", "cpu MDSCR_EL1.KDE=0x0 arm64:A/7.4"],
      ["d=0", "d=1", "guest PSTATE.D=0x1 arm64:A/7.4"],
      ["e=1", "e=0", "cpu DBGWCR1_EL1.E=0x0 arm64:A/9.w1"],
      ["lsc=store", "lsc=load", "cpu DBGWCR1_EL1.LSC=0x1 arm64:A/9.w1"],
      [
        "dbgwvr1 0x40100000",
        "dbgwvr1 0x40100008",
        "cpu DBGWVR1_EL1=0x40100008 arm64:A/9.w2",
      ],
      ["bas=0xff", "bas=0x0f", "cpu DBGWCR1_EL1.BAS=0xf arm64:A/9.w2"],
      ["bas=0xff", "bas=0xff mask=2", "cpu DBGWCR1_EL1.MASK=0x2 arm64:A/4"],
      ["pac=el1", "pac=el0", "cpu DBGWCR1_EL1.PAC=0x2 arm64:A/10"],
      ["pac=el1", "pac=0 hmc=1", "cpu DBGWCR1_EL1.PAC=0x0 arm64:A/10"],
      [
        "pac=el1",
        "pac=el1 wt=linked lbn=1",
        "cpu DBGWCR1_EL1.LBN=0x1 arm64:A/12.2",
      ],
      [
        "pac=el1",
        "pac=el1 wt=linked lbn=5",
        "cpu DBGBCR5_EL1.E=0x0 arm64:A/12.3",
      ],
      [
        "guest store 0x40100004",
        "guest write dbgwvr1 0x10000000; guest store 0x10000004",
        "fact arm64:A/7.6",
      ],
    ],
  },
  {
    name: "arm64, a step of the guest's own",
    script: ARM64_STEP,
    question: "step",
    spoils: [
      ["ss=1 kde=1", "kde=1", "cpu MDSCR_EL1.SS=0x0 arm64:A/13"],
      ["kde=1", "kde=0", "cpu MDSCR_EL1.KDE=0x0 arm64:A/7.4"],
      ["d=0", "d=1", "guest PSTATE.D=0x1 arm64:A/7.4"],
      [
        "  run",
        "  user debug step; run; run",
        "kvm guest_debug.ENABLE=0x1 arm64:E/1.4",
      ],
    ],
  },
  {
    name: "arm64, userspace's breakpoint",
    script: ARM64_USER,
    question: "user breakpoint 2",
    spoils: [
      ["0x20001", "0x20000", "kvm guest_debug.ENABLE=0x0 arm64:B3"],
      ["0x20001", "0x1", "kvm guest_debug.USE_HW=0x0 arm64:B3"],
      ["0x1e7", "0x1e6", "cpu DBGBCR2_EL1.E=0x0 arm64:A/9.2"],
      [
        "dbgbvr2=0x40090000",
        "dbgbvr2=0x40090010",
        "cpu DBGBVR2_EL1=0x40090010 arm64:A/9.5",
      ],
      ["0x1e7", "0x1e5", "cpu DBGBCR2_EL1.PMC=0x2 arm64:A/10"],
    ],
  },
  {
    name: "arm64, userspace's step",
    script: ARM64_USER_STEP,
    question: "user step",
    spoils: [
      ["0x3", "0x0", "kvm guest_debug.ENABLE=0x0 arm64:B3"],
      ["0x3", "0x1", "kvm guest_debug.SINGLESTEP=0x0 arm64:B3"],
    ],
  },
  {
    name: "arm64, a debug exit",
    script: ARM64_USER,
    question: "exit",
    spoils: [
      ["0x20001", "0x0", "kvm guest_debug.ENABLE=0x0 arm64:B3"],
      ["0x20001", "0x1", "kvm guest_debug.SINGLESTEP=0x0 arm64:B3"],
      ["0x20001", "0x10001", "fact arm64:B15"],
      ["0x1e7", "0x1e6", "fact arm64:B3"],
      ["0x1e7", "0x1e5", "cpu DBGBCR2_EL1.PMC=0x2 arm64:A/10"],
    ],
  },
  {
    name: "arm64, a trap",
    script: `
      arch arm64; kernel linux-6.1
      guest read dbgbvr0
      run`,
    question: "trap",
    spoils: [
      [
        "guest read dbgbvr0",
        "guest write dbgbvr0 1; guest read dbgbvr0",
        "cpu MDCR_EL2.TDA=0x0 arm64:A/14",
      ],
      ["dbgbvr0", "contextidr_el1", "fact arm64:A/14"],
      ["dbgbvr0", "dbgbvr15", "fact arm64:A/1"],
      ["dbgbvr0", "dbgbvr0 el=0", "fact arm64:A/1"],
      ["dbgbvr0", "id_aa64dfr0 el=0", "fact arm64:A/1.1"],
      [
        "guest read dbgbvr0",
        "user set mdscr tdcc=1; guest read mdccsr el=0",
        "cpu MDSCR_EL1.TDCC=0x1 arm64:A/14",
      ],
    ],
  },
  {
    name: "x86, an execute breakpoint",
    script: X86_EXECUTE,
    question: "breakpoint 2",
    spoils: [
      ["g2=1 ", "", "cpu DR7.L2 and G2=0x0 x86:A/2"],
      ["rw2=execute", "rw2=write", "cpu DR7.RW2=0x1 x86:A/2"],
      ["dr2 0x5000", "dr2 0x5001", "cpu DR2=0x5001 x86:A1"],
      ["handler stop", "handler skip", "guest RFLAGS.RF=0x1 x86:A1"],
      [
        "guest exec 0x5000",
        "guest movss at=0x4ff0; guest exec 0x5000",
        "fact x86:A7",
      ],
      [
        "  run",
        "  user debug break 0x1; run",
        "kvm guest_debug.USE_HW_BP=0x1 x86:B29",
      ],
    ],
  },
  {
    name: "x86, a watchpoint in a transaction",
    script: `
      arch x86; kernel linux-7.1
      set rtm=1
      guest handler stop
      guest write dr0 0x4000
      guest write dr7 0xd0c02
      guest wrmsr debugctl rtm=1
      guest xbegin
      guest store 0x4000
      guest xend
      run`,
    question: "watchpoint 0",
    spoils: [
      ["guest wrmsr debugctl rtm=1", "", "fact x86:A/11.1"],
      ["0xd0c02", "0xd0402", "fact x86:A/11.1"],
    ],
  },
  {
    name: "x86, a load that is not aligned, under QEMU",
    script: `
      arch x86; kernel linux-6.1 svm; host model=tcg
      guest handler stop
      guest write dr0 0x8004
      guest write dr1 0x8003
      guest write dr7 g0=1 rw0=access rw1=access
      guest load 0x8001 size=4
      run`,
    question: "watchpoint 0",
    spoils: [
      ["g0=1", "g0=1 g1=1", "fact x86:A2"],
      ["model=tcg", "model=tcg-stock", "fact x86:A/6"],
    ],
  },
  {
    name: "x86, a data breakpoint",
    script: X86_WRITE,
    question: "watchpoint 1",
    spoils: [
      ["l1=1 ", "", "cpu DR7.L1 and G1=0x0 x86:A/2"],
      ["rw1=write", "rw1=execute", "cpu DR7.RW1=0x0 x86:A/2"],
      ["guest store", "guest load", "cpu DR7.RW1=0x1 x86:A/2"],
      ["dr1 0x8004", "dr1 0x8008", "cpu DR1=0x8008 x86:A2"],
      ["len1=bytes4", "len1=bytes2", "cpu DR1=0x8004 x86:A2"],
      [
        "dr1 0x8004",
        "dr1 0x8000_0000_8004",
        "cpu DR1=0x800000008004 x86:A/1",
      ],
      [
        "guest store 0x8006 size=1 at=0x5000",
        "guest write dr1 0xc00000; guest store 0xc00000 size=1 at=0x5000",
        "fact x86:D26",
      ],
      [
        "rw1=write len1=bytes4",
        "rw1=io; guest out 0x8004",
        "guest CR4.DE=0x0 x86:A3",
      ],
      [
        "rw1=write len1=bytes4",
        "rw1=io; guest write cr4 de=1; guest out 0x8004",
        "fact x86:D50",
      ],
    ],
  },
  {
    name: "x86, a step of the guest's own",
    script: X86_STEP,
    question: "step",
    spoils: [
      ["tf=1", "tf=0", "guest RFLAGS.TF=0x0 x86:A6"],
      [
        "  run",
        "  user debug break 0x1; run",
        "kvm guest_debug.USE_HW_BP=0x1 x86:D33",
      ],
    ],
  },
  {
    name: "x86, userspace's breakpoint",
    script: X86_USER,
    question: "user breakpoint 3",
    spoils: [
      ["0x20001", "0x20000", "kvm guest_debug.ENABLE=0x0 x86:D/9"],
      ["0x20001", "0x1", "kvm guest_debug.USE_HW_BP=0x0 x86:D/9"],
      ["0x480", "0x400", "kvm guest_debug_dr7.L3 and G3=0x0 x86:A/2"],
      ["dr3=0x5000", "dr3=0x5001", "kvm eff_db3=0x5001 x86:A1"],
    ],
  },
  {
    name: "x86, userspace's step",
    script: `
      arch x86; kernel linux-6.1
      user debug raw control=0x3
      guest exec 0x5000
      run`,
    question: "user step",
    spoils: [
      ["0x3", "0x0", "kvm guest_debug.ENABLE=0x0 x86:D/9"],
      ["0x3", "0x1", "kvm guest_debug.SINGLESTEP=0x0 x86:D/9"],
    ],
  },
  {
    name: "x86, a step over what KVM skips, before 4.11 looked",
    script: `
      arch x86; kernel linux-6.1
      user debug raw control=0x3
      guest cpuid
      run`,
    question: "user step",
    spoils: [["linux-6.1", "linux-4.4", "fact x86:F25"]],
  },
  {
    name: "x86, a debug exit",
    script: X86_USER,
    question: "exit",
    spoils: [
      ["0x20001", "0x0", "kvm guest_debug.ENABLE=0x0 x86:D/9"],
      ["0x20001", "0x1", "kvm guest_debug.SINGLESTEP=0x0 x86:D/9"],
      ["0x20001", "0x10001", "fact x86:D/10"],
      ["0x480", "0x400", "fact x86:D/9"],
      ["dr3=0x5000", "dr3=0x5001", "kvm eff_db3=0x5001 x86:A1"],
    ],
  },
  {
    name: "x86, a trap",
    script: `
      arch x86; kernel linux-6.1 svm
      guest read dr4
      run steps=1 attempts=1`,
    question: "trap",
    spoils: [
      [
        "guest read dr4\n      run steps=1 attempts=1",
        "guest read dr4\n      run",
        "kvm dr_intercept=0x0 x86:A/6.1",
      ],
      [
        "guest read",
        "guest write cr4 de=1; run; guest read",
        "guest CR4.DE=0x1 x86:A5",
      ],
      ["dr4", "dr4 cpl=3", "fact x86:A5"],
      [
        "guest read",
        "guest handler stop; guest write dr7 gd=1; run steps=1; guest read",
        "cpu DR7.GD=0x1 x86:A5",
      ],
    ],
  },
  {
    name: "x86, a trap of DR7",
    script: `
      arch x86; kernel linux-6.18 svm
      guest read dr7
      run steps=1 attempts=1`,
    question: "trap",
    spoils: [
      [
        "guest read",
        "set protected=sev-es debug_swap=0; guest read",
        "fact x86:A22",
      ],
      [
        "svm\n      guest read dr7",
        "vmx; set rtm=1\n      guest xbegin; guest read dr7",
        "fact x86:A/11.3",
      ],
    ],
  },
  {
    name: "x86, a breakpoint that the CPU does not hold",
    script: `
      arch x86; kernel linux-4.9
      set vcpus=2
      for v in 0..1 { guest@v exec 0x400000; run@v }
      guest@0 write dr0 0x401000
      guest@0 write dr7 0x602
      run@0 steps=2 stop=guest
      interrupt@0
      put@0
      guest@1 write dr0 0x401001
      guest@1 write dr7 0x602
      run@1 steps=2 stop=guest
      interrupt@1
      put@1
      guest@0 handler stop
      guest@0 exec 0x401000
      run@0`,
    question: "breakpoint 0",
    spoils: [["linux-4.9", "linux-4.4", "cpu DR0=0x401001 x86:C/4"]],
  },
];
