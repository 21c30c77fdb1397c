/**
 * Random scenarios of two vCPUs on two CPUs: what guests, userspace and the host do, in turn.
 *
 * @module
 */
import type { ArchName } from "../../engine/mod.ts";
import { Dice } from "../../tools/dice.ts";

/** Statements, by who acts. `@` is the vCPU. */
interface Words {
  readonly start: readonly string[];
  /** What a guest does first: without it nothing is debugged. */
  readonly setup: readonly string[];
  readonly guest: readonly string[];
  readonly user: readonly string[];
  /** How the VM is saved. */
  readonly saves: readonly string[];
}

const WORDS: Readonly<Record<ArchName, Words>> = {
  x86: {
    start: [
      "host cpus=2\nset vcpus=2",
      "host cpus=2\nset vcpus=2 bld=1",
      "host cpus=2\nset vcpus=2 rtm=1",
    ],
    setup: [
      "write dr0 0x1000",
      "write dr1 0x1_0000_2000",
      "write dr2 0x80",
      "write dr7 g0=1",
      "write dr7 l0=1 g1=1 rw1=write len1=bytes4",
      "write cr4 de=1",
      "write dr7 g0=1 g1=1 rw1=access len1=bytes8 g2=1 rw2=io",
    ],
    guest: [
      "exec 0x1000",
      "exec 0x1000 len=2",
      "exec 0x3000",
      "exec 0xffff_8000_0000_1000",
      "store 0x1_0000_2000 size=4",
      "store 0x1_0000_1ffe size=4",
      "load 0x1_0000_2000 size=8",
      "rmw 0x1_0000_2000 size=4",
      "store 0xc00000 size=4",
      "load 0xc00000 size=4",
      "out 0x80 size=1",
      "in 0x80 size=1",
      "rep outs 0x80 size=1 count=2 from=0x5000",
      "rep movs 0x5000 to=0x1_0000_2000 size=4 count=2",
      "int3",
      "int1",
      "icebp",
      "ud2",
      "cpuid",
      "hlt",
      "sti",
      "cli",
      "popf tf=1",
      "popf tf=0",
      "movss",
      "taskswitch",
      "syscall",
      "sysret",
      "xbegin",
      "xend",
      "write dr7 g0=1 gd=1",
      "write dr7 0",
      "write dr6 0xffff0ff0",
      "wrmsr debugctl btf=1",
      "read dr0",
      "read dr4",
      "read dr6",
      "read dr7",
      "read rflags",
      "write dr0 0x1_0000_1000",
      "write dr3 0xc00000",
    ],
    user: [
      "debug break 0x1000",
      "debug break 0x4000",
      "debug watch 0x1_0000_2000 size=4",
      "debug step",
      "debug off",
      "set dr7 g0=1",
      "set dr0 0x1_0000_1000",
      "set dr6 0xffff0ff0",
      "set rflags tf=1",
      "get dr6",
      "get dr7",
      "set vcpu_events exception_injected=1 exception_nr=1",
      "nmi",
      "interrupt 0x30",
      "init",
      "get vcpu_events",
      "get debugregs",
    ],
    saves: ["", " vmm=firecracker", " vmm=cloud-hypervisor"],
  },
  arm64: {
    start: [
      "host brps=6 ctx=2 wrps=4 cpus=2\nset vcpus=2",
      "host brps=6 ctx=2 wrps=4 cpus=2\nset brps=4 ctx=2 wrps=2 vcpus=2",
    ],
    setup: [
      "write dbgbvr0 0x1000",
      "write dbgbcr0 e=1 bas=0xf pmc=el1",
      "write dbgbcr0 e=1 bas=0xf pmc=el1 bt=linked-address lbn=3",
      "write dbgbvr3 0x7",
      "write dbgbcr3 e=1 bas=0xf bt=linked-context",
      "write contextidr_el1 7",
      "write dbgwvr0 0xffff_0000_0000_2000",
      "write dbgwcr0 e=1 bas=0xff lsc=store pac=el1",
      "write dbgwvr1 0x2000",
      "write dbgwcr1 e=1 bas=0xf pac=both mask=12",
      "write mdscr mde=1 kde=1",
      "write pstate d=0",
    ],
    guest: [
      "exec 0x1000",
      "exec 0x1000",
      "exec 0x3000",
      "exec 0xffff_0000_0000_1000",
      "store 0x2000 size=4",
      "store 0xffff_0000_0000_2000 size=8",
      "load 0x2004 size=4",
      "load 0xffff_0000_0000_2002 size=2",
      "store 0x10000000 size=4",
      "load 0x10000000 size=4",
      "rmw 0x2000 size=4",
      "ldxr 0x2000 size=4",
      "stxr 0x2000 size=4",
      "brk",
      "svc",
      "hvc",
      "smc",
      "isb",
      "eret",
      "write mdscr ss=1 kde=1",
      "write mdscr 0",
      "write pstate d=0",
      "write pstate d=1",
      "write pstate ss=1",
      "write oslar 1",
      "write oslar 0",
      "write osdlr 1",
      "write dbgbcr0 0",
      "write dbgbvr1 0x3000",
      "write dbgbcr1 e=1 bas=0xf pmc=both",
      "write contextidr_el1 8",
      "read dbgbcr0",
      "read dbgbvr3",
      "read dbgwcr1",
      "read mdscr",
      "read oslsr",
      "read id_aa64dfr0",
    ],
    user: [
      "debug break 0x1000",
      "debug break 0x4000",
      "debug watch 0x2000 size=4",
      "debug step",
      "debug off",
      "set dbgbvr0 0x1000",
      "set dbgbcr0 0x1e7",
      "set mdscr 0x8000",
      "set id_aa64dfr0 brps=3",
      "get mdscr",
      "get dbgbcr0",
      "serror",
      "interrupt 40",
      "init",
    ],
    saves: [""],
  },
};

const HOST = ["break 0x9000", "watch 0x9100 size=4 on=store", "off"];
const RUNS = ["run", "run", "run steps=1", "run cpu=1", "run cpu=0 steps=3"];
/** Where a run stops in the middle, and what comes then. */
const STOPS = ["run steps=2 stop=guest", "run steps=1 stop=exit"];
const LATER = ["put", "interrupt"];

/** Statements of a scenario after those that set it up. */
const LENGTH = 16;

/** The scenario of a number: always the same. */
export function randomScenario(arch: ArchName, number: number): string {
  const dice = new Dice(1, number);
  const { start, setup, guest, user, saves } = WORDS[arch];
  const lines = [`arch ${arch}`, dice.pick(start)];
  for (const line of setup) {
    if (!dice.oneIn(4)) lines.push(`guest ${line}`);
  }
  const all: readonly (readonly [number, (v: string, n: number) => string])[] =
    [
      [12, (v) => `guest${v} ${dice.pick(guest)}`],
      [6, (v) => `user${v} ${dice.pick(user)}`],
      [2, () => `host ${dice.pick(HOST)}`],
      [6, (v) => runOf(v, dice.pick(RUNS))],
      [
        2,
        (v) => `${runOf(v, dice.pick(STOPS))}\n${runOf(v, dice.pick(LATER))}`,
      ],
      [
        1,
        (_, n) => `user save as s${n}${dice.pick(saves)}\nuser restore s${n}`,
      ],
    ];
  for (let n = 0; n < LENGTH; n++) {
    const v = dice.oneIn(4) ? "@1" : "";
    lines.push(
      dice.weighted(all.map(([weight, make]) => [weight, () => make(v, n)])),
    );
  }
  return [...lines, "run", "run @1", ""].join("\n");
}

/** A statement about a vCPU, which is named after its word. */
function runOf(vcpu: string, statement: string): string {
  return vcpu === "" ? statement : statement.replace(/^\w+/, `$& ${vcpu}`);
}
