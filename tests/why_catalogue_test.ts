/**
 * `why` from every exit and every exception of the catalogue goes back to what made it possible: a write of a
 * program, an ioctl or the host's own breakpoint that armed it, or the instruction itself.
 */
import { assert, assertEquals } from "@std/assert";
import { LIMIT_DEFAULT, limitsOf } from "../dsl/limits.ts";
import { load, pathReader } from "../dsl/load.ts";
import { renderDiagnostics } from "../dsl/render.ts";
import type { WhyLink } from "../dsl/result.ts";
import { runWatched } from "../dsl/run/scenario.ts";
import type { Session } from "../dsl/run/session.ts";
import { Chain } from "../dsl/run/why_chain.ts";
import { recorded } from "../dsl/run/why_record.ts";
import { textOf } from "../dsl/source.ts";
import type { BreakpointEvent, Event, RunStart } from "../engine/mod.ts";
import { sourceFiles } from "./source_files.ts";

const SCENARIOS = await sourceFiles((path) =>
  path.startsWith("scenarios/") && path.endsWith(".dregs") &&
  !path.startsWith("scenarios/explore/")
);

/** An operand of a guest's instruction, of an ioctl, or of the host's own breakpoint. */
function isWrite({ event }: WhyLink): boolean {
  return event.kind === "set" &&
    ["program", "user", "host"].includes(event.from?.space ?? "");
}

/** Something outside of KVM did it: the guest's instruction or a statement. */
function hasOrigin({ instruction, statement }: WhyLink): boolean {
  return instruction !== undefined ||
    statement !== undefined &&
      /^(user|host|set|for|run.*fail)/.test(textOf(statement));
}

/** What a chain from an exit or an exception must have, and has not. */
function missing(event: Event, chain: readonly WhyLink[]): string[] {
  const hits = chain.flatMap(({ event }) =>
    event.kind === "hit" ? [event] : []
  );
  const faults = hits.flatMap((hit) => unarmed(hit, chain));
  // A step is reported where the program goes on, where no instruction may be: what it needed has its origin.
  const isRaised = chain.some(({ event, instruction }) =>
    event.kind === "raise" &&
    (instruction !== undefined ||
      event.needed.length > 0 && chain.some(hasOrigin))
  );
  const isInjected = chain.some((link) =>
    link.event.kind === "inject" && hasOrigin(link)
  );
  // An interrupt waits in KVM, where userspace has put it.
  const isPending = event.kind === "exception" &&
    (event.exception === "interrupt" || event.exception === "nmi") &&
    chain.some((link) =>
      link.event.kind === "set" && /pending/.test(link.event.to.name) &&
      hasOrigin(link)
    );
  const isTrapped = chain.some(({ event }) => event.kind === "trap");
  switch (event.kind) {
    case "exception":
      if (
        hits.length === 0 && !isRaised && !isInjected && !isPending &&
        !isTrapped
      ) {
        faults.push("no reason");
      }
      if (
        hits.length === 0 &&
        (event.exception === "breakpoint" || event.exception === "watchpoint")
      ) faults.push("no hit");
      break;
    case "user-exit": {
      const isDebug = event.exit === "debug";
      if (isDebug && hits.length === 0 && !isRaised && !isMadeUp(event)) {
        faults.push("no reason");
      }
      if (isDebug && !chain.some(isDebugWrite)) faults.push("no ioctl");
      if (!isDebug && !chain.some(hasOrigin)) faults.push("no instruction");
      break;
    }
    default:
      break;
  }
  return faults;
}

/** The step exit that old kernels make up after an instruction that they emulated. */
function isMadeUp(event: Event): boolean {
  return event.kind === "user-exit" && event.values.hsr === STEP_CLASS_ALONE;
}

/** A syndrome of the exception class of a step, and nothing else: what those kernels write. */
const STEP_CLASS_ALONE = 0x32n << 26n;

/** KVM_SET_GUEST_DEBUG gave its control word. */
function isDebugWrite({ event, statement }: WhyLink): boolean {
  return event.kind === "set" && event.to.name === "guest_debug" &&
    statement !== undefined && /^user/.test(textOf(statement));
}

/** Registers that a hit needed and that the chain does not follow to who wrote them. */
function unarmed(
  hit: BreakpointEvent,
  chain: readonly WhyLink[],
): string[] {
  assert(hit.needed !== undefined && hit.needed.length >= 2, "no registers");
  const [address, control] = hit.needed;
  const writes = chain.filter(isWrite);
  return [address, control].flatMap(({ place }) => {
    // An address of 0 is as after reset, and not written.
    const isTouched = chain.some(({ event }) =>
      event.kind === "set" && event.to.name === place.name &&
      event.to.space === place.space
    );
    const isAddress = place === address.place;
    if (isAddress && !isTouched) return [];
    return writes.some(({ event }) => family(event) === familyOf(place.name))
      ? []
      : [`${place.space} ${place.name} has no write`];
  });
}

/** Registers whose values go to each other: by kind, whatever the number and the copy. */
function familyOf(name: string): string {
  if (/^(DR[0-3]|eff_db[0-3])$/.test(name)) return "DR";
  if (/^(DR7|guest_debug_dr7)$/.test(name)) return "DR7";
  return name.replace(/\d+_EL1$/, "");
}

function family(event: Event): string {
  return event.kind === "set" ? familyOf(event.to.name) : "";
}

/** What is wrong with the chains of one scenario. */
function faultsOf(session: Session): { faults: string[]; looked: number } {
  const faults: string[] = [];
  let looked = 0;
  for (const { run, events, cause } of session.machine.journal.chapters()) {
    if (run === undefined) continue;
    events.forEach((event, index) => {
      const { kind } = event;
      if (kind !== "exit" && kind !== "user-exit" && kind !== "exception") {
        return;
      }
      looked++;
      const chain = chainAt(session, run, index);
      for (const fault of missing(event, chain)) {
        const which = kind === "exception" ? event.exception : kind;
        faults.push(
          `${
            textOf(cause as WhyLink["statement"] & object)
          }: ${which}, ${fault}`,
        );
      }
    });
  }
  return { faults, looked };
}

function chainAt(
  session: Session,
  run: RunStart,
  index: number,
): readonly WhyLink[] {
  const chain = new Chain(
    session,
    recorded(session, { run, events: index + 1 }),
  );
  chain.reasons(0);
  return chain.links();
}

Deno.test("why: from every exit and exception of the catalogue to what armed it", () => {
  const found: string[] = [];
  let looked = 0;
  for (const [path, text] of SCENARIOS) {
    const loaded = load({ name: path, text }, {
      reader: pathReader((name) => SCENARIOS.get(name)),
      limits: limitsOf(LIMIT_DEFAULT),
    });
    assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
    const results = runWatched(loaded.file, {
      profile: undefined,
      filter: undefined,
      trace: false,
      limit: LIMIT_DEFAULT,
      ended: (session) => {
        const { faults, looked: count } = faultsOf(session);
        looked += count;
        found.push(...new Set(faults.map((fault) => `${path}: ${fault}`)));
      },
    });
    for (const _ of results);
  }
  assert(looked > 1000, `${looked}`);
  assertEquals(found, []);
});
