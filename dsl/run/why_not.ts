/**
 * `why not`: the first condition that kept something from happening, at the instruction or access that came nearest.
 *
 * The runs that the journal has are done again on a copy of the machine, newest first, and the CPU's own comparisons
 * are looked at.
 *
 * @module
 */
import {
  type Compared,
  type Condition,
  rule,
  type RunStart,
  type UnmetQuestion,
  type UnmetSubject,
  type UserExitEvent,
} from "../../engine/mod.ts";
import type { UnmetAsked } from "../action_parts.ts";
import { hex } from "../notation.ts";
import type { Output, UnmetLink } from "../result.ts";
import type { Span } from "../source.ts";
import type { Session } from "./session.ts";
import { fieldText } from "../values.ts";
import { Chain } from "./why_chain.ts";
import { recorded } from "./why_record.ts";

/** A run, with what was compared in it. */
interface Replayed {
  readonly run: RunStart;
  readonly statement: Span | undefined;
  readonly all: readonly Compared[];
}

/** A comparison that answers the question. */
interface Found {
  readonly replayed: Replayed;
  readonly one: Compared;
  /** It fired at the same place in that run. */
  readonly hasFired: boolean;
}

/** The runs of a vCPU, newest first, with what was compared in them; in the guest's handler only if asked by address. */
function* replays(
  { machine }: Session,
  question: UnmetQuestion,
  byAddress: boolean,
): Generator<Replayed> {
  for (const { run, cause } of machine.journal.chapters()) {
    if (run === undefined || run.vcpu !== question.vcpu) continue;
    const all: Compared[] = [];
    machine.past.compared(run, question, (one) => {
      if (one.insn !== null || byAddress) all.push(one);
    });
    if (all.length > 0) {
      yield { run, statement: cause as Span | undefined, all };
    }
  }
}

/** The place of a comparison in its run. */
function placeOf(
  { comparison: { address, access, register } }: Compared,
): string {
  return `${address} ${access} ${register ?? ""}`;
}

/**
 * The last comparison that is wanted. Where several places are compared with one breakpoint, one at which nothing
 * fired comes first.
 */
function lastOf(
  replayed: Replayed,
  wanted: (one: Compared) => boolean,
): Found | undefined {
  const those = replayed.all.filter(wanted);
  const fired = new Set(
    those.filter(({ verdict }) => verdict.unmet === undefined).map(placeOf),
  );
  const one =
    those.findLast((each) =>
      each.verdict.aim !== undefined && !fired.has(placeOf(each))
    ) ?? those.at(-1);
  if (one === undefined) return undefined;
  return { replayed, one, hasFired: fired.has(placeOf(one)) };
}

/** Whether a comparison is about an address. */
function isAt({ comparison }: Compared, wanted: bigint): boolean {
  const { address, sizeBytes } = comparison;
  return wanted >= address && wanted < address + BigInt(Math.max(1, sizeBytes));
}

/** What answers the question: at its address in the newest run that has it, else the last of the newest run. */
function find(
  session: Session,
  question: UnmetQuestion,
  address: bigint | undefined,
): Found | undefined {
  let newest: Replayed | undefined;
  for (const replayed of replays(session, question, address !== undefined)) {
    newest ??= replayed;
    const found = lastOf(
      replayed,
      (one) =>
        address === undefined
          ? one.verdict.gapBytes === 0n
          : isAt(one, address),
    );
    if (found) return found;
  }
  if (newest === undefined || address !== undefined) return undefined;
  return lastOf(newest, ({ verdict }) => verdict.suits);
}

/** What is asked about, as messages name it. */
function subjectOf(
  { question, isOwnerGiven }: UnmetAsked,
  register: string | undefined,
): string {
  const { owner, vcpu, subject, number } = question;
  if (subject === "exit") {
    return vcpu > 0 ? `KVM_RUN of vCPU ${vcpu}` : "KVM_RUN";
  }
  const whose = isOwnerGiven || vcpu > 0 ? `${owner}@${vcpu} ` : "";
  if (subject === "trap") {
    return `${whose}access of ${register ?? "a debug register"}`;
  }
  return `${whose}${subject}${number < 0 ? "" : ` ${number}`}`;
}

/** What happened or did not, after its subject. */
interface Verbs {
  readonly did: string;
  readonly didNot: string;
}

const HIT: Verbs = { did: "hit", didNot: "did not hit" };
const VERBS: Readonly<Record<UnmetSubject, Verbs>> = {
  breakpoint: HIT,
  watchpoint: HIT,
  step: { did: "was taken", didNot: "was not taken" },
  exit: {
    did: "returned with a debug exit",
    didNot: "did not return with a debug exit",
  },
  trap: { did: "trapped", didNot: "did not trap" },
};

/** What is said where nothing was compared. */
const NOTHING: Readonly<Record<UnmetSubject, string>> = {
  breakpoint: "no instruction or access was compared with it",
  watchpoint: "no access of data was compared with it",
  step: "no instruction was executed",
  exit: "nothing that userspace looks for was compared",
  trap: "the guest accessed no debug register",
};

/** A condition that is not met, as text. */
function conditionText(
  { arch }: Session,
  { place, field, value, needed }: Condition,
): string {
  if (place === undefined) return needed;
  const { space, index, name } = place;
  const whole = space === "vm" ? name : `${space}@${index} ${name}`;
  if (field === undefined) {
    return `${whole} is ${hex(value)}; it must be ${needed}`;
  }
  if (field.includes(" and ")) {
    return `${whole}.${field} are both 0; one must be ${needed}`;
  }
  const layout = arch.registers.find(name)?.layout;
  const row = layout?.fields.find((one) => one.name === field);
  const shown = row === undefined ? `${value}` : fieldText(value, row);
  return `${whole}.${field} is ${shown}; it must be ${needed}`;
}

/** Nothing was accessed at the address that is waited for: the nearest is named. */
function nearest({ all }: Replayed, { verdict }: Compared): Condition {
  const { aim, unmet } = verdict;
  if (aim === undefined || unmet?.place?.name !== aim.name) return unmet!;
  const near = all.filter((one) => one.verdict.suits).reduce((a, b) =>
    b.verdict.gapBytes <= a.verdict.gapBytes ? b : a
  );
  return {
    ...unmet,
    needed: `an address that is accessed: the nearest is ${
      hex(near.comparison.address)
    }`,
  };
}

/** Where another vCPU has run, and the one that is asked about has not: how to ask about that. */
function otherVcpu(
  { machine }: Session,
  { vcpu, owner, subject, number }: UnmetQuestion,
): string {
  let other: number | undefined;
  for (const { run } of machine.journal.chapters()) {
    if (run?.vcpu === vcpu) return "";
    other ??= run?.vcpu;
  }
  if (other === undefined) return "";
  const what = number < 0 ? subject : `${subject} ${number}`;
  return `; vCPU ${vcpu} has not run: \`why not ${owner}@${other} ${what}\` asks about vCPU ${other}`;
}

/** The debug exit that the last run of a vCPU ended with; undefined if it ended otherwise. */
function debugExit(
  { machine }: Session,
  vcpu: number,
): UserExitEvent | undefined {
  for (const { run, events } of machine.journal.chapters()) {
    if (run?.vcpu !== vcpu) continue;
    const last = events.findLast((event) => event.kind === "user-exit");
    return last?.exit === "debug" ? last : undefined;
  }
  return undefined;
}

/** Explains why something did not happen. */
export function explainUnmet(
  session: Session,
  action: UnmetAsked,
  span: Span,
): Output {
  const { question, address } = action;
  const { did, didNot } = VERBS[question.subject];
  const base = { kind: "why", span } as const;
  const found = find(session, question, address);
  const isMet = found !== undefined && found.one.verdict.unmet === undefined;
  const exit = question.subject === "exit" && address === undefined && !isMet
    ? debugExit(session, question.vcpu)
    : undefined;
  if (exit !== undefined) {
    const { pc } = exit.values;
    const where = pc === undefined ? "" : ` at ${hex(pc)}`;
    return {
      ...base,
      subject: `${subjectOf(action, undefined)} ${did}${where}`,
      value:
        `for something else than a hardware breakpoint or step of userspace's (${exit.rule}); \`why exit\` tells what led to it`,
      isThere: false,
      unmet: undefined,
      chain: [],
    };
  }
  if (found === undefined) {
    const where = address === undefined ? "" : ` at ${hex(address)}`;
    return {
      ...base,
      subject: `${subjectOf(action, undefined)} ${didNot}${where}`,
      value: NOTHING[question.subject] + otherVcpu(session, question),
      isThere: false,
      unmet: undefined,
      chain: [],
    };
  }
  const { replayed, one, hasFired } = found;
  const { comparison, verdict } = one;
  const subject = subjectOf(action, comparison.register);
  const where = `at ${hex(comparison.address)}`;
  if (verdict.unmet === undefined) {
    return {
      ...base,
      subject: `${subject} ${did} ${where}`,
      value: "every condition was met",
      isThere: false,
      unmet: undefined,
      chain: [],
    };
  }
  const isThere = address !== undefined || verdict.gapBytes === 0n;
  const condition = isThere ? verdict.unmet : nearest(replayed, one);
  const verb = hasFired
    ? `${did} ${where}, and then not again`
    : `${didNot}${isThere ? ` ${where}` : ""}`;
  return {
    ...base,
    subject: `${subject} ${verb}`,
    value: conditionText(session, condition),
    isThere: true,
    unmet: linkOf(session, replayed, one, condition),
    chain: chainOf(session, replayed, one, condition),
  };
}

/** The condition with its rule, and where it was not met. */
function linkOf(
  session: Session,
  { statement }: Replayed,
  { insn }: Compared,
  condition: Condition,
): UnmetLink {
  const entry = rule(condition.rule);
  if (entry === undefined) throw new RangeError(`No rule ${condition.rule}`);
  const { sentence, confidence, source } = entry;
  return {
    statement,
    instruction: insn === null ? undefined : session.whereWritten(insn),
    condition,
    sentence,
    confidence,
    source,
  };
}

/** What gave the register its value, up to the comparison. */
function chainOf(
  session: Session,
  { run }: Replayed,
  { events }: Compared,
  { place, bits }: Condition,
) {
  if (place === undefined) return [];
  const chain = new Chain(session, recorded(session, { run, events }));
  chain.follow(place, 0, bits);
  return chain.links();
}
