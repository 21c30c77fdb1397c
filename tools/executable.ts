/**
 * Which platform an executable file is for, by its header.
 *
 * @module
 */

/** Bytes that are read of a file. */
const HEADER_BYTES = 20;

/** Headers: the bytes that a file begins with, where its machine stands, and the platforms by machine. */
const FORMATS = [
  {
    magic: [0x7f, 0x45, 0x4c, 0x46],
    machine: (header: DataView) => header.getUint16(18, true),
    platforms: {
      0x3e: "x86_64-unknown-linux-gnu",
      0xb7: "aarch64-unknown-linux-gnu",
    },
  },
  {
    magic: [0xcf, 0xfa, 0xed, 0xfe],
    machine: (header: DataView) => header.getUint32(4, true),
    platforms: {
      0x0100_0007: "x86_64-apple-darwin",
      0x0100_000c: "aarch64-apple-darwin",
    },
  },
  {
    magic: [0x4d, 0x5a],
    machine: () => 0,
    platforms: { 0: "x86_64-pc-windows-msvc" },
  },
] as const;

/**
 * The platform of an executable.
 *
 * @returns undefined if it is no executable, or for none of the platforms that deno is for
 * @throws {Deno.errors.NotFound} if there is no such file
 */
export async function platformOf(path: string): Promise<string | undefined> {
  const bytes = new Uint8Array(HEADER_BYTES);
  using file = await Deno.open(path);
  await file.read(bytes);
  const header = new DataView(bytes.buffer);
  const format = FORMATS.find(({ magic }) =>
    magic.every((byte, at) => bytes[at] === byte)
  );
  const platforms: Readonly<Record<number, string>> = format?.platforms ?? {};
  return format && platforms[format.machine(header)];
}
