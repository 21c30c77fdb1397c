import { assertEquals } from "@std/assert";
import { sha256 } from "./sha256.ts";

/** SHA-256 by the runtime's own implementation. */
async function peer(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}

Deno.test("sha256(): as the runtime's own, at each length of the last block", async () => {
  for (let length = 0; length < 200; length++) {
    const text = "aé".repeat(length).slice(0, length);
    assertEquals(sha256(text), await peer(text), `${length}`);
  }
});

Deno.test("sha256(): the example of FIPS 180-4's one-block message", () => {
  assertEquals(
    sha256("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
