/**
 * The peers' model as an `explore` block: each vCPU picks any of its instructions, some times.
 *
 * @module
 */

/** How large it is, and under which kernel. */
export interface ModelSize {
  readonly vcpus: number;
  readonly cpus: number;
  /** Instructions that each vCPU picks. */
  readonly picks: number;
  readonly kernel: string;
  /** Properties; `missed`, `stray`, `leak` and `stale` if left out. */
  readonly never?: string;
  /** `bound states=…`, if there is to be a bound. */
  readonly statesMax?: number;
}

/** First instruction of a vCPU's program. */
const PROGRAM = 0x11_0000;
const PROGRAM_STRIDE = 0x10_0000;

/** Two addresses of a vCPU's own, DR0 with either, DR7 on and off, and either executed. */
function ways(v: number): string[] {
  const [a, b] = [0x1000, 0x2000].map((own) => own + 0x1_0000 * v);
  const writes = [
    `write dr0 ${a}`,
    `write dr0 ${b}`,
    "write dr7 0x402",
    "write dr7 0x400",
  ];
  return [
    ...writes.map((line, n) => {
      const at = PROGRAM + PROGRAM_STRIDE * v + 3 * n;
      return `${line} at=${at}`;
    }),
    `exec ${a}`,
    `exec ${b}`,
  ];
}

/** What the peers' model asks. */
export const OWN = "missed, stray, leak, stale";

/** The text of the model. */
export function modelText(
  { vcpus, cpus, picks, kernel, statesMax, never = OWN }: ModelSize,
): string {
  const programs = Array.from({ length: vcpus }, (_, v) => {
    const choices = ways(v).map((line, n) =>
      `      ${n === 0 ? "either" : "or"} { ${line} }`
    );
    return [
      `  vcpu ${v} {`,
      `    repeat ${picks} {`,
      ...choices,
      "    }",
      "  }",
    ].join("\n");
  });
  return [
    "arch x86",
    `kernel ${kernel}`,
    `host cpus=${cpus}`,
    "explore {",
    ...programs,
    "  preempt any",
    `  never ${never}`,
    ...(statesMax === undefined ? [] : [`  bound states=${statesMax}`]),
    "}",
    "",
  ].join("\n");
}
