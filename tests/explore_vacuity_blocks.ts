/**
 * Blocks that hold without a warning, and ways to spoil each so that something in it can no longer break.
 *
 * A data table: it may be longer than other files.
 *
 * @module
 */

/** A change to a block: what is replaced, what with, and the warning that comes of it, with the text at its place. */
export type Spoilt = readonly [
  from: string,
  to: string,
  code: string,
  at: string,
];

/** A block that holds without a warning, and ways to spoil it. */
export interface Base {
  readonly name: string;
  readonly text: string;
  readonly spoilt: readonly Spoilt[];
}

/** A guest that stops at its first exception. */
const STOPS = "explore {\n  vcpu 0 { ";
const STOPPED = "guest handler stop\nexplore {\n  vcpu 0 { int3; ";

/** What controls four breakpoints. */
const X86_CONTROL =
  "write dr7 g0=1 l1=1 rw1=write len1=bytes4 g2=1 rw2=access len2=bytes2 l3=1";

/** The blocks. */
export const BASES: readonly Base[] = [
  {
    name: "a guest whose userspace debugs it, and a bare machine beside it",
    text: `arch x86
kernel linux-7.2
explore {
  vcpu 0 { exec 0x1000; exec 0x2000 }
  user 0 { debug break 0x1000; debug off }
  signals none
  never noticed
}`,
    spoilt: [
      ["break 0x1000", "break 0x4000", "nothing-to-break", "noticed"],
      ["debug break 0x1000; ", "", "nothing-to-break", "noticed"],
      ["exec 0x1000", "exec 0x3000", "nothing-to-break", "noticed"],
      ["user 0", "user 3", "no-program", "user 3"],
    ],
  },
  {
    name: "a guest with a breakpoint of its own, which userspace debugs (x86)",
    text: `arch x86
kernel linux-7.2
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000 }
  user 0 { debug break 0x4000; debug off }
  signals none
  never noticed
}`,
    spoilt: [
      ["g0=1", "g1=1", "never-enabled", "write dr7 g1=1"],
      ["g0=1", "g1=1", "never-matched", "write dr7 g1=1"],
      ["write dr7 g0=1; ", "", "never-enabled", "write dr0 0x1000"],
      ["dr0 0x1000", "dr0 0x1001", "never-matched", "write dr0 0x1001"],
    ],
  },
  {
    name:
      "a guest with a breakpoint of its own, which userspace debugs (arm64)",
    text: `kernel linux-6.12
explore {
  vcpu 0 {
    write dbgbvr0 0x1000
    write dbgbcr0 bas=0xf pmc=both e=1
    write mdscr mde=1 kde=1
    write pstate d=0
    exec 0x1000
  }
  user 0 { debug break 0x4000; debug off }
  never noticed
}`,
    spoilt: [
      [
        "both e=1",
        "both e=0",
        "never-enabled",
        "write dbgbcr0 bas=0xf pmc=both e=0",
      ],
      ["dbgbvr0", "dbgbvr1", "never-enabled", "write dbgbvr1 0x1000"],
      [
        "kde=1",
        "kde=0",
        "never-matched",
        "write mdscr mde=1 kde=0",
      ],
      ["pstate d=0", "pstate d=1", "never-matched", "write pstate d=1"],
    ],
  },
  {
    name: "two guests with a breakpoint each",
    text: `arch x86
kernel linux-4.9
host cpus=1
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000; exec 0x2000 }
  vcpu 1 { write dr3 0x2000; write dr7 l3=1; exec 0x2000 }
  never missed, stray, leak, stale
}`,
    spoilt: [
      ["g0=1", "g1=1", "never-matched", "write dr7 g1=1"],
      ["g0=1", "g1=1", "never-enabled", "write dr7 g1=1"],
      ["g0=1", "g0=1 rw0=write", "never-matched", "write dr7 g0=1 rw0=write"],
      ["dr0 0x1000", "dr0 0x1001", "never-matched", "write dr0 0x1001"],
      ["dr3 0x2000", "dr2 0x2000", "never-matched", "write dr7 l3=1"],
      ["write dr7 l3=1; ", "", "never-enabled", "write dr3 0x2000"],
      ["exec 0x1000", "exec 0x1004", "never-matched", "write dr0 0x1000"],
      [
        "write dr0 0x1000;",
        "write dr0 0x1000; write dr0 0;",
        "never-matched",
        "write dr0 0",
      ],
      [
        "exec 0x2000 }\n  never",
        "exec 0x2000 }\n  user 3 { debug step }\n  never",
        "no-program",
        "user 3",
      ],
      ["leak, stale", "leak, debugged", "nothing-to-break", "debugged"],
      ["stale\n", "host-lost\n", "nothing-to-break", "host-lost"],
      [
        "exec 0x2000 }\n  never",
        "exec 0x2000; write dr7 0x100000402 }\n  never",
        "always-rejected",
        "write dr7 0x100000402",
      ],
    ],
  },
  {
    name: "two breakpoints of one guest",
    text: `arch x86
kernel linux-4.9
host cpus=1
explore {
  vcpu 0 {
    write dr0 0x1000
    write dr1 0x2000
    write dr7 g0=1 g1=1
    exec 0x1000
    exec 0x2000
  }
  never missed
}`,
    spoilt: [
      ["exec 0x2000", "exec 0x3000", "never-matched", "write dr1 0x2000"],
      ["g0=1 g1=1", "g0=1 g2=1", "never-enabled", "write dr7 g0=1 g2=1"],
    ],
  },
  {
    name: "a write that a breakpoint stops each time",
    text: `arch arm64
kernel linux-7.2
explore {
  vcpu 0 {
    write pstate d=0
    write dbgbvr0 0x40080014
    write dbgbcr0 0x1e7
    write mdscr 0xa000
    isb
    write dbgbvr1 0x1000 at=0x40080014
  }
  never missed
}`,
    spoilt: [
      [
        "at=0x40080014",
        "at=0x40080018",
        "never-matched",
        "write dbgbvr0 0x40080014",
      ],
    ],
  },
  {
    name: "bits of DR7 that are not kept as written",
    text: `arch x86
kernel linux-4.9
host cpus=1
explore {
  vcpu 0 { write dr0 0x1000; write dr7 0xd002; exec 0x1000 }
  never missed
}`,
    spoilt: [["0xd002", "0xd008", "never-matched", "write dr7 0xd008"]],
  },
  {
    name: "bits of arm64 that are not kept as written",
    text: `arch arm64
kernel linux-7.2
explore {
  vcpu 0 {
    write dbgbvr0 0x40090003
    write dbgbcr0 0xf00001e7
    write mdscr 0xffffffff
    write oslar 0
    write pstate d=0
    exec 0x40090000
  }
  never missed
}`,
    spoilt: [
      ["0xf00001e7", "0xf00001e0", "nothing-to-break", "missed"],
    ],
  },
  {
    name: "guests without a breakpoint",
    text: `arch x86
kernel linux-4.9
host cpus=1
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000; write dr7 0 }
  vcpu 1 { exec 0x1000 }
  never stray
}`,
    spoilt: [
      ["g0=1", "g0=0", "nothing-to-break", "stray"],
      ["write dr7 g0=1; ", "", "never-enabled", "write dr7 0"],
    ],
  },
  {
    name: "a watchpoint",
    text: `arch x86
kernel linux-6.1
explore {
  vcpu 0 {
    write dr1 0x8000
    write dr7 g1=1 rw1=write len1=bytes4
    store 0x8000 size=4
  }
  never missed
}`,
    spoilt: [
      [
        "rw1=write",
        "rw1=execute",
        "never-matched",
        "write dr7 g1=1 rw1=execute len1=bytes4",
      ],
      [
        "store",
        "load",
        "never-matched",
        "write dr7 g1=1 rw1=write len1=bytes4",
      ],
      ["dr1 0x8000", "dr1 0x8004", "never-matched", "write dr1 0x8004"],
      ["store 0x8000", "store 0x8004", "nothing-to-break", "missed"],
    ],
  },
  {
    name: "an I/O breakpoint",
    text: `arch x86
kernel bare
explore {
  vcpu 0 {
    write cr4 de=1
    write dr0 0x80
    write dr7 g0=1 rw0=io
    out 0x80 size=1
    exec 0x3000
  }
  never noticed
}`,
    spoilt: [
      ["de=1", "de=0", "never-matched", "write cr4 de=0"],
      ["out 0x80", "out 0x90", "never-matched", "write dr0 0x80"],
    ],
  },
  {
    name: "a breakpoint of the host",
    text: `arch x86
kernel linux-4.9
host cpus=1
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000 }
  host 0 { watch 0x3000 size=4; off }
  never missed, host-lost
}`,
    spoilt: [
      ["0x3000", "0x3001", "always-rejected", "watch 0x3001 size=4"],
      ["0x3000", "0x3001", "nothing-to-break", "host-lost"],
      ["watch 0x3000 size=4; ", "", "nothing-to-break", "host-lost"],
    ],
  },
  {
    name: "a debugger that steps",
    text: `arch x86
kernel linux-6.1
explore {
  vcpu 0 { exec 0x1000; exec 0x2000 }
  user 0 { debug step; debug off }
  never debugged, step-flag
}`,
    spoilt: [
      ["debug step;", "debug break 0x9000;", "nothing-to-break", "step-flag"],
      ["debug step; ", "", "nothing-to-break", "debugged"],
      ["exec 0x1000; exec 0x2000", "", "nothing-to-break", "debugged"],
      [
        "debug off }",
        "debug off; set dr7 0x100000000 }",
        "always-rejected",
        "set dr7 0x100000000",
      ],
    ],
  },
  {
    name: "expectations",
    text: `arch x86
kernel linux-6.1
explore {
  vcpu 0 { write dr0 0x1000; either { exec 0x1000 } or { exec 0x2000 } }
  always expect guest dr0 <= 0x1000
  finally expect guest dr0 == 0x1000
}`,
    spoilt: [
      [STOPS, STOPPED, "never-executed", "write dr0 0x1000"],
      [STOPS, STOPPED, "never-chosen", "either"],
      [STOPS, STOPPED, "never-chosen", "or"],
      [
        STOPS,
        STOPPED,
        "nothing-to-break",
        "finally expect guest dr0 == 0x1000",
      ],
      [
        "guest dr0 <= 0x1000",
        "hw rflags == 2",
        "nothing-to-break",
        "always expect hw rflags == 2",
      ],
    ],
  },
  {
    name: "a breakpoint of arm64",
    text: `arch arm64
kernel linux-6.12
explore {
  vcpu 0 {
    write dbgbvr0 0x40090000
    write dbgbcr0 e=1 pmc=el1 bas=0xf
    write mdscr kde=1 mde=1
    write oslar 0
    write pstate d=0
    exec 0x40090000
  }
  never missed, stale
}`,
    spoilt: [
      ["kde=1 ", "", "never-matched", "write mdscr mde=1"],
      [" mde=1", "", "nothing-to-break", "missed"],
      [
        "pmc=el1",
        "pmc=el0",
        "never-matched",
        "write dbgbcr0 e=1 pmc=el0 bas=0xf",
      ],
      [
        "bas=0xf",
        "bas=0x0",
        "never-matched",
        "write dbgbcr0 e=1 pmc=el1 bas=0x0",
      ],
      [
        "dbgbcr0 e=1 ",
        "dbgbcr0 ",
        "never-enabled",
        "write dbgbcr0 pmc=el1 bas=0xf",
      ],
      [
        "write pstate d=0\n",
        "",
        "never-matched",
        "write dbgbcr0 e=1 pmc=el1 bas=0xf",
      ],
      [
        "write oslar 0",
        "write oslar 1",
        "never-matched",
        "write oslar 1",
      ],
      [
        "dbgbvr0 0x40090000",
        "dbgbvr0 0x40090004",
        "never-matched",
        "write dbgbvr0 0x40090004",
      ],
      [
        "dbgbcr0 e=1",
        "dbgbcr1 e=1",
        "never-enabled",
        "write dbgbvr0 0x40090000",
      ],
      [
        "exec 0x40090000\n",
        "exec 0x40090000\n    write dbgbvr1 0 el=0\n",
        "always-rejected",
        "write dbgbvr1 0 el=0",
      ],
      ["stale\n", "step-syndrome\n", "nothing-to-break", "step-syndrome"],
      ["stale\n", "external-debug\n", "nothing-to-break", "external-debug"],
    ],
  },
  {
    name: "a watchpoint of arm64",
    text: `arch arm64
kernel linux-7.2
explore {
  vcpu 0 {
    write dbgwvr0 0x8000
    write dbgwcr0 e=1 pac=el1 lsc=store bas=0xff
    write mdscr kde=1 mde=1
    write oslar 0
    write pstate d=0
    store 0x8000 size=8
  }
  never missed
}`,
    spoilt: [
      [
        "lsc=store",
        "lsc=load",
        "never-matched",
        "write dbgwcr0 e=1 pac=el1 lsc=load bas=0xff",
      ],
      ["store 0x8000", "store 0x8008", "never-matched", "write dbgwvr0 0x8000"],
    ],
  },
  {
    name: "first-run initialisation fails",
    text: `arch arm64
kernel watanabe-v7
host brps=5 ctx=2 wrps=4
set brps=4 ctx=2
explore {
  vcpu 0 { read dbgbvr2 }
  fail vgic
  preempt none
  never stale, leak
}`,
    spoilt: [
      ["explore {", "run\nexplore {", "nothing-to-break", "fail vgic"],
      ["read dbgbvr2", "exec 0x1000", "nothing-to-break", "stale"],
    ],
  },
  {
    name: "a block that asks for no property",
    text: `arch x86
kernel linux-7.2
explore {
  vcpu 0 { write dr0 0x1000; write dr7 g0=1; exec 0x1000 }
}`,
    spoilt: [
      [
        "write dr0 0x1000; write dr7 g0=1; ",
        "",
        "nothing-to-break",
        "explore",
      ],
    ],
  },
  {
    name: "a breakpoint in every slot of x86",
    text: `arch x86
kernel linux-6.1
explore {
  vcpu 0 {
    write dr0 0x1000
    write dr1 0x8000
    write dr2 0x9004
    write dr3 0x2000
    write dr7 g0=1 l1=1 rw1=write len1=bytes4 g2=1 rw2=access len2=bytes2 l3=1
    exec 0x1000
    store 0x8002 size=2
    load 0x9004 size=1
    exec 0x2000
  }
  never missed
}`,
    spoilt: [
      ["g0=1 ", "", "never-enabled", X86_CONTROL.replace("g0=1 ", "")],
      [
        "g0=1 ",
        "g0=1 rw0=write ",
        "never-matched",
        X86_CONTROL.replace("g0=1 ", "g0=1 rw0=write "),
      ],
      ["dr0 0x1000", "dr0 0x1100", "never-matched", "write dr0 0x1100"],
      ["exec 0x1000", "exec 0x3000", "never-matched", "write dr0 0x1000"],
      ["l1=1 ", "", "never-enabled", X86_CONTROL.replace("l1=1 ", "")],
      [
        "rw1=write",
        "rw1=execute",
        "never-matched",
        X86_CONTROL.replace("rw1=write", "rw1=execute"),
      ],
      [
        "rw1=write",
        "rw1=io",
        "never-matched",
        X86_CONTROL.replace("rw1=write", "rw1=io"),
      ],
      [
        "len1=bytes4",
        "len1=bytes1",
        "never-matched",
        X86_CONTROL.replace("bytes4", "bytes1"),
      ],
      ["dr1 0x8000", "dr1 0x8004", "never-matched", "write dr1 0x8004"],
      ["dr1 0x8000", "dr1 0x7fff", "never-matched", "write dr1 0x7fff"],
      ["store", "load", "never-matched", X86_CONTROL],
      [
        "rw2=access",
        "rw2=write",
        "never-matched",
        X86_CONTROL.replace("access", "write"),
      ],
      ["dr2 0x9004", "dr2 0x9006", "never-matched", "write dr2 0x9006"],
      ["write dr2 0x9004\n", "", "never-matched", X86_CONTROL],
      [
        "dr3 0x2000",
        "dr3 0x2000; write dr3 0x5000",
        "never-matched",
        "write dr3 0x5000",
      ],
      [
        "dr0 0x1000",
        "dr0 0x1000 cpl=3",
        "always-rejected",
        "write dr0 0x1000 cpl=3",
      ],
      [
        "dr3 0x2000",
        "dr3 0x2000; write dr6 0x100000000",
        "always-rejected",
        "write dr6 0x100000000",
      ],
      [
        "write dr1",
        "write dr7 0; write dr5 0; write cr4 de=1; write dr5 0xf; write dr1",
        "always-rejected",
        "write dr5 0xf",
      ],
      ["exec 0x2000\n", "hlt\n", "never-matched", "write dr3 0x2000"],
    ],
  },
  {
    name: "a breakpoint of every kind of arm64",
    text: `kernel linux-6.12
explore {
  vcpu 0 {
    write dbgbvr0 0x1000
    write dbgbcr0 bas=0xf pmc=el1 e=1
    write contextidr_el1 7
    write dbgbvr5 7
    write dbgbcr5 bt=linked-context bas=0xf e=1
    write dbgbvr1 0x2000
    write dbgbcr1 bt=linked-address lbn=5 bas=0xf pmc=both e=1
    write dbgwvr2 0x8000
    write dbgwcr2 lsc=store pac=el1 bas=0xf0 e=1
    write mdscr mde=1 kde=1
    write pstate d=0
    exec 0x1000
    exec 0x2000
    store 0x8004 size=4
  }
  never missed
}`,
    spoilt: [
      ["mde=1 ", "", "never-matched", "write mdscr kde=1"],
      [" kde=1", "", "never-matched", "write mdscr mde=1"],
      ["mde=1 kde=1", "ss=1 kde=1", "never-matched", "write mdscr ss=1 kde=1"],
      [
        "write pstate d=0",
        "write pstate d=1",
        "never-matched",
        "write pstate d=1",
      ],
      [
        "write pstate d=0",
        "write oslar 1; write pstate d=0",
        "never-matched",
        "write oslar 1",
      ],
      [
        "pmc=el1 e=1",
        "pmc=el1 e=0",
        "never-enabled",
        "write dbgbcr0 bas=0xf pmc=el1 e=0",
      ],
      [
        "bas=0xf pmc=el1",
        "bas=0xc pmc=el1",
        "never-matched",
        "write dbgbcr0 bas=0xc pmc=el1 e=1",
      ],
      [
        "pmc=el1",
        "pmc=el0",
        "never-matched",
        "write dbgbcr0 bas=0xf pmc=el0 e=1",
      ],
      [
        "exec 0x1000",
        "exec 0x1000 el=0",
        "never-matched",
        "write dbgbcr0 bas=0xf pmc=el1 e=1",
      ],
      [
        "pmc=el1 e",
        "pmc=el1 ssc=2 e",
        "never-matched",
        "write dbgbcr0 bas=0xf pmc=el1 ssc=2 e=1",
      ],
      [
        "dbgbcr0 bas",
        "dbgbcr0 bt=4 bas",
        "never-matched",
        "write dbgbcr0 bt=4 bas=0xf pmc=el1 e=1",
      ],
      [
        "dbgbvr0 0x1000",
        "dbgbvr0 0x1004",
        "never-matched",
        "write dbgbvr0 0x1004",
      ],
      ["dbgbvr5 7", "dbgbvr5 8", "never-matched", "write dbgbvr5 8"],
      [
        "linked-context bas=0xf e=1",
        "linked-context bas=0xf e=0",
        "never-matched",
        "write dbgbcr5 bt=linked-context bas=0xf e=0",
      ],
      [
        "lbn=5",
        "lbn=3",
        "never-matched",
        "write dbgbcr1 bt=linked-address lbn=3 bas=0xf pmc=both e=1",
      ],
      [
        "lbn=5",
        "lbn=4",
        "never-matched",
        "write dbgbcr1 bt=linked-address lbn=4 bas=0xf pmc=both e=1",
      ],
      [
        "lsc=store",
        "lsc=load",
        "never-matched",
        "write dbgwcr2 lsc=load pac=el1 bas=0xf0 e=1",
      ],
      [
        "bas=0xf0",
        "bas=0x0f",
        "never-matched",
        "write dbgwcr2 lsc=store pac=el1 bas=0x0f e=1",
      ],
      [
        "pac=el1",
        "pac=el0",
        "never-matched",
        "write dbgwcr2 lsc=store pac=el0 bas=0xf0 e=1",
      ],
      [
        "dbgwvr2 0x8000",
        "dbgwvr2 0x8008",
        "never-matched",
        "write dbgwvr2 0x8008",
      ],
      [
        "exec 0x1000\n",
        "exec 0x1000\n    write dbgbvr7 0\n",
        "always-rejected",
        "write dbgbvr7 0",
      ],
      [
        "write dbgbvr1 0x2000\n",
        "",
        "never-matched",
        "write dbgbcr1 bt=linked-address lbn=5 bas=0xf pmc=both e=1",
      ],
    ],
  },
  {
    name: "values of a choice",
    text: `arch x86
kernel linux-6.1
explore {
  choose n in 0..1
  vcpu 0 {
    choose a in 0x1000, 0x2000
    write dr[n] a
    write dr7 g0=1 g1=1
    exec 0x1000
    exec 0x2000
  }
  never missed
}`,
    spoilt: [
      ["dr[n]", "dr[0]", "never-used", "choose n in 0..1"],
      ["dr[n] a", "dr[n] 0x1000", "never-used", "choose a in 0x1000, 0x2000"],
    ],
  },
  {
    name: "a guest that steps itself (arm64)",
    text: `kernel linux-7.2
explore {
  vcpu 0 {
    write oslar 0
    write pstate d=0
    write mdscr ss=1 kde=1
    exec 0x1000
    read mdscr
  }
  never noticed
}`,
    spoilt: [
      ["d=0", "d=1", "never-stepped", "write pstate d=1"],
      [
        "    write pstate d=0\n",
        "",
        "never-stepped",
        "write mdscr ss=1 kde=1",
      ],
      ["ss=1 kde=1", "ss=1", "never-stepped", "write mdscr ss=1"],
      ["oslar 0", "oslar 1", "never-stepped", "write oslar 1"],
    ],
  },
  {
    name: "a guest that steps itself at EL0, by userspace's write",
    text: `kernel linux-7.2
explore {
  vcpu 0 { exec 0x1000 el=0; read mdscr }
  user 0 { set mdscr ss=1 }
  never noticed
}`,
    spoilt: [
      ["0x1000 el=0", "0x1000", "never-stepped", "set mdscr ss=1"],
    ],
  },
  {
    name: "a guest that steps itself where its program ends",
    text: `kernel linux-7.2
explore {
  vcpu 0 { write pstate d=0; write mdscr ss=1 kde=1 }
  never noticed
}`,
    spoilt: [
      ["d=0", "d=1", "never-stepped", "write pstate d=1"],
    ],
  },
  {
    name: "a guest that steps itself (x86)",
    text: `arch x86
kernel linux-7.2
explore {
  vcpu 0 { read dr6; popf tf=1; exec 0x1000 }
  never noticed
}`,
    spoilt: [
      ["popf tf=1; exec 0x1000", "popf tf=1", "never-stepped", "popf tf=1"],
      ["popf tf=1; exec 0x1000", "iret tf=1", "never-stepped", "iret tf=1"],
    ],
  },
  {
    name: "a guest that steps itself over taken branches (x86)",
    text: `arch x86
kernel bare
explore {
  vcpu 0 { wrmsr debugctl btf=1; popf tf=1; jump 0x1000; exec 0x1000 }
  never noticed
}`,
    spoilt: [
      ["jump 0x1000", "exec 0x3000", "never-stepped", "wrmsr debugctl btf=1"],
    ],
  },
];
