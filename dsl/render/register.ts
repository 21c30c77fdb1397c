/**
 * A register's description as text: its fields from top to bottom, and the names of their values.
 *
 * @module
 */
import { fieldNumber } from "../notation.ts";
import type { Layout, LayoutRow, RegisterInfo } from "../../engine/mod.ts";
import { citationText } from "./rule.ts";
import type { Page } from "./theme.ts";
import { flow } from "./value.ts";

const ACCESS = {
  RW: "read and write",
  RO: "read only",
  WO: "write only",
} as const;

/** Names of the views that a register has. */
export function viewsOf(
  { access, userspace, userOnly, physical }: RegisterInfo,
): string[] {
  const views: string[] = [];
  if (!userOnly && access !== "WO") views.push("guest");
  if (userspace) views.push("user");
  if (physical) views.push("hw", "cpu");
  return views;
}

/** `23:20`, or `0` for a single bit. */
function bits({ hi, lo }: LayoutRow): string {
  return hi === lo ? `${hi}` : `${hi}:${lo}`;
}

function fieldRows(layout: Layout, { columns, theme }: Page): string[] {
  const nameWidth = Math.max(...layout.rows.map(({ name }) => name.length));
  const bitsWidth = 5;
  const indent = 2 + bitsWidth + 2 + nameWidth + 2;
  return layout.rows.flatMap((row) => {
    const { kind, name, about, values } = row;
    const isField = kind === "field";
    const head = `  ${bits(row).padStart(bitsWidth)}  ${
      name.padEnd(nameWidth)
    }  ${about ?? ""}`.trimEnd();
    const named = Object.entries(values ?? {}).map(([word, value]) =>
      `${fieldNumber({ name, widthBits: row.hi - row.lo + 1 }, value)} ${word}`
    );
    return [
      isField ? head : theme.quiet(head),
      ...flow(named, columns - indent).map((line) => " ".repeat(indent) + line),
    ];
  });
}

/** The description as lines. */
export function renderRegister(info: RegisterInfo, page: Page): string[] {
  const { name, short, layout, access, encoding, rule } = info;
  const facts = [ACCESS[access], `views ${viewsOf(info).join(" ")}`];
  if (encoding !== "") facts.push(`encoding ${encoding}`);
  facts.push(
    ...new Set([rule, layout.rule].map((id) => citationText(id))),
  );
  const lines = [
    page.theme.heading(`${name} (${short})`),
    ...flow(facts, page.columns - 2, ", ").map((line) => `  ${line}`),
    ...fieldRows(layout, page),
  ];
  for (const form of layout.forms) {
    lines.push(`  or as ${form.name} (${citationText(form.rule)})`);
    lines.push(...fieldRows(form, page));
  }
  return lines;
}

/** A list of registers, numbered ones of a family as one row. */
export function renderRegisterList(
  registers: readonly RegisterInfo[],
  { theme }: Page,
): string[] {
  const families = new Map<string, RegisterInfo[]>();
  for (const info of registers) {
    const rows = families.get(info.family);
    if (rows) rows.push(info);
    else families.set(info.family, [info]);
  }
  const rows = [...families].map(([family, members]): string[] => {
    const [first] = members;
    const last = members.at(-1)!;
    const isNumbered = members.length > 1;
    return [
      isNumbered ? `${family}${first.number}..${last.number}` : first.short,
      first.layout.name,
      first.access,
      viewsOf(first).join(" "),
      citationText(first.rule),
    ];
  });
  const heads = ["register", "name", "access", "views", "rule"];
  const widths = heads.map((head, index) =>
    Math.max(head.length, ...rows.map((row) => row[index].length))
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => cell.padEnd(widths[index])).join("  ")
      .trimEnd();
  return [theme.heading(line(heads)), ...rows.map(line)];
}
