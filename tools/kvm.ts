/**
 * `deno task kvm`: boots Debian's kernels on emulated machines with the recorder of recorder/, records cases, and
 * replays the recordings on the model.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { CampaignError } from "./kvm/command.ts";
import { campaign } from "./kvm/campaign.ts";
import { MACHINES } from "./kvm/machines.ts";
import { fromCaller } from "./kvm/paths.ts";

const USAGE = `usage: deno task kvm [OPTION…] [FILE…]

Records cases on real kernels under emulation, and replays the recordings on the model.
A FILE is a recording or a case (*.jsonl), a scenario (*.dregs), or a folder of them.

  --arch NAME     ${
  MACHINES.map(({ name }) => name).join(", ")
}; may be given again; all if left out
  --kernel WORD   6.1, 7.x, a release of Debian's, or the path of an image; may be given again; 6.1 if left out
  --cases N       N random cases
  --seed S        of the random cases; 1 if left out
  --no-shrink     leave random cases that differ as they are
  --tests         run scenarios as exported C programs, too, and compare their KTAP with the model
  --only-tests    run them as programs, and do not record them as cases
  --keep FOLDER   where kernels, recordings and differences are kept; dist/kvm if left out
  --fresh         record again what was recorded before

It needs apt-get, a C compiler, and for arm64 qemu-system-aarch64 and aarch64-linux-gnu-gcc, for amd
qemu-system-x86_64, for intel bochs and genisoimage. An interrupted campaign goes on where it was.
Exit status: 0 all agree; 1 a recording differs; 2 something is missing.
`;

/** The whole number of an option. */
function count(value: string | undefined, initial: number): number {
  if (value === undefined) return initial;
  if (/^\d+$/.test(value)) return Number(value);
  throw new CampaignError(`\`${value}\` is not a whole number`);
}

async function main(): Promise<number> {
  const unknown: string[] = [];
  const args = parseArgs(Deno.args, {
    string: ["arch", "kernel", "cases", "seed", "keep"],
    boolean: ["tests", "only-tests", "fresh", "help", "shrink"],
    negatable: ["shrink"],
    default: { shrink: true },
    collect: ["arch", "kernel"],
    unknown: (arg) => {
      if (!arg.startsWith("-")) return true;
      unknown.push(arg);
      return false;
    },
  });
  if (args.help) {
    console.log(USAGE.trimEnd());
    return 0;
  }
  const machines = args.arch.length === 0 ? MACHINES : args.arch.map((name) => {
    const machine = MACHINES.find((one) => one.name === name);
    if (machine) return machine;
    throw new CampaignError(
      `there is no --arch ${name}: expected ${
        MACHINES.map(({ name }) => name).join(", ")
      }`,
    );
  });
  if (unknown.length > 0) {
    throw new CampaignError(`\`${unknown[0]}\` is not an option; see --help`);
  }
  const caller = Deno.env.get("INIT_CWD");
  const path = (given: string) => fromCaller(given, caller, Deno.cwd());
  return await campaign({
    machines,
    kernels: args.kernel.length === 0
      ? ["6.1"]
      : args.kernel.map((word) => word.includes("/") ? path(word) : word),
    cases: count(args.cases, 0),
    seed: count(args.seed, 1),
    withTests: args.tests || args["only-tests"],
    recordsFiles: !args["only-tests"],
    keep: args.keep === undefined ? "dist/kvm" : path(args.keep),
    keepsLarge: !args.shrink,
    isFresh: args.fresh,
    files: args._.map((file) => path(String(file))),
  });
}

try {
  Deno.exitCode = await main();
} catch (error) {
  if (!(error instanceof CampaignError)) throw error;
  console.error(`kvm: ${error.message}`);
  Deno.exitCode = 2;
}
