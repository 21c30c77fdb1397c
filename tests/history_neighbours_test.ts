/**
 * Neighbours in time, mainline releases and point releases of each stable series: the older one with what came between
 * them is the newer one, and the newer one without it is the older one.
 */
import { assert, assertEquals } from "@std/assert";
import {
  allSeries,
  architecture,
  type ArchName,
  type KernelInfo,
  kernelProfile,
} from "../engine/mod.ts";
import * as arm64 from "../engine/arm64/history/mod.ts";
import { LAST_READ as ARM64_READ } from "../engine/arm64/history/trees.ts";
import type { Change } from "../engine/history.ts";
import * as x86 from "../engine/x86/history/mod.ts";
import { LAST_READ as X86_READ } from "../engine/x86/history/trees.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A kernel's records by vendor; of an architecture without vendors one, by its name. */
type Records = Readonly<Record<string, Fields>>;

interface History {
  readonly arch: ArchName;
  readonly changes: readonly Change<unknown>[];
  readonly lastRead: Readonly<Record<string, number>>;
  /** Kernels that are a release and a change. */
  readonly named: readonly (readonly [release: string, name: string])[];
  recordsOf(kernel: string): Records;
}

/** How many mainline releases brought one row alone. */
function aloneInTheirRelease({ changes }: History): number {
  const [, ...later] = allSeries();
  return later.filter((series) =>
    changes.filter(({ since }) => since === series).length === 1
  ).length;
}

/** A record without what every profile has besides. */
function fieldsOf(profile: object): Fields {
  const head = ["name", "about", "source", "options"];
  return Object.fromEntries(
    Object.entries(profile).filter(([field]) => !head.includes(field)),
  );
}

const HISTORIES: readonly History[] = [
  {
    arch: "arm64",
    changes: arm64.changes(),
    lastRead: ARM64_READ,
    named: [["linux-5.18", "watanabe-v7"], ["linux-4.18", "rhel-8.5"]],
    recordsOf: (kernel) => ({
      arm64: fieldsOf(kernelProfile("arm64", kernel)),
    }),
  },
  {
    arch: "x86",
    changes: x86.changes(),
    lastRead: X86_READ,
    named: [["linux-4.4", "reload-2016"], ["linux-4.18", "rhel-8.5"]],
    recordsOf: (kernel) => {
      const { vmx, svm } = kernelProfile("x86", kernel);
      return { vmx: { ...vmx }, svm: { ...svm } };
    },
  },
];

function infoOf(arch: ArchName, kernel: string): KernelInfo {
  const answer = architecture(arch)!.kernel(kernel);
  assert(answer.ok, answer.ok ? "" : `${kernel}: ${answer.reason}`);
  return answer.info;
}

/** Point releases of a series, one more than a row or a tree that was read names, if the series has it. */
function pointsOf(
  { arch, changes, lastRead }: History,
  series: string,
): string[] {
  const named = changes.flatMap(({ stable }) =>
    stable.filter((one) => one.series === series).flatMap((one) =>
      [one.since, one.without, one.with, one.gone].flatMap((release) =>
        release === undefined ? [] : Number(release.split(".")[2] ?? 0)
      )
    )
  );
  const last = Math.max(0, lastRead[series] ?? 0, ...named) + 1;
  return Array.from(
    { length: last + 1 },
    (_, point) => `linux-${series}${point === 0 ? "" : `.${point}`}`,
  ).filter((name, point) =>
    point < last || architecture(arch)!.kernel(name).ok
  );
}

/** All neighbours, the older one first. */
function neighbours(
  history: History,
): (readonly [older: string, newer: string])[] {
  const chains = [
    allSeries().map((series) => `linux-${series}`),
    ...allSeries().map((series) => pointsOf(history, series)),
    ...history.named,
  ];
  return chains.flatMap((chain) =>
    chain.slice(1).map((newer, at) => [chain[at], newer] as const)
  );
}

/** The text that makes one kernel of another. */
function textOf(from: KernelInfo, to: KernelInfo): string {
  const [had, has] = [from.rows!, to.rows!];
  return [
    from.name,
    ...has.filter((row) => !had.includes(row)).map((row) => `with ${row}`),
    ...had.filter((row) => !has.includes(row)).map((row) => `without ${row}`),
  ].join(" ");
}

/** Records with the fields of a row as it says that they are without it or with it. */
function changed(
  records: Records,
  { fields }: Change<unknown>,
  side: "before" | "after",
): Records {
  return Object.fromEntries(
    Object.entries(records).map(([vendor, record]) => [
      vendor,
      { ...record, ...fields[vendor]?.[side] as Fields | undefined },
    ]),
  );
}

for (const history of HISTORIES) {
  const { arch, recordsOf } = history;
  const pairs = neighbours(history).map(([older, newer]) => {
    const [a, b] = [infoOf(arch, older), infoOf(arch, newer)];
    const between = new Set(a.rows).symmetricDifference(new Set(b.rows));
    return { a, b, between };
  }).filter(({ between }) => between.size > 0);

  Deno.test(`${arch}: each neighbour is the other with what came between them, or without it`, () => {
    for (const { a, b } of pairs) {
      for (const [from, to] of [[a, b], [b, a]]) {
        const made = infoOf(arch, textOf(from, to));
        assertEquals(made.rows, to.rows, made.name);
        assertEquals(recordsOf(made.name), recordsOf(to.name), made.name);
      }
    }
  });

  Deno.test(`${arch}: neighbours differ in the fields of the rows between them, as these say`, () => {
    const seen = { mainline: 0, stable: 0 };
    for (const { a, b, between } of pairs) {
      const rows = history.changes.filter(({ name }) => between.has(name));
      for (const [from, to] of [[a, b], [b, a]]) {
        const lost = rows.filter(({ name }) => from.rows!.includes(name));
        const got = rows.filter(({ name }) => to.rows!.includes(name));
        const kept = lost.toReversed().reduce(
          (records, row) => changed(records, row, "before"),
          recordsOf(from.name),
        );
        const made = got.reduce(
          (records, row) => changed(records, row, "after"),
          kept,
        );
        const text = [from.name, to.name, ...between].join(", ");
        assertEquals(made, recordsOf(to.name), text);
      }
      if (rows.length > 1) continue;
      seen[/^linux-\d+\.\d+$/.test(b.name) ? "mainline" : "stable"]++;
    }
    assertEquals(seen.mainline, aloneInTheirRelease(history));
    assert(seen.mainline >= 12 && seen.stable >= 16, JSON.stringify(seen));
  });
}
