/**
 * A value means the same whatever it comes from: a number in the text, a name that `let`, `for` or `choose` bound, or
 * one that `as` gave to what was read.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { explorations } from "../dsl/explore/exploration.ts";
import { compile } from "../dsl/explore/model.ts";
import { load } from "../dsl/load.ts";
import { insnText } from "../dsl/print/action.ts";
import { runFile } from "../dsl/run/scenario.ts";

/** Statements with a number at `$`, by architecture. */
const STATEMENTS: Readonly<Record<"arm64" | "x86", readonly string[]>> = {
  arm64: [
    "guest write dbgbcr0 lbn=$",
    "guest write dbgbcr0 e=$ bt=linked-address",
    "guest write dbgbcr[$] 0x1e7",
    "guest write dbgbvr0 $",
    "guest write dbgbcr0 $ e=1",
    "guest read dbgwcr[$]",
    "guest exec $",
    "guest isb at=$",
    "guest isb el=$",
    "guest isb cpl=$",
    "guest load $ size=8",
    "guest store 0x2000 size=$",
    "guest rmw 0x2000 size=$ at=0x40080100",
    "guest brk $",
    "guest eret to=$",
    "guest ldxr $",
    "guest stxr $ size=8",
    "guest@($) svc",
    "guest@($) handler mask",
    "set vcpus=$",
    "set brps=$",
    "set brps=4 ctx=$",
    "run @($)",
    "run cpu=$",
    "run steps=$",
    "run attempts=$",
    "user get dbgbcr[$]",
    "user@($) get dbgbcr0",
    "user set dbgbcr0 $",
    "user set dbgbcr0 bas=$",
    "user set pc $",
    "user debug break $",
    "user debug watch 0x2000 size=$",
    "user debug watch $ on=load",
    "user debug raw control=$",
    "user debug raw control=1 dbgbvr[$]=0x1000",
    "user debug raw blockirq=$",
    "host@($) off",
    "host break $",
    "host watch 0x3000 size=$",
    "expect guest dbgbcr0.lbn == $",
    "expect hw dbgbvr[$] == 0",
    "expect guest@($) dbgbcr0 >= 0",
    "expect kvm stored_dbgbvr[$] == 0",
    "expect exit idle pc=$",
    "expect exceptions == $",
    "expect traps <= $",
    "expect cost@($) dr-loads >= 0",
    "expect $ == 1",
    "expect 1 + $ > 2",
    "show guest@($) dbgbcr0",
    "show dbgbcr[$]",
    "why hw dbgbcr[$].lbn",
    "let other = 8 - $",
    "let other = 100 / $",
    "for j in $..3 { guest write dbgbvr[j] 1 }",
    "for j in 0..$ { guest write dbgbvr[j % 16] 1 }",
  ],
  x86: [
    "expect cost dr-loads == $ on with root-cause-fix without skip-steps",
    "expect cost dr-loads == $ on reload-2016 with 70e4da7, >= linux-5.9",
    "guest write dr7 g0=$",
    "guest write dr0 $",
    "guest write rflags tf=$",
    "guest in $",
    "guest out 0xe2 size=$",
    "guest movss $",
    "guest popf tf=$",
    "guest iret rf=$",
    "guest int $",
    "guest rep movs $ to=0x3000 count=2",
    "guest rep stos 0x3000 count=$",
    "guest rep ins 0x60 to=$ count=1",
    "guest rep outs $ from=0x3000 count=1 size=$",
    "guest cpuid cpl=$",
    "guest cpuid len=$",
    "guest cpuid code=$",
    "guest cpuid el=$",
    "guest exec $",
    "user set debugregs flags=$",
    "user debug watch 0x2000 size=$",
    "user debug raw blockirq=$",
    "user debug raw control=1 dr7=$",
    "host watch 0x3000 size=$",
    "expect exception db vector=$",
    "expect user dr[$] == 0",
    "set rtm=$",
    "set fmask=$",
  ],
};

/** Lines of programs with a number at `$`. */
const LINES: Readonly<
  Record<"arm64" | "x86", readonly [of: string, line: string][]>
> = {
  arm64: [
    ["vcpu", "write dbgbcr[$] 1"],
    ["vcpu", "write dbgbcr0 lbn=$"],
    ["vcpu", "exec $"],
    ["vcpu", "load 0x1000 size=$"],
    ["vcpu", "repeat $ { isb }"],
    ["vcpu", "brk $"],
    ["user", "debug break $"],
    ["user", "debug watch 0x1000 size=$"],
    ["user", "set dbgbcr0 bas=$"],
    ["host", "watch 0x3000 size=$"],
  ],
  x86: [
    ["vcpu", "write dr7 g0=$"],
    ["vcpu", "in $"],
    ["vcpu", "popf tf=$"],
    ["user", "debug raw blockirq=$"],
    ["host", "break $"],
  ],
};

/** Numbers near the limits of what they are numbers of, and far beyond. */
const VALUES: readonly bigint[] = [
  ...Array.from({ length: 18 }, (_, n) => BigInt(n)),
  31n,
  32n,
  255n,
  0x1000n,
  0x1001n,
  0x4008_0000n,
  0xffffn,
  0x1_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0xffff_ffff_ffff_ffffn,
];

const number: fc.Arbitrary<bigint> = fc.constantFrom(...VALUES);

/** What is said of mistakes, but for where they are. */
function said(diagnostics: readonly Diagnostic[]): unknown[] {
  return diagnostics.map(({ code, message, expected, hint }) => ({
    code,
    // A failed expectation calls an operand by its name.
    message: message.replace(/^`x\d*` is/, "the expression is"),
    expected,
    hint,
  }));
}

/** Everything that a text leads to, but for places, values of names and what the loops' budgets count. */
function outcome(text: string): unknown {
  const loaded = load({ name: "parity.dregs", text });
  if (!loaded.ok) return { mistakes: said(loaded.diagnostics) };
  const results = runFile(loaded.file, {
    profile: undefined,
    filter: undefined,
    trace: false,
    limit: 5000,
  });
  return [...results].map(({ status, failures, outputs, runs, notices }) => ({
    status,
    failures: said(failures.map(({ diagnostic }) => diagnostic)),
    outputs: outputs.map((output) => ({ ...output, span: undefined })).map((
      output,
    ) =>
      "chain" in output ? { ...output, chain: output.chain.length } : output
    ),
    runs,
    notices,
  }));
}

/** What a block leads to: its mistakes, or its programs. */
function explored(text: string): unknown {
  const loaded = load({ name: "parity.dregs", text });
  if (!loaded.ok) return { mistakes: said(loaded.diagnostics) };
  const [exploration] = explorations(loaded.file);
  const compiled = compile(exploration, { profile: undefined, limit: 1000 });
  if (!compiled.ok) return { mistakes: said(compiled.diagnostics) };
  return compiled.instances.map(({ model, arch }) => ({
    guests: model.guests.map(({ nodes }) =>
      nodes.map((node) =>
        node.kind === "act"
          ? insnText(arch, node.action, { withAddress: true })
          : node
      )
    ),
    users: model.users,
    hosts: model.hosts,
  }));
}

/** A generated program: statements, each with its number. */
interface Program {
  readonly arch: "arm64" | "x86";
  readonly statements: readonly (readonly [text: string, value: bigint])[];
}

const program: fc.Arbitrary<Program> = fc.constantFrom(
  "arm64" as const,
  "x86" as const,
).chain((arch) =>
  fc.record({
    arch: fc.constant(arch),
    statements: fc.array(
      fc.tuple(fc.constantFrom(...STATEMENTS[arch]), number),
      { minLength: 1, maxLength: 5 },
    ),
  })
);

/** The text of a program, its numbers named in some way. */
function written(
  { arch, statements }: Program,
  { before = () => [], around = (line) => line, name }: {
    readonly before?: (name: string, value: bigint) => string[];
    readonly around?: (line: string, name: string, value: bigint) => string;
    readonly name: (index: number, value: bigint) => string;
  },
): string {
  const names = statements.map(([, value], n) => name(n, value));
  return [
    `arch ${arch}`,
    ...statements.flatMap(([, value], n) => before(names[n], value)),
    ...statements.map(([text, value], n) => {
      const line = text.replaceAll("$", names[n]).replace("other", `other${n}`);
      return around(line, names[n], value);
    }),
  ].join("\n");
}

const asNumber = (_: number, value: bigint): string => `${value}`;
const asName = (index: number): string => `x${index}`;

Deno.test("parity: a name that let bound means what its number means", () => {
  let rejected = 0;
  fc.assert(
    fc.property(program, (one) => {
      const plain = outcome(written(one, { name: asNumber }));
      const text = written(one, {
        name: asName,
        before: (name, value) => [`let ${name} = ${value}`],
      });
      assertEquals(outcome(text), plain, text);
      if (!Array.isArray(plain)) rejected++;
    }),
    { numRuns: 1500 },
  );
  assert(rejected > 300, `only ${rejected} programs were rejected`);
});

Deno.test("parity: the variable of a loop means what its number means", () => {
  fc.assert(
    fc.property(program, (one) => {
      const around = (line: string, name: string, value: bigint) =>
        `for ${name} in ${value}..${value} { ${line} }`;
      const plain = outcome(
        written(one, {
          name: asNumber,
          around: (line, _, value) => `for y in ${value}..${value} { ${line} }`,
        }),
      );
      const text = written(one, { name: asName, around });
      assertEquals(outcome(text), plain, text);
      const straight = outcome(written(one, { name: asNumber }));
      // What `let` defines in a loop is not known after it; all else is the same without the loop.
      if (!text.includes("let ")) assertEquals(plain, straight, text);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parity: what as named is rejected when the statement runs, in the same words", () => {
  let rejected = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...STATEMENTS.arm64),
      number,
      (statement, value) => {
        const read = `user set dbgbvr0 ${value}; user get dbgbvr0 as x`;
        const plain = `${read}\n${statement.replaceAll("$", `${value}`)}`;
        const named = `${read}\n${statement.replaceAll("$", "x")}`;
        const loaded = load({ name: "parity.dregs", text: plain });
        if (loaded.ok) {
          assertEquals(outcome(named), outcome(plain), named);
          return;
        }
        rejected++;
        const checked = load({ name: "parity.dregs", text: named });
        if (!checked.ok) {
          // It is wrong whatever the value is.
          assertEquals(said(checked.diagnostics), said(loaded.diagnostics));
          return;
        }
        const [{ status, failures }] = outcome(named) as {
          status: string;
          failures: unknown;
        }[];
        assertEquals(status, "error", named);
        assertEquals(failures, said(loaded.diagnostics), named);
      },
    ),
    { numRuns: 1000 },
  );
  assert(rejected > 200, `only ${rejected} were rejected`);
});

Deno.test("parity: in an explore block, let and choose mean what their number means", () => {
  let rejected = 0;
  fc.assert(
    fc.property(
      fc.constantFrom("arm64" as const, "x86" as const).chain((arch) =>
        fc.tuple(
          fc.constant(arch),
          fc.constantFrom(...LINES[arch]),
          number,
          fc.constantFrom("let x = V", "choose x in V", "choose x in V..V"),
          fc.boolean(),
        )
      ),
      ([arch, [of, line], value, binding, isInside]) => {
        const block = (inside: string, before = "") =>
          `arch ${arch}\nexplore {\n${before}\n${of} 0 {\n${inside}\n}\n}`;
        const bound = binding.replaceAll("V", `${value}`);
        const plain = explored(block(line.replaceAll("$", `${value}`)));
        const used = line.replaceAll("$", "x");
        const text = isInside ? block(`${bound}\n${used}`) : block(used, bound);
        assertEquals(explored(text), plain, text);
        if (!Array.isArray(plain)) rejected++;
      },
    ),
    { numRuns: 1000 },
  );
  assert(rejected > 200, `only ${rejected} were rejected`);
});
