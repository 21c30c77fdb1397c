/**
 * `far` of a debug exit is written for watchpoints only, and shares its place in `kvm_run` with the data of an MMIO
 * store: include/uapi/linux/kvm.h, struct kvm_run. Rule arm64:B15.
 */
import { assertEquals } from "@std/assert";
import { architecture, createMachine, type Event } from "../engine/mod.ts";

/** Where the watchpoint is, which is one byte; every byte of the address differs from 0, and bit 0 is set. */
const WATCHED = 0x0022_3344_5566_7789n;

/** The guest's store of zeros to a device, and what is left of the address: the lowest bytes come first. */
const LEFT: readonly (readonly [sizeBytes: number, far: bigint])[] = [
  [1, 0x0022_3344_5566_7700n],
  [2, 0x0022_3344_5566_0000n],
  [4, 0x0022_3344_0000_0000n],
  [8, 0n],
];

/** `far` of the debug exit among events. */
function farOf(events: readonly Event[]): bigint | undefined {
  const exit = events.find((event) =>
    event.kind === "user-exit" && event.exit === "debug"
  );
  return exit?.kind === "user-exit" ? exit.values.far : undefined;
}

for (const [sizeBytes, far] of LEFT) {
  Deno.test(`far of a step exit after an MMIO store of ${sizeBytes} bytes: 0x${far.toString(16)}`, () => {
    const machine = createMachine(
      architecture("arm64")!,
      { profile: "linux-6.1", vendor: undefined, options: {} },
      { counts: {}, model: "architecture", unpredictable: undefined },
    );
    const [lo, hi] = [Number(WATCHED & 0xffff_ffffn), Number(WATCHED >> 32n)];
    machine.debugger(0, {
      action: "watch",
      address: WATCHED,
      sizeBytes: 1,
      on: "store",
    });
    machine.append(0, { op: "store", lo: lo | 0, hi, sizeBytes: 1 });
    machine.run(0);
    assertEquals(farOf(machine.journal.sinceRun()), WATCHED);
    machine.debugger(0, { action: "off" });
    machine.run(0);
    machine.debugger(0, { action: "step" });
    machine.append(0, { op: "store", lo: 0x900_0000, sizeBytes, mmio: true });
    machine.append(0, { op: "exec" });
    machine.run(0);
    machine.run(0);
    assertEquals(farOf(machine.journal.sinceRun()), far);
  });
}
