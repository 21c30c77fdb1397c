/**
 * The explanation of what a search finds: for the failures of real kernels it names the function at fault as the
 * kernel's source has it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Decision } from "../dsl/explore/explain/decision.ts";
import { explorations } from "../dsl/explore/exploration.ts";
import { load } from "../dsl/load.ts";
import { verdictOn } from "./explore_command.ts";
import { DEBUG, FAILURES } from "./explore_explained_failures.ts";

/** Everything that a decision says, in one text. */
function textOf({ did, left, rules }: Decision): string {
  return [
    ...did,
    ...left.map((one) => `left ${one}`),
    ...rules.map(({ sentence }) => sentence),
  ].join("; ");
}

/** A block asks for what a saved VM loses. */
function isOfMigration(text: string): boolean {
  return text.includes("never lost-over-migration");
}

/** The blocks of docs/found.md by the names of their files. */
function foundBlocks(): Map<string, string> {
  const page = Deno.readTextFileSync(
    new URL("../docs/found.md", import.meta.url),
  );
  return new Map(
    [...page.matchAll(/```dregs file=(\w+)\.dregs\n([^`]*)```/g)].map((
      [, name, text],
    ) => [name, text]),
  );
}

Deno.test("explained: each failure of docs/found.md has an expectation here", () => {
  assertEquals([...foundBlocks().keys()], Object.keys(FAILURES));
});

for (const [name, byVendor] of Object.entries(FAILURES)) {
  for (const [vendor, expected] of Object.entries(byVendor)) {
    Deno.test(`explained: ${name} on ${vendor} names the function at fault`, async () => {
      const text = foundBlocks().get(name)!.replace(
        /^(kernel \S+).*$/m,
        (_, kernel) => `${kernel} ${vendor}`,
      );
      const { explanation } = await verdictOn(text);
      // What a VMM leaves out is all of it.
      const least = isOfMigration(text) ? 1 : 2;
      assert(explanation.length >= least && explanation.length < 5);
      assertEquals(
        explanation.map((one) => [one.step, one.function]),
        expected.map((one) => [one.step, one.function]),
      );
      explanation.forEach((decision, at) => {
        const { file, says } = expected[at];
        assert(decision.file.startsWith(file), decision.file);
        const all = textOf(decision);
        for (const phrase of says) assert(all.includes(phrase), all);
      });
    });
  }
}

Deno.test("explained: a warning names what set the flags as they were then", async () => {
  const text = foundBlocks().get("window")!.replace(
    /^ *never .*$/m,
    "  never warn",
  );
  const { broken, explanation } = await verdictOn(text);
  assertEquals(broken, ["warn"]);
  assertEquals(
    explanation.map((one) => [one.step, one.function]),
    [[3, "handle_dr"], [5, DEBUG], [8, "vcpu_enter_guest"]],
  );
  const [first, second] = explanation.map(textOf);
  assert(first.includes("set KVM_DEBUGREG_WONT_EXIT"), first);
  assert(second.includes("KVM_DEBUGREG_WONT_EXIT set"), second);
});

Deno.test("explained: every failure of the catalogue's blocks has two to four decisions", async () => {
  const folder = new URL("../scenarios/explore/", import.meta.url);
  const unexplained: string[] = [];
  let looked = 0;
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith(".dregs")) continue;
    const text = Deno.readTextFileSync(new URL(name, folder));
    const loaded = load({ name, text });
    assert(loaded.ok, name);
    if (explorations(loaded.file).length !== 1) continue;
    const verdict = await verdictOn(text);
    if (verdict.outcome !== "broken") continue;
    const { explanation } = verdict;
    looked++;
    if (explanation.length < 2 || explanation.length > 4) {
      unexplained.push(`${name}: ${explanation.length} decisions`);
    }
  }
  assertEquals(unexplained, []);
  assert(looked > 2, `${looked} blocks are broken`);
});

Deno.test("explained: a stray hit of 4.4 has the entry that loaded nothing", async () => {
  const text = Deno.readTextFileSync(
    new URL("../scenarios/explore/missed_breakpoint.dregs", import.meta.url),
  );
  const { broken, explanation } = await verdictOn(
    text.replace(/never .*/, "never stray"),
  );
  assertEquals(broken, ["stray"]);
  assertEquals(
    explanation.map((one) => [one.step, one.function]),
    [[7, "vcpu_enter_guest"], [17, "vcpu_enter_guest"]],
  );
  assert(textOf(explanation[1]).includes("without loading DR0 to DR3"));
});

Deno.test("explained: names are those of the kernel in question", async () => {
  const nmi = foundBlocks().get("nmi")!;
  for (
    const [kernel, file, name] of [
      ["linux-4.9", "svm.c", "enable_nmi_window"],
      ["linux-5.8", "svm/svm.c", "enable_nmi_window"],
      ["linux-6.1", "svm/svm.c", "svm_enable_nmi_window"],
    ]
  ) {
    const text = nmi.replace(/^kernel .*$/m, `kernel ${kernel} svm`);
    const { explanation } = await verdictOn(text);
    const { file: told, function: by } = explanation.at(-1)!;
    assertEquals([told, by], [`arch/x86/kvm/${file}`, name]);
  }
});

/** Two blocks, in each of which KVM's own state is what is asked for. */
const DIRTY = `explore {
  vcpu 0 { write REGISTER }
  always expect kvm STATE == 0
}
`;

for (
  const [kernel, state, register, name, file] of [
    ["linux-6.1", "dirty", "dbgbvr0 0x1000", "reg_to_dbg", "sys_regs.c"],
    ["linux-6.1", "dirty", "mdscr mde=1", "trap_debug_regs", "sys_regs.c"],
    [
      "linux-7.3",
      "owner",
      "dbgbvr0 0x1000",
      "kvm_debug_set_guest_ownership",
      "debug.c",
    ],
  ]
) {
  Deno.test(`explained: a trapped write of ${register} changes ${state} in ${name}(), ${kernel}`, async () => {
    const block = DIRTY.replace("REGISTER", register).replace("STATE", state);
    const { explanation } = await verdictOn(
      `arch arm64\nkernel ${kernel}\n${block}`,
    );
    const { function: found, file: where } = explanation.at(-1)!;
    assertEquals([found, where], [name, `arch/arm64/kvm/${file}`]);
  });
}

/** A step of userspace's leaves BS in the guest's DR6. */
const STEPPED = `host cpus=1
explore {
  vcpu 0 { write dr1 0x4000; write dr7 g1=1 rw1=access len1=bytes8; load 0x4004 size=8 }
  user 0 { debug step; debug off }
  never noticed
}
`;

Deno.test("explained: the decision that wrote the wrong bits is there, and what its step changes later is not left", async () => {
  const { broken, explanation } = await verdictOn(
    `arch x86\nkernel linux-7.3 svm\n${STEPPED}`,
  );
  assertEquals(broken, ["noticed"]);
  const wrote = explanation.find(({ rules }) =>
    rules.some(({ id }) => id === "x86:C17")
  );
  assertEquals(wrote?.did, [
    "copied the DR6 that the entry loads (0xffff4ff0) into the guest's DR6",
  ]);
  const off = explanation.find(({ function: name }) => name === DEBUG)!;
  assertEquals(off.left, []);
});

Deno.test("explained: files are those of the release that a kernel without a number was made from", async () => {
  const { explanation } = await verdictOn(
    `arch x86\nkernel rhel-8.5 svm\n${STEPPED}`,
  );
  // The code of 5.13: regs.c came later, svm/ before.
  const files = new Set(explanation.map(({ file }) => file));
  assertEquals(
    files,
    new Set(["arch/x86/kvm/x86.c", "arch/x86/kvm/svm/svm.c"]),
  );
  const arm64 = await verdictOn(`arch arm64
kernel watanabe-v7
explore {
  vcpu 0 { write mdscr mde=1 kde=1; isb }
  always expect cpu mdscr == 0
}
`);
  assertEquals(
    arm64.explanation.at(-1)!.file,
    "arch/arm64/kvm/hyp/include/hyp/sysreg-sr.h",
  );
});
