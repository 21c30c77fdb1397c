import { assert, assertEquals } from "@std/assert";
import {
  defineLayout,
  field,
  type Layout,
  type RegisterInfo,
  res0,
  type ViewValue,
} from "../../engine/mod.ts";
import type { Table, TableRow } from "../table.ts";
import { renderTable } from "./table.ts";
import { PLAIN_PAGE, type Theme } from "./theme.ts";

const CONTROL = defineLayout("CTL<n>", 64, "arm64:A/3", [
  res0(63, 24),
  field("BT", 23, 20, { values: { plain: 0n, "linked-address": 1n } }),
  field("LBN", 19, 16),
  field("BAS", 15, 1),
  field("E", 0),
]);

const VALUE = defineLayout("VAL<n>", 64, "arm64:A/5", [field("VA", 63, 0)]);

function register(number: number, layout: Layout = CONTROL): RegisterInfo {
  const family = layout === CONTROL ? "ctl" : "val";
  return {
    id: number + (layout === CONTROL ? 0 : 100),
    name: `${family.toUpperCase()}${number}_EL1`,
    short: `${family}${number}`,
    layout,
    access: "RW",
    encoding: "",
    userspace: true,
    hostOnly: false,
    userOnly: false,
    fieldwise: false,
    physical: true,
    number,
    family,
    reset: 0n,
    rule: "arm64:A/1",
  };
}

const value = (v: bigint): ViewValue => ({ kind: "value", value: v });
const UNDEF: ViewValue = { kind: "undef" };
const NONE: ViewValue = { kind: "none", why: "it has not run yet" };

/** Guest, user, hw, cpu; a number is a value. */
type Cells = readonly (bigint | ViewValue)[];

function row(
  info: RegisterInfo,
  cells: Cells,
  physical?: RegisterInfo,
): TableRow {
  const [guest, user, hw, cpu] = cells.map((cell) =>
    typeof cell === "bigint" ? value(cell) : cell
  );
  return { register: info, cells: { guest, user, hw, cpu }, physical };
}

function table(
  rows: readonly TableRow[],
  others: Partial<Table> = {},
): Table {
  return {
    vcpu: 0,
    cpu: 0,
    isLoaded: false,
    views: ["guest", "user", "hw", "cpu"],
    rows,
    related: [],
    quiet: 0,
    kvm: [],
    ...others,
  };
}

const PATCH_EXAMPLE = table([
  row(register(0), [0x120001n, 0x120001n, 0x130001n, 0n]),
  row(register(2), [0x1n, 0x1n, 0n, 0n], register(3)),
  row(register(3), [0n, 0n, 0x1n, 0n], register(4)),
  row(register(4), [UNDEF, 0n, 0n, 0n]),
  row(register(9), [0n, 0n, NONE, NONE]),
], {
  quiet: 7,
  kvm: [{ vcpu: 0, values: [{ name: "emulate", value: value(1n) }] }],
});

Deno.test("renderTable(): where no row has columns, none has heads", () => {
  const wide = table([
    row(register(0), [0x120001n, 0x120001n, 0x130001n, 0n]),
  ], { quiet: 70 });
  const lines = renderTable(wide, "watanabe-v7", {
    ...PLAIN_PAGE,
    columns: 36,
  });
  assertEquals(
    lines,
    [
      "vCPU 0 on CPU 0, watanabe-v7; 70",
      "  more registers at reset",
      "ctl0  guest 0x120001  user 0x120001",
      "      hw 0x130001*  cpu 0x0",
      "      BT=linked-address LBN=2→3 E=1",
    ],
  );
});

Deno.test("renderTable(): no line is wider than the terminal, down to 28 columns", () => {
  for (const before of [undefined, PATCH_EXAMPLE.rows]) {
    for (let columns = 28; columns <= 100; columns++) {
      const page = { ...PLAIN_PAGE, columns };
      for (
        const line of renderTable(PATCH_EXAMPLE, "linux-6.1", page, before)
      ) {
        assert(line.length <= columns, `${columns}: ${line}`);
      }
    }
  }
});

Deno.test("renderTable(): the patch's example", async (t) => {
  const lines = renderTable(PATCH_EXAMPLE, "watanabe-v7", PLAIN_PAGE);
  await t.assertSnapshot(lines.join("\n"));
  for (const line of lines) assert(line.length <= 80, line);
});

/** The line of a register, without the columns' spaces. */
function lineOf(lines: readonly string[], label: string): string {
  const line = lines.find((text) => text.startsWith(`${label} `));
  assert(line !== undefined, `no line ${label} in\n${lines.join("\n")}`);
  return line.replace(/ +/g, " ");
}

const MARKS: readonly [name: string, rows: TableRow[], want: string[]][] = [
  [
    "a hardware value that differs from its own guest's",
    [row(register(0), [1n, 1n, 3n, 3n])],
    ["ctl0 0x1 0x1 0x3* 0x3 BAS=0x0→0x1 E=1"],
  ],
  [
    "no mark where they are the same",
    [row(register(0), [1n, 1n, 1n, 0n])],
    ["ctl0 0x1 0x1 0x1 0x0 E=1"],
  ],
  [
    "no mark where the guest has none, or nothing has run",
    [
      row(register(5), [UNDEF, 0n, 1n, 1n]),
      row(register(6), [1n, 1n, NONE, NONE]),
    ],
    ["ctl5 undef 0x0 0x1 0x1 E=1", "ctl6 0x1 0x1 – – E=1"],
  ],
  [
    "a renumbered one is compared at its physical number",
    [
      row(register(2), [1n, 1n, 0n, 0n], register(3)),
      row(register(3), [0n, 0n, 3n, 0n], register(4)),
    ],
    [
      "ctl2 0x1 →3 0x1 0x0 0x0 BAS=0x0→0x1 E=1",
      "ctl3 0x0 →4 0x0 0x3* ←2 0x0",
    ],
  ],
];

for (const [name, rows, want] of MARKS) {
  Deno.test(`renderTable() marks ${name}`, () => {
    const lines = renderTable(table(rows), "k", PLAIN_PAGE);
    assertEquals(want.map((line) => lineOf(lines, line.split(" ")[0])), want);
  });
}

Deno.test("renderTable(): related rows are compared with, and not shown", () => {
  const shown = table([row(register(3), [0n, 0n, 1n, 0n], register(4))], {
    related: [row(register(2), [1n, 1n, 0n, 0n], register(3))],
  });
  const lines = renderTable(shown, "k", PLAIN_PAGE);
  assertEquals(lines.length, 3);
  assertEquals(lineOf(lines, "ctl3"), "ctl3 0x0 →4 0x0 0x1 ←2 0x0");
});

Deno.test("renderTable(): a CPU's value is compared with the intended one while the vCPU is loaded", () => {
  const rows = [
    row(register(0), [1n, 1n, 1n, 0n]),
    row(register(1), [1n, 1n, 1n, 1n]),
    row(register(5), [1n, 1n, NONE, 0n]),
  ];
  const told = (isLoaded: boolean): string[] => {
    const lines = renderTable(table(rows, { isLoaded }), "k", PLAIN_PAGE);
    return ["ctl0", "ctl1", "ctl5"].map((label) => lineOf(lines, label));
  };
  assertEquals(told(true), [
    "ctl0 0x1 0x1 0x1 0x0! E=1",
    "ctl1 0x1 0x1 0x1 0x1 E=1",
    "ctl5 0x1 0x1 – 0x0 E=1",
  ]);
  assertEquals(told(false)[0], "ctl0 0x1 0x1 0x1 0x0 E=1");
});

Deno.test("renderTable(): the physical number stands at a value with the guest's number", () => {
  const { register: info, cells } = PATCH_EXAMPLE.rows[1];
  const shown = (...views: Table["views"]): string => {
    const asked = Object.fromEntries(views.map((view) => [view, cells[view]]));
    const rows = [{ register: info, cells: asked, physical: register(3) }];
    const lines = renderTable(table(rows, { views }), "k", PLAIN_PAGE);
    return lineOf(lines, "ctl2");
  };
  assertEquals(shown("user", "hw"), "ctl2 0x1 →3 0x0 E=1");
  assertEquals(shown("hw", "cpu"), "ctl2 0x0 0x0");
});

Deno.test("renderTable(): a link to breakpoint 0 is shown", () => {
  const linked = table([row(register(0), [0x100001n, 0n, NONE, NONE])]);
  assertEquals(
    lineOf(renderTable(linked, "k", PLAIN_PAGE), "ctl0"),
    "ctl0 0x100001 0x0 – – BT=linked-address LBN=0 E=1",
  );
});

Deno.test("renderTable(): 64-bit values in every column fit 80 columns and 40", () => {
  const wide = 0xffff_8000_1234_5678n;
  const rows = [
    row(register(0), [1n, 1n, 1n, 1n]),
    row(register(1, VALUE), [wide, wide, wide + 1n, wide]),
  ];
  for (const columns of [80, 40]) {
    const lines = renderTable(table(rows), "k", { ...PLAIN_PAGE, columns });
    for (const line of lines) assert(line.length <= columns, line);
    const text = lines.join(" ").replace(/ +/g, " ");
    assert(
      text.includes(
        "val1 guest 0xffff800012345678 user 0xffff800012345678 hw 0xffff800012345679* cpu 0xffff800012345678",
      ),
      text,
    );
    assert(text.includes("ctl0 0x1 0x1 0x1 0x1"), text);
  }
});

Deno.test("renderTable(): marked values have the theme's style", () => {
  const theme: Theme = { ...PLAIN_PAGE.theme, differs: (s) => `<${s}>` };
  const lines = renderTable(
    table([row(register(0), [1n, 1n, 3n, 0n])]),
    "k",
    { ...PLAIN_PAGE, theme },
  );
  assert(lines.some((line) => line.includes("<0x3*>")), lines.join("\n"));
});
