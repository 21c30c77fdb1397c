/**
 * Random `explore` blocks as text, over what guests, userspace and the host can do to debug registers.
 *
 * @module
 */
import * as fc from "fast-check";
import type { ArchName } from "../engine/architecture.ts";

/** Lines of programs, by who acts. */
interface Words {
  readonly kernels: readonly string[];
  /** What a guest may begin with: it sets a breakpoint up. */
  readonly setup: readonly string[];
  readonly guest: readonly string[];
  readonly user: readonly string[];
  readonly host: readonly string[];
}

const WORDS: Readonly<Record<ArchName, Words>> = {
  x86: {
    kernels: ["linux-7.2", "linux-7.2 svm", "linux-7.3", "linux-7.3 svm"],
    setup: ["write dr0 0x1000", "write dr7 g0=1"],
    guest: [
      "write dr0 0x1000",
      "write dr0 0x1000",
      "write dr1 0x2000",
      "write dr2 0x80",
      "write dr3 0xc00000",
      "write dr7 g0=1",
      "write dr7 g0=1",
      "write dr7 l0=1 g1=1 rw1=write len1=bytes4",
      "write dr7 g2=1 rw2=io",
      "write dr7 g3=1 rw3=access len3=bytes4",
      "write dr7 g0=1 gd=1",
      "write dr7 0",
      "write dr6 0",
      "write dr6 0xffff0ff0",
      "write cr4 de=1",
      "read dr0",
      "read dr6",
      "read dr7",
      "read dr4",
      "read rflags",
      "exec 0x1000",
      "exec 0x1000",
      "exec 0x3000",
      "store 0x2000 size=4",
      "load 0x2000 size=4",
      "rmw 0x2000 size=4",
      "store 0xc00000 size=4",
      "load 0xc00000 size=4",
      "out 0x80 size=1",
      "in 0x80 size=1",
      "int3",
      "int1",
      "icebp",
      "ud2",
      "cpuid",
      "hlt",
      "popf tf=1",
      "popf tf=0",
      "movss",
      "taskswitch",
    ],
    user: [
      "debug break 0x4000",
      "debug break 0x1000",
      "debug watch 0x2000 size=4",
      "debug step",
      "debug off",
      "debug off",
      "set dr7 g0=1",
      "set dr0 0x1000",
      "set dr6 0xffff0ff0",
      "get dr6",
    ],
    host: ["break 0x9000", "watch 0x9100 size=4 on=store", "off"],
  },
  arm64: {
    kernels: ["linux-7.2", "linux-7.3"],
    setup: [
      "write dbgbvr0 0x1000",
      "write dbgbcr0 e=1 bas=0xf pmc=el1",
      "write mdscr mde=1 kde=1",
      "write pstate d=0",
    ],
    guest: [
      "write dbgbvr0 0x1000",
      "write dbgbvr0 0x1000",
      "write dbgbcr0 e=1 bas=0xf pmc=el1",
      "write dbgbcr0 e=1 bas=0xf pmc=el1",
      "write dbgbcr0 0",
      "write dbgwvr0 0x2000",
      "write dbgwcr0 e=1 bas=0xff lsc=store pac=el1",
      "write dbgwcr0 0",
      "write mdscr mde=1 kde=1",
      "write mdscr mde=1 kde=1",
      "write mdscr ss=1 kde=1",
      "write mdscr 0",
      "write pstate d=0",
      "write pstate d=1",
      "read dbgbcr0",
      "read dbgbvr0",
      "read dbgwvr0",
      "read mdscr",
      "read oslsr",
      "exec 0x1000",
      "exec 0x1000",
      "exec 0x3000",
      "store 0x2000 size=4",
      "load 0x2000 size=4",
      "brk",
      "svc",
      "hvc",
      "write oslar 1",
      "write oslar 0",
      "isb",
    ],
    user: [
      "debug break 0x4000",
      "debug break 0x1000",
      "debug watch 0x2000 size=4",
      "debug step",
      "debug off",
      "debug off",
      "set dbgbvr0 0x1000",
      "set dbgbcr0 0x1e7",
      "get mdscr",
    ],
    host: ["break 0x9000", "watch 0x9100 size=4 on=store", "off"],
  },
};

function program(
  words: readonly string[],
  lengths: { readonly minLength: number; readonly maxLength: number },
): fc.Arbitrary<readonly string[]> {
  return fc.array(fc.constantFrom(...words), lengths);
}

/** Most states of one search. */
export const BLOCK_STATES = 20_000;

/** Blocks of an architecture on its newest kernels, with `never noticed`. */
export function randomBlocks(arch: ArchName): fc.Arbitrary<string> {
  const { kernels, setup, guest, user, host } = WORDS[arch];
  return fc.record({
    kernel: fc.constantFrom(...kernels),
    isSetUp: fc.boolean(),
    first: program(guest, { minLength: 3, maxLength: 7 }),
    second: fc.option(program(guest, { minLength: 1, maxLength: 4 }), {
      freq: 2,
    }),
    user: program(user, { minLength: 0, maxLength: 3 }),
    host: program(host, { minLength: 0, maxLength: 1 }),
    cpus: fc.constantFrom(1, 1, 2),
  }).map(({ kernel, isSetUp, first, second, user, host, cpus }) => {
    const block = (head: string, lines: readonly string[]): string =>
      lines.length === 0 ? "" : `  ${head} { ${lines.join("; ")} }\n`;
    return `arch ${arch}\nkernel ${kernel}\nhost cpus=${cpus}\nexplore {\n${
      block("vcpu 0", isSetUp ? [...setup, ...first] : first)
    }${block("vcpu 1", second ?? [])}${block("user 0", user)}${
      block("host 0", host)
    }  bound states=${BLOCK_STATES}\n  never noticed\n}\n`;
  });
}
