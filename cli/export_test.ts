/**
 * `dregs export`: what it writes, and what it says of what it does not write.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { denoIo } from "./io.ts";
import { main } from "./main.ts";
import { MemoryIo } from "./memory_io.ts";

const HOST = `arch x86
host@0 watch 0x7000 size=8
run
expect no exception
`;
const PLAIN = `arch x86
require kernel >= linux-4.4
guest write dr0 0x1000
run
expect guest dr0 == 0x1000
`;
const SEEN_INSIDE = `arch x86
run
expect cpu dr0 == 0
`;

async function exported(
  args: readonly string[],
): Promise<{ io: MemoryIo; status: number }> {
  const io = new MemoryIo({
    under: denoIo(),
    files: {
      "host.dregs": HOST,
      "plain.dregs": PLAIN,
      "inside.dregs": SEEN_INSIDE,
      "both.dregs":
        `scenario "host" {\n${HOST}}\nscenario "plain" {\n${PLAIN}}\n`,
    },
  });
  return { io, status: await main(["export", ...args], io) };
}

Deno.test("export: a scenario that cannot be expressed is refused, with the reason", async () => {
  const { io, status } = await exported(["--ops", "host.dregs"]);
  assertEquals(status, 2);
  assertEquals(io.stdout, "");
  assertStringIncludes(io.stderr, "line 2: `host@0 watch 0x7000 size=8`");
});

Deno.test("export: of several scenarios the others are written, and the status says that one is not", async () => {
  for (const files of [["host.dregs", "plain.dregs"], ["both.dregs"]]) {
    const { io, status } = await exported(["--ops", ...files]);
    assertEquals(status, 1);
    const [header, ...steps] = io.stdout.trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(header.case, "plain");
    assertEquals(steps.map(({ op }) => op), ["run", "run"]);
    assertStringIncludes(io.stderr, "host: not exported");
  }
});

Deno.test("export: a program that would check nothing is not written", async () => {
  const { io, status } = await exported(["-o", "x.c", "inside.dregs"]);
  assertEquals(status, 2);
  assertEquals(io.files.has("x.c"), false);
  assertStringIncludes(io.stderr, "nothing outside KVM sees the view cpu");
  const asCase = await exported(["--ops", "inside.dregs"]);
  assertEquals(asCase.status, 0);
});

Deno.test("export: of scenarios of which one can be checked that one is the program", async () => {
  const { io, status } = await exported(["-o", "x.c", "both.dregs"]);
  assertEquals(status, 1);
  assertStringIncludes(io.files.get("x.c") ?? "", "plain");
});

Deno.test("export: ERET is written where every bit of SPSR_EL1 is named, and once", async () => {
  const written = async (text: string) => {
    const io = new MemoryIo({ files: { "eret.dregs": text } });
    await main(["export", "--ops", "eret.dregs"], io);
    return io;
  };
  const { stdout } = await written(
    "guest eret ss=1 d=0 a=1 i=1 to=0\nguest exec 0x40080004\nrun\nexpect exit idle\n",
  );
  // SS, A, I and F, at EL0t.
  assertStringIncludes(stdout, '{"i":"eret","spsr":"0x2001c0"');
  const some = await written("guest eret ss=1\nrun\nexpect exit idle\n");
  assertStringIncludes(
    some.stderr,
    "`guest eret ss=1`: the recorder's `eret` has the whole SPSR_EL1",
  );
  const eret = "guest eret ss=0 d=1 a=1 i=1 to=1\n";
  const two = await written(`${eret}${eret}run\nexpect exit idle\n`);
  assertStringIncludes(two.stderr, "has one `eret` at most");
});
