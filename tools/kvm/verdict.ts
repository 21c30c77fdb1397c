/**
 * A recording beside the model.
 *
 * @module
 */
import { RecordingError, replay } from "../../conform/mod.ts";

/** How a recording compares with the model. */
export type Verdict =
  | { readonly kind: "agrees" }
  | {
    readonly kind: "differs";
    readonly what: string;
    /** Operation and field of the first difference: another difference of the same kind has the same. */
    readonly signature: string;
  }
  | { readonly kind: "not-replayed"; readonly why: string };

/** Replays a recording. */
export function verdictOf(text: string): Verdict {
  try {
    const { differences } = replay(text);
    if (differences.length === 0) return { kind: "agrees" };
    const [{ line, op, what, recorded, modelled }] = differences;
    return {
      kind: "differs",
      signature: `${op.replace(/,.*/, "")}: ${what.replaceAll(/\d+/g, "N")}`,
      what:
        `line ${line}: ${op}: ${what}: recorded ${recorded}, modelled ${modelled}`,
    };
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    return {
      kind: "not-replayed",
      why: `line ${error.line}: ${error.message}`,
    };
  }
}
