/**
 * What userspaces and the host do in random models.
 *
 * @module
 */
import type { ArchName } from "../../engine/architecture.ts";
import type { UserAction } from "../../engine/explore/programmed_machine.ts";
import type { DebuggerRequest, HostDebugRequest } from "../../engine/rules.ts";
import {
  addressOf,
  DEBUGCTL,
  MDSCR,
  type Names,
  RFLAGS,
  vocabulary,
} from "./names.ts";
import * as fc from "fast-check";

/** What userspace does, by index of an address and a slot. */
export interface UserOp {
  readonly kind:
    | "step"
    | "break"
    | "watch"
    | "off"
    | "set"
    | "flags"
    | "get"
    | "raw"
    | "event";
  readonly slot: number;
  readonly to: number;
}

export const userOp: fc.Arbitrary<UserOp> = fc.record({
  kind: fc.constantFrom<UserOp["kind"]>(
    "step",
    "step",
    "break",
    "break",
    "watch",
    "off",
    "set",
    "flags",
    "get",
    "raw",
    "event",
  ),
  slot: fc.integer({ min: 0, max: 1 }),
  to: fc.integer({ min: 0, max: 3 }),
});

export function userAction(op: UserOp, names: Names): UserAction {
  const words = vocabulary(names);
  const slot = names.base + (op.slot ^ names.slot);
  const address = BigInt(addressOf(op.to, names));
  const debug = (request: DebuggerRequest): UserAction => ({
    kind: "debugger",
    request,
  });
  switch (op.kind) {
    case "step":
    case "off":
      return debug({ action: op.kind });
    case "break":
      return debug({ action: "break", address });
    case "watch":
      return debug({ action: "watch", address, sizeBytes: 4, on: "store" });
    case "set":
      return { kind: "set", register: words.address(slot), value: address };
    case "flags":
      return names.arch === "x86"
        ? {
          kind: "set",
          register: RFLAGS,
          value: op.slot === 0 ? 2n : 0x202n,
        }
        : { kind: "set", register: MDSCR, value: 0xa000n };
    case "get":
      return { kind: "get", register: words.address(slot) };
    case "raw": {
      const how = { slot, other: slot, watch: false, how: 0 };
      const [register, value] = words.arm(how);
      return {
        kind: "guest-debug",
        request: {
          control: 0x20001,
          inject: undefined,
          blockirq: false,
          registers: [
            { register: words.address(slot), value: address },
            { register, value: BigInt(value) },
          ],
        },
      };
    }
    case "event":
      if (names.arch === "arm64") {
        return op.slot === 0
          ? { kind: "serror", vector: -1 }
          : { kind: "interrupt", vector: 0x20 + op.to };
      }
      return op.slot === 0
        ? { kind: "nmi", vector: 2 }
        : { kind: "interrupt", vector: 0x40 + op.to };
    default:
      return op.kind satisfies never;
  }
}

export interface HostOp {
  readonly kind: "break" | "watch" | "off" | "msr";
  readonly to: number;
}

export const hostOp: fc.Arbitrary<HostOp> = fc.record({
  kind: fc.constantFrom<HostOp["kind"]>(
    "break",
    "break",
    "watch",
    "off",
    "msr",
  ),
  to: fc.integer({ min: 0, max: 3 }),
});

export function hostRequest(
  { kind, to }: HostOp,
  page: number,
  arch: ArchName,
): HostDebugRequest {
  const address = BigInt([0x3000 + page, 0x4000, 0x8000, 0x3008 + page][to]);
  switch (kind) {
    case "off":
      return { action: "off" };
    case "break":
      return { action: "break", address };
    case "watch":
      return { action: "watch", address, sizeBytes: 4, on: "store" };
    case "msr":
      return arch === "arm64" ? { action: "off" } : {
        action: "wrmsr",
        register: DEBUGCTL,
        value: [0n, 2n, 4n, 0x4000n][to],
      };
    default:
      return kind satisfies never;
  }
}
