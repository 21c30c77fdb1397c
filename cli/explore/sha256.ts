/**
 * SHA-256, in a browser's page without a secure origin and in Node 18 too, which have no `crypto.subtle`.
 *
 * @module
 */

/** Words of a block, and rounds. */
const WORDS = 16;
const ROUNDS = 64;

/** The first 32 bits of a number's fraction. */
function fraction(value: number): number {
  return ((value - Math.floor(value)) * 2 ** 32) | 0;
}

const PRIMES = Array.from({ length: 312 }, (_, n) => n).filter((n) =>
  n > 1 && Array.from({ length: n }, (_, d) => d).every((d) => d < 2 || n % d)
);

/** FIPS 180-4, 4.2.2: of the cube roots of the first 64 primes. */
const K = Int32Array.from(PRIMES.slice(0, ROUNDS), (n) => fraction(cbrt(n)));

/** FIPS 180-4, 5.3.3: of the square roots of the first eight. */
const START = PRIMES.slice(0, 8).map((n) => fraction(Math.sqrt(n)));

/** `Math.cbrt` may be off in the last bit; one step of Newton's puts that right. */
function cbrt(n: number): number {
  const root = Math.cbrt(n);
  return root - (root ** 3 - n) / (3 * root ** 2);
}

function rotated(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** FIPS 180-4, 5.1.1: a 1 bit, zeros, and the length in bits. */
function padded(bytes: Uint8Array): DataView {
  const blocks = Math.ceil((bytes.length + 9) / 64);
  const all = new Uint8Array(blocks * 64);
  all.set(bytes);
  all[bytes.length] = 0x80;
  const view = new DataView(all.buffer);
  view.setBigUint64(all.length - 8, BigInt(bytes.length) * 8n);
  return view;
}

/** SHA-256 of a text in UTF-8, 64 hexadecimal digits. FIPS 180-4, 6.2.2. */
export function sha256(text: string): string {
  const data = padded(new TextEncoder().encode(text));
  const hash = Int32Array.from(START);
  const w = new Int32Array(ROUNDS);
  for (let block = 0; block < data.byteLength; block += 4 * WORDS) {
    for (let t = 0; t < ROUNDS; t++) {
      if (t < WORDS) {
        w[t] = data.getInt32(block + 4 * t);
        continue;
      }
      const x = w[t - 15];
      const y = w[t - 2];
      const s0 = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3);
      const s1 = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10);
      w[t] = s1 + w[t - 7] + s0 + w[t - 16];
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let t = 0; t < ROUNDS; t++) {
      const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
      const t1 = h + s1 + ((e & f) ^ (~e & g)) + K[t] + w[t];
      const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      [a, b, c, d, e, f, g, h] = [
        (t1 + t2) | 0,
        a,
        b,
        c,
        (d + t1) | 0,
        e,
        f,
        g,
      ];
    }
    [a, b, c, d, e, f, g, h].forEach((word, at) => hash[at] += word);
  }
  return [...hash].map((word) => (word >>> 0).toString(16).padStart(8, "0"))
    .join("");
}
