import { assertEquals } from "@std/assert";
import { answer } from "../testing_why.ts";

Deno.test("why exit dr6.BIT: the hits of that bit alone, also of an earlier exit's DR6", () => {
  const both = "user debug raw control=0x20001 dr0=0x5000 dr1=0x5000 dr7=0xa";
  // #BP fills no DR6.
  const breakpoint = "user debug raw control=0x10001; guest int3; run";
  const script = `arch x86; ${both}; guest exec 0x5000; run`;
  for (
    const [more, said] of [["", ""], [
      `; ${breakpoint}`,
      ": an earlier exit left it",
    ]]
  ) {
    for (
      const [part, registers] of [
        ["", ["DR1", "DR0"]],
        [".b0", ["DR0"]],
        [".b1", ["DR1"]],
        [".b2", []],
      ] as const
    ) {
      const { value, chain } = answer(
        `${script}${more}; why exit dr6${part}`.replaceAll("; ", "\n"),
      );
      const found = part === "" ? "0xffff0ff3" : `${registers.length}`;
      assertEquals(value, `${found}${said}`);
      const hits = chain.flatMap(({ event }) =>
        event.kind === "hit" ? [event.register] : []
      );
      assertEquals(hits, [...registers], `dr6${part}${said}`);
    }
  }
});
