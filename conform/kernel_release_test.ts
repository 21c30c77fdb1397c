import { assertEquals, assertStringIncludes } from "@std/assert";
import { recordedKernel } from "./kernel_release.ts";

const KNOWN: readonly [
  release: string,
  version: string | undefined,
  profile: string,
][] = [
  ["6.1.0-57-cloud-amd64", undefined, "linux-6.1.192"],
  ["6.1.0-47-arm64", undefined, "linux-6.1.170"],
  // The package tells more than the table.
  [
    "6.1.0-40-amd64",
    "#1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1 (2025-09-20)",
    "linux-6.1.153",
  ],
  ["5.10.0-9-amd64", "#1 SMP Debian 5.10.70-1 (2021-09-30)", "linux-5.10.70"],
  ["7.2.12+deb13-cloud-amd64", undefined, "linux-7.2.12"],
  ["7.3.4+deb13-cloud-arm64", undefined, "linux-7.3.4"],
  ["6.12.38+deb13-amd64", undefined, "linux-6.12.38"],
  ["6.5.6-300.fc39.x86_64", undefined, "linux-6.5.6"],
  ["6.6.8-arch1-1", undefined, "linux-6.6.8"],
  ["6.12.0", undefined, "linux-6.12"],
  ["6.1.0", undefined, "linux-6.1"],
  ["6.1.0+", undefined, "linux-6.1"],
  ["6.13.0-rc3-00012-gdeadbeef", undefined, "linux-6.13"],
  ["4.18.0-348.7.1.el8_5.x86_64", undefined, "rhel-8.5"],
];

for (const [release, version, profile] of KNOWN) {
  Deno.test(`recordedKernel(): ${release} ${version ?? ""} is ${profile}`, () => {
    assertEquals(recordedKernel(release, version), {
      profile,
      note: undefined,
    });
  });
}

const GUESSED: readonly [release: string, profile: string, why: string][] = [
  ["6.1.0-9-amd64", "linux-6.1", "6.1.0-9 is a distribution's ABI number"],
  ["5.15.0-91-generic", "linux-5.15", "5.15.0-91 is a distribution's ABI"],
  // Ubuntu counts on its own.
  ["6.1.0-57-generic", "linux-6.1", "6.1.0-57 is a distribution's ABI number"],
  ["4.18.0-553.el8_10.x86_64", "linux-4.18", "backports that the model does"],
  ["5.14.0-427.13.1.el9_4.x86_64", "linux-5.14", "backports that the model"],
];

for (const [release, profile, why] of GUESSED) {
  Deno.test(`recordedKernel(): ${release} is only known to be a ${profile}`, () => {
    const found = recordedKernel(release);
    assertEquals(found?.profile, profile);
    assertStringIncludes(found?.note ?? "", why);
  });
}

Deno.test("recordedKernel(): a package of another series does not count", () => {
  assertEquals(
    recordedKernel("6.1.7", "#1 SMP Debian 5.10.70-1")?.profile,
    "linux-6.1.7",
  );
});

Deno.test("recordedKernel(): no version", () => {
  assertEquals(recordedKernel("mainline"), undefined);
});
