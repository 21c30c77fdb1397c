/**
 * What a change of KVM is, as a row of history.
 *
 * @module
 */
import type { RuleId } from "./events.ts";

/**
 * What shows the first point release with a change: the shortlog of its `announcement`, its list of patches in the
 * stable `queue`, the commits of the `push` to kernel.org that has its tag, or the `review` of its release candidate
 * alone, after which a patch can still be dropped.
 */
export type StableSource = "announcement" | "queue" | "push" | "review";

/** A stable series that got a change. */
export interface StableSeries {
  /** `4.19`. */
  readonly series: string;
  /** First point release that has it, where a commit list says so. */
  readonly since?: string;
  /** What shows `since`; undefined for another commit list. */
  readonly seen?: StableSource;
  /** Last tree read without it. */
  readonly without?: string;
  /** First tree read with it. */
  readonly with?: string;
  /** First tree read that has it no more; with `since`, the first point release. */
  readonly gone?: string;
}

/** Another change that one depends on, or that does not go with it. */
export interface Relation {
  /** Its name. */
  readonly row: string;
  /** The reason, as a clause: `it forgets what this one introduced`. */
  readonly why: string;
}

/** The fields of a kernel's record of behaviours that a change touches, before and after. */
export interface FieldChange<K> {
  /** Without the change. */
  readonly before: Partial<K>;
  /** With it. */
  readonly after: Partial<K>;
}

/** One change of KVM that the model can show. K: the kernel's record of behaviours. */
export interface Change<K> {
  /** Short name: `root-cause-fix`. Unique over both architectures. */
  readonly name: string;
  /** The commit's subject; several commits of one change are in the order of the series. */
  readonly commits: readonly {
    /** As many digits as are known; undefined if none are. */
    readonly hash: string | undefined;
    /** As in the commit list, or from memory. */
    readonly subject: string;
    /** How hash and subject are known. */
    readonly seen: "read" | "commit" | "memory";
  }[];
  /** First mainline release that has it: `4.5`; undefined if none ever had. */
  readonly since: string | undefined;
  /** `since` is one of several releases that are possible. */
  readonly approximate?: boolean;
  /** The trees read on either side of `since`, where others lie between. */
  readonly bracket?: { readonly without: string; readonly with: string };
  /** Stable series that got it: the first point release, or the bracket of trees read. */
  readonly stable: readonly StableSeries[];
  /** Distribution kernels read to have it although their base version does not: `rhel-8.5`. */
  readonly distributions?: readonly string[];
  /** How the change is known. */
  readonly confidence: "read" | "commit" | "recorded" | "memory";
  /** Rules that say what it does. */
  readonly rules: readonly RuleId[];
  /** What differs, as an observer sees it: one sentence before. */
  readonly before: string;
  /** And one after. */
  readonly after: string;
  /** Fields of the record by vendor; an architecture without vendors has one, of its own name. */
  readonly fields: Readonly<Record<string, FieldChange<K>>>;
  /** Changes that must be there for this one to make sense. */
  readonly needs?: readonly Relation[];
  /** Changes that this one does not go with. */
  readonly excludes?: readonly Relation[];
}

/** A change of KVM that the model cannot show. */
export interface HiddenChange {
  /** Short name. */
  readonly name: string;
  /** The commit's subject, or what it does. */
  readonly subject: string;
  /** First mainline release that has it. */
  readonly since: string;
  /** What the model would need. */
  readonly missing: string;
}
