/** docs/kernels/: what the pages say of a kernel is what it does, and every link resolves. */
import { lastPoint } from "../engine/stable_series.ts";
import { assert, assertEquals } from "@std/assert";
import {
  allSeries,
  ARCH_NAMES,
  architecture,
  type ArchName,
  kernelProfile,
} from "../engine/mod.ts";
import { fieldComments, FOLDER, RECORDS } from "../tools/docs/kernels.ts";
import { sourceFiles } from "./source_files.ts";

const PAGES = await sourceFiles((path) => path.startsWith("docs/"));

function pageOf(arch: ArchName): string {
  return PAGES.get(`${FOLDER}/${arch}.md`)!;
}

/** The rows of the table below a heading, its head first. */
function tableBelow(page: string, heading: string): string[][] {
  const section = page.slice(page.indexOf(`\n## ${heading}\n`) + 1)
    .split(/^## /m)[1];
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.filter((line) => !line.startsWith("| -")).map((line) =>
    line.slice(2, -2).split(" | ").map((cell) => cell.trim())
  );
}

function has(arch: ArchName, kernel: string, row: string): boolean {
  const answer = architecture(arch)!.kernel(kernel);
  assert(answer.ok, kernel);
  return answer.info.rows!.includes(row);
}

/** The change that a row is of. */
function nameOf(cell: string): string {
  return /^[a-z\d-]+/.exec(cell)![0];
}

for (const arch of ARCH_NAMES) {
  Deno.test(`${arch}: which series have a change is what their kernels have`, () => {
    const [[, , ...series], ...rows] = tableBelow(
      pageOf(arch),
      "Which series have a change",
    );
    assertEquals(
      rows.map(([cell]) => nameOf(cell)),
      architecture(arch)!.changes().map(({ name }) => name),
    );
    const seen = { yes: 0, no: 0, points: 0 };
    for (const [cell, mainline, ...cells] of rows) {
      const row = nameOf(cell);
      if (mainline !== "none") {
        const before = allSeries()[allSeries().indexOf(mainline) - 1];
        assert(has(arch, `linux-${mainline}`, row), row);
        assert(!has(arch, `linux-${before}`, row), row);
      }
      for (const [at, text] of cells.entries()) {
        const first = `linux-${series[at]}`;
        const far = `${first}.${lastPoint(series[at]) ?? 999}`;
        const points = [...text.matchAll(/\.(\d+)/g)].map(([, point]) =>
          Number(point)
        );
        const where = `${row}, ${first}: ${text}`;
        if (points.length === 0) {
          assert(text === "yes" || text === "–", where);
          const isThere = text === "yes";
          seen[isThere ? "yes" : "no"]++;
          assertEquals(has(arch, first, row), isThere, where);
          assertEquals(has(arch, far, row), isThere, where);
          continue;
        }
        seen.points++;
        const isRange = text.includes("–");
        const [without, read] = isRange ? points : [points[0] - 1, points[0]];
        assert(!has(arch, `${first}.${without}`, row), where);
        assert(has(arch, `${first}.${read}`, row), where);
        assertEquals(has(arch, far, row), !text.includes("gone"), where);
      }
    }
    assert(Math.min(...Object.values(seen)) > 5, JSON.stringify(seen));
  });

  Deno.test(`${arch}: mainline releases that behave alike have the same changes`, () => {
    const [, ...rows] = tableBelow(
      pageOf(arch),
      "Mainline releases that behave alike",
    );
    const listed = rows.flatMap(([releases]) => {
      const [first, last = first] = releases.split(" to ");
      const all = allSeries();
      return all.slice(all.indexOf(first), all.indexOf(last) + 1);
    });
    assertEquals(listed, allSeries());
    for (const [releases, came] of rows) {
      const [first, last = first] = releases.split(" to ");
      for (const [, row] of came.matchAll(/\[([^\]]+)\]/g)) {
        assert(has(arch, `linux-${first}`, row));
        assert(has(arch, `linux-${last}`, row));
      }
    }
  });

  Deno.test(`${arch}: behaviours are those of each release's record`, () => {
    const [[, ...columns], ...rows] = tableBelow(
      pageOf(arch),
      "Kernels against behaviours",
    );
    const vendors = columns.slice(0, -1);
    let compared = 0;
    for (const [code, ...cells] of rows) {
      const field = code.slice(1, -1);
      for (const [at, vendor] of vendors.entries()) {
        const text = cells[at] === `as ${vendors[0]}` ? cells[0] : cells[at];
        for (const part of text.split("; ")) {
          const found = /^(yes|no|`[^`]+`) (.+)$/.exec(part);
          if (found === null) continue;
          const [, value, when] = found;
          for (const series of seriesOf(when)) {
            const profile = kernelProfile(
              arch,
              `linux-${series}`,
            ) as unknown as Record<string, Record<string, unknown>>;
            const record = arch === "x86" ? profile[vendor] : profile;
            assertEquals(spelt(record[field]), value, `${field} ${series}`);
            compared++;
          }
        }
      }
    }
    assert(compared > 20 * allSeries().length, `${compared}`);
  });

  Deno.test(`docs/kernels/${arch}.md: every link resolves`, () => {
    const page = pageOf(arch);
    const links = [...page.matchAll(/\]\(([^)#]*)#([^)]*)\)/g)];
    assert(links.length > 100);
    for (const [link, path, anchor] of links) {
      const target = path === ""
        ? page
        : PAGES.get(path.replace(/^\.\./, "docs"));
      assert(target !== undefined, link);
      const isThere = target.includes(`<a id="${anchor}"></a>`) ||
        path === "" && anchor === "changes";
      assert(isThere, link);
    }
  });
}

function seriesOf(when: string): readonly string[] {
  const all = allSeries();
  const at = (text: string): number => all.indexOf(text);
  if (when === "in all") return all;
  if (when.startsWith("to ")) return all.slice(0, at(when.slice(3)) + 1);
  if (when.startsWith("since ")) return all.slice(at(when.slice(6)));
  const [first, last = first] = when.split(" to ");
  return all.slice(at(first), at(last) + 1);
}

function spelt(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number" && value > 15) {
    return `\`0x${value.toString(16)}\``;
  }
  return `\`${value}\``;
}

Deno.test("docs/kernels: what a field is comes from its doc comment", () => {
  const [path, name] = RECORDS.x86;
  const text = `export interface ${name} {
  /** One
   * of two. */
  readonly a: boolean;
  readonly b: boolean;
}
`;
  assertEquals([...fieldComments(text, name)], [["a", "One of two."]]);
  assert(path.endsWith(".ts"));
});
