/**
 * Completion in the interactive view: statements, and the words that only it has.
 *
 * @module
 */
import { complete, type CompletionContext } from "../dsl/completion/mod.ts";
import { architectures } from "../dsl/resolve/vocabulary.ts";
import { topics } from "./help.ts";
import { PIN_WORDS } from "./pins.ts";
import { SAVE_OPTIONS } from "./save.ts";
import type { View } from "./view.ts";
import { type Argument, HISTORY_WORDS, LAYOUTS, REPL_WORDS } from "./words.ts";

/** What completion offers. */
export interface Offer {
  /** Offset of the word that is being typed. */
  readonly start: number;
  /** What could stand there. */
  readonly words: readonly string[];
  /** One word is left, and a space comes after it. */
  readonly isWhole: boolean;
}

function contextOf({ timeline, world }: View): CompletionContext {
  const { session, scope } = timeline;
  return {
    arch: session.arch,
    profile: session.profile.name,
    // `as` defines names that only the machine has.
    names: [
      ...new Set([...scope.names(), ...timeline.machine?.reads.keys() ?? []]),
    ],
    saved: [...timeline.machine?.vm.saved.keys() ?? []],
    files: (prefix) => world.files.completions(prefix),
  };
}

/** Completes a line at its end. */
export function completeLine(view: View, line: string): Offer {
  const match = /^(\s*([A-Za-z]+)\s+)(.*)$/s.exec(line);
  const word = match && REPL_WORDS.find((one) => one.word === match[2]);
  if (match && word) {
    const [, head, , rest] = match;
    return completeArgument(view, word.argument, head.length, rest);
  }
  const offer = complete(line, contextOf(view));
  if (!/^\s*[A-Za-z]*$/.test(line)) return offer;
  const typed = line.slice(offer.start).toLowerCase();
  const own = REPL_WORDS.map((one) => one.word).filter((one) =>
    one.startsWith(typed)
  );
  const statements = offer.words.filter((one) => one !== "explore");
  const words = [...statements, ...own];
  return { start: offer.start, words, isWhole: words.length === 1 };
}

/** Completes what follows a word. */
function completeArgument(
  view: View,
  argument: Argument,
  offset: number,
  rest: string,
): Offer {
  const among = (words: readonly string[]): Offer => {
    const typed = /\S*$/.exec(rest)![0];
    const offered = words.filter((one) => one.startsWith(typed));
    return {
      start: offset + rest.length - typed.length,
      words: offered,
      isWhole: offered.length === 1,
    };
  };
  const { arch } = view.timeline.session;
  switch (argument) {
    case "none":
      return { start: offset, words: [], isWhole: false };
    case "seen": {
      const offer = complete(rest, contextOf(view), "seen");
      const off = offer.start === 0 && "off".startsWith(rest) ? ["off"] : [];
      return {
        start: offset + offer.start,
        words: [...offer.words, ...off],
        isWhole: offer.isWhole && off.length === 0,
      };
    }
    case "kernel": {
      const offer = complete(`kernel ${rest}`, contextOf(view));
      return { ...offer, start: offset + offer.start - "kernel ".length };
    }
    case "file": {
      const pinned = /^.*\s--expect\s+/s.exec(rest)?.[0];
      if (pinned !== undefined && !/\s-\S*$/.test(rest)) {
        return completePinned(
          view,
          offset + pinned.length,
          rest.slice(pinned.length),
        );
      }
      const typed = /\S*$/.exec(rest)![0];
      if (typed.startsWith("-")) return among(SAVE_OPTIONS);
      const words = view.world.files.completions(typed);
      return {
        start: offset + rest.length - typed.length,
        words,
        isWhole: words.length === 1 && !words[0].endsWith("/"),
      };
    }
    case "topic":
      return among(topics(arch));
    case "layout":
      return among(LAYOUTS);
    case "history":
      return among(HISTORY_WORDS);
    case "change":
      return among([
        ...architectures().flatMap((one) =>
          one.changes().map(({ name }) => name)
        ),
        "--from",
        "--to",
      ]);
    default:
      return argument satisfies never;
  }
}

/** Completes what follows `save FILE --expect`: views and registers, as after `show`. */
function completePinned(view: View, offset: number, text: string): Offer {
  const begin = "show ";
  const offer = complete(begin + text, contextOf(view));
  const typed = /\S*$/.exec(text)![0];
  const own = typed === ""
    ? []
    : PIN_WORDS.filter((one) => one.startsWith(typed));
  return {
    start: offset + offer.start - begin.length,
    words: [...offer.words, ...own],
    isWhole: offer.isWhole && own.length === 0,
  };
}
