/**
 * DBGBVR<n>_EL1 and DBGWVR<n>_EL1.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0, ress } from "../../layout.ts";

const CONTEXT: Layout<"ContextID"> = defineLayout(
  "DBGBVR<n>_EL1, context",
  64,
  "arm64:A/5",
  [res0(63, 32), field("ContextID", 31, 0, { about: "CONTEXTIDR to match" })],
);

const VMID_CONTEXT: Layout<"VMID"> = defineLayout(
  "DBGBVR<n>_EL1, VMID",
  64,
  "arm64:A/5",
  [
    res0(63, 48),
    field("VMID", 47, 32, { about: "VMID to match" }),
    // The same bits as ContextID of the context form: compared as well if BT says so.
    res0(31, 0),
  ],
);

const CONTEXT2: Layout<"ContextID2"> = defineLayout(
  "DBGBVR<n>_EL1, CONTEXTIDR_EL2",
  64,
  "arm64:A/5",
  [
    field("ContextID2", 63, 32, { about: "CONTEXTIDR_EL2 to match" }),
    res0(31, 0),
  ],
);

/** `DBGBVR<n>_EL1`, breakpoint value; as an address unless DBGBCR<n>_EL1.BT says otherwise. Rule arm64:A/5. */
export const DBGBVR: Layout<"VA"> = defineLayout(
  "DBGBVR<n>_EL1",
  64,
  "arm64:A/5",
  [
    ress(63, 49),
    field("VA", 48, 2, { about: "VA[48:2]" }),
    res0(1, 0),
  ],
  [CONTEXT, VMID_CONTEXT, CONTEXT2],
);

/** `DBGWVR<n>_EL1`, watchpoint value. Rule arm64:A/5. */
export const DBGWVR: Layout<"VA"> = defineLayout(
  "DBGWVR<n>_EL1",
  64,
  "arm64:A/5",
  [
    ress(63, 49),
    field("VA", 48, 2, { about: "VA[48:2]" }),
    res0(1, 0),
  ],
);
