import { assert, assertEquals } from "@std/assert";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";

/** The rules that the events of the whole catalogue cite under a kernel. */
async function cited(kernel: string): Promise<Set<string>> {
  const io = new MemoryIo({ under: denoIo() });
  await main(["run", "--kernel", kernel, "--trace", "builtin:x86"], io);
  const rules = io.stdout.matchAll(/^ *(x86:[A-Z]\/?\d+[a-z]?) /gm);
  return new Set([...rules].map(([, rule]) => rule));
}

/** Later rules that an old kernel's events cite, its section having none for it, and some of its own. */
const KERNELS: readonly [
  kernel: string,
  later: readonly string[],
  own: readonly string[],
][] = [
  [
    "kiszka-2008",
    [
      "x86:D/11",
      "x86:D26",
      "x86:D50",
      "x86:D57",
      "x86:D60",
      "x86:D70",
      "x86:D71",
      "x86:D79",
      "x86:D80",
    ],
    [
      "x86:B9",
      "x86:B10",
      "x86:B11",
      "x86:B12",
      "x86:B13",
      "x86:B17",
      "x86:B28",
    ],
  ],
  [
    "linux-4.4",
    [
      "x86:D100",
      "x86:D103",
      "x86:D104",
      "x86:D105",
      "x86:D107",
      "x86:D110",
      "x86:D111",
      "x86:D113",
      "x86:D116",
      "x86:D15",
      "x86:D19",
      "x86:D21",
      "x86:D26",
      "x86:D29",
      "x86:D30",
      "x86:D35",
      "x86:D50",
      "x86:D52",
      "x86:D54",
      "x86:D56",
      "x86:D57",
      "x86:D59",
      "x86:D60",
      "x86:D70",
      "x86:D71",
      "x86:D72",
      "x86:D79",
      "x86:D80",
    ],
    [
      "x86:C3",
      "x86:C4",
      "x86:C7",
      "x86:C8",
      "x86:C15",
      "x86:C16",
      "x86:C17",
      "x86:C19",
      "x86:C20",
      "x86:E8",
      "x86:E14",
    ],
  ],
];

for (const [kernel, later, own] of KERNELS) {
  Deno.test(`${kernel}: events cite the rules of its own section, where it has them`, async () => {
    const rules = await cited(kernel);
    const found = [...rules].filter((rule) => /^x86:D\/?\d/.test(rule));
    assertEquals(found.toSorted(), [...later].toSorted());
    for (const rule of own) assert(rules.has(rule), rule);
  });
}

const GUEST = "guest write dr0 0x1000; guest write dr6 0xffff0ff0; " +
  "guest write dr7 l0=1; guest read dr7; run";
const DEBUGGER = "user debug break 0x2000; user debug off";

/** The guest's own step of an instruction, native and emulated. */
const STEPS = "guest write rflags tf=1; guest exec 0x20000; guest cpuid; run";

/** A debugger's breakpoint that the emulator finds: with RF set the CPU does not. */
const EMULATED = "user debug break 0x5000; user set rflags rf=1; " +
  "guest store 0xc00000 at=0x5000; run";

/** Guest accesses, with a breakpoint of the host's to restore afterwards. */
const HOST = `host break 0x7000; ${GUEST.replace("0xffff0ff0", "0xffff4ff0")}`;

/** A reset of a vCPU with a breakpoint that KVM knows of. */
const INIT = "user debug step; guest write dr7 l0=1; run; user debug off; " +
  "user init";

/** What the entry loads a guest from, as a trace calls it. */
function blockOf(vendor: "vmx" | "svm"): string {
  return vendor === "vmx" ? "vmcs" : "vmcb";
}

/** What happens, and the rule of it, as the reference has it for the kernel and the vendor. */
const EVENTS: readonly (readonly [
  kernels: readonly string[],
  vendor: "vmx" | "svm",
  script: string,
  rule: string,
  event: RegExp,
])[] = [
  [["kiszka-2008"], "vmx", GUEST, "x86:B10", /guest DR0 0x0 → 0x1000/],
  [["kiszka-2008"], "vmx", GUEST, "x86:B10", /write +DR0: 0x1000 by kvm/],
  [["kiszka-2008"], "vmx", GUEST, "x86:B12", /write +DR6: \w+ by kvm/],
  [["kiszka-2008"], "vmx", GUEST, "x86:B13", /guest DR7 0x400 → 0x401/],
  [["kiszka-2008"], "vmx", GUEST, "x86:B13", /vmcs DR7 0x400 → 0x401/],
  [["kiszka-2008"], "vmx", GUEST, "x86:B13", /write +DR7: 0x1 by kvm/],
  [["kiszka-2008"], "vmx", GUEST, "x86:B9", /read +DR7: \w+ by kvm/],
  [["kiszka-2008"], "svm", GUEST, "x86:B17", /guest DR0 0x0 → 0x1000/],
  [["kiszka-2008"], "svm", GUEST, "x86:B21", /write +DR0: 0x1000 by kvm/],
  [["kiszka-2008"], "svm", GUEST, "x86:B17", /vmcb DR7 0x400 → 0x401/],
  [["kiszka-2008"], "svm", GUEST, "x86:B17", /switch_db_regs 0x0 → 0x1/],
  ...(["vmx", "svm"] as const).map((vendor) =>
    [
      ["kiszka-2008"],
      vendor,
      DEBUGGER,
      "x86:B28",
      new RegExp(`${blockOf(vendor)} DR7 0x402 → 0x400, from guest`),
    ] as const
  ),
  [
    ["kiszka-2008"],
    "vmx",
    DEBUGGER,
    "x86:B28",
    /vmcs DR7 0x400 → 0x402, from kvm/,
  ],
  [["kiszka-2008"], "vmx", DEBUGGER, "x86:B28", /write +kvm guest_debug 0x0 →/],
  ...(["vmx", "svm"] as const).flatMap((vendor) => {
    const kernels = ["linux-4.4", "reload-2016", "linux-4.9"];
    const letThrough = vendor === "vmx" ? "x86:C7" : "x86:C8";
    const debugged = `user debug step; ${GUEST}`;
    return [
      [kernels, vendor, GUEST, letThrough, /dr_intercept 0x1 → 0x0/],
      [kernels, vendor, GUEST, "x86:A/6.1", /trap +write DR0/],
      [kernels, vendor, STEPS, "x86:C16", /inject +db/],
      [kernels, vendor, EMULATED, "x86:C20", /return +exit debug/],
      [kernels, vendor, HOST, "x86:E8", /restore +cpu 0 DR7/],
      [kernels, vendor, HOST, "x86:E8", /load +the host set/],
      [kernels, vendor, HOST, "x86:E14", /restore +cpu 0 DR6/],
      [kernels, vendor, INIT, "x86:C19", /reset +kvm switch_db_regs/],
      [kernels, vendor, GUEST, "x86:C17", /sync +guest DR7 0x400 → 0x401/],
      [kernels, vendor, debugged, letThrough, /write +DR0: 0x1000 by kvm/],
      [kernels, vendor, debugged, "x86:C4", /write +guest DR0 0x0 → 0x1000/],
      [
        kernels,
        vendor,
        DEBUGGER,
        "x86:C3",
        new RegExp(`${blockOf(vendor)} DR7 0x400 → 0x402`),
      ],
    ] as const;
  }),
  ...["linux-4.4", "reload-2016", "linux-4.9"].flatMap((kernel) =>
    [
      [[kernel], "vmx", STEPS, "x86:C16", /deliver +guest DR6/],
      [
        [kernel],
        "vmx",
        "user debug break 0x20000; guest exec 0x20000; run",
        "x86:C15",
        /return +exit debug/,
      ],
      [
        [kernel],
        "svm",
        "user debug break 0x20000; guest exec 0x20000; run",
        "x86:Q17",
        /return +exit debug/,
      ],
    ] as const
  ),
  [
    ["linux-4.9"],
    "vmx",
    GUEST,
    "x86:C18",
    /sync +kvm switch_db_regs 0x5 → 0x1/,
  ],
  ...(["vmx", "svm"] as const).flatMap((vendor) =>
    [
      [["linux-6.1"], vendor, GUEST, "x86:D/6", /dr_intercept 0x1 → 0x0/],
      [["linux-6.1"], vendor, GUEST, "x86:C17", /sync +guest DR7/],
      [["linux-6.1"], vendor, GUEST, "x86:C13", /decide +kvm eff_db0/],
      [["linux-6.1"], vendor, STEPS, "x86:D17", /deliver +guest DR6/],
      [["linux-6.1"], vendor, HOST, "x86:E4", /restore +cpu 0 DR7/],
      [
        ["linux-6.1"],
        vendor,
        `user debug step; ${GUEST}`,
        vendor === "vmx" ? "x86:D14" : "x86:D15",
        /write +DR0: 0x1000 by kvm/,
      ],
    ] as const
  ),
  [
    ["linux-4.4"],
    "vmx",
    "guest write cr4 de=1; guest write dr4 0; run",
    "x86:C7",
    /inject +ud/,
  ],
];

for (const [kernels, vendor, script, rule, event] of EVENTS) {
  for (const kernel of kernels) {
    Deno.test(`${kernel} ${vendor}: ${event.source} is ${rule}`, async () => {
      const io = new MemoryIo({ under: denoIo() });
      const text = `arch x86; kernel ${kernel} ${vendor}; ${script}`;
      await main(["run", "--trace", "-e", text], io);
      const lines = io.stdout.split("\n").filter((line) => event.test(line));
      assert(lines.length > 0, io.stdout + io.stderr);
      const [first] = lines.map((line) => line.trim().split(" ")[0]);
      assertEquals(first, rule, lines[0]);
    });
  }
}
