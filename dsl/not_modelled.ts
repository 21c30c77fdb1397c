/**
 * What the model leaves out, by the words that people write for it: a word that the language does not know says what it
 * belongs to, instead of what could have stood there. A data table.
 *
 * @module
 */
import type { Diagnostic, DiagnosticCode } from "./diagnostics.ts";
import { textOf } from "./source.ts";

/** Things that are left out, in the plural, and the words for them. */
export const NOT_MODELLED: Readonly<Record<string, readonly string[]>> = {
  "nested guests": [
    "nested",
    "nested_state",
    "nv",
    "nv2",
    "vmrun",
    "vmload",
    "vmsave",
    "stgi",
    "clgi",
    "skinit",
    "invlpga",
    "vmxon",
    "vmxoff",
    "vmlaunch",
    "vmresume",
    "vmread",
    "vmwrite",
    "vmptrld",
    "vmptrst",
    "vmclear",
    "vmfunc",
    "invept",
    "invvpid",
    "hcr_el2",
    "vmcs12",
    "vmcb12",
  ],
  "protected guests other than those of SEV-ES": [
    "sev",
    "sev-snp",
    "snp",
    "tdx",
    "pkvm",
    "rme",
    "realm",
    "tdcall",
    "seamcall",
  ],
  "real mode and virtual-8086 mode": ["realmode", "real-mode", "vm86", "v86"],
  "system-management mode and its interrupts": ["smm", "smi", "rsm"],
  "APIC virtualization and virtual NMIs": [
    "apicv",
    "avic",
    "posted",
    "vnmi",
    "vgif",
  ],
  "bus-lock and split-lock exits": ["bus_lock_exit", "split_lock", "sld"],
  "recorded branches": [
    "lbr_from",
    "lbr_to",
    "lastbranchfromip",
    "lastbranchtoip",
    "lastintfromip",
    "lastinttoip",
  ],
  "MSRs other than debugctl": [
    "efer",
    "star",
    "lstar",
    "tsc_deadline",
    "x2apic_icr",
    "misc_enable",
    "spec_ctrl",
  ],
  "address masks of AMD's breakpoints": [
    "dr0_addr_mask",
    "dr1_addr_mask",
    "dr2_addr_mask",
    "dr3_addr_mask",
  ],
  "performance counters": [
    "pmu",
    "rdpmc",
    "pmcr",
    "pmcr_el0",
    "pmcntenset_el0",
    "pmccntr_el0",
    "global_ctrl",
  ],
  "statistical profiling and trace units": [
    "spe",
    "ete",
    "etm",
    "trbe",
    "brbe",
    "pmscr_el1",
    "trfcr_el1",
    "trblimitr_el1",
  ],
  "XABORT, XTEST and lock elision": ["xabort", "xtest", "xacquire", "xrelease"],
  "exits for accesses without a valid syndrome": ["arm_nisv_to_user", "nisv"],
  "32-bit guests of arm64": ["aarch32", "arm32", "el1_32bit"],
};

const SUBJECT: ReadonlyMap<string, string> = new Map(
  Object.entries(NOT_MODELLED).flatMap(([subject, words]) =>
    words.map((word): [string, string] => [word, subject])
  ),
);

/** What the word belongs to that the model leaves out; undefined if it is another word. */
export function notModelled(word: string): string | undefined {
  return SUBJECT.get(word.toLowerCase());
}

/** Mistakes that are a word which the language does not know at a place. */
const UNKNOWN: ReadonlySet<DiagnosticCode> = new Set([
  "unexpected",
  "unknown-statement",
  "unknown-option",
  "unknown-word",
  "unknown-register",
  "unknown-profile",
]);

/** The same diagnostic; of a word for something that the model leaves out it says that instead. */
export function orNotModelled(diagnostic: Diagnostic): Diagnostic {
  const { code, span } = diagnostic;
  if (!UNKNOWN.has(code)) return diagnostic;
  const word = textOf(span);
  const subject = notModelled(word);
  return subject === undefined ? diagnostic : {
    code: "not-modelled",
    span,
    message: `\`${word}\`: ${subject} are not modelled`,
  };
}
