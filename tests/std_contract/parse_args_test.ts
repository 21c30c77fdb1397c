/**
 * parseArgs() of @std/cli.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import assert from "node:assert/strict";

/** Rows of arguments, options and result; `_` is given where not empty. */
const PARSED: readonly [
  name: string,
  args: readonly string[],
  options: Parameters<typeof parseArgs>[1],
  result: Record<string, unknown>,
][] = [
  ["nothing", [], {}, {}],
  ["words", ["run", "a b;c", ""], {}, { _: ["run", "a b;c", ""] }],
  ["numbers among the words", ["0x10", "7"], {}, { _: [16, 7] }],
  ["numbers kept as text", ["0x10"], { string: ["_"] }, { _: ["0x10"] }],
  ["a lone hyphen is a word", ["run", "-"], {}, { _: ["run", "-"] }],

  ["an undeclared flag", ["--trace"], {}, { trace: true }],
  ["an undeclared value", ["--n", "5"], {}, { n: 5 }],
  ["an undeclared value after =", ["--n=5"], {}, { n: 5 }],
  ["an undeclared flag before another", ["--a", "--b"], {}, {
    a: true,
    b: true,
  }],
  ["an undeclared --no-x", ["--no-x"], {}, { "no-x": true }],
  ["dots are left to others: none here", ["--n", "a.b"], {}, { n: "a.b" }],

  ["a flag that is absent", [], { boolean: ["trace"] }, { trace: false }],
  ["a flag", ["--trace"], { boolean: ["trace"] }, { trace: true }],
  ["one name, no list", ["--trace"], { boolean: "trace" }, { trace: true }],
  [
    "a flag takes no value",
    ["--trace", "x.dregs"],
    { boolean: ["trace"] },
    { trace: true, _: ["x.dregs"] },
  ],
  ["a flag =true", ["--trace=true"], { boolean: ["trace"] }, { trace: true }],
  ["a flag =false", ["--trace=false"], { boolean: ["trace"] }, {
    trace: false,
  }],
  ["a flag false", ["--trace", "false"], { boolean: ["trace"] }, {
    trace: false,
  }],
  [
    "all flags",
    ["--a", "x", "--b=y"],
    { boolean: true },
    { a: true, b: "y", _: ["x"] },
  ],

  ["a string that is absent", [], { string: ["filter"] }, {}],
  ["a string", ["--filter", "a b"], { string: ["filter"] }, { filter: "a b" }],
  ["a string stays text", ["--n", "0x1f"], { string: ["n"] }, { n: "0x1f" }],
  ["a string with = in it", ["--f=a=b"], { string: ["f"] }, { f: "a=b" }],
  ["a string over lines", ["--f=a\nb"], { string: ["f"] }, { f: "a\nb" }],
  ["an empty string after =", ["--f="], { string: ["f"] }, { f: "" }],
  ["a string at the end", ["--f"], { string: ["f"] }, { f: "" }],
  [
    "a string before a flag",
    ["--f", "--t"],
    { string: ["f"], boolean: ["t"] },
    { f: "", t: true },
  ],
  ["a string before a hyphen", ["--f", "-"], { string: ["f"] }, {
    f: "",
    _: ["-"],
  }],
  ["a string given twice", ["--f", "1", "--f", "2"], { string: ["f"] }, {
    f: "2",
  }],

  ["a letter", ["-t"], { boolean: ["t"] }, { t: true }],
  ["letters", ["-abc"], { boolean: ["a", "b", "c"] }, {
    a: true,
    b: true,
    c: true,
  }],
  [
    "a letter and its value",
    ["-e", "set brps=4 ctx=2; run"],
    { string: ["e"] },
    { e: "set brps=4 ctx=2; run" },
  ],
  ["a letter and -", ["-o", "-"], { string: ["o"] }, { o: "-" }],
  ["a letter=value", ["-k=v"], { string: ["k"] }, { k: "v" }],
  ["a letter and digits", ["-n5"], {}, { n: 5 }],
  ["letters, then one with a value", ["-tn", "5"], { boolean: ["t"] }, {
    t: true,
    n: 5,
  }],
  ["a letter at the end", ["-e"], { string: ["e"] }, { e: "" }],
  [
    "a letter before an option",
    ["-e", "-t"],
    { string: ["e"], boolean: ["t"] },
    { e: "", t: true },
  ],
  ["a letter that is a flag", ["-t", "x"], { boolean: ["t"] }, {
    t: true,
    _: ["x"],
  }],

  [
    "an alias of a flag",
    ["-h"],
    { boolean: ["help"], alias: { h: "help" } },
    { h: true, help: true },
  ],
  [
    "an alias that is absent",
    [],
    { boolean: ["help"], alias: { h: "help" } },
    { h: false, help: false },
  ],
  [
    "an alias, the other way round",
    ["--help"],
    { boolean: ["help"], alias: { help: "h" } },
    { h: true, help: true },
  ],
  [
    "several aliases of a string",
    ["-e", "7"],
    { string: ["eval"], alias: { eval: ["e", "script"] } },
    { e: "7", eval: "7", script: "7" },
  ],
  [
    "an alias of a flag takes no value",
    ["-t", "x"],
    { boolean: ["trace"], alias: { trace: "t" } },
    { t: true, trace: true, _: ["x"] },
  ],

  ["a default", [], { string: ["f"], default: { f: "text" } }, { f: "text" }],
  ["a default set aside", ["--f", "json"], {
    string: ["f"],
    default: { f: "text" },
  }, { f: "json" }],
  ["a default of a flag", [], { boolean: ["t"], default: { t: true } }, {
    t: true,
  }],
  [
    "a default and its alias",
    [],
    { string: ["f"], alias: { f: "format" }, default: { f: "text" } },
    { f: "text", format: "text" },
  ],
  ["a default of what nothing declares", [], { default: { n: 3 } }, { n: 3 }],

  ["collected, none", [], { string: ["k"], collect: ["k"] }, { k: [] }],
  ["collected, one", ["--k", "a"], { string: ["k"], collect: ["k"] }, {
    k: ["a"],
  }],
  [
    "collected, several",
    ["--k", "a", "x", "--k=b"],
    { string: ["k"], collect: ["k"] },
    { k: ["a", "b"], _: ["x"] },
  ],
  [
    "collected through an alias",
    ["-k", "a", "--kernel", "b"],
    { string: ["kernel"], collect: ["kernel"], alias: { kernel: "k" } },
    { k: ["a", "b"], kernel: ["a", "b"] },
  ],
  ["collected, no type", ["--n", "1", "--n", "x"], { collect: ["n"] }, {
    n: [1, "x"],
  }],
  ["collected, no type, none", [], { collect: ["n"] }, {}],
  ["collected flags", ["-v", "-v"], { boolean: ["v"], collect: ["v"] }, {
    v: [true, true],
  }],
  [
    "collected, with a default",
    [],
    { string: ["k"], collect: ["k"], default: { k: ["a"] } },
    { k: ["a"] },
  ],

  ["negated", ["--no-color"], { boolean: ["color"], negatable: ["color"] }, {
    color: false,
  }],
  [
    "negatable, as it is",
    ["--color"],
    { boolean: ["color"], negatable: ["color"] },
    { color: true },
  ],
  [
    "negated beside a default",
    ["--no-color"],
    { boolean: ["color"], negatable: ["color"], default: { color: true } },
    { color: false },
  ],
  [
    "not negatable",
    ["--no-color"],
    { boolean: ["color"] },
    { color: false, "no-color": true },
  ],
  [
    "a flag whose name begins with no-",
    ["--no-wait", "x"],
    { boolean: ["no-wait"] },
    { "no-wait": true, _: ["x"] },
  ],
  ["the last of --x and --no-x", ["--no-x", "--x"], {
    boolean: ["x"],
    negatable: ["x"],
  }, { x: true }],

  ["stopEarly", ["--a", "--", "b"], { boolean: ["a"], stopEarly: true }, {
    a: true,
    _: ["b"],
  }],
  [
    "stopEarly leaves the rest alone",
    ["-t", "run", "-e", "x", "7", "--no-y"],
    { boolean: ["t"], stopEarly: true },
    { t: true, _: ["run", "-e", "x", "7", "--no-y"] },
  ],

  ["-- ends the options", ["a", "--", "--b", "7"], {}, {
    _: ["a", "--b", "7"],
  }],
  ["-- apart", ["a", "--", "--b", "7"], { "--": true }, {
    _: ["a"],
    "--": ["--b", "7"],
  }],
  ["-- apart, none", ["a"], { "--": true }, { _: ["a"], "--": [] }],
  [
    "-- is no value",
    ["--f", "--", "x"],
    { string: ["f"] },
    { f: "", _: ["x"] },
  ],
];

for (const [name, args, options, result] of PARSED) {
  Deno.test(`std cli: parseArgs(), ${name}`, () => {
    assert.deepEqual({ ...parseArgs(args, options) }, { _: [], ...result });
  });
}

/** What `unknown` is asked, with the same options each time. */
const UNKNOWN: readonly [
  args: readonly string[],
  asked: readonly unknown[][],
][] = [
  [["--trace", "-k", "a", "--kernel=b"], []],
  [["--trase"], [["--trase", "trase", true]]],
  [["--trase=1"], [["--trase=1", "trase", "1"]]],
  [["--trase", "x"], [["--trase", "trase", "x"]]],
  [["-x"], [["-x", "x", true]]],
  [["-x", "5"], [["-x", "x", "5"]]],
  [["-xy"], [["-xy", "x", true], ["-xy", "y", true]]],
  [["--no-trace"], [["--no-trace", "no-trace", true]]],
  [["word", "-"], [["word"], ["-"]]],
  [["--", "--trase"], []],
];

for (const [args, asked] of UNKNOWN) {
  Deno.test(`std cli: parseArgs() asks unknown() about ${args.join(" ")}`, () => {
    const calls: unknown[][] = [];
    const parsed = parseArgs(args, {
      boolean: ["trace"],
      string: ["kernel"],
      alias: { kernel: "k" },
      unknown: (...call) => {
        calls.push(call.filter((part) => part !== undefined));
        return false;
      },
    });
    assert.deepEqual(calls, asked);
    // What unknown() refuses is left out.
    const { _, ...options } = parsed;
    assert.deepEqual(
      [_.length, "trase" in options, "x" in options],
      [args[0] === "--" ? 1 : 0, false, false],
    );
  });
}

Deno.test("std cli: parseArgs() keeps what unknown() does not refuse", () => {
  const parsed = parseArgs(["--n", "5", "word"], { unknown: () => undefined });
  assert.deepEqual({ ...parsed }, { n: 5, _: ["word"] });
});

Deno.test("std cli: parseArgs() types what it returns", () => {
  const parsed = parseArgs(["-h", "--kernel", "linux-6.12", "x"], {
    boolean: ["help", "color"],
    string: ["filter", "kernel", "format"],
    collect: ["kernel"],
    negatable: ["color"],
    alias: { help: "h" },
    default: { color: true, format: "text" },
    "--": true,
  });
  const help: boolean = parsed.help;
  const alias: boolean = parsed.h;
  const color: boolean = parsed.color;
  const filter: string | undefined = parsed.filter;
  const kernel: string[] = parsed.kernel;
  const format: string = parsed.format;
  const words: Array<string | number> = parsed._;
  const rest: string[] = parsed["--"];
  const another: unknown = parsed["another"];
  assert.deepEqual(
    [help, alias, color, filter, kernel, format, words, rest, another],
    [true, true, true, undefined, ["linux-6.12"], "text", ["x"], [], undefined],
  );
  // @ts-expect-error: it may be absent
  const absent: string = parsed.filter;
  // @ts-expect-error: a flag is no text
  const text: string = parsed.help;
  // @ts-expect-error: a collected option is a list
  const one: string = parsed.kernel;
  assert.deepEqual([absent, text, one], [undefined, true, ["linux-6.12"]]);
});
