/**
 * Smaller cases than a case.
 *
 * @module
 */
import type { CaseLines } from "./random/mod.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A list without some of its items: halves first, then single ones. */
function shorter<T>(list: readonly T[]): readonly (readonly T[])[] {
  const shorter: (readonly T[])[] = [];
  for (let size = list.length >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from < list.length; from += size) {
      shorter.push([...list.slice(0, from), ...list.slice(from + size)]);
    }
  }
  return shorter;
}

/** A resumed run needs a run before it. */
function isWhole(steps: readonly Fields[]): boolean {
  const loaded = new Set<unknown>();
  for (const { op, vcpu, resume } of steps) {
    if (op !== "run") continue;
    if (resume !== true) loaded.add(vcpu);
    else if (!loaded.has(vcpu)) return false;
  }
  return true;
}

/** Instructions follow each other without a gap. On x86 the last is HLT, which stays. */
function laidOut(program: readonly Fields[], first: bigint): readonly Fields[] {
  let pc = first;
  return program.map((op) => {
    const placed = { ...op, pc: `0x${pc.toString(16)}` };
    pc += BigInt(Number(op.len ?? 4));
    return placed;
  });
}

function smallerPrograms(step: Fields): readonly Fields[] {
  const program = step.program as readonly Fields[] | undefined;
  if (program === undefined || program.length === 0) return [];
  const first = BigInt(String(program[0].pc));
  const last = program.at(-1)!;
  const [body, end] = last.i === "hlt"
    ? [program.slice(0, -1), [last]]
    : [program, []];
  return shorter(body).map((ops) => ({
    ...step,
    program: laidOut([...ops, ...end], first),
  }));
}

/** Smaller cases, the smallest first. */
export function candidates({ header, steps }: CaseLines): readonly CaseLines[] {
  const fewer = shorter(steps).filter((some) =>
    some.length > 0 && isWhole(some)
  ).map((some) => ({ header, steps: some }));
  const smaller = steps.flatMap((step, index) =>
    smallerPrograms(step).map((replaced) => ({
      header,
      steps: steps.with(index, replaced),
    }))
  );
  const sizeOf = (made: CaseLines): number =>
    made.steps.reduce(
      (sum, { program }) =>
        sum + 1 + (Array.isArray(program) ? program.length : 0),
      0,
    );
  return [...fewer, ...smaller].sort((a, b) => sizeOf(a) - sizeOf(b));
}
