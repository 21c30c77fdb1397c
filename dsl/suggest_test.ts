import { assertEquals } from "@std/assert";
import { suggestion } from "./suggest.ts";

const EXITS = ["idle", "debug", "mmio", "io", "error"];
const VENDORS = ["vmx", "svm"];

/** A word, those that can stand there, and the one that is suggested. */
const WORDS: readonly (readonly [
  word: string,
  candidates: readonly string[],
  suggested: string | undefined,
])[] = [
  ["hlt", EXITS, "idle"],
  ["KVM_EXIT_HLT", EXITS, "idle"],
  ["KVM_EXIT_DEBUG", EXITS, "debug"],
  ["kvm_exit_io", EXITS, "io"],
  ["KVM_EXIT_INTERNAL_ERROR", EXITS, "error"],
  ["fail_entry", EXITS, "error"],
  ["KVM_EXIT_SHUTDOWN", EXITS, undefined],
  ["amd", VENDORS, "svm"],
  ["Intel", VENDORS, "vmx"],
  ["kvm-amd", VENDORS, "svm"],
  ["KVM_INTEL", VENDORS, "vmx"],
  // What it stands for is not among them.
  ["amd", EXITS, undefined],
  ["hlt", VENDORS, undefined],
  ["constructor", VENDORS, undefined],
  ["svn", VENDORS, "svm"],
  ["svm", VENDORS, undefined],
];

for (const [word, candidates, suggested] of WORDS) {
  Deno.test(`suggestion: ${word} of ${candidates.join(", ")}`, () => {
    const hint = suggested && `did you mean \`${suggested}\`?`;
    assertEquals(
      suggestion(word, candidates),
      suggested === undefined ? {} : { hint, suggestion: suggested },
    );
  });
}
