/**
 * What KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS carry: the members of `struct kvm_vcpu_events` that the model has,
 * under their names, packed into one word of 64 bits. The packing is the model's own. Rule x86:D/20.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0 } from "../../layout.ts";

/** Fields of the layout. */
export type EventField =
  | "EXCEPTION_PAYLOAD"
  | "INTERRUPT_NR"
  | "EXCEPTION_NR"
  | "VALID_TRIPLE_FAULT"
  | "VALID_PAYLOAD"
  | "VALID_SMM"
  | "VALID_SHADOW"
  | "VALID_SIPI_VECTOR"
  | "VALID_NMI_PENDING"
  | "NMI_PENDING"
  | "NMI_MASKED"
  | "NMI_INJECTED"
  | "INTERRUPT_SHADOW"
  | "INTERRUPT_SOFT"
  | "INTERRUPT_INJECTED"
  | "EXCEPTION_HAS_PAYLOAD"
  | "EXCEPTION_HAS_ERROR_CODE"
  | "EXCEPTION_PENDING"
  | "EXCEPTION_INJECTED";

/** `struct kvm_vcpu_events`. */
export const VCPU_EVENTS: Layout<EventField> = defineLayout(
  "VCPU_EVENTS",
  64,
  "x86:D/20",
  [
    res0(63, 57),
    field("EXCEPTION_PAYLOAD", 56, 40, {
      about: "cause of a #DB that is not in DR6 yet, active high",
    }),
    field("INTERRUPT_NR", 39, 32, { about: "vector of an injected interrupt" }),
    field("EXCEPTION_NR", 31, 24, {
      values: { db: 1n, bp: 3n, ud: 6n, gp: 13n },
      about: "vector of the exception; 0 here if there is none",
    }),
    res0(23, 18),
    field("VALID_TRIPLE_FAULT", 17, 17, {
      about: "flag of the ioctl, which needs a capability",
    }),
    field("VALID_PAYLOAD", 16, 16, {
      about: "flag: pending and payload count; needs EXCEPTION_PAYLOAD",
    }),
    field("VALID_SMM", 15, 15, { about: "flag: the state of SMM counts" }),
    field("VALID_SHADOW", 14, 14, {
      about: "flag: the interrupt shadow counts",
    }),
    field("VALID_SIPI_VECTOR", 13, 13, {
      about: "flag: the start-up vector counts",
    }),
    field("VALID_NMI_PENDING", 12, 12, {
      about: "flag: the number of pending NMIs counts",
    }),
    field("NMI_PENDING", 11, 10, { about: "how many NMIs are pending" }),
    field("NMI_MASKED", 9, 9, { about: "NMIs are blocked until an IRET" }),
    field("NMI_INJECTED", 8, 8, {
      about: "an NMI whose delivery was interrupted",
    }),
    field("INTERRUPT_SHADOW", 7, 6, {
      values: { "mov-ss": 1n, sti: 2n },
      about: "shadow of MOV SS, of STI, or with SVM both bits for either",
    }),
    field("INTERRUPT_SOFT", 5, 5, { about: "it is a software interrupt" }),
    field("INTERRUPT_INJECTED", 4, 4, {
      about: "an interrupt whose delivery was interrupted",
    }),
    field("EXCEPTION_HAS_PAYLOAD", 3, 3, { about: "there is a payload" }),
    field("EXCEPTION_HAS_ERROR_CODE", 2, 2, {
      about: "it has an error code, which is 0 in the model",
    }),
    field("EXCEPTION_PENDING", 1, 1, { about: "it is queued" }),
    field("EXCEPTION_INJECTED", 0, 0, {
      about: "its delivery was interrupted; without VALID_PAYLOAD also queued",
    }),
  ],
);

/** Bits of the low word. */
export const EVENT_BITS = {
  injected: 1,
  pending: 1 << 1,
  hasErrorCode: 1 << 2,
  hasPayload: 1 << 3,
  interruptInjected: 1 << 4,
  nmiInjected: 1 << 8,
  nmiMasked: 1 << 9,
  validNmiPending: 1 << 12,
  validSipiVector: 1 << 13,
  validShadow: 1 << 14,
  validSmm: 1 << 15,
  validPayload: 1 << 16,
  validTripleFault: 1 << 17,
} as const;

/** Where the numbers of the low word begin. */
export const EVENT_SHIFT = { shadow: 6, nmis: 10, vector: 24 } as const;

/** In the high word: where the payload begins, and its bits; the interrupt's vector is below. */
export const PAYLOAD_SHIFT = 8;

/** Bits of a payload that the packing has room for: those of DR6, RTM the highest. */
export const PAYLOAD_MASK = 0x1_ffff;
