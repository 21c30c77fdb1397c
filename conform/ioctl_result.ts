/**
 * What an ioctl of a recording returned.
 *
 * @module
 */
import { ERRNO, type Machine } from "../engine/mod.ts";
import { ruleOfRefusal } from "./causes.ts";
import type { Comparison } from "./difference.ts";
import { own, type StepReader } from "./step_reader.ts";

/** What ioctl() itself returns for any error. A recording can have that instead of the negated errno. */
const FAILED = -1;

/** Largest error number of Linux (MAX_ERRNO of include/linux/err.h). */
const ERRNO_MAX = 4095;

/** An error number by its name, as `errno` and `error` have it. */
const ERRNO_NAME = /^E[A-Z0-9]+$/;

/**
 * Compares what an ioctl returned.
 *
 * The recording has 0 or a negated errno as `ret`; or -1 as `ret`, and the error as `errno` (a number or a name) or
 * as `error` (a name). With -1 alone it is not known which error it was, and any refusal agrees.
 *
 * @param result 0, or a negated errno
 * @param machine on which it was done just now, to tell the rule of a refusal
 */
export function compareResult(
  comparison: Comparison,
  reader: StepReader,
  result: number,
  machine?: Machine,
): void {
  const ret = reader.number("ret");
  const rule = result !== 0 && machine ? ruleOfRefusal(machine) : undefined;
  if (ret !== FAILED) {
    comparison.text("ret", `${ret}`, `${result}`, { rule });
    return;
  }
  const recorded = recordedErrno(reader);
  if (recorded === undefined) {
    const modelled = result < 0 ? FAILED : result;
    comparison.text("ret", `${FAILED}`, `${modelled}`, { rule });
    return;
  }
  comparison.text("ret", recorded, `${result}`, { rule });
}

/** The errno beside a `ret` of -1: negated, or its name where the model has no such error; undefined if not recorded. */
function recordedErrno(reader: StepReader): string | undefined {
  const { errno, error } = reader.step;
  const name = errno ?? error;
  if (typeof name === "string" && ERRNO_NAME.test(name)) {
    const number = own(ERRNO, name);
    return number === undefined ? name : `${-number}`;
  }
  // Without `errno`, `error` can be a message, which differs from one C library to another.
  if (errno === undefined) return undefined;
  const number = reader.value("errno");
  if (number < 1n || number > ERRNO_MAX) {
    reader.fail(`errno is ${number}: expected 1 to ${ERRNO_MAX}, or a name`);
  }
  return `${-number}`;
}
