import { assert, assertEquals } from "@std/assert";
import { STEP } from "../../engine/explore/mod.ts";
import { explorations } from "./exploration.ts";
import { compile, type Instance } from "./model.ts";
import { insnText } from "../print/action.ts";
import { format } from "../print/format.ts";
import { load } from "../load.ts";
import { marked } from "../testing.ts";

function loaded(text: string) {
  const source = { name: "test.dregs", text };
  return load(source);
}

function instances(text: string): readonly Instance[] {
  const { ok, file, diagnostics } = loaded(text);
  assert(ok, JSON.stringify(diagnostics.map(({ message }) => message)));
  const [exploration] = explorations(file);
  const compiled = compile(exploration, { profile: undefined, limit: 10_000 });
  assert(compiled.ok);
  return compiled.instances;
}

/** A mistake inside `explore { … }`, with its mark. */
const MISTAKES: readonly (readonly [code: string, lines: string])[] = [
  ["misplaced", "<|write dr0 1|>"],
  ["misplaced", "vcpu 0 { <|debug step|> }"],
  ["misplaced", "user 0 { <|exec 0x1000|> }"],
  ["misplaced", "host 0 { <|init|> }"],
  ["misplaced", "vcpu 0 { <|preempt any|> }"],
  ["misplaced", "<|run|>"],
  ["misplaced", "vcpu 0 { <|guest exec 0x1000|> }"],
  ["misplaced", "<|repeat 3|> { }"],
  ["misplaced", "vcpu 0 { <|or|> { exec 0x1000 } }"],
  ["misplaced", "vcpu 0 { either { } exec 0x1000; <|or|> { } }"],
  ["misplaced", "vcpu 0 { read dr0 as <|x|> }"],
  ["misplaced", "user 0 { <|set pc 0x1000|> }"],
  ["misplaced", "<|always expect no exception|>"],
  ["already-defined", "vcpu 0 { }; <|vcpu 0|> { }"],
  ["out-of-range", "vcpu <|16|> { }"],
  ["out-of-range", "host <|1|> { off }"],
  ["out-of-range", "vcpu 0 { repeat <|0|> { exec 1 } }"],
  ["out-of-range", "choose x in <|3..1|>"],
  ["unknown-word", "never missed, <|stary|>"],
  ["unknown-word", "preempt <|anny|>"],
  ["unknown-option", "bound <|steps|>=3"],
  ["unknown-register", "vcpu 0 { write <|dr9|> 1 }"],
  ["unknown-name", "vcpu 0 { exec <|y|> }"],
  ["wrong-arch", "vcpu 0 { write <|dbgbcr0|> 1 }"],
  ["wrong-arch", "<|fail vgic|>"],
  ["missing-block", "vcpu 0<||>"],
  ["missing-block", "vcpu 0 { <|either|> { exec 1 } exec 2 }"],
  ["missing-block", "vcpu 0 { repeat 2 { <|either|> { exec 1 } } }"],
  [
    "missing-block",
    "vcpu 0 { <|either|> { exec 1 } either { exec 2 } or { exec 3 } }",
  ],
  [
    "missing-block",
    "vcpu 0 { either { exec 1 } or { <|either|> { exec 2 } } }",
  ],
  ["duplicate-option", "vcpu 0 { }; preempt any; <|preempt none|>"],
  ["duplicate-option", "vcpu 0 { }; migrate any; <|migrate any|>"],
  ["duplicate-option", "vcpu 0 { }; bound states=5; <|bound depth=5|>"],
  ["unexpected", "vcpu<||> { }"],
  ["unexpected", "choose x in<||>"],
];

Deno.test("missing-block: an explore block without programs", () => {
  for (const lines of ["", "never missed", "choose x in 1, 2\npreempt any"]) {
    const { text, start, end } = marked(`<|explore|> {\n${lines}\n}\n`);
    const { diagnostics } = loaded(text);
    const [{ code, span }] = diagnostics;
    assertEquals(
      [diagnostics.length, code, span.start, span.end],
      [1, "missing-block", start, end],
    );
  }
});

for (const [code, lines] of MISTAKES) {
  Deno.test(`${code}: explore { ${lines} }`, () => {
    const { text, start, end } = marked(
      `arch x86\nexplore {\n  ${lines}\n  never missed\n}\n`,
    );
    const { diagnostics } = loaded(text);
    assertEquals(
      diagnostics.map((one) => [one.code, one.span.start, one.span.end]),
      [[code, start, end]],
    );
  });
}

Deno.test("misplaced: a line of a program outside says where it belongs", () => {
  const { diagnostics } = loaded("arch x86\nwrite dr0 1\n");
  assertEquals(diagnostics.map(({ code, hint }) => [code, hint]), [
    ["misplaced", "did you mean `guest write dr0 1`?"],
  ]);
});

Deno.test("misplaced: an explore block in a loop; choose is for that", () => {
  for (
    const text of [
      'for i in 0..1 { scenario "x{i}" { explore { vcpu 0 { isb } } } }',
      "for i in 0..1 { explore { vcpu 0 { isb } } }",
    ]
  ) {
    const { diagnostics } = loaded(text);
    const [{ code, hint }] = diagnostics;
    assertEquals([diagnostics.length, code], [1, "misplaced"]);
    assert(hint?.startsWith("`choose x in"));
  }
});

Deno.test("too-late: nothing stands after the block", () => {
  const { diagnostics } = loaded("explore { vcpu 0 { } }\nrun\n");
  assertEquals(diagnostics.map(({ code }) => code), ["too-late"]);
});

Deno.test("three bad lines in a block have three diagnostics", () => {
  const { diagnostics } = loaded(
    "arch x86\nexplore {\n  vcpu 0 {\n    wrte dr0 1\n    exec 0x1000\n" +
      "    write dr9 1\n  }\n  nevr missed\n}\n",
  );
  assertEquals(diagnostics.length, 3);
});

Deno.test("format(): blocks are indented, each way of either on lines of its own", () => {
  const text = "arch x86\nexplore{vcpu 0{repeat 2{either{exec 0X10}" +
    "or{exec 2}}}\nnever missed,stray\nchoose x in 1 .. 3}";
  const formatted = format({ name: "test.dregs", text });
  assert(formatted.ok);
  assertEquals(
    formatted.text,
    `arch x86
explore {
  vcpu 0 {
    repeat 2 {
      either {
        exec 0x10
      }
      or {
        exec 2
      }
    }
  }
  never missed, stray
  choose x in 1..3
}
`,
  );
});

Deno.test("compile(): repeat, either and choose become one graph", () => {
  const [{ model, arch }] = instances(`arch x86
explore {
  vcpu 0 {
    repeat 2 {
      either {
        write dr0 1
      }
      or {
        choose a in 2, 3
        write dr0 a
      }
    }
    exec 0x9000
  }
}
`);
  const [{ nodes }] = model.guests;
  const acts = nodes.filter((node) => node.kind === "act");
  assertEquals(acts.length, 7);
  const texts = new Set(
    acts.map(({ action }) => insnText(arch, action, { withAddress: false })),
  );
  assertEquals([...texts].sort(), [
    "exec 0x9000",
    "write dr0 0x1",
    "write dr0 0x2",
    "write dr0 0x3",
  ]);
  // A line of the text is one instruction in memory, whatever its operand.
  const places = new Set(acts.map(({ action }) => action.addressLo));
  assertEquals(places.size, 3);
});

Deno.test("compile(): choose at the top gives an instance each", () => {
  const all = instances(`arch x86
host cpus=2
explore {
  choose a in 1..3
  choose b in 0x10, 0x20
  vcpu 0 { write dr0 a + b }
}
`);
  assertEquals(all.length, 6);
  assertEquals(
    all.map(({ choices }) => choices.get("a")! + choices.get("b")!),
    [0x11n, 0x21n, 0x12n, 0x22n, 0x13n, 0x23n],
  );
});

Deno.test("compile(): what stands before the block has happened", () => {
  const [{ model }] = instances(`arch x86
guest write dr0 0x1234
run
explore {
  vcpu 1 { read dr0 }
  user 0 { debug step }
  host 0 { break 0x1000; off }
  preempt between
  migrate none
}
`);
  assertEquals(model.vcpus, 2);
  assertEquals([model.preempt, model.migrate], ["between", "none"]);
  const kinds = (nodes: readonly { readonly kind: string }[]) =>
    nodes.filter(({ kind }) => kind === "act").length;
  assertEquals(model.guests.map(({ nodes }) => kinds(nodes)), [0, 1]);
  assertEquals(model.users.map(({ nodes }) => kinds(nodes)), [1, 0]);
  assertEquals(model.hosts.map(({ nodes }) => kinds(nodes)), [2]);
  assertEquals(Object.values(STEP).length, new Set(Object.values(STEP)).size);
});
