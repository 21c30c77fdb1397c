/**
 * The arm64 registers of the model, a row each. Rule arm64:A/1.
 *
 * @module
 */
import { defineLayout, field, type Layout, res0 } from "../../layout.ts";
import {
  type RegisterInfo,
  type RegisterTable,
  registerTable,
} from "../../registers.ts";
import { PAIRS_MAX } from "../blocks.ts";
import { DBGBCR } from "./dbgbcr.ts";
import { DBGBVR, DBGWVR } from "./dbgbvr.ts";
import { DBGWCR } from "./dbgwcr.ts";
import { ID_AA64DFR0 } from "./id_aa64dfr0.ts";
import { KIND, numberedId, REG, type SingleRegister } from "./ids.ts";
import { MDCCINT, MDCR, MDSCR } from "./mdscr.ts";
import { OSDLR, OSLAR, OSLSR } from "./os_lock.ts";
import { CONTEXTIDR, PSTATE } from "./pstate.ts";

/** A register whose bits the model only stores. */
function plain(name: string, field0: string, hi: number): Layout {
  return defineLayout(
    name,
    64,
    "arm64:A/1",
    hi === 63
      ? [field(field0, 63, 0)]
      : [res0(63, hi + 1), field(field0, hi, 0)],
  );
}

/** Families of numbered registers: kind, name stem, layout, op2 of the encoding. */
const FAMILIES = [
  [KIND.bcr, "DBGBCR", DBGBCR, 5],
  [KIND.bvr, "DBGBVR", DBGBVR, 4],
  [KIND.wcr, "DBGWCR", DBGWCR, 7],
  [KIND.wvr, "DBGWVR", DBGWVR, 6],
] as const;

type Row = readonly [
  layout: Layout,
  access: RegisterInfo["access"],
  encoding: string,
  userspace: boolean,
  physical: boolean,
];

/** A row a register; a register without one does not compile. */
const SINGLE = {
  MDSCR_EL1: [MDSCR, "RW", "2,0,0,2,2", true, true],
  MDCCINT_EL1: [MDCCINT, "RW", "2,0,0,2,0", true, true],
  OSLAR_EL1: [OSLAR, "WO", "2,0,1,0,4", false, false],
  OSLSR_EL1: [OSLSR, "RO", "2,0,1,1,4", true, false],
  OSDLR_EL1: [OSDLR, "RW", "2,0,1,3,4", false, true],
  OSDTRRX_EL1: [
    plain("OSDTRRX_EL1", "DTRRX", 31),
    "RW",
    "2,0,0,0,2",
    false,
    true,
  ],
  OSDTRTX_EL1: [
    plain("OSDTRTX_EL1", "DTRTX", 31),
    "RW",
    "2,0,0,3,2",
    false,
    true,
  ],
  OSECCR_EL1: [
    plain("OSECCR_EL1", "EDECCR", 31),
    "RW",
    "2,0,0,6,2",
    false,
    true,
  ],
  MDRAR_EL1: [
    plain("MDRAR_EL1", "ROMADDR", 63),
    "RO",
    "2,0,1,0,0",
    false,
    false,
  ],
  DBGPRCR_EL1: [
    plain("DBGPRCR_EL1", "CORENPDRQ", 0),
    "RW",
    "2,0,1,4,4",
    false,
    true,
  ],
  DBGCLAIMSET_EL1: [
    plain("DBGCLAIMSET_EL1", "CLAIM", 7),
    "RW",
    "2,0,7,8,6",
    false,
    false,
  ],
  DBGCLAIMCLR_EL1: [
    plain("DBGCLAIMCLR_EL1", "CLAIM", 7),
    "RW",
    "2,0,7,9,6",
    false,
    true,
  ],
  DBGAUTHSTATUS_EL1: [
    plain("DBGAUTHSTATUS_EL1", "AUTH", 31),
    "RO",
    "2,0,7,14,6",
    false,
    false,
  ],
  MDCCSR_EL0: [plain("MDCCSR_EL0", "DCC", 31), "RO", "2,3,0,1,0", false, false],
  DBGDTR_EL0: [plain("DBGDTR_EL0", "DTR", 63), "RW", "2,3,0,4,0", false, true],
  DBGDTRRX_EL0: [
    plain("DBGDTRRX_EL0", "DTRRX", 31),
    "RO",
    "2,3,0,5,0",
    false,
    false,
  ],
  DBGDTRTX_EL0: [
    plain("DBGDTRTX_EL0", "DTRTX", 31),
    "WO",
    "2,3,0,5,0",
    false,
    false,
  ],
  DBGVCR32_EL2: [
    plain("DBGVCR32_EL2", "VCR", 31),
    "RW",
    "2,4,0,7,0",
    true,
    false,
  ],
  ID_AA64DFR0_EL1: [ID_AA64DFR0, "RO", "3,0,0,5,0", true, false],
  ID_AA64DFR1_EL1: [
    plain("ID_AA64DFR1_EL1", "DFR1", 63),
    "RO",
    "3,0,0,5,1",
    true,
    false,
  ],
  ID_DFR0_EL1: [
    plain("ID_DFR0_EL1", "DFR0", 31),
    "RO",
    "3,0,0,1,2",
    true,
    false,
  ],
  CONTEXTIDR_EL1: [CONTEXTIDR, "RW", "3,0,13,0,1", true, true],
  CONTEXTIDR_EL2: [CONTEXTIDR, "RW", "3,4,13,0,1", false, true],
  MDCR_EL2: [MDCR, "RW", "3,4,1,1,1", false, true],
  MDSELR_EL1: [plain("MDSELR_EL1", "BANK", 5), "RW", "2,0,0,4,2", false, false],
  PSTATE: [PSTATE, "RW", "", true, false],
} satisfies Record<SingleRegister, Row>;

/** Values of an untouched register that are not 0. */
const RESET: Partial<Record<SingleRegister, bigint>> = {
  OSLSR_EL1: 0x8n,
  PSTATE: 0x3c5n,
};

function numbered(): RegisterInfo[] {
  const rows: RegisterInfo[] = [];
  for (let number = 0; number < PAIRS_MAX; number++) {
    for (const [kind, stem, layout, op2] of FAMILIES) {
      rows.push({
        id: numberedId(kind, number),
        name: `${stem}${number}_EL1`,
        short: `${stem.toLowerCase()}${number}`,
        layout,
        access: "RW",
        encoding: `2,0,0,${number},${op2}`,
        userspace: true,
        hostOnly: false,
        userOnly: false,
        fieldwise: false,
        physical: true,
        number,
        family: stem.toLowerCase(),
        reset: 0n,
        rule: "arm64:A/1",
      });
    }
  }
  return rows;
}

function single(): RegisterInfo[] {
  return (Object.entries(SINGLE) as [SingleRegister, Row][]).map(
    ([name, [layout, access, encoding, userspace, physical]]) => {
      const short = name.toLowerCase().replace(/_el[012]$/, "");
      // CONTEXTIDR exists at two levels: only EL1's goes by the short name.
      const unique = name === "CONTEXTIDR_EL2" ? name.toLowerCase() : short;
      return {
        id: REG[name],
        name,
        short: unique,
        layout,
        access,
        encoding,
        userspace,
        // The lock that OSLSR_EL1 shows is written through OSLAR_EL1.
        isConstant: access === "RO" && name !== "OSLSR_EL1",
        hostOnly: name.endsWith("_EL2"),
        userOnly: false,
        fieldwise: name === "PSTATE",
        physical,
        number: -1,
        family: unique,
        reset: RESET[name] ?? 0n,
        rule: layout.rule,
      };
    },
  );
}

/** All registers of the arm64 model. */
export const ARM64_REGISTERS: RegisterTable = registerTable([
  ...numbered(),
  ...single(),
]);
