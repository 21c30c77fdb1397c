import { assertEquals } from "@std/assert";
import type { RuleEntry } from "../../engine/mod.ts";
import {
  citationText,
  releasesText,
  renderRule,
  shortSource,
  sourceLine,
} from "./rule.ts";
import { PLAIN_PAGE } from "./theme.ts";

const SOURCE = {
  where: ["arch/x86/kvm/vmx.c: handle_dr()", "arch/x86/kvm/x86.c: f()"],
  read: "3.19.8 to 4.20",
  commits: [
    { hash: "70e4da7a8ff6", subject: "KVM: x86: a fix" },
    { hash: undefined, subject: "KVM: x86: another" },
  ],
};

const ENTRY: RuleEntry = {
  id: "x86:C7",
  section: "x86:C/3",
  sentence: "A rule.",
  kernels: { since: "3.19", until: "5.7" },
  confidence: "source",
  source: SOURCE,
};

Deno.test("releasesText(): first release, first without, both, none", () => {
  assertEquals(releasesText({ since: "3.19" }), "since 3.19");
  assertEquals(releasesText({ until: "5.7" }), "before 5.7");
  assertEquals(releasesText(ENTRY.kernels), "since 3.19, before 5.7");
  assertEquals(releasesText({}), undefined);
  assertEquals(releasesText(undefined), undefined);
});

Deno.test("shortSource(): the first place, and how many more", () => {
  assertEquals(
    shortSource(SOURCE),
    "arch/x86/kvm/vmx.c: handle_dr() and 1 more (3.19.8 to 4.20)",
  );
  assertEquals(
    shortSource({ where: ["Intel SDM vol. 3B 17.2.5"], read: "June 2016" }),
    "Intel SDM vol. 3B 17.2.5 (June 2016)",
  );
});

Deno.test("sourceLine(): a rule from memory says so", () => {
  assertEquals(
    sourceLine("memory", SOURCE),
    "source: from memory, believed to be in arch/x86/kvm/vmx.c: handle_dr() and 1 more (3.19.8 to 4.20)",
  );
  assertEquals(
    sourceLine("source", SOURCE),
    "source: arch/x86/kvm/vmx.c: handle_dr() and 1 more (3.19.8 to 4.20)",
  );
});

Deno.test("citationText(): a rule from memory says so", () => {
  assertEquals(citationText("x86:C7", "memory"), "x86:C7, from memory");
  assertEquals(citationText("x86:C7", "source"), "x86:C7");
  assertEquals(citationText("x86:C7"), "x86:C7");
});

Deno.test("renderRule(): all that is known of a rule", () => {
  assertEquals(renderRule(ENTRY, PLAIN_PAGE), [
    "x86:C7",
    "  A rule.",
    "  known       read in source code or in a patch",
    "  releases    since 3.19, before 5.7",
    "  section     x86:C/3",
    "  source      arch/x86/kvm/vmx.c: handle_dr()",
    "              arch/x86/kvm/x86.c: f()",
    "  read in     3.19.8 to 4.20",
    "  changed by  70e4da7a8ff6 KVM: x86: a fix",
    "              KVM: x86: another",
  ]);
  const bare: RuleEntry = {
    id: "x86:C",
    title: "2016",
    sentence: "A section.",
    confidence: "memory",
    source: { where: ["arch/x86/kvm/vmx.c: handle_dr()"], read: "4.4" },
  };
  assertEquals(renderRule(bare, PLAIN_PAGE), [
    "x86:C: 2016",
    "  A section.",
    "  known       from memory: not checked against a source",
    "  source      arch/x86/kvm/vmx.c: handle_dr()",
    "  read in     4.4",
  ]);
});
