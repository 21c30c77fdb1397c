/**
 * Programs that the campaign needs, and what to do where one is missing.
 *
 * @module
 */

/** Something that is missing or failed, as the user sees it. */
export class CampaignError extends Error {}

/** The Debian package that has a program, or a file. */
const PACKAGES: Readonly<Record<string, string>> = {
  "qemu-system-aarch64": "qemu-system-arm",
  "qemu-system-x86_64": "qemu-system-x86",
  "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
  "/usr/lib/ISOLINUX/isolinux.bin": "isolinux",
  "/usr/lib/syslinux/modules/bios/ldlinux.c32": "syslinux-common",
  "/usr/share/bochs/BIOS-bochs-latest": "bochsbios",
  "/usr/share/bochs/VGABIOS-lgpl-latest": "vgabios",
  "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
  cc: "gcc libc6-dev",
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  xz: "xz-utils",
};

/** True if a program can be started. */
async function isThere(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", 'command -v "$0" > /dev/null', program],
  }).output();
  return success;
}

/** @throws {CampaignError} naming the packages to install, if programs or files are missing */
export async function needPrograms(
  programs: readonly string[],
  files: readonly string[] = [],
): Promise<void> {
  const missing: string[] = [];
  for (const program of programs) {
    if (!await isThere(program)) missing.push(program);
  }
  for (const file of files) {
    if (!await Deno.stat(file).catch(() => undefined)) missing.push(file);
  }
  if (missing.length === 0) return;
  const packages = missing.map((name) => PACKAGES[name] ?? name);
  throw new CampaignError(
    `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing: ` +
      `apt-get install ${packages.join(" ")}`,
  );
}

/** Runs a program to its end. @throws {CampaignError} with what it printed, if it fails */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly cwd?: string } =
    {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    ...options,
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  const said = decoder.decode(stderr).trim() || decoder.decode(stdout).trim();
  throw new CampaignError(`${program} ${args.slice(0, 3).join(" ")}: ${said}`);
}
