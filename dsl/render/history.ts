/**
 * Changes of KVM as text.
 *
 * @module
 */
import type {
  Architecture,
  ChangeInfo,
  KernelInfo,
  StableSeries,
  StableSource,
} from "../../engine/mod.ts";
import { changingReleases, type FoundChange } from "../history.ts";
import type { Page } from "./theme.ts";
import { fill } from "./value.ts";

/** A series that got a change: `4.9.112`, or between which trees it came. */
function stableText(
  { series, since, without, with: first, gone }: StableSeries,
): string {
  const lost = gone === undefined ? "" : `, gone in ${gone}`;
  if (since !== undefined) return `${since}${lost}`;
  const point = (release: string): string =>
    release.startsWith(`${series}.`) ? release.slice(series.length) : release;
  const trees = [
    ...(without === undefined ? [] : [`not in ${point(without)}`]),
    ...(first === undefined ? [] : [`in ${point(first)}`]),
    ...(gone === undefined ? [] : [`gone in ${point(gone)}`]),
  ].join(", ");
  return trees === "" ? series : `${series} (${trees})`;
}

/** The mainline release that first has a change. */
export function sinceText({ since, approximate, bracket }: ChangeInfo): string {
  if (since === undefined) return "in no mainline release";
  const about = approximate ? "about " : "";
  const trees = bracket === undefined
    ? ""
    : ` (not in ${bracket.without}, in ${bracket.with})`;
  return `since ${about}linux-${since}${trees}`;
}

/** The commits of a change, a line each. */
export function commitLines({ commits }: ChangeInfo): string[] {
  return commits.map(({ hash, subject, seen }) =>
    `commit ${hash ?? "(hash not known)"}: ${subject}${
      seen === "memory" ? " (from memory)" : ""
    }`
  );
}

/** What shows the first point releases of stable series, with `%` for their numbers. */
const SHOWN_BY: Readonly<Record<StableSource, string>> = {
  announcement: "in the announcement of %",
  queue: "in the stable queue of %",
  push: "in the push with the tag of %",
  review: "in the review of % alone",
};

/** What shows the first point releases of a change; undefined if nothing says so of any. */
function shownText({ stable }: ChangeInfo): string | undefined {
  const kinds = Object.entries(SHOWN_BY).flatMap(([kind, words]) => {
    const points = stable.flatMap(({ since, seen }) =>
      seen === kind && since !== undefined ? [since] : []
    );
    return points.length === 0 ? [] : [words.replace("%", points.join(", "))];
  });
  return kinds.length === 0 ? undefined : `seen ${kinds.join("; ")}`;
}

/** The stable series and distributions that have a change, a line each; none if there are none. */
export function stableLines(change: ChangeInfo): string[] {
  const { stable, distributions = [] } = change;
  const shown = shownText(change);
  return [
    ...(stable.length === 0
      ? []
      : [`stable: ${stable.map(stableText).join("; ")}`]),
    ...(shown === undefined ? [] : [shown]),
    ...(distributions.length === 0 ? [] : [`in ${distributions.join(", ")}`]),
  ];
}

/** The same, and that no stable tree has the change where such trees were read for it. */
export function stableOrNoneLines(change: ChangeInfo): string[] {
  const { since, stable, confidence } = change;
  const isRead = confidence === "read" || confidence === "recorded";
  return since !== undefined && stable.length === 0 && isRead
    ? ["stable: none that was read", ...stableLines(change)]
    : stableLines(change);
}

/** How a change is known, as an end of a sentence. */
const KNOWN: Readonly<Record<ChangeInfo["confidence"], string>> = {
  read: "read in the kernel's source",
  commit: "known from commit lists",
  recorded: "recorded on a real kernel",
  memory: "from memory, not checked",
};

/** A change with all that is known of it. */
export function renderChange(
  { arch, change }: FoundChange,
  { theme, columns }: Page,
): string[] {
  const { name, vendors } = change;
  const relations = (
    verb: string,
    those: ChangeInfo["needs"],
  ): string[] => those?.map(({ row, why }) => `${verb} ${row}: ${why}`) ?? [];
  const isOfOne = vendors.length === 1 &&
    (arch.profiles[0]?.vendors.length ?? 0) > 1;
  const below = [
    sinceText(change),
    ...commitLines(change),
    ...stableOrNoneLines(change),
    `before: ${change.before}`,
    `after: ${change.after}`,
    ...relations("needs", change.needs),
    ...relations("excludes", change.excludes),
    `rules ${change.rules.join(", ")}; ${KNOWN[change.confidence]}`,
  ];
  return [
    `${theme.heading(name)} (${arch.name}${isOfOne ? `, ${vendors[0]}` : ""})`,
    ...below.flatMap((text) => fill(text, columns - 2, 2)).map((line) =>
      `  ${line}`
    ),
  ];
}

/** Changes in short, a line each: the mainline release, the name, the first commit's subject. */
export function renderChangeList(
  changes: readonly ChangeInfo[],
  { theme, columns }: Page,
): string[] {
  const width = Math.max(0, ...changes.map(({ name }) => name.length));
  const sinceWidth = 5;
  return changes.map(({ name, since, commits }) => {
    const head = `${(since ?? "–").padEnd(sinceWidth)} ${name.padEnd(width)}`;
    const [{ subject } = { subject: "" }] = commits;
    const room = Math.max(20, columns - head.length - 4);
    const cut = subject.length > room
      ? `${subject.slice(0, room - 1)}…`
      : subject;
    return `  ${head}  ${theme.quiet(cut)}`.trimEnd();
  });
}

/** What a question found: one change in full, several in short. */
export function renderFound(
  found: readonly FoundChange[],
  isWord: boolean,
  page: Page,
): string[] {
  if (isWord && found.length <= FULL_MAX) {
    return found.flatMap((one, at) => [
      ...(at > 0 ? [""] : []),
      ...renderChange(one, page),
    ]);
  }
  const arches = [...new Set(found.map(({ arch }) => arch))];
  return arches.flatMap((arch) => [
    arch.name,
    ...renderChangeList(
      found.filter((one) => one.arch === arch).map(({ change }) => change),
      page,
    ),
  ]);
}

/** Changes that are shown in full; more are a list. */
const FULL_MAX = 5;

/** A kernel as the release that it is made from, and changes: as `--kernel` takes it. */
function madeText(
  arch: Architecture,
  { madeFrom, rows = [] }: KernelInfo,
): string[] {
  const first = madeFrom === undefined ? undefined : arch.kernel(madeFrom);
  if (!first?.ok) return [];
  const { rows: before = [] } = first.info;
  const words = [
    ...rows.filter((row) => !before.includes(row)).map((row) => `with ${row}`),
    ...before.filter((row) => !rows.includes(row)).map((row) =>
      `without ${row}`
    ),
  ];
  return words.length === 0 ? [] : [`is ${madeFrom} ${words.join(" ")}`];
}

/** What a kernel is made of. */
export function renderKernel(
  arch: Architecture,
  info: KernelInfo,
  page: Page,
): string[] {
  const { theme, columns } = page;
  const { name, about, source, vendors, options, rows, notes, release } = info;
  const below = [
    about,
    source,
    ...(vendors.length > 0 ? [`vendor ${vendors.join(" or ")}`] : []),
    ...Object.entries(options).map(([option, values]) =>
      `option ${option}=${values.join("|")}`
    ),
    ...(release === undefined || name === `linux-${release}`
      ? []
      : [`as linux-${release}: no backport that the model can show`]),
    ...notes.map((note) => `note: ${note}`),
    ...madeText(arch, info),
    rows === undefined
      ? "not made of changes"
      : rows.length === 0
      ? "no changes to Linux 4.4.1"
      : `changes to Linux 4.4.1, ${rows.length}:`,
  ];
  const changes = arch.changes().filter((one) => rows?.includes(one.name));
  return [
    `${theme.heading(name)} (${arch.name})`,
    ...below.flatMap((text) => fill(text, columns - 2, 2)).map((line) =>
      `  ${line}`
    ),
    ...renderChangeList(changes, page),
  ];
}

/** The releases of mainline at which behaviour changes, each with the changes that it brings. */
export function renderReleases(
  arch: Architecture,
  { theme, columns }: Page,
): string[] {
  if (arch.changes().length === 0) return [];
  const releases = changingReleases(arch);
  const known = new Set(arch.profiles.map(({ name }) => name));
  const others = arch.kernelNames().filter((name) =>
    !known.has(name) && !name.startsWith("linux-")
  );
  const width = Math.max(...releases.map(({ name }) => name.length));
  return [
    `${arch.name}: releases at which behaviour changes`,
    ...releases.flatMap(({ name, changes }) => {
      const lines = fill(changes.join(", "), columns - width - 4);
      return (lines.length === 0 ? [""] : lines).map((line, at) =>
        `  ${
          at === 0 ? theme.heading(name) + " ".repeat(width - name.length) : " "
            .repeat(width)
        }  ${line}`.trimEnd()
      );
    }),
    ...fill(
      `Any release between, any stable release, ${
        others.join(", ")
      }: these are kernels too; dregs profiles KERNEL tells what one is made of.`,
      columns - 2,
    ).map((line) => theme.quiet(`  ${line}`)),
  ];
}
