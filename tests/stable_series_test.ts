/** The last point release of a stable series is a kernel, and the one after it is none. */
import { assertEquals } from "@std/assert";
import { load } from "../dsl/load.ts";

/** As kernel.org has them, from memory and not from the table of the engine. */
const LAST = [
  ..."4.4.302 4.5.7 4.6.7 4.7.10 4.8.17 4.9.337 4.10.17 4.11.12".split(" "),
  ..."4.12.14 4.13.16 4.14.336 4.15.18 4.16.18 4.17.19 4.18.20".split(" "),
  ..."4.19.325 4.20.17 5.0.21 5.1.21 5.2.21 5.3.18 5.4.302 5.5.19".split(" "),
  ..."5.6.19 5.7.19 5.8.18 5.9.16 5.11.22 5.12.19 5.13.19 5.14.21".split(" "),
  ..."5.16.20 5.17.15 5.18.19 5.19.17 6.0.19 6.2.16 6.3.13 6.4.16".split(" "),
  ..."6.5.13 6.7.12 6.8.12 6.9.12 6.10.14 6.11.11 6.13.12 6.14.11".split(" "),
];

function isKernel(release: string): boolean {
  return load({ name: "k", text: `arch x86; kernel linux-${release}` }).ok;
}

function after(release: string): string {
  return release.replace(/\d+$/, (point) => String(Number(point) + 1));
}

Deno.test("stable series: the last releases are kernels", () => {
  assertEquals(LAST.filter((release) => !isKernel(release)), []);
});

Deno.test("stable series: there is no release after the last", () => {
  assertEquals(LAST.map(after).filter(isKernel), []);
});
