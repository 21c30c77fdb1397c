/**
 * An initramfs: a cpio archive of the kind that the kernel unpacks ("newc"), gzipped.
 *
 * @module
 */

/** A file of the archive. */
export interface ArchiveEntry {
  /** Without a slash at the beginning. */
  readonly path: string;
  /** Permissions and kind, as st_mode has them. */
  readonly mode: number;
  readonly bytes?: Uint8Array;
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number];
}

const FOLDER = 0o040755;
const PROGRAM = 0o100755;
const CONSOLE = 0o020600;

function aligned(parts: Uint8Array[], length: number): number {
  const missing = (4 - length % 4) % 4;
  parts.push(new Uint8Array(missing));
  return length + missing;
}

function archive(entries: readonly ArchiveEntry[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  let length = 0;
  let inode = 0;
  const trailer: ArchiveEntry = { path: "TRAILER!!!", mode: 0 };
  for (const { path, mode, bytes, device } of [...entries, trailer]) {
    const name = encoder.encode(`${path}\0`);
    const [major, minor] = device ?? [0, 0];
    const fields = [
      ++inode,
      mode,
      0,
      0,
      1,
      0,
      bytes?.length ?? 0,
      0,
      0,
      major,
      minor,
      name.length,
      0,
    ];
    const header = encoder.encode(
      `070701${
        fields.map((field) => field.toString(16).padStart(8, "0")).join("")
      }`,
    );
    parts.push(header, name);
    length = aligned(parts, length + header.length + name.length);
    if (bytes) {
      parts.push(bytes);
      length = aligned(parts, length + bytes.length);
    }
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** What an initramfs of the recorder has. */
export interface InitramfsParts {
  /** The recorder. */
  readonly init: Uint8Array;
  /** Modules in the order in which they are loaded, uncompressed, by name. */
  readonly modules: readonly (readonly [string, Uint8Array])[];
  /** Cases as JSON lines. */
  readonly cases: string;
  /** Programs to run after the cases, by name. */
  readonly tests: readonly (readonly [string, Uint8Array])[];
}

/** Makes the initramfs, gzipped. */
export async function initramfs(
  { init, modules, cases, tests }: InitramfsParts,
): Promise<Uint8Array> {
  const entries: ArchiveEntry[] = [
    { path: "dev", mode: FOLDER },
    { path: "dev/console", mode: CONSOLE, device: [5, 1] },
    { path: "modules", mode: FOLDER },
    { path: "tests", mode: FOLDER },
    { path: "init", mode: PROGRAM, bytes: init },
    {
      path: "cases.jsonl",
      mode: 0o100644,
      bytes: new TextEncoder().encode(cases),
    },
    ...modules.map(([name, bytes], index) => ({
      path: `modules/${index}-${name}.ko`,
      mode: 0o100644,
      bytes,
    })),
    ...tests.map(([name, bytes]) => ({
      path: `tests/${name}`,
      mode: PROGRAM,
      bytes,
    })),
  ];
  const stream = new Blob([archive(entries)]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
