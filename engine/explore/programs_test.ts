/** Programs as graphs: their size, what can come next, and where a program counter is that stands for a choice. */
import { type Insn, makeInsn } from "../program.ts";
import { type Graph, GraphBuilder, GraphTooLarge, NODES_MAX } from "./graph.ts";
import { type Address, GuestProgram, Program } from "./programs.ts";
import { straight } from "./testing.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("programs: 100,000 nodes are not too many, and one more is", () => {
  const builder = new GraphBuilder<string>();
  // With the end.
  builder.repeat(NODES_MAX - 1, builder.end, (next) => builder.act("a", next));
  assertEquals(builder.finish(0).nodes.length, 100_000);
  assertThrows(() => builder.act("a", 0), GraphTooLarge, "100000 nodes");
  assertThrows(() => builder.choice([1, 2]), GraphTooLarge);
  // A choice of one is no node.
  assertEquals(builder.choice([7, 7]), 7);
});

Deno.test("programs: what can come next, past choices in choices, each once", () => {
  const builder = new GraphBuilder<string>();
  const [a, b] = ["a", "b"].map((name) => builder.act(name, builder.end));
  const inner = builder.choice([b, builder.end]);
  const outer = builder.choice([a, inner, b]);
  const first = builder.act("c", outer);
  const program = new Program(builder.finish(first));
  assertEquals(program.options, [[0], [a], [b], [b, 0], [a, b, 0], [first]]);
  assertEquals(
    program.options.map((_, at) => program.canAct(at)),
    [false, true, true, true, true, true],
  );
  assertEquals([a, inner, 0].map((at) => program.actionAt(at)), [
    "a",
    undefined,
    undefined,
  ]);
  assertEquals([first, a, 0].map((at) => program.after(at)), [outer, 0, 0]);
});

/** An address of 32 bits. */
function at(lo: number): Address {
  return { lo, hi: 0 };
}

function exec(address: number): Insn {
  return makeInsn({ op: "exec", addressLo: address, lengthBytes: 1 });
}

/** Two ways at one address, one at another, or the end; a way each has an action after it. */
function choices(): { graph: Graph<Insn>; ways: number[]; choice: number } {
  const builder = new GraphBuilder<Insn>();
  const ways = [0x1000, 0x1000, 0x2000].map((address) =>
    builder.act(exec(address), builder.end)
  );
  const choice = builder.choice([...ways, builder.end]);
  return { graph: builder.finish(choice), ways, choice };
}

Deno.test("programs: a choice between addresses has a position for each of them", () => {
  const { graph, ways, choice } = choices();
  const program = new GuestProgram(graph);
  const count = graph.nodes.length;
  assertEquals(program.ownCount, count);
  assertEquals(program.addresses[choice], [at(0x1000), at(0x2000)]);
  // What is at one address alone is its own position.
  assertEquals(program.narrowed[choice], [count, ways[2]]);
  assertEquals(program.options[count], [ways[0], ways[1]]);
  assertEquals(program.addresses[count], [at(0x1000)]);
  assertEquals(program.narrowed[count], [count]);
  assertEquals([program.addresses[0], program.narrowed[0]], [[], [0]]);
  assertEquals(program.addresses[ways[0]], [at(0x1000)]);
  assertEquals(program.optionAt(choice, at(0x2000)), ways[2]);
  assertEquals(program.optionAt(choice, at(0x9000)), ways[0]);
});

Deno.test("programs: of an address or the end, the address has a position of its own", () => {
  const builder = new GraphBuilder<Insn>();
  const way = builder.act(exec(0x1000), builder.end);
  const choice = builder.choice([way, builder.end]);
  const program = new GuestProgram(builder.finish(choice));
  assertEquals(program.narrowed[choice], [way]);
  // Two ways at one address, and no end, need none.
  const other = new GraphBuilder<Insn>();
  const ways = [1, 2].map(() => other.act(exec(0x1000), other.end));
  const open = other.choice(ways);
  assertEquals(new GuestProgram(other.finish(open)).narrowed[open], [open]);
});

Deno.test("programs: where an instruction goes on", () => {
  const { graph, ways, choice } = choices();
  const builder = new GraphBuilder<Insn>();
  const last = builder.act(exec(0x3000), builder.end);
  const first = builder.act(exec(0x5000), last);
  const program = new GuestProgram(builder.finish(first));
  assertEquals(program.targetsAfter(first), [at(0x3000)]);
  assertEquals(program.targetsAfter(last), [at(0x3001)]);
  assertEquals(program.targetsAfter(builder.end), [at(0)]);
  assertEquals(new GuestProgram(graph).targetsAfter(ways[0]), [at(0x1001)]);
  const w = new Int32Array(4);
  program.placeAt(w, 1, last);
  assertEquals([...w], [0, 0x3000, 0, 0]);
  assertEquals(program.addressAfterPc(w, 1), at(0x3001));
  program.placeAt(w, 1, builder.end);
  assertEquals([...w], [0, 0x3000, 0, 0]);
  w[2] = 1;
  assertEquals(program.addressAfterPc(w, 1), { lo: 0x3000, hi: 1 });
  assertEquals(choice, graph.start);
});

/** Low words of a program counter, before and after a choice is made, or stays open, at an address. */
const PLACES = [
  // It stood for the choice, and is at the other address now; or it was not in the choice at all.
  ["choose", 0x1000, 0x2000, 0x2000],
  ["choose", 0x1000, 0x1000, 0x1000],
  ["choose", 0x3000, 0x2000, 0x3000],
  ["choose", 0x2000, 0x1000, 0x2000],
  // The reverse.
  ["leaveOpen", 0x2000, 0x2000, 0x1000],
  ["leaveOpen", 0x1000, 0x1000, 0x1000],
  ["leaveOpen", 0x3000, 0x2000, 0x3000],
  ["leaveOpen", 0x1000, 0x2000, 0x1000],
] as const;

Deno.test("programs: the program counter of an open choice is at its first address", () => {
  const { graph, ways, choice } = choices();
  const program = new GuestProgram(graph);
  for (const [name, before, address, after] of PLACES) {
    const w = Int32Array.of(7, before, 0, 7);
    program[name](w, 1, choice, at(address));
    assertEquals([name, address, ...w], [name, address, 7, after, 0, 7]);
    // The same low word in another place is another address.
    const high = Int32Array.of(7, before, 1, 7);
    program[name](high, 1, choice, at(address));
    assertEquals([...high], [7, before, 1, 7]);
    // Past the end there is nothing to choose.
    const end = Int32Array.of(7, before, 0, 7);
    program[name](end, 1, 0, at(address));
    assertEquals([...end], [7, before, 0, 7]);
  }
  const stands = (lo: number, hi: number, position: number) =>
    program.standsForChoice(Int32Array.of(lo, hi), 0, position);
  assertEquals(
    [
      stands(0x1000, 0, choice),
      stands(0x2000, 0, choice),
      stands(0x1000, 1, choice),
      stands(0x1000, 0, ways[0]),
      stands(0, 0, 0),
    ],
    [true, false, false, false, false],
  );
});

Deno.test("programs: an added position is found again in a program that it is renamed to", () => {
  const { graph, ways } = choices();
  const program = new GuestProgram(graph);
  const added = graph.nodes.length;
  // The other has its ways in the reverse order, and more positions.
  const builder = new GraphBuilder<Insn>();
  const others = [0x7000, 0x6000, 0x6000, 0x7000].map((address) =>
    builder.act(exec(address), builder.end)
  );
  const own = builder.choice([others[1], others[2]]);
  builder.choice([others[0], others[3], builder.end]);
  const start = builder.choice([...others, builder.end]);
  const other = new GuestProgram(builder.finish(start));
  const positions = new Map([[ways[0], others[2]], [ways[1], others[1]]]);
  const found = program.addedPositionIn(other, added, positions);
  assertEquals(
    new Set(other.options[found]),
    new Set([others[1], others[2]]),
  );
  // The first that was added there is for the other address.
  assertEquals(
    program.addedPositionIn(
      other,
      added,
      new Map([[ways[0], others[3]], [ways[1], others[0]]]),
    ),
    other.ownCount,
  );
  // Not one of the other's own, which has the same ways.
  assertEquals([found >= other.ownCount, found === own], [true, false]);
  assertThrows(
    () => program.addedPositionIn(other, added, new Map([[ways[0], 99]])),
    RangeError,
    "no counterpart",
  );
  assertThrows(
    () =>
      program.addedPositionIn(
        new GuestProgram(straight([exec(0x1000)])),
        added,
        positions,
      ),
    RangeError,
  );
});
