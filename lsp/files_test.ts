/** Paths and URIs of files. */
import { assertEquals } from "@std/assert";
import { pathOf, uriOf } from "./files.ts";

Deno.test("lsp: a path has a URI, and the URI the path", () => {
  for (
    const [path, uri] of [
      ["/srv/a/b.dregs", "file:///srv/a/b.dregs"],
      ["/a b/ü#1.dregs", "file:///a%20b/%C3%BC%231.dregs"],
      ["C:/a/b.dregs", "file:///C:/a/b.dregs"],
    ]
  ) {
    assertEquals(uriOf(path), uri);
    assertEquals(pathOf(uri), path);
  }
});

Deno.test("lsp: a surrogate alone in a path does not end the server", () => {
  // U+FFFD, as UTF-8 has it.
  assertEquals(uriOf("/a\ud800.dregs"), "file:///a%EF%BF%BD.dregs");
  // A URI that is no UTF-8 is its own path.
  assertEquals(pathOf("file:///a%ED%A0%80"), "file:///a%ED%A0%80");
});
