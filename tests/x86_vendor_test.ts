/** What VMX and SVM have otherwise, and what KVM_RUN returns with, as events have it. */
import { assertEquals } from "@std/assert";
import type { Event } from "../engine/events.ts";
import { DEBUG, nop, plain, read, write, X86Machine } from "./x86_machine.ts";

const VENDORS = ["vmx", "svm"] as const;

for (const profile of ["linux-7.2", "bare"]) {
  Deno.test(`x86:A/2 ${profile}: bit 11 of DR7, RTM, is Intel's; bits 12, 14 and 15 are reserved with both`, () => {
    const kept = VENDORS.map((vendor) => {
      const m = new X86Machine(profile, { vendor });
      // Under KVM the first write traps, and the guest writes DR7 itself from then on.
      m.does(write("dr0", 0n), write("dr7", 0xdc00n), read("dr7", "x"));
      return m.got("x");
    });
    assertEquals(kept, ["0xc00", "0x400"]);
  });
}

/** Spaces of the places between which values moved. */
function spaces(events: readonly Event[]): ReadonlySet<string> {
  const places = events.flatMap((event) =>
    event.kind === "set" ? [event.to, event.from] : []
  );
  return new Set(places.flatMap((place) => place ? [place.space] : []));
}

Deno.test("what is kept for the entry is in the VMCS with VMX, and in the VMCB with SVM", () => {
  for (const vendor of VENDORS) {
    const m = new X86Machine("linux-7.2", { vendor });
    m.does(write("dr0", 0n), write("dr7", 0x402n), nop());
    const seen = spaces(m.events());
    const [own, other] = vendor === "vmx" ? ["vmcs", "vmcb"] : ["vmcb", "vmcs"];
    assertEquals([seen.has(own), seen.has(other)], [true, false], vendor);
  }
});

Deno.test("x86:D27 HLT under SINGLESTEP: its exit is written over the debug exit, which userspace does not get", () => {
  for (const vendor of VENDORS) {
    const m = new X86Machine("linux-7.2", { vendor });
    m.debug(DEBUG.ENABLE | DEBUG.SINGLESTEP);
    m.program(0, plain("hlt"), nop());
    const { exit } = m.run();
    const told = m.events().flatMap((event) =>
      event.kind === "user-exit" ? [event.exit] : []
    );
    assertEquals([exit, told], ["idle", []], vendor);
  }
});

Deno.test("x86:F33 OUT under SINGLESTEP until 5.0: the exit of the port is written over the debug exit", () => {
  const m = new X86Machine("linux-4.18", { vendor: "svm" });
  m.debug(DEBUG.ENABLE | DEBUG.SINGLESTEP);
  m.program(0, { op: "out", lo: 0x80, sizeBytes: 1, lengthBytes: 2 }, nop());
  assertEquals(m.run().exit, "io");
  const told = m.events().flatMap((event) =>
    event.kind === "user-exit" ? [event.exit] : []
  );
  assertEquals(told, ["io"]);
});
