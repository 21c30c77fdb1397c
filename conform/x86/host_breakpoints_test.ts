import { assertEquals } from "@std/assert";
import { replay } from "../mod.ts";
import { x86Recording } from "../testing.ts";

const breakpoint = {
  op: "host_bp",
  var: "hostvar[0]",
  type: "write",
  len: 8,
  scope: "this thread",
};

const touch = { op: "host_touch", var: "hostvar[0]", writes: 2 };

/** Differences as line, observation and the two sides. */
function differing(...steps: readonly Readonly<Record<string, unknown>>[]) {
  return replay(x86Recording(...steps)).differences.map((
    { line, what, recorded, modelled },
  ) => [line, what, recorded, modelled]);
}

Deno.test("host_touch: a breakpoint that the kernel refused has no hits", () => {
  for (const refusal of [{ ret: -16 }, { ret: -1, error: "EBUSY" }]) {
    assertEquals(
      differing(
        { ...breakpoint, id: 0, ...refusal },
        touch,
        { ...breakpoint, id: 1, ret: 0 },
        { ...touch, hits_id1: 2 },
      ),
      [[2, "ret", "refused", "installed"]],
    );
  }
});

Deno.test("host_touch: a breakpoint that only the kernel installed has no hits in the model", () => {
  // A host has four slots.
  const five = [0, 1, 2, 3, 4].map((id) => ({ ...breakpoint, id, ret: 0 }));
  assertEquals(
    differing(...five, {
      ...touch,
      hits_id0: 2,
      hits_id1: 2,
      hits_id2: 2,
      hits_id3: 2,
      hits_id4: 2,
    }),
    [
      [6, "ret", "installed", "refused"],
      [7, "hits_id4", "2", "not there"],
    ],
  );
});

Deno.test("host_touch: hits of an installed breakpoint that were not recorded are a difference", () => {
  assertEquals(
    differing({ ...breakpoint, id: 0, ret: 0 }, touch),
    [[3, "hits_id0", "not there", "2"]],
  );
});

Deno.test("host_bp: a breakpoint that the kernel refused leaves its slot free", () => {
  const four = [1, 2, 3, 4].map((id) => ({ ...breakpoint, id, ret: 0 }));
  assertEquals(
    differing({ ...breakpoint, id: 0, ret: -16 }, ...four),
    [[2, "ret", "refused", "installed"]],
  );
});
