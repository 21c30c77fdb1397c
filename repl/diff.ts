/**
 * `diff`: what differs under other kernels.
 *
 * @module
 */
import {
  CHOICES,
  type KernelInfo,
  kernelWithVendor,
  KNOWN_RANGE,
} from "../engine/mod.ts";
import { IncrementalChecker } from "../dsl/incremental.ts";
import { kernelSet } from "../dsl/kernel_sets.ts";
import { withChanges } from "../dsl/set_with_changes.ts";
import { changes, observe } from "../dsl/observation.ts";
import { runText } from "../dsl/render/event.ts";
import { kernelText } from "../dsl/render/scenario.ts";
import { renderTable } from "../dsl/render/table.ts";
import { fill } from "../dsl/render/value.ts";
import { architectures } from "../dsl/resolve/vocabulary.ts";
import { didYouMean } from "../dsl/suggest.ts";
import { vendorsOf } from "../dsl/vendors.ts";
import { type ChosenKernel, Timeline } from "./timeline.ts";
import { firstLine, takeRefusal, type View } from "./view.ts";

/** What an operand means, or what is said of it. */
type Meant =
  | {
    readonly kind: "kernels";
    readonly kernels: readonly ChosenKernel[];
    /** What is said of those that are left out. */
    readonly leftOut?: readonly string[];
  }
  | { readonly kind: "wrong"; readonly lines: readonly string[] };

function wrong(lines: readonly string[]): Meant {
  return { kind: "wrong", lines };
}

/** Why there is no such kernel. */
function noKernel(
  view: View,
  rest: string,
  answer: {
    readonly reason: string;
    readonly wrong: string;
    readonly expected: readonly string[];
  },
): Meant {
  const { arch } = view.timeline.session;
  if (answer.wrong !== rest.split(/\s+/)[0]) {
    const other = architectures().find((one) =>
      one !== arch &&
      one.changes().some(({ name }) => name === answer.wrong)
    );
    if (other) {
      return wrong(view.say(
        `${answer.wrong} is a change of ${other.name}; this is ${arch.name}`,
      ));
    }
    const near = didYouMean(answer.wrong, answer.expected);
    return wrong([
      near === undefined ? answer.reason : `${answer.reason}; ${near}`,
    ]);
  }
  const other = architectures().find((one) =>
    one !== arch && one.kernel(rest).ok
  );
  if (other) {
    return wrong(view.say(
      `\`diff ${rest}\`: a kernel of ${other.name}; this is ${arch.name}`,
    ));
  }
  const names = `${
    arch.profiles.map(({ name }) => name).join(", ")
  }, or any release from linux-${KNOWN_RANGE[0]} to linux-${KNOWN_RANGE[1]}`;
  return wrong(view.say(
    `\`diff ${rest}\`: ${answer.reason}; write a kernel of ${arch.name}: ${names}`,
  ));
}

/** Rejects a vendor that a kernel is not for. */
function vendorProblem(
  view: View,
  { name, vendors }: KernelInfo,
  vendor: string | undefined,
): Meant | undefined {
  if (vendor === undefined || vendors.includes(vendor)) return undefined;
  return wrong(view.say(
    vendors.length === 0
      ? `${name} has no vendors to choose from: write \`diff ${name}\``
      : vendor.includes("=")
      ? `\`${vendor}\` is an option, and \`diff\` takes none`
      : `\`${vendor}\` is not a vendor of ${name}: write ${
        vendors.join(" or ")
      }`,
  ));
}

/** The kernels of a set, and the vendor and changes that may follow it; undefined if the operand is no set. */
function setMeant(view: View, rest: string): Meant | undefined {
  const { arch } = view.timeline.session;
  const words = rest.split(/\s+/);
  const at = words.findIndex((word) => CHOICES.some((one) => one === word));
  const choices = at < 0 ? [] : words.slice(at);
  const [word, vendor, ...more] = at < 0 ? words : words.slice(0, at);
  if (word === undefined) return undefined;
  const set = kernelSet(word, [arch]);
  if (set === undefined) return undefined;
  if (!set.ok) {
    return wrong(view.say(`\`diff ${rest}\`: ${set.reason}; ${set.hint}`));
  }
  const [unexpected] = vendor === undefined || vendorsOf(arch).includes(vendor)
    ? more
    : [vendor];
  if (unexpected !== undefined) {
    return wrong(
      view.say(`\`diff ${rest}\`: ${unexpected} cannot follow ${word}`),
    );
  }
  const changed = choices.length === 0
    ? { ...set, leftOut: [] }
    : withChanges(set.kernels, choices);
  if (!changed.ok) {
    const answer = arch.kernel(changed.text);
    // Otherwise it would be one of the set.
    if (answer.ok) throw new RangeError(changed.text);
    return noKernel(view, rest, answer);
  }
  return {
    kind: "kernels",
    leftOut: changed.leftOut.flatMap(({ kernels, reason }) =>
      view.say(`without ${kernels.join(", ")}: ${reason}`)
    ),
    kernels: changed.kernels.flatMap(({ text }) => {
      const answer = arch.kernel(text);
      return answer.ok ? [{ profile: answer.info.name, vendor }] : [];
    }),
  };
}

/** An operand that begins with changes is of the session's own kernel. */
function ofSession(view: View, rest: string): string {
  const [word] = rest.split(/\s+/);
  if (!CHOICES.some((one) => one === word)) return rest;
  const { profile, vendor } = view.timeline.session.kernelChoice;
  return `${kernelWithVendor(profile, vendor)} ${rest}`;
}

/** The kernels that an operand names. */
function meant(view: View, operand: string): Meant {
  const { arch } = view.timeline.session;
  const rest = ofSession(view, operand);
  const set = setMeant(view, rest);
  if (set !== undefined) return set;
  const words = rest.split(/\s+/);
  const second = words.at(1);
  const isChoice = CHOICES.some((word) => word === second);
  const vendor = isChoice ? undefined : second;
  const text = words.filter((_, at) => isChoice || at !== 1).join(" ");
  // A release alone, as `--kernel` takes it.
  const answer = arch.kernel(/^\d/.test(text) ? `linux-${text}` : text);
  if (!answer.ok) return noKernel(view, rest, answer);
  return vendorProblem(view, answer.info, vendor) ?? {
    kind: "kernels",
    kernels: [{ profile: answer.info.name, vendor }],
  };
}

/** What differs under one kernel. */
interface Difference {
  /** The kernel with its vendor. */
  readonly kernel: string;
  /** None if nothing differs. `kernel` stands for the kernel in the heads of tables. */
  readonly lines: (kernel: string) => readonly string[];
}

/** Carries the session out under another kernel. */
function difference(view: View, chosen: ChosenKernel): Difference {
  const { session, entries } = view.timeline;
  const other = new Timeline(new IncrementalChecker(), chosen);
  const lines: string[] = [];
  const kernel = (): string => kernelText(other.session.kernelChoice);
  for (const { known, text, refused: here } of entries) {
    let refused: string | undefined;
    const done = other.carryOut(
      known,
      () => refused = takeRefusal(other.session),
    );
    if (done.kept && refused !== here) {
      lines.push(...view.say(`${firstLine(text)}: ${refused ?? "success"}`));
    }
    for (const { diagnostic } of done.failures) {
      lines.push(...view.say(`${firstLine(text)}: ${diagnostic.message}`));
    }
    if (done.skip) {
      const { summary } = done.skip;
      lines.push(...view.say(`nothing to compare: ${summary}`));
      return { kernel: kernel(), lines: () => lines };
    }
    if (!done.completed) break;
  }
  const { arch } = session;
  const page = view.world.page();
  const found = changes(
    observe(arch, session.machine),
    observe(arch, other.session.machine),
  );
  const [there, here] = [other.session, session].map(({ machine }) =>
    runText(machine.lastRun)
  );
  const ends = there === here ? [] : view.say(`exit: ${there}, here ${here}`);
  return {
    kernel: kernel(),
    lines: (shown) => [
      ...lines,
      ...ends,
      ...found.flatMap(({ table, before, notes }) => [
        ...renderTable(table, shown, page, before),
        ...notes.flatMap((note) => fill(note, page.columns, 2)),
      ]),
    ],
  };
}

/** Differences under several kernels: those that are alike together. */
function together(
  view: View,
  differences: readonly Difference[],
): readonly string[] {
  const { theme } = view.world.page();
  const alike = new Map<string, Difference[]>();
  for (const one of differences) {
    const key = one.lines("").join("\n");
    const same = alike.get(key);
    if (same) same.push(one);
    else alike.set(key, [one]);
  }
  return [...alike].flatMap(([key, same]) => {
    const names = same.map(({ kernel }) => kernel).join(", ");
    const [first] = same;
    return key === "" ? view.say(`${names}: no difference`) : [
      ...view.say(`${names}:`).map(theme.heading),
      ...first.lines(
        same.length === 1 ? first.kernel : `${same.length} kernels`,
      ),
    ];
  });
}

/**
 * The same statements under other kernels.
 *
 * @param rest a kernel, a set of kernels, or nothing for those that the session was begun with
 */
export function diff(view: View, rest: string): readonly string[] {
  const { arch } = view.timeline.session;
  const compared = view.compared.filter(({ profile }) =>
    arch.kernel(profile).ok
  );
  if (rest === "" && compared.length === 0) {
    const names = arch.profiles.map(({ name }) => name).join(", ");
    return view.say(
      `\`diff\` needs a kernel of ${arch.name}: ${names}, or any release from linux-${
        KNOWN_RANGE[0]
      } to linux-${KNOWN_RANGE[1]}`,
    );
  }
  const found: Meant = rest === ""
    ? { kind: "kernels", kernels: compared }
    : meant(view, rest);
  if (found.kind === "wrong") return found.lines;
  const own = view.kernelText;
  const differences = found.kernels.map((one) => difference(view, one));
  view.timeline.settle();
  const [only, ...more] = differences;
  const { leftOut = [] } = found;
  if (only !== undefined && more.length === 0) {
    const lines = only.lines(only.kernel);
    return [
      ...leftOut,
      ...lines.length === 0 ? view.say(`${only.kernel}: no difference`) : lines,
    ];
  }
  return [
    ...leftOut,
    ...together(view, differences.filter(({ kernel }) => kernel !== own)),
  ];
}
