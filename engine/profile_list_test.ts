import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import * as arm64History from "./arm64/history/mod.ts";
import { ARM64_DEFAULT_PROFILE } from "./arm64/profiles/mod.ts";
import { defaultKernel as arm64Default } from "./arm64/profiles/default_kernel.ts";
import type { FoundKernel } from "./history_kernels.ts";
import { folded, NO_HISTORY, ProfileList } from "./profile_list.ts";
import * as x86History from "./x86/history/mod.ts";
import { defaultKernel as x86Default } from "./x86/profiles/default_kernel.ts";
import { X86_DEFAULT_PROFILE } from "./x86/profiles/mod.ts";

/** Checks that two records have the very same values: what differs between kernels is compared so. */
function assertSameRecord(kept: object, wanted: object): void {
  assertEquals(Object.keys(kept).sort(), Object.keys(wanted).sort());
  for (const [field, value] of Object.entries(wanted)) {
    assertStrictEquals((kept as Record<string, unknown>)[field], value, field);
  }
}

Deno.test("the kernels that are written out are those that history makes", () => {
  const arm64 = arm64History.kernelOf({ base: ARM64_DEFAULT_PROFILE });
  const x86 = x86History.kernelOf({ base: X86_DEFAULT_PROFILE });
  assert(arm64.ok && x86.ok);
  const [{ kernel, ...rest }, wanted] = [arm64Default(), arm64.kernel];
  assertSameRecord(kernel, wanted);
  assertEquals({ ...rest, kernel: wanted }, arm64);
  const { kernel: kernels, ...restX86 } = x86Default();
  assertEquals(Object.keys(kernels), Object.keys(x86.kernel));
  assertSameRecord(kernels.vmx, x86.kernel.vmx);
  assertSameRecord(kernels.svm, x86.kernel.svm);
  assertEquals({ ...restX86, kernel: x86.kernel }, x86);
});

Deno.test("a kernel that is written out is not asked of history", () => {
  const kept = (): FoundKernel<object> => ({
    ok: true,
    name: "one",
    kernel: { field: 1 },
    rows: ["row"],
    notes: ["a note"],
    madeFrom: undefined,
  });
  const head = { about: "a kernel", source: "a test" };
  const list = new ProfileList([folded("one", head, kept)], [], {
    ...NO_HISTORY,
    changes: () => {
      throw new Error("history was asked");
    },
    kernelOf: () => {
      throw new Error("history was asked");
    },
  });
  assertEquals(list.byName("one"), { ...head, name: "one", field: 1 } as never);
  const answer = list.find("one");
  assert(answer.ok);
  assertEquals([answer.info.rows, answer.info.notes], [["row"], ["a note"]]);
});

Deno.test("what was added is removed once, also if it is the only one", () => {
  const list = new ProfileList([], [], NO_HISTORY);
  const head = { about: "a kernel", source: "a test" };
  const kernel = (name: string) => ({ ...head, name }) as never;
  const remove = list.add(kernel("one"));
  const removeOther = list.add(kernel("two"));
  const names = () => ["one", "two"].filter((name) => list.find(name).ok);
  assertEquals(names(), ["one", "two"]);
  remove();
  assertEquals(names(), ["two"]);
  remove();
  assertEquals(names(), ["two"]);
  removeOther();
  assertEquals(names(), []);
});

Deno.test("a listed kernel that is named as a mainline release has its number, and no other has one", () => {
  const names = {
    "linux-4.4": "4.4",
    "linux-6.1": "6.1",
    "linux-5.4.120": undefined,
    "reload-2016": undefined,
    "my-linux-6.1": undefined,
  };
  const list = new ProfileList([], [], NO_HISTORY);
  for (const [name, release] of Object.entries(names)) {
    list.add({ name, about: "a kernel", source: "a test" } as never);
    const answer = list.find(name);
    assert(answer.ok);
    assertEquals(answer.info.release, release, name);
  }
});
