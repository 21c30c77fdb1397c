/**
 * Writes out the kernels that are used if none is named, as history makes them, so that a start does not go through
 * the rows of history.
 *
 * @module
 */
import { BASE } from "../../engine/arm64/history/base.ts";
import { kernelOf as arm64Kernel } from "../../engine/arm64/history/mod.ts";
import { contextAwareLast } from "../../engine/arm64/kvm/numbering.ts";
import { ARM64_DEFAULT_PROFILE } from "../../engine/arm64/profiles/mod.ts";
import type {
  FoundKernel,
  KernelResult,
} from "../../engine/history_kernels.ts";
import { BASE_SVM, BASE_VMX } from "../../engine/x86/history/base.ts";
import { kernelOf as x86Kernel } from "../../engine/x86/history/mod.ts";
import { DR6_BITS } from "../../engine/x86/kvm/constants.ts";
import { X86_DEFAULT_PROFILE } from "../../engine/x86/profiles/mod.ts";

/** The file of an architecture, in the folder of its profiles. */
const FILE = "default_kernel.ts";

/** What the file exports. */
const EXPORTED = "defaultKernel";

/** How the source calls a value that has no literal; the part before a dot is imported. */
type Names = ReadonlyMap<unknown, string>;

/** A value in the source. */
function valueText(field: string, value: unknown, names: Names): string {
  const name = names.get(value);
  if (name !== undefined) return name;
  if (["boolean", "number", "string"].includes(typeof value)) {
    return JSON.stringify(value);
  }
  throw new RangeError(
    `the value of ${field} has no name: tools/docs/default_kernels.ts lists them`,
  );
}

/** A record: the base, by its name, and what differs from it. */
function recordText(
  kernel: object,
  base: object,
  baseName: string,
  names: Names,
): string {
  const before: ReadonlyMap<string, unknown> = new Map(Object.entries(base));
  const differing = Object.entries(kernel).filter(([field, value]) =>
    before.get(field) !== value
  );
  return `{...${baseName},${
    differing.map(([field, value]) =>
      `${field}:${valueText(field, value, names)}`
    ).join()
  }}`;
}

function found<K>(result: KernelResult<K>): FoundKernel<K> {
  if (!result.ok) throw new RangeError(result.reason);
  return result;
}

/** The file's text, before `deno fmt`. */
function fileText<K>(
  { name, rows, notes, madeFrom }: FoundKernel<K>,
  type: string,
  record: string,
  imports: readonly string[],
): string {
  return `/**
 * ${name} as history makes it: the kernel that is used if none is named. \`deno task docs\` writes it.
 *
 * @module
 */
import type { FoundKernel } from "../../history_kernels.ts";
${imports.join("\n")}

/** The kernel. */
export function ${EXPORTED}(): FoundKernel<${type}> {
  return {
    ok: true,
    name: ${JSON.stringify(name)},
    kernel: ${record},
    rows: [${rows.map((row) => `${JSON.stringify(row)},`).join("\n")}],
    notes: ${JSON.stringify(notes)},
    madeFrom: ${madeFrom === undefined ? madeFrom : JSON.stringify(madeFrom)},
  };
}
`;
}

/** The files by their paths from the root, before `deno fmt`. */
export function defaultKernels(): Map<string, string> {
  const arm64 = found(arm64Kernel({ base: ARM64_DEFAULT_PROFILE }));
  const arm64Names: Names = new Map([[contextAwareLast, "contextAwareLast"]]);
  const x86 = found(x86Kernel({ base: X86_DEFAULT_PROFILE }));
  const x86Names: Names = new Map(
    Object.entries(DR6_BITS).map((
      [from, bits],
    ) => [bits, `DR6_BITS.${from}`]),
  );
  const { vmx, svm } = x86.kernel;
  return new Map([
    [
      `engine/arm64/profiles/${FILE}`,
      fileText(
        arm64,
        "Arm64Kernel",
        recordText(arm64.kernel, BASE, "BASE", arm64Names),
        [
          'import { BASE } from "../history/base.ts";',
          'import type { Arm64Kernel } from "../kvm/kernel.ts";',
          'import { contextAwareLast } from "../kvm/numbering.ts";',
        ],
      ),
    ],
    [
      `engine/x86/profiles/${FILE}`,
      fileText(
        x86,
        "X86Kernels",
        `{vmx:${recordText(vmx, BASE_VMX, "BASE_VMX", x86Names)},` +
          `svm:${recordText(svm, BASE_SVM, "BASE_SVM", x86Names)}}`,
        [
          'import { BASE_SVM, BASE_VMX } from "../history/base.ts";',
          'import type { X86Kernels } from "../history/mod.ts";',
          'import { DR6_BITS } from "../kvm/constants.ts";',
        ],
      ),
    ],
  ]);
}

// Before the pages, which show what the profiles have: this program has loaded the old ones.
if (import.meta.main) {
  const files = defaultKernels();
  for (const [path, text] of files) await Deno.writeTextFile(path, text);
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", ...files.keys()],
  }).spawn().status;
}
