/**
 * Which function of the kernel does what a rule says, as the rule's source names it.
 *
 * @module
 */
import type { SetCause } from "./events.ts";
import { type KernelFunction, nameIn, releaseNumber } from "./kernel_names.ts";
import type { RuleEntry, RuleSource } from "./rule_entry.ts";

export type { KernelFunction } from "./kernel_names.ts";

/** The kernel whose function is wanted, and what it did. */
export interface FunctionOf {
  /** The vendor whose code runs; undefined where there is no choice. */
  readonly vendor: string | undefined;
  /** Its release, `7.2` or `5.4.120`; undefined if it has none. */
  readonly release: string | undefined;
  /** Why a value moved: what loads a register is not what saves it. */
  readonly cause?: SetCause;
  /** The name of what changed: a rule about several registers can have a function for each. */
  readonly changed?: string;
  /** The register whose trapped access changed KVM's own state. */
  readonly accessed?: string;
  /** The exit that was handled, where the rule is about several. */
  readonly exit?: string;
}

/** Folders and old files of the vendors' code. */
const VENDOR_CODE: Readonly<Record<string, RegExp>> = {
  vmx: /^arch\/x86\/kvm\/vmx[./]/,
  svm: /^arch\/x86\/kvm\/svm[./]/,
};

/** Names of functions that move a value for another cause than this. */
const OTHER_WAY: Readonly<Partial<Record<SetCause, RegExp>>> = {
  load: /(?:^|_)save_|_to_host|deactivate|_put(?:_|$)/,
  save: /(?:^|_)restore_|_to_guest|(?:^|_)activate|_load(?:_|$)/,
  restore: /(?:^|_)save_|_to_guest|(?:^|_)activate|_load(?:_|$)/,
  decide: /(?:^|_)(?:save|restore)_|_to_guest|activate_traps/,
};

/** Functions for what changes, of rules that have one for each. */
const OF_CHANGED: readonly (readonly [changed: RegExp, name: RegExp])[] = [
  [/^OSL[AS]R/, /^trap_oslar_el1$/],
  [/^DBG[BW][VC]R/, /^trap_dbg_wb_reg$/],
  [/^DBGBVR/, /^set_bvr$/],
  [/^DBGWCR/, /^set_wcr$/],
  [/^DBGWVR/, /^set_wvr$/],
  [/^MDSCR_EL1$|^MDCCINT_EL1$/, /^trap_debug_regs$/],
];

/** Functions that change a state of KVM's own when such a register is accessed. */
const OF_ACCESSED: readonly (readonly [
  changed: string,
  accessed: RegExp,
  name: RegExp,
])[] = [["dirty", /^MDSCR_EL1$|^MDCCINT_EL1$/, /^trap_debug_regs$/]];

/** Functions that handle an exit, of rules that have one for each; else KVM has emulated the instruction. */
const OF_EXIT: Readonly<Record<string, RegExp>> = {
  db: /^handle_exception|^db_interception$/,
  "dr-access": /^handle_dr$|^dr_interception$/,
  emulated: /singlestep/,
  compared: /_breakpoint$/,
};

/** How far a release is from those in which a source was read; 0 where it lies between them. */
function distance({ read }: RuleSource, release: string | undefined): number {
  const known = [...read.matchAll(/\b\d\.\d+(?:\.\d+)*/g)].map(([one]) =>
    releaseNumber(one)
  );
  if (known.length === 0 || release === undefined) return Infinity;
  const wanted = releaseNumber(release);
  const first = Math.min(...known);
  const last = Math.max(...known);
  // A source that was read in one release, or up to the newest, stands for later ones too.
  return wanted < first ? first - wanted : wanted > last ? wanted - last : 0;
}

/** A function of a kernel or of a VMM: its file and its name. */
const PLACE =
  /^((?:arch|virt|kernel|qemu|firecracker|cloud-hypervisor)\/\S+): (\w+)(\(\))?$/;

/** The functions of a source that are code of a kernel or a VMM, and of the vendor. */
function functionsOf(
  { where }: RuleSource,
  vendor: string | undefined,
): KernelFunction[] {
  return where.flatMap((place) => {
    const [, file, name, call] = PLACE.exec(place) ?? [];
    // Assembly has labels and macros.
    if (!call && !file?.endsWith(".S")) return [];
    const isOthers = vendor !== undefined &&
      Object.entries(VENDOR_CODE).some(([other, files]) =>
        other !== vendor && files.test(file)
      );
    return isOthers ? [] : [{ name, file }];
  });
}

/** True if a function reads what another of them writes. */
function gets(
  { name }: KernelFunction,
  all: readonly KernelFunction[],
): boolean {
  const setter = name.replace("_get_", "_set_");
  return setter !== name &&
    all.some((other) => other.name.replace(/^__/, "") === setter);
}

/**
 * The function that does what a rule says: the first that its source names for the kernel's vendor and for what was
 * done, of what was read in the kernel's release or nearest to it, under the name that it has there. Of a getter and its setter
 * it is the setter, because that is what changes a value.
 *
 * @returns undefined if the source names none: a manual, or a patch mail
 */
export function functionOf(
  { source }: Pick<RuleEntry, "source">,
  { vendor, release, cause, changed, accessed = "", exit }: FunctionOf,
): KernelFunction | undefined {
  const others = cause && OTHER_WAY[cause];
  const ofChanged = [
    ...OF_ACCESSED.filter(([state, register]) =>
      state === changed && register.test(accessed)
    ).map(([, , name]) => name),
    ...OF_CHANGED.filter(([what]) => what.test(changed ?? "")).map((
      [, name],
    ) => name),
  ];
  const wanted = exit === undefined ? ofChanged : [OF_EXIT[exit], ...ofChanged];
  const parts = (source.parts ?? [source]).flatMap((part) => {
    const all = functionsOf(part, vendor);
    const first = all.find(({ name }) =>
      wanted.some((pattern) => pattern?.test(name))
    ) ?? all.find((one) => !others?.test(one.name) && !gets(one, all)) ??
      all[0];
    return first === undefined ? [] : [{ first, far: distance(part, release) }];
  });
  const nearest = parts.toSorted((a, b) => a.far === b.far ? 0 : a.far - b.far);
  if (nearest.length === 0) return undefined;
  const [{ first }] = nearest;
  return release === undefined ? first : nameIn(first, release);
}
