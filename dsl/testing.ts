/**
 * What the tests of the language share: texts against the fixture, marks, trees without places.
 *
 * @module
 */
import type { Limits } from "./limits.ts";
import { load, type Loaded, type Reader } from "./load.ts";

/** Loads a text against the fixture. */
export function loadText(
  text: string,
  { reader, limits, name = "test.dregs" }: {
    readonly reader?: Reader;
    readonly limits?: Limits;
    readonly name?: string;
  } = {},
): Loaded {
  return load({ name, text }, { reader, limits });
}

/** A text with one place marked, as in `bas=<|0xff|>`. */
export function marked(
  text: string,
): { readonly text: string; readonly start: number; readonly end: number } {
  const start = text.indexOf("<|");
  const end = text.indexOf("|>");
  if (start < 0 || end < start) throw new RangeError(`No mark in ${text}`);
  const plain = text.slice(0, start) + text.slice(start + 2, end) +
    text.slice(end + 2);
  return { text: plain, start, end: end - 2 };
}

/** A tree without its places, for comparing. */
export function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== "object" || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) {
    if (key === "source") continue;
    if (key === "span") continue;
    if (part !== undefined) out[key] = withoutSpans(part);
  }
  return out;
}

/** Statements that are right wherever a machine may be used. */
export const GOOD_STATEMENTS: readonly string[] = [
  "guest write dbgbcr0 lbn=2 bt=linked-address e=1",
  "guest write dbgbcr[$i] 0x1e7 e=0",
  "guest write dbgbvr[$i] 0x1000 + $i * 4",
  "guest write DBGWCR1_EL1 lsc=both pac=el0 bas=0xff e=1 at=0x2000",
  "guest write pstate d=0",
  "guest read dbgbcr0 as $d",
  "guest read mdscr",
  "guest exec 0x1000 el=0",
  "guest load 0x2000 size=8",
  "guest store (0x2000 + 8) size=4",
  "guest rmw 0x2000",
  "guest brk 5",
  "guest brk",
  "guest svc",
  "guest isb at=0x4000",
  "guest handler mask",
  "run",
  "run @0 steps=2 stop=exit",
  "run steps=1 stop=guest fail=vgic cpu=0",
  "interrupt",
  "put @0",
  "user get dbgbcr0 as $d",
  "user@0 set dbgbcr0 0x0 lbn=1",
  "user set pc 0x1000",
  "user init",
  "user check SET_GUEST_DEBUG as $d",
  "user debug break 0x1000",
  "user debug watch 0x2000 size=4 on=access",
  "user debug step",
  "user debug off",
  "user debug raw control=0x10001 dbgbcr0=0x1e7 dbgbvr[1]=0x1000",
  "host@0 break 0x3000",
  "host watch 0x3000 size=8 on=store",
  "host@0 off",
  "let $d = 1 + 2 * (3 | 4)",
  "let $d = $n",
  "expect guest dbgbcr0.lbn == 2",
  "require kernel >= linux-6.12, watanabe-v7",
  "require capability ONE_REG",
  "require user dbgbcr0.e == 1",
  "require $n >= 0",
  "expect hw dbgbcr0.bt == linked-address on watanabe-v7, linux-6.1",
  "expect cpu mdscr != 0x8000 - 1",
  "expect user dbgbcr15 == undef",
  "expect kvm mdcr_el2.tda == 1",
  "expect $n >= 0",
  "expect exit idle",
  "expect exit debug ec=0x30 far=0x1000",
  "expect exceptions breakpoint, step",
  "expect exceptions == 0",
  "expect exception brk esr=1",
  "expect no exception",
  "expect error ENOENT",
  "expect ok",
  "expect trap",
  "expect no trap",
  "expect warning",
  "expect no warning on linux-6.1",
  "expect traps <= 3",
  "expect cost@0 dr-loads < 5",
  "show",
  "show guest hw@0 dbgb* mdscr",
  "show map",
  "show cost",
  "why hw dbgbcr4.lbn",
];

/** Statements with a mistake that only a look at their words finds. */
export const BAD_STATEMENTS: readonly string[] = [
  "expect ok on with rootcause-fix",
  "expect ok on linux-6.1, without 70e4da7x",
  "expect ok on linux-9.9",
  "expect ok on >= linux-9.9",
  "guest write dbgbcr16 1",
  "guest write dbgbcr0 lbm=2",
  "guest write dbgbcr0 e=2",
  "guest write dbgbcr0 bt=linked-adress",
  "guest write dbgbcr0 lbn=1 lbn=2",
  "guest write dbgbvr0 0x1_0000_0000_0000_0000",
  "guest write dbgbvr0 1 / 0",
  "guest write dr7 1",
  "guest load 0x1000 size=3",
  "guest exec 0x1001",
  "guest cpuid",
  "guest brk 0x10000",
  "guest isb el=2",
  "run stp=put",
  "run steps=0",
  "run stop=never",
  "user check HW_BREAKPOINTS",
  "user debug watch 0x1000 size=9",
  "user debug watch 0x1000 on=loda",
  "user get dbgbcr[16]",
  "expect exit idel",
  "expect exceptions breakpont",
  "expect error ENOSUCH",
  "expect cost dr-lods == 1",
  "expect guest dbgbcr0 == 1 on watanabe",
  "expect undefined_name == 1",
  "show nothing*",
  "why hw dbgbcr4.lbm",
];
