/**
 * The document of a report, schema `dregs.report/1`: what ran, step by step. The page shows it, and
 * `dregs report --format json` prints it. `docs/json.md` describes it.
 *
 * What the terminal's JSON has too has the same form here; these types name the parts that the page looks at.
 *
 * @module
 */

/** Format of the document. */
export const SCHEMA = "dregs.report/1";

/** A place in a text: from 1, the end not included. */
export interface PlaceJson {
  readonly source: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A text that ran, or that one that ran includes. */
export interface SourceJson {
  /** As places name it. */
  readonly name: string;
  readonly text: string;
}

/** What a view has of a register. */
export type ValueJson =
  | {
    readonly kind: "value";
    /** In hex. */
    readonly value: string;
    /** By name, in hex. */
    readonly fields?: Readonly<Record<string, string>>;
  }
  | { readonly kind: "undef" }
  | { readonly kind: "none"; readonly why: string };

/** What stands out in a cell; what does not is left out. */
export interface MarksJson {
  /** It shows something else than a step before. */
  readonly changed?: true;
  /** `hw`: KVM intends another value than the guest's. `cpu`: the CPU does not hold what is intended. */
  readonly differs?: true;
  /** Of a value with the guest's number: the physical number that stands for it. */
  readonly to?: number;
  /** Of an intended value: the guest's number that it stands for. */
  readonly from?: number;
}

/** A register in all views, as a table of `dregs.run/2` has it, with what stands out. */
export interface RowJson {
  readonly register: string;
  readonly short: string;
  readonly physical: string | null;
  readonly cells: Readonly<Record<string, ValueJson>>;
  /** By view. */
  readonly marks: Readonly<Record<string, MarksJson>>;
  /** Fields by name, those that are 0 left out: `LBN=2→3` where the hardware's differs, `•` before what changed. */
  readonly fields: readonly string[];
  /** It differs from reset in some view, at this step. */
  readonly says: boolean;
}

/** A name of KVM's own state. */
export interface KvmJson {
  readonly name: string;
  readonly value: ValueJson;
}

/** One vCPU beside the CPU that it is or was on, at one step. */
export interface SideJson {
  readonly vcpu: number;
  readonly cpu: number;
  /** The vCPU is loaded on the CPU. */
  readonly loaded: boolean;
  /** Instructions that wait for a run. */
  readonly pending: number;
  /** The rows that are not as in the step before. */
  readonly rows: readonly RowJson[];
  /** KVM's own state that is not as in the step before. */
  readonly kvm: readonly KvmJson[];
  /** Breakpoint numbers, given where they changed; null where they cannot differ. */
  readonly map?: MapJson | null;
}

/** Guest and physical breakpoint numbers. */
export interface MapJson {
  readonly guestCount: number;
  readonly hostCount: number;
  readonly guestContextFrom: number;
  readonly hostContextFrom: number;
  readonly physical: readonly number[];
  readonly sink: number | null;
  readonly emulated: boolean;
}

/** Where events are drawn: a physical CPU, a vCPU, userspace or the host kernel. */
export interface LaneJson {
  readonly kind: "cpu" | "vcpu" | "user" | "host";
  readonly index: number;
}

/** An event, as `--trace` prints it and as `dregs.run/2` has it. */
export interface EventJson {
  readonly lane: LaneJson;
  /** `vcpu 0` */
  readonly subject: string;
  /** One word. */
  readonly verb: string;
  readonly what: string;
  /** Its rule, a key of `rules`. */
  readonly rule: string;
  /** The event itself. */
  readonly event: {
    readonly kind: string;
    readonly [name: string]: unknown;
  };
}

/** A statement that was carried out. */
export interface StepJson {
  readonly place: PlaceJson;
  /** The statement in its canonical form, names replaced by their values. */
  readonly text: string;
  /** Who acts; null for a statement that only sets up, looks or expects. */
  readonly lane: LaneJson | null;
  /** Numbers of the scenario's `failures` that this statement is the cause of. */
  readonly failures: readonly number[];
  /** It is an expectation, or a requirement. */
  readonly expects: boolean;
  readonly events: readonly EventJson[];
  /** vCPUs of which something is not as in the step before, and all when the machine is built. */
  readonly sides: readonly SideJson[];
  /** Number of a chain of `chains` by value, `hw 0 DBGBCR3_EL1`; those that are not as in the step before. */
  readonly whys: Readonly<Record<string, number>>;
}

/** A link of a chain: an event by its step and its number there. */
export interface LinkJson {
  readonly step: number;
  readonly event: number;
  /** The statement that wrote the guest's instruction. */
  readonly instruction: PlaceJson | null;
}

/** All steps of a scenario. */
export interface RecordJson {
  /** Columns of the tables. */
  readonly views: readonly string[];
  readonly lanes: readonly LaneJson[];
  readonly steps: readonly StepJson[];
  /** Answers to `why`, newest first. */
  readonly chains: readonly (readonly LinkJson[])[];
}

/** A diagnostic of `dregs.run/2`. */
export interface DiagnosticJson {
  readonly code: string;
  readonly place: PlaceJson;
  readonly message: string;
  readonly expected: readonly string[];
  readonly hint: string | null;
  readonly notes: readonly {
    readonly place: PlaceJson;
    readonly message: string;
  }[];
}

/** A failure of `dregs.run/2`. */
export interface FailureJson {
  readonly kind: string;
  readonly expected: string | null;
  readonly found: string | null;
  readonly diagnostic: DiagnosticJson;
}

/** A scenario of `dregs.run/2`. */
export interface ScenarioJson {
  readonly name: string;
  readonly source: string;
  readonly arch: string;
  readonly kernel: string;
  readonly vendor: string | null;
  readonly status: "passed" | "failed" | "error" | "skipped";
  readonly skipped: { readonly cause: string; readonly reason: string } | null;
  readonly expectations: number;
  readonly failures: readonly FailureJson[];
  readonly notes: readonly string[];
  readonly [name: string]: unknown;
}

/** A scenario under one kernel. */
export interface RunJson {
  /** As `dregs run --format json` prints it. */
  readonly scenario: ScenarioJson;
  /** Number of its record in `records`: kernels that do the same share one; null if it did not run. */
  readonly record: number | null;
}

/** What a rule says. */
export interface RuleJson {
  readonly title: string | null;
  readonly sentence: string;
  readonly confidence: string;
  readonly source: {
    readonly where: readonly string[];
    readonly read: string;
    readonly commits: readonly {
      readonly hash: string | null;
      readonly subject: string;
    }[];
  };
}

/** A field of a register, with the names of its values by value in hex. */
export interface FieldJson {
  readonly name: string;
  readonly hi: number;
  readonly lo: number;
  readonly names: Readonly<Record<string, string>>;
}

/** One scenario under each kernel that it was asked for. */
export interface GroupJson {
  readonly name: string;
  readonly source: string;
  readonly runs: readonly RunJson[];
}

/** A counterexample of `explore`, or what `bisect` found: why two runs stand side by side. */
export interface FindingJson {
  /** Number of the group. */
  readonly group: number;
  /** One sentence. */
  readonly title: string;
  /** Further sentences, indented with spaces as in a terminal, but not broken: who shows them knows how wide it is. */
  readonly lines: readonly string[];
  /** Numbers of the runs of the group that are compared: one that breaks something, and one that does not. */
  readonly compared: readonly number[];
  /** The schedule, step by step. */
  readonly schedule: readonly {
    readonly who: string;
    readonly what: string;
    readonly notes: readonly string[];
  }[];
}

/** The document. */
export interface ReportJson {
  readonly schema: typeof SCHEMA;
  /** Version of the program. */
  readonly program: string;
  readonly title: string;
  readonly sources: readonly SourceJson[];
  /** By architecture and name: those that stand in tables. */
  readonly registers: Readonly<
    Record<string, Readonly<Record<string, readonly FieldJson[]>>>
  >;
  /** By id: those that events and chains cite. */
  readonly rules: Readonly<Record<string, RuleJson>>;
  readonly groups: readonly GroupJson[];
  readonly records: readonly RecordJson[];
  readonly findings: readonly FindingJson[];
  /** Texts that could not run. */
  readonly notRun: readonly {
    readonly source: string;
    readonly message: string;
    readonly diagnostics: readonly DiagnosticJson[];
  }[];
}
