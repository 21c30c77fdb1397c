import { assert, assertEquals } from "@std/assert";
import { ARCH_NAMES } from "./architecture.ts";
import { allRules } from "./rule_book.ts";
import { functionOf } from "./rule_function.ts";

/** Where KVM changes a value, an explanation must not name the function that only reads it. */
Deno.test("functionOf(): the setter of a rule that names a getter and its setter", () => {
  const paired = ARCH_NAMES.flatMap((arch) => allRules(arch)).flatMap((one) =>
    (one.source.parts ?? [one.source]).flatMap((part) => {
      const names = part.where.map((place) => place.split(": ").at(-1)!);
      const hasBoth = names.some((name) =>
        name.includes("_get_") &&
        names.some((other) =>
          other.replace(/^__/, "") === name.replace("_get_", "_set_")
        )
      );
      const chosen = functionOf({ source: part }, {
        vendor: undefined,
        release: undefined,
      });
      return hasBoth ? [[one.id, chosen?.name] as const] : [];
    })
  );
  assert(paired.length > 0);
  assertEquals(paired.filter(([, name]) => name?.includes("_get_")), []);
});

Deno.test("functionOf(): a getter is the function where its source names no setter of it", () => {
  const chosen = (...names: readonly string[]) =>
    functionOf({
      source: {
        where: names.map((name) => `arch/x86/kvm/x86.c: ${name}()`),
        read: "6.1",
      },
    }, { vendor: undefined, release: undefined })?.name;
  assertEquals(chosen("kvm_get_dr", "kvm_set_cr8"), "kvm_get_dr");
  assertEquals(chosen("kvm_get_dr", "kvm_set_dr"), "kvm_set_dr");
  assertEquals(chosen("kvm_get_dr", "__kvm_set_dr"), "__kvm_set_dr");
  assertEquals(chosen("kvm_get_dr"), "kvm_get_dr");
});
