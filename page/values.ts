/**
 * Values of the document as people read them.
 *
 * @module
 */
import type { FieldJson, ValueJson } from "../report/document.ts";

/** What a cell shows. */
export function valueText(value: ValueJson | undefined): string {
  switch (value?.kind) {
    case undefined:
      return "";
    case "value":
      return value.value;
    case "undef":
      return "undef";
    case "none":
      return "–";
    default:
      return value satisfies never;
  }
}

/** Names of the columns, and what each is. */
export const VIEW_TITLES: Readonly<Record<string, string>> = {
  guest: "what the guest would read",
  bare: "what the guest would read without a hypervisor",
  user: "what KVM gives userspace",
  hw: "what KVM intends the physical registers to hold in the guest",
  cpu: "what the physical CPU holds now",
  kvm: "KVM's own state",
};

/** A field's value with its name, if it has one. */
export function fieldText(field: FieldJson, value: string | undefined): string {
  if (value === undefined) return "";
  const name = field.names[value];
  const number = BigInt(value) < 10n ? BigInt(value).toString() : value;
  return name === undefined ? number : `${number} ${name}`;
}

/** `3 steps`, `1 step`. */
export function plural(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

/** `CPU 0`, `vCPU 1`, `userspace`. */
export function laneText(
  { kind, index }: { readonly kind: string; readonly index: number },
): string {
  switch (kind) {
    case "cpu":
      return `CPU ${index}`;
    case "vcpu":
      return `vCPU ${index}`;
    case "user":
      return "userspace";
    default:
      return "host";
  }
}
