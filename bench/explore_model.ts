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

/** A vCPU's program: any of its instructions, some times. */
function program(v: number, picks: number, ways: readonly string[]): string {
  const choices = ways.map((line, n) =>
    `      ${n === 0 ? "either" : "or"} { ${line} }`
  );
  return [
    `  vcpu ${v} {`,
    `    repeat ${picks} {`,
    ...choices,
    "    }",
    "  }",
  ].join("\n");
}

function block(
  { vcpus, picks, statesMax, never = OWN }: ModelSize,
  ways: (v: number) => readonly string[],
): string {
  return [
    "explore {",
    ...Array.from({ length: vcpus }, (_, v) => program(v, picks, ways(v))),
    "  preempt any",
    `  never ${never}`,
    ...(statesMax === undefined ? [] : [`  bound states=${statesMax}`]),
    "}",
    "",
  ].join("\n");
}

/** The text of the model. */
export function modelText(size: ModelSize): string {
  return [
    "arch x86",
    `kernel ${size.kernel}`,
    `host cpus=${size.cpus}`,
    block(size, ways),
  ].join("\n");
}

/** The same of arm64: DBGBVR0 with either of two addresses, DBGBCR0 on and off, MDSCR_EL1 on, and either executed. */
export function arm64Text(size: ModelSize): string {
  const vcpus = Array.from({ length: size.vcpus }, (_, v) => v);
  const own = (v: number): string[] => {
    const [a, b] = [0x40090000, 0x400a0000].map((own) => own + 0x10_0000 * v);
    return [
      `write dbgbvr0 ${a}`,
      `write dbgbvr0 ${b}`,
      "write dbgbcr0 0x1e7",
      "write dbgbcr0 0",
      "write mdscr kde=1 mde=1",
      `exec ${a}`,
      `exec ${b}`,
    ];
  };
  return [
    "arch arm64",
    `kernel ${size.kernel}`,
    `host cpus=${size.cpus}`,
    `set vcpus=${size.vcpus}`,
    ...vcpus.map((v) => `guest@${v} write pstate d=0\nrun@${v}`),
    block(size, own),
  ].join("\n");
}
