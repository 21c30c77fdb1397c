/**
 * Each event cites a rule about that event: the whole catalogue is run under every kernel, and what its events cite
 * must be about them, of the kernel's release, and of its vendor.
 */
import { assert, assertEquals } from "@std/assert";
import { eventText } from "../dsl/render/event.ts";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import type { Output, Running } from "../dsl/result.ts";
import { runFile } from "../dsl/run/scenario.ts";
import {
  ARCH_NAMES,
  architecture,
  type ArchName,
  type Event,
  rule,
} from "../engine/mod.ts";
import { faultsOf, type KernelRun } from "./cited_subjects.ts";
import { sourceFiles } from "./source_files.ts";

const SCENARIOS = await sourceFiles((path) =>
  path.startsWith("scenarios/") && path.endsWith(".dregs") &&
  // What is to be searched, not run.
  !path.startsWith("scenarios/explore/")
);

/** The mainline release that each kernel with a name of its own is based on. */
const BASED_ON: Readonly<Record<string, string>> = {
  "bennee-v2": "4.1",
  "bennee-v3": "4.1",
  "watanabe-v7": "5.18",
  "kiszka-2008": "2.6.30",
  "linux-4.4": "4.4.1",
  "reload-2016": "4.4.1",
};

function releaseOf(profile: string): string {
  return BASED_ON[profile] ?? profile.replace(/^linux-/, "");
}

/** Hands on every event of the catalogue of an architecture, under each of its kernels. */
function eachEvent(
  arch: ArchName,
  take: (event: Event, kernel: KernelRun) => void,
): void {
  const takeAll = (
    { profile, vendor }: Pick<Running, "profile" | "vendor">,
    outputs: readonly Output[],
  ): void => {
    const kernel = { profile, vendor, release: releaseOf(profile) };
    for (const output of outputs) {
      if (output.kind !== "trace") continue;
      for (const event of output.events) take(event, kernel);
    }
  };
  for (const [path, text] of SCENARIOS) {
    if (!path.startsWith(`scenarios/${arch}/`)) continue;
    const loaded = load({ name: path, text }, {
      reader: pathReader((name) => SCENARIOS.get(name)),
      limits: limitsOf(LIMIT_DEFAULT),
    });
    assert(loaded.ok, path);
    for (const { name } of architecture(arch)!.profiles) {
      const settings = {
        profile: name,
        filter: undefined,
        trace: true,
        limit: LIMIT_DEFAULT,
        tell: takeAll,
      };
      for (const result of runFile(loaded.file, settings)) {
        takeAll(result, result.outputs);
      }
    }
  }
}

/** Faults of the catalogue's events, each once, and the kinds of events that there were. */
function faults(arch: ArchName): { found: Set<string>; kinds: Set<string> } {
  const found = new Set<string>();
  const kinds = new Set<string>();
  eachEvent(arch, (event, kernel) => {
    kinds.add(event.kind);
    const entry = rule(event.rule);
    assert(entry, `${event.rule} is no rule`);
    const { verb, what } = eventText(event);
    for (const fault of faultsOf(event, entry, kernel)) {
      const line = `${kernel.profile}: ${event.rule} ${fault}: ${verb}`;
      const shape = what.replaceAll(/0x[0-9a-f]+|(?<=DBG...)\d+/g, "N");
      found.add(`${line} ${shape}`);
    }
  });
  return { found, kinds };
}

/** Kinds of events that a catalogue must have, of those that there are. */
const KINDS: Readonly<Record<ArchName, readonly Event["kind"][]>> = {
  arm64: ["unpredictable"],
  x86: ["missed", "stray", "host-hit"],
};
const KINDS_OF_BOTH: readonly Event["kind"][] = [
  "set",
  "trap",
  "access",
  "load",
  "save",
  "vcpu-load",
  "vcpu-put",
  "enter",
  "exit",
  "user-exit",
  "exception",
  "inject",
  "warn",
  "refused",
  "hit",
];

for (const arch of ARCH_NAMES) {
  Deno.test(`cited rules: every event of ${arch}, under every kernel, cites a rule about it`, () => {
    const { found, kinds } = faults(arch);
    for (const kind of [...KINDS_OF_BOTH, ...KINDS[arch]]) {
      assert(kinds.has(kind), `no ${kind}`);
    }
    assertEquals([...found], []);
  });
}

const GUEST_DR6 = { space: "guest", index: 0, name: "DR6" } as const;
const OF_DR6 = {
  kind: "set",
  cause: "deliver",
  to: GUEST_DR6,
  from: null,
  old: 0n,
  new: 1n,
  rule: "x86:C16",
} as const satisfies Event;
const LINUX_4_4: KernelRun = {
  profile: "linux-4.4",
  vendor: "vmx",
  release: "4.4.1",
};

/** Citations that are wrong, and what is wrong with them. */
const WRONG: readonly [event: Event, kernel: Partial<KernelRun>, RegExp][] = [
  // A rule about the exit of MOV DR, of DR4 and DR5.
  [{ ...OF_DR6, rule: "x86:C7" }, {}, /is not about .*DR6/],
  [{ ...OF_DR6, rule: "x86:D3" }, {}, /is not about .*#DB/],
  [{ ...OF_DR6, rule: "x86:D17" }, {}, /is of 5\.\d+ and later/],
  [OF_DR6, { release: "6.1" }, /is of kernels before 5\.7/],
  [
    { ...OF_DR6, cause: "reset", rule: "x86:A/3" },
    {},
    /is not about .*reset/,
  ],
  [
    {
      kind: "inject",
      vcpu: 0,
      exception: "gp",
      rule: "x86:C8",
    },
    { vendor: "svm" },
    /is not about .*#GP/,
  ],
  [
    {
      kind: "access",
      vcpu: 0,
      access: "read",
      register: "DR0",
      value: 0n,
      pc: 0n,
      by: "kvm",
      name: undefined,
      rule: "x86:D14",
    },
    { vendor: "svm", release: "6.1" },
    /is about VMX/,
  ],
  [
    { kind: "vcpu-put", vcpu: 0, cpu: 0, rule: "arm64:E/1.8" },
    { vendor: undefined, release: "6.1" },
    /is not about .*vcpu_put/,
  ],
];

Deno.test("cited rules: a wrong citation is seen", () => {
  assertEquals(faultsOf(OF_DR6, rule(OF_DR6.rule)!, LINUX_4_4), []);
  for (const [event, kernel, wanted] of WRONG) {
    const found = faultsOf(event, rule(event.rule)!, {
      ...LINUX_4_4,
      ...kernel,
    });
    assert(
      found.some((fault) => wanted.test(fault)),
      `${event.rule}: ${found.join(", ")}`,
    );
  }
});
