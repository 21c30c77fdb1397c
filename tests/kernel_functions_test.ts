/**
 * The functions that explanations name: in each release that a rule is about, the tree has the function in that file.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ARCH_NAMES } from "../engine/architecture.ts";
import { calls, nameIn } from "../engine/kernel_names.ts";
import { allRules, rule } from "../engine/rule_book.ts";
import type { RuleEntry } from "../engine/rule_entry.ts";
import { functionOf } from "../engine/rule_function.ts";
import { sourceFiles } from "./source_files.ts";

/** The releases whose trees were read. */
const RELEASES = [
  "4.4.1",
  "4.9.154",
  "4.19",
  "5.0.1",
  "5.4.195",
  "5.8.1",
  "5.10.198",
  "5.15.85",
  "6.1.158",
  "6.6.9",
  "7.1.5",
] as const;

/** `file: function` with the releases that define it there. */
function defined(): Map<string, ReadonlySet<string>> {
  const text = Deno.readTextFileSync(
    new URL("kernel_functions.txt", import.meta.url),
  );
  const lines = text.split("\n").filter((line) => /^\w/.test(line));
  return new Map(lines.map((line) => {
    const [place, ranges] = line.split("  ");
    const releases = ranges.split(" ").flatMap((range) => {
      const [first, last = first] = range.split("..");
      const from = RELEASES.indexOf(first as typeof RELEASES[number]);
      const to = RELEASES.indexOf(last as typeof RELEASES[number]);
      assert(from >= 0 && to >= from, range);
      return RELEASES.slice(from, to + 1);
    });
    return [place, new Set(releases)];
  }));
}

/** Rules about authors' series and the kernel of 2008, which no tree here has. */
function isElsewhere({ id }: RuleEntry): boolean {
  return /^(?:arm64:[BCDV]|x86:[BQ])(?:\d|\/|$)/.test(id);
}

/** A release as a number that compares. */
function numberOf(release: string): number {
  const [major, minor = 0, patch = 0] = release.split(".").map(Number);
  return (major * 1000 + minor) * 1000 + patch;
}

/** The rules that the engine's events cite. */
async function cited(): Promise<ReadonlySet<string>> {
  const files = await sourceFiles((path) =>
    path.startsWith("engine/") && !/rule_book|history|_test/.test(path)
  );
  return new Set(
    [...files.values()].flatMap((text) =>
      [...text.matchAll(/"((?:arm64|x86):[A-Z][\w./]*)"/g)].map(([, id]) => id)
    ),
  );
}

Deno.test("functionOf(): the function is in that file in each release that the rule is about", async () => {
  const places = defined();
  // Of a function that was not looked for, nothing is known.
  const known = new Set(
    [...places.keys()].map((place) => place.split(": ")[1]),
  );
  const ids = await cited();
  const wrong: string[] = [];
  let looked = 0;
  for (const arch of ARCH_NAMES) {
    const rules = allRules(arch).filter((one) =>
      ids.has(one.id) && !isElsewhere(one)
    );
    for (const one of rules) {
      const { since, until } = one.kernels ?? {};
      for (const release of RELEASES) {
        if (arch === "arm64" && release === "5.15.85") continue;
        if (since && numberOf(release) < numberOf(since)) continue;
        if (until && numberOf(release) >= numberOf(until)) continue;
        for (const vendor of arch === "x86" ? ["vmx", "svm"] : [undefined]) {
          const found = functionOf(one, { vendor, release });
          if (found === undefined || !known.has(found.name)) continue;
          looked++;
          const place = `${found.file}: ${found.name}`;
          if (!places.get(place)?.has(release)) {
            wrong.push(`${one.id} in ${release}: ${place}`);
          }
        }
      }
    }
  }
  assertEquals(wrong, []);
  assert(looked > 1000, `${looked} looked at`);
});

Deno.test("functionOf(): names that have changed", () => {
  for (
    const [id, vendor, release, file, name] of [
      ["x86:D54", "svm", "4.4", "svm.c", "enable_nmi_window"],
      ["x86:D54", "svm", "5.8", "svm/svm.c", "enable_nmi_window"],
      ["x86:D54", "svm", "7.2", "svm/svm.c", "svm_enable_nmi_window"],
      ["x86:D53", "vmx", "4.20", "vmx.c", "enable_nmi_window"],
      ["x86:D/6", "vmx", "4.4", "vmx.c", "handle_dr"],
      ["x86:D/6", "svm", "5.6", "svm.c", "dr_interception"],
      ["x86:C16", "vmx", "5.0", "vmx/vmx.c", "handle_exception"],
      ["x86:C16", "vmx", "5.4", "vmx/vmx.c", "handle_exception_nmi"],
      ["x86:D52", "vmx", "5.15", "x86.c", "inject_pending_event"],
      ["x86:D52", "vmx", "6.1", "x86.c", "kvm_check_and_inject_events"],
    ] as const
  ) {
    assertEquals(functionOf(rule(id)!, { vendor, release }), {
      file: `arch/x86/kvm/${file}`,
      name,
    });
  }
  for (
    const [release, file] of [
      ["4.9", "arch/arm/kvm/arm.c"],
      ["4.19", "virt/kvm/arm/arm.c"],
      ["5.8", "arch/arm64/kvm/arm.c"],
    ]
  ) {
    const load = rule("arm64:E/1.25")!;
    assertEquals(functionOf(load, { vendor: undefined, release })?.file, file);
    const name = "kvm_arch_vcpu_load";
    const first = { name, file: "arch/arm/kvm/arm.c" };
    assertEquals(nameIn(first, release).file, file);
    const last = { name, file: "arch/arm64/kvm/arm.c" };
    assertEquals(nameIn(last, release).file, file);
  }
});

Deno.test("functionOf(): what loads a register is not what saves it", () => {
  const switched = rule("arm64:E/1.29")!;
  const debug = rule("arm64:E/1.8")!;
  const of = (
    one: RuleEntry,
    cause: "load" | "save" | "restore",
    release = "6.1",
  ): string | undefined =>
    functionOf(one, { vendor: undefined, release, cause })?.name;
  assertEquals(of(switched, "load"), "__sysreg_restore_common_state");
  assertEquals(of(switched, "save"), "__sysreg_save_common_state");
  assertEquals(of(switched, "load", "4.4"), "restore_sysregs");
  assertEquals(of(switched, "save", "4.4"), "save_sysregs");
  assertEquals(of(debug, "load"), "__debug_switch_to_guest_common");
  assertEquals(of(debug, "save"), "__debug_switch_to_host_common");
  assertEquals(of(debug, "restore", "5.4"), "__debug_switch_to_host");
});

Deno.test("functionOf(): a rule about several registers or exits has a function for each", () => {
  const owner = rule("arm64:E/2.3")!;
  const set = rule("arm64:E/1.26")!;
  const ofChanged = (one: RuleEntry, changed: string, release: string) =>
    functionOf(one, { vendor: undefined, release, changed })?.name;
  assertEquals(ofChanged(owner, "MDSCR_EL1", "7.2"), "trap_debug_regs");
  assertEquals(ofChanged(owner, "DBGBCR3_EL1", "7.2"), "trap_dbg_wb_reg");
  assertEquals(
    ofChanged(owner, "owner", "7.2"),
    "kvm_debug_set_guest_ownership",
  );
  const dirty = (accessed: string) =>
    functionOf(rule("arm64:E/1.10")!, {
      vendor: undefined,
      release: "6.1",
      changed: "dirty",
      accessed,
    })?.name;
  assertEquals(dirty("DBGBVR0_EL1"), "reg_to_dbg");
  assertEquals(dirty("MDSCR_EL1"), "trap_debug_regs");
  assertEquals(ofChanged(set, "DBGBVR0_EL1", "6.1"), "set_bvr");
  assertEquals(ofChanged(set, "DBGWCR0_EL1", "6.1"), "set_wcr");
  assertEquals(ofChanged(set, "DBGBVR0_EL1", "7.2"), "set_dbg_wb_reg");
  const queued = rule("x86:C16")!;
  for (
    const [exit, vendor, name] of [
      ["db", "vmx", "handle_exception"],
      ["db", "svm", "db_interception"],
      ["dr-access", "vmx", "handle_dr"],
      ["emulated", "vmx", "kvm_vcpu_do_singlestep"],
      ["compared", "vmx", "kvm_vcpu_check_breakpoint"],
    ]
  ) {
    const found = functionOf(queued, { vendor, release: "4.19", exit });
    assertEquals(found?.name, name);
  }
});

Deno.test("calls(): a function that another calls is within it, not the other way", () => {
  const outer = "kvm_arch_vcpu_ioctl_set_guest_debug";
  assert(calls(outer, "kvm_update_dr7"));
  assert(!calls("kvm_update_dr7", outer));
  assert(!calls("kvm_arm_setup_debug", "__sysreg_restore_common_state"));
});
