/**
 * Kernels of Debian: found and fetched with apt, from sources of the campaign's own, and unpacked without being
 * installed.
 *
 * @module
 */
import { CampaignError, runProgram } from "./command.ts";

/** Where the kernel and its modules are. */
export interface Kernel {
  /** `6.1.0-57-cloud-arm64`, or a path. */
  readonly release: string;
  /** The image. */
  readonly image: string;
  /** Folders that may hold modules. */
  readonly modules: readonly string[];
}

/** Debian's name of an architecture. */
export type DebianArch = "arm64" | "amd64";

/** Debian's keys, which other distributions have in a package of their own. */
export const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Suites with kernels, oldest first: bookworm has 6.1, backports of trixie the newest. */
const SOURCES = [
  "http://deb.debian.org/debian bookworm main",
  "http://deb.debian.org/debian-security bookworm-security main",
  "http://deb.debian.org/debian trixie-backports main",
];

/** apt with its own sources, lists, status and cache below a folder. */
class Apt {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async prepare(): Promise<void> {
    const folder = this.#folder;
    for (const name of ["lists/partial", "cache/archives/partial", "debs"]) {
      await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    }
    await Deno.writeTextFile(`${folder}/status`, "");
    await Deno.writeTextFile(
      `${folder}/sources.list`,
      SOURCES.map((source) => `deb [signed-by=${KEYRING}] ${source}\n`)
        .join(""),
    );
    await Deno.writeTextFile(
      `${folder}/apt.conf`,
      [
        `Dir::Etc::SourceList "${folder}/sources.list";`,
        `Dir::Etc::SourceParts "-";`,
        `Dir::State::Lists "${folder}/lists";`,
        `Dir::State::Status "${folder}/status";`,
        `Dir::Cache "${folder}/cache";`,
        `APT::Architecture "amd64";`,
        `APT::Architectures { "amd64"; "arm64"; };`,
        `APT::Sandbox::User "root";`,
        `Acquire::Languages "none";`,
        "",
      ].join("\n"),
    );
    await this.run("apt-get", ["update"]);
  }

  run(program: string, args: readonly string[]): Promise<string> {
    return runProgram(program, args, {
      env: { APT_CONFIG: `${this.#folder}/apt.conf` },
      cwd: `${this.#folder}/debs`,
    });
  }
}

/** Compares versions by their numbers. */
function byVersion(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** The newest cloud kernel of a series, such as 6.1 or 7.x. */
async function newestRelease(
  apt: Apt,
  series: string,
  arch: DebianArch,
): Promise<string> {
  const said = await apt.run("apt-cache", ["pkgnames", "linux-image-"]);
  const prefix = series.replace(/\.?x$/, "");
  const releases = said.split("\n").flatMap((name) => {
    const release = /^linux-image-(\d.*-cloud-(?:arm64|amd64))$/.exec(name)
      ?.[1];
    const isOf = release?.endsWith(arch) &&
      (release === series || release.startsWith(`${prefix}.`));
    return isOf ? [release!] : [];
  }).sort(byVersion);
  const newest = releases.at(-1);
  if (newest !== undefined) return newest;
  throw new CampaignError(
    `Debian has no kernel ${series} for ${arch}: expected 6.1, 7.x or a path`,
  );
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await filesBelow(path));
    else if (isFile) files.push(path);
  }
  return files;
}

/**
 * The kernel that a word means: a series such as 6.1 or 7.x, a release, or the path of an image.
 *
 * @param work a folder of the campaign's own
 */
export async function findKernel(
  word: string,
  arch: DebianArch,
  work: string,
): Promise<Kernel> {
  if (word.includes("/")) {
    const image = await Deno.realPath(word).catch(() => {
      throw new CampaignError(`there is no kernel ${word}`);
    });
    return { release: word, image, modules: [image.replace(/\/[^/]*$/, "")] };
  }
  const folder = `${work}/apt`;
  const apt = new Apt(folder);
  await apt.prepare();
  const release = await newestRelease(apt, word, arch);
  const unpacked = `${work}/kernels/${release}`;
  const done = `${unpacked}/unpacked`;
  if (!await Deno.stat(done).catch(() => undefined)) {
    // Newer packages have the image and the modules apart.
    const names = await apt.run("apt-cache", ["pkgnames", "linux-"]);
    const known = new Set(names.split("\n"));
    const apart = ["linux-binary-", "linux-modules-"].map((kind) =>
      kind + release
    ).filter((name) => known.has(name));
    const wanted = apart.length > 0 ? apart : [`linux-image-${release}`];
    await apt.run("apt-get", [
      "download",
      ...wanted.map((name) => `${name}:${arch}`),
    ]);
    await Deno.mkdir(unpacked, { recursive: true });
    for await (const { name } of Deno.readDir(`${folder}/debs`)) {
      if (!wanted.some((one) => name.startsWith(`${one}_`))) continue;
      await runProgram("dpkg-deb", ["-x", `${folder}/debs/${name}`, unpacked]);
    }
    await Deno.writeTextFile(done, "");
  }
  const files = await filesBelow(unpacked);
  const image = files.find((path) => /\/vmlinuz(-[^/]*)?$/.test(path));
  if (image === undefined) {
    throw new CampaignError(`the package of ${release} has no image`);
  }
  return { release, image, modules: [unpacked] };
}

/** The modules of KVM for a vendor, uncompressed, in the order in which they are loaded. */
export async function kvmModules(
  { modules }: Kernel,
  names: readonly string[],
): Promise<readonly (readonly [string, Uint8Array])[]> {
  const files = (await Promise.all(modules.map(filesBelow))).flat();
  const found: [string, Uint8Array][] = [];
  for (const name of names) {
    const path = files.find((path) =>
      path.endsWith(`/${name}.ko`) || path.endsWith(`/${name}.ko.xz`)
    );
    // It can be built in.
    if (path === undefined) continue;
    const bytes = path.endsWith(".xz")
      ? await unpacked(path)
      : await Deno.readFile(path);
    found.push([name, bytes]);
  }
  return found;
}

/** A file that xz packed. @throws {Error} if xz fails */
async function unpacked(path: string): Promise<Uint8Array> {
  const { success, stdout, stderr } = await new Deno.Command("xz", {
    args: ["-dc", path],
  }).output();
  if (success) return stdout;
  throw new Error(`xz: ${path}: ${new TextDecoder().decode(stderr).trim()}`);
}
