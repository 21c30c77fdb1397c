import { assertEquals } from "@std/assert";
import * as nodePath from "node:path";
import { includePath } from "./include_path.ts";

/** Parts from which names and paths are made. */
const PARTS = ["a", "..", ".", "b.dregs", ""];

/** Every path of up to three parts. */
function* paths(): Generator<string> {
  for (const a of PARTS) {
    for (const b of PARTS) {
      for (const c of PARTS) yield [a, b, c].join("/");
    }
  }
}

Deno.test("includePath(): as node:path has it, for every short path", () => {
  const { posix } = nodePath;
  for (const from of ["x.dregs", "/r/x.dregs", "d/e/x.dregs", "../x.dregs"]) {
    for (const path of paths()) {
      const joined = posix.isAbsolute(path)
        ? posix.normalize(path)
        : posix.join(posix.dirname(from), path);
      const wanted = joined.replace(/(.)\/$/, "$1");
      assertEquals(
        includePath(path, from, { backslash: false }),
        wanted,
        `${path} in ${from}`,
      );
    }
  }
});

Deno.test("includePath(): in the catalogue nothing leads out of it", () => {
  const rows = [
    ["b.dregs", "builtin:a.dregs", "builtin:b.dregs"],
    ["b.dregs", "builtin:x/a.dregs", "builtin:x/b.dregs"],
    ["../b.dregs", "builtin:x/y/a.dregs", "builtin:x/b.dregs"],
    ["../../../b.dregs", "builtin:x/a.dregs", "builtin:b.dregs"],
    ["builtin:x/b.dregs", "d/a.dregs", "builtin:x/b.dregs"],
  ];
  for (const [path, from, wanted] of rows) {
    assertEquals(includePath(path, from, { backslash: false }), wanted);
  }
});

Deno.test("includePath(): Windows", () => {
  const rows = [
    ["..\\b.dregs", "C:\\x\\y\\a.dregs", "C:/x/b.dregs"],
    ["../b.dregs", "x\\y\\a.dregs", "x/b.dregs"],
    ["D:\\b.dregs", "C:\\a.dregs", "D:/b.dregs"],
    ["..\\..\\b.dregs", "C:\\x\\a.dregs", "C:/b.dregs"],
  ];
  for (const [path, from, wanted] of rows) {
    assertEquals(includePath(path, from, { backslash: true }), wanted);
  }
  assertEquals(includePath("x\\b", "d/a", { backslash: false }), "d/x\\b");
});
