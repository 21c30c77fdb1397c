/**
 * What a rule must be about for an event to cite it: words that its title and sentence must have, by the kind of the
 * event, the register or state that it changes, and what it reports.
 *
 * @module
 */
import type {
  ExceptionKind,
  Place,
  RefusedEvent,
  SetCause,
  SetEvent,
} from "../engine/events.ts";
import type { Event, RuleEntry } from "../engine/mod.ts";

/** Words that one of the given patterns finds in a rule's text. */
type Words = RegExp;

/** A row of a table: an event's own words, and those that the rule must have. */
type Rows = readonly (readonly [of: RegExp, words: Words])[];

/** The words of the first row that fits. @throws {RangeError} if none does: a new kind of event needs a row */
function wordsOf(rows: Rows, text: string): Words {
  const row = rows.find(([of]) => of.test(text));
  if (row === undefined) throw new RangeError(`No row for ${text}`);
  return row[1];
}

/** Registers and KVM's own state, by name. */
const PLACES: Rows = [
  [/^(saved )?DR[0-3]$/, /DR[0-3n]\b|\bdb\b|debug registers|eff_db/],
  [/^(saved )?DR6$/, /DR6|\bdr6|DR4-DR7/],
  [/^cached_DR7$/, /copy of DR7/],
  [/^(saved )?DR7$/, /DR7|\bdr7/],
  [/^eff_db/, /eff_db|\bdb\b|DR0-DR3/],
  [/^CR4$/, /CR4/],
  [/^(saved_)?DEBUGCTL$/, /DEBUGCTL|BTF|host's value|guest's value/],
  [/^host_debugctl$/, /host's value|DEBUGCTL/],
  [/^lbr_virtualization$/, /LBR virtualization/],
  [/^R11$/, /R11/],
  [/^(pushed_)?RFLAGS$/, /RFLAGS|\bTF\b/],
  [
    /^switch_db_regs$/,
    /switch_db_regs|BP_ENABLED|WONT_EXIT|RELOAD|interception|DR7/,
  ],
  [/^dr_intercept$/, /intercept|MOV-DR exiting|access exits/],
  [/^guest_debug$/, /guest_debug|SET_GUEST_DEBUG|ENABLE/],
  [/^guest_debug_dr7$/, /guest_debug_dr7|DR7/],
  [
    /^DBG[BW][CV]R/,
    /breakpoint|watchpoint|registers?\b|slots?\b|guest's own|external (set|ones)|LBN|values|trapped/i,
  ],
  [/^MDSCR_EL1$/, /MDSCR|registers?\b|trapped|slot|values|DR access/],
  [/^MDCCINT_EL1$/, /MDCCINT|registers?\b|trapped|slot|values/],
  [/^CONTEXTIDR_EL1$/, /CONTEXTIDR|registers\b|values/],
  [/^PSTATE$/, /PSTATE/],
  [/^OSLSR_EL1$/, /OSLSR|OS lock/],
  [/^ID_/, /ID_AA64DFR0|ID register|BRPs|stored/],
  [/^dirty$/, /DIRTY/],
  [/^debug_ptr$/, /debug_ptr|selects the|external set/],
  [/^mdcr_el2$/i, /MDCR_EL2|\bTDA\b/],
  [/^saved_mdscr_el1$/, /(saves?|saved).*MDSCR|MDSCR.*saved/],
  [/^owner$/, /owner/],
  [/^emulate$/, /emulation flag/],
  [/^pending_external_vector$/, /KVM_INTERRUPT/],
  [/^nmi_pending$/, /KVM_NMI|nmi\.pending/],
  [/^pending_spis$/, /KVM_IRQ_LINE|acknowledges/],
  [/^serror_pending$/, /KVM_SET_VCPU_EVENTS|SError/],
  [/^nmi_masked$/, /nmi\.masked/],
  [/^interrupt_shadow$/, /interrupt\.shadow/],
  [/^exception_payload_enabled$/, /EXCEPTION_PAYLOAD/],
  [/^nmi_singlestep$/, /step/],
];

/** Why a value moved. */
const CAUSES: Readonly<Record<SetCause, Words>> = {
  reset: /reset/i,
  write: /./,
  load: /loads?\b|loaded|switch|copies|gets a copy|arch\.dr6 under/i,
  save: /saves?\b|saved|switch|copies|copied/i,
  convert: /LBN|renumber|slot|number/i,
  force: /./,
  restore: /restore|loads the host/i,
  decide: /./,
  sync: /sync|stores DR6|after every exit|after an exit|clears PSTATE\.SS/i,
  deliver: /#DB|B0-B3|payload/,
};

/** Where a written value came from. */
const WRITERS: Readonly<Partial<Record<Place["space"], Words>>> = {
  program:
    /write|MOV|access|set_dr|trap|take|slot|PSTATE|CR4|DR7|#DB|CONTEXTIDR/i,
  user: /SET|ONE_REG|userspace|USE_HW|singlestep|is stored/i,
  host: /host/i,
};

const EXCEPTIONS: Readonly<Record<ExceptionKind, Words>> = {
  undef: /UNDEF/,
  breakpoint: /breakpoint/,
  watchpoint: /watchpoint/,
  step: /step/,
  brk: /BRK/,
  svc: /SVC/,
  db: /#DB|\bGD\b|INJECT_|faults.*traps/,
  bp: /#BP|INT3|INJECT_/,
  ud: /#UD/,
  gp: /#GP|CPL/,
  interrupt: /INT n|interrupt/,
  nmi: /NMI/,
  serror: /SError/,
};

/** What raises an exception, where the exception's name is not enough. */
const RAISES: Rows = [
  [/step/, /\bTF\b|step/i],
  [/INT 1/, /INT 1/],
  [/UNDEFINED|EL0 may not/, /UNDEF/],
  [/^(BRK|SVC|INT1|INT3)/, /BRK|SVC|INT3|ICEBP/],
  [/^UD2/, /execution faults/],
];

/** What makes a guest access exit. */
const CONTROLS: Rows = [
  [/^TD(A|E|OSA|RA)$/, /./],
  [/^TID3$/, /TID3/],
  [/^TVM$/, /TVM/],
  [/^MOV-DR exiting$/, /MOV-DR exiting/],
  [/^DR intercept$/, /DR access has an intercept/],
  [/^CR4 intercept$/, /CR4/],
  [/^MSR intercept$/, /WRMSR.*MSR bitmap/],
];

const WARNINGS: Rows = [
  [/re-enters the guest without progress/, /for ever/],
  [/emulation failed/, /emulation.*exit for ever/],
  [/bits 63:32/, /high bits/],
  [/injected #BP is lost/, /INJECT/],
  [/VM entry fails/, /entry fail/],
  [/without emulation/, /emulation flag.*warns/],
];

/** Registers that the CPU reads or writes without KVM. */
const READ_BY_CPU: Rows = [
  [/^CONTEXTIDR_EL1$/, /CONTEXTIDR/],
  [/^PSTATE$/, /PSTATE/],
  [/^EAX$/, /EAX/],
  [/./, /access|MOV|DR6|DR7/],
];

/** What is CONSTRAINED UNPREDICTABLE. */
const OPEN: Rows = [
  [/ links to breakpoint/, /link.*CONSTRAINED UNPREDICTABLE/],
  [/HMC, SSC/, /reserved combination/],
  [/half-word/, /halfword.*CONSTRAINED UNPREDICTABLE/],
  [/reserved MASK/, /MASK 1 and 2 are reserved/],
  [/ MASK and a BAS| BAS that/, /BAS.*CONSTRAINED UNPREDICTABLE/],
  [/below its MASK/, /masked low bits.*CONSTRAINED UNPREDICTABLE/],
  [/type/, /BT is reserved/],
  [/bits above VA/, /CONSTRAINED UNPREDICTABLE whether they are compared/],
];

/** What a restored guest has no more. */
const LOST: Rows = [
  [/^(PC|PSTATE|(ELR|SPSR|ESR|FAR|MDSCR|MDCCINT|CONTEXTIDR|OSLSR)_EL1)$/, /PC/],
  [/^DBG[BW]/, /number 0/],
  [/^(SError|interrupts)$/, /events|GIC/],
  [/^DEBUGCTL$/, /DEBUGCTL is in/],
  [/shadow/, /VALID_SHADOW/],
  [/held debug traps/, /pending debug exceptions/],
  [/pending interrupt/, /KVM_INTERRUPT/],
  [/NMI/, /nmi\./],
  [/DR[0-3]$/, /debug registers|DR0/],
  [/DR6$/, /debug registers|DR6/],
  [/DR7$/, /debug registers|DR7/],
  [/RFLAGS/, /RF\b|TF\b/],
];

/** Refused operations. */
const OPERATIONS: Rows = [
  [/^KVM_SET_GUEST_DEBUG/, /KVM_SET_GUEST_DEBUG|INJECT/],
  [/^KVM_INTERRUPT/, /KVM_INTERRUPT/],
  [/^KVM_SET_VCPU_EVENTS/, /KVM_SET_VCPU_EVENTS/],
  [/^KVM_NMI/, /KVM_NMI/],
  [/^KVM_SET_MSRS/, /KVM_SET_MSRS/],
  [/DEBUGREGS/, /DEBUGREGS|SET gives/],
  [/VCPU_EVENTS/, /VCPU_EVENTS|exception\.injected/],
  [/^KVM_SEV_INIT2/, /KVM_SEV_INIT2/],
  [/^KVM_ENABLE_CAP/, /KVM_ENABLE_CAP/],
  [/^KVM_[GS]ET_ONE_REG OSLSR/, /OSLSR/],
  [/^KVM_[GS]ET_ONE_REG PSTATE/, /ONE_REG of PSTATE/],
  [
    /^KVM_[GS]ET_ONE_REG ID_/,
    /ID_AA64DFR0|BRPs|CTX_CMPs|PMUVer|field|vCPU.*run/i,
  ],
  [/^debug breakpoint/, /GUEST_DEBUG_HW_BPS/],
  [/^host /, /host breakpoint/],
];

function setWords({ cause, to, from }: SetEvent): Words[] {
  const isRenumbered = from !== null && from.name !== to.name &&
    from.name.startsWith("DBG");
  const writer = cause !== "write" || from === null
    ? undefined
    : isRenumbered
    ? /Virtual to physical/
    : WRITERS[from.space];
  return [
    wordsOf(PLACES, to.name),
    CAUSES[cause],
    ...writer === undefined ? [] : [writer],
  ];
}

function refusedWords({ operation, errno }: RefusedEvent): Words[] {
  const words = wordsOf(OPERATIONS, operation);
  // What a kernel does not have yet is no error number of its rule.
  return errno === "EINVAL" || errno === "ENOENT"
    ? [words]
    : [words, new RegExp(`${errno}|fails|return`)];
}

/** The words that the rule of an event must have, each of them. */
export function subjectsOf(event: Event): Words[] {
  switch (event.kind) {
    case "set":
      return setWords(event);
    case "trap":
      return [
        wordsOf(CONTROLS, event.because),
        ...event.because.startsWith("TD")
          ? [new RegExp(`\\b${event.because}\\b`)]
          : [],
      ];
    case "access":
      switch (event.by) {
        case "undef":
          return [/UNDEF|#UD/];
        case "fault":
          return [/#GP|#DB|faults/];
        case "kvm":
          return [/access|reads?\b|write|emulat|trapped|set_dr|MOV|OSLAR/i];
        case "hardware":
          return [wordsOf(READ_BY_CPU, event.register)];
        default:
          return event.by satisfies never;
      }
    case "load":
      return [
        /loads?\b|loaded|copies|restores/i,
        event.set === "host" ? /host/i : /./,
      ];
    case "save":
      return [
        /saves?\b|saved|copies|reads/i,
        event.set === "host" ? /host/i : /./,
      ];
    case "vcpu-load":
      return [/vcpu_load/];
    case "vcpu-put":
      return [/vcpu_put/];
    case "enter":
      return [/entry|launch|switch|TDA is set/i];
    case "exit":
      return event.why === "debug"
        ? [/KVM_EXIT_DEBUG/]
        : event.why === "trap"
        ? [/traps/]
        : [/exit|world switch/i];
    case "user-exit":
      return event.exit === "debug"
        ? [/KVM_EXIT_DEBUG|debug exit|exits? with/]
        : [/MMIO|port/];
    case "raise":
      return [
        wordsOf([...RAISES, [/./, EXCEPTIONS[event.exception]]], event.what),
      ];
    case "exception":
    case "inject":
      return [EXCEPTIONS[event.exception]];
    case "warn":
    case "stopped":
      return [wordsOf(WARNINGS, event.message)];
    case "lost":
      return [wordsOf(LOST, event.what)];
    case "unpredictable":
      return [wordsOf(OPEN, event.what)];
    case "refused":
      return refusedWords(event);
    case "hit":
      return [/match|hit|breakpoint that KVM emulates/i];
    case "missed":
    case "stray":
      return [/miss|not all/i];
    case "host-hit":
    case "host-lost":
      return [/host/i];
    default:
      return event satisfies never;
  }
}

/** The text of a rule that its subject is looked for in. */
function textOf({ title = "", sentence }: RuleEntry): string {
  return `${title}. ${sentence}`;
}

/** The vendor that alone a rule is about; undefined if it names both, or says in passing what one does. */
function vendorOf({ sentence }: RuleEntry): string | undefined {
  if (/VMX/.test(sentence) && /SVM/.test(sentence)) return undefined;
  return /^(?:On |An? .{1,20} exit on )?(VMX|SVM)\b/.exec(sentence)?.[1];
}

/** A kernel of the catalogue's runs. */
export interface KernelRun {
  readonly profile: string;
  readonly vendor: string | undefined;
  /** The mainline release that it is, or is based on. */
  readonly release: string;
}

/** True if one release comes before another. */
function isBefore(one: string, other: string): boolean {
  const [a, b] = [one, other].map((release) => release.split(".").map(Number));
  const at = b.findIndex((part, index) => part !== (a[index] ?? 0));
  return at >= 0 && (a[at] ?? 0) < b[at];
}

/** What is wrong with an event that cites a rule, under a kernel; empty if nothing is. */
export function faultsOf(
  event: Event,
  entry: RuleEntry,
  { release, vendor }: KernelRun,
): string[] {
  const text = textOf(entry);
  const faults = subjectsOf(event).filter((words) => !words.test(text))
    .map((words) => `is not about ${words}`);
  const { since, until } = entry.kernels ?? {};
  // A sentence with releases says itself what other kernels do.
  const isDated = /\b\d+\.\d+/.test(entry.sentence);
  const isEarly = since !== undefined && isBefore(release, since);
  const isLate = until !== undefined && !isBefore(release, until);
  // What a kernel does not have yet is refused.
  const mayBeEarly = isDated || event.kind === "refused";
  if (isEarly && !mayBeEarly) faults.push(`is of ${since} and later`);
  if (isLate && !isDated) faults.push(`is of kernels before ${until}`);
  const other = vendor === "vmx" ? "SVM" : "VMX";
  if (vendor !== undefined && vendorOf(entry) === other) {
    faults.push(`is about ${other}`);
  }
  return faults;
}
