/**
 * Emulated machines with virtualization, on which KVM runs.
 *
 * @module
 */
import { runProgram } from "./command.ts";
import type { DebianArch } from "./kernels.ts";

/** What is booted. */
export interface Boot {
  /** The kernel's image. */
  readonly image: string;
  readonly initramfs: string;
  /** Where the console goes. */
  readonly console: string;
  /** A folder for what the emulator needs besides. */
  readonly work: string;
}

/** An emulator and its CPU. */
export interface EmulatedMachine {
  /** As `--arch` names it. */
  readonly name: "arm64" | "amd" | "intel";
  /** The cases' architecture. */
  readonly arch: "arm64" | "x86";
  readonly vendor: "svm" | "vmx" | undefined;
  readonly debian: DebianArch;
  /** The compiler of the recorder. */
  readonly compiler: string;
  /** What it needs. */
  readonly programs: readonly string[];
  /** Files that it needs besides, which Debian has in packages of their own. */
  readonly files: readonly string[];
  /** KVM's modules, in the order in which they are loaded. */
  readonly modules: readonly string[];
  /** Host CPUs. */
  readonly cpus: number;
  /** Name of a hardware model of the engine. */
  readonly model: string;
  /** Seconds without a line on the console after which it is taken for stuck. */
  readonly patienceSeconds: number;
  /** Cases of one boot. */
  readonly casesPerBoot: number;
  /** Exported programs of one boot; an initramfs holds them all. */
  readonly programsPerBoot: number;
  /** How many breakpoints, context-aware ones and watchpoints it has, where there is a choice. */
  readonly counts: Readonly<Record<string, number>>;
  /** What stands in for the CPU, with its version. */
  cpu(): Promise<string>;
  /** The command that boots. */
  command(boot: Boot, parameters: string): Promise<readonly string[]>;
}

/** The first version number that a program prints. */
async function versionOf(
  program: string,
  option = "--version",
): Promise<string> {
  const said = await runProgram(program, [option]);
  return /\d+\.\d+/.exec(said)?.[0] ?? "";
}

/** Parameters that keep runs alike. */
const QUIET = "quiet loglevel=1 panic=-1 nokaslr mitigations=off";

const ARM64: EmulatedMachine = {
  name: "arm64",
  arch: "arm64",
  vendor: undefined,
  debian: "arm64",
  compiler: "aarch64-linux-gnu-gcc",
  programs: ["qemu-system-aarch64"],
  files: [],
  modules: [],
  cpus: 2,
  model: "max",
  patienceSeconds: 300,
  casesPerBoot: 200,
  programsPerBoot: 100,
  counts: { brps: 6, ctx: 2, wrps: 4 },
  cpu: async () => `max (QEMU ${await versionOf("qemu-system-aarch64")} TCG)`,
  command: (boot, parameters) =>
    Promise.resolve([
      "qemu-system-aarch64",
      ...["-M", "virt,virtualization=on,gic-version=3,dtb-randomness=off"],
      ...["-cpu", "max,pauth-impdef=on", "-smp", "2", "-m", "1G"],
      ...["-display", "none", "-nic", "none", "-monitor", "none"],
      ...["-serial", `file:${boot.console}`, "-no-reboot"],
      ...["-kernel", boot.image, "-initrd", boot.initramfs],
      ...["-append", `console=ttyAMA0 ${QUIET} audit=0 ${parameters}`],
    ]),
};

const AMD: EmulatedMachine = {
  name: "amd",
  arch: "x86",
  vendor: "svm",
  debian: "amd64",
  compiler: "cc",
  programs: ["qemu-system-x86_64", "xz"],
  files: [],
  modules: ["irqbypass", "ccp", "kvm", "kvm-amd"],
  cpus: 2,
  model: "tcg-stock",
  patienceSeconds: 240,
  casesPerBoot: 100,
  programsPerBoot: 100,
  counts: {},
  cpu: async () =>
    `EPYC,+svm,+npt (QEMU ${await versionOf("qemu-system-x86_64")} TCG)`,
  command: (boot, parameters) =>
    Promise.resolve([
      "qemu-system-x86_64",
      ...["-accel", "tcg,thread=single", "-cpu", "EPYC,+svm,+npt"],
      ...["-smp", "2", "-m", "1G", "-display", "none", "-nodefaults"],
      ...["-monitor", "none", "-serial", `file:${boot.console}`],
      ...["-no-reboot", "-kernel", boot.image, "-initrd", boot.initramfs],
      ...[
        "-append",
        // On a busy host its check of the timer comes too late.
        `console=ttyS0,115200 ${QUIET} tsc=reliable no_timer_check ${parameters}`,
      ],
    ]),
};

/** Files of isolinux, which boots the image that Bochs reads. */
const ISOLINUX = "/usr/lib/ISOLINUX/isolinux.bin";
const LDLINUX = "/usr/lib/syslinux/modules/bios/ldlinux.c32";
const BIOS = "/usr/share/bochs/BIOS-bochs-latest";
const VGA_BIOS = "/usr/share/bochs/VGABIOS-lgpl-latest";

const INTEL: EmulatedMachine = {
  name: "intel",
  arch: "x86",
  vendor: "vmx",
  debian: "amd64",
  compiler: "cc",
  programs: ["bochs", "genisoimage", "xz"],
  files: [BIOS, VGA_BIOS, ISOLINUX, LDLINUX],
  modules: ["irqbypass", "kvm", "kvm-intel"],
  cpus: 1,
  model: "bochs",
  patienceSeconds: 600,
  casesPerBoot: 60,
  programsPerBoot: 40,
  counts: {},
  cpu: async () => `Skylake-X (Bochs ${await versionOf("bochs", "--help")})`,
  async command({ image, initramfs, console, work }, parameters) {
    const iso = `${work}/iso`;
    await Deno.mkdir(iso, { recursive: true });
    await Deno.copyFile(image, `${iso}/vmlinuz`);
    await Deno.copyFile(initramfs, `${iso}/initrd.gz`);
    await Deno.copyFile(ISOLINUX, `${iso}/isolinux.bin`);
    await Deno.copyFile(LDLINUX, `${iso}/ldlinux.c32`);
    await Deno.writeTextFile(
      `${iso}/isolinux.cfg`,
      `DEFAULT l\nPROMPT 0\nTIMEOUT 1\nLABEL l\n KERNEL vmlinuz\n INITRD initrd.gz\n APPEND console=ttyS0,115200 ${QUIET} tsc=reliable random.trust_cpu=on lpj=1000000 clearcpuid=221 noxsave ${parameters}\n`,
    );
    await runProgram("genisoimage", [
      ...["-quiet", "-o", `${work}/boot.iso`, "-b", "isolinux.bin"],
      ...["-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4"],
      ...["-boot-info-table", iso],
    ]);
    await Deno.writeTextFile(
      `${work}/bochsrc`,
      [
        "cpu: model=corei7_skylake_x, count=1, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=1",
        "memory: guest=512, host=512",
        `romimage: file=${BIOS}`,
        `vgaromimage: file=${VGA_BIOS}`,
        `ata0-master: type=cdrom, path=${work}/boot.iso, status=inserted`,
        "boot: cdrom",
        `com1: enabled=1, mode=file, dev=${console}`,
        'display_library: rfb, options="timeout=0"',
        `log: ${work}/bochs.log`,
        "panic: action=fatal",
        "error: action=ignore",
        "info: action=ignore",
        "debug: action=ignore",
        "clock: sync=none, time0=utc",
        // Its sound needs a sound card of the machine.
        "plugin_ctrl: speaker=0",
        "",
      ].join("\n"),
    );
    // Debian's Bochs begins in its debugger.
    await Deno.writeTextFile(`${work}/rc`, "continue\n");
    return ["bochs", "-q", "-f", `${work}/bochsrc`, "-rc", `${work}/rc`];
  },
};

/** The machines by name. */
export const MACHINES: readonly EmulatedMachine[] = [ARM64, AMD, INTEL];
