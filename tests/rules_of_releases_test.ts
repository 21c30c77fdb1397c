/** A rule that an event of a release cites holds in that release by its own `releases`. */
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import type { ArchName } from "../engine/architecture.ts";
import { changes as arm64Changes } from "../engine/arm64/history/mod.ts";
import type { RuleId } from "../engine/events.ts";
import { compareVersions } from "../engine/history_fold.ts";
import { rule } from "../engine/rule_book.ts";
import { changes as x86Changes } from "../engine/x86/history/mod.ts";
import { assert, assertEquals } from "@std/assert";

/** Kernels whose events are looked at: each side of what changed most. */
const KERNELS: Readonly<Record<ArchName, readonly string[]>> = {
  arm64: ["4.4", "4.15", "5.10", "6.2", "6.7", "7.2"],
  x86: ["4.4 vmx", "4.9 svm", "5.10 svm", "5.12 vmx", "5.18 vmx", "7.2 vmx"],
};

/** Rules of what a later release brings, which an older one refuses because it is not there yet. */
const NOT_YET: ReadonlySet<string> = new Set([
  "arm64:E/1.15",
  "arm64:E/1.34",
  "x86:D80",
  "x86:D100",
]);

/** Why an event of an older release may cite one of them. */
const ABSENT =
  /^(KVM does not offer it|the kernel does not have it|this kernel has no )/;

/** An event as `--format json` has it. */
interface JsonEvent {
  readonly kind: string;
  readonly rule: RuleId;
  readonly why?: string;
}

interface JsonScenario {
  readonly kernel: string;
  readonly outputs: readonly { readonly events?: readonly JsonEvent[] }[];
}

const CHANGES = { arm64: arm64Changes(), x86: x86Changes() };

/** Whether no tree was read that tells if the release has what the rule says. */
function isBetween(arch: ArchName, release: string, id: RuleId): boolean {
  return CHANGES[arch].some(({ bracket, rules }) =>
    bracket !== undefined && rules.includes(id) &&
    compareVersions(release, bracket.without) > 0 &&
    compareVersions(release, bracket.with) < 0
  );
}

/** The releases of a rule, as text, if another one is not among them. */
function outside(release: string, id: RuleId): string | undefined {
  const { since, until } = rule(id)?.kernels ?? {};
  const isIn = (since === undefined || compareVersions(release, since) >= 0) &&
    (until === undefined || compareVersions(release, until) < 0);
  return isIn ? undefined : `${since ?? ""} to ${until ?? ""}`;
}

/** Rules that a release's events cite although they do not hold there, with their releases. */
async function wrongIn(arch: ArchName, kernel: string): Promise<string[]> {
  const io = new MemoryIo({ under: denoIo() });
  const flags = ["--kernel", `linux-${kernel}`, "--trace", "--format", "json"];
  await main(["run", ...flags, `builtin:${arch}`], io);
  const { scenarios } = JSON.parse(io.stdout) as {
    readonly scenarios: readonly JsonScenario[];
  };
  const [release] = kernel.split(" ");
  const events = scenarios.filter((one) => one.kernel === `linux-${release}`)
    .flatMap(({ outputs }) => outputs.flatMap(({ events }) => events ?? []));
  assert(events.length > 1000, `${events.length} events`);
  const wrong = new Set<string>();
  for (const { kind, rule: id, why = "" } of events) {
    const releases = outside(release, id);
    const isAbsence = kind === "refused" && NOT_YET.has(id) && ABSENT.test(why);
    if (releases === undefined || isAbsence) continue;
    if (!isBetween(arch, release, id)) wrong.add(`${id}: ${releases}`);
  }
  return [...wrong].toSorted();
}

for (const arch of ["arm64", "x86"] as const) {
  for (const kernel of KERNELS[arch]) {
    Deno.test(`${arch}: the events of Linux ${kernel} cite rules that hold there`, async () => {
      assertEquals(await wrongIn(arch, kernel), []);
    });
  }
}
