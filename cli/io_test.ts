import { assertEquals, assertThrows } from "@std/assert";
import { denoIo, FileProblem } from "./io.ts";

/** A folder that is gone afterwards. */
function inFolder(test: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    test(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("writeFile(): a file is replaced, with its mode, and nothing else is left", () => {
  inFolder((folder) => {
    const path = `${folder}/a.dregs`;
    const io = denoIo();
    io.writeFile(path, "first, and long\n");
    Deno.chmodSync(path, 0o640);
    const { ino } = Deno.statSync(path);
    io.writeFile(path, "second\n");
    assertEquals(Deno.readTextFileSync(path), "second\n");
    const after = Deno.statSync(path);
    assertEquals(after.mode! & 0o777, 0o640);
    // A new file under the old name: a reader of the old one keeps all of it.
    assertEquals(after.ino === ino, false);
    assertEquals(names(folder), ["a.dregs"]);
  });
});

Deno.test("writeFile(): a link stays a link to the file that is replaced", () => {
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/sub`);
    Deno.writeTextFileSync(`${folder}/sub/a.dregs`, "old\n");
    Deno.symlinkSync("sub/a.dregs", `${folder}/link`);
    denoIo().writeFile(`${folder}/link`, "new\n");
    assertEquals(Deno.lstatSync(`${folder}/link`).isSymlink, true);
    assertEquals(Deno.readTextFileSync(`${folder}/sub/a.dregs`), "new\n");
    assertEquals(names(`${folder}/sub`), ["a.dregs"]);
  });
});

Deno.test("writeFile(): what fails leaves everything as it was", () => {
  inFolder((folder) => {
    const io = denoIo();
    Deno.mkdirSync(`${folder}/sub`);
    for (const path of [`${folder}/sub`, `${folder}/none/a.dregs`]) {
      assertThrows(() => io.writeFile(path, "text\n"), FileProblem);
    }
    assertEquals(names(folder), ["sub"]);
    assertEquals(names(`${folder}/sub`), []);
  });
});
