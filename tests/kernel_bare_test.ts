/**
 * `kernel bare`: what needs a hypervisor is a mistake in a text that names it, and is skipped where it is asked for
 * instead of the text's own kernel. What is about the architecture alone holds there.
 */
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import { denoIo } from "../cli/io.ts";
import { load } from "../dsl/load.ts";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import type { ScenarioResult } from "../dsl/result.ts";
import { runFile } from "../dsl/run/scenario.ts";
import { assert, assertEquals } from "@std/assert";

const USERSPACE = "a vCPU has no userspace";
const EXITS = "nothing exits";
const HOST = "there is no host kernel with breakpoints of its own";
const FIRST_RUN = "KVM_RUN has nothing to initialise";

/** Statements that need a hypervisor, and what there is not without one. */
const NEED: readonly [statement: string, missing: string][] = [
  ["user get dr0", USERSPACE],
  ["user set dr0 1", USERSPACE],
  ["user debug step", USERSPACE],
  ["user nmi", USERSPACE],
  ["require capability KVM_CAP_SET_GUEST_DEBUG", USERSPACE],
  ["require user dr0 == 0", USERSPACE],
  ["require kvm eff_db0 == 0", "there is no view `kvm`"],
  ["host break 0x1000", HOST],
  ["host watch 0x1000", HOST],
  ["expect user dr0 == 0", USERSPACE],
  ["expect hw dr0 == 0", "there is no view `hw`"],
  ["expect kvm eff_db0 == 0", "there is no view `kvm`"],
  ["expect exit mmio", EXITS],
  ["expect exit debug", EXITS],
  ["expect trap", EXITS],
  ["expect no trap", EXITS],
  ["expect traps == 0", EXITS],
  ["expect cost exits == 0", EXITS],
  ["expect warning", "no kernel prints a warning"],
  ["show user dr0", USERSPACE],
  ["show hw", "there is no view `hw`"],
  ["show kvm", "there is no view `kvm`"],
  ["show cost", EXITS],
  ["why user dr0", USERSPACE],
  ["why kvm eff_db0", "there is no view `kvm`"],
  ["why exit", EXITS],
  ["why exit dr6", EXITS],
  ["why trap", EXITS],
  ["why not user breakpoint 0", USERSPACE],
  ["why not exit", EXITS],
  ["why not trap", EXITS],
];

/** Statements that a machine without a hypervisor carries out. */
const OWN: readonly string[] = [
  "expect guest dr0 == 0",
  "expect bare dr0 == 0",
  "expect cpu dr0 == 0",
  "expect exit idle",
  "expect no exception",
  "expect no warning",
  "expect user dr0 == 1 on linux-7.2",
  "expect user dr0 == 1 on != kiszka-2008",
  "expect traps == 7 on >= linux-4.4",
  "require guest dr0 == 0",
  "show",
  "show guest bare cpu dr0",
  "why guest dr0",
  "why bare dr0",
  "why exception",
  "why not breakpoint 0",
  "interrupt",
  "put",
];

function results(
  text: string,
  profile: string | undefined,
): readonly ScenarioResult[] {
  const loaded = load({ name: "a", text });
  assert(loaded.ok, loaded.diagnostics[0]?.message);
  return [...runFile(loaded.file, {
    profile,
    filter: undefined,
    trace: false,
    limit: LIMIT_DEFAULT,
  })];
}

const BEFORE = "guest exec 0x1000\nrun stop=guest\n";

for (const [statement, missing] of NEED) {
  const isEarly = statement.startsWith("require ");
  const text = isEarly ? `${statement}\n${BEFORE}` : `${BEFORE}${statement}\n`;

  Deno.test(`kernel bare rejects \`${statement}\``, () => {
    const loaded = load({ name: "a", text: `arch x86\nkernel bare\n${text}` });
    assert(!loaded.ok);
    assertEquals(loaded.diagnostics.map(({ message }) => message), [
      `\`kernel bare\` is a machine without a hypervisor: ${missing}`,
    ]);
  });

  Deno.test(`--kernel bare skips from \`${statement}\` on`, () => {
    const [{ status, skip, failures }] = results(`arch x86\n${text}`, "bare");
    assertEquals([status, failures.length], ["skipped", 0]);
    assertEquals(
      skip?.summary,
      `requires a hypervisor: without one ${missing}`,
    );
    assertEquals(skip?.reason, `${skip?.summary}; the kernel is bare vmx`);
  });
}

Deno.test("kernel bare: first-run initialisation cannot fail", () => {
  const loaded = load({ name: "a", text: "kernel bare\nrun fail=vgic" });
  assert(!loaded.ok);
  assert(loaded.diagnostics[0].message.endsWith(FIRST_RUN));
});

for (const statement of OWN) {
  Deno.test(`kernel bare carries out \`${statement}\``, () => {
    const isEarly = statement.startsWith("require ");
    const text = isEarly
      ? `${statement}\n${BEFORE}`
      : `${BEFORE}${statement}\n`;
    for (
      const [own, profile] of [["kernel bare\n", undefined], ["", "bare"]]
    ) {
      const [{ failures, skip }] = results(`arch x86\n${own}${text}`, profile);
      assertEquals(failures.map(({ diagnostic }) => diagnostic.message), []);
      assert(skip === undefined || skip.cause === "expectations");
    }
  });
}

Deno.test("--kernel bare: what fails before the skip decides", () => {
  const [{ status }] = results(
    "arch x86\nrun\nexpect guest dr0 == 1\nuser get dr0\n",
    "bare",
  );
  assertEquals(status, "failed");
});

Deno.test("on != NAME is about kernels: bare is none, and on bare is it alone", () => {
  const status = (on: string) =>
    results(`arch x86\nrun\nexpect guest dr0 == 1 on ${on}\n`, "bare")[0]
      .status;
  assertEquals(status("!= kiszka-2008"), "skipped");
  assertEquals(status("!= bare"), "skipped");
  assertEquals(status("bare"), "failed");
  assertEquals(
    results("arch x86\nrun\nexpect guest dr0 == 1 on != bare\n", "linux-7.2")[0]
      .status,
    "failed",
  );
});

/** Scenarios that hold without a hypervisor, by folder, at least. */
const HOLDING: readonly [folder: string, count: number][] = [
  ["arm64/matching", 234],
  ["arm64/selftest", 54],
  ["arm64/unit", 7],
  ["arm64/os_lock", 4],
  ["x86/hardware", 37],
  ["x86/numbers", 24],
  ["x86/quirks", 8],
  ["x86/unit", 17],
];

for (const kernel of ["bare", "bare svm", "bare vmx"]) {
  Deno.test(`run --kernel "${kernel}": the catalogue holds, or is skipped with the reason`, async () => {
    const io = new MemoryIo({ under: denoIo() });
    const args = ["run", "--kernel", kernel, "--format", "json", "scenarios"];
    assertEquals(await main(args, io), 0, io.stderr);
    const { scenarios } = JSON.parse(io.stdout) as {
      readonly scenarios: readonly {
        readonly source: string;
        readonly status: string;
        readonly skipped: { readonly reason: string } | null;
      }[];
    };
    for (const { status, skipped, source } of scenarios) {
      assert(status === "passed" || status === "skipped", source);
      assertEquals(skipped !== null, status === "skipped", source);
    }
    if (kernel !== "bare") return;
    for (const [folder, count] of HOLDING) {
      const held = scenarios.filter(({ source, status }) =>
        status === "passed" && source.includes(`/${folder}/`)
      );
      assert(held.length >= count, `${folder}: ${held.length}`);
    }
  });
}

Deno.test("explore --kernel bare: a block that needs a hypervisor is not searched", async () => {
  const io = new MemoryIo({ under: denoIo() });
  const args = ["explore", "--kernel", "bare", "builtin:explore"];
  assertEquals(await main(args, io), 0, io.stderr);
  const { stderr, stdout } = io;
  assert(stderr.includes(
    "userspace_steps on bare vmx is not searched: requires a hypervisor: without one a vCPU has no userspace\n",
  ));
  assert(stderr.includes(`requires a hypervisor: without one ${HOST}\n`));
  assert(stdout.includes("missed_breakpoint on bare svm: holds"));
});

Deno.test("explore: a block under kernel bare cannot have a userspace or a host", async () => {
  const io = new MemoryIo({
    files: {
      "a.dregs": `arch x86
kernel bare
explore {
  vcpu 0 { exec 0x1000 }
  user 0 { debug step }
  host 0 { break 0x1000 }
  always expect user dr0 == 0
  never noticed
}
`,
    },
  });
  assertEquals(await main(["explore", "a.dregs"], io), 2);
  const found = [...io.stderr.matchAll(/without a hypervisor: (.*)/g)];
  assertEquals(found.map(([, what]) => what), [USERSPACE, HOST, USERSPACE]);
});
