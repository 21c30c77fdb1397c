/** Exceptions of arm64 that come between instructions, in the trace: what had to hold, and what is pending afterwards. */
import { assert, assertEquals } from "@std/assert";
import type { Event } from "../engine/events.ts";
import { LIMIT_DEFAULT } from "../dsl/limits.ts";
import { load } from "../dsl/load.ts";
import { runWatched } from "../dsl/mod.ts";
import { renderDiagnostics } from "../dsl/render.ts";

/** PSTATE.D, A, I and SS, and MDSCR_EL1.KDE and SS. */
const [D, A, I, PSTATE_SS] = [1n << 9n, 1n << 8n, 1n << 7n, 1n << 21n];
const [KDE, SS] = [1n << 13n, 1n];

function eventsOf(script: string): readonly Event[] {
  const text = `arch arm64; kernel linux-6.1\n${script}`;
  const loaded = load({ name: "asynchronous", text });
  assert(loaded.ok, loaded.ok ? "" : renderDiagnostics(loaded.diagnostics));
  const found: Event[] = [];
  const results = runWatched(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: true,
    limit: LIMIT_DEFAULT,
    ended({ machine }) {
      const chapters = [...machine.journal.chapters()].reverse();
      found.push(...chapters.flatMap(({ events }) => events));
    },
  });
  for (const _ of results);
  return found;
}

/** Raised exceptions with what they need, and changes of a place. */
function shown(events: readonly Event[], place: string): string[] {
  return events.flatMap((event) => {
    if (event.kind === "raise") {
      const needed = event.needed?.map(({ place, bits }) =>
        `${place.space} ${place.name} ${bits}`
      ) ?? [];
      return [`${event.what}: ${needed.join(", ")}`];
    }
    return event.kind === "set" && event.to.name === place
      ? [`${place}: ${event.old} to ${event.new}`]
      : [];
  });
}

Deno.test("asynchronous events: an SError needs PSTATE.A clear, and is pending no longer", () => {
  const events = eventsOf(`guest write pstate a=0 i=0
    guest exec 0x40090000
    run
    user serror
    guest exec 0x40090000
    run`);
  assertEquals(shown(events, "serror_pending"), [
    "serror_pending: 0 to 1",
    `virtual SError: kvm serror_pending -1, guest PSTATE ${A}`,
    "serror_pending: 1 to 0",
  ]);
});

Deno.test("asynchronous events: an interrupt needs PSTATE.I clear, and is acknowledged", () => {
  const events = eventsOf(`guest write pstate i=0
    guest exec 0x40090000
    run
    user interrupt 40
    guest exec 0x40090000
    run`);
  // Bit 8 of the SPIs, which begin with 32.
  assertEquals(shown(events, "pending_spis"), [
    "pending_spis: 0 to 256",
    `virtual interrupt: kvm pending_spis -1, guest PSTATE ${I}`,
    "pending_spis: 256 to 0",
  ]);
});

Deno.test("asynchronous events: an SError that is masked is not taken", () => {
  const events = eventsOf(`guest write pstate a=1
    user serror
    guest exec 0x40090000
    run`);
  assertEquals(shown(events, "serror_pending"), ["serror_pending: 0 to 1"]);
});

Deno.test("asynchronous events: the guest's own step needs SS, KDE, and PSTATE.D and SS clear", () => {
  const events = eventsOf(`guest handler stop
    guest write mdscr ss=1 kde=1
    guest write pstate d=0 ss=1
    guest exec 0x40090000
    run`);
  assertEquals(shown(events, ""), [
    `software step: cpu MDSCR_EL1 ${KDE | SS}, ` +
    `guest PSTATE ${D}, guest PSTATE ${PSTATE_SS}`,
  ]);
});
