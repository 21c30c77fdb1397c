/**
 * What an event did, in a phrase that goes on after a function's name.
 *
 * @module
 */
import type {
  Architecture,
  Event,
  Place,
  SetEvent,
} from "../../../engine/mod.ts";
import { hex } from "../../notation.ts";

/** A flag with its name, and the values that it had. */
interface NamedFlag {
  readonly name: string;
  readonly bit: bigint;
}

/** The flags that a place has by name. */
export function flagsOf(arch: Architecture, place: Place): NamedFlag[] {
  const step = Object.hasOwn(arch.stepFlags, place.name) &&
    place.space !== "cpu" && place.space !== "program";
  if (step) {
    const name = arch.name === "x86" ? "TF" : "SS";
    return [{ name, bit: arch.stepFlags[place.name] }];
  }
  if (place.space !== "kvm") return [];
  return Object.entries(arch.kvmFlags[place.name] ?? {}).map((
    [name, bit],
  ) => ({ name, bit: BigInt(bit) }));
}

/** What a place is called, after what a function does with it. */
function placeText({ space, index, name }: Place): string {
  switch (space) {
    case "cpu":
      return `CPU ${index}'s ${name}`;
    case "guest":
      return name.startsWith("pushed_")
        ? `the ${name.slice("pushed_".length)} that the exception pushed`
        : `the guest's ${name}`;
    case "external":
      return `userspace's ${name}`;
    case "bare":
      return `the bare machine's ${name}`;
    case "host":
      return `the host's ${name}`;
    case "vmcs":
    case "vmcb":
      return `the ${name} that the entry loads`;
    case "user":
      return name === "control" ? "the ioctl's control" : `the ioctl's ${name}`;
    case "program":
      return `the instruction's ${name}`;
    default:
      return name;
  }
}

/** Flags that a value has and had, as phrases: `set A`, `cleared B`. */
function flagPhrases(
  arch: Architecture,
  { to, old, new: now }: SetEvent,
): string[] {
  const flags = flagsOf(arch, to);
  const names = (wanted: (bit: bigint) => boolean): string =>
    flags.filter(({ bit }) => ((old ^ now) & bit) !== 0n && wanted(bit))
      .map(({ name }) => name).join(" and ");
  const set = names((bit) => (now & bit) !== 0n);
  const cleared = names((bit) => (now & bit) === 0n);
  const where = to.space === "kvm" ? "" : ` in ${placeText(to)}`;
  const isEmpty = to.space === "kvm" && now === 0n && cleared !== to.name;
  return [
    ...(set === "" ? [] : [`set ${set}${where}`]),
    ...(cleared === "" ? [] : [
      `cleared ${cleared}${where}${isEmpty ? ` (${to.name} is then 0)` : ""}`,
    ]),
  ];
}

function setPhrases(arch: Architecture, event: SetEvent): string[] {
  const { to, from, cause, old, new: now } = event;
  if (to.space === "kvm" && to.name === "dr_intercept") {
    return [
      now === 0n
        ? "stopped intercepting MOV DR"
        : "intercepted MOV DR from then on",
    ];
  }
  const flags = flagPhrases(arch, event);
  if (flags.length > 0) return flags;
  if (from?.space === "user" && to.space === "kvm") {
    if (to.name === "nmi_pending") return ["queued an NMI"];
    if (to.name === "pending_external_vector") {
      return [`queued interrupt ${hex(now)}`];
    }
  }
  if (from !== null) {
    const verb = to.space === "cpu" ? "loaded" : "copied";
    return [
      `${verb} ${placeText(from)} (${hex(now)}) into ${placeText(to)}`,
    ];
  }
  const verb = cause === "reset" ? "reset" : "changed";
  return [`${verb} ${placeText(to)} from ${hex(old)} to ${hex(now)}`];
}

/** What an event did, as phrases; none where it decides nothing. */
export function phrasesOf(arch: Architecture, event: Event): string[] {
  switch (event.kind) {
    case "set":
      return setPhrases(arch, event);
    case "inject":
      return [`queued ${event.exception} for the guest`];
    case "user-exit":
      return [`returned KVM_EXIT_${event.exit.toUpperCase()}`];
    case "warn":
      return [`printed a warning: ${event.message}`];
    case "lost":
      return [
        `lost the guest's ${event.what}: ${hex(event.old)} is ${
          hex(event.new)
        } now`,
      ];
    case "refused":
      return [`refused ${event.operation} with ${event.errno}`];
    case "access":
      return event.by === "kvm" && event.access === "read"
        ? [`gave ${hex(event.value)} for ${event.register}`]
        : [];
    case "trap":
      return [`trapped the ${event.access} of ${event.register}`];
    case "exit":
      return [`left the guest: ${event.why}`];
    default:
      return [];
  }
}

/** A flag or a value that was left, as a phrase. */
export function leftPhrases(
  arch: Architecture,
  { to, old, new: now }: SetEvent,
  bits: bigint,
): string[] {
  if (to.space === "kvm" && to.name === "dr_intercept") {
    return [now === 0n ? "MOV DR unintercepted" : "MOV DR intercepted"];
  }
  if (to.space === "kvm" && to.name === "nmi_pending") {
    return ["the NMI pending"];
  }
  const flags = flagsOf(arch, to).filter(({ bit }) =>
    ((old ^ now) & bit & bits) !== 0n
  );
  if (flags.length > 0 && to.space === "kvm" && now === 0n) return [];
  if (flags.length === 0) return [`${placeText(to)} ${hex(now)}`];
  const where = to.space === "kvm" ? "" : ` in ${placeText(to)}`;
  return flags.map(({ name, bit }) =>
    `${name} ${(now & bit) === 0n ? "clear" : "set"}${where}`
  );
}
